#pragma once
// For tests: images and folders with files of many kinds, and everything that reading them gives as text.
#include "inventory/inner/reader_trial.h"
#include "inventory/inventory.h"
#include "inventory/sample_image.h"

namespace ashlar::inventory::trial {

/// Components, with who found them and where.
inline Strings lines_of(const Found& found) {
  Strings out = lines({.components = found.components, .notes = found.notes, .damage = found.damage});
  for (size_t at = 0; at < found.components.size(); ++at) out[at] += " " + found.components[at].found_by + "@" + std::to_string(found.components[at].layer);
  return out;
}

inline std::string metadata(const std::string& name, const std::string& version) { return "Name: " + name + "\nVersion: " + version + "\n"; }

/// Everything that comes out of reading, as text.
inline Strings all_of(const Inventory& inventory) {
  Strings out = lines_of(inventory.found);
  for (const auto* const components : {&inventory.found.components, &inventory.found.claims}) {
    for (const Component& each : *components) {
      for (const std::string& text : {each.type, each.name, each.architecture, each.source, each.source_version, each.maintainer, each.distribution, each.module, each.found_by, each.path, each.remark, each.sums}) out.push_back(text);
      out.insert(out.end(), each.symbols.begin(), each.symbols.end());
      out.insert(out.end(), each.files.begin(), each.files.end());
    }
  }
  for (const auto& [path, file] : inventory.contents.files) {
    const TarEntry& entry = file.entry;
    std::string line = path + " " + entry.path + " " + (file.content ? file.content->hex() : "-") + " " + file.sha1 + " " + file.md5 + " " + file.front + " " + entry.link;
    for (const std::uint64_t number : {static_cast<std::uint64_t>(entry.type), std::uint64_t{entry.mode}, std::uint64_t{entry.uid}, std::uint64_t{entry.gid}, static_cast<std::uint64_t>(entry.mtime), entry.size,
                                       std::uint64_t{entry.device_major}, std::uint64_t{entry.device_minor}, std::uint64_t{file.layer}, std::uint64_t{file.bytes.layer}, std::uint64_t{file.bytes.member}}) {
      line += " " + std::to_string(number);
    }
    for (const auto& [name, value] : entry.xattrs) line += " " + name + "=" + value;
    out.push_back(line);
  }
  for (const auto& [path, text] : inventory.contents.texts) out.push_back(path + "=" + text);
  for (const InstalledPackage& each : inventory.contents.packages) out.push_back(each.name + " " + each.version);
  return out;
}

/// Names and sizes of 300 files of several ecosystems, databases among them, in no order that anything keeps.
inline Members many_members(int layer) {
  Members members;
  for (int each = 0; each < 300; ++each) {
    const std::string name = "p" + std::to_string(each * 7 % 300) + "-" + std::to_string(layer), at = "l" + std::to_string(each % 5) + "/";
    if (each % 3 == 0) members.push_back({at + "node_modules/" + name + "/package.json", R"({"name":")" + name + R"(","version":"1.0.0"})"});
    else if (each % 3 == 1) members.push_back({at + "site/" + name + "-1.dist-info/METADATA", metadata(name, "1")});
    else members.push_back({at + name, std::string(static_cast<size_t>(each * each), static_cast<char>('a' + each % 26))});
    if (each % 50 == 49) members.push_back(hard_link(at + "again-" + name, members.back().path));
    if (each % 60 == 0) members.push_back({"var/lib/dpkg/status.d/" + name, "Package: " + name + "\nVersion: 1\n"});
  }
  return members;
}

inline const ReadOptions everything{.keep = [](std::string_view path) { return path.ends_with("METADATA"); }, .sha1 = true, .md5 = true};

}  // namespace ashlar::inventory::trial
