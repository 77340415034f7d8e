#pragma once
// The tables of a database (docs/formats/database.md), and what both its writer and its reader know of them.
#include "advisory/database.h"
#include "host/sqlite.h"

namespace ashlar::advisory {

/// Grows with every change of the tables, of how values are packed, or of what they mean; stands in SQLite's `user_version`. `application_id` says that it is ours.
constexpr int layout_version = 5;
constexpr int application_id = 0x41736864;  // "Ashd"

constexpr const char* layout_sql = R"(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE feed (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, format TEXT NOT NULL, source TEXT NOT NULL, digest TEXT NOT NULL, dated INTEGER NOT NULL,
                   fetched INTEGER NOT NULL, max_age INTEGER NOT NULL, records INTEGER NOT NULL);
CREATE TABLE space (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE covers (feed INTEGER NOT NULL, space INTEGER NOT NULL, PRIMARY KEY (feed, space)) WITHOUT ROWID;
CREATE TABLE record (id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, data BLOB NOT NULL, packages BLOB NOT NULL);
CREATE TABLE name (name TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (name, record)) WITHOUT ROWID;
CREATE TABLE match (space INTEGER NOT NULL, package TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (space, package)) WITHOUT ROWID;
CREATE TABLE exploited (cve TEXT NOT NULL, feed INTEGER NOT NULL, added INTEGER NOT NULL, due INTEGER, ransomware INTEGER NOT NULL, PRIMARY KEY (cve, feed)) WITHOUT ROWID;
CREATE TABLE likelihood (cve TEXT NOT NULL, feed INTEGER NOT NULL, score REAL NOT NULL, percentile REAL NOT NULL, PRIMARY KEY (cve, feed)) WITHOUT ROWID;
CREATE TABLE support (space INTEGER NOT NULL, package TEXT NOT NULL, feed INTEGER NOT NULL, ordinal INTEGER NOT NULL, until INTEGER, remark TEXT NOT NULL,
                      PRIMARY KEY (space, package, feed, ordinal)) WITHOUT ROWID;
CREATE TABLE newest (space INTEGER NOT NULL, package TEXT NOT NULL, feed INTEGER NOT NULL, version TEXT NOT NULL, PRIMARY KEY (space, package, feed)) WITHOUT ROWID;
)";

/// What the packages of a space are said to be affected by: entries of (record, feed, Affected), packed one after the other.
struct Entry {
  std::int64_t record = 0, feed = 0;
  Affected affected{};
};
/// Corrupt when the blob does not hold them exactly.
Result<std::vector<Entry>> unpack_entries(BytesView data);

Result<std::vector<FeedStamp>> read_stamps(host::Sqlite& database);
/// Opens and checks that it is a database of this layout.
Result<host::Sqlite> open_layout(const host::Path& path);
/// Of the stamps, in the order of their names, and the layout.
Digest digest_of(const std::vector<FeedStamp>& stamps);

}  // namespace ashlar::advisory
