#pragma once
// What references in files are judged by: the policy's section on bases, the selection, and what takes the place of an image.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/check_files.h"
#include "pipeline/inner/registry_digests.h"
#include "policy/registries.h"
#include "policy/vendors.h"
#include "workload/hardened_bases.h"

namespace ashlar::pipeline {

/// Made once, read by all threads.
struct ReferenceJudge {
  const policy::BaseRules* rules = nullptr;  ///< null: nothing is judged
  const policy::VerifyRules* verify = nullptr;  ///< of finished images; null: it is not asked
  const policy::Selection* selection = nullptr;
  policy::Registries registries{};
  std::vector<policy::Vendor> vendors{};
  workload::Replacements replacements;
  std::optional<workload::HardenedBases> hardened{};  ///< whom images of the catalogue run as; none: nobody says
  Time now{};
  bool pending_passes = false;
  bool other_users = false;                  ///< an image of which the user alone differs takes another's place, too
  std::shared_ptr<RegistryDigests> digests{};  ///< shared, for the judge is copied; null: no registry is asked

  policy::ReferenceVerdict ask(workload::FileKind kind, const workload::ImageUse& use) const;
  /// What is said where a use is asked and not allowed, with the edits that make it another one where that is safe.
  std::vector<workload::Remark> remarks(workload::FileKind kind, const workload::ImageUse& use, const policy::ReferenceVerdict& verdict) const;
  /// The digest that a name and its tag stand for, as far as the policy allows it so: that which is selected now, else what its registry says; empty: nobody knows.
  std::string known_digest(const workload::ImageName& name) const;
  /// Whether it is the frontend by which Dockerfiles are read, as its makers publish it: part of the builder, and no base.
  bool is_usual_frontend(const workload::ImageUse& use) const;
  /// Whether an image runs as root where no USER is said, by its vendor's word, or as one of the catalogue below a folder that a rule of the policy allows; none: nobody here knows.
  std::optional<bool> runs_as_root(const workload::ImageName& name) const;

 private:
  std::string selected_digest(const workload::ImageName& name) const;
  std::string registry_digest(const workload::ImageName& name) const;
  policy::NamedReference whole(const workload::ImageName& name) const;
  struct Place {
    std::string words{};      ///< empty: there is none
    bool selected = false;    ///< the selection has it: it was published
    bool allowed = false;     ///< and it can be written as it stands
  };
  policy::ReferenceVerdict of_undecided(workload::FileKind kind, workload::ImageUse use) const;
  policy::ReferenceVerdict of_scratch() const;
  policy::ReferenceVerdict of_unseen(const workload::ImageUse& use) const;
  bool passes(const policy::ReferenceVerdict& verdict) const;
  Place allowed_place(const workload::Advice& advice) const;
};

/// By a policy's rules, which must live as long; `rules` null: there is none.
Result<ReferenceJudge> reference_judge(Workshop& workshop, const CheckFilesWish& wish, const policy::Policy& policy, const policy::FinishedRules* rules);

}  // namespace ashlar::pipeline
