#pragma once
// A finding: an advisory that speaks of a component, and every step from the one to the other.
#include <optional>
#include <string>
#include <vector>

#include "advisory/record.h"
#include "inventory/component.h"

namespace ashlar::scan {

/// What came of one advisory for one component.
enum class Outcome : unsigned char {
  Affected,
  NotAffected,   ///< its version lies in no interval, or the publisher says that none is affected
  Undetermined,  ///< the publisher has not decided
  Withdrawn,     ///< the publisher took the advisory back
  CannotSay,     ///< a version does not compare
};
std::string_view to_string(Outcome outcome);

/// One step of a proof, each about one thing, in words: `kind` is `file`, `record`, `source`, `space`, `advisory`, `compare`, `stance`, `symbols`,
/// `support`, `statement` or `decision`.
struct Step {
  std::string kind, text;
  friend bool operator==(const Step&, const Step&) = default;
};

/// What one feed says of a component.
struct Judgement {
  std::string feed{}, space{};
  advisory::Advisory advisory{};       ///< without `affected`
  advisory::Affected affected{};
  Outcome outcome = Outcome::CannotSay;
  std::string fixed_in{};              ///< the version that ends the interval it lies in, where there is one
  std::vector<Step> steps{};           ///< the comparisons, in the order in which they were made
};

enum class Status : unsigned char { Affected, Fixed, NotAffected, UnderInvestigation, Excepted };
std::string_view to_string(Status status);  ///< `affected`, `fixed`, `not_affected`, `under_investigation`, `excepted`

enum class Owner : unsigned char { Base, App };
std::string_view to_string(Owner owner);  ///< `base`, `app`

struct Finding {
  std::string id{};                    ///< the CVE where there is one, else the advisory's own
  std::vector<std::string> aliases{};  ///< sorted
  std::string summary{};
  inventory::Component component{};
  std::string purl{}, space{};
  Owner owner = Owner::App;
  advisory::Severity severity = advisory::Severity::Unknown;
  std::string severity_by{};           ///< who rates it so
  std::vector<advisory::Rating> ratings{};
  std::optional<advisory::Exploited> exploited{};
  std::optional<advisory::Likelihood> likelihood{};
  Status status = Status::Affected;
  std::string reason{};                ///< of every status but affected: whose statement or decision, and why
  std::string decided_by{};            ///< who answers for that: the owner of a decision, the author of a statement; empty where nobody decided
  std::optional<Time> decided_until{};  ///< of a decision: when it ends
  std::string fixed_in{};
  std::string support{};               ///< where its source package is not supported as the release is: what its distribution says
  std::string no_fix{};                ///< where there is no fix: what the publisher says of it
  std::optional<Time> published{};
  std::vector<std::string> agree{}, differ{};  ///< feeds that call it affected, and those that speak of it and do not
  std::vector<Step> proof{};
};

}  // namespace ashlar::scan
