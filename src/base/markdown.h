#pragma once
// Texts of others inside of Markdown that we write: they show themselves, and mark, link, call and end nothing.
#include <string>
#include <string_view>

namespace ashlar::markdown {

/// As code, for a sentence or the cell of a table: line ends are blanks, backticks apostrophes, other control characters as visible() has them. Empty stays
/// empty.
std::string code(std::string_view text);

/// As words of a sentence: no mark of Markdown or HTML counts, nobody is called by `@name`, and no `#1` is a link.
std::string prose(std::string_view text);

}  // namespace ashlar::markdown
