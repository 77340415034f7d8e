#include "inventory/delta.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::inventory {
namespace {

constexpr std::array<std::pair<FileType, std::string_view>, 6> types = {{{FileType::Regular, "file"}, {FileType::Directory, "directory"}, {FileType::Symlink, "symlink"},
                                                                         {FileType::CharDevice, "character-device"}, {FileType::BlockDevice, "block-device"}, {FileType::Fifo, "fifo"}}};

template <class Value>
void compare(const std::map<std::string, Value>& before, const std::map<std::string, Value>& after, Delta::Rows<Value>& out) {
  for (const auto& [name, value] : before) {
    const auto there = after.find(name);
    if (there == after.end()) out[name] = {value, std::nullopt};
    else if (there->second != value) out[name] = {value, there->second};
  }
  for (const auto& [name, value] : after) {
    if (!before.contains(name)) out[name] = {std::nullopt, value};
  }
}

template <class Value>
Done change(const Delta::Rows<Value>& rows, std::map<std::string, Value>& state) {
  for (const auto& [name, row] : rows) {
    const auto there = state.find(name);
    const bool fits = row.first ? there != state.end() && there->second == *row.first : there == state.end();
    if (!fits) return cannot(Kind::Conflict, "apply the changes", fmt::format("'{}' is not what they begin with", name));
    if (row.second) state.insert_or_assign(name, *row.second);
    else state.erase(there);
  }
  return {};
}

Json to_json(const FileState& file) {
  const auto* const type = std::ranges::find(types, file.type, &std::pair<FileType, std::string_view>::first);
  Json out = {{"type", type == types.end() ? "other" : type->second}, {"mode", fmt::format("{:04o}", file.mode)}, {"uid", file.uid}, {"gid", file.gid}};
  if (file.content) out["size"] = file.size, out["sha256"] = file.content->hex();
  if (!file.link.empty()) out["link"] = file.link;
  return out;
}

Result<FileState> read_file_state(const Json& json) {
  const auto wrong = [](std::string_view what) { return fail(Kind::Invalid, fmt::format("a file's {} is none", what)); };
  if (!json.is_object()) return wrong("state");
  FileState out;
  TRY_ASSIGN(const std::string type, get_string(json, "type"));
  const auto* const known = std::ranges::find(types, type, &std::pair<FileType, std::string_view>::second);
  if (known == types.end()) return wrong("type");
  out.type = known->first;
  TRY_ASSIGN(const std::string mode, get_string(json, "mode"));
  const auto [end, error] = std::from_chars(mode.data(), mode.data() + mode.size(), out.mode, 8);
  if (error != std::errc() || end != mode.data() + mode.size() || out.mode > 07777) return wrong("mode");
  for (const auto& [name, into] : {std::pair{"uid", &out.uid}, {"gid", &out.gid}}) {
    const auto number = json.find(name);
    if (number == json.end() || !number->is_number_unsigned() || number->get<std::uint64_t>() > UINT32_MAX) return wrong("owner");
    *into = number->get<std::uint32_t>();
  }
  if (const auto digest = json.find("sha256"); digest != json.end()) {
    const auto size = json.find("size");
    if (!digest->is_string() || size == json.end() || !size->is_number_unsigned()) return wrong("content");
    TRY_ASSIGN(out.content, Digest::parse_hex(digest->get<std::string>()));
    out.size = size->get<std::uint64_t>();
  }
  TRY_ASSIGN(out.link, get_string_or_empty(json, "link"));
  return out;
}

}  // namespace

State state_of(const Contents& contents) {
  State out;
  for (const auto& [path, file] : contents.files) {
    const TarEntry& entry = file.entry;
    FileState state{.type = entry.type == FileType::HardLink ? FileType::Regular : entry.type, .mode = entry.mode & 07777, .uid = entry.uid, .gid = entry.gid};
    if (file.content) state.content = file.content, state.size = entry.size;
    if (entry.type == FileType::HardLink) {
      const auto of = contents.files.find(entry.link);
      if (of != contents.files.end()) state.size = of->second.entry.size;
    }
    if (entry.type == FileType::Symlink) state.link = entry.link;
    out.files.emplace(path, std::move(state));
  }
  for (const InstalledPackage& each : contents.packages) out.packages.insert_or_assign(each.name + ":" + each.architecture, each.version);
  return out;
}

Delta delta_of(const State& before, const State& after) {
  Delta out;
  compare(before.files, after.files, out.files);
  compare(before.packages, after.packages, out.packages);
  return out;
}

Result<State> apply(const Delta& delta, State before) {
  TRY(change(delta.files, before.files));
  TRY(change(delta.packages, before.packages));
  return before;
}

Json to_json(const Delta& delta) {
  Json files = Json::array(), packages = Json::array();
  for (const auto& [name, row] : delta.packages) {
    const size_t colon = name.rfind(':');
    Json each = {{"name", name.substr(0, colon)}, {"architecture", name.substr(colon + 1)}};
    if (row.first) each["before"] = *row.first;
    if (row.second) each["after"] = *row.second;
    packages.push_back(std::move(each));
  }
  for (const auto& [path, row] : delta.files) {
    Json each = {{"path", "/" + path}};
    if (row.first) each["before"] = to_json(*row.first);
    if (row.second) each["after"] = to_json(*row.second);
    files.push_back(std::move(each));
  }
  return {{"packages", std::move(packages)}, {"files", std::move(files)}};
}

Result<Delta> read_delta(const Json& json) {
  Delta out;
  const auto list = [&](const char* name) -> const Json* {
    const auto found = json.is_object() ? json.find(name) : json.end();
    return json.is_object() && found != json.end() && found->is_array() ? &*found : nullptr;
  };
  const Json* const packages = list("packages");
  const Json* const files = list("files");
  if (packages == nullptr || files == nullptr) return cannot(Kind::Invalid, "read changes", "they have no 'packages' or no 'files'");
  for (const Json& each : *packages) {
    TRY_ASSIGN(const std::string name, get_string(each, "name"));
    TRY_ASSIGN(const std::string architecture, get_string(each, "architecture"));
    auto& row = out.packages[name + ":" + architecture];
    if (each.contains("before")) {
      TRY_ASSIGN(row.first, get_string(each, "before"));
    }
    if (each.contains("after")) {
      TRY_ASSIGN(row.second, get_string(each, "after"));
    }
  }
  for (const Json& each : *files) {
    TRY_ASSIGN(const std::string path, get_string(each, "path"));
    if (path.size() < 2 || path.front() != '/') return cannot(Kind::Invalid, "read changes", fmt::format("'{}' is no path", path));
    auto& row = out.files[path.substr(1)];
    if (each.contains("before")) {
      TRY_ASSIGN(row.first, read_file_state(each["before"]));
    }
    if (each.contains("after")) {
      TRY_ASSIGN(row.second, read_file_state(each["after"]));
    }
  }
  return out;
}

}  // namespace ashlar::inventory
