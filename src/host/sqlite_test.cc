#include "host/sqlite.h"

#include <gtest/gtest.h>

#include <fstream>

#include "host/scratch.h"

namespace ashlar::host {
namespace {

class SqliteTest : public ::testing::Test {
 protected:
  Scratch scratch;
  Path folder = scratch.path();
};

TEST_F(SqliteTest, WhatWasWrittenIsReadAgain) {
  const Path path = folder / "odd %23?#name.db";
  const Bytes blob = {0, 1, 255};
  {
    auto made = Sqlite::create(path).value();
    ASSERT_TRUE(made.run("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB, d REAL, e TEXT)"));
    auto insert = made.prepare("INSERT INTO t VALUES (?,?,?,?,?)").value();
    ASSERT_TRUE(insert.bind(0, std::int64_t{1} << 40).bind(1, "text").bind(2, blob).bind(3, 0.5).bind_null(4).run());
    ASSERT_TRUE(insert.bind(0, std::int64_t{2}).bind(1, std::string_view()).bind(2, BytesView()).bind(3, -1.0).bind(4, "x").run());
    auto again = insert.bind(0, std::int64_t{2}).bind(1, "").bind(2, blob).bind(3, 0.0).bind_null(4).run();
    EXPECT_EQ(again.error().kind, Kind::Conflict) << "the key is taken";
  }
  auto open = Sqlite::open_unchanging(path).value();
  auto ask = open.prepare("SELECT a, b, c, d, e FROM t ORDER BY a DESC").value();
  ASSERT_TRUE(ask.step().value());
  EXPECT_EQ(ask.integer(0), std::int64_t{1} << 40);
  EXPECT_EQ(ask.text(1), "text");
  EXPECT_EQ(Bytes(ask.blob(2).begin(), ask.blob(2).end()), blob);
  EXPECT_EQ(ask.real(3), 0.5);
  EXPECT_TRUE(ask.is_null(4));
  ASSERT_TRUE(ask.step().value());
  EXPECT_FALSE(ask.is_null(1)) << "an empty text is no null";
  EXPECT_EQ(ask.text(4), "x");
  EXPECT_FALSE(ask.step().value());
}

TEST_F(SqliteTest, FaultsAreToldApart) {
  std::ofstream(folder / "text") << std::string(8192, 'x');
  EXPECT_EQ(Sqlite::open_unchanging(folder / "none").error().kind, Kind::NotFound);
  EXPECT_EQ(Sqlite::open_unchanging(folder / "text").error().kind, Kind::Corrupt);
  EXPECT_EQ(Sqlite::create(folder / "text").error().kind, Kind::Conflict);
  auto database = Sqlite::create(folder / "new").value();
  const auto asked = database.prepare("SELECT a FROM nowhere");
  EXPECT_EQ(asked.error().kind, Kind::Invalid);
  EXPECT_TRUE(asked.error().message.ends_with("no such table: nowhere")) << asked.error().message;
}

TEST_F(SqliteTest, AnUnchangingDatabaseTakesNoWrites) {
  { ASSERT_TRUE(Sqlite::create(folder / "x").value().run("CREATE TABLE t (a)")); }
  auto open = Sqlite::open_unchanging(folder / "x").value();
  EXPECT_EQ(open.run("INSERT INTO t VALUES (1)").error().kind, Kind::Denied);
}

TEST_F(SqliteTest, SharedOnesAreSeenByEachOther) {
  auto one = Sqlite::open_shared(folder / "shared").value();
  auto two = Sqlite::open_shared(folder / "shared").value();
  ASSERT_TRUE(one.run("CREATE TABLE t (a); INSERT INTO t VALUES (7)"));
  auto ask = two.prepare("SELECT a FROM t").value();
  ASSERT_TRUE(ask.step().value());
  EXPECT_EQ(ask.integer(0), 7);
}

TEST_F(SqliteTest, ANewOneInMemoryTakesAllAndIsNoFile) {
  auto one = Sqlite::in_memory().value(), other = Sqlite::in_memory().value();
  ASSERT_TRUE(one.run("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (7)"));
  auto ask = one.prepare("SELECT a FROM t").value();
  ASSERT_TRUE(ask.step().value());
  EXPECT_EQ(ask.integer(0), 7);
  EXPECT_FALSE(other.prepare("SELECT a FROM t")) << "each is its own";
}

TEST_F(SqliteTest, ACopyInMemoryIsReadAndNothingElse) {
  const Path path = folder / "a.db";
  {
    auto made = Sqlite::open_shared(path).value();  // write-ahead logged
    ASSERT_TRUE(made.run("CREATE TABLE t (a); INSERT INTO t VALUES (7); CREATE VIEW v AS SELECT a FROM t"));
  }
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  {
    auto copy = Sqlite::open_copy(as_bytes(bytes), "x").value();
    auto ask = copy.prepare("SELECT a FROM t").value();
    ASSERT_TRUE(ask.step().value());
    EXPECT_EQ(ask.integer(0), 7);
    EXPECT_FALSE(copy.run("INSERT INTO t VALUES (8)")) << "it is not written to";
    EXPECT_FALSE(copy.prepare("SELECT a FROM v")) << "views may be anything";
  }
  EXPECT_EQ(Sqlite::open_copy(as_bytes("x"), "x").error().message, "cannot open database 'x': it does not begin as one");
  EXPECT_EQ(Sqlite::open_copy({}, "x").error().kind, Kind::Corrupt);
  const std::string damaged = bytes.substr(0, 100) + std::string(bytes.size() - 100, '\xff');
  EXPECT_EQ(Sqlite::open_copy(as_bytes(damaged), "x").error().kind, Kind::Corrupt);
}

}  // namespace
}  // namespace ashlar::host
