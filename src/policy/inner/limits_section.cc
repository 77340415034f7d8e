#include "policy/inner/limits_section.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 3> section_keys = {"coverage", "max-age", "deny"};
constexpr std::array<std::string_view, 10> rule_keys = {"name", "why", "when", "owner", "older-than", "since", "sla", "exposed", "of", "at-most"};
constexpr std::array<std::string_view, 2> owners = {"base", "app"}, since_words = {"published", "first-seen"};
constexpr std::array<std::string_view, 1> sla_words = {"breached"};
constexpr std::array<std::string_view, 3> of_words = {"open", "excepted", "both"};
constexpr std::array<std::string_view, 2> content_keys = {"rule", "why"}, proof_keys = {"id", "why"};
constexpr std::array<std::string_view, 3> content_words = {"deny", "excused", "allow"};
constexpr std::array<ContentRule::Rule, 3> content_rules = {ContentRule::Rule::Deny, ContentRule::Rule::Excused, ContentRule::Rule::Allow};
/// docs/formats/checks.md
constexpr std::array<std::string_view, 18> proof_ids = {"no-shell", "no-package-manager", "no-setuid", "no-world-writable", "no-devices", "nonroot", "entrypoint", "health", "elf-resolves",
                                                        "elf-hardening", "no-secrets", "no-unowned-files", "ca-bundle", "time-zones", "parents", "os-release", "reproducible", every_run_test};
constexpr const char* deny_example = "deny: [kev, {when: 'critical,fixable', owner: base, older-than: 7d, why: a fix is there}]";

/// What a rule without a name is called: what it says.
std::string name_of(const YamlNode& node) {
  std::vector<std::string> out;
  for (const auto& [key, value] : node.members) {
    if (key.text == "why") continue;
    out.push_back(key.text == "when" ? value.text : fmt::format("{}={}", key.text, value.text));
  }
  return out.empty() ? "any" : join(out, " ");
}

}  // namespace

void LimitsSection::read_findings(const YamlNode& node, FindingRules& out) {
  if (!known(node, section_keys)) return;
  flag(node, "coverage", out.coverage);
  age(node, "max-age", out.scan_max_age);
  const YamlNode* const deny = node.find("deny");
  if (deny == nullptr) return;
  out.deny.clear();
  names_.clear();
  for (const YamlNode* each : items(*deny, "a list of rules is expected here", deny_example)) read_finding(*each, out);
}

void LimitsSection::read_finding(const YamlNode& node, FindingRules& out) {
  FindingRule rule;
  if (node.type == YamlNode::Type::Scalar) {
    rule.name = node.text;
    read_when(node, rule);
  } else {
    if (!known(node, rule_keys)) return;
    rule.name = text(node, "name");
    if (rule.name.empty()) rule.name = name_of(node);
    rule.why = text(node, "why");
    if (const YamlNode* const when = node.find("when")) read_when(*when, rule);
    if (const auto owner = one_of(node, "owner", owners)) rule.owner = *owner == 0 ? scan::Owner::Base : scan::Owner::App;
    age(node, "older-than", rule.older_than);
    if (const auto since = one_of(node, "since", since_words)) rule.since_first_seen = *since == 1;
    if (const YamlNode* const since = node.find("since"); since != nullptr && node.find("older-than") == nullptr) fault(*since, "since when means something with 'older-than'", "older-than: 30d");
    rule.breached = one_of(node, "sla", sla_words).has_value();
    flag(node, "exposed", rule.exposed);
    if (const auto of = one_of(node, "of", of_words)) rule.of = static_cast<FindingRule::Of>(*of);
    if (const YamlNode* const most = node.find("at-most")) read_at_most(*most, rule);
  }
  if (!names_.insert(rule.name).second) fault(node, fmt::format("another rule is named '{}'", rule.name), "verdicts name rules: give each a name of its own");
  out.deny.push_back(std::move(rule));
}

void LimitsSection::read_when(const YamlNode& node, FindingRule& out) {
  auto when = scan::parse_gate_rule(node.text);
  if (when) out.when = std::move(*when);
  else fault(node, when.error().message);
}

void LimitsSection::read_at_most(const YamlNode& node, FindingRule& out) {
  const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), out.at_most);
  if (node.type != YamlNode::Type::Scalar || !node.plain || error != std::errc{} || end != node.text.data() + node.text.size()) fault(node, fmt::format("'{}' is no number from 0 on", node.text));
}

void LimitsSection::read_content(const YamlNode& node, ContentRules& out) {
  std::array<std::string_view, content_kinds.size()> names;
  std::ranges::transform(content_kinds, names.begin(), &ContentKind::name);
  if (!known(node, names)) return;
  for (size_t at = 0; at < names.size(); ++at) {
    const YamlNode* const kind = node.find(names[at]);
    if (kind == nullptr) continue;
    out[at] = {};
    const bool is_long = kind->type == YamlNode::Type::Mapping;
    if (is_long && !known(*kind, content_keys)) continue;
    if (is_long && kind->find("rule") == nullptr) fault(*kind, "'rule' is missing", fmt::format("{}: {{rule: deny, why: it is of use to an intruder alone}}", names[at]));
    if (const auto word = is_long ? one_of(*kind, "rule", content_words) : one_of(node, names[at], content_words)) out[at].rule = content_rules[*word];
    if (is_long) out[at].why = text(*kind, "why");
  }
}

void LimitsSection::read_proofs(const YamlNode& node, std::vector<ProofRule>& out) {
  out.clear();
  for (const YamlNode* each : items(node, "a list of checks is expected here", "proofs: [elf-resolves, {id: reproducible, why: we want to know where it is from}]")) {
    const bool is_long = each->type != YamlNode::Type::Scalar;
    if (is_long && !known(*each, proof_keys)) continue;
    ProofRule rule{.id = is_long ? text(*each, "id") : each->text, .why = is_long ? text(*each, "why") : std::string()};
    const YamlNode& place = is_long && each->find("id") != nullptr ? *each->find("id") : *each;
    if (is_long && each->find("id") == nullptr) fault(*each, "'id' is missing", "{id: reproducible, why: we want to know where it is from}");
    else if (std::ranges::find(out, rule.id, &ProofRule::id) != out.end()) fault(place, fmt::format("'{}' stands here twice", rule.id));
    else if (std::ranges::find(proof_ids, rule.id) == proof_ids.end() && !(rule.id.starts_with("run:") && rule.id.size() > 4)) {
      const std::string near = nearest(rule.id, proof_ids);
      fault(place, fmt::format("there is no check '{}'", rule.id), near.empty() ? fmt::format("there are {}", fmt::join(proof_ids, ", ")) : fmt::format("did you mean '{}'?", near));
    }
    out.push_back(std::move(rule));
  }
}

}  // namespace ashlar::policy
