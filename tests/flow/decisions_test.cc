// `ashlar vex`, `except` and `explain`: what people say of findings, what it does to a scan, and the chain of a finding and of silence; and every exit code.
#include "host/loopback.h"
#include "sample_root.h"

namespace ashlar::flow {
namespace {

/// Two packages of one source with a flaw, as a root file system and as an image.
class DecisionsFlow : public SampleRoot {
 protected:
  void SetUp() override {
    know({{"debian-tracker", tracked("a", {{"trixie", "2"}}, "high")}});
    stage.write("root/etc/os-release", debian13);
    stage.write("root/var/lib/dpkg/status", deb("liba1", "1", "Source: a\n") + deb("a-tools", "1", "Source: a\n") + deb("b", "1"));
    pack_root(stage, "root", "image");
  }
  Ran vex(Words more) const { return more.insert(more.begin(), "vex"), stage.ashlar(more); }
  Ran except(Words more) const { return more.insert(more.begin(), "except"), stage.ashlar(more); }
  /// Status of the finding in each package.
  static std::map<std::string, std::string> statuses(const Json& answer) {
    std::map<std::string, std::string> out;
    for (const Json& each : answer["findings"]) out[each["package"]["name"]] = each["status"];
    return out;
  }
  using Statuses = std::map<std::string, std::string>;
  const Words decision = {"add", "CVE-2026-0001", "--package", "a", "--owner", "platform", "--reason", "not reachable", "--expires", "90d"};
};

/// The words of a call without the option and its value.
Words without(Words words, const std::string& option) {
  const auto at = std::ranges::find(words, option);
  words.erase(at, at + 2);
  return words;
}
Words with(Words words, const std::string& option, const std::string& value) {
  *(std::ranges::find(words, option) + 1) = value;
  return words;
}

TEST_F(DecisionsFlow, a_statement_counts_where_somebody_names_its_file) {
  const Words add = {"add", "CVE-2026-0001", "--package", "deb:a", "--justification", "vulnerable_code_not_present", "--reason", "built without it", "--author", "Team"};
  const Json added = stage.json([&] { Words words = add; words.insert(words.begin(), "vex"); return words; }());
  EXPECT_EQ(added["replaced"], false);
  EXPECT_EQ(misfit(added, Json::parse(R"({"schema": "", "file": "", "vulnerability": "", "status": "", "replaced": false})")), "");
  const Json listed = stage.json({"vex"});
  ASSERT_EQ(listed["statements"].size(), 1U);
  EXPECT_EQ(listed["statements"][0]["vulnerability"], "CVE-2026-0001");
  EXPECT_EQ(statuses(scan("oci:image:1")), (Statuses{{"liba1", "affected"}, {"a-tools", "affected"}})) << "nobody names it";
  const Json named = scan("oci:image:1", {"--vex", "vex.json"});
  EXPECT_EQ(statuses(named), (Statuses{{"liba1", "not_affected"}, {"a-tools", "not_affected"}})) << "a statement on a source is one on all that it builds";
  EXPECT_EQ(named["verdict"], "clean") << causes(named);
  EXPECT_EQ(named["statements"][0]["applied"], true);
  EXPECT_EQ(named["statements"][0]["matched"], 2);
  stage.write("ashlar.yaml", "scan:\n  statements: [vex.json]\n");
  EXPECT_EQ(scan("oci:image:1")["verdict"], "clean") << "the configuration names it";
  // Said again, it is said otherwise.
  const Ran again = vex({"add", "CVE-2026-0001", "--package", "deb:a", "--status", "affected", "--reason", "update soon"});
  EXPECT_EQ(again.code, 0) << again.told;
  EXPECT_NE(again.out.find("(instead of what it said before)"), std::string::npos) << again.told;
  EXPECT_EQ(stage.json({"vex"})["statements"].size(), 1U);
  EXPECT_EQ(scan("oci:image:1")["verdict"], "affected");
}

TEST_F(DecisionsFlow, statements_that_nobody_can_make_are_refused) {
  const Words add = {"add", "CVE-2026-0001", "--package", "deb:a", "--justification", "vulnerable_code_not_present", "--author", "Team"};
  struct { const char* summary; Words words; const char* says; } const rows[] = {
      {"no vulnerability", {"add", "--package", "deb:a"}, "the vulnerability is missing"},
      {"no package", without(add, "--package"), "--package is missing"},
      {"a new document of nobody", without(add, "--author"), "author"},
      {"not affected, and no word why", without(add, "--justification"), "justification"},
      {"a word that OpenVEX does not have", with(add, "--justification", "because"), "because"},
      {"a status that is none", {"add", "CVE-2026-0001", "--package", "deb:a", "--author", "Team", "--status", "fine"}, "fine"},
      {"affected, and nothing to do", {"add", "CVE-2026-0001", "--package", "deb:a", "--author", "Team", "--status", "affected"}, "affected"},
      {"a package that is none", with(add, "--package", "pkg:"), "pkg:"},
      {"an action that is none", {"burn"}, "the actions are add, list, sign and export"},
      {"a list of something", {"list", "x"}, "it takes no 'x'"},
      {"an export of nothing", {"export"}, "the image is missing"},
      {"an export where nobody has said anything", {"export", "oci:image:1"}, "there are none"},
      {"an absence of nothing in particular", [&] { Words words = add; words.insert(words.end(), {"--absent", "*.so"}); return words; }(), "--absent needs --in"},
  };
  for (const auto& row : rows) {
    const Ran ran = vex(row.words);
    EXPECT_EQ(ran.code, 2) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
    EXPECT_FALSE(stage.exists("vex.json")) << row.summary;
  }
}

TEST_F(DecisionsFlow, exported_statements_are_about_one_image) {
  ASSERT_EQ(vex({"add", "CVE-2026-0001", "--package", "deb:a", "--justification", "vulnerable_code_not_present", "--author", "Team"}).code, 0);
  const Ran ran = vex({"export", "oci:image:1"});
  ASSERT_EQ(ran.code, 0) << ran.told;
  const Json document = parse_json(ran.out, "export").value();
  Set products, parts;
  for (const Json& product : document["statements"][0]["products"]) {
    products.insert(product["@id"].get<std::string>().substr(0, 20));
    for (const Json& part : product.value("subcomponents", Json::array())) parts.insert(part["@id"].get<std::string>());
  }
  EXPECT_EQ(parts, (Set{"pkg:deb/debian/a-tools@1", "pkg:deb/debian/liba1@1"}));
  EXPECT_TRUE(products.contains("pkg:deb/debian/liba1")) << ran.out;
  EXPECT_TRUE(std::ranges::any_of(products, [](const std::string& each) { return each.starts_with("pkg:oci/"); })) << ran.out;
  stage.write("exported.vex.json", ran.out);
  fs::remove(stage.folder() / "vex.json");
  EXPECT_EQ(scan("oci:image:1", {"--vex", "exported.vex.json"})["verdict"], "clean");
  EXPECT_EQ(stage.ashlar({"validate", "exported.vex.json"}).code, 0);
  // Of another image that lacks one of the packages it is as good as nothing for the rest.
  EXPECT_EQ(scan("dir:root", {"--vex", "exported.vex.json"})["verdict"], "clean") << "the packages are named by themselves as well";
}

TEST_F(DecisionsFlow, a_decision_holds_for_its_time_and_is_no_statement) {
  const Ran made = except(decision);
  ASSERT_EQ(made.code, 0) << made.told;
  EXPECT_NE(made.out.find("severity high"), std::string::npos) << made.told;
  stage.write("ashlar.yaml", "scan:\n  exceptions: exceptions.json\n");
  const Json excepted = scan("oci:image:1");
  EXPECT_EQ(statuses(excepted), (Statuses{{"liba1", "excepted"}, {"a-tools", "excepted"}}));
  EXPECT_EQ(excepted["verdict"], "affected") << "what is lived with is there all the same";
  const std::string reason = excepted["findings"][0]["reason"];
  EXPECT_TRUE(reason.starts_with("'platform' until ") && reason.ends_with(": not reachable")) << reason;
  EXPECT_EQ(stage.ashlar({"scan", "oci:image:1", "--fail-on", "low"}).code, 0);
  const Ran table = stage.ashlar({"scan", "oci:image:1"});
  EXPECT_NE(table.out.find("excepted: 'platform' until "), std::string::npos) << table.told;
  EXPECT_EQ(vex({"export", "oci:image:1"}).code, 2) << "a decision is no statement, so that there is none";
  EXPECT_EQ(stage.ashlar({"validate", "exceptions.json"}).code, 0);
  // Twice the same, and wider than one that stands.
  EXPECT_EQ(except(decision).code, 2);
  const Json list = stage.json({"except"});
  EXPECT_EQ(list["exceptions"][0]["standing"], "holds");
  EXPECT_EQ(list["exceptions"][0]["id"], "E-1");
  ASSERT_EQ(except({"revoke", "E-1"}).code, 0);
  EXPECT_EQ(stage.json({"except", "list"})["exceptions"][0]["standing"], "revoked");
  const Json open = scan("oci:image:1");
  EXPECT_EQ(statuses(open), (Statuses{{"liba1", "affected"}, {"a-tools", "affected"}}));
  EXPECT_TRUE(open["findings"][0]["reason"].get<std::string>().starts_with("open again: decision E-1 of 'platform' was revoked on ")) << open["findings"][0]["reason"];
  EXPECT_EQ(except({"revoke", "E-1"}).code, 2) << "once is enough";
}

TEST_F(DecisionsFlow, what_gets_worse_opens_a_decision_again) {
  know({{"debian-tracker", tracked("a", {{"trixie", ""}}, "medium")}});
  ASSERT_EQ(except(decision).code, 0);
  stage.write("ashlar.yaml", "scan:\n  exceptions: exceptions.json\n");
  ASSERT_EQ(statuses(scan("oci:image:1")), (Statuses{{"liba1", "excepted"}, {"a-tools", "excepted"}}));
  struct { const char* summary; std::string tracker; const char* says; } const rows[] = {
      {"a fix", tracked("a", {{"trixie", "2"}}, "medium"), "was made when there was no fix, 2 is one"},
      {"a heavier severity", tracked("a", {{"trixie", ""}}, "high"), "was made when the severity was medium, it is high now"},
  };
  for (const auto& row : rows) {
    know({{"debian-tracker", row.tracker}});
    const Json answer = scan("oci:image:1");
    EXPECT_EQ(statuses(answer), (Statuses{{"liba1", "affected"}, {"a-tools", "affected"}})) << row.summary;
    EXPECT_NE(answer["findings"][0]["reason"].get<std::string>().find(row.says), std::string::npos) << row.summary << answer["findings"][0]["reason"];
  }
  know({{"debian-tracker", tracked("a", {{"trixie", ""}}, "medium")}, {"kev", R"({"title": "x", "catalogVersion": "1", "dateReleased": "2026-01-02T00:00:00Z", "count": 1, "vulnerabilities": [{"cveID": "CVE-2026-0001", "vendorProject": "x", "product": "x", "vulnerabilityName": "x", "dateAdded": "2026-01-01", "shortDescription": "x", "requiredAction": "x", "dueDate": "2026-02-01", "knownRansomwareCampaignUse": "Unknown"}]})"}});
  EXPECT_NE(scan("oci:image:1")["findings"][0]["reason"].get<std::string>().find("was made before it was known to be exploited (2026-01-01)"), std::string::npos);
}

TEST_F(DecisionsFlow, decisions_that_nobody_may_make_are_refused) {
  struct { const char* summary; Words words; const char* says; } const rows[] = {
      {"no vulnerability", {"add", "--package", "a"}, "the vulnerability is missing"},
      {"no package", without(decision, "--package"), "a decision is about one package"},
      {"no owner", without(decision, "--owner"), "somebody answers for it"},
      {"no reason", without(decision, "--reason"), "no reason is given"},
      {"no end", without(decision, "--expires"), "no end is named"},
      {"an end that has passed", with(decision, "--expires", "2020-01-01"), "its end, 2020-01-01, has passed"},
      {"an end in words", with(decision, "--expires", "never"), "'never' is neither a date"},
      {"a pattern", with(decision, "--package", "*"), "'*' is a pattern"},
      {"one that is not there", {"revoke", "E-9"}, "has no such decision"},
      {"nothing to revoke", {"revoke"}, "the decision is missing"},
      {"an action that is none", {"burn"}, "the actions are add, list, sign and revoke"},
      {"a finding that the target does not have", [&] { Words words = with(decision, "--package", "b"); words.insert(words.end(), {"--target", "oci:image:1"}); return words; }(), "has no such finding"},
  };
  for (const auto& row : rows) {
    const Ran ran = except(row.words);
    EXPECT_EQ(ran.code, 2) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
    EXPECT_FALSE(stage.exists("exceptions.json")) << row.summary;
  }
  stage.write("exceptions.json", "{}");
  stage.write("ashlar.yaml", "scan:\n  exceptions: exceptions.json\n");
  const Ran ran = stage.ashlar({"scan", "oci:image:1"});
  EXPECT_EQ(ran.code, 2) << "a file of decisions that does not read is no reason to live with less, nor with more\n" << ran.told;
}

TEST_F(DecisionsFlow, explain_shows_the_chain_of_a_finding_and_of_silence) {
  know({{"debian-tracker", R"({"a": {"CVE-2026-0001": {"description": "one", "releases": {"trixie": {"status": "resolved", "fixed_version": "2", "urgency": "high", "repositories": {"trixie": "2"}}, "bookworm": {"status": "open", "repositories": {"bookworm": "1"}}}},
                                     "CVE-2026-0002": {"description": "two", "releases": {"trixie": {"status": "resolved", "fixed_version": "0", "repositories": {"trixie": "2"}}}}},
                               "b": {"CVE-2026-0003": {"releases": {"trixie": {"status": "resolved", "fixed_version": "1", "repositories": {"trixie": "1"}}}},
                                     "CVE-2026-0004": {"releases": {"trixie": {"status": "undetermined", "repositories": {"trixie": "1"}}}}},
                               "c": {"CVE-2026-0005": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": "1"}}}}}})"}});
  struct { const char *summary, *id; size_t components; const char *outcome, *step; } const rows[] = {
      {"a finding", "CVE-2026-0001", 2, "affected", "1 < 2 (fixed, dpkg)"},
      {"what was never affected", "CVE-2026-0002", 2, "not affected", "'debian-tracker' says that no version of 'a' in 'Debian:13' is affected"},
      {"what is fixed", "CVE-2026-0003", 1, "not affected", "1 = 1 (fixed, dpkg)"},
      {"what nobody has determined", "CVE-2026-0004", 1, "undetermined", "'debian-tracker' has not determined whether it is affected"},
      {"a package that is not there", "CVE-2026-0005", 0, "", ""},
  };
  for (const auto& row : rows) {
    const Json answer = stage.json({"explain", row.id, "oci:image:1"});
    EXPECT_EQ(answer["schema"], "https://ashlar.dev/explained-advisory/v1");
    ASSERT_EQ(answer["components"].size(), row.components) << row.summary << answer;
    const Ran words = stage.ashlar({"explain", row.id, "oci:image:1"});
    EXPECT_EQ(words.code, 0) << words.told;
    if (row.components == 0) {
      EXPECT_NE(words.out.find("speaks of nothing that is in 'oci:image:1'"), std::string::npos) << words.told;
      continue;
    }
    const Json& judgement = answer["components"][0]["judgements"][0];
    ASSERT_FALSE(judgement["steps"].empty()) << row.summary;
    EXPECT_EQ(judgement["outcome"], row.outcome) << row.summary;
    EXPECT_EQ(judgement["feed"], "debian-tracker");
    EXPECT_EQ(judgement["steps"].back()["text"], row.step) << row.summary;
    EXPECT_EQ(answer["components"][0]["space"], "Debian:13");
    for (const char* part : {row.outcome, row.step, "judged in 'Debian:13'"}) EXPECT_NE(words.out.find(part), std::string::npos) << row.summary << words.told;
  }
  const Ran nobody = stage.ashlar({"explain", "CVE-1999-0001", "oci:image:1"});
  EXPECT_EQ(nobody.code, 2) << nobody.told;
  EXPECT_NE(nobody.err.find("no feed of the database has it"), std::string::npos) << nobody.told;
}

TEST_F(DecisionsFlow, explain_shows_what_statements_and_decisions_say) {
  attach(stage, "image", R"({"_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": ")" + std::string(64, 'a') + R"("}}], "predicateType": "https://openvex.dev/ns", "predicate": {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "Vendor", "timestamp": "2026-01-01T00:00:00Z", "version": 1,
    "statements": [{"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:deb/debian/a"}], "status": "not_affected", "justification": "component_not_present"}]}})");
  const auto findings = [&](const Words& more = {}) {
    Words words = {"explain", "CVE-2026-0001", "oci:image:1"};
    words.insert(words.end(), more.begin(), more.end());
    const Json answer = stage.json(words);
    return answer["components"].empty() ? answer : answer["components"][0]["findings"];
  };
  const Json untrusted = findings();
  ASSERT_EQ(untrusted.size(), 1U) << untrusted;
  EXPECT_EQ(untrusted[0]["status"], "affected");
  ASSERT_EQ(untrusted[0]["steps"].size(), 1U) << untrusted;
  const std::string said = untrusted[0]["steps"][0]["text"];
  EXPECT_TRUE(said.starts_with("'Vendor' in 'attached as sha256:") && said.find("says not_affected: component_not_present (not applied: ") != std::string::npos) << said;
  ASSERT_EQ(vex({"add", "CVE-2026-0001", "--package", "deb:a", "--justification", "vulnerable_code_not_present", "--author", "Team"}).code, 0);
  ASSERT_EQ(except(decision).code, 0);
  const Json named = findings({"--vex", "vex.json"});
  EXPECT_EQ(named[0]["status"], "not_affected") << named;
  EXPECT_NE(named.dump().find("'Team' in 'vex.json' says not_affected: vulnerable_code_not_present (applied: nobody signed it, and its document is one that was named to be believed)"), std::string::npos) << named;
  EXPECT_EQ(findings()[0]["status"], "excepted") << "the decision, which stands in exceptions.json";
  // The other way round it can mean nothing else.
  const Ran turned = stage.ashlar({"explain", "oci:image:1", "cve-2026-0001", "--vex", "vex.json"});
  EXPECT_EQ(turned.code, 0) << turned.told;
  EXPECT_EQ(turned.out, stage.ashlar({"explain", "CVE-2026-0001", "oci:image:1", "--vex", "vex.json"}).out);
  EXPECT_NE(turned.out.find("(not applied: "), std::string::npos) << turned.told;
  EXPECT_NE(turned.out.find("  CVE-2026-0001 is not_affected: 'Team': vulnerable_code_not_present"), std::string::npos) << turned.told;
  EXPECT_NE(turned.out.find("(var/lib/dpkg/status, layer 0)"), std::string::npos) << "as the JSON counts them\n" << turned.told;
  EXPECT_EQ(stage.ashlar({"explain", "oci:nowhere:1", "CVE-2026-0001"}).code, 2);
}

TEST_F(DecisionsFlow, a_file_of_decisions_that_is_named_has_to_be_there) {
  EXPECT_EQ(stage.ashlar({"scan", "oci:image:1"}).code, 0) << "none is named";
  stage.write("ashlar.yaml", "scan:\n  exceptions: decisions/exceptoins.json\n");
  for (const Words& words : {Words{"scan", "oci:image:1"}, Words{"explain", "CVE-2026-0001", "oci:image:1"}, Words{"diff", "oci:image:1", "oci:image:1", "--db", "kept"}, Words{"outcomes", "--new", "oci:image:1"},
                             Words{"triage", "oci:image:1", "--list"}, Words{"except", "list"}}) {
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, 2) << words[0] << ran.told;
    EXPECT_NE(ran.err.find("decisions/exceptoins.json': it is not there, and '"), std::string::npos) << words[0] << ran.told;
  }
  // The first decision makes it.
  const Ran made = except(decision);
  EXPECT_EQ(made.code, 0) << made.told;
  EXPECT_TRUE(stage.exists("decisions/exceptoins.json"));
  EXPECT_EQ(statuses(scan("oci:image:1"))["liba1"], "excepted");
}

// The project's decisions and the user's own add up, as statements do; new ones are the project's.
TEST_F(DecisionsFlow, decisions_of_the_user_count_beside_those_of_the_project) {
  ASSERT_EQ(except(decision).code, 0);
  fs::create_directories(stage.folder() / "home/config/ashlar");
  fs::rename(stage.folder() / "exceptions.json", stage.folder() / "home/config/ashlar/own.json");
  stage.write("home/config/ashlar/config.yaml", "scan:\n  exceptions: own.json\n");
  const Statuses lived_with{{"liba1", "excepted"}, {"a-tools", "excepted"}};
  EXPECT_EQ(statuses(scan("oci:image:1")), lived_with) << "there is no project";
  stage.write("ashlar.yaml", "scan:\n  dark: list\n");
  EXPECT_EQ(statuses(scan("oci:image:1")), lived_with) << "the project has none itself, and nothing lacks";
  const Words other = with(with(decision, "add", "CVE-2026-0009"), "--package", "b");
  ASSERT_EQ(except(other).code, 0);
  EXPECT_TRUE(stage.exists("exceptions.json")) << "new ones are the project's";
  EXPECT_EQ(statuses(scan("oci:image:1")), lived_with);
  const Json list = stage.json({"except"});
  ASSERT_EQ(list["exceptions"].size(), 2U) << list;
  EXPECT_TRUE(list["exceptions"][1]["file"].get<std::string>().ends_with("ashlar/own.json")) << list;
  const Ran both = except({"revoke", "E-1"});
  EXPECT_EQ(both.code, 2) << both.told;
  EXPECT_NE(both.err.find("have one each: name the file that is meant (--file)"), std::string::npos) << both.told;
  ASSERT_EQ(except({"revoke", "E-1", "--file", "home/config/ashlar/own.json"}).code, 0);
  EXPECT_EQ(statuses(scan("oci:image:1")), (Statuses{{"liba1", "affected"}, {"a-tools", "affected"}}));
  // One that the user names and that is not there is told with the file that names it.
  stage.write("home/config/ashlar/config.yaml", "scan:\n  exceptions: gone.json\n");
  const Ran gone = stage.ashlar({"scan", "oci:image:1"});
  EXPECT_EQ(gone.code, 2) << gone.told;
  EXPECT_NE(gone.err.find("ashlar/gone.json': it is not there, and '"), std::string::npos) << gone.told;
  EXPECT_NE(gone.err.find("ashlar/config.yaml' names it"), std::string::npos) << gone.told;
}

TEST_F(DecisionsFlow, a_day_means_its_end) {
  ASSERT_EQ(vex({"add", "CVE-2026-0001", "--package", "deb:a", "--justification", "vulnerable_code_not_present", "--author", "Team"}).code, 0);
  const auto applied = [&](const std::string& as_of) { return scan("oci:image:1", {"--vex", "vex.json", "--as-of", as_of})["statements"][0]["matched"]; };
  const std::string today = stage.run({"date", "-u", "+%Y-%m-%d"}).out.substr(0, 10);
  const Json now = scan("oci:image:1", {"--vex", "vex.json", "--as-of", today});
  EXPECT_EQ(statuses(now)["liba1"], "not_affected") << "what was known on a day is known at its end\n" << now;
  EXPECT_EQ(applied("2099-01-01"), 2);
  for (const char* text : {"yesterday", "2026-11-24T08:00", "24.11.2026", "2026-13-01", "2026-11-24 "}) {
    const Ran ran = stage.ashlar({"scan", "oci:image:1", "--as-of", text});
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find(fmt::format("cannot scan as of '{}': it is neither a day (2026-11-24, which is its end in UTC) nor a moment (2026-11-24T08:00:00Z)", text)), std::string::npos) << ran.told;
  }
}

TEST_F(DecisionsFlow, an_absence_of_what_looks_like_a_slip_is_told) {
  stage.write("root/usr/bin/openssl", "x");
  pack_root(stage, "root", "image");
  const auto add = [&](const std::string& package, const std::string& path) { return vex({"add", "CVE-2026-0001", "--package", package, "--absent", path, "--in", "oci:image:1", "--author", "Team"}); };
  const Ran slip = add("deb:a", "/usr/bin/opensll");
  EXPECT_EQ(slip.code, 0) << slip.told;
  EXPECT_NE(slip.err.find("'/usr/bin/opensll' is not in the image, but '/usr/bin/openssl' is: is the path right?"), std::string::npos) << slip.told;
  EXPECT_EQ(add("deb:a", "/usr/bin/journalctl").err.find("is the path right?"), std::string::npos);
  fs::create_directory_symlink("usr/bin", stage.folder() / "root/bin");
  pack_root(stage, "root", "image");
  const Ran link = add("deb:a", "/bin/openssl");
  EXPECT_EQ(link.code, 2) << link.told;
  EXPECT_NE(link.err.find("'/bin' of the image holds nothing: where it is a link, name the folder that it leads to"), std::string::npos) << link.told;
  const Ran nobody = add("deb:a-tool", "/usr/bin/journalctl");
  EXPECT_EQ(nobody.code, 2) << nobody.told;
  EXPECT_NE(nobody.err.find("the image has no such package, and needs no statement; did you mean 'a-tools'?"), std::string::npos) << nobody.told;
}

TEST_F(DecisionsFlow, every_exit_code_says_what_it_means) {
  auto server = host::LoopbackServer::start(stage.folder());
  ASSERT_TRUE(server) << server.error().message;
  stage.write("clean/etc/os-release", debian13);
  stage.write("clean/var/lib/dpkg/status", deb("b", "1"));
  stage.write("unknown/etc/os-release", "ID=nobody\n");
  stage.write("unknown/var/lib/dpkg/status", deb("a", "1"));
  stage.write("damaged.db", "SQLite format 3" + std::string(5000, 'x'));
  stage.write("broken.vex.json", R"({"@context": "https://openvex.dev/ns/v0.2.0"})");
  ASSERT_EQ(stage.run({"cp", "-r", "image", "forged"}).code, 0);
  for (const auto& entry : fs::directory_iterator(stage.folder() / "forged/blobs/sha256")) {
    if (fs::file_size(entry.path()) < 4000) continue;  // the layer
    fs::permissions(entry.path(), fs::perms(0644));
    std::string bytes = stage.read(fs::relative(entry.path(), stage.folder()));
    bytes[1200] = static_cast<char>(bytes[1200] ^ 1);
    stage.write(fs::relative(entry.path(), stage.folder()), bytes);
  }
  struct { const char* summary; Words words; int code; } const rows[] = {
      {"clean", {"scan", "dir:clean"}, 0},
      {"clean, and a limit", {"scan", "dir:clean", "--fail-on", "low"}, 0},
      {"affected, and no limit", {"scan", "dir:root"}, 0},
      {"affected, under the limit", {"scan", "dir:root", "--fail-on", "critical"}, 0},
      {"affected, at the limit", {"scan", "dir:root", "--fail-on", "high"}, 1},
      {"affected, over the limit", {"scan", "dir:root", "--fail-on", "low"}, 1},
      {"one of several", {"scan", "dir:clean", "dir:root", "--fail-on", "high"}, 1},
      {"no target", {"scan"}, 2},
      {"a target that is not there", {"scan", "dir:nowhere"}, 2},
      {"a tag that is not there", {"scan", "oci:image:2"}, 2},
      {"a limit that is none", {"scan", "dir:root", "--fail-on", "dreadful"}, 2},
      {"a form that is none", {"scan", "dir:root", "--format", "xml"}, 2},
      {"a database that is not there", {"scan", "dir:root", "--db", "nowhere.db"}, 2},
      {"a moment that is none", {"scan", "dir:root", "--as-of", "yesterday"}, 2},
      {"statements that are not there", {"scan", "dir:root", "--vex", "nowhere.json"}, 2},
      {"unknown", {"scan", "dir:unknown"}, 3},
      {"unknown outranks a limit", {"scan", "dir:unknown", "dir:root", "--fail-on", "low"}, 3},
      {"a database of a day before all", {"scan", "dir:clean", "--as-of", "2001-01-01"}, 3},
      {"a server that says no", {"feed", "update", "debian-tracker=" + (*server)->url() + "/nowhere.json"}, 4},
      {"a server that is not there", {"feed", "update", "debian-tracker=http://127.0.0.1:9/x.json"}, 4},
      {"a damaged database", {"scan", "dir:root", "--db", "damaged.db"}, 5},
      {"statements without what their form requires", {"scan", "dir:root", "--vex", "broken.vex.json"}, 5},
      {"a forged layer", {"scan", "oci:forged:1"}, 5},
  };
  for (const auto& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << "\n" << ran.told;
    EXPECT_EQ(ran.err.find("internal error"), std::string::npos) << row.summary << ran.told;
    EXPECT_TRUE(ran.code < 2 || ran.code == 3 || ran.err.starts_with("error: cannot ") || ran.err.starts_with("error: ")) << row.summary << ran.told;
  }
}

}  // namespace
}  // namespace ashlar::flow
