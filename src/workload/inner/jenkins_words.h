#pragma once
// A Jenkinsfile as words: names, signs and texts of Groovy with their places; comments and blanks are left out.
#include <cstdint>
#include <string_view>
#include <vector>

#include "workload/traced.h"

namespace ashlar::workload {

struct JenkinsWord {
  enum class Kind : unsigned char { Name, Text, Sign } kind = Kind::Sign;
  std::size_t begin = 0, end = 0;    ///< of what is written; of a text, of what stands within its quotes
  bool expands = false;              ///< a text in double quotes: `$NAME` and `${...}` are put in
  bool long_text = false;            ///< one in three quotes
  std::string_view text{};           ///< as written, escapes and all
  bool is(std::string_view word) const { return kind != Kind::Text && text == word; }
};

constexpr std::size_t max_jenkins_bytes = 4 << 20;

/// Total: what does not end, ends with the file. Time grows as the text does. The text must live as long.
std::vector<JenkinsWord> jenkins_words(std::string_view text);

}  // namespace ashlar::workload
