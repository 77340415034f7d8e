// Habits of structure: who includes whom, how large things are, what they are called, how much of it is test.
#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <sstream>

#include "tree.h"

namespace habits {
namespace {

std::string place(const std::string& path, int line) { return path + ":" + std::to_string(line) + ": "; }

struct Include {
  int line;
  std::string name;
  bool quoted;
};

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> out;
  int number = 0;
  for (std::string_view line : lines_of(text)) {
    ++number;
    if (!line.starts_with("#include ")) continue;
    line.remove_prefix(9);
    const char close = line.starts_with('<') ? '>' : '"';
    const size_t end = line.find(close, 1);
    if (end != std::string_view::npos) out.push_back({number, std::string(line.substr(1, end - 1)), close == '"'});
  }
  return out;
}

using Rooms = std::map<std::string, std::vector<std::string>, std::less<>>;

Rooms read_rooms(std::string_view table) {
  Rooms rooms;
  for (const std::string_view line : lines_of(table)) {
    std::istringstream words{std::string(line)};
    std::string room, used;
    if (!(words >> room)) continue;
    auto& uses = rooms[room];
    while (words >> used) uses.push_back(used);
  }
  return rooms;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out.empty() ? "nothing" : out;
}

/// Rooms that take and give values and never reach the machine, whatever else they use.
constexpr std::array<std::string_view, 5> pure = {"base", "plan", "policy", "attest", "workload"};
constexpr std::array<std::string_view, 5> of_the_machine = {"unistd.h", "fcntl.h", "sys/", "curl/", "sqlite3.h"};

/// Every header of ours that `path` reaches, by includes of includes.
std::set<std::string> reached_from(const Tree& tree, const std::string& path) {
  std::set<std::string> seen;
  std::vector<std::string> open = {path};
  while (!open.empty()) {
    const auto found = tree.find(open.back());
    open.pop_back();
    if (found == tree.end()) continue;
    for (const Include& include : includes_of(found->second)) {
      if (include.quoted && seen.insert(include.name).second) open.push_back("src/" + include.name);
    }
  }
  return seen;
}

Faults check_includes(const std::string& path, const std::string& text, const std::string& room, const Rooms& rooms) {
  Faults faults;
  std::vector<std::string> uses = rooms.find(room)->second;
  if (is_test(path)) uses.emplace_back("host");  // a test reads its cases from files
  for (const Include& include : includes_of(text)) {
    const std::string other = include.quoted ? include.name.substr(0, include.name.find('/')) : std::string();
    if (include.quoted && other == include.name) faults.push_back(place(path, include.line) + include.name + " is included without its room");
    else if (include.quoted && other != room && std::find(uses.begin(), uses.end(), other) == uses.end())
      faults.push_back(path + " includes " + include.name + ": " + room + " may use " + joined(uses));
    else if (include.quoted && other != room && include.name.find("/inner/") != std::string::npos)
      faults.push_back(path + " includes " + include.name + ": what lies in inner/ is " + other + "'s own");
    if (include.quoted || room == "host" || is_test(path)) continue;
    const bool reaches = std::any_of(of_the_machine.begin(), of_the_machine.end(), [&](std::string_view name) { return include.name == name || (name.ends_with('/') && include.name.starts_with(name)); });
    if (reaches) faults.push_back(path + " includes " + include.name + ": only host touches the machine");
  }
  return faults;
}

Faults check_layers(const Tree& tree, std::string_view table) {
  Faults faults;
  const Rooms rooms = read_rooms(table);
  for (const auto& [path, text] : tree) {
    const std::string room = room_of(path);
    if (room.empty() || !is_code(path)) continue;
    if (!rooms.contains(room)) {
      faults.push_back(path + " lies in a room that the root CMakeLists.txt does not name");
      continue;
    }
    const Faults found = check_includes(path, text, room, rooms);
    faults.insert(faults.end(), found.begin(), found.end());
    if (!found.empty() || is_test(path) || std::find(pure.begin(), pure.end(), room) == pure.end()) continue;
    for (const std::string& header : reached_from(tree, path)) {
      if (header.starts_with("host/")) faults.push_back(path + " reaches " + header + " through what it includes: " + room + " is pure");
    }
  }
  return faults;
}

Tree broken_layers() {
  return {{"src/deb/version.h", "#include \"oci/layer.h\"\n#include \"host/files.h\"\n#include \"base/text.h\"\n"},
          {"src/oci/layer.h", "#include \"host/files.h\"\n"},
          {"src/oci/other.cc", "#include \"host/inner/system.h\"\n#include \"layer.h\"\n#include <vector>\n"},
          {"src/host/files.cc", "#include <unistd.h>\n#include <sys/stat.h>\n"},
          {"src/deb/fetch.cc", "#include <curl/curl.h>\n"},
          {"src/plan/lock.cc", "#include \"oci/layer.h\"\n"},
          {"src/attic/box.cc", "int box;\n"}};
}

/// Functions of a file and how many lines they have, by their braces.
struct Function {
  int line, lines;
  std::string head;
};

bool has_word(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    if ((at == 0 || !part(text[at - 1])) && (at + word.size() == text.size() || !part(text[at + word.size()]))) return true;
  }
  return false;
}

/// What a brace opens after `head`, the code since the last brace or semicolon.
bool opens_scope(std::string_view head) {
  for (const std::string_view word : {"namespace", "class", "struct", "union", "enum", "extern"}) {
    if (has_word(head, word) && head.find('(') == std::string_view::npos) return true;
  }
  return false;
}

std::vector<Function> functions_of(std::string_view text) {
  std::vector<Function> out;
  std::string head;
  int head_line = 0, inside = 0;  // `inside`: braces open within the present function
  std::vector<bool> scopes;
  Function present{};
  for (const Piece& piece : pieces_of(text)) {
    int line = piece.line;
    if (piece.type != Piece::Type::Code) continue;
    for (const char c : piece.text) {
      if (c == '\n') ++line;
      if (inside > 0) {
        inside += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (inside == 0) out.push_back({present.line, line - present.line + 1, present.head});
        continue;
      }
      if (c == '{' && !opens_scope(head) && head.find('(') != std::string::npos) {
        present = {head_line, 0, head};
        inside = 1;
        head.clear();
      } else if (c == '{' || c == '}' || c == ';') {
        head.clear();
      } else if (!head.empty() || std::isspace(static_cast<unsigned char>(c)) == 0) {
        if (head.empty()) head_line = line;
        head += c == '\n' ? ' ' : c;
      }
    }
  }
  return out;
}

Faults check_sizes(const Tree& tree, std::string_view) {
  constexpr size_t doorway = 250, file = 600;
  constexpr int function = 70;
  Faults faults;
  for (const auto& [path, text] : tree) {
    if (!is_code(path)) continue;
    const size_t lines = lines_of(text).size();
    const bool door = path.starts_with("src/") && path.ends_with(".h") && path.find("/inner/") == std::string::npos;
    if (lines > (door ? doorway : file))
      faults.push_back(path + " has " + std::to_string(lines) + " lines: a " + (door ? "doorway has at most 250" : "file has at most 600") + "; split it by noun");
    if (is_test(path)) continue;  // tables of cases may be long
    for (const Function& each : functions_of(text)) {
      if (each.lines > function)
        faults.push_back(place(path, each.line) + "a function of " + std::to_string(each.lines) + " lines (at most 70): " + each.head.substr(0, 80));
    }
  }
  return faults;
}

std::string repeated(std::string_view line, size_t count) {
  std::string out;
  for (size_t at = 0; at < count; ++at) out += line;
  return out;
}

Tree broken_sizes() {
  const std::string body = repeated("  work(\"}\", '}');  // }\n", 69);
  return {{"src/deb/door.h", repeated("int x;\n", 251)},
          {"src/deb/inner/room.h", repeated("int x;\n", 251)},
          {"src/deb/long.cc", repeated("int x;\n", 601)},
          {"src/deb/long_test.cc", "TEST(A, B) {\n" + body + body + "}\n"},
          {"src/deb/run.cc", "namespace a {\nstruct B {\n  int fine() { return 1; }\n  int run(int x) const\n  {\n" + body + "  }\n};\n}\n"},
          {"src/deb/fits.cc", "namespace {\nint fits(int x) {\n" + repeated("  if (x > 1'000) { work(R\"(})\"); }\n", 68) + "}\n}\n"}};
}

Faults check_names(const Tree& tree, std::string_view) {
  static const std::set<std::string, std::less<>> forbidden = {"util", "utils", "common", "core", "misc", "helper", "helpers", "manager", "impl"};
  Faults faults;
  for (const auto& [path, text] : tree) {
    const bool ours = path.starts_with("src/") || path.starts_with("tests/") || path.starts_with("bench/") || path.starts_with("scripts/") || path.starts_with("cmake/");
    if (!ours || path.starts_with("tests/data/")) continue;
    std::string word;
    for (const char c : path + "/") {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        continue;
      }
      if (forbidden.contains(word)) faults.push_back(path + ": '" + word + "' can take anything; name it for what it holds");
      word.clear();
    }
  }
  return faults;
}

Tree broken_names() {
  return {{"src/deb/version_util.h", ""}, {"src/core/a.h", ""}, {"scripts/Common.sh", ""}, {"src/deb/utility_pole.h", ""}, {"tests/data/core/x.txt", ""}};
}

Faults check_readmes(const Tree& tree, std::string_view table) {
  Faults faults;
  std::set<std::string> rooms;
  for (const auto& [path, text] : tree) {
    if (const std::string room = room_of(path); !room.empty() && is_code(path)) rooms.insert(room);
  }
  for (const auto& [room, uses] : read_rooms(table)) {
    if (!rooms.contains(room)) faults.push_back("room " + room + " of the root CMakeLists.txt has no code");
  }
  for (const std::string& room : rooms) {
    const auto readme = tree.find("src/" + room + "/README.md");
    if (readme == tree.end()) faults.push_back("src/" + room + " has no README.md");
    else if (lines_of(readme->second).size() > 40) faults.push_back("src/" + room + "/README.md has more than 40 lines");
    else if (lines_of(readme->second).size() < 3) faults.push_back("src/" + room + "/README.md says next to nothing");
  }
  return faults;
}

Tree broken_readmes() {
  return {{"src/base/a.h", ""}, {"src/base/README.md", "# base\n\nTexts.\n"}, {"src/host/a.h", ""}, {"src/deb/a.h", ""}, {"src/deb/README.md", repeated("line\n", 41)},
          {"src/oci/a.h", ""}, {"src/oci/README.md", "# oci\n"}, {"src/plan/lock.cc", ""}, {"src/plan/README.md", "# plan\n\nLocks.\n"}, {"src/trust/README.md", "x"}};
}

size_t filled_lines(std::string_view text) {
  const auto lines = lines_of(text);
  return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), [](std::string_view line) { return line.find_first_not_of(" \t\r") != std::string_view::npos; }));
}

/// How many lines of tests a hundred lines of code must have. A hundred, unless the house is still on its way there: then what it has reached, and
/// the figure only goes up.
size_t floor_of(const Tree& tree) {
  const auto file = tree.find("tests/habits/proportion.txt");
  size_t percent = 100;
  if (file != tree.end()) std::istringstream(file->second) >> percent;
  return std::min<size_t>(percent, 100);
}

Faults check_proportion(const Tree& tree, std::string_view) {
  size_t code = 0, test = 0;
  std::map<std::string, std::pair<size_t, size_t>> rooms;
  for (const auto& [path, text] : tree) {
    const bool script = path.starts_with("tests/") && !path.starts_with("tests/data/") && (path.ends_with(".sh") || path.ends_with(".py"));
    if ((!is_code(path) || !(path.starts_with("src/") || path.starts_with("tests/"))) && !script) continue;
    const size_t lines = filled_lines(text);
    (is_test(path) ? test : code) += lines;
    auto& row = rooms[path.starts_with("src/") ? room_of(path) : "tests"];
    (is_test(path) ? row.second : row.first) += lines;
  }
  for (const auto& [room, row] : rooms) std::printf("  %-10s %6zu lines of code, %6zu of tests\n", room.c_str(), row.first, row.second);
  std::printf("  %-10s %6zu lines of code, %6zu of tests\n", "all", code, test);
  const size_t wanted = code * floor_of(tree) / 100;
  if (test >= wanted) return {};
  return {"there are " + std::to_string(test) + " lines of tests for " + std::to_string(code) + " lines of code: at least " + std::to_string(wanted) + " are wanted"};
}

Tree broken_proportion() {
  return {{"src/deb/a.cc", "int a;\n\nint b;\nint c;\n"}, {"src/deb/a_test.cc", "int t;\n\n\n\n\n"}, {"tests/flow/x.sh", "true\n"}, {"tests/data/x.sh", "1\n2\n3\n4\n"}};
}

}  // namespace

const std::vector<Habit>& habits_of_structure() {
  static const std::vector<Habit> habits = {
      {"layers", "a room uses the rooms that the room table gives it", check_layers, broken_layers,
       {"src/deb/version.h includes oci/layer.h: deb may use base, host, trust", "src/oci/other.cc includes host/inner/system.h: what lies in inner/ is host's own",
        "src/oci/other.cc:2: layer.h is included without its room", "src/deb/fetch.cc includes curl/curl.h: only host touches the machine",
        "src/plan/lock.cc reaches host/files.h through what it includes: plan is pure", "src/attic/box.cc lies in a room that the root CMakeLists.txt does not name"}},
      {"sizes", "nothing is larger than a reader can hold", check_sizes, broken_sizes,
       {"src/deb/door.h has 251 lines: a doorway has at most 250", "src/deb/long.cc has 601 lines", "src/deb/run.cc:4: a function of 72 lines"}},
      {"names", "no room or file has a name that can take anything", check_names, broken_names, {"version_util.h: 'util'", "src/core/a.h: 'core'", "scripts/Common.sh: 'common'"}},
      {"readmes", "every room says what it is for, in at most 40 lines", check_readmes, broken_readmes,
       {"src/host has no README.md", "src/deb/README.md has more than 40 lines", "src/oci/README.md says next to nothing"}},
      {"proportion", "there are at least as many lines of tests as of code, or as tests/habits/proportion.txt says", check_proportion, broken_proportion, {"there are 2 lines of tests for 3 lines of code"}},
  };
  return habits;
}

}  // namespace habits
