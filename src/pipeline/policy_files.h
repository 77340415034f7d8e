#pragma once
// The files around a policy: the one to begin with, its cases, and what ships of vendors and registries.
#include <optional>
#include <string>
#include <vector>

#include "host/machine.h"
#include "policy/cases.h"
#include "policy/registries.h"
#include "policy/vendors.h"

namespace ashlar::pipeline {

/// The policy that is named, else the project's own, `policy.yaml` here; empty where neither is.
host::Path policy_or_own(const host::Machine& machine, const std::string& named);

/// The description of vendors that a policy names in `bases.vendors` (relative to its folder), else the shipped one.
Result<std::vector<policy::Vendor>> load_vendors(const host::Machine& machine, const policy::Policy& policy);
/// As shipped, in `data` (`Workshop::data`, `data_folder`).
Result<policy::Registries> load_registries(const host::Machine& machine, const host::Path& data);
/// What the shipped description of registries comes to as `$ASHLAR_REGISTRIES` (oci/inner/alias.h); nothing where none is reached by another name.
std::optional<std::string> registries_by_other_names(const host::Machine& machine);

/// Where the cases of a policy lie: `policy.yaml` has them in `policy.cases.yaml`.
host::Path cases_beside(const host::Path& policy);

/// A file of cases that was run.
struct TestedCases {
  std::string path{}, policy{};                  ///< `policy`: where it was read
  policy::CaseFile file{};
  std::vector<policy::CaseResult> results{};     ///< of each case, in their order
  std::size_t wrong() const;
};
/// Runs the cases of each file: against `policy` where it is not empty, else against the policy that the file names or has, else against that beside it.
Result<std::vector<TestedCases>> test_policy(const host::Machine& machine, const std::vector<host::Path>& files, const host::Path& policy);

/// Writes the policy to begin with to `to`, and its cases beside it; which files it wrote. Conflict where one of them is there already.
Result<std::vector<host::Path>> init_policy(const host::Machine& machine, const host::Path& data, const host::Path& to);

}  // namespace ashlar::pipeline
