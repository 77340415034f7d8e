#include "pipeline/inner/look_ahead.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "pipeline/watch.h"

namespace ashlar::pipeline {
namespace {

const deb::Distribution stone = [] {
  deb::Distribution out;
  out.parts = {{"stone", {"stone", "stone-updates"}, false, {"stone-proposed"}}, {"stone-security", {"stone-security"}, true, {"stone-embargoed"}}, {"other", {"other"}, false, {}}};
  return out;
}();

plan::LockedPackage package(const std::string& name, const std::string& version, const std::string& archive, const std::string& suite) {
  plan::LockedPackage out;
  out.name = name, out.version = version, out.archive = archive, out.suite = suite;
  out.sha256 = Digest::of(name + " " + version).hex();
  return out;
}

plan::Lock lock_of(const std::vector<plan::LockedPackage>& packages, const std::vector<std::pair<std::string, std::string>>& archives) {
  plan::Lock out;
  out.platforms["linux/amd64"].packages = packages;
  for (const auto& [name, suite] : archives) out.archives.push_back({name, suite, {}, {}, {}});
  return out;
}

TEST(Land, a_package_lies_where_it_will_when_it_has_landed) {
  const plan::Lock present = lock_of({package("a", "1", "stone", "stone"), package("b", "1", "stone", "stone-updates")}, {});
  struct Row {
    const char* summary;
    plan::LockedPackage taken;
    const char *archive, *suite;
  };
  const Row rows[] = {
      {"what is proposed goes to the main suite", package("a", "2", "stone", "stone-proposed"), "stone", "stone"},
      {"of the same archive", package("a", "2", "stone-security", "stone-embargoed"), "stone-security", "stone-security"},
      {"what the archives have already stays there", package("b", "1", "stone", "stone-proposed"), "stone", "stone-updates"},
      {"what is not proposed", package("a", "2", "stone", "stone-updates"), "stone", "stone-updates"},
      {"of another archive", package("a", "2", "other", "stone-proposed"), "other", "stone-proposed"},
      {"a new package", package("c", "1", "stone", "stone-proposed"), "stone", "stone"},
  };
  for (const Row& row : rows) {
    plan::Lock lock = lock_of({row.taken}, {});
    land(stone, present, lock);
    const plan::LockedPackage& out = lock.platforms.at("linux/amd64").packages.front();
    EXPECT_EQ(out.archive, row.archive) << row.summary;
    EXPECT_EQ(out.suite, row.suite) << row.summary;
    EXPECT_EQ(out.sha256, row.taken.sha256) << row.summary;
  }
}

TEST(Land, the_proposing_suites_are_not_named_any_more) {
  plan::Lock lock = lock_of({}, {{"stone", "stone"}, {"stone", "stone-proposed"}, {"stone-security", "stone-security"}, {"stone-security", "stone-embargoed"}, {"other", "stone-proposed"}});
  land(stone, {}, lock);
  std::string left;
  for (const plan::LockedArchive& each : lock.archives) left += fmt::format("{} {}, ", each.name, each.suite);
  EXPECT_EQ(left, "stone stone, stone-security stone-security, other stone-proposed, ");
}

TEST(Land, what_has_landed_has_the_same_identity) {
  const plan::Lock present = lock_of({package("a", "1", "stone", "stone"), package("b", "1", "stone", "stone")}, {{"stone", "stone"}});
  plan::Lock proposed = lock_of({package("a", "2", "stone", "stone-proposed"), package("b", "1", "stone", "stone-proposed")}, {{"stone", "stone"}, {"stone", "stone-proposed"}});
  plan::Lock later = lock_of({package("a", "2", "stone", "stone"), package("b", "1", "stone", "stone")}, {{"stone", "stone"}});
  later.archives.front().date = "2026-12-24T00:00:00Z";
  land(stone, present, proposed);
  EXPECT_EQ(lock_identity(proposed), lock_identity(later));
  EXPECT_NE(lock_identity(proposed), lock_identity(present));
  plan::Lock nothing = lock_of({package("a", "1", "stone", "stone-proposed"), package("b", "1", "stone", "stone")}, {{"stone", "stone-proposed"}});
  land(stone, present, nothing);
  EXPECT_EQ(lock_identity(nothing), lock_identity(present)) << "what the archives have already is no proposal";
}

}  // namespace
}  // namespace ashlar::pipeline
