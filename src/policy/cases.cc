#include "policy/cases.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/case_facts.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 4> file_keys = {"policy", "facts", "cases", "about"};
constexpr std::array<std::string_view, 11> fact_keys = {"now", "environment", "image", "base", "signed", "proofs", "scan", "findings", "ledger", "reference", "selection"};
constexpr std::array<std::string_view, 14> case_keys = {"summary", "expect", "because", "now", "environment", "image", "base", "signed", "proofs", "scan", "findings", "ledger", "reference", "selection"};
constexpr std::array<std::string_view, 3> answers = {"allowed", "denied", "unknown"};  // in the order of Answer
constexpr const char* because_example = "because: [findings/critical, unknown bases/default]";

class Reader : public Section {
 public:
  explicit Reader(const YamlDocument& document) : Section(document), document_(document) {}

  void read(CaseFile& out) {
    const YamlNode& root = document_.root;
    if (!known(root, file_keys)) return;
    if (const YamlNode* const policy = root.find("policy"); policy != nullptr && policy->type == YamlNode::Type::Scalar) out.policy = text(root, "policy");
    else if (policy != nullptr) out.own = read_policy(document_, *policy, faults);
    const YamlNode *const facts = root.find("facts"), *const list = root.find("cases");
    if (facts != nullptr && !known(*facts, fact_keys)) return;
    if (list == nullptr) return fault(root, "'cases' is missing", "cases: [{summary: nothing is known, expect: unknown, because: [unknown bases/default]}]");
    for (const YamlNode* each : items(*list, "a list of cases is expected here", "cases: [{summary: nothing is known, expect: unknown, because: [unknown bases/default]}]")) read_case(*each, facts, out);
  }

 private:
  void read_case(const YamlNode& node, const YamlNode* facts, CaseFile& out) {
    if (!known(node, case_keys)) return;
    Case each{.summary = text(node, "summary"), .line = node.line};
    if (each.summary.empty()) fault(node, "a case has a 'summary'");
    else if (std::ranges::find(out.cases, each.summary, &Case::summary) != out.cases.end()) fault(node, fmt::format("another case is called '{}'", each.summary));
    if (const auto word = one_of(node, "expect", answers)) each.expected = static_cast<Answer>(*word);
    else if (node.find("expect") == nullptr) fault(node, "'expect' is missing: the verdict", "expect: denied");
    const YamlNode* const because = node.find("because");
    if (because != nullptr) {
      for (const YamlNode* line : items(*because, "a list of rules is expected here", because_example)) read_because(*line, each);
    }
    if (each.expected != Answer::Allowed && std::ranges::find(each.because, each.expected, &ExpectedReason::answer) == each.because.end()) fault(because == nullptr ? node : *because, fmt::format("it says no rule that makes it {}", to_string(each.expected)), because_example);
    if (faults.size() > 100) return;  // as many as one section says
    CaseFacts section(document_);
    section.read(node, facts, each);
    std::ranges::move(section.faults, std::back_inserter(faults));
    out.cases.push_back(std::move(each));
  }
  /// `section/rule`, with its answer before it where it is another one than the case's.
  void read_because(const YamlNode& node, Case& out) {
    ExpectedReason reason{.answer = out.expected};
    std::string_view rest = node.text;
    const auto [first, behind] = cut(rest, ' ');
    if (const auto word = std::ranges::find(answers, first); word != answers.end()) {
      reason.answer = static_cast<Answer>(word - answers.begin());
      rest = behind;
    }
    const auto [section, rule] = cut(rest, '/');
    if (node.type != YamlNode::Type::Scalar || section.empty() || rest.find('/') == std::string_view::npos) return fault(node, "a section and a rule are expected here", because_example);
    reason.section = section;
    reason.rule = rule;
    out.because.push_back(std::move(reason));
  }
  const YamlDocument& document_;
};

using Line = std::pair<Answer, std::string>;

std::string words_of(const Line& line) { return fmt::format("{} {}", to_string(line.first), line.second); }

}  // namespace

Result<CaseFile> read_cases(std::string text, std::string path) {
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path));
  CaseFile out{.path = path};
  Reader reader(document);
  reader.read(out);
  if (!reader.faults.empty()) return has_faults(fmt::format("read cases '{}'", path), std::move(reader.faults));
  return out;
}

CaseResult run(const Policy& policy, const Case& each) {
  CaseResult out;
  if (each.reference) {
    const FinishedRules* const rules = rules_in(policy, each.environment);
    if (rules == nullptr || !rules->bases) {
      out.wrong.emplace_back(rules == nullptr ? "the policy has no such environment" : "the policy has no section 'bases'");
      return out;
    }
    ReferenceVerdict verdict = ask_reference(*rules->bases, each.selection ? &*each.selection : nullptr, *each.reference, each.now);
    out.answer = verdict.answer;
    out.reasons = std::move(verdict.reasons);
    for (const std::string& pending : verdict.pending) out.reasons.push_back({Answer::Unknown, "bases", "pending", pending});
  } else {
    FinishedImage image = each.facts;
    image.report = each.report ? &*each.report : nullptr;
    image.base.selected = each.selected ? &*each.selected : nullptr;
    Judgement judgement = judge(policy, image, each.environment, each.now);
    out.answer = judgement.answer;
    out.reasons = std::move(judgement.reasons);
  }
  if (out.answer != each.expected) out.wrong.push_back(fmt::format("it is {}, not {}", to_string(out.answer), to_string(each.expected)));
  std::set<Line> said, wanted;
  for (const Reason& reason : out.reasons) said.emplace(reason.answer, reason.section + "/" + reason.rule);
  for (const ExpectedReason& reason : each.because) wanted.emplace(reason.answer, reason.section + "/" + reason.rule);
  for (const Line& line : wanted) {
    if (!said.contains(line)) out.wrong.push_back("it is not " + words_of(line));
  }
  for (const Line& line : said) {
    if (line.first != Answer::Allowed && !wanted.contains(line)) out.wrong.push_back("it is also " + words_of(line));
  }
  return out;
}

}  // namespace ashlar::policy
