#pragma once
// What was asked of an image, and the answer.
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::prove {

/// `Excused`: the definition names it, with a reason that stands in the evidence.
enum class Outcome { Passed, Failed, NotApplicable, Excused };

struct Check {
  std::string id;     ///< `no-shell`, `elf-resolves`, `run:<name>`; docs/formats/checks.md lists them
  std::string title;  ///< one line that says what holds when it passes
  Outcome outcome = Outcome::Passed;
  std::vector<std::string> evidence;  ///< a line each: paths with what was found in them, or what was looked at
  size_t against = 0;                 ///< so many of its lines, the first, are why it fails; 0 where that is not told apart
  bool operator==(const Check&) const = default;
};

/// `passed`, `failed`, `not-applicable`, `excused`, as the JSON of `ashlar test` writes it.
std::string_view to_string(Outcome outcome);

}  // namespace ashlar::prove
