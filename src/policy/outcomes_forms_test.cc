#include "policy/outcomes_forms.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "policy/inner/sample_outcomes.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::policy {
namespace {

std::string golden(const std::string& name, const std::string& got) {
  const std::string path = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/outcomes/" + name;
  if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(path, std::ios::binary) << got;
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text_of(const OutcomeTable& table) {
  std::string out;
  for (const auto& section : table.sections) {
    out += "## " + section.title + "\n";
    for (const auto& row : section.rows) out += row.what + " | " + row.before + " | " + row.after + "\n";
  }
  for (size_t at = 0; at < table.sources.size(); ++at) out += "[" + std::to_string(at + 1) + "] " + table.sources[at] + "\n";
  return out;
}

TEST(OutcomeForms, TableJsonAndPageAreGolden) {
  const Outcomes got = outcomes(sample_facts());
  EXPECT_EQ(text_of(table_of(got)), golden("sample.txt", text_of(table_of(got))));
  EXPECT_EQ(to_pretty(to_json(got)), golden("sample.json", to_pretty(to_json(got))));
  EXPECT_EQ(to_html(got), golden("sample.html", to_html(got)));
}

TEST(OutcomeForms, EveryFigureNamesItsSource) {
  const Outcomes got = outcomes(sample_facts());
  const OutcomeTable table = table_of(got);
  for (const auto& section : table.sections) {
    for (const auto& row : section.rows) {
      for (const std::string* each : {&row.before, &row.after}) EXPECT_TRUE(each->ends_with("]")) << row.what << ": " << *each;
    }
  }
  for (const Json& line : to_json(got)["lines"]) {
    for (const char* column : {"before", "after"}) {
      const Json& cell = line[column];
      EXPECT_EQ(cell["basis"] == "none", cell["value"].is_null()) << line["id"];
      EXPECT_EQ(cell["basis"] == "none", cell["source"] == "") << line["id"];
    }
  }
}

TEST(OutcomeForms, LinesWithoutAnythingAreLeftOutForPeopleAlone) {
  const Outcomes got = outcomes(sample_facts());
  EXPECT_EQ(text_of(table_of(got)).find("high, of the application"), std::string::npos);
  EXPECT_NE(to_json(got).dump().find("cves.app.high"), std::string::npos);
}

TEST(OutcomeForms, ThePageNeedsNothingElseAndReadsWithoutEyes) {
  OutcomeFacts facts = sample_facts();
  facts.after.images[0].ref = "<script>alert(1)</script>";
  facts.after.images[0].locked.lacks = "\"><img>";
  facts.after.images[0].locked.value.reset();
  const std::string page = to_html(outcomes(facts));
  for (const char* outside : {"http://", "https://", "<script", "<img", "@import", "url(", "src="}) EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  const auto count = [&](std::string_view word) {
    size_t out = 0;
    for (size_t at = page.find(word); at != std::string::npos; at = page.find(word, at + 1)) ++out;
    return out;
  };
  EXPECT_EQ(count("<svg "), 5U) << "CVEs, noise, time to patch, open by day, steps";
  EXPECT_EQ(count("role=\"img\" aria-labelledby="), count("<svg "));
  EXPECT_EQ(count("<caption>"), 9U) << "seven sections, the images, and the days";
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(OutcomeForms, JsonFitsItsSchema) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/outcomes.schema.json");
  const auto value_of = [](const Json& json) { return SchemaTrial::Value::parse(json.dump()); };
  std::string why;
  EXPECT_TRUE(schema.takes(value_of(to_json(outcomes(sample_facts()))), &why)) << why;
  OutcomeFacts nothing = sample_facts();
  nothing.before = {.images = {}, .lacks = "none"};
  nothing.after = {.images = {}, .lacks = "none"};
  nothing.ledger.value.reset();
  EXPECT_TRUE(schema.takes(value_of(to_json(outcomes(nothing))), &why)) << why;
  Json broken = to_json(outcomes(sample_facts()));
  broken["lines"][0]["after"]["basis"] = "guessed";
  EXPECT_FALSE(schema.takes(value_of(broken)));
  broken = to_json(outcomes(sample_facts()));
  broken["lines"][0]["after"].erase("source");
  EXPECT_FALSE(schema.takes(value_of(broken)));
}
#endif

}  // namespace
}  // namespace ashlar::policy
