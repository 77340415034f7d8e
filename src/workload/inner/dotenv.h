#pragma once
// Files of variables that compose reads beside its own: `.env`.
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::workload {

/// Of each name its value; none: it is given one that only compose itself can tell (escapes, variables without a value).
using EnvironmentFile = std::map<std::string, std::optional<std::string>, std::less<>>;
/// Lines `NAME=value`, with or without `export`; values bare (up to a blank and `#`), in single quotes as they stand, in double quotes or bare with variables of the
/// lines before. A line of another form: none, for compose would not take the file either.
std::optional<EnvironmentFile> read_environment_file(std::string_view text);

}  // namespace ashlar::workload
