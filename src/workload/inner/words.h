#pragma once
// How a Dockerfile's line falls into words.
#include <optional>
#include <string_view>
#include <vector>

#include "workload/dockerfile.h"

namespace ashlar::workload {

/// White space as BuildKit's splitting at it means it: `[\t\v\f\r ]`.
bool is_blank(char c);
/// White space of Unicode that is one byte.
bool is_space(char c);
/// How many bytes of white space of Unicode (one character) stand at `at`; 0: none.
size_t space_at(std::string_view text, size_t at);
/// Without such at the front.
std::string_view left_trimmed(std::string_view text);
Traced trimmed(const Traced& text);
/// The parts between runs of blanks.
std::vector<Traced> split_blanks(const Traced& text);
/// Words with their quotes and escapes, as ENV, LABEL and ARG have them.
std::vector<Traced> quoted_words(const Traced& text, char escape);
/// Takes the flags from the front; what is left is the arguments.
Traced take_flags(const Traced& text, char escape, std::vector<Flag>& flags);

enum class JsonForm { None, Strings, Mixed };
/// The strings of a JSON array; None when it is none, Mixed when something in it is no string.
JsonForm json_words(const Traced& text, std::vector<Traced>& words);

/// The heredocs that a line begins, in order, without their content.
std::vector<Heredoc> heredocs_of(std::string_view line);

}  // namespace ashlar::workload
