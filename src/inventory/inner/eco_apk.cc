// apk: the database of installed packages, where apk-tools has it and where newer ones have moved it.
#include <fmt/format.h>

#include "apk/installed.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_damage = 1000;  ///< of a file of anything at all

Component component_of(std::string_view path, const apk::Package& package) {
  Component out{.type = "apk", .name = package.name, .version = package.version, .architecture = package.architecture, .path = std::string(path)};
  out.source = package.origin.empty() ? package.name : package.origin;
  out.source_version = package.version;  // parts of one recipe have one version
  out.maintainer = package.maintainer;
  if (!package.broken.empty()) out.remark = fmt::format("its installation went wrong ('{}')", package.broken);
  for (const apk::File& file : package.files) out.files.push_back(file.path);
  return out;
}

}  // namespace

bool wants_apk(std::string_view path, BytesView) { return path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed"; }

Told read_apk(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file, 256 << 20);
  if (!text) return {.damage = {unread(path, text.error().message)}};
  Told told;
  apk::InstalledReader reader(*text, path);
  for (apk::Package package;;) {
    const auto more = reader.next(package);
    if (!more) told.damage.push_back(more.error().message);
    if (told.damage.size() == max_damage) return told;
    if (!more) continue;
    if (!*more) return told;
    told.components.push_back(component_of(path, package));
  }
}

}  // namespace ashlar::inventory
