#pragma once
// For tests: what a table of files and rules is held to.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/check.h"

namespace ashlar::workload {

/// A file and where it breaks a rule: `line:column` of each remark, with blanks between; empty: it does not.
struct CheckRow {
  const char* summary;
  const char* rule;
  std::string text, places;
};

inline std::string places_of(const Checked& checked, std::string_view rule) {
  std::vector<std::string> out;
  for (const Remark& each : checked.remarks) {
    if (each.rule->id == rule) out.push_back(fmt::format("{}:{}", each.span.line, each.span.column));
  }
  return join(out, " ");
}

/// Holds each row, and asks of each rule that it is found in one row and not in another.
inline void hold(FileKind kind, std::span<const CheckRow> rows) {
  std::set<std::string> breaks, keeps;
  for (const CheckRow& row : rows) {
    ASSERT_NE(find_rule(row.rule), nullptr) << row.rule;
    const auto checked = check(kind, row.text, "file");
    ASSERT_TRUE(checked) << row.rule << ", " << row.summary << ": " << checked.error().message << (checked.error().faults.empty() ? "" : ": " + to_string(checked.error().faults[0]));
    EXPECT_EQ(places_of(*checked, row.rule), row.places) << row.rule << ", " << row.summary << "\n" << row.text;
    (row.places.empty() ? keeps : breaks).insert(row.rule);
    for (const Remark& each : checked->remarks) {
      EXPECT_TRUE(words(each.rule->files).size() > 0 && (" " + std::string(each.rule->files) + " ").find(" " + std::string(to_string(kind)) + " ") != std::string::npos) << each.rule->id << " is not said to look at such files";
      EXPECT_LE(each.span.end, row.text.size());
      EXPECT_FALSE(each.message.empty());
      EXPECT_TRUE(each.edits.empty() || each.rule->mends) << each.rule->id << " is not said to mend";
    }
  }
  EXPECT_EQ(breaks, keeps) << "each rule needs a row that breaks it and one that keeps it";
}

}  // namespace ashlar::workload
