#include "advisory/compile.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "advisory/content.h"
#include "advisory/inner/layout.h"
#include "advisory/inner/news.h"
#include "advisory/inner/packed.h"
#include "advisory/inner/packed_feed.h"
#include "base/parallel.h"

namespace ashlar::advisory {
namespace {

using Records = std::vector<PackedFeed::Record>;

/// The records of one feed of a database, as reading the feed again would give them; `ids` are those they have there.
Result<Records> read_records(host::Sqlite& database, std::int64_t feed, std::vector<std::int64_t>* ids) {
  Records out;
  TRY_ASSIGN(auto ask, database.prepare("SELECT id, data FROM record WHERE feed = ? ORDER BY id"));
  ask.bind(0, feed);
  for (;;) {
    TRY_ASSIGN(const bool more, ask.step());
    if (!more) return out;
    Unpacker from(ask.blob(1));
    Advisory advisory = unpack_advisory(from);
    if (!from.sound()) return fail(Kind::Corrupt, fmt::format("record {} of the previous advisory database is damaged", ask.integer(0)));
    std::vector<std::string> names = std::move(advisory.aliases);
    names.push_back(advisory.id);
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    out.push_back({std::move(advisory.id), std::string(as_text(ask.blob(1))), std::move(names), advisory.withdrawn.has_value()});
    if (ids != nullptr) ids->push_back(ask.integer(0));
  }
}

/// Takes a feed as the previous database has it.
class Keeper {
 public:
  Keeper(host::Sqlite& database, std::int64_t id, FeedStamp stamp) : database_(database), id_(id), feed_{.stamp = std::move(stamp)} {}

  Result<PackedFeed> take() {
    std::vector<std::int64_t> ids;
    TRY_ASSIGN(feed_.records, read_records(database_, id_, &ids));
    for (size_t at = 0; at < ids.size(); ++at) place_[ids[at]] = static_cast<std::uint32_t>(at);
    TRY(take_rows());
    TRY(take_facts());
    return std::move(feed_);
  }

 private:
  std::uint32_t space_of(std::string_view name) {
    const auto [at, fresh] = spaces_.try_emplace(std::string(name), static_cast<std::uint32_t>(feed_.spaces.size()));
    if (fresh) feed_.spaces.emplace_back(name);
    return at->second;
  }

  Done take_rows() {
    TRY_ASSIGN(auto ask, database_.prepare("SELECT s.name, m.package, m.data FROM match m JOIN space s ON s.id = m.space"));
    for (;;) {
      TRY_ASSIGN(const bool more, ask.step());
      if (!more) return {};
      TRY_ASSIGN(const auto entries, unpack_entries(ask.blob(2)));
      for (const Entry& entry : entries) {
        if (entry.feed == id_) feed_.rows.push_back({space_of(ask.text(0)), place_.at(entry.record), std::string(ask.text(1)), pack(entry.affected)});
      }
    }
  }

  Done take_facts() {
    TRY_ASSIGN(auto exploited, database_.prepare("SELECT cve, added, due, ransomware FROM exploited WHERE feed = ? ORDER BY cve"));
    TRY(each(exploited, [&](const host::Statement& row) {
      feed_.exploited.push_back({std::string(row.text(0)), Time{row.integer(1)}, row.is_null(2) ? std::nullopt : std::optional(Time{row.integer(2)}), row.integer(3) != 0});
    }));
    TRY_ASSIGN(auto likelihood, database_.prepare("SELECT cve, score, percentile FROM likelihood WHERE feed = ? ORDER BY cve"));
    TRY(each(likelihood, [&](const host::Statement& row) { feed_.likelihood.push_back({std::string(row.text(0)), row.real(1), row.real(2)}); }));
    TRY_ASSIGN(auto support, database_.prepare("SELECT s.name, p.package, p.until, p.remark FROM support p JOIN space s ON s.id = p.space WHERE p.feed = ? ORDER BY s.name, p.package, p.ordinal"));
    TRY(each(support, [&](const host::Statement& row) {
      space_of(row.text(0));
      feed_.support.push_back({std::string(row.text(0)), std::string(row.text(1)), row.is_null(2) ? std::nullopt : std::optional(Time{row.integer(2)}), std::string(row.text(3))});
    }));
    TRY_ASSIGN(auto newest, database_.prepare("SELECT s.name, n.package, n.version FROM newest n JOIN space s ON s.id = n.space WHERE n.feed = ? ORDER BY s.name, n.package"));
    return each(newest, [&](const host::Statement& row) {
      space_of(row.text(0));
      feed_.newest.push_back({std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2))});
    });
  }

  template <class Take>
  Done each(host::Statement& ask, Take take) {
    ask.bind(0, id_);
    for (;;) {
      TRY_ASSIGN(const bool more, ask.step());
      if (!more) return {};
      take(ask);
    }
  }

  host::Sqlite& database_;
  std::int64_t id_;
  PackedFeed feed_;
  std::map<std::int64_t, std::uint32_t> place_;
  std::map<std::string, std::uint32_t> spaces_;
};

/// The identifiers of a catalogue of exploited ones, in order.
Result<std::vector<std::string>> read_exploited(host::Sqlite& database, std::int64_t feed) {
  std::vector<std::string> out;
  TRY_ASSIGN(auto ask, database.prepare("SELECT cve FROM exploited WHERE feed = ? ORDER BY cve"));
  ask.bind(0, feed);
  for (;;) {
    TRY_ASSIGN(const bool more, ask.step());
    if (!more) return out;
    out.emplace_back(ask.text(0));
  }
}

/// What is news in the feeds against a database that has these stamps.
Done tell_news(host::Sqlite& before, const std::vector<FeedStamp>& stamps, const std::vector<PackedFeed>& feeds, std::vector<FeedNews>& news) {
  std::vector<std::pair<std::int64_t, const PackedFeed*>> changed;
  std::set<std::int64_t> ids;
  for (const PackedFeed& feed : feeds) {
    const auto old = std::ranges::find(stamps, feed.stamp.name, &FeedStamp::name);
    if (old == stamps.end() || old->digest == feed.stamp.digest) continue;
    changed.emplace_back(old - stamps.begin() + 1, &feed);
    ids.insert(changed.back().first);
  }
  TRY_ASSIGN(auto rows, rows_of(before, ids));
  for (const auto& [id, feed] : changed) {
    std::vector<std::int64_t> places;
    TRY_ASSIGN(const Records records, read_records(before, id, &places));
    std::vector<Said> had;
    for (size_t at = 0; at < records.size(); ++at) had.push_back({&records[at], std::move(rows[places[at]])});
    news.push_back(compare(feed->stamp.name, had, said_of(*feed)));
    TRY_ASSIGN(const auto exploited, read_exploited(before, id));
    std::vector<std::string> now;
    for (const Exploited& each : feed->exploited) now.push_back(each.cve);
    compare_names(exploited, now, news.back());
  }
  return {};
}

/// Writes the tables.
class Writer {
 public:
  Writer(host::Sqlite& database, const std::vector<PackedFeed>& feeds) : database_(database), feeds_(feeds) {}

  Done write(Compiled& compiled) {
    TRY(database_.run(fmt::format("PRAGMA application_id={}; PRAGMA user_version={};", application_id, layout_version)));
    TRY(database_.run(std::string("BEGIN;") + layout_sql));
    TRY(write_feeds(compiled));
    TRY(write_records(compiled));
    TRY(write_rows(compiled));
    TRY(write_facts());
    return database_.run("COMMIT");
  }

 private:
  Done write_feeds(const Compiled& compiled) {
    TRY_ASSIGN(auto meta, database_.prepare("INSERT INTO meta VALUES (?,?)"));
    TRY(meta.bind(0, "digest").bind(1, compiled.digest.str()).run());
    TRY(meta.bind(0, content_key).bind(1, content_unknown).run());  // known once all is written
    for (const PackedFeed& feed : feeds_) {
      for (const std::string& space : feed.spaces) spaces_.emplace(space, 0);
      for (const std::string& space : feed.stamp.spaces) spaces_.emplace(space, 0);
    }
    TRY_ASSIGN(auto space, database_.prepare("INSERT INTO space VALUES (?,?)"));
    std::int64_t next = 0;
    for (auto& [name, id] : spaces_) TRY(space.bind(0, id = ++next).bind(1, name).run());
    TRY_ASSIGN(auto insert, database_.prepare("INSERT INTO feed VALUES (?,?,?,?,?,?,?,?,?)"));
    TRY_ASSIGN(auto covers, database_.prepare("INSERT INTO covers VALUES (?,?)"));
    for (size_t at = 0; at < feeds_.size(); ++at) {
      const FeedStamp& stamp = feeds_[at].stamp;
      const auto id = static_cast<std::int64_t>(at + 1);
      TRY(insert.bind(0, id).bind(1, stamp.name).bind(2, stamp.format).bind(3, stamp.source).bind(4, stamp.digest.str()).bind(5, stamp.dated.seconds).bind(6, stamp.fetched.seconds)
              .bind(7, stamp.max_age).bind(8, static_cast<std::int64_t>(stamp.records)).run());
      for (const std::string& each : stamp.spaces) TRY(covers.bind(0, id).bind(1, spaces_.at(each)).run());
    }
    return {};
  }

  /// Of each record of a feed the packages that its rows speak of, packed: identifier of the space and name, in this order.
  std::vector<std::string> packages_of(const PackedFeed& feed) const {
    std::vector<std::int64_t> spaces;
    for (const std::string& space : feed.spaces) spaces.push_back(spaces_.at(space));
    std::vector<const PackedFeed::Row*> rows;
    for (const PackedFeed::Row& row : feed.rows) rows.push_back(&row);
    const auto key = [&](const PackedFeed::Row* row) { return std::tuple(row->record, spaces[row->space], std::string_view(row->package)); };
    std::ranges::sort(rows, {}, key);
    rows.erase(std::unique(rows.begin(), rows.end(), [&](const auto* a, const auto* b) { return key(a) == key(b); }), rows.end());
    std::vector<std::string> out(feed.records.size());
    for (const PackedFeed::Row* row : rows) {
      Packer to;
      to.number(static_cast<std::uint64_t>(spaces[row->space]));
      to.text(row->package);
      out[row->record] += to.take();
    }
    return out;
  }

  Done write_records(Compiled& compiled) {
    TRY_ASSIGN(auto insert, database_.prepare("INSERT INTO record VALUES (?,?,?,?)"));
    std::vector<std::pair<std::string_view, std::int64_t>> names;
    std::int64_t next = 0;
    for (size_t at = 0; at < feeds_.size(); ++at) {
      first_.push_back(next + 1);
      const auto packages = packages_of(feeds_[at]);
      for (size_t index = 0; index < feeds_[at].records.size(); ++index) {
        const PackedFeed::Record& record = feeds_[at].records[index];
        TRY(insert.bind(0, ++next).bind(1, static_cast<std::int64_t>(at + 1)).bind(2, as_bytes(record.data)).bind(3, as_bytes(packages[index])).run());
        for (const std::string& name : record.names) names.emplace_back(name, next);
      }
    }
    compiled.records = static_cast<std::uint64_t>(next);
    std::ranges::sort(names);
    TRY_ASSIGN(auto name, database_.prepare("INSERT INTO name VALUES (?,?)"));
    for (const auto& [text, record] : names) TRY(name.bind(0, text).bind(1, record).run());
    return {};
  }

  struct Place {
    std::int64_t space;
    const PackedFeed::Row* row;
    std::uint32_t feed;
  };

  /// The rows of all feeds, by space and package, then advisory, then feed.
  std::vector<Place> ordered() const {
    std::vector<Place> out;
    for (size_t at = 0; at < feeds_.size(); ++at) {
      std::vector<std::int64_t> spaces;
      for (const std::string& space : feeds_[at].spaces) spaces.push_back(spaces_.at(space));
      for (const PackedFeed::Row& row : feeds_[at].rows) out.push_back({spaces[row.space], &row, static_cast<std::uint32_t>(at)});
    }
    const auto id = [&](const Place& place) -> const std::string& { return feeds_[place.feed].records[place.row->record].id; };
    std::ranges::sort(out, [&](const Place& a, const Place& b) {
      return std::tie(a.space, a.row->package, id(a), a.feed, a.row->record, a.row->data) < std::tie(b.space, b.row->package, id(b), b.feed, b.row->record, b.row->data);
    });
    return out;
  }

  Done write_rows(Compiled& compiled) {
    TRY_ASSIGN(auto insert, database_.prepare("INSERT INTO match VALUES (?,?,?)"));
    const std::vector<Place> places = ordered();
    for (size_t at = 0; at < places.size();) {
      const Place& first = places[at];
      std::string blob;
      const PackedFeed::Row* last = nullptr;
      for (; at < places.size() && places[at].space == first.space && places[at].row->package == first.row->package; ++at) {
        const Place& place = places[at];
        if (last != nullptr && places[at - 1].feed == place.feed && last->record == place.row->record && last->data == place.row->data) continue;  // said twice
        last = place.row;
        Packer head;
        head.number(static_cast<std::uint64_t>(first_[place.feed] + place.row->record));
        head.number(place.feed + 1);
        blob += head.take() + place.row->data;
        ++compiled.rows;
      }
      TRY(insert.bind(0, first.space).bind(1, first.row->package).bind(2, as_bytes(blob)).run());
    }
    return {};
  }

  static void bind(host::Statement& insert, int at, const std::optional<Time>& time) {
    if (time) insert.bind(at, time->seconds);
    else insert.bind_null(at);
  }

  Done write_facts() {
    TRY_ASSIGN(auto exploited, database_.prepare("INSERT OR IGNORE INTO exploited VALUES (?,?,?,?,?)"));
    TRY_ASSIGN(auto likelihood, database_.prepare("INSERT OR IGNORE INTO likelihood VALUES (?,?,?,?)"));
    TRY_ASSIGN(auto support, database_.prepare("INSERT INTO support VALUES (?,?,?,?,?,?)"));
    TRY_ASSIGN(auto newest, database_.prepare("INSERT INTO newest VALUES (?,?,?,?)"));
    for (size_t at = 0; at < feeds_.size(); ++at) {
      const auto id = static_cast<std::int64_t>(at + 1);
      for (const Exploited& each : feeds_[at].exploited) {
        exploited.bind(0, each.cve).bind(1, id).bind(2, each.added.seconds).bind(4, std::int64_t{each.ransomware});
        bind(exploited, 3, each.due);
        TRY(exploited.run());
      }
      for (const Likelihood& each : feeds_[at].likelihood) TRY(likelihood.bind(0, each.cve).bind(1, id).bind(2, each.score).bind(3, each.percentile).run());
      std::int64_t ordinal = 0;
      for (const Support& each : feeds_[at].support) {
        support.bind(0, spaces_.at(each.space)).bind(1, each.package).bind(2, id).bind(3, ++ordinal).bind(5, each.remark);
        bind(support, 4, each.until);
        TRY(support.run());
      }
      for (const Newest& each : feeds_[at].newest) TRY(newest.bind(0, spaces_.at(each.space)).bind(1, each.package).bind(2, id).bind(3, each.version).run());
    }
    return {};
  }

  host::Sqlite& database_;
  const std::vector<PackedFeed>& feeds_;
  std::map<std::string, std::int64_t, std::less<>> spaces_;
  std::vector<std::int64_t> first_;  ///< record of each feed
};

/// The feeds to be read, beside each other; then those to be kept, and those that do not read as they were.
Result<std::vector<PackedFeed>> gather(host::Files& files, const std::vector<FeedInput>& inputs, host::Sqlite* previous, const std::vector<FeedStamp>& stamps, std::vector<FeedFault>& faults) {
  std::vector<Result<PackedFeed>> read(inputs.size(), fail(Kind::Invalid, "not read"));
  in_parallel(inputs.size(), 0, [&](size_t at, size_t) {
    if (!inputs[at].keep) read[at] = read_feed(files, inputs[at]);
  });
  std::vector<PackedFeed> feeds;
  bool fresh = false;
  for (size_t at = 0; at < inputs.size(); ++at) {
    const std::string& name = inputs[at].stamp.name;
    const auto found = std::ranges::find(stamps, name, &FeedStamp::name);
    const bool known = previous != nullptr && found != stamps.end();
    if (inputs[at].keep && !known) return cannot(Kind::NotFound, fmt::format("keep feed '{}'", name), "the previous database does not have it");
    fresh = fresh || (!inputs[at].keep && read[at]);
    if (!inputs[at].keep && !read[at]) faults.push_back({name, read[at].error()});
    if (!read[at] && !known) continue;
    if (!read[at]) read[at] = Keeper(*previous, found - stamps.begin() + 1, *found).take();
    if (!read[at]) return std::unexpected(std::move(read[at]).error());
    feeds.push_back(std::move(*read[at]));
  }
  if (!fresh && !faults.empty()) return std::unexpected(faults.front().error);
  return feeds;
}

}  // namespace

Result<Compiled> compile(host::Files& files, std::vector<FeedInput> inputs, const host::Path& previous, const host::Path& target) {
  const std::string what = fmt::format("compile advisory database '{}'", target.string());
  std::ranges::sort(inputs, [](const FeedInput& a, const FeedInput& b) { return a.stamp.name < b.stamp.name; });
  for (size_t at = 1; at < inputs.size(); ++at) {
    if (inputs[at].stamp.name == inputs[at - 1].stamp.name) return cannot(Kind::Invalid, what, fmt::format("feed '{}' is given twice", inputs[at].stamp.name));
  }
  std::optional<host::Sqlite> before;
  std::vector<FeedStamp> stamps;
  if (!previous.empty()) {
    TRY_ASSIGN(before, open_layout(previous));
    TRY_ASSIGN(stamps, read_stamps(*before));
  }
  Compiled compiled{.digest = Digest::of(std::string_view())};
  TRY_ASSIGN(const auto feeds, gather(files, inputs, before ? &*before : nullptr, stamps, compiled.faults));
  std::vector<FeedStamp> now;
  for (const PackedFeed& feed : feeds) {
    now.push_back(feed.stamp);
    compiled.notes.insert(compiled.notes.end(), feed.notes.begin(), feed.notes.end());
  }
  if (before) TRY(tell_news(*before, stamps, feeds, compiled.news));
  compiled.digest = digest_of(now);
  TRY(files.make_folders(target.parent_path()));
  const host::Path draft = target.string() + ".part";
  TRY(files.remove(draft));
  {
    TRY_ASSIGN(auto database, host::Sqlite::create(draft));
    if (auto done = Writer(database, feeds).write(compiled); !done) return cannot(what, std::move(done).error());
  }
  if (auto done = seal_content(files, draft, target); !done) return cannot(what, std::move(done).error());
  TRY(files.remove(draft));
  return compiled;
}

}  // namespace ashlar::advisory
