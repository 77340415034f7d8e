#include "pipeline/export_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/progress.h"
#include "host/memory.h"
#include "pipeline/selection.h"
#include "trust/sample_signer.h"

namespace ashlar::pipeline {
namespace {

constexpr std::int64_t start = 1'790'000'000, day = 86400;

class ExportPolicyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    machine.environment = {{"ASHLAR_DATA_DIR", "/data"}};
    put("/data/distributions/x.yaml", "");
    put("/data/effects/x.yaml", "");
    put("/data/policies/registries.yaml", "host: hub.example\nsingle: library\n");
    put("/data/policies/vendors.yaml", "vendors: [{name: ours, images: registry.example/ours/**}]\n");
    put("/project/release.pub", release);
  }
  void put(const std::string& file, std::string_view text) { ASSERT_TRUE(machine.files.write(file, text, host::Durability::Cache)); }
  void policy(const std::string& text) { put("/project/policy.yaml", text); }
  Result<policy::Export> exported(policy::Engine engine) { return export_policy(workshop, {.policy = "/project/policy.yaml", .wish = {.engine = engine}, .now = {}}); }
  /// The only key in the manifests, or nothing.
  static Json keys_of(const policy::Export& from) {
    for (const Json& rule : from.manifests.at(0).at("spec").at("rules")) {
      if (rule.contains("verifyImages")) return rule.at("verifyImages").at(0).at("attestors").at(0).at("entries").at(0).at("keys");
    }
    return nullptr;
  }
  static bool says(const policy::Export& from, std::string_view words) {
    return std::ranges::any_of(from.inexpressible, [&](const policy::Inexpressible& each) { return each.why.find(words) != std::string::npos; });
  }

  const std::string release = trust::sample_signer().public_pem();
  host::MemoryMachine machine{Time{start}};
  Silence silent;
  Workshop workshop{machine.machine, silent, {"/cache", "/state", "/config"}, "/data", {}, {}};
};

TEST_F(ExportPolicyTest, keys_are_read_beside_the_policy) {
  policy("verify:\n  rules:\n    - {images: registry.example/team/**, signed-by: [{file: release.pub}]}\n");
  const auto out = exported(policy::Engine::Kyverno);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(keys_of(*out).at("publicKeys"), release);
}

TEST_F(ExportPolicyTest, a_trust_root_that_is_not_there_is_told_with_whose_it_is) {
  struct Row { const char *summary, *text, *says; };
  for (const Row& row : {Row{"the section's", "verify:\n  trust-root: trusted_root.json\n  rules: [{images: a.example/**, signed-by: [{file: release.pub}]}]\n", "cannot export the trust root of the section 'verify': '/project/trusted_root.json' is not there"},
                         Row{"a rule's", "verify:\n  rules: [{name: theirs, images: a.example/**, trust-root: trusted_root.json, signed-by: [{file: release.pub}]}]\n", "cannot export the trust root of the rule 'theirs': '/project/trusted_root.json' is not there"}}) {
    policy(row.text);
    const auto out = exported(policy::Engine::Kyverno);
    ASSERT_FALSE(out) << row.summary;
    EXPECT_NE(out.error().message.find(row.says), std::string::npos) << row.summary << ": " << out.error().message;
    EXPECT_NE(out.error().message.find("docs/signing.md"), std::string::npos) << row.summary;
  }
}

TEST_F(ExportPolicyTest, keys_of_the_ring_count_by_their_terms) {
  struct Row { const char *summary, *signer; std::string terms; bool counts; const char* says; };
  const Row rows[] = {
      {"for ever", "release", "", true, ""},
      {"for a while", "release", "    valid_until: " + Time{start + 9 * day}.str() + "\n", true, "counts until"},
      {"no longer", "release", "    valid_until: " + Time{start - day}.str() + "\n", false, "does not count on"},
      {"not yet", "release", "    valid_from: " + Time{start + day}.str() + "\n", false, "does not count on"},
      {"revoked", "release", "    revoked_from: " + Time{start - day}.str() + "\n    reason: lost\n", false, "does not count on"},
      {"revoked, and named as a file, too", "[{file: release.pub}]", "    revoked_from: " + Time{start - day}.str() + "\n    reason: lost\n", false, "does not count on"},
  };
  for (const Row& row : rows) {
    policy(fmt::format("verify:\n  keyring: ring.yaml\n  rules:\n    - {{images: registry.example/team/**, signed-by: {}}}\n", row.signer));
    put("/project/ring.yaml", "schema: https://ashlar.dev/keyring/v1\nkeys:\n  - name: release\n    key: release.pub\n" + row.terms);
    const auto out = exported(policy::Engine::Kyverno);
    ASSERT_TRUE(out) << row.summary << ": " << out.error().message << (out.error().faults.empty() ? "" : ": " + out.error().faults.front().message);
    EXPECT_EQ(!keys_of(*out).is_null(), row.counts) << row.summary;
    EXPECT_TRUE(says(*out, row.says)) << row.summary;
  }
}

TEST_F(ExportPolicyTest, what_is_not_there_is_said) {
  struct Row { const char *summary, *policy; policy::Engine engine; const char* error; };
  const Row rows[] = {
      {"a key's file", "verify:\n  rules:\n    - {name: r, images: registry.example/team/**, signed-by: [{file: none.pub}]}\n", policy::Engine::Kyverno, "none.pub"},
      {"a keyring", "verify:\n  keyring: none.yaml\n  rules:\n    - {images: registry.example/team/**, signed-by: release}\n", policy::Engine::Kyverno, "none.yaml"},
      {"a key of no ring", "verify:\n  rules:\n    - {name: r, images: registry.example/team/**, signed-by: release}\n", policy::Engine::Kyverno, "no keyring has it"},
      {"a trust root", "verify:\n  trust-root: none.json\n  rules:\n    - {images: registry.example/team/**, signed-by: {name: a, issuer: b}}\n", policy::Engine::Kyverno, "none.json"},
      {"an engine without signatures needs none of them", "verify:\n  keyring: none.yaml\n  rules:\n    - {images: registry.example/team/**, signed-by: [{file: none.pub}]}\n", policy::Engine::Vap, nullptr},
      {"vendors", "bases:\n  vendors: none.yaml\n  rules: [{name: v, vendor: ours}]\n", policy::Engine::Vap, "none.yaml"},
  };
  for (const Row& row : rows) {
    policy(row.policy);
    const auto out = exported(row.engine);
    ASSERT_EQ(!out, row.error != nullptr) << row.summary;
    if (out) continue;
    EXPECT_NE(out.error().message.find(row.error), std::string::npos) << row.summary << ": " << out.error().message;
  }
}

TEST_F(ExportPolicyTest, a_selection_counts_when_it_is_signed) {
  policy("bases: {selection: selection.json}\n");
  const auto without = exported(policy::Engine::Vap);
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_TRUE(says(*without, "there is no selection")) << "and all of it is denied";

  put("/project/selection.json", to_compact({{"schema", "https://ashlar.dev/selection/v1"}, {"bases", Json::array()}}));
  EXPECT_FALSE(exported(policy::Engine::Vap)) << "nobody signed it";
}

TEST_F(ExportPolicyTest, vendors_and_short_names_are_those_that_ship) {
  policy("bases:\n  rules: [{name: v, vendor: ours}, {name: s, images: hub.example/library/nginx}]\n");
  const auto out = exported(policy::Engine::Vap);
  ASSERT_TRUE(out) << out.error().message;
  const std::string text = to_pretty(out->manifests.at(0));
  EXPECT_NE(text.find("registry[.]example/ours"), std::string::npos);
  EXPECT_NE(text.find("hub.example/library/"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::pipeline
