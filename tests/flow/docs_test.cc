// The examples in docs/formats are what the program reads.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "small_archive.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

/// The blocks of one language in a page.
Words blocks(const std::string& page, std::string_view language) {
  Words out;
  const std::string fence = "```" + std::string(language) + "\n";
  for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
    at += fence.size();
    out.push_back(page.substr(at, page.find("```\n", at) - at));
  }
  return out;
}

class DocsFlow : public ::testing::Test {
 protected:
  std::string page(const std::string& name) { return stage.read(host::Path(ASHLAR_SOURCE_DIR) / "docs/formats" / name); }
  Stage stage;
};

TEST_F(DocsFlow, examples_are_valid) {
  const std::string block = blocks(page("distribution.md"), "yaml").at(0);
  std::string distribution;
  for (const std::string_view line : split(block, '\n')) distribution += "    " + std::string(line) + "\n";
  stage.write("one/ashlar.yaml", blocks(page("config.md"), "yaml").at(0));
  stage.write("two/ashlar.yaml", "distributions:\n  debian-13:\n" + distribution);
  stage.write("x.lock.json", blocks(page("lock.md"), "json").at(0));
  stage.write("x.yaml", blocks(page("definition.md"), "yaml").at(0));
  for (const char* file : {"one/ashlar.yaml", "two/ashlar.yaml", "x.lock.json", "x.yaml"}) {
    const Ran ran = stage.ashlar({"validate", file});
    EXPECT_EQ(ran.code, 0) << ran.told << stage.read(file);
  }
}

TEST_F(DocsFlow, the_first_definition_builds) {
  stage.write("hello.yaml", blocks(page("definition.md"), "yaml").at(0));
  const Ran ran = stage.ashlar({"build", "hello.yaml", "-o", "oci:out"});
  if (ran.code == 4) GTEST_SKIP() << "the archive is out of reach: " << ran.err;
  EXPECT_EQ(ran.code, 0) << ran.told;
}

TEST_F(DocsFlow, the_owners_of_an_image_read_as_described) {
  const Json example = Json::parse(blocks(page("image-json.md"), "json").at(0));
  EXPECT_EQ(misfit(example, Json::parse(R"({"schema": "", "image": "", "variant": "", "distribution": "", "slices": {}, "owners": {}})")), "");
}

class DocsOfAnImage : public SmallProject {};

TEST_F(DocsOfAnImage, the_sbom_reads_as_described) {
  const std::string page = stage.read(host::Path(ASHLAR_SOURCE_DIR) / "docs/formats/sbom.md");
  Json example = Json::parse(blocks(page, "json").at(0));
  ASSERT_EQ(stage.ashlar({"build", "small.yaml", "--platform", "linux/amd64", "-o", "oci:out:1"}).code, 0);
  const Json answer = stage.json({"sbom", "oci:out:1"});
  example["packages"][0].erase("licence");  // the small archive's texts name none, and say so
  EXPECT_EQ(misfit(answer, example), "") << answer.dump(1);
  const auto known = [](const Json& of, std::set<std::string> more) {
    for (const auto& [key, value] : of.items()) more.insert(key);
    return more;
  };
  for (const auto& [key, value] : answer.items()) EXPECT_TRUE(known(example, {}).contains(key)) << "the page does not show '" << key << "'";
  for (const auto& [key, value] : answer["packages"][0].items()) EXPECT_TRUE(known(example["packages"][0], {"licence", "licence_comment"}).contains(key)) << "the page does not show '" << key << "' of a package";
  for (const auto& [key, value] : answer["files"][0].items()) EXPECT_TRUE(known(example["files"][0], {}).contains(key)) << "the page does not show '" << key << "' of a file";
  EXPECT_NE(page.find("`licence_comment`"), std::string::npos);
}

std::string read_page(const host::Path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The places of a page that a link can name: each heading in lower case, with hyphens for spaces and without other signs.
std::set<std::string> places(const std::string& page) {
  std::set<std::string> out;
  bool code = false;
  for (const std::string_view line : split(page, '\n')) {
    if (line.starts_with("```")) code = !code;
    if (code || !line.starts_with("#")) continue;
    std::string place;
    for (const char sign : line.substr(std::min(line.find_first_not_of('#'), line.size() - 1) + 1)) {
      if (std::isalnum(static_cast<unsigned char>(sign)) || sign == '-' || sign == '_') place += static_cast<char>(std::tolower(sign));
      else if (sign == ' ') place += '-';
    }
    out.insert(place);
  }
  return out;
}

/// What is wrong with the links of a page at `path` that lead to files.
Words lost_links(const host::Path& path, const std::string& text) {
  Words out;
  for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
    const std::string target = text.substr(at + 2, text.find_first_of(") \n", at) - at - 2);
    if (target.find("://") != std::string::npos || target.starts_with("mailto:")) continue;
    const auto [file, place] = cut(target, '#');
    const host::Path there = file.empty() ? path : path.parent_path() / file;
    if (!std::filesystem::exists(there)) out.push_back(fmt::format("{} leads to {}, which is not there", path.string(), target));
    else if (!place.empty() && !places(file.empty() ? text : read_page(there)).contains(std::string(place))) out.push_back(fmt::format("{} leads to {}, where no heading is called so", path.string(), target));
  }
  return out;
}

TEST_F(DocsFlow, links_lead_somewhere) {
  const host::Path top = ASHLAR_SOURCE_DIR;
  Words lost;
  size_t pages = 0;
  const auto look = [&](const auto& entry) {
    if (entry.path().extension() != ".md") return;
    ++pages;
    for (std::string& each : lost_links(entry.path(), read_page(entry.path()))) lost.push_back(std::move(each));
  };
  for (const auto& entry : std::filesystem::directory_iterator(top)) look(entry);
  for (const char* folder : {"docs", "src"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) look(entry);
  }
  EXPECT_GT(pages, 50U);
  EXPECT_EQ(fmt::format("{}", fmt::join(lost, "\n")), "");
}

TEST_F(DocsFlow, lost_links_are_found) {
  stage.write("other.md", "# Other\n## How it `works`, in short\n```\n# no heading\n```\n");
  const std::string page = "## Here\n[a](other.md) [b](other.md#how-it-works-in-short) [c](#here) [d](https://example.org/x#y)\n";
  stage.write("page.md", page);
  EXPECT_TRUE(lost_links(stage.folder() / "page.md", page).empty());
  for (const char* link : {"[a](another.md)", "[b](other.md#no-heading)", "[c](#there)", "[d](other.md#how-it-works)"})
    EXPECT_EQ(lost_links(stage.folder() / "page.md", page + link).size(), 1U) << link;
}

}  // namespace
}  // namespace ashlar::flow
