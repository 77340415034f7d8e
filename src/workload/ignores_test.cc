// Comments that silence rules, and what is wrong with some.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "workload/inner/check_rows.h"

namespace ashlar::workload {
namespace {

struct Row {
  const char* summary;
  FileKind kind;
  const char* rule;
  std::string text;
  std::size_t silenced;
  const char* places;   ///< of the rule
  const char* says;     ///< part of the remark on the comment; empty: there is none
};

const Row rows[] = {
    {"before the instruction", FileKind::Dockerfile, "user-root", "FROM a:1\n# ashlar: ignore=user-root the engine maps it\nUSER root\n", 1, "", ""},
    {"with other comments between", FileKind::Dockerfile, "user-root", "FROM a:1\n# ashlar: ignore=user-root mapped\n# more\n\nUSER root\n", 1, "", ""},
    {"within an instruction", FileKind::Dockerfile, "apt-recommends", "FROM a:1\nRUN x && \\\n  # ashlar: ignore=apt-recommends they are needed\n  apt-get install -y y\n", 1, "", ""},
    {"an instruction of several lines", FileKind::Dockerfile, "sudo", "FROM a:1\n# ashlar: ignore=sudo it is asked for\nRUN x && \\\n  y && \\\n  sudo z\n", 1, "", ""},
    {"not the next but one", FileKind::Dockerfile, "sudo", "FROM a:1\n# ashlar: ignore=sudo it is asked for\nRUN x\nRUN sudo z\n", 0, "4:10", "nothing of 'sudo'"},
    {"two rules", FileKind::Dockerfile, "sudo", "FROM a:1\n# ashlar: ignore=sudo,apt-asks both are wanted\nRUN sudo apt-get install x\n", 2, "", ""},
    {"the whole file", FileKind::Dockerfile, "sudo", "# ashlar: ignore-file=sudo a build for tests\nFROM a:1\nRUN sudo x\nRUN sudo y\n", 2, "", ""},
    {"no reason", FileKind::Dockerfile, "sudo", "FROM a:1\n# ashlar: ignore=sudo\nRUN sudo x\n", 0, "3:10", "without a reason"},
    {"no rule", FileKind::Dockerfile, "sudo", "FROM a:1\n# ashlar: ignore\nRUN sudo x\n", 0, "3:10", "names no rule"},
    {"a rule that there is not", FileKind::Dockerfile, "sudo", "FROM a:1\n# ashlar: ignore=sdo why\nRUN sudo x\n", 0, "3:10", "there is no rule 'sdo'"},
    {"a rule that no comment silences", FileKind::Dockerfile, "image-denied", "# ashlar: ignore=image-denied we like it\nFROM denied:1\n", 0, "2:6", "no comment silences"},
    {"the whole file, from within", FileKind::Dockerfile, "sudo", "FROM a:1\n# ashlar: ignore-file=sudo a build for tests\nRUN sudo x\n", 0, "3:10", "stands at its top"},
    {"a reason that is none", FileKind::Dockerfile, "sudo", "FROM a:1\nRUN sudo x # ashlar: ignore=sudo -\n", 0, "2:10", "without a reason"},
    {"nor the rule on comments", FileKind::Dockerfile, "ignore", "# ashlar: ignore-file=ignore,sudo why not\nFROM a:1\nRUN x\n", 0, "1:1 1:1", "no comment silences"},
    {"behind an instruction it is none", FileKind::Dockerfile, "sudo", "FROM a:1\nRUN sudo x\nUSER 1 # ashlar: ignore=sudo why\n", 0, "2:10", "nothing of 'sudo'"},
    {"in a word it is none", FileKind::Dockerfile, "sudo", "FROM a:1\nRUN sudo echo x#ashlar: ignore=sudo why\n", 0, "2:10", ""},
    {"references come and go with the command's options", FileKind::Dockerfile, "image-replaceable", "# ashlar: ignore=image-replaceable not before May\nFROM a:1\n", 0, "", ""},
    {"behind a value", FileKind::Compose, "privileged", "services:\n  a:\n    privileged: true  # ashlar: ignore=privileged it is the agent\n", 1, "", ""},
    {"before a line", FileKind::Compose, "privileged", "services:\n  a:\n    # ashlar: ignore=privileged it is the agent\n    privileged: true\n", 1, "", ""},
    {"before a container", FileKind::Kubernetes, "root-writable", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  # ashlar: ignore=root-writable it is a build pod\n  - image: a:1\n    name: x\n", 1, "", ""},
    {"another container", FileKind::Kubernetes, "root-writable", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  # ashlar: ignore=root-writable it is a build pod\n  - name: x\n  - name: y\n", 1, "7:5", ""},
};

TEST(Ignores, SilenceWhatTheyName) {
  const CheckOptions options{.ask = [](const ImageUse& use) -> std::vector<Remark> {
    if (!use.image || use.image->name != "denied") return {};
    return {{find_rule("image-denied"), use.span, "no", ""}};
  }};
  for (const Row& row : rows) {
    const auto checked = check(row.kind, row.text, "file", options);
    ASSERT_TRUE(checked) << row.summary;
    EXPECT_EQ(checked->silenced, row.silenced) << row.summary;
    EXPECT_EQ(places_of(*checked, row.rule), row.places) << row.summary;
    std::string said;
    for (const Remark& each : checked->remarks) said += each.rule->id == "ignore" ? each.message + ";" : "";
    EXPECT_EQ(said.empty(), std::string_view(row.says).empty()) << row.summary << ": " << said;
    EXPECT_NE(said.find(row.says), std::string::npos) << row.summary << ": " << said;
  }
}

TEST(Ignores, ANameNearbyIsProposed) {
  const auto checked = check(FileKind::Dockerfile, "FROM a:1\n# ashlar: ignore=user-rot why\nUSER root\n", "D").value();
  const auto found = std::ranges::find_if(checked.remarks, [](const Remark& each) { return each.rule->id == "ignore"; });
  ASSERT_TRUE(found != checked.remarks.end());
  EXPECT_EQ(found->remedy, "did you mean 'user-root'?");
}

TEST(Rules, HaveEachTheirWords) {
  std::set<std::string_view> ids;
  for (const Rule& each : rules()) {
    EXPECT_TRUE(ids.insert(each.id).second);
    EXPECT_EQ(find_rule(each.id), &each);
    for (const std::string_view text : {each.what, each.why}) {
      EXPECT_FALSE(text.empty()) << each.id;
      EXPECT_LE(text.size(), 160U) << each.id;
      EXPECT_EQ(text.find('\n'), std::string_view::npos) << each.id;
      EXPECT_NE(text.back(), '.') << each.id;
    }
    for (const std::string_view kind : words(each.files)) {
      bool known = false;
      for (int at = 0; at < static_cast<int>(FileKind::Unknown); ++at) known = known || to_string(static_cast<FileKind>(at)) == kind;
      EXPECT_TRUE(known) << each.id << " names '" << kind << "'";
    }
  }
  EXPECT_EQ(find_rule("no-such"), nullptr);
  EXPECT_GE(ids.size(), 50U);
}

/// docs/formats/check.md has the table of rules between two marks.
TEST(Rules, AreInThePageAsTheyAreHere) {
  const std::string path = ASHLAR_SOURCE_DIR "/docs/formats/check.md", begin = "<!-- rules -->\n", end = "<!-- end of rules -->";
  std::string table = "| rule | level | files | what it finds | why |\n|---|---|---|---|---|\n";
  for (const Rule& each : rules()) table += fmt::format("| `{}` | {} | {} | {}{} | {} |\n", each.id, to_string(each.level), each.files, each.what, each.mends ? " (`--fix`)" : "", each.why);
  std::ifstream file(path, std::ios::binary);
  std::string page(std::istreambuf_iterator<char>(file), {});
  const std::size_t from = page.find(begin), to = page.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos);
  const std::string there = page.substr(from + begin.size(), to - from - begin.size());
  if (std::getenv("ASHLAR_ACCEPT") != nullptr && there != table) std::ofstream(path, std::ios::binary) << page.replace(from + begin.size(), there.size(), table);
  else EXPECT_EQ(there, table);
}

}  // namespace
}  // namespace ashlar::workload
