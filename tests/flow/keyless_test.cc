// Images signed with certificates, in a registry: what is tampered with is refused by us and by cosign alike.
#include <functional>

#include <fmt/format.h>

#include "base/digest.h"
#include "oci/attach.h"
#include "registry_server.h"
#include "small_archive.h"
#include "trust/inner/sample_world_test.h"

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
  Ran cosign(const std::string& ref) const {
    return stage.run({cosign_program, "verify", "--trusted-root", "root.json", "--certificate-identity", "signer@example.org", "--certificate-oidc-issuer", "https://accounts.example.org", "--new-bundle-format=true", ref.substr(9)});
  }
  Ran ours(const std::string& ref) const {
    return stage.ashlar({"verify", ref, "--trust-root", "root.json", "--certificate-identity", "signer@example.org", "--certificate-oidc-issuer", "https://accounts.example.org", "--format", "json"});
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
  };
  const RegistryServer registry(stage);
  for (const Row& row : rows) {
    const std::string name = fmt::format("case{}", &row - rows), ref = registry.ref(name + "/small:1");
    ASSERT_EQ(stage.run({"cp", "-r", "out", name}).code, 0);
    attach(name, trust::to_text(row.bundle));
    const Ran copied = stage.ashlar({"copy", fmt::format("oci:{}:1", name), ref});
    ASSERT_EQ(copied.code, 0) << row.summary << copied.told;
    const bool accepted = *row.reason == '\0';
    const Ran here = ours(ref), there = cosign(ref);
    EXPECT_EQ(here.code, accepted ? 0 : 1) << row.summary << here.told;
    EXPECT_EQ(there.code == 0, accepted) << row.summary << there.told;
    EXPECT_NE(here.out.find(row.reason), std::string::npos) << row.summary << here.told;
    const Json answer = Json::parse(here.out, nullptr, false);
    ASSERT_EQ(answer.value("signatures", Json::array()).size(), 1U) << row.summary << here.told;
  }
}

}  // namespace
}  // namespace ashlar::flow
