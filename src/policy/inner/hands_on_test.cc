#include "policy/inner/hands_on.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "policy/inner/sample_outcomes.h"

namespace ashlar::policy {
namespace {

/// `answers waiting stopped other patches`
std::string counts(std::string_view told) {
  const HandsOn got = hands_on(sample_entries(told));
  return fmt::format("{} {} {} {} {}", got.answers, got.waiting, got.stopped, got.other, got.patches);
}

TEST(HandsOn, IsCountedFromEvents) {
  const struct { const char *summary, *told, *expected; } rows[] = {
      {"nothing", "", "0 0 0 0 0"},
      {"the first publication is no patch", "2028-01-01 promoted a - digest=1", "0 0 0 0 0"},
      {"the second is, of each image", "2028-01-01 promoted a - digest=1\n2028-01-02 promoted a - digest=2\n2028-01-02 promoted b - digest=2\n2028-01-03 promoted b - digest=3", "0 0 0 0 2"},
      {"that a finding went with it is none", "2028-01-01 promoted a - digest=1\n2028-01-02 promoted a CVE-1 digest=1", "0 0 0 0 0"},
      {"a finding without a fix waits for a person", "2028-01-01 first-seen a CVE-1 package=p severity=high", "0 1 0 0 0"},
      {"in each image", "2028-01-01 first-seen a CVE-1 package=p severity=high\n2028-01-01 first-seen b CVE-1 package=p severity=high", "0 2 0 0 0"},
      {"one that is seen again is one", "2028-01-01 first-seen a CVE-1 package=p severity=high\n2028-01-05 first-seen a CVE-1 package=p severity=high", "0 1 0 0 0"},
      {"not for a negligible one", "2028-01-01 first-seen a CVE-1 package=p severity=negligible", "0 0 0 0 0"},
      {"unless it is exploited", "2028-01-01 first-seen a CVE-1 package=p severity=negligible kev=2028-01-01", "0 1 0 0 0"},
      {"nor where the fix was there", "2028-01-01 fix-available - CVE-1\n2028-01-01 first-seen a CVE-1 package=p severity=high", "0 0 0 0 0"},
      {"a fix that came later had to be waited for", "2028-01-01 first-seen a CVE-1 package=p severity=high\n2028-01-02 fix-available - CVE-1", "0 1 0 0 0"},
      {"a fix for another image or package is none", "2028-01-01 fix-available b CVE-1 package=p\n2028-01-01 fix-available a CVE-1 package=q\n2028-01-01 first-seen a CVE-1 package=p severity=high", "0 1 0 0 0"},
      {"an answer", "2028-01-01 first-seen a CVE-1 package=p severity=high\n2028-01-02 assessed a CVE-1 package=p status=not_affected reason=absent", "1 0 0 0 0"},
      {"the same for two images is one", "2028-01-02 assessed a CVE-1 package=p status=not_affected reason=absent\n2028-01-02 assessed b CVE-1 package=p status=not_affected reason=absent", "1 0 0 0 0"},
      {"another reason is another", "2028-01-02 assessed a CVE-1 package=p status=not_affected reason=absent\n2028-01-02 assessed b CVE-1 package=p status=not_affected reason=unused", "2 0 0 0 0"},
      {"a decision", "2028-01-02 excepted a CVE-1 package=p reason=unreachable until=2028-05-01", "1 0 0 0 0"},
      {"stopped and failed renewals", "2028-01-01 tested a - result=stopped\n2028-01-02 tested a - result=failed\n2028-01-03 tested a - result=passed", "0 0 2 0 0"},
      {"pauses and tags moved back", "2028-01-01 paused a CVE-1 reason=freeze\n2028-01-02 resumed a CVE-1\n2028-01-03 rolled-back a - digest=1 reason=slow\n2028-01-03 rolled-back a CVE-1 digest=1", "0 0 0 3 0"},
      {"an announced end, and no other note", "2028-01-01 noted a - what=end-announced\n2028-01-01 noted a - what=canary", "0 0 0 1 0"},
  };
  for (const auto& row : rows) EXPECT_EQ(counts(row.told), row.expected) << row.summary;
}

TEST(HandsOn, HoursAreByTheModel) {
  const HandsOn work{.answers = 2, .waiting = 1, .stopped = 3, .other = 1, .patches = 10};
  EXPECT_EQ(work.steps(), 7U);
  EXPECT_DOUBLE_EQ(work.hours({}, false), 4.0) << "four times 15 minutes and three times 60";
  EXPECT_DOUBLE_EQ(work.hours({}, true), 11.5) << "and ten times 45";
  EXPECT_DOUBLE_EQ(work.hours({.ticket = 60, .stopped = 0, .rebuild = 6}, true), 5.0);
}

}  // namespace
}  // namespace ashlar::policy
