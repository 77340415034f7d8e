#include "policy/inner/verify_section.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "policy/policy.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::policy {
namespace {

/// The text of a file of the tree.
std::string file(const std::string& path) {
  std::ifstream in(std::string(ASHLAR_SOURCE_DIR) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The first fenced example of the page on the format.
std::string example() {
  const std::string page = file("docs/formats/policy-verify.md"), fence = "```yaml\n";
  const size_t begin = page.find(fence) + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

const std::string rule = "verify:\n  rules:\n  - images: a.example/**\n";

TEST(VerifySection, ReadsTheExampleOfItsPage) {
  const auto read = read_policy(example(), "policy.yaml");
  ASSERT_TRUE(read) << read.error().message << to_string(read.error().faults.at(0));
  const VerifyRules& rules = read->verify.value();
  EXPECT_FALSE(rules.admit_others);
  EXPECT_EQ(rules.keyring, "keyring.yaml");
  ASSERT_EQ(rules.rules.size(), 2U);
  const VerifyRule& bases = rules.rules[0];
  EXPECT_EQ(bases.name, "bases");
  EXPECT_EQ(bases.images, std::vector<std::string>{"registry.example/base/**"});
  ASSERT_EQ(bases.signed_by.size(), 2U);
  EXPECT_EQ(bases.signed_by[1].str(), "key 'release-2027'");
  EXPECT_EQ(bases.at_least, 1U);
  ASSERT_EQ(bases.statements.size(), 3U);
  EXPECT_EQ(bases.statements[0].type, "https://slsa.dev/provenance/v1");
  EXPECT_FALSE(bases.statements[0].max_age);
  EXPECT_EQ(bases.statements[2].max_age, 7 * 86400);
  EXPECT_EQ(bases.statements[2].signed_by.at(0).str(), "'scanner@example.org' by 'https://accounts.example.org'");
  EXPECT_EQ(bases.builders, std::vector<std::string>{"https://ci.example.org/build/*"});
  EXPECT_EQ(bases.trust_root, "trusted_root.json");
  const VerifyRule& teams = rules.rules[1];
  EXPECT_EQ(teams.signed_by.at(0).str(), "key file 'keys/team.pub'");
  EXPECT_EQ(teams.at_least, 2U);
  EXPECT_EQ(teams.max_age, 90 * 86400);
  EXPECT_TRUE(teams.image_signature);
}

TEST(VerifySection, ShortFormsMeanTheLongOnes) {
  struct Row { const char *summary, *brief, *full; };
  const Row rows[] = {
      {"one signer", "    signed-by: a\n", "    signed-by: [{key: a}]\n"},
      {"one statement", "    statements: vuln\n", "    statements: [{type: 'https://cosign.sigstore.dev/attestation/vuln/v1'}]\n"},
      {"one builder", "    builder: 'https://b.example'\n", "    builder: ['https://b.example']\n"},
      {"one identity", "    signed-by: {name: n, issuer: i}\n", "    signed-by:\n    - name: n\n      issuer: i\n"},
      {"the name", "", "    name: a.example/**\n"},
      {"defaults", "", "    image-signature: true\n    index-signature: true\n    statements-by-manifest: false\n    supported: false\n    at-least: 1\n"},
      {"one type in two spellings", "    statements: spdxjson\n", "    statements: ['https://spdx.dev/Document/v2.3']\n"},
  };
  const auto shown = [](const std::string& text) {
    const VerifyRule one = read_policy(rule + text, "p").value().verify.value().rules.at(0);
    std::string out = one.name + fmt::format("|{}|{}|{}|{}|{}|{}|{}", fmt::join(one.images, ","), one.image_signature, one.index_signature, one.statements_by_manifest, one.supported, one.at_least, fmt::join(one.builders, ","));
    for (const Signer& each : one.signed_by) out += "|" + each.str();
    for (const StatementRule& each : one.statements) out += "|" + each.type;
    return out;
  };
  for (const Row& row : rows) EXPECT_EQ(shown(row.brief), shown(row.full)) << row.summary;
}

TEST(VerifySection, APolicyWithoutItSaysNothing) {
  for (const char* text : {"", "gate: {}\n"}) EXPECT_FALSE(read_policy(text, "p").value().verify) << text;
  const auto both = read_policy("gate: {proofs: false}\nverify: {default: allow}\n", "p");
  ASSERT_TRUE(both);
  EXPECT_FALSE(both->gate.proofs);
  EXPECT_TRUE(both->verify.value().admit_others);
}

TEST(VerifySection, FaultsSayWhere) {
  struct Row { const char *summary, *text; int line, column; const char *message, *hint; };
  const Row rows[] = {
      {"no mapping", "verify: yes\n", 1, 9, "a mapping is expected here", ""},
      {"unknown key of the section", "verify:\n  trustroot: a\n", 2, 3, "unknown key 'trustroot'", "did you mean 'trust-root'?"},
      {"a default that is none", "verify:\n  default: maybe\n", 2, 12, "'maybe' is neither allow nor deny", ""},
      {"an empty default", "verify:\n  default: ''\n", 2, 12, "a text is expected here", ""},
      {"rules that are no list", "verify:\n  rules: {a: b}\n", 2, 10, "a list of rules is expected here", "rules: [{images: registry.example/team/**, signed-by: release}]"},
      {"a rule that is none", "verify:\n  rules: [x]\n", 2, 11, "a mapping is expected here", ""},
      {"unknown key of a rule", "verify:\n  rules:\n  - images: a/**\n    signed_by: x\n", 4, 5, "unknown key 'signed_by'", "did you mean 'signed-by'?"},
      {"no images", "verify:\n  rules:\n  - signed-by: x\n", 3, 5, "a rule needs 'images': which it is for", "images: registry.example/team/**"},
      {"an empty list of images", "verify:\n  rules:\n  - images: []\n", 3, 13, "it is empty", "images: [registry.example/team/**, registry.example/base]"},
      {"a transport", "verify:\n  rules:\n  - images: 'docker://a/b'\n", 3, 13, "a pattern has no transport", "images: [registry.example/team/**, registry.example/base]"},
      {"a tag", "verify:\n  rules:\n  - images: a.example:5000/b:1\n", 3, 13, "a pattern has no tag", "images: [registry.example/team/**, registry.example/base]"},
      {"a digest", "verify:\n  rules:\n  - images: [a/b, a/c@sha256]\n", 3, 19, "a pattern has no digest", "images: [registry.example/team/**, registry.example/base]"},
      {"a rule that never comes", "verify:\n  rules:\n  - {name: x, images: a/**}\n  - {name: y, images: [b/**, a/**]}\n", 4, 30, "'a/**' never comes here: the rule 'x' stands before and takes it", "the first rule that names an image is its rule: put the narrow ones first"},
      {"a rule after the one for all", "verify:\n  rules:\n  - {name: x, images: '**'}\n  - {name: y, images: a/b}\n", 4, 23, "'a/b' never comes here: the rule 'x' stands before and takes it", "the first rule that names an image is its rule: put the narrow ones first"},
      {"two of one name", "verify:\n  rules:\n  - {name: x, images: a/b}\n  - {name: x, images: a/c}\n", 4, 12, "another rule is named 'x'", "verdicts name rules: give each a name of its own"},
      {"nobody may sign", "verify:\n  rules:\n  - images: a/b\n    signed-by: []\n", 4, 16, "it is empty", "signed-by: [release, {file: keys/our.pub}, {name: release@example.org, issuer: 'https://accounts.example.org'}]"},
      {"signers left out", "verify:\n  rules:\n  - images: a/b\n    signed-by:\n", 4, 5, "it is empty", "signed-by: [release, {file: keys/our.pub}, {name: release@example.org, issuer: 'https://accounts.example.org'}]"},
      {"a file as a name", "verify:\n  rules:\n  - images: a/b\n    signed-by: keys/our.pub\n", 4, 16, "'keys/our.pub' looks like a file; a text names a key of the keyring", "write {file: keys/our.pub}"},
      {"a key and a file", "verify:\n  rules:\n  - images: a/b\n    signed-by: {key: a, file: b}\n", 4, 16, "a signer is one of 'key', 'file', or a name with its issuer", "signed-by: [release, {file: keys/our.pub}, {name: release@example.org, issuer: 'https://accounts.example.org'}]"},
      {"unknown key of a signer", "verify:\n  rules:\n  - images: a/b\n    signed-by: {name: a, issuer: b, isuer: c}\n", 4, 37, "unknown key 'isuer'", "did you mean 'issuer'?"},
      {"a name that nobody vouches for", "verify:\n  rules:\n  - images: a/b\n    signed-by: {name: a}\n", 4, 16, "an identity has either 'issuer' or 'issuer-expression': who vouches for the name", "signed-by: [release, {file: keys/our.pub}, {name: release@example.org, issuer: 'https://accounts.example.org'}]"},
      {"a name in two ways", "verify:\n  rules:\n  - images: a/b\n    signed-by: {name: a, name-expression: b, issuer: c}\n", 4, 16, "an identity has either 'name' or 'name-expression': whom the certificate is of", "signed-by: [release, {file: keys/our.pub}, {name: release@example.org, issuer: 'https://accounts.example.org'}]"},
      {"no expression", "verify:\n  rules:\n  - images: a/b\n    signed-by: {name-expression: '(', issuer: c}\n", 4, 34, "", ""},
      {"no number", "verify:\n  rules:\n  - images: a/b\n    at-least: all\n", 4, 15, "'all' is no number from 1 on", ""},
      {"none", "verify:\n  rules:\n  - images: a/b\n    at-least: 0\n", 4, 15, "'0' is no number from 1 on", ""},
      {"more than there are", "verify:\n  rules:\n  - images: a/b\n    signed-by: [a, b]\n    at-least: 3\n", 5, 15, "3 of 2 signers can never be", ""},
      {"more than there are lines", "verify:\n  rules:\n  - images: a/b\n    signed-by: {name-expression: '.*@example.org', issuer: b}\n    at-least: 2\n", 5, 15, "2 of 1 signers can never be", ""},
      {"how many sign what nobody signs", "verify:\n  rules:\n  - images: a/b\n    image-signature: false\n    at-least: 1\n    statements: vuln\n", 5, 15, "how many sign the image is asked, and 'image-signature' is false", ""},
      {"nothing is asked for", "verify:\n  rules:\n  - images: a/b\n    image-signature: false\n", 3, 5, "a rule without a signature of the image needs 'statements': else it asks for nothing", ""},
      {"one statement in two spellings", "verify:\n  rules:\n  - images: a/b\n    statements: [{type: spdxjson, signed-by: a}, {type: 'https://spdx.dev/Document/v2.3', signed-by: b}]\n", 4, 57, "'https://spdx.dev/Document/v2.3' stands here twice", ""},
      {"an index that is maybe signed", "verify:\n  rules:\n  - images: a/b\n    index-signature: maybe\n", 4, 22, "'maybe' is neither true nor false", ""},
      {"support that is maybe asked for", "verify:\n  rules:\n  - images: a/b\n    supported: soon\n", 4, 16, "'soon' is neither true nor false", ""},
      {"neither true nor false", "verify:\n  rules:\n  - images: a/b\n    image-signature: no\n", 4, 22, "'no' is neither true nor false", ""},
      {"a type that is none", "verify:\n  rules:\n  - images: a/b\n    statements: [slsaprovenance3]\n", 4, 18, "cannot take 'slsaprovenance3' as a predicate type: it is no URI; did you mean 'slsaprovenance1'?", ""},
      {"a statement without a type", "verify:\n  rules:\n  - images: a/b\n    statements: [{max-age: 7d}]\n", 4, 18, "a statement needs its 'type'", "statements: [{type: vuln, max-age: 7d}]"},
      {"a statement twice", "verify:\n  rules:\n  - images: a/b\n    statements: [vuln, {type: vuln, max-age: 7d}]\n", 4, 31, "'vuln' stands here twice", ""},
      {"unknown key of a statement", "verify:\n  rules:\n  - images: a/b\n    statements: [{type: vuln, maxage: 7d}]\n", 4, 31, "unknown key 'maxage'", "did you mean 'max-age'?"},
      {"no statements", "verify:\n  rules:\n  - images: a/b\n    statements: []\n", 4, 17, "it is empty", "statements: [slsaprovenance1, {type: vuln, max-age: 7d}]"},
      {"no age", "verify:\n  rules:\n  - images: a/b\n    max-age: 30 years\n", 4, 14, "cannot read age '30 years': its unit is none of m, h, d and w", "max-age: 30d"},
      {"an age of nothing", "verify:\n  rules:\n  - images: a/b\n    max-age: 0d\n", 4, 14, "an age of nothing admits nothing", "max-age: 30d"},
      {"an age of a statement", "verify:\n  rules:\n  - images: a/b\n    statements: {type: vuln, max-age: week}\n", 4, 39, "cannot read age 'week': it does not begin with a number", "max-age: 30d"},
      {"no builder", "verify:\n  rules:\n  - images: a/b\n    builder: ['']\n", 4, 15, "the URI of a builder is expected here, or a glob of it", ""},
      {"a path that is a list", "verify:\n  trust-root: [a]\n", 2, 15, "a text is expected here", ""},
  };
  for (const Row& row : rows) {
    const auto read = read_policy(row.text, "p.yaml");
    ASSERT_FALSE(read) << row.summary;
    EXPECT_EQ(read.error().message, "cannot read policy 'p.yaml': it has faults") << row.summary;
    ASSERT_EQ(read.error().faults.size(), 1U) << row.summary << to_string(read.error().faults.at(1));
    const Fault& fault = read.error().faults[0];
    EXPECT_EQ(fmt::format("{}:{}", fault.line, fault.column), fmt::format("{}:{}", row.line, row.column)) << row.summary;
    if (*row.message != '\0') {  // else the words are the library's
      EXPECT_EQ(fault.message, row.message) << row.summary;
    }
    EXPECT_EQ(fault.hint, row.hint) << row.summary;
  }
  const auto many = read_policy("verify:\n  defalt: deny\n  rules:\n  - image: a\n  - images: a/b\n    at-least: -1\n    max-age: x\n", "p.yaml");
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().faults.size(), 5U) << "each is said in one run";
}

TEST(VerifySection, PresetsReadAndSayThatNobodyTriedThem) {
  size_t presets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(ASHLAR_SOURCE_DIR) + "/policies")) {
    const std::string name = entry.path().filename().string(), text = entry.is_regular_file() ? file("policies/" + name) : std::string();
    // What is one's own, and what is no policy, is judged elsewhere.
    if (!entry.is_regular_file() || name == "control.yaml" || name == "vendors.yaml" || name == "registries.yaml" || name == "replacements.yaml" || name == "migration.yaml" || name == "packages.yaml" || name.ends_with(".cases.yaml")) continue;
    const auto read = read_policy(text, name);
    ASSERT_TRUE(read) << name << (read.error().faults.empty() ? "" : to_string(read.error().faults[0]));
    if (!read->verify) continue;
    ++presets;
    EXPECT_NE(text.substr(0, text.find('\n')).find(": shape tested, not tested against the live registry."), std::string::npos) << name;
    EXPECT_FALSE(read->verify->admit_others) << name;
    for (const VerifyRule& each : read->verify->rules) {
      EXPECT_FALSE(each.signed_by.empty()) << name << ": whoever is believed elsewhere is not the vendor";
      EXPECT_NE(each.images, std::vector<std::string>{"**"}) << name;
    }
    // Each line that asks for something says why, in the comment before it.
    std::string before;
    for (const std::string_view line : split(text, '\n')) {
      for (const std::string_view key : {"images:", "signed-by:", "statements:", "- slsa", "- spdx", "- openvex", "max-age:"}) {
        const std::string_view plain = trim(line);
        if (!plain.starts_with(key) || key == "statements:" || key == "images:") continue;
        EXPECT_TRUE(trim(before).starts_with('#')) << name << ": " << line;
      }
      before = line;
    }
  }
  EXPECT_EQ(presets, 4U);
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(VerifySection, TheSchemaTakesWhatTheReaderTakes) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/policy.schema.json");
  struct Row { std::string text; bool good; };
  std::vector<Row> rows = {{example(), true}};
  for (const char* name : {"docker-hardened-images", "chainguard", "bellsoft"}) rows.push_back({file(std::string("policies/") + name + ".yaml"), true});
  for (const char* good : {"    signed-by: a\n", "    signed-by: [{key: a}, {name-expression: a, issuer-expression: b}]\n", "    image-signature: false\n    statements: vuln\n", "    index-signature: false\n", "    supported: true\n", "    statements-by-manifest: true\n", "    at-least: 2\n", "    max-age: 12h\n", "    builder: [a, b]\n"}) rows.push_back({rule + good, true});
  for (const char* bad : {"    signed_by: a\n", "    signed-by: []\n", "    signed-by: {key: a, file: b}\n", "    signed-by: {name: a}\n", "    signed-by: {name: a, issuer: b, issuer-expression: c}\n", "    image-signature: false\n", "    image-signature: false\n    at-least: 1\n    statements: vuln\n",
                          "    index-signature: 0\n", "    supported: 2027-01-01\n", "    statements-by-manifest: yes\n", "    at-least: 0\n", "    at-least: all\n", "    max-age: 0d\n", "    max-age: soon\n", "    statements: []\n", "    statements: [{max-age: 7d}]\n", "    statements: [{type: vuln, maxage: 7d}]\n", "    builder: ['']\n"}) rows.push_back({rule + bad, false});
  for (const char* bad : {"verify:\n  default: maybe\n", "verify:\n  rules: {a: b}\n", "verify:\n  rules:\n  - signed-by: a\n", "verify:\n  rules:\n  - images: 'docker://a/b'\n", "verify:\n  rules:\n  - images: a/b@sha256\n"}) rows.push_back({bad, false});
  for (const Row& row : rows) {
    std::string why;
    const auto document = parse_yaml(row.text, "p").value();
    EXPECT_EQ(schema.takes(value_of(document.root), &why), row.good) << row.text << why;
    EXPECT_EQ(read_policy(row.text, "p").has_value(), row.good) << row.text;
  }
}
#endif

}  // namespace
}  // namespace ashlar::policy
