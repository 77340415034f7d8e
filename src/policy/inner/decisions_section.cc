#include "policy/inner/decisions_section.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/amount.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 3> section_keys = {"exceptions", "assessments", "keys"};
constexpr std::array<std::string_view, 4> exception_keys = {"when", "people", "by", "at-most"};
constexpr std::array<std::string_view, 3> assessment_keys = {"when", "people", "by"};
constexpr size_t most_people = 16;  // the signatures of one record are bounded

}  // namespace

std::vector<const YamlNode*> DecisionsSection::names(const YamlNode& node, const char* example) {
  std::vector<const YamlNode*> out;
  if (node.type != YamlNode::Type::Sequence || node.items.empty()) return fault(node, "a list of names is expected here", example), out;
  for (const YamlNode& each : node.items) {
    if (each.type == YamlNode::Type::Scalar && !each.text.empty()) out.push_back(&each);
    else fault(each, "a name is expected here", example);
  }
  return out;
}

void DecisionsSection::read(const YamlNode& node, scan::DecisionRules& out) {
  if (!known(node, section_keys)) return;
  if (const YamlNode* const list = node.find("exceptions")) read_rules(*list, Of::Exceptions, out.exceptions);
  if (const YamlNode* const list = node.find("assessments")) read_rules(*list, Of::Assessments, out.assessments);
  if (const YamlNode* const people = node.find("keys")) read_people(*people, out);
}

void DecisionsSection::read_rules(const YamlNode& node, Of of, std::vector<scan::DecisionRule>& out) {
  if (node.type != YamlNode::Type::Sequence) return fault(node, "a list of rules is expected here", "- {when: critical, people: 2}");
  for (const YamlNode& each : node.items) read_rule(each, of, out);
}

void DecisionsSection::read_rule(const YamlNode& node, Of of, std::vector<scan::DecisionRule>& out) {
  const auto keys = of == Of::Exceptions ? std::span<const std::string_view>(exception_keys) : std::span<const std::string_view>(assessment_keys);
  if (!known(node, keys)) return;
  scan::DecisionRule rule;
  if (const YamlNode* const when = node.find("when")) {
    auto read = scan::parse_gate_rule(when->text);
    if (read) rule.when = std::move(*read);
    else fault(*when, read.error().message);
  }
  const YamlNode *const people = node.find("people"), *const by = node.find("by"), *const at_most = node.find("at-most");
  if (by != nullptr) {
    for (const YamlNode* each : names(*by, "by: [alice, bob]")) rule.by.insert(each->text);
    rule.people = 1;
  }
  if (people != nullptr) {
    const char* const end = people->text.data() + people->text.size();
    const auto [stop, error] = std::from_chars(people->text.data(), end, rule.people);
    if (error != std::errc() || stop != end || rule.people == 0 || rule.people > most_people) fault(*people, fmt::format("'{}' is no number of people from 1 to {}", people->text, most_people), "people: 2");
    else if (by != nullptr && !rule.by.empty() && rule.by.size() < rule.people) fault(*people, fmt::format("{} people are asked for, and 'by' names {}", rule.people, rule.by.size()));
  }
  if (at_most != nullptr) {
    const auto read = parse_age(at_most->text);
    if (read && *read > 0) rule.at_most = *read;
    else fault(*at_most, fmt::format("'{}' is no length of time", at_most->text), "at-most: 90d");
  }
  if (people == nullptr && by == nullptr && at_most == nullptr) return fault(node, "the rule asks for nothing", of == Of::Exceptions ? "give it 'people', 'by' or 'at-most'" : "give it 'people' or 'by'");
  out.push_back(std::move(rule));
}

void DecisionsSection::read_people(const YamlNode& node, scan::DecisionRules& out) {
  if (node.type != YamlNode::Type::Mapping) return fault(node, "people with the names of their keys are expected here", "keys: {alice: [alice-2025, alice-2026]}");
  for (const auto& [person, list] : node.members) {
    for (const YamlNode* each : names(list, "keys: {alice: [alice-2025, alice-2026]}")) {
      const auto [place, fresh] = out.person_of.emplace(each->text, person.text);
      if (!fresh) fault(*each, fmt::format("the key '{}' is that of '{}' already", each->text, place->second));
    }
  }
}

}  // namespace ashlar::policy
