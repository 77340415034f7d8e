#pragma once
// What each section says of a finished image: reasons, in the order of the section.
#include <string_view>
#include <vector>

#include "policy/finished.h"

namespace ashlar::policy {

void ask_base(const BaseRules& rules, const FinishedImage& image, Time now, std::vector<Reason>& out);
void ask_signatures(const FinishedImage& image, std::vector<Reason>& out);
void ask_findings(const FindingRules& rules, bool exposed, const FinishedImage& image, Time now, std::vector<Reason>& out);
void ask_content(const ContentRules& rules, const FinishedImage& image, std::vector<Reason>& out);
void ask_proofs(const std::vector<ProofRule>& rules, const FinishedImage& image, std::vector<Reason>& out);

/// Of a verdict that does not allow: its first line that does not hold, in words, and the remedy for it.
std::pair<std::string, std::string> why_not(const VerifyVerdict& verdict);

}  // namespace ashlar::policy
