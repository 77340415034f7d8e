#include "forge/outbox.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"

namespace ashlar::forge {
namespace {

// A message's text goes when it is delivered; what is left tells what a target was told. `tried` is when an attempt was first begun.
constexpr const char* tables =
    "CREATE TABLE IF NOT EXISTS messages(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    " standing TEXT NOT NULL, put INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, tried INTEGER, cause TEXT NOT NULL DEFAULT '', message TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS by_key ON messages(target, key, id);"
    "CREATE INDEX IF NOT EXISTS by_standing ON messages(standing, due);"
    "CREATE TABLE IF NOT EXISTS tickets(key TEXT NOT NULL, target TEXT NOT NULL, number TEXT NOT NULL, url TEXT NOT NULL, PRIMARY KEY(key, target)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS holds(target TEXT PRIMARY KEY, until INTEGER NOT NULL, cause TEXT NOT NULL) WITHOUT ROWID";

constexpr std::int64_t first_wait = 30, longest_wait = 3600;

}  // namespace

Time retry_at(Time now, int attempts) { return {now.seconds + std::min(longest_wait, first_wait << std::clamp(attempts - 1, 0, 16))}; }

std::string_view to_string(Standing standing) { return standing == Standing::Waiting ? "waiting" : standing == Standing::Delivered ? "delivered" : "refused"; }

Result<Outbox> Outbox::open(host::Files& files, const host::Path& path) {
  TRY(files.make_folders(path.parent_path()));
  TRY_ASSIGN(auto database, host::Sqlite::open_shared(path));
  TRY(database.run(tables));
  return Outbox(files, path, std::move(database));
}

Result<size_t> Outbox::put(const Message& message, const std::vector<TargetSettings>& targets) {
  TRY(check(message));
  std::vector<std::string> names;
  for (const TargetSettings& each : targets) {
    if (!message.target.empty() && each.name != message.target) continue;
    if (takes(each.kind, message.kind)) names.push_back(each.name);
    else if (!message.target.empty()) return cannot(Kind::Invalid, fmt::format("put message '{}'", message.key), fmt::format("'{}' is told no messages of the kind '{}'", each.name, to_string(message.kind)));
  }
  if (names.empty() && !message.target.empty()) return cannot(Kind::NotFound, fmt::format("put message '{}'", message.key), fmt::format("no target is called '{}'", message.target));
  TRY(database_.run("BEGIN IMMEDIATE"));
  size_t count = 0;
  for (const std::string& name : names) {
    auto put = put_one(message, name);
    if (!put) {
      (void)database_.run("ROLLBACK");
      return std::unexpected(std::move(put).error());
    }
    count += *put ? 1 : 0;
  }
  TRY(database_.run("COMMIT"));
  return count;
}

Result<bool> Outbox::put_one(const Message& message, const std::string& target) {
  const std::string print = fingerprint(message);
  TRY_ASSIGN(auto last, database_.prepare(message.kind == MessageKind::Event ? "SELECT 1 FROM messages WHERE key=? AND target=? AND kind='event'"
                                                                            : "SELECT 1 FROM (SELECT fingerprint FROM messages WHERE key=? AND target=? ORDER BY id DESC LIMIT 1) WHERE fingerprint=?"));
  last.bind(0, message.key).bind(1, target);
  if (message.kind != MessageKind::Event) last.bind(2, print);
  TRY_ASSIGN(const bool same, last.step());
  if (same) return false;
  TRY_ASSIGN(auto insert, database_.prepare("INSERT INTO messages(key, target, kind, title, fingerprint, standing, put, due, message) VALUES(?, ?, ?, ?, ?, 'waiting', ?, ?, ?)"));
  insert.bind(0, message.key).bind(1, target).bind(2, to_string(message.kind)).bind(3, message.title).bind(4, print).bind(5, message.time.seconds).bind(6, message.time.seconds).bind(7, to_compact(to_json(message)));
  TRY(insert.run());
  return true;
}

Result<std::vector<Entry>> Outbox::entries(const std::string& where) {
  TRY_ASSIGN(auto query, database_.prepare("SELECT id, key, target, kind, title, standing, put, due, attempts, cause, coalesce((SELECT url FROM tickets t WHERE t.key=m.key AND t.target=m.target), '') FROM messages m " + where + " ORDER BY id"));
  std::vector<Entry> out;
  for (;;) {
    TRY_ASSIGN(const bool more, query.step());
    if (!more) return out;
    const auto text = [&](int at) { return std::string(query.text(at)); };
    const Standing standing = query.text(5) == "waiting" ? Standing::Waiting : query.text(5) == "refused" ? Standing::Refused : Standing::Delivered;
    out.push_back({query.integer(0), text(1), text(2), text(4), kind_of(query.text(3)).value_or(MessageKind::Event), standing, Time{query.integer(6)}, Time{query.integer(7)}, static_cast<int>(query.integer(8)), text(9), text(10)});
  }
}

Result<std::vector<Entry>> Outbox::list(bool all) { return entries(all ? "WHERE standing<>'dropped'" : "WHERE standing IN ('waiting', 'refused')"); }

Result<size_t> Outbox::hasten(Time now) {
  TRY_ASSIGN(const auto before, list(false));
  TRY_ASSIGN(auto change, database_.prepare("UPDATE messages SET standing='waiting', due=? WHERE standing IN ('waiting', 'refused')"));
  change.bind(0, now.seconds);
  TRY(change.run());
  TRY(database_.run("DELETE FROM holds"));
  return before.size();
}

Done Outbox::drop(std::int64_t id) {
  // That an event was there is kept: whoever puts it again, as the loop does, would else bring it back.
  for (const char* const sql : {"UPDATE messages SET standing='dropped', message='' WHERE id=? AND kind='event' AND standing IN ('waiting', 'refused') RETURNING id",
                                "DELETE FROM messages WHERE id=? AND kind<>'event' AND standing IN ('waiting', 'refused') RETURNING id"}) {
    TRY_ASSIGN(auto change, database_.prepare(sql));
    change.bind(0, id);
    TRY_ASSIGN(const bool gone, change.step());
    if (gone) return change.run();
  }
  return cannot(Kind::NotFound, fmt::format("drop message {}", id), "the queue has none such");
}

Result<std::optional<Time>> Outbox::last_put(std::string_view key) {
  TRY_ASSIGN(auto query, database_.prepare("SELECT max(put) FROM messages WHERE substr(key, 1, ?)=?"));
  query.bind(0, static_cast<std::int64_t>(key.size())).bind(1, key);
  TRY_ASSIGN(const bool some, query.step());
  return some && !query.is_null(0) ? std::optional(Time{query.integer(0)}) : std::nullopt;
}

Result<std::optional<std::string>> Outbox::url_of(const std::string& key, const std::string& target) {
  TRY_ASSIGN(auto query, database_.prepare("SELECT url FROM tickets WHERE key=? AND target=?"));
  query.bind(0, key).bind(1, target);
  TRY_ASSIGN(const bool there, query.step());
  return there ? std::optional(std::string(query.text(0))) : std::nullopt;
}

}  // namespace ashlar::forge
