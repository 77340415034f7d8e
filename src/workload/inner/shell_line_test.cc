#include "workload/inner/shell_line.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace ashlar::workload {
namespace {

/// `a|b && c`: words between bars, what stands before each command, `~` for odd, `(..)` for nested, `!` at the end where it gives up.
std::string shown(const ShellLine& line) {
  std::string out;
  for (const LineCommand& each : line.commands) {
    if (!each.before.empty()) out += fmt::format(" {} ", each.before == "\n" ? "nl" : each.before);
    std::string words;
    for (const LineWord& word : each.assignments) words += fmt::format("{}{}", words.empty() ? "" : "|", "=" + word.value);
    for (const LineWord& word : each.words) words += fmt::format("{}{}{}", words.empty() ? "" : "|", word.value, word.plain ? "" : word.variables_only ? "$" : "*");
    for (const LineWord& word : each.targets) words += ">" + word.value;
    out += each.nested ? "(" + words + ")" : words;
    if (each.odd) out += "~";
  }
  return out + (line.good ? "" : "!");
}

struct Row {
  const char* summary;
  const char* line;
  const char* read;
};
const Row rows[] = {
    {"one command", "a b c", "a|b|c"},
    {"nothing", "", ""},
    {"blanks around", "  a \t b  ", "a|b"},
    {"two commands", "a && b", "a && b"},
    {"of all kinds", "a || b; c | d & e", "a || b ; c | d & e"},
    {"lines", "a\nb\n", "a nl b"},
    {"a continuation", "a \\\n b", "a|b"},
    {"single quotes", "a 'b c'", "a|b c"},
    {"double quotes", "a \"b c\"d", "a|b cd"},
    {"quotes in quotes", "a \"b'c\" 'd\"e'", "a|b'c|d\"e"},
    {"an escape", "a b\\ c", "a|b c"},
    {"an escaped quote", "a \"b\\\"c\"", "a|b\"c"},
    {"a variable", "a $B", "a|$B$"},
    {"in braces", "a ${B:-x y}", "a|${B:-x y}$"},
    {"in double quotes", "a \"$B c\"", "a|$B c$"},
    {"in single quotes it is none, and nobody may take it for one", "a '$B'", "a|$B*"},
    {"an escaped dollar sign in quotes neither", "a \"\\$B\"", "a|$B*"},
    {"a command in a word", "a $(b c)", "a|$(b c)*"},
    {"backquotes", "a `b c`", "a|`b c`*"},
    {"all arguments", "exec \"$@\"", "exec|$@*"},
    {"a glob", "a *.c", "a|*.c*"},
    {"a home", "a ~/b", "a|~/b*"},
    {"a tilde within is none", "a b~1", "a|b~1"},
    {"a redirection", "a > b", "a>b~"},
    {"of errors", "a 2>&1", "a~"},
    {"of errors to a file", "a 2> b", "a>b~"},
    {"of input", "a < b", "a~"},
    {"an assignment before", "A=1 b", "=A=1|b"},
    {"one after is a word", "b A=1", "b|A=1"},
    {"an assignment alone", "A=1; b", "=A=1 ; b"},
    {"a comment", "a # b && c", "a"},
    {"a hash within a word", "a b#c", "a|b#c"},
    {"if", "if a; then b; fi", "(a) ; (b) ; fi"},
    {"for", "for x in a b; do c $x; done && d", "(for|x|in|a|b) ; (c|$x$) ; done && d"},
    {"a group", "{ a; b; } && c", "(a) ; (b) ; } && c"},
    {"a subshell", "(a && b) && c", "(a) && (b) && c"},
    {"a quote without end", "a 'b", "a|!"},
    {"a double quote without end", "a \"b", "a|b!"},
    {"braces without end", "a ${b", "a|${b$!"},
    {"an operator at the end", "a &&", "a!"},
    {"a parenthesis too many", "a )", "a!"},
    {"install lines of Alpine", "apk add --no-cache --virtual .b gcc && pip install x", "apk|add|--no-cache|--virtual|.b|gcc && pip|install|x"},
};

TEST(ShellLines, AreReadAsAShellDoes) {
  for (const Row& row : rows) {
    std::string read = shown(read_shell_line(row.line));
    // Words that end control structures are commands of their own here, and nested or not is of no matter for them.
    for (const char* word : {"(fi)", "(done)", "(})"}) {
      for (size_t at = read.find(word); at != std::string::npos; at = read.find(word)) read.replace(at, std::string(word).size(), std::string(word).substr(1, std::string(word).size() - 2));
    }
    EXPECT_EQ(read, row.read) << row.summary;
  }
  EXPECT_GE(std::size(rows), 40U);
}

TEST(ShellLines, EverythingKnowsItsPlace) {
  const std::string line = "a 'b c' && d>e";
  const ShellLine read = read_shell_line(line);
  ASSERT_EQ(read.commands.size(), 2U);
  EXPECT_EQ(line.substr(read.commands[0].begin, read.commands[0].end - read.commands[0].begin), "a 'b c'");
  EXPECT_EQ(line.substr(read.commands[0].words[1].begin, read.commands[0].words[1].end - read.commands[0].words[1].begin), "'b c'");
  EXPECT_EQ(line.substr(read.commands[1].separator, 2), "&&");
  EXPECT_EQ(line.substr(read.commands[1].begin, read.commands[1].end - read.commands[1].begin), "d>e");
}

TEST(ShellLines, HostileOnesEnd) {
  for (const std::string& line : {std::string(1'000'000, '('), std::string(1'000'000, '\''), std::string(1'000'000, '$'), std::string(300'000, '{') + " a", "a " + std::string(1'000'000, '\\'), std::string(1'000'000, ';')}) {
    const ShellLine read = read_shell_line(line);
    EXPECT_LE(read.commands.size(), 2001U);
  }
}

}  // namespace
}  // namespace ashlar::workload
