// `ashlar check` of finished images in registries by rules that ask others than the image: a vendor's signature, and the clocks of the ledger.
#include <fmt/format.h>

#include "checked_image.h"
#include "ledger/ledger.h"
#include "registry_server.h"

namespace ashlar::flow {
namespace {

class CheckRules : public CheckImage {
 protected:
  void SetUp() override {
    ASHLAR_NEED("docker-registry");
    CheckImage::SetUp();
    registry = std::make_unique<RegistryServer>(stage);
  }
  void run(const Words& words) const {
    const Ran ran = stage.ashlar(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  void push(const std::string& from, const std::string& to) const { run({"copy", from, registry->ref(to)}); }
  /// An application on what was pushed as `base`, in the same registry.
  void push_application() const {
    image({os, runtime, app});
    push("oci:out:app", "team/app:1");
  }
  static std::string answers(const Json& answer) {
    std::string out;
    for (const Json& each : answer["reasons"]) out += fmt::format("{}{} {}/{}", out.empty() ? "" : "; ", each["answer"].get<std::string>(), each["section"].get<std::string>(), each["rule"].get<std::string>());
    return out;
  }

  std::unique_ptr<RegistryServer> registry;
};

TEST_F(CheckRules, a_vendor_is_proved_by_its_signature_and_by_nothing_else) {
  stage.write("vendors.yaml", fmt::format("vendors:\n  - {{name: acme, title: Acme, images: ['{0}/acme/**'], policy: acme.yaml}}\n  - {{name: other, title: Other, images: ['{0}/other/**'], policy: acme.yaml}}\n  - {{name: unproved, title: Unproved, images: ['{0}/unproved/**']}}\n", registry->host()));
  stage.write("acme.yaml", fmt::format("verify:\n  rules:\n    - {{name: acme, images: ['{0}/acme/**', '{0}/other/**'], signed-by: [{{file: alice.pub}}]}}\n", registry->host()));
  stage.write("policy.yaml", "bases:\n  vendors: vendors.yaml\n  why: nobody looked at who makes these\n  rules:\n    - {name: acme, vendor: acme, why: they patch it}\n    - {name: unproved, vendor: unproved}\n");
  push_application();
  struct Case { const char *summary, *base, *key; int code; const char *verdict, *says; };
  const Case cases[] = {
      {"the vendor's, and signed by it", "acme/runtime:1", "alice.key", 0, "allowed", "it is of 'acme', whose signature is good"},
      {"the vendor's by its name, and signed by nobody", "acme/bare:1", "", 1, "denied", "it is not proved to be of 'acme'"},
      {"signed by somebody else", "acme/stolen:1", "mallory.key", 1, "denied", "it is not proved to be of 'acme'"},
      {"of another vendor, with a good signature", "other/runtime:1", "alice.key", 1, "denied", "no rule is about"},
      {"of nobody", "elsewhere/runtime:1", "alice.key", 1, "denied", "no rule is about"},
      {"of a vendor that nothing proves", "unproved/runtime:1", "alice.key", 3, "unknown", "was not looked at"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    push("oci:bases:runtime", each.base);
    if (*each.key != '\0') run({"sign", registry->ref(each.base), "--key", each.key});
    const Words words = {"--base", registry->ref(each.base)};
    const Json answer = checked(each.code, words, registry->ref("team/app:1"));
    EXPECT_EQ(answer["verdict"], each.verdict) << answer;
    EXPECT_EQ(answer["base"]["how"], "found") << answer;
    EXPECT_NE(to_compact(answer["reasons"]).find(each.says), std::string::npos) << answer["reasons"];
  }
  // A label says nothing, and neither does a base that is named and not below the image.
  image({foreign, app}, {.labels = {{"org.opencontainers.image.base.name", registry->ref("acme/runtime:1").substr(9)}}});
  push("oci:out:app", "team/liar:1");
  EXPECT_EQ(checked(3, {"--base", registry->ref("acme/runtime:1")}, registry->ref("team/liar:1"))["base"]["how"], "unknown");
  // A preset without its keys proves nothing: there is no answer by it.
  stage.write("acme.yaml", fmt::format("verify:\n  rules:\n    - {{name: acme, images: ['{}/acme/**'], signed-by: [{{file: gone.pub}}]}}\n", registry->host()));
  const Ran gone = stage.ashlar({"check", registry->ref("team/app:1"), "--policy", "policy.yaml", "--base", registry->ref("acme/runtime:1")});
  EXPECT_NE(gone.code, 0) << gone.told;
  EXPECT_NE((gone.out + gone.err).find("gone.pub"), std::string::npos) << gone.told;
}

/// A tag beside a digest is what somebody wrote; the tag that the registry resolved is what it says.
TEST_F(CheckRules, a_base_is_named_by_a_tag_that_the_registry_resolves) {
  stage.write("policy.yaml", fmt::format("bases:\n  rules:\n    - {{name: edge, images: ['{0}/**'], tags: ['edge'], deny: true}}\n    - {{name: line, images: ['{0}/**'], tags: ['1', '1.*']}}\n", registry->host()));
  push("oci:bases:runtime", "hardened/runtime:1");
  push("oci:bases:runtime", "hardened/runtime:edge");
  push_application();
  const std::string digest = checked(0, {"--base", registry->ref("hardened/runtime:1")}, registry->ref("team/app:1"))["base"]["digest"];
  EXPECT_EQ(checked(1, {"--base", registry->ref("hardened/runtime:edge")}, registry->ref("team/app:1"))["base"]["tag"], "edge");
  const Json beside = checked(3, {"--base", registry->ref("hardened/runtime:1@" + digest)}, registry->ref("team/app:1"));
  EXPECT_EQ(beside["base"]["how"], "found") << beside;
  EXPECT_FALSE(beside["base"].contains("tag")) << beside;
  EXPECT_NE(to_compact(beside["reasons"]).find("depends on its tag, which is not known"), std::string::npos) << beside["reasons"];
}

TEST_F(CheckRules, clocks_are_those_of_the_ledger) {
  push_application();
  push("oci:bases:runtime", "hardened/runtime:1");
  stage.write("policy.yaml", fmt::format("bases: {{rules: [{{name: ours, images: ['{}/**']}}]}}\nsla: {{starts: first-seen, limits: {{high: 7d, critical: 1d}}}}\nfindings: {{deny: [{{name: late, sla: breached, why: we promised to mend it in a week}}]}}\n", registry->host()));
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}}, "high")}});
  const std::string ref = registry->ref("team/app:1"), repository = registry->host() + "/team/app";
  const Words base = {"--base", registry->ref("hardened/runtime:1")};
  const auto judged = [&](int code, const Words& more) { return checked(code, base + more, ref); };
  const Json scanned = stage.json({"scan", ref});
  const std::string cve = scanned["findings"][0]["id"];
  const std::string source = scanned["findings"][0]["package"]["source"].get<std::string>().empty() ? scanned["findings"][0]["package"]["name"] : scanned["findings"][0]["package"]["source"];
  EXPECT_EQ(judged(3, {})["verdict"], "unknown") << "nobody asked the ledger, and whether it is late is not known";
  const auto seen = [&](const std::string& file, std::int64_t days, ledger::Kind last = ledger::Kind::FirstSeen) {
    const ashlar::Time now = host::real_machine().clock->now();
    std::vector<ledger::Event> events = {{.kind = ledger::Kind::FirstSeen, .at = ashlar::Time{now.seconds - days * 86'400}, .image = repository, .vulnerability = cve, .package = source, .by = "ashlar scan", .facts = {{"severity", "high"}}}};
    if (last != ledger::Kind::FirstSeen) {
      events.push_back({.kind = last, .at = ashlar::Time{now.seconds - days * 86'400 + 60}, .image = repository, .vulnerability = cve, .package = source, .by = "lead@example.org"});
      events.back().facts = {{"status", "not_affected"}, {"reason", "it is not called"}};
    }
    auto ledger = ledger::Ledger::open(stage.folder() / file);
    ASSERT_TRUE(ledger && ledger->append(events, now));
  };
  seen("fresh.db", 2);
  seen("late.db", 30);
  seen("answered.db", 30, ledger::Kind::Assessed);
  EXPECT_EQ(judged(0, {"--ledger", "fresh.db"})["verdict"], "allowed") << judged(0, {"--ledger", "fresh.db"});
  const Json late = judged(1, {"--ledger", "late.db"});
  EXPECT_EQ(late["verdict"], "denied");
  EXPECT_NE(to_compact(late["reasons"]).find(cve), std::string::npos) << late["reasons"];
  EXPECT_NE(to_compact(late["reasons"]).find("we promised to mend it in a week"), std::string::npos) << late["reasons"];
  EXPECT_EQ(judged(0, {"--ledger", "answered.db"})["verdict"], "allowed") << "its clock was stopped in time";
  // The same finding with a longer limit is in time, and a ledger that does not know the image tells nothing.
  std::string text = stage.read("policy.yaml");
  stage.write("policy.yaml", text.replace(text.find("7d"), 2, "90d"));
  EXPECT_EQ(judged(0, {"--ledger", "late.db"})["verdict"], "allowed");
  auto empty = ledger::Ledger::open(stage.folder() / "empty.db");
  ASSERT_TRUE(empty);
  EXPECT_EQ(judged(3, {"--ledger", "empty.db"})["verdict"], "unknown");
}

}  // namespace
}  // namespace ashlar::flow
