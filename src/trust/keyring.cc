#include "trust/keyring.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml_section.h"

namespace ashlar::trust {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/keyring/v1";
constexpr std::array<std::string_view, 2> ring_keys = {"schema", "keys"};
constexpr std::array<std::string_view, 6> entry_keys = {"name", "key", "valid_from", "valid_until", "revoked_from", "reason"};
constexpr size_t max_keys = 1000;
constexpr std::array<std::string_view, 5> standings = {"valid", "not-yet-valid", "expired", "revoked", "unknown"};

/// A day, or the moment where it is not the first of one.
std::string when(Time time) { return time.seconds % 86400 == 0 ? time.date() : time.str(); }

class Reader : public YamlSection {
 public:
  Reader(host::Files& files, const YamlDocument& document, host::Path folder) : YamlSection(document), files_(files), root_(document.root), folder_(std::move(folder)) {}

  std::vector<KeyringEntry> read() {
    std::vector<KeyringEntry> out;
    if (root_.type == YamlNode::Type::Null || !known(root_, ring_keys)) return out;
    if (const YamlNode* node = root_.find("schema"); node != nullptr && node->text != schema) fault(*node, fmt::format("'{}' is not the schema of a keyring", node->text), fmt::format("it is '{}'", schema));
    const YamlNode* const keys = root_.find("keys");
    if (keys == nullptr) fault(root_, "a keyring has a list 'keys'");
    else if (keys->type != YamlNode::Type::Sequence && keys->type != YamlNode::Type::Null) fault(*keys, "a list of keys is expected here");
    else if (keys->items.size() > max_keys) fault(*keys, fmt::format("more than {} keys", max_keys));
    else for (const YamlNode& each : keys->items) read_entry(each, out);
    return out;
  }

 private:
  /// The text of a member; empty with a fault where it is no text, or lacks and is needed.
  std::string text_of(const YamlNode& node, std::string_view key, bool needed) {
    const YamlNode* const value = node.find(key);
    if (value == nullptr && needed) fault(node, fmt::format("a key needs '{}'", key));
    if (value == nullptr) return {};
    if (value->type != YamlNode::Type::Scalar || trim(value->text).empty()) fault(*value, fmt::format("'{}' is a text", key));
    return value->text;
  }
  std::optional<Time> time_of(const YamlNode& node, std::string_view key) {
    const YamlNode* const value = node.find(key);
    if (value == nullptr) return std::nullopt;
    const auto time = Time::parse(value->text);
    if (value->type == YamlNode::Type::Scalar && time) return *time;
    fault(*value, fmt::format("'{}' is a date (2027-01-31) or a moment (2027-01-31T12:00:00Z)", key));
    return std::nullopt;
  }
  Result<PublicKey> key_of(const std::string& text) {
    if (text.find("-----BEGIN") != std::string::npos) return PublicKey::parse(text);
    TRY_ASSIGN(const std::string pem, files_.read(host::Path(text).is_absolute() ? host::Path(text) : folder_ / text));
    return PublicKey::parse(pem);
  }
  void read_entry(const YamlNode& node, std::vector<KeyringEntry>& out) {
    const size_t before = faults.size();
    if (!known(node, entry_keys)) return;
    const std::string name = text_of(node, "name", true), key = text_of(node, "key", true), reason = text_of(node, "reason", false);
    const auto from = time_of(node, "valid_from"), until = time_of(node, "valid_until"), revoked = time_of(node, "revoked_from");
    if (from && until && *until <= *from) fault(*node.find("valid_until"), "it ends before it begins");
    if (revoked && reason.empty()) fault(*node.find("revoked_from"), "a key that is revoked has a 'reason'");
    if (!revoked && !reason.empty() && node.find("revoked_from") == nullptr) fault(*node.find("reason"), "a reason stands beside 'revoked_from'");
    if (faults.size() != before) return;
    auto read = key_of(key);
    if (!read) return fault(*node.find("key"), read.error().message, "PEM, or the path of a file with it");
    const Digest digest = read->digest();
    for (const KeyringEntry& each : out) {
      if (each.name == name) fault(*node.find("name"), fmt::format("'{}' is there twice", name));
      if (each.key.digest() == digest) fault(*node.find("key"), fmt::format("it is the key of '{}', too", each.name));
    }
    out.push_back({name, std::move(*read), from, until, revoked, reason});
  }

  host::Files& files_;
  const YamlNode& root_;
  host::Path folder_;
};

}  // namespace

std::string_view to_string(Standing standing) { return standings[static_cast<size_t>(standing)]; }

const KeyringEntry* Keyring::find(std::string_view name) const {
  const auto found = std::ranges::find(entries_, name, &KeyringEntry::name);
  return found == entries_.end() ? nullptr : &*found;
}

const KeyringEntry* Keyring::find(const Digest& key) const {
  const auto found = std::ranges::find_if(entries_, [&](const KeyringEntry& each) { return each.key.digest() == key; });
  return found == entries_.end() ? nullptr : &*found;
}

Judgement judge(const KeyringEntry& entry, Time at) {
  if (entry.revoked_from && *entry.revoked_from <= at) return {Standing::Revoked, entry.name, fmt::format("'{}' is revoked from {} on: {}", entry.name, when(*entry.revoked_from), entry.reason)};
  if (entry.valid_from && at < *entry.valid_from) return {Standing::NotYet, entry.name, fmt::format("'{}' is not valid before {}", entry.name, when(*entry.valid_from))};
  if (entry.valid_until && *entry.valid_until <= at) return {Standing::Expired, entry.name, fmt::format("'{}' was valid until {}", entry.name, when(*entry.valid_until))};
  std::string rule = fmt::format("'{}' is valid", entry.name);
  if (entry.valid_from) rule += fmt::format(" from {}", when(*entry.valid_from));
  if (entry.valid_until) rule += fmt::format(" until {}", when(*entry.valid_until));
  if (!entry.valid_from && !entry.valid_until) rule += " at any time";
  if (entry.revoked_from) rule += fmt::format(", and was not yet revoked: it is from {} on", when(*entry.revoked_from));
  return {Standing::Valid, entry.name, std::move(rule)};
}

Judgement Keyring::judge(const Digest& key, Time at) const {
  const KeyringEntry* const entry = find(key);
  return entry == nullptr ? Judgement{Standing::Unknown, {}, fmt::format("key {} is not in the keyring", key.str())} : trust::judge(*entry, at);
}

Result<Keyring> parse_keyring(host::Files& files, std::string text, const host::Path& path) {
  const std::string what = fmt::format("read keyring '{}'", path.string());
  auto document = parse_yaml(std::move(text), path.string());
  if (!document) return cannot(what, std::move(document).error());
  Reader reader(files, *document, path.parent_path());
  auto entries = reader.read();
  if (reader.faults.empty()) return Keyring(std::move(entries));
  auto error = cannot(Kind::Invalid, what, reader.faults.size() == 1 ? std::string("it has a fault") : fmt::format("it has {} faults", reader.faults.size()));
  error.error().faults = std::move(reader.faults);
  return error;
}

Result<Keyring> read_keyring(host::Files& files, const host::Path& path) {
  TRY_ASSIGN(std::string text, files.read(path));
  return parse_keyring(files, std::move(text), path);
}

}  // namespace ashlar::trust
