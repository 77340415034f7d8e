#include "advisory/record.h"

#include <gtest/gtest.h>

namespace ashlar::advisory {
namespace {

TEST(Severity, WordsOfPublishers) {
  struct {
    const char* word;
    Severity severity;
  } const cases[] = {
      {"critical", Severity::Critical}, {"CRITICAL", Severity::Critical},       {"High", Severity::High},          {"IMPORTANT", Severity::High},
      {"moderate", Severity::Medium},   {"MEDIUM", Severity::Medium},           {"low", Severity::Low},            {"low**", Severity::Low},
      {" low ", Severity::Low},         {"unimportant", Severity::Negligible},  {"negligible", Severity::Negligible},
      {"not yet assigned", Severity::Unknown}, {"end-of-life", Severity::Unknown}, {"", Severity::Unknown},      {"hig", Severity::Unknown}, {"highest", Severity::Unknown},
  };
  for (const auto& each : cases) EXPECT_EQ(severity_of(each.word), each.severity) << each.word;
}

TEST(Severity, HasAName) {
  for (const Severity severity : {Severity::Negligible, Severity::Low, Severity::Medium, Severity::High, Severity::Critical}) EXPECT_EQ(severity_of(to_string(severity)), severity);
  EXPECT_EQ(to_string(Severity::Unknown), "unknown");
}

TEST(Record, IdentifiersLookLikeSome) {
  for (const char* good : {"CVE-2026-0001", "CVE-2026-1234567", "GHSA-6v2p-p543-phr9", "GO-2023-1901", "DSA-5380-1", "TEMP-0000000-ABCDEF", "PYSEC-2023-1", "ALPINE-CVE-2026-0001", "RHSA-2024:1234"}) EXPECT_TRUE(is_identifier(good)) << good;
  for (const char* bad : {"", "FOO", "cve-2026-0001", "CVE-2026-1", "CVE-26-0001", "CVE-2026-00a1", "CVE-2026-0001-2", "-1", "A-1", "CVE-", "GHSA-", "GHSA-a/b", "GHSA-a.json", "CVE-2026-0001 "}) EXPECT_FALSE(is_identifier(bad)) << bad;
}

}  // namespace
}  // namespace ashlar::advisory
