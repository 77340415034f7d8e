// `ashlar triage`: the order of what is open, and what becomes of each answer.
#include <fmt/format.h>

#include "sample_root.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

class TriageFlow : public KnownProject {
 protected:
  void SetUp() override {
    KnownProject::SetUp();
    edit("small.yaml", "platforms: [linux/amd64, linux/arm64]", "platforms: [linux/amd64]");
    edit("small.yaml", "distribution: stone-1", "distribution: debian-13");
    edit("ashlar.yaml", "  stone-1:", "  debian-13:");
    stage.write("ashlar.yaml", stage.read("ashlar.yaml") + "scan:\n  statements: [statements]\n");
    stage.write("statements/none.json", R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "Team", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": []})");
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
    stage.write("fleet.yaml", "images:\n  - {definition: small.yaml, to: 'oci:published'}\n");
    for (const char* person : {"alice", "bob"}) {
      ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", person}).code, 0);
      ASSERT_EQ(stage.ashlar({"keys", "add", fmt::format("{}.pub", person), "--name", person}).code, 0);
    }
    ASSERT_EQ(stage.json({"renew", "--key", "alice.key", "--keep-feeds"})["done"][0]["outcome"], "promoted");
    know_two();
  }
  /// Two flaws without a fix that the archive has: one is low, one is high.
  void know_two() const {
    const auto flaw = [](const char* id, const char* urgency) { return fmt::format(R"("{}": {{"description": "greets too loud", "scope": "remote", "releases": {{"trixie": {{"status": "open", "urgency": "{}", "repositories": {{"trixie": "1.1"}}}}}}}})", id, urgency); };
    stage.write("tracker.json", fmt::format(R"({{"greeter": {{{}, {}}}}})", flaw("CVE-2026-0001", "low"), flaw("CVE-2026-0002", "high")));
    const Ran ran = stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  std::string published() const { return "oci:" + (stage.folder() / "published").string(); }
  /// The program with these lines as its standard input.
  Ran triage(const std::string& lines, const Words& more = {}) const {
    stage.write("lines", lines);
    std::string line = shell_word(program_under_test()) + " triage --file statements/ours.json";
    for (const std::string& each : more) line += " " + shell_word(each);
    return stage.run({"sh", "-c", line + " <lines"});
  }
  Json answers(const std::string& lines, const Words& more = {}, int code = 0) const {
    Words words = {"--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = triage(lines, words);
    EXPECT_EQ(ran.code, code) << ran.told;
    const auto answer = parse_json(ran.out, "triage");
    EXPECT_TRUE(answer) << ran.told;
    return answer ? *answer : Json();
  }
  /// `kind CVE by`, of the events since number `after`.
  std::vector<std::string> events(size_t after) const {
    std::vector<std::string> out;
    const Json log = stage.json({"audit", "log"});
    for (const Json& event : log["entries"]) {
      if (event["number"].get<size_t>() > after) out.push_back(fmt::format("{} {} {}", event["kind"].get<std::string>(), event.value("vulnerability", ""), event.value("by", "")));
    }
    return out;
  }
  size_t count() const { return stage.json({"audit", "log"})["entries"].size(); }
};

TEST_F(TriageFlow, lists_what_is_open_most_urgent_first) {
  const Json listed = stage.json({"triage", "--list"}, 1);
  ASSERT_EQ(listed["open"].size(), 2U) << listed;
  EXPECT_EQ(listed["open"][0]["cve"], "CVE-2026-0002");
  EXPECT_EQ(listed["open"][1]["cve"], "CVE-2026-0001");
  EXPECT_EQ(misfit(listed["open"][0], Json::parse(R"({"cve": "", "package": "", "severity": "", "kev": true, "epss": 0.5, "opened": "", "deadline": null, "fixed_in": "", "fix_at_hand": true, "summary": "", "reason": "", "images": [{"image": "", "ref": "", "platforms": [""]}], "waiting": [], "proof": [{"kind": "", "text": ""}]})")), "");
  EXPECT_EQ(listed["open"][0]["images"][0]["image"], published());
  EXPECT_FALSE(listed["open"][0]["proof"].empty());
  const Ran words = stage.ashlar({"triage", "--list"});
  EXPECT_EQ(words.code, 1) << words.told;
  EXPECT_NE(words.out.find("1  CVE-2026-0002 in greeter, high, no fix yet; in " + published() + "\n"), std::string::npos) << words.told;
  EXPECT_EQ(stage.json({"triage", "--list", "oci:published:1"}, 1)["open"].size(), 2U) << "an image by itself";
  EXPECT_EQ(stage.json({"triage", "--list", "oci:nowhere:1"}, 2)["unseen"].size(), 1U);
}

TEST_F(TriageFlow, answers_become_statements_and_decisions_of_a_person) {
  const size_t before = count();
  const Json answered = answers("n\n2\nnothing of it is linked\n/usr/share/greeter/loud /opt/**\na\n30d\nonly greets us\n", {"--key", "alice.key"});
  ASSERT_EQ(answered["answers"].size(), 2U) << answered;
  EXPECT_EQ(answered["answers"][0]["answer"], "not_affected");
  EXPECT_EQ(answered["answers"][0]["by"], "alice");
  EXPECT_EQ(answered["answers"][0]["counts"], true);
  EXPECT_EQ(answered["answers"][1]["answer"], "accepted");
  EXPECT_EQ(events(before), (std::vector<std::string>{"first-seen CVE-2026-0002 ashlar renew", "assessed CVE-2026-0002 alice", "first-seen CVE-2026-0001 ashlar renew", "excepted CVE-2026-0001 alice"}));
  const Json scanned = stage.json({"scan", "oci:published:1"});
  std::map<std::string, std::string> statuses;
  for (const Json& each : scanned["findings"]) statuses[each["id"]] = each["status"];
  EXPECT_EQ(statuses, (std::map<std::string, std::string>{{"CVE-2026-0001", "excepted"}, {"CVE-2026-0002", "not_affected"}}));
  EXPECT_EQ(stage.json({"vex", "--file", "statements/ours.json"})["statements"][0]["signed_by"], Json::array({"alice"}));
  const Json decision = stage.json({"except"})["exceptions"][0];
  EXPECT_EQ(decision["owner"], "alice");
  EXPECT_EQ("oci:" + decision["image"].get<std::string>(), published());
  EXPECT_EQ(decision["signed_by"], Json::array({"alice"}));
  EXPECT_EQ(stage.json({"triage", "--list"})["open"], Json::array());
  const size_t after = count();
  EXPECT_EQ(stage.json({"renew", "--key", "alice.key", "--keep-feeds"})["due"], Json::array());
  EXPECT_EQ(count(), after) << "the loop knows of it";
  EXPECT_EQ(stage.ashlar({"audit", "verify"}).code, 0);
}

TEST_F(TriageFlow, what_cannot_be_is_said_and_asked_again) {
  struct { const char* summary; std::string lines; const char* says; } const rows[] = {
      {"no answer", "x\n", "'x' is no answer"},
      {"no justification", "n\nbecause\n", "'because' is none of them"},
      {"a number that is none", "n\n6\n", "'6' is none of them"},
      {"a file that is there", "n\n2\n\n/usr/bin/greet\n", "'/usr/bin/greet' is in the image"},
      {"a file without a slash", "n\n2\n\ngreet\n", "'greet' does not begin with '/'"},
      {"an end that has passed", "a\n2020-01-01\nwhy not\n", "its end, 2020-01-01, has passed"},
      {"an end in words", "a\nnever\nwhy not\n", "'never' is neither a date"},
      {"no reason", "a\n30d\n\n", "no reason is given"},
  };
  const size_t before = count();
  for (const auto& row : rows) {
    const Ran ran = triage(row.lines + "q\n", {"--key", "alice.key"});
    EXPECT_EQ(ran.code, 1) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
    EXPECT_EQ(ran.out, "0 answered, 2 left\n") << row.summary;
    EXPECT_FALSE(stage.exists("statements/ours.json") || stage.exists("exceptions.json")) << row.summary;
  }
  EXPECT_EQ(count(), before) << "nothing was written down";
  const Ran nobody = triage("q\n");
  EXPECT_EQ(nobody.code, 2) << nobody.told;
  EXPECT_NE(nobody.err.find("nobody is named who answers"), std::string::npos) << nobody.told;
}

TEST_F(TriageFlow, a_second_person_makes_it_count) {
  stage.write("policy.yaml", "decisions:\n  assessments: [{when: high, people: 2}]\n  exceptions: [{people: 1}]\n");
  stage.write("fleet.yaml", "policy: policy.yaml\nimages:\n  - {definition: small.yaml, to: 'oci:published'}\n");
  const size_t before = count();
  const Json answered = answers("n\n3\nnobody calls it\ns\n", {"--key", "alice.key"}, 1);
  ASSERT_EQ(answered["answers"].size(), 1U) << answered;
  EXPECT_EQ(answered["answers"][0]["counts"], false);
  EXPECT_EQ(answered["answers"][0]["lacks"], "is signed by 1 of the 2 people that the policy asks for where `high` holds (alice)");
  EXPECT_EQ(events(before), (std::vector<std::string>{"first-seen CVE-2026-0002 ashlar renew", "noted CVE-2026-0002 alice"}));
  const Json still = stage.json({"triage", "--list"}, 1);
  ASSERT_EQ(still["open"].size(), 2U);
  EXPECT_EQ(still["open"][0]["reason"], "open again: the statement of 'alice' is signed by 1 of the 2 people that the policy asks for where `high` holds (alice)");
  ASSERT_EQ(stage.ashlar({"vex", "sign", "CVE-2026-0002", "--package", "deb:greeter", "--file", "statements/ours.json", "--key", "bob.key"}).code, 0);
  EXPECT_EQ(stage.json({"triage", "--list"}, 1)["open"].size(), 1U);
  // Without a key nobody has signed.
  const Json unsigned_ = answers("a\n1d\nwhy not\n", {"--author", "carol"});
  EXPECT_EQ(unsigned_["answers"][0]["lacks"], "is signed by 0 of the 1 person that the policy asks for");
}

TEST_F(TriageFlow, a_second_person_co_signs_what_the_first_has_answered) {
  stage.write("policy.yaml", "decisions:\n  assessments: [{people: 2}]\n  exceptions: [{people: 2}]\n");
  stage.write("fleet.yaml", "policy: policy.yaml\nimages:\n  - {definition: small.yaml, to: 'oci:published'}\n");
  // The first is shown from the image, and bound to its digest; the second is a decision.
  ASSERT_EQ(answers("n\n2\nnothing of it is linked\n/opt/**\na\n30d\nonly greets us\n", {"--key", "alice.key"}, 0)["answers"].size(), 2U);
  const Json waiting = stage.json({"triage", "--list"}, 1)["open"];
  ASSERT_EQ(waiting.size(), 2U);
  const std::string of_two = "is signed by 1 of the 2 people that the policy asks for (alice)";
  EXPECT_EQ(waiting[0]["waiting"][0]["says"].get<std::string>().find("'alice' says not_affected: vulnerable_code_not_present: "), 0U) << waiting[0];
  EXPECT_EQ(waiting[0]["waiting"][0]["lacks"], of_two);
  EXPECT_EQ(waiting[0]["waiting"][0]["signed_by"], Json::array({"alice"}));
  EXPECT_NE(waiting[1]["waiting"][0]["says"].get<std::string>().find("(E-1): only greets us"), std::string::npos) << waiting[1];
  struct { const char* summary; std::string lines; Words key; const char* says; } const rows[] = {
      {"the same person again", "c\n", {"--key", "alice.key"}, "'alice' has signed it already, and it waits for somebody else"},
      {"nobody's signature", "c\n", {"--author", "bob"}, "a signature takes a key"},
      {"another statement in its place", "n\n3\nnobody calls it\n", {"--key", "bob.key"}, "co-sign it, or say something else with `ashlar vex add`, which takes its signatures away"},
  };
  const std::string before = stage.read("statements/ours.signatures.json");
  for (const auto& row : rows) {
    const Ran ran = triage(row.lines + "q\n", row.key);
    EXPECT_EQ(ran.out, "0 answered, 2 left\n") << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
    EXPECT_EQ(stage.read("statements/ours.signatures.json"), before) << row.summary;
  }
  const size_t known = count();
  const Json signed_ = answers("c\nc\n", {"--key", "bob.key"});
  ASSERT_EQ(signed_["answers"].size(), 2U) << signed_;
  for (const Json& each : signed_["answers"]) {
    EXPECT_EQ(each["answer"], "signed");
    EXPECT_EQ(each["counts"], true) << each;
  }
  EXPECT_EQ(events(known), (std::vector<std::string>{"assessed CVE-2026-0002 bob", "excepted CVE-2026-0001 bob"}));
  EXPECT_EQ(stage.json({"vex", "--file", "statements/ours.json"})["statements"][0]["signed_by"], Json::array({"alice", "bob"}));
  EXPECT_EQ(stage.json({"except"})["exceptions"][0]["signed_by"], Json::array({"alice", "bob"}));
  EXPECT_EQ(stage.json({"triage", "--list"})["open"], Json::array());
  const Ran nothing = triage("c\nq\n", {"--key", "bob.key", "--fleet", "fleet.yaml"});
  EXPECT_EQ(nothing.code, 0) << nothing.told;
}

TEST_F(TriageFlow, what_was_answered_is_kept_whenever_it_ends) {
  ASHLAR_NEED("timeout");
  const size_t before = count();
  const std::string call = fmt::format("(printf 'a\\n30d\\nonly greets us\\n'; sleep 15) | timeout -s INT 10 {} triage --key alice.key", shell_word(program_under_test()));
  const Ran cut = stage.run({"sh", "-c", call});
  EXPECT_EQ(cut.code, 124) << cut.told;
  EXPECT_EQ(events(before), (std::vector<std::string>{"first-seen CVE-2026-0002 ashlar renew", "excepted CVE-2026-0002 alice"}));
  EXPECT_EQ(stage.json({"except"})["exceptions"].size(), 1U);
  const Json rest = stage.json({"triage", "--list"}, 1);
  ASSERT_EQ(rest["open"].size(), 1U);
  EXPECT_EQ(rest["open"][0]["cve"], "CVE-2026-0001") << "the same call begins with what is left";
}

TEST_F(TriageFlow, what_is_to_be_fixed_is_written_down) {
  const size_t before = count();
  const Json answered = answers("f\nf\n", {"--author", "carol"});
  EXPECT_EQ(answered["answers"][0]["kept"], Json::array({"ashlar renew " + published()}));
  EXPECT_EQ(events(before).back(), "noted CVE-2026-0001 carol");
  EXPECT_EQ(stage.json({"triage", "--list"}, 1)["open"].size(), 2U) << "and is open until it is";
}

}  // namespace
}  // namespace ashlar::flow
