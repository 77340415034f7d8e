#pragma once
// Whether a policy's section `verify` admits an image.
#include <string>
#include <vector>

#include "attest/statement.h"
#include "pipeline/believed.h"
#include "pipeline/verify.h"
#include "policy/policy.h"

namespace ashlar::pipeline {

struct AdmissionOptions {
  /// Whom to believe beside those whom the policy names; its keyring where the policy names none. Where neither has one, the policy may name keys of the ring of its `terms`.
  TrustSettings also{};
  std::string platform{};            ///< that platform alone; empty: of an index each
  std::string name{};                ///< judged as the repository of this name, for what was carried elsewhere; empty: where it lies
};

struct AdmissionReason {
  policy::VerifyReason reason;
  std::vector<std::string> platforms{};  ///< of which it is said; empty: of the only image that it is
};

struct Admission {
  Verification found;  ///< of the image or index, with what is signed of each platform
  std::string rule{};  ///< its name; empty: none names the image
  bool allowed = false;
  std::vector<AdmissionReason> reasons{};
};

/// Judges an image by the rule that names it; an index is admitted when each of its platforms is, and it is itself signed as they must be, unless the rule says
/// that its platforms' signatures suffice. Keys that the policy names and that are not there are
/// errors, never a verdict.
Result<Admission> admit(host::Machine& machine, const std::string& ref, const policy::Policy& policy, const AdmissionOptions& options);

/// A statement on an image, and whose.
struct SignedStatement {
  attest::Statement statement{};
  std::string by{};
};

/// What is said of an image itself in statements of a type, by whom the policy's rule for it names for that, or `options` believe; `options.platform` says of which
/// of several. A policy without a section `verify` names nobody.
Result<std::vector<SignedStatement>> statements_on(host::Machine& machine, const std::string& ref, std::string_view type, const policy::Policy& policy, const AdmissionOptions& options);

}  // namespace ashlar::pipeline
