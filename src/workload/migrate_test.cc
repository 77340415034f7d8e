#include "workload/migrate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"

namespace ashlar::workload {
namespace {

namespace fs = std::filesystem;
const fs::path source = ASHLAR_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const HardenedBases& bases() {
  static const HardenedBases table = [] {
    auto parsed = HardenedBases::parse(read(source / "policies/migration.yaml"), "migration.yaml");
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().faults.empty() ? parsed.error().message : to_string(parsed.error().faults[0]));
    return parsed ? std::move(*parsed) : HardenedBases();
  }();
  return table;
}
const PackageNames& packages() {
  static const PackageNames table = [] {
    auto parsed = PackageNames::parse(read(source / "policies/packages.yaml"), "packages.yaml");
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().faults.empty() ? parsed.error().message : to_string(parsed.error().faults[0]));
    return parsed ? std::move(*parsed) : PackageNames();
  }();
  return table;
}

MigrateOptions usual_options() {
  MigrateOptions out;
  out.bases = &bases();
  out.packages = &packages();
  out.prefix = "registry.example/hardened";
  return out;
}

/// Lines that hold a comment and nothing else, without white space around.
std::vector<std::string> comments_of(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view line : Parts(text, '\n')) {
    if (trim(line).starts_with('#')) out.emplace_back(trim(line));
  }
  return out;
}

/// What holds of every migration, whatever the file.
void expect_sound(const std::string& text, const Migrated& done, const MigrateOptions& options, std::string_view summary) {
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

/// Dockerfiles as teams have them: tests/data/workload/migrate. `shape.yaml` says what is expected of each, and how it is built and run (scripts/migrate-shapes.sh).
TEST(Migrate, ShapesOfRealFiles) {
  size_t count = 0, converted = 0;
  for (const auto& entry : fs::directory_iterator(source / "tests/data/workload/migrate")) {
    const fs::path folder = entry.path();
    const std::string name = folder.filename().string(), text = read(folder / "Dockerfile");
    const auto shape = parse_yaml(read(folder / "shape.yaml"), name + "/shape.yaml");
    ASSERT_TRUE(shape) << name;
    MigrateOptions options = usual_options();
    options.context = [&](std::string_view path) -> std::optional<std::string> {
      if (!fs::exists(folder / path)) return std::nullopt;
      return read(folder / path);
    };
    const auto done = migrate(text, "Dockerfile", options);
    ASSERT_TRUE(done) << name << ": " << done.error().message << (done.error().faults.empty() ? "" : to_string(done.error().faults[0]));
    ++count;
    const YamlNode* expected = shape->root.find("expect");
    ASSERT_TRUE(expected != nullptr && shape->root.find("summary") != nullptr) << name;
    EXPECT_EQ(expected->text, done->refused() ? "refused" : "converts") << name << "\n" << to_text(*done, "Dockerfile");
    converted += done->refused() ? 0 : 1;
    expect_sound(text, *done, options, name);
    const std::string report = to_text(*done, "Dockerfile");
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) {
      std::ofstream(folder / "report.txt", std::ios::binary) << report;
      if (done->refused()) fs::remove(folder / "Dockerfile.hardened");
      else std::ofstream(folder / "Dockerfile.hardened", std::ios::binary) << done->text;
    }
    EXPECT_EQ(report, read(folder / "report.txt")) << name;
    if (!done->refused()) {
      EXPECT_EQ(done->text, read(folder / "Dockerfile.hardened")) << name;
    }
  }
  EXPECT_GE(count, 60U);
  EXPECT_GE(converted, 45U);
}

}  // namespace
}  // namespace ashlar::workload
