#pragma once
// Our answers beside those of apt: what the test and the program apt_sets share.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "plan/resolve.h"

namespace ashlar::plan {

struct AptDifference {
  size_t line = 0;                     ///< of both texts, from 1
  std::string_view set;
  std::vector<std::string> more, less; ///< `name=version` that we have and apt has not, and the other way round
  std::string refusal;                 ///< our error, or empty
};

/// `sets`: a line of names each; `answers`: a line of `name=version` each, empty where apt refuses. Views into `sets` are kept.
inline std::vector<AptDifference> compare_with_apt(const Universe& universe, const Request& request, std::string_view sets, std::string_view answers) {
  std::vector<AptDifference> out;
  const auto lines = split(trim(sets), '\n');
  auto expected = split(answers, '\n');
  expected.pop_back();  // what stands behind the last line's end is no answer
  for (size_t at = 0; at < lines.size() && at < expected.size(); ++at) {
    Request each = request;
    for (const std::string_view name : words(lines[at])) each.wishes.push_back({std::string(name), {}, false, {}});
    std::set<std::string> theirs, ours;
    for (const std::string_view word : words(expected[at])) theirs.emplace(word);
    const auto resolution = universe.resolve(each);
    if (resolution) {
      for (const Chosen& chosen : resolution->packages) ours.insert(std::string(chosen.package->name) + "=" + std::string(chosen.package->version));
    }
    if (ours == theirs) continue;
    AptDifference difference{at + 1, lines[at], {}, {}, resolution ? "" : resolution.error().message};
    std::set_difference(ours.begin(), ours.end(), theirs.begin(), theirs.end(), std::back_inserter(difference.more));
    std::set_difference(theirs.begin(), theirs.end(), ours.begin(), ours.end(), std::back_inserter(difference.less));
    out.push_back(std::move(difference));
  }
  return out;
}

inline std::string to_string(const AptDifference& difference) {
  const auto first = [](const std::vector<std::string>& all) { return join(std::span(all).first(std::min<size_t>(all.size(), 8)), " "); };
  std::string out = "set " + std::to_string(difference.line) + " (" + std::string(difference.set) + "): ours has " + std::to_string(difference.more.size());
  out += " more [" + first(difference.more) + "], apt " + std::to_string(difference.less.size()) + " more [" + first(difference.less) + "] " + difference.refusal;
  return out;
}

}  // namespace ashlar::plan
