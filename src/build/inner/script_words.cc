// Words of a script: variables, patterns, fields (IEEE 1003.1, XCU 2.6).
#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script.h"

namespace ashlar::build {
namespace {

bool fits_set(std::string_view& pattern, char c) {
  std::string_view set = pattern.substr(1);
  const bool inverted = set.starts_with('!') || set.starts_with('^');
  if (inverted) set.remove_prefix(1);
  bool found = false;
  for (bool first = true; !set.empty() && (first || set[0] != ']'); first = false) {
    if (set.size() > 2 && set[1] == '-' && set[2] != ']') {
      found |= set[0] <= c && c <= set[2];
      set.remove_prefix(3);
    } else {
      found |= set[0] == c;
      set.remove_prefix(1);
    }
  }
  if (!set.empty()) set.remove_prefix(1);
  pattern = set;
  return found != inverted;
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
  if (part.operation.empty()) return value;
  TRY_ASSIGN(const std::string argument, expand_one(part.argument));
  const bool there = part.operation[0] == ':' ? !value.empty() : is_set;
  switch (part.operation.back()) {
    case '-': return there ? value : argument;
    case '+': return there ? argument : std::string();
    case '=': if (!there) variables_[part.text] = argument; return there ? value : argument;
    case '#':
    case '%': {
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

Result<Script::Words> Script::expand(const ShellWord& word) {
  Words fields;
  std::string field;
  bool begun = false, pattern = false;
  auto end = [&]() -> Done {
    if (begun && pattern) {
      TRY_ASSIGN(Words names, glob(field));
      for (std::string& name : names) fields.push_back(std::move(name));
    } else if (begun) {
      if (!afford(field.size() + sizeof field)) return too_much();
      fields.push_back(field);
    }
    field.clear();
    begun = pattern = false;
    return {};
  };
  for (const ShellPart& part : word) {
    if (part.kind == ShellPart::Kind::Variable && part.text == "@" && part.quoted && part.operation.empty()) {
      for (size_t at = 0; at < arguments_.size(); ++at) {
        if (at > 0) TRY(end());
        field += arguments_[at];
        begun = true;
      }
      continue;
    }
    TRY_ASSIGN(const std::string value, value_of(part));
    if (part.quoted || part.kind == ShellPart::Kind::Text) {
      if (!part.quoted && value.find_first_of("*?[") != std::string::npos) pattern = true;
      field += value;
      begun = true;
      continue;
    }
    for (const char c : value) {
      if (c == ' ' || c == '\t' || c == '\n') { TRY(end()); continue; }
      pattern |= c == '*' || c == '?';
      field += c;
      begun = true;
    }
  }
  TRY(end());
  if (!fields.empty() && (fields[0] == "~" || fields[0].starts_with("~/"))) return unknown("'~'");
  return fields;
}

Result<Script::Words> Script::glob(const std::string& pattern) {
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
      if (part.find_first_of("*?[") == std::string_view::npos) {
        if (state_.world.find(prefix + std::string(part), false) && !add(prefix + std::string(part))) return too_much();
        continue;
      }
      for (const std::string& name : state_.world.list(base.empty() ? "/" : base))
        if (fits_pattern(part, name) && (name[0] != '.' || part[0] == '.') && !add(prefix + name)) return too_much();
    }
    found = std::move(next);
  }
  if (found.empty()) return Words{pattern};
  return found;
}

}  // namespace ashlar::build
