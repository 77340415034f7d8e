#pragma once
// Words of a shell's command line.
#include <string>
#include <string_view>

namespace ashlar {

/// In single quotes, which end for each quote in it: one word to every POSIX shell, to zsh and to fish.
std::string shell_quoted(std::string_view text);
/// The text as one word: as it is where that is plain, else shell_quoted().
std::string shell_word(std::string_view text);

}  // namespace ashlar
