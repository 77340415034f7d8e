#pragma once
// SQLite databases: the seam to the library. Each database and its statements belong to one thread at a time.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "host/files.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ashlar::host {

/// A compiled statement. Parameters and columns count from 0; a bound text or blob is copied.
class Statement {
 public:
  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, double value);
  Statement& bind(int at, std::string_view text);
  Statement& bind(int at, BytesView blob);
  Statement& bind_null(int at);
  /// Whether there is another row. Corrupt when the file is damaged, Conflict on a broken constraint.
  Result<bool> step();
  /// Runs to its end and makes it ready again.
  Done run();
  /// Ready to be bound and run again.
  void reset();

  // Of the present row; views live until the next step() or reset().
  bool is_null(int at) const;
  std::int64_t integer(int at) const;
  double real(int at) const;
  std::string_view text(int at) const;
  BytesView blob(int at) const;

 private:
  friend class Sqlite;
  struct Close { void operator()(sqlite3_stmt* statement) const; };
  Statement(sqlite3* database, sqlite3_stmt* statement, std::string name) : database_(database), statement_(statement), name_(std::move(name)) {}
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;
  std::string name_;  ///< of the file, for errors
};

class Sqlite {
 public:
  /// A database that nobody writes while it is open: no locks are taken, the file is mapped. NotFound when there is none, Corrupt when it is none.
  static Result<Sqlite> open_unchanging(const Path& path);
  /// A database that several processes share: made where it lacks, write-ahead logged, waits up to a minute for others.
  static Result<Sqlite> open_shared(const Path& path);
  /// A new file, to be written once and whole: no journal, pages of 4 KiB. Conflict when it is there.
  static Result<Sqlite> create(const Path& path);

  /// A new one without a file, gone with this.
  static Result<Sqlite> in_memory();

  /// A copy of a database that lies in memory, from whoever: it can be read, nothing in it is carried out, and a write-ahead log beside it counts for
  /// nothing. `name` is for errors. Corrupt when it is none.
  static Result<Sqlite> open_copy(BytesView bytes, const std::string& name);

  Result<Statement> prepare(std::string_view sql);
  /// Runs one or several statements that give no rows.
  Done run(const std::string& sql);

 private:
  struct Close { void operator()(sqlite3* database) const; };
  Sqlite(sqlite3* database, std::string name) : database_(database), name_(std::move(name)) {}
  static Result<Sqlite> open(const Path& path, const std::string& address, int flags);
  std::unique_ptr<sqlite3, Close> database_;
  std::string name_;
};

}  // namespace ashlar::host
