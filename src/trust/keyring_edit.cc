// Changes to the text of a keyring. A change is made in the text, so that comments and order stay, then read again: what does not come out as it was meant
// is not given back.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "trust/keyring.h"

namespace ashlar::trust {
namespace {

bool is_same(const KeyringEntry& a, const KeyringEntry& b) {
  return a.name == b.name && a.key.digest() == b.key.digest() && a.valid_from == b.valid_from && a.valid_until == b.valid_until && a.revoked_from == b.revoked_from && a.reason == b.reason;
}

/// A text as a scalar of one line.
std::string scalar(const std::string& text) {
  const bool plain = !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos;
  return plain ? text : to_compact(Json(text));
}

/// An entry's members, each with the text of its value on one line; the key comes after them.
std::vector<std::pair<std::string, std::string>> members_of(const KeyringEntry& entry) {
  std::vector<std::pair<std::string, std::string>> out = {{"name", entry.name}};
  if (entry.valid_from) out.emplace_back("valid_from", entry.valid_from->str());
  if (entry.valid_until) out.emplace_back("valid_until", entry.valid_until->str());
  if (entry.revoked_from) out.emplace_back("revoked_from", entry.revoked_from->str());
  if (!entry.reason.empty()) out.emplace_back("reason", entry.reason);
  return out;
}

/// The entry as an item of a list, its dash `indent` blanks from the left.
std::string item_of(const KeyringEntry& entry, size_t indent) {
  std::string out;
  const std::string blanks(indent, ' ');
  for (const auto& [key, value] : members_of(entry)) out += fmt::format("{}{} {}: {}\n", blanks, out.empty() ? "-" : " ", key, key.starts_with("valid") || key.starts_with("revoked") ? value : scalar(value));
  out += fmt::format("{}  key: |\n", blanks);
  const std::string pem = entry.key.pem();
  for (const std::string_view line : split(trim(pem), '\n')) out += fmt::format("{}    {}\n", blanks, line);
  return out;
}

Json json_of(const KeyringEntry& entry) {
  Json out;
  for (const auto& [key, value] : members_of(entry)) out[key] = value;
  out["key"] = entry.key.pem();
  return out;
}

bool is_json(std::string_view text) { return trim(text).starts_with('{'); }

/// Where the dash of a list's first item stands.
size_t indent_of(const YamlDocument& document) {
  const YamlNode* const keys = document.root.find("keys");
  if (keys == nullptr || keys->items.empty()) return 2;
  const auto lines = split(document.text, '\n');
  const auto line = static_cast<size_t>(keys->items.front().line) - 1;
  const size_t at = line < lines.size() ? lines[line].find_first_not_of(' ') : std::string_view::npos;
  return at == std::string_view::npos ? 2 : at;
}

/// `changed` when it reads as `meant`; else what to do by hand.
Result<std::string> checked(host::Files& files, std::string changed, const host::Path& path, const std::vector<KeyringEntry>& meant, std::string_view what, std::string_view by_hand) {
  const auto ring = parse_keyring(files, changed, path);
  if (ring && std::ranges::equal(ring->entries(), meant, is_same)) return changed;
  return cannot(Kind::Invalid, what, fmt::format("'{}' is not laid out as a plain list; add this by hand:\n{}", path.string(), by_hand));
}

/// Where a line begins, counted from 1.
size_t line_start(const std::string& text, int line) {
  size_t at = 0;
  for (int each = 1; each < line && at < text.size(); ++each) at = std::min(text.find('\n', at), text.size() - 1) + 1;
  return at;
}

/// The text with another value of a member that stands in one line; the number of lines stays.
std::string with_member(std::string text, const YamlNode& item, std::string_view name, const std::string& value) {
  const auto member = std::ranges::find_if(item.members, [&](const auto& each) { return each.first.text == name; });
  if (member == item.members.end()) return text;
  const size_t begin = line_start(text, member->first.line) + static_cast<size_t>(member->first.column) - 1;
  text.replace(begin, std::min(text.find('\n', begin), text.size()) - begin, fmt::format("{}: {}", name, value));
  return text;
}

}  // namespace

Result<std::string> with_key(host::Files& files, const std::string& text, const host::Path& path, const KeyringEntry& entry) {
  const std::string what = fmt::format("add key '{}'", entry.name);
  TRY_ASSIGN(const Keyring ring, parse_keyring(files, text, path));
  if (trim(entry.name).empty()) return cannot(Kind::Invalid, what, "a key has a name");
  if (entry.valid_from && entry.valid_until && *entry.valid_until <= *entry.valid_from) return cannot(Kind::Invalid, what, "its validity ends before it begins");
  if (ring.find(entry.name) != nullptr) return cannot(Kind::Conflict, what, fmt::format("'{}' has one of that name", path.string()));
  if (const KeyringEntry* const known = ring.find(entry.key.digest())) return cannot(Kind::Conflict, what, fmt::format("'{}' has that key as '{}'", path.string(), known->name));
  std::vector<KeyringEntry> meant = ring.entries();
  meant.push_back(entry);
  if (is_json(text)) {
    TRY_ASSIGN(Json json, parse_json(text, path.string()));
    json["keys"].push_back(json_of(entry));
    return checked(files, to_pretty(json), path, meant, what, item_of(entry, 2));
  }
  TRY_ASSIGN(const YamlDocument document, parse_yaml(text, path.string()));
  std::string changed = text;
  if (!changed.empty() && !changed.ends_with('\n')) changed += '\n';
  if (document.root.type == YamlNode::Type::Null) changed += "schema: https://ashlar.dev/keyring/v1\nkeys:\n";
  changed += item_of(entry, indent_of(document));
  return checked(files, std::move(changed), path, meant, what, item_of(entry, 2));
}

Result<std::string> with_revocation(host::Files& files, const std::string& text, const host::Path& path, std::string_view name, Time from, const std::string& reason) {
  const std::string what = fmt::format("revoke key '{}'", name);
  TRY_ASSIGN(const Keyring ring, parse_keyring(files, text, path));
  if (trim(reason).empty()) return cannot(Kind::Invalid, what, "no reason is given");
  std::vector<KeyringEntry> meant = ring.entries();
  const auto entry = std::ranges::find(meant, name, &KeyringEntry::name);
  if (entry == meant.end()) {
    std::vector<std::string> names;
    for (const KeyringEntry& each : meant) names.push_back(fmt::format("'{}'", each.name));
    return cannot(Kind::NotFound, what, fmt::format("'{}' has no such key; {}", path.string(), names.empty() ? std::string("it has none") : "those there are: " + join(names, ", ")));
  }
  if (entry->revoked_from && from >= *entry->revoked_from)
    return cannot(Kind::Conflict, what, fmt::format("it is revoked from {} on already, and only an earlier time takes that one's place (--from): what it signed from then on is not believed again", entry->revoked_from->str()));
  const std::optional<Time> former = entry->revoked_from;
  entry->reason = former ? fmt::format("{} (before that it was to be revoked from {} on: {})", reason, former->str(), entry->reason) : reason;
  entry->revoked_from = from;
  const auto index = static_cast<size_t>(entry - meant.begin());
  const std::string by_hand = fmt::format("    revoked_from: {}\n    reason: {}\n", from.str(), scalar(entry->reason));
  if (is_json(text)) {
    TRY_ASSIGN(Json json, parse_json(text, path.string()));
    json["keys"][index]["revoked_from"] = from.str();
    json["keys"][index]["reason"] = entry->reason;
    return checked(files, to_pretty(json), path, meant, what, by_hand);
  }
  TRY_ASSIGN(const YamlDocument document, parse_yaml(text, path.string()));
  const YamlNode& item = document.root.find("keys")->items[index];
  if (former) return checked(files, with_member(with_member(text, item, "revoked_from", from.str()), item, "reason", scalar(entry->reason)), path, meant, what, by_hand);
  // Before the second member: there the first one has ended, in however many lines it was written.
  const YamlNode& second = item.members[1].first;
  const std::string blanks(static_cast<size_t>(second.column) - 1, ' ');
  std::string changed = text;
  changed.insert(line_start(text, second.line), fmt::format("{0}revoked_from: {1}\n{0}reason: {2}\n", blanks, from.str(), scalar(reason)));
  return checked(files, std::move(changed), path, meant, what, by_hand);
}

}  // namespace ashlar::trust
