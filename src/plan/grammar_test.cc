#include "plan/inner/grammar.h"

#include <gtest/gtest.h>

namespace ashlar::plan {
namespace {

struct Row {
  const char* summary;
  std::string_view text;
  bool good;
};

template <size_t N, typename Check>
void expect_rows(const Row (&rows)[N], Check check) {
  for (const Row& row : rows) {
    const Objection objection = check(row.text);
    EXPECT_EQ(!objection, row.good) << row.summary << ": '" << row.text << "' " << objection.trouble;
  }
}

TEST(Grammar, package_names) {
  const Row rows[] = {
      {"usual", "libssl3t64", true},
      {"plus, dot, hyphen", "libstdc++6-4.7-dbg", true},
      {"begins with a digit", "0ad", true},
      {"a single letter", "r", false},
      {"upper case", "LibSSL", false},
      {"begins with a hyphen", "-x", false},
      {"underscore", "a_b", false},
      {"space", "a b", false},
      {"slash", "a/b", false},
      {"empty", "", false},
      {"a letter beyond ASCII", "caf\xc3\xa9", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_package_name(text, Family::Debian); });
}

TEST(Grammar, package_versions) {
  const Row rows[] = {
      {"upstream alone", "1.0", true},
      {"epoch and revision", "2:1.30.2~rc1-3+deb13u1", true},
      {"native with tilde", "1~~a", true},
      {"epoch that is no number", "a:1", false},
      {"empty", "", false},
      {"empty behind the epoch", "1:", false},
      {"a space", "1 0", false},
      {"an underscore", "1_0", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_package_version(text, Family::Debian); });
}

TEST(Grammar, tags) {
  const Row rows[] = {
      {"usual", "3.13-debian13", true},
      {"underscore first", "_x", true},
      {"of 128 characters", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true},
      {"of 129 characters", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
      {"hyphen first", "-x", false},
      {"dot first", ".x", false},
      {"plus", "1+2", false},
      {"colon", "a:b", false},
      {"empty", "", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_tag(text); });
}

TEST(Grammar, image_names) {
  const Row rows[] = {
      {"name alone", "python", true},
      {"two parts", "library/python", true},
      {"with a host", "registry.example/team/python", true},
      {"with a port", "localhost:5000/python", true},
      {"separators within a part", "a/b__c.d-e--f", true},
      {"upper case", "Python", false},
      {"with a tag", "python:3", false},
      {"with a digest", "python@sha256:0000000000000000000000000000000000000000000000000000000000000000", false},
      {"ends in a slash", "a/", false},
      {"empty part", "a//b", false},
      {"begins with a separator", "a/-b", false},
      {"empty", "", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_image_name(text); });
}

TEST(Grammar, ports) {
  const Row rows[] = {
      {"number", "8080", true},
      {"with protocol", "53/udp", true},
      {"sctp", "5000/sctp", true},
      {"range", "4510-4559/tcp", true},
      {"the last", "65535", true},
      {"past the last", "65536", false},
      {"zero", "0", false},
      {"range upside down", "20-10", false},
      {"unknown protocol", "80/http", false},
      {"negative", "-1", false},
      {"empty", "", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_port(text); });
}

TEST(Grammar, absolute_paths) {
  const Row rows[] = {
      {"usual", "/etc/app.conf", true},
      {"a folder", "/var/lib/app/", true},
      {"relative", "etc/app.conf", false},
      {"climbs", "/etc/../root", false},
      {"climbs at the end", "/etc/..", false},
      {"two dots in a name", "/etc/a..b", true},
      {"empty", "", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_absolute_path(text); });
}

TEST(Grammar, dates) {
  const Row rows[] = {
      {"usual", "2027-10-31", true},
      {"leap day", "2028-02-29", true},
      {"no leap year", "2027-02-29", false},
      {"no leap century", "2100-02-29", false},
      {"month 13", "2027-13-01", false},
      {"day 0", "2027-01-00", false},
      {"slashes", "2027/01/01", false},
      {"with a time", "2027-01-01T00:00:00Z", false},
      {"short", "27-1-1", false},
      {"empty", "", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_date(text); });
}

TEST(Grammar, signals) {
  const Row rows[] = {
      {"name", "SIGTERM", true}, {"real time", "SIGRTMIN+3", true}, {"number", "15", true}, {"made up", "SIGFOO", false}, {"zero", "0", false}, {"empty", "", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_signal(text); });
}

TEST(Grammar, checksums) {
  const std::string sha256 = "sha256:" + std::string(64, 'a'), short_one = "sha256:" + std::string(63, 'a'), commit(40, '0'), upper = "sha256:" + std::string(64, 'G');
  const Row rows[] = {
      {"sha256", sha256, true}, {"a digit short", short_one, false}, {"no hex", upper, false}, {"commit", commit, true}, {"URL of a checksum file", "https://example.org/a.sha256", true},
      {"unknown algorithm", "crc32:00000000", false}, {"words", "none", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_checksum(text); });
}

TEST(Grammar, distributions) {
  const Row rows[] = {
      {"Debian", "debian-13", true}, {"Ubuntu", "ubuntu-24.04", true}, {"no version", "debian", false}, {"a path", "../debian-13", false}, {"upper case", "Debian-13", false}, {"empty", "", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_distribution(text); });
  EXPECT_EQ(family_of("debian-13"), Family::Debian);
  EXPECT_EQ(family_of("ubuntu-24.04"), Family::Debian);
  EXPECT_EQ(family_of("alpine-3.23"), Family::Alpine);
}

TEST(Grammar, account_names) {
  const Row rows[] = {
      {"usual", "nonroot", true}, {"underscore first", "_apt", true}, {"dollar at the end", "host$", true}, {"dollar within", "ho$t", false}, {"colon", "a:b", false},
      {"line end", "a\nb", false}, {"of 33 characters", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}, {"empty", "", false},
  };
  expect_rows(rows, [](std::string_view text) { return check_account_name(text); });
}

TEST(Grammar, modes_and_numbers) {
  EXPECT_EQ(parse_mode("0755"), 0755U);
  EXPECT_EQ(parse_mode("644"), 0644U);
  EXPECT_EQ(parse_mode("1777"), 01777U);
  EXPECT_EQ(parse_mode("01777"), 01777U);
  for (const char* bad : {"", "75", "0799", "u+x", "0x1ff", "777777", "-644"}) EXPECT_EQ(parse_mode(bad), std::nullopt) << bad;
  EXPECT_EQ(parse_number("65532", 65534), 65532U);
  EXPECT_EQ(parse_number("4294967294", 4294967294U), 4294967294U);
  for (const char* bad : {"", "65535", "-1", "1a", "4294967296", "99999999999999999999999"}) EXPECT_EQ(parse_number(bad, 65534), std::nullopt) << bad;
}

}  // namespace
}  // namespace ashlar::plan
