#include "base/markdown.h"

#include <gtest/gtest.h>

namespace ashlar::markdown {
namespace {

TEST(Markdown, shows_texts_of_others_as_they_are) {
  const struct {
    const char* summary;
    const char* text;
    const char* as_code;
    const char* as_prose;
  } rows[] = {
      {"nothing", "", "", ""},
      {"a package", "libssl3t64", "`libssl3t64`", "libssl3t64"},
      {"marks", "*a* _b_ ~c~", "`*a* _b_ ~c~`", "\\*a\\* \\_b\\_ \\~c\\~"},
      {"a link", "[x](y)", "`[x](y)`", "\\[x\\](y)"},
      {"a picture", "![x](y)", "`![x](y)`", "\\!\\[x\\](y)"},
      {"code", "a`b", "`a'b`", "a\\`b"},
      {"the end of a cell", "a|b", "`a\\|b`", "a\\|b"},
      {"the end of a line", "a\nb\r\n# c", "`a b  # c`", "a b  #<!-- --> c"},
      {"a script", "<script>", "`<script>`", "\\<script\\>"},
      {"an entity", "&#64;team", "`&#64;team`", "\\&#<!-- -->64;team"},
      {"somebody's name", "@team/all", "`@team/all`", "@<!-- -->team/all"},
      {"a number of a ticket", "see #12", "`see #12`", "see #<!-- -->12"},
      {"an escape sequence", "\x1b[2Jx", "`\\x1b[2Jx`", "\\\\x1b\\[2Jx"},
      {"bytes that are no text", "\xff", "`\\xff`", "\\\\xff"},
      {"another script", "größer", "`größer`", "größer"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(code(row.text), row.as_code) << row.summary;
    EXPECT_EQ(prose(row.text), row.as_prose) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::markdown
