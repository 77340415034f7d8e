#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "cli/lock_options.h"
#include "pipeline/configured_scan.h"
#include "pipeline/feeds.h"
#include "pipeline/make.h"
#include "pipeline/renew.h"
#include "pipeline/triage.h"

namespace ashlar::cli {
namespace {

using What = pipeline::TriageAnswer::What;

struct Options {
  std::vector<std::string> images;
  std::string fleet, policy, database, author, statements;
  KeyFlags key{};
  bool list = false;
  pipeline::LockOptions lock{};
};

/// A person at a terminal, or lines that somebody wrote before: questions go to standard error, each answer is a line of standard input.
class Talk {
 public:
  void say(std::string_view text) const { std::fputs((std::string(text) + "\n").c_str(), stderr); }
  /// Nothing: there are no more answers.
  std::optional<std::string> ask(std::string_view question) const {
    std::fputs((std::string(question) + " ").c_str(), stderr);
    std::fflush(stderr);
    std::string out;
    for (int c = std::fgetc(stdin); c != '\n'; c = std::fgetc(stdin)) {
      if (c == EOF && out.empty()) return std::nullopt;
      if (c == EOF || out.size() > 4096) break;
      out += static_cast<char>(c);
    }
    return std::string(trim(out));
  }
};

Json to_json(const pipeline::TriageItem& item) {
  Json images = Json::array(), proof = Json::array(), waiting = Json::array();
  for (const auto& each : item.images) images.push_back({{"image", each.image}, {"ref", each.ref}, {"platforms", each.platforms}, {"fixed_in", each.finding.fixed_in}, {"deadline", each.finding.deadline ? Json(each.finding.deadline->str()) : Json(nullptr)}});
  for (const auto& in : item.images) {
    for (const auto& each : in.waiting) waiting.push_back({{"image", in.image}, {"says", each.says}, {"lacks", each.lacks}, {"signed_by", each.backing.keys}});
  }
  for (const auto& each : item.sample.proof) proof.push_back({{"kind", each.kind}, {"text", each.text}});
  const auto& finding = item.finding;
  return {{"cve", finding.vulnerability}, {"package", finding.package}, {"severity", advisory::to_string(finding.severity)}, {"kev", finding.exploited}, {"epss", finding.likelihood}, {"opened", finding.opened.str()},
          {"deadline", finding.deadline ? Json(finding.deadline->str()) : Json(nullptr)}, {"fixed_in", finding.fixed_in}, {"fix_at_hand", finding.fix_at_hand}, {"summary", item.sample.summary}, {"reason", item.sample.reason},
          {"images", std::move(images)}, {"waiting", std::move(waiting)}, {"proof", std::move(proof)}};
}

/// What others have answered and one more person may sign, a line each, once.
std::vector<std::string> waiting_in(const pipeline::TriageItem& item) {
  std::vector<std::string> out;
  for (const auto& in : item.images) {
    for (const auto& each : in.waiting) {
      const std::string line = fmt::format("{}; it {}", each.says, each.lacks);
      if (std::ranges::find(out, line) == out.end()) out.push_back(line);
    }
  }
  return out;
}

/// The same beneath a row of the list, with what signs a decision.
void say_waiting(Context& context, const pipeline::TriageItem& item) {
  for (const std::string& each : waiting_in(item)) say(context, fmt::format("     waits: {}", visible(each)));
  std::vector<std::string> told;
  for (const auto& step : item.sample.proof) {
    if (step.kind == "decision" && step.text.starts_with("`ashlar except sign ") && std::ranges::find(told, step.text) == told.end()) told.push_back(step.text);
  }
  for (const std::string& each : told) say(context, faint(context, fmt::format("     {}", visible(each))));
}

/// The finding with what it rests on, in short.
std::string words(const pipeline::TriageItem& item, size_t number, size_t count) {
  std::vector<std::string> images;
  for (const auto& each : item.images) images.push_back(each.image);
  std::string out = fmt::format("\n{}/{}  {}\n", number, count, policy::in_words(item.finding));
  if (!item.sample.summary.empty()) out += fmt::format("  {}\n", visible(item.sample.summary));
  out += fmt::format("  in {}\n", join(images, ", "));
  if (!item.sample.reason.empty()) out += fmt::format("  {}\n", visible(item.sample.reason));
  constexpr size_t most = 8;
  for (size_t at = 0; at < std::min(most, item.sample.proof.size()); ++at) out += fmt::format("  {:<9} {}\n", item.sample.proof[at].kind, visible(item.sample.proof[at].text));
  if (item.sample.proof.size() > most) out += fmt::format("  and {} steps more: `ashlar explain {}`\n", item.sample.proof.size() - most, item.finding.vulnerability);
  for (const std::string& each : waiting_in(item)) out += fmt::format("  waits     {}\n", visible(each));
  return out;
}

/// A justification by its number or its word; nothing: it is neither.
std::optional<std::string> justification_of(const std::string& text) {
  const auto known = attest::vex_justifications();
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= known.size()) return std::string(known[number - 1]);
  return std::ranges::find(known, text) == known.end() ? std::nullopt : std::optional(text);
}

/// Asks for the parts of an answer; nothing: there are no more lines.
std::optional<pipeline::TriageAnswer> ask_not_affected(const Talk& talk) {
  pipeline::TriageAnswer out{.what = What::NotAffected};
  const auto known = attest::vex_justifications();
  for (size_t at = 0; at < known.size(); ++at) talk.say(fmt::format("    {} {}", at + 1, known[at]));
  for (;;) {
    const auto text = talk.ask("  why (1 to 5)?");
    if (!text) return std::nullopt;
    if (const auto word = justification_of(*text)) {
      out.justification = *word;
      break;
    }
    talk.say(fmt::format("  '{}' is none of them", visible(*text)));
  }
  const auto detail = talk.ask("  in words?");
  if (!detail) return std::nullopt;
  out.detail = *detail;
  if (out.justification != "vulnerable_code_not_present" && out.justification != "component_not_present") return out;
  const auto paths = talk.ask("  files that have the flaw, to be shown absent (/usr/bin/x, globs; nothing: not shown)?");
  if (!paths) return std::nullopt;
  for (const std::string_view each : ashlar::words(*paths)) out.absent.emplace_back(each);
  return out;
}

std::optional<pipeline::TriageAnswer> ask_accept(const Talk& talk) {
  pipeline::TriageAnswer out{.what = What::Accept};
  const auto until = talk.ask("  until (90d, or a date)?"), reason = until ? talk.ask("  why can it be lived with?") : std::nullopt;
  if (!reason) return std::nullopt;
  out.until = *until, out.reason = *reason;
  return out;
}

/// One walk through what is open.
class Walk {
 public:
  Walk(pipeline::Workshop& workshop, ledger::Ledger& ledger, const pipeline::TriageDesk& desk) : workshop_(workshop), ledger_(ledger), desk_(desk) {}

  Result<Json> go(const std::vector<pipeline::TriageItem>& items) {
    for (size_t at = 0; at < items.size(); ++at) {
      talk_.say(words(items[at], at + 1, items.size()));
      TRY_ASSIGN(const bool on, one(items[at]));
      if (!on) break;
    }
    return std::move(answers_);
  }

 private:
  /// Asks until there is an answer that can be kept; false: that is all for now.
  Result<bool> one(const pipeline::TriageItem& item) {
    for (;;) {
      const auto word = talk_.ask(std::string(waiting_in(item).empty() ? "" : "[c]o-sign what waits, ") + "[n]ot affected, [a]ccept for a time, [f]ix, [s]kip, [q]uit?");
      if (!word || *word == "q" || *word == "quit") return false;
      if (*word == "s" || *word == "skip") return true;
      std::optional<pipeline::TriageAnswer> answer;
      if (*word == "n" || *word == "not affected") answer = ask_not_affected(talk_);
      else if (*word == "a" || *word == "accept") answer = ask_accept(talk_);
      else if (*word == "f" || *word == "fix") answer = pipeline::TriageAnswer{.what = What::Fix};
      else if (*word == "c" || *word == "co-sign") answer = pipeline::TriageAnswer{.what = What::Sign};
      else {
        talk_.say(fmt::format("  '{}' is no answer", visible(*word)));
        continue;
      }
      if (!answer) return false;
      const auto done = pipeline::take_answer(workshop_, ledger_, item, *answer, desk_);
      if (!done && (done.error().kind == Kind::Invalid || done.error().kind == Kind::Conflict || done.error().kind == Kind::NotFound)) {
        talk_.say("  " + done.error().message);
        continue;
      }
      if (!done) return std::unexpected(done.error());
      keep(item, *answer, *done);
      return true;
    }
  }

  void keep(const pipeline::TriageItem& item, const pipeline::TriageAnswer& answer, const pipeline::TriageDone& done) {
    constexpr std::array<std::string_view, 4> words = {"not_affected", "accepted", "to_be_fixed", "signed"};
    for (const std::string& each : done.kept) talk_.say("  " + each);
    if (!done.lacks.empty()) talk_.say(fmt::format("  it does not count yet: it {}", done.lacks));
    answers_.push_back({{"cve", item.finding.vulnerability}, {"package", item.finding.package}, {"answer", words.at(static_cast<size_t>(answer.what))}, {"by", desk_.person}, {"kept", done.kept}, {"counts", done.lacks.empty()}, {"lacks", done.lacks}});
  }

  pipeline::Workshop& workshop_;
  ledger::Ledger& ledger_;
  const pipeline::TriageDesk& desk_;
  const Talk talk_{};
  Json answers_ = Json::array();
};

Result<pipeline::TriageDesk> desk_of(Context& context, pipeline::Workshop& workshop, const Options& options, const policy::Policy& policy, const trust::PrivateKey* key) {
  pipeline::TriageDesk out{.author = options.author, .key = key, .statements = options.statements.empty() ? pipeline::statements_path(workshop) : host::Path(options.statements), .exceptions = workshop.config.scan.exceptions, .trust = pipeline::trust_of(workshop), .rules = policy.decisions};
  if (key != nullptr) {
    TRY_ASSIGN(const auto believed, pipeline::believe(context.machine, out.trust));
    out.person = pipeline::name_of(key->public_key().digest(), believed);
    if (out.person.empty()) context.progress.note("the key is not in the keyring: what it signs counts as signed once it is (`ashlar keys add`)");
  }
  if (out.author.empty()) out.author = out.person;
  if (out.person.empty()) out.person = out.author;
  if (out.person.empty()) return cannot(Kind::Invalid, "triage", "nobody is named who answers: --key with a key of the keyring, or --author");
  if (!pipeline::counts_in_scans(workshop, out.statements)) context.progress.note(fmt::format("a scan counts '{0}' where the configuration names it (ashlar.yaml: `scan: {{statements: [{0}]}}`)", out.statements.string()));
  return out;
}

Result<Exit> run(Context& context, const Options& options) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(auto configured, pipeline::configured_scan(workshop));
  std::optional<pipeline::Fleet> fleet;
  if (options.images.empty() || !options.fleet.empty()) {
    TRY_ASSIGN(fleet, pipeline::load_fleet(context.machine, options.fleet.empty() ? "fleet.yaml" : options.fleet));
  }
  TRY_ASSIGN(const auto policy, pipeline::load_policy(context.machine, !options.policy.empty() || !fleet ? host::Path(options.policy) : fleet->policy));
  TRY_ASSIGN(const auto key, open_key(context, options.key));
  TRY_ASSIGN(const auto database, pipeline::open_database(workshop, options.database, std::nullopt));
  TRY_ASSIGN(auto ledger, pipeline::begin_ledger(workshop));
  pipeline::TriageOptions how{.watch = {.lock = options.lock, .settings = std::move(configured.settings), .trust = std::move(configured.trust), .rules = policy.decisions}, .policy = policy, .images = options.images};
  TRY_ASSIGN(const auto open, pipeline::open_findings(workshop, *database, ledger, fleet ? &*fleet : nullptr, how));
  Json items = Json::array(), unseen = Json::array(), answers = Json::array();
  for (const auto& each : open.items) items.push_back(to_json(each));
  for (const auto& [image, error] : open.unseen) {
    unseen.push_back({{"image", image}, {"error", error.message}});
    context.progress.alarm(fmt::format("'{}' could not be looked at: {}", image, error.message));
  }
  if (!options.list && !open.items.empty()) {
    TRY_ASSIGN(const auto desk, desk_of(context, workshop, options, policy, key ? &*key : nullptr));
    TRY_ASSIGN(answers, Walk(workshop, ledger, desk).go(open.items));
  }
  const size_t left = open.items.size() - answers.size();
  if (context.json) {
    answer(context, {{"schema", "https://ashlar.dev/triage/v1"}, {"now", open.now.str()}, {"open", std::move(items)}, {"unseen", std::move(unseen)}, {"answers", std::move(answers)}});
  } else {
    for (size_t at = 0; options.list && at < open.items.size(); ++at) say(context, fmt::format("{:>3}  {}; in {}", at + 1, policy::in_words(open.items[at].finding), open.items[at].images.size() == 1 ? open.items[at].images.front().image : fmt::format("{} images", open.items[at].images.size()))), say_waiting(context, open.items[at]);
    say(context, open.items.empty() ? std::string("nothing is open") : options.list ? fmt::format("{} open", open.items.size()) : fmt::format("{} answered, {} left", answers.size(), left));
  }
  return !open.unseen.empty() ? Exit::Wrong : left > 0 ? Exit::No : Exit::Clean;
}

}  // namespace

Action triage(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("IMAGE", options->images, "images, as `ashlar scan` takes them; with --fleet, repositories of the fleet. By default all that the fleet publishes");
  app.add_option("--fleet", options->fleet, "the images that are kept up to date; fleet.yaml by default")->option_text("FILE");
  app.add_option("--policy", options->policy, "what is asked of statements and decisions, and by when what is to be fixed; by default the fleet's policy")->option_text("FILE");
  app.add_flag("--list", options->list, "list what is open, most urgent first, and ask nothing");
  add_key_options(app, options->key, "the private key of the person who answers: a PEM file, cosign's too, or a key in a token (pkcs11:...)");
  app.add_option("--author", options->author, "who answers; by default the name of the key in the keyring")->option_text("NAME");
  app.add_option("--file", options->statements, "the document of statements, OpenVEX; by default vex.json beside ashlar.yaml")->option_text("FILE");
  app.add_option("--db", options->database, "this advisory database; by default the one that `ashlar feed` keeps")->option_text("FILE");
  add_lock_options(app, options->lock);
  return [options](Context& context) { return run(context, *options); };
}

}  // namespace ashlar::cli
