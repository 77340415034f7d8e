#pragma once
// What a script is run by that an image starts, where its ending does not tell: by its text where that is at hand, by its name, and by what makes it.
#include <optional>
#include <string>
#include <vector>

#include "workload/inner/migration.h"

namespace ashlar::workload {

struct StartedScript {
  std::vector<std::string> interpreter;  ///< by its name, with arguments
  std::string why;                       ///< a shell runs it, and how that is known
  bool itself = false;                   ///< it is at hand, and starts as it is: a program, or a script whose interpreter lies where it says
};
/// Of the program that instruction `number` starts; nothing where nobody can tell.
std::optional<StartedScript> started_script(Migration& work, size_t number, const std::string& program);

}  // namespace ashlar::workload
