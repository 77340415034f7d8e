// The published JSON Schemas of statements and predicates: they take what is written here, and refuse what the readers refuse.
#include <gtest/gtest.h>

#ifdef ASHLAR_WITH_VALIJSON
#include <functional>

#include "attest/inner/sample_predicates_test.h"
#include "attest/predicate.h"
#include "attest/statement.h"
#include "base/schema_trial.h"

namespace ashlar::attest {
namespace {

using Value = SchemaTrial::Value;

Value value_of(const Json& json) { return Value::parse(to_compact(json)); }
SchemaTrial trial(std::string_view file) { return SchemaTrial(std::string(ASHLAR_SOURCE_DIR) + "/schemas/" + std::string(file)); }

TEST(PredicateSchemas, TakeWhatIsWritten) {
  const SchemaTrial statement = trial("statement.schema.json");
  for (const auto& [name, predicate] : sample::predicates()) {
    const PredicateType* const type = find_predicate_type(predicate_uri(name).value());
    ASSERT_NE(type, nullptr) << name;
    ASSERT_FALSE(type->schema.empty()) << name << " is written and has no schema";
    std::string why;
    EXPECT_TRUE(trial(type->schema).takes(value_of(predicate), &why)) << name << ": " << why;
    const Statement whole{{{"app", {{"sha256", sample::digest("image").hex()}}}}, std::string(type->uri), predicate};
    EXPECT_TRUE(statement.takes(Value::parse(to_text(whole)), &why)) << name << ": " << why;
  }
}

TEST(PredicateSchemas, EveryOneThatATypeNamesIsThere) {
  for (const PredicateType& each : predicate_types()) {
    if (each.schema.empty()) continue;
    EXPECT_EQ(trial(each.schema).text()["type"], "object") << each.name;
  }
}

TEST(PredicateSchemas, TakeProvenanceOfOtherBuilders) {
  const Value other = Value::parse(R"({"buildDefinition": {"buildType": "https://x.example/t", "externalParameters": {"any": 1}}, "runDetails": {"builder": {"id": "https://x.example/b"}}})");
  EXPECT_TRUE(trial("provenance.schema.json").takes(other));
}

TEST(PredicateSchemas, RefuseWhatIsNone) {
  struct Row { std::string_view type, summary; std::function<void(Value&)> spoil; };
  const auto build = [](Value& v) -> Value& { return v["buildDefinition"]; };
  const auto run = [](Value& v) -> Value& { return v["runDetails"]; };
  const Row rows[] = {
      {"slsaprovenance1", "no build", [](Value& v) { v.erase("buildDefinition"); }},
      {"slsaprovenance1", "no run", [](Value& v) { v.erase("runDetails"); }},
      {"slsaprovenance1", "no parameters", [&](Value& v) { build(v)["externalParameters"] = Value::object(); }},
      {"slsaprovenance1", "a build type in words", [&](Value& v) { build(v)["buildType"] = "by hand"; }},
      {"slsaprovenance1", "of our type, without dependencies", [&](Value& v) { build(v).erase("resolvedDependencies"); }},
      {"slsaprovenance1", "of our type, without its definition", [&](Value& v) { build(v)["externalParameters"].erase("definition"); }},
      {"slsaprovenance1", "of our type, of a variant that is none", [&](Value& v) { build(v)["externalParameters"]["variant"] = "slim"; }},
      {"slsaprovenance1", "of our type, packed by nobody", [&](Value& v) { build(v)["internalParameters"].erase("encoder"); }},
      {"slsaprovenance1", "a nameless dependency", [&](Value& v) { build(v)["resolvedDependencies"][0] = {{"annotations", Value::object()}}; }},
      {"slsaprovenance1", "a digest cut short", [&](Value& v) { build(v)["resolvedDependencies"][0]["digest"]["sha256"] = "ab"; }},
      {"slsaprovenance1", "a builder without a name", [&](Value& v) { run(v)["builder"].erase("id"); }},
      {"slsaprovenance1", "a version that is a number", [&](Value& v) { run(v)["builder"]["version"]["ashlar"] = 1; }},
      {"slsaprovenance1", "a time in words", [&](Value& v) { run(v)["metadata"]["startedOn"] = "today"; }},
      {"slsaprovenance1", "a by-product that is a text", [&](Value& v) { run(v)["byproducts"][0] = "x"; }},
      {"test-result", "no result", [](Value& v) { v.erase("result"); }},
      {"test-result", "in small letters", [](Value& v) { v["result"] = "passed"; }},
      {"test-result", "passed with a failure", [](Value& v) { v["failedTests"] = {"a"}; }},
      {"test-result", "failed without one", [](Value& v) { v["result"] = "FAILED"; }},
      {"test-result", "no configuration", [](Value& v) { v.erase("configuration"); }},
      {"hardening", "no program", [](Value& v) { v.erase("program"); }},
      {"hardening", "a run test", [](Value& v) { v["checks"][0]["id"] = "run:x"; }},
      {"hardening", "no evidence", [](Value& v) { v["checks"][0].erase("evidence"); }},
      {"hardening", "a result that is none", [](Value& v) { v["checks"][0]["result"] = "PASSED"; }},
      {"vuln", "no result", [](Value& v) { v["scanner"].erase("result"); }},
      {"vuln", "a time in words", [](Value& v) { v["metadata"]["scanStartedOn"] = "today"; }},
      {"openvex", "not affected without why", [](Value& v) { v["statements"][0].erase("justification"); }},
      {"openvex", "affected with a justification", [](Value& v) { v["statements"][1]["justification"] = "component_not_present"; }},
      {"openvex", "of no product", [](Value& v) { v["statements"][0]["products"] = Value::array(); }},
      {"openvex", "another context", [](Value& v) { v["@context"] = "x"; }},
      {"spdxjson", "of nobody", [](Value& v) { v["creationInfo"]["creators"] = Value::array(); }},
      {"spdxjson", "a package without a place", [](Value& v) { v["packages"][0].erase("downloadLocation"); }},
      {"spdxjson", "a file without a digest", [](Value& v) { v["files"][0]["checksums"] = Value::array(); }},
      {"spdxjson", "another licence of its data", [](Value& v) { v["dataLicense"] = "MIT"; }},
      {"cyclonedx", "another format", [](Value& v) { v["bomFormat"] = "SPDX"; }},
      {"cyclonedx", "a component of no type", [](Value& v) { v["components"][0]["type"] = "package"; }},
      {"cyclonedx", "a serial number that is none", [](Value& v) { v["serialNumber"] = "1"; }},
      {"support", "of no image", [](Value& v) { v.erase("image"); }},
      {"support", "until soon", [](Value& v) { v["until"] = "soon"; }},
      {"support", "under no agreement", [](Value& v) { v["sla"] = ""; }},
      {"changes", "nothing before", [](Value& v) { v.erase("before"); }},
      {"changes", "after something without a digest", [](Value& v) { v["after"] = {{"name", "x"}}; }},
      {"changes", "a package on neither side", [](Value& v) { v["packages"][0].erase("before"), v["packages"][0].erase("after"); }},
      {"changes", "a path without a slash", [](Value& v) { v["files"][0]["path"] = "etc"; }},
      {"changes", "a mode that is none", [](Value& v) { v["files"][1]["before"]["mode"] = "9999"; }},
      {"changes", "bytes without a size", [](Value& v) { v["files"][1]["before"].erase("size"); }},
      {"changes", "findings of no database", [](Value& v) { v["vulnerabilities"].erase("database"); }},
      {"changes", "a finding without a name", [](Value& v) { v["vulnerabilities"]["fixed"][0]["id"] = ""; }},
      {"changes", "a weight that is none", [](Value& v) { v["behaviour"]["changes"][0]["weight"] = "heavy"; }},
      {"changes", "a word with spaces", [](Value& v) { v["behaviour"]["changes"][0]["id"] = "export gone"; }},
      {"changes", "no behaviour", [](Value& v) { v.erase("behaviour"); }},
      {"lock", "no platforms", [](Value& v) { v.erase("platforms"); }},
  };
  const auto samples = sample::predicates();
  for (const Row& row : rows) {
    Value value = value_of(samples.at(std::string(row.type)));
    row.spoil(value);
    EXPECT_FALSE(trial(find_predicate_type(predicate_uri(row.type).value())->schema).takes(value)) << row.type << ": " << row.summary;
  }
}

TEST(StatementSchema, RefusesWhatTheReaderRefuses) {
  const SchemaTrial schema = trial("statement.schema.json");
  const Statement good{{{"app", {{"sha256", sample::digest("image").hex()}}}}, "https://example.org/x", Json::object()};
  struct Row { std::string_view summary; std::function<void(Value&)> spoil; };
  for (const Row& row : {Row{"another type", [](Value& v) { v["_type"] = "x"; }}, {"no subject", [](Value& v) { v["subject"] = Value::array(); }}, {"no digest", [](Value& v) { v["subject"][0].erase("digest"); }},
                         {"an empty set", [](Value& v) { v["subject"][0]["digest"] = Value::object(); }}, {"a digest cut short", [](Value& v) { v["subject"][0]["digest"]["sha256"] = "ab"; }},
                         {"no predicate type", [](Value& v) { v.erase("predicateType"); }}, {"an empty one", [](Value& v) { v["predicateType"] = ""; }},
                         {"a list", [](Value& v) { v["predicate"] = Value::array(); }}}) {
    Value value = Value::parse(to_text(good));
    ASSERT_TRUE(schema.takes(value));
    row.spoil(value);
    EXPECT_FALSE(schema.takes(value)) << row.summary;
    EXPECT_FALSE(read_statement(value.dump(), "x")) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::attest
#endif
