// Declared effects: each is for a script, says why, and is found again.
#include "build/inner/declared.h"
#include "fuzz.h"
#include "host/memory.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::host::MemoryFiles files;
  (void)files.write("/effects/x.yaml", fuzz::text(data, size), ashlar::host::Durability::Cache);
  const auto effects = ashlar::build::DeclaredEffects::read(files, "/effects");
  if (!effects) {
    fuzz::must(effects.error().message.find("/effects/x.yaml") != std::string::npos, "an error names the file");
    return 0;
  }
  for (const auto& [key, declarations] : effects->all()) {
    const std::size_t slash = key.rfind('/');
    for (const auto& each : declarations) {
      fuzz::must(!each.why.empty(), "a declaration has a reason");
      fuzz::must(effects->find(key.substr(0, slash), key.substr(slash + 1), each.variant) == &each, "a declaration is found");
    }
  }
  return 0;
}
