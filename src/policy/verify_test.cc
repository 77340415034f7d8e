#include "policy/verify.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "policy/policy.h"

namespace ashlar::policy {
namespace {

const Time now = Time::parse("2026-11-27T12:00:00Z").value();
constexpr const char *builder = "https://ci.example.org/build/release", *issuer = "https://accounts.example.org";

VerifyRules rules_of(const std::string& text) {
  const auto read = read_policy("verify:\n" + text, "policy.yaml");
  if (read) return *read->verify;
  ADD_FAILURE() << read.error().message << (read.error().faults.empty() ? "" : "\n" + to_string(read.error().faults.front()));
  return {};
}

Time days_ago(int days) { return {now.seconds - days * 86400LL}; }

PresentedSignature by_key(const std::string& name, const std::string& layout = "bundle") { return {.layout = layout, .signs_image = true, .verified = true, .by = name, .party = "digest of " + name, .signers = {fmt::format("key '{}'", name)}}; }
/// The same key by another name, or another key by the same.
PresentedSignature called(PresentedSignature signature, const std::string& name, const std::string& party) {
  signature.by = name;
  signature.party = party;
  return signature;
}
PresentedSignature by_identity(const std::string& name, const std::string& who = issuer) {
  return {.layout = "bundle", .signs_image = true, .verified = true, .by = name + " by " + who, .party = "whoever is believed", .identity = trust::CertificateIdentity{{name}, who}};
}
PresentedSignature refused(const std::string& reason, const std::string& layout = "bundle") { return {.layout = layout, .signs_image = true, .reason = reason}; }
PresentedSignature at(PresentedSignature signature, Time time) {
  signature.signed_at = time;
  return signature;
}
/// A statement by the same.
PresentedSignature saying(PresentedSignature signature, const std::string& type, Json predicate = Json::object()) {
  signature.signs_image = false;
  signature.predicate_type = type;
  if (signature.verified) signature.statement = attest::Statement{{}, type, std::move(predicate)};
  return signature;
}
Json provenance(const std::string& id = builder, const std::string& finished = {}) {
  Json out = {{"runDetails", {{"builder", {{"id", id}}}, {"metadata", Json::object()}}}};
  if (!finished.empty()) out["runDetails"]["metadata"]["finishedOn"] = finished;
  return out;
}
constexpr const char *slsa1 = "https://slsa.dev/provenance/v1", *slsa02 = "https://slsa.dev/provenance/v0.2", *vuln = "https://cosign.sigstore.dev/attestation/vuln/v1";

VerifyVerdict judged(const std::string& text, std::vector<PresentedSignature> signatures, const std::string& repository = "registry.example/team/app") {
  return verify(rules_of(text), {.repository = repository, .signatures = std::move(signatures)}, now);
}

/// `signed-by ok: what`, `builder no: what | remedy`.
std::string shown(const VerifyReason& reason) { return fmt::format("{} {}: {}{}", reason.rule, reason.holds ? "ok" : "no", reason.what, reason.remedy.empty() ? "" : " | " + reason.remedy); }
std::vector<std::string> shown(const VerifyVerdict& verdict) {
  std::vector<std::string> out;
  for (const VerifyReason& each : verdict.reasons) {
    out.push_back(shown(each));
    EXPECT_EQ(each.holds, each.remedy.empty()) << "what fails has a remedy, and nothing else: " << out.back();
  }
  return out;
}

const std::string ours = "  rules:\n  - name: ours\n    images: registry.example/team/**\n";

TEST(Verify, judges_signers) {
  const std::string release = ours + "    signed-by: release\n", two = ours + "    signed-by: [release, security, audit]\n    at-least: 2\n";
  const std::string identity = ours + fmt::format("    signed-by: {{name: release@example.org, issuer: '{}'}}\n", issuer);
  const std::string expression = ours + fmt::format("    signed-by: {{name-expression: '.*@example\\.org', issuer-expression: 'https://accounts\\..*'}}\n");
  const std::string two_lines = ours + fmt::format("    signed-by: [{{name-expression: 'ci/.*', issuer: '{}'}}, audit]\n    at-least: 2\n", issuer);
  struct Row { const char* summary; std::string rules; std::vector<PresentedSignature> signatures; bool allowed; const char* reason; };
  const Row rows[] = {
      {"by the key that is named", release, {by_key("release")}, true, "signed-by ok: the image is signed by release"},
      {"by another that is believed", release, {by_key("other")}, false, "signed-by no: the image is not signed by key 'release' (bundle: signed by 'other', whom the rule does not name) | take an image signed by key 'release', or name its signer in the rule's 'signed-by' if you believe it"},
      {"by nobody who is believed", release, {refused("signed by another key")}, false, "signed-by no: the image is not signed by key 'release' (bundle: signed by another key) | take an image signed by key 'release', or name its signer in the rule's 'signed-by' if you believe it"},
      {"in two layouts, each with its reason", release, {refused("signed by another key"), refused("digest differs", "cosign-signature")}, false, "signed-by no: the image is not signed by key 'release' (bundle: signed by another key; cosign-signature: digest differs) | take an image signed by key 'release', or name its signer in the rule's 'signed-by' if you believe it"},
      {"by nobody", release, {}, false, "signed-by no: nothing signs the image | take an image signed by key 'release', or name its signer in the rule's 'signed-by' if you believe it"},
      {"a statement is no signature of the image", release, {saying(by_key("release"), slsa1)}, false, "signed-by no: nothing signs the image | take an image signed by key 'release', or name its signer in the rule's 'signed-by' if you believe it"},
      {"a good one beside a bad one", release, {refused("signed by another key"), by_key("release")}, true, "signed-by ok: the image is signed by release"},
      {"a refused one of the right key", release, {PresentedSignature{.layout = "bundle", .signs_image = true, .reason = "'release' was valid until 2026-01-01", .by = "release", .signers = {"key 'release'"}}}, false, "signed-by no: the image is not signed by key 'release' (bundle: 'release' was valid until 2026-01-01) | take an image signed by key 'release', or name its signer in the rule's 'signed-by' if you believe it"},
      {"a key file is not the key of that name", ours + "    signed-by: {file: release}\n", {by_key("release")}, false, "signed-by no: the image is not signed by key file 'release' (bundle: signed by 'release', whom the rule does not name) | take an image signed by key file 'release', or name its signer in the rule's 'signed-by' if you believe it"},
      {"two of three", two, {by_key("release"), by_key("audit")}, true, "signed-by ok: the image is signed by audit, release"},
      {"one of three, twice", two, {by_key("release"), by_key("release", "cosign-signature")}, false, "signed-by no: the image is not signed by 2 of key 'release' or key 'security' or key 'audit': only by release | take an image signed by 2 of key 'release' or key 'security' or key 'audit', or name its signer in the rule's 'signed-by' if you believe it"},
      {"one key under two names is one", two, {PresentedSignature{.layout = "bundle", .signs_image = true, .verified = true, .by = "release", .signers = {"key 'release'", "key 'audit'"}}}, false, "signed-by no: the image is not signed by 2 of key 'release' or key 'security' or key 'audit': only by release | take an image signed by 2 of key 'release' or key 'security' or key 'audit', or name its signer in the rule's 'signed-by' if you believe it"},
      {"two keys of one name are two", two, {by_key("release"), called(by_key("release"), "release", "digest of another")}, true, "signed-by ok: the image is signed by release"},
      {"one key by two names is one", ours + "    at-least: 2\n", {by_key("release"), called(by_key("release"), "again", "digest of release")}, false, "signed-by no: the image is not signed by 2 of somebody who is believed: only by again, release | take an image signed by 2 of somebody who is believed, or name its signer in the rule's 'signed-by' if you believe it"},
      {"two keys of whoever is believed", ours + "    at-least: 2\n", {by_key("release"), by_key("audit")}, true, "signed-by ok: the image is signed by audit, release"},
      {"two names that one line admits are one", two_lines, {by_identity("ci/a@example.org"), by_identity("ci/b@example.org")}, false, "signed-by no: the image is not signed by 2 of 'ci/.*' by 'https://accounts.example.org' or key 'audit': only by ci/a@example.org by https://accounts.example.org, ci/b@example.org by https://accounts.example.org | take an image signed by 2 of 'ci/.*' by 'https://accounts.example.org' or key 'audit', or name its signer in the rule's 'signed-by' if you believe it"},
      {"one of each line", two_lines, {by_identity("ci/a@example.org"), by_key("audit")}, true, "signed-by ok: the image is signed by audit, ci/a@example.org by https://accounts.example.org"},
      {"two names of one identity that is believed are one", ours + "    at-least: 2\n", {by_identity("a@example.org"), by_identity("b@example.org")}, false, "signed-by no: the image is not signed by 2 of somebody who is believed: only by a@example.org by https://accounts.example.org, b@example.org by https://accounts.example.org | take an image signed by 2 of somebody who is believed, or name its signer in the rule's 'signed-by' if you believe it"},
      {"nobody is named: whoever is believed", ours, {by_key("whoever")}, true, "signed-by ok: the image is signed by whoever"},
      {"nobody is named, and nobody signed", ours, {refused("signed by another key")}, false, "signed-by no: the image is not signed by somebody who is believed (bundle: signed by another key) | take an image signed by somebody who is believed, or name its signer in the rule's 'signed-by' if you believe it"},
      {"an identity", identity, {by_identity("release@example.org")}, true, "signed-by ok: the image is signed by release@example.org by https://accounts.example.org"},
      {"that name of another issuer", identity, {by_identity("release@example.org", "https://evil.example")}, false, "signed-by no: the image is not signed by 'release@example.org' by 'https://accounts.example.org' (bundle: signed by 'release@example.org by https://evil.example', whom the rule does not name) | take an image signed by 'release@example.org' by 'https://accounts.example.org', or name its signer in the rule's 'signed-by' if you believe it"},
      {"an expression", expression, {by_identity("anybody@example.org")}, true, "signed-by ok: the image is signed by anybody@example.org by https://accounts.example.org"},
      {"an expression matches the whole", expression, {by_identity("a@example.org.evil.example")}, false, "signed-by no: the image is not signed by '.*@example\\.org' by 'https://accounts\\..*' (bundle: signed by 'a@example.org.evil.example by https://accounts.example.org', whom the rule does not name) | take an image signed by '.*@example\\.org' by 'https://accounts\\..*', or name its signer in the rule's 'signed-by' if you believe it"},
  };
  for (const Row& row : rows) {
    const VerifyVerdict verdict = judged(row.rules, row.signatures);
    EXPECT_EQ(verdict.allowed, row.allowed) << row.summary;
    EXPECT_EQ(verdict.rule, "ours") << row.summary;
    EXPECT_EQ(shown(verdict), std::vector<std::string>{row.reason}) << row.summary;
  }
}

/// What is said of an image beside its signature by `release`, and what the second reason of the verdict then is.
struct Promises { const char* summary; std::vector<PresentedSignature> said; bool allowed; const char* reason; };
void expect_promises(const std::string& asked, const Promises& row) {
  auto signatures = row.said;
  signatures.push_back(by_key("release"));
  const VerifyVerdict verdict = judged(asked, signatures);
  EXPECT_EQ(verdict.allowed, row.allowed) << row.summary;
  ASSERT_EQ(verdict.reasons.size(), 2U) << row.summary;
  EXPECT_EQ(shown(verdict.reasons[1]), row.reason) << row.summary;
}

TEST(Verify, holds_what_is_promised_against_the_time) {
  constexpr const char* support = "https://ashlar.dev/attestation/support/v1";
  const std::string asked = ours + "    signed-by: release\n    supported: true\n";
  const auto promise = [&](Json said, const char* who = "release") {
    said["image"] = "registry.example/team/app";
    return saying(by_key(who), support, std::move(said));
  };
  const char* const ended = "supported no: its support ended on 2026-11-27 | take a newer image, or one whose support was prolonged by a later statement (its 'promised' says when)";
  const Promises rows[] = {
      {"until a day to come", {promise({{"until", "2026-11-28T00:00:00Z"}})}, true, "supported ok: it is supported until 2026-11-28"},
      {"without an end", {promise({{"from", "2026-01-01T00:00:00Z"}})}, true, "supported ok: it is supported, and no end is said"},
      {"it has ended", {promise({{"until", "2026-11-27T12:00:00Z"}})}, false, ended},
      {"it has not begun", {promise({{"from", "2026-12-01T00:00:00Z"}})}, false, "supported no: its support begins on 2026-12-01 | wait until then, or take an image that is supported now"},
      {"it was prolonged", {promise({{"until", "2026-11-01T00:00:00Z"}, {"promised", "2025-01-01T00:00:00Z"}}), promise({{"until", "2027-11-01T00:00:00Z"}, {"promised", "2026-01-01T00:00:00Z"}})}, true, "supported ok: it is supported until 2027-11-01"},
      {"it was shortened", {promise({{"until", "2027-11-01T00:00:00Z"}, {"promised", "2025-01-01T00:00:00Z"}}), promise({{"until", "2026-11-27T12:00:00Z"}, {"promised", "2026-01-01T00:00:00Z"}})}, false, ended},
      {"an end was given to what had none", {promise(Json::object()), promise({{"until", "2026-11-27T12:00:00Z"}, {"promised", "2026-01-01T00:00:00Z"}})}, false, ended},
      {"what says when overrules what does not", {promise({{"until", "2026-11-01T00:00:00Z"}}), promise({{"until", "2027-11-01T00:00:00Z"}, {"promised", "2020-01-01T00:00:00Z"}})}, true, "supported ok: it is supported until 2027-11-01"},
      {"nobody knows which was later", {promise({{"until", "2026-11-27T12:00:00Z"}}), promise({{"until", "2027-11-01T00:00:00Z"}})}, false, ended},
      {"a log tells which was later", {at(promise({{"until", "2026-11-27T12:00:00Z"}}), days_ago(3)), at(promise({{"until", "2027-11-01T00:00:00Z"}}), days_ago(2))}, true, "supported ok: it is supported until 2027-11-01"},
      {"the last word is of a time to come, and the one before holds", {promise({{"until", "2026-12-24T00:00:00Z"}, {"promised", "2026-01-01T00:00:00Z"}}), promise({{"from", "2026-12-24T00:00:00Z"}, {"until", "2028-01-01T00:00:00Z"}, {"promised", "2026-11-01T00:00:00Z"}})}, true, "supported ok: it is supported until 2026-12-24"},
      {"a word of tomorrow was not said", {promise({{"until", "2026-12-24T00:00:00Z"}, {"promised", "2026-01-01T00:00:00Z"}}), promise({{"until", "2028-01-01T00:00:00Z"}, {"promised", "2026-11-28T12:00:00Z"}})}, true, "supported ok: it is supported until 2026-12-24"},
      {"nothing but a word of tomorrow", {promise({{"until", "2028-01-01T00:00:00Z"}, {"promised", "2026-11-28T12:00:00Z"}})}, false, "supported no: its support is promised on a day that is yet to come | look at the clocks of this machine and of the signer"},
      {"another's later word takes nothing back", {promise({{"until", "2027-11-01T00:00:00Z"}, {"promised", "2025-01-01T00:00:00Z"}}), promise({{"until", "2026-11-27T12:00:00Z"}, {"promised", "2026-01-01T00:00:00Z"}}, "other")}, true, "supported ok: it is supported until 2027-11-01"},
      {"whoever is not named promises nothing", {promise({{"until", "2027-11-01T00:00:00Z"}}, "other")}, false, "supported no: nobody promises support of it (bundle: signed by 'other', whom the rule does not name) | it takes a statement 'support' on this image, signed by key 'release'"},
      {"nothing is promised", {}, false, "supported no: nobody promises support of it | it takes a statement 'support' on this image, signed by key 'release'"},
      {"what is no promise", {promise({{"until", "some day"}})}, false, "supported no: what is said of its support cannot be read | it takes a statement 'support' of the form that docs/formats/statements.md has"},
  };
  for (const Promises& row : rows) expect_promises(asked, row);
  EXPECT_TRUE(judged(ours + "    signed-by: release\n", {by_key("release")}).allowed) << "nobody asked";
  // Where two may promise, a later word of the one takes nothing back of the other's.
  const std::string two = ours + "    signed-by: [release, other]\n    supported: true\n";
  const auto longer = promise({{"until", "2027-11-01T00:00:00Z"}, {"promised", "2025-01-01T00:00:00Z"}}), ends = promise({{"until", "2026-11-27T12:00:00Z"}, {"promised", "2026-01-01T00:00:00Z"}}, "other");
  EXPECT_EQ(shown(judged(two, {by_key("release"), longer, ends}).reasons[1]), "supported ok: it is supported until 2027-11-01");
  EXPECT_EQ(shown(judged(two, {by_key("release"), ends, longer}).reasons[1]), "supported ok: it is supported until 2027-11-01") << "in whatever order";
}

TEST(Verify, holds_a_schedule_against_the_time) {
  constexpr const char* support = "https://ashlar.dev/attestation/support/v1";
  const std::string asked = ours + "    signed-by: release\n    on-schedule: true\n";
  const auto promise = [&](Json said, const char* who = "release") {
    said["image"] = "registry.example/team/app";
    return saying(by_key(who), support, std::move(said));
  };
  const auto weekly = [&](const char* published, Json more = Json::object()) {
    more["rebuilt_at_latest"] = 7 * 86400, more["published"] = published;
    if (!more.contains("promised")) more["promised"] = published;
    return promise(std::move(more));
  };
  const char* const nobody = "on-schedule no: nobody promises how often it is made again | take an image whose statement 'support' has 'rebuilt_at_latest', and whose support has not ended";
  const char* const late = "on-schedule no: it was to be made again by 2026-11-27T11:59:59Z | take the image that its tag points at now; where that is this one, the schedule was not kept: ask whoever signs it";
  const Promises rows[] = {
      {"met to the second", {weekly("2026-11-20T12:00:00Z")}, true, "on-schedule ok: it is made again by 2026-11-27T12:00:00Z at the latest"},
      {"a second late", {weekly("2026-11-20T11:59:59Z")}, false, late},
      {"what was said again since does not make it younger", {weekly("2026-11-20T11:59:59Z"), weekly("2026-11-20T11:59:59Z", {{"promised", "2026-11-27T10:00:00Z"}, {"until", "2030-01-01T00:00:00Z"}})}, false, late},
      {"made again and found to be the same", {weekly("2026-11-13T12:00:00Z"), weekly("2026-11-20T13:00:00Z")}, true, "on-schedule ok: it is made again by 2026-11-27T13:00:00Z at the latest"},
      {"no cadence", {promise({{"until", "2030-01-01T00:00:00Z"}, {"promised", "2026-11-27T10:00:00Z"}})}, false, nobody},
      {"a cadence that was taken back", {weekly("2026-11-27T08:00:00Z"), promise({{"promised", "2026-11-27T10:00:00Z"}})}, false, nobody},
      {"its support has ended", {weekly("2026-11-27T08:00:00Z", {{"until", "2026-11-27T12:00:00Z"}})}, false, nobody},
      {"its support has not begun", {weekly("2026-11-27T08:00:00Z", {{"from", "2026-12-01T00:00:00Z"}})}, false, nobody},
      {"nothing is promised", {}, false, "on-schedule no: nobody promises support of it | it takes a statement 'support' on this image, signed by key 'release'"},
  };
  for (const Promises& row : rows) expect_promises(asked, row);
}

TEST(Verify, an_index_is_signed_itself_unless_the_rule_says_that_its_platforms_suffice) {
  const std::string release = ours + "    signed-by: release\n", remedy = ": who put its platforms together is not known | take an index signed by key 'release', verify the image of one platform with --platform, or say 'index-signature: false' in the rule";
  struct Row { const char* summary; std::string rules; std::vector<PresentedSignature> signatures; bool allowed; std::vector<std::string> reasons; };
  const Row rows[] = {
      {"signed", release, {by_key("release")}, true, {"signed-by ok: the index is signed by release"}},
      {"signed by nobody", release, {}, false, {"signed-by no: nothing signs the index" + remedy}},
      {"signed by another", release, {by_key("other")}, false, {"signed-by no: the index is not signed by key 'release' (bundle: signed by 'other', whom the rule does not name)" + remedy}},
      {"its platforms suffice", release + "    index-signature: false\n", {}, true, {}},
      {"statements alone are signed", ours + "    image-signature: false\n    statements: vuln\n", {}, true, {}},
      {"what else is asked for is asked of the platforms", release + "    statements: vuln\n    builder: 'https://b.example'\n    max-age: 1d\n", {by_key("release")}, true, {"signed-by ok: the index is signed by release"}},
  };
  for (const Row& row : rows) {
    const VerifyVerdict verdict = verify(rules_of(row.rules), {.repository = "registry.example/team/app", .is_index = true, .signatures = row.signatures}, now);
    EXPECT_EQ(verdict.allowed, row.allowed) << row.summary;
    EXPECT_EQ(shown(verdict), row.reasons) << row.summary;
  }
  EXPECT_FALSE(verify(rules_of("  rules: []\n"), {.repository = "a/b", .is_index = true}, now).allowed) << "no rule names it";
}

TEST(Verify, the_first_rule_that_names_an_image_is_its_rule) {
  const std::string text =
      "  rules:\n"
      "  - {name: base, images: [registry.example/team/base, 'registry.example/team/base-*'], signed-by: base}\n"
      "  - {name: team, images: registry.example/team/**, signed-by: team}\n"
      "  - {name: local, images: ['oci:out', 'oci:layouts/**'], signed-by: local}\n";
  struct Row { const char *repository, *signer, *rule; bool allowed; };
  const Row rows[] = {
      {"registry.example/team/base", "base", "base", true},
      {"registry.example/team/base", "team", "base", false},
      {"registry.example/team/base-dev", "base", "base", true},
      {"registry.example/team/app", "team", "team", true},
      {"registry.example/team/deep/er/app", "team", "team", true},
      {"registry.example/team/app", "base", "team", false},
      {"registry.example/other/app", "team", "", false},
      {"registry.example.evil.example/team/app", "team", "", false},
      {"evil.example/registry.example/team/app", "team", "", false},
      {"oci:out", "local", "local", true},
      {"oci:layouts/a/b", "local", "local", true},
      {"oci:other", "local", "", false},
  };
  for (const Row& row : rows) {
    const VerifyVerdict verdict = judged(text, {by_key(row.signer)}, row.repository);
    EXPECT_EQ(verdict.allowed, row.allowed) << row.repository << row.signer;
    EXPECT_EQ(verdict.rule, row.rule) << row.repository;
  }
  EXPECT_EQ(shown(judged(text, {by_key("team")}, "registry.example/other")), std::vector<std::string>{"images no: no rule names 'registry.example/other', and the default is 'deny' | write a rule whose 'images' name it, or say 'default: allow'"});
  const VerifyVerdict open = judged("  default: allow\n" + text, {}, "registry.example/other");
  EXPECT_TRUE(open.allowed);
  EXPECT_EQ(shown(open), std::vector<std::string>{"images ok: no rule names 'registry.example/other', and the default is 'allow'"});
  EXPECT_FALSE(judged("  default: allow\n" + text, {}, "registry.example/team/app").allowed) << "what a rule names is held to it";
  EXPECT_FALSE(judged("  default: deny\n", {by_key("a")}).allowed) << "no rules";
  EXPECT_FALSE(verify({.rules = {{.name = "x", .images = {"**"}, .image_signature = false}}}, {.repository = "a"}, now).allowed) << "a rule that asks for nothing, as no file can say it";
}

TEST(Verify, judges_statements) {
  const std::string wants = ours + "    signed-by: release\n    statements: [slsaprovenance1]\n", own = ours + "    signed-by: release\n    statements: [{type: vuln, signed-by: scanner}]\n";
  const std::string alone = ours + "    image-signature: false\n    signed-by: release\n    statements: [openvex]\n";
  struct Row { const char* summary; std::string rules; std::vector<PresentedSignature> signatures; bool allowed; const char* reason; };
  const Row rows[] = {
      {"it is there", wants, {by_key("release"), saying(by_key("release"), slsa1)}, true, "statements ok: there is a statement 'slsaprovenance1' by release"},
      {"it is not there", wants, {by_key("release")}, false, "statements no: there is no statement 'slsaprovenance1' by key 'release' | it takes a statement 'slsaprovenance1' on this image, signed by key 'release'"},
      {"one of another type", wants, {by_key("release"), saying(by_key("release"), vuln)}, false, "statements no: there is no statement 'slsaprovenance1' by key 'release' | it takes a statement 'slsaprovenance1' on this image, signed by key 'release'"},
      {"the older version is another type", wants, {by_key("release"), saying(by_key("release"), slsa02)}, false, "statements no: there is no statement 'slsaprovenance1' by key 'release' | it takes a statement 'slsaprovenance1' on this image, signed by key 'release'"},
      {"by another", wants, {by_key("release"), saying(by_key("other"), slsa1)}, false, "statements no: there is no statement 'slsaprovenance1' by key 'release' (bundle: signed by 'other', whom the rule does not name) | it takes a statement 'slsaprovenance1' on this image, signed by key 'release'"},
      {"unsigned", wants, {by_key("release"), saying(refused("nothing signs it", "referrer"), slsa1)}, false, "statements no: there is no statement 'slsaprovenance1' by key 'release' (referrer: nothing signs it) | it takes a statement 'slsaprovenance1' on this image, signed by key 'release'"},
      {"by its own signer", own, {by_key("release"), saying(by_key("scanner"), vuln)}, true, "statements ok: there is a statement 'vuln' by scanner"},
      {"its own signer is not the image's", own, {by_key("release"), saying(by_key("release"), vuln)}, false, "statements no: there is no statement 'vuln' by key 'scanner' (bundle: signed by 'release', whom the rule does not name) | it takes a statement 'vuln' on this image, signed by key 'scanner'"},
      {"a statement alone is signed", alone, {saying(by_key("release"), "https://openvex.dev/ns/v0.2.0")}, true, "statements ok: there is a statement 'openvex' by release"},
      {"a statement alone, by another", alone, {saying(by_key("other"), "https://openvex.dev/ns/v0.2.0")}, false, "statements no: there is no statement 'openvex' by key 'release' (bundle: signed by 'other', whom the rule does not name) | it takes a statement 'openvex' on this image, signed by key 'release'"},
      {"of a type by its URI", ours + "    statements: ['https://example.com/check/v1']\n", {by_key("release"), saying(by_key("release"), "https://example.com/check/v1")}, true, "statements ok: there is a statement 'https://example.com/check/v1' by release"},
  };
  for (const Row& row : rows) {
    const VerifyVerdict verdict = judged(row.rules, row.signatures);
    EXPECT_EQ(verdict.allowed, row.allowed) << row.summary;
    ASSERT_FALSE(verdict.reasons.empty()) << row.summary;
    EXPECT_EQ(shown(verdict).back(), row.reason) << row.summary;
  }
}

TEST(Verify, judges_builders) {
  const std::string exact = ours + fmt::format("    builder: '{}'\n", builder), glob = ours + "    builder: ['https://other.example/*', 'https://ci.example.org/**']\n";
  const Json older = {{"builder", {{"id", builder}}}};
  struct Row { const char* summary; std::string rules; std::vector<PresentedSignature> said; bool allowed; const char* reason; };
  const Row rows[] = {
      {"the one that is named", exact, {saying(by_key("release"), slsa1, provenance())}, true, "builder ok: it was built by 'https://ci.example.org/build/release'"},
      {"in the older form", exact, {saying(by_key("release"), slsa02, older)}, true, "builder ok: it was built by 'https://ci.example.org/build/release'"},
      {"a glob", glob, {saying(by_key("release"), slsa1, provenance())}, true, "builder ok: it was built by 'https://ci.example.org/build/release'"},
      {"another", exact, {saying(by_key("release"), slsa1, provenance("https://evil.example"))}, false, "builder no: it was built by 'https://evil.example', not by 'https://ci.example.org/build/release' | take an image of that builder, or name this one in the rule's 'builder' if you believe it"},
      {"more than the name", exact, {saying(by_key("release"), slsa1, provenance(std::string(builder) + "/x"))}, false, "builder no: it was built by 'https://ci.example.org/build/release/x', not by 'https://ci.example.org/build/release' | take an image of that builder, or name this one in the rule's 'builder' if you believe it"},
      {"no glob fits", glob, {saying(by_key("release"), slsa1, provenance("https://ci.example.org.evil.example/build"))}, false, "builder no: it was built by 'https://ci.example.org.evil.example/build', not by 'https://other.example/*' or 'https://ci.example.org/**' | take an image of that builder, or name this one in the rule's 'builder' if you believe it"},
      {"a provenance that names none", exact, {saying(by_key("release"), slsa1)}, false, "builder no: it was built by '', not by 'https://ci.example.org/build/release' | take an image of that builder, or name this one in the rule's 'builder' if you believe it"},
      {"a builder that is no text", exact, {saying(by_key("release"), slsa1, Json{{"runDetails", {{"builder", {{"id", 7}}}}}})}, false, "builder no: it was built by '', not by 'https://ci.example.org/build/release' | take an image of that builder, or name this one in the rule's 'builder' if you believe it"},
      {"control characters in it are shown, not sent", exact, {saying(by_key("release"), slsa1, provenance("https://\x1b[2J"))}, false, "builder no: it was built by 'https://\\x1b[2J', not by 'https://ci.example.org/build/release' | take an image of that builder, or name this one in the rule's 'builder' if you believe it"},
      {"no provenance", exact, {}, false, "builder no: no provenance that counts says who built it | it takes a provenance by somebody who is believed that names the builder 'https://ci.example.org/build/release'"},
      {"an unsigned one", exact, {saying(refused("nothing signs it", "index"), slsa1)}, false, "builder no: no provenance that counts says who built it (index: nothing signs it) | it takes a provenance by somebody who is believed that names the builder 'https://ci.example.org/build/release'"},
  };
  for (const Row& row : rows) {
    std::vector<PresentedSignature> all = row.said;
    all.push_back(by_key("release"));
    const VerifyVerdict verdict = judged(row.rules, all);
    EXPECT_EQ(verdict.allowed, row.allowed) << row.summary;
    EXPECT_EQ(shown(verdict).back(), row.reason) << row.summary;
  }
  // A builder that counts does not lend its word to a statement of another.
  const VerifyVerdict mixed = judged(exact + "    statements: [{type: slsaprovenance1, max-age: 30d}]\n", {by_key("release"), saying(by_key("release"), slsa02, older), saying(by_key("release"), slsa1, provenance("https://evil.example", "2026-11-27"))});
  EXPECT_FALSE(mixed.allowed);
  EXPECT_EQ(shown(mixed)[1], "statements no: no statement 'slsaprovenance1' by somebody who is believed is of a builder that the rule names | it takes a statement 'slsaprovenance1' of one of the rule's builders");
}

TEST(Verify, judges_ages) {
  const std::string whole = ours + "    signed-by: release\n    max-age: 30d\n", each = ours + "    signed-by: release\n    statements: [{type: slsaprovenance1, max-age: 30d}]\n", scans = ours + "    statements: [{type: vuln, max-age: 12h}]\n";
  const auto said = [](const std::string& finished) { return saying(by_key("release"), slsa1, provenance(builder, finished)); };
  const auto scanned = [](const std::string& finished) { return saying(by_key("release"), vuln, Json{{"metadata", {{"scanFinishedOn", finished}}}}); };
  const std::string scan_it = "scan it anew and attach that: `ashlar scan IMAGE --format cosign-vuln --output scan.json`, then `ashlar attest IMAGE --type vuln --predicate scan.json --key KEY`";
  const std::string lock_first = " | build it anew, or take a newer image; one that `ashlar make` makes is as old as its lock: `ashlar lock --update` first";
  const std::string remedy = " | " + scan_it + "; or build it anew, or take a newer image";
  struct Row { const char* summary; std::string rules; std::vector<PresentedSignature> signatures; bool allowed; std::string reason; };
  const Row rows[] = {
      {"a provenance of today", whole, {by_key("release"), said("2026-11-27T10:00:00Z")}, true, "max-age ok: the newest signature, provenance or scan is of 2026-11-27T10:00:00Z, 2 hours old"},
      {"to the second", whole, {by_key("release"), said("2026-10-28T12:00:00Z")}, true, "max-age ok: the newest signature, provenance or scan is of 2026-10-28T12:00:00Z, 30 days old"},
      {"a second more", whole, {by_key("release"), said("2026-10-28T11:59:59Z")}, false, std::string("max-age no: the newest signature, provenance or scan is of 2026-10-28T11:59:59Z, 30 days old: more than 30 days") + remedy},
      {"the newest counts", whole, {by_key("release"), said("2026-01-01"), scanned("2026-11-26T12:00:00Z")}, true, "max-age ok: the newest signature, provenance or scan is of 2026-11-26T12:00:00Z, 1 day old"},
      {"the newest by whom is believed", whole, {by_key("release"), said("2026-01-01"), saying(by_key("other"), slsa1, provenance(builder, "2026-11-27"))}, false, std::string("max-age no: the newest signature, provenance or scan is of 2026-01-01T00:00:00Z, 330 days old: more than 30 days") + remedy},
      {"the log tells when it was signed", whole, {at(by_key("release"), days_ago(3))}, true, "max-age ok: the newest signature, provenance or scan is of 2026-11-24T12:00:00Z, 3 days old"},
      {"signed long ago", whole, {at(by_key("release"), days_ago(31))}, false, std::string("max-age no: the newest signature, provenance or scan is of 2026-10-27T12:00:00Z, 31 days old: more than 30 days") + remedy},
      {"nothing tells", whole, {by_key("release")}, false, "max-age no: nothing tells when the newest signature, provenance or scan was made; it may be 30 days old at most | it takes a date in the statement, or a signature with a time stamp of a trusted authority or log (and a trust root)"},
      {"tomorrow is no date", whole, {by_key("release"), said("2026-11-28T12:00:00Z")}, false, "max-age no: the newest signature, provenance or scan is dated 2026-11-28T12:00:00Z, which is yet to come | look at the clocks of this machine and of the signer"},
      {"tomorrow does not hide today", whole, {by_key("release"), said("2026-11-28T12:00:00Z"), said("2026-11-27T11:00:00Z")}, true, "max-age ok: the newest signature, provenance or scan is of 2026-11-27T11:00:00Z, 1 hour old"},
      {"clocks differ by minutes", whole, {by_key("release"), said("2026-11-27T12:04:00Z")}, true, "max-age ok: the newest signature, provenance or scan is of 2026-11-27T12:04:00Z, 0 days old"},
      {"a statement's own age", each, {by_key("release"), said("2026-11-20")}, true, "statements ok: the newest statement 'slsaprovenance1' is of 2026-11-20T00:00:00Z, 7 days old"},
      {"a statement that is too old", each, {by_key("release"), said("2026-09-01")}, false, std::string("statements no: the newest statement 'slsaprovenance1' is of 2026-09-01T00:00:00Z, 87 days old: more than 30 days") + lock_first},
      {"a fresh scan does not make a build fresh", each, {by_key("release"), said("2026-09-01"), scanned("2026-11-27T11:00:00Z")}, false, std::string("statements no: the newest statement 'slsaprovenance1' is of 2026-09-01T00:00:00Z, 87 days old: more than 30 days") + lock_first},
      {"a statement that has no date, signed at a time that is known", each, {by_key("release"), at(said(""), days_ago(4))}, true, "statements ok: the newest statement 'slsaprovenance1' is of 2026-11-23T12:00:00Z, 4 days old"},
      {"a statement that has no date", each, {by_key("release"), said("")}, false, "statements no: nothing tells when the newest statement 'slsaprovenance1' was made; it may be 30 days old at most | it takes a date in the statement, or a signature with a time stamp of a trusted authority or log (and a trust root)"},
      {"a date that is none", each, {by_key("release"), said("yesterday")}, false, "statements no: nothing tells when the newest statement 'slsaprovenance1' was made; it may be 30 days old at most | it takes a date in the statement, or a signature with a time stamp of a trusted authority or log (and a trust root)"},
      {"hours", scans, {by_key("release"), scanned("2026-11-26T23:00:00Z")}, false, std::string("statements no: the newest statement 'vuln' is of 2026-11-26T23:00:00Z, 13 hours old: more than 12 hours") + " | " + scan_it},
      {"minutes", scans, {by_key("release"), scanned("2026-11-27T11:15:00Z")}, true, "statements ok: the newest statement 'vuln' is of 2026-11-27T11:15:00Z, 45 minutes old"},
  };
  for (const Row& row : rows) {
    const VerifyVerdict verdict = judged(row.rules, row.signatures);
    EXPECT_EQ(verdict.allowed, row.allowed) << row.summary;
    EXPECT_EQ(shown(verdict).back(), row.reason) << row.summary;
  }
}

TEST(Verify, dates_of_every_type_are_read_where_it_has_them) {
  struct Row { const char *name, *uri; Json predicate; };
  const Row rows[] = {
      {"slsaprovenance1", slsa1, {{"runDetails", {{"metadata", {{"startedOn", "2026-11-25T12:00:00Z"}}}}}}},
      {"slsaprovenance02", slsa02, {{"metadata", {{"buildFinishedOn", "2026-11-25T12:00:00Z"}, {"buildStartedOn", "2026-11-01T12:00:00Z"}}}}},
      {"vuln", vuln, {{"metadata", {{"scanStartedOn", "2026-11-25T12:00:00Z"}}}}},
      {"openvex", "https://openvex.dev/ns/v0.2.0", {{"timestamp", "2026-11-01T12:00:00Z"}, {"last_updated", "2026-11-25T12:00:00Z"}}},
      {"openvex", "https://openvex.dev/ns", {{"timestamp", "2026-11-25T12:00:00Z"}}},
      {"spdxjson", "https://spdx.dev/Document/v2.3", {{"creationInfo", {{"created", "2026-11-25T12:00:00Z"}}}}},
      {"cyclonedx", "https://cyclonedx.org/bom/v1.6", {{"metadata", {{"timestamp", "2026-11-25T12:00:00Z"}}}}},
  };
  const std::map<std::string, const char*> renewed_by = {{"vuln", "`ashlar scan IMAGE --format cosign-vuln"}, {"openvex", "`ashlar vex export IMAGE --output"}};
  for (const Row& row : rows) {
    const VerifyVerdict verdict = judged(ours + fmt::format("    statements: [{{type: {}, max-age: 2d}}]\n", row.name), {by_key("a"), saying(by_key("a"), row.uri, row.predicate)});
    EXPECT_EQ(shown(verdict).back(), fmt::format("statements ok: the newest statement '{}' is of 2026-11-25T12:00:00Z, 2 days old", row.name == std::string("slsaprovenance02") ? "slsaprovenance" : row.name)) << row.uri;
    // What is too old says which command renews it.
    const VerifyVerdict old = judged(ours + fmt::format("    statements: [{{type: {}, max-age: 1d}}]\n", row.name), {by_key("a"), saying(by_key("a"), row.uri, row.predicate)});
    const auto command = renewed_by.find(row.name);
    EXPECT_NE(old.reasons.back().remedy.find(command == renewed_by.end() ? "build it anew, or take a newer image" : command->second), std::string::npos) << row.uri << old.reasons.back().remedy;
  }
}

/// Provenance as those write it whose images people take: when it was built, where they say so; of ours what it was made of.
TEST(Verify, an_age_is_that_of_the_build_or_of_what_ours_was_made_of) {
  const auto ours_of = [](const std::string& as_of, const std::string& type = "https://ashlar.dev/build/v1") {
    return Json{{"buildDefinition", {{"buildType", type}, {"internalParameters", {{"distribution", "debian-13"}, {"as_of", as_of}}}}}, {"runDetails", {{"builder", {{"id", builder}}}, {"metadata", {{"invocationId", "sha256:1"}}}}}};
  };
  const auto finished = [](Json predicate, const std::string& when) { return predicate["runDetails"]["metadata"]["finishedOn"] = when, predicate; };
  struct Row { const char *summary, *type; Json predicate; std::optional<Time> signed_at; bool allowed; const char* reason; };
  const Row rows[] = {
      {"ours, of archives of ten days ago", slsa1, ours_of("2026-11-17T12:00:00Z"), {}, true, "is of 2026-11-17T12:00:00Z, 10 days old"},
      {"ours, to the second", slsa1, ours_of("2026-10-28T12:00:00Z"), {}, true, "is of 2026-10-28T12:00:00Z, 30 days old"},
      {"ours, a second more", slsa1, ours_of("2026-10-28T11:59:59Z"), {}, false, "is of 2026-10-28T11:59:59Z, 30 days old: more than 30 days"},
      {"ours, of an old lock, and signed today", slsa1, ours_of("2026-01-01T00:00:00Z"), now, false, "is of 2026-01-01T00:00:00Z, 330 days old: more than 30 days"},
      {"ours, of archives that are yet to come", slsa1, ours_of("2026-11-28T12:00:00Z"), {}, false, "is dated 2026-11-28T12:00:00Z, which is yet to come"},
      {"ours, without a date that is one", slsa1, ours_of("today"), {}, false, "nothing tells when"},
      {"ours, whose caller said when it was built", slsa1, finished(ours_of("2026-01-01T00:00:00Z"), "2026-11-26T12:00:00Z"), {}, true, "is of 2026-11-26T12:00:00Z, 1 day old"},
      {"a parameter of that name of another build type", slsa1, ours_of("2026-11-17T12:00:00Z", "https://example.org/build/v1"), {}, false, "nothing tells when"},
      {"BuildKit's, SLSA 1", slsa1, {{"buildDefinition", {{"buildType", "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md"}}}, {"runDetails", {{"builder", {{"id", builder}}}, {"metadata", {{"invocationId", "x"}, {"startedOn", "2026-11-20T11:58:00Z"}, {"finishedOn", "2026-11-20T12:00:00Z"}}}}}}, {}, true, "is of 2026-11-20T12:00:00Z, 7 days old"},
      {"BuildKit's, SLSA 0.2", slsa02, {{"builder", {{"id", builder}}}, {"buildType", "https://mobyproject.org/buildkit@v1"}, {"metadata", {{"buildStartedOn", "2026-11-20T11:58:00Z"}, {"buildFinishedOn", "2026-11-20T12:00:00.5Z"}}}}, {}, true, "is of 2026-11-20T12:00:00Z, 7 days old"},
      {"an old one of theirs", slsa02, {{"builder", {{"id", builder}}}, {"metadata", {{"buildFinishedOn", "2026-10-01T12:00:00Z"}}}}, {}, false, "is of 2026-10-01T12:00:00Z, 57 days old: more than 30 days"},
      {"a builder's that says no time, logged", slsa1, {{"buildDefinition", {{"buildType", "https://actions.github.io/buildtypes/workflow/v1"}}}, {"runDetails", {{"builder", {{"id", builder}}}, {"metadata", {{"invocationId", "https://ci.example/1"}}}}}}, days_ago(3), true, "is of 2026-11-24T12:00:00Z, 3 days old"},
      {"the same, and no log", slsa1, {{"buildDefinition", {{"buildType", "https://actions.github.io/buildtypes/workflow/v1"}}}, {"runDetails", {{"builder", {{"id", builder}}}, {"metadata", {{"invocationId", "https://ci.example/1"}}}}}}, {}, false, "nothing tells when"},
  };
  for (const Row& row : rows) {
    PresentedSignature said = saying(by_key("release"), row.type, row.predicate);
    said.signed_at = row.signed_at;
    const std::string type = row.type == std::string_view(slsa1) ? "slsaprovenance1" : "slsaprovenance02";
    const VerifyVerdict whole = judged(ours + "    signed-by: release\n    max-age: 30d\n", {by_key("release"), said}), each = judged(ours + fmt::format("    statements: [{{type: {}, max-age: 30d}}]\n", type), {by_key("release"), said});
    for (const VerifyVerdict* verdict : {&whole, &each}) {
      EXPECT_EQ(verdict->allowed, row.allowed) << row.summary;
      EXPECT_NE(shown(*verdict).back().find(row.reason), std::string::npos) << row.summary << ": " << shown(*verdict).back();
    }
  }
}

TEST(Verify, the_same_input_gives_the_same_words_whatever_the_order) {
  const std::string text = ours + fmt::format("    signed-by: [release, audit]\n    at-least: 2\n    statements: [slsaprovenance1, vuln]\n    builder: '{}'\n    max-age: 1d\n", builder);
  std::vector<PresentedSignature> signatures = {by_key("release"), by_key("audit"), refused("signed by another key"), saying(by_key("release"), slsa1, provenance(builder, "2026-11-27T11:00:00Z")), saying(by_key("audit"), vuln)};
  const auto first = shown(judged(text, signatures));
  EXPECT_EQ(first.size(), 5U);
  for (size_t turn = 0; turn < signatures.size(); ++turn) {
    std::ranges::rotate(signatures, signatures.begin() + 1);
    EXPECT_EQ(shown(judged(text, signatures)), first) << turn;
  }
  EXPECT_TRUE(judged(text, signatures).allowed);
  // Without any one of the four that it needs it is refused.
  for (const size_t gone : {0U, 1U, 3U, 4U}) {
    std::vector<PresentedSignature> fewer = signatures;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(gone));
    EXPECT_FALSE(judged(text, fewer).allowed) << gone;
  }
}

}  // namespace
}  // namespace ashlar::policy
