#include "attest/vex.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace ashlar::attest {
namespace {

VexStatement only(std::string_view text) {
  const auto document = read_vex(text, "test.json");
  if (!document || document->statements.size() != 1) {
    ADD_FAILURE() << (document ? "not one statement" : document.error().message);
    return {};
  }
  return document->statements[0];
}

TEST(Vex, OpenVex) {
  const auto document = read_vex(R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:1", "author": "Team", "timestamp": "2026-01-02T00:00:00Z", "version": 1, "statements": [
    {"vulnerability": {"name": "CVE-2026-1", "aliases": ["GHSA-x"]}, "products": [{"@id": "pkg:oci/app", "identifiers": {"purl": "pkg:docker/x/app"}, "subcomponents": [{"@id": "pkg:deb/debian/zlib1g"}]}],
     "status": "not_affected", "justification": "vulnerable_code_not_present", "impact_statement": "no zgrep"},
    {"vulnerability": "CVE-2026-2", "products": ["pkg:npm/left-pad@1.0.0"], "status": "fixed", "timestamp": "2026-03-04T00:00:00Z"}]})", "vex.json").value();
  EXPECT_EQ(document.format, "openvex");
  EXPECT_EQ(document.author, "Team");
  ASSERT_EQ(document.statements.size(), 2U);
  const VexStatement& first = document.statements[0];
  EXPECT_EQ(first.vulnerability, "CVE-2026-1");
  EXPECT_EQ(first.aliases, std::vector<std::string>{"GHSA-x"});
  EXPECT_EQ(first.when, Time::parse("2026-01-02").value()) << "a statement without its own moment has the document's";
  EXPECT_EQ(first.products, (std::vector<VexProduct>{{"pkg:oci/app", {"pkg:deb/debian/zlib1g"}}, {"pkg:docker/x/app", {"pkg:deb/debian/zlib1g"}}}));
  EXPECT_EQ(first.detail, "no zgrep");
  EXPECT_EQ(document.statements[1].products, (std::vector<VexProduct>{{"pkg:npm/left-pad@1.0.0", {}}}));
  EXPECT_EQ(document.statements[1].when, Time::parse("2026-03-04").value());
}

TEST(Vex, CycloneDx) {
  const VexStatement statement = only(R"({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"timestamp": "2026-01-02T00:00:00Z", "supplier": {"name": "Team"}},
    "components": [{"bom-ref": "a", "purl": "pkg:maven/org.x/y@1", "components": [{"bom-ref": "b", "purl": "pkg:maven/org.x/z@2"}]}],
    "vulnerabilities": [{"id": "CVE-2026-1", "references": [{"id": "GHSA-x"}], "analysis": {"state": "not_affected", "justification": "code_not_reachable", "detail": "never called"},
                         "affects": [{"ref": "b"}, {"ref": "urn:cdx:0000/1#a"}, {"ref": "urn:cdx:0000/1#pkg:npm/q@1"}, {"ref": "pkg:pypi/r@3"}]},
                        {"id": "CVE-2026-2", "affects": [{"ref": "a"}]}]})");
  EXPECT_EQ(statement.justification, "vulnerable_code_not_in_execute_path");
  EXPECT_EQ(statement.detail, "never called");
  EXPECT_EQ(statement.aliases, std::vector<std::string>{"GHSA-x"});
  EXPECT_EQ(statement.products, (std::vector<VexProduct>{{"pkg:maven/org.x/z@2", {}}, {"pkg:maven/org.x/y@1", {}}, {"pkg:npm/q@1", {}}, {"pkg:pypi/r@3", {}}}));
}

TEST(Vex, Csaf) {
  const auto document = read_vex(R"({"document": {"category": "csaf_vex", "csaf_version": "2.0", "publisher": {"name": "Vendor"}, "tracking": {"id": "V-1", "current_release_date": "2026-01-02T00:00:00Z"}},
    "product_tree": {"branches": [{"category": "vendor", "name": "v", "branches": [{"category": "product_version", "name": "1", "product": {"product_id": "app", "product_identification_helper": {"purl": "pkg:oci/app"}}}]}],
                     "full_product_names": [{"product_id": "lib", "name": "lib", "product_identification_helper": {"purl": "pkg:rpm/redhat/zlib@1"}}, {"product_id": "bare", "name": "bare"}],
                     "relationships": [{"category": "default_component_of", "product_reference": "lib", "relates_to_product_reference": "app", "full_product_name": {"product_id": "app:lib", "name": "x"}}]},
    "vulnerabilities": [{"cve": "CVE-2026-1", "product_status": {"known_not_affected": ["app:lib", "bare"], "fixed": ["lib"]},
                         "flags": [{"label": "component_not_present", "product_ids": ["app:lib"]}], "threats": [{"category": "impact", "details": "not built in", "product_ids": ["app:lib"]}]}]})", "csaf.json").value();
  EXPECT_EQ(document.author, "Vendor");
  EXPECT_EQ(document.id, "V-1");
  ASSERT_EQ(document.statements.size(), 2U);
  EXPECT_EQ(document.statements[0].products, (std::vector<VexProduct>{{"pkg:oci/app", {"pkg:rpm/redhat/zlib@1"}}}));
  EXPECT_EQ(document.statements[0].justification, "component_not_present");
  EXPECT_EQ(document.statements[0].detail, "not built in");
  EXPECT_EQ(to_string(document.statements[1].status), "fixed");
  EXPECT_EQ(document.notes, std::vector<std::string>{"product 'bare' of the statement on 'CVE-2026-1' has no package URL"});
}

TEST(Vex, WhatDoesNotReadOrDoesNotCount) {
  const std::string head = R"({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [)";
  struct Row { std::string_view summary; std::string text; std::string_view error, note; };
  const Row rows[] = {
      {"no JSON", "{", "not valid JSON", ""},
      {"a list", "[]", "it is no object", ""},
      {"another document", "{}", "it is neither OpenVEX", ""},
      {"no statements", R"({"@context": "https://openvex.dev/ns/v0.2.0"})", "it has no list 'statements'", ""},
      {"an unknown status", head + R"({"vulnerability": {"name": "CVE-1"}, "products": ["pkg:a/b"], "status": "harmless"}]})", "the statement on 'CVE-1' has no status that OpenVEX knows", ""},
      {"a statement that is no object", head + "1]}", "a statement is no object", ""},
      {"an unknown state of CycloneDX", R"({"bomFormat": "CycloneDX", "vulnerabilities": [{"id": "CVE-1", "analysis": {"state": "fine"}}]})", "the analysis of 'CVE-1' has the state 'fine'", ""},
      {"CSAF without products", R"({"document": {"csaf_version": "2.0"}})", "it has no 'product_tree'", ""},
      {"not affected without a reason", head + R"({"vulnerability": {"name": "CVE-1"}, "products": ["pkg:a/b"], "status": "not_affected"}]})", "", "the statement on 'CVE-1' says not_affected and not why"},
      {"no product", head + R"({"vulnerability": {"name": "CVE-1"}, "status": "fixed"}]})", "", "the statement on 'CVE-1' names no product"},
      {"no vulnerability", head + R"({"products": ["pkg:a/b"], "status": "fixed"}]})", "", "a statement names no vulnerability"},
  };
  for (const Row& row : rows) {
    const auto document = read_vex(row.text, "test.json");
    EXPECT_EQ(document.has_value(), row.error.empty()) << row.summary;
    if (!document) {
      EXPECT_NE((document.error().message + (document.error().faults.empty() ? "" : document.error().faults[0].message)).find(row.error), std::string::npos) << row.summary << ": " << document.error().message;
      continue;
    }
    EXPECT_TRUE(document->statements.empty()) << row.summary;
    ASSERT_EQ(document->notes.size(), 1U) << row.summary;
    EXPECT_EQ(document->notes[0], row.note) << row.summary;
  }
}

TEST(Vex, WhatIsAttachedIsTakenOutOfItsWrappings) {
  const std::string vex = R"({"@context": "https://openvex.dev/ns/v0.2.0", "author": "Team", "statements": [{"vulnerability": {"name": "CVE-1"}, "products": ["pkg:a/b"], "status": "fixed"}]})";
  const std::string statement = R"({"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://openvex.dev/ns/v0.2.0", "subject": [{"name": "app", "digest": {"sha1": ")" + std::string(40, 'a') + R"("}}], "predicate": )" + vex + "}";
  const auto envelope = [](const std::string& payload) { return R"({"payloadType": "application/vnd.in-toto+json", "payload": ")" + to_base64(as_bytes(payload)) + R"(", "signatures": []})"; };
  struct Row { std::string_view summary, text; bool read; };
  const std::string wrapped = envelope(statement), twice = envelope(wrapped), provenance = R"({"_type": "x", "predicateType": "https://slsa.dev/provenance/v1", "predicate": {}})";
  const auto changed = [&](std::string_view from, std::string_view to) { return std::string(statement).replace(statement.find(from), from.size(), to); };
  const std::string old = changed("Statement/v1", "Statement/v0.1"), later = changed("Statement/v1", "Statement/v9"), of_nothing = changed(R"("digest")", R"("bytes")");
  const Row rows[] = {
      {"bare", vex, true},
      {"in a statement", statement, true},
      {"in an envelope", wrapped, true},
      {"in a statement of v0.1", old, true},
      {"in a statement of a later version", later, false},
      {"in a statement on no bytes", of_nothing, false},
      {"in two envelopes", twice, false},
      {"another predicate", provenance, false},
      {"no base64", R"({"payload": "!", "signatures": []})", false},
      {"a payload that is none", R"({"payload": 1, "signatures": []})", false},
      {"a predicate that is no object", R"({"predicateType": "x", "predicate": [1]})", false},
      {"no JSON", "{", false},
      {"a list", "[]", false},
  };
  for (const Row& row : rows) {
    const auto read = read_attached_vex(row.text, "attached");
    EXPECT_EQ(read.has_value(), row.read) << row.summary;
    EXPECT_EQ(read ? read->statements.size() : 0U, row.read ? 1U : 0U) << row.summary;
  }
}

TEST(Vex, WhatWeWriteIsReadAgain) {
  const VexDocument document{.format = "openvex", .id = "urn:test", .author = "Team", .when = Time{1'700'000'000}, .statements = {
      {.vulnerability = "CVE-2026-1", .aliases = {"GHSA-x"}, .status = VexStatus::NotAffected, .justification = "vulnerable_code_not_present", .detail = "no zgrep", .when = Time{1'700'000'001}, .products = {{"pkg:deb/debian/gzip@1.13-1", {}}}},
      {.vulnerability = "CVE-2026-2", .status = VexStatus::Affected, .detail = "update", .when = Time{1'700'000'000}, .products = {{"sha256:00", {"pkg:deb/debian/gzip"}}}}}};
  const std::string text = to_pretty(to_openvex(document));
  const auto again = read_vex(text, "x").value();
  ASSERT_EQ(again.statements.size(), 2U);
  EXPECT_EQ(again.statements[0], document.statements[0]);
  EXPECT_EQ(again.statements[1], document.statements[1]);
  EXPECT_EQ(text, to_pretty(to_openvex(document)));
}

}  // namespace
}  // namespace ashlar::attest
