// `ashlar renew` for two platforms, into registries of others, over a way that answers 503, resets and cuts.
#include <algorithm>

#include <fmt/format.h>

#include "prove/inner/small_elf.h"
#include "registry_server.h"
#include "renew_flow.h"

namespace ashlar::flow {
namespace {

class RegistryRenewFlow : public RenewFlow {
 protected:
  void SetUp() override {
    for (const char* name : {"skopeo", "python3"}) ASHLAR_NEED(name);
    RenewFlow::SetUp();
    if (IsSkipped()) return;
    edit("small.yaml", "platforms: [linux/amd64]", "platforms: [linux/amd64, linux/arm64]");
    offer("1.1");
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  }
  /// The greeter for both platforms; for the other one nothing that runs, and all that is looked at.
  void offer(const std::string& version) {
    offer_known_greeter(version);
    prove::SmallElf elf;
    elf.machine = 183;  // AArch64
    elf.interpreter.clear();
    elf.needed.clear();
    elf.soname = "greet";
    archive->put("stone", listed({"greeter", version, "arm64", "words (= 1.0)", {{"usr/bin/greet", elf.bytes()}, {"usr/share/doc/greeter/copyright", "free\n"}}, {}, {}}));
    archive->publish();
  }
  /// Renews over a bad way to the registry on `port`, first and then again for a fix, until it is done each time.
  void renew_over_a_bad_way(int port) {
    const int away = free_port();
    const Beside proxy(stage, "proxy.err", {"python3", ASHLAR_SOURCE_DIR "/tests/flow/cutting_proxy.py", std::to_string(away), std::to_string(port), "11", "proxy.log", "pass,pass,pass,pass,pass,pass,refuse,reset,cut,delay"});
    ASSERT_TRUE(listens(away)) << stage.read("proxy.err");
    stage.write("fleet.yaml", fmt::format("images: [{{definition: small.yaml, to: 'docker://127.0.0.1:{}/hard/small', cadence: 7d}}]\n", away));
    direct = fmt::format("docker://127.0.0.1:{}/hard/small", port);
    ASSERT_NO_FATAL_FAILURE(until_done("1.1"));
    const std::string first = digest_of("1");
    know("1.2");
    offer("1.2");
    stage.write("tracker.json", R"({"greeter": {"CVE-2026-0001": {"description": "greets too loud", "scope": "remote", "releases": {"trixie": {"status": "resolved", "fixed_version": "1.2", "urgency": "high", "repositories": {"trixie": "1.2"}}}}}})");
    ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"}).code, 0);
    ASSERT_NO_FATAL_FAILURE(until_done("1.2"));
    EXPECT_NE(digest_of("1"), first);
    EXPECT_EQ(digest_of("1.1-r1"), first) << "its revision stays";
    for (const char* tag : {"1-stone", "1.2-r1"}) EXPECT_EQ(digest_of(tag), digest_of("1"));
    // Both platforms, each with its own signature and statements.
    const Json index = Json::parse(raw("1"));
    std::set<std::string> platforms;
    for (const Json& each : index["manifests"]) platforms.insert(each["platform"].value("os", "") + "/" + each["platform"].value("architecture", ""));
    EXPECT_EQ(platforms, (std::set<std::string>{"linux/amd64", "linux/arm64"}));
    for (const char* platform : {"linux/amd64", "linux/arm64"}) EXPECT_EQ(version_of("greeter", platform), "1.2");
    std::map<std::string, int> counts;
    for (const std::string& each : events()) ++counts[each];
    EXPECT_EQ(counts["promoted"], 2) << "once for each of both";
    EXPECT_EQ(counts["closed CVE-2026-0001"], counts["first-seen CVE-2026-0001"]);
    // What the way has not done yet it does to whoever reads on.
    const auto unseen = [&] {
      const std::string log = stage.read("proxy.log");
      std::string out;
      for (const char* fault : {"reset\n", "cut\n", "refuse\n"}) out += log.find(fault) == std::string::npos ? fault : "";
      return out;
    };
    for (int read = 0; read < 60 && !unseen().empty(); ++read) (void)stage.ashlar({"verify", fmt::format("docker://127.0.0.1:{}/hard/small:1", away), "--key", "our.pub"});
    EXPECT_EQ(unseen(), "") << "the way was not bad enough";
    const std::string log = stage.read("proxy.log");
    std::printf("%d rounds, %d of them ended by %td faults of the way\n", rounds, ended, std::count(log.begin(), log.end(), '\n'));
  }

 private:
  std::string raw(const std::string& tag) const { return stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", direct + ":" + tag}).out; }
  std::string digest_of(const std::string& tag) const { return Digest::of(raw(tag)).str(); }
  void until_done(const std::string& version) {
    for (int round = 0; round < 40; ++round, ++rounds) {
      const Ran ran = stage.ashlar(words({"--quiet"}));
      ASSERT_TRUE(ran.code == 0 || ran.code == 4 || ran.code == 2 || ran.code == 3) << ran.told;
      // Whatever tag is there, all of its image is, for both platforms.
      const Ran listed = stage.run({"skopeo", "list-tags", "--tls-verify=false", direct});
      if (listed.code == 0) {
        const Json answer = Json::parse(listed.out);
        for (const Json& each : answer["Tags"]) {
          const std::string tag = each;
          if (tag.starts_with("sha256-")) continue;
          const Ran whole = stage.ashlar({"verify", direct + ":" + tag, "--key", "our.pub", "--type", "slsaprovenance1", "--type", "test-result", "--type", "vuln"});
          ASSERT_EQ(whole.code, 0) << "round " << round << ", " << tag << ": " << whole.told << ran.told;
          ASSERT_EQ(stage.run({"skopeo", "copy", "-q", "--all", "--insecure-policy", "--src-tls-verify=false", direct + ":" + tag, "oci:seen:" + tag}).code, 0) << tag;
        }
      }
      if (ran.code == 0 && version_of("greeter") == version) return;
      ++ended;
    }
    FAIL() << "it never came through";
  }

  std::string direct;
  int rounds = 0, ended = 0;
};

TEST_F(RegistryRenewFlow, over_a_bad_way_to_a_registry_nothing_half_is_seen) {
  ASHLAR_NEED("docker-registry");
  const RegistryServer registry(stage);
  renew_over_a_bad_way(registry.port());
}

TEST_F(RegistryRenewFlow, over_a_bad_way_to_one_with_referrers_nothing_half_is_seen) {
  if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
  const ReferrersRegistry registry(stage);
  renew_over_a_bad_way(registry.port());
}

}  // namespace
}  // namespace ashlar::flow
