#include "host/sqlite.h"

#include <sqlite3.h>

#include <cstring>

#include <fmt/format.h>

namespace ashlar::host {
namespace {

Kind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Kind::Corrupt;
    case SQLITE_CONSTRAINT: return Kind::Conflict;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY: return Kind::Denied;
    case SQLITE_ERROR: return Kind::Invalid;
    default: return Kind::Unavailable;
  }
}

std::unexpected<Error> fault(sqlite3* database, const std::string& name, std::string_view verb) {
  return cannot(kind_of(sqlite3_extended_errcode(database)), fmt::format("{} database '{}'", verb, name), sqlite3_errmsg(database));
}

/// A path as an SQLite URI (sqlite.org/uri.html).
std::string uri_of(const Path& path, std::string_view query) {
  std::string out = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#') out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else out += c;
  }
  return out + std::string(query);
}

}  // namespace

void Statement::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Sqlite::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

// A parameter that does not exist or does not fit is our own fault; step() then reports the statement's state.
Statement& Statement::bind(int at, std::int64_t value) { return sqlite3_bind_int64(statement_.get(), at + 1, value), *this; }
Statement& Statement::bind(int at, double value) { return sqlite3_bind_double(statement_.get(), at + 1, value), *this; }
Statement& Statement::bind(int at, std::string_view text) {
  return sqlite3_bind_text64(statement_.get(), at + 1, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8), *this;
}
Statement& Statement::bind(int at, BytesView blob) {
  return sqlite3_bind_blob64(statement_.get(), at + 1, blob.data() == nullptr ? reinterpret_cast<const std::uint8_t*>("") : blob.data(), blob.size(), SQLITE_TRANSIENT), *this;
}
Statement& Statement::bind_null(int at) { return sqlite3_bind_null(statement_.get(), at + 1), *this; }

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fault(database_, name_, "use");
}

Done Statement::run() {
  for (;;) {
    auto more = step();
    if (!more || !*more) {
      reset();
      return more ? Done() : std::unexpected(std::move(more).error());
    }
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

bool Statement::is_null(int at) const { return sqlite3_column_type(statement_.get(), at) == SQLITE_NULL; }
std::int64_t Statement::integer(int at) const { return sqlite3_column_int64(statement_.get(), at); }
double Statement::real(int at) const { return sqlite3_column_double(statement_.get(), at); }
std::string_view Statement::text(int at) const {
  const auto* text = sqlite3_column_text(statement_.get(), at);
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text), static_cast<size_t>(sqlite3_column_bytes(statement_.get(), at)));
}
BytesView Statement::blob(int at) const {
  const void* blob = sqlite3_column_blob(statement_.get(), at);
  return blob == nullptr ? BytesView() : BytesView(static_cast<const std::uint8_t*>(blob), static_cast<size_t>(sqlite3_column_bytes(statement_.get(), at)));
}

Result<Sqlite> Sqlite::open(const Path& path, const std::string& address, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(address.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nullptr);
  Sqlite database(raw, path.string());
  if (code != SQLITE_OK) return fault(raw, path.string(), "open");
  return database;
}

Result<Sqlite> Sqlite::open_unchanging(const Path& path) {
  if (std::error_code error; !std::filesystem::exists(path, error)) return cannot(Kind::NotFound, fmt::format("open database '{}'", path.string()), "it does not exist");
  TRY_ASSIGN(Sqlite database, open(path, uri_of(path, "?mode=ro&immutable=1"), SQLITE_OPEN_READONLY));
  TRY(database.run("PRAGMA mmap_size=1073741824; PRAGMA cell_size_check=ON; SELECT count(*) FROM sqlite_schema"));
  return database;
}

Result<Sqlite> Sqlite::open_shared(const Path& path) {
  TRY_ASSIGN(Sqlite database, open(path, uri_of(path, ""), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  sqlite3_busy_timeout(database.database_.get(), 60'000);
  TRY(database.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON"));
  return database;
}

Result<Sqlite> Sqlite::create(const Path& path) {
  if (std::error_code error; std::filesystem::exists(path, error)) return cannot(Kind::Conflict, fmt::format("make database '{}'", path.string()), "it is there");
  TRY_ASSIGN(Sqlite database, open(path, uri_of(path, ""), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  TRY(database.run("PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY"));
  return database;
}

Result<Sqlite> Sqlite::in_memory() { return open("in memory", ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE); }

Result<Sqlite> Sqlite::open_copy(BytesView bytes, const std::string& name) {
  const auto refuse = [&](std::string_view cause) { return cannot(Kind::Corrupt, fmt::format("open database '{}'", name), cause); };
  if (bytes.size() < 512 || !as_text(bytes).starts_with(std::string_view("SQLite format 3\0", 16))) return refuse("it does not begin as one");
  TRY_ASSIGN(Sqlite database, open(name, ":memory:", SQLITE_OPEN_READWRITE));
  sqlite3* const raw = database.database_.get();
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, 64 << 20);
  auto* const copy = static_cast<std::uint8_t*>(sqlite3_malloc64(bytes.size()));
  if (copy == nullptr) return cannot(Kind::Unavailable, fmt::format("open database '{}'", name), "there is no memory for it");
  std::memcpy(copy, bytes.data(), bytes.size());
  copy[18] = copy[19] = 1;  // no write-ahead log (fileformat2.html, 1.3.3)
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  if (sqlite3_deserialize(raw, "main", copy, size, size, SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) return fault(raw, name, "open");
  TRY(database.run("PRAGMA cell_size_check=ON; SELECT count(*) FROM sqlite_schema"));
  return database;
}

Result<Statement> Sqlite::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK) return fault(database_.get(), name_, "ask");
  return Statement(database_.get(), raw, name_);
}

Done Sqlite::run(const std::string& sql) {
  return sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? Done() : fault(database_.get(), name_, "use");
}

}  // namespace ashlar::host
