#include <gtest/gtest.h>

#include "pipeline/lock.h"

namespace ashlar::pipeline {
namespace {

using Lines = std::vector<std::string>;

struct Row {
  std::string summary;
  Lines lines, merged;
};

TEST(ByPlatforms, says_each_text_once_with_its_platforms) {
  const std::vector<Row> rows = {
      {"nothing", {}, {}},
      {"one platform", {"linux/amd64: jq 1.7 is new"}, {"linux/amd64: jq 1.7 is new"}},
      {"two platforms that agree", {"linux/amd64: a 1 -> 2", "linux/amd64: b 1 is gone", "linux/arm64: a 1 -> 2", "linux/arm64: b 1 is gone"},
       {"linux/amd64, linux/arm64: a 1 -> 2", "linux/amd64, linux/arm64: b 1 is gone"}},
      {"two that do not", {"linux/amd64: a 1 -> 2", "linux/arm64: a 1 -> 2+b1"}, {"linux/amd64: a 1 -> 2", "linux/arm64: a 1 -> 2+b1"}},
      {"without a platform, and twice", {"the definition has changed", "x: y", "x: y"}, {"the definition has changed", "x: y"}},
  };
  for (const Row& row : rows) EXPECT_EQ(by_platforms(row.lines), row.merged) << row.summary;
}

}  // namespace
}  // namespace ashlar::pipeline
