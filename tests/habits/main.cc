// Habits of the house, held by tests. `habits NAME ROOT TABLE` first plants what breaks the habit in a folder of its own and must find it, then looks
// at the project. TABLE is the room table that CMake writes, a row a room: `deb base host trust`.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tree.h"

namespace {

using namespace habits;

bool has_fault(const Faults& faults, std::string_view part) {
  for (const std::string& fault : faults) {
    if (fault.find(part) != std::string::npos) return true;
  }
  return false;
}

/// Writes the broken tree to disk, reads it as the project is read, and looks whether its faults, no more and no fewer, are found.
bool finds_what_is_planted(const Habit& habit) {
  std::string name = (std::filesystem::temp_directory_path() / "ashlar-habits-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return std::puts("cannot make a folder for the planted faults"), false;
  const std::filesystem::path folder = name;
  for (const auto& [path, text] : habit.broken()) {
    std::filesystem::create_directories((folder / path).parent_path());
    std::ofstream(folder / path, std::ios::binary) << text;
  }
  const Faults faults = habit.check(read_tree(folder), habit.room_table);
  std::filesystem::remove_all(folder);
  bool good = faults.size() == habit.expected.size();
  for (const std::string_view expected : habit.expected) good = has_fault(faults, expected) && good;
  if (good) return true;
  std::printf("the planted faults of habit '%.*s' were not found as planted. expected:\n", static_cast<int>(habit.name.size()), habit.name.data());
  for (const std::string_view expected : habit.expected) std::printf("  %.*s\n", static_cast<int>(expected.size()), expected.data());
  std::puts("found:");
  for (const std::string& fault : faults) std::printf("  %s\n", fault.c_str());
  return false;
}

const Habit* find(std::string_view name) {
  for (const auto* list : {&habits_of_structure(), &habits_of_words()}) {
    for (const Habit& habit : *list) {
      if (habit.name == name) return &habit;
    }
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::puts("usage: habits NAME ROOT TABLE"), 2;
  const Habit* habit = find(argv[1]);
  if (habit == nullptr) return std::printf("there is no habit '%s'\n", argv[1]), 2;
  if (!finds_what_is_planted(*habit)) return 1;
  std::ifstream file(argv[3]);
  if (!file) return std::printf("cannot read the room table '%s'\n", argv[3]), 2;
  const std::string table((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const Tree tree = read_tree(argv[2]);
  if (!tree.contains("CMakeLists.txt")) return std::printf("'%s' is not the root of the project\n", argv[2]), 2;
  const Faults faults = habit->check(tree, table);
  std::printf("%.*s: %.*s\n", static_cast<int>(habit->name.size()), habit->name.data(), static_cast<int>(habit->summary.size()), habit->summary.data());
  for (const std::string& fault : faults) std::printf("%s\n", fault.c_str());
  std::printf("%zu faults in %zu files\n", faults.size(), tree.size());
  return faults.empty() ? 0 : 1;
}
