#include "advisory/record.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ashlar::advisory {
namespace {

struct Word {
  std::string_view word;
  Severity severity;
};
/// Debian's, GitHub's, Red Hat's, SUSE's, Ubuntu's and Microsoft's.
constexpr std::array words_of_publishers = {
    Word{"critical", Severity::Critical}, Word{"high", Severity::High},         Word{"important", Severity::High},      Word{"medium", Severity::Medium},
    Word{"moderate", Severity::Medium},   Word{"low", Severity::Low},           Word{"minor", Severity::Low},           Word{"negligible", Severity::Negligible},
    Word{"unimportant", Severity::Negligible}, Word{"none", Severity::Negligible}, Word{"informational", Severity::Negligible},
};

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Negligible: return "negligible";
    case Severity::Low: return "low";
    case Severity::Medium: return "medium";
    case Severity::High: return "high";
    case Severity::Critical: return "critical";
    case Severity::Unknown: break;
  }
  return "unknown";
}

Severity severity_of(std::string_view word) {
  word = trim(word);
  while (word.ends_with('*')) word.remove_suffix(1);
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; };
  for (const Word& row : words_of_publishers) {
    if (row.word.size() == word.size() && std::equal(word.begin(), word.end(), row.word.begin(), same)) return row.severity;
  }
  return Severity::Unknown;
}

}  // namespace ashlar::advisory
