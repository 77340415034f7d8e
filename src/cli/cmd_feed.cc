#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/feeds.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "list", key;
  std::vector<std::string> arguments;
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

/// What somebody should look at: findings may have gone with these.
std::string alarm(const advisory::FeedNews& news) {
  std::string out = fmt::format("feed '{}' no longer has {} of its records ({}", news.feed, news.vanished.size(), news.vanished.front());
  return out + (news.vanished.size() > 1 ? ", ...)" : ")");
}

Exit say_update(Context& context, const pipeline::FeedUpdate& update) {
  if (context.json) {
    Json news = Json::array(), faults = Json::array();
    for (const auto& each : update.compiled.news) news.push_back({{"feed", each.feed}, {"added", each.added}, {"changed", each.changed}, {"vanished", each.vanished}, {"withdrawn", each.withdrawn}});
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
    say(context, update.written ? fmt::format("{} advisories of {} feeds; {} fetched, {} unchanged", update.compiled.records, update.fetched.size() + update.unchanged.size(), update.fetched.size(), update.unchanged.size())
                                : std::string("nothing is new"));
  }
  for (const auto& each : update.compiled.news) {
    if (!each.vanished.empty()) context.progress.note(alarm(each));
  }
  for (const auto& each : update.faults) context.progress.note(fmt::format("feed '{}' stays as it was: {}", each.feed, each.error.message));
  return update.faults.empty() ? Exit::Clean : Exit::Unavailable;
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
                   {"records", each.stamp ? Json(each.stamp->records) : Json(nullptr)}, {"dated", each.stamp ? Json(each.stamp->dated.str()) : Json(nullptr)}, {"fetched", each.stamp ? Json(each.stamp->fetched.str()) : Json(nullptr)}});
    rows.push_back({description.name, description.format, each.stamp ? fmt::format("{}", each.stamp->records) : "-", each.stamp ? age_of(each.stamp->dated, now) : "-",
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
  TRY_ASSIGN(const std::string key, context.machine.files->read(options.key));
  TRY(pipeline::export_feeds(workshop, options.arguments.front(), key, context.machine.environment("ASHLAR_KEY_PASSWORD").value_or("")));
  say(context, fmt::format("written to {}", options.arguments.front()));
  return Exit::Clean;
}

Result<Exit> take_in(Context& context, const Options& options) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(const std::string key, context.machine.files->read(options.key));
  TRY_ASSIGN(const host::Path database, pipeline::import_feeds(workshop, options.arguments.front(), key));
  say(context, fmt::format("the database is {}", database.filename().string()));
  return Exit::Clean;
}

}  // namespace

Action feed(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "update (fetches feeds and compiles them), list (the default), add (follows the feed of a description), export or import (a signed bundle for a sealed room)");
  app.add_option("ARGUMENT", options->arguments, "with update: feeds, NAME or NAME=SOURCE with a URL, file, folder, archive, or - for standard input; by default those that are followed. With add: a description (docs/formats/feed.md). With export and import: the bundle");
  app.add_option("--key", options->key, "with export: the private key that signs, PEM; with import: the public key that it must be signed with")->option_text("FILE");
  return [options](Context& context) -> Result<Exit> {
    constexpr std::array actions = {Row{"update", update, false}, Row{"list", list, false}, Row{"add", add, true}, Row{"export", hand_out, true}, Row{"import", take_in, true}};
    const auto row = std::ranges::find(actions, options->action, &Row::name);
    if (row == actions.end()) return cannot(Kind::Invalid, fmt::format("feed '{}'", options->action), "the actions are update, list, add, export and import");
    if (row->one && options->arguments.size() != 1) return cannot(Kind::Invalid, fmt::format("feed {}", options->action), fmt::format("it takes one file, {} are named", options->arguments.size()));
    if ((row->run == hand_out || row->run == take_in) && options->key.empty()) return cannot(Kind::Invalid, fmt::format("feed {}", options->action), "--key is missing: a bundle is signed");
    return row->run(context, *options);
  };
}

}  // namespace ashlar::cli
