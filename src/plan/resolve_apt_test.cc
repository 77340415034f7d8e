// The answers of apt to 200 random sets over a frozen index of the archive, and ours.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/codec.h"
#include "base/tar.h"
#include "base/text.h"
#include "host/files.h"
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
  const auto set_lines = split(trim(sets), '\n');
  auto answer_lines = split(answers, '\n');
  ASSERT_GE(answer_lines.size(), set_lines.size());
  size_t same = 0;
  for (size_t at = 0; at < set_lines.size(); ++at) {
    Request request{{}, "amd64", security};
    for (const std::string_view name : words(set_lines[at])) request.wishes.push_back({std::string(name), {}, false, {}});
    std::set<std::string> expected, ours;
    for (const std::string_view word : words(answer_lines[at])) expected.insert(std::string(word));
    const auto resolution = universe.resolve(request);
    if (resolution) {
      for (const Chosen& chosen : resolution->packages) ours.insert(chosen.package->name + "=" + chosen.package->version);
    }
    if (ours == expected) {
      ++same;
      continue;
    }
    std::vector<std::string> more, less;
    std::set_difference(ours.begin(), ours.end(), expected.begin(), expected.end(), std::back_inserter(more));
    std::set_difference(expected.begin(), expected.end(), ours.begin(), ours.end(), std::back_inserter(less));
    const auto first = [](const std::vector<std::string>& from) { return join(std::vector<std::string>(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(from.size(), 8))), " "); };
    ADD_FAILURE() << "set " << at + 1 << " (" << set_lines[at] << "): ours has " << more.size() << " more [" << first(more) << "], apt " << less.size() << " more [" << first(less) << "] "
                  << (resolution ? "" : resolution.error().message);
  }
  RecordProperty("same", static_cast<int>(same));
  std::cout << same << " of " << set_lines.size() << " sets have apt's answer\n";
}

}  // namespace
}  // namespace ashlar::plan
