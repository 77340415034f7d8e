// dpkg: what databases.h reads, as components. What is not unpacked (`config-files`, `not-installed`) is none; what is not fully installed is marked.
#include <fmt/format.h>

#include "inventory/inner/databases.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {

bool wants_dpkg(std::string_view path, BytesView) { return is_database(path); }

Told read_dpkg(std::string_view path, const host::ReadFile& file) {
  auto text = read_text(file, 256 << 20);
  if (!text) return {.damage = {unread(path, text.error().message)}};
  Databases databases = read_packages({{std::string(path), std::move(*text)}});
  Told told{.damage = std::move(databases.damage)};
  for (InstalledPackage& each : databases.packages) {
    Component component{.type = "deb", .name = std::move(each.name), .version = std::move(each.version), .architecture = std::move(each.architecture), .source = std::move(each.source),
                        .source_version = std::move(each.source_version), .maintainer = std::move(each.maintainer), .path = std::string(path)};
    if (!each.state.empty()) component.remark = fmt::format("its state is '{}'", each.state);
    told.components.push_back(std::move(component));
  }
  return told;
}

}  // namespace ashlar::inventory
