#include "pipeline/admission.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "host/secrets.h"
#include "oci/platform_choice.h"
#include "oci/registry.h"
#include "pipeline/fleet.h"
#include "trust/open_key.h"

namespace ashlar::pipeline {
namespace {

/// Whom the rule of one image believes, and which of its words each key answers to.
struct Party {
  Believed believed;
  std::vector<std::pair<Digest, std::string>> words{};  ///< policy::Signer::str() by the key's digest
  Believed own{};                                       ///< who is believed without the rule's naming them
};

/// Reads what a policy names, relative to its folder.
class PartyReader {
 public:
  PartyReader(host::Machine& machine, const policy::Policy& policy, const AdmissionOptions& options) : machine_(machine), policy_(policy), options_(options), folder_(host::Path(policy.path).parent_path()) {}

  Result<Party> read(const policy::VerifyRule* rule) {
    TrustSettings settings = options_.also;
    if (policy_.verify && !policy_.verify->keyring.empty()) settings.keyring = beside(policy_.verify->keyring);
    const std::string root = rule != nullptr && !rule->trust_root.empty() ? rule->trust_root : policy_.verify ? policy_.verify->trust_root : std::string();
    if (!root.empty()) settings.root = beside(root);
    Party out;
    const host::Path terms = std::exchange(settings.terms, {});  // names of keys in the policy are those of its own ring
    TRY_ASSIGN(out.believed, believe(machine_, settings));
    out.believed.statements_by_manifest = rule != nullptr && rule->statements_by_manifest;
    ring_ = settings.keyring;
    std::optional<trust::Keyring> projects;
    if (!terms.empty() && terms != ring_) {
      TRY_ASSIGN(projects, trust::read_keyring(*machine_.files, terms));
    }
    if (ring_.empty() && projects) {
      ring_ = terms;
      keep_terms(*projects, out.believed.keys);
      nameable_ = projects->entries();
    }
    out.own = out.believed;
    if (rule != nullptr) {
      TRY(add(rule->signed_by, rule->name, out));
      for (const policy::StatementRule& each : rule->statements) TRY(add(each.signed_by, rule->name, out));
    }
    if (projects) keep_terms(*projects, out.believed.keys);  // those that a rule names as files, too
    // A key with terms counts by them, whatever else names it.
    std::ranges::stable_partition(out.believed.keys, [](const BelievedKey& each) { return each.terms.has_value(); });
    return out;
  }

 private:
  host::Path beside(const std::string& path) const { return host::Path(path).is_absolute() ? host::Path(path) : folder_ / path; }

  Done add(std::span<const policy::Signer> signers, const std::string& rule, Party& out) {
    for (const policy::Signer& each : signers) {
      const std::string what = fmt::format("believe {} of the rule '{}'", each.str(), rule);
      if (each.of == policy::Signer::Of::Certificate) out.believed.identities.push_back(*each.identity);
      else if (each.of == policy::Signer::Of::Ring) TRY(add_of_ring(each, what, out));
      else TRY(add_file(each, what, out));
    }
    return {};
  }
  Done add_of_ring(const policy::Signer& signer, const std::string& what, Party& out) {
    if (ring_.empty()) return cannot(Kind::NotFound, what, "there is no keyring: name one with 'keyring' in the policy, or with --keyring");
    std::vector<std::string_view> names;
    for (const BelievedKey& each : out.believed.keys) {
      if (!each.terms) continue;
      if (each.terms->name == signer.key) return out.words.emplace_back(each.key.digest(), signer.str()), Done{};
      names.emplace_back(each.terms->name);
    }
    for (const trust::KeyringEntry& each : nameable_) {
      names.emplace_back(each.name);
      if (each.name != signer.key) continue;
      out.words.emplace_back(each.key.digest(), signer.str());
      out.believed.keys.push_back({each.name, each.key, each});
      return {};
    }
    const std::string near = nearest(signer.key, names);
    return cannot(Kind::NotFound, what, fmt::format("'{}' has no such key{}", ring_.string(), near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  Done add_file(const policy::Signer& signer, const std::string& what, Party& out) {
    const auto secrets = host::machine_secrets();
    auto key = trust::open_public_key(signer.key.starts_with("pkcs11:") ? signer.key : beside(signer.key).string(), {.machine = machine_, .secrets = *secrets});
    if (!key) return cannot(what, std::move(key).error());
    out.words.emplace_back(key->digest(), signer.str());
    out.believed.keys.push_back({signer.key, std::move(*key), {}});
    return {};
  }

  host::Machine& machine_;
  const policy::Policy& policy_;
  const AdmissionOptions& options_;
  host::Path folder_, ring_;
  std::vector<trust::KeyringEntry> nameable_;  // of a ring of which nobody is believed but whom the policy names
};

/// Whether the rule names whose signatures of this kind count.
bool names_signers(const policy::VerifyRule& rule, const Signature& signature) {
  const auto is_of_type = [&](const policy::StatementRule& each) { return !each.signed_by.empty() && plain_type(each.type) == plain_type(signature.predicate_type); };
  return !rule.signed_by.empty() || (!signature.signs_image() && std::ranges::any_of(rule.statements, is_of_type));
}

policy::PresentedSignature presented(const Signature& signature, const policy::VerifyRule* rule, const Party& party) {
  policy::PresentedSignature out{.layout = signature.layout, .signs_image = signature.signs_image(), .verified = signature.verified, .reason = signature.reason, .by = signature.key, .identity = signature.identity, .signed_at = signature.signed_at};
  if (!out.signs_image) out.predicate_type = signature.predicate_type;
  out.party = signature.key_digest ? signature.key_digest->str() : signature.admitted_as;
  if (signature.key_digest) {
    // One key may have several names: it is one signer.
    const auto first = std::ranges::find_if(party.believed.keys, [&](const BelievedKey& each) { return each.key.digest() == *signature.key_digest; });
    if (first != party.believed.keys.end()) out.by = first->name;
    for (const auto& [digest, word] : party.words) {
      if (digest == *signature.key_digest) out.signers.push_back(word);
    }
  }
  const auto is_key = [&](const BelievedKey& each) { return signature.key_digest && each.key.digest() == *signature.key_digest; };
  const auto is_holder = [&](const trust::IdentityPolicy& each) { return signature.identity && each.admits(*signature.identity); };
  if (out.verified && rule != nullptr && !names_signers(*rule, signature) && std::ranges::none_of(party.own.keys, is_key) && std::ranges::none_of(party.own.identities, is_holder)) {
    out.verified = false;
    out.reason = fmt::format("signed by '{}', whom the rule does not name for it", out.by);
  }
  if (out.verified && !signature.statement.empty()) {
    if (auto statement = attest::read_statement(signature.statement, "statement")) out.statement = std::move(*statement);
  }
  return out;
}

/// A manifest to judge: the platform's name where there are several.
struct Subject {
  oci::Descriptor descriptor;
  std::string platform{};
};

Result<std::vector<Subject>> subjects_of(oci::ImageReader& image, const std::string& ref, const std::string& platform) {
  std::vector<Subject> out;
  if (!platform.empty()) {
    TRY_ASSIGN(const auto which, oci::choose_platform(image, platform, ref));
    out.push_back({which.descriptor, oci::is_index(image.root().media_type) ? which.platform.str() : std::string()});
    return out;
  }
  TRY_ASSIGN(const auto manifests, oci::manifests_of(image));
  for (const oci::Descriptor& each : manifests) {
    TRY_ASSIGN(const auto one, oci::read_platform(image, each));
    if (one) out.push_back({each, manifests.size() == 1 && each.digest == image.root().digest ? std::string() : one->platform.str()});
  }
  if (out.empty()) return cannot(Kind::Invalid, fmt::format("verify '{}'", ref), "it holds no image");
  return out;
}

void add_reasons(const policy::VerifyVerdict& verdict, const std::string& platform, Admission& out) {
  for (const policy::VerifyReason& each : verdict.reasons) {
    auto same = std::ranges::find_if(out.reasons, [&](const AdmissionReason& known) { return known.reason == each; });
    if (same == out.reasons.end()) same = out.reasons.insert(out.reasons.end(), {each});
    if (!platform.empty() && std::ranges::find(same->platforms, platform) == same->platforms.end()) same->platforms.push_back(platform);
  }
}

Result<std::string> repository_of(const oci::ImageRef& ref, const std::string& name) {
  if (name.empty()) return ref.transport == oci::Transport::Registry ? ref.location : oci::ImageRef{ref.transport, ref.location, {}, {}}.str();
  TRY_ASSIGN(const auto other, oci::ImageRef::parse(name));
  return repository_of(other, {});
}

}  // namespace

Result<Admission> admit(host::Machine& machine, const std::string& ref_text, const policy::Policy& policy, const AdmissionOptions& options) {
  if (!policy.verify) return cannot(Kind::Invalid, fmt::format("verify '{}' by '{}'", ref_text, policy.path), "it has no section 'verify' (docs/formats/policy-verify.md)");
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(ref_text));
  TRY_ASSIGN(std::string repository, repository_of(ref, options.name));
  // A layout on disk is called as whoever asks writes it; where no rule means that, by its whole name, as the section on bases has it.
  if (options.name.empty() && ref.transport == oci::Transport::OciLayout && policy::rule_for(*policy.verify, repository) == nullptr) {
    if (std::string named = ledger_name(ref); policy::rule_for(*policy.verify, named) != nullptr) repository = std::move(named);
  }
  const policy::VerifyRule* const rule = policy::rule_for(*policy.verify, repository);
  TRY_ASSIGN(Party party, PartyReader(machine, policy, options).read(rule));
  TRY_ASSIGN(const auto image, oci::open_image(machine, ref));
  TRY_ASSIGN(const auto subjects, subjects_of(*image, ref.str(), options.platform));
  const VerifyOptions how{.believed = party.believed, .platform = {}, .types = {}};
  TRY_ASSIGN(auto whole, verify(*image, options.platform.empty() ? image->root() : subjects.front().descriptor, ref.str(), how));
  Admission out{.found = std::move(whole), .allowed = true};
  policy::VerifyVerdict of_index{.allowed = true};
  if (options.platform.empty() && oci::is_index(image->root().media_type)) {
    policy::Presented shown{.repository = repository, .digest = out.found.digest, .is_index = true};
    for (const Signature& signature : out.found.signatures) shown.signatures.push_back(presented(signature, rule, party));
    of_index = policy::verify(*policy.verify, shown, party.believed.now);
  }
  for (const Subject& each : subjects) {
    const bool same = each.descriptor.digest == out.found.digest;
    Verification one;
    if (!same) {
      TRY_ASSIGN(one, verify(*image, each.descriptor, ref.str(), how));
    }
    policy::Presented shown{.repository = repository, .digest = each.descriptor.digest};
    for (const Signature& signature : same ? out.found.signatures : one.signatures) shown.signatures.push_back(presented(signature, rule, party));
    const policy::VerifyVerdict verdict = policy::verify(*policy.verify, shown, party.believed.now);
    out.rule = verdict.rule;
    out.allowed = out.allowed && verdict.allowed;
    add_reasons(verdict, options.platform.empty() ? each.platform : std::string(), out);
    if (!each.platform.empty()) out.found.platforms.emplace(each.descriptor.digest, each.platform);
    for (const std::string& line : one.unread) {
      if (std::ranges::find(out.found.unread, line) == out.found.unread.end()) out.found.unread.push_back(line);
    }
    std::ranges::copy_if(one.signatures, std::back_inserter(out.found.signatures), [&](const Signature& signature) { return signature.subject == each.descriptor.digest; });
  }
  // Where the platforms are not signed either, that says it all.
  const bool signed_ones = std::ranges::none_of(out.reasons, [](const AdmissionReason& each) { return each.reason.rule == "signed-by" && !each.reason.holds; });
  if (!of_index.allowed && !of_index.rule.empty() && signed_ones) add_reasons(of_index, {}, out);
  out.allowed = out.allowed && of_index.allowed;
  return out;
}

Result<std::vector<SignedStatement>> statements_on(host::Machine& machine, const std::string& ref_text, std::string_view type, const policy::Policy& policy, const AdmissionOptions& options) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(ref_text));
  TRY_ASSIGN(const std::string repository, repository_of(ref, options.name));
  const policy::VerifyRule* const rule = policy.verify ? policy::rule_for(*policy.verify, repository) : nullptr;
  TRY_ASSIGN(const Party party, PartyReader(machine, policy, options).read(rule));
  TRY_ASSIGN(const auto image, oci::open_image(machine, ref));
  TRY_ASSIGN(const auto which, oci::choose_platform(*image, options.platform, ref.str()));
  TRY_ASSIGN(const auto judged, judge_attached(*image, which.descriptor, party.believed));
  std::vector<SignedStatement> out;
  for (const JudgedContent& each : judged.contents) {
    const Signature& signature = each.signature;
    if (signature.subject != which.descriptor.digest || plain_type(signature.predicate_type) != plain_type(type)) continue;
    policy::PresentedSignature shown = presented(signature, rule, party);
    if (shown.verified && shown.statement) out.push_back({std::move(*shown.statement), shown.by});
  }
  return out;
}

}  // namespace ashlar::pipeline
