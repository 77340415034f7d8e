// The published JSON Schemas of what a scan answers and of decisions: they take what is written and read here, and refuse what is not.
#include <gtest/gtest.h>

#ifdef ASHLAR_WITH_VALIJSON
#include <functional>

#include "base/schema_keys.h"
#include "base/schema_trial.h"
#include "scan/exceptions.h"

namespace ashlar::scan {
namespace {

using Value = SchemaTrial::Value;

const std::string root = ASHLAR_SOURCE_DIR;

Value golden() {
  std::ifstream file(root + "/tests/data/scan/report.json", std::ios::binary);
  return Value::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST(ScanSchema, TakesWhatIsWrittenAndDescribesAllOfIt) {
  const SchemaTrial schema(root + "/schemas/scan.schema.json");
  std::string why;
  EXPECT_TRUE(schema.takes(golden(), &why)) << why;
  EXPECT_TRUE(schema.takes({{"schema", "https://ashlar.dev/scans/v1"}, {"scans", Value::array({golden(), golden()})}}, &why)) << why;
  std::set<std::string> missing;
  undescribed(golden(), schema.text()["definitions"]["scan"], schema.text(), "$", missing);
  EXPECT_EQ(missing, std::set<std::string>());
  Value more = golden();
  more["findings"][0]["of a later version"] = 1;
  EXPECT_TRUE(schema.takes(more)) << "fields may be added";
}

TEST(ScanSchema, ThePredicateOfAScanHasItsForm) {
  const SchemaTrial predicate(root + "/schemas/vulnerability-scan.schema.json"), scan(root + "/schemas/scan.schema.json");
  std::ifstream file(root + "/tests/data/scan/report.cosign-vuln", std::ios::binary);
  Value value = Value::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  std::string why;
  EXPECT_TRUE(predicate.takes(value, &why)) << why;
  Value result = value["scanner"]["result"];
  EXPECT_FALSE(scan.takes(result)) << "the type of the predicate stands for its schema";
  result["schema"] = "https://ashlar.dev/scan/v1";
  EXPECT_TRUE(scan.takes(result, &why)) << why;
  value["scanner"].erase("result");
  EXPECT_FALSE(predicate.takes(value));
}

TEST(ScanSchema, RefusesWhatIsNone) {
  const SchemaTrial schema(root + "/schemas/scan.schema.json");
  struct Row { const char* summary; std::function<void(Value&)> spoil; };
  const Row rows[] = {
      {"another schema", [](Value& v) { v["schema"] = "https://ashlar.dev/scan/v2"; }},
      {"no verdict", [](Value& v) { v.erase("verdict"); }},
      {"a verdict that is none", [](Value& v) { v["verdict"] = "fine"; }},
      {"unknown without a cause", [](Value& v) { v["causes"] = Value::array(); }},
      {"clean with a cause", [](Value& v) { v["verdict"] = "clean"; }},
      {"a negative count", [](Value& v) { v["coverage"]["judged"] = -1; }},
      {"a finding without proof", [](Value& v) { v["findings"][0].erase("proof"); }},
      {"a status that is none", [](Value& v) { v["findings"][0]["status"] = "ignored"; }},
      {"a severity that is none", [](Value& v) { v["findings"][0]["severity"] = "HIGH"; }},
      {"a likelihood beyond 1", [](Value& v) { v["findings"][0]["epss"]["score"] = 93; }},
      {"an owner that is none", [](Value& v) { v["findings"][0]["owner"] = "us"; }},
      {"a date in words", [](Value& v) { v["database"]["created"] = "yesterday"; }},
      {"a digest of another kind", [](Value& v) { v["database"]["digest"] = "md5:00"; }},
  };
  for (const Row& row : rows) {
    Value value = golden();
    row.spoil(value);
    EXPECT_FALSE(schema.takes(value)) << row.summary;
  }
  Value none = golden();
  none["database"] = {{"digest", nullptr}, {"created", nullptr}, {"feeds", Value::array()}};
  EXPECT_TRUE(schema.takes(none)) << "there may have been no database";
}

TEST(ExceptionsSchema, TakesAndRefusesWhatTheReaderDoes) {
  const SchemaTrial schema(root + "/schemas/exceptions.schema.json");
  const Value good = Value::parse(R"({"schema": "https://ashlar.dev/exceptions/v1", "exceptions": [{"id": "E-1", "vulnerability": "CVE-2026-0001", "package": "openssl", "image": "team/app", "owner": "platform team",
    "reason": "not reachable", "created": "2026-01-01T00:00:00Z", "expires": "2026-06-01", "severity": "high", "exploited": false, "fixed_in": "", "revoked": "2026-02-01T00:00:00Z"}]})");
  struct Row { const char* summary; std::function<void(Value&)> change; bool taken; };
  const auto first = [](Value& v) -> Value& { return v["exceptions"][0]; };
  const Row rows[] = {
      {"as the documentation has it", [](Value&) {}, true},
      {"no decision", [](Value& v) { v["exceptions"] = Value::array(); }, true},
      {"for any package", [&](Value& v) { first(v).erase("package"); }, true},
      {"a key of somebody's own", [&](Value& v) { first(v)["ticket"] = "X-1"; }, true},
      {"a word for the severity that is not known", [&](Value& v) { first(v)["severity"] = "dreadful"; }, true},
      {"no schema", [](Value& v) { v.erase("schema"); }, false},
      {"another schema", [](Value& v) { v["schema"] = "x"; }, false},
      {"no list", [](Value& v) { v["exceptions"] = Value::object(); }, false},
      {"a list of texts", [](Value& v) { v["exceptions"] = {"E-1"}; }, false},
      {"no identifier", [&](Value& v) { first(v).erase("id"); }, false},
      {"no vulnerability", [&](Value& v) { first(v).erase("vulnerability"); }, false},
      {"no owner", [&](Value& v) { first(v).erase("owner"); }, false},
      {"an owner of blanks", [&](Value& v) { first(v)["owner"] = " \t"; }, false},
      {"an empty reason", [&](Value& v) { first(v)["reason"] = ""; }, false},
      {"no end", [&](Value& v) { first(v).erase("expires"); }, false},
      {"an end in words", [&](Value& v) { first(v)["expires"] = "never"; }, false},
      {"a package that is a number", [&](Value& v) { first(v)["package"] = 1; }, false},
      {"exploited in words", [&](Value& v) { first(v)["exploited"] = "yes"; }, false},
      {"revoked without a date", [&](Value& v) { first(v)["revoked"] = true; }, false},
  };
  for (const Row& row : rows) {
    Value value = good;
    row.change(value);
    std::string why;
    EXPECT_EQ(schema.takes(value, &why), row.taken) << row.summary << "\n" << why;
    EXPECT_EQ(read_exceptions(value.dump(), "x.json").has_value(), row.taken) << row.summary << ": the reader";
  }
  const auto read = read_exceptions(good.dump(), "x.json");
  ASSERT_TRUE(read);
  EXPECT_TRUE(schema.takes(Value::parse(to_compact(to_json(*read))))) << "what is written";
}

}  // namespace
}  // namespace ashlar::scan
#else
TEST(ScanSchema, AgreesWithTheForms) { GTEST_SKIP() << "no valijson: install libvalijson-dev"; }
#endif
