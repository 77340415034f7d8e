#include "advisory/inner/layout.h"

#include <fmt/format.h>

#include "advisory/inner/packed.h"

namespace ashlar::advisory {

Result<std::vector<Entry>> unpack_entries(BytesView data) {
  std::vector<Entry> out;
  Unpacker from(data);
  while (!from.at_end()) {
    Entry entry;
    entry.record = static_cast<std::int64_t>(from.number());
    entry.feed = static_cast<std::int64_t>(from.number());
    entry.affected = unpack_affected(from);
    if (!from.sound()) break;
    out.push_back(std::move(entry));
  }
  return from.sound() ? Result<std::vector<Entry>>(std::move(out)) : fail(Kind::Corrupt, "a list of matches in the advisory database is damaged");
}

Result<std::vector<FeedStamp>> read_stamps(host::Sqlite& database) {
  std::vector<FeedStamp> out;
  TRY_ASSIGN(auto feeds, database.prepare("SELECT name, format, source, digest, dated, fetched, max_age, records, id FROM feed ORDER BY id"));
  TRY_ASSIGN(auto spaces, database.prepare("SELECT s.name FROM covers c JOIN space s ON s.id = c.space WHERE c.feed = ? ORDER BY s.name"));
  for (;;) {
    TRY_ASSIGN(const bool more, feeds.step());
    if (!more) return out;
    TRY_ASSIGN(const Digest digest, Digest::parse(feeds.text(3)));
    FeedStamp stamp{std::string(feeds.text(0)), std::string(feeds.text(1)), std::string(feeds.text(2)), digest, Time{feeds.integer(4)}, Time{feeds.integer(5)}, feeds.integer(6), static_cast<std::uint64_t>(feeds.integer(7))};
    if (stamp.source.starts_with("http://") || stamp.source.starts_with("https://")) stamp.checked = stamp.fetched;
    spaces.bind(0, feeds.integer(8));
    for (;;) {
      TRY_ASSIGN(const bool another, spaces.step());
      if (!another) break;
      stamp.spaces.emplace_back(spaces.text(0));
    }
    spaces.reset();
    out.push_back(std::move(stamp));
  }
}

Result<host::Sqlite> open_layout(const host::Path& path) {
  const std::string what = fmt::format("open advisory database '{}'", path.string());
  auto database = host::Sqlite::open_unchanging(path);
  if (!database) return cannot(what, std::move(database).error());
  TRY_ASSIGN(auto ask, database->prepare("SELECT a.application_id, v.user_version FROM pragma_application_id a, pragma_user_version v"));
  TRY_ASSIGN(const bool row, ask.step());
  if (!row || ask.integer(0) != application_id) return cannot(Kind::Corrupt, what, "it is no advisory database");
  if (ask.integer(1) != layout_version)
    return cannot(Kind::Invalid, what, fmt::format("its layout is version {}, this program reads version {}: make it anew with `ashlar feed update`", ask.integer(1), layout_version));
  return std::move(*database);
}

Digest digest_of(const std::vector<FeedStamp>& stamps) {
  Hasher hasher;
  hasher.update(fmt::format("layout {}\n", layout_version));
  for (const FeedStamp& each : stamps)
    hasher.update(fmt::format("{}\n{}\n{}\n{}\n{} {} {}\n", each.name, each.format, each.source, each.digest.str(), each.dated.seconds, each.fetched.seconds, each.max_age));
  return hasher.finish();
}

}  // namespace ashlar::advisory
