#include "forge/message.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/text.h"
#include "forge/repository.h"

namespace ashlar::forge {
namespace {

constexpr std::array<std::string_view, 6> kinds = {"open", "update", "close", "event", "pull-request", "build"};
constexpr size_t max_key = 300, max_title = 1000, max_text = 1 << 20, max_files = 16 << 20;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::unexpected<Error> bad(const Message& message, std::string_view cause) { return cannot(Kind::Invalid, fmt::format("take message '{}'", visible(message.key.substr(0, max_key))), cause); }

Done check_place(const Message& message) {
  if (!message.project.empty() && !is_project(message.project)) return bad(message, fmt::format("'{}' is no project", visible(message.project.substr(0, 200))));
  if (!message.base.empty() && !is_branch(message.base)) return bad(message, fmt::format("'{}' is no branch", visible(message.base.substr(0, 200))));
  return {};
}

/// GitHub takes ten members, one of which is the key.
Done check_build(const Message& message) {
  TRY(check_place(message));
  constexpr size_t most = 9, longest = 4096;
  const auto data = parse_json(message.data, "data");
  if (!data || !data->is_object() || data->empty() || data->size() > most) return bad(message, "what a build gets is an object of one to nine texts: 'data'");
  for (const auto& [name, value] : data->items()) {
    const bool word = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) { return is_word(c) || c == '_'; });
    if (!word || !value.is_string() || value.get_ref<const std::string&>().size() > longest) return bad(message, fmt::format("'{}' of its data is no text of at most 4096 bytes under a name of letters, digits and '_'", visible(name.substr(0, 64))));
  }
  return {};
}

Done check_changes(const Message& message) {
  TRY(check_place(message));
  if (message.changes.empty()) return bad(message, "a pull request changes a file");
  size_t size = 0;
  for (const FileChange& each : message.changes) {
    if (!is_repository_path(each.path)) return bad(message, fmt::format("'{}' is no path inside a repository", visible(each.path.substr(0, 200))));
    if (each.before == each.after) return bad(message, fmt::format("'{}' does not change", each.path));
    if (std::ranges::count(message.changes, each.path, &FileChange::path) > 1) return bad(message, fmt::format("'{}' changes twice", each.path));
    size += each.before.size() + each.after.size();
  }
  return size > max_files ? bad(message, "its files are larger than 16 MiB together") : Done();
}

}  // namespace

std::string_view to_string(MessageKind kind) { return kinds[static_cast<size_t>(kind)]; }

std::optional<MessageKind> kind_of(std::string_view text) {
  const auto found = std::ranges::find(kinds, text);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<MessageKind>(found - kinds.begin());
}

bool is_key(std::string_view text) {
  const auto good = [](char c) { return is_word(c) || std::string_view("._:@/+~-").find(c) != std::string_view::npos; };
  return !text.empty() && text.size() <= max_key && text.find("--") == std::string_view::npos && std::ranges::all_of(text, good);
}

bool is_project(std::string_view text) {
  const auto parts = split(text, '/');
  const auto good = [](std::string_view part) { return !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, [](char c) { return is_word(c) || c == '.' || c == '_' || c == '-'; }); };
  return parts.size() >= 2 && text.size() <= 250 && std::ranges::all_of(parts, good);
}

Done check(const Message& message) {
  if (!is_key(message.key)) return bad(message, "its key is none: letters, digits and ._:@/+~-, no two hyphens, at most 300");
  if (message.title.empty() && message.kind != MessageKind::Close && message.kind != MessageKind::Event) return bad(message, "it has no title");
  if (message.title.size() > max_title) return bad(message, "its title is longer than 1000 bytes");
  if (message.body.size() > max_text || message.comment.size() > max_text || message.data.size() > max_text) return bad(message, "a text of it is larger than 1 MiB");
  for (const std::string* text : {&message.title, &message.body, &message.comment, &message.data, &message.type, &message.source, &message.subject}) {
    if (!is_utf8(*text)) return bad(message, "a text of it is no UTF-8");
  }
  if (!message.data.empty() && !parse_json(message.data, "data")) return bad(message, "its data is no JSON");
  if (message.kind == MessageKind::PullRequest) return check_changes(message);
  if (!message.changes.empty()) return bad(message, "only a pull request changes files");
  return message.kind == MessageKind::Build ? check_build(message) : Done();
}

Json to_json(const Message& message) {
  Json out = {{"key", message.key}, {"kind", to_string(message.kind)}, {"title", message.title}};
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) out[name] = text;
  };
  add("body", message.body);
  add("comment", message.comment);
  if (!message.labels.empty()) out["labels"] = message.labels;
  add("type", message.type);
  add("source", message.source);
  add("subject", message.subject);
  if (!message.data.empty()) {
    const auto data = parse_json(message.data, "data");
    out["data"] = data ? *data : Json(message.data);
  }
  out["time"] = message.time.str();
  add("target", message.target);
  add("project", message.project);
  add("base", message.base);
  for (const FileChange& each : message.changes)
    out["changes"].push_back({{"path", each.path}, {"before", to_base64(as_bytes(each.before))}, {"after", to_base64(as_bytes(each.after))}});
  return out;
}

namespace {

Result<std::vector<FileChange>> changes_of(const Json& json) {
  std::vector<FileChange> out;
  if (!json.contains("changes")) return out;
  if (!json["changes"].is_array()) return fail(Kind::Corrupt, "'changes' is no list");
  for (const Json& each : json["changes"]) {
    if (!each.is_object()) return fail(Kind::Corrupt, "a change is no object");
    FileChange change;
    TRY_ASSIGN(change.path, get_string(each, "path"));
    for (const auto& [name, bytes] : {std::pair("before", &change.before), std::pair("after", &change.after)}) {
      TRY_ASSIGN(const std::string text, get_string(each, name));
      TRY_ASSIGN(const Bytes decoded, from_base64(text));
      *bytes = std::string(as_text(decoded));
    }
    out.push_back(std::move(change));
  }
  return out;
}

}  // namespace

Result<Message> message_of(const Json& json) {
  if (!json.is_object()) return fail(Kind::Corrupt, "a message is an object");
  Message out;
  TRY_ASSIGN(out.key, get_string(json, "key"));
  TRY_ASSIGN(const std::string kind, get_string(json, "kind"));
  const auto known = kind_of(kind);
  if (!known) return fail(Kind::Invalid, fmt::format("'{}' is no kind of message: open, update, close, event, pull-request, build", visible(kind)));
  out.kind = *known;
  for (const auto& [name, text] : {std::pair("title", &out.title), std::pair("body", &out.body), std::pair("comment", &out.comment), std::pair("type", &out.type), std::pair("source", &out.source),
                                   std::pair("subject", &out.subject), std::pair("target", &out.target), std::pair("project", &out.project), std::pair("base", &out.base)}) {
    TRY_ASSIGN(*text, get_string_or_empty(json, name));
  }
  if (json.contains("data")) out.data = to_compact(json["data"]);
  if (json.contains("time")) {
    TRY_ASSIGN(const std::string time, get_string(json, "time"));
    TRY_ASSIGN(out.time, Time::parse(time));
  }
  if (json.contains("labels")) {
    if (!json["labels"].is_array()) return fail(Kind::Corrupt, "'labels' is no list");
    for (const Json& each : json["labels"]) {
      if (!each.is_string()) return fail(Kind::Corrupt, "a label is no text");
      out.labels.push_back(each.get<std::string>());
    }
  }
  TRY_ASSIGN(out.changes, changes_of(json));
  return out;
}

std::string fingerprint(const Message& message) {
  Json json = to_json(message);
  json.erase("time");
  json.erase("target");
  return Digest::of(to_compact(json)).hex().substr(0, 16);
}

std::string mark_of(std::string_view key) { return fmt::format("<!-- ashlar: {} -->", key); }
std::string mark_of(std::string_view key, std::string_view fingerprint) { return fmt::format("<!-- ashlar: {} {} -->", key, fingerprint); }

std::string branch_of(std::string_view key) {
  std::string slug;
  for (const char c : key.substr(0, 60)) slug += is_word(c) ? c : '-';
  while (slug.ends_with('-')) slug.pop_back();
  return fmt::format("ashlar/{}-{}", slug, Digest::of(key).hex().substr(0, 10));
}

}  // namespace ashlar::forge
