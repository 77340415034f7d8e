// Policies that say whom to believe: real signatures and statements judged by the section `verify`, and vendors' layouts by the presets.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/digest.h"
#include "base/time.h"
#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

constexpr const char *builder = "https://ci.example.org/build/release", *in_toto = "application/vnd.in-toto+json", *manifest_type = "application/vnd.oci.image.manifest.v1+json";

/// The small image of two platforms in `oci:out:1`, keys of ours and of another's.
class VerifyPolicyFlow : public SmallProject {
 protected:
  void SetUp() override {
    ASHLAR_NEED("openssl");
    SmallProject::SetUp();
    root = stage.digest("small.yaml", "oci:out:1");
    for (const char* name : {"our", "other"}) {
      ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", fmt::format("{}.key", name)}).code, 0);
      ASSERT_EQ(stage.run({"openssl", "pkey", "-in", fmt::format("{}.key", name), "-pubout", "-out", fmt::format("{}.pub", name)}).code, 0);
    }
    now = host::real_machine().clock->now();
  }
  std::string days_ago(int days) const { return Time{now.seconds - days * 86400LL}.str(); }
  void policy(const std::string& rule, const std::string& section = {}) const { stage.write("policy.yaml", "verify:\n" + section + "  rules:\n  - name: ours\n    images: [registry.example/team/**, 'oci:out']\n" + rule); }
  void keyring(const std::string& terms) const {
    std::string text = "schema: https://ashlar.dev/keyring/v1\nkeys:\n";
    for (const char* name : {"our", "other"}) text += fmt::format("  - name: {}\n    key: {}.pub\n{}", name, name, std::string_view(name) == "our" ? terms : "");
    stage.write("ring.yaml", text);
  }
  void told(const Words& words) const {
    const Ran ran = stage.ashlar(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  void sign(const std::string& key = "our.key", const Words& more = {}) const {
    Words words = {"sign", "oci:out:1", "--key", key};
    words.insert(words.end(), more.begin(), more.end());
    told(words);
  }
  static Json provenance(const std::string& by, const std::string& finished) {
    return {{"buildDefinition", {{"buildType", "https://example.org/build/v1"}, {"externalParameters", Json::object()}}}, {"runDetails", {{"builder", {{"id", by}}}, {"metadata", {{"finishedOn", finished}}}}}};
  }
  void attest(const std::string& key, const std::string& type, const Json& predicate, const Words& more = {}) const {
    stage.write("predicate.json", predicate.dump());
    Words words = {"attest", "oci:out:1", "--key", key, "--type", type, "--predicate", "predicate.json"};
    words.insert(words.end(), more.begin(), more.end());
    told(words);
  }
  /// The answer by `policy.yaml`; with code 0 it is admitted, with 1 it is not.
  Json judged(int code, const Words& more = {}, const std::string& ref = "oci:out:1") const {
    Words words = {"verify", ref, "--policy", "policy.yaml"};
    words.insert(words.end(), more.begin(), more.end());
    Json out = stage.json(words, code);
    EXPECT_EQ(out["verified"], code == 0) << out;
    EXPECT_EQ(out["policy"]["allowed"], code == 0) << out;
    return out;
  }
  /// `signed-by ok`, `builder no: what`, of each reason.
  static std::vector<std::string> reasons(const Json& answer) {
    std::vector<std::string> out;
    for (const Json& each : answer["policy"]["reasons"]) out.push_back(each["rule"].get<std::string>() + (each["holds"].get<bool>() ? " ok" : " no: " + each["what"].get<std::string>()));
    return out;
  }
  std::string text_of(const std::string& digest) const { return stage.read("out/blobs/sha256/" + digest.substr(7)); }
  std::string put(const std::string& text) const {
    const std::string digest = Digest::of(text).str();
    stage.write("out/blobs/sha256/" + digest.substr(7), text);
    return digest;
  }
  /// Attaches one content to a manifest of the layout, as a referrer; its digest.
  std::string refer(const std::string& subject, const std::string& media_type, const std::string& content, const Json& annotations) const {
    const std::string manifest = Json{{"schemaVersion", 2}, {"mediaType", manifest_type}, {"artifactType", media_type}, {"config", {{"mediaType", "application/vnd.oci.empty.v1+json"}, {"digest", put("{}")}, {"size", 2}}},
                                      {"layers", {{{"mediaType", media_type}, {"digest", put(content)}, {"size", content.size()}, {"annotations", annotations}}}}, {"subject", {{"mediaType", manifest_type}, {"digest", subject}, {"size", text_of(subject).size()}}}}.dump();
    Json index = Json::parse(stage.read("out/index.json"));
    index["manifests"].push_back({{"mediaType", manifest_type}, {"artifactType", media_type}, {"digest", put(manifest)}, {"size", manifest.size()}});
    stage.write("out/index.json", index.dump());
    return put(manifest);
  }
  /// A statement without an envelope, attached to what it is on.
  std::string state_plainly(const std::string& subject, const char* type, const Json& predicate) const {
    return refer(subject, in_toto, Json{{"_type", "https://in-toto.io/Statement/v0.1"}, {"subject", {{{"name", "small"}, {"digest", {{"sha256", subject.substr(7)}}}}}}, {"predicateType", type}, {"predicate", predicate}}.dump(), {{"in-toto.io/predicate-type", type}});
  }

  std::string root;
  Time now;
};

TEST_F(VerifyPolicyFlow, what_is_signed_and_stated_as_the_policy_asks_is_admitted_and_nothing_else) {
  keyring("");
  policy(fmt::format("    signed-by: our\n    statements: [slsaprovenance1]\n    builder: 'https://ci.example.org/build/*'\n    max-age: 30d\n"), "  keyring: ring.yaml\n");
  EXPECT_EQ(reasons(judged(1)), (std::vector<std::string>{"signed-by no: nothing signs the image", "statements no: there is no statement 'slsaprovenance1' by key 'our'", "builder no: no provenance that counts says who built it",
                                                          "max-age no: nothing tells when the newest signature, provenance or scan was made; it may be 30 days old at most"}));
  sign("other.key");
  EXPECT_EQ(reasons(judged(1))[0], "signed-by no: the image is not signed by key 'our' (bundle: signed by 'other', whom the rule does not name; cosign-signature: signed by 'other', whom the rule does not name)");
  sign();
  EXPECT_EQ(reasons(judged(1)), (std::vector<std::string>{"signed-by ok", "statements no: there is no statement 'slsaprovenance1' by key 'our'", "builder no: no provenance that counts says who built it",
                                                          "max-age no: nothing tells when the newest signature, provenance or scan was made; it may be 30 days old at most"}));
  attest("other.key", "slsaprovenance1", provenance(builder, days_ago(1)));
  EXPECT_EQ(reasons(judged(1))[1], "statements no: there is no statement 'slsaprovenance1' by key 'our' (bundle: signed by 'other', whom the rule does not name; cosign-attestation: signed by 'other', whom the rule does not name)");
  attest("our.key", "slsaprovenance1", provenance("https://evil.example/build", days_ago(1)));
  EXPECT_EQ(reasons(judged(1)), (std::vector<std::string>{"signed-by ok", "statements no: no statement 'slsaprovenance1' by key 'our' is of a builder that the rule names",
                                                          "builder no: it was built by 'https://evil.example/build', not by 'https://ci.example.org/build/*'",
                                                          "max-age no: nothing tells when the newest signature, provenance or scan was made; it may be 30 days old at most"}));
  attest("our.key", "slsaprovenance1", provenance(builder, days_ago(40)));
  const auto old = reasons(judged(1));
  EXPECT_EQ((std::vector<std::string>(old.begin(), old.begin() + 3)), (std::vector<std::string>{"signed-by ok", "statements ok", "builder ok"}));
  EXPECT_EQ(old.at(3), fmt::format("max-age no: the newest signature, provenance or scan is of {}, 40 days old: more than 30 days", days_ago(40)));
  attest("our.key", "slsaprovenance1", provenance(builder, days_ago(2)));
  const Json good = judged(0);
  EXPECT_EQ(reasons(good), (std::vector<std::string>{"signed-by ok", "statements ok", "builder ok", "max-age ok"}));
  EXPECT_EQ(good["policy"]["path"], "policy.yaml");
  EXPECT_EQ(good["policy"]["rule"], "ours");
  EXPECT_EQ(good["policy"]["reasons"][0]["platforms"], Json({"linux/amd64", "linux/arm64"}));
  EXPECT_EQ(good["policy"]["reasons"][0]["what"], "the image is signed by our");
  const Ran said = stage.ashlar({"verify", "oci:out:1", "--policy", "policy.yaml"});
  EXPECT_EQ(said.code, 0) << said.told;
  EXPECT_NE(said.out.find("ok builder: linux/amd64, linux/arm64: it was built by 'https://ci.example.org/build/release'\n"), std::string::npos) << said.told;
  EXPECT_NE(said.out.find(fmt::format("oci:out:1: {} is admitted by the rule 'ours'\n", root)), std::string::npos) << said.told;
}

TEST_F(VerifyPolicyFlow, each_platform_of_an_index_must_have_what_is_asked) {
  policy("    signed-by: {file: our.pub}\n    statements: slsaprovenance1\n");
  sign();
  attest("our.key", "slsaprovenance1", provenance(builder, days_ago(1)), {"--platform", "linux/amd64"});
  const Json one = judged(1);
  EXPECT_EQ(one["policy"]["reasons"].size(), 3U) << one;
  EXPECT_EQ(one["policy"]["reasons"][1]["platforms"], Json({"linux/amd64"}));
  EXPECT_EQ(one["policy"]["reasons"][2]["platforms"], Json({"linux/arm64"}));
  EXPECT_EQ(one["policy"]["reasons"][2]["holds"], false);
  EXPECT_EQ(one["policy"]["reasons"][2]["remedy"], "it takes a statement 'slsaprovenance1' on this image, signed by key file 'our.pub'");
  judged(0, {"--platform", "linux/amd64"});
  judged(1, {"--platform", "linux/arm64"});
  attest("our.key", "slsaprovenance1", provenance(builder, days_ago(1)), {"--platform", "linux/arm64"});
  judged(0);
}

TEST_F(VerifyPolicyFlow, an_index_of_signed_platforms_is_not_admitted_unless_it_is_signed_or_the_rule_says_so) {
  policy("    signed-by: {file: our.pub}\n");
  for (const char* platform : {"linux/amd64", "linux/arm64"}) sign("our.key", {"--platform", platform});
  const Json bare = judged(1);
  EXPECT_EQ(reasons(bare), (std::vector<std::string>{"signed-by ok", "signed-by no: nothing signs the index: who put its platforms together is not known"})) << bare;
  EXPECT_EQ(bare["policy"]["reasons"][1]["platforms"], Json::array());
  judged(0, {"--platform", "linux/amd64"});
  judged(0, {"--platform", "linux/arm64"});
  sign("other.key");
  EXPECT_EQ(reasons(judged(1)).at(1), "signed-by no: the index is not signed by key file 'our.pub' (bundle: signed by another key; cosign-signature: signed by another key): who put its platforms together is not known");
  policy("    signed-by: {file: our.pub}\n    index-signature: false\n");
  EXPECT_EQ(reasons(judged(0)), std::vector<std::string>{"signed-by ok"});
  policy("    signed-by: {file: our.pub}\n");
  sign();
  judged(0);
}

TEST_F(VerifyPolicyFlow, names_decide_which_rule_counts) {
  stage.write("policy.yaml", "verify:\n  rules:\n  - {name: base, images: registry.example/base, signed-by: {file: our.pub}}\n  - {name: team, images: registry.example/**, signed-by: {file: other.pub}}\n");
  sign();
  const Json unnamed = judged(1);
  EXPECT_EQ(reasons(unnamed), std::vector<std::string>{"images no: no rule names 'oci:out', and the default is 'deny'"});
  EXPECT_EQ(unnamed["policy"]["rule"], "");
  EXPECT_EQ(judged(0, {"--as", "registry.example/base:3"})["policy"]["rule"], "base");
  EXPECT_EQ(judged(1, {"--as", "registry.example/app"})["policy"]["rule"], "team");
  stage.write("policy.yaml", "verify: {default: allow}\n");
  EXPECT_EQ(reasons(judged(0)), std::vector<std::string>{"images ok"});
}

TEST_F(VerifyPolicyFlow, terms_of_keys_hold_whatever_else_names_the_key) {
  sign();
  struct Row { const char *summary, *terms, *rule; int code; const char* reason; };
  const Row rows[] = {
      {"valid", "    valid_from: 2020-01-01\n", "    signed-by: our\n", 0, "signed-by ok"},
      {"expired", "    valid_until: 2020-01-01\n", "    signed-by: our\n", 1, "'our' was valid until 2020-01-01"},
      {"revoked", "    revoked_from: 2020-01-01\n    reason: lost\n", "    signed-by: our\n", 1, "'our' is revoked from 2020-01-01"},
      {"revoked, and named as a file", "    revoked_from: 2020-01-01\n    reason: lost\n", "    signed-by: {file: our.pub}\n", 1, "'our' is revoked from 2020-01-01"},
      {"named as a file", "", "    signed-by: {file: our.pub}\n", 0, "signed-by ok"},
      {"two names are one key", "", "    signed-by: [our, {file: our.pub}]\n    at-least: 2\n", 1, "only by our"},
  };
  for (const Row& row : rows) {
    keyring(row.terms);
    policy(row.rule, "  keyring: ring.yaml\n");
    const auto found = reasons(judged(row.code));
    ASSERT_EQ(found.size(), 1U) << row.summary;
    EXPECT_NE(found[0].find(row.reason), std::string::npos) << row.summary << ": " << found[0];
  }
  // --key beside it does not give back what the ring took.
  keyring("    revoked_from: 2020-01-01\n    reason: lost\n");
  policy("", "  keyring: ring.yaml\n");
  judged(1, {"--key", "our.pub"});
}

TEST_F(VerifyPolicyFlow, keys_of_the_command_line_count_where_the_rule_names_nobody) {
  sign();
  policy("");
  judged(1);
  judged(0, {"--key", "our.pub"});
  judged(1, {"--key", "other.pub"});
  policy("    signed-by: {file: other.pub}\n");
  EXPECT_NE(reasons(judged(1, {"--key", "our.pub"}))[0].find("signed by 'our.pub', whom the rule does not name"), std::string::npos);
  // The configuration's own ring has the keys that a policy without one names.
  keyring("");
  stage.write("policy.yaml", "verify:\n  rules:\n  - {images: 'oci:out', signed-by: our}\n");
  judged(0, {"--keyring", "ring.yaml"});
  stage.write("keyring.yaml", stage.read("ring.yaml"));
  judged(0);
  judged(0, {"--key", "other.pub"});
}

TEST_F(VerifyPolicyFlow, who_is_named_for_a_statement_signs_no_image) {
  policy("    statements: [{type: 'https://example.com/check/v1', signed-by: {file: other.pub}}]\n");
  stage.write("predicate.json", "{}");
  told({"attest", "oci:out:1", "--key", "other.key", "--recursive", "--type", "https://example.com/check/v1", "--predicate", "predicate.json"});
  sign("other.key");
  const auto found = reasons(judged(1, {"--key", "our.pub"}));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NE(found[0].find("signed-by no: the image is not signed by somebody who is believed"), std::string::npos) << found[0];
  EXPECT_NE(found[0].find("signed by 'other.pub', whom the rule does not name for it"), std::string::npos) << found[0];
  EXPECT_EQ(found[1], "statements ok");
  sign();
  judged(0, {"--key", "our.pub"});
  // Nor does a key of the configuration's ring, where others are named.
  keyring("");
  stage.write("keyring.yaml", stage.read("ring.yaml"));
  policy("");
  judged(0);
  stage.write("keyring.yaml", "keys:\n  - name: another\n    key: third.pub\n");
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "third"}).code, 0);
  sign("third.key");
  EXPECT_EQ(judged(0)["policy"]["allowed"], true) << "the ring's key is believed where nobody is named";
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "fourth"}).code, 0);
  judged(1, {"--key", "fourth.pub"});
}

TEST_F(VerifyPolicyFlow, a_signature_of_something_else_carries_no_statement) {
  policy("    signed-by: {file: our.pub}\n    statements: openvex\n    statements-by-manifest: true\n");
  sign("our.key", {"--layout", "tag"});
  const std::string statement = state_plainly(root, "https://openvex.dev/ns", {{"statements", Json::array()}});
  EXPECT_EQ(reasons(judged(1)), (std::vector<std::string>{"signed-by ok", "statements no: there is no statement 'openvex' by key file 'our.pub' (referrer: nothing signs it)"}));
  // The image's own signature, moved to the statement's manifest.
  const Json index = Json::parse(stage.read("out/index.json"));
  const auto signature = std::ranges::find_if(index["manifests"], [&](const Json& each) { return each.contains("annotations") && each["annotations"].value("org.opencontainers.image.ref.name", "").ends_with(".sig"); });
  ASSERT_NE(signature, index["manifests"].end());
  const Json layer = Json::parse(text_of((*signature)["digest"]))["layers"][0];
  refer(statement, layer["mediaType"], text_of(layer["digest"]), layer["annotations"]);
  EXPECT_EQ(reasons(judged(1))[1], fmt::format("statements no: there is no statement 'openvex' by key file 'our.pub' (referrer: nothing signs it, and its manifest counts for nothing: digest differs: it signs '{}')", root));
  // The same as a referrer of the image holds, as it does under its tag.
  refer(root, layer["mediaType"], text_of(layer["digest"]), layer["annotations"]);
  const Json both = judged(1);
  EXPECT_EQ(std::ranges::count_if(both["signatures"], [](const Json& each) { return each["layout"] == "cosign-referrer" && each["verified"].get<bool>(); }), 1) << both;
}

TEST_F(VerifyPolicyFlow, a_policy_that_cannot_be_used_is_an_error) {
  sign();
  keyring("");
  struct Row { const char *summary, *policy; int code; const char* says; };
  const Row rows[] = {
      {"a fault", "verify:\n  rules:\n  - images: a/b\n    signd-by: x\n", 2, "policy.yaml:4:5: unknown key 'signd-by'"},
      {"no such section", "gate: {}\n", 2, "cannot verify 'oci:out:1' by 'policy.yaml': it has no section 'verify'"},
      {"no such key", "verify:\n  keyring: ring.yaml\n  rules:\n  - {name: r, images: 'oci:out', signed-by: otter}\n", 2, "cannot believe key 'otter' of the rule 'r': 'ring.yaml' has no such key; did you mean 'other'?"},
      {"no keyring", "verify:\n  rules:\n  - {name: r, images: 'oci:out', signed-by: our}\n", 2, "cannot believe key 'our' of the rule 'r': there is no keyring: name one with 'keyring' in the policy, or with --keyring"},
      {"no such file", "verify:\n  rules:\n  - {name: r, images: 'oci:out', signed-by: {file: none.pub}}\n", 2, "cannot believe key file 'none.pub' of the rule 'r':"},
      {"no such root", "verify:\n  trust-root: none.json\n  rules:\n  - {images: 'oci:out'}\n", 2, "none.json"},
  };
  for (const Row& row : rows) {
    stage.write("policy.yaml", row.policy);
    const Ran ran = stage.ashlar({"verify", "oci:out:1", "--policy", "policy.yaml"});
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
  }
  EXPECT_EQ(stage.ashlar({"verify", "oci:out:1", "--policy", "none.yaml"}).code, 2);
  EXPECT_EQ(stage.ashlar({"verify", "oci:out:1", "--as", "a.example/b"}).code, 2) << "a name is for a policy";
}

/// Images in the layouts that vendors use, signed by cosign with a key of the test's.
class VendorFlow : public VerifyPolicyFlow {
 protected:
  void SetUp() override {
    const auto found = go_tool("cosign");
    if (!found) GTEST_SKIP() << "this machine has no cosign (scripts/install-go-tools.sh builds it where there is a Go)";
    if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
    cosign_program = *found;
    VerifyPolicyFlow::SetUp();
    if (IsSkipped()) return;
    stage.environment["COSIGN_PASSWORD"] = "a password";
    stage.environment["COSIGN_EXPERIMENTAL"] = "1";  // for signatures as referrers
    stage.environment["SIGSTORE_NO_CACHE"] = "true";
    cosign({"generate-key-pair"});
    std::filesystem::create_directory(stage.folder() / "policies");
    const Json index = Json::parse(text_of(root));
    for (const Json& each : index["manifests"]) platforms.push_back(each);
    ASSERT_EQ(platforms.size(), 2U);
  }
  void cosign(Words words) const {
    words.insert(words.begin(), cosign_program);
    const Ran ran = stage.run(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  /// A preset as it is shipped, with some of its text replaced.
  void preset(const std::string& name, const std::vector<std::pair<std::string, std::string>>& replaced) const {
    std::ifstream in(std::string(ASHLAR_SOURCE_DIR) + "/policies/" + name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const auto& [from, to] : replaced) {
      const size_t place = text.find(from);
      ASSERT_NE(place, std::string::npos) << from;
      text.replace(place, from.size(), to);
    }
    stage.write("policies/" + name, text);
  }
  Json by_preset(const std::string& name, const std::string& ref, const std::string& as, int code) const { return stage.json({"verify", ref, "--policy", "policies/" + name, "--as", as}, code); }

  std::string cosign_program;
  std::vector<Json> platforms;
};

TEST_F(VendorFlow, docker_hardened_images_in_their_layout) {
  // Statements without an envelope, as referrers of each platform's manifest.
  std::vector<std::string> statements;
  const std::pair<const char*, Json> said[] = {{"https://slsa.dev/provenance/v0.2", {{"builder", {{"id", builder}}}, {"buildType", "https://example.org/x"}}}, {"https://spdx.dev/Document", {{"spdxVersion", "SPDX-2.3"}}}, {"https://openvex.dev/ns/v0.2.0", {{"statements", Json::array()}}}};
  for (const Json& platform : platforms) {
    for (const auto& [type, predicate] : said) statements.push_back(state_plainly(platform["digest"], type, predicate));
  }
  const ReferrersRegistry registry(stage);
  const std::string ref = registry.ref("hardened/small:1"), repository = registry.ref("hardened/small").substr(9), as = "dhi.io/small:1", name = "docker-hardened-images.yaml";
  told({"copy", "oci:out:1", ref});
  preset(name, {});
  stage.write("policies/dhi.pub", stage.read("cosign.pub"));
  const auto sign_there = [&](const std::string& digest) { cosign({"sign", "--key", "cosign.key", "--tlog-upload=false", "--new-bundle-format=false", "--registry-referrers-mode=oci-1-1", repository + "@" + digest}); };
  EXPECT_EQ(reasons(by_preset(name, ref, as, 1))[0], "signed-by no: nothing signs the image");
  sign_there(root);
  const auto unsigned_ones = reasons(by_preset(name, ref, as, 1));
  EXPECT_EQ(unsigned_ones, (std::vector<std::string>{"signed-by ok", "statements no: there is no statement 'slsaprovenance' by key file 'dhi.pub' (referrer: nothing signs it)",
                                                     "statements no: there is no statement 'spdxjson' by key file 'dhi.pub' (referrer: nothing signs it)", "statements no: there is no statement 'openvex' by key file 'dhi.pub' (referrer: nothing signs it)"}));
  for (const std::string& each : statements) sign_there(each);
  const Json good = by_preset(name, ref, as, 0);
  EXPECT_EQ(reasons(good), (std::vector<std::string>{"signed-by ok", "statements ok", "statements ok", "statements ok"})) << good;
  EXPECT_EQ(std::ranges::count_if(good["signatures"], [](const Json& each) { return each["layout"] == "cosign-referrer" && each["verified"].get<bool>(); }), 1) << good;
  EXPECT_EQ(std::ranges::count_if(good["signatures"], [](const Json& each) { return each["layout"] == "referrer" && each["reason"] == "its manifest is signed"; }), 6) << good;
  EXPECT_EQ(good["policy"]["rule"], "docker-hardened-images");
  // Their own tool takes the image likewise.
  cosign({"verify", "--key", "cosign.pub", "--insecure-ignore-tlog=true", "--new-bundle-format=false", "--experimental-oci11=true", repository + "@" + root});
  // Whoever signs an artifact as an image vouches for what it says only where that is asked for.
  preset(name, {{"      statements-by-manifest: true\n", ""}});
  EXPECT_EQ(reasons(by_preset(name, ref, as, 1)), unsigned_ones);
  preset(name, {});
  const Ran by_key = stage.ashlar({"verify", ref, "--key", "cosign.pub", "--platform", "linux/amd64", "--type", "openvex"});
  EXPECT_EQ(by_key.code, 1) << by_key.told;
  EXPECT_EQ(stage.ashlar({"verify", ref, "--key", "cosign.pub", "--platform", "linux/amd64", "--type", "openvex", "--statements-by-manifest"}).code, 0);
  // Another's key, and another's name.
  stage.write("policies/dhi.pub", stage.read("other.pub"));
  const auto other = reasons(by_preset(name, ref, as, 1));
  EXPECT_EQ(other[0], "signed-by no: the image is not signed by key file 'dhi.pub' (cosign-referrer: signed by another key)");
  EXPECT_EQ(other[1], "statements no: there is no statement 'slsaprovenance' by key file 'dhi.pub' (referrer: nothing signs it, and its manifest counts for nothing: signed by another key)");
  EXPECT_EQ(reasons(by_preset(name, ref, "dhi.example/small", 1))[0], "images no: no rule names 'dhi.example/small', and the default is 'deny'");
}

TEST_F(VendorFlow, chainguard_images_in_their_layout) {
  const ReferrersRegistry registry(stage);
  const std::string ref = registry.ref("guarded/small:1"), repository = registry.ref("guarded/small").substr(9), as = "cgr.dev/chainguard/small", name = "chainguard.yaml";
  told({"copy", "oci:out:1", ref});
  const std::string identity = "\n        - name: https://github.com/chainguard-images/images/.github/workflows/release.yaml@refs/heads/main\n          issuer: https://token.actions.githubusercontent.com";
  preset(name, {{"  trust-root: trusted_root.json\n", ""}, {identity, " {file: ../cosign.pub}"}});
  const auto say = [&](const char* type, const Json& predicate, const std::string& digest) {
    stage.write("predicate.json", predicate.dump());
    cosign({"attest", "--key", "cosign.key", "--tlog-upload=false", "--new-bundle-format=false", "--type", type, "--predicate", "predicate.json", repository + "@" + digest});
  };
  cosign({"sign", "--key", "cosign.key", "--tlog-upload=false", "--new-bundle-format=false", "--recursive", repository + "@" + root});
  for (const Json& each : platforms) say("slsaprovenance1", provenance(builder, days_ago(45)), each["digest"]);
  const auto lacking = reasons(by_preset(name, ref, as, 1));
  ASSERT_EQ(lacking.size(), 4U);
  EXPECT_EQ(lacking[2], "statements no: there is no statement 'spdxjson' by key file '../cosign.pub'");
  EXPECT_NE(lacking[3].find("45 days old: more than 30 days"), std::string::npos) << lacking[3];
  for (const Json& each : platforms) {
    say("spdxjson", {{"spdxVersion", "SPDX-2.3"}}, each["digest"]);
    say("slsaprovenance1", provenance(builder, days_ago(3)), each["digest"]);
  }
  const Json good = by_preset(name, ref, as, 0);
  EXPECT_EQ(reasons(good), (std::vector<std::string>{"signed-by ok", "statements ok", "statements ok", "max-age ok"})) << good;
  EXPECT_EQ(good["policy"]["rule"], "chainguard-free");
  // The rule for an organisation's catalogue admits nothing as it is shipped, and neither does the first without its key.
  EXPECT_EQ(by_preset(name, ref, "cgr.dev/example.org/small", 1)["policy"]["rule"], "chainguard-organisation");
  preset(name, {{"  trust-root: trusted_root.json\n", ""}});
  EXPECT_NE(reasons(by_preset(name, ref, as, 1))[0].find("signed-by no: "), std::string::npos);
}

TEST_F(VendorFlow, bellsoft_images_in_the_form_of_their_preset) {
  const ReferrersRegistry registry(stage);
  const std::string ref = registry.ref("bell/small:1"), as = "docker.io/bellsoft/hardened-base:musl", name = "bellsoft.yaml";
  told({"copy", "oci:out:1", ref});
  preset(name, {});
  EXPECT_EQ(stage.ashlar({"verify", ref, "--policy", "policies/" + name, "--as", as}).code, 2) << "the vendor's key is for the user to bring";
  stage.write("policies/bellsoft.pub", stage.read("cosign.pub"));
  by_preset(name, ref, as, 1);
  cosign({"sign", "--key", "cosign.key", "--tlog-upload=false", "--new-bundle-format=false", registry.ref("bell/small").substr(9) + "@" + root});
  EXPECT_EQ(reasons(by_preset(name, ref, as, 0)), std::vector<std::string>{"signed-by ok"});
  by_preset(name, ref, "docker.io/bellsoft/liberica", 1);
}

}  // namespace
}  // namespace ashlar::flow
