// Signatures of people under decisions and statements, what a policy asks of them, and statements that fall with their proof.
#include <fmt/format.h>

#include "base/old_hash.h"
#include "sample_root.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

/// A pair of files with a person's key, which the ring trusts.
void make_person(const Stage& stage, const std::string& name) {
  const Ran made = stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", name});
  ASSERT_EQ(made.code, 0) << made.told;
  const Ran trusted = stage.ashlar({"keys", "add", name + ".pub", "--name", name});
  ASSERT_EQ(trusted.code, 0) << trusted.told;
}

class SignedDecisions : public SampleRoot {
 protected:
  void SetUp() override {
    know({{"debian-tracker", tracked("a", {{"trixie", ""}}, "high")}});
    stage.write("root/etc/os-release", debian13);
    stage.write("root/var/lib/dpkg/status", deb("liba1", "1", "Source: a\n"));
    pack_root(stage, "root", "image");
    stage.write("ashlar.yaml", "scan:\n  statements: [vex.json]\n");
    stage.write("vex.json", R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "Team", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": []})");
    stage.write("two.yaml", "decisions:\n  exceptions: [{people: 2, at-most: 90d}]\n  assessments: [{when: high, people: 2, by: [alice, bob]}]\n");
    for (const char* person : {"alice", "bob", "carol"}) make_person(stage, person);
  }
  void run(const Words& words, int code = 0) const {
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, code) << ran.told;
  }
  /// Status and reason of the only finding by the policy of two people.
  std::string judged(const Words& more = {}) const {
    Words words = {"--policy", "two.yaml"};
    words.insert(words.end(), more.begin(), more.end());
    const Json answer = scan("oci:image:1", words);
    if (!answer.contains("findings") || answer["findings"].size() != 1) return answer.dump();
    return answer["findings"][0]["status"].get<std::string>() + " " + answer["findings"][0].value("reason", "");
  }
  const Words decision = {"except", "add", "CVE-2026-0001", "--package", "a", "--owner", "platform", "--reason", "not reachable", "--expires", "90d"};
  const Words statement = {"vex", "add", "CVE-2026-0001", "--package", "deb:a", "--justification", "vulnerable_code_not_present"};
};

Words operator+(Words a, const Words& b) { return a.insert(a.end(), b.begin(), b.end()), a; }

TEST_F(SignedDecisions, a_policy_asks_for_two_people) {
  run(decision + Words{"--key", "alice.key"});
  EXPECT_EQ(scan("oci:image:1")["findings"][0]["status"], "excepted") << "nobody asks";
  EXPECT_EQ(judged(), "affected open again: decision E-1 of 'platform' is signed by 1 of the 2 people that the policy asks for (alice)");
  run({"except", "sign", "E-1", "--key", "alice.key"});
  EXPECT_EQ(judged(), "affected open again: decision E-1 of 'platform' is signed by 1 of the 2 people that the policy asks for (alice)") << "one person is one";
  run({"except", "sign", "E-1", "--key", "bob.key"});
  EXPECT_TRUE(judged().starts_with("excepted 'platform' until ")) << judged();
  const Json listed = stage.json({"except"});
  EXPECT_EQ(listed["exceptions"][0]["signed_by"], Json::array({"alice", "bob"}));
  EXPECT_NE(stage.ashlar({"except"}).out.find("alice, bob"), std::string::npos);
  EXPECT_EQ(stage.ashlar({"validate", "exceptions.json"}).code, 0);
  // Two keys of one person.
  stage.write("two.yaml", stage.read("two.yaml") + "  keys: {alice: [alice, bob]}\n");
  EXPECT_EQ(judged(), "affected open again: decision E-1 of 'platform' is signed by 1 of the 2 people that the policy asks for (alice)");
}

TEST_F(SignedDecisions, a_decision_that_waits_says_so_wherever_it_matters) {
  stage.write("policy.yaml", stage.read("two.yaml"));
  const Ran added = stage.ashlar(decision + Words{"--key", "alice.key"});
  EXPECT_NE(added.err.find("E-1 does not count yet: it is signed by 1 of the 2 people that the policy asks for (alice); `ashlar except sign E-1 --key KEY`"), std::string::npos) << added.told;
  const Ran listed = stage.ashlar({"except"});
  EXPECT_NE(listed.out.find("waits"), std::string::npos) << listed.told;
  EXPECT_EQ(listed.out.find("holds"), std::string::npos) << listed.told;
  EXPECT_NE(listed.err.find("E-1 waits: it is signed by 1 of the 2"), std::string::npos) << listed.told;
  const Json one = stage.json({"except"})["exceptions"][0];
  EXPECT_EQ(one["standing"], "waits");
  EXPECT_EQ(one["lacks"], "is signed by 1 of the 2 people that the policy asks for (alice)");
  const Ran again = stage.ashlar({"except", "sign", "E-1", "--key", "alice.key"});
  EXPECT_EQ(again.code, 0) << again.told;
  EXPECT_NE(again.err.find("this key had signed E-1 before: that is no second signature"), std::string::npos) << again.told;
  EXPECT_NE(again.out.find("it does not count yet: it is signed by 1 of the 2"), std::string::npos) << again.told;
  const Json found = scan("oci:image:1", {"--policy", "two.yaml"})["findings"][0];
  EXPECT_NE(found["proof"].dump().find("`ashlar except sign E-1 --key KEY` (E-1 is signed by 1 of the 2"), std::string::npos) << found;
  const Ran open = stage.ashlar({"triage", "oci:image:1", "--policy", "two.yaml", "--list"});
  EXPECT_NE(open.out.find("waits: 'platform' lives with it"), std::string::npos) << open.told;
  EXPECT_NE(open.out.find("`ashlar except sign E-1 --key KEY`"), std::string::npos) << open.told;
  // The second person: it holds, and nothing waits.
  const Ran second = stage.ashlar({"except", "sign", "E-1", "--key", "bob.key"});
  EXPECT_EQ(second.out.find("does not count"), std::string::npos) << second.told;
  EXPECT_EQ(stage.json({"except"})["exceptions"][0]["standing"], "holds");
  // Without a policy nobody asks.
  std::filesystem::remove(stage.folder() / "policy.yaml");
  run(Words{"except", "add", "CVE-2026-0001", "--package", "b", "--owner", "platform", "--reason", "x", "--expires", "90d"});
  EXPECT_EQ(stage.json({"except"})["exceptions"][1]["standing"], "holds");
  const Json asked = stage.json({"except", "--policy", "two.yaml"});
  EXPECT_EQ(asked["exceptions"][1]["standing"], "waits") << "it is signed by nobody";
}

TEST_F(SignedDecisions, what_was_changed_or_whose_key_was_revoked_does_not_count) {
  run(decision + Words{"--key", "alice.key"});
  run({"except", "sign", "E-1", "--key", "bob.key"});
  std::string text = stage.read("exceptions.json");
  const std::string before = text;
  text.replace(text.find("not reachable"), 13, "who reads it?");
  stage.write("exceptions.json", text);
  EXPECT_EQ(judged(), "affected open again: decision E-1 of 'platform' is signed by 0 of the 2 people that the policy asks for; the signature of 'alice' does not fit: it was changed since; the signature of 'bob' does not fit: it was changed since");
  stage.write("exceptions.json", before);
  EXPECT_TRUE(judged().starts_with("excepted ")) << judged();
  run({"keys", "revoke", "bob", "--from", "2026-01-01", "--reason", "left"});
  EXPECT_EQ(judged(), "affected open again: decision E-1 of 'platform' is signed by 1 of the 2 people that the policy asks for (alice); 'bob' is revoked from 2026-01-01 on: left");
  run({"except", "sign", "E-1", "--key", "carol.key"});
  EXPECT_TRUE(judged().starts_with("excepted ")) << judged();
  const Ran gate = stage.ashlar({"scan", "oci:image:1", "--policy", "two.yaml", "--fail-on", "high"});
  EXPECT_EQ(gate.code, 0) << gate.told;
}

TEST_F(SignedDecisions, a_decision_may_run_so_long) {
  Words longer = decision;
  longer.back() = "91d";
  run(longer + Words{"--key", "alice.key"});
  run({"except", "sign", "E-1", "--key", "bob.key"});
  EXPECT_EQ(judged(), "affected open again: decision E-1 of 'platform' runs for 91 days, and the policy allows 90 days");
}

TEST_F(SignedDecisions, statements_are_held_to_the_policy_and_stay_openvex) {
  run(statement + Words{"--key", "alice.key"});
  EXPECT_EQ(scan("oci:image:1")["findings"][0]["status"], "not_affected") << "nobody asks";
  EXPECT_EQ(judged(), "affected open again: the statement of 'Team' is signed by 1 of the 2 people that the policy asks for where `high` holds (alice)");
  run({"vex", "sign", "CVE-2026-0001", "--package", "deb:a", "--key", "carol.key"});
  EXPECT_EQ(judged(), "affected open again: the statement of 'Team' is signed by 1 of the 2 people that the policy asks for where `high` holds (alice); carol may not");
  run({"vex", "sign", "CVE-2026-0001", "--package", "deb:a", "--key", "bob.key"});
  EXPECT_TRUE(judged().starts_with("not_affected ")) << judged();
  EXPECT_EQ(stage.json({"vex"})["statements"][0]["signed_by"], Json::array({"alice", "bob", "carol"}));
  EXPECT_EQ(stage.ashlar({"validate", "vex.json", "vex.signatures.json"}).code, 0);
  std::string text = stage.read("vex.json");
  EXPECT_EQ(text.find("sig"), std::string::npos) << "other tools read what they always read";
  text.replace(text.find("vulnerable_code_not_present"), 27, "component_not_present");
  stage.write("vex.json", text);
  EXPECT_TRUE(judged().starts_with("affected open again: the statement of 'Team' is signed by 0 of the 2 people")) << judged();
  for (const auto& [words, says] : {std::pair<Words, const char*>{{"vex", "sign", "CVE-2026-0001", "--package", "deb:a"}, "--key is missing"}, {{"vex", "sign", "CVE-2026-0001", "--key", "bob.key"}, "--package is missing"},
                                    {{"vex", "sign", "CVE-2026-0009", "--package", "deb:a", "--key", "bob.key"}, "has none"}, {{"except", "sign", "E-1"}, "--key is missing"}, {{"except", "sign", "E-1", "--key", "bob.key"}, "has no such decision"}}) {
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find(says), std::string::npos) << ran.told;
  }
}

TEST_F(SignedDecisions, a_statement_falls_with_its_proof) {
  stage.write("root/usr/bin/other", "x");
  pack_root(stage, "root", "image");
  run(Words{"vex", "add", "CVE-2026-0001", "--package", "deb:a", "--absent", "/usr/bin/a-tool*", "--in", "oci:image:1", "--key", "alice.key"});
  const auto status = [&] { return scan("oci:image:1")["findings"][0]["status"].get<std::string>(); };
  EXPECT_EQ(status(), "not_affected");
  stage.write("root/usr/bin/more", "x");
  pack_root(stage, "root", "image");
  EXPECT_EQ(status(), "not_affected") << "another digest, and the file is still not there";
  const Json exported = parse_json(stage.ashlar({"vex", "export", "oci:image:1"}).out, "export").value();
  EXPECT_EQ(exported["statements"].size(), 1U) << exported;
  stage.write("root/usr/bin/a-tool-2", "x");
  pack_root(stage, "root", "image");
  const Json fallen = scan("oci:image:1");
  EXPECT_EQ(fallen["findings"][0]["status"], "affected");
  EXPECT_EQ(fallen["findings"][0]["reason"], "open again: the statement of 'Team' has lost its proof: '/usr/bin/a-tool-2' is in the image");
  const Ran nothing = stage.ashlar({"vex", "export", "oci:image:1"});
  EXPECT_TRUE(parse_json(nothing.out, "export").value()["statements"].empty()) << nothing.told;
  EXPECT_NE(nothing.err.find("has lost its proof: '/usr/bin/a-tool-2' is in the image"), std::string::npos) << nothing.told;
  fs::remove(stage.folder() / "root/usr/bin/a-tool-2");
  pack_root(stage, "root", "image");
  EXPECT_EQ(status(), "not_affected") << "and it is gone again";
  pack_root(stage, "root", "elsewhere");
  stage.write("root/usr/bin/yet-more", "x");
  pack_root(stage, "root", "elsewhere");
  EXPECT_EQ(scan("oci:elsewhere:1")["findings"][0]["status"], "affected") << "it was never shown of that image";
}

/// Renewals of an image that a statement is about.
class FallingRenewal : public KnownProject {
 protected:
  void SetUp() override {
    KnownProject::SetUp();
    ASSERT_NO_FATAL_FAILURE(call_it_debian());
    stage.write("fleet.yaml", "images:\n  - {definition: small.yaml, to: 'oci:published'}\n");
    make_person(stage, "release");
  }
  void offer(const std::string& version, bool loud) {
    offer_known_greeter(version);
    const std::string greeter = bytes_of(ASHLAR_GREETER), shout = "LOUD\n";
    const auto listed = [](const std::string& content, const char* path) {
      OldHasher hash(OldHash::Md5);
      hash.update(as_bytes(content));
      return hash.finish() + "  " + path + "\n";
    };
    if (loud) archive->put("stone", {"greeter", version, "amd64", "words (= 1.0)", {{"usr/bin/greet", greeter}, {"usr/share/greeter/loud", shout}, {"usr/share/doc/greeter/copyright", "free\n"}}, {{"md5sums", listed(greeter, "usr/bin/greet") + listed(shout, "usr/share/greeter/loud")}}});
    archive->publish();
  }
  Json renew(int code = 0) const { return stage.json({"renew", "--key", "release.key", "--keep-feeds"}, code); }
};

TEST_F(FallingRenewal, a_file_that_is_back_stops_the_renewal) {
  ASSERT_EQ(renew()["done"][0]["outcome"], "promoted");
  know("1.2");
  const Ran added = stage.ashlar({"vex", "add", "CVE-2026-0001", "--package", "deb:greeter", "--absent", "/usr/share/greeter/loud", "--in", "oci:published:1", "--author", "Team", "--key", "release.key"});
  ASSERT_EQ(added.code, 0) << added.told;
  stage.write("ashlar.yaml", stage.read("ashlar.yaml") + "scan:\n  statements: [vex.json]\n");
  EXPECT_EQ(renew()["due"], Json::array()) << "it is answered";
  offer("1.1.5", false);
  const Json carried = renew();
  ASSERT_EQ(carried["done"].size(), 1U) << carried;
  EXPECT_EQ(carried["done"][0]["outcome"], "promoted") << "the file is not in the newer image either: " << carried;
  EXPECT_EQ(stage.ashlar({"verify", "oci:published:1", "--key", "release.pub", "--type", "openvex"}).code, 0) << "and that is said of it";
  const std::string tags = stage.read("published/index.json");
  offer("1.1.6", true);
  const Json stopped = renew(1);
  ASSERT_EQ(stopped["done"].size(), 1U) << stopped;
  EXPECT_EQ(stopped["done"][0]["outcome"], "stopped") << stopped;
  EXPECT_NE(stopped["done"][0]["why"].dump().find("CVE-2026-0001"), std::string::npos) << stopped;
  EXPECT_EQ(stage.read("published/index.json"), tags);
  const Json candidate = stage.json({"scan", stopped["done"][0]["candidate"].get<std::string>()});
  EXPECT_EQ(candidate["findings"][0]["status"], "affected") << "nothing was shown of a candidate that lies aside";
}

TEST_F(FallingRenewal, a_policy_of_two_people_holds_in_renewals) {
  ASSERT_EQ(renew()["done"][0]["outcome"], "promoted");
  know("1.2");
  make_person(stage, "bob");
  ASSERT_EQ(stage.ashlar({"vex", "add", "CVE-2026-0001", "--package", "deb:greeter", "--justification", "vulnerable_code_not_present", "--author", "Team", "--key", "release.key"}).code, 0);
  stage.write("ashlar.yaml", stage.read("ashlar.yaml") + "scan:\n  statements: [vex.json]\n");
  stage.write("policy.yaml", "decisions: {assessments: [{people: 2}]}\n");
  stage.write("fleet.yaml", "policy: policy.yaml\nimages:\n  - {definition: small.yaml, to: 'oci:published'}\n");
  const Json open = renew();
  ASSERT_EQ(open["due"].size(), 1U) << open;
  EXPECT_EQ(open["due"][0]["action"], "assess");
  ASSERT_EQ(stage.ashlar({"vex", "sign", "CVE-2026-0001", "--package", "deb:greeter", "--key", "bob.key"}).code, 0);
  EXPECT_EQ(renew()["due"], Json::array());
  ASSERT_EQ(stage.ashlar({"keys", "revoke", "bob", "--from", "2026-01-01", "--reason", "left"}).code, 0);
  EXPECT_EQ(renew()["due"][0]["action"], "assess") << "it is open again";
  const Json log = stage.json({"audit", "log"});
  const Json& last = log["entries"].back();
  EXPECT_EQ(last["kind"], "reopened");
  EXPECT_EQ(last["facts"]["reason"], "open again: the statement of 'Team' is signed by 1 of the 2 people that the policy asks for (release); 'bob' is revoked from 2026-01-01 on: left");
}

}  // namespace
}  // namespace ashlar::flow
