// R: what is installed into a library, `library/NAME/DESCRIPTION` (Writing R Extensions, "The DESCRIPTION file").
#include "base/text.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {

bool wants_cran(std::string_view path, BytesView) {
  const std::string_view library = name_of(folder_of(folder_of(path)));
  return name_of(path) == "DESCRIPTION" && (library == "library" || library == "site-library");
}

Told read_cran(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file);
  if (!text) return {.unread = {no_record(path, text.error().message)}};
  Component out{.type = "cran", .path = std::string(path)};
  for (const std::string_view line : Parts(*text, '\n')) {
    const auto [key, value] = cut(line, ':');
    if (!is_utf8(value)) continue;
    if (key == "Package") out.name = trim(value);
    if (key == "Version") out.version = trim(value);
  }
  if (out.name.empty()) return {};  // of something else: R takes none without it
  if (out.version.empty()) out.remark = "it has no version";
  return {.components = {std::move(out)}};
}

}  // namespace ashlar::inventory
