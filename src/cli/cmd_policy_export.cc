#include "cli/cmd_policy_export.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "pipeline/export_policy.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string policy, to, now, pods, signatures = "tags", name = "ashlar", label = "ashlar.dev/environment";
  std::vector<std::string> spared;
  bool warn = false;
  pipeline::TrustSettings trust{};
};

constexpr std::array<std::string_view, 3> places = {"tags", "referrers", "bundles"};  ///< in the order of SignaturePlace

Result<std::vector<policy::PodAsk>> pods_of(const std::string& words) {
  std::vector<policy::PodAsk> out;
  if (words.empty()) return out;
  const auto known = policy::pod_rules();
  for (const std::string_view word : split(words, ',')) {
    const auto found = std::ranges::find(known, word, &policy::PodRule::name);
    if (word != "all" && found == known.end()) {
      std::vector<std::string> names{"all"};
      for (const policy::PodRule& each : known) names.emplace_back(each.name);
      return cannot(Kind::Invalid, fmt::format("ask '{}' of pods", word), fmt::format("it is none of {}", join(names, ", ")));
    }
    for (size_t at = 0; at < known.size(); ++at) {
      if (word == "all" || known[at].name == word) out.push_back(static_cast<policy::PodAsk>(at));
    }
  }
  return out;
}

Result<pipeline::ExportRequest> request_of(const Options& options) {
  if (options.to.empty()) return cannot(Kind::Invalid, "export a policy", fmt::format("say for which engine: --to {}", fmt::join(policy::engine_names(), ", or --to ")));
  pipeline::ExportRequest out;
  if (!options.policy.empty()) out.policy = options.policy;
  TRY_ASSIGN(out.wish.engine, policy::parse_engine(options.to));
  TRY_ASSIGN(out.wish.pods, pods_of(options.pods));
  const auto place = std::ranges::find(places, options.signatures);
  if (place == places.end()) return cannot(Kind::Invalid, fmt::format("look for signatures in '{}'", options.signatures), "it is none of tags, referrers, bundles");
  out.wish.signatures = static_cast<policy::SignaturePlace>(place - places.begin());
  out.wish.name = options.name;
  out.wish.label = options.label;
  out.wish.only_warn = options.warn;
  out.trust = options.trust;
  out.wish.spared.insert(out.wish.spared.end(), options.spared.begin(), options.spared.end());
  if (!options.now.empty()) {
    TRY_ASSIGN(out.now, Time::parse(options.now));
  }
  return out;
}

}  // namespace

Action declare_export(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--to", options->to, fmt::format("the engine: {}", fmt::join(policy::engine_names(), ", ")))->option_text("ENGINE");
  app.add_option("--policy", options->policy, "the policy; by default policy.yaml")->option_text("FILE");
  app.add_option("--pod-rules", options->pods, "what is asked of pods beside what the policy's 'content' does: all, or several of run-as-non-root, read-only-root, no-escalation, drop-capabilities, seccomp, with commas between them")->option_text("RULES");
  app.add_option("--signatures", options->signatures, "to kyverno: where signatures lie: in cosign's tags (the default), in referrers, or in bundles")->option_text("PLACE");
  app.add_option("--prefix", options->name, "what names of manifests begin with; 'ashlar' by default")->option_text("NAME");
  app.add_option("--label", options->label, "the label of a namespace that says its environment; by default ashlar.dev/environment")->option_text("KEY");
  app.add_option("--spare", options->spared, "a namespace that nothing is asked of, beside the system's own; repeatable")->option_text("NAMESPACE");
  app.add_flag("--warn", options->warn, "deny nothing, say what would be denied");
  app.add_option("--now", options->now, "as of this time, for what an engine cannot decide")->option_text("TIME");
  add_trust_options(app, options->trust);
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const auto request, request_of(*options));
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(const auto exported, pipeline::export_policy(workshop, request));
    if (context.json) answer(context, policy::to_json(exported));
    else context.answer->append(policy::to_yaml(exported, request.wish, request.policy.string()));
    if (context.json) return Exit::Clean;
    for (const policy::Inexpressible& each : exported.inexpressible) context.progress.note(policy::line_of(each));
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
