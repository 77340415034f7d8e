#include "build/inner/recorded.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "build/recorded_files.h"

namespace ashlar::build {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/effects/v1";
struct TypeName { FileType type; std::string_view name; };
constexpr std::array<TypeName, 3> type_names{{{FileType::Regular, "file"}, {FileType::Directory, "directory"}, {FileType::Symlink, "symlink"}}};

Json to_json(const RecordedChange& change) {
  Json json = {{"path", change.path}};
  if (change.removed) {
    json["type"] = "removed";
    return json;
  }
  json["type"] = std::ranges::find(type_names, change.type, &TypeName::type)->name;
  if (change.type == FileType::Symlink) {
    json["target"] = change.target;
    return json;
  }
  json["mode"] = fmt::format("{:04o}", change.mode);
  if (change.type != FileType::Regular) return json;
  const std::string_view text = as_text(change.content);
  if (is_utf8(text) && text.find('\0') == std::string_view::npos) json["text"] = text;
  else json["base64"] = to_base64(change.content);
  return json;
}

/// A path as layers may have it: relative, and never upwards.
bool is_inside(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  for (const auto part : split(path, '/')) if (part.empty() || part == "." || part == "..") return false;
  return true;
}

Result<RecordedChange> read_change(const Json& json) {
  if (!json.is_object()) return fail(Kind::Corrupt, "a change is no object");
  RecordedChange change;
  TRY_ASSIGN(change.path, get_string(json, "path"));
  if (!is_inside(change.path)) return fail(Kind::Corrupt, fmt::format("'{}' is no path in an image", change.path));
  TRY_ASSIGN(const std::string type, get_string(json, "type"));
  if (type == "removed") {
    change.removed = true;
    return change;
  }
  const auto named = std::ranges::find(type_names, type, &TypeName::name);
  if (named == type_names.end()) return fail(Kind::Corrupt, fmt::format("'{}' is no type of a change", type));
  change.type = named->type;
  if (change.type == FileType::Symlink) {
    TRY_ASSIGN(change.target, get_string(json, "target"));
    return change;
  }
  TRY_ASSIGN(const std::string mode, get_string(json, "mode"));
  if (mode.size() != 4 || mode.find_first_not_of("01234567") != std::string::npos) return fail(Kind::Corrupt, fmt::format("'{}' is no mode", mode));
  change.mode = static_cast<std::uint32_t>(std::stoul(mode, nullptr, 8));
  if (change.type != FileType::Regular) return change;
  if (json.contains("base64")) {
    TRY_ASSIGN(const std::string text, get_string(json, "base64"));
    auto content = from_base64(text);
    if (!content) return fail(Kind::Corrupt, "its content is not base64");
    change.content = std::move(*content);
  } else {
    TRY_ASSIGN(const std::string text, get_string(json, "text"));
    change.content.assign(text.begin(), text.end());
  }
  return change;
}

Result<RecordedScript> read_script(const Json& json) {
  if (!json.is_object() || !json.contains("changes") || !json.at("changes").is_array() || !json.contains("commands") || !json.at("commands").is_array())
    return fail(Kind::Corrupt, "a script lacks 'changes' or 'commands'");
  RecordedScript script;
  TRY_ASSIGN(script.package, get_string(json, "package"));
  TRY_ASSIGN(script.version, get_string(json, "version"));
  TRY_ASSIGN(script.script, get_string(json, "script"));
  TRY_ASSIGN(script.sha256, get_string(json, "sha256"));
  for (const Json& each : json.at("changes")) {
    TRY_ASSIGN(RecordedChange change, read_change(each));
    script.changes.push_back(std::move(change));
  }
  for (const Json& each : json.at("commands")) {
    Script::Words words;
    if (!each.is_array() || each.empty()) return fail(Kind::Corrupt, "a command is no list of words");
    for (const Json& word : each) {
      if (!word.is_string()) return fail(Kind::Corrupt, "a command is no list of words");
      words.push_back(word.get<std::string>());
    }
    script.commands.push_back(std::move(words));
  }
  return script;
}

}  // namespace

Result<RecordedEffects> RecordedEffects::read(host::Files& files, const host::Path& path) {
  RecordedEffects effects;
  if (path.empty() || !files.exists(path)) return effects;
  const std::string what = fmt::format("read recorded effects '{}'", path.string());
  TRY_ASSIGN(const std::string text, files.read(path));
  TRY_ASSIGN(const Json json, parse_json(text, path.string()));
  if (!json.is_object() || !json.contains("scripts") || !json.at("scripts").is_array()) return cannot(Kind::Corrupt, what, "they have no 'scripts'");
  if (const auto form = get_string(json, "schema"); !form || *form != schema) return cannot(Kind::Corrupt, what, fmt::format("their schema is not '{}'", schema));
  for (const Json& each : json.at("scripts")) {
    auto script = read_script(each);
    if (!script) return cannot(what, std::move(script).error());
    effects.scripts_.push_back(std::move(*script));
  }
  return effects;
}

Done RecordedEffects::write(host::Files& files, const host::Path& path) const {
  Json scripts = Json::array();
  for (const RecordedScript& script : scripts_) {
    Json changes = Json::array();
    for (const RecordedChange& change : script.changes) changes.push_back(to_json(change));
    scripts.push_back({{"package", script.package}, {"version", script.version}, {"script", script.script}, {"sha256", script.sha256}, {"changes", std::move(changes)},
                       {"commands", script.commands}});
  }
  return files.write(path, to_pretty({{"schema", schema}, {"scripts", std::move(scripts)}}));
}

const RecordedScript* RecordedEffects::find(std::string_view package, std::string_view version, std::string_view script, std::string_view sha256) const {
  const auto found = std::ranges::find_if(scripts_, [&](const RecordedScript& each) { return each.package == package && each.version == version && each.script == script && each.sha256 == sha256; });
  return found == scripts_.end() ? nullptr : &*found;
}

void RecordedEffects::add(RecordedScript script) {
  std::erase_if(scripts_, [&](const RecordedScript& each) { return each.package == script.package && each.script == script.script; });
  const auto key = [](const RecordedScript& each) { return std::pair(each.package, each.script); };
  scripts_.insert(std::ranges::upper_bound(scripts_, key(script), {}, key), std::move(script));
}

Done replay(const RecordedScript& recorded, ScriptState& state, const ScriptOrigin& origin) {
  World& world = state.world;
  world.counted = false;
  for (auto change = recorded.changes.rbegin(); change != recorded.changes.rend(); ++change)
    if (change->removed && world.find("/" + change->path, false)) TRY(world.remove("/" + change->path, true));
  for (const RecordedChange& change : recorded.changes) {
    const std::string path = "/" + change.path;
    if (change.removed) continue;
    const auto there = world.find(path, false);
    if (there && (there->entry.type == FileType::Directory) != (change.type == FileType::Directory)) TRY(world.remove(path, true));
    else if (there && there->entry.type == FileType::Symlink) TRY(world.remove(path, false));  // else its target would be written
    if (change.type == FileType::Symlink) TRY(world.symlink(change.target, path, true));
    else if (change.type == FileType::Directory) TRY(world.make_directory(path, change.mode, true));
    else TRY(world.write(path, change.content, change.mode));
    if (change.type != FileType::Symlink) TRY(world.set_mode(path, change.mode));
  }
  world.counted = true;
  Script script(state, origin);
  for (const Script::Words& words : recorded.commands) {
    const auto status = run_command(script, words);
    const std::string what = fmt::format("do '{}' as recorded", join(words, " "));
    if (!status) return cannot(Kind::Invalid, what, "it is not understood");
    if (!*status) return cannot(what, std::move(*status).error());
  }
  return {};
}

Result<std::vector<RecordedFile>> recorded_files(host::Files& files, const host::Path& path) {
  constexpr std::array<std::string_view, 3> makers = {"update-ca-certificates", "update-ca-certificates-java", "dpkg-divert"};
  TRY_ASSIGN(const RecordedEffects effects, RecordedEffects::read(files, path));
  std::vector<RecordedFile> out;
  for (const RecordedScript& script : effects.all()) {
    const bool more = std::ranges::any_of(script.commands, [&](const Script::Words& words) { return std::ranges::find(makers, words.front()) != makers.end(); });
    if (more) continue;
    for (const RecordedChange& change : script.changes) {
      if (change.removed) continue;
      RecordedFile file{script.package, script.version, script.script, change.path, change.type, {}, change.target};
      if (change.type == FileType::Regular) file.content = Digest::of(change.content);
      out.push_back(std::move(file));
    }
  }
  return out;
}

}  // namespace ashlar::build
