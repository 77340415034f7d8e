#pragma once
// The judgement on a finished image: everything that a policy says of one, and one verdict.
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "policy/policy.h"
#include "policy/reason.h"

namespace ashlar::policy {

/// What an image stands on.
struct BaseFacts {
  enum class How : unsigned char { Found, None, Unknown } how = How::Unknown;  ///< None: it is certain that it has no base
  std::string words{};                            ///< how that is known, or why it is not
  std::string repository{}, digest{};             ///< where Found; the digest of its index or manifest
  std::vector<std::string> tags{};                ///< under which that digest was selected, published or found, the first for words; none: not known
  std::size_t layers = 0;                         ///< of the image, that are the base's
  std::string vendor{};                           ///< whose repository that is (`vendor_of`); empty: of none that is known
  std::optional<VerifyVerdict> vendor_signatures{};  ///< by that vendor's preset; none: it was not looked at
  std::optional<Time> created{};
  std::optional<Time> supported_until{};          ///< none: not known
  const SelectedBase* selected = nullptr;         ///< borrowed
  std::string selection_unread{};                 ///< why the selection that the policy names could not be read or is not believed; empty: it is
  std::optional<VerifyVerdict> signatures{};      ///< by the policy's section `verify`; none: it was not looked at
};

/// What the ledger knows of a finding in the image.
struct FindingClock {
  std::optional<Time> first_seen{};
  std::optional<bool> breached{};                 ///< none: not known
};
using FindingClocks = std::map<std::pair<std::string, std::string>, FindingClock, std::less<>>;  ///< by vulnerability and source package (its name where it has none)

/// All that is known of an image.
struct FinishedImage {
  std::string ref{}, repository{}, digest{}, platform{};
  std::optional<Time> created{};
  BaseFacts base{};
  std::vector<Checked> proofs{};                  ///< by the ids of `ashlar test`; one that is not there was not run
  const scan::Report* report = nullptr;           ///< borrowed; null: it was not scanned
  std::optional<VerifyVerdict> signatures{};      ///< by the policy's section `verify`; none: it was not looked at
  std::optional<FindingClocks> clocks{};          ///< none: the ledger was not asked
};

/// The clocks of one image, as sla.h computes them; of an environment where it has one of its own.
FindingClocks clocks_of(std::span<const Clock> clocks, std::string_view image, std::string_view environment);

struct Judgement {
  Answer answer = Answer::Unknown;
  std::string ref{}, digest{}, platform{}, environment{};
  Time now{};
  std::vector<Reason> reasons{};                  ///< also those that hold, in the policy's order
};

/// `environment`: one of the policy's; empty: what stands outside of `environments` holds, and the image counts as exposed. Sections that the policy does not have
/// are not asked; a policy that has none of them cannot answer.
Judgement judge(const Policy& policy, const FinishedImage& image, std::string_view environment, Time now);

}  // namespace ashlar::policy
