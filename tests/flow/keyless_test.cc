// Images signed with certificates, in a registry: what is tampered with is refused by us and by cosign alike.
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include <fmt/format.h>

#include "base/digest.h"
#include "oci/attach.h"
#include "registry_server.h"
#include "small_archive.h"
#include "trust/dsse.h"
#include "trust/inner/sample_world_test.h"
#include "trust/simple_signing.h"

namespace ashlar::flow {
namespace {

using trust::Bundle;
using trust::SampleWorld;

/// The small image in a layout `out`, and a Sigstore of the test's own.
class KeylessFlow : public SmallProject {
 protected:
  void SetUp() override {
    ASHLAR_NEED("docker-registry");
    const auto found = go_tool("cosign");
    if (!found) GTEST_SKIP() << "this machine has no cosign (scripts/install-go-tools.sh builds it where there is a Go)";
    cosign_program = *found;
    SmallProject::SetUp();
    root = stage.digest("small.yaml", "oci:out:1");
    stage.environment["SIGSTORE_NO_CACHE"] = "true";
    stage.environment["http_proxy"] = stage.environment["https_proxy"] = "http://127.0.0.1:9";  // whoever asks somebody gets no answer
    stage.environment["no_proxy"] = "127.0.0.1";
    stage.write("root.json", world.root_json());
  }
  /// A bundle that signs the image with that digest as cosign does, by `by`.
  Bundle signature_of(const std::string& digest, const trust::SampleCertificate& by) const {
    const Json statement = {{"_type", "https://in-toto.io/Statement/v1"}, {"subject", {{{"digest", {{"sha256", digest.substr(7)}}}}}}, {"predicateType", "https://sigstore.dev/cosign/sign/v1"}, {"predicate", Json::object()}};
    return world.envelope_bundle(by, "dsse 0.0.1", to_compact(statement));
  }
  Bundle good() const { return signature_of(root, world.issue(world.plan())); }
  /// Puts it beside the image in the layout `folder`.
  void attach(const std::string& folder, const std::string& text) const {
    const auto files = host::machine_files();
    const auto writer = oci::write_layout(*files, stage.folder() / folder);
    ASSERT_TRUE(writer) << writer.error().message;
    const std::string index = stage.read(fmt::format("{}/blobs/sha256/{}", folder, root.substr(7))), type(trust::bundle_media_type);
    const auto placed = oci::attach_by_referrer(**writer, {std::string(oci::media::index), Digest::parse(root).value(), index.size(), {}, {}}, type, {type, text},
                                                {{"dev.sigstore.bundle.content", "dsse-envelope"}, {"dev.sigstore.bundle.predicateType", "https://sigstore.dev/cosign/sign/v1"}});
    ASSERT_TRUE(placed) << placed.error().message;
  }
  /// What cosign puts under `.sig` to sign a manifest.
  oci::Attachment signature_under_tag(const std::string& digest, const trust::SampleCertificate& by, Time time = SampleWorld::signed_at) const {
    const std::string document = trust::to_text(trust::SimpleSigning{"example.org/small", Digest::parse(digest).value()});
    return {std::string(trust::media::simple_signing), document, trust::tag_annotations(world.message_bundle(by, document, time))};
  }
  /// What it puts under `.att` to say something of it.
  oci::Attachment statement_under_tag(const std::string& digest, const std::string& type, const Json& predicate, const trust::SampleCertificate& by, Time time = SampleWorld::signed_at,
                                      const std::string& payload_type = std::string(trust::media::in_toto)) const {
    const Json statement = {{"_type", "https://in-toto.io/Statement/v1"}, {"subject", {{{"name", "small"}, {"digest", {{"sha256", digest.substr(7)}}}}}}, {"predicateType", type}, {"predicate", predicate}};
    Bundle bundle = world.envelope_bundle(by, "dsse 0.0.1", to_compact(statement), time, payload_type);
    const std::string text = trust::to_text(std::get<trust::Envelope>(bundle.content));
    bundle.timestamps = {world.timestamp(text, time)};
    auto annotations = trust::tag_annotations(bundle);
    annotations["predicateType"] = type;
    return {std::string(trust::media::envelope), text, annotations};
  }
  /// Puts it under cosign's tag of a manifest of the layout `folder`.
  void attach_by_tag(const std::string& folder, const std::string& digest, const char* suffix, const std::vector<oci::Attachment>& contents) const {
    const auto files = host::machine_files();
    const auto writer = oci::write_layout(*files, stage.folder() / folder);
    ASSERT_TRUE(writer) << writer.error().message;
    const auto placed = oci::attach_by_tag(**writer, Digest::parse(digest).value(), suffix, contents);
    ASSERT_TRUE(placed) << placed.error().message;
  }
  Ran cosign(const std::string& ref, bool bundles = true) const {
    Words words = {cosign_program, "verify"};
    words.insert(words.end(), {"--trusted-root", "root.json", "--certificate-identity", "signer@example.org", "--certificate-oidc-issuer", "https://accounts.example.org", fmt::format("--new-bundle-format={}", bundles)});
    if (!bundles) words.emplace_back("--offline");
    words.push_back(ref.substr(9));
    return stage.run(words);
  }
  Ran ours(const std::string& ref, const Words& more = {}) const {
    Words words = {"verify", ref, "--trust-root", "root.json", "--certificate-identity", "signer@example.org", "--certificate-oidc-issuer", "https://accounts.example.org", "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    return stage.ashlar(words);
  }
  /// The image with that put beside it, in a registry of its own.
  std::string placed(const RegistryServer& registry, const std::string& name, const std::function<void(const std::string& folder)>& attach_to) const {
    const std::string ref = registry.ref(name + "/small:1");
    EXPECT_EQ(stage.run({"cp", "-r", "out", name}).code, 0);
    attach_to(name);
    const Ran copied = stage.ashlar({"copy", fmt::format("oci:{}:1", name), ref});
    EXPECT_EQ(copied.code, 0) << copied.told;
    return ref;
  }

  std::string root, cosign_program;
  const SampleWorld world;
};

TEST_F(KeylessFlow, what_is_tampered_with_is_refused_by_both) {
  using Proof = trust::CertificatePlan::Proof;
  const auto changed = [&](const std::function<void(Bundle&)>& change) {
    Bundle bundle = good();
    change(bundle);
    return bundle;
  };
  const auto planned = [&](const std::function<void(trust::CertificatePlan&)>& change) {
    auto plan = world.plan();
    change(plan);
    return signature_of(root, world.issue(plan));
  };
  const std::string other = Digest::of(std::string_view("another image")).str();
  const struct Row {
    const char* summary;
    Bundle bundle;
    const char* reason;  ///< empty: it is accepted
  } rows[] = {
      {"as it was signed", good(), ""},
      {"another's certificate", planned([](auto& plan) { plan.names = "email:other@example.org"; }), "it was signed by 'other@example.org', not by 'signer@example.org'"},
      {"a certificate by another authority", signature_of(root, world.issue_elsewhere()), "certificate"},
      {"a certificate in the place of the signer's", changed([&](Bundle& bundle) { bundle.material = trust::CertificateMaterial{world.issue(world.plan()).der}; }), "the signature is not this key's"},
      {"a certificate that had expired", planned([](auto& plan) { plan.to = {SampleWorld::signed_at.seconds - 1}; }), "the certificate was not valid when the signature was made"},
      {"a certificate that no log of certificates has", planned([](auto& plan) { plan.proof = Proof::Forged; }), "log"},
      {"a log proof with a bit turned", changed([](Bundle& bundle) { bundle.entries[0].proof->hashes[0][0] ^= 1; }), "the log's inclusion proof does not lead to its checkpoint"},
      {"a checkpoint of another tree", changed([&](Bundle& bundle) { bundle.entries[0].proof->checkpoint = world.checkpoint(11, std::string(32, 'x')); }), "the log's checkpoint is of another tree"},
      {"a promise of the log with a bit turned", changed([](Bundle& bundle) { bundle.entries[0].promise.back() ^= 1; }), "the signed entry timestamp is not the log's"},
      {"no log entry", changed([](Bundle& bundle) { bundle.entries.clear(); }), "log"},
      {"another's log entry", changed([&](Bundle& bundle) { bundle.entries = good().entries; }), "the log entry is of another"},
      {"a payload changed", changed([](Bundle& bundle) { std::get<trust::Envelope>(bundle.content).payload += ' '; }), "the signature is not this key's"},
      {"a swapped referrer: the signature of another image", signature_of(other, world.issue(world.plan())), "digest differs: its statement is on something else than this image"},
      {"signed as something else than a statement", world.envelope_bundle(world.issue(world.plan()), "dsse 0.0.1", std::get<trust::Envelope>(good().content).payload, SampleWorld::signed_at, "application/x"),
       "its payload is of the type 'application/x', no statement"},
  };
  const RegistryServer registry(stage);
  for (const Row& row : rows) {
    const std::string ref = placed(registry, fmt::format("case{}", &row - rows), [&](const std::string& folder) { attach(folder, trust::to_text(row.bundle)); });
    const bool accepted = *row.reason == '\0';
    const Ran here = ours(ref), there = cosign(ref);
    EXPECT_EQ(here.code, accepted ? 0 : 1) << row.summary << here.told;
    EXPECT_EQ(there.code == 0, accepted) << row.summary << there.told;
    EXPECT_NE(here.out.find(row.reason), std::string::npos) << row.summary << here.told;
    const Json answer = Json::parse(here.out, nullptr, false);
    ASSERT_EQ(answer.value("signatures", Json::array()).size(), 1U) << row.summary << here.told;
  }
}

/// cosign's tags, where most images that are published today have them: the certificate and the log's entry stand in annotations.
TEST_F(KeylessFlow, what_lies_under_cosigns_tags_is_judged_as_cosign_does) {
  using Change = std::function<void(oci::Attachment&)>;
  constexpr const char *certificate = "dev.sigstore.cosign/certificate", *entry = "dev.sigstore.cosign/bundle", *stamp = "dev.sigstore.cosign/rfc3161timestamp", *type = "https://example.com/check/v1";
  const auto issued = [&](const std::function<void(trust::CertificatePlan&)>& change = {}) {
    auto plan = world.plan();
    plan.old_issuer = true;  // where cosign looks for the issuer of what lies under a tag
    if (change) change(plan);
    return world.issue(plan);
  };
  const auto planned = [&](const std::function<void(trust::CertificatePlan&)>& change) { return signature_under_tag(root, issued(change)); };
  const auto by = issued();
  const auto changed = [](oci::Attachment attachment, const Change& change) {
    change(attachment);
    return attachment;
  };
  const std::string other = Digest::of(std::string_view("another image")).str(), other_key = "the signature is not this key's";
  const auto good = signature_under_tag(root, by), said = statement_under_tag(root, type, {{"checked", true}}, by), another = signature_under_tag(root, issued());
  const struct Row {
    const char* summary;
    bool statement;  ///< which cosign judges by no trust root that is given to it, where it is under a tag
    oci::Attachment content;
    std::string reason;  ///< empty: it is accepted
  } rows[] = {
      {"as it was signed", false, good, ""},
      {"by its log entry alone", false, changed(good, [&](auto& each) { each.annotations.erase(stamp); }), ""},
      {"another's certificate", false, planned([](auto& plan) { plan.names = "email:other@example.org"; }), "it was signed by 'other@example.org', not by 'signer@example.org'"},
      {"a certificate by another authority", false, signature_under_tag(root, world.issue_elsewhere()), "certificate"},
      {"a certificate in the place of the signer's", false, changed(good, [&](auto& each) { each.annotations[certificate] = another.annotations.at(certificate); }), other_key},
      {"a certificate that had expired", false, planned([](auto& plan) { plan.to = {SampleWorld::signed_at.seconds - 1}; }), "the certificate was not valid when the signature was made"},
      {"a certificate that no log of certificates has", false, planned([](auto& plan) { plan.proof = trust::CertificatePlan::Proof::Forged; }), "log"},
      {"no log entry", false, changed(good, [&](auto& each) { each.annotations.erase(entry); }), "there is no log entry"},
      {"another's log entry", false, changed(good, [&](auto& each) { each.annotations[entry] = another.annotations.at(entry); }), "the log entry is of another"},
      {"a log entry that does not read", false, changed(good, [&](auto& each) { each.annotations[entry] = "{"; }), "cannot"},
      {"another time in the log entry", false, changed(good, [&](auto& each) {
         std::string& text = each.annotations[entry];
         text.replace(text.find("1710000000"), 10, "1710000001");
       }), "the signed entry timestamp is not the log's"},
      {"the document changed", false, changed(good, [](auto& each) { each.content.replace(each.content.find("example.org/small"), 17, "example.org/other"); }), other_key},
      {"a signature of another image", false, signature_under_tag(other, by), "digest differs: it signs"},
      {"a statement", true, said, ""},
      {"a statement changed", true, changed(said, [](auto& each) {
         auto envelope = trust::read_envelope(Json::parse(each.content)).value();
         envelope.payload.replace(envelope.payload.find("true"), 4, "null");
         each.content = trust::to_text(envelope);
       }), other_key},
      {"a statement on another image", true, statement_under_tag(other, type, {{"checked", true}}, by), "digest differs"},
      {"a statement signed as something else", true, statement_under_tag(root, type, {{"checked", true}}, by, SampleWorld::signed_at, "application/x"), "its payload is of the type 'application/x', no statement"},
      {"a statement without a log entry", true, changed(said, [&](auto& each) { each.annotations.erase(entry); }), "there is no log entry"},
  };
  const RegistryServer registry(stage);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const std::string ref = placed(registry, fmt::format("tag{}", &row - rows), [&](const std::string& folder) {
      attach_by_tag(folder, root, row.statement ? ".att" : ".sig", {row.content});
      if (row.statement) attach_by_tag(folder, root, ".sig", {good});
    });
    const bool accepted = row.reason.empty();
    const Ran here = ours(ref, row.statement ? Words{"--type", type} : Words{});
    EXPECT_EQ(here.code, accepted ? 0 : 1) << here.told;
    EXPECT_NE(here.out.find(row.reason), std::string::npos) << here.told;
    if (row.statement) continue;
    const Ran there = cosign(ref, false);
    EXPECT_EQ(there.code == 0, accepted) << there.told;
  }
}

/// A key that was withdrawn: what a log had before that still counts, under a tag as in a bundle.
TEST_F(KeylessFlow, a_log_tells_when_a_key_signed_under_a_tag) {
  const trust::SampleSigner key;
  const std::string document = trust::to_text(trust::SimpleSigning{"example.org/small", Digest::parse(root).value()});
  const auto under_tag = [&](const Bundle& bundle) { return oci::Attachment{std::string(trust::media::simple_signing), document, trust::tag_annotations(bundle)}; };
  const auto logged = under_tag(world.keyed_bundle(key, document));
  auto unlogged = logged, of_another = logged, unread = logged;
  unlogged.annotations.erase("dev.sigstore.cosign/bundle");
  of_another.annotations["dev.sigstore.cosign/bundle"] = under_tag(world.keyed_bundle(key, "another document")).annotations.at("dev.sigstore.cosign/bundle");
  unread.annotations["dev.sigstore.cosign/bundle"] = "{";
  const struct Row {
    const char* summary;
    oci::Attachment content;
    const char* revoked_from;
    bool rooted;
    int code;
    const char* says;
  } rows[] = {
      {"signed before", logged, "2024-06-01", true, 0, "'release' is valid at any time, and was not yet revoked: it is from 2024-06-01 on"},
      {"signed after", logged, "2024-03-01", true, 1, "'release' is revoked from 2024-03-01 on: lost"},
      {"no log tells", unlogged, "2024-06-01", true, 1, "'release' is revoked from 2024-06-01 on: lost"},
      {"the log tells it of another signature", of_another, "2024-06-01", true, 1, "'release' is revoked from 2024-06-01 on: lost"},
      {"the log's entry does not read", unread, "2024-06-01", true, 1, "'release' is revoked from 2024-06-01 on: lost"},
      {"a log that nobody trusts", logged, "2024-06-01", false, 1, "'release' is revoked from 2024-06-01 on: lost"},
  };
  stage.write("release.pub", key.pem());
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const std::string folder = fmt::format("log{}", &row - rows);
    ASSERT_EQ(stage.run({"cp", "-r", "out", folder}).code, 0);
    attach_by_tag(folder, root, ".sig", {row.content});
    stage.write("ring.yaml", fmt::format("keys:\n  - name: release\n    key: release.pub\n    revoked_from: {}\n    reason: lost\n", row.revoked_from));
    Words words = {"verify", fmt::format("oci:{}:1", folder), "--keyring", "ring.yaml"};
    if (row.rooted) words.insert(words.end(), {"--trust-root", "root.json"});
    const Json answer = stage.json(words, row.code);
    ASSERT_EQ(answer["signatures"].size(), 1U) << answer;
    EXPECT_EQ(answer["signatures"][0]["reason"], row.says);
  }
}

/// The preset as it is shipped, with its identity and its layout: a certificate for the workflow, on the index and on each platform's image.
TEST_F(KeylessFlow, chainguards_preset_admits_what_its_workflow_signs) {
  const auto preset = [](const char* name) {
    std::ifstream in(std::string(ASHLAR_SOURCE_DIR) + "/policies/" + name, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  std::filesystem::create_directory(stage.folder() / "policies");
  stage.write("policies/chainguard.yaml", preset("chainguard.yaml"));
  stage.write("policies/trusted_root.json", world.root_json());
  const Time now = host::real_machine().clock->now();
  const auto workflow = [&](const std::string& branch, Time time) {
    auto plan = world.plan();
    plan.names = "URI:https://github.com/chainguard-images/images/.github/workflows/release.yaml@refs/heads/" + branch;
    plan.issuer = "https://token.actions.githubusercontent.com";
    plan.from = {time.seconds - 60};
    plan.to = {time.seconds + 540};
    return world.issue(plan);
  };
  const Json index = Json::parse(stage.read("out/blobs/sha256/" + root.substr(7)));
  const auto publish = [&](const RegistryServer& registry, const std::string& name, const std::string& branch, Time time) {
    return placed(registry, name, [&](const std::string& folder) {
      const auto by = workflow(branch, time);
      attach_by_tag(folder, root, ".sig", {signature_under_tag(root, by, time)});
      for (const Json& each : index["manifests"]) {
        const std::string digest = each["digest"];
        attach_by_tag(folder, digest, ".sig", {signature_under_tag(digest, by, time)});
        attach_by_tag(folder, digest, ".att", {statement_under_tag(digest, "https://slsa.dev/provenance/v1", Json::object(), by, time), statement_under_tag(digest, "https://spdx.dev/Document", {{"spdxVersion", "SPDX-2.3"}}, by, time)});
      }
    });
  };
  const auto judged = [&](const std::string& ref, int code) {
    std::string out;
    const Json answer = stage.json({"verify", ref, "--policy", "policies/chainguard.yaml", "--as", "cgr.dev/chainguard/small"}, code);
    for (const Json& each : answer["policy"]["reasons"]) out += fmt::format("{} {}; ", each["rule"].get<std::string>(), each["holds"].get<bool>() ? "ok" : each["what"].get<std::string>());
    return out;
  };
  const RegistryServer registry(stage);
  const Time before{now.seconds - 86400}, long_ago{now.seconds - 40 * 86400};
  EXPECT_EQ(judged(publish(registry, "good", "main", before), 0), "signed-by ok; statements ok; statements ok; max-age ok; ");
  const std::string branch = judged(publish(registry, "branch", "evil", before), 1), old = judged(publish(registry, "old", "main", long_ago), 1);
  EXPECT_NE(branch.find("it was signed by 'https://github.com/chainguard-images/images/.github/workflows/release.yaml@refs/heads/evil', not by"), std::string::npos) << branch;
  EXPECT_NE(old.find("signed-by ok; statements ok; statements ok; max-age the newest signature"), std::string::npos) << old;
}

}  // namespace
}  // namespace ashlar::flow
