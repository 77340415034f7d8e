#pragma once
// The project's own text, as the habit tests see it. Standard library only: these tests must not lean on what they judge.
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace habits {

/// Text files by their path from the root, with forward slashes.
using Tree = std::map<std::string, std::string>;
/// What is wrong, a line each: `path:line: words`.
using Faults = std::vector<std::string>;

/// Everything below `root` that people write; builds and version control are left out, as is what is not text.
Tree read_tree(const std::filesystem::path& root);

std::vector<std::string_view> lines_of(std::string_view text);
bool is_code(std::string_view path);  ///< .h, .cc, .c
bool is_test(std::string_view path);  ///< *_test.cc, *_test.h, or anything below tests/
std::string room_of(std::string_view path);  ///< `deb` of `src/deb/version.h`, or empty

/// A stretch of code, classified so that words in comments and strings are not taken for code.
struct Piece {
  enum class Type { Code, String, Comment };
  Type type;
  int line;          ///< of its first character, from 1
  std::string text;  ///< a String without its quotes, as written
};
/// Splits C++ into its pieces, in order. Character literals are code, emptied of what they hold.
std::vector<Piece> pieces_of(std::string_view code);

/// One habit: its name, what it asks, and a tree in which it is broken.
struct Habit {
  std::string_view name, summary;
  Faults (*check)(const Tree& tree, std::string_view room_table);
  Tree (*broken)();                         ///< files that break it
  std::vector<std::string_view> expected;   ///< parts of the faults that must come of `broken`, each in a fault of its own
  std::string_view room_table = "base\nhost base\ndeb base host trust\noci base host\nplan base deb oci\n";  ///< of `broken`
};
const std::vector<Habit>& habits_of_structure();
const std::vector<Habit>& habits_of_words();

}  // namespace habits
