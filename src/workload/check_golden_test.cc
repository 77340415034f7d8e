// What is found in files as teams have them: tests/data/workload/checks, and in the Dockerfiles beside it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "workload/inner/check_rows.h"

namespace ashlar::workload {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const fs::path folder = ASHLAR_SOURCE_DIR "/tests/data/workload";

struct Golden {
  fs::path file;
  FileKind kind;
};
std::vector<Golden> goldens() {
  std::vector<Golden> out = {{folder / "checks/compose.yaml", FileKind::Compose}, {folder / "checks/rendered-chart.yaml", FileKind::Kubernetes}, {folder / "checks/kustomized.yaml", FileKind::Kubernetes},
                             {folder / "checks/github.yaml", FileKind::GitHub}, {folder / "checks/gitlab.yaml", FileKind::GitLab}, {folder / "checks/azure.yaml", FileKind::Azure}, {folder / "checks/Jenkinsfile", FileKind::Jenkins}};
  for (const auto& entry : fs::directory_iterator(folder / "dockerfiles")) {
    if (entry.path().extension() != ".read") out.push_back({entry.path(), FileKind::Dockerfile});
  }
  return out;
}

TEST(CheckGoldens, AreFoundAsTheyWere) {
  const auto replacements = Replacements::read(read(ASHLAR_SOURCE_DIR "/policies/replacements.yaml"), "replacements.yaml");
  ASSERT_TRUE(replacements);
  const CheckOptions options{.replacements = &*replacements};
  std::size_t count = 0;
  for (const Golden& each : goldens()) {
    const std::string text = read(each.file);
    ASSERT_FALSE(text.empty()) << each.file;
    const auto checked = check(each.kind, text, each.file.filename().string(), options);
    ASSERT_TRUE(checked) << each.file;
    std::string out;
    for (const Remark& remark : checked->remarks) out += fmt::format("{}:{}: {} {}: {}\n    {}\n", remark.span.line, remark.span.column, to_string(remark.rule->level), remark.rule->id, remark.message, remark.remedy);
    if (checked->silenced > 0) out += fmt::format("{} silenced\n", checked->silenced);
    const fs::path golden = folder / "checks" / (each.file.filename().string() + ".checked");
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(golden, std::ios::binary) << out;
    EXPECT_EQ(out, read(golden)) << each.file;
    ++count;
  }
  EXPECT_GE(count, 28U);
}

/// Of every shape: what is mended reads, a second time mends nothing, and only lines with remarks that mend have changed.
TEST(CheckGoldens, AreMendedOnceAndNoMore) {
  for (const Golden& each : goldens()) {
    const std::string text = read(each.file);
    const auto before = check(each.kind, text, "file");
    const auto mended = mend(each.kind, text, "file");
    ASSERT_TRUE(before && mended) << each.file;
    const auto again = mend(each.kind, mended->text, "file");
    ASSERT_TRUE(again) << each.file;
    EXPECT_EQ(again->text, mended->text) << each.file;
    std::set<int> meant;
    for (const Remark& remark : before->remarks) {
      for (const Edit& edit : remark.edits) meant.insert(Lines(text).span(edit.begin, edit.end).line);
    }
    const auto was = split(text, '\n'), is = split(mended->text, '\n');
    ASSERT_EQ(was.size(), is.size()) << each.file;
    for (std::size_t at = 0; at < was.size(); ++at) EXPECT_TRUE(was[at] == is[at] || meant.contains(static_cast<int>(at) + 1)) << each.file << ":" << at + 1 << ": " << is[at];
  }
}

}  // namespace
}  // namespace ashlar::workload
