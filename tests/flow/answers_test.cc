// The other verbs, their JSON, and what the program says of command lines that it does not understand.
#include <filesystem>

#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class AnswersFlow : public SmallProject {
 protected:
  void build() {
    const Ran ran = stage.ashlar({"build", "small.yaml", "-o", "oci:out:before", "--quiet"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
};

TEST_F(AnswersFlow, diff_shows_what_changed) {
  build();
  Json same = stage.json({"diff", "oci:out:before", "oci:out:before"});
  EXPECT_EQ(same["packages"], Json::array());
  offer_words("2.0", false);
  archive->put("stone", {"more", "1.0", "all", "", {{"usr/share/more", "more\n"}}});
  archive->publish();
  edit("small.yaml", "greeter]", "greeter, more]");
  edit("small.yaml", "COLOUR: grey", "COLOUR: white");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  ASSERT_EQ(stage.ashlar({"build", "small.yaml", "-o", "oci:out:after"}).code, 0);
  const Json answer = stage.json({"diff", "oci:out:before", "oci:out:after"});
  EXPECT_EQ(misfit(answer, Json::parse(R"({"schema": "", "before": "", "after": "", "same": false, "packages": [{"name": "", "change": ""}], "config": [{"name": "", "change": ""}],
      "files": [{"name": "", "change": ""}], "layers": {"after": 0, "shared": 0, "pull_bytes": 0}})")), "") << answer.dump(1);
  std::string packages;
  for (const Json& each : answer["packages"]) packages += each.dump() + "\n";
  EXPECT_EQ(packages, "{\"name\":\"more\",\"change\":\"added\",\"after\":\"1.0\"}\n{\"name\":\"words\",\"change\":\"changed\",\"before\":\"1.0\",\"after\":\"2.0\"}\n");
  EXPECT_GT(answer["layers"]["shared"].get<int>(), 0);
  const Ran text = stage.ashlar({"diff", "oci:out:before", "oci:out:after", "--files"});
  for (const char* line : {"+ more  1.0", "~ words  1.0 -> 2.0", "white", "usr/share/words/hello.txt"}) EXPECT_NE(text.out.find(line), std::string::npos) << text.told;
}

TEST_F(AnswersFlow, diff_reads_what_is_there_only) {
  build();
  for (const std::string& after : Words{"oci:out:never", "oci:nowhere:x", "oci-archive:nowhere.tar"}) {
    const Ran ran = stage.ashlar({"diff", "oci:out:before", after});
    EXPECT_EQ(ran.code, 2) << ran.told;
  }
  EXPECT_EQ(stage.ashlar({"diff", "oci:out:before", "oci:out:before", "--platform", "linux/s390x"}).code, 2);
  const Json index = Json::parse(stage.read("out/index.json"));
  const std::string hex = index["manifests"][0]["digest"].get<std::string>().substr(7);
  fs::permissions(stage.folder() / "out/blobs/sha256" / hex, fs::perms(0644));
  stage.write("out/blobs/sha256/" + hex, "{}");
  const Ran damaged = stage.ashlar({"diff", "oci:out:before", "oci:out:before"});
  EXPECT_EQ(damaged.code, 5) << damaged.told;
}

TEST_F(AnswersFlow, explain_says_why) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const Json answer = stage.json({"explain", "small.yaml", "words"});
  EXPECT_EQ(misfit(answer, Json::parse(R"({"schema": "", "platform": "", "name": "", "version": "", "source": "", "source_version": "", "archive": "", "suite": "", "reason": "", "needed_by": [""], "needs": []})")), "");
  EXPECT_EQ(answer["needed_by"], Json({"greeter"}));
  EXPECT_NE(answer["reason"].get<std::string>().find("greeter"), std::string::npos);
  const Ran near = stage.ashlar({"explain", "small.yaml", "wods"});
  EXPECT_EQ(near.code, 2) << near.told;
  EXPECT_NE(near.err.find("did you mean 'words'?"), std::string::npos) << near.told;
  const Ran unlocked = stage.ashlar({"explain", "dev.yaml", "words"});
  EXPECT_EQ(unlocked.code, 2) << unlocked.told;
  EXPECT_NE(unlocked.err.find("make it with `ashlar lock dev.yaml`"), std::string::npos) << unlocked.told;
  const Ran needless = stage.ashlar({"explain", "small.yaml", "systemd"});
  EXPECT_NE(needless.err.find("nothing in the image needs it"), std::string::npos) << needless.told;
  edit("small.yaml", "greeter]", "greeter, '!words']");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const Ran excluded = stage.ashlar({"explain", "small.yaml", "words"});
  EXPECT_NE(excluded.err.find("the definition excludes it with '!words'"), std::string::npos) << excluded.told;
}

TEST_F(AnswersFlow, validate_names_every_fault_of_every_kind) {
  const fs::path faults = fs::path(ASHLAR_SOURCE_DIR) / "tests/data/plan/faults";
  Words arguments = {"validate"};
  for (const auto& entry : fs::directory_iterator(faults)) {
    if (entry.path().extension() == ".yaml") arguments.push_back(entry.path().string());
  }
  ASSERT_GT(arguments.size(), 50U);
  const Json answer = stage.json(arguments, 2);
  EXPECT_EQ(misfit(answer, Json::parse(R"({"schema": "", "files": [{"path": "", "valid": false, "errors": [{"line": 0, "column": 0, "message": "", "hint": ""}]}]})")), "");
  for (const Json& file : answer["files"]) {
    EXPECT_FALSE(file["valid"].get<bool>()) << file["path"];
    EXPECT_FALSE(file["errors"].empty()) << file["path"];
    for (const Json& error : file["errors"]) EXPECT_FALSE(error["message"].get<std::string>().empty()) << file["path"];
  }
  // A person sees the place, the line and a caret.
  const Ran text = stage.ashlar({"validate", (faults / "unknown-key.yaml").string()});
  EXPECT_EQ(text.code, 2) << text.told;
  EXPECT_NE(text.out.find("unknown-key.yaml:"), std::string::npos) << text.told;
  EXPECT_NE(text.out.find("\n  "), std::string::npos) << text.told;
  EXPECT_NE(text.out.find('^'), std::string::npos) << text.told;
}

TEST_F(AnswersFlow, validate_says_where_a_description_of_a_feed_is_wrong) {
  EXPECT_EQ(stage.ashlar({"validate", (fs::path(ASHLAR_SOURCE_DIR) / "feeds").string()}).code, 0) << "those that ship";
  const std::string good = "summary: x\nformat: kev\npublisher: CISA\nurls: [https://example.org/kev.json]\nmax-age: 1d\n";
  struct {
    const char *summary, *path;
    std::string text;
    const char* says;  ///< none: it is valid
  } const rows[] = {
      {"a good one", "feeds/kev.yaml", good, nullptr},
      {"a good one anywhere, by its keys", "other.yaml", good, nullptr},
      {"a key that is none", "feeds/kev.yaml", good + "publishr: x\n", "feeds/kev.yaml:6:1: unknown key 'publishr'"},
      {"an address in the clear", "feeds/kev.yaml", "summary: x\nformat: kev\npublisher: CISA\nurls: [http://example.org]\nmax-age: 1d\n", "feeds/kev.yaml:4:8: an address begins with 'https://'"},
      {"a format that is none", "other.yaml", "summary: x\nformat: kevs\npublisher: CISA\nurls: [https://example.org]\nmax-age: 1d\n", "other.yaml:2:9: unknown format 'kevs'"},
      {"nothing", "feeds/kev.yaml", "", "feeds/kev.yaml:1:1: a mapping is expected here"},
      {"no YAML", "feeds/kev.yaml", "summary: [x\n", "feeds/kev.yaml:"},
  };
  for (const auto& row : rows) {
    stage.write(row.path, row.text);
    const Ran ran = stage.ashlar({"validate", row.path});
    EXPECT_EQ(ran.code, row.says == nullptr ? 0 : 2) << row.summary << ran.told;
    EXPECT_NE(ran.out.find(row.says == nullptr ? "1 of 1 files are valid" : row.says), std::string::npos) << row.summary << ran.told;
  }
  stage.write("feeds/kev.yaml", good + "publishr: x\n");
  const Json answer = stage.json({"validate", "feeds/kev.yaml"}, 2);
  EXPECT_EQ(answer["files"][0], Json::parse(R"({"path": "feeds/kev.yaml", "valid": false, "errors": [{"line": 6, "column": 1, "message": "unknown key 'publishr'", "hint": "did you mean 'publisher'?"}]})"));
}

TEST_F(AnswersFlow, validate_reads_policies) {
  EXPECT_EQ(stage.ashlar({"validate", (fs::path(ASHLAR_SOURCE_DIR) / "policies").string()}).code, 0) << "those that ship";
  struct {
    const char *summary, *path, *text, *says;  ///< none: it is valid
  } const rows[] = {
      {"a good one", "policy.yaml", "gate: {stop-on: [high, kev]}\n", nullptr},
      {"a good one of several", "team.policy.yaml", "gate: {proofs: true}\n", nullptr},
      {"a good one in its folder", "policies/strict.yaml", "gate: {stop-on: [negligible]}\n", nullptr},
      {"nothing, which is the default", "policies/empty.yaml", "", nullptr},
      {"a key that is none", "policy.yaml", "gate:\n  prooofs: true\n", "policy.yaml:2:3: unknown key 'prooofs'"},
      {"a rule that is none", "policies/strict.yml", "gate:\n  stop-on: [fixable, bad]\n", "policies/strict.yml:2:22: "},
      {"a definition is none", "policy.yaml", "name: x\n", "policy.yaml:1:1: unknown key 'name'"},
      {"no YAML", "team.policy.yaml", "gate: [x\n", "team.policy.yaml:"},
  };
  for (const auto& row : rows) {
    stage.write(row.path, row.text);
    const Ran ran = stage.ashlar({"validate", row.path});
    EXPECT_EQ(ran.code, row.says == nullptr ? 0 : 2) << row.summary << ran.told;
    EXPECT_NE(ran.out.find(row.says == nullptr ? "1 of 1 files are valid" : row.says), std::string::npos) << row.summary << ran.told;
  }
}

TEST_F(AnswersFlow, validate_knows_files_by_their_names) {
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const Json all = stage.json({"validate", "small.yaml", "small.lock.json", "ashlar.yaml"});
  for (const Json& file : all["files"]) EXPECT_TRUE(file["valid"].get<bool>()) << file.dump(1);
  stage.write("bad/ashlar.yaml", "mirors: {}\n");
  const Ran config = stage.ashlar({"validate", "bad/ashlar.yaml"});
  EXPECT_EQ(config.code, 2) << config.told;
  EXPECT_NE(config.out.find("did you mean 'mirrors'?"), std::string::npos) << config.told;
  stage.write("bad/x.lock.json", "{\n  \"schema\": 1\n");
  EXPECT_EQ(stage.ashlar({"validate", "bad/x.lock.json"}).code, 2);
  EXPECT_EQ(stage.ashlar({"validate", "nowhere.yaml"}).code, 2);
  EXPECT_EQ(stage.ashlar({"validate", "home"}).code, 2);  // a folder without definitions
  EXPECT_EQ(stage.ashlar({"validate", (fs::path(ASHLAR_SOURCE_DIR) / "catalog").string()}).code, 0);
}

TEST_F(AnswersFlow, catalogue) {
  const Json list = stage.json({"catalog", "list"});
  EXPECT_EQ(misfit(list, Json::parse(R"({"schema": "", "images": [{"name": "", "version": "", "variant": "", "platforms": [""], "definition": "", "end_of_life": ""}]})")), "");
  bool python = false;
  for (const Json& image : list["images"]) python = python || (image["name"] == "python" && image["version"] == "3.13" && image["variant"] == "dev");
  EXPECT_TRUE(python) << list.dump(1);
  EXPECT_EQ(stage.json({"catalog"}), list);
  const Json show = stage.json({"catalog", "show", "python:3.13"});
  EXPECT_EQ(show["images"].size(), 2U);
  EXPECT_EQ(misfit(show, Json::parse(R"({"images": [{"name": "", "description": "", "tags": [""], "license": "", "run_as": "", "end_of_life_source": "", "interpreters": []}]})")), "");
  const Ran nameless = stage.ashlar({"catalog", "show"});
  EXPECT_EQ(nameless.code, 2) << nameless.told;
  EXPECT_NE(nameless.err.find("none is named; there are base, "), std::string::npos) << nameless.told;
  const Json postgres = stage.json({"catalog", "show", "postgres:17"});
  EXPECT_EQ(misfit(postgres["images"][1], Json::parse(R"({"interpreters": [{"path": "", "reason": ""}]})")), "") << postgres.dump(1);
  const Ran near = stage.ashlar({"catalog", "show", "pyton"});
  EXPECT_EQ(near.code, 2) << near.told;
  EXPECT_NE(near.err.find("did you mean 'python'?"), std::string::npos) << near.told;
  EXPECT_EQ(stage.ashlar({"catalog", "burn"}).code, 2);
  const Ran page = stage.ashlar({"catalog", "page", "postgres"});
  EXPECT_EQ(page.code, 0) << page.told;
  EXPECT_TRUE(page.out.starts_with("# PostgreSQL\n")) << page.out;
  EXPECT_NE(page.out.find("| `17`, `17-debian13` | runtime |"), std::string::npos) << page.out;
  EXPECT_NE(stage.ashlar({"catalog", "page"}).out.find("| [postgres](postgres.md) | "), std::string::npos);
  EXPECT_EQ(stage.ashlar({"catalog", "page", "postgres", "--images", "oci:nowhere"}).code, 2);
  fs::create_directories(stage.folder() / "mine/small");
  stage.write("mine/small/1.yaml", stage.read("small.yaml"));
  stage.write("mine/small/info.yaml", "name: Small\ndescription: A test\nlicense: MIT\nend-of-life: \"2030-01-01\"\n");
  const Json mine = stage.json({"catalog", "list", "--catalog", "mine"});
  ASSERT_EQ(mine["images"].size(), 1U);
  EXPECT_EQ(mine["images"][0]["end_of_life"], "2030-01-01");
  EXPECT_EQ(mine["images"][0]["platforms"], Json({"linux/amd64", "linux/arm64"}));
}

TEST_F(AnswersFlow, doctor) {
  const Ran ran = stage.ashlar({"doctor", "--format", "json"});
  const Json answer = Json::parse(ran.out);
  EXPECT_EQ(misfit(answer, Json::parse(R"({"schema": "", "ok": true, "checks": [{"check": "", "ok": null, "required": null, "detail": "", "package": ""}], "mend": ""})")), "");
  EXPECT_EQ(ran.code, answer["ok"].get<bool>() ? 0 : 1);
  // Without its data nothing works, and it says so.
  stage.environment["ASHLAR_DATA_DIR"] = stage.folder() / "empty";
  const Ran bare = stage.ashlar({"doctor"});
  EXPECT_EQ(bare.code, 1) << bare.told;
  EXPECT_NE(bare.out.find("MISSING  installation"), std::string::npos) << bare.told;
  stage.environment["ASHLAR_DATA_DIR"] = ASHLAR_SOURCE_DIR;
  stage.environment["PATH"] = "/nowhere";
  EXPECT_NE(stage.ashlar({"doctor"}).out.find("apt-get install"), std::string::npos);
}

TEST_F(AnswersFlow, cache_shows_and_prunes) {
  const Json empty = stage.json({"cache"});
  EXPECT_EQ(empty["bytes"], 0);
  build();
  const Json full = stage.json({"cache", "show"});
  EXPECT_EQ(misfit(full, Json::parse(R"({"schema": "", "folder": "", "bytes": 0, "kinds": [{"kind": "", "entries": 0, "bytes": 0, "oldest": ""}]})")), "");
  EXPECT_EQ(full["folder"], stage.cache().string());
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(stage.cache())) bytes += entry.is_regular_file() ? entry.file_size() : 0;
  EXPECT_EQ(full["bytes"], bytes);

  const Json young = stage.json({"cache", "prune", "--max-age", "1d"});
  EXPECT_EQ(young["entries"], 0);
  const Json dry = stage.json({"cache", "prune", "--max-size", "0", "--lock", ".", "--dry-run"});
  EXPECT_GT(dry["entries"].get<int>(), 0);
  EXPECT_EQ(stage.json({"cache"})["bytes"], full["bytes"]);
  const Json locked = stage.json({"cache", "prune", "--max-size", "0", "--lock", "."});
  EXPECT_EQ(misfit(locked, Json::parse(R"({"schema": "", "entries": 0, "bytes": 0, "kept_for_locks": 0, "kinds": [{"kind": "", "entries": 0, "bytes": 0}]})")), "");
  EXPECT_EQ(locked["bytes"], dry["bytes"]);
  EXPECT_GT(locked["kept_for_locks"].get<int>(), 0);
  // What the lock needs is still there.
  const std::string again = stage.digest("small.yaml", "oci:again", {"--offline", "--locked"});
  EXPECT_TRUE(again.starts_with("sha256:")) << again;
  stage.json({"cache", "prune", "--max-size", "0"});
  EXPECT_EQ(stage.json({"cache"})["bytes"], 0);
  EXPECT_EQ(stage.ashlar({"build", "small.yaml", "--offline", "-o", "oci:more"}).code, 4);
}

TEST_F(AnswersFlow, cache_refuses_what_it_does_not_understand) {
  for (const Words& words : std::vector<Words>{{"cache", "burn"}, {"cache", "prune"}, {"cache", "prune", "--max-size", "many"}, {"cache", "prune", "--max-age", "3y"},
                                               {"cache", "prune", "--max-size", "0", "--lock", "nowhere"}}) {
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_TRUE(ran.err.starts_with("error: cannot ")) << ran.told;
  }
}

struct Line {
  std::string summary;
  Words words;
  std::string says;
};

TEST_F(AnswersFlow, command_lines_that_nobody_understands) {
  const std::vector<Line> rows = {
      {"no verb", {}, "A subcommand is required"},
      {"an unknown verb", {"bild"}, "did you mean 'build'?"},
      {"a verb like no other", {"xyzzy"}, "ashlar --help"},
      {"an unknown flag", {"lock", "--frobnicate", "small.yaml"}, "--frobnicate"},
      {"an unknown flag of the program", {"--frobnicate"}, "--frobnicate"},
      {"an argument that lacks", {"lock"}, "DEFINITION"},
      {"a value that lacks", {"build", "small.yaml", "-o"}, "--to"},
      {"a number that is none", {"build", "small.yaml", "--jobs", "many"}, "many"},
      {"an unknown format", {"catalog", "--format", "xml"}, "the formats are text and json"},
      {"an unknown shell", {"completions", "tcsh"}, "the shells are bash, zsh and fish"},
      {"a configuration that lacks", {"cache", "--config", "nowhere.yaml"}, "nowhere.yaml"},
      {"a definition that lacks", {"lock", "nowhere.yaml"}, "nowhere.yaml"},
  };
  for (const Line& row : rows) {
    SCOPED_TRACE(row.summary);
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_TRUE(ran.err.starts_with("error: ")) << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << ran.told;
    EXPECT_EQ(ran.out, "") << ran.told;
  }
}

TEST_F(AnswersFlow, options_that_every_verb_takes) {
  const Ran version = stage.ashlar({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("ashlar ")) << version.told;
  const Ran help = stage.ashlar({"--help"});
  EXPECT_EQ(stage.ashlar({"help"}).out, help.out);
  for (const char* verb : {"validate", "lock", "build", "diff", "explain", "catalog", "cache", "doctor"}) {
    EXPECT_NE(help.out.find(verb), std::string::npos) << verb;
    const Ran own = stage.ashlar({verb, "--help"});
    EXPECT_EQ(stage.ashlar({"help", verb}).out, own.out) << "asked the other way round";
    EXPECT_EQ(own.code, 0) << own.told;
    EXPECT_NE(own.out.find("Example:\n  ashlar " + std::string(verb)), std::string::npos) << own.told;
  }
  const Ran file = stage.ashlar({"catalog", "--format", "json", "--output", "answer.json"});
  EXPECT_EQ(file.out, "") << file.told;
  EXPECT_TRUE(Json::parse(stage.read("answer.json")).contains("images"));
  const Ran nowhere = stage.ashlar({"catalog", "--output", "nowhere/at/all/answer.json"});
  EXPECT_TRUE(nowhere.code == 0 || nowhere.code == 2 || nowhere.code == 4) << nowhere.told;
  const Ran full = stage.run({"sh", "-c", shell_word(program_under_test()) + " catalog > /dev/full"});
  EXPECT_EQ(full.code, 4) << full.told;
  const Ran quiet = stage.ashlar({"lock", "small.yaml", "--quiet"});
  EXPECT_EQ(quiet.err, "") << quiet.told;
}

}  // namespace
}  // namespace ashlar::flow
