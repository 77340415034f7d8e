#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/hints.h"
#include "cli/key_options.h"
#include "pipeline/feeds.h"
#include "pipeline/keys.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "list", key;
  std::vector<std::string> arguments;
  bool replace = false;
  int descriptor = -1;
};

/// An action of the verb; `one`: it takes one argument.
struct Row {
  std::string_view name;
  Result<Exit> (*run)(Context& context, const Options& options);
  bool one;
};

/// Standard input as bytes, read when a feed is `-`.
class Standard final : public Source {
 public:
  explicit Standard(host::Files& files) : files_(files) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    if (!open_) {
      TRY_ASSIGN(text_, files_.read("/dev/stdin"));
      open_ = true;
    }
    const size_t count = std::min(out.size(), text_.size() - at_);
    std::copy_n(as_bytes(text_).begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }

 private:
  host::Files& files_;
  std::string text_;
  size_t at_ = 0;
  bool open_ = false;
};

std::string joined_news(const advisory::FeedNews& news) {
  std::string out = fmt::format("{}: {} new, {} changed", news.feed, news.added, news.changed);
  if (!news.withdrawn.empty()) out += fmt::format(", {} withdrawn", news.withdrawn.size());
  return out;
}

/// The first ten by name.
std::string named(const std::vector<std::string>& ids) {
  constexpr size_t most = 10;
  const std::string first = join(std::span(ids).first(std::min(ids.size(), most)), ", ");
  return ids.size() > most ? fmt::format("{} and {} more", first, ids.size() - most) : first;
}

/// What somebody should look at: findings may have gone with these.
void sound_alarms(Progress& progress, const advisory::FeedNews& news) {
  if (!news.vanished.empty()) progress.alarm(fmt::format("feed '{}' no longer has {} of its records ({})", news.feed, news.vanished.size(), named(news.vanished)));
  if (!news.withdrawn.empty()) progress.alarm(fmt::format("feed '{}' has withdrawn {} of its records ({})", news.feed, news.withdrawn.size(), named(news.withdrawn)));
  if (!news.retracted.empty()) progress.alarm(fmt::format("feed '{}' no longer calls affected what {} of its records did ({})", news.feed, news.retracted.size(), named(news.retracted)));
}

/// All did not go well: what is damaged goes before what could not be had.
Exit exit_of(const std::vector<advisory::FeedFault>& faults) {
  if (faults.empty()) return Exit::Clean;
  const bool damaged = std::ranges::any_of(faults, [](const auto& each) { return each.error.kind == Kind::Corrupt || each.error.kind == Kind::Denied; });
  const bool absent = std::ranges::any_of(faults, [](const auto& each) { return each.error.kind == Kind::Unavailable; });
  return damaged ? Exit::Damaged : absent ? Exit::Unavailable : Exit::Wrong;
}

Exit say_update(Context& context, const pipeline::FeedUpdate& update) {
  if (context.json) {
    Json news = Json::array(), faults = Json::array();
    for (const auto& each : update.compiled.news) news.push_back({{"feed", each.feed}, {"added", each.added}, {"changed", each.changed}, {"vanished", each.vanished}, {"withdrawn", each.withdrawn}, {"retracted", each.retracted}});
    for (const auto& each : update.faults) faults.push_back({{"feed", each.feed}, {"error", each.error.message}});
    Json notes = Json::array();
    for (const auto& each : update.compiled.notes) notes.push_back({{"feed", each.feed}, {"what", each.what}, {"first", each.first}, {"count", each.count}});
    answer(context, {{"schema", "https://ashlar.dev/feed-update/v1"}, {"database", update.database.string()}, {"written", update.written}, {"fetched", update.fetched}, {"unchanged", update.unchanged},
                     {"records", update.compiled.records}, {"news", std::move(news)}, {"notes", std::move(notes)}, {"faults", std::move(faults)}});
  } else {
    for (const auto& each : update.compiled.news) say(context, joined_news(each));
    for (const auto& each : update.compiled.notes) {
      if (context.verbose) say(context, fmt::format("{}: {} ({} records, {} first)", each.feed, each.what, each.count, each.first));
    }
    say(context, update.written ? fmt::format("the database has {} advisories; feeds: {} fetched, {} unchanged", update.compiled.records, update.fetched.size(), update.unchanged.size())
                                : std::string("nothing is new"));
  }
  for (const auto& each : update.compiled.news) sound_alarms(context.progress, each);
  for (const auto& each : update.faults) context.progress.alarm(fmt::format("feed '{}' stays as it was: {}", each.feed, each.error.message));
  return exit_of(update.faults);
}

Result<Exit> update(Context& context, const Options& options) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  std::vector<pipeline::FeedWish> wishes;
  for (const std::string& name : options.arguments) {
    const size_t equals = name.find('=');
    wishes.push_back({name.substr(0, equals), equals == std::string::npos ? std::string() : name.substr(equals + 1)});
  }
  Standard input(*context.machine.files);
  TRY_ASSIGN(const auto done, pipeline::update_feeds(workshop, wishes, input));
  return say_update(context, done);
}

std::string age_of(Time dated, Time now) {
  const std::int64_t hours = (now.seconds - dated.seconds) / 3600;
  return hours < 48 ? fmt::format("{} h", hours) : fmt::format("{} d", hours / 24);
}

Result<Exit> list(Context& context, const Options&) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(const auto feeds, pipeline::known_feeds(workshop));
  const Time now = context.machine.clock->now();
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {{"FEED", "FORMAT", "RECORDS", "AGE", "ALLOWED", "SUMMARY"}};
  for (const auto& each : feeds) {
    const auto& description = each.description;
    all.push_back({{"name", description.name}, {"format", description.format}, {"summary", description.summary}, {"urls", description.urls}, {"added", each.added}, {"max_age", description.max_age},
                   {"records", each.stamp ? Json(each.stamp->records) : Json(nullptr)}, {"dated", each.stamp ? Json(each.stamp->dated.str()) : Json(nullptr)}, {"fetched", each.stamp ? Json(each.stamp->fetched.str()) : Json(nullptr)},
                   {"current", each.stamp ? Json(each.stamp->current().str()) : Json(nullptr)}});
    const bool old = each.stamp && description.max_age > 0 && now.seconds - each.stamp->current().seconds > description.max_age;
    rows.push_back({description.name, description.format, each.stamp ? fmt::format("{}", each.stamp->records) : "-", each.stamp ? age_of(each.stamp->current(), now) + (old ? ", too old" : "") : "-",
                    description.max_age > 0 ? fmt::format("{} d", description.max_age / 86400) : "any", description.summary});
  }
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/feeds/v1"}, {"feeds", std::move(all)}});
  else context.answer->append(table(context, rows));
  return Exit::Clean;
}

Result<Exit> add(Context& context, const Options& options) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(const std::string name, pipeline::add_feed(workshop, options.arguments.front()));
  say(context, fmt::format("feed '{}' is followed from now on: `ashlar feed update {}` fetches it", name, name));
  return Exit::Clean;
}

Result<Exit> hand_out(Context& context, const Options& options) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  const auto secrets = host::machine_secrets();
  TRY_ASSIGN(const auto key, pipeline::open_signing_key(options.key, workshop.config.keys, pipeline::key_access(workshop, *secrets, options.descriptor)));
  const bool replaced = context.machine.files->exists(options.arguments.front());
  TRY(pipeline::export_feeds(workshop, options.arguments.front(), key));
  say(context, fmt::format("written to {}{}", options.arguments.front(), replaced ? ", in place of the bundle that was there" : ""));
  return Exit::Clean;
}

Result<Exit> take_in(Context& context, const Options& options) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  const auto secrets = host::machine_secrets();
  TRY_ASSIGN(const auto key, pipeline::open_verifying_key(options.key, workshop.config.keys, pipeline::key_access(workshop, *secrets, options.descriptor), false));
  TRY_ASSIGN(const auto done, pipeline::import_feeds(workshop, options.arguments.front(), key, options.replace));
  const auto day = [](const std::optional<advisory::FeedStamp>& stamp) { return stamp ? Json(stamp->dated.str()) : Json(nullptr); };
  const auto words = [](const std::optional<advisory::FeedStamp>& stamp) { return stamp ? fmt::format("{} records of {}", stamp->records, stamp->dated.str()) : std::string("nothing"); };
  Json replaced = Json::array();
  for (const auto& each : done.replaced) {
    replaced.push_back({{"feed", each.feed}, {"before", day(each.before)}, {"now", day(each.now)}});
    if (!context.json) say(context, fmt::format("{}: {} in place of {}", each.feed, words(each.now), words(each.before)));
    if (each.before && !each.now) context.progress.alarm(fmt::format("feed '{}' is gone: nothing is judged by it any more", each.feed));
  }
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/feed-import/v1"}, {"database", done.database.string()}, {"replaced", std::move(replaced)}});
  else say(context, fmt::format("the database is {}", done.database.filename().string()));
  return Exit::Clean;
}

}  // namespace

Action feed(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "update (fetches feeds and compiles them), list (the default), add (follows the feed of a description), export or import (a signed bundle for a sealed room)");
  app.add_option("ARGUMENT", options->arguments, "with update: feeds, NAME or NAME=SOURCE with a URL, file, folder, archive, or - for standard input; by default those that are followed. With add: a description (docs/formats/feed.md). With export and import: the bundle");
  forbid_pin(app.add_option("--key", options->key, "with export: the private key that signs, a file or a pkcs11: URI (docs/keys.md); with import: the public key that it must be signed with")->option_text("FILE"));
  app.add_option("--password-fd", options->descriptor, "with export: read the key's password from this open descriptor")->option_text("N");
  app.add_flag("--replace", options->replace, "with import: take the bundle though it is older, lacks a feed that is there or has an older one");
  return [options](Context& context) -> Result<Exit> {
    constexpr std::array actions = {Row{"update", update, false}, Row{"list", list, false}, Row{"add", add, true}, Row{"export", hand_out, true}, Row{"import", take_in, true}};
    TRY_ASSIGN(const Row* const row, action_of("feed", actions, options->action));
    if (row->one && options->arguments.size() != 1) return cannot(Kind::Invalid, fmt::format("feed {}", options->action), fmt::format("it takes one file, {} are named", options->arguments.size()));
    if ((row->run == hand_out || row->run == take_in) && options->key.empty()) return cannot(Kind::Invalid, fmt::format("feed {}", options->action), "--key is missing: a bundle is signed");
    return row->run(context, *options);
  };
}

}  // namespace ashlar::cli
