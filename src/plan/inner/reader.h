#pragma once
// Reading a mapping by a table of its keys, with every fault kept.
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/yaml.h"
#include "plan/definition.h"
#include "plan/inner/grammar.h"
#include "plan/variables.h"

namespace ashlar::plan {

/// Reads typed values out of a document. A value of the wrong type or form leaves a fault and reads as empty.
class Reader {
 public:
  Reader(const YamlDocument& document, Variables& variables, std::vector<std::string> platforms, Family family)
      : document_(document), variables_(variables), platforms_(std::move(platforms)), family_(family) {}

  void fault(const YamlNode& node, std::string message, std::string hint = {});
  /// A fault at `culprit` within the text of `node`, where it can be found on the node's first line.
  void fault_within(const YamlNode& node, std::string_view culprit, std::string message, std::string hint = {});
  void object(const YamlNode& node, Objection objection) {
    if (objection) fault(node, std::move(objection.trouble), std::move(objection.hint));
  }
  /// A fault that the key `key` is missing from a mapping.
  void missing(const YamlNode& mapping, std::string_view key);

  /// A text as written.
  std::string text(const YamlNode& node);
  /// A text with its variables replaced.
  std::string expanded(const YamlNode& node, Undefined undefined = Undefined::Refuse);
  /// The same; `check` must accept what it says for each platform of the definition.
  template <class Check>
  std::string checked(const YamlNode& node, Check check) {
    std::string value = expanded(node);
    if (!ok(node)) return value;
    for (const std::string& platform : platforms_of(value)) {
      const std::string text_there = platform.empty() ? value : evaluated(node, value, platform);
      if (!ok(node)) break;
      if (Objection objection = check(text_there)) {
        object(node, std::move(objection));
        break;
      }
    }
    return value;
  }
  bool boolean(const YamlNode& node);
  std::int64_t integer(const YamlNode& node, std::int64_t least, std::int64_t most);
  /// A whole number of seconds; one who writes `30s` is told how.
  std::int64_t seconds(const YamlNode& node, std::int64_t least, std::int64_t most);
  std::uint32_t account_id(const YamlNode& node) { return static_cast<std::uint32_t>(integer(node, 0, 4294967294)); }
  std::optional<std::uint32_t> mode(const YamlNode& node);
  /// One of `names`; its place, or nothing after a fault.
  std::optional<size_t> choice(const YamlNode& node, std::string_view noun, std::span<const std::string_view> names);
  /// The platforms that the format knows, each once.
  std::vector<std::string> platforms(const YamlNode& node);

  bool is_list(const YamlNode& node);
  bool is_mapping(const YamlNode& node);
  template <class Read>
  void each(const YamlNode& node, Read read) {
    if (!is_list(node)) return;
    for (const YamlNode& item : node.items) read(item);
  }
  /// The words of a command, as written: `${...}` in them belongs to who runs it. One who writes a line is told how.
  std::vector<std::string> command(const YamlNode& node);
  std::vector<std::string> texts(const YamlNode& node, Undefined undefined = Undefined::Keep);
  std::map<std::string, std::string> pairs(const YamlNode& node, Undefined undefined = Undefined::Keep);

  /// Whether no fault was found since the last call of text() or a reader built on it: a value that is already wrong is not judged again.
  bool ok(const YamlNode& node) const { return last_fault_ != &node; }
  Family family() const { return family_; }
  std::vector<Fault> take_faults();

 private:
  std::vector<std::string> platforms_of(std::string_view value) const;
  std::string evaluated(const YamlNode& node, const std::string& value, const std::string& platform);

  const YamlDocument& document_;
  Variables& variables_;
  std::vector<std::string> platforms_;
  Family family_;
  std::vector<Fault> faults_;
  const YamlNode* last_fault_ = nullptr;
};

/// A key of a mapping that is read into a T.
template <class T>
struct Key {
  std::string_view name;
  void (*read)(Reader& reader, const YamlNode& value, T& into);
  bool required = false;
};

/// Readers for the tables: `put<&User::name>` reads a text into that field. Those with no field only judge.
template <auto Field>
inline constexpr auto put = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.text(value); };
template <auto Field>
inline constexpr auto put_expanded = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.expanded(value); };
template <auto Field, auto Check>
inline constexpr auto put_checked = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.checked(value, Check); };
template <auto Field>
inline constexpr auto put_id = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.account_id(value); };
template <auto Field>
inline constexpr auto put_mode = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.mode(value); };
template <auto Field>
inline constexpr auto put_bool = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.boolean(value); };
template <auto Field>
inline constexpr auto put_texts = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.texts(value); };
template <auto Field>
inline constexpr auto put_pairs = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.pairs(value); };
inline constexpr auto any_text = [](Reader& reader, const YamlNode& value, auto&) { reader.text(value); };
inline constexpr auto any_texts = [](Reader& reader, const YamlNode& value, auto&) { reader.texts(value); };
inline constexpr auto any_pairs = [](Reader& reader, const YamlNode& value, auto&) { reader.pairs(value); };
inline constexpr auto any_bool = [](Reader& reader, const YamlNode& value, auto&) { reader.boolean(value); };
inline constexpr auto any_id = [](Reader& reader, const YamlNode& value, auto&) { reader.account_id(value); };
inline constexpr auto any_mode = [](Reader& reader, const YamlNode& value, auto&) { reader.mode(value); };
inline constexpr auto any_mapping = [](Reader& reader, const YamlNode& value, auto&) { reader.is_mapping(value); };
inline constexpr auto any_value = [](Reader&, const YamlNode&, auto&) {};

/// Says that a key is not known, with the nearest of those that are.
void unknown_key(Reader& reader, const YamlNode& key, std::span<const std::string_view> known);

/// Reads `mapping` by `keys`; false when it is no mapping at all.
template <class T>
bool read_mapping(Reader& reader, const YamlNode& mapping, std::span<const Key<T>> keys, T& into) {
  if (!reader.is_mapping(mapping)) return false;
  std::uint64_t seen = 0;
  for (const auto& [key, value] : mapping.members) {
    size_t at = 0;
    while (at < keys.size() && keys[at].name != key.text) ++at;
    if (at < keys.size()) {
      seen |= std::uint64_t{1} << at;
      keys[at].read(reader, value, into);
      continue;
    }
    std::vector<std::string_view> known;
    for (const Key<T>& row : keys) known.push_back(row.name);
    unknown_key(reader, key, known);
  }
  for (size_t at = 0; at < keys.size(); ++at) {
    if (keys[at].required && (seen >> at & 1) == 0) reader.missing(mapping, keys[at].name);
  }
  return true;
}
template <class T, size_t N>
bool read_mapping(Reader& reader, const YamlNode& mapping, const Key<T> (&keys)[N], T& into) {
  static_assert(N <= 64);
  return read_mapping(reader, mapping, std::span<const Key<T>>(keys), into);
}

}  // namespace ashlar::plan
