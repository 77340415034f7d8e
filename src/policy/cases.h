#pragma once
// Example cases: what is known of an image, and what a policy is to say of it (docs/formats/policy-cases.md).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/finished.h"

namespace ashlar::policy {

/// A reason that is to be there.
struct ExpectedReason {
  Answer answer = Answer::Denied;
  std::string section{}, rule{};
};

struct Case {
  std::string summary{};
  int line = 0;                             ///< in its file
  std::string environment{};
  Time now{};
  FinishedImage facts{};                    ///< without what it borrows
  std::optional<scan::Report> report{};
  std::optional<SelectedBase> selected{};
  std::optional<NamedReference> reference{};  ///< a reference in a file is asked of, not an image
  std::optional<Selection> selection{};     ///< that a reference is held against
  Answer expected = Answer::Unknown;
  std::vector<ExpectedReason> because{};
};

struct CaseFile {
  std::string path{};
  std::string policy{};                     ///< path of the policy, relative to the file; empty: it has one of its own, or none
  std::optional<Policy> own{};              ///< written in the file
  std::vector<Case> cases{};
};

/// Every fault is in Error::faults.
Result<CaseFile> read_cases(std::string text, std::string path);

struct CaseResult {
  Answer answer = Answer::Unknown;
  std::vector<Reason> reasons{};
  std::vector<std::string> wrong{};         ///< what is not as the case says, a line each; empty: all is
};
CaseResult run(const Policy& policy, const Case& each);

}  // namespace ashlar::policy
