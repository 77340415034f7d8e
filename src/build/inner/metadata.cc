#include "build/inner/metadata.h"

#include <algorithm>
#include <map>
#include <set>
#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json.h"
#include "base/text.h"
#include "build/inner/pruning.h"
#include "build/recorded_files.h"
#include "deb/control.h"

namespace ashlar::build {
namespace {

TarEntry entry_at(std::string path, std::int64_t mtime, std::uint32_t mode = 0644, FileType type = FileType::Regular) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = mode;
  entry.mtime = mtime;
  return entry;
}

Bytes bytes_of(std::string_view text) {
  const BytesView view = as_bytes(text);
  return {view.begin(), view.end()};
}

Done put_text(Tree& tree, std::string path, std::string_view text, std::string owner, std::uint32_t mode = 0644) {
  return tree.put(entry_at(std::move(path), tree.newest(), mode), bytes_of(text), std::move(owner));
}

Done put_folder(Tree& tree, std::string path, std::string owner, std::uint32_t mode = 0755) {
  if (tree.find(path) != nullptr) return {};
  return tree.put(entry_at(std::move(path), tree.newest(), mode, FileType::Directory), {}, std::move(owner));
}

std::string control_of(const Part& part) {
  const auto found = part.frame.control.find("control");
  std::string text = found == part.frame.control.end() ? std::string() : found->second;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// Whether the image has the bytes that the package ships, whatever owner and mode a script set.
bool has_bytes_of(const Part& part, const Tree::Node* node) { return node != nullptr && node->owner == "package:" + part.package->name; }

/// Whether a file that the definition has laid there, as one that gives a package's file another mode does, has the MD5 that the package says.
bool is_unchanged(const Tree& tree, const Tree::Node* node, std::string_view md5) {
  if (node == nullptr || node->owner != "definition" || node->entry.type != FileType::Regular) return false;
  const auto content = tree.content(*node, node->entry.size);
  return content && md5_hex(*content) == md5;
}

/// The package's md5sums without the files that the image does not take from it.
std::string md5sums_of(const Tree& tree, const Part& from) {
  const auto found = from.frame.control.find("md5sums");
  if (found == from.frame.control.end()) return {};
  std::string out;
  for (const std::string_view line : split(found->second, '\n')) {
    const size_t name = line.find("  ");
    if (name == std::string_view::npos) continue;
    const Tree::Node* const node = tree.node(merge_usr(line.substr(name + 2), FileType::Regular));
    if (has_bytes_of(from, node) || is_unchanged(tree, node, line.substr(0, name))) out += std::string(line) + "\n";
  }
  return out;
}

/// The Conffiles field (deb-conffiles(5)): paths with the MD5 of what was shipped. What others have laid over is left out.
Result<std::string> conffiles_of(const Tree& tree, const Part& from) {
  const auto found = from.frame.control.find("conffiles");
  if (found == from.frame.control.end()) return std::string();
  std::string out;
  for (const std::string_view line : split(found->second, '\n')) {
    const std::string_view path = trim(line);
    if (!path.starts_with('/')) continue;
    const Tree::Node* const node = tree.node(merge_usr(path.substr(1), FileType::Regular));
    if (!has_bytes_of(from, node) || node->entry.type != FileType::Regular) continue;
    TRY_ASSIGN(const Bytes content, tree.content(*node));
    out += fmt::format("\n {} {}", path, md5_hex(content));
  }
  return out.empty() ? out : "\nConffiles:" + out;
}

std::string list_of(const Part& part) {
  std::string out = "/.\n";
  for (const FrameEntry& each : part.frame.entries) out += "/" + each.entry.path + "\n";
  return out;
}

bool is_multi_arch_same(std::string_view control) {
  deb::StanzaReader reader(control, "control");
  deb::Stanza stanza;
  const auto more = reader.next(stanza);
  return more && *more && stanza.get("Multi-Arch") == "same";
}

/// dpkg's triggers (deb-triggers(5)): who waits for what, as dpkg keeps it in `var/lib/dpkg/triggers`.
class Triggers {
 public:
  void read(std::string_view package, std::string_view control) {
    for (const std::string_view line : split(control, '\n')) {
      const auto parts = words(line.substr(0, line.find('#')));
      if (parts.size() != 2 || !parts[0].starts_with("interest")) continue;
      const std::string who = std::string(package) + (parts[0] == "interest-noawait" ? "/noawait" : "");
      if (parts[1].starts_with('/')) files_.insert(fmt::format("{} {}\n", parts[1], who));
      else if (parts[1].find('/') == std::string_view::npos) named_[std::string(parts[1])].insert(who + "\n");
    }
  }
  Done put(Tree& tree, const std::string& owner) const {
    const std::string folder = "var/lib/dpkg/triggers/";
    TRY(put_text(tree, folder + "File", fmt::format("{}", fmt::join(files_, "")), owner));
    for (const auto& [name, who] : named_) TRY(put_text(tree, folder + name, fmt::format("{}", fmt::join(who, "")), owner));
    TRY(put_text(tree, folder + "Unincorp", "", owner));
    return put_text(tree, folder + "Lock", "", owner, 0600);
  }

 private:
  std::set<std::string> files_;
  std::map<std::string, std::set<std::string>> named_;
};

bool is_program(std::string_view member) {
  return member == "preinst" || member == "postinst" || member == "prerm" || member == "postrm" || member == "config";
}

Done add_classic(Tree& tree, const std::vector<Part>& parts) {
  const std::string owner = "effect:package-database";
  std::string status;
  Triggers triggers;
  for (const Part& part : parts) {
    const std::string control = control_of(part);
    const size_t first_line = std::min(control.find('\n'), control.size());
    TRY_ASSIGN(const std::string conffiles, conffiles_of(tree, part));
    status += fmt::format("{}\nStatus: install ok installed{}{}\n\n", control.substr(0, first_line), control.substr(first_line), conffiles);
    const std::string name = part.package->name + (is_multi_arch_same(control) ? ":" + part.package->architecture : "");
    const std::string info = "var/lib/dpkg/info/" + name;
    TRY(put_text(tree, info + ".list", list_of(part), owner));
    for (const auto& [member, text] : part.frame.control) {
      if (member == "control") continue;
      TRY(put_text(tree, info + "." + member, member == "md5sums" ? md5sums_of(tree, part) : text, owner, is_program(member) ? 0755 : 0644));
    }
    if (const auto control_triggers = part.frame.control.find("triggers"); control_triggers != part.frame.control.end()) triggers.read(name, control_triggers->second);
  }
  TRY(put_text(tree, "var/lib/dpkg/status", status, owner));
  TRY(put_text(tree, "var/lib/dpkg/available", "", owner));
  TRY(put_text(tree, "var/lib/dpkg/info/format", "1\n", owner));
  for (const char* name : {"diversions", "statoverride"}) {
    const std::string path = std::string("var/lib/dpkg/") + name;
    if (tree.find(path) == nullptr) TRY(put_text(tree, path, "", owner));
  }
  TRY(triggers.put(tree, owner));
  for (const char* name : {"updates", "parts", "alternatives"}) TRY(put_folder(tree, std::string("var/lib/dpkg/") + name, owner));
  return {};
}

}  // namespace

Done add_package_database(Tree& tree, const std::vector<Part>& parts, plan::Variant variant) {
  if (variant == plan::Variant::Dev) return add_classic(tree, parts);
  for (const Part& part : parts) {
    const std::string base = "var/lib/dpkg/status.d/" + part.package->name;
    TRY_ASSIGN(const std::string conffiles, conffiles_of(tree, part));
    TRY(put_text(tree, base, control_of(part) + conffiles + "\n", "effect:package-database"));
    const std::string sums = md5sums_of(tree, part);
    if (!sums.empty()) TRY(put_text(tree, base + ".md5sums", sums, "effect:package-database"));
  }
  return {};
}

Done add_origins(Tree& tree, const std::vector<Part>& parts) {
  Json packages = Json::object();
  for (const Part& part : parts) {
    const plan::LockedPackage& from = *part.package;
    packages[from.name] = {{"version", from.version}, {"archive", from.archive}, {"suite", from.suite}, {"path", from.path}, {"sha256", from.sha256}, {"size", from.size}};
  }
  const Json record = {{"schema", "https://ashlar.dev/packages/v1"}, {"packages", std::move(packages)}};
  return put_text(tree, "usr/share/ashlar/packages.json", to_compact(record) + "\n", "effect:package-database");
}

namespace {

/// A value as os-release(5) quotes it: what a shell would take as something else behind a backslash.
std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

/// What the distribution's own os-release says, for a definition that says nothing.
Result<std::string> shipped_os_release(const Tree& tree) {
  const TreeNode* const node = tree.find("usr/lib/os-release");
  if (node == nullptr || node->entry.type != FileType::Regular) return std::string();
  TRY_ASSIGN(const Bytes content, tree.content(*node));
  std::string text(as_text(content));
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return text;
}

/// `python` of `registry.example/hardened/python:3`.
std::string_view last_part(std::string_view image) { return image.substr(image.rfind('/') + 1); }

/// What every image's os-release ends in.
std::string own_lines(const plan::Definition& definition) {
  std::string text = fmt::format("VARIANT_ID={}\n", plan::to_string(definition.variant));
  if (const auto name = last_part(definition.image); !name.empty()) text += fmt::format("IMAGE_ID={}\n", quoted(name));
  if (!definition.tags.empty() && !definition.tags.front().empty()) text += fmt::format("IMAGE_VERSION={}\n", quoted(std::string_view(definition.tags.front())));
  return text;
}

/// What the definition says, its gaps filled from the distribution.
plan::OsRelease settled(const plan::Definition& definition, const plan::OsRelease& release) {
  plan::OsRelease os = definition.os_release;
  if (os.id.empty() && os.name.empty()) return release;
  if (!os.id.empty()) return os;
  os.id = release.id;
  if (os.version_id.empty()) os.version_id = release.version_id;
  if (os.version_codename.empty()) os.version_codename = release.version_codename;
  return os;
}

}  // namespace

std::optional<std::string> os_release_text(const plan::Definition& definition, const plan::OsRelease& release) {
  const plan::OsRelease os = settled(definition, release);
  if (os.id.empty() && os.name.empty()) return std::nullopt;
  std::string text;
  const auto add = [&](std::string_view key, std::string_view value, bool plain = false) {
    if (!value.empty()) text += fmt::format("{}={}\n", key, plain ? std::string(value) : quoted(value));
  };
  add("PRETTY_NAME", os.pretty_name);
  add("NAME", os.name);
  add("VERSION_ID", os.version_id);
  add("VERSION_CODENAME", os.version_codename, true);
  add("ID", os.id, true);
  add("ID_LIKE", os.id_like);
  add("HOME_URL", os.home_url);
  add("BUG_REPORT_URL", os.bug_report_url);
  return text + own_lines(definition);
}

std::string debian_version_text(const plan::Definition& definition, const plan::OsRelease& release) {
  const plan::OsRelease os = settled(definition, release);
  return os.id == "debian" && !os.version_id.empty() ? os.version_id + "\n" : std::string();
}

Done add_os_release(Tree& tree, const plan::Definition& definition, const plan::OsRelease& release) {
  const bool says = !definition.os_release.id.empty() || !definition.os_release.name.empty();
  std::string shipped;
  if (!says) {
    TRY_ASSIGN(shipped, shipped_os_release(tree));
  }
  const auto declared = shipped.empty() ? os_release_text(definition, release) : std::nullopt;
  TRY(put_text(tree, "usr/lib/os-release", declared ? *declared : shipped + own_lines(definition), "definition"));
  if (const std::string version = shipped.empty() ? debian_version_text(definition, release) : std::string(); !version.empty() && tree.find("etc/debian_version") == nullptr)
    TRY(put_text(tree, "etc/debian_version", version, "definition"));
  if (tree.find("etc/os-release") != nullptr) return {};
  TarEntry link = entry_at("etc/os-release", tree.newest(), 0777, FileType::Symlink);
  link.link = "../usr/lib/os-release";
  return tree.put(std::move(link), {}, "definition");
}

Done add_owners(Tree& tree, const plan::Definition& definition) {
  const std::string path = "usr/share/ashlar/image.json";
  TRY(put_text(tree, path, "", "effect:owners"));
  std::map<std::string, std::vector<std::string>> by_owner;
  for (const auto& [at, node] : tree.nodes()) by_owner[node.owner].push_back(at);
  Json owners = Json::object();
  for (auto& [owner, paths] : by_owner) owners[owner] = std::move(paths);
  Json slices = Json::object();
  for (const plan::Slice& slice : definition.slices) {
    if (tree.has_package(slice.package)) slices[slice.package] = Json{{"include", slice.include}, {"exclude", slice.exclude}};
  }
  const Json record = {{"schema", "https://ashlar.dev/image/v1"}, {"image", definition.image}, {"variant", plan::to_string(definition.variant)},
                       {"distribution", definition.distribution}, {"slices", std::move(slices)}, {"owners", std::move(owners)}};
  return put_text(tree, path, to_compact(record) + "\n", "effect:owners");
}

namespace {

/// The keyring of the distribution that the image brings: debian-archive-keyring's or its like of another distribution.
std::string keyring_of(const Tree& tree, std::string_view family) {
  for (const char* suffix : {".pgp", ".gpg"}) {
    const std::string path = fmt::format("usr/share/keyrings/{}-archive-keyring{}", family, suffix);
    if (tree.find(path) != nullptr) return "/" + path;
  }
  return {};
}

/// A deb822 paragraph (sources.list(5)) for each archive of the lock that is the distribution's own. The mirror holds it at its address, and the
/// security archive beside it, as mirrors do.
std::string sources_of(const Tree& tree, const plan::Lock& lock, std::string mirror) {
  while (mirror.ends_with('/')) mirror.pop_back();
  const std::string family = lock.distribution.substr(0, lock.distribution.find('-'));
  const std::string keyring = keyring_of(tree, family);
  std::string text;
  for (const plan::LockedArchive& archive : lock.archives) {
    if (!archive.name.starts_with(family)) continue;
    const bool security = archive.name.find("security") != std::string::npos && family == "debian";
    text += fmt::format("Types: deb\nURIs: {}{}\nSuites: {}\nComponents: {}\n", mirror, security ? "-security" : "", archive.suite, fmt::join(archive.components, " "));
    text += keyring.empty() ? "\n" : fmt::format("Signed-By: {}\n\n", keyring);
  }
  return text;
}

}  // namespace

Done add_apt_sources(Tree& tree, const plan::Definition& definition, const plan::Lock& lock, const std::string& mirror) {
  if (definition.variant != plan::Variant::Dev || tree.find("usr/bin/apt-get") == nullptr) return {};
  const std::string owner = "effect:apt-sources";
  for (const char* folder : {"var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt"}) TRY(put_folder(tree, folder, owner));
  if (!mirror.empty()) {
    const std::string name = lock.distribution.substr(0, lock.distribution.find('-'));
    TRY(put_text(tree, fmt::format("etc/apt/sources.list.d/{}.sources", name), sources_of(tree, lock, mirror), owner));
  }
  std::string lines;
  for (const std::string& line : definition.repositories) lines += line + "\n";
  return lines.empty() ? Done() : put_text(tree, "etc/apt/sources.list.d/definition.list", lines, owner);
}

}  // namespace ashlar::build
