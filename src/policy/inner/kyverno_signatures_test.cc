#include "policy/inner/kyverno_signatures.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <regex>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/sample_pods_test.h"

namespace ashlar::policy {
namespace {

KyvernoImages images_of(const std::string& rule) {
  auto policy = read_policy("verify:\n  rules:\n    - {signed-by: [{file: team.pub}], " + rule + "}\n", "policy.yaml");
  EXPECT_TRUE(policy) << policy.error().message;
  std::vector<Inexpressible> out;
  Notes notes(out);
  return kyverno_images(*policy, {}, sample_inputs(), notes).at(0);
}

TEST(KyvernoSignatures, patterns_of_globs) {
  struct Row { const char *summary, *glob; std::vector<std::string> patterns; };
  const Row rows[] = {
      {"a name", "registry.example/app", {"registry.example/app:*", "registry.example/app@*"}},
      {"any number of parts", "registry.example/team/**", {"registry.example/team:*", "registry.example/team@*", "registry.example/team/*:*", "registry.example/team/*@*"}},
      {"a whole host", "registry.example/**", {"registry.example/*:*", "registry.example/*@*"}},
      {"everything", "**", {"*:*", "*@*"}},
      {"in the middle", "a.b/**/c", {"a.b/c:*", "a.b/c@*", "a.b/*/c:*", "a.b/*/c@*"}},
      {"at the beginning", "**/c", {"*/c:*", "*/c@*"}},
      {"within a part", "a.b/c*", {"a.b/c*:*", "a.b/c*@*"}},
      {"a set", "a.b/c[0-9]", {"a.b/c?:*", "a.b/c?@*"}},
      {"what clients make of a short name", "hub.example/library/nginx", {"hub.example/library/nginx:*", "hub.example/library/nginx@*", "hub.example/nginx:*", "hub.example/nginx@*"}},
      {"what no reference can be", "registry.example/{{x}}", {}},
      {"capital letters", "registry.example/App", {}},
  };
  for (const Row& row : rows) EXPECT_EQ(images_of("images: " + to_compact(Json(row.glob))).patterns, row.patterns) << row.summary;
}

/// Whatever a glob names, a pattern of it does: no image escapes its rule.
TEST(KyvernoSignatures, patterns_take_all_that_globs_take) {
  std::mt19937 random(3);  // NOLINT: the same cases every time
  const std::vector<std::string> pieces = {"a", "b", "/", "/", "*", "**", "/**/", "/**", "?", "[ab]", "[!a]"};
  size_t taken = 0;
  for (int round = 0; round < 200; ++round) {
    std::string glob = "r.e/";
    for (size_t count = random() % 5 + 1; count > 0; --count) glob += pieces[random() % pieces.size()];
    const auto patterns = images_of(fmt::format("images: {}", to_compact(Json(glob)))).patterns;
    std::vector<std::regex> expressions;
    for (const std::string& each : patterns) expressions.emplace_back("^(?:" + regex_of_pattern(each) + ")$");
    for (int each = 0; each < 30; ++each) {
      std::string name = "r.e";
      for (size_t count = random() % 3 + 1; count > 0; --count) {
        name += '/';
        for (size_t letters = random() % 3 + 1; letters > 0; --letters) name += "ab"[random() % 2];
      }
      if (!matches_glob(glob, name)) continue;
      ++taken;
      for (const char* const end : {":1", "@sha256:ab"}) {
        const std::string image = name + end;
        EXPECT_TRUE(std::ranges::any_of(expressions, [&](const std::regex& expression) { return std::regex_match(image, expression); })) << glob << " and " << image << ": " << join(patterns, " ");
      }
    }
  }
  EXPECT_GT(taken, 300U);
}

TEST(KyvernoSignatures, statements_and_their_conditions) {
  const KyvernoImages images = images_of("images: registry.example/team/**, builder: ['https://ci.example.org/*', \"it's{1}\"], statements: [slsaprovenance1, {type: vuln, max-age: 7d, signed-by: {name: s@example.org, issuer: i}}]");
  const Json& attestations = images.verify.at("attestations");
  ASSERT_EQ(attestations.size(), 2U);
  EXPECT_EQ(attestations.at(0).at("type"), "https://slsa.dev/provenance/v1");
  EXPECT_EQ(attestations.at(0).at("attestors").at(0).at("entries").at(0).at("keys").at("rekor"), (Json{{"ignoreTlog", true}}));
  EXPECT_EQ(attestations.at(0).at("conditions").at(0).at("all").at(0), (Json{{"key", "{{ regex_match('^(?:https://ci[.]example[.]org/[^/]*|it\\x27s\\x7b1\\x7d)$', runDetails.builder.id || '') }}"}, {"operator", "Equals"}, {"value", true}}));
  EXPECT_EQ(attestations.at(1).at("attestors").at(0).at("entries").at(0).at("keyless").at("subject"), "s@example.org");
  EXPECT_EQ(attestations.at(1).at("conditions").at(0).at("all"),
            (Json::array({{{"key", "{{ time_since('', metadata.scanFinishedOn || metadata.scanStartedOn, '') }}"}, {"operator", "LessThanOrEquals"}, {"value", "604800s"}},
                          {{"key", "{{ time_since('', metadata.scanFinishedOn || metadata.scanStartedOn, '') }}"}, {"operator", "GreaterThanOrEquals"}, {"value", "-5m"}}})));
  EXPECT_EQ(images.verify.at("attestors").at(0).at("count"), 1);
  EXPECT_EQ(images.verify.at("required"), true);
}

TEST(KyvernoSignatures, the_age_of_a_provenance_is_that_of_the_build_or_of_what_ours_was_made_of) {
  const KyvernoImages images = images_of("images: registry.example/team/**, statements: [{type: slsaprovenance1, max-age: 30d}]");
  EXPECT_EQ(images.verify.at("attestations").at(0).at("conditions").at(0).at("all").at(0).at("key"),
            "{{ time_since('', runDetails.metadata.finishedOn || runDetails.metadata.startedOn || (buildDefinition.buildType == 'https://ashlar.dev/build/v1' && buildDefinition.internalParameters.as_of), '') }}");
}

TEST(KyvernoSignatures, statements_alone) {
  const KyvernoImages images = images_of("images: registry.example/team/**, image-signature: false, statements: [spdxjson]");
  EXPECT_FALSE(images.verify.contains("attestors"));
  EXPECT_EQ(images.verify.at("attestations").size(), 1U);
}

TEST(KyvernoSignatures, the_first_rule_is_the_rule) {
  auto policy = read_policy("verify:\n  rules:\n    - {images: registry.example/base/**, signed-by: [{file: team.pub}]}\n    - {images: registry.example/**, signed-by: [{file: team.pub}]}\n", "policy.yaml");
  ASSERT_TRUE(policy);
  std::vector<Inexpressible> out;
  Notes notes(out);
  const auto images = kyverno_images(*policy, {}, sample_inputs(), notes);
  ASSERT_EQ(images.size(), 2U);
  EXPECT_FALSE(images[0].verify.contains("skipImageReferences"));
  EXPECT_EQ(images[1].verify.at("skipImageReferences"), Json(images[0].patterns));
}

}  // namespace
}  // namespace ashlar::policy
