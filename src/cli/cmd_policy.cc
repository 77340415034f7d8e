#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/cmd_policy_export.h"
#include "cli/commands.h"
#include "cli/hints.h"
#include "cli/policy_verbs.h"
#include "pipeline/make.h"
#include "pipeline/policy_files.h"
#include "pipeline/selection.h"
#include "pipeline/workshop.h"
#include "policy/judgement_forms.h"

namespace ashlar::cli {
namespace {

Result<Exit> init(Context& context, const std::string& to) {
  TRY_ASSIGN(const auto data, pipeline::data_folder(context.machine));
  TRY_ASSIGN(const auto written, pipeline::init_policy(context.machine, data, to.empty() ? "policy.yaml" : to));
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

Result<Exit> test_cases(Context& context, const std::vector<std::string>& named, const std::string& policy) {
  std::vector<host::Path> files(named.begin(), named.end());
  if (files.empty()) files.push_back(pipeline::cases_beside(policy.empty() ? "policy.yaml" : policy));
  TRY_ASSIGN(const auto tested, pipeline::test_policy(context.machine, files, policy));
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  for (const pipeline::TestedCases& each : tested) {
    if (each.file.own) continue;
    TRY_ASSIGN(const auto read, pipeline::load_policy(context.machine, each.policy));
    TRY(pipeline::refuse_older_selections(workshop, read));
  }
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

Action declare_init(CLI::App& app) {
  const auto to = std::make_shared<std::string>();
  app.add_option("--to", *to, "the file to write, by default policy.yaml")->option_text("FILE");
  return [to](Context& context) { return init(context, *to); };
}

Action declare_test(CLI::App& app) {
  const auto files = std::make_shared<std::vector<std::string>>();
  const auto policy = std::make_shared<std::string>();
  app.add_option("FILE", *files, "files of cases; by default those beside the policy, policy.cases.yaml");
  app.add_option("--policy", *policy, "the policy; by default the one that the cases name, or the one beside them")->option_text("FILE");
  return [files, policy](Context& context) { return test_cases(context, *files, *policy); };
}

/// A new action is a row here.
constexpr PolicyVerb actions[] = {
    {"init", "writes a policy to begin with, each line with its reason, and its cases", declare_init},
    {"test", "runs example cases against the policy", declare_test},
    {"export", "writes the policy as manifests for a cluster's engine, and says what they cannot express", declare_export},
    {"select", "keeps the signed selection of bases that the team allows", declare_select},
};

}  // namespace

Action policy(CLI::App& app) {
  const auto declared = std::make_shared<std::vector<std::pair<CLI::App*, Action>>>();
  for (const PolicyVerb& each : actions) {
    CLI::App* const own = app.add_subcommand(std::string(each.name), std::string(each.summary));
    own->fallthrough();  // what every verb takes may stand behind it
    own->footer("`ashlar policy --help` shows what every action takes, as --format.");
    declared->emplace_back(own, each.declare(*own));
  }
  app.require_subcommand(0, 1);
  app.allow_extras();
  return [declared, &app](Context& context) -> Result<Exit> {
    const auto found = std::ranges::find_if(*declared, [](const auto& each) { return each.first->parsed(); });
    std::vector<std::string_view> names;
    for (const PolicyVerb& each : actions) names.push_back(each.name);
    std::vector<std::string> rest = app.remaining();
    if (found != declared->end() && rest.empty()) return found->second(context);
    if (found != declared->end()) return cannot(Kind::Invalid, fmt::format("read the command line of `policy {}`", found->first->get_name()), misreading(app, fmt::format("'{}' is not expected", rest.front())));
    if (!rest.empty() && rest.front().starts_with('-')) return cannot(Kind::Invalid, "read the command line of `policy`", misreading(app, "it says no action"));
    if (!rest.empty()) return no_action("policy", rest.front(), names);
    return cannot(Kind::Invalid, "read the command line of `policy`", fmt::format("it says no action; it takes one of {}", fmt::join(names, ", ")));
  };
}

}  // namespace ashlar::cli
