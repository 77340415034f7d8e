#include "plan/inner/reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/inner/habits.h"

namespace ashlar::plan {
namespace {

constexpr size_t most_faults = 100;

/// What a plain scalar is by the core schema (YAML 1.2.2, section 10.3.2).
enum class Core { Text, Boolean, Integer, Float };

bool is_float(std::string_view text) {
  const auto digits = [&text] {
    const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end;
  };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  size_t mantissa = digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    mantissa += digits();
  }
  if (mantissa == 0) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

Core core_type(const YamlNode& node) {
  const std::string_view text = node.text;
  if (!node.plain || text.empty()) return Core::Text;
  constexpr std::string_view booleans[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
  if (std::ranges::find(booleans, text) != std::end(booleans)) return Core::Boolean;
  const char first = text[0];
  if (first != '.' && first != '-' && first != '+' && (first < '0' || first > '9')) return Core::Text;
  if (text.starts_with("0x") && text.size() > 2 && text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos) return Core::Integer;
  if (text.starts_with("0o") && text.size() > 2 && text.find_first_not_of("01234567", 2) == std::string_view::npos) return Core::Integer;
  const std::string_view digits = first == '-' || first == '+' ? text.substr(1) : text;
  if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos) return Core::Integer;
  if (text == ".nan" || text == ".NaN" || text == ".NAN" || is_float(text)) return Core::Float;
  return Core::Text;
}

std::string_view name_of(const YamlNode& node) {
  switch (node.type) {
    case YamlNode::Type::Null: return "nothing";
    case YamlNode::Type::Sequence: return "a list";
    case YamlNode::Type::Mapping: return "a mapping";
    case YamlNode::Type::Scalar: break;
  }
  switch (core_type(node)) {
    case Core::Boolean: return "a truth value";
    case Core::Integer:
    case Core::Float: return "a number";
    case Core::Text: break;
  }
  return "a text";
}

}  // namespace

void Reader::fault(const YamlNode& node, std::string message, std::string hint) {
  last_fault_ = &node;
  if (faults_.size() < most_faults) faults_.push_back(document_.fault_at(node, std::move(message), std::move(hint)));
}

void Reader::fault_within(const YamlNode& node, std::string_view culprit, std::string message, std::string hint) {
  fault(node, std::move(message), std::move(hint));
  if (faults_.empty() || culprit.empty() || faults_.size() >= most_faults) return;
  Fault& made = faults_.back();
  // Columns count characters, the search counts bytes: walk the excerpt to where the node begins.
  const auto continues = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; };
  size_t start = 0;
  for (int column = 1; column < node.column && start < made.excerpt.size(); ++column) {
    do ++start;
    while (start < made.excerpt.size() && continues(made.excerpt[start]));
  }
  const size_t found = made.excerpt.find(culprit, start);
  if (found == std::string::npos) return;
  for (size_t at = start; at < found; ++at) {
    if (!continues(made.excerpt[at])) ++made.column;
  }
}

void Reader::missing(const YamlNode& mapping, std::string_view key) { fault(mapping, fmt::format("the key '{}' is missing", key)); }

std::string Reader::text(const YamlNode& node) {
  if (node.type == YamlNode::Type::Scalar && core_type(node) == Core::Text) return node.text;
  std::string hint;
  if (node.type == YamlNode::Type::Scalar) hint = fmt::format("put it in quotes: '{}'", node.text);
  fault(node, fmt::format("a text is expected, not {}", name_of(node)), std::move(hint));
  return {};
}

std::string Reader::expanded(const YamlNode& node, Undefined undefined) {
  std::string value = text(node);
  if (value.find("${") == std::string::npos) return value;
  Expansion expansion = variables_.expand(value, undefined);
  if (expansion.trouble.empty()) return std::move(expansion.text);
  fault_within(node, expansion.culprit, std::move(expansion.trouble), std::move(expansion.hint));
  return {};
}

std::vector<std::string> Reader::platforms_of(std::string_view value) const {
  return depends_on_platform(value) ? platforms_ : std::vector<std::string>{""};
}

std::string Reader::evaluated(const YamlNode& node, const std::string& value, const std::string& platform) {
  auto result = at_platform(value, platform);
  if (result) return std::move(*result);
  fault(node, std::move(result.error().message));
  return {};
}

bool Reader::boolean(const YamlNode& node) {
  if (node.type == YamlNode::Type::Scalar && core_type(node) == Core::Boolean) return (node.text[0] | 0x20) == 't';
  fault(node, fmt::format("'true' or 'false' is expected, not {}", name_of(node)), node.type == YamlNode::Type::Scalar && !node.plain ? "leave out the quotes" : "");
  return false;
}

std::int64_t Reader::integer(const YamlNode& node, std::int64_t least, std::int64_t most) {
  if (node.type != YamlNode::Type::Scalar || core_type(node) != Core::Integer) {
    const bool quoted = node.type == YamlNode::Type::Scalar && !node.plain;
    fault(node, fmt::format("a whole number is expected, not {}", name_of(node)), quoted ? "leave out the quotes" : "");
    return least;
  }
  std::string_view digits = node.text;
  int base = 10;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.starts_with("0x") || digits.starts_with("0o")) {
    base = digits[1] == 'x' ? 16 : 8;
    digits.remove_prefix(2);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc() && end == digits.data() + digits.size() && value >= least && value <= most) return value;
  fault(node, fmt::format("the number must lie between {} and {}", least, most));
  return least;
}

std::int64_t Reader::seconds(const YamlNode& node, std::int64_t least, std::int64_t most) {
  const std::int64_t meant = node.type == YamlNode::Type::Scalar ? seconds_of_duration(node.text) : 0;
  if (meant == 0) return integer(node, least, most);
  fault(node, "a number of seconds is expected, without a unit", fmt::format("write {}", meant));
  return least;
}

std::vector<std::string> Reader::command(const YamlNode& node) {
  std::vector<std::string> found;
  if (node.type != YamlNode::Type::Sequence) {
    fault(node, fmt::format("a list of words is expected, not {}", name_of(node)), command_hint(node));
    return found;
  }
  for (const YamlNode& item : node.items) found.push_back(text(item));
  return found;
}

std::optional<std::uint32_t> Reader::mode(const YamlNode& node) {
  if (node.type == YamlNode::Type::Scalar && core_type(node) == Core::Integer) {
    fault(node, "a mode is a text, not a number", fmt::format("put it in quotes: '{}'", node.text));
    return std::nullopt;
  }
  const std::string written = text(node);
  if (!ok(node)) return std::nullopt;
  const auto bits = parse_mode(written);
  if (!bits) fault(node, fmt::format("'{}' is no mode", written.substr(0, 80)), "three or four octal digits: '0644'");
  return bits;
}

std::optional<size_t> Reader::choice(const YamlNode& node, std::string_view noun, std::span<const std::string_view> names) {
  const std::string written = text(node);
  if (!ok(node)) return std::nullopt;
  if (const auto found = std::ranges::find(names, written); found != names.end()) return static_cast<size_t>(found - names.begin());
  const std::string near = nearest(written, names);
  std::string hint = near.empty() ? fmt::format("one of {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near);
  fault(node, fmt::format("unknown {} '{}'", noun, written.substr(0, 80)), std::move(hint));
  return std::nullopt;
}

std::vector<std::string> Reader::platforms(const YamlNode& node) {
  constexpr std::string_view known[] = {"linux/amd64", "linux/arm64"};
  std::vector<std::string> found;
  each(node, [&](const YamlNode& item) {
    const auto place = choice(item, "platform", known);
    if (!place) return;
    if (std::ranges::find(found, known[*place]) != found.end()) return fault(item, fmt::format("the platform '{}' stands twice", known[*place]));
    found.emplace_back(known[*place]);
  });
  return found;
}

bool Reader::is_list(const YamlNode& node) {
  if (node.type == YamlNode::Type::Sequence) return true;
  std::string hint;
  if (node.type == YamlNode::Type::Scalar && node.text.size() < 80) hint = fmt::format("write {}", as_list({&node.text, 1}));
  fault(node, fmt::format("a list is expected, not {}", name_of(node)), std::move(hint));
  return false;
}

bool Reader::is_mapping(const YamlNode& node) {
  if (node.type == YamlNode::Type::Mapping) return true;
  fault(node, fmt::format("a mapping is expected, not {}", name_of(node)));
  return false;
}

std::vector<std::string> Reader::texts(const YamlNode& node, Undefined undefined) {
  std::vector<std::string> found;
  each(node, [&](const YamlNode& item) { found.push_back(expanded(item, undefined)); });
  return found;
}

std::map<std::string, std::string> Reader::pairs(const YamlNode& node, Undefined undefined) {
  std::map<std::string, std::string> found;
  if (!is_mapping(node)) return found;
  for (const auto& [key, value] : node.members) found[key.text] = expanded(value, undefined);
  return found;
}

std::vector<Fault> Reader::take_faults() {
  std::ranges::stable_sort(faults_, {}, [](const Fault& fault) { return std::pair(fault.line, fault.column); });
  return std::move(faults_);
}

void unknown_key(Reader& reader, const YamlNode& key, std::span<const std::string_view> known) {
  const std::string near = nearest(key.text, known);
  std::string hint = habit_hint(key.text, known);
  if (hint.empty() && !near.empty()) hint = fmt::format("did you mean '{}'?", near);
  if (hint.empty() && known.size() <= 16) hint = fmt::format("known here: {}", fmt::join(known, ", "));
  reader.fault(key, fmt::format("unknown key '{}'", key.text.substr(0, 80)), std::move(hint));
}

}  // namespace ashlar::plan
