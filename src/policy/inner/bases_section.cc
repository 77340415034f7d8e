#include "policy/inner/bases_section.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/digest.h"
#include "base/text.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 8> section_keys = {"default", "scratch", "unseen", "variables", "why", "selection", "vendors", "rules"};
constexpr std::array<std::string_view, 14> rule_keys = {"name", "why", "images", "tags", "digests", "vendor", "deny", "pinned", "selected", "signed", "max-age", "supported", "from", "until"};
constexpr std::array<std::string_view, 7> asked_keys = {"pinned", "selected", "signed", "max-age", "supported", "from", "until"};
constexpr std::array<std::string_view, 2> answers = {"deny", "allow"};
constexpr std::array<std::string_view, 3> unseen_answers = {"allow", "warn", "deny"};  // in the order of Unseen
constexpr const char* example = "rules: [{name: ours, images: registry.example/hardened/**, signed: true, why: we patch these}]";

/// The rule of a section with a selection and no rules.
BaseRule of_selection(const BaseRules& rules) { return {.name = "selection", .why = rules.why, .images = {"**"}, .selected = true}; }

}  // namespace

std::string_view fault_of_images(std::string_view pattern) {
  if (pattern.empty()) return "a pattern is expected here";
  if (pattern.find("://") != std::string_view::npos) return "a pattern has no transport";
  if (pattern.find('@') != std::string_view::npos) return "a pattern has no digest";
  const size_t slash = pattern.rfind('/');
  const bool local = pattern.starts_with("oci:") || pattern.starts_with("oci-archive:") || pattern.starts_with("docker-archive:");
  if (!local && slash != std::string_view::npos && pattern.find(':', slash) != std::string_view::npos) return "a pattern has no tag";
  return {};
}

void BasesSection::read(const YamlNode& node, const std::vector<std::string>* verify, BaseRules& out) {
  if (!known(node, section_keys)) return;
  if (const auto word = one_of(node, "default", answers)) out.allow_others = *word == 1;
  if (const auto word = one_of(node, "scratch", answers)) out.allow_scratch = *word == 1;
  if (const auto word = one_of(node, "unseen", unseen_answers)) out.unseen = static_cast<Unseen>(*word);
  if (node.find("why") != nullptr) out.why = text(node, "why");
  if (node.find("selection") != nullptr) out.selection = text(node, "selection");
  if (node.find("variables") != nullptr) out.variables = texts(node, "variables");
  if (node.find("vendors") != nullptr) out.vendors = text(node, "vendors");
  if (const YamlNode* const rules = node.find("rules")) {
    out.rules.clear();
    names_.clear();
    for (const YamlNode* each : items(*rules, "a list of rules is expected here", example)) read_rule(*each, verify, out);
  } else if (!out.selection.empty() && out.rules.empty()) {
    out.rules.push_back(of_selection(out));
  }
}

void BasesSection::read_rule(const YamlNode& node, const std::vector<std::string>* verify, BaseRules& out) {
  if (!known(node, rule_keys)) return;
  BaseRule rule;
  rule.name = text(node, "name");
  rule.why = text(node, "why");
  read_names(node, rule);
  flag(node, "deny", rule.deny);
  flag(node, "pinned", rule.pinned);
  rule.selected = !out.selection.empty() && !rule.deny;
  flag(node, "selected", rule.selected);
  if (const YamlNode* const selected = node.find("selected"); selected != nullptr && rule.selected && out.selection.empty()) fault(*selected, "the section names no 'selection' to be in", "selection: selection.json");
  if (const YamlNode* const signer = node.find("signed")) read_signed(*signer, verify, rule);
  age(node, "max-age", rule.max_age);
  flag(node, "supported", rule.supported);
  time(node, "from", rule.from);
  time(node, "until", rule.until);
  if (rule.from && rule.until && *rule.until <= *rule.from) fault(*node.find("until"), "it ends before it begins");
  if (rule.name.empty()) rule.name = !rule.images.empty() ? rule.images.front() : !rule.vendors.empty() ? rule.vendors.front() : !rule.digests.empty() ? rule.digests.front() : std::string();
  if (!names_.insert(rule.name).second) {
    const YamlNode* const name = node.find("name");
    fault(name == nullptr ? node : *name, fmt::format("another rule is named '{}'", rule.name), "verdicts name rules: give each a name of its own");
  }
  if (rule.deny) {
    for (const std::string_view key : asked_keys) {
      if (const YamlNode* const asked = node.find(key)) fault(*asked, fmt::format("a rule that denies asks nothing: '{}' means nothing here", key));
    }
  }
  out.rules.push_back(std::move(rule));
}

void BasesSection::read_names(const YamlNode& node, BaseRule& out) {
  out.images = texts(node, "images");
  out.tags = texts(node, "tags");
  out.digests = texts(node, "digests");
  out.vendors = texts(node, "vendor");
  for (const std::string& each : out.images) {
    if (const std::string_view wrong = fault_of_images(each); !wrong.empty()) fault(*node.find("images"), fmt::format("'{}': {}", each, wrong), "images: [registry.example/team/**, registry.example/base]");
    else if (each != "**" && each.find('/') == std::string::npos) fault(*node.find("images"), fmt::format("'{}' is no full name: rules name hosts, too", each), fmt::format("images: registry.example/{}", each));
  }
  for (const std::string& each : out.digests) {
    if (const auto digest = Digest::parse(each); !digest) fault(*node.find("digests"), digest.error().message);
  }
  const bool any = node.find("images") != nullptr || node.find("digests") != nullptr || node.find("vendor") != nullptr;
  if (!any) fault(node, "a rule says which bases it is about: 'images', 'digests' or 'vendor'", example);
}

void BasesSection::read_signed(const YamlNode& node, const std::vector<std::string>* verify, BaseRule& out) {
  if (node.type != YamlNode::Type::Scalar || node.text.empty()) return fault(node, "true, false or the name of a rule of the section 'verify' is expected here", "signed: true");
  if (node.plain && node.text == "false") return;
  out.has_signature = true;
  if (verify == nullptr) return fault(node, "the policy has no section 'verify' that says whose signatures count", "verify: {rules: [{name: ours, images: registry.example/**, signed-by: release}]}");
  if (node.plain && node.text == "true") return;
  out.signature = node.text;
  if (std::ranges::find(*verify, node.text) != verify->end()) return;
  std::vector<std::string_view> names(verify->begin(), verify->end());
  const std::string near = nearest(node.text, names);
  fault(node, fmt::format("the section 'verify' has no rule '{}'", node.text), near.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
}

}  // namespace ashlar::policy
