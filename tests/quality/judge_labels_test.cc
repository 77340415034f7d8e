// scripts/judge-labels.sh: labels and advisories small enough to see what must come out.
#include <fmt/format.h>

#include "stage.h"

namespace ashlar::flow {
namespace {

constexpr const char *python_image = "92f1981518e9", *debian10 = "5e96e03a493a", *alpine36 = "58637f273108", *wolfi = "be3834598c3c", *java = "10008791acbc", *node = "f56164678054", *go = "7536ee345532", *centos = "3688aa867eb8", *ubuntu = "f8e72da9f67c", *ruby = "1a5a5f870924";

class JudgeLabels : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.environment["ASHLAR"] = ASHLAR_PROGRAM;
    stage.write("osv/PYSEC-1.yaml", "id: PYSEC-2020-1\nmodified: 2020-01-02T00:00:00Z\naliases: [CVE-2020-0001, GHSA-aaaa-bbbb-cccc]\naffected:\n- package: {name: pyyaml, ecosystem: PyPI}\n  ranges:\n  - {type: ECOSYSTEM, events: [{introduced: '0'}, {fixed: '5.4'}]}\n");
    stage.write("osv/PYSEC-2.yaml", "id: PYSEC-2021-855\nmodified: 2021-01-02T00:00:00Z\naliases: [CVE-2021-34141]\naffected:\n- package: {name: numpy, ecosystem: PyPI}\n  ranges:\n  - {type: ECOSYSTEM, events: [{introduced: '1.9.0'}, {fixed: '1.10.0'}]}\n");
    stage.write("osv/GO-1.json", R"({"id": "GO-2021-0001", "modified": "2021-01-01T00:00:00Z", "aliases": ["CVE-2021-0001"], "affected": [{"package": {"name": "example.com/m", "ecosystem": "Go"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]}]})");
    stage.write("lists/DSA/list", "[01 Jan 2021] DSA-1-1 curl - security update\n\t{CVE-2021-0002}\n\t[buster] - curl 7.64.0-4+deb10u2\n\t[sarge] - curl <unfixed>\n");
    stage.write("lists/DLA/list", "[01 Jan 2021] DLA-1-1 glibc - security update\n\t{CVE-2021-0003 TEMP-1}\n\t[buster] - glibc 2.28-10+deb10u2\n");
    stage.write("secdb/main.yaml", "distroversion: v3.6\nreponame: main\npackages:\n  - pkg:\n      name: busybox\n      secfixes:\n        1.26.2-r12:\n          - CVE-2021-0004\n");
    stage.write("wolfi/zlib.advisories.yaml", "schema-version: 2.0.2\npackage:\n  name: zlib\nadvisories:\n  - id: CGA-1111-2222-3333\n    aliases: [CVE-2021-0005]\n    events:\n      - timestamp: 2023-01-01T00:00:00Z\n        type: fixed\n        data:\n          fixed-version: 1.2.13-r0\n");
    stage.write("kb/CVE-2021-0006/statement.yaml", "vulnerability_id: CVE-2021-0006\nartifacts:\n- {id: 'pkg:maven/org.left/left@1.0', affected: true}\n- {id: 'pkg:maven/org.left/left@1.1', affected: false}\n- {id: 'pkg:maven/left/left@0.9', affected: true}\n- {id: 'pkg:maven/pyyaml/pyyaml@1.0', affected: true}\n");
    stage.write("victims/java/2021/0007.yaml", "cve: 2021-0007\naffected:\n    - groupId: \"org.right\"\n      artifactId: \"right\"\n      version:\n        - \"<=2.3,2\"\n        - \">=9\"\n");
    stage.write("node/1.json", R"({"id": 1, "module_name": "shape", "cves": ["CVE-2021-0008", "CVE-2021-8A"], "vulnerable_versions": "<1.0.3 || >=2.0.0 <=2.0.4"})");
    stage.write("node/2.json", R"({"id": 2, "module_name": "shape", "cves": ["CVE-2021-0009"], "vulnerable_versions": "~1.0"})");
  }

  void label(const std::string& image, const std::string& name, const std::string& version, const std::string& id, const std::string& what, const std::string& note = "") {
    const std::string package = name.empty() ? R"("fullentry_fields": ["/opt/a.jar"])" : fmt::format(R"("package": {{"name": "{}", "version": "{}"}})", name, version);
    ++labels_;
    stage.write(fmt::format("labels/{}/{}.json", image, labels_), fmt::format(R"({{"ID": "{}", "vulnerability_id": "{}", "effective_cve": "{}", "image": {{"exact": "example.org/x@sha256:{}{}"}}, "label": "{}", {}, "note": "{}"}})", labels_, id, id, image, std::string(52, '0'), what, package, note));
  }
  Ran judge(const Words& more = {}) const {
    Words words = {"bash", ASHLAR_SOURCE_DIR "/scripts/judge-labels.sh", "--out", "out"};
    words.insert(words.end(), more.begin(), more.end());
    for (const char* each : {"labels", "osv=osv", "debian-lists=lists", "secdb=secdb", "wolfi=wolfi", "statements=kb", "victims=victims", "node=node"}) words.emplace_back(each);
    return stage.run(words);
  }
  /// The row of the first table that is about an ecosystem.
  static std::string row(const Ran& ran, const std::string& name) {
    const size_t at = ran.out.find("| " + name + " |");
    return at == std::string::npos ? "" : ran.out.substr(at, ran.out.find('\n', at) - at);
  }

  Stage stage;
  int labels_ = 0;
};

#define NEED_YAML() \
  if (stage.run({"python3", "-c", "import yaml"}).code != 0) GTEST_SKIP() << "no python3 with yaml"

TEST_F(JudgeLabels, every_form_of_advisories_is_judged) {
  NEED_YAML();
  label(python_image, "PyYAML", "5.1", "GHSA-aaaa-bbbb-cccc", "TP");
  label(python_image, "PyYAML", "5.4", "CVE-2020-0001", "FP");
  label(go, "example.com/m", "v1.1.9", "CVE-2021-0001", "TP");
  label(go, "example.com/m", "v1.2.0", "CVE-2021-0001", "FP");
  label(debian10, "curl", "7.64.0-4+deb10u1", "CVE-2021-0002", "TP");
  label(debian10, "curl", "7.64.0-4+deb10u2", "CVE-2021-0002", "FP");
  label(alpine36, "ssl_client", "1.26.2-r11", "CVE-2021-0004", "TP");
  label(wolfi, "zlib", "1.2.12-r2", "CVE-2021-0005", "TP");
  label(java, "left", "1.0", "CVE-2021-0006", "TP");
  label(java, "left", "1.1", "CVE-2021-0006", "FP");
  label(java, "org.right:right", "2.3", "CVE-2021-0007", "TP");
  label(java, "org.right:right", "2.4", "CVE-2021-0007", "FP");
  label(node, "shape", "2.0.4", "CVE-2021-0008", "TP");
  label(node, "shape", "1.0.3", "CVE-2021-0008", "FP");
  const Ran ran = judge();
  ASSERT_EQ(ran.code, 0) << ran.told;
  for (const auto& [name, figures] : std::map<std::string, std::string>{{"PyPI", "1 | 0 | 0 | 1 (1)"}, {"Go", "1 | 0 | 0 | 1 (1)"}, {"Debian", "1 | 0 | 0 | 1 (1)"}, {"Alpine", "1 | 0 | 0 | 0 (0)"}, {"Wolfi", "1 | 0 | 0 | 0 (0)"}, {"Maven", "2 | 0 | 0 | 2 (2)"}, {"npm", "1 | 0 | 0 | 1 (1)"}, {"all", "8 | 0 | 0 | 6 (6)"}})
    EXPECT_EQ(row(ran, name), fmt::format("| {} | {} | 1.000 | 1.000 | 1.000 |", name, figures)) << ran.out;
  EXPECT_NE(ran.err.find("'>=9' is passed over"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("'~1.0' is passed over"), std::string::npos) << ran.err;
}

TEST_F(JudgeLabels, what_cannot_be_judged_is_counted_and_named) {
  NEED_YAML();
  label(python_image, "PyYAML", "5.1", "CVE-2020-0001", "TP");
  struct Row {
    const char *image, *name, *version, *id, *says;
  };
  const Row rows[] = {
      {python_image, "PyYAML", "5.1", "CVE-2020-9999", "no record at hand names the package with that vulnerability"},
      {python_image, "unheard-of", "1.0", "CVE-2020-0001", "of which ecosystem it is, its label does not say"},
      {centos, "bash", "4.1.2-1.el6", "CVE-2020-0001", "no feed of 'centos 6' (rpm)"},
      {ubuntu, "bash", "5.0-6ubuntu1", "CVE-2020-0001", "no feed of 'ubuntu 20.04'"},
      {debian10, "python", "3.8.0", "CVE-2020-0001", "a program that no package of that name brought"},
      {debian10, "nothing-knows-it", "1:1.0-1", "CVE-2021-0002", "which source package it is of is not known"},
      {java, "middle", "1.0", "CVE-2021-0006", "no record names a Maven artifact of that name"},
      {java, "left", "0.5", "CVE-2021-0006", "of which group a Maven artifact is, its label does not say"},
      {java, "org.left:left", "1.5", "CVE-2021-0006", "the records at hand say nothing of that version"},
      {ruby, "rack", "3.1", "CVE-2020-0001", "no comparator of 'gem' versions yet"},
      {wolfi, "", "", "CVE-2020-0001", "it names a file, not a package"},
  };
  for (const Row& each : rows) label(each.image, each.name, each.version, each.id, "TP");
  label(go, "example.com/m", "v1.0.0", "CVE-2021-0001", "TP");
  label(go, "example.com/m", "v1.0.0", "CVE-2021-0001", "FP");
  label(node, "shape", "0.1.0", "CVE-2021-0008", "??");
  stage.write("labels/broken.json", "{");
  const Ran ran = judge();
  ASSERT_EQ(ran.code, 0) << ran.told;
  EXPECT_EQ(row(ran, "all"), "| all | 1 | 0 | 0 | 0 (0) | 1.000 | 1.000 | 1.000 |") << ran.out;
  EXPECT_NE(ran.out.find("Not judged (13 of 14; 1 files could not be read)"), std::string::npos) << ran.out;
  for (const Row& each : rows) EXPECT_NE(ran.out.find(each.says), std::string::npos) << each.says << "\n" << ran.out;
  EXPECT_NE(ran.out.find("- 1: labelled true and false at once (FP/TP 1)"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("- 1: its labellers left it open (?? 1)"), std::string::npos) << ran.out;
}

TEST_F(JudgeLabels, a_wrong_answer_needs_a_reason) {
  NEED_YAML();
  // scripts/label-notes.tsv has a reason for numpy's, and none for the others.
  label(ubuntu, "numpy", "1.21.2", "CVE-2021-34141", "TP");
  label(python_image, "PyYAML", "5.1", "CVE-2020-0001", "TP");
  const Ran explained = judge();
  EXPECT_EQ(explained.code, 0) << explained.told;
  EXPECT_EQ(row(explained, "all"), "| all | 1 | 0 | 1 | 0 (0) | 1.000 | 0.500 | 0.667 |") << explained.out;
  EXPECT_NE(explained.out.find("- 1 not reported, labelled true (record): the record (PYSEC-2021-855) ends before 1.10.0"), std::string::npos) << explained.out;
  EXPECT_NE(explained.out.find("Without the reasons of kind 'record' alone: precision 1.000, recall 1.000, F1 1.000"), std::string::npos) << explained.out;
  EXPECT_NE(explained.out.find("\n0 wrong answers have no reason"), std::string::npos) << explained.out;

  label(go, "example.com/m", "v1.1.0", "CVE-2021-0001", "FP", "its labeller saw more");
  label(debian10, "curl", "7.64.0-4+deb10u2", "CVE-2021-0002", "TP");
  const Ran wrong = judge();
  EXPECT_EQ(wrong.code, 1) << wrong.told;
  EXPECT_NE(wrong.out.find("\n2 wrong answers have no reason"), std::string::npos) << wrong.out;
  const std::string answers = stage.read("out/answers.tsv");
  EXPECT_NE(answers.find("fp\tGo\t7536ee345532\texample.com/m\tv1.1.0\tCVE-2021-0001 GO-2021-0001\treported\t\tits labeller saw more"), std::string::npos) << answers;
  EXPECT_NE(answers.find("fn\tDebian\t5e96e03a493a\tcurl\t7.64.0-4+deb10u2\tCVE-2021-0002\tnot affected"), std::string::npos) << answers;
}

TEST_F(JudgeLabels, a_part_is_frozen_with_its_records) {
  NEED_YAML();
  label(debian10, "libc6", "2.28-10", "CVE-2021-0003", "TP");
  label(alpine36, "ssl_client", "1.26.2-r11", "CVE-2021-0004", "TP");
  label(wolfi, "zlib", "1.2.12-r2", "CVE-2021-0005", "TP");
  label(ubuntu, "numpy", "1.21.2", "CVE-2021-34141", "TP");
  for (const char* version : {"v1.0.0", "v1.1.0", "v1.1.1"}) label(go, "example.com/m", version, "CVE-2021-0001", "TP");
  label(java, "org.right:right", "2.3", "CVE-2021-0007", "TP");
  ASSERT_EQ(judge({"--freeze", "frozen.json"}).code, 0);
  const auto frozen = parse_json(stage.read("frozen.json"), "frozen");
  ASSERT_TRUE(frozen) << stage.read("frozen.json");
  std::map<std::string, int> by_kind;
  for (const Json& each : (*frozen)["cases"]) ++by_kind[each["purl"].get<std::string>().substr(4, 3)];
  EXPECT_EQ(by_kind, (std::map<std::string, int>{{"deb", 1}, {"apk", 2}, {"gol", 2}, {"pyp", 1}})) << (*frozen)["cases"] << "at most two of one kind; what victims-cve-db alone names is left out";
  EXPECT_EQ((*frozen)["feeds"]["debian-tracker"]["glibc"]["CVE-2021-0003"]["releases"]["buster"]["fixed_version"], "2.28-10+deb10u2");
  EXPECT_EQ((*frozen)["feeds"]["alpine"]["v3.6"]["busybox"]["1.26.2-r12"], Json({"CVE-2021-0004"}));
  EXPECT_EQ((*frozen)["floor"]["without a reason"]["recall"], 1.0);
  EXPECT_LT((*frozen)["floor"]["every"]["recall"].get<double>(), 1.0);
}

}  // namespace
}  // namespace ashlar::flow
