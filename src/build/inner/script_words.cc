// Words of a script: variables, patterns, fields (IEEE 1003.1, XCU 2.6).
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script.h"

namespace ashlar::build {
namespace {

/// One character against the set at the front of `pattern`, which it takes off; a `[` without an end is itself.
bool fits_set(std::string_view& pattern, char c) {
  size_t at = 1;
  const bool inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (inverted) ++at;
  const auto take = [&] {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    return pattern[at++];
  };
  bool found = false;
  for (bool first = true; at < pattern.size() && (first || pattern[at] != ']'); first = false) {
    const char from = take();
    char to = from;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      ++at;
      to = take();
    }
    found |= from <= c && c <= to;
  }
  if (at >= pattern.size()) {
    pattern.remove_prefix(1);
    return c == '[';
  }
  pattern.remove_prefix(at + 1);
  return found != inverted;
}

std::string escape_pattern(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("*?[]\\-!^:.=").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string plain(std::string_view pattern) {
  std::string result;
  for (size_t at = 0; at < pattern.size(); ++at) result += pattern[at] == '\\' && at + 1 < pattern.size() ? pattern[++at] : pattern[at];
  return result;
}

/// What shells differ in: nothing is guessed.
bool doubtful(std::string_view pattern) {
  for (const std::string_view what : {"[^", "[:", "[.", "[="}) if (pattern.find(what) != std::string_view::npos) return true;
  return pattern.size() > 1000;
}

}  // namespace

bool fits_pattern(std::string_view pattern, std::string_view text, std::uint64_t* steps) {
  if (pattern.size() > 1000 || text.size() > 100'000) return false;
  std::optional<std::pair<std::string_view, std::string_view>> retry;  // after the last `*`
  for (;;) {
    if (steps != nullptr) ++*steps;
    bool fits = false;
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      retry = {pattern, text};
      continue;
    }
    if (pattern.empty() && text.empty()) return true;
    if (!pattern.empty() && !text.empty()) {
      std::string_view rest = pattern;
      if (rest[0] == '[') {
        fits = fits_set(rest, text[0]);
      } else {
        if (rest[0] == '\\' && rest.size() > 1) rest.remove_prefix(1);
        fits = (pattern[0] == '?') || rest[0] == text[0];
        rest.remove_prefix(1);
      }
      if (fits) {
        pattern = rest;
        text.remove_prefix(1);
        continue;
      }
    }
    if (!retry || retry->second.empty()) return false;
    retry->second.remove_prefix(1);
    std::tie(pattern, text) = *retry;
  }
}

/// As fits_pattern(), which may take long: eight steps cost as much as a byte.
Result<bool> Script::fits(std::string_view pattern, std::string_view text) {
  if (doubtful(pattern) || text.size() > 100'000) return unknown(fmt::format("the pattern '{}'", pattern.substr(0, 100)));
  std::uint64_t steps = 0;
  const bool fitting = fits_pattern(pattern, text, &steps);
  if (!afford(steps / 8)) return too_much();
  return fitting;
}

Result<std::string> Script::value_of(const ShellPart& part) {
  switch (part.kind) {
    case ShellPart::Kind::Text: return part.text;
    case ShellPart::Kind::Command: return output_of(*part.command);
    case ShellPart::Kind::Unknown: return unknown(fmt::format("'{}'", part.text));
    case ShellPart::Kind::Variable: break;
  }
  std::string value;
  bool is_set = true;
  if (part.text == "@" || part.text == "*") {
    for (const std::string& each : arguments_) if (!afford(each.size() + 1)) return too_much();
    value = join(arguments_, " ");
    is_set = !arguments_.empty();
  } else if (part.text == "#") {
    value = std::to_string(arguments_.size());
  } else if (part.text == "?") {
    value = std::to_string(status_);
  } else if (part.text == "0") {
    value = "/var/lib/dpkg/info/" + origin_.package + "." + origin_.script;
  } else if (part.text.size() == 1 && part.text[0] >= '1' && part.text[0] <= '9') {
    const auto at = static_cast<size_t>(part.text[0] - '1');
    is_set = at < arguments_.size();
    if (is_set && !afford(arguments_[at].size())) return too_much();
    if (is_set) value = arguments_[at];
  } else if (part.text == "$" || part.text == "!" || part.text == "-") {
    return unknown(fmt::format("'${}'", part.text));
  } else {
    const auto found = variables_.find(part.text);
    is_set = found != variables_.end();
    if (is_set && !afford(found->second.size())) return too_much();
    if (is_set) value = found->second;
  }
  const bool many = part.text == "@" || part.text == "*";
  const bool cuts = part.operation.starts_with('#') || part.operation.starts_with('%');
  if (!is_set && nounset_ && !many && (part.operation.empty() || cuts)) return unknown(fmt::format("'${}' is not set", part.text));
  if (part.operation.empty()) return value;
  if (many && (cuts || arguments_.size() > 1)) return unknown(fmt::format("'${{{}{}'", part.text, part.operation));
  if (part.operation.back() == '=' && !is_variable(part.text)) return unknown(fmt::format("'${{{}{}'", part.text, part.operation));
  const bool there = part.operation[0] == ':' ? !value.empty() : is_set;
  switch (part.operation.back()) {  // only what is needed is expanded
    case '-': return there ? value : expand_one(part.argument);
    case '+': return there ? expand_one(part.argument) : std::string();
    case '=': {
      if (there) return value;
      TRY_ASSIGN(const std::string argument, expand_one(part.argument));
      TRY(assign(part.text, argument));
      return argument;
    }
    case '#':
    case '%': {
      TRY_ASSIGN(const std::string argument, pattern_of(part.argument));
      const bool front = part.operation[0] == '#', longest = part.operation.size() == 2;
      for (size_t step = 0; step <= value.size(); ++step) {
        const size_t length = longest ? value.size() - step : step;
        const std::string_view cut = front ? std::string_view(value).substr(0, length) : std::string_view(value).substr(value.size() - length);
        TRY_ASSIGN(const bool fitting, fits(argument, cut));
        if (fitting) return front ? value.substr(length) : value.substr(0, value.size() - length);
      }
      return value;
    }
    default: return unknown(fmt::format("'${{{}{}'", part.text, part.operation));
  }
}

Result<std::string> Script::expand_one(const ShellWord& word) {
  std::string value;
  for (const ShellPart& part : word) {
    TRY_ASSIGN(const std::string piece, value_of(part));
    if (!afford(piece.size())) return too_much();
    value += piece;
  }
  return value;
}

/// A word as a pattern: what is quoted stands for itself.
Result<std::string> Script::pattern_of(const ShellWord& word) {
  std::string pattern;
  for (const ShellPart& part : word) {
    if (!part.quoted && std::ranges::any_of(part.argument, &ShellPart::quoted) && !part.operation.starts_with('#') && !part.operation.starts_with('%'))
      return unknown(fmt::format("quotes in '${{{}{}' in a pattern", part.text, part.operation));
    TRY_ASSIGN(const std::string value, value_of(part));
    if (!afford(value.size())) return too_much();
    pattern += part.quoted ? escape_pattern(value) : value;
  }
  return pattern;
}

Done Script::end_field(Fields& fields) {
  if (fields.begun && fields.globs) {
    if (fields.slashes) return unknown("a '\\' in a pattern that was expanded");
    TRY_ASSIGN(Words names, glob(fields.pattern, fields.text));
    for (std::string& name : names) fields.done.push_back(std::move(name));
  } else if (fields.begun) {
    if (!afford(fields.text.size() + sizeof fields.text)) return too_much();
    fields.done.push_back(fields.text);
  }
  fields.text.clear();
  fields.pattern.clear();
  fields.begun = fields.globs = fields.slashes = false;
  return {};
}

/// Adds a part of a word. `split`: its text is what a variable stands for, and is split at blanks.
Done Script::add_part(Fields& fields, const ShellPart& part, bool split) {
  const auto literal = [&](std::string_view value) {
    fields.text += value;
    fields.pattern += escape_pattern(value);
    fields.begun = true;
  };
  if (part.kind == ShellPart::Kind::Variable && part.text == "@" && part.quoted && part.operation.empty()) {
    for (size_t at = 0; at < arguments_.size(); ++at) {
      if (at > 0) TRY(end_field(fields));
      literal(arguments_[at]);
    }
    return {};
  }
  if (part.operation.ends_with('-') || part.operation.ends_with('+')) {  // the quotes of the argument count
    const ShellPart asked{.kind = part.kind, .text = part.text, .operation = part.operation.starts_with(':') ? ":+" : "+", .argument = {{.text = "x"}}};
    TRY_ASSIGN(const std::string there, value_of(asked));
    if (part.operation.ends_with('+') != there.empty()) {
      if (part.quoted && part.argument.empty()) fields.begun = true;
      for (const ShellPart& each : part.argument) TRY(add_part(fields, each, true));
      return {};
    }
  }
  if (part.operation.ends_with('=') && !part.quoted && std::ranges::any_of(part.argument, &ShellPart::quoted))
    return unknown(fmt::format("quotes in '${{{}{}'", part.text, part.operation));
  TRY_ASSIGN(const std::string value, value_of(part));
  if (part.quoted) {
    literal(value);
    return {};
  }
  const bool text = part.kind == ShellPart::Kind::Text && !split;
  if (text && bash_ && value.find('{') != std::string::npos && (value.find(',') != std::string::npos || value.find("..") != std::string::npos))
    return unknown(fmt::format("'{}' in bash", value));
  for (const char c : value) {
    if (!text && (c == ' ' || c == '\t' || c == '\n')) { TRY(end_field(fields)); continue; }
    fields.globs |= c == '*' || c == '?' || c == '[';
    fields.slashes |= c == '\\';
    fields.text += c;
    fields.pattern += c;
    fields.begun = true;
  }
  return {};
}

Result<Script::Words> Script::expand(const ShellWord& word) {
  Fields fields;
  for (const ShellPart& part : word) TRY(add_part(fields, part, false));
  TRY(end_field(fields));
  return std::move(fields.done);
}

Result<Script::Words> Script::glob(const std::string& pattern, const std::string& text) {
  if (doubtful(pattern) || pattern.ends_with('/') || pattern.find("//") != std::string::npos) return unknown(fmt::format("the pattern '{}'", pattern.substr(0, 100)));
  Words found{pattern.starts_with('/') ? "/" : ""};
  for (const auto part : split(pattern, '/')) {
    if (part.empty()) continue;
    Words next;
    const auto add = [&](std::string path) {
      if (!afford(path.size() + sizeof path)) return false;
      next.push_back(std::move(path));
      return true;
    };
    for (const std::string& base : found) {
      const std::string prefix = base.empty() || base.ends_with('/') ? base : base + "/";
      if (const std::string name = plain(part); escape_pattern(name).size() == part.size() || part.find_first_of("*?[") == std::string_view::npos) {
        if (state_.world.find(prefix + name, false) && !add(prefix + name)) return too_much();
        continue;
      }
      for (const std::string& name : state_.world.list(base.empty() ? "/" : base))
        if (fits_pattern(part, name) && (name[0] != '.' || part[0] == '.' || part.starts_with("\\.")) && !add(prefix + name)) return too_much();
    }
    found = std::move(next);
  }
  if (found.empty()) return Words{text};
  return found;
}

}  // namespace ashlar::build
