#pragma once
// Parts of expressions in CEL (the Common Expression Language, which Kubernetes and Kyverno evaluate), and globs in RE2's regular expressions.
#include <span>
#include <string>
#include <string_view>

namespace ashlar::policy::cel {

/// A literal that is this text, whatever is in it; no `{{` and no `$(` stands in it, which Kyverno would fill in.
std::string text(std::string_view value);
/// `['a', 'b']`
std::string list(std::span<const std::string> values);
/// A regular expression that matches the whole of a text, and of ASCII texts exactly those that matches_glob() says fit one of the globs. No globs: none.
std::string regex_of(std::span<const std::string> globs);
/// The same of one glob, without its ends.
std::string part_of(std::string_view glob);
/// Whether RE2 reads an ECMAScript expression as it is meant: it looks nowhere around itself and back to nothing.
bool is_plain_expression(std::string_view expression);
/// A regular expression that matches this text, without its ends.
std::string literal(std::string_view characters);

}  // namespace ashlar::policy::cel
