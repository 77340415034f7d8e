#include "pipeline/feeds.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/inner/feed_fetch.h"
#include "pipeline/inner/feed_store.h"

namespace ashlar::pipeline {
namespace {

Result<std::vector<KnownFeed>> descriptions_in(host::Files& files, const host::Path& folder, bool added) {
  std::vector<KnownFeed> out;
  if (!files.exists(folder)) return out;
  TRY_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(".yaml")) continue;
    TRY_ASSIGN(std::string text, files.read(folder / name));
    TRY_ASSIGN(auto description, advisory::read_description(std::move(text), (folder / name).string()));
    out.push_back({std::move(description), added, {}});
  }
  return out;
}

Result<Json> read_sources(host::Files& files, const FeedStore& store) {
  const host::Path path = store.folder() / "sources.json";
  if (!files.exists(path)) return Json::object();
  TRY_ASSIGN(const std::string text, files.read(path));
  auto json = parse_json(text, path.string());
  return json && json->is_object() ? std::move(*json) : Json::object();  // notes for conditional requests: without them all is fetched
}

/// What of the world one update works with.
struct Update {
  Workshop& workshop;
  FeedStore store;
  std::vector<KnownFeed> known;
  host::Path previous;
  Json sources;
  Time now;
  std::map<std::string, Json> notes{};            ///< of the feeds that were fetched, for `sources`
  std::vector<advisory::FeedCheck> checks{};      ///< of those that did not change
};

/// The wishes, with those that nobody spoke.
Result<std::vector<FeedWish>> settled(const Update& update, const std::vector<FeedWish>& wishes) {
  std::vector<FeedWish> out = wishes;
  std::vector<std::string_view> names;
  for (const KnownFeed& each : update.known) names.push_back(each.description.name);
  for (const FeedWish& wish : wishes) {
    if (std::ranges::find(names, wish.name) != names.end()) continue;
    const std::string near = nearest(wish.name, names);
    return cannot(Kind::NotFound, fmt::format("update feed '{}'", wish.name), near.empty() ? "there is no such feed; `ashlar feed list` shows those there are" : fmt::format("there is no such feed, did you mean '{}'?", near));
  }
  if (!wishes.empty()) return out;
  const bool any = std::ranges::any_of(update.known, [](const KnownFeed& each) { return each.stamp.has_value(); });
  for (const KnownFeed& each : update.known) {
    if (!any || each.stamp || each.added) out.push_back({each.description.name, {}});
  }
  return out;
}

/// Fetches one feed; what it is to be compiled from.
Result<advisory::FeedInput> fetch_one(Update& update, const KnownFeed& feed, const FeedWish& wish, Source& input, FeedUpdate& out, std::vector<host::Path>& temporary) {
  const std::string& name = feed.description.name;
  const Json before = feed.stamp && update.sources.contains(name) ? update.sources[name] : Json();
  TRY_ASSIGN(auto fetched, fetch_feed(update.workshop, feed.description, wish.source, before, update.store.folder() / "incoming" / name, input));
  temporary.insert(temporary.end(), fetched.temporary.begin(), fetched.temporary.end());
  update.notes[name] = std::move(fetched.notes);
  (fetched.changed ? out.fetched : out.unchanged).push_back(name);
  advisory::FeedInput one{.stamp = {.name = name, .format = feed.description.format, .source = fetched.source, .digest = Digest::of(std::string_view()), .fetched = update.now, .max_age = feed.description.max_age},
                          .path = fetched.path, .settings = feed.description.settings, .keep = !fetched.changed};
  one.settings.not_after = update.now;
  one.stamp.dated = std::min(fetched.dated, update.now);
  if (!fetched.changed && feed.stamp) update.checks.push_back({name, feed.stamp->digest, update.now});
  return one;
}

/// What is compiled: the wishes, freshly fetched, and all else as the present database has it.
Result<std::vector<advisory::FeedInput>> gather(Update& update, const std::vector<FeedWish>& wishes, Source& input, FeedUpdate& out, std::vector<host::Path>& temporary) {
  std::vector<advisory::FeedInput> inputs;
  for (const FeedWish& wish : wishes) {
    const KnownFeed& feed = *std::ranges::find_if(update.known, [&](const KnownFeed& each) { return each.description.name == wish.name; });
    update.workshop.progress.detail(fmt::format("fetching feed '{}'", wish.name));
    auto one = fetch_one(update, feed, wish, input, out, temporary);
    if (one) inputs.push_back(std::move(*one));
    else out.faults.push_back({wish.name, std::move(one).error()});
  }
  if (update.previous.empty()) return inputs;
  TRY_ASSIGN(const auto database, update.store.open(update.previous));
  for (const advisory::FeedStamp& stamp : database->feeds()) {
    if (std::ranges::none_of(inputs, [&](const auto& each) { return each.stamp.name == stamp.name; })) inputs.push_back({.stamp = stamp, .keep = true});
  }
  return inputs;
}

Done settle(Update& update, const FeedUpdate& done) {
  host::Files& files = *update.workshop.machine.files;
  for (auto& [feed, notes] : update.notes) {
    const bool damaged = std::ranges::find(done.faults, feed, &advisory::FeedFault::feed) != done.faults.end();
    if (!damaged) update.sources[feed] = std::move(notes);  // of one that does not read what lies here is not what was fetched
  }
  TRY(files.write(update.store.folder() / "sources.json", to_pretty(update.sources)));
  TRY(update.store.make_current(done.database));
  return update.store.prune(update.now);
}

/// Those that ship and those that were added, which go before; by name.
Result<std::vector<KnownFeed>> described_feeds(const Workshop& workshop, const FeedStore& store) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(auto out, descriptions_in(files, store.folder() / "feeds", true));
  TRY_ASSIGN(auto shipped, descriptions_in(files, workshop.data / "feeds", false));
  for (KnownFeed& each : shipped) {
    if (std::ranges::none_of(out, [&](const KnownFeed& own) { return own.description.name == each.description.name; })) out.push_back(std::move(each));
  }
  std::ranges::sort(out, {}, [](const KnownFeed& each) -> const std::string& { return each.description.name; });
  return out;
}

void add_stamps(std::vector<KnownFeed>& feeds, const advisory::Database& database) {
  for (const advisory::FeedStamp& stamp : database.feeds()) {
    const auto found = std::ranges::find_if(feeds, [&](const KnownFeed& each) { return each.description.name == stamp.name; });
    if (found != feeds.end()) found->stamp = stamp;
  }
}

/// The database that an update begins with, and what its feeds were; nothing can be kept of one of another layout, or of one that is damaged.
Done begin_with_present(Update& update) {
  const host::Path current = update.store.current();
  if (current.empty()) return {};
  const auto present = update.store.open(current, true);
  if (present) {
    update.previous = current;
    add_stamps(update.known, **present);
    return {};
  }
  if (present.error().kind == Kind::Invalid) return update.workshop.progress.note("the advisory database is of another version of the program: it is made anew, of the feeds that are fetched now"), Done();
  if (present.error().kind != Kind::Corrupt) return std::unexpected(present.error());
  return update.workshop.progress.alarm(fmt::format("{}: it is made anew, of the feeds that are fetched now", present.error().message)), Done();
}

}  // namespace

Result<std::vector<KnownFeed>> known_feeds(Workshop& workshop) {
  const FeedStore store(workshop);
  TRY_ASSIGN(auto out, described_feeds(workshop, store));
  if (const host::Path current = store.current(); !current.empty()) {
    const auto database = store.open(current, true);
    if (!database && database.error().kind == Kind::Invalid) return out;  // of another layout: it is made anew
    if (!database) return std::unexpected(database.error());
    add_stamps(out, **database);
  }
  return out;
}

Result<std::string> add_feed(Workshop& workshop, const host::Path& description) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(const std::string text, files.read(description));
  TRY_ASSIGN(const auto read, advisory::read_description(text, description.string()));
  const FeedStore store(workshop);
  TRY(files.make_folders(store.folder() / "feeds"));
  TRY(files.write(store.folder() / "feeds" / (read.name + ".yaml"), text));
  return read.name;
}

Result<FeedUpdate> update_feeds(Workshop& workshop, const std::vector<FeedWish>& wishes, Source& input) {
  host::Files& files = *workshop.machine.files;
  Update update{.workshop = workshop, .store = FeedStore(workshop), .known = {}, .previous = {}, .sources = {}, .now = workshop.machine.clock->now()};
  TRY_ASSIGN(const auto lock, update.store.lock());
  TRY_ASSIGN(update.known, described_feeds(workshop, update.store));
  TRY(begin_with_present(update));
  TRY_ASSIGN(update.sources, read_sources(files, update.store));
  TRY_ASSIGN(const auto settled_wishes, settled(update, wishes));
  FeedUpdate out{.compiled = {.digest = Digest::of(std::string_view())}};
  std::vector<host::Path> temporary;
  TRY_ASSIGN(auto inputs, gather(update, settled_wishes, input, out, temporary));
  if (out.fetched.empty() && out.unchanged.empty() && out.faults.size() == 1) return std::unexpected(out.faults.front().error);
  if (inputs.empty()) return out.faults.empty() ? cannot(Kind::NotFound, "update feeds", "there is no feed") : std::unexpected(out.faults.front().error);
  out.database = update.previous;
  if (!out.fetched.empty()) {
    const host::Path draft = update.store.folder() / "databases" / "incoming";
    TRY_ASSIGN(out.compiled, advisory::compile(files, std::move(inputs), update.previous, draft));
    for (const auto& fault : out.compiled.faults) std::erase(out.fetched, fault.feed);
    out.faults.insert(out.faults.end(), out.compiled.faults.begin(), out.compiled.faults.end());
    out.database = update.store.path_for(update.now, out.compiled.digest);
    TRY(files.link_or_copy(draft, out.database));
    TRY(files.remove(draft));
    TRY(settle(update, out));
    out.written = true;
  }
  TRY(update.store.keep_checks(update.checks));
  for (const host::Path& each : temporary) TRY(files.remove_tree(each));
  return out;
}

Result<host::Path> find_database(Workshop& workshop, std::optional<Time> as_of) {
  const FeedStore store(workshop);
  host::Path path = store.current();
  if (path.empty()) return cannot(Kind::NotFound, "find the advisory database", "there is none: `ashlar feed update` makes one, `ashlar feed import` takes one from a bundle, `--db` names one");
  if (!as_of) return path;
  TRY_ASSIGN(path, store.newest_until(*as_of));
  if (path.empty()) return cannot(Kind::NotFound, "find the advisory database", fmt::format("none that is kept is as old as {}", as_of->str()));
  return path;
}

Result<std::unique_ptr<advisory::Database>> open_database(Workshop& workshop, const host::Path& named, std::optional<Time> as_of) {
  if (!named.empty()) {
    TRY_ASSIGN(auto database, FeedStore(workshop).open(named));
    if (as_of && *as_of < database->created())
      return cannot(Kind::Invalid, fmt::format("use advisory database '{}'", named.string()), fmt::format("it was made at {}, after the moment that is asked for, {}", database->created().str(), as_of->str()));
    return database;
  }
  const auto path = find_database(workshop, as_of);
  auto database = path ? FeedStore(workshop).open(*path) : std::unexpected(path.error());
  const bool none = !database && (database.error().kind == Kind::NotFound || database.error().kind == Kind::Invalid);  // there is none, or one of another layout
  return none ? advisory::no_database(database.error().message) : std::move(database);
}

}  // namespace ashlar::pipeline
