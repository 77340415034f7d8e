#pragma once
// The gate before an image is published.
#include <string>
#include <vector>

#include "scan/gate.h"
#include "scan/report.h"

namespace ashlar::policy {

/// The section `gate`: what must hold.
struct GateRules {
  bool proofs = true;                   ///< every hardening proof
  bool run_tests = true;                ///< every run test; one that this machine cannot run for a platform must have passed on another one
  bool coverage = true;                 ///< the scan could judge everything
  std::vector<scan::GateRule> stop_on;  ///< open findings that stop it
};
/// `fixable`, and `critical`: an open finding is one that no statement or decision has assessed.
GateRules default_gate();

/// A proof or a run test of the candidate.
struct Checked {
  std::string id, title;
  enum class Answer : unsigned char { Held, Failed, NotRun } answer = Answer::Held;
  std::vector<std::string> evidence{};  ///< why not, a line each
};

struct Candidate {
  std::string name, platform;             ///< for words
  std::vector<Checked> checks{};
  const scan::Report* report = nullptr;   ///< with `gate` asked by these rules' stop_on; null: it was not scanned
};

/// One rule's answer.
struct GateReason {
  enum class Answer : unsigned char { Holds, Stops, Unknown } answer = Answer::Holds;
  std::string rule;    ///< `proofs`, `run-tests`, `coverage`, `stop-on`
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
