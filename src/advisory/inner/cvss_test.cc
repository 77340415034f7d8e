#include <gtest/gtest.h>

#include <cmath>

#include "advisory/inner/cvss.h"
#include "advisory/record.h"

namespace ashlar::advisory {
namespace {

TEST(Cvss, Scores) {
  struct {
    const char* summary;
    const char* vector;
    double score;
    Severity severity;
  } const cases[] = {
      // The examples of the CVSS 2.0 guide, section 3.3.
      {"2.0: CVE-2002-0392", "AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8, Severity::High},
      {"2.0: CVE-2003-0818", "AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0, Severity::Critical},
      {"2.0: CVE-2003-0062", "AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2, Severity::Medium},
      {"2.0 in brackets, with temporal metrics", "(AV:N/AC:L/Au:N/C:N/I:N/A:C/E:POC/RL:OF/RC:ND)", 7.8, Severity::High},
      {"2.0: no impact", "AV:N/AC:L/Au:N/C:N/I:N/A:N", 0.0, Severity::Negligible},
      // Examples of the CVSS 3.1 examples document.
      {"3.0: CVE-2013-1937", "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, Severity::Medium},
      {"3.1: CVE-2013-0375", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, Severity::Medium},
      {"3.1: CVE-2014-3566", "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, Severity::Low},
      {"3.1: CVE-2014-0160", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5, Severity::High},
      {"3.1: CVE-2014-6271", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, Severity::Critical},
      {"3.1: an impact that the change of scope makes negative", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N", 0.0, Severity::Negligible},
      {"3.1: other metrics do not change the base score", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U/MAV:P", 9.8, Severity::Critical},
      {"3.1: metrics in another order", "CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N", 9.8, Severity::Critical},
      {"4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3, Severity::Critical},
      {"4.0: a known lack of exploits counts", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", 8.1, Severity::High},
      {"4.0: local", "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3, Severity::High},
      {"4.0: safety", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N/MSI:S", 8.0, Severity::High},
      {"4.0: no impact", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0, Severity::Negligible},
      {"a score", "7.5", 7.5, Severity::High},
      {"the least critical", " 9.0 ", 9.0, Severity::Critical},
      {"the most high", "8.9", 8.9, Severity::High},
      {"the least medium", "4.0", 4.0, Severity::Medium},
      {"the least low", "0.1", 0.1, Severity::Low},
      {"ten", "10", 10.0, Severity::Critical},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto score = cvss_score(each.vector);
    ASSERT_TRUE(score);
    EXPECT_NEAR(*score, each.score, 1e-9);
    EXPECT_EQ(severity_of_cvss(each.vector), each.severity);
  }
}

TEST(Cvss, WhatIsNone) {
  for (const char* text : {"", "high", "10.1", "-1", "1e1", "7.5.1", "nan", "AV:N/AC:L/Au:N/C:N/I:N", "AV:N/AC:L/Au:N/C:N/I:N/A:C/A:C", "AV:N/AC:L/Au:N/C:N/I:N/A:X",
                           "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/ZZ:1", "CVSS:3.1/",
                           "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:-/SI:N/SA:N",
                           "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:S/SA:N"}) {
    EXPECT_FALSE(cvss_score(text)) << text;
    EXPECT_EQ(severity_of_cvss(text), Severity::Unknown) << text;
  }
}

/// All vectors of a version's base metrics, the last metric fastest; folds their scores in tenths.
std::pair<size_t, std::uint32_t> fold_all(const std::string& prefix, const std::vector<std::pair<std::string, std::string>>& metrics) {
  std::vector<size_t> at(metrics.size(), 0);
  std::pair<size_t, std::uint32_t> out{0, 0};
  for (bool more = true; more;) {
    std::string vector = prefix;
    for (size_t metric = 0; metric < metrics.size(); ++metric) vector += (metric == 0 ? "" : "/") + metrics[metric].first + ":" + metrics[metric].second[at[metric]];
    const auto score = cvss_score(vector);
    EXPECT_TRUE(score) << vector;
    out.second = out.second * 31 + static_cast<std::uint32_t>(std::lround(score.value_or(0) * 10));
    ++out.first;
    size_t metric = metrics.size();
    while (metric > 0 && ++at[metric - 1] == metrics[metric - 1].second.size()) at[--metric] = 0;
    more = metric > 0;
  }
  return out;
}

/// The folds are those of the scores that the Python package `cvss` 3.6 (Red Hat Product Security) gives for the same vectors.
TEST(Cvss, EveryBaseVectorScoresAsTheReferenceDoes) {
  const std::string impact = "HLN";
  EXPECT_EQ(fold_all("", {{"AV", "LAN"}, {"AC", "HML"}, {"Au", "MSN"}, {"C", "NPC"}, {"I", "NPC"}, {"A", "NPC"}}), (std::pair<size_t, std::uint32_t>{729, 1164156797u}));
  for (const char* version : {"CVSS:3.0/", "CVSS:3.1/"}) {
    EXPECT_EQ(fold_all(version, {{"AV", "NALP"}, {"AC", "LH"}, {"PR", "NLH"}, {"UI", "NR"}, {"S", "UC"}, {"C", impact}, {"I", impact}, {"A", impact}}),
              (std::pair<size_t, std::uint32_t>{2592, 2845218840u}));
  }
  EXPECT_EQ(fold_all("CVSS:4.0/", {{"AV", "NALP"}, {"AC", "LH"}, {"AT", "NP"}, {"PR", "NLH"}, {"UI", "NPA"}, {"VC", impact}, {"VI", impact}, {"VA", impact}, {"SC", impact}, {"SI", impact}, {"SA", impact}}),
            (std::pair<size_t, std::uint32_t>{104976, 3661008277u}));
}

}  // namespace
}  // namespace ashlar::advisory
