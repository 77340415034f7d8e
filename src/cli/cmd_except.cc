#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/hints.h"
#include "cli/key_options.h"
#include "pipeline/decisions.h"
#include "pipeline/feeds.h"
#include "pipeline/make.h"
#include "pipeline/policy_files.h"
#include "pipeline/standing.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "list", argument, file, database, target, policy;
  pipeline::DecisionWish wish;
  KeyFlags key{};
};

struct Row {
  std::string_view name;
  Result<Exit> (*run)(Context& context, pipeline::Workshop& workshop, const Options& options);
  std::string_view takes;  ///< what the argument is; empty: it takes none
};

/// The files that are meant: the one that is named, or those of the configuration.
std::vector<pipeline::DecisionsFile> files_of(const pipeline::Workshop& workshop, const Options& options) {
  return options.file.empty() ? workshop.config.scan.exceptions : std::vector{pipeline::DecisionsFile{options.file, {}}};
}

std::string_view standing(const scan::Exception& exception, const std::string& lacks, Time now) { return exception.revoked ? "revoked" : exception.expires <= now ? "ended" : lacks.empty() ? "holds" : "waits"; }

/// With who signed it and whether that is worth something now, where that was looked at. `lacks`: why it does not count for the policy.
Json json_of(const scan::Exception& exception, const std::string& lacks, Time now) {
  Json out = scan::to_json(std::vector{exception})["exceptions"][0];
  out["standing"] = standing(exception, lacks, now);
  out["lacks"] = lacks;
  out["signed_by"] = exception.backing.keys;
  out["not_counted"] = exception.backing.faults;
  return out;
}

/// What the policy that is named, or the project's, asks of decisions; nothing where there is none.
Result<scan::DecisionRules> rules_of(const Context& context, const Options& options) {
  const host::Path path = pipeline::policy_or_own(context.machine, options.policy);
  if (path.empty()) return scan::DecisionRules();
  TRY_ASSIGN(auto policy, pipeline::load_policy(context.machine, path));
  return std::move(policy.decisions);
}

Exit say_one(Context& context, const host::Path& path, const scan::Exception& exception, const std::string& line, const std::string& lacks = {}) {
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/exception/v1"}, {"file", path.string()}, {"exception", json_of(exception, lacks, context.machine.clock->now())}});
  else say(context, line);
  return Exit::Clean;
}

Result<pipeline::Known> known_of(Context& context, pipeline::Workshop& workshop, const Options& options, const pipeline::DecisionWish& wish) {
  host::Path path = options.database;
  if (path.empty()) {
    TRY_ASSIGN(path, pipeline::find_database(workshop, {}));
  }
  TRY_ASSIGN(const auto database, pipeline::open_database(workshop, path, {}));
  if (options.target.empty()) return pipeline::what_is_known(*database, wish.vulnerability, wish.package);
  pipeline::ScanOptions how{.settings = workshop.config.scan, .trust = pipeline::trust_of(workshop)};
  how.settings.exceptions.clear();  // what is known depends on no decision, and the first one makes the file
  TRY_ASSIGN(const auto report, pipeline::scan(context.machine, *database, options.target, how));
  return pipeline::what_is_known(report, wish.vulnerability, wish.package);
}

/// What the signatures of one decision are worth.
Done look_at_signatures(pipeline::Workshop& workshop, scan::Exception& exception) {
  std::vector<scan::Exception> one = {std::move(exception)};
  TRY(pipeline::stand_behind(workshop.machine, pipeline::trust_of(workshop), workshop.machine.clock->now(), one));
  exception = std::move(one.front());
  return {};
}

Result<Exit> add(Context& context, pipeline::Workshop& workshop, const Options& options) {
  pipeline::DecisionWish wish = options.wish;
  wish.vulnerability = options.argument;
  const host::Path path = files_of(workshop, options).front().path;
  TRY_ASSIGN(const auto known, known_of(context, workshop, options, wish));
  TRY_ASSIGN(const auto key, open_key(context, options.key));
  TRY_ASSIGN(auto made, pipeline::add_decision(context.machine, path, wish, known, key ? &*key : nullptr));
  TRY(look_at_signatures(workshop, made));
  TRY_ASSIGN(const auto rules, rules_of(context, options));
  const std::string lacks = pipeline::lacks_of(made, rules, context.machine.clock->now());
  if (!lacks.empty()) context.progress.note(fmt::format("{} does not count yet: it {}; {}", made.id, lacks, pipeline::sign_it(made)));
  if (!known.named) context.progress.note(fmt::format("no feed names '{}' in {}: the decision holds as soon as one does; feeds name packages of distributions by their source", wish.package, wish.vulnerability));
  return say_one(context, path, made,
                 fmt::format("{}: '{}' lives with {} in '{}' until {} (known now: severity {}{}, {})", made.id, made.owner, made.vulnerability, made.package, made.expires.date(), advisory::to_string(made.severity),
                             made.exploited ? ", exploited" : "", made.fixed_in.empty() ? std::string("no fix everywhere") : "fixed in " + made.fixed_in), lacks);
}

Result<Exit> list(Context& context, pipeline::Workshop& workshop, const Options& options) {
  const auto files = files_of(workshop, options);
  const Time now = context.machine.clock->now();
  TRY_ASSIGN(const auto rules, rules_of(context, options));
  Json records = Json::array();
  std::vector<std::string> waiting;
  std::vector<std::vector<std::string>> rows = {{"ID", "STANDING", "VULNERABILITY", "PACKAGE", "IMAGE", "OWNER", "UNTIL", "SIGNED BY", "FILE", "REASON"}};
  for (const auto& file : files) {
    TRY_ASSIGN(auto all, pipeline::read_decisions(*context.machine.files, std::vector{file}));
    TRY(pipeline::stand_behind(context.machine, pipeline::trust_of(workshop), now, all));
    for (const auto& each : all) {
      const std::string lacks = pipeline::lacks_of(each, rules, now);
      if (!lacks.empty()) waiting.push_back(fmt::format("{} waits: it {}; {}", each.id, lacks, pipeline::sign_it(each)));
      records.push_back(json_of(each, lacks, now));
      records.back()["file"] = file.path.string();
      rows.push_back({each.id, std::string(standing(each, lacks, now)), each.vulnerability, each.package.empty() ? "any" : each.package, each.image.empty() ? "any" : each.image, each.owner, each.expires.date(), signed_by(each.backing), file.path.string(), each.reason});
    }
  }
  const std::string first = files.front().path.string();
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/exception-list/v1"}, {"file", first}, {"exceptions", std::move(records)}});
  else if (records.empty()) say(context, fmt::format("'{}' has no decision", first));
  else context.answer->append(table(context, rows));
  for (const std::string& each : waiting) context.progress.note(each);
  return Exit::Clean;
}

Result<Exit> sign(Context& context, pipeline::Workshop& workshop, const Options& options) {
  if (options.key.key.empty()) return cannot(Kind::Invalid, "except sign", "--key is missing: whose signature it is");
  TRY_ASSIGN(const auto path, pipeline::file_of_decision(*context.machine.files, files_of(workshop, options), options.argument));
  TRY_ASSIGN(const auto key, open_private_key(context, options.key));
  TRY_ASSIGN(const auto before, pipeline::read_decisions(*context.machine.files, path));
  TRY_ASSIGN(auto done, pipeline::sign_decision(context.machine, path, options.argument, key));
  const auto was = std::ranges::find(before, done.id, &scan::Exception::id);
  const bool again = was != before.end() && was->signatures.size() == done.signatures.size();
  TRY(look_at_signatures(workshop, done));
  TRY_ASSIGN(const auto rules, rules_of(context, options));
  const std::string lacks = pipeline::lacks_of(done, rules, context.machine.clock->now());
  if (again) context.progress.note(fmt::format("this key had signed {} before: that is no second signature", done.id));
  std::string line = fmt::format("{} on {} in '{}' is signed by: {}", done.id, done.vulnerability, done.package, signed_by(done.backing));
  if (!lacks.empty()) line += fmt::format("; it does not count yet: it {}", lacks);
  return say_one(context, path, done, line, lacks);
}

Result<Exit> revoke(Context& context, pipeline::Workshop& workshop, const Options& options) {
  TRY_ASSIGN(const auto path, pipeline::file_of_decision(*context.machine.files, files_of(workshop, options), options.argument));
  TRY_ASSIGN(const auto ended, pipeline::revoke_decision(context.machine, path, options.argument));
  return say_one(context, path, ended, fmt::format("{} on {} in '{}' is revoked; the record stays in '{}'", ended.id, ended.vulnerability, ended.package, path.string()));
}

}  // namespace

Action except(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "add (a decision to live with a finding for a time), list (the default), sign (one that is there), revoke");
  app.add_option("ARGUMENT", options->argument, "with add: the vulnerability, CVE-2026-0001. With sign and revoke: the decision, E-1");
  app.add_option("--package", options->wish.package, "with add: the package or source package")->option_text("NAME");
  app.add_option("--image", options->wish.image, "with add: in this image alone, by repository or sha256:DIGEST; by default in any")->option_text("IMAGE");
  app.add_option("--owner", options->wish.owner, "with add: who answers for it")->option_text("NAME");
  app.add_option("--reason", options->wish.reason, "with add: why it can be lived with")->option_text("TEXT");
  app.add_option("--expires", options->wish.expires, "with add: until when, a date (2027-01-31) or a length (90d)")->option_text("TIME");
  app.add_option("--target", options->target, "with add: what is known now is read from a scan of this, as `ashlar scan` takes it; by default from the whole database")->option_text("TARGET");
  app.add_option("--db", options->database, "with add: this advisory database; by default the one that `ashlar feed` keeps")->option_text("FILE");
  app.add_option("--file", options->file, "the file of decisions; by default those of the configuration, where new ones go into the project's: exceptions.json beside ashlar.yaml, or here")->option_text("FILE");
  app.add_option("--policy", options->policy, "what is asked of decisions (section 'decisions'), for which list and sign say whether they count; by default policy.yaml in this folder")->option_text("FILE");
  add_key_options(app, options->key, "with add and sign: the private key of the person who decides: a PEM file, cosign's too, or a key in a token (pkcs11:...)");
  return [options](Context& context) -> Result<Exit> {
    constexpr std::array actions = {Row{"add", add, "the vulnerability"}, Row{"list", list, ""}, Row{"sign", sign, "the decision"}, Row{"revoke", revoke, "the decision"}};
    TRY_ASSIGN(const Row* const row, action_of("except", actions, options->action));
    if (row->takes.empty() != options->argument.empty())
      return cannot(Kind::Invalid, fmt::format("except {}", row->name), row->takes.empty() ? fmt::format("it takes no '{}'", options->argument) : fmt::format("{} is missing", row->takes));
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    return row->run(context, workshop, *options);
  };
}

}  // namespace ashlar::cli
