// What `build` makes: the same bytes whoever builds, wherever and however, and a clear no where it cannot.
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "base/digest.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class BuildFlow : public SmallProject {
 protected:
  void SetUp() override {
    SmallProject::SetUp();
    const Ran ran = stage.ashlar({"lock", "small.yaml"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  /// The file of a locked package in the cache.
  host::Path cached(const std::string& package) const {
    const Json all = lock();
    for (const Json& each : all["platforms"]["linux/amd64"]["packages"]) {
      const std::string hex = each.value("sha256", "");
      if (each.value("name", "") == package) return stage.cache() / "packages/sha256" / hex.substr(0, 2) / hex.substr(2);
    }
    return {};
  }
  /// A copy of the project, with nothing cached, in another folder.
  void copy_to(Stage& other, const std::string& below) const {
    for (const char* name : {"ashlar.yaml", "key.asc", "small.yaml", "small.lock.json"}) other.write(host::Path(below) / name, stage.read(name));
  }
};

TEST_F(BuildFlow, says_what_scripts_read) {
  const Json both = stage.json({"build", "small.yaml", "-o", "oci:out"});
  const Json shape = Json::parse(R"({"schema": "", "root": "", "image": {"digest": "", "size": 0, "layers": [{"digest": "", "size": 0, "packages": []}]}, "platform": "", "packages": [{"name": "", "version": ""}],
      "timings": {"fetch": 0, "unpack": 0, "pack": 0, "total": 0}, "images": [{"image": {"digest": ""}, "platform": ""}]})");
  EXPECT_EQ(misfit(both, shape), "");
  EXPECT_EQ(both["images"].size(), 2U);
  EXPECT_EQ(both["schema"], "https://ashlar.dev/build/v1");
  const Json one = stage.json({"build", "small.yaml", "-o", "oci:one", "--platform", "linux/amd64"});
  EXPECT_EQ(misfit(one, shape), "");
  EXPECT_EQ(one["root"], one["image"]["digest"]);
  EXPECT_EQ(one["image"]["digest"], both["images"][0]["image"]["digest"]);
  size_t packages = 0;
  for (const Json& layer : one["image"]["layers"]) packages += layer["packages"].size();
  EXPECT_EQ(packages, one["packages"].size());
}

TEST_F(BuildFlow, blobs_are_what_their_names_say) {
  const Json answer = stage.json({"build", "small.yaml", "-o", "oci:out"});
  size_t blobs = 0;
  for (const auto& entry : fs::directory_iterator(stage.folder() / "out/blobs/sha256")) {
    EXPECT_EQ(Digest::of(stage.read(entry.path())).hex(), entry.path().filename().string());
    ++blobs;
  }
  EXPECT_GE(blobs, 7U);  // an index; two manifests, two configurations, layers
  const Json index = Json::parse(stage.read("out/index.json"));
  EXPECT_EQ(answer["images"][0]["tags"], Json({"1", "1-stone"}));
  Words tags;
  for (const Json& each : index["manifests"]) {
    EXPECT_EQ(each["digest"], answer["root"]);
    tags.push_back(each["annotations"]["org.opencontainers.image.ref.name"]);
  }
  EXPECT_EQ(tags, (Words{"1", "1-stone"}));  // all that the definition has
}

struct Way {
  std::string summary;
  std::map<std::string, std::string> environment;
  Words before, more;
  std::string below = {};
};

TEST_F(BuildFlow, gives_one_digest_whoever_builds_wherever_and_however) {
  const std::string digest = stage.digest("small.yaml", "oci:out");
  ASSERT_TRUE(digest.starts_with("sha256:")) << digest;
  const std::vector<Way> ways = {
      {"again, from its own cache", {}, {}, {}},
      {"another folder, deeper, with spaces", {}, {}, {}, "a deeper/place of building"},
      {"a umask that lets nobody read", {}, {"sh", "-c", "umask 077; exec \"$@\"", "sh"}, {}},
      {"a umask that lets everybody write", {}, {"sh", "-c", "umask 000; exec \"$@\"", "sh"}, {}},
      {"a time zone ahead", {{"TZ", "Pacific/Kiritimati"}}, {}, {}},
      {"a locale and a language", {{"LC_ALL", "C.UTF-8"}, {"LANG", "de_DE.UTF-8"}, {"LANGUAGE", "de"}}, {}, {}},
      {"one thread", {}, {}, {"--jobs", "1"}},
      {"nine threads", {}, {}, {"--jobs", "9"}},
      {"a time told to build tools", {{"SOURCE_DATE_EPOCH", "1"}}, {}, {}},
      {"no terminal type, another shell", {{"TERM", ""}, {"SHELL", "/bin/false"}, {"USER", "somebody"}}, {}, {}},
  };
  for (const Way& way : ways) {
    SCOPED_TRACE(way.summary);
    Stage other;
    copy_to(other, way.below.empty() ? "." : way.below);
    for (const auto& [name, value] : way.environment) other.environment[name] = value;
    other.before = way.before;
    const std::string prefix = way.below.empty() ? "" : way.below + "/";
    Words more = way.more;
    if (!way.below.empty()) more.insert(more.end(), {"--config", prefix + "ashlar.yaml"});
    EXPECT_EQ(other.digest(prefix + "small.yaml", "oci:" + prefix + "out", more), digest);
  }
}

TEST_F(BuildFlow, gives_one_digest_to_another_user) {
  if (!is_root()) GTEST_SKIP() << "only root becomes another user";
  ASHLAR_NEED("runuser");
  const std::string digest = stage.digest("small.yaml", "oci:out");
  Stage other;
  copy_to(other, ".");
  ASSERT_EQ(other.run({"chown", "-R", "nobody", other.folder().string()}).code, 0);
  other.before = {"runuser", "-u", "nobody", "--preserve-environment", "--"};
  const Ran who = other.run({"id", "-un"});
  ASSERT_EQ(who.out, "nobody\n") << who.told;
  if (other.run({"test", "-x", program_under_test()}).code != 0) GTEST_SKIP() << "nobody may not run what lies in " << ASHLAR_BUILD_DIR;
  EXPECT_EQ(other.digest("small.yaml", "oci:out"), digest);
}

TEST_F(BuildFlow, is_the_same_as_lock_and_build_in_one) {
  const std::string digest = stage.digest("small.yaml", "oci:out");
  const std::string text = stage.read("small.lock.json");
  fs::remove(stage.folder() / "small.lock.json");
  EXPECT_EQ(stage.digest("small.yaml", "oci:again"), digest);
  EXPECT_EQ(stage.read("small.lock.json"), text);
}

TEST_F(BuildFlow, needs_no_archive_once_the_cache_is_filled) {
  const std::string digest = stage.digest("small.yaml", "oci:out");
  fs::rename(archive->folder(), stage.folder() / "gone");
  stage.write("ashlar.yaml", "# Nothing is configured, and a lock suffices.\n");
  fs::remove_all(stage.cache() / "frames");
  fs::remove_all(stage.cache() / "indexes");
  EXPECT_EQ(stage.digest("small.yaml", "oci:again", {"--locked", "--offline"}), digest);
  EXPECT_EQ(stage.digest("small.yaml", "oci:once-more", {"--locked"}), digest);
}

TEST_F(BuildFlow, a_package_that_has_left_the_archive_is_named) {
  fs::remove_all(archive->folder() / "pool");
  const Ran ran = stage.ashlar({"build", "small.yaml", "-o", "oci:out"});
  EXPECT_NE(ran.code, 0) << ran.told;
  EXPECT_NE(ran.err.find("base-files"), std::string::npos) << ran.told;
  EXPECT_NE(ran.err.find("--update"), std::string::npos) << ran.told;
  EXPECT_FALSE(stage.exists("out/index.json") && stage.read("out/index.json").find("\"1\"") != std::string::npos);
  const Ran offline = stage.ashlar({"build", "small.yaml", "--offline", "-o", "oci:out"});
  EXPECT_EQ(offline.code, 4) << offline.told;
}

TEST_F(BuildFlow, a_damaged_package_in_the_cache_is_no_image) {
  const std::string digest = stage.digest("small.yaml", "oci:out");
  const host::Path deb = cached("greeter");
  std::string bytes = stage.read(deb);
  ASSERT_GT(bytes.size(), 1000U);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  fs::permissions(deb, fs::perms(0644));
  stage.write(deb, bytes);
  fs::remove_all(stage.cache() / "frames");
  const Ran offline = stage.ashlar({"build", "small.yaml", "--offline", "-o", "oci:again"});
  EXPECT_EQ(offline.code, 5) << offline.told;
  for (const char* word : {"greeter", "damaged in the cache", "without --offline"}) EXPECT_NE(offline.err.find(word), std::string::npos) << offline.told;
  // Online it is fetched again, and that is said.
  const Ran healed = stage.ashlar({"build", "small.yaml", "-o", "oci:again:healed"});
  EXPECT_EQ(healed.code, 0) << healed.told;
  EXPECT_NE(healed.err.find("note: damaged in the cache, fetched again: package 'greeter'"), std::string::npos) << healed.told;
  EXPECT_EQ(broken_entries(stage.cache()), "");
  EXPECT_EQ(stage.digest("small.yaml", "oci:again", {"--offline"}), digest);
}

TEST_F(BuildFlow, a_package_that_is_what_the_lock_says_and_no_package_is_refused) {
  const std::string nonsense = "this is no package\n";
  archive->put("stone", {"hostile", "1.0", "all", "", {{"usr/share/hostile", "-"}}});
  archive->publish();
  edit("small.yaml", "greeter]", "greeter, hostile]");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  for (const Json& each : lock()["platforms"]["linux/amd64"]["packages"]) {
    if (each["name"] != "hostile") continue;
    std::string text = stage.read("small.lock.json");
    const std::string size = "\"size\": " + each["size"].dump(), hex = each["sha256"];
    for (size_t at = text.find(hex); at != std::string::npos; at = text.find(hex)) text.replace(at, hex.size(), Digest::of(nonsense).hex());
    for (size_t at = text.find(size); at != std::string::npos; at = text.find(size)) text.replace(at, size.size(), fmt::format("\"size\": {}", nonsense.size()));
    stage.write("small.lock.json", text);
  }
  stage.write("archive/pool/hostile_1.0_all.deb", nonsense);
  const Ran ran = stage.ashlar({"build", "small.yaml", "--locked", "-o", "oci:out"});
  EXPECT_EQ(ran.code, 5) << ran.told;
  EXPECT_NE(ran.err.find("hostile"), std::string::npos) << ran.told;
  EXPECT_EQ(ran.err.find("fetched again"), std::string::npos) << ran.told;
}

TEST_F(BuildFlow, damaged_frames_are_made_again) {
  const std::string digest = stage.digest("small.yaml", "oci:out");
  for (const auto& entry : fs::recursive_directory_iterator(stage.cache() / "frames")) {
    if (!entry.is_regular_file() || entry.file_size() < 10) continue;
    std::string bytes = stage.read(entry.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    fs::permissions(entry.path(), fs::perms(0644));
    stage.write(entry.path(), bytes);
  }
  EXPECT_EQ(stage.digest("small.yaml", "oci:again", {"--offline"}), digest);
}

TEST_F(BuildFlow, a_package_with_other_bytes_is_refused) {
  const host::Path deb = archive->folder() / "pool/words_1.0_all.deb";
  std::string bytes = stage.read(deb);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  stage.write(deb, bytes);
  const Ran ran = stage.ashlar({"build", "small.yaml", "-o", "oci:out"});
  EXPECT_EQ(ran.code, 5) << ran.told;
  EXPECT_NE(ran.err.find("words"), std::string::npos) << ran.told;
  EXPECT_EQ(broken_entries(stage.cache()), "");
}

struct Tampering {
  std::string summary, from, to;
  int code;
  std::string says;
};

TEST_F(BuildFlow, a_tampered_lock_is_refused) {
  ASSERT_TRUE(stage.digest("small.yaml", "oci:out").starts_with("sha256:"));
  const std::string whole = stage.read("small.lock.json");
  const std::string hex = Json::parse(whole)["platforms"]["linux/amd64"]["packages"][0]["sha256"];
  const std::vector<Tampering> rows = {
      {"another digest of a package", hex, std::string(64, '0'), 5, "base-files"},
      {"a digest that is none", hex, "xyz", 2, "small.lock.json"},
      {"a path that leaves the archive", "\"path\": \"pool/", "\"path\": \"../pool/", 2, "leaves the archive"},
      {"a codec that nobody knows", "\"gzip\"", "\"lzma\"", 2, "lzma"},
      {"another schema", "lock/v1", "lock/v9", 2, "lock/v9"},
      {"half of it", whole.substr(whole.size() / 2), "", 2, "small.lock.json"},
      {"another size of a package", "\"size\": ", "\"size\": 1", 5, ""},
  };
  for (const Tampering& row : rows) {
    SCOPED_TRACE(row.summary);
    stage.write("small.lock.json", whole);
    edit("small.lock.json", row.from, row.to);
    fs::remove_all(stage.cache());
    const Ran ran = stage.ashlar({"build", "small.yaml", "--locked", "-o", "oci:again"});
    EXPECT_EQ(ran.code, row.code) << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << ran.told;
    EXPECT_TRUE(ran.err.starts_with("error: cannot ")) << ran.told;
  }
}

TEST_F(BuildFlow, locked_needs_a_lock) {
  fs::remove(stage.folder() / "small.lock.json");
  const Ran ran = stage.ashlar({"build", "small.yaml", "--locked", "-o", "oci:out"});
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE(ran.err.find("ashlar lock"), std::string::npos) << ran.told;
}

TEST_F(BuildFlow, a_platform_that_is_not_locked_is_named) {
  const Ran ran = stage.ashlar({"build", "small.yaml", "--platform", "linux/riscv64", "-o", "oci:out"});
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE(ran.err.find("it has no platform 'linux/riscv64', it has linux/amd64 and linux/arm64"), std::string::npos) << ran.told;
  const Ran near = stage.ashlar({"build", "small.yaml", "--platform", "linux/arm", "-o", "oci:out"});
  EXPECT_NE(near.err.find("did you mean 'linux/arm64'?"), std::string::npos) << near.told;
}

TEST_F(BuildFlow, writes_archives_and_other_tags) {
  const std::string digest = stage.digest("small.yaml", "oci:out:mine");
  EXPECT_EQ(stage.digest("small.yaml", "oci-archive:small.tar"), digest);
  EXPECT_EQ(stage.digest("small.yaml", "oci-archive:other.tar:mine"), digest);
  for (const auto& entry : fs::directory_iterator(stage.folder())) EXPECT_FALSE(entry.path().filename().string().starts_with(".ashlar-")) << entry.path();
  const Ran listing = stage.run({"tar", "-tf", "small.tar"});
  EXPECT_NE(listing.out.find("index.json"), std::string::npos) << listing.told;
  EXPECT_NE(stage.read("out/index.json").find("\"mine\""), std::string::npos);
  const std::string first = stage.read("small.tar");
  EXPECT_EQ(stage.digest("small.yaml", "oci-archive:small.tar"), digest);
  EXPECT_EQ(stage.read("small.tar"), first);
  const Json same = stage.json({"diff", "oci:out:mine", "oci-archive:small.tar:1"});
  EXPECT_EQ(same["before"], same["after"]);
}

TEST_F(BuildFlow, an_archive_leaves_what_lies_beside_it_alone) {
  stage.write("small.tar.layout/precious", "mine");
  stage.write(".ashlar-small.tar/blobs/half", "of a build that was killed");
  const std::string digest = stage.digest("small.yaml", "oci-archive:small.tar");
  EXPECT_TRUE(digest.starts_with("sha256:")) << digest;
  EXPECT_EQ(stage.read("small.tar.layout/precious"), "mine");
  // One that fails leaves nothing, and the archive that was there.
  const std::string before = stage.read("small.tar");
  edit("small.yaml", "/usr/bin/greet]", "/usr/bin/greet, loudly]");
  edit("small.yaml", "COLOUR: grey", "COLOUR: grey\npaths:\n  - {type: file, path: /etc/x, source: nowhere/x}");
  const Ran ran = stage.ashlar({"build", "small.yaml", "-o", "oci-archive:small.tar"});
  EXPECT_NE(ran.code, 0) << ran.told;
  EXPECT_EQ(stage.read("small.tar"), before);
  for (const auto& entry : fs::directory_iterator(stage.folder())) EXPECT_FALSE(entry.path().filename().string().starts_with(".ashlar-")) << entry.path();
}

TEST_F(BuildFlow, two_builds_of_one_archive_do_not_disturb_each_other) {
  const std::string digest = stage.digest("small.yaml", "oci:out");
  std::vector<std::string> found(3);
  std::vector<std::thread> threads;
  for (std::string& each : found) threads.emplace_back([&] { each = stage.digest("small.yaml", "oci-archive:small.tar:x"); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& each : found) EXPECT_EQ(each, digest);
  EXPECT_EQ(stage.json({"diff", "oci:out:1", "oci-archive:small.tar:x"})["same"], true);
}

TEST_F(BuildFlow, names_the_forms_that_it_writes) {
  for (const auto& [to, says] : std::vector<std::pair<std::string, std::string>>{{"out", "did you mean 'oci:out'?"}, {"oci-archiv:x.tar", "did you mean 'oci-archive:x.tar'?"},
                                                                                 {"docker://registry.example/x@sha256:" + std::string(64, '0'), "gets its digest by being built"}, {"dir:out", "oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker://HOST/REPO[:TAG]"}}) {
    const Ran ran = stage.ashlar({"build", "small.yaml", "-o", to});
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find(says), std::string::npos) << ran.told;
    EXPECT_EQ(ran.err.find("docker-archive"), std::string::npos) << ran.told;
  }
}

TEST_F(BuildFlow, refuses_places_that_it_cannot_write_to) {
  stage.write("file", "in the way");
  for (const std::string& to : Words{"docker://registry.example/x:1", "dir:out", "nowhere:out", "oci:", "oci:file", "oci-archive:file/x.tar"}) {
    const Ran ran = stage.ashlar({"build", "small.yaml", "-o", to});
    EXPECT_TRUE(ran.code == 2 || ran.code == 4) << ran.told;
    EXPECT_TRUE(ran.err.starts_with("error: cannot ")) << ran.told;
  }
  EXPECT_EQ(stage.read("file"), "in the way");
}

TEST_F(BuildFlow, several_definitions_share_a_layout_and_layers) {
  ASSERT_EQ(stage.ashlar({"lock", "dev.yaml"}).code, 0);
  const Json answer = stage.json({"build", "small.yaml", "dev.yaml", "-o", "oci:out"});
  const std::string index = stage.read("out/index.json");
  EXPECT_NE(index.find("small-1\""), std::string::npos) << index;
  EXPECT_NE(index.find("small-1-dev\""), std::string::npos) << index;
  const Json diff = stage.json({"diff", "oci:out:small-1", "oci:out:small-1-dev", "--platform", "linux/amd64"});
  EXPECT_GT(diff["layers"]["shared"].get<int>(), 0) << diff.dump(1);
  EXPECT_EQ(answer["images"].size(), 3U);
}

TEST_F(BuildFlow, two_definitions_never_get_one_tag) {
  const Ran explicit_tag = stage.ashlar({"build", "small.yaml", "dev.yaml", "-o", "oci:out:mine"});
  EXPECT_EQ(explicit_tag.code, 2) << explicit_tag.told;
  for (const char* word : {"small.yaml", "dev.yaml", "'mine'"}) EXPECT_NE(explicit_tag.err.find(word), std::string::npos) << explicit_tag.told;
  stage.write("other.yaml", stage.read("small.yaml"));
  const Ran own_tags = stage.ashlar({"build", "small.yaml", "other.yaml", "-o", "oci:out"});
  EXPECT_EQ(own_tags.code, 2) << own_tags.told;
  EXPECT_NE(own_tags.err.find("'small-1'"), std::string::npos) << own_tags.told;
  EXPECT_FALSE(stage.exists("out/index.json"));
  EXPECT_EQ(stage.ashlar({"build", "small.yaml", "./small.yaml", "-o", "oci:out:mine"}).code, 0);  // one file, twice
}

TEST_F(BuildFlow, what_was_built_is_told_although_another_fails) {
  edit("dev.yaml", "greeter]", "greter]");
  const Ran text = stage.ashlar({"build", "small.yaml", "dev.yaml", "-o", "oci:out"});
  EXPECT_EQ(text.code, 2) << text.told;
  EXPECT_NE(text.out.find("example/small small-1, small-1-stone"), std::string::npos) << text.told;
  EXPECT_NE(text.err.find("greter"), std::string::npos) << text.told;
  const Json answer = stage.json({"build", "small.yaml", "dev.yaml", "-o", "oci:out"}, 2);
  EXPECT_EQ(answer["images"].size(), 2U);
  EXPECT_NE(answer["error"].get<std::string>().find("greter"), std::string::npos);
}

TEST_F(BuildFlow, says_that_a_lock_was_made_anew) {
  const Ran same = stage.ashlar({"build", "small.yaml", "-o", "oci:out"});
  EXPECT_EQ(same.err.find("made anew"), std::string::npos) << same.told;
  archive->put("stone", {"more", "1.0", "all", "", {{"usr/share/more", "more\n"}}});
  offer_words("2.0", false);
  archive->publish();
  edit("small.yaml", "greeter]", "greeter, more]");
  const Ran anew = stage.ashlar({"build", "small.yaml", "-o", "oci:out"});
  EXPECT_EQ(anew.code, 0) << anew.told;
  EXPECT_NE(anew.err.find("note: 'small.lock.json' no longer fitted 'small.yaml' and was made anew: 1 packages new, 0 gone, 1 moved\n"), std::string::npos) << anew.told;
}

TEST_F(BuildFlow, a_lock_of_the_platforms_asked_for_is_enough) {
  const std::string digest = stage.digest("small.yaml", "oci:out", {"--platform", "linux/amd64"});
  fs::remove(stage.folder() / "small.lock.json");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--platform", "linux/amd64"}).code, 0);
  const std::string lock = stage.read("small.lock.json");
  EXPECT_EQ(stage.digest("small.yaml", "oci:again", {"--platform", "linux/amd64"}), digest);
  EXPECT_EQ(stage.read("small.lock.json"), lock);
  const Ran both = stage.ashlar({"build", "small.yaml", "-o", "oci:both"});
  EXPECT_NE(both.err.find("made anew"), std::string::npos) << "the definition's platforms, of which the lock lacks one: " << both.told;
}

TEST_F(BuildFlow, says_that_apt_in_a_dev_image_knows_no_archive) {
  archive->put("stone", {"apt", "1.0", "all", "", {{"usr/share/apt/x", "-"}}});
  archive->publish();
  edit("dev.yaml", "greeter]", "greeter, apt]");
  const Ran idle = stage.ashlar({"build", "dev.yaml", "-o", "oci:out"});
  EXPECT_EQ(idle.code, 0) << idle.told;
  EXPECT_NE(idle.err.find("knows no archive; name one with --image-mirror"), std::string::npos) << idle.told;
  const Ran told = stage.ashlar({"build", "dev.yaml", "-o", "oci:out", "--image-mirror", "https://mirror.example/stone"});
  EXPECT_EQ(told.err.find("knows no archive"), std::string::npos) << told.told;
}

TEST_F(BuildFlow, another_encoder_than_the_lock_names_is_said) {
  const std::string digest = stage.digest("small.yaml", "oci:out");
  const Ran same = stage.ashlar({"build", "small.yaml", "--locked", "-o", "oci:out"});
  EXPECT_EQ(same.err.find("the lock was made with"), std::string::npos) << same.told;
  const std::string ours = lock()["encoder"]["library"].get<std::string>() + " " + lock()["encoder"]["version"].get<std::string>();
  std::string text = stage.read("small.lock.json");
  const std::string version = lock()["encoder"]["version"].dump();
  const size_t at = text.find(version, text.find("\"encoder\""));
  ASSERT_NE(at, std::string::npos) << text;
  stage.write("small.lock.json", text.replace(at, version.size(), "\"0.7\""));
  const Ran ran = stage.ashlar({"build", "small.yaml", "--locked", "-o", "oci:out:other"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_NE(ran.err.find("the lock was made with libdeflate 0.7, and this program packs with " + ours + ": the content is the same"), std::string::npos) << ran.told;
  EXPECT_NE(stage.run({"bash", ASHLAR_SOURCE_DIR "/scripts/same-content.sh", "out:1", "out:other"}).err.find("the same content"), std::string::npos);
}

TEST_F(BuildFlow, zstd_on_request) {
  const Ran ran = stage.ashlar({"build", "small.yaml", "--codec", "zstd", "-o", "oci:out"});
  ASSERT_EQ(ran.code, 0) << ran.told;
  EXPECT_EQ(lock()["encoder"]["codec"], "zstd");
  bool zstd = false;
  for (const auto& entry : fs::directory_iterator(stage.folder() / "out/blobs/sha256")) zstd = zstd || stage.read(entry.path()).starts_with("\x28\xB5\x2F\xFD");
  EXPECT_TRUE(zstd);
}

TEST_F(BuildFlow, two_files_of_one_name_are_an_error_that_names_both) {
  archive->put("stone", {"rival", "1.0", "all", "", {{"usr/share/words/hello.txt", "mine\n"}}});
  archive->publish();
  edit("small.yaml", "greeter]", "greeter, rival]");
  const Ran ran = stage.ashlar({"build", "small.yaml", "-o", "oci:out"});
  EXPECT_NE(ran.code, 0) << ran.told;
  for (const char* word : {"rival", "words", "usr/share/words/hello.txt"}) EXPECT_NE(ran.err.find(word), std::string::npos) << ran.told;
}

TEST_F(BuildFlow, an_unknown_script_is_an_error_that_names_it) {
  archive->put("stone", {"scripted", "1.0", "all", "", {{"usr/share/scripted", "-"}}, {{"postinst", "#!/usr/bin/perl\nsystem('true');\n"}}});
  archive->publish();
  edit("small.yaml", "greeter]", "greeter, scripted]");
  const Ran ran = stage.ashlar({"build", "small.yaml", "-o", "oci:out"});
  EXPECT_NE(ran.code, 0) << ran.told;
  for (const char* word : {"scripted", "postinst"}) EXPECT_NE(ran.err.find(word), std::string::npos) << ran.told;
}

TEST_F(BuildFlow, two_builds_at_once_do_not_disturb_each_other) {
  const std::string digest = stage.digest("small.yaml", "oci:first");
  fs::remove_all(stage.cache());
  std::vector<std::string> found(4);
  std::vector<std::thread> threads;
  for (size_t at = 0; at < found.size(); ++at) threads.emplace_back([&, at] { found[at] = stage.digest("small.yaml", fmt::format("oci:out:tag-{}", at)); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& each : found) EXPECT_EQ(each, digest);
  const Json index = Json::parse(stage.read("out/index.json"));
  EXPECT_EQ(index["manifests"].size(), found.size());
  EXPECT_EQ(broken_entries(stage.cache()), "");
}

}  // namespace
}  // namespace ashlar::flow
