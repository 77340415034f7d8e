#include "inventory/difference.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::inventory {
namespace {

std::string describe(const File& file) {
  const TarEntry& entry = file.entry;
  const std::string owner = fmt::format("{:04o} {}:{}", entry.mode, entry.uid, entry.gid);
  switch (entry.type) {
    case FileType::Directory: return "directory " + owner;
    case FileType::Symlink: return "symlink to " + entry.link;
    case FileType::Regular:
    case FileType::HardLink: return fmt::format("file {} {} {}", owner, human_size(entry.size), file.content ? file.content->hex().substr(0, 12) : "");
    default: return "special file " + owner;
  }
}

bool same(const File& a, const File& b) {
  const TarEntry &x = a.entry, &y = b.entry;
  const auto kind = [](FileType type) { return type == FileType::HardLink ? FileType::Regular : type; };
  return kind(x.type) == kind(y.type) && a.content == b.content && x.xattrs == y.xattrs && (x.type != FileType::Symlink || x.link == y.link) &&
         (x.type == FileType::Symlink || (x.mode == y.mode && x.uid == y.uid && x.gid == y.gid));
}

/// Walks two sorted maps together and tells what is in one only or differs.
template <class Value, class Same, class Words>
void compare_maps(const std::map<std::string, Value>& before, const std::map<std::string, Value>& after, const Same& equal, const Words& words,
                  std::vector<Difference::Changed>& out) {
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && a->first < b->first)) {
      out.push_back({a->first, words(a->second), {}});
      ++a;
    } else if (a == before.end() || b->first < a->first) {
      out.push_back({b->first, {}, words(b->second)});
      ++b;
    } else {
      if (!equal(a->second, b->second)) out.push_back({a->first, words(a->second), words(b->second)});
      ++a, ++b;
    }
  }
}

/// A config as flat settings.
std::map<std::string, std::string> settings(const oci::Config& config) {
  std::map<std::string, std::string> out;
  const auto put = [&](std::string name, std::string value) {
    if (!value.empty()) out.emplace(std::move(name), std::move(value));
  };
  put("user", config.user);
  put("working directory", config.working_dir);
  put("stop signal", config.stop_signal);
  put("entrypoint", join(config.entrypoint, " "));
  put("command", join(config.cmd, " "));
  for (const std::string& line : config.env) put("environment " + std::string(cut(line, '=').first), std::string(cut(line, '=').second));
  for (const std::string& port : config.ports) put("port " + port, "exposed");
  for (const std::string& volume : config.volumes) put("volume " + volume, "declared");
  for (const auto& [name, value] : config.labels) put("label " + name, value);
  return out;
}

Json to_json(const std::vector<Difference::Changed>& changes) {
  Json list = Json::array();
  for (const auto& change : changes) {
    Json row = {{"name", change.name}, {"change", change.before.empty() ? "added" : change.after.empty() ? "removed" : "changed"}};
    if (!change.before.empty()) row["before"] = change.before;
    if (!change.after.empty()) row["after"] = change.after;
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace

Difference compare(const Contents& before, const Contents& after) {
  Difference out;
  const auto versions = [](const Contents& contents) {
    std::map<std::string, std::string> by_name;
    for (const InstalledPackage& package : contents.packages) by_name[package.name] = package.version;
    return by_name;
  };
  const auto word = [](const std::string& text) { return text; };
  compare_maps(versions(before), versions(after), std::equal_to<>(), word, out.packages);
  compare_maps(before.files, after.files, same, describe, out.files);
  compare_maps(settings(before.config), settings(after.config), std::equal_to<>(), word, out.config);
  std::set<Digest> had;
  for (const oci::Descriptor& layer : before.layers) had.insert(layer.digest);
  for (const oci::Descriptor& layer : after.layers) {
    if (had.contains(layer.digest)) ++out.shared_layers;
    else out.pull_bytes += layer.size;
  }
  out.layers_after = after.layers.size();
  return out;
}

Json to_json(const Difference& difference) {
  return {{"same", difference.same()},
          {"packages", to_json(difference.packages)},
          {"files", to_json(difference.files)},
          {"config", to_json(difference.config)},
          {"layers", {{"after", difference.layers_after}, {"shared", difference.shared_layers}, {"pull_bytes", difference.pull_bytes}}}};
}

}  // namespace ashlar::inventory
