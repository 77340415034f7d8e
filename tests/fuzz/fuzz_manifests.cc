// What Composer, .NET, Erlang, Conda and R say that they installed, and the names of gems.
#include "fuzz_components.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_as("composer", "srv/vendor/composer/installed.json", data, size);
  fuzz::read_as("nuget", "app/x.deps.json", data, size);
  fuzz::read_as("hex", "app/lib/x/ebin/x.app", data, size);
  fuzz::read_as("conda", "opt/conda/conda-meta/x.json", data, size);
  fuzz::read_as("cran", "usr/lib/R/library/x/DESCRIPTION", data, size);
  const std::string name = "usr/lib/ruby/specifications/" + std::string(fuzz::text(data, std::min<std::size_t>(size, 200)));
  if (ashlar::is_utf8(name) && name.find('\0') == std::string::npos) fuzz::read_as("gem", name, data, size);
  return 0;
}
