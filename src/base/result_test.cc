#include "base/result.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(Fault, Printed) {
  const struct {
    const char* summary;
    Fault fault;
    const char* expected;
  } rows[] = {
      {"the caret stands below the column", {"a.yaml", 3, 5, "unknown key 'nmae'", "did you mean 'name'", "    nmae: x"},
       "a.yaml:3:5: unknown key 'nmae'\n      nmae: x\n      ^\n  hint: did you mean 'name'"},
      {"no hint", {"a.yaml", 1, 1, "it is empty", "", "x"}, "a.yaml:1:1: it is empty\n  x\n  ^"},
      {"columns count characters, not bytes", {"a", 1, 3, "bad", "", "é\xe2\x82\xacx"}, "a:1:3: bad\n  é\xe2\x82\xacx\n    ^"},
      {"a tab stays a tab before the caret", {"a", 1, 2, "bad", "", "\tx"}, "a:1:2: bad\n  \tx\n  \t^"},
      {"a column past the end stands after the text", {"a", 1, 9, "bad", "", "xy"}, "a:1:9: bad\n  xy\n    ^"},
      {"no place, no excerpt", {"a", 0, 0, "bad", "", ""}, "a:0:0: bad"},
  };
  for (const auto& row : rows) EXPECT_EQ(to_string(row.fault), row.expected) << row.summary;
}

TEST(Errors, Worded) {
  EXPECT_EQ(fail(Kind::Denied, "no").error().message, "no");
  const Error plain = cannot(Kind::Corrupt, "read 'x'", "it is empty").error();
  EXPECT_EQ(plain.kind, Kind::Corrupt);
  EXPECT_EQ(plain.message, "cannot read 'x': it is empty");
  Error inner = plain;
  inner.faults.push_back({"x", 1, 1, "empty", "", ""});
  const Error outer = cannot("lock 'python'", inner).error();
  EXPECT_EQ(outer.kind, Kind::Corrupt);
  EXPECT_EQ(outer.message, "cannot lock 'python': cannot read 'x': it is empty");
  ASSERT_EQ(outer.faults.size(), 1u);
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Kind::Invalid, "odd");
  return value / 2;
}
Result<int> quarter(int value) {
  TRY_ASSIGN(const int first, half(value));
  TRY_ASSIGN(const int second, half(first));
  return second;
}
Done check(int value) {
  TRY(half(value));
  return {};
}

TEST(Try, HandsOnValuesAndErrors) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_TRUE(check(2).has_value());
  EXPECT_EQ(check(3).error().kind, Kind::Invalid);
}

}  // namespace
}  // namespace ashlar
