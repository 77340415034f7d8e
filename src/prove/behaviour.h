#pragma once
// What whoever uses an image may notice when another takes its place (docs/formats/behaviour.md).
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "prove/surface.h"

namespace ashlar::prove {

/// Breaking: something that worked does not, unless its user changes. Notable: it works on, and somebody may want to know. Neutral: nobody will notice.
enum class Weight : unsigned char { Breaking, Notable, Neutral };
std::string_view to_string(Weight weight);  ///< `breaking`, `notable`, `neutral`

struct Change {
  Weight weight = Weight::Neutral;
  std::string id;                        ///< `program-gone`, `export-gone`, ...: a stable word
  std::string subject;                   ///< what it is about: a path with its slash, a library's name, a port, a user, a variable; what an excuse names
  std::string what;                      ///< in words, one line
  std::vector<std::string> evidence{};   ///< a line each
};

/// What was seen of one run test (RunOptions::measured).
struct Ran {
  std::string test;                      ///< `run:<name>`
  bool passed = false;
  double ready_seconds = 0;              ///< from its start until it was as the test wants it; of what ends by itself until then
  std::vector<std::uint16_t> listening{};  ///< ports on which it took connections, sorted
};

struct BehaviourOptions {
  double grown = 0.10;    ///< a share of the size: what grows by more is notable
  double slower = 0.50;   ///< likewise of a start, where that is more than a tenth of a second, too
  std::vector<Ran> before{}, after{};  ///< run tests of both; compared where both have one
};

struct Behaviour {
  std::vector<Change> changes{};         ///< breaking ones first, then by id and subject
  bool breaks() const;
  size_t count(Weight weight) const;
};

/// The rule that every change is told once: what is inside a package that went is told with the package, a folder's files with the folder.
Behaviour behaviour(const Surface& before, const Surface& after, const BehaviourOptions& options = {});
/// `behaviour` of `https://ashlar.dev/diff/v1`.
Json to_json(const Behaviour& behaviour);

}  // namespace ashlar::prove
