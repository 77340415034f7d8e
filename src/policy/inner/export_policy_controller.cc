// Cluster image policies of sigstore's policy-controller: who signed an image, and what is said of it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "base/text.h"
#include "policy/inner/cel.h"
#include "policy/inner/engines.h"
#include "policy/inner/image_globs.h"

namespace ashlar::policy {
namespace {

using Effect = Inexpressible::Effect;

/// A glob of repositories as globs of references: `*` within a part, `**` over any.
std::vector<std::string> globs_of(std::string_view glob, const Registries& registries) {
  std::vector<std::string> out;
  for (std::string name : expanded(glob, [](std::string_view part) {
         std::string own;
         for (size_t at = 0; at < part.size(); ++at) {
           const size_t close = part[at] == '[' ? part.find(']', at + 2) : std::string_view::npos;
           const char c = close != std::string_view::npos || part[at] == '?' ? '*' : part[at];
           if (close != std::string_view::npos) at = close;
           if (c != '*' || !own.ends_with('*') || part == "**") own += c;
         }
         return own;
       })) {
    if (name.find_first_of("/*") == std::string::npos) continue;
    // The engine has another name of the host whose images are written without one.
    if (!registries.host.empty() && !registries.also.empty() && name.starts_with(registries.host + "/")) name = registries.also.front() + "." + name;
    for (const char* const end : {":*", "@*"}) {
      if (std::ranges::find(out, name + end) == out.end()) out.push_back(name + end);
    }
  }
  return out;
}

class Images {
 public:
  Images(const VerifyRules& section, const VerifyRule& rule, std::string name, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) : section_(section), rule_(rule), name_(std::move(name)), wish_(wish), inputs_(inputs), notes_(notes) {}

  std::vector<Json> build() {
    for (const std::string& each : rule_.images) {
      for (std::string& glob : globs_of(each, inputs_.registries)) globs_.push_back({{"glob", std::move(glob)}});
      if (each.find_first_of("?[") != std::string::npos) note(Effect::DeniesMore, fmt::format("'{}': `?` and sets of characters are `*` to policy-controller: more images are held to the rule", each), "name the repositories");
    }
    if (globs_.empty()) return {};
    if (rule_.image_signature) signed_by(rule_.signed_by, rule_.at_least, "", Json());
    bool provenance = false;
    for (const StatementRule& each : rule_.statements) {
      statement(each);
      provenance = provenance || is_provenance(each.type);
    }
    if (!rule_.builders.empty() && !provenance) {
      note(Effect::DeniesMore, "the builder is looked for in a provenance of SLSA 1 alone", "have builds state that, or ask for 'slsaprovenance02' in 'statements'");
      statement({.type = std::string(attest::provenance_uri)});
    }
    rest();
    return std::move(out_);
  }

 private:
  void note(Effect effect, std::string why, std::string what_to_do) { notes_.add(effect, "verify", rule_.name, std::move(why), std::move(what_to_do)); }
  static bool is_provenance(std::string_view type) { return type == attest::provenance_uri || type == attest::old_provenance_uri; }

  /// One policy: an image that it names is held to one of the authorities, and to every other policy that names it.
  void put(std::string_view end, Json authorities) {
    out_.push_back({{"apiVersion", "policy.sigstore.dev/v1beta1"}, {"kind", "ClusterImagePolicy"}, {"metadata", {{"name", fmt::format("{}{}", name_, end)}}},
                    {"spec", {{"mode", wish_.only_warn ? "warn" : "enforce"}, {"images", globs_}, {"authorities", std::move(authorities)}}}});
  }

  /// `attestation`: what they must have signed, instead of the image; null: the image.
  void signed_by(const std::vector<Signer>& signers, size_t at_least, const std::string& end, const Json& attestation) {
    std::vector<Json> good;
    std::vector<std::string> seen;
    for (const Signer& each : signers) {
      Json one = authority(each, seen);
      if (one.is_null()) continue;
      one["name"] = fmt::format("signer{}", good.size());
      if (!attestation.is_null()) one["attestations"] = Json::array({attestation});
      good.push_back(std::move(one));
    }
    if (good.size() < std::max<size_t>(at_least, 1)) {
      note(Effect::DeniesMore, signers.empty() ? "it names nobody who signs: whoever is believed is not in the policy, and its images are denied" : fmt::format("of those whom it names {} can be exported, and it asks for {}: its images are denied", good.size(), at_least), "name the signers in the rule's 'signed-by', and have their keys at hand");
      return put(end, Json::array({{{"name", "nobody"}, {"static", {{"action", "fail"}, {"message", "nobody whose signature counts is known"}}}}}));
    }
    if (at_least <= 1) return put(end, good);
    if (at_least < good.size()) note(Effect::DeniesMore, fmt::format("of {} signers it asks for {}; policy-controller is asked for all", good.size(), at_least), "name as many as must sign");
    for (size_t at = 0; at < good.size(); ++at) put(fmt::format("{}-{}", end, at), Json::array({good[at]}));
  }

  Json authority(const Signer& signer, std::vector<std::string>& seen) {
    if (signer.identity) return keyless(*signer.identity);
    const auto found = inputs_.keys.find(signer.str());
    if (found == inputs_.keys.end()) return note(Effect::DeniesMore, fmt::format("{} was not at hand", signer.str()), "have the key at hand, and export again"), Json();
    const ExportKey& key = found->second;
    if (!key.withheld.empty()) return note(Effect::AsOf, fmt::format("{} does not count on {}: {}", signer.str(), inputs_.now.str(), key.withheld), "export again whenever the keyring changes"), Json();
    if (key.until) note(Effect::AsOf, fmt::format("{} counts until {}, and in the manifests for ever", signer.str(), key.until->str()), "export again when that time has come");
    if (std::ranges::find(seen, key.digest) != seen.end()) return nullptr;
    seen.push_back(key.digest);
    return {{"key", {{"data", key.pem}, {"hashAlgorithm", key.hash}}}};
  }

  /// A pattern as the member `name` or `nameRegExp`; false: it cannot be said.
  static bool add_pattern(Json& to, const std::string& name, const trust::Pattern& pattern) {
    if (!pattern.is_expression()) to[name] = pattern.text();
    else if (cel::is_plain_expression(pattern.text())) to[name + "RegExp"] = fmt::format("^(?:{})$", pattern.text());
    else return false;
    return true;
  }
  Json keyless(const trust::IdentityPolicy& identity) {
    Json who = Json::object();
    if (!add_pattern(who, "subject", identity.name) || !add_pattern(who, "issuer", identity.issuer)) {
      note(Effect::DeniesMore, fmt::format("'{}' by '{}' looks ahead, behind or back, which the engine's expressions cannot: it counts for nothing", identity.name.text(), identity.issuer.text()), "write the expression without that");
      return nullptr;
    }
    const std::string& path = rule_.trust_root.empty() ? section_.trust_root : rule_.trust_root;
    note(Effect::AdmitsMore, path.empty() ? "the policy names no trust root: policy-controller believes the authorities that it comes with" : fmt::format("the trust root '{}' is not written out: policy-controller believes the authorities that it comes with", path), "make a TrustRoot of it, and name it in the authorities as 'trustRootRef'");
    return {{"keyless", {{"identities", Json::array({std::move(who)})}}}, {"ctlog", Json::object()}};
  }

  void statement(const StatementRule& statement) {
    Json asked = {{"name", "statement"}, {"predicateType", statement.type}};
    if (is_provenance(statement.type) && !rule_.builders.empty()) {
      const char* const place = statement.type == attest::provenance_uri ? "predicate: runDetails: builder: id" : "predicate: builder: id";
      asked["policy"] = {{"type", "cue"}, {"data", fmt::format("{}: =~{}", place, to_compact(Json(cel::regex_of(rule_.builders))))}};
    }
    if (statement.max_age) note(Effect::AdmitsMore, fmt::format("how old a statement '{}' is is not asked", statement.type), "have `ashlar verify --policy` run before whatever deploys");
    signed_by(statement.signed_by.empty() ? rule_.signed_by : statement.signed_by, 1, fmt::format("-statement-{}", count_++), asked);
  }

  void rest() {
    if (rule_.supported) note(Effect::AdmitsMore, "whether its support has ended is not asked", "have `ashlar verify --policy` run before whatever deploys");
    if (rule_.on_schedule) note(Effect::AdmitsMore, "whether it is as new as its schedule promises is not asked", "have `ashlar verify --policy` run before whatever deploys");
    if (rule_.max_age) note(Effect::AdmitsMore, "how old the newest of several things is cannot be asked", "have `ashlar verify --policy` run before whatever deploys");
    if (rule_.statements_by_manifest) note(Effect::DeniesMore, "statements that only their manifest's signature vouches for are none to policy-controller", "mirror images with signed statements, or leave the rule's statements to `ashlar verify`");
    if (rule_.image_signature && !rule_.index_signature) note(Effect::DeniesMore, "of an index the signatures of its platforms do not suffice", "sign the index, too");
  }

  const VerifyRules& section_;
  const VerifyRule& rule_;
  std::string name_;
  const ExportWish& wish_;
  const ExportInputs& inputs_;
  Notes& notes_;
  Json globs_ = Json::array();
  std::vector<Json> out_{};
  size_t count_ = 0;
};

/// What nothing but a signature is asked of.
void note_others(const std::vector<Place>& places, Notes& notes) {
  constexpr const char* also = "export to vap or gatekeeper, too";
  for (const Place& place : places) {
    if (place.rules->bases) notes.add(Effect::AdmitsMore, "bases", "", "policy-controller looks at signatures and statements alone: by its name no base is denied", also);
    if (place.rules->content) notes.add(Effect::AdmitsMore, "content", "", "policy-controller looks at signatures and statements alone: what a pod may do is not asked", also);
    if (place.rules->findings) notes.add(Effect::AdmitsMore, "findings", "", "what a scan finds is not looked at", "have `ashlar check IMAGE` judge it in CI, and let CI sign only what is allowed");
    if (place.rules->proofs) notes.add(Effect::AdmitsMore, "proofs", "", "what is proved of an image is not looked at", "have `ashlar check IMAGE` judge it in CI, and let CI sign only what is allowed");
  }
}

}  // namespace

std::vector<Json> policy_controller_manifests(const Policy& policy, const std::vector<Place>& places, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) {
  std::vector<Json> out;
  if (!policy.verify || std::ranges::none_of(places, [](const Place& each) { return each.rules->verify; })) return out;
  for (size_t at = 0; at < policy.verify->rules.size(); ++at) {
    const VerifyRule& rule = policy.verify->rules[at];
    for (Json& each : Images(*policy.verify, rule, fmt::format("{}-{}-{}", wish.name, at, kubernetes_name(rule.name)), wish, inputs, notes).build()) out.push_back(std::move(each));
  }
  // What no policy names; the engine's own setting.
  out.push_back({{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "config-policy-controller"}, {"namespace", "cosign-system"}}}, {"data", {{"no-match-policy", policy.verify->admit_others ? "allow" : wish.only_warn ? "warn" : "deny"}}}});
  if (policy.verify->rules.size() > 1) notes.add(Effect::DeniesMore, "verify", "", "an image that several rules name is held to all of them, and not to the first", "let the rules name different images");
  notes.add(Effect::AdmitsMore, "verify", "", "policy-controller asks in the namespaces that have its own label, `policy.sigstore.dev/include: \"true\"`, whatever their environment is", "label the namespaces of every environment that asks for signatures, and no other");
  note_others(places, notes);
  return out;
}

}  // namespace ashlar::policy
