#pragma once
// The section `verify` of a policy as Kyverno's rules on images.
#include <string>
#include <vector>

#include "policy/inner/engines.h"

namespace ashlar::policy {

/// What Kyverno is asked of one rule of `verify`.
struct KyvernoImages {
  const VerifyRule* rule = nullptr;
  std::vector<std::string> patterns{};  ///< of images, with Kyverno's `*`, which takes `/`, too
  Json verify{};                        ///< the entry of `verifyImages`; null: nothing that it could be satisfied by
};
/// In the order of the rules.
std::vector<KyvernoImages> kyverno_images(const Policy& policy, const ExportWish& wish, const ExportInputs& inputs, Notes& notes);

/// Kyverno's pattern as a regular expression of the whole text, without its ends.
std::string regex_of_pattern(std::string_view pattern);

}  // namespace ashlar::policy
