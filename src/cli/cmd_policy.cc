#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/policy_verbs.h"
#include "pipeline/policy_files.h"
#include "pipeline/workshop.h"
#include "policy/judgement_forms.h"

namespace ashlar::cli {
namespace {

Result<Exit> init(Context& context, const PolicyOptions& options) {
  if (!options.arguments.empty()) return cannot(Kind::Invalid, "write a policy", fmt::format("'{}' is not expected: --to FILE says where", options.arguments.front()));
  TRY_ASSIGN(const auto data, pipeline::data_folder(context.machine));
  TRY_ASSIGN(const auto written, pipeline::init_policy(context.machine, data, options.to.empty() ? "policy.yaml" : options.to));
  if (context.json) {
    Json files = Json::array();
    for (const host::Path& each : written) files.push_back(each.string());
    answer(context, {{"schema", "https://ashlar.dev/policy-init/v1"}, {"files", std::move(files)}});
    return Exit::Clean;
  }
  for (const host::Path& each : written) say(context, fmt::format("wrote '{}'", each.string()));
  say(context, "It admits nothing until it names your registry, your keys and your selection. `ashlar policy test` shows what it says of the cases beside it.");
  return Exit::Clean;
}

Json to_json(const pipeline::TestedCases& tested) {
  Json cases = Json::array();
  for (size_t at = 0; at < tested.results.size(); ++at) {
    const policy::Case& each = tested.file.cases[at];
    const policy::CaseResult& result = tested.results[at];
    Json reasons = Json::array();
    for (const policy::Reason& reason : result.reasons) reasons.push_back(policy::to_json(reason));
    cases.push_back({{"summary", each.summary}, {"line", each.line}, {"passed", result.wrong.empty()}, {"expected", to_string(each.expected)}, {"verdict", to_string(result.answer)}, {"wrong", result.wrong}, {"reasons", std::move(reasons)}});
  }
  return {{"path", tested.path}, {"policy", tested.policy}, {"cases", std::move(cases)}};
}

void show(Context& context, const pipeline::TestedCases& tested) {
  std::vector<std::vector<std::string>> rows = {{"", "VERDICT", "CASE", "RULES"}};
  for (size_t at = 0; at < tested.results.size(); ++at) {
    const policy::CaseResult& result = tested.results[at];
    std::vector<std::string> rules;
    for (const policy::Reason& reason : result.reasons) {
      std::string rule = reason.section + "/" + reason.rule;
      if (reason.answer == result.answer && result.answer != policy::Answer::Allowed && std::ranges::find(rules, rule) == rules.end()) rules.push_back(std::move(rule));
    }
    rows.push_back({result.wrong.empty() ? "ok" : "WRONG", std::string(to_string(result.answer)), visible(tested.file.cases[at].summary), visible(join(rules, ", "))});
  }
  say(context, fmt::format("{} by {}", tested.path, tested.policy));
  context.answer->append(table(context, rows));
  for (size_t at = 0; at < tested.results.size(); ++at) {
    for (const std::string& line : tested.results[at].wrong) say(context, fmt::format("{}:{}: {}", tested.path, tested.file.cases[at].line, visible(line)));
  }
}

Result<Exit> test_cases(Context& context, const PolicyOptions& options) {
  std::vector<host::Path> files(options.arguments.begin(), options.arguments.end());
  if (files.empty()) files.push_back(pipeline::cases_beside(options.policy.empty() ? "policy.yaml" : options.policy));
  TRY_ASSIGN(const auto tested, pipeline::test_policy(context.machine, files, options.policy));
  size_t all = 0, wrong = 0;
  Json list = Json::array();
  for (const pipeline::TestedCases& each : tested) {
    all += each.results.size();
    wrong += each.wrong();
    if (context.json) list.push_back(to_json(each));
    else show(context, each);
  }
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/policy-test/v1"}, {"passed", wrong == 0}, {"files", std::move(list)}});
  else say(context, fmt::format("{} of {} cases are as they say", all - wrong, all));
  return wrong == 0 ? Exit::Clean : Exit::No;
}

PolicyAction declare_init(CLI::App&) { return init; }
PolicyAction declare_test(CLI::App&) { return test_cases; }

/// A new action is a row here.
constexpr PolicyVerb actions[] = {
    {"init", "writes a policy to begin with, each line with its reason, and its cases", declare_init},
    {"test", "runs example cases against the policy", declare_test},
};

}  // namespace

Action policy(CLI::App& app) {
  struct Options : PolicyOptions { std::string action; };
  const auto options = std::make_shared<Options>();
  const auto declared = std::make_shared<std::vector<PolicyAction>>();
  std::string help;
  std::vector<std::string> names;
  for (const PolicyVerb& each : actions) {
    names.emplace_back(each.name);
    help += fmt::format("{}'{}' {}", help.empty() ? "" : "; ", each.name, each.summary);
  }
  app.add_option("ACTION", options->action, help)->required()->check(CLI::IsMember(names));
  app.add_option("ARGUMENT", options->arguments, "of test: files of cases; by default those beside the policy, policy.cases.yaml");
  app.add_option("--policy", options->policy, "the policy; by default policy.yaml")->option_text("FILE");
  app.add_option("--to", options->to, "of init: the file to write; by default policy.yaml")->option_text("FILE");
  for (const PolicyVerb& each : actions) declared->push_back(each.declare(app));
  return [options, declared](Context& context) -> Result<Exit> {
    const auto* const found = std::ranges::find(actions, options->action, &PolicyVerb::name);
    return (*declared)[static_cast<size_t>(found - std::begin(actions))](context, *options);
  };
}

}  // namespace ashlar::cli
