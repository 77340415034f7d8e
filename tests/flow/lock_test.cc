// What `lock` writes, what it moves when it is asked to, and how it says no.
#include <filesystem>

#include "small_archive.h"

namespace ashlar::flow {
namespace {

using LockFlow = SmallProject;

TEST_F(LockFlow, writes_what_scripts_read) {
  const Json answer = stage.json({"lock", "small.yaml"});
  EXPECT_EQ(misfit(answer, Json::parse(R"({"schema": "", "definitions": [{"definition": "", "locked": true, "lock": "", "written": true, "packages": 0, "changes": [], "notes": []}]})")), "");
  const Json file = lock();
  EXPECT_EQ(misfit(file, Json::parse(R"({"schema": "", "platforms": {"linux/amd64": {"packages": [{"name": "", "version": "", "source": "", "source_version": "", "architecture": "",
      "size": 0, "sha256": "", "path": "", "archive": "", "reason": ""}]}, "linux/arm64": {"packages": []}}, "archives": [{"name": "", "suite": "", "release_sha256": "", "date": ""}],
      "encoder": {"codec": "", "library": "", "version": "", "level": 0}})")), "");
  EXPECT_EQ(file["platforms"]["linux/amd64"]["packages"].size(), 3U) << file.dump(1);
  EXPECT_EQ(file["archives"].size(), 2U);
  EXPECT_EQ(version_of("words"), "1.0");
  EXPECT_EQ(version_of("greeter", "linux/arm64"), "1.0");
}

TEST_F(LockFlow, says_no_address) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  EXPECT_EQ(stage.read("small.lock.json").find("://" + stage.folder().string()), std::string::npos);
}

TEST_F(LockFlow, is_the_same_however_it_is_made) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const std::string first = stage.read("small.lock.json");
  std::filesystem::remove(stage.folder() / "small.lock.json");
  stage.environment["TZ"] = "Pacific/Auckland";
  stage.environment["LC_ALL"] = "C.UTF-8";
  stage.environment["XDG_CACHE_HOME"] = (stage.folder() / "other-cache").string();
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  EXPECT_EQ(stage.read("small.lock.json"), first);
}

TEST_F(LockFlow, stays_when_nobody_asks) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const std::string first = stage.read("small.lock.json");
  offer_words("2.0", false);
  archive->publish();
  const Json answer = stage.json({"lock", "small.yaml"});
  EXPECT_FALSE(answer["definitions"][0]["written"].get<bool>());
  EXPECT_EQ(stage.read("small.lock.json"), first);
}

TEST_F(LockFlow, update_moves_what_is_named) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  offer_words("2.0", false);
  offer_greeter("2.0");
  archive->publish();
  const Json answer = stage.json({"lock", "small.yaml", "--update", "words"});
  EXPECT_EQ(version_of("words"), "2.0");
  EXPECT_EQ(version_of("greeter"), "1.0");
  EXPECT_EQ(answer["definitions"][0]["changes"], Json({"linux/amd64: words 1.0 -> 2.0", "linux/arm64: words 1.0 -> 2.0"}));
  stage.json({"lock", "small.yaml", "--update"});
  EXPECT_EQ(version_of("greeter"), "2.0");
}

TEST_F(LockFlow, update_refuses_what_the_lock_lacks) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const std::string first = stage.read("small.lock.json");
  offer_words("2.0", false);
  archive->publish();
  for (const auto& [name, says] : std::vector<std::pair<std::string, std::string>>{{"nosuch", "'nosuch', which is to be updated, is not in the lock"}, {"wrods", "did you mean 'words'?"}}) {
    const Ran ran = stage.ashlar({"lock", "small.yaml", "--update", "words", name});
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find(says), std::string::npos) << ran.told;
    EXPECT_EQ(stage.read("small.lock.json"), first);
  }
}

TEST_F(LockFlow, text_says_a_change_of_both_platforms_once) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  offer_words("2.0", false);
  archive->publish();
  const Ran ran = stage.ashlar({"lock", "small.yaml", "--update"});
  EXPECT_NE(ran.out.find("  linux/amd64, linux/arm64: words 1.0 -> 2.0\n"), std::string::npos) << ran.told;
}

TEST_F(LockFlow, an_exclusion_of_nothing_is_noted) {
  edit("small.yaml", "greeter]", "greeter, '!wrods']");
  const Ran ran = stage.ashlar({"lock", "small.yaml"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_NE(ran.err.find("note: linux/amd64, linux/arm64: '!wrods' excludes nothing, for no archive has such a package; did you mean '!words'?\n"), std::string::npos) << ran.told;
}

TEST_F(LockFlow, a_platform_that_the_definition_lacks_is_refused) {
  const Ran ran = stage.ashlar({"lock", "small.yaml", "--platform", "linux/arm"});
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE(ran.err.find("it has no platform 'linux/arm', it has linux/amd64 and linux/arm64; did you mean 'linux/arm64'?"), std::string::npos) << ran.told;
}

TEST_F(LockFlow, a_failure_is_json_where_json_is_asked_for) {
  edit("dev.yaml", "greeter]", "greter]");
  const Json answer = stage.json({"lock", "small.yaml", "dev.yaml"}, 2);
  EXPECT_EQ(misfit(answer, Json::parse(R"({"schema": "", "definitions": [{"definition": "", "locked": null}]})")), "");
  ASSERT_EQ(answer["definitions"].size(), 2U);
  EXPECT_TRUE(answer["definitions"][0]["locked"].get<bool>());
  EXPECT_FALSE(answer["definitions"][1]["locked"].get<bool>());
  EXPECT_NE(answer["definitions"][1]["error"].get<std::string>().find("greter"), std::string::npos);
}

TEST_F(LockFlow, a_folder_that_nobody_may_write_to_is_explained) {
  const std::filesystem::path shut = stage.folder() / "shut";
  stage.write("shut/small.yaml", stage.read("small.yaml"));
  if (is_root()) {
    ASHLAR_NEED("runuser");
    ASSERT_EQ(stage.run({"chown", "-R", "nobody", stage.folder().string()}).code, 0);
    ASSERT_EQ(stage.run({"chown", "-R", "root", shut.string()}).code, 0);
    stage.before = {"runuser", "-u", "nobody", "--preserve-environment", "--"};
    if (stage.run({"test", "-x", program_under_test()}).code != 0) GTEST_SKIP() << "nobody may not run what lies in " << ASHLAR_BUILD_DIR;
  } else {
    std::filesystem::permissions(shut, std::filesystem::perms(0555));
  }
  const Ran ran = stage.ashlar({"lock", "shut/small.yaml"});
  EXPECT_NE(ran.code, 0) << ran.told;
  for (const char* word : {"cannot write lock 'shut/small.lock.json'", "copy the definition"}) EXPECT_NE(ran.err.find(word), std::string::npos) << ran.told;
}

TEST_F(LockFlow, security_only_moves_what_a_security_archive_has) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  offer_greeter("2.0");
  offer_words("1.0+sec1", true);
  archive->publish();
  stage.json({"lock", "small.yaml", "--security-only"});
  EXPECT_EQ(version_of("words"), "1.0+sec1");
  EXPECT_EQ(version_of("words", "linux/arm64"), "1.0+sec1");
  EXPECT_EQ(version_of("greeter"), "1.0");
}

TEST_F(LockFlow, check_answers_by_its_exit_code_and_writes_nothing) {
  const Ran none = stage.ashlar({"lock", "small.yaml", "--check"});
  EXPECT_EQ(none.code, 1) << none.told;  // no lock: one is due
  EXPECT_FALSE(stage.exists("small.lock.json"));
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const std::string first = stage.read("small.lock.json");
  EXPECT_EQ(stage.ashlar({"lock", "small.yaml", "--check"}).code, 0);
  offer_words("2.0", false);
  archive->publish();
  const Ran due = stage.ashlar({"lock", "small.yaml", "--check"});
  EXPECT_EQ(due.code, 1) << due.told;
  EXPECT_NE(due.out.find("words 1.0 -> 2.0"), std::string::npos) << due.told;
  EXPECT_EQ(stage.ashlar({"lock", "small.yaml", "--check", "--security-only"}).code, 0);
  EXPECT_EQ(stage.read("small.lock.json"), first);
}

TEST_F(LockFlow, a_changed_definition_is_locked_anew) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  edit("small.yaml", "[base-files, greeter]", "[base-files, words]");
  const Ran locked = stage.ashlar({"build", "small.yaml", "--locked", "-o", "oci:out"});
  EXPECT_EQ(locked.code, 2) << locked.told;
  EXPECT_NE(locked.err.find("the definition has changed since"), std::string::npos) << locked.told;
  EXPECT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  EXPECT_EQ(version_of("greeter"), "none");
}

TEST_F(LockFlow, a_changed_condition_or_codec_is_locked_anew) {
  stage.write("a.txt", "a");
  const std::string digest = Digest::of("a").hex();
  edit("small.yaml", "contents:\n", "contents:\n  files: [{url: \"https://example.org/a\", path: /a, if: 'target.arch == \"amd64\"', checksum: \"sha256:" + digest + "\"}]\n");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  EXPECT_TRUE(lock()["platforms"]["linux/amd64"].contains("files"));
  EXPECT_FALSE(lock()["platforms"]["linux/arm64"].contains("files"));
  edit("small.yaml", "\"amd64\"", "\"arm64\"");
  EXPECT_EQ(stage.ashlar({"build", "small.yaml", "--locked", "-o", "oci:out"}).code, 2);
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  EXPECT_FALSE(lock()["platforms"]["linux/amd64"].contains("files"));
  EXPECT_TRUE(lock()["platforms"]["linux/arm64"].contains("files"));
  edit("small.yaml", "contents:\n", "compression: zstd\ncontents:\n");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  EXPECT_EQ(lock()["encoder"]["codec"], "zstd");
}

TEST_F(LockFlow, many_definitions_show_how_far_it_is) {
  ASHLAR_NEED("script");
  const Ran ran = stage.run({"script", "-qec", shell_word(program_under_test()) + " lock small.yaml dev.yaml", "/dev/null"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  for (const char* line : {"lock 1 of 2: small.yaml", "lock 2 of 2: dev.yaml", "read archives for amd64"}) EXPECT_NE(ran.out.find(line), std::string::npos) << line << ": " << ran.told;
  const Ran one = stage.run({"script", "-qec", shell_word(program_under_test()) + " lock small.yaml", "/dev/null"});
  EXPECT_EQ(one.out.find("lock 1 of"), std::string::npos) << one.told;
}

struct Refusal {
  std::string summary;
  std::string from, to;  ///< what changes in small.yaml
  int code;
  std::string says;
};

TEST_F(LockFlow, says_what_is_missing) {
  const std::vector<Refusal> rows = {
      {"a package that nobody has", "greeter]", "greter]", 2, "greter"},
      {"a version that nobody has", "greeter]", "greeter=3.0]", 2, "not in the archives: greeter (pinned 3.0, there is 1.0)"},
      {"a misspelt name", "greeter]", "greter]", 2, "not in the archives: greter (did you mean 'greeter'?)"},
      {"a distribution that nobody configured", "stone-1", "stone-2", 2, "there are "},
      {"an architecture that the archive lacks", "linux/arm64", "linux/riscv64", 2, "riscv64"},
      {"an exclusion of what is asked for by another name", "greeter]", "greeter, '!words']", 0, ""},
      {"a file without a checksum", "contents:\n", "contents:\n  files: [{url: \"https://example.org/a\", path: /a}]\n", 2, "checksum"},
  };
  const std::string whole = stage.read("small.yaml");
  for (const Refusal& row : rows) {
    SCOPED_TRACE(row.summary);
    stage.write("small.yaml", whole);
    std::filesystem::remove(stage.folder() / "small.lock.json");
    edit("small.yaml", row.from, row.to);
    const Ran ran = stage.ashlar({"lock", "small.yaml"});
    EXPECT_EQ(ran.code, row.code) << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << ran.told;
    EXPECT_EQ(stage.exists("small.lock.json"), row.code == 0);
  }
}

TEST_F(LockFlow, a_conflict_is_told_in_words) {
  archive->put("stone", {"quiet", "1.0", "all", "words (>= 9)", {{"usr/share/quiet", "-"}}});
  archive->publish();
  edit("small.yaml", "greeter]", "quiet]");
  const Ran ran = stage.ashlar({"lock", "small.yaml"});
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE(ran.err.find("quiet"), std::string::npos) << ran.told;
  EXPECT_NE(ran.err.find("words"), std::string::npos) << ran.told;
}

TEST_F(LockFlow, refuses_archives_that_nobody_can_trust) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  std::filesystem::remove(stage.folder() / "small.lock.json");
  const host::Path release = stage.folder() / "archive/dists/stone/InRelease";
  const std::string old = stage.read(release);

  archive->publish();
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const std::string newer = stage.read(release);
  struct Row {
    std::string summary, document, says;
  };
  const std::vector<Row> rows = {
      {"an older Release file than was seen", old, "is older than the one"},
      {"a Release file that is cut off", newer.substr(0, newer.size() - 40), "cut off"},
      {"a Release file with another byte", std::string(newer).replace(newer.find("Stone"), 5, "Stane"), "does not fit the text"},
      {"a Release file without a signature", "Origin: Stone\n", "does not begin as a signed text"},
      {"one signed by a key that we do not know", deb::fixture::SigningKey().cleartext("Origin: Stone\nSuite: stone\nCodename: stone\n"), "is in no keyring"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    stage.write(release, row.document);
    std::filesystem::remove(stage.folder() / "small.lock.json");
    const Ran ran = stage.ashlar({"lock", "small.yaml"});
    EXPECT_EQ(ran.code, 5) << ran.told;
    EXPECT_TRUE(ran.err.starts_with("error: cannot trust archive 'stone stone': ")) << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << ran.told;
  }
  // What was seen is state, not cache: it is remembered without one.
  stage.write(release, old);
  std::filesystem::remove_all(stage.cache());
  EXPECT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 5);
  stage.write(release, newer);
  EXPECT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
}

TEST_F(LockFlow, offline_asks_nobody) {
  const Ran first = stage.ashlar({"lock", "small.yaml", "--offline"});
  EXPECT_EQ(first.code, 4) << first.told;
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  std::filesystem::remove(stage.folder() / "small.lock.json");
  std::filesystem::rename(archive->folder(), stage.folder() / "gone");
  EXPECT_EQ(stage.ashlar({"lock", "small.yaml", "--offline"}).code, 0);
  std::filesystem::remove(stage.folder() / "small.lock.json");
  const Ran gone = stage.ashlar({"lock", "small.yaml"});
  EXPECT_EQ(gone.code, 2) << gone.told;  // whoever answers has no such suite: the configuration is wrong
  const Ran silent = stage.ashlar({"lock", "small.yaml", "--mirror", "stone=http://127.0.0.1:9"});
  EXPECT_EQ(silent.code, 4) << silent.told;
}

TEST_F(LockFlow, keeps_going_where_asked) {
  stage.write("bad.yaml", "image: x\n");
  const Ran stops = stage.ashlar({"lock", "bad.yaml", "small.yaml"});
  EXPECT_EQ(stops.code, 2) << stops.told;
  EXPECT_FALSE(stage.exists("small.lock.json"));
  const Json answer = stage.json({"lock", "bad.yaml", "small.yaml", "--keep-going"}, 2);
  EXPECT_EQ(misfit(answer["definitions"][0], Json::parse(R"({"definition": "", "locked": false, "error": ""})")), "");
  EXPECT_TRUE(answer["definitions"][1]["locked"].get<bool>());
  EXPECT_TRUE(stage.exists("small.lock.json"));
}

}  // namespace
}  // namespace ashlar::flow
