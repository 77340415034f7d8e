#include "ledger/ledger.h"

#include <algorithm>

#include <fmt/format.h>

#include "ledger/inner/schema.h"
#include "ledger/whole.h"

namespace ashlar::ledger {
namespace {

constexpr std::string_view columns = "number, body, chain";

Result<Digest> digest_of(BytesView bytes) {
  std::array<std::uint8_t, 32> raw{};
  if (bytes.size() != raw.size()) return cannot(ashlar::Kind::Corrupt, "read a chain", fmt::format("it has {} bytes, not 32", bytes.size()));
  std::ranges::copy(bytes, raw.begin());
  return Digest::from(raw);
}

Result<Entry> entry_of(const host::Statement& row) {
  TRY_ASSIGN(Entry out, read_canonical(as_text(row.blob(1))));
  if (out.number != static_cast<std::uint64_t>(row.integer(0))) return cannot(ashlar::Kind::Corrupt, fmt::format("read event {}", row.integer(0)), fmt::format("what was recorded as event {} stands there; `ashlar audit verify` says more", out.number));
  TRY_ASSIGN(out.chain, digest_of(row.blob(2)));
  return out;
}

/// Makes what lacks, in a file of an earlier version, too; of two processes that do so at once, one waits for the other.
Done prepare(host::Sqlite& database, const std::string& name) {
  TRY(database.run("BEGIN IMMEDIATE"));
  const auto fill = [&]() -> Done {
    TRY_ASSIGN(auto version, database.prepare("PRAGMA user_version"));
    TRY_ASSIGN(const bool some, version.step());
    const auto found = some ? version.integer(0) : 0;
    version.reset();
    if (found == schema_version) return {};
    if (found < 0 || found > schema_version) return cannot(ashlar::Kind::Invalid, fmt::format("open ledger '{}'", name), fmt::format("it is of version {}; this program reads {}", found, schema_version));
    for (const SchemaPart& part : schema) {
      if (part.since > found) TRY(database.run(std::string(part.sql)));
    }
    return database.run(fmt::format("PRAGMA user_version={}", schema_version));
  };
  if (auto done = fill(); !done) {
    (void)database.run("ROLLBACK");
    return done;
  }
  return database.run("COMMIT");
}

void bind_or_null(host::Statement& statement, int at, const std::string& text) {
  if (text.empty()) statement.bind_null(at);
  else statement.bind(at, text);
}

}  // namespace

Result<Ledger> Ledger::open(const host::Path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  TRY_ASSIGN(auto database, host::Sqlite::open_shared(path));
  return over(std::move(database), path.string());
}

Result<Ledger> Ledger::in_memory() {
  TRY_ASSIGN(auto database, host::Sqlite::in_memory());
  return over(std::move(database), "in memory");
}

Result<Ledger> Ledger::over(host::Sqlite database, const std::string& name) {
  TRY(prepare(database, name));
  TRY(database.run("PRAGMA mmap_size=4294967296"));  // rows are read in order, often all of them
  TRY_ASSIGN(auto end, database.prepare("SELECT number, chain FROM entries ORDER BY number DESC LIMIT 1"));
  TRY_ASSIGN(auto insert, database.prepare("INSERT INTO entries (number, kind, image, vulnerability, package, body, chain) VALUES (?,?,?,?,?,?,?)"));
  return Ledger(std::move(database), std::move(end), std::move(insert));
}

Result<Entry> Ledger::end() {
  Entry out{.chain = first_chain()};
  TRY_ASSIGN(const bool some, end_.step());
  if (some) {
    out.number = static_cast<std::uint64_t>(end_.integer(0));
    auto chain = digest_of(end_.blob(1));
    if (!chain) return end_.reset(), std::unexpected(std::move(chain).error());
    out.chain = *chain;
  }
  end_.reset();
  return out;
}

Result<std::uint64_t> Ledger::write(std::span<const Event> events, Time now) {
  TRY_ASSIGN(Entry at, end());
  for (const Event& event : events) {
    const std::string body = canonical(event, ++at.number, now);
    at.chain = next_chain(at.chain, body);
    insert_.bind(0, static_cast<std::int64_t>(at.number)).bind(1, to_string(event.kind));
    bind_or_null(insert_, 2, event.image);
    bind_or_null(insert_, 3, event.vulnerability);
    bind_or_null(insert_, 4, event.package);
    TRY(insert_.bind(5, body).bind(6, BytesView(at.chain.raw())).run());
  }
  return at.number;
}

Result<std::uint64_t> Ledger::append(std::span<const Event> events, Time now) {
  for (const Event& event : events) TRY(check(event));
  TRY(check({.at = now}));
  TRY(database_.run("BEGIN IMMEDIATE"));
  auto number = write(events, now);
  if (number) {
    auto done = database_.run("COMMIT");
    if (done) return number;
    number = std::unexpected(std::move(done).error());
  }
  (void)database_.run("ROLLBACK");
  return number;
}

Result<std::uint64_t> Ledger::first_since(Time time) {
  TRY_ASSIGN(auto rows, database_.prepare("SELECT min(number) FROM entries INDEXED BY entries_by_time WHERE substr(body, 8, 20) >= ?"));
  rows.bind(0, time.str());
  TRY_ASSIGN(const bool some, rows.step());
  const auto number = some ? rows.integer(0) : 0;  // null, which is 0: there is none
  return number > 0 ? static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(INT64_MAX);
}

Result<host::Statement> Ledger::ask(const Filter& filter, std::string_view order) {
  std::uint64_t after = filter.after;
  if (filter.since) {
    TRY_ASSIGN(const std::uint64_t first, first_since(*filter.since));
    after = std::max(after, first - 1);
  }
  std::string sql = fmt::format("SELECT {} FROM entries WHERE number > ?", columns);
  std::vector<std::string> texts;
  const auto also = [&](std::string_view condition, std::string text) {
    sql.append(" AND ").append(condition);
    texts.push_back(std::move(text));
  };
  if (!filter.image.empty()) also("image = ?", filter.image);
  if (!filter.vulnerability.empty()) also("vulnerability = ?", filter.vulnerability);
  if (!filter.package.empty()) also("package = ?", filter.package);
  if (filter.kind) also("kind = ?", std::string(to_string(*filter.kind)));
  if (filter.since) also("substr(body, 8, 20) >= ?", filter.since->str());
  if (filter.until) also("substr(body, 8, 20) < ?", filter.until->str());
  if (!filter.digest.empty()) also("instr(body, ?) > 0", fmt::format(",\"digest\":\"{}\"", filter.digest));
  TRY_ASSIGN(auto statement, database_.prepare(sql + std::string(order)));
  statement.bind(0, static_cast<std::int64_t>(std::min<std::uint64_t>(after, INT64_MAX)));
  for (int at = 1; const std::string& text : texts) statement.bind(at++, text);
  return statement;
}

Done Ledger::each(const Filter& filter, const std::function<Done(const Entry&)>& use) {
  TRY_ASSIGN(auto rows, ask(filter, " ORDER BY number"));
  for (;;) {
    TRY_ASSIGN(const bool more, rows.step());
    if (!more) return {};
    TRY_ASSIGN(const Entry entry, entry_of(rows));
    if (!filter.digest.empty() && entry.event.digest != filter.digest) continue;
    TRY(use(entry));
  }
}

Result<std::vector<Entry>> Ledger::read(const Filter& filter) {
  std::vector<Entry> out;
  TRY(each(filter, [&](const Entry& entry) { return out.push_back(entry), Done(); }));
  return out;
}

Result<std::optional<Entry>> Ledger::last(const Filter& filter) {
  TRY_ASSIGN(auto rows, ask(filter, " ORDER BY number DESC"));
  for (;;) {
    TRY_ASSIGN(const bool more, rows.step());
    if (!more) return std::nullopt;
    TRY_ASSIGN(Entry entry, entry_of(rows));
    if (filter.digest.empty() || entry.event.digest == filter.digest) return entry;
  }
}

Result<std::string> Ledger::seal(const trust::PrivateKey& key, Time now) {
  TRY_ASSIGN(const Entry at, end());
  if (at.number == 0) return cannot(ashlar::Kind::Invalid, "make a checkpoint", "the ledger has no event");
  TRY(require_whole(*this));
  TRY_ASSIGN(std::string envelope, sign({at.number, at.chain, now}, key));
  TRY_ASSIGN(auto insert, database_.prepare("INSERT INTO checkpoints (envelope) VALUES (?)"));
  TRY(insert.bind(0, envelope).run());
  return envelope;
}

Done require_whole(Ledger& ledger) {
  TRY_ASSIGN(const Verification found, ledger.verify({}, {}));
  if (found.whole()) return {};
  const std::uint64_t more = found.damages.size() - 1 + found.more;
  return cannot(ashlar::Kind::Corrupt, "trust the ledger", fmt::format("{}{}; nothing is told of it or sealed: `ashlar audit verify` says all; put it back from a copy, or move it away so that a new one begins", found.damages.front().what, more == 0 ? "" : fmt::format(" (and {} more)", more)));
}

Result<std::uint64_t> Ledger::unsealed() {
  TRY_ASSIGN(const Entry at, end());
  TRY_ASSIGN(auto rows, database_.prepare("SELECT place, envelope FROM checkpoints ORDER BY place DESC LIMIT 1"));
  TRY_ASSIGN(const bool some, rows.step());
  if (!some) return at.number;
  TRY_ASSIGN(const auto last, read_checkpoint(rows.text(1), fmt::format("{} of the ledger", rows.integer(0))));
  return at.number - std::min(at.number, last.checkpoint.size);
}

Result<std::vector<SignedCheckpoint>> Ledger::checkpoints() {
  std::vector<SignedCheckpoint> out;
  TRY_ASSIGN(auto rows, database_.prepare("SELECT place, envelope FROM checkpoints ORDER BY place"));
  for (;;) {
    TRY_ASSIGN(const bool more, rows.step());
    if (!more) return out;
    TRY_ASSIGN(auto each, read_checkpoint(rows.text(1), fmt::format("{} of the ledger", rows.integer(0))));
    out.push_back(std::move(each));
  }
}

Done Ledger::check_file() {
  TRY_ASSIGN(auto rows, database_.prepare("PRAGMA integrity_check(1)"));
  TRY_ASSIGN(const bool some, rows.step());
  if (some && rows.text(0) == "ok") return {};
  return cannot(ashlar::Kind::Corrupt, "trust the ledger's file", some ? rows.text(0) : std::string_view("it answers nothing"));
}

}  // namespace ashlar::ledger
