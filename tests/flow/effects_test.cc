// Scripts that nothing covers: refused, then run once in a sandbox and recorded, then replayed without running anything, here and elsewhere.
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

/// What following ends at, what only running it tells, what a sandbox cannot do, and a look around.
constexpr std::string_view postinst = R"(#!/bin/sh
set -e
answer=$((6 * 7))
echo "made $answer for $DPKG_MAINTSCRIPT_PACKAGE, $1" > /etc/stone.conf
ln -s stone.conf /etc/stone.link
mkdir -m 0750 /var/lib/stone
rm /usr/share/stone/old
adduser --system --group --no-create-home --home /var/lib/stone stone
chown stone:stone /var/lib/stone
while read -r name rest; do case $name in *:) echo "$name" ;; esac; done < /proc/net/dev > /etc/interfaces
echo x > /tmp/ashlar-left-behind
echo x > /var/cache/stone
)";

class EffectsFlow : public SmallProject {
 protected:
  void SetUp() override {
    ASHLAR_NEED("bwrap");
    ASHLAR_NEED("ldd");
    SmallProject::SetUp();
    const Ran bare = stage.run({"bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"});
    if (bare.code != 0) GTEST_SKIP() << "this machine lets bubblewrap start nothing: " << bare.err;
    if (stage.run({"uname", "-m"}).out != "x86_64\n") GTEST_SKIP() << "the archive of this test has programs of amd64";
    SmallPackage tools{"tools", "1.0", "amd64", "", {{"usr/lib/x86_64-linux-gnu/", ""}, {"lib64", "-> usr/lib64"}}};
    for (const char* name : {"sh", "mkdir", "ln", "rm"}) add_program(tools, name);
    archive->put("stone", tools);
    archive->put("stone", {"tools", "1.0", "arm64", "", {{"usr/bin/sh", "\177ELF of another processor\n"}}});
    offer_stone("1.0", std::string(postinst));
    edit("dev.yaml", "greeter]", "greeter, tools, stone]");
    edit("dev.yaml", "platforms: [linux/amd64]", "platforms: [linux/amd64, linux/arm64]");
  }
  void offer_stone(const std::string& version, const std::string& script) {
    archive->put("stone", {"stone", version, "all", "tools", {{"var/", ""}, {"var/lib/", ""}, {"var/cache/", ""}, {"usr/share/stone/old", "old\n"}, {"usr/share/stone/new", "new\n"}}, {{"postinst", script}}});
    archive->publish();
  }
  /// A program of this machine and the libraries that it is linked with.
  void add_program(SmallPackage& package, const std::string& name) {
    const fs::path path = fs::canonical(*program(name));
    package.files["usr/bin/" + name] = stage.read(path);
    std::istringstream libraries(stage.run({"ldd", path.string()}).out);
    for (std::string word; libraries >> word;) {
      if (!word.starts_with('/')) continue;
      const bool loader = word.find("/ld-linux") != std::string::npos;
      package.files[(loader ? "usr/lib64/" : "usr/lib/x86_64-linux-gnu/") + fs::path(word).filename().string()] = stage.read(fs::canonical(word));
      if (!loader) continue;
      package.files["usr/lib64/"] = "";
      package.files["usr/bin/" + fs::path(word).filename().string()] = stage.read(fs::canonical(word));  // executable there, and linked from where it is looked for
      package.files["usr/lib64/" + fs::path(word).filename().string()] = "-> ../bin/" + fs::path(word).filename().string();
    }
  }
  Ran build(const Words& more = {}) {
    Words arguments = {"build", "dev.yaml", "-o", "oci:out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return stage.ashlar(arguments);
  }
  /// `tar -tv` of the layers of the image for a platform.
  std::string listing(const std::string& platform) {
    std::string out;
    const Json answer = stage.json({"build", "dev.yaml", "-o", "oci:out", "--platform", platform});
    for (const Json& layer : answer["image"]["layers"]) out += stage.run({"tar", "--numeric-owner", "-tvf", "out/blobs/sha256/" + layer["digest"].get<std::string>().substr(7)}).out;
    return out;
  }
};

TEST_F(EffectsFlow, a_script_that_nothing_covers_is_named_with_what_to_do) {
  const Ran ran = build();
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE(ran.err.find("postinst of 'stone': line 3: '$((6 * 7))'"), std::string::npos) << ran.told;
  EXPECT_NE(ran.err.find("record it with --record-effects"), std::string::npos) << ran.told;
  EXPECT_FALSE(stage.exists("dev.effects.json"));
  EXPECT_FALSE(stage.exists("out/index.json"));
}

TEST_F(EffectsFlow, recorded_once_and_replayed_for_every_platform) {
  const Ran ran = build({"--record-effects"});
  ASSERT_EQ(ran.code, 0) << ran.told;
  EXPECT_NE(ran.err.find("script postinst of package 'stone' ran in a sandbox: "), std::string::npos) << ran.told;
  const Json recorded = Json::parse(stage.read("dev.effects.json"));
  ASSERT_EQ(recorded["scripts"].size(), 1U);
  const Json& script = recorded["scripts"][0];
  EXPECT_EQ(script["package"], "stone");
  EXPECT_EQ(script["script"], "postinst");
  EXPECT_EQ(script["changes"], Json::parse(R"([
    {"path": "etc/interfaces", "type": "file", "mode": "0644", "text": "lo:\n"},
    {"path": "etc/stone.conf", "type": "file", "mode": "0644", "text": "made 42 for stone, configure\n"},
    {"path": "etc/stone.link", "type": "symlink", "target": "stone.conf"},
    {"path": "usr/share/stone/old", "type": "removed"},
    {"path": "var/lib/stone", "type": "directory", "mode": "0750"}])"))
      << "no network but the loopback; nothing of /tmp and caches";
  EXPECT_EQ(script["commands"], Json::parse(R"([["adduser", "--system", "--group", "--no-create-home", "--home", "/var/lib/stone", "stone"], ["chown", "stone:stone", "/var/lib/stone"]])"));
  EXPECT_FALSE(fs::exists("/tmp/ashlar-left-behind")) << "the machine's own /tmp is none of the script's";
  for (const char* platform : {"linux/amd64", "linux/arm64"}) {
    const std::string files = listing(platform);
    EXPECT_NE(files.find(" etc/stone.conf\n"), std::string::npos) << platform << "\n" << files;
    EXPECT_NE(files.find(" etc/stone.link -> stone.conf\n"), std::string::npos) << platform;
    EXPECT_NE(files.find("drwxr-x--- 100/10"), std::string::npos) << platform << ": the folder belongs to the account that was made\n" << files;
    EXPECT_EQ(files.find("usr/share/stone/old"), std::string::npos) << platform;
  }
}

TEST_F(EffectsFlow, replayed_elsewhere_and_without_a_sandbox_to_the_same_digest) {
  const std::string digest = stage.digest("dev.yaml", "oci:out", {"--record-effects"});
  ASSERT_TRUE(digest.starts_with("sha256:")) << digest;
  const std::string recorded = stage.read("dev.effects.json");
  Stage other;
  for (const char* name : {"ashlar.yaml", "key.asc", "dev.yaml", "dev.lock.json", "dev.effects.json"}) other.write(std::string_view(name).starts_with("dev") ? host::Path("some/where") / name : host::Path(name), stage.read(name));
  other.write("empty/x", "");
  other.environment["PATH"] = (other.folder() / "empty").string();  // no bwrap, no tar, no shell
  EXPECT_EQ(other.digest("some/where/dev.yaml", "oci:there", {"--locked"}), digest);
  EXPECT_EQ(other.read("some/where/dev.effects.json"), recorded);
  EXPECT_EQ(stage.digest("dev.yaml", "oci:again", {"--record-effects"}), digest) << "what is recorded does not run again";
  EXPECT_EQ(stage.read("dev.effects.json"), recorded);
}

TEST_F(EffectsFlow, another_version_of_the_script_is_not_what_was_recorded) {
  ASSERT_EQ(build({"--record-effects"}).code, 0);
  offer_stone("2.0", std::string(postinst) + "echo $((1 + 1)) > /etc/more\n");
  ASSERT_EQ(stage.ashlar({"lock", "dev.yaml", "--update", "stone"}).code, 0);
  const Ran stale = build();
  EXPECT_EQ(stale.code, 2) << stale.told;
  EXPECT_NE(stale.err.find("postinst of 'stone'"), std::string::npos) << stale.told;
  const Ran anew = build({"--record-effects"});
  EXPECT_EQ(anew.code, 0) << anew.told;
  const Json recorded = Json::parse(stage.read("dev.effects.json"));
  ASSERT_EQ(recorded["scripts"].size(), 1U) << "in the place of the old one";
  EXPECT_EQ(recorded["scripts"][0]["version"], "2.0");
}

TEST_F(EffectsFlow, what_must_not_be_recorded_is_refused) {
  struct Row { std::string summary, script, told; };
  for (const Row& row : {Row{"one that fails", "#!/bin/sh\necho so it is >&2\nexit $((3))\n", "it ended with status 3: so it is"},
                         Row{"one that writes accounts itself", "#!/bin/sh\necho x:x:$((1)):1::/:/bin/sh >> /etc/passwd\n", "it writes '/etc/passwd' itself"},
                         Row{"one in a language that the image has not", "#!/usr/bin/perl\nprint 1;\n", "the image has no '/usr/bin/perl' to run it"}}) {
    offer_stone("1." + std::to_string(row.script.size()), row.script);
    fs::remove(stage.folder() / "dev.lock.json");
    const Ran ran = build({"--record-effects"});
    EXPECT_EQ(ran.code, 2) << row.summary << "\n" << ran.told;
    EXPECT_NE(ran.err.find(row.told), std::string::npos) << row.summary << "\n" << ran.told;
    EXPECT_FALSE(stage.exists("dev.effects.json")) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::flow
