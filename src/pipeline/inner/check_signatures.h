#pragma once
// What is signed of an image and of its base, as facts for the judgement on a finished image.
#include <optional>
#include <string>
#include <vector>

#include "pipeline/admission.h"
#include "pipeline/workshop.h"
#include "policy/finished.h"
#include "policy/vendors.h"

namespace ashlar::pipeline {

class SignatureFacts {
 public:
  /// All of it must outlive this.
  SignatureFacts(Workshop& workshop, const policy::Policy& policy, const policy::FinishedRules& rules, const TrustSettings& trust) : workshop_(workshop), policy_(policy), rules_(rules), trust_(trust) {}

  /// Of one platform of an image that was judged whole; none where what was not looked at might have admitted it, which is told in `notes`.
  static std::optional<policy::VerifyVerdict> verdict_of(const Admission& admission, const std::string& platform, std::vector<std::string>& notes);

  /// Whose repository the base's is; and, where a rule of the policy asks for it, what the policy and the vendor's preset say of its signatures. A base that
  /// cannot be opened is told of in `notes`.
  Done add_of_base(const std::string& ref, const std::string& platform, policy::BaseFacts& facts, std::vector<std::string>& notes);

 private:
  Done read_vendors();
  std::optional<policy::VerifyVerdict> judged(const std::string& ref, const policy::Policy& policy, const std::string& repository, const std::string& platform, std::vector<std::string>& notes);

  Workshop& workshop_;
  const policy::Policy& policy_;
  const policy::FinishedRules& rules_;
  const TrustSettings& trust_;
  std::optional<std::vector<policy::Vendor>> vendors_;  // once they were read
  host::Path vendors_folder_;
};

}  // namespace ashlar::pipeline
