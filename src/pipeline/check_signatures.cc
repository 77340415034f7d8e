#include "pipeline/inner/check_signatures.h"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/make.h"

namespace ashlar::pipeline {

std::optional<policy::VerifyVerdict> SignatureFacts::verdict_of(const Admission& admission, const std::string& platform, std::vector<std::string>& notes) {
  if (!admission.allowed && !admission.found.unread.empty()) {
    std::ranges::copy(admission.found.unread, std::back_inserter(notes));
    return std::nullopt;
  }
  policy::VerifyVerdict out{.allowed = true, .rule = admission.rule};
  for (const auto& [reason, platforms] : admission.reasons) {
    if (!platforms.empty() && std::ranges::find(platforms, platform) == platforms.end()) continue;
    out.allowed = out.allowed && reason.holds;
    out.reasons.push_back(reason);
  }
  // Where the whole is not admitted and nothing of it speaks of this platform, it is not either.
  if (out.reasons.empty()) out.allowed = admission.allowed;
  return out;
}

std::optional<policy::VerifyVerdict> SignatureFacts::judged(const std::string& ref, const policy::Policy& policy, const std::string& repository, const std::string& platform, std::vector<std::string>& notes) {
  const auto found = admit(workshop_.machine, ref, policy, {.also = trust_, .platform = {}, .name = repository.starts_with("oci:") ? std::string() : repository});
  if (found) return verdict_of(*found, platform, notes);
  notes.push_back(fmt::format("the signatures of its base were not looked at: {}", found.error().message));
  return std::nullopt;
}

Done SignatureFacts::read_vendors() {
  if (vendors_) return {};
  const std::string& named = rules_.bases->vendors;
  host::Path path = workshop_.data / "policies" / "vendors.yaml";
  if (!named.empty()) path = host::Path(named).is_absolute() ? host::Path(named) : host::Path(policy_.path).parent_path() / named;
  vendors_folder_ = path.parent_path();
  vendors_.emplace();
  if (named.empty() && !workshop_.machine.files->exists(path)) return {};
  TRY_ASSIGN(std::string text, workshop_.machine.files->read(path));
  TRY_ASSIGN(vendors_, policy::read_vendors(std::move(text), path.string()));
  return {};
}

Done SignatureFacts::add_of_base(const std::string& ref, const std::string& platform, policy::BaseFacts& facts, std::vector<std::string>& notes) {
  TRY(read_vendors());
  const policy::Vendor* const vendor = policy::vendor_of(*vendors_, facts.repository);
  if (vendor != nullptr) facts.vendor = vendor->name;
  const auto asks = [&](auto member) { return std::ranges::any_of(rules_.bases->rules, member); };
  if (policy_.verify && asks([](const policy::BaseRule& each) { return each.has_signature; })) facts.signatures = judged(ref, policy_, facts.repository, platform, notes);
  if (vendor == nullptr || vendor->policy.empty() || !asks([](const policy::BaseRule& each) { return !each.vendors.empty(); })) return {};
  TRY_ASSIGN(const auto preset, load_policy(workshop_.machine, vendors_folder_ / vendor->policy));
  if (preset.verify) facts.vendor_signatures = judged(ref, preset, facts.repository, platform, notes);
  return {};
}

}  // namespace ashlar::pipeline
