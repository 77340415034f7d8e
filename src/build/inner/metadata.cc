#include "build/inner/metadata.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "build/inner/pruning.h"
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

/// The package's md5sums without the files that the image does not take from it.
std::string md5sums_of(const Tree& tree, size_t part, const Part& from) {
  const auto found = from.frame.control.find("md5sums");
  if (found == from.frame.control.end()) return {};
  std::string out;
  for (const std::string_view line : split(found->second, '\n')) {
    const size_t name = line.find("  ");
    if (name == std::string_view::npos) continue;
    const Tree::Node* const node = tree.node(merge_usr(line.substr(name + 2), FileType::Regular));
    if (node != nullptr && node->part == static_cast<int>(part)) out += std::string(line) + "\n";
  }
  return out;
}

/// The Conffiles field (deb-conffiles(5)): paths with the MD5 of what was shipped.
Result<std::string> conffiles_of(const Tree& tree, const Part& part) {
  const auto found = part.frame.control.find("conffiles");
  if (found == part.frame.control.end()) return std::string();
  std::string out;
  for (const std::string_view line : split(found->second, '\n')) {
    const std::string_view path = trim(line);
    if (!path.starts_with('/')) continue;
    const TreeNode* const node = tree.find(merge_usr(path.substr(1), FileType::Regular));
    if (node == nullptr || node->entry.type != FileType::Regular) continue;
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

Done add_classic(Tree& tree, const std::vector<Part>& parts) {
  const std::string owner = "effect:package-database";
  std::string status;
  for (size_t at = 0; at < parts.size(); ++at) {
    const Part& part = parts[at];
    const std::string control = control_of(part);
    const size_t first_line = std::min(control.find('\n'), control.size());
    TRY_ASSIGN(const std::string conffiles, conffiles_of(tree, part));
    status += fmt::format("{}\nStatus: install ok installed{}{}\n\n", control.substr(0, first_line), control.substr(first_line), conffiles);
    const std::string name = part.package->name + (is_multi_arch_same(control) ? ":" + part.package->architecture : "");
    const std::string info = "var/lib/dpkg/info/" + name;
    TRY(put_text(tree, info + ".list", list_of(part), owner));
    for (const auto& [member, text] : part.frame.control) {
      if (member == "control") continue;
      const bool script = member == "preinst" || member == "postinst" || member == "prerm" || member == "postrm" || member == "config";
      TRY(put_text(tree, info + "." + member, member == "md5sums" ? md5sums_of(tree, at, part) : text, owner, script ? 0755 : 0644));
    }
  }
  TRY(put_text(tree, "var/lib/dpkg/status", status, owner));
  TRY(put_text(tree, "var/lib/dpkg/available", "", owner));
  TRY(put_text(tree, "var/lib/dpkg/info/format", "1\n", owner));
  for (const char* name : {"diversions", "statoverride"}) {
    const std::string path = std::string("var/lib/dpkg/") + name;
    if (tree.find(path) == nullptr) TRY(put_text(tree, path, "", owner));
  }
  for (const char* name : {"updates", "triggers", "parts", "alternatives"}) TRY(put_folder(tree, std::string("var/lib/dpkg/") + name, owner));
  return {};
}

}  // namespace

Done add_package_database(Tree& tree, const std::vector<Part>& parts, plan::Variant variant) {
  if (variant == plan::Variant::Dev) return add_classic(tree, parts);
  for (size_t at = 0; at < parts.size(); ++at) {
    const std::string base = "var/lib/dpkg/status.d/" + parts[at].package->name;
    TRY(put_text(tree, base, control_of(parts[at]) + "\n", "effect:package-database"));
    TRY(put_text(tree, base + ".md5sums", md5sums_of(tree, at, parts[at]), "effect:package-database"));
  }
  return {};
}

Done add_os_release(Tree& tree, const plan::Definition& definition) {
  const plan::OsRelease& os = definition.os_release;
  std::string text;
  const auto add = [&](std::string_view key, const std::string& value, bool quoted) {
    if (value.empty()) return;
    std::string safe;
    for (const char c : value) {
      if (c == '"' || c == '\\' || c == '$' || c == '`') safe += '\\';
      safe += c;
    }
    text += quoted ? fmt::format("{}=\"{}\"\n", key, safe) : fmt::format("{}={}\n", key, value);
  };
  const size_t slash = definition.image.rfind('/');
  add("PRETTY_NAME", os.pretty_name, true);
  add("NAME", os.name, true);
  add("VERSION_ID", os.version_id, true);
  add("VERSION_CODENAME", os.version_codename, false);
  add("ID", os.id, false);
  add("ID_LIKE", os.id_like, true);
  add("VARIANT_ID", std::string(plan::to_string(definition.variant)), false);
  add("IMAGE_ID", slash == std::string::npos ? definition.image : definition.image.substr(slash + 1), true);
  add("IMAGE_VERSION", definition.tags.empty() ? std::string() : definition.tags.front(), true);
  add("HOME_URL", os.home_url, true);
  add("BUG_REPORT_URL", os.bug_report_url, true);
  TRY(put_text(tree, "usr/lib/os-release", text, "definition"));
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
  const Json record = {{"schema", "https://ashlar.dev/image/v1"}, {"image", definition.image}, {"variant", plan::to_string(definition.variant)},
                       {"distribution", definition.distribution}, {"owners", std::move(owners)}};
  return put_text(tree, path, to_compact(record) + "\n", "effect:owners");
}

Done add_apt_sources(Tree& tree, const plan::Definition& definition, const plan::Lock& lock, const std::string& mirror) {
  if (definition.variant != plan::Variant::Dev || tree.find("usr/bin/apt-get") == nullptr) return {};
  const std::string owner = "effect:apt-sources";
  for (const char* folder : {"var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt"}) TRY(put_folder(tree, folder, owner));
  std::string text;
  if (!mirror.empty()) {
    for (const plan::LockedArchive& archive : lock.archives) {
      if (!archive.name.starts_with("debian")) continue;
      const bool security = archive.name.find("security") != std::string::npos;
      text += fmt::format("Types: deb\nURIs: {}{}\nSuites: {}\nComponents: {}\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n", mirror, security ? "-security" : "", archive.suite,
                          fmt::join(archive.components, " "));
    }
    TRY(put_text(tree, "etc/apt/sources.list.d/debian.sources", text, owner));
  }
  std::string lines;
  for (const std::string& line : definition.repositories) lines += line + "\n";
  return lines.empty() ? Done() : put_text(tree, "etc/apt/sources.list.d/definition.list", lines, owner);
}

}  // namespace ashlar::build
