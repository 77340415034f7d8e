#pragma once
// What is open and needs a person, most urgent first, and what that person answers (docs/triage.md).
#include <optional>
#include <string>
#include <vector>

#include "pipeline/decisions.h"
#include "pipeline/waiting.h"

namespace ashlar::pipeline {

struct TriageOptions {
  WatchOptions watch{};
  policy::Policy policy{};
  std::vector<std::string> images{};  ///< with a fleet: these repositories of it alone; without one: references
};

/// An open finding, in every image that has it.
struct TriageItem {
  policy::OpenFinding finding{};
  struct In {
    std::string image{}, ref{};                ///< its name in the ledger; what is published there, by digest
    std::string named{};                       ///< as statements and decisions name it
    std::vector<std::string> platforms{};      ///< on which it has it
    policy::OpenFinding finding{};             ///< as it is there
    std::string digest{};
    std::vector<ledger::Event> unwritten{};    ///< that the ledger lacks of the finding: first seen, ...
    std::vector<WaitingAnswer> waiting{};      ///< answers that wait for another person, each once
  };
  std::vector<In> images{};
  scan::Finding sample{};                      ///< as a scan of the first has it, with its proof
};

struct OpenFindings {
  Time now{};
  std::vector<TriageItem> items{};             ///< by_urgency()
  std::vector<std::pair<std::string, Error>> unseen{};  ///< images that could not be looked at
};

/// Looks at what a fleet publishes, or without one at the images that are named. Nothing is changed.
Result<OpenFindings> open_findings(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const Fleet* fleet, const TriageOptions& options);

/// What somebody says of an item.
struct TriageAnswer {
  enum class What : unsigned char { NotAffected, Accept, Fix, Sign } what = What::Fix;  ///< Sign: what others have answered
  std::string justification{}, detail{};       ///< of NotAffected
  std::vector<std::string> absent{};           ///< globs of files that have the flaw, which every image is shown to lack
  std::string until{}, reason{};               ///< of Accept: as in DecisionWish
};

/// Who answers, and where it is kept.
struct TriageDesk {
  std::string person{};                        ///< name of the key where it is trusted, else the author
  std::string author{};
  const trust::PrivateKey* key = nullptr;      ///< null: nothing is signed
  host::Path statements{};                     ///< the document that statements go into
  std::vector<DecisionsFile> exceptions{};     ///< decisions that count; new ones go into the first
  TrustSettings trust{};
  scan::DecisionRules rules{};
};

struct TriageDone {
  std::vector<std::string> kept{};             ///< what was written, a line each
  std::string lacks{};                         ///< why it does not count yet; empty: it does
};

/// Writes a statement or a decision for each image of the item, signed, and an event of the person's for each: `assessed` or `excepted` where it counts by the rules, else `noted`.
/// Nothing is written where an image does not lack the files that are named, or somebody has decided on it already (Conflict), or has signed a statement that waits for another person: that one
/// is signed, too (Sign), by somebody who has not. An answer that is to fix it is an event alone.
Result<TriageDone> take_answer(Workshop& workshop, ledger::Ledger& ledger, const TriageItem& item, const TriageAnswer& answer, const TriageDesk& desk);

}  // namespace ashlar::pipeline
