#include "policy/support.h"

#include <gtest/gtest.h>

namespace ashlar::policy {
namespace {

Time at(std::string_view text) { return Time::parse(text).value(); }

struct Row {
  const char* summary;
  std::vector<const char*> promoted;
  const char *from, *until, *now;
  std::vector<CadenceGap> gaps;
  size_t promotions;
  const char* next;
};

TEST(Cadence, EachGapIsNamed) {
  const Row rows[] = {
      {"kept", {"2026-01-01", "2026-01-07", "2026-01-14"}, "2026-01-01", nullptr, "2026-01-20", {}, 3, "2026-01-21"},
      {"kept to the second", {"2026-01-01", "2026-01-08"}, "2026-01-01", nullptr, "2026-01-15", {}, 2, "2026-01-15"},
      {"one day too long", {"2026-01-01", "2026-01-09"}, "2026-01-01", nullptr, "2026-01-10", {{at("2026-01-01"), at("2026-01-09"), false}}, 2, "2026-01-16"},
      {"over a leap day", {"2028-02-24"}, "2028-02-24", nullptr, "2028-03-02", {}, 1, "2028-03-02"},
      {"not since then", {"2026-01-01"}, "2026-01-01", nullptr, "2026-01-10", {{at("2026-01-01"), at("2026-01-10"), true}}, 1, "2026-01-08"},
      {"never", {}, "2026-01-01", nullptr, "2026-01-10", {{at("2026-01-01"), at("2026-01-10"), true}}, 0, "2026-01-08"},
      {"support has not begun", {}, "2026-02-01", nullptr, "2026-01-10", {}, 0, "2026-02-08"},
      {"support has ended", {"2026-01-01", "2026-01-06"}, "2026-01-01", "2026-01-10", "2026-06-01", {}, 2, nullptr},
      {"too late before support ended", {"2026-01-01"}, "2026-01-01", "2026-01-10", "2026-06-01", {{at("2026-01-01"), at("2026-01-10"), false}}, 1, nullptr},
      {"what was before support is nothing", {"2025-12-31", "2026-01-03"}, "2026-01-01", nullptr, "2026-01-05", {}, 1, "2026-01-10"},
      {"recorded in another order", {"2026-01-14", "2026-01-01", "2026-01-07"}, "2026-01-01", nullptr, "2026-01-20", {}, 3, "2026-01-21"},
      {"several findings gone at once", {"2026-01-01", "2026-01-01", "2026-01-06"}, "2026-01-01", nullptr, "2026-01-10", {}, 2, "2026-01-13"},
      {"what comes later does not count", {"2026-01-01", "2026-01-12"}, "2026-01-01", nullptr, "2026-01-05", {}, 1, "2026-01-08"},
  };
  for (const Row& row : rows) {
    std::vector<ledger::Entry> events;
    for (const char* each : row.promoted) events.push_back({.number = events.size() + 1, .event = {.kind = ledger::Kind::Promoted, .at = at(each), .image = "a"}});
    events.push_back({.number = 99, .event = {.kind = ledger::Kind::Promoted, .at = at("2026-01-05"), .image = "b"}});
    events.push_back({.number = 100, .event = {.kind = ledger::Kind::Rebuilt, .at = at("2026-01-05"), .image = "a"}});
    Support support{.image = "a", .from = at(row.from), .until = {}, .rebuilt_at_latest = 7 * 86400};
    if (row.until != nullptr) support.until = at(row.until);
    const Cadence found = cadence(events, support, at(row.now));
    EXPECT_EQ(found.gaps, row.gaps) << row.summary;
    EXPECT_EQ(found.promotions, row.promotions) << row.summary;
    EXPECT_EQ(found.next_due ? found.next_due->date() : "", row.next == nullptr ? "" : row.next) << row.summary;
    EXPECT_EQ(found.kept(), row.gaps.empty()) << row.summary;
    support.rebuilt_at_latest = 0;
    EXPECT_TRUE(cadence(events, support, at(row.now)).kept()) << row.summary << ": nothing was promised";
  }
}

}  // namespace
}  // namespace ashlar::policy
