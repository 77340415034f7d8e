// The examples in docs/formats are what the program reads.
#include <filesystem>
#include <set>

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

TEST_F(DocsFlow, links_lead_somewhere) {
  const host::Path folder = host::Path(ASHLAR_SOURCE_DIR) / "docs/formats";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string text = stage.read(entry.path());
    for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
      const std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
      const std::string page = target.substr(0, target.find('#'));  // none: a place on this page
      EXPECT_TRUE(target.find("://") != std::string::npos || std::filesystem::exists(folder / page)) << entry.path() << " leads to " << target;
    }
  }
}

}  // namespace
}  // namespace ashlar::flow
