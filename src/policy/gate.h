#pragma once
// The gate before an image is published.
#include <string>
#include <vector>

#include "scan/gate.h"
#include "scan/report.h"

namespace ashlar::policy {

/// A change of behaviour that somebody has looked at: `gate.behaviour.accept`.
struct AcceptedChange {
  std::string id{}, subject{};  ///< one may lack, and then any is meant; a subject may end in `*`
  std::string reason{};
};

/// The section `gate`: what must hold.
struct GateRules {
  bool proofs = true;                   ///< every hardening proof
  bool run_tests = true;                ///< every run test; one that this machine cannot run for a platform must have passed on another one
  bool coverage = true;                 ///< the scan could judge everything
  bool behaviour = true;                ///< nothing breaks for whoever uses what was published before
  std::vector<AcceptedChange> accept{}; ///< but for these
  std::vector<scan::GateRule> stop_on;  ///< open findings that stop it
};
/// `fixable`, and `critical`: an open finding is one that no statement or decision has assessed.
GateRules default_gate();

/// A proof or a run test of the candidate.
struct Checked {
  std::string id, title;
  enum class Answer : unsigned char { Held, Failed, NotRun } answer = Answer::Held;
  std::vector<std::string> evidence{};  ///< why not, a line each
  bool excused = false;       ///< it held but for what the definition excuses
  bool inapplicable = false;  ///< it held because there is nothing to hold: what is on purpose there is there
};

/// Something that whoever uses the image may notice (docs/formats/behaviour.md).
struct Noticed {
  std::string id, subject, what;
  bool breaking = false;
};

struct Candidate {
  std::string name, platform;             ///< for words
  std::vector<Checked> checks{};
  const scan::Report* report = nullptr;   ///< with `gate` asked by these rules' stop_on; null: it was not scanned
  const std::vector<Noticed>* behaviour = nullptr;  ///< against what was published before; null: nothing was
};

/// One rule's answer.
struct GateReason {
  enum class Answer : unsigned char { Holds, Stops, Unknown } answer = Answer::Holds;
  std::string rule;    ///< `proofs`, `run-tests`, `coverage`, `behaviour`, `stop-on`
  std::string what;    ///< in words, one line
  std::string remedy{};  ///< what would let it pass; empty where it holds
};

struct GateVerdict {
  bool passed = false;
  bool unknown = false;  ///< something could not be answered, which outranks what stops it
  std::vector<GateReason> reasons{};
};

GateVerdict ask(const GateRules& rules, const std::vector<Candidate>& platforms);

}  // namespace ashlar::policy
