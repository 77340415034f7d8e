// `ashlar rebase`: an application's layer on two builds of a real base, added as others add theirs, and run afterwards.
#include <functional>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/target.h"
#include "layered_image.h"
#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

class RebaseFlow : public SmallProject {
 protected:
  void SetUp() override {
    ASHLAR_NEED("umoci");
    SmallProject::SetUp();
    edit("small.yaml", "platforms: [linux/amd64, linux/arm64]", "platforms: [linux/amd64]");
    build("base:1");
    offer_words("2.0", false);
    archive->publish();
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
    edit("small.yaml", "COLOUR: grey", "COLOUR: green");
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
    build("base:2");
  }
  void build(const std::string& to) {
    const Ran lock = stage.ashlar({"lock", "small.yaml"});
    const Ran ran = stage.ashlar({"build", "small.yaml", "-o", "oci:" + to, "--quiet"});
    ASSERT_EQ(ran.code, 0) << lock.told << ran.told;
  }
  /// The image with what a shell's `command` does in its root (`$root`) as one more layer, under another tag.
  void layer(const std::string& image, const std::string& to, const std::string& command) {
    const std::string script = fmt::format("rm -rf tree && umoci unpack {0} --image {1} tree && root=tree/rootfs && {2} && umoci repack --history.created 2026-01-02T00:00:00Z --image {3} tree", is_root() ? "" : "--rootless", image, command, to);
    const Ran ran = stage.run({"sh", "-c", script});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  /// An application on a base, with a layer of the stage's folder `files`.
  void application(const std::string& base, const std::string& to, const std::string& files, const Words& more = {}) {
    ASSERT_EQ(stage.ashlar({"copy", "oci:base:" + base, "oci:app:" + to}).code, 0);
    layer("app:" + to, "app:" + to, fmt::format("mkdir -p -m 755 $root/opt $root/opt/app && cp {}/* $root/opt/app/ && find $root/opt -exec touch -d @1 {{}} + && touch -d @1 $root", files));
    Words config = {"umoci", "config", "--image", "app:" + to, "--history.created", "2026-01-02T00:00:00Z", "--config.env", "APP=1", "--config.label", "org.example.app=yes"};
    config.insert(config.end(), more.begin(), more.end());
    const Ran set = stage.run(config);
    ASSERT_EQ(set.code, 0) << set.told;
  }
  oci::PlatformImage read(const std::string& ref) const {
    host::Machine machine = host::real_machine();
    auto target = inventory::open_target(machine, "oci:" + (stage.folder() / ref).string());
    EXPECT_TRUE(target) << (target ? "" : target.error().message);
    return std::move(target->which);
  }
  Json rebase(const std::string& image, int code = 0, const Words& more = {}) const {
    Words words = {"rebase", "oci:app:" + image, "--onto", "oci:base:2", "-o", "oci:app:rebased"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.json(words, code);
  }
  static std::string refusals(const Json& answer) {
    std::string out;
    for (const Json& each : answer["refusals"]) out += each["id"].get<std::string>() + " " + each["subject"].get<std::string>() + "\n";
    return out;
  }
};

TEST_F(RebaseFlow, it_is_the_image_that_building_on_the_new_base_gives) {
  stage.write("files/settings", "a=1\n");
  application("1", "old", "files");
  application("2", "scratch", "files");
  const Json done = rebase("old");
  EXPECT_EQ(done["rebased"], true) << done;
  EXPECT_EQ(done["from"], "oci:base:1") << "found by its layers, among all that lie where the new base does";
  EXPECT_EQ(done["layers"]["own"], 1);
  const auto made = read("app:rebased"), scratch = read("app:scratch"), base = read("base:2");
  EXPECT_EQ(made.config.diff_ids, scratch.config.diff_ids);
  const auto settings = [](oci::Config config) {
    config.created.clear(), config.history.clear();
    return oci::to_text(config);
  };
  EXPECT_EQ(settings(made.config), settings(scratch.config)) << "user, variables, labels, what it starts";
  EXPECT_EQ(made.manifest.annotations.at("org.opencontainers.image.base.digest"), base.descriptor.digest.str());
  EXPECT_EQ(made.manifest.annotations.at("org.opencontainers.image.base.name"), "oci:base:2");
  EXPECT_EQ(made.config.history.size(), scratch.config.history.size());
  EXPECT_EQ(rebase("old")["digest"], done["digest"]) << "the same again";
  EXPECT_EQ(rebase("old", 0, {"--from", "oci:base:1"})["digest"], done["digest"]) << "the base named";
  const Json diff = stage.json({"diff", "oci:app:scratch", "oci:app:rebased"});
  EXPECT_EQ(diff["files"], Json::array());
  EXPECT_EQ(diff["behaviour"]["changes"], Json::array()) << diff["behaviour"];
}

TEST_F(RebaseFlow, it_runs_on_the_new_base) {
  if (!program("runc") && !program("crun")) GTEST_SKIP() << "this machine has neither runc nor crun";
  stage.write("files/settings", "a=1\n");
  application("1", "old", "files");
  ASSERT_EQ(rebase("old")["rebased"], true);
  stage.write("tested.yaml", stage.read("small.yaml") + "\ntests:\n  - {name: greets, exit-code: 0}\n");
  const Words words = {"test", "oci:app:rebased", "--definition", "tested.yaml", "--no-rebuild"};
  const Json tested = stage.json(words, stage.ashlar(words).code);  // a layer of nobody's is no hardened image
  size_t ran = 0;
  for (const Json& each : tested["checks"]) {
    const std::string id = each["id"];
    if (!id.starts_with("run:")) continue;
    if (each["result"] == "not-applicable") GTEST_SKIP() << "this machine runs no containers: " << each["evidence"].dump();
    EXPECT_EQ(each["result"], "passed") << each;
    ++ran;
  }
  EXPECT_GT(ran, 0U) << tested;
}

TEST_F(RebaseFlow, what_is_not_safe_is_refused_and_writes_nothing) {
  stage.write("files/settings", "a=1\n");
  application("1", "old", "files");
  struct Row { const char* summary; std::function<void()> make; const char* image; Words more; const char* refused; };
  const Row rows[] = {
      {"a file of the base overridden", [&] {
         layer("app:old", "app:over", "echo mine > $root/usr/share/words/hello.txt");
       }, "over", {}, "base-file-changed /usr/share/words/hello.txt"},
      {"a file of the base whited out", [&] { layer("app:old", "app:less", "rm $root/usr/share/words/hello.txt"); }, "less", {}, "base-file-removed /usr/share/words/hello.txt"},
      {"two that might be its base", [&] {
         ASSERT_EQ(stage.ashlar({"copy", "oci:app:old", "oci:base:between"}).code, 0);
         layer("app:old", "app:more", "echo more > $root/opt/more");
       }, "more", {}, "base-unknown oci:app:more"},
      {"another base than it has", [] {}, "old", {"--from", "oci:base:2"}, "base-unknown oci:app:old"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    row.make();
    const std::string before = stage.read("app/index.json");
    const Json answer = rebase(row.image, 1, row.more);
    EXPECT_EQ(answer["rebased"], false);
    EXPECT_NE(refusals(answer).find(row.refused), std::string::npos) << refusals(answer);
    EXPECT_EQ(stage.read("app/index.json"), before) << "nothing is written";
    Words words = {"rebase", fmt::format("oci:app:{}", row.image), "--onto", "oci:base:2", "-o", "oci:app:rebased"};
    words.insert(words.end(), row.more.begin(), row.more.end());
    const Ran told = stage.ashlar(words);
    EXPECT_EQ(told.code, 1);
    EXPECT_NE(told.out.find("is not rebased"), std::string::npos) << told.told;
  }
}

TEST_F(RebaseFlow, where_no_base_is_found_each_cause_is_said_once_with_what_to_do) {
  stage.write("files/settings", "a=1\n");
  application("1", "old", "files");
  ASSERT_EQ(stage.run({"umoci", "rm", "--image", "base:1"}).code, 0);
  for (const char* tag : {"2.0", "2.0.1", "2.0.1-r1", "latest"}) ASSERT_EQ(stage.ashlar({"copy", "oci:base:2", std::string("oci:base:") + tag}).code, 0);
  const Json answer = rebase("old", 1);
  ASSERT_EQ(answer["refusals"].size(), 2U) << answer;
  std::string said;
  for (const Json& each : answer["refusals"]) {
    EXPECT_EQ(each["id"], "base-unknown");
    said += each["what"].get<std::string>() + "\n";
  }
  EXPECT_NE(said.find("'oci:base:2', 'oci:base:2.0', 'oci:base:2.0.1' and 2 more are not its base: the image is not built on it: "), std::string::npos) << said;
  EXPECT_NE(said.find("with --from, best by digest"), std::string::npos) << said;
}

/// A third base with the layers of the first, and other settings: as when only a variable of a definition changed.
TEST_F(RebaseFlow, bases_with_the_same_layers_are_told_apart_by_what_they_set) {
  stage.write("files/settings", "a=1\n");
  application("1", "old", "files");
  const auto settings = [&](const std::string& from, const std::string& to, const Words& what, bool history) {
    Words words = {"umoci", "config", "--image", "base:" + from, "--tag", to};
    words.insert(words.end(), what.begin(), what.end());
    if (history) words.insert(words.end(), {"--history.created", "2026-01-03T00:00:00Z", "--history.created_by", "ENV"});
    else words.emplace_back("--no-history");
    const Ran ran = stage.run(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  };
  const auto env = [&](const std::string& ref) { return join(read(ref).config.env, " "); };
  const auto onto = [&](const std::string& base, int code, const Words& more = {}) {
    Words words = {"rebase", "oci:app:old", "--onto", "oci:base:" + base, "-o", "oci:app:rebased"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.json(words, code);
  };
  ASSERT_EQ(read("base:1").config.diff_ids, [&] { settings("1", "3", {"--config.env", "UNBUFFERED=1"}, false); return read("base:3").config.diff_ids; }());
  const Json added = onto("3", 0);
  EXPECT_EQ(added["from"], "oci:base:1") << "the image lacks what the other one sets: " << added;
  EXPECT_NE(env("app:rebased").find("UNBUFFERED=1"), std::string::npos) << env("app:rebased");
  // The other way: one that sets less. The image has what both set, and nothing tells.
  application("3", "old", "files");
  const std::string before = stage.read("app/index.json");
  const Json less = onto("1", 1);
  EXPECT_NE(refusals(less).find("base-unknown oci:app:old"), std::string::npos) << less;
  EXPECT_NE(less["refusals"][0]["what"].get<std::string>().find("'oci:base:1' and 'oci:base:3' have the same layers and other settings"), std::string::npos) << less;
  EXPECT_NE(less["refusals"][0]["what"].get<std::string>().find("--from"), std::string::npos) << less;
  EXPECT_EQ(stage.read("app/index.json"), before) << "nothing is written";
  ASSERT_EQ(onto("1", 0, {"--from", "oci:base:3"})["rebased"], true);
  EXPECT_EQ(env("app:rebased").find("UNBUFFERED"), std::string::npos) << "what came from its base goes with it: " << env("app:rebased");
  // Where builders keep the base's history, as they do, it tells.
  ASSERT_EQ(stage.run({"umoci", "rm", "--image", "base:3"}).code, 0);
  settings("1", "4", {"--config.env", "UNBUFFERED=1"}, true);
  application("4", "old", "files");
  ASSERT_EQ(stage.run({"umoci", "rm", "--image", "base:1"}).code, 0);
  settings("4", "5", {"--config.env", "UNBUFFERED=2"}, true);
  const Json newer = onto("5", 0);
  EXPECT_EQ(newer["from"], "oci:base:4") << newer;
  EXPECT_NE(env("app:rebased").find("UNBUFFERED=2"), std::string::npos) << env("app:rebased");
}

TEST_F(RebaseFlow, a_squashed_image_and_another_platform_are_refused) {
  stage.write("files/settings", "a=1\n");
  application("1", "old", "files");
  // All in one layer: nothing tells what of it was the base's.
  layer("app:old", "app:again", "cp -a $root flattened");
  ASSERT_EQ(stage.run({"sh", "-c", "umoci init --layout flat && umoci new --image flat:1"}).code, 0);
  layer("flat:1", "flat:1", "cp -a flattened/. $root/");
  const Ran squashed = stage.ashlar({"rebase", "oci:flat:1", "--onto", "oci:base:2", "-o", "oci:app:rebased"});
  EXPECT_EQ(squashed.code, 1) << squashed.told;
  EXPECT_NE(squashed.out.find("base-unknown"), std::string::npos) << squashed.told;
  edit("small.yaml", "platforms: [linux/amd64]", "platforms: [linux/arm64]");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  build("arm:1");
  const Ran other = stage.ashlar({"rebase", "oci:app:old", "--onto", "oci:arm:1", "-o", "oci:app:rebased"});
  EXPECT_EQ(other.code, 1) << other.told;
  EXPECT_NE(other.out.find("platform-lacks"), std::string::npos) << other.told;
}

TEST_F(RebaseFlow, one_for_several_platforms_is_put_onto_the_new_base_as_a_whole) {
  const auto base = [](const std::string& architecture, const std::string& version) {
    return Layer{inventory::folder("etc"), {"etc/passwd", "root:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:65532:65532::/:/usr/sbin/nologin\n"}, {"etc/group", "root:x:0:\nnonroot:x:65532:\n"}, {"etc/release", architecture + " " + version + "\n"}};
  };
  const Layer own = {inventory::folder("app"), inventory::program("app/main", "run\n"), {"app/settings", "a=1\n"}};
  Layer over = own;
  over.push_back({"etc/release", "mine\n"});
  for (const std::string version : {"1", "2"}) put_image(stage, "bases", version, {{{base("amd64", version)}, "linux/amd64"}, {{base("arm64", version)}, "linux/arm64"}});
  put_image(stage, "apps", "old", {{{base("amd64", "1"), own}, "linux/amd64"}, {{base("arm64", "1"), own}, "linux/arm64"}});
  const auto onto = [&](const std::string& image, const std::string& to, int code, const Words& more = {}) {
    Words words = {"rebase", "oci:apps:" + image, "--onto", "oci:bases:" + to, "-o", "oci:apps:new"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.json(words, code);
  };
  const Json done = onto("old", "2", 0);
  EXPECT_EQ(done["platform"], "linux/amd64 linux/arm64");
  ASSERT_EQ(done["platforms"].size(), 2U) << done;
  host::Machine machine = host::real_machine();
  for (const Json& each : done["platforms"]) {
    const std::string platform = each["platform"];
    const auto target = inventory::open_target(machine, "oci:" + (stage.folder() / "apps:new").string(), platform);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->which.config.diff_ids, (std::vector<Digest>{Digest::of(inventory::tar_of(base(platform.substr(6), "2"))), Digest::of(inventory::tar_of(own))})) << platform;
    EXPECT_EQ(target->which.descriptor.digest.str(), each["digest"].get<std::string>());
    EXPECT_EQ(target->image->root().digest.str(), done["digest"].get<std::string>());
    EXPECT_EQ(stage.ashlar({"sbom", "oci:apps:new", "--platform", platform, "--format", "table"}).code, 0) << platform;
  }
  EXPECT_EQ(onto("old", "2", 0)["digest"], done["digest"]) << "the same again";
  const Json one = onto("old", "2", 0, {"--platform", "linux/arm64"});
  EXPECT_EQ(one["platform"], "linux/arm64");
  EXPECT_EQ(one["digest"], done["platforms"][1]["digest"]) << "one of them alone";

  // What stands against it on one of them stands against the whole.
  put_image(stage, "apps", "over", {{{base("amd64", "1"), own}, "linux/amd64"}, {{base("arm64", "1"), over}, "linux/arm64"}});
  put_image(stage, "bases", "narrow", {{{base("amd64", "3")}, "linux/amd64"}});
  const std::string before = stage.read("apps/index.json");
  const Json refused = onto("over", "2", 1);
  EXPECT_NE(refusals(refused).find("base-file-changed /etc/release"), std::string::npos) << refused;
  EXPECT_TRUE(refused["refusals"][0]["what"].get<std::string>().starts_with("linux/arm64: ")) << refused;
  EXPECT_EQ(refusals(onto("old", "narrow", 1)), "platform-lacks linux/arm64\n");
  EXPECT_EQ(stage.read("apps/index.json"), before) << "nothing is written";
}

TEST_F(RebaseFlow, bad_input_says_what_to_do) {
  struct Row { const char* summary; Words words; int code; const char* says; };
  for (const Row& row : {Row{"no tag", {"rebase", "oci:base:1", "--onto", "oci:base:2", "-o", "oci:app"}, 2, "name the tag that it shall have"}, Row{"an archive", {"rebase", "oci:base:1", "--onto", "oci:base:2", "-o", "oci-archive:x.tar:1"}, 2, "registries and layouts"},
                         Row{"a base that is not there", {"rebase", "oci:base:1", "--onto", "oci:nowhere:2", "-o", "oci:app:1"}, 2, "nowhere"}, Row{"an image that is not there", {"rebase", "oci:nowhere:1", "--onto", "oci:base:2", "-o", "oci:app:1"}, 2, "nowhere"}}) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
  }
}

}  // namespace
}  // namespace ashlar::flow
