// The examples in docs/formats are what the program reads.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
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
  stage.write("policy.yaml", blocks(page("policy.md"), "yaml").at(0));
  for (const char* file : {"one/ashlar.yaml", "two/ashlar.yaml", "x.lock.json", "x.yaml", "policy.yaml"}) {
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

class DocsOfSigning : public KnownProject {
 protected:
  void SetUp() override {
    KnownProject::SetUp();
    ASSERT_NO_FATAL_FAILURE(call_it_debian());
    ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "our"}).code, 0);
    ASSERT_EQ(stage.ashlar({"keys", "add", "our.pub", "--name", "release", "--until", "365d"}).code, 0);
  }
  /// Keys that `answer` has and `example` does not show, at any depth.
  static void unshown(const Json& answer, const Json& example, const std::string& place, std::set<std::string>& out) {
    if (answer.is_array()) {
      Json all = Json::object();  // an entry may lack what another one has
      for (const Json& each : example) {
        if (each.is_object()) all.update(each);
      }
      for (const Json& each : answer) {
        if (each.is_object()) unshown(each, all, place + "[]", out);
      }
    }
    if (!answer.is_object()) return;
    for (const auto& [key, value] : answer.items()) {
      if (!example.contains(key)) out.insert(place + "." + key);
      else unshown(value, example[key], place + "." + key, out);
    }
  }
};

TEST_F(DocsOfSigning, the_answers_read_as_described) {
  const std::vector<std::string> examples = blocks(stage.read(host::Path(ASHLAR_SOURCE_DIR) / "docs/formats/signing.md"), "json");
  ASSERT_EQ(examples.size(), 3U);
  const Json made = stage.json({"make", "small.yaml", "--to", "oci:published", "--key", "our.key"});
  const Json placed = stage.json({"sign", "oci:published:1", "--key", "our.key"}), verified = stage.json({"verify", "oci:published:1"});
  const Json answers[] = {placed, verified, made};
  for (size_t at = 0; at < examples.size(); ++at) {
    Json example = Json::parse(examples[at]);
    std::set<std::string> missing;
    unshown(answers[at], example, "$", missing);
    EXPECT_EQ(missing, std::set<std::string>()) << "the page does not show them";
    EXPECT_EQ(answers[at]["schema"], example["schema"]);
    EXPECT_EQ(misfit(answers[at], example), "") << answers[at].dump(1);
  }
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

/// Tests that a page names, `Suite.test` between backticks.
std::set<std::string> named_tests(const std::string& page) {
  std::set<std::string> out;
  static const std::regex name("`([A-Z][A-Za-z0-9]*\\.[A-Za-z0-9_]+)`");
  for (std::sregex_iterator at(page.begin(), page.end(), name), end; at != end; ++at) out.insert((*at)[1]);
  return out;
}

/// All tests of the tree, the same way.
std::set<std::string> tests_of(const host::Path& top) {
  std::set<std::string> out;
  static const std::regex head("TEST(?:_F|_P)?\\((\\w+), *(\\w+)\\)");
  for (const char* folder : {"src", "tests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
      if (!entry.path().filename().string().ends_with("_test.cc")) continue;
      for (const std::string_view line : split(read_page(entry.path()), '\n')) {
        std::cmatch found;
        if (line.starts_with("TEST") && std::regex_search(line.begin(), line.end(), found, head)) out.insert(found[1].str() + "." + found[2].str());
      }
    }
  }
  return out;
}

/// What the page names and the tree has not.
Words absent_tests(const std::string& page, const std::set<std::string>& there) {
  Words out;
  for (const std::string& each : named_tests(page)) {
    if (!there.contains(each)) out.push_back(each);
  }
  return out;
}

TEST_F(DocsFlow, the_threat_model_names_tests_that_there_are) {
  const host::Path top = ASHLAR_SOURCE_DIR;
  const std::string page = read_page(top / "docs/threat-model.md");
  const std::set<std::string> there = tests_of(top);
  EXPECT_GT(there.size(), 900U);
  EXPECT_GT(named_tests(page).size(), 90U);
  EXPECT_EQ(fmt::format("{}", fmt::join(absent_tests(page, there), "\n")), "");
  // A name that is none is found, one letter apart as well.
  EXPECT_EQ(absent_tests(page + "`DocsFlow.links_lead_nowhere`", there), Words{"DocsFlow.links_lead_nowhere"});
  EXPECT_EQ(absent_tests("`DocsFlow.links_lead_somewhere` `DocsFlo.links_lead_somewhere` `ashlar.yaml` `Rings.JsonIsReadAsWel`", there), (Words{"DocsFlo.links_lead_somewhere", "Rings.JsonIsReadAsWel"}));
}

TEST_F(DocsFlow, every_attack_of_the_threat_model_has_a_test) {
  size_t rows = 0;
  const std::string page = read_page(host::Path(ASHLAR_SOURCE_DIR) / "docs/threat-model.md");
  for (const std::string_view line : split(page, '\n')) {
    if (!line.starts_with("| ") || line.starts_with("| attack |")) continue;
    ++rows;
    EXPECT_FALSE(named_tests(std::string(line)).empty()) << line;
  }
  EXPECT_GT(rows, 45U);
}

}  // namespace
}  // namespace ashlar::flow
