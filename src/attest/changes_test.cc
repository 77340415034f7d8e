#include "attest/changes.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "attest/inner/sample_predicates_test.h"
#include "attest/predicate.h"

namespace ashlar::attest {
namespace {

TEST(Changes, names_both_images_and_all_that_differs) {
  const Json said = changes(sample::changes_said(), sample::behaviour_said());
  EXPECT_EQ(said["before"]["digest"]["sha256"], sample::digest("old image").hex());
  EXPECT_EQ(said["after"]["digest"]["sha256"], sample::digest("image").hex());
  EXPECT_EQ(said["packages"].dump(), R"([{"name":"tool","architecture":"amd64","before":"1:2.0-2","after":"1:2.0-3"}])");
  EXPECT_EQ(said["files"][0]["path"], "/etc/tool");
  EXPECT_FALSE(said["files"][0].contains("before")) << "it was not there";
  EXPECT_EQ(said["config"].dump(), R"([{"name":"environment MODE","before":"plain","after":"bold"},{"name":"port 80/tcp","after":"exposed"}])");
  EXPECT_EQ(said["vulnerabilities"]["fixed"][0]["id"], "CVE-2026-1");
  EXPECT_EQ(said["vulnerabilities"]["new"][0]["id"], "CVE-2026-2");
  EXPECT_EQ(said["behaviour"]["changes"][0]["id"], "export-gone");
}

TEST(Changes, what_nobody_looked_for_is_not_said) {
  ChangesSaid said = sample::changes_said();
  said.vulnerabilities.reset();
  const Json json = changes(said, sample::behaviour_said());
  EXPECT_FALSE(json.contains("vulnerabilities"));
  EXPECT_TRUE(check_predicate(changes_uri, json));
}

TEST(Changes, the_same_gives_the_same_text) { EXPECT_EQ(changes(sample::changes_said(), sample::behaviour_said()).dump(), changes(sample::changes_said(), sample::behaviour_said()).dump()); }

TEST(Changes, what_is_none_is_refused_with_its_place) {
  struct Row { std::string_view summary; std::function<void(Json&)> spoil; std::string_view says; };
  for (const Row& row : {Row{"no image before", [](Json& v) { v.erase("before"); }, "before"}, Row{"a package without a name", [](Json& v) { v["packages"][0].erase("name"); }, "name"},
                         Row{"a file of no type", [](Json& v) { v["files"][0]["after"]["type"] = "pipe"; }, "type"}, Row{"a weight that is none", [](Json& v) { v["behaviour"]["changes"][0]["weight"] = "heavy"; }, "weight"},
                         Row{"a finding without a name", [](Json& v) { v["vulnerabilities"]["new"][0]["id"] = ""; }, "id"}}) {
    Json json = changes(sample::changes_said(), sample::behaviour_said());
    ASSERT_TRUE(check_predicate(changes_uri, json));
    row.spoil(json);
    const auto taken = check_predicate(changes_uri, json);
    ASSERT_FALSE(taken) << row.summary;
    EXPECT_NE(taken.error().message.find(row.says), std::string::npos) << row.summary << ": " << taken.error().message;
  }
}

}  // namespace
}  // namespace ashlar::attest
