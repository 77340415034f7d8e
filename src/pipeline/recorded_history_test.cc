#include "pipeline/recorded_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include <fmt/format.h>

#include "base/text.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::pipeline {
namespace {

Result<RecordedHistory> read(const std::string& text) {
  MemorySource lines(as_bytes(text));
  return read_recorded_history(lines, "x.jsonl");
}

TEST(RecordedHistory, reads_every_kind) {
  const auto history = read(R"({"at":"2028-02-29T12:00:00+01:00","kind":"image","name":"a","release":"trixie","sources":{"zlib":"1:1.3-1"}}
{"at":"2028-03-01","kind":"version","release":"trixie","archive":"trixie-security","source":"zlib","version":"1:1.3-2","security":true}

{"at":"2028-03-02","kind":"broken","release":"trixie","source":"zlib","version":"1:1.3-2","reason":"it does not start"}
{"at":"2028-03-03","kind":"advisory","id":"CVE-1","source":"zlib","fixed_in":null}
{"at":"2028-03-04","kind":"advisory","id":"CVE-1","source":"zlib","release":"trixie","fixed_in":"0","severity":"critical"}
{"at":"2028-03-05","kind":"rescored","id":"CVE-1","severity":"unrated"}
{"at":"2028-03-06","kind":"kev","id":"CVE-1","due":"2028-03-31"}
{"at":"2028-03-07","kind":"assessed","id":"CVE-1","image":"a","source":"zlib","status":"excepted","reason":"for a while","until":"2028-04-01"}
{"at":"2028-03-08","kind":"withdrawn","id":"CVE-1"})");
  ASSERT_TRUE(history) << history.error().message;
  ASSERT_EQ(history->size(), 9U);
  EXPECT_EQ(history->at(0).at.str(), "2028-02-29T11:00:00Z");
  EXPECT_EQ(history->at(0).sources.at("zlib"), "1:1.3-1");
  EXPECT_TRUE(history->at(1).security);
  EXPECT_EQ(history->at(3).version, "") << "there is no fix";
  EXPECT_EQ(history->at(4).version, "0");
  EXPECT_EQ(history->at(4).severity, advisory::Severity::Critical);
  EXPECT_EQ(history->at(6).until->date(), "2028-03-31");
  EXPECT_EQ(history->at(7).status, scan::Status::Excepted);
  std::string kinds;
  for (const Fact& each : *history) kinds += std::string(to_string(each.kind)) + " ";
  EXPECT_EQ(kinds, "image version broken advisory advisory rescored kev assessed withdrawn ");
}

TEST(RecordedHistory, the_order_of_lines_is_nothing) {
  std::vector<std::string> lines;
  for (int at = 0; at < 20; ++at) lines.push_back(fmt::format(R"({{"at":"2028-03-0{}","kind":"version","release":"trixie","archive":"trixie","source":"zlib","version":"1.{}-1"}})", at % 4 + 1, at));
  lines.push_back(lines.front());
  const auto before = read(join(lines, "\n"));
  ASSERT_TRUE(before);
  EXPECT_EQ(before->size(), 20U) << "what is said twice is said once";
  std::mt19937 random(1);
  for (int round = 0; round < 10; ++round) {
    std::ranges::shuffle(lines, random);
    EXPECT_EQ(read(join(lines, "\n")).value(), *before);
  }
}

TEST(RecordedHistory, says_which_line_is_none) {
  const struct { const char* summary; std::string line, says; Kind kind = Kind::Invalid; } rows[] = {
      {"no JSON", "{", "line 2: "},
      {"no object", "[]", "it is no object", Kind::Corrupt},
      {"no kind", R"({"at":"2028-01-01"})", "kind", Kind::Corrupt},
      {"a kind that is none", R"({"at":"2028-01-01","kind":"rumour"})", "'kind' is none: 'rumour'"},
      {"no time", R"({"kind":"kev","id":"CVE-1"})", "it has no 'at'"},
      {"a day that is none", R"({"at":"2027-02-29","kind":"kev","id":"CVE-1"})", "'at' is no time: '2027-02-29'"},
      {"a member lacks", R"({"at":"2028-01-01","kind":"version","release":"trixie","archive":"trixie","source":"zlib"})", "it has no 'version'"},
      {"no word on the fix", R"({"at":"2028-01-01","kind":"advisory","id":"CVE-1","source":"zlib"})", "it has no 'fixed_in'"},
      {"a member of another kind", R"({"at":"2028-01-01","kind":"kev","id":"CVE-1","severity":"high"})", "a fact of kind 'kev' has no 'severity'"},
      {"a version that is none", R"({"at":"2028-01-01","kind":"advisory","id":"CVE-1","source":"zlib","fixed_in":"no version"})", "no version"},
      {"a severity that is none", R"({"at":"2028-01-01","kind":"rescored","id":"CVE-1","severity":"dire"})", "'severity' is none: 'dire'"},
      {"a status that is none", R"({"at":"2028-01-01","kind":"assessed","id":"CVE-1","status":"fixed","reason":"x"})", "'status' is none of"},
      {"an exception without an end", R"({"at":"2028-01-01","kind":"assessed","id":"CVE-1","status":"excepted","reason":"x"})", "'until'"},
      {"nothing said", R"({"at":"2028-01-01","kind":"withdrawn","id":" "})", "'id' is empty"},
      {"a text that is none", R"({"at":"2028-01-01","kind":"withdrawn","id":1})", "'id' is no text"},
      {"an image of nothing", R"({"at":"2028-01-01","kind":"image","name":"a","release":"trixie","sources":{}})", "'sources' names no source package"},
      {"security that is none", R"({"at":"2028-01-01","kind":"version","release":"trixie","archive":"a","source":"zlib","version":"1","security":"yes"})", "'security' is neither true nor false"},
      {"a line without an end", std::string(max_fact + 1, ' ') + "{", "more than", Kind::Corrupt},
  };
  for (const auto& row : rows) {
    const auto history = read("\n" + row.line);
    ASSERT_FALSE(history) << row.summary;
    EXPECT_EQ(history.error().kind, row.kind) << row.summary;
    EXPECT_TRUE(history.error().message.starts_with("cannot read history 'x.jsonl': ")) << history.error().message;
    EXPECT_NE(history.error().message.find(row.says), std::string::npos) << row.summary << ": " << history.error().message.substr(0, 200);
  }
  EXPECT_EQ(read("").value().size(), 0U);
}

TEST(RecordedHistory, is_loaded_from_a_file_or_a_folder) {
  const auto files = host::machine_files();
  const host::Path data = host::Path(ASHLAR_SOURCE_DIR) / "tests" / "data" / "replay";
  const auto file = load_recorded_history(*files, data / "history.jsonl"), folder = load_recorded_history(*files, data);
  ASSERT_TRUE(file && folder) << (file ? "" : file.error().message);
  EXPECT_EQ(*file, *folder);
  EXPECT_EQ(file->size(), 20U);
  EXPECT_FALSE(load_recorded_history(*files, data / "none.jsonl"));
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(RecordedHistory, its_schema_takes_what_the_reader_takes) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/history.schema.json");
  const std::string text = host::machine_files()->read(host::Path(ASHLAR_SOURCE_DIR) / "tests" / "data" / "replay" / "history.jsonl").value();
  for (const std::string_view line : split(text, '\n')) {
    std::string why;
    if (line.empty()) continue;
    EXPECT_TRUE(schema.takes(SchemaTrial::Value::parse(line), &why)) << line << "\n" << why;
  }
  for (const char* line : {R"({"at":"2028-01-01","kind":"kev","id":"CVE-1","severity":"high"})", R"({"at":"2028-01-01","kind":"advisory","id":"CVE-1","source":"zlib"})", R"({"at":"2028-01-01","kind":"rumour"})"}) EXPECT_FALSE(schema.takes(SchemaTrial::Value::parse(line))) << line;
}
#endif

}  // namespace
}  // namespace ashlar::pipeline
