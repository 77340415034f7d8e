#include "plan/variables.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/inner/expression.h"
#include "plan/inner/pattern.h"

namespace ashlar::plan {
namespace {

constexpr size_t longest_value = size_t{64} << 10;
constexpr int deepest = 32;
constexpr size_t most_in_all = size_t{16} << 20;  // bytes that all expansions of one definition may give

constexpr std::string_view platform_names[] = {"target.arch", "target.os", "target.platform"};
constexpr std::string_view build_names[] = {"source.dir", "target.dir", "target.dev", "target.fips", "target.flavor"};

bool is_name(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::ranges::all_of(text, [](unsigned char byte) { return std::isalnum(byte) != 0 || byte == '_' || byte == '.'; });
}

/// Where the `}` of the `${` at `at` stands: after the expression where there is one, which may hold braces itself.
size_t end_of_reference(std::string_view text, size_t at) {
  const size_t close = text.find('}', at);
  const size_t pattern = text.find(":^", at);
  if (pattern == std::string_view::npos || pattern > close) return close;
  const size_t end = text.find("$}", pattern);
  return end == std::string_view::npos ? close : end + 1;
}

/// Where the `}` of the `#{` at `at` stands, quotes heeded.
size_t end_of_expression(std::string_view text, size_t at) {
  char quote = 0;
  for (size_t here = at + 2; here < text.size(); ++here) {
    if (quote != 0) {
      if (text[here] == quote) quote = 0;
    } else if (text[here] == '"' || text[here] == '\'') {
      quote = text[here];
    } else if (text[here] == '}') {
      return here;
    }
  }
  return std::string_view::npos;
}

/// Whether two names differ in at most two letters that stand together.
bool is_slip(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return false;
  const auto front = static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  size_t back = 0;
  while (back < std::min(a.size(), b.size()) - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  return front + back + 2 >= std::max(a.size(), b.size());
}

std::map<std::string, std::string, std::less<>> names_at(std::string_view platform) {
  const auto [os, arch] = cut(platform, '/');
  return {{"target.arch", std::string(cut(arch, '/').first)}, {"target.os", std::string(os)}, {"target.platform", std::string(platform)}};
}

}  // namespace

Variables::Variables(std::map<std::string, std::string> values) : budget_(most_in_all) {
  for (auto& [name, text] : values) values_[name] = {std::move(text), Value::State::Raw, {}, {}};
}

const Variables::Value& Variables::value_of(Value& value, const std::string& name) {
  if (value.state != Value::State::Raw) return value;
  value.state = Value::State::Busy;
  ++depth_;
  Expansion expansion = expand(value.text, Undefined::Refuse);
  --depth_;
  if (expansion.trouble.empty()) {
    value.text = std::move(expansion.text);
    value.state = Value::State::Done;
  } else {
    value.state = Value::State::Failed;
    value.trouble = fmt::format("the variable '{}' has no value: {}", name, expansion.trouble);
    if (value.trouble.size() > 300) value.trouble = fmt::format("the variable '{}' has no value", name);
    value.hint = std::move(expansion.hint);
  }
  return value;
}

/// Appends what `${inside}` stands for; false when there is trouble.
bool Variables::replace(std::string_view inside, Undefined undefined, Expansion& into) {
  const auto refuse = [&](std::string trouble, std::string hint) {
    into.trouble = std::move(trouble);
    into.hint = std::move(hint);
    into.culprit = fmt::format("${{{}}}", inside);
    return false;
  };
  const auto keep = [&] {
    into.text += fmt::format("${{{}}}", inside);
    return true;
  };
  const size_t colon = inside.find(":^");
  const std::string_view name = inside.substr(0, colon);
  if (std::ranges::find(platform_names, name) != std::end(platform_names) && colon == std::string_view::npos) return keep();
  if (!is_name(name)) {
    if (undefined != Undefined::Refuse) return keep();
    return refuse(fmt::format("'${{{}}}' names no variable", inside.substr(0, 80)), "write ${NAME} or ${NAME:^regex$}");
  }
  const auto found = values_.find(name);
  if (found == values_.end()) {
    if (undefined == Undefined::Keep) return keep();
    std::vector<std::string_view> known;
    for (const auto& [other, value] : values_) known.push_back(other);
    const std::string near = nearest(name, known);
    // An environment may refer to what is set elsewhere; only a slip of one or two letters is taken for a mistake.
    if (undefined == Undefined::Environment && !is_slip(name, near)) return true;
    if (std::ranges::find(build_names, name) != std::end(build_names)) return refuse(fmt::format("the variable '{}' exists only in builds", name), {});
    std::string hint = near.empty() ? std::string("define it below 'vars'") : fmt::format("did you mean '{}'?", near);
    return refuse(fmt::format("the variable '{}' is not defined", name.substr(0, 80)), std::move(hint));
  }
  if (found->second.state == Value::State::Busy) return refuse(fmt::format("the variable '{}' refers to itself", name), {});
  if (depth_ >= deepest) return refuse(fmt::format("variables refer to each other more than {} deep", deepest), {});
  const Value& value = value_of(found->second, found->first);
  if (value.state == Value::State::Failed) return refuse(value.trouble, value.hint);
  if (colon == std::string_view::npos) {
    into.text += value.text;
    return true;
  }
  const auto pattern = Pattern::parse(inside.substr(colon + 1));
  if (!pattern) return refuse(pattern.error().message, {});
  if (depends_on_platform(value.text)) return refuse(fmt::format("the variable '{}' depends on the platform, so no pattern can cut it", name), {});
  const auto caught = pattern->capture(value.text);
  if (!caught) return refuse(fmt::format("the pattern '{}' does not fit '{}'", inside.substr(colon + 1), value.text.substr(0, 80)), {});
  into.text += *caught;
  return true;
}

Expansion Variables::expand(std::string_view text, Undefined undefined) {
  Expansion result;
  size_t at = text.find("${");
  if (at == std::string_view::npos) {
    result.text = text;
    return result;
  }
  size_t done = 0;
  for (; at != std::string_view::npos; at = text.find("${", done)) {
    result.text += text.substr(done, at - done);
    const size_t end = end_of_reference(text, at);
    if (end == std::string_view::npos) {
      if (undefined == Undefined::Refuse) {
        result.trouble = "a '${' is never closed";
        result.culprit = text.substr(at, 40);
      }
      done = at;
      break;
    }
    if (!replace(text.substr(at + 2, end - at - 2), undefined, result)) return result;
    done = end + 1;
    if (result.text.size() > longest_value || result.text.size() > budget_) {
      result.trouble = fmt::format("the variables expand to more than {} bytes", std::min(longest_value, budget_));
      result.culprit = text.substr(at, end + 1 - at);
      return result;
    }
  }
  result.text += text.substr(done);
  budget_ -= std::min(budget_, result.text.size());
  return result;
}

std::map<std::string, std::string> Variables::expanded() {
  std::map<std::string, std::string> all;
  for (auto& [name, value] : values_) all[name] = value_of(value, name).text;
  return all;
}

bool depends_on_platform(std::string_view text) {
  return text.find("#{") != std::string_view::npos ||
         std::ranges::any_of(platform_names, [&](std::string_view name) { return text.find(fmt::format("${{{}}}", name)) != std::string_view::npos; });
}

Result<std::string> at_platform(std::string_view text, std::string_view platform) {
  std::string out;
  if (!depends_on_platform(text)) return std::string(text);
  const auto names = names_at(platform);
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("#{")) {
      const size_t end = end_of_expression(text, at);
      if (end == std::string_view::npos) return cannot(Kind::Invalid, fmt::format("evaluate '{}'", text.substr(at, 100)), "it is never closed");
      TRY_ASSIGN(const ExpressionValue value, evaluate(text.substr(at + 2, end - at - 2), names));
      out += std::holds_alternative<bool>(value) ? (std::get<bool>(value) ? "true" : "false") : std::get<std::string>(value);
      at = end + 1;
      continue;
    }
    if (text.substr(at).starts_with("${")) {
      const size_t end = text.find('}', at);
      const auto found = end == std::string_view::npos ? names.end() : names.find(text.substr(at + 2, end - at - 2));
      if (found != names.end()) {
        out += found->second;
        at = end + 1;
        continue;
      }
    }
    out += text[at++];
  }
  return out;
}

Result<bool> holds_at(std::string_view condition, std::string_view platform) {
  std::string_view inside = trim(condition);
  if (inside.starts_with("#{") && inside.ends_with('}')) inside = inside.substr(2, inside.size() - 3);
  TRY_ASSIGN(const ExpressionValue value, evaluate(inside, names_at(platform)));
  if (!std::holds_alternative<bool>(value)) return cannot(Kind::Invalid, fmt::format("evaluate '{}'", condition.substr(0, 100)), "it is no comparison");
  return std::get<bool>(value);
}

}  // namespace ashlar::plan
