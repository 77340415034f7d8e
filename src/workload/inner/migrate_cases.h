#pragma once
// Tables of migrations for tests: a text, what it becomes, and what is said of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/migrate.h"

namespace ashlar::workload::migrations {

namespace fs = std::filesystem;
inline const fs::path source = ASHLAR_SOURCE_DIR;

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const HardenedBases& bases() {
  static const HardenedBases table = [] {
    auto parsed = HardenedBases::parse(read(source / "policies/migration.yaml"), "migration.yaml");
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().faults.empty() ? parsed.error().message : to_string(parsed.error().faults[0]));
    return parsed ? std::move(*parsed) : HardenedBases();
  }();
  return table;
}
inline const PackageNames& packages() {
  static const PackageNames table = [] {
    auto parsed = PackageNames::parse(read(source / "policies/packages.yaml"), "packages.yaml");
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().faults.empty() ? parsed.error().message : to_string(parsed.error().faults[0]));
    return parsed ? std::move(*parsed) : PackageNames();
  }();
  return table;
}

inline const Replacements& replacements() {
  static const Replacements table = [] {
    auto parsed = Replacements::read(read(source / "policies/replacements.yaml"), "replacements.yaml");
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
    return parsed ? std::move(*parsed) : Replacements();
  }();
  return table;
}

inline MigrateOptions usual_options() {
  MigrateOptions out;
  out.replacements = &replacements();
  out.bases = &bases();
  out.packages = &packages();
  out.prefix = "registry.example/hardened";
  return out;
}

/// Lines that hold a comment and nothing else, without white space around.
inline std::vector<std::string> comments_of(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view line : Parts(text, '\n')) {
    if (trim(line).starts_with('#')) out.emplace_back(trim(line));
  }
  return out;
}

/// What holds of every migration, whatever the file.
inline void expect_sound(const std::string& text, const Migrated& done, const MigrateOptions& options, std::string_view summary) {
  if (done.refused()) {
    EXPECT_EQ(done.text, text) << summary << ": what is refused stays as it is";
    return;
  }
  const auto again = parse_dockerfile(done.text, "Dockerfile");
  ASSERT_TRUE(again) << summary << ": it is a Dockerfile\n" << (again.error().faults.empty() ? "" : to_string(again.error().faults[0])) << "\n" << done.text;
  const auto twice = migrate(done.text, "Dockerfile", options);
  ASSERT_TRUE(twice) << summary;
  EXPECT_EQ(twice->text, done.text) << summary << ": a second time changes nothing";
  EXPECT_TRUE(twice->breaks.empty() && twice->refusals.empty()) << summary;
  const auto kept = comments_of(done.text);
  for (const std::string& each : comments_of(text)) EXPECT_NE(std::ranges::find(kept, each), kept.end()) << summary << ": the comment stays: " << each << "\n" << done.text;
}

/// A text, and what holds of it.
struct Break {
  const char* summary;
  const char* text;
  std::vector<const char*> holds;        ///< parts of the result
  std::vector<const char*> lacks{};      ///< what is not in it
  const char* said = "";                 ///< `break id: part of why`, or `refused id: ...`; empty: nothing is open
};

/// Every row: what it holds and lacks, and what is said of it.
inline void expect_rows(std::span<const Break> rows, const MigrateOptions& options) {
  for (const Break& row : rows) {
    const auto done = migrate(row.text, "Dockerfile", options);
    ASSERT_TRUE(done) << row.summary << ": " << done.error().message;
    for (const char* part : row.holds) EXPECT_NE(done->text.find(part), std::string::npos) << row.summary << ": '" << part << "' in\n" << done->text << to_text(*done, "Dockerfile");
    for (const char* part : row.lacks) EXPECT_EQ(done->text.find(part), std::string::npos) << row.summary << ": '" << part << "' in\n" << done->text;
    std::vector<std::string> open;
    for (const MigrationPoint& each : done->breaks) open.push_back(fmt::format("break {}: {}", each.id, each.why));
    for (const MigrationPoint& each : done->refusals) open.push_back(fmt::format("refused {}: {}", each.id, each.why));
    for (const MigrationPoint& each : done->breaks) EXPECT_FALSE(each.remedy.empty()) << row.summary << ": a break says what to do";
    const std::string said = row.said;
    if (said.empty()) {
      EXPECT_TRUE(open.empty()) << row.summary << ": " << (open.empty() ? "" : open[0]);
    } else {
      const std::string id = said.substr(0, said.find(": ") + 2), part = said.substr(said.find(": ") + 2);
      EXPECT_TRUE(std::ranges::any_of(open, [&](const std::string& each) { return each.starts_with(id) && each.find(part) != std::string::npos; })) << row.summary << ": " << join(open, "\n") << "\n" << done->text;
    }
    expect_sound(row.text, *done, options, row.summary);
  }
}

}  // namespace ashlar::workload::migrations
