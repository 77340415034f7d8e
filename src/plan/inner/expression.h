#pragma once
// The expressions in `#{...}`: texts, `target.arch`, `==`, `!=`, `!`, `&&`, `||`, `+`, `? :` and parentheses.
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace ashlar::plan {

using ExpressionValue = std::variant<std::string, bool>;
/// Invalid when the text is no such expression, or names something that `names` lacks.
Result<ExpressionValue> evaluate(std::string_view text, const std::map<std::string, std::string, std::less<>>& names);

}  // namespace ashlar::plan
