// What is said of a finished image: true of its files, the same bytes every time, and read by other people's tools.
#include <algorithm>
#include <filesystem>
#include <set>

#include "attest/predicate.h"
#include "attest/statement.h"
#include "base/schema_trial.h"
#include "pipeline/predicates.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;
using pipeline::Predicates, pipeline::PredicateWish;

class PredicatesFlow : public SmallProject {
 protected:
  void SetUp() override {
    SmallProject::SetUp();
    image = stage.digest("small.yaml", "oci:out:1", {"--platform", "linux/amd64"});
    machine.environment = [this](const std::string& name) {
      const auto found = stage.environment.find(name);
      return found == stage.environment.end() ? std::nullopt : std::optional(found->second);
    };
  }
  std::string path(const std::string& name) const { return (stage.folder() / name).string(); }
  PredicateWish wish() const { return {.image = "oci:" + path("out") + ":1", .definition = path("small.yaml"), .builder = "https://ci.example/builder"}; }
  Result<Predicates> say(const PredicateWish& wish) {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(machine, path("ashlar.yaml"), silence));
    return pipeline::predicates_of(workshop, wish);
  }
  pipeline::Tested tested() {
    auto workshop = pipeline::open_workshop(machine, path("ashlar.yaml"), silence).value();
    pipeline::TestOptions how;
    how.definition = path("small.yaml"), how.run = false;
    auto out = pipeline::test(workshop, wish().image, how);
    EXPECT_TRUE(out) << out.error().message;
    return out ? std::move(*out) : pipeline::Tested();
  }
  scan::Report scanned() const {
    scan::Report out;
    out.ref = wish().image, out.digest = image, out.platform = "linux/amd64", out.now = Time{1'700'000'000};
    out.causes = {"there is no database"};
    return out;
  }

  std::string image;
  host::Machine machine = host::real_machine();
  Silence silence;
};

Json predicate(const Predicates& all, std::string_view uri) {
  const auto found = std::ranges::find(all.list, uri, &attest::Predicate::uri);
  return found == all.list.end() ? Json() : parse_json(found->text, "predicate").value();
}

std::vector<std::string> types(const Predicates& all) {
  std::vector<std::string> out;
  for (const attest::Predicate& each : all.list) out.emplace_back(attest::find_predicate_type(each.uri)->name);
  return out;
}

/// The dependencies of one kind, by name.
std::map<std::string, Json> of_kind(const Json& provenance, std::string_view kind) {
  std::map<std::string, Json> out;
  for (const Json& each : provenance["buildDefinition"]["resolvedDependencies"]) {
    if (each["annotations"]["kind"] == kind) out.emplace(each["name"].get<std::string>(), each);
  }
  return out;
}

std::string digest_hex(const Json& resource) { return resource["digest"]["sha256"].get<std::string>(); }

TEST_F(PredicatesFlow, everything_that_is_known_is_said) {
  const auto plain = say(wish());
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->image.str(), image);
  EXPECT_EQ(plain->platform.str(), "linux/amd64");
  EXPECT_EQ(types(*plain), (std::vector<std::string>{"slsaprovenance1", "lock", "spdxjson", "cyclonedx"}));
  const auto tests = tested();
  const auto scan = scanned();
  stage.write("vex.json", R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:1", "author": "Team", "timestamp": "2026-01-02T00:00:00Z", "version": 1, "statements": [{"vulnerability": {"name": "CVE-2026-1"},
    "products": ["pkg:deb/stone/greeter"], "status": "not_affected", "justification": "vulnerable_code_not_present"}]})");
  stage.write("ashlar.yaml", stage.read("ashlar.yaml") + "scan:\n  statements: [vex.json]\n");
  PredicateWish all = wish();
  all.tested = &tests, all.scanned = &scan;
  const auto said = say(all);
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(types(*said), (std::vector<std::string>{"slsaprovenance1", "lock", "spdxjson", "cyclonedx", "test-result", "hardening", "vuln", "openvex"}));
  for (const attest::Predicate& each : said->list) {
    const auto read = attest::read_statement(attest::to_text(std::vector<attest::StatementSubject>{{"example/small", {{"sha256", said->image.hex()}}}}, each.uri, each.text), each.uri);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->is_on(said->image));
    const auto checked = attest::check_predicate(each.uri, read->predicate);
    EXPECT_TRUE(checked) << checked.error().message;
#ifdef ASHLAR_WITH_VALIJSON
    std::string why;
    const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/" + std::string(attest::find_predicate_type(each.uri)->schema));
    EXPECT_TRUE(schema.takes(SchemaTrial::Value::parse(each.text), &why)) << each.uri << ": " << why;
#endif
  }
  const Json vex = predicate(*said, attest::openvex_uri);
  EXPECT_NE(to_compact(vex).find(said->image.hex()), std::string::npos) << vex;
  EXPECT_EQ(predicate(*said, attest::vulnerability_scan_uri)["scanner"]["result"]["target"]["digest"], image);
}

TEST_F(PredicatesFlow, a_statement_on_what_the_image_has_not_is_left_out) {
  stage.write("vex.json", R"({"@context": "https://openvex.dev/ns/v0.2.0", "author": "Team", "statements": [{"vulnerability": {"name": "CVE-2026-1"}, "products": ["pkg:deb/stone/elsewhere"], "status": "fixed"}]})");
  stage.write("ashlar.yaml", stage.read("ashlar.yaml") + "scan:\n  statements: [vex.json]\n");
  const auto said = say(wish());
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(types(*said), (std::vector<std::string>{"slsaprovenance1", "lock", "spdxjson", "cyclonedx"}));
}

TEST_F(PredicatesFlow, provenance_is_true_of_the_files) {
  const auto tests = tested();
  PredicateWish all = wish();
  all.tested = &tests, all.started = Time{1'700'000'000}, all.finished = Time{1'700'000'001};
  const auto said = say(all);
  ASSERT_TRUE(said) << said.error().message;
  const Json provenance = predicate(*said, attest::provenance_uri), locked = lock();
  const std::string definition = Digest::of(stage.read("small.yaml")).hex();
  EXPECT_EQ(digest_hex(of_kind(provenance, "definition").at("small.yaml")), definition);
  EXPECT_EQ(digest_hex(provenance["buildDefinition"]["externalParameters"]["definition"]), definition);
  EXPECT_EQ(digest_hex(of_kind(provenance, "lock").at("small.lock.json")), Digest::of(stage.read("small.lock.json")).hex());
  const auto packages = of_kind(provenance, "package");
  ASSERT_EQ(packages.size(), locked["platforms"]["linux/amd64"]["packages"].size());
  for (const auto& [name, package] : packages) {
    const std::string deb = stage.read("archive/" + package["annotations"]["path"].get<std::string>());
    EXPECT_FALSE(deb.empty()) << name;
    EXPECT_EQ(digest_hex(package), Digest::of(deb).hex()) << name;
  }
  EXPECT_EQ(digest_hex(of_kind(provenance, "release").at("stone stone InRelease")), Digest::of(stage.read("archive/dists/stone/InRelease")).hex());
  EXPECT_EQ(of_kind(provenance, "source").size(), packages.size()) << "each is its own source here";
  EXPECT_FALSE(of_kind(provenance, "declared-effects").empty());
  const Json run = provenance["runDetails"];
  EXPECT_EQ(run["metadata"]["finishedOn"], "2023-11-14T22:13:21Z");
  EXPECT_EQ(digest_hex(run["builder"]["builderDependencies"][0]).size(), 64U);
  ASSERT_EQ(run["byproducts"].size(), 2U);
  const Json sbom = stage.json({"sbom", "oci:out:1"});
  const auto owners = std::ranges::find(sbom["files"], Json("usr/share/ashlar/image.json"), [](const Json& each) { return each["path"]; });
  ASSERT_NE(owners, sbom["files"].end());
  EXPECT_EQ(digest_hex(run["byproducts"][0]), (*owners)["sha256"].get<std::string>());
  EXPECT_EQ(run["byproducts"][1]["annotations"]["result"], "passed") << run;
  EXPECT_EQ(digest_hex(run["byproducts"][1]), said->image.hex());
}

TEST_F(PredicatesFlow, files_of_the_catalogue_are_dependencies) {
  stage.write("app.conf", "colour = grey\n");
  stage.write("tree/one", "1\n");
  stage.write("small.yaml", stage.read("small.yaml") + "paths:\n  - {type: file, path: /etc/app.conf, source: app.conf}\n  - {type: directory, path: /srv/tree, source: tree}\n  - {type: file, path: /etc/literal, content: x}\n"
                                                      "  - {type: symlink, path: /etc/link, source: app.conf}\n");
  image = stage.digest("small.yaml", "oci:out:1", {"--platform", "linux/amd64"});
  const auto said = say(wish());
  ASSERT_TRUE(said) << said.error().message;
  const auto files = of_kind(predicate(*said, attest::provenance_uri), "file");
  ASSERT_EQ(files.size(), 2U) << "a text stands in the definition, and a link has no bytes";
  EXPECT_EQ(digest_hex(files.at("/etc/app.conf")), Digest::of(std::string_view("colour = grey\n")).hex());
  EXPECT_EQ(digest_hex(files.at("/srv/tree/one")), Digest::of(std::string_view("1\n")).hex());
}

TEST_F(PredicatesFlow, the_same_bytes_every_time_and_nothing_of_this_machine) {
  const auto tests = tested();
  PredicateWish all = wish();
  all.tested = &tests;
  const auto once = say(all), again = say(all);
  ASSERT_TRUE(once && again);
  ASSERT_EQ(once->list.size(), again->list.size());
  for (size_t at = 0; at < once->list.size(); ++at) {
    EXPECT_EQ(once->list[at].text, again->list[at].text) << once->list[at].uri;
    EXPECT_EQ(once->list[at].text.find(stage.folder().string()), std::string::npos) << once->list[at].uri;
  }
}

TEST_F(PredicatesFlow, the_lock_that_is_said_builds_the_image_again) {
  const auto said = say(wish());
  ASSERT_TRUE(said) << said.error().message;
  const auto lock = std::ranges::find(said->list, attest::lock_uri, &attest::Predicate::uri);
  ASSERT_NE(lock, said->list.end());
  EXPECT_EQ(lock->text, stage.read("small.lock.json"));
  stage.write("small.lock.json", to_pretty(predicate(*said, attest::lock_uri)));  // as who reads the statement has it
  EXPECT_EQ(stage.digest("small.yaml", "oci:again:1", {"--platform", "linux/amd64", "--locked"}), image);
}

TEST_F(PredicatesFlow, what_is_not_so_is_not_said) {
  const auto tests = tested();
  const auto scan = scanned();
  pipeline::Tested other_tests = tests;
  other_tests.image = Digest::of(std::string_view("another"));
  scan::Report other_scan = scan;
  other_scan.digest = other_tests.image.str();
  stage.write("other.yaml", stage.read("small.yaml"));
  struct Row { std::string_view summary; std::function<void(PredicateWish&)> change; Kind kind; std::string_view why; };
  const Row rows[] = {
      {"a definition without a lock", [&](PredicateWish& w) { w.definition = path("other.yaml"); }, Kind::NotFound, "there is no lock"},
      {"no definition", [&](PredicateWish& w) { w.definition = path("nowhere.yaml"); }, Kind::NotFound, "nowhere.yaml"},
      {"no image", [&](PredicateWish& w) { w.image = "oci:" + path("nowhere"); }, Kind::NotFound, "no OCI image layout"},
      {"a folder", [&](PredicateWish& w) { w.image = "dir:" + path("archive"); }, Kind::Invalid, "it is no image"},
      {"tests of another image", [&](PredicateWish& w) { w.tested = &other_tests; }, Kind::Conflict, "the tests are of 'sha256:"},
      {"a scan of another image", [&](PredicateWish& w) { w.scanned = &other_scan; }, Kind::Conflict, "the scan is of 'sha256:"},
      {"a builder without an address", [&](PredicateWish& w) { w.builder = "me"; }, Kind::Invalid, "'me', who built it, is no URI"},
      {"a platform that it has not", [&](PredicateWish& w) { w.platform = "linux/arm64"; }, Kind::NotFound, "it has linux/amd64"},
  };
  for (const Row& row : rows) {
    PredicateWish changed = wish();
    row.change(changed);
    const auto said = say(changed);
    ASSERT_FALSE(said) << row.summary;
    EXPECT_EQ(said.error().kind, row.kind) << row.summary << ": " << said.error().message;
    EXPECT_TRUE(said.error().message.starts_with("cannot make statements on '")) << said.error().message;
    EXPECT_NE(said.error().message.find(row.why), std::string::npos) << row.summary << ": " << said.error().message;
  }
}

TEST_F(PredicatesFlow, an_image_of_another_lock_is_found_out) {
  offer_words("2.0", false);
  archive->publish();
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  const auto said = say(wish());
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().kind, Kind::Conflict);
  EXPECT_NE(said.error().message.find("the lock names 'words 2.0 "), std::string::npos) << said.error().message;
  edit("small.yaml", "[base-files, greeter]", "[base-files]");
  EXPECT_EQ(say(wish()).error().kind, Kind::Conflict) << "the lock is of another definition";
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const auto more = say(wish());
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, Kind::Conflict);
  EXPECT_NE(more.error().message.find("the image has 'greeter 1.0 "), std::string::npos) << more.error().message;
}

TEST_F(PredicatesFlow, what_other_verbs_answer_is_what_is_said) {
  const auto tests = tested();
  PredicateWish all = wish();
  all.tested = &tests;
  const auto said = say(all);
  ASSERT_TRUE(said) << said.error().message;
  for (const auto& [uri, format] : {std::pair{attest::spdx_uri, "spdx-json"}, {attest::cyclonedx_uri, "cyclonedx-json"}}) {
    const auto found = std::ranges::find(said->list, uri, &attest::Predicate::uri);
    EXPECT_EQ(found->text, stage.ashlar({"sbom", "oci:out:1", "--format", format}).out) << format;
  }
  const Json answer = stage.json({"test", "oci:out:1", "--definition", "small.yaml", "--no-run"}, tests.passed() ? 0 : 1);
  const Json proof = predicate(*said, attest::hardening_uri), results = predicate(*said, attest::test_result_uri);
  EXPECT_EQ(proof["checks"], answer["checks"]);
  EXPECT_EQ(proof["passed"], answer["passed"]);
  EXPECT_EQ(proof["policy"]["definition_claimed"], false);
  ASSERT_EQ(proof["policy"]["held_against"].size(), 2U) << "there is no baseline of this distribution";
  EXPECT_EQ(digest_hex(proof["policy"]["held_against"][0]), Digest::of(stage.read("small.yaml")).hex());
  EXPECT_EQ(digest_hex(proof["policy"]["held_against"][1]), Digest::of(stage.read("small.lock.json")).hex());
  EXPECT_EQ(results["configuration"], proof["policy"]["held_against"]);
  for (const Json& check : answer["checks"]) {
    const char* const list = check["result"] == "passed" ? "passedTests" : check["result"] == "failed" ? "failedTests" : check["result"] == "excused" ? "warnedTests" : nullptr;
    for (const char* each : {"passedTests", "failedTests", "warnedTests"}) {
      const bool there = std::ranges::find(results[each], check["id"]) != results[each].end();
      EXPECT_EQ(there, list != nullptr && std::string_view(each) == list) << check["id"] << " in " << each;
    }
  }
}

TEST_F(PredicatesFlow, the_frameworks_own_python_takes_them) {
  std::string python;
  for (const std::string& place : {std::string(ASHLAR_BUILD_DIR) + "/../sbom-validators", std::string(ASHLAR_BUILD_DIR) + "/sbom-validators"}) {
    if (python.empty() && fs::exists(place + "/installed")) python = place + "/bin/python";
  }
  if (python.empty()) GTEST_SKIP() << "scripts/install-validators.sh has not installed them";
  const auto tests = tested();
  const auto scan = scanned();
  PredicateWish all = wish();
  all.tested = &tests, all.scanned = &scan, all.started = Time{1'700'000'000};
  const auto said = say(all);
  ASSERT_TRUE(said) << said.error().message;
  Words argv = {python, ASHLAR_SOURCE_DIR "/scripts/validate_statement.py"};
  const std::vector<attest::StatementSubject> subjects = {{"example/small", {{"sha256", said->image.hex()}}}};
  for (const attest::Predicate& each : said->list) {
    argv.push_back(std::string(attest::find_predicate_type(each.uri)->name) + ".statement.json");
    stage.write(argv.back(), attest::to_text(subjects, each.uri, each.text));
  }
  const Ran good = stage.run(argv);
  EXPECT_EQ(good.code, 0) << good.told;
  // And it does judge: what we refuse, it refuses.
  struct Row { std::string_view summary; std::function<void(Json&)> spoil; };
  for (const Row& row : {Row{"another type", [](Json& v) { v["_type"] = "https://in-toto.io/Statement/v7"; }}, {"no subject", [](Json& v) { v["subject"] = Json::array(); }},
                         {"no digest", [](Json& v) { v["subject"][0].erase("digest"); }}, {"a field of its own", [](Json& v) { v["predicate"]["buildDefinition"]["mine"] = 1; }},
                         {"a nameless dependency", [](Json& v) { v["predicate"]["buildDefinition"]["resolvedDependencies"][0] = Json::object(); }}}) {
    Json spoilt = parse_json(stage.read("slsaprovenance1.statement.json"), "x").value();
    row.spoil(spoilt);
    stage.write("spoilt.json", to_compact(spoilt));
    EXPECT_EQ(stage.run({python, ASHLAR_SOURCE_DIR "/scripts/validate_statement.py", "spoilt.json"}).code, 1) << row.summary;
  }
}

TEST_F(PredicatesFlow, cosign_takes_them_and_we_read_what_it_makes_of_them) {
  ASHLAR_NEED("cosign");
  const auto tests = tested();
  const auto scan = scanned();
  PredicateWish all = wish();
  all.tested = &tests, all.scanned = &scan, all.started = Time{1'700'000'000};
  const auto said = say(all);
  ASSERT_TRUE(said) << said.error().message;
  stage.environment["COSIGN_PASSWORD"] = "";
  ASSERT_EQ(stage.run({"cosign", "generate-key-pair"}).code, 0);
  const std::set<std::string_view> cosigns = {"slsaprovenance1", "spdxjson", "cyclonedx", "vuln"};
  for (const attest::Predicate& each : said->list) {
    const std::string name(attest::find_predicate_type(each.uri)->name);
    stage.write(name + ".json", each.text);
    const Ran ran = stage.run({"cosign", "attest-blob", "--yes", "--tlog-upload=false", "--key", "cosign.key", "--type", cosigns.contains(name) ? name : each.uri, "--predicate", name + ".json", "--hash", said->image.hex(),
                               "--output-attestation", name + ".statement", "--new-bundle-format=false", "example/small"});
    ASSERT_EQ(ran.code, 0) << name << ": " << ran.told;
    const auto read = attest::read_statement(stage.read(name + ".statement"), name);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->is_on(said->image)) << name;
    EXPECT_EQ(read->predicate_type, each.uri);
    const auto checked = attest::check_predicate(read->predicate_type, read->predicate);
    EXPECT_TRUE(checked) << name << ": " << checked.error().message;
    if (name != "slsaprovenance1" && name != "vuln") {  // cosign takes these apart, and drops fields that it does not know
      EXPECT_EQ(nlohmann::json::parse(to_compact(read->predicate)), nlohmann::json::parse(each.text)) << name;
      continue;
    }
    if (name == "vuln") continue;
    EXPECT_EQ(read->predicate["buildDefinition"]["resolvedDependencies"].size(), predicate(*said, each.uri)["buildDefinition"]["resolvedDependencies"].size());
    EXPECT_EQ(read->predicate["runDetails"]["builder"]["id"], "https://ci.example/builder");
  }
}

}  // namespace
}  // namespace ashlar::flow
