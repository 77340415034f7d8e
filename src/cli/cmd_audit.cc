#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/hints.h"
#include "cli/key_options.h"
#include "oci/ref.h"
#include "pipeline/decisions.h"
#include "pipeline/fleet.h"
#include "pipeline/keys.h"
#include "pipeline/make.h"
#include "pipeline/policy_files.h"
#include "pipeline/sla.h"
#include "pipeline/workshop.h"
#include "policy/pause.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "log", what, ref, ledger, to, policy;
  std::string image, digest, vulnerability, package, kind, since, until;
  std::string environment, by, at, reason;
  std::vector<std::string> keys, checkpoints;
  std::uint64_t after = 0;
  int password_descriptor = -1;
};

Result<pipeline::Config> config_of(const Context& context) {
  TRY_ASSIGN(const auto folders, host::folders(context.machine));
  return pipeline::read_config(context.machine, folders, context.config);
}

Result<host::Path> ledger_of(const Context& context, const Options& options) {
  if (!options.ledger.empty()) return host::Path(options.ledger);
  TRY_ASSIGN(const auto folders, host::folders(context.machine));
  return pipeline::ledger_path(folders);
}

Json to_json(const ledger::Entry& entry) {
  Json out = parse_json(ledger::canonical(entry.event, entry.number, entry.recorded), "event").value_or(Json::object());
  out["chain"] = entry.chain.str();
  return out;
}

std::string facts_of(const ledger::Event& event) {
  std::string out;
  for (const auto& [name, value] : event.facts) out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value.find(' ') == std::string::npos ? value : "'" + value + "'");
  return visible(out);
}

std::vector<std::string> row_of(const ledger::Entry& entry) {
  const ledger::Event& event = entry.event;
  std::string about = event.image;
  if (!event.digest.empty()) about += (about.empty() ? "" : "@") + event.digest.substr(0, 19);
  if (!event.environment.empty()) about += " in " + event.environment;
  std::string finding = event.vulnerability;
  if (!event.package.empty()) finding += (finding.empty() ? "" : " ") + event.package;
  return {std::to_string(entry.number), event.at.str(), std::string(to_string(event.kind)), visible(about), visible(finding), visible(event.by), facts_of(event)};
}

Result<ledger::Filter> filter_of(const Options& options) {
  ledger::Filter out{.image = options.image, .digest = options.digest, .vulnerability = options.vulnerability, .package = options.package, .after = options.after};
  if (!options.kind.empty()) {
    TRY_ASSIGN(out.kind, ledger::parse_kind(options.kind));
  }
  if (!options.since.empty()) {
    TRY_ASSIGN(out.since, Time::parse(options.since));
  }
  if (!options.until.empty()) {
    TRY_ASSIGN(out.until, Time::parse(options.until));
  }
  return out;
}

Result<Exit> log(Context& context, const Options& options) {
  TRY_ASSIGN(const auto filter, filter_of(options));
  TRY_ASSIGN(const auto path, ledger_of(context, options));
  TRY_ASSIGN(auto ledger, pipeline::open_ledger(context.machine, path));
  Json entries = Json::array();
  std::vector<std::vector<std::string>> rows = {{"NUMBER", "AT", "KIND", "IMAGE", "FINDING", "BY", "FACTS"}};
  TRY(ledger.each(filter, [&](const ledger::Entry& entry) {
    if (context.format == "jsonl") say(context, to_compact(to_json(entry)));
    else if (context.json) entries.push_back(to_json(entry));
    else rows.push_back(row_of(entry));
    return Done();
  }));
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/ledger/v1"}, {"entries", std::move(entries)}});
  else if (context.format == "text") context.answer->append(rows.size() == 1 ? "no event fits\n" : table(context, rows));
  return Exit::Clean;
}

Result<Exit> verify(Context& context, const Options& options) {
  TRY_ASSIGN(const auto path, ledger_of(context, options));
  TRY_ASSIGN(const auto config, config_of(context));
  const auto secrets = host::machine_secrets();
  std::vector<trust::PublicKey> keys;
  for (const std::string& each : options.keys) {
    TRY_ASSIGN(auto key, pipeline::open_verifying_key(each, config.keys, {.machine = context.machine, .secrets = *secrets, .descriptor = options.password_descriptor, .module = config.keys.module}, true));
    keys.push_back(std::move(key));
  }
  std::vector<std::pair<std::string, std::string>> envelopes;
  for (const std::string& each : options.checkpoints) {
    TRY_ASSIGN(std::string text, context.machine.files->read(each));
    envelopes.emplace_back(std::move(text), each);
  }
  TRY_ASSIGN(auto ledger, pipeline::open_ledger(context.machine, path));
  TRY_ASSIGN(auto found, ledger.verify(keys, envelopes));
  if (auto file = ledger.check_file(); !file) found.damages.push_back({0, std::move(file).error().message});
  Json damages = Json::array();
  for (const ledger::Damage& each : found.damages) damages.push_back({{"event", each.number}, {"what", each.what}});
  if (context.json) {
    answer(context, {{"schema", "https://ashlar.dev/ledger-verification/v1"}, {"ledger", path.string()}, {"whole", found.whole()}, {"events", found.events}, {"chain", found.chain.str()}, {"checkpoints", found.checkpoints}, {"believed", found.believed}, {"sealed", found.sealed},
                     {"damages", std::move(damages)}, {"more", found.more}});
    return found.whole() ? Exit::Clean : Exit::Damaged;
  }
  for (const ledger::Damage& each : found.damages) say(context, each.what);
  if (found.more > 0) say(context, fmt::format("and {} more", found.more));
  say(context, fmt::format("{}: {} events, chain {}", found.whole() ? "whole" : "damaged", found.events, found.chain.str()));
  if (found.checkpoints == 0) say(context, "no checkpoint: what was cut off at the end, or a chain that was computed anew, would not be seen (`ashlar audit checkpoint` makes one)");
  else say(context, fmt::format("{} checkpoint{}, {}; events up to {} are sealed{}", found.checkpoints, found.checkpoints == 1 ? "" : "s", keys.empty() ? std::string("whose signatures nobody asked for (--key)") : fmt::format("{} signed by the keys given", found.believed), found.sealed,
                              found.sealed < found.events ? fmt::format(", {} after it are not", found.events - found.sealed) : ""));
  return found.whole() ? Exit::Clean : Exit::Damaged;
}

Result<Exit> checkpoint(Context& context, const Options& options) {
  if (options.keys.size() != 1) return cannot(Kind::Invalid, "make a checkpoint", "it takes one private key: --key KEY");
  TRY_ASSIGN(const auto key, open_private_key(context, {options.keys[0], options.password_descriptor}));
  TRY_ASSIGN(const auto path, ledger_of(context, options));
  TRY_ASSIGN(auto ledger, pipeline::open_ledger(context.machine, path));
  TRY_ASSIGN(const std::string envelope, ledger.seal(key, context.machine.clock->now()));
  TRY_ASSIGN(const auto sealed, ledger::read_checkpoint(envelope, "of the ledger"));
  const ledger::Checkpoint& found = sealed.checkpoint;
  if (!options.to.empty()) TRY(context.machine.files->write(options.to, envelope + "\n"));
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/ledger-seal/v1"}, {"events", found.size}, {"chain", found.chain.str()}, {"file", options.to}, {"checkpoint", parse_json(envelope, "checkpoint").value_or(Json())}});
  else if (options.to.empty()) say(context, envelope);
  else say(context, fmt::format("{} events are sealed, chain {}; '{}' is to be kept elsewhere", found.size, found.chain.str(), options.to));
  return Exit::Clean;
}

/// The digest that is meant: the reference's own, else what the ledger says its tag was moved to last, forwards, back, or as a canary's.
Result<std::string> digest_of(ledger::Ledger& ledger, const oci::ImageRef& ref, const std::string& image, Time at) {
  if (!ref.digest.empty()) return ref.digest;
  TRY_ASSIGN(const auto entries, ledger.read({.image = image}));
  std::string out;
  for (const ledger::Entry& each : entries) {
    const ledger::Event& event = each.event;
    const bool moves = event.kind == ledger::Kind::Promoted || event.kind == ledger::Kind::RolledBack || (event.kind == ledger::Kind::Noted && event.fact("what") == "canary");
    if (!moves || event.at > at) continue;
    const std::string tag = event.fact("tag");
    const auto tags = words(tag);
    if (std::ranges::find(tags, ref.tag) != tags.end()) out = event.digest;
  }
  if (!out.empty()) return out;
  return cannot(Kind::NotFound, fmt::format("report '{}'", ref.str()), "the ledger knows of no digest under this tag: name it as REPO@sha256:...");
}

/// Appends what somebody says. `worth`: members of the answer on whether that counts.
Result<Exit> write_down(Context& context, ledger::Ledger& ledger, const ledger::Event& event, Time now, const std::string& words, const Json& worth = Json::object()) {
  TRY_ASSIGN(const auto number, ledger.append({&event, 1}, now));
  if (!context.json) return say(context, fmt::format("event {}: {}", number, words)), Exit::Clean;
  Json out = {{"schema", "https://ashlar.dev/ledger-report/v1"}, {"number", number}, {"kind", ledger::to_string(event.kind)}, {"image", event.image}, {"by", event.by}};
  for (const auto& [name, text] : {std::pair("digest", event.digest), {"environment", event.environment}, {"vulnerability", event.vulnerability}, {"package", event.package}, {"until", event.fact("until")}}) {
    if (!text.empty()) out[name] = text;
  }
  out.update(worth);
  answer(context, std::move(out));
  return Exit::Clean;
}

/// Says of an event whose key it is that was given, among those who are believed now.
Done sign_in(Context& context, const Options& options, ledger::Event& event) {
  TRY_ASSIGN(const auto key, open_private_key(context, {options.keys[0], options.password_descriptor}));
  TRY_ASSIGN(const auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(const auto worth, pipeline::worth_of(context.machine, pipeline::trust_of(workshop), key));
  if (worth.keys.empty()) return cannot(Kind::Invalid, fmt::format("report '{}'", options.what), worth.faults.empty() ? "the key is not in the keyring (`ashlar keys add`)" : worth.faults.front());
  event.by = *worth.keys.begin();
  event.facts.emplace("key", key.public_key().digest().str());
  return {};
}

/// Whether a pause counts, in words to put behind it and as members of an answer: by the policy that is named or the project's own, where that has an agreement.
struct Worth {
  std::string words;
  Json members = Json::object();
};
Result<Worth> worth_of_pause(const Context& context, const Options& options, const ledger::Event& event) {
  const std::string path = pipeline::policy_or_own(context.machine, options.policy).string();
  std::optional<policy::SlaRules> rules;
  if (!path.empty()) {
    TRY_ASSIGN(const auto policy, pipeline::load_policy(context.machine, path));
    rules = policy.sla;
  }
  if (!options.policy.empty() && !rules) return cannot(Kind::Invalid, fmt::format("take policy '{}'", path), "it has no section 'sla'");
  if (!rules) return Worth{"; whether that counts is for the policy to say, in `sla.pauses`: `ashlar sla --policy FILE` shows it"};
  const std::string refused = policy::pause_refused(*rules, event);
  Worth out{refused.empty() ? "" : fmt::format("; by '{}' that does not count: {}", path, refused), {{"policy", path}, {"counts", refused.empty()}}};
  if (!refused.empty()) out.members["why"] = refused;
  return out;
}

/// A clock stands still, or goes on: somebody whose key is believed says so, from now on. It is written down whether or not that person may, and said.
Result<Exit> report_pause(Context& context, const Options& options, ledger::Kind kind) {
  const std::string what = fmt::format("report '{}'", options.what);
  if (options.ref.empty() && options.vulnerability.empty()) return cannot(Kind::Invalid, what, "it takes what it is about: an image, --vulnerability, or both");
  if (!options.by.empty() || !options.at.empty()) return cannot(Kind::Invalid, what, "it is said by whose --key it is, and holds from now on: it takes no --by and no --at");
  if (options.keys.size() != 1) return cannot(Kind::Invalid, what, "it takes one private key, of whoever grants it: --key KEY");
  if (kind == ledger::Kind::Paused && trim(options.reason).empty()) return cannot(Kind::Invalid, what, "it takes a reason: --reason TEXT");
  const Time now = context.machine.clock->now();
  ledger::Event event{.kind = kind, .at = now, .vulnerability = options.vulnerability, .package = options.package};
  if (!options.ref.empty()) {
    TRY_ASSIGN(const auto ref, oci::ImageRef::parse(options.ref));
    event.image = pipeline::ledger_name(ref);
  }
  TRY(sign_in(context, options, event));
  if (!options.reason.empty()) event.facts.emplace("reason", options.reason);
  if (!options.until.empty()) {
    TRY_ASSIGN(const Time until, pipeline::end_of(options.until, now));
    if (until <= now) return cannot(Kind::Invalid, what, fmt::format("its end, {}, has passed", until.str()));
    event.facts.emplace("until", until.str());
  }
  TRY_ASSIGN(const auto path, ledger_of(context, options));
  TRY_ASSIGN(auto ledger, pipeline::open_ledger(context.machine, path));
  TRY_ASSIGN(const auto known, ledger.last({.image = event.image, .vulnerability = event.vulnerability, .package = event.package}));
  if (!known) return cannot(Kind::NotFound, what, "the ledger knows of nothing that this is about: look at `ashlar audit log`");
  Worth worth;
  if (kind == ledger::Kind::Paused) {
    TRY_ASSIGN(worth, worth_of_pause(context, options, event));
  }
  const std::string about = fmt::format("{}{}{}", event.vulnerability, event.vulnerability.empty() || event.image.empty() ? "" : " in ", event.image);
  return write_down(context, ledger, event, now, fmt::format("the clocks of {} {}, as '{}' says{}", about, kind == ledger::Kind::Paused ? "stand still" + (options.until.empty() ? "" : " until " + event.fact("until")) : std::string("go on"), event.by, worth.words), worth.members);
}

Result<Exit> report(Context& context, const Options& options) {
  if (options.what == "paused") return report_pause(context, options, ledger::Kind::Paused);
  if (options.what == "resumed") return report_pause(context, options, ledger::Kind::Resumed);
  if (options.what != "deployed") return cannot(Kind::Invalid, fmt::format("report '{}'", options.what), "what is reported is 'deployed', 'paused' or 'resumed'");
  if (options.ref.empty() || options.environment.empty() || (options.by.empty() == options.keys.empty()) || options.keys.size() > 1) return cannot(Kind::Invalid, "report a deployment", "it takes a reference, --environment and --by, or in its place --key of whoever says so");
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(options.ref));
  TRY_ASSIGN(const auto path, ledger_of(context, options));
  const Time now = context.machine.clock->now();
  ledger::Event event{.kind = ledger::Kind::Deployed, .at = now, .image = pipeline::ledger_name(ref), .environment = options.environment, .by = options.by};
  if (!options.at.empty()) {
    TRY_ASSIGN(event.at, Time::parse(options.at));
  }
  if (!options.keys.empty()) TRY(sign_in(context, options, event));
  if (event.at.seconds > now.seconds + 300) return cannot(Kind::Invalid, "report a deployment", fmt::format("{} has not come yet", event.at.str()));
  TRY_ASSIGN(auto ledger, ledger::Ledger::open(path));
  TRY_ASSIGN(event.digest, digest_of(ledger, ref, event.image, event.at));
  return write_down(context, ledger, event, now, fmt::format("{}@{} is in {} since {}", event.image, event.digest, event.environment, event.at.str()));
}

struct Row {
  std::string_view name;
  Result<Exit> (*run)(Context& context, const Options& options);
};

}  // namespace

Action audit(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "log (the default): the events; verify: whether they are what was written; checkpoint: seal them; report: say that something was deployed, or that clocks stand still or go on");
  app.add_option("WHAT", options->what, "with report: deployed, paused (clocks stand still) or resumed");
  app.add_option("REF", options->ref, "with report: the image, docker://HOST/REPO@DIGEST, or with a tag that the ledger knows the digest of; of paused and resumed its repository counts");
  app.add_option("--ledger", options->ledger, "this ledger; by default the one in the folder of state")->option_text("FILE");
  app.add_option("--image", options->image, "with log: of this repository")->option_text("REPO");
  app.add_option("--digest", options->digest, "with log: of this digest")->option_text("DIGEST");
  app.add_option("--vulnerability", options->vulnerability, "with log: on this vulnerability; with report paused and resumed: whose clocks")->option_text("ID");
  app.add_option("--package", options->package, "with log: in this source package; with report paused and resumed likewise")->option_text("NAME");
  app.add_option("--kind", options->kind, "with log: of this kind, as promoted")->option_text("KIND");
  app.add_option("--since", options->since, "with log: what happened from then on")->option_text("TIME");
  app.add_option("--until", options->until, "with log: what happened before; with report paused: until when, a date or a length (14d)")->option_text("TIME");
  app.add_option("--after", options->after, "with log: numbers above this one")->option_text("NUMBER");
  app.add_option("--key", options->keys, "with verify: a public key that must have signed the checkpoints, repeatable; with checkpoint: the private key that signs; with report: that of whoever says so")->option_text("KEY");
  app.add_option("--password-fd", options->password_descriptor, "the key's password is the first line of this open descriptor; otherwise ASHLAR_KEY_PASSWORD or COSIGN_PASSWORD has it, or the terminal is asked")->option_text("N");
  app.add_option("--checkpoint", options->checkpoints, "with verify: a checkpoint that was kept elsewhere, repeatable")->option_text("FILE");
  app.add_option("-o,--to", options->to, "with checkpoint: write it to this file, too")->option_text("FILE");
  app.add_option("--environment", options->environment, "with report: where it runs")->option_text("NAME");
  app.add_option("--by", options->by, "with report deployed: who says so, where no --key shows it")->option_text("WHO");
  app.add_option("--reason", options->reason, "with report paused and resumed: why")->option_text("TEXT");
  app.add_option("--policy", options->policy, "with report paused: say whether that counts by this policy's section 'sla'; policy.yaml by default, where it has one")->option_text("FILE");
  app.add_option("--at", options->at, "with report: since when; now by default")->option_text("TIME");
  return [options](Context& context) -> Result<Exit> {
    constexpr std::array actions = {Row{"log", log}, Row{"verify", verify}, Row{"checkpoint", checkpoint}, Row{"report", report}};
    TRY_ASSIGN(const Row* const row, action_of("audit", actions, options->action));
    if (row->name != "report" && !options->what.empty()) return cannot(Kind::Invalid, fmt::format("audit {}", row->name), fmt::format("it takes no '{}'", options->what));
    return row->run(context, *options);
  };
}

}  // namespace ashlar::cli
