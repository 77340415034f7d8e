#pragma once
// What references in files are judged by: the policy's section on bases, the selection, and what takes the place of an image.
#include <string>
#include <vector>

#include "pipeline/check_files.h"
#include "policy/registries.h"
#include "policy/vendors.h"

namespace ashlar::pipeline {

/// Made once, read by all threads.
struct ReferenceJudge {
  const policy::BaseRules* rules = nullptr;  ///< null: nothing is judged
  const policy::VerifyRules* verify = nullptr;  ///< of finished images; null: it is not asked
  const policy::Selection* selection = nullptr;
  policy::Registries registries{};
  std::vector<policy::Vendor> vendors{};
  workload::Replacements replacements;
  Time now{};
  bool pending_passes = false;

  policy::ReferenceVerdict ask(workload::FileKind kind, const workload::ImageUse& use) const;
  /// What is said where a use is asked and not allowed, with the edits that make it another one where that is safe.
  std::vector<workload::Remark> remarks(workload::FileKind kind, const workload::ImageUse& use, const policy::ReferenceVerdict& verdict) const;
  /// The digest that is selected now for a name and its tag, where the policy does not deny it; empty: none is.
  std::string selected_digest(const workload::ImageName& name) const;

 private:
  struct Place {
    std::string words{};      ///< empty: there is none
    bool allowed = false;     ///< and it can be written as it stands
  };
  policy::ReferenceVerdict of_undecided(workload::FileKind kind, workload::ImageUse use) const;
  policy::ReferenceVerdict of_scratch() const;
  bool passes(const policy::ReferenceVerdict& verdict) const;
  Place allowed_place(const workload::Advice& advice) const;
};

/// By a policy's rules, which must live as long; `rules` null: there is none.
Result<ReferenceJudge> reference_judge(Workshop& workshop, const CheckFilesWish& wish, const policy::Policy& policy, const policy::FinishedRules* rules);

}  // namespace ashlar::pipeline
