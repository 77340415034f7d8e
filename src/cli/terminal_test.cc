#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace ashlar::cli {
namespace {

TEST(Shown, leaves_a_terminal_as_it_was) {
  const struct {
    const char* summary;
    const char* text;
    const char* plain;
    const char* styled;
  } rows[] = {
      {"nothing", "", "", ""},
      {"lines and columns", "a\tb\nc\n", "a\tb\nc\n", "a\tb\nc\n"},
      {"our own styles", "\x1b[1ma\x1b[0m \x1b[2mb\x1b[0m", "\\x1b[1ma\\x1b[0m \\x1b[2mb\\x1b[0m", "\x1b[1ma\x1b[0m \x1b[2mb\x1b[0m"},
      {"another colour", "\x1b[31mx", "\\x1b[31mx", "\\x1b[31mx"},
      {"hidden text", "\x1b[8mx", "\\x1b[8mx", "\\x1b[8mx"},
      {"a cleared screen", "a\x1b[2J", "a\\x1b[2J", "a\\x1b[2J"},
      {"a title of the window", "\x1b]0;x\x07", "\\x1b]0;x\\x07", "\\x1b]0;x\\x07"},
      {"a line written over", "bad\rgood", "bad good", "bad good"},
      {"control characters of Latin-1", "\xc2\x9b" "2J", "\\xc2\\x9b2J", "\\xc2\\x9b2J"},
      {"bytes that are no text", "\xff\xfe", "\\xff\\xfe", "\\xff\\xfe"},
      {"an escape at the end", "a\x1b", "a\\x1b", "a\\x1b"},
      {"another script", "größer", "größer", "größer"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(shown(row.text, false), row.plain) << row.summary;
    EXPECT_EQ(shown(row.text, true), row.styled) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::cli
