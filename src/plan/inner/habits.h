#pragma once
// What people write who come from other formats.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace ashlar::plan {

/// What to write instead of a key of compose files, Dockerfiles or apko, in one line; empty when it is none of theirs, or our key for it is not among `known`.
std::string habit_hint(std::string_view key, std::span<const std::string_view> known);

/// Our form of a command that stands as a text, or as apko has it below `command`: `a list of words: [python3, -m, http.server]`. Empty for anything else.
std::string command_hint(const YamlNode& node);

/// A list with one item, in one line: `[8080]`, in quotes what else would be no text: `["8080"]`.
std::string as_list(std::span<const std::string> items);

/// The seconds that a duration of compose or Go means (`30s`, `1m30s`, `500ms`, rounded up); 0 when it is none.
std::int64_t seconds_of_duration(std::string_view text);

}  // namespace ashlar::plan
