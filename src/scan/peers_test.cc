// What other scanners say of the same packages by the same records: answers that scripts/compare-scanners.sh froze.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include <nlohmann/json.hpp>

#include "advisory/feeds.h"
#include "scan/inner/test_database.h"
#include "scan/scan.h"

namespace ashlar::scan {
namespace {

using Pairs = std::set<std::pair<std::string, std::string>>;  // of a package and a vulnerability

/// Gives what the reader of a feed finds to a database.
struct Into final : advisory::Intake {
  explicit Into(TestDatabase& target) : database(target) {}
  void add(advisory::Advisory advisory) override { database.add("debian-tracker", std::move(advisory)); }
  void add(advisory::Exploited) override {}
  void add(advisory::Likelihood) override {}
  void add(advisory::Support) override {}
  void add(advisory::Newest) override {}
  void cover(std::string_view space) override { database.cover("debian-tracker", std::string(space)); }
  void dated(Time) override {}
  void note(std::string_view what, std::string_view record) override { ADD_FAILURE() << record << ": " << what; }
  TestDatabase& database;
};

void read_tracker(const nlohmann::json& records, TestDatabase& database) {
  std::string text = records.dump();
  const size_t size = text.size();
  text.append(64, ' ');
  Into into(database);
  const auto format = advisory::format("debian-tracker");
  ASSERT_TRUE(format);
  const auto done = (*format)->read({"tracker", as_bytes(std::string_view(text).substr(0, size))}, {.releases = {{"bookworm", "12"}, {"trixie", "13"}}}, into);
  ASSERT_TRUE(done) << done.error().message;
}

/// What we say of an image of the frozen set.
Pairs ours(const nlohmann::json& image) {
  TestDatabase database;
  read_tracker(image["tracker"], database);
  inventory::Contents contents;
  inventory::Ownership ownership;
  contents.layers.resize(1, {"", Digest::of(std::string_view()), 0, {}, {}});
  contents.texts["etc/os-release"] = "ID=debian\nVERSION_ID=" + image["release"].get<std::string>() + "\n";
  Subject subject{.ref = "dir:test", .contents = &contents, .ownership = &ownership};
  subject.base = {1, "test"};
  for (const auto& each : image["packages"]) {
    const auto row = each.get<std::vector<std::string>>();
    subject.components.push_back({.type = "deb", .name = row.at(0), .version = row.at(1), .source = row.at(2), .source_version = row.at(1), .found_by = "dpkg", .path = "var/lib/dpkg/status.d/" + row.at(0)});
  }
  const auto report = scan(subject, database, {.now = Time{1'000'000}});
  EXPECT_TRUE(report);
  if (!report) return {};
  EXPECT_EQ(report->coverage.judged, subject.components.size()) << "every package is judged";
  Pairs out;
  for (const Finding& each : report->findings) {
    if (each.status == Status::Affected) out.emplace(each.component.name, each.id);
  }
  return out;
}

TEST(Peers, GrypeSaysTheSameButForWhatIsExplained) {
  std::ifstream file(ASHLAR_SOURCE_DIR "/tests/data/scan/peers.json");
  const auto frozen = nlohmann::json::parse(file);
  /// What only we say; docs/scanners.md has the reasons.
  const Pairs ours_alone = {{"zlib1g", "CVE-2023-45853"}};
  size_t answers = 0;
  for (const auto& image : frozen["images"]) {
    const std::string name = image["name"];
    Pairs theirs;
    for (const auto& each : image["grype"]) theirs.emplace(each.at(0), each.at(1));
    answers += theirs.size();
    const Pairs found = ours(image);
    for (const auto& [package, id] : theirs) EXPECT_TRUE(found.contains({package, id})) << name << ": only grype says " << id << " of " << package;
    for (const auto& [package, id] : found) {
      EXPECT_TRUE(theirs.contains({package, id}) || ours_alone.contains({package, id})) << name << ": only we say " << id << " of " << package;
    }
  }
  EXPECT_GE(answers, 100U) << "a set that is worth the name";
}

}  // namespace
}  // namespace ashlar::scan
