#include "pipeline/export_policy.h"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/make.h"
#include "pipeline/policy_files.h"
#include "pipeline/selection.h"
#include "trust/open_key.h"

namespace ashlar::pipeline {
namespace {

/// Reads what a policy names, relative to its folder.
class Gatherer {
 public:
  Gatherer(Workshop& workshop, const policy::Policy& policy, TrustSettings trust, policy::ExportInputs& out) : workshop_(workshop), machine_(workshop.machine), policy_(policy), trust_(std::move(trust)), out_(out) {}

  Done names() {
    TRY_ASSIGN(out_.registries, load_registries(machine_, workshop_.data));
    TRY(bases_of({}, policy_.finished));
    for (const auto& [name, rules] : policy_.environments) TRY(bases_of(name, rules));
    return {};
  }

  Done signers() {
    TRY(ring());
    TRY(root(policy_.verify->trust_root, "the section 'verify'"));
    for (const policy::VerifyRule& rule : policy_.verify->rules) {
      if (!rule.trust_root.empty()) TRY(root(rule.trust_root, fmt::format("the rule '{}'", rule.name)));
      for (const policy::Signer& each : rule.signed_by) TRY(signer(each, rule));
      for (const policy::StatementRule& statement : rule.statements) {
        for (const policy::Signer& each : statement.signed_by) TRY(signer(each, rule));
      }
    }
    return {};
  }

 private:
  host::Path beside(const std::string& path) const { return host::Path(path).is_absolute() ? host::Path(path) : host::Path(policy_.path).parent_path() / path; }

  Done bases_of(const std::string& environment, const policy::FinishedRules& rules) {
    if (!rules.bases) return {};
    const bool of_vendors = std::ranges::any_of(rules.bases->rules, [](const policy::BaseRule& each) { return !each.vendors.empty(); });
    if (of_vendors && !out_.vendors.contains(rules.bases->vendors)) {
      policy::Policy one{.path = policy_.path};
      one.finished.bases = rules.bases;
      TRY_ASSIGN(out_.vendors[rules.bases->vendors], load_vendors(machine_, one));
    }
    if (!std::ranges::any_of(rules.bases->rules, &policy::BaseRule::selected) || out_.selections.contains(rules.bases->selection)) return {};
    TRY_ASSIGN(auto read, selection_of(workshop_, policy_, environment, {}, trust_));
    if (read.missing.empty()) out_.selections.emplace(rules.bases->selection, std::move(read.selection));
    else workshop_.progress.note(read.missing);
    return {};
  }

  Done ring() {
    const host::Path path = policy_.verify->keyring.empty() ? trust_.keyring : beside(policy_.verify->keyring);
    TRY(keys_of(path, true));
    return trust_.terms == path ? Done() : keys_of(trust_.terms, false);
  }
  /// Of one ring; `nameable`: the policy may name them.
  Done keys_of(const host::Path& path, bool nameable) {
    if (path.empty()) return {};
    TRY_ASSIGN(const auto ring, trust::read_keyring(*machine_.files, path));
    for (const trust::KeyringEntry& each : ring.entries()) {
      policy::ExportKey key = key_of(each.key);
      const trust::Judgement judged = trust::judge(each, out_.now);
      if (judged.standing != trust::Standing::Valid) key.withheld = judged.rule;
      key.until = each.revoked_from && (!each.valid_until || *each.revoked_from < *each.valid_until) ? each.revoked_from : each.valid_until;
      known_.push_back(key);
      if (nameable) out_.keys.emplace(policy::Signer{.of = policy::Signer::Of::Ring, .key = each.name}.str(), std::move(key));
    }
    return {};
  }

  static policy::ExportKey key_of(const trust::PublicKey& key) {
    return {.pem = key.pem(), .digest = key.digest().str(), .hash = key.algorithm() == trust::Algorithm::EcdsaP384 ? "sha384" : "sha256"};
  }

  /// By this path in the policy; what the policy does not name is the configuration's.
  Done root(const std::string& named, const std::string& whose) {
    const host::Path path = named.empty() ? trust_.root : beside(named);
    if (path.empty() || out_.trust_roots.contains(named)) return {};
    const auto text = machine_.files->read(path);
    if (!text) {
      const std::string what = fmt::format("export the trust root of {}", whose);
      if (text.error().kind != Kind::NotFound) return cannot(what, text.error());
      return cannot(Kind::NotFound, what, fmt::format("'{}' is not there: it is Sigstore's trusted_root.json, which manifests carry whole; fetch it once by a way that you trust (docs/signing.md), or take that rule out", path.string()));
    }
    TRY_ASSIGN(auto root, trust::read_trust_root(*text, path.string()));
    out_.trust_roots.emplace(named, std::move(root));
    return {};
  }

  Done signer(const policy::Signer& signer, const policy::VerifyRule& rule) {
    if (signer.identity || out_.keys.contains(signer.str())) return {};
    const std::string what = fmt::format("export {} of the rule '{}'", signer.str(), rule.name);
    if (signer.of == policy::Signer::Of::Ring) return cannot(Kind::NotFound, what, "no keyring has it: name one with 'keyring' in the policy");
    const auto secrets = host::machine_secrets();
    const auto key = trust::open_public_key(signer.key.starts_with("pkcs11:") ? signer.key : beside(signer.key).string(), {.machine = machine_, .secrets = *secrets});
    if (!key) return cannot(what, key.error());
    policy::ExportKey found = key_of(*key);
    // A key with terms counts by them, whatever else names it.
    const auto known = std::ranges::find(known_, found.digest, &policy::ExportKey::digest);
    if (known != known_.end()) found = *known;
    out_.keys.emplace(signer.str(), std::move(found));
    return {};
  }

  Workshop& workshop_;
  host::Machine& machine_;
  const policy::Policy& policy_;
  const TrustSettings trust_;
  policy::ExportInputs& out_;
  std::vector<policy::ExportKey> known_;  // of rings, with their terms
};

}  // namespace

Result<policy::Export> export_policy(Workshop& workshop, const ExportRequest& request) {
  TRY_ASSIGN(const auto policy, load_policy(workshop.machine, request.policy));
  policy::ExportInputs inputs;
  inputs.now = request.now.value_or(workshop.machine.clock->now());
  Gatherer gatherer(workshop, policy, trust_by(workshop, request.trust), inputs);
  TRY(gatherer.names());
  if (policy.verify && (request.wish.engine == policy::Engine::Kyverno || request.wish.engine == policy::Engine::PolicyController)) TRY(gatherer.signers());
  return policy::export_policy(policy, request.wish, inputs);
}

}  // namespace ashlar::pipeline
