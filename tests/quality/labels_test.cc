// A frozen part of the labels of true and false matches that others gave (docs/accuracy.md, "By labels of others"), with the published records that
// speak of them: the program compiles the records, scans an SBOM an image, and must not become less right than it was. Made anew by
// scripts/judge-labels.sh --freeze.
#include <filesystem>

#include "base/text.h"
#include "inventory/purl.h"
#include "sample_root.h"

namespace ashlar::flow {
namespace {

struct Count {
  int true_positives = 0, false_positives = 0, false_negatives = 0, true_negatives = 0;
  double precision() const { return true_positives + false_positives == 0 ? 1 : double(true_positives) / (true_positives + false_positives); }
  double recall() const { return true_positives + false_negatives == 0 ? 1 : double(true_positives) / (true_positives + false_negatives); }
  void add(bool label, bool reported) { ++(label ? reported ? true_positives : false_negatives : reported ? false_positives : true_negatives); }
};

/// Who a package URL names, whatever its qualifiers.
std::string who(const std::string& text) {
  const auto purl = inventory::parse_purl(text);
  EXPECT_TRUE(purl) << text;
  if (!purl) return {};
  const inventory::Component component = inventory::component_of(*purl);
  std::string name = component.type + " " + component.name + " " + component.version;
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

class LabelsFlow : public SampleRoot {
 protected:
  /// The frozen records in their publishers' forms, and feeds for releases of Debian that are long over.
  void SetUp() override {
    frozen = parse_json(host_text(ASHLAR_SOURCE_DIR "/tests/quality/labels.json"), "labels.json").value();
    const fs::path data = stage.folder() / "data";
    fs::create_directories(data);
    for (const char* name : {"distributions", "effects"}) fs::create_directory_symlink(fs::path(ASHLAR_SOURCE_DIR) / name, data / name);
    fs::copy(fs::path(ASHLAR_SOURCE_DIR) / "feeds", data / "feeds");
    stage.write("data/feeds/debian-tracker.yaml", "summary: Debian's lists\nformat: debian-tracker\npublisher: Debian\nurls: [https://example.org/json]\nmax-age: 3d\nreleases: {wheezy: \"7\", jessie: \"8\", stretch: \"9\", buster: \"10\", bullseye: \"11\"}\n");
    stage.environment["ASHLAR_DATA_DIR"] = data.string();
    Words words = {"feed", "update"};
    for (const auto& [feed, records] : frozen["feeds"].items()) {
      if (feed == "debian-tracker") stage.write("records/debian-tracker.json", to_compact(records));
      for (const auto& [name, record] : records.items()) {
        if (feed == "alpine") stage.write("records/alpine/" + name + ".json", secdb_of(name, record));
        else if (feed == "wolfi") stage.write("records/wolfi/" + name + ".advisories.yaml", to_compact({{"schema-version", "2.0.2"}, {"package", {{"name", name}}}, {"advisories", record}}));
        else if (feed != "debian-tracker") stage.write("records/" + feed + "/" + name + ".json", to_compact(record));
      }
      words.push_back(feed + "=records/" + feed + (feed == "debian-tracker" ? ".json" : ""));
    }
    const Ran ran = stage.ashlar(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }

  static std::string host_text(const std::string& path) {
    const auto files = host::machine_files();
    auto text = files->read(path);
    EXPECT_TRUE(text) << path;
    return text ? *text : "{}";
  }
  static std::string secdb_of(const std::string& release, const Json& packages) {
    Json list = Json::array();
    for (const auto& [name, fixes] : packages.items()) list.push_back({{"pkg", {{"name", name}, {"secfixes", fixes}}}});
    return to_compact({{"distroversion", release}, {"reponame", "main"}, {"packages", list}});
  }

  /// What the program reports as affected, by package: the identifiers of each finding.
  std::map<std::string, std::vector<Set>> reported(const Set& purls) const {
    std::map<std::string, std::vector<Set>> out;
    const Json answer = document(purls);
    for (const Json& finding : answer["findings"]) {
      if (finding["status"] != "affected") continue;
      Set ids = {finding["id"].get<std::string>()};
      for (const Json& alias : finding["aliases"]) ids.insert(alias.get<std::string>());
      out[who(finding["package"]["purl"])].push_back(std::move(ids));
    }
    return out;
  }

  Json frozen;
};

TEST_F(LabelsFlow, are_met_as_well_as_when_they_were_frozen) {
  std::map<std::string, Set> images;
  for (const Json& each : frozen["cases"]) images[each["image"]].insert(each["purl"].get<std::string>());
  std::map<std::string, std::map<std::string, std::vector<Set>>> answers;
  for (const auto& [image, purls] : images) answers[image] = reported(purls);
  Count every, right;
  for (const Json& each : frozen["cases"]) {
    const bool label = each["label"] == "TP", has_reason = each.contains("reason");
    const auto& findings = answers[each["image"]][who(each["purl"])];
    const bool answer = std::ranges::any_of(findings, [&](const Set& ids) { return std::ranges::any_of(each["ids"], [&](const Json& id) { return ids.contains(id.get<std::string>()); }); });
    every.add(label, answer);
    if (has_reason) {
      EXPECT_NE(answer, label) << each["purl"] << ": right now, so that its reason can go: " << each["reason"];
    } else {
      right.add(label, answer);
      EXPECT_EQ(answer, label) << each["purl"] << " " << each["ids"] << ", " << each["kind"] << " of image " << each["image"];
    }
  }
  EXPECT_GE(every.precision(), frozen["floor"]["every"]["precision"].get<double>() - 1e-9);
  EXPECT_GE(every.recall(), frozen["floor"]["every"]["recall"].get<double>() - 1e-9);
  EXPECT_GE(right.precision(), frozen["floor"]["without a reason"]["precision"].get<double>() - 1e-9);
  EXPECT_GE(right.recall(), frozen["floor"]["without a reason"]["recall"].get<double>() - 1e-9);
  EXPECT_GT(every.true_negatives, 20) << "labels of false matches are there, too";
}

TEST_F(LabelsFlow, cover_every_ecosystem_and_what_makes_a_match_false) {
  Set kinds, types;
  for (const Json& each : frozen["cases"]) {
    kinds.insert(each["kind"].get<std::string>() + (each["label"] == "TP" ? " true" : " false"));
    types.insert(who(each["purl"]).substr(0, who(each["purl"]).find(' ')) + (each["label"] == "TP" ? " true" : " false"));
  }
  for (const char* type : {"apk", "deb", "golang", "maven", "npm", "pypi"}) {
    EXPECT_TRUE(types.contains(std::string(type) + " true")) << type;
    EXPECT_TRUE(types.contains(std::string(type) + " false")) << type;
  }
  for (const char* kind : {"epoch true", "epoch false", "backport true", "backport false", "source and binary true", "source and binary false", "pseudo-version true", "pseudo-version false", "+incompatible true", "+incompatible false",
                           "main module true", "standard library true", "pre-release false", "shaded false", "collision of names false"})
    EXPECT_TRUE(kinds.contains(kind)) << kind;
}

TEST_F(LabelsFlow, a_matcher_that_compares_nothing_would_be_seen) {
  // The same packages at a version before all: where versions are not compared, nothing would change.
  int changed = 0, affected = 0;
  for (const Json& each : frozen["cases"]) {
    const std::string purl = each["purl"];
    if (each["label"] != "TP" || each.contains("reason") || !purl.starts_with("pkg:deb/")) continue;
    std::string newer = purl;
    newer.replace(newer.find('@') + 1, newer.find('?') - newer.find('@') - 1, "9999%3A1-1");
    ++affected;
    changed += reported({newer}).empty() ? 1 : 0;
  }
  EXPECT_GT(affected, 5);
  EXPECT_EQ(changed, affected);
}

}  // namespace
}  // namespace ashlar::flow
