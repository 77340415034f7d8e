// The answers of apt to 200 random sets over a frozen index of the archive, and ours.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/codec.h"
#include "base/tar.h"
#include "base/text.h"
#include "host/files.h"
#include "plan/inner/apt_comparison.h"
#include "plan/resolve.h"

namespace ashlar::plan {
namespace {

std::map<std::string, std::string> members(const host::Path& path) {
  std::map<std::string, std::string> out;
  auto file = host::machine_files()->open(path);
  if (!file) return out;
  const auto stream = decode(Codec::Zstd, host::stream(std::move(*file)));
  TarReader reader(*stream);
  for (;;) {
    auto entry = reader.next();
    if (!entry || !*entry) return out;
    const auto content = read_all(reader, size_t{1} << 30);
    if (content) out[(*entry)->path] = std::string(as_text(*content));
  }
}

TEST(Apt, GivesTheSameAnswersOnTheFrozenIndex) {
  const host::Path data = host::Path(ASHLAR_SHARED_DIR) / "data" / "debian" / "trixie-index.tar.zst";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "the frozen index is not there: " << data;
  const auto files = members(data);
  std::vector<deb::Package> packages;
  std::set<std::uint32_t> security;
  std::uint32_t archive = 0;
  for (const char* name : {"trixie", "trixie-updates", "trixie-security"}) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.first.ends_with(std::string(name) + ".Packages"); });
    ASSERT_NE(found, files.end()) << name;
    auto parsed = deb::parse_packages(found->second, found->first, archive);
    ASSERT_TRUE(parsed) << parsed.error().message;
    packages.insert(packages.end(), parsed->begin(), parsed->end());
    if (std::string_view(name).ends_with("security")) security.insert(archive);
    ++archive;
  }
  const Universe universe(packages, "amd64");
  std::string sets, answers;
  for (const auto& [name, text] : files) {
    if (name.ends_with("sets.txt")) sets = text;
    if (name.ends_with("apt-answers.txt")) answers = text;
  }
  const auto differences = compare_with_apt(universe, {{}, "amd64", security}, sets, answers);
  EXPECT_EQ(std::count(sets.begin(), sets.end(), '\n'), 200);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '\n'), 200);
  for (const AptDifference& difference : differences) ADD_FAILURE() << to_string(difference);
}

}  // namespace
}  // namespace ashlar::plan
