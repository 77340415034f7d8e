#include "pipeline/inner/peer_scanners.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace ashlar::pipeline {
namespace {

/// `version; recognised; CVE package, ...`, or the error.
std::string told(const Result<policy::PeerAnswer>& answer) {
  if (!answer) return answer.error().message;
  std::string pairs;
  for (const auto& [id, package] : answer->pairs) pairs += fmt::format("{}{} {}", pairs.empty() ? "" : ", ", id, package);
  return fmt::format("{}; {}; {}", answer->version, answer->recognised, pairs);
}

TEST(PeerScanners, GrypeIsRead) {
  const struct { const char *summary, *text, *expected; } rows[] = {
      {"two matches, one of them twice", R"({"matches": [{"vulnerability": {"id": "CVE-2"}, "artifact": {"name": "tar"}}, {"vulnerability": {"id": "CVE-1"}, "artifact": {"name": "tar"}}, {"vulnerability": {"id": "CVE-2"}, "artifact": {"name": "tar"}}],
        "distro": {"name": "debian", "version": "13"}, "descriptor": {"name": "grype", "version": "0.1"}})", "0.1; debian 13; CVE-1 tar, CVE-2 tar"},
      {"none, and no distribution", R"({"matches": [], "distro": {"name": "", "version": ""}, "descriptor": {"version": "0.1"}})", "0.1; ; "},
      {"members that are of other types", R"({"matches": [{"vulnerability": 1, "artifact": null}], "distro": [], "descriptor": "x"})", "; ;  "},
      {"no list of matches", R"({"descriptor": {"version": "0.1"}})", "cannot read what grype says: it has no 'matches'"},
      {"a list", "[]", "cannot read what grype says: it has no 'matches'"},
  };
  for (const auto& row : rows) EXPECT_EQ(told(read_grype(row.text)), row.expected) << row.summary;
  EXPECT_FALSE(read_grype("no JSON"));
}

TEST(PeerScanners, TrivyIsRead) {
  const struct { const char *summary, *text, *expected; } rows[] = {
      {"of two results", R"({"SchemaVersion": 2, "Trivy": {"Version": "0.7"}, "Metadata": {"OS": {"Family": "debian", "Name": "13.1"}}, "Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "PkgName": "tar"}]}, {"Class": "lang-pkgs"}, {"Vulnerabilities": [{"VulnerabilityID": "CVE-2", "PkgName": "flask"}]}]})",
       "0.7; debian 13.1; CVE-1 tar, CVE-2 flask"},
      {"an older one, which names no version", R"({"SchemaVersion": 2, "Metadata": {"OS": {"Family": "debian", "Name": "13.1"}}})", "; debian 13.1; "},
      {"no distribution", R"({"SchemaVersion": 2, "Metadata": {"OS": {"Family": "none", "Name": ""}}, "Results": null})", "; ; "},
      {"another document", R"({"Results": []})", "cannot read what trivy says: it has no 'SchemaVersion'"},
      {"a list", "[]", "cannot read what trivy says: it has no 'SchemaVersion'"},
  };
  for (const auto& row : rows) EXPECT_EQ(told(read_trivy(row.text)), row.expected) << row.summary;
  EXPECT_FALSE(read_trivy("no JSON"));
}

}  // namespace
}  // namespace ashlar::pipeline
