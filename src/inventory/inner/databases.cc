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

/// `Source: name (version)`, each the package's own where the field does not say it. The name ends at the first blank, whatever follows, as dpkg has it.
void read_source(std::string_view field, InstalledPackage& package) {
  const auto [name, rest] = cut(field, ' ');
  const std::string_view version = trim(rest);
  package.source = name.empty() ? package.name : std::string(name);
  package.source_version = version.size() > 2 && version.front() == '(' && version.back() == ')' ? std::string(version.substr(1, version.size() - 2)) : package.version;
}

/// Of `want flag state` (dpkg-query(1)) the last word: what is there, whatever is wanted. Parts of distroless images have no such field.
std::string_view state_of(std::string_view status) {
  status = trim(status);
  return status.empty() ? "installed" : status.substr(status.rfind(' ') + 1);
}

/// A field that stands twice in a paragraph; empty: none does. dpkg refuses the whole database then (`duplicate value for 'Version' field`): which of the two
/// holds is for nobody to guess.
std::string_view field_given_twice(const deb::Stanza& stanza) {
  for (const auto& [name, value] : stanza.fields()) {
    if (stanza.get(name).data() != value.data()) return name;  // it gives the first
  }
  return {};
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
      if (const std::string_view twice = field_given_twice(stanza); !twice.empty()) {
        out.damage.push_back(unread(path, fmt::format("the paragraph of '{}' gives the field '{}' twice", stanza.get("Package"), twice)));
        continue;
      }
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
