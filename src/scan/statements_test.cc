#include "scan/statements.h"

#include <gtest/gtest.h>

namespace ashlar::scan {
namespace {

using attest::VexProduct;
using attest::VexStatement;
using attest::VexStatus;

Finding finding() {
  return {.id = "CVE-2026-1", .aliases = {"GHSA-x"},
          .component = {.type = "deb", .name = "libsystemd0", .version = "257.9-1~deb13u1", .architecture = "amd64", .source = "systemd", .source_version = "257.9-1"}, .status = Status::Affected};
}
const Distribution debian{"debian", "13.4", "Debian:13", {}};
const ImageNames names{"sha256:1111", {"registry.example/team/python", "team/python"}, "3.13"};

TEST(Statements, MeanProductsByEveryNameTheyGoBy) {
  struct Row { std::string_view summary; VexProduct product; bool concerns; };
  const Row rows[] = {
      {"the binary without a version", {"pkg:deb/debian/libsystemd0", {}}, true},
      {"the binary in this version", {"pkg:deb/debian/libsystemd0@257.9-1~deb13u1", {}}, true},
      {"the binary in another version", {"pkg:deb/debian/libsystemd0@257.8-1", {}}, false},
      {"the source: spread to its binaries", {"pkg:deb/debian/systemd", {}}, true},
      {"the source in its version", {"pkg:deb/debian/systemd@257.9-1?os_distro=trixie&os_name=debian&os_version=13", {}}, true},
      {"the source in another version", {"pkg:deb/debian/systemd@257.8-1", {}}, false},
      {"another binary of the same source", {"pkg:deb/debian/libudev1", {}}, false},
      {"of this release", {"pkg:deb/debian/libsystemd0?distro=debian-13", {}}, true},
      {"of a point release of it", {"pkg:deb/debian/libsystemd0?distro=debian-13.4", {}}, true},
      {"of another release", {"pkg:deb/debian/libsystemd0?distro=debian-12", {}}, false},
      {"of another distribution", {"pkg:deb/ubuntu/libsystemd0", {}}, false},
      {"of another type", {"pkg:apk/debian/libsystemd0", {}}, false},
      {"of this architecture", {"pkg:deb/debian/libsystemd0?arch=amd64", {}}, true},
      {"of another architecture", {"pkg:deb/debian/libsystemd0?arch=arm64", {}}, false},
      {"the source, which has none", {"pkg:deb/debian/systemd?arch=source", {}}, true},
      {"the image by its tag", {"pkg:docker/team/python@3.13", {}}, true},
      {"the image by another tag", {"pkg:docker/team/python@3.12", {}}, false},
      {"the image by its tag, in a qualifier", {"pkg:oci/python?tag=3.13", {}}, true},
      {"the image by another tag, in a qualifier", {"pkg:oci/python?tag=3.12", {}}, false},
      {"the image by repository", {"pkg:docker/team/python", {}}, true},
      {"the image by the repository that a qualifier names", {"pkg:oci/python?repository_url=registry.example/team/python", {}}, true},
      {"an image of that name in another repository", {"pkg:oci/python?repository_url=registry.example/other/python", {}}, false},
      {"the image by its last name", {"pkg:oci/python", {}}, true},
      {"the image by repository, escaped", {"pkg:oci/team%2Fpython", {}}, true},
      {"the image by digest", {"pkg:oci/python@sha256%3A1111?repository_url=registry.example/team/python", {}}, true},
      {"another image by digest", {"pkg:oci/python@sha256:2222", {}}, false},
      {"another image", {"pkg:oci/ruby", {}}, false},
      {"a name that only ends alike", {"pkg:oci/ython", {}}, false},
      {"a part of the image", {"pkg:oci/python", {"pkg:deb/debian/systemd"}}, true},
      {"another part of the image", {"pkg:oci/python", {"pkg:deb/debian/zlib1g"}}, false},
      {"a part of another image", {"pkg:oci/ruby", {"pkg:deb/debian/systemd"}}, false},
      {"the image as a bare reference", {"team/python", {}}, true},
      {"the image as a reference by digest", {"registry.example/team/python@sha256:1111", {}}, true},
      {"nothing known", {"https://example.org/product", {}}, false},
  };
  for (const Row& row : rows) {
    const VexStatement statement{.vulnerability = "CVE-2026-1", .status = VexStatus::NotAffected, .products = {row.product}};
    EXPECT_EQ(concerns(statement, finding(), debian, names), row.concerns) << row.summary;
  }
  EXPECT_TRUE(concerns({.vulnerability = "GHSA-x", .products = {{"pkg:oci/python", {}}}}, finding(), debian, names)) << "by an alias";
  EXPECT_TRUE(concerns({.vulnerability = "OTHER-1", .aliases = {"CVE-2026-1"}, .products = {{"pkg:oci/python", {}}}}, finding(), debian, names)) << "by an alias of the statement's";
  EXPECT_FALSE(concerns({.vulnerability = "CVE-2026-2", .products = {{"pkg:oci/python", {}}}}, finding(), debian, names));
  EXPECT_FALSE(concerns({.vulnerability = "CVE-2026-1", .products = {{"", {}}}}, finding(), debian, {})) << "an image without a name is nobody's product";
  const ImageNames others{"sha256:3333", {"registry.example/evil/team/python", "evil/team/python"}};
  for (const char* product : {"pkg:docker/team/python", "pkg:oci/team%2Fpython", "team/python"})
    EXPECT_FALSE(concerns({.vulnerability = "CVE-2026-1", .products = {{product, {}}}}, finding(), debian, others)) << product << ": a repository that only ends alike";
}

TEST(Statements, MadeLaterThanWhatIsAskedForDoNotCount) {
  constexpr std::int64_t day = 86400;
  const struct {
    const char* summary;
    std::optional<Time> until, statement, document;
    bool counts;
  } rows[] = {
      {"all that is known", {}, Time{9 * day}, {}, true},
      {"made before", Time{5 * day}, Time{4 * day}, {}, true},
      {"made at that moment", Time{5 * day}, Time{5 * day}, {}, true},
      {"made later", Time{5 * day}, Time{5 * day + 1}, {}, false},
      {"a statement of before in a document that was written again", Time{5 * day}, Time{4 * day}, Time{6 * day}, true},
      {"without a date, in a document of later", Time{5 * day}, {}, Time{6 * day}, false},
      {"without a date, in a document of before", Time{5 * day}, {}, Time{4 * day}, true},
      {"without any date", Time{5 * day}, {}, {}, true},
  };
  for (const auto& row : rows) {
    Report report{.distribution = debian, .database = {.digest = Digest::of(std::string_view())}, .findings = {finding()}};
    const std::vector<Statements> statements = {{.source = "vex.json",
                                                 .document = {.author = "us", .when = row.document, .statements = {{.vulnerability = "CVE-2026-1", .status = VexStatus::NotAffected, .when = row.statement, .products = {{"pkg:oci/python", {}}}}}},
                                                 .until = row.until}};
    apply(statements, names, report);
    EXPECT_EQ(report.findings[0].status, row.counts ? Status::NotAffected : Status::Affected) << row.summary;
    ASSERT_EQ(report.findings[0].proof.size(), 1U) << row.summary;
    EXPECT_EQ(report.findings[0].proof[0].text.find("not applied: it was made at") == std::string::npos, row.counts) << row.summary;
  }
}

TEST(Statements, MeanPackagesAsTheirEcosystemSpellsThem) {
  struct Row { std::string_view summary, type, name, product; bool concerns; };
  const Row rows[] = {
      {"PyPI, another spelling", "pypi", "Ruamel.YAML", "pkg:pypi/ruamel-yaml@1", true},
      {"Go, as package URLs write it", "golang", "github.com/Azure/x", "pkg:golang/github.com/azure/x@1", true},
      {"npm, with a scope", "npm", "@babel/core", "pkg:npm/%40babel/core@1", true},
      {"npm, in other letters", "npm", "JSONStream", "pkg:npm/jsonstream@1", false},
      {"npm, without the scope", "npm", "@babel/core", "pkg:npm/core@1", false},
      {"Maven", "maven", "org.example:left", "pkg:maven/org.example/left@1", true},
      {"Maven, another group", "maven", "org.example:left", "pkg:maven/org.other/left@1", false},
      {"crates", "cargo", "serde_json", "pkg:cargo/serde-json@1", true},
  };
  for (const Row& row : rows) {
    const Finding one{.id = "CVE-2026-1", .component = {.type = std::string(row.type), .name = std::string(row.name), .version = "1"}};
    EXPECT_EQ(concerns({.vulnerability = "CVE-2026-1", .products = {{std::string(row.product), {}}}}, one, debian, names), row.concerns) << row.summary;
  }
}

/// An advisory of a distribution may have several vulnerabilities: whoever speaks of one has not spoken of the others.
TEST(Statements, OnOneVulnerabilityAreNoneOnAnother) {
  const auto on = [](const std::string& vulnerability, VexStatus status = VexStatus::NotAffected) { return VexStatement{.vulnerability = vulnerability, .status = status, .justification = "x", .products = {{"pkg:deb/debian/systemd", {}}}}; };
  struct Row { std::string_view summary; std::vector<VexStatement> said; std::string_view status, lacking; };
  VexStatement both = on("CVE-2026-1");
  both.aliases = {"CVE-2026-2"};
  const Row rows[] = {
      {"on one of two", {on("CVE-2026-1")}, "affected", "DSA-1-1 has 2 vulnerabilities, and of CVE-2026-2 nobody who counts says anything"},
      {"on the other name of one", {on("GHSA-x")}, "affected", "DSA-1-1 has 2 vulnerabilities, and of CVE-2026-1, CVE-2026-2 nobody who counts says anything"},
      {"on both", {on("CVE-2026-1"), on("CVE-2026-2")}, "not_affected", ""},
      {"on both at once", {both}, "not_affected", ""},
      {"on both, and one is not answered yet", {on("CVE-2026-1"), on("CVE-2026-2", VexStatus::UnderInvestigation)}, "under_investigation", ""},
      {"on the advisory itself", {on("DSA-1-1")}, "not_affected", ""},
  };
  for (const Row& row : rows) {
    Finding one = finding();
    one.id = "DSA-1-1", one.aliases = {"CVE-2026-1", "CVE-2026-2", "GHSA-x"};
    Report report{.distribution = debian, .database = {Digest::of(std::string_view()), {}, {}}, .findings = {one}};
    apply(std::vector{Statements{"a", "", {.format = "openvex", .author = "Team", .statements = row.said}}}, names, report);
    EXPECT_EQ(to_string(report.findings[0].status), row.status) << row.summary;
    EXPECT_EQ(report.findings[0].proof.back().text == row.lacking, !row.lacking.empty()) << row.summary << report.findings[0].proof.back().text;
  }
}

Statements document(std::string source, std::vector<VexStatement> statements, std::string distrust = {}) {
  for (VexStatement& each : statements) each.vulnerability = "CVE-2026-1", each.products = {{"pkg:deb/debian/systemd", {}}};
  return {std::move(source), std::move(distrust), {.format = "openvex", .author = "Team", .statements = std::move(statements)}};
}

TEST(Statements, TheLatestOfThoseThatCountCounts) {
  struct Row { std::string_view summary; std::vector<Statements> all; std::string_view status, reason; };
  const Row rows[] = {
      {"nobody says anything", {}, "affected", ""},
      {"one says why it is not", {document("a", {{.status = VexStatus::NotAffected, .justification = "vulnerable_code_not_present", .detail = "no unit files"}})}, "not_affected", "'Team': vulnerable_code_not_present: no unit files"},
      {"an image cannot acquit itself", {document("attached to the image", {{.status = VexStatus::NotAffected, .justification = "vulnerable_code_not_present"}}, "signer unknown")}, "affected", ""},
      {"the later one", {document("a", {{.status = VexStatus::NotAffected, .justification = "x", .when = Time{1}}, {.status = VexStatus::Affected, .when = Time{2}}})}, "affected", ""},
      {"whatever their order", {document("a", {{.status = VexStatus::UnderInvestigation, .detail = "looking", .when = Time{2}}}), document("b", {{.status = VexStatus::NotAffected, .justification = "x", .when = Time{1}}})}, "under_investigation", "'Team': looking"},
      {"of one moment the heavier one", {document("a", {{.status = VexStatus::Affected}, {.status = VexStatus::NotAffected, .justification = "x"}})}, "affected", ""},
      {"one that does not count is no later one", {document("a", {{.status = VexStatus::NotAffected, .justification = "x", .when = Time{1}}}), document("b", {{.status = VexStatus::Affected, .when = Time{9}}}, "signer unknown")}, "not_affected", "'Team': x"},
  };
  for (const Row& row : rows) {
    Report report{.distribution = debian, .database = {Digest::of(std::string_view()), {}, {}}};
    report.findings.push_back(finding());
    apply(row.all, names, report);
    EXPECT_EQ(to_string(report.findings[0].status), row.status) << row.summary;
    EXPECT_EQ(report.findings[0].reason, row.reason) << row.summary;
    ASSERT_EQ(report.statements.size(), row.all.size()) << row.summary;
    for (const StatementSource& source : report.statements) EXPECT_GT(source.matched, 0U) << row.summary;
  }
}

TEST(Statements, TheProofSaysWhyTheyCount) {
  Statements named = document("vex.json", {{.status = VexStatus::NotAffected, .justification = "x"}}), signed_one = named;
  signed_one.backing = {{.keys = {"alice", "bob"}}};
  for (const auto& [statements, why] : {std::pair(named, "nobody signed it, and its document is one that was named to be believed"), std::pair(signed_one, "signed by 'alice', 'bob'")}) {
    Report report{.distribution = debian, .database = {Digest::of(std::string_view()), {}, {}}};
    report.findings.push_back(finding());
    apply(std::vector{statements}, names, report);
    EXPECT_EQ(report.findings[0].proof.back().text, std::string("'Team' in 'vex.json' says not_affected: x (applied: ") + why + ")");
  }
}

TEST(Statements, OnesThatDoNotCountStandInTheProof) {
  Report report{.distribution = debian, .database = {Digest::of(std::string_view()), {}, {}}};
  report.findings.push_back(finding());
  apply(std::vector{document("attached to the image", {{.status = VexStatus::NotAffected, .justification = "x"}}, "signer unknown")}, names, report);
  EXPECT_EQ(report.findings[0].proof.back(), (Step{"statement", "'Team' in 'attached to the image' says not_affected: x (not applied: signer unknown)"}));
}

}  // namespace
}  // namespace ashlar::scan
