#pragma once
// The database of a ledger, as SQLite has it.
#include <array>
#include <string_view>

namespace ashlar::ledger {

struct SchemaPart {
  std::string_view name, sql;
  int since = 1;  ///< the version of a file that has it first: one of an earlier version gets it when it is opened
};

/// `body` is canonical() of the entry, whose members at the front stand at fixed places: {"at":"2026-11-24T08:16:27Z",... The columns beside it repeat some of its members (null where it lacks one), to be asked for. What is written stays: the guards
/// refuse whoever comes through SQL, the chain shows who did not.
inline constexpr std::array<SchemaPart, 10> schema = {{
    {"entries", "CREATE TABLE entries (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, image TEXT, vulnerability TEXT, package TEXT, body TEXT NOT NULL, chain BLOB NOT NULL)"},
    {"entries_by_image", "CREATE INDEX entries_by_image ON entries (image, kind) WHERE image IS NOT NULL"},
    {"entries_by_vulnerability", "CREATE INDEX entries_by_vulnerability ON entries (vulnerability) WHERE vulnerability IS NOT NULL"},
    {"entries_by_time", "CREATE INDEX entries_by_time ON entries (substr(body, 8, 20))", 2},
    {"checkpoints", "CREATE TABLE checkpoints (place INTEGER PRIMARY KEY, envelope TEXT NOT NULL)"},
    {"entries_follow", "CREATE TRIGGER entries_follow BEFORE INSERT ON entries WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entries) BEGIN SELECT RAISE(ABORT, 'an entry follows the last one'); END"},
    {"entries_stay", "CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are not changed'); END"},
    {"entries_remain", "CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are not removed'); END"},
    {"checkpoints_stay", "CREATE TRIGGER checkpoints_stay BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are not changed'); END"},
    {"checkpoints_remain", "CREATE TRIGGER checkpoints_remain BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are not removed'); END"},
}};
/// `PRAGMA user_version` of a file of this form.
inline constexpr int schema_version = 2;

}  // namespace ashlar::ledger
