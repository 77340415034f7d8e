// Scripts that nobody who means well would write: following them ends, soon, and changes nothing that is not asked for.
#include <gtest/gtest.h>

#include "base/text.h"
#include "build/inner/shell.h"
#include "build/inner/small_tree.h"
#include "build/inner/sysusers.h"

namespace ashlar::build::trial {
namespace {

struct Row { std::string summary, script, told; };

std::string repeat(std::string_view text, size_t count) {
  std::string out;
  for (size_t at = 0; at < count; ++at) out += text;
  return out;
}

void expect(const std::vector<Row>& rows) {
  const SmallTree tree(SmallTree::Files{{"etc/a", "a"}, {"etc/b", "b"}, {"usr/bin/tool!", "x"}});
  for (const Row& row : rows) EXPECT_EQ(follow(tree, row.script).told, row.told) << row.summary;
}

TEST(HostileShell, TextsThatEndEarly) {
  for (const std::string text : {"${", "echo ${", "echo \"${", "echo ${x:-", "echo ${x:-\\", "echo `${", "cat <<E\n${\nE", "$(", "$((", "echo \\", "echo `\\", "<", "x=", "case", "case x", "case x in a", "f(", "for",
                                 "for x in", "2>", "cat <<", "cat <<E", "`cat <<E`", "cat <<E\n$(cat <<F)\nE\n", "a ||", "a &&", "!", "{", "if a; then b; elif"}) {
    const auto read = parse_shell(text);
    EXPECT_EQ(read.has_value(), text == "x=") << text;  // an assignment of nothing is one
    EXPECT_TRUE(read || read.error().message.starts_with("line ")) << text;
  }
}

TEST(HostileShell, DeepAndLongScriptsAreRefused) {
  struct Case { const char* summary; std::string script, cause; };
  const Case rows[] = {{"joined by '&&'", "a" + repeat("&&a", 80'000), "line 1: too many commands joined by '&&' and '||'"},
                       {"joined by '||'", "a" + repeat("||a", 101), "line 1: too many commands joined by '&&' and '||'"},
                       {"subshells", repeat("(", 1000), "line 1: nested too deeply"},
                       {"outputs", repeat("$(", 1000), "line 1: nested too deeply"},
                       {"defaults of variables", "echo " + repeat("${x:-", 1000), "line 1: nested too deeply"},
                       {"functions", repeat("f() ", 1000), "line 1: nested too deeply"},
                       {"conditions", repeat("if ", 1000), "line 1: nested too deeply"},
                       {"size", std::string(256 * 1024 + 1, ' '), "line 1: the script is larger than 256 KiB"},
                       {"bytes", std::string("echo \0", 6), "line 1: the script is no text"}};
  for (const Case& row : rows) {
    const auto read = parse_shell(row.script);
    ASSERT_FALSE(read) << row.summary;
    EXPECT_EQ(read.error().message, row.cause) << row.summary;
  }
  EXPECT_TRUE(parse_shell("a" + repeat("&&a", 100))) << "as many as that are followed";
  EXPECT_TRUE(parse_shell(repeat("a | ", 1000) + "a")) << "a pipe is no level";
}

TEST(HostileScript, NumbersThatAreNone) {
  expect({{"umask of nothing", "umask ''", "error: line 1: 'umask' with such an argument"},
          {"umask that is too large", "umask 77777777777777777777", "error: line 1: 'umask' with such an argument"},
          {"umask in letters", "umask u=rwx", "error: line 1: 'umask' with such an argument"},
          {"seq to the last number", "seq 2147483647 2147483647", "error: line 1: 'seq 2147483647 2147483647'"},
          {"seq over the whole range", "seq -2147483648 2147483647", "error: line 1: 'seq -2147483648 2147483647'"},
          {"seq backwards", "seq 3 -1 2 > /n", "n 644 0:0 \"3\n2\n\"\n"},
          {"seq without a step", "seq 1 0 2", "error: line 1: 'seq 1 0 2'"},
          {"seq of words", "seq one", "error: line 1: 'seq one'"},
          {"exit with a word", "exit soon", "error: line 1: 'exit' with such a status"},
          {"exit counts its last eight bits", "exit 256", ""},
          {"shift by a word", "shift x", "error: line 1: 'shift' by such a number"},
          {"shift back", "shift -1", "error: line 1: 'shift' by such a number"},
          {"shift over the end ends it", "shift 3 || echo no > /n", "error: line 1: 'shift' by more than there is"},
          {"a priority that is none", "update-alternatives --install /usr/bin/x x /usr/bin/tool 99999999999", "error: line 1: 'update-alternatives --install /usr/bin/x x /usr/bin/tool 99999999999'"}});
}

TEST(HostileScript, TextsThatGrow) {
  expect({{"a variable that doubles", "a=0123456789; while :; do a=$a$a; done", "error: line 1: it makes more than 64 MiB of text"},
          {"arguments that double", "while :; do set -- \"$@\" \"$@\" x; done", "error: line 1: it makes more than 64 MiB of text"},
          {"a file that grows", "echo 0123456789 > /a; while :; do cat /a /a > /b; cat /b >> /a; done", "error: line 1: it makes more than 64 MiB of text"},
          {"outputs that are thrown away", "a=0123456789; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do a=$a$a; done; while :; do echo $a > /dev/null; done", "error: line 1: it makes more than 64 MiB of text"},
          {"copies of a large file", "a=0123456789; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do a=$a$a; done; echo $a > /a; n=; while :; do n=x$n; cp /a /b$n; done",
           "error: line 1: cannot write '/b" + std::string(204, 'x') + "': scripts make more than 64 MiB of files"}});
}

TEST(HostileScript, PatternsThatTakeLong) {
  const std::string many = repeat("a", 4000), pattern = repeat("*a", 400) + "b";
  expect({{"prefixes", "x=" + many + "; while :; do : ${x##" + pattern + "}; done", "error: line 1: it makes more than 64 MiB of text"},
          {"cases", "x=" + many + "; while :; do case $x in " + pattern + ") ;; esac; done", "error: line 1: it takes too many steps"}});
}

TEST(HostileScript, TestsOfManyWords) {
  const std::string end = " ]";
  EXPECT_TRUE(follow(SmallTree({}), "[ " + repeat("! ", 100'000) + "a" + end).told.starts_with("error: line 1: 'test ! !")) << "not";
  EXPECT_TRUE(follow(SmallTree({}), "[ a" + repeat(" -o a", 50'000) + end).told.starts_with("error: line 1: 'test a -o")) << "or";
  EXPECT_EQ(follow(SmallTree({}), "[ a" + repeat(" -a a", 31) + end).told, "") << "63 words are judged";
}

TEST(HostileScript, PathsThatAreNone) {
  const std::string deep = repeat("/a", 3000);
  const std::string longest = "/" + std::string(4094, 'x');
  expect({{"a path over PATH_MAX", "mkdir -p " + deep, "error: line 1: cannot make directory '" + deep.substr(0, 60) + "...': the path is longer than 4095 bytes"},
          {"is nowhere", "test -e " + deep + " || echo no > /n", "n 644 0:0 \"no\n\"\n"},
          {"and cannot be written", "echo > " + deep, "error: line 1: cannot write '" + deep + "': the path leads nowhere"},
          {"one as long as it may be", "mkdir " + longest, longest.substr(1) + "/ 755 0:0\n"},
          {"a name of two lines", "touch '/etc/a\nb'", "error: line 1: cannot make 'etc/a\nb': its name has more than one line"},
          {"a link to nothing", "ln -s '' /etc/l", "error: line 1: cannot link '/etc/l': its target is empty"},
          {"a link over PATH_MAX", "ln -s " + deep + " /etc/l", "error: line 1: cannot link '/etc/l': its target is no path"}});
}

TEST(HostileScript, AccountsAreNotForged) {
  expect({{"a home with a line's end", "adduser --system --no-create-home --home '/x\nroot2::0:0::/:/bin/sh' x", "error: line 1: cannot add user 'x': its home has a colon or a line's end"},
          {"a shell with a colon", "useradd -r -N -s /bin/sh:0 x", "error: line 1: cannot add user 'x': its shell has a colon or a line's end"},
          {"a member that is no name", "adduser 'x\nwheel::0:y' root", "error: line 1: cannot add user 'x\nwheel::0:y' to group 'root': that is no name for an account"},
          {"a name that is none", "adduser --system 'a b'", "error: line 1: cannot add user 'a b': that is no name for an account"}});
}

TEST(HostileScript, LinesOfSysusersAreNotForged) {
  const SmallTree tree(SmallTree::Files{{"etc/a", "a"}});
  struct Case { const char* summary; std::string lines, told; };
  const Case rows[] = {{"a home with a colon", "u x - 'X' /x:y", "cannot add user 'x': its home has a colon or a line's end"},
                       {"a shell with a colon", "u x - 'X' / /bin/sh:y", "cannot add user 'x': its shell has a colon or a line's end"},
                       {"a member with a colon", "g y -\nm x:0 y", "cannot add user 'x:0' to group 'y': that is no name for an account"},
                       {"a group that is not there", "m x none", "cannot add user 'x' to group 'none': there is no such group"},
                       {"a number of a file", "u x /etc/passwd -", "cannot add user 'x': its number is that of a file"},
                       {"a group of the user that is not there", "u x 5:none -", "cannot add user 'x': there is no group 'none'"},
                       {"a specifier", "u x - '%H'", "cannot add users of line 'u x - '%H'': it is not understood"},
                       {"a line of another kind", "z x", "cannot add users of line 'z x': it is not understood"},
                       {"one word", "u", "cannot add users of line 'u': it is not understood"},
                       {"what is well", "# c\n\ng y 7\nu! x 6:y - - -\nm x y\nr - 1-9", ""}};
  for (const Case& row : rows) {
    World world(tree, 0);
    auto book = AccountBook::open({}, world);
    ASSERT_TRUE(book);
    const Done done = add_system_users(row.lines, *book);
    EXPECT_EQ(done ? "" : done.error().message, row.told) << row.summary;
    if (!done) continue;
    EXPECT_EQ(book->user("x")->home + book->user("x")->shell + std::to_string(book->user("x")->uid), "//usr/sbin/nologin6") << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::build::trial
