#include "policy/inner/kyverno_signatures.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "attest/provenance.h"
#include "base/amount.h"
#include "base/bytes.h"
#include "base/text.h"
#include "policy/inner/cel.h"
#include "policy/inner/dated.h"
#include "policy/inner/image_globs.h"
#include "trust/key.h"

namespace ashlar::policy {
namespace {

using Effect = Inexpressible::Effect;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

/// A regular expression in which Kyverno fills in nothing.
std::string unfilled_expression(const std::string& expression) { return replaced(replaced(expression, "{{", "[{][{]"), "$(", "(?:$)("); }

/// Which images a glob names, each pattern with what stands after a repository.
std::vector<std::string> patterns_of(std::string_view glob, const Registries& registries) {
  std::vector<std::string> names = expanded(glob, [](std::string_view segment) {
    std::string part;
    for (size_t each = 0; each < segment.size(); ++each) {
      const size_t close = segment[each] == '[' ? segment.find(']', each + 2) : std::string_view::npos;
      if (close != std::string_view::npos) part += '?', each = close;
      else if (segment[each] != '*' || !part.ends_with('*')) part += segment[each];
    }
    return part;
  });
  if (!registries.host.empty() && !registries.single.empty()) {
    const std::string folder = registries.host + "/" + registries.single + "/";
    const std::vector<std::string> full = names;
    for (const std::string& name : full) {
      if (name.starts_with(folder) && name.find_first_of("*?/", folder.size()) == std::string::npos) names.push_back(registries.host + "/" + name.substr(folder.size()));
    }
  }
  std::vector<std::string> out;
  for (const std::string& name : names) {
    // What no reference can be is no pattern, and nothing that Kyverno would fill in.
    // Neither is a host alone, which with its end would be one with a port.
    if (name.find_first_of("/*") == std::string::npos || !std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("._-/:*?").find(c) != std::string_view::npos; })) continue;
    for (const char* const end : {":*", "@*"}) {
      if (std::ranges::find(out, name + end) == out.end()) out.push_back(name + end);
    }
  }
  return out;
}

bool is_widened(std::string_view glob) {
  for (const std::string_view segment : split(glob, '/')) {
    if (segment != "**" && segment.find_first_of("*?[") != std::string_view::npos) return true;
  }
  return false;
}

std::string pem_of(const std::string& der) {
  const std::string text = to_base64(as_bytes(der));
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (size_t at = 0; at < text.size(); at += 64) out += text.substr(at, 64) + "\n";
  return out + "-----END CERTIFICATE-----\n";
}

class Images {
 public:
  Images(const VerifyRules& section, const VerifyRule& rule, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) : section_(section), rule_(rule), wish_(wish), inputs_(inputs), notes_(notes) {}

  KyvernoImages build() {
    KyvernoImages out{.rule = &rule_};
    for (const std::string& each : rule_.images) {
      for (std::string& pattern : patterns_of(each, inputs_.registries)) out.patterns.push_back(std::move(pattern));
      if (is_widened(each)) note(Effect::DeniesMore, fmt::format("'{}': Kyverno's `*` takes any number of parts; images that it would therefore hold to another rule than the policy are denied", each), "write `**`, or name the repositories");
    }
    Json attestations = statements();
    Json attestors = rule_.image_signature ? attestors_of(rule_.signed_by, rule_.at_least) : Json::array();
    note_rest();
    if (!possible_ || out.patterns.empty()) return out;
    out.verify = {{"type", wish_.signatures == SignaturePlace::Bundles ? "SigstoreBundle" : "Cosign"}, {"imageReferences", out.patterns}, {"failureAction", wish_.only_warn ? "Audit" : "Enforce"}, {"mutateDigest", !wish_.only_warn}, {"verifyDigest", !wish_.only_warn}, {"required", true}};
    if (wish_.signatures == SignaturePlace::Referrers) out.verify["cosignOCI11"] = true;
    if (!attestors.empty()) out.verify["attestors"] = std::move(attestors);
    if (!attestations.empty()) out.verify["attestations"] = std::move(attestations);
    return out;
  }

 private:
  void note(Effect effect, std::string why, std::string what_to_do) { notes_.add(effect, "verify", rule_.name, std::move(why), std::move(what_to_do)); }

  Json attestors_of(const std::vector<Signer>& signers, size_t at_least) {
    Json entries = Json::array();
    std::set<std::string> keys;
    for (const Signer& each : signers) {
      Json entry = each.identity ? keyless(*each.identity) : key(each, keys);
      if (!entry.is_null()) entries.push_back(std::move(entry));
    }
    if (signers.empty()) note(Effect::DeniesMore, "it names nobody who signs: whoever is believed is not in the policy, and its images are denied", "name the signers in the rule's 'signed-by'");
    else if (entries.size() < at_least) note(Effect::DeniesMore, fmt::format("of those whom it names {} can be exported, and it asks for {}: its images are denied", entries.size(), at_least), "see what is said of each of them");
    if (entries.size() < at_least || entries.empty()) {
      possible_ = false;
      return Json::array();
    }
    return Json::array({{{"count", at_least}, {"entries", std::move(entries)}}});
  }

  Json key(const Signer& signer, std::set<std::string>& keys) {
    const auto found = inputs_.keys.find(signer.str());
    if (found == inputs_.keys.end()) {
      note(Effect::DeniesMore, fmt::format("{} was not at hand", signer.str()), "have the key at hand, and export again");
      return nullptr;
    }
    const ExportKey& key = found->second;
    if (!key.withheld.empty()) {
      note(Effect::AsOf, fmt::format("{} does not count on {}: {}", signer.str(), inputs_.now.str(), key.withheld), "export again whenever the keyring changes");
      return nullptr;
    }
    if (key.until) note(Effect::AsOf, fmt::format("{} counts until {}, and in the manifests for ever", signer.str(), key.until->str()), "export again when that time has come");
    if (!keys.insert(key.digest).second) return nullptr;
    return {{"keys", {{"publicKeys", key.pem}, {"signatureAlgorithm", key.hash}, {"rekor", {{"ignoreTlog", true}}}, {"ctlog", {{"ignoreSCT", true}}}}}};
  }

  /// A pattern as the member `name` or `nameRegExp`; false: it cannot be said.
  bool add_pattern(Json& to, const std::string& name, const trust::Pattern& pattern) {
    const std::string& text = pattern.text();
    if (!pattern.is_expression() && text.find_first_of("*?") == std::string::npos && unfilled(text) == text) to[name] = text;  // where Kyverno reads wildcards
    else if (!pattern.is_expression()) to[name + "RegExp"] = fmt::format("^{}$", cel::literal(text));
    else if (cel::is_plain_expression(text)) to[name + "RegExp"] = unfilled_expression(fmt::format("^(?:{})$", text));
    else return false;
    return true;
  }

  Json keyless(const trust::IdentityPolicy& identity) {
    Json out = Json::object();
    if (!add_pattern(out, "subject", identity.name) || !add_pattern(out, "issuer", identity.issuer)) {
      note(Effect::DeniesMore, fmt::format("'{}' by '{}' looks ahead, behind or back, which Kyverno's expressions cannot: it counts for nothing", identity.name.text(), identity.issuer.text()), "write the expression without that");
      return nullptr;
    }
    const std::string& path = rule_.trust_root.empty() ? section_.trust_root : rule_.trust_root;
    const auto root = inputs_.trust_roots.find(path);
    if (root == inputs_.trust_roots.end()) note(Effect::AdmitsMore, "no trust root was at hand: Kyverno believes the authorities that it comes with", "name a 'trust-root' in the policy");
    else add_root(out, root->second);
    return {{"keyless", std::move(out)}};
  }

  void add_root(Json& to, const trust::TrustRoot& root) {
    std::string roots;
    for (const trust::Authority& each : root.authorities) {
      if (!each.valid_for.holds(inputs_.now)) continue;
      for (const std::string& certificate : each.certificates) roots += pem_of(certificate);
    }
    if (!roots.empty()) to["roots"] = roots;
    for (const auto& [logs, name] : {std::pair{&root.logs, "rekor"}, {&root.certificate_logs, "ctlog"}}) {
      std::vector<std::string> pems;
      std::string url;
      for (const trust::TransparencyLog& each : *logs) {
        const auto key = trust::PublicKey::from_der(as_bytes(each.key));
        if (!key || !each.valid_for.holds(inputs_.now)) continue;
        pems.push_back(key->pem());
        url = each.base_url;
      }
      if (pems.empty()) continue;
      if (pems.size() > 1) note(Effect::DeniesMore, fmt::format("the trust root has {} logs that count, and Kyverno takes one key of {}", pems.size(), name), "let the trust root name one");
      to[name] = {{"pubkey", pems.back()}};
      if (std::string_view(name) == "rekor" && !url.empty()) to[name]["url"] = url;
    }
    if (!root.timestamp_authorities.empty()) note(Effect::DeniesMore, "time stamps of the trust root's authorities count in the policy, and in the manifests only the log does", "have signatures logged");
  }

  const std::vector<Signer>& signers_of(const StatementRule& statement) const { return statement.signed_by.empty() ? rule_.signed_by : statement.signed_by; }

  Json statements() {
    Json out = Json::array();
    bool provenance = false;
    for (const StatementRule& each : rule_.statements) {
      out.push_back(statement(each, out.size()));
      provenance = provenance || is_provenance(each.type);
    }
    if (!rule_.builders.empty() && !provenance) {
      note(Effect::DeniesMore, "the builder is looked for in a provenance of SLSA 1 alone", "have builds state that, or ask for 'slsaprovenance02' in 'statements'");
      out.push_back(statement({.type = std::string(attest::provenance_uri)}, out.size()));
    }
    if (rule_.statements_by_manifest) note(Effect::DeniesMore, "statements that only their manifest's signature vouches for are none to Kyverno", "mirror images with signed statements, or leave the rule's statements to `ashlar verify`");
    return out;
  }

  static bool is_provenance(std::string_view type) { return type == attest::provenance_uri || type == attest::old_provenance_uri; }

  Json statement(const StatementRule& statement, size_t number) {
    Json out = {{"name", fmt::format("statement{}", number)}, {"type", unfilled(statement.type)}, {"attestors", attestors_of(signers_of(statement), 1)}};
    Json all = Json::array();
    if (is_provenance(statement.type) && !rule_.builders.empty()) {
      const char* const builder = statement.type == attest::provenance_uri ? "runDetails.builder.id" : "builder.id";
      // Neither quotes nor braces: the expression stands in a text of JMESPath in a variable of Kyverno's.
      const std::string expression = replaced(replaced(replaced(cel::regex_of(rule_.builders), "[{]", "\\x7b"), "[}]", "\\x7d"), "'", "\\x27");
      all.push_back({{"key", fmt::format("{{{{ regex_match('{}', {} || '') }}}}", replaced(expression, "$(", "(?:$)("), builder)}, {"operator", "Equals"}, {"value", true}});
    }
    if (statement.max_age) add_age(all, statement);
    if (!all.empty()) out["conditions"] = Json::array({{{"all", std::move(all)}}});
    return out;
  }

  void add_age(Json& all, const StatementRule& statement) {
    const Dated* const dated = dated_of(statement.type);
    if (dated == nullptr) {
      possible_ = false;
      note(Effect::DeniesMore, fmt::format("when a statement '{}' was made is told by its signature's time alone, which Kyverno does not compare: the rule's images are denied", statement.type), "ask for no 'max-age' of it");
      return;
    }
    std::vector<std::string> places;
    for (const char* each : dated->places) places.push_back(replaced(std::string(each + 1), "/", "."));
    if (dated->own != nullptr) places.push_back(fmt::format("(buildDefinition.buildType == '{}' && {})", attest::build_type, replaced(std::string(dated->own + 1), "/", ".")));
    const std::string age = fmt::format("{{{{ time_since('', {}, '') }}}}", join(places, " || "));
    all.push_back({{"key", age}, {"operator", "LessThanOrEquals"}, {"value", fmt::format("{}s", *statement.max_age)}});
    all.push_back({{"key", age}, {"operator", "GreaterThanOrEquals"}, {"value", "-5m"}});
    note(Effect::DeniesMore, fmt::format("every statement '{}' must be young enough, and must say itself when it was made; in the policy the newest suffices", statement.type), "take old statements off the image");
  }

  void note_rest() {
    if (rule_.supported) note(Effect::AdmitsMore, "whether its support has ended is not asked", "have `ashlar verify --policy` run before whatever deploys");
    if (rule_.on_schedule) note(Effect::AdmitsMore, "whether it is as new as its schedule promises is not asked", "have `ashlar verify --policy` run before whatever deploys");
    if (rule_.max_age) note(Effect::AdmitsMore, "how old the newest of several things is cannot be asked", "ask for a 'max-age' of a statement of the rule");
    if (rule_.image_signature && !rule_.index_signature) note(Effect::DeniesMore, "of an index the signatures of its platforms do not suffice", "sign the index, too");
    if (std::ranges::any_of(rule_.signed_by, [](const Signer& each) { return each.identity.has_value(); }) && rule_.at_least > 1) note(Effect::AdmitsMore, "one signature with a certificate that two lines admit counts for both", "let no two lines of 'signed-by' admit one identity");
  }

  const VerifyRules& section_;
  const VerifyRule& rule_;
  const ExportWish& wish_;
  const ExportInputs& inputs_;
  Notes& notes_;
  bool possible_ = true;
};

}  // namespace

std::vector<KyvernoImages> kyverno_images(const Policy& policy, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) {
  std::vector<KyvernoImages> out;
  std::vector<std::string> before;
  for (const VerifyRule& each : policy.verify->rules) {
    out.push_back(Images(*policy.verify, each, wish, inputs, notes).build());
    if (!out.back().verify.is_null() && !before.empty()) out.back().verify["skipImageReferences"] = before;
    before.insert(before.end(), out.back().patterns.begin(), out.back().patterns.end());
  }
  return out;
}

std::string regex_of_pattern(std::string_view pattern) {
  std::string out;
  for (const char c : pattern) out += c == '*' ? "[\\s\\S]*" : c == '?' ? "[\\s\\S]" : cel::literal(std::string_view(&c, 1));
  return out;
}

}  // namespace ashlar::policy
