// What is kept of layers, and how many processors read them, decides how long `ashlar scan` and `ashlar sbom` take, and nothing of what they say.
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/digest.h"
#include "folder_image.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

/// An image of three layers in `out`, tag `1`, and a database of advisories.
class LayersFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.write("tracker.json", R"({"openssl": {"CVE-2026-0001": {"releases": {"trixie": {"status": "resolved", "fixed_version": "9", "urgency": "high", "repositories": {"trixie": "1"}}}}}})");
    const Ran ran = stage.ashlar({"feed", "update", "debian-tracker=tracker.json"});
    ASSERT_EQ(ran.code, 0) << ran.told;
    fill_base("base");
    for (int each = 0; each < 200; ++each) {
      stage.write(fmt::format("modules/app/node_modules/part-{}/package.json", each), fmt::format(R"({{"name": "part-{0}", "version": "1.{0}.0"}})", each));
      stage.write(fmt::format("modules/site/wheel_{0}-{0}.dist-info/METADATA", each), fmt::format("Name: wheel-{0}\nVersion: {0}\n", each));
    }
    fill_top("first");
    make_image(stage, "out", {"base", "modules", "top"});
  }

  void fill_base(const std::string& folder) const {
    stage.write(folder + "/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\n");
    std::string status;
    for (int each = 0; each < 50; ++each) {
      const std::string name = each == 0 ? "openssl" : "package-" + std::to_string(each);
      status += fmt::format("Package: {}\nStatus: install ok installed\nMaintainer: Debian <debian@lists.debian.org>\nArchitecture: amd64\nVersion: 1.{}\n\n", name, each);
      stage.write(fmt::format("{}/usr/share/{}/text", folder, name), std::string(static_cast<size_t>(each) * 3000, 'x'));
    }
    stage.write(folder + "/var/lib/dpkg/status", status);
  }
  void fill_top(const std::string& text) const {
    stage.write("top/app/text", text);
    stage.write("top/app/node_modules/.wh.part-7", "");
  }

  fs::path layers() const { return stage.cache() / "layers"; }
  /// Content by path of all that is kept of layers.
  std::map<fs::path, std::string> kept() const {
    std::map<fs::path, std::string> out;
    if (!fs::exists(layers())) return out;
    for (const auto& each : fs::recursive_directory_iterator(layers())) {
      if (each.is_regular_file()) out[each.path()] = stage.read(each.path());
    }
    return out;
  }

  /// Commands whose answers are told apart; each but the words that are put before.
  static std::vector<Words> commands(const std::string& ref) {
    return {{"scan", ref, "--format", "json"}, {"scan", ref, "--verbose"}, {"sbom", ref, "--format", "spdx-json"}, {"sbom", ref, "--format", "cyclonedx-json"}, {"sbom", ref}};
  }
  std::string answer(Words words, const Words& front = {}) const {
    words.insert(words.begin(), program_under_test());
    words.insert(words.begin(), front.begin(), front.end());
    const Ran ran = stage.run(words);
    EXPECT_TRUE(ran.code == 0 || ran.code == 3) << ran.told;
    return fmt::format("{}\n{}", ran.code, ran.out);
  }

  Stage stage;
};

TEST_F(LayersFlow, answers_are_the_same_whatever_was_kept_and_on_any_number_of_processors) {
  ASHLAR_NEED("taskset");
  for (const Words& command : commands("oci:out:1")) {
    fs::remove_all(layers());
    const std::string first = answer(command);
    EXPECT_GT(first.size(), 500U) << first;
    EXPECT_EQ(kept().size(), 3U);
    EXPECT_EQ(answer(command), first) << "from what was kept";
    EXPECT_EQ(answer(command, {"taskset", "-c", "0"}), first) << "on one processor, from what was kept";
    Words again = command;
    again.push_back("--again");
    EXPECT_EQ(answer(again), first) << "read anew";
    EXPECT_EQ(answer(again, {"taskset", "-c", "0"}), first) << "read anew on one processor";
    fs::remove_all(layers());
    EXPECT_EQ(answer(command, {"taskset", "-c", "0"}), first) << "on one processor, nothing kept";
  }
}

TEST_F(LayersFlow, only_what_changed_is_read_anew) {
  (void)answer({"scan", "oci:out:1"});
  const auto before = kept();
  fill_top("second");
  make_image(stage, "changed", {"base", "modules", "top"});
  const std::string changed = answer({"scan", "oci:changed:1", "--format", "json"});
  EXPECT_EQ(kept().size(), before.size() + 1);
  EXPECT_EQ(answer({"scan", "oci:changed:1", "--format", "json", "--again"}), changed);
}

TEST_F(LayersFlow, a_damaged_record_changes_no_answer_and_is_mended) {
  const Words command = {"scan", "oci:out:1", "--format", "json"};
  const std::string first = answer(command);
  const auto whole = kept();
  ASSERT_EQ(whole.size(), 3U);
  for (const auto& [path, content] : whole) {
    std::string turned = content;
    turned[turned.size() / 2] = static_cast<char>(turned[turned.size() / 2] ^ 1);
    for (const std::string& damaged : {turned, content.substr(0, content.size() / 2), std::string(), "\xff" + content, whole.begin()->first == path ? whole.rbegin()->second : whole.begin()->second}) {
      stage.write(path, damaged);
      EXPECT_EQ(answer(command), first);
      EXPECT_EQ(stage.read(path), content);
    }
  }
}

TEST_F(LayersFlow, a_layer_with_other_bytes_is_refused_though_its_record_is_there) {
  (void)answer({"scan", "oci:out:1"});
  const fs::path blob = stage.folder() / "out/blobs/sha256" / Digest::of(stage.read("top.tar.gz")).hex();
  std::string bytes = stage.read(blob);
  bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 1);
  stage.write(blob, bytes);
  for (const char* verb : {"scan", "sbom"}) {
    const Ran with = stage.ashlar({verb, "oci:out:1"}), without = stage.ashlar({verb, "oci:out:1", "--again"});
    EXPECT_EQ(with.code, 5) << with.told;
    EXPECT_EQ(with.err, without.err);
  }
}

TEST_F(LayersFlow, several_at_once_say_the_same) {
  const std::string first = answer({"scan", "oci:out:1", "--format", "json"});
  fs::remove_all(layers());
  for (const std::string more : {"", " --again"}) {
    std::string script;
    for (int each = 0; each < 6; ++each) script += fmt::format("{} scan oci:out:1 --format json --output said-{}{} & ", shell_word(program_under_test()), each, each % 2 == 0 ? more : "");
    const Ran ran = stage.run({"sh", "-c", script + "wait"});
    ASSERT_EQ(ran.code, 0) << ran.told;
    for (int each = 0; each < 6; ++each) EXPECT_EQ("3\n" + stage.read("said-" + std::to_string(each)), first) << each;
    EXPECT_EQ(kept().size(), 3U) << "and no draft is left";
  }
}

TEST_F(LayersFlow, a_cache_that_cannot_be_written_to_only_costs_time) {
  const std::string first = answer({"scan", "oci:out:1", "--format", "json"});
  fs::remove_all(layers());
  stage.write(layers(), "a file in the place of the folder");
  EXPECT_EQ(answer({"scan", "oci:out:1", "--format", "json"}), first);
}

TEST_F(LayersFlow, the_cache_shows_and_prunes_them) {
  (void)answer({"scan", "oci:out:1"});
  const Json shown = stage.json({"cache"});
  const auto found = std::ranges::find_if(shown["kinds"], [](const Json& kind) { return kind["kind"] == "layers"; });
  ASSERT_NE(found, shown["kinds"].end()) << shown.dump();
  EXPECT_EQ((*found)["entries"], 3);
  const Ran ran = stage.ashlar({"cache", "prune", "--max-size", "0B"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_TRUE(kept().empty());
}

#ifndef __SANITIZE_ADDRESS__
/// Layers are streams: what is in memory does not grow with them. This process has no other children that large.
TEST_F(LayersFlow, memory_is_bounded_whatever_the_layers_hold) {
  for (const std::string folder : {"large", "larger"}) {
    const Ran ran = stage.run({"sh", "-c", fmt::format("mkdir {0} && head -c 90M /dev/zero > {0}/zeros && seq 2000000 > {0}/lines && for i in $(seq 30); do head -c 1M /dev/urandom > {0}/$i; done", folder)});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  make_image(stage, "huge", {"large", "larger", "base"});
  for (const Words& command : commands("oci:huge:1")) (void)answer(command);
  struct rusage usage {};
  ASSERT_EQ(::getrusage(RUSAGE_CHILDREN, &usage), 0);
  EXPECT_LT(usage.ru_maxrss, 80 * 1024) << "KiB, of layers of twice 140 MB";
}
#endif

}  // namespace
}  // namespace ashlar::flow
