// apk: the database of installed packages, where apk-tools has it and where newer ones have moved it.
#include <map>
#include <set>

#include <fmt/format.h>

#include "apk/installed.h"
#include "base/codec.h"
#include "base/tar.h"
#include "base/text.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_damage = 1000;  ///< of a file of anything at all

/// The bytes that hex digits write.
std::string raw_of(std::string_view hex) {
  std::string out;
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  for (size_t at = 0; at + 1 < hex.size(); at += 2) out += static_cast<char>(value(hex[at]) * 16 + value(hex[at + 1]));
  return out;
}

Component component_of(std::string_view path, const apk::Package& package) {
  Component out{.type = "apk", .name = package.name, .version = package.version, .architecture = package.architecture, .path = std::string(path)};
  out.source = package.origin.empty() ? package.name : package.origin;
  out.source_version = package.version;  // parts of one recipe have one version
  out.maintainer = package.maintainer;
  if (!package.broken.empty()) out.remark = fmt::format("its installation went wrong ('{}')", package.broken);
  constexpr size_t sum_size = 20;
  for (const apk::File& file : package.files) {
    out.files.push_back(file.path);
    out.sums += file.checksum ? raw_of(file.checksum->hex).substr(0, sum_size) : std::string(sum_size, '\0');
  }
  return out;
}

/// What the records of a database say of each other's versions: claims, for whoever asks whether one of them was changed.
class Crosswise {
 public:
  explicit Crosswise(std::string_view path) : path_(path) {}

  void add(const apk::Package& package) {
    for (const std::string& each : package.provides) {
      const auto [name, version] = cut(each, '=');
      if (name.starts_with("cmd:")) claim(package.name, version, "a command that it provides");
      else provided_.emplace(name);
    }
    for (const std::string& each : package.depends) {
      const auto [name, version] = cut(each, '=');
      if (!name.empty() && !version.empty() && name.find_first_of(":<>~!@") == std::string_view::npos) depends_.emplace(name, std::pair(version, package.name));
    }
    // Of one recipe at one commit all parts are built together.
    if (package.commit.empty()) return;
    const auto [first, fresh] = built_.try_emplace({package.origin.empty() ? package.name : package.origin, package.commit}, package.name, package.version);
    if (!fresh && first->second.second != package.version) claim(package.name, first->second.second, fmt::format("built together with '{}'", first->second.first));
  }

  std::vector<Component> take() {
    for (const auto& [name, wanted] : depends_) {
      if (!provided_.contains(name)) claim(name, wanted.first, fmt::format("needed by '{}'", wanted.second));
    }
    return std::move(claims_);
  }

 private:
  void claim(const std::string& name, std::string_view version, std::string why) {
    if (version.empty() || !said_.emplace(name, version).second) return;
    claims_.push_back({.type = "apk", .name = name, .version = std::string(version), .path = std::string(path_), .remark = std::move(why)});
  }

  std::string_view path_;
  std::vector<Component> claims_;
  std::set<std::pair<std::string, std::string>> said_;
  std::set<std::string, std::less<>> provided_;
  std::multimap<std::string, std::pair<std::string, std::string>> depends_;  ///< by what is needed in exactly one version: that, and by whom
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> built_;  ///< by origin and commit the first part and its version
};

bool is_installed(std::string_view path) { return path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed"; }

/// Members of `scripts.tar` are named `NAME-VERSION-rN.Q1DIGEST.SCRIPT`.
Told read_scripts(std::string_view path, const host::ReadFile& file) {
  const auto bytes = read_range(file, 0, file.size());
  if (!bytes) return {.notes = {unread(path, bytes.error().message)}};
  const auto stream = decode(codec_of_magic(*bytes), std::make_unique<MemorySource>(*bytes));
  TarReader reader(*stream);
  Told told;
  for (;;) {
    const auto entry = reader.next();
    if (!entry) told.notes.push_back(unread(path, entry.error().message));
    if (!entry || !*entry) return told;
    const std::string& member = (*entry)->path;
    const std::string_view name = std::string_view(member).substr(0, member.find(".Q"));
    const size_t release = name.rfind("-r"), version = release == std::string_view::npos || release == 0 ? std::string_view::npos : name.rfind('-', release - 1);
    if (version == std::string_view::npos || version == 0 || !is_utf8(name)) continue;
    told.claims.push_back({.type = "apk", .name = std::string(name.substr(0, version)), .version = std::string(name.substr(version + 1)), .path = std::string(path), .remark = "the name of its script"});
  }
}

}  // namespace

bool wants_apk(std::string_view path, BytesView) {
  return is_installed(path) || path == "lib/apk/db/scripts.tar" || path == "lib/apk/db/scripts.tar.gz" || path == "usr/lib/apk/db/scripts.tar" || path == "usr/lib/apk/db/scripts.tar.gz";
}

Told read_apk(std::string_view path, const host::ReadFile& file) {
  if (!is_installed(path)) return read_scripts(path, file);
  const auto text = read_text(file, 256 << 20);
  if (!text) return {.damage = {unread(path, text.error().message)}};
  Told told;
  Crosswise crosswise(path);
  apk::InstalledReader reader(*text, path);
  for (apk::Package package;;) {
    const auto more = reader.next(package);
    if (!more) told.damage.push_back(more.error().message);
    if (told.damage.size() == max_damage || (more && !*more)) break;
    if (!more) continue;
    crosswise.add(package);
    told.components.push_back(component_of(path, package));
  }
  told.claims = crosswise.take();
  return told;
}

}  // namespace ashlar::inventory
