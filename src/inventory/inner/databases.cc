#include "inventory/inner/databases.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/control.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_damage = 1000;  ///< of a file of anything at all

/// `Source: name (version)`, each the package's own where the field does not say it.
void read_source(std::string_view field, InstalledPackage& package) {
  const size_t space = field.find(" (");
  package.source = field.empty() ? package.name : std::string(field.substr(0, space));
  package.source_version = space == std::string_view::npos ? package.version : std::string(field.substr(space + 2, field.size() - space - 3));
}

/// Of `want flag state` (dpkg-query(1)) the last word: what is there, whatever is wanted. Parts of distroless images have no such field.
std::string_view state_of(std::string_view status) {
  status = trim(status);
  return status.empty() ? "installed" : status.substr(status.rfind(' ') + 1);
}

/// Lines of `/path md5 [flags]`; obsolete ones are no longer the package's.
void read_conffiles(std::string_view field, InstalledPackage& package) {
  for (const std::string_view line : Parts(field, '\n')) {
    const auto parts = words(line);
    if (parts.size() < 2 || !parts[0].starts_with('/') || (parts.size() > 2 && parts[2] == "obsolete")) continue;
    package.conffiles.emplace(parts[0].substr(1), parts[1]);
  }
}

}  // namespace

bool is_database(std::string_view path) {
  constexpr std::string_view parts = "var/lib/dpkg/status.d/";
  return path == "var/lib/dpkg/status" || (path.starts_with(parts) && !path.ends_with(".md5sums"));
}

Databases read_packages(const std::map<std::string, std::string>& texts) {
  Databases out;
  for (const auto& [path, text] : texts) {
    if (!is_database(path)) continue;
    deb::StanzaReader reader(text, path);
    deb::Stanza stanza;
    for (;;) {
      if (out.damage.size() == max_damage) break;
      const auto more = reader.next(stanza);
      if (!more) {
        out.damage.push_back(more.error().message);
        continue;
      }
      if (!*more) break;
      const std::string_view state = state_of(stanza.get("Status"));
      if (state == "config-files" || state == "not-installed") continue;
      if (state == "half-installed" && stanza.get("Version").empty()) continue;  // broke off before anything was known of it
      InstalledPackage package{std::string(stanza.get("Package")), std::string(stanza.get("Version")), std::string(stanza.get("Architecture")), {}, {}};
      if (package.name.empty() || package.version.empty()) {
        out.damage.push_back(unread(path, package.name.empty() ? "a paragraph has no Package" : fmt::format("the paragraph of '{}' has no Version", package.name)));
        continue;
      }
      read_source(stanza.get("Source"), package);
      package.maintainer = stanza.get("Maintainer");
      package.homepage = stanza.get("Homepage");
      package.depends = stanza.get("Depends");
      package.pre_depends = stanza.get("Pre-Depends");
      package.priority = stanza.get("Priority");
      package.provides = stanza.get("Provides");
      read_conffiles(stanza.get("Conffiles"), package);
      package.database = path;
      if (state != "installed") package.state = state;
      out.packages.push_back(std::move(package));
    }
  }
  std::ranges::sort(out.packages, {}, [](const InstalledPackage& each) { return std::tie(each.name, each.architecture); });
  return out;
}

}  // namespace ashlar::inventory
