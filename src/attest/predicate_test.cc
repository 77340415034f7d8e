#include "attest/predicate.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "attest/inner/sample_predicates_test.h"

namespace ashlar::attest {
namespace {

TEST(PredicateTypes, NamesAreCosignsAndOurs) {
  struct Row { std::string_view word, uri; };
  const Row rows[] = {
      {"slsaprovenance1", "https://slsa.dev/provenance/v1"}, {"slsaprovenance", "https://slsa.dev/provenance/v0.2"}, {"slsaprovenance02", "https://slsa.dev/provenance/v0.2"}, {"spdx", "https://spdx.dev/Document"},
      {"spdxjson", "https://spdx.dev/Document"}, {"cyclonedx", "https://cyclonedx.org/bom"}, {"openvex", "https://openvex.dev/ns"}, {"vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"},
      {"link", "https://in-toto.io/Link/v1"}, {"custom", "https://cosign.sigstore.dev/attestation/v1"}, {"lock", "https://ashlar.dev/attestation/lock/v1"}, {"https://example.org/x/v1", "https://example.org/x/v1"},
      {"urn:example:x", "urn:example:x"},
  };
  for (const Row& row : rows) EXPECT_EQ(predicate_uri(row.word).value_or("none"), row.uri) << row.word;
  std::set<std::string_view> names;
  for (const PredicateType& each : predicate_types()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    ASSERT_NE(find_predicate_type(each.uri), nullptr) << each.name;
    EXPECT_EQ(find_predicate_type(each.uri)->uri, each.uri);
  }
}

TEST(PredicateTypes, WordsThatAreNoneAreRefused) {
  struct Row { std::string_view word, why; };
  for (const Row& row : {Row{"slsaprovenence1", "did you mean 'slsaprovenance1'?"}, {"", "none of slsaprovenance1"}, {"SBOM of mine", "it is no URI"}, {"https:", "it is no URI"}, {"https://x y", "it is no URI"}, {"1:x", "it is no URI"},
                         {":x", "it is no URI"}, {"https://x\n", "it is no URI"}}) {
    const auto uri = predicate_uri(row.word);
    ASSERT_FALSE(uri) << row.word;
    EXPECT_EQ(uri.error().kind, Kind::Invalid);
    EXPECT_NE(uri.error().message.find(row.why), std::string::npos) << uri.error().message;
  }
}

TEST(PredicateTypes, DocumentsAreKnownWithTheirVersion) {
  struct Row { std::string_view uri, name; };
  for (const Row& row : {Row{"https://spdx.dev/Document/v2.3", "spdxjson"}, {"https://openvex.dev/ns/v0.2.0", "openvex"}, {"https://cyclonedx.org/bom/v1.6", "cyclonedx"}, {"https://spdx.dev/Documents", ""},
                         {"https://slsa.dev/provenance/v1/x", ""}, {"", ""}, {"https://slsa.dev/provenance/v1", "slsaprovenance1"}}) {
    const PredicateType* const found = find_predicate_type(row.uri);
    EXPECT_EQ(found == nullptr ? "" : found->name, row.name) << row.uri;
  }
}

TEST(CheckPredicate, TakesWhatWeWrite) {
  for (const auto& [name, predicate] : sample::predicates()) {
    const auto checked = check_predicate(predicate_uri(name).value(), predicate);
    EXPECT_TRUE(checked) << name << ": " << checked.error().message;
  }
}

/// One change that makes a sample wrong, and where that is seen.
struct Wrong { std::string_view type, summary; std::function<void(Json&)> spoil; std::string_view says; };

TEST(CheckPredicate, NamesThePlaceThatIsWrong) {
  const Wrong rows[] = {
      {"slsaprovenance1", "no build", [](Json& v) { v.erase("buildDefinition"); }, "it has no 'buildDefinition'"},
      {"slsaprovenance1", "a build that is a list", [](Json& v) { v["buildDefinition"] = Json::array(); }, "'buildDefinition' is no object"},
      {"slsaprovenance1", "no build type", [](Json& v) { v["buildDefinition"].erase("buildType"); }, "it has no 'buildDefinition.buildType'"},
      {"slsaprovenance1", "a build type in words", [](Json& v) { v["buildDefinition"]["buildType"] = "by hand"; }, "'buildDefinition.buildType' is no URI"},
      {"slsaprovenance1", "no parameters", [](Json& v) { v["buildDefinition"].erase("externalParameters"); }, "it has no 'buildDefinition.externalParameters'"},
      {"slsaprovenance1", "dependencies by name", [](Json& v) { v["buildDefinition"]["resolvedDependencies"] = Json::object(); }, "'buildDefinition.resolvedDependencies' is no list"},
      {"slsaprovenance1", "a nameless dependency", [](Json& v) { v["buildDefinition"]["resolvedDependencies"][2] = {{"annotations", Json::object()}}; }, "'buildDefinition.resolvedDependencies[2]' has neither name, uri nor digest"},
      {"slsaprovenance1", "a dependency that is a text", [](Json& v) { v["buildDefinition"]["resolvedDependencies"][0] = "x"; }, "'buildDefinition.resolvedDependencies[0]' is no object"},
      {"slsaprovenance1", "a digest cut short", [](Json& v) { v["buildDefinition"]["resolvedDependencies"][1]["digest"]["sha256"] = "ab"; }, "'buildDefinition.resolvedDependencies[1]' has a 'digest' that is none: 'sha256' has 2 digits"},
      {"slsaprovenance1", "an address that is a number", [](Json& v) { v["buildDefinition"]["resolvedDependencies"][1]["uri"] = 1; }, "has a 'uri' that is no text"},
      {"slsaprovenance1", "a note that is a text", [](Json& v) { v["buildDefinition"]["resolvedDependencies"][1]["annotations"] = "x"; }, "'annotations' that are no object"},
      {"slsaprovenance1", "no builder", [](Json& v) { v["runDetails"].erase("builder"); }, "it has no 'runDetails.builder'"},
      {"slsaprovenance1", "a builder without a name", [](Json& v) { v["runDetails"]["builder"]["id"] = ""; }, "'runDetails.builder.id' is no URI"},
      {"slsaprovenance1", "a time in words", [](Json& v) { v["runDetails"]["metadata"]["startedOn"] = "today"; }, "'runDetails.metadata.startedOn' is no time (RFC 3339)"},
      {"slsaprovenance1", "the old form", [](Json& v) { v = {{"builder", {{"id", "https://x.example"}}}, {"buildType", "https://x.example/t"}}; }, "it has no 'buildDefinition'"},
      {"slsaprovenance02", "the new form", [](Json&) {}, "it has no 'builder'"},
      {"slsaprovenance02", "a material without a digest", [](Json& v) { v = {{"builder", {{"id", "https://x.example"}}}, {"buildType", "https://x.example/t"}, {"materials", {{{"uri", "x"}, {"digest", 1}}}}}; },
       "'materials[0].digest' is no set of digests"},
      {"spdxjson", "no version", [](Json& v) { v.erase("spdxVersion"); }, "it has no 'spdxVersion'"},
      {"spdxjson", "another version", [](Json& v) { v["spdxVersion"] = "SPDX-9"; }, "'spdxVersion' is none of SPDX-2.2, SPDX-2.3"},
      {"spdxjson", "a package without a name", [](Json& v) { v["packages"][1].erase("name"); }, "it has no 'packages[1].name'"},
      {"spdxjson", "a relationship with nothing", [](Json& v) { v["relationships"][0]["relatedSpdxElement"] = ""; }, "'relationships[0].relatedSpdxElement' is empty"},
      {"spdxjson", "a graph of texts", [](Json& v) { v = {{"@context", "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}, {"@graph", {"x"}}}; }, "'@graph[0]' is no object"},
      {"spdx", "some text", [](Json& v) { v = "some text"; }, "no SPDX document in tag-value form"},
      {"cyclonedx", "an SPDX document", [](Json& v) { v = sample::predicates().at("spdxjson"); }, "it has no 'bomFormat'"},
      {"cyclonedx", "a component without a type", [](Json& v) { v["components"][0].erase("type"); }, "it has no 'components[0].type'"},
      {"openvex", "no author", [](Json& v) { v.erase("author"); }, "it has no 'author'"},
      {"openvex", "another context", [](Json& v) { v["@context"] = "https://example.org/ns"; }, "'@context' is not OpenVEX's"},
      {"openvex", "a status that is none", [](Json& v) { v["statements"][1]["status"] = "fine"; }, "'statements[1].status' is none of not_affected, affected"},
      {"vuln", "no scanner", [](Json& v) { v.erase("scanner"); }, "it has no 'scanner'"},
      {"vuln", "no result", [](Json& v) { v["scanner"].erase("result"); }, "it has no 'scanner.result'"},
      {"vuln", "a bare time", [](Json& v) { v["metadata"]["scanFinishedOn"] = 12; }, "'metadata.scanFinishedOn' is no text"},
      {"test-result", "a result in small letters", [](Json& v) { v["result"] = "passed"; }, "'result' is none of PASSED, WARNED, FAILED"},
      {"test-result", "no configuration", [](Json& v) { v.erase("configuration"); }, "it has no 'configuration'"},
      {"test-result", "a test without a name", [](Json& v) { v["failedTests"].push_back(""); }, "'failedTests[0]' is empty"},
      {"lock", "another schema", [](Json& v) { v["schema"] = "x"; }, "schema"},
      {"lock", "a digest that is none", [](Json& v) { v["platforms"]["linux/amd64"]["packages"][0]["sha256"] = "x"; }, "it is not 64 lower-case hex digits"},
      {"hardening", "no answer", [](Json& v) { v["checks"][2].erase("result"); }, "it has no 'checks[2].result'"},
      {"hardening", "evidence that is no text", [](Json& v) { v["checks"][0]["evidence"][0] = 1; }, "'checks[0].evidence[0]' is no text"},
      {"hardening", "a word for yes", [](Json& v) { v["passed"] = "yes"; }, "'passed' is neither true nor false"},
      {"https://example.org/other", "a list", [](Json& v) { v = Json::array(); }, "it is no object"},
      {"custom", "a text", [](Json& v) { v = "x"; }, "it is no object"},
  };
  const auto samples = sample::predicates();
  for (const Wrong& row : rows) {
    const auto found = samples.find(std::string(row.type));
    Json predicate = found == samples.end() ? samples.at("slsaprovenance1") : found->second;
    row.spoil(predicate);
    const auto checked = check_predicate(predicate_uri(row.type).value(), predicate);
    ASSERT_FALSE(checked) << row.type << ": " << row.summary;
    EXPECT_EQ(checked.error().kind, Kind::Invalid);
    EXPECT_TRUE(checked.error().message.starts_with("cannot take the predicate as '")) << checked.error().message;
    EXPECT_NE(checked.error().message.find(row.says), std::string::npos) << row.type << ": " << row.summary << ": " << checked.error().message;
  }
}

TEST(CheckPredicate, TakesWhatOthersWrite) {
  struct Row { std::string_view type, summary, text; };
  const Row rows[] = {
      {"slsaprovenance02", "a builder of containers", R"({"builder": {"id": "https://build.example/1"}, "buildType": "https://mobyproject.org/buildkit@v1", "materials": [{"uri": "pkg:docker/x@1", "digest": {"sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}], "metadata": {"buildStartedOn": "2026-01-02T03:04:05.678Z"}})"},
      {"slsaprovenance02", "a builder without a name, as some leave it", R"({"builder": {"id": ""}, "buildType": "https://mobyproject.org/buildkit@v1", "invocation": {}})"},
      {"slsaprovenance1", "another build type", R"({"buildDefinition": {"buildType": "https://x.example/t", "externalParameters": {}}, "runDetails": {"builder": {"id": "https://x.example/b"}}})"},
      {"https://spdx.dev/Document/v3.0", "SPDX 3", R"({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [{"type": "CreationInfo"}]})"},
      {"spdx", "in tag-value form", R"("SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n")"},
      {"vuln", "a scanner without a database", R"({"invocation": {"parameters": null, "uri": "", "event_id": "", "builder.id": ""}, "scanner": {"uri": "pkg:github/x/y@1", "version": "1", "db": {}, "result": {"Results": []}}, "metadata": {"scanStartedOn": "2026-01-02T03:04:05.123456789Z", "scanFinishedOn": "2026-01-02T03:04:05+01:00"}})"},
      {"https://example.org/own", "what nobody here knows", R"({"any": "thing"})"},
      {"link", "a link", R"({"name": "step", "materials": {}})"},
  };
  for (const Row& row : rows) {
    const auto checked = check_predicate(predicate_uri(row.type).value(), parse_json(row.text, "x").value());
    EXPECT_TRUE(checked) << row.summary << ": " << checked.error().message;
  }
}

}  // namespace
}  // namespace ashlar::attest
