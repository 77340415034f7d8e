#include "policy/inner/verify_section.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "base/amount.h"
#include "policy/inner/bases_section.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 4> section_keys = {"default", "keyring", "trust-root", "rules"};
constexpr std::array<std::string_view, 13> rule_keys = {"name", "images", "image-signature", "index-signature", "signed-by", "at-least", "statements", "statements-by-manifest", "builder", "max-age", "supported", "on-schedule", "trust-root"};
constexpr std::array<std::string_view, 6> signer_keys = {"key", "file", "name", "name-expression", "issuer", "issuer-expression"};
constexpr std::array<std::string_view, 3> statement_keys = {"type", "signed-by", "max-age"};
constexpr const char* signer_example = "signed-by: [release, {file: keys/our.pub}, {name: release@example.org, issuer: 'https://accounts.example.org'}]";

}  // namespace

std::string VerifySection::text(const YamlNode& in, std::string_view key) {
  const YamlNode* const node = in.find(key);
  if (node == nullptr) return {};
  if (node->type != YamlNode::Type::Scalar || node->text.empty()) fault(*node, "a text is expected here");
  return node->text;
}

std::vector<const YamlNode*> VerifySection::one_or_more(const YamlNode& node, const char* example) {
  std::vector<const YamlNode*> out;
  if (node.type == YamlNode::Type::Scalar || node.type == YamlNode::Type::Mapping) return {&node};
  if (node.type == YamlNode::Type::Null || node.items.empty()) fault(node, "it is empty", example);
  for (const YamlNode& each : node.items) out.push_back(&each);
  return out;
}

void VerifySection::read(const YamlNode& node, VerifyRules& out) {
  if (!known(node, section_keys)) return;
  if (const std::string word = text(node, "default"); !word.empty()) {
    if (word == "allow" || word == "deny") out.admit_others = word == "allow";
    else fault(*node.find("default"), fmt::format("'{}' is neither allow nor deny", word));
  }
  out.keyring = text(node, "keyring");
  out.trust_root = text(node, "trust-root");
  const YamlNode* const rules = node.find("rules");
  if (rules == nullptr) return;
  if (rules->type != YamlNode::Type::Sequence) return fault(*rules, "a list of rules is expected here", "rules: [{images: registry.example/team/**, signed-by: release}]");
  for (const YamlNode& each : rules->items) read_rule(each, out);
}

void VerifySection::read_rule(const YamlNode& node, VerifyRules& out) {
  if (!known(node, rule_keys)) return;
  VerifyRule rule;
  if (const YamlNode* const images = node.find("images")) read_images(*images, out, rule);
  else fault(node, "a rule needs 'images': which it is for", "images: registry.example/team/**");
  rule.name = text(node, "name");
  if (rule.name.empty() && !rule.images.empty()) rule.name = rule.images.front();
  if (std::ranges::any_of(out.rules, [&](const VerifyRule& each) { return each.name == rule.name; })) {
    const YamlNode* const name = node.find("name");
    fault(name == nullptr ? node : *name, fmt::format("another rule is named '{}'", rule.name), "verdicts name rules: give each a name of its own");
  }
  flag(node, "image-signature", rule.image_signature);
  flag(node, "index-signature", rule.index_signature);
  flag(node, "statements-by-manifest", rule.statements_by_manifest);
  if (const YamlNode* const signers = node.find("signed-by")) read_signers(*signers, rule.signed_by);
  if (const YamlNode* const least = node.find("at-least")) read_least(*least, rule);
  if (const YamlNode* const statements = node.find("statements")) {
    for (const YamlNode* each : one_or_more(*statements, "statements: [slsaprovenance1, {type: vuln, max-age: 7d}]")) read_statement(*each, rule);
  }
  if (const YamlNode* const builder = node.find("builder")) {
    for (const YamlNode* each : one_or_more(*builder, "builder: 'https://ci.example.org/build/*'")) {
      if (each->type == YamlNode::Type::Scalar && !each->text.empty()) rule.builders.push_back(each->text);
      else fault(*each, "the URI of a builder is expected here, or a glob of it");
    }
  }
  read_age(node, rule.max_age);
  flag(node, "supported", rule.supported);
  flag(node, "on-schedule", rule.on_schedule);
  rule.trust_root = text(node, "trust-root");
  if (!rule.image_signature && rule.statements.empty()) fault(node, "a rule without a signature of the image needs 'statements': else it asks for nothing");
  out.rules.push_back(std::move(rule));
}

void VerifySection::read_images(const YamlNode& node, const VerifyRules& before, VerifyRule& out) {
  constexpr const char* example = "images: [registry.example/team/**, registry.example/base]";
  for (const YamlNode* each : one_or_more(node, example)) {
    if (each->type != YamlNode::Type::Scalar) {
      fault(*each, "a pattern of repositories is expected here", example);
      continue;
    }
    if (const std::string_view wrong = fault_of_images(each->text); !wrong.empty()) fault(*each, std::string(wrong), example);
    for (const VerifyRule& rule : before.rules) {
      const bool hidden = std::ranges::any_of(rule.images, [&](const std::string& earlier) { return earlier == each->text || earlier == "**"; });
      if (hidden) fault(*each, fmt::format("'{}' never comes here: the rule '{}' stands before and takes it", each->text, rule.name), "the first rule that names an image is its rule: put the narrow ones first");
    }
    out.images.push_back(each->text);
  }
}

void VerifySection::read_signers(const YamlNode& node, std::vector<Signer>& out) {
  for (const YamlNode* each : one_or_more(node, signer_example)) read_signer(*each, out);
}

void VerifySection::read_signer(const YamlNode& node, std::vector<Signer>& out) {
  if (node.type == YamlNode::Type::Scalar && !node.text.empty()) {
    if (node.text.find('/') != std::string::npos || node.text.ends_with(".pub") || node.text.ends_with(".pem")) return fault(node, fmt::format("'{}' looks like a file; a text names a key of the keyring", node.text), fmt::format("write {{file: {}}}", node.text));
    out.push_back({Signer::Of::Ring, node.text, {}});
    return;
  }
  if (node.type != YamlNode::Type::Mapping) return fault(node, "a signer is expected here", signer_example);
  if (!known(node, signer_keys)) return;
  const bool key = node.find("key") != nullptr, file = node.find("file") != nullptr;
  if (!key && !file) return read_identity(node, out);
  if (node.members.size() != 1) return fault(node, "a signer is one of 'key', 'file', or a name with its issuer", signer_example);
  out.push_back({key ? Signer::Of::Ring : Signer::Of::File, text(node, key ? "key" : "file"), {}});
}

void VerifySection::read_identity(const YamlNode& node, std::vector<Signer>& out) {
  const auto pattern = [&](std::string_view exact, std::string_view expression, std::string_view what) -> std::optional<trust::Pattern> {
    const YamlNode *const word = node.find(exact), *const regular = node.find(expression);
    if ((word == nullptr) == (regular == nullptr)) {
      fault(node, fmt::format("an identity has either '{}' or '{}': {}", exact, expression, what), signer_example);
      return std::nullopt;
    }
    if (word != nullptr) return trust::Pattern::exact(text(node, exact));
    auto read = trust::Pattern::expression(text(node, expression));
    if (read) return std::move(*read);
    fault(*regular, read.error().message);
    return std::nullopt;
  };
  auto name = pattern("name", "name-expression", "whom the certificate is of");
  auto issuer = pattern("issuer", "issuer-expression", "who vouches for the name");
  if (name && issuer) out.push_back({Signer::Of::Certificate, {}, trust::IdentityPolicy{std::move(*name), std::move(*issuer)}});
}

void VerifySection::read_least(const YamlNode& node, VerifyRule& out) {
  const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), out.at_least);
  const bool number = node.type == YamlNode::Type::Scalar && error == std::errc{} && end == node.text.data() + node.text.size();
  if (!number || out.at_least == 0) return fault(node, fmt::format("'{}' is no number from 1 on", node.text));
  if (!out.signed_by.empty() && out.at_least > out.signed_by.size()) fault(node, fmt::format("{} of {} signers can never be", out.at_least, out.signed_by.size()));
  if (!out.image_signature) fault(node, "how many sign the image is asked, and 'image-signature' is false");
}

void VerifySection::read_statement(const YamlNode& node, VerifyRule& out) {
  const bool short_form = node.type == YamlNode::Type::Scalar;
  if (!short_form && !known(node, statement_keys)) return;
  const YamlNode* const word = short_form ? &node : node.find("type");
  if (word == nullptr) return fault(node, "a statement needs its 'type'", "statements: [{type: vuln, max-age: 7d}]");
  StatementRule rule;
  auto type = attest::predicate_uri(word->text);
  if (!type) return fault(*word, type.error().message);
  const auto* const known = attest::find_predicate_type(*type);
  rule.type = known == nullptr ? std::move(*type) : std::string(known->uri);  // one type, however it is spelled
  if (std::ranges::any_of(out.statements, [&](const StatementRule& each) { return each.type == rule.type; })) fault(*word, fmt::format("'{}' stands here twice", word->text));
  if (!short_form) {
    if (const YamlNode* const signers = node.find("signed-by")) read_signers(*signers, rule.signed_by);
    read_age(node, rule.max_age);
  }
  out.statements.push_back(std::move(rule));
}

void VerifySection::read_age(const YamlNode& in, std::optional<std::int64_t>& out) {
  const YamlNode* const node = in.find("max-age");
  if (node == nullptr) return;
  const auto age = parse_age(node->text);
  if (age && *age > 0) out = *age;
  else fault(*node, age ? "an age of nothing admits nothing" : age.error().message, "max-age: 30d");
}

}  // namespace ashlar::policy
