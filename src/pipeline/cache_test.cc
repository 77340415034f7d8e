#include "pipeline/cache.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/memory.h"
#include "base/progress.h"

namespace ashlar::pipeline {
namespace {

constexpr std::int64_t day = 86400;
const std::string needed_hex(64, 'a');

/// A cache with entries of 100 bytes each, used 1 to 6 days ago.
class CacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    put("packages/sha256/" + needed_hex.substr(0, 2) + "/" + needed_hex.substr(2), 6);
    put("packages/sha256/bb/" + std::string(62, 'b'), 5);
    put("frames/blobs/sha256/cc/" + std::string(62, 'c'), 4);
    put("indexes/sha256/dd/" + std::string(62, 'd'), 3);
    put("partial/half", 2);
    put("unheard-of/x", 1);
    machine.files.set_time(machine.clock.now());
  }
  void put(const std::string& path, int days_ago) {
    machine.files.set_time({machine.clock.now().seconds - days_ago * day - 60});
    ASSERT_TRUE(machine.files.write("/cache/" + path, std::string(100, 'x'), host::Durability::Cache));
  }
  void write_lock(const std::string& path) {
    ASSERT_TRUE(machine.files.write(path, R"({"schema": "https://ashlar.dev/lock/v1", "definition": "x", "inputs_sha256": "x", "distribution": "debian-13", "platforms": {"linux/amd64": {"packages": [
      {"name": "aa", "version": "1", "source": "a", "source_version": "1", "architecture": "all", "size": 100, "sha256": ")" + needed_hex + R"(", "path": "pool/a.deb", "archive": "debian", "suite": "trixie",
       "reason": "asked for", "depends": []}]}}, "archives": [], "encoder": {"codec": "gzip", "library": "libdeflate", "version": "1", "level": 6}})", host::Durability::Cache));
  }
  Result<Pruned> prune(PruneOptions options) { return prune_cache(workshop, options); }
  static PruneOptions limits(std::optional<std::uint64_t> bytes, std::optional<std::int64_t> age) {
    PruneOptions options;
    options.limits = {bytes, age};
    return options;
  }
  std::uint64_t bytes_left() { return examine_cache(workshop)->bytes; }

  host::MemoryMachine machine{Time{1'700'000'000}};
  Silence silent;
  Workshop workshop{machine.machine, silent, {"/cache", "/state", "/config"}, "/data", {}, {}};
};

TEST_F(CacheTest, LayersThatWereReadAreAKindOfTheirOwn) {
  put("layers/ee/" + std::string(62, 'e'), 9);
  const auto report = examine_cache(workshop);
  ASSERT_TRUE(report);
  const auto kind = std::ranges::find(report->kinds, "layers", &CacheKind::kind);
  ASSERT_NE(kind, report->kinds.end());
  EXPECT_EQ(kind->bytes, 100U);
  EXPECT_EQ(prune(limits({}, 8 * day))->entries, 1U);
  EXPECT_EQ(bytes_left(), 600U);
}

TEST_F(CacheTest, ShowsKinds) {
  const auto report = examine_cache(workshop);
  ASSERT_TRUE(report);
  std::string told;
  for (const CacheKind& kind : report->kinds) told += kind.kind + " " + std::to_string(kind.entries) + " " + std::to_string(kind.bytes) + "\n";
  EXPECT_EQ(told, "frames 1 100\nindexes 1 100\nother 1 100\npackages 2 200\npartial 1 100\n");
  EXPECT_EQ(report->bytes, 600U);
  EXPECT_EQ(report->folder, "/cache");
  EXPECT_EQ(report->kinds[3].oldest.seconds, machine.clock.now().seconds - 6 * day - 60);
}

TEST_F(CacheTest, NoCacheIsAnEmptyOne) {
  workshop.folders.cache = "/none";
  EXPECT_EQ(examine_cache(workshop)->bytes, 0U);
  EXPECT_EQ(prune(limits(0, {}))->entries, 0U);
}

TEST_F(CacheTest, PrunesByAgeAndSize) {
  struct Row {
    std::string summary;
    std::optional<std::uint64_t> bytes;
    std::optional<std::int64_t> age;
    std::uint64_t removed;
  };
  const Row rows[] = {
      {"nothing is that old", {}, 7 * day, 0}, {"half of it is", {}, 4 * day, 3},   {"all of it is", {}, 0, 6},  {"it fits", 600, {}, 0},
      {"one must go", 599, {}, 1},             {"the oldest go first", 250, {}, 4}, {"all must go", 0, {}, 6},    {"both limits, the stricter counts", 500, 4 * day, 3},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    ASSERT_TRUE(machine.files.remove_tree("/cache"));
    SetUp();
    PruneOptions options = limits(row.bytes, row.age);
    options.dry_run = true;
    const auto dry = prune(options);
    ASSERT_TRUE(dry);
    EXPECT_EQ(dry->entries, row.removed);
    EXPECT_EQ(bytes_left(), 600U);
    options.dry_run = false;
    const auto done = prune(options);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->entries, row.removed);
    EXPECT_EQ(done->bytes, row.removed * 100);
    EXPECT_EQ(bytes_left(), 600 - row.removed * 100);
  }
}

TEST_F(CacheTest, KeepsWhatLocksNeed) {
  write_lock("/project/deep/x.lock.json");
  PruneOptions options = limits(0, {});
  options.locks = {"/project"};
  const auto done = prune(options);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->entries, 5U);
  EXPECT_EQ(done->kept_for_locks, 100U);
  EXPECT_EQ(bytes_left(), 100U);
}

TEST_F(CacheTest, RemovesNothingWhenALockCannotBeRead) {
  struct Row {
    std::string summary, path, text;
  };
  for (const Row& row : {Row{"no JSON", "/project/x.lock.json", "{"}, {"no lock", "/project/x.lock.json", "{}"}}) {
    SCOPED_TRACE(row.summary);
    ASSERT_TRUE(machine.files.write(row.path, row.text, host::Durability::Cache));
    PruneOptions options = limits(0, {});
    options.locks = {"/project"};
    EXPECT_FALSE(prune(options));
    EXPECT_EQ(bytes_left(), 600U);
  }
  PruneOptions options = limits(0, {});
  options.locks = {"/nowhere"};
  EXPECT_FALSE(prune(options));
  EXPECT_EQ(bytes_left(), 600U);
}

TEST_F(CacheTest, WithoutALimitThereIsNothingToDo) {
  const auto none = prune({});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::Invalid);
  workshop.config.cache.bytes = 300;
  EXPECT_EQ(prune({})->entries, 3U);
  // What is asked for goes before the configuration.
  EXPECT_EQ(prune(limits(1000, {}))->entries, 0U);
}

}  // namespace
}  // namespace ashlar::pipeline
