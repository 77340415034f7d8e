// What we say of bundles beside what cosign says: the same, but for the rows that say why not.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "base/json.h"
#include "trust/inner/sample_world_test.h"
#include "trust/keyless.h"

namespace ashlar::trust {
namespace {

namespace fs = std::filesystem;

/// cosign on the path or where `go install` puts it; empty: there is none.
std::string cosign() {
  if (std::system("command -v cosign >/dev/null 2>&1") == 0) return "cosign";
  const char* const home = std::getenv("HOME");
  const fs::path installed = fs::path(home == nullptr ? "" : home) / "go/bin/cosign";
  return fs::exists(installed) ? installed.string() : std::string();
}

class CosignTest : public testing::Test {
 protected:
  void SetUp() override {
    if (program_.empty()) GTEST_SKIP() << "this machine has no cosign (scripts/install-go-tools.sh builds it where there is a Go)";
    fs::create_directories(folder_);
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void put(const char* name, std::string_view bytes) const { std::ofstream(folder_ / name, std::ios::binary) << bytes; }

  /// Without a network, and without the user's own cache.
  bool accepts(const Bundle& bundle, std::string_view options) const {
    put("bundle.json", to_compact(to_json(bundle)));
    put("root.json", world_.root_json());
    put("artifact", SampleWorld::artifact);
    const bool envelope = std::holds_alternative<Envelope>(bundle.content);
    const std::string command = "cd '" + folder_.string() + "' && HOME='" + folder_.string() + "' http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 '" + program_ + "' " +
                                (envelope ? "verify-blob-attestation --type https://example.org/test/v1" : "verify-blob") +
                                " --bundle bundle.json --new-bundle-format --trusted-root root.json " + std::string(options) + " artifact >told 2>&1";
    return std::system(command.c_str()) == 0;
  }
  std::string told() const {
    std::ostringstream out;
    out << std::ifstream(folder_ / "told").rdbuf();
    return out.str();
  }

  const std::string program_ = cosign();
  const fs::path folder_ = fs::temp_directory_path() / ("ashlar-cosign-" + std::to_string(std::random_device()()));
  const SampleWorld world_;
};

constexpr std::string_view by_log = "--certificate-identity signer@example.org --certificate-oidc-issuer https://accounts.example.org";
constexpr std::string_view by_stamp = "--use-signed-timestamps --certificate-identity signer@example.org --certificate-oidc-issuer https://accounts.example.org";

TEST_F(CosignTest, SaysTheSameOfBundles) {
  const auto message = [&] { return world_.message_bundle(world_.issue(world_.plan())); };
  const auto planned = [&](const std::function<void(CertificatePlan&)>& change) {
    CertificatePlan plan = world_.plan();
    change(plan);
    return world_.message_bundle(world_.issue(plan));
  };
  const auto changed = [&](Bundle bundle, const std::function<void(Bundle&)>& change) {
    change(bundle);
    return bundle;
  };
  const auto envelope = [&](const char* kind) { return world_.envelope_bundle(world_.issue(world_.plan()), kind); };
  const auto signature = [](Bundle& bundle) -> std::string& { return std::get<MessageSignature>(bundle.content).signature; };
  using Proof = CertificatePlan::Proof;
  const struct Row {
    const char* summary;
    Bundle bundle;
    bool good;
    std::string_view options = by_log;
    const char* differs = nullptr;  ///< why cosign says otherwise
  } rows[] = {
      {"a good one", message(), true},
      {"a good one by its timestamp", message(), true, by_stamp},
      {"a log of tiles", world_.tiles_bundle(world_.issue(world_.plan())), true, by_stamp},
      {"dsse 0.0.1", envelope("dsse 0.0.1"), true},
      {"intoto 0.0.2", envelope("intoto 0.0.2"), true},
      {"P-384", planned([](CertificatePlan& plan) { plan.key = "P-384"; }), true},
      {"RSA", planned([](CertificatePlan& plan) { plan.key = "RSA"; }), true},
      {"valid to the second", planned([](CertificatePlan& plan) { plan.from = plan.to = SampleWorld::signed_at; }), true},
      {"a proof of a log with extensions", planned([](CertificatePlan& plan) { plan.proof_extensions = "ext"; }), true},
      {"the issuer in the older extension", planned([](CertificatePlan& plan) { plan.old_issuer = true; }), true},
      {"expired", planned([](CertificatePlan& plan) { plan.to = {SampleWorld::signed_at.seconds - 1}; }), false},
      {"by another authority", world_.message_bundle(world_.issue_elsewhere()), false},
      {"for servers", planned([](CertificatePlan& plan) { plan.extended_usage = "serverAuth"; }), false},
      {"another name", planned([](CertificatePlan& plan) { plan.names = "email:other@example.org"; }), false},
      {"another issuer", planned([](CertificatePlan& plan) { plan.issuer = "https://other.example.org"; }), false},
      {"no proof of a certificate log", planned([](CertificatePlan& plan) { plan.proof = Proof::Absent; }), false},
      {"of an unknown certificate log", planned([](CertificatePlan& plan) { plan.proof = Proof::UnknownLog; }), false},
      {"a forged proof", planned([](CertificatePlan& plan) { plan.proof = Proof::Forged; }), false},
      {"a proof for another issuer", planned([](CertificatePlan& plan) { plan.proof = Proof::OtherIssuer; }), false},
      {"the signature", changed(message(), [&](Bundle& bundle) { signature(bundle).back() ^= 1; }), false},
      {"the digest", changed(message(), [](Bundle& bundle) { std::get<MessageSignature>(bundle.content).digest[0] ^= 1; }), false, by_log,
       "cosign takes the digest in the bundle for the hint that it is, and has the artifact"},
      {"the payload", changed(envelope("dsse 0.0.1"), [](Bundle& bundle) { std::get<Envelope>(bundle.content).payload += ' '; }), false},
      {"two signatures", changed(envelope("dsse 0.0.1"), [](Bundle& bundle) { auto& all = std::get<Envelope>(bundle.content).signatures; all.push_back(all[0]); }), false},
      {"the certificate", changed(message(), [&](Bundle& bundle) { bundle.material = CertificateMaterial{world_.issue(world_.plan()).der}; }), false},
      {"no entry", changed(message(), [](Bundle& bundle) { bundle.entries.clear(); }), false},
      {"the entry twice", changed(message(), [](Bundle& bundle) { bundle.entries.push_back(bundle.entries[0]); }), false},
      {"another's entry", changed(message(), [&](Bundle& bundle) { bundle.entries = message().entries; }), false},
      {"the promise", changed(message(), [](Bundle& bundle) { bundle.entries[0].promise.back() ^= 1; }), false},
      {"no promise, and no other time", changed(message(), [](Bundle& bundle) { bundle.entries[0].promise.clear(); bundle.timestamps.clear(); }), false},
      {"the proof", changed(message(), [](Bundle& bundle) { bundle.entries[0].proof->hashes[0][0] ^= 1; }), false},
      {"the checkpoint", changed(message(), [&](Bundle& bundle) { bundle.entries[0].proof->checkpoint = world_.checkpoint(11, std::string(32, 'x')); }), false},
      {"the body", changed(message(), [](Bundle& bundle) { bundle.entries[0].body += ' '; }), false},
      {"the body of another artifact", changed(message(), [&](Bundle& bundle) {
         const auto by = world_.issue(world_.plan());
         bundle = world_.message_bundle(by);
         bundle.entries = {world_.log("hashedrekord", "0.0.1", hashedrekord_body(std::string(64, 'a'), signature(bundle), by.pem()))};
       }), false},
      {"the timestamp over other bytes", changed(message(), [&](Bundle& bundle) { bundle.timestamps = {world_.timestamp("x")}; }), false, by_stamp},
      {"of an unknown timestamp authority", changed(message(), [&](Bundle& bundle) { bundle.timestamps = {world_.foreign_timestamp(signature(bundle))}; bundle.entries[0].promise.clear(); }), false, by_stamp},
      {"a log of tiles, no timestamp", changed(world_.tiles_bundle(world_.issue(world_.plan())), [](Bundle& bundle) { bundle.timestamps.clear(); }), false, by_stamp},
      {"the media type", changed(message(), [](Bundle& bundle) { bundle.media_type = "application/vnd.dev.sigstore.bundle.v0.4+json"; }), false},
  };
  const TrustRoot root = world_.root();
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto read = read_bundle(to_compact(to_json(row.bundle)), "bundle.json");
    const bool ours = read && verify_keyless(*read, Artifact::of(SampleWorld::artifact), root, world_.policy()).holds();
    EXPECT_EQ(ours, row.good);
    EXPECT_EQ(accepts(row.bundle, row.options), row.differs != nullptr ? !row.good : row.good) << told() << (row.differs != nullptr ? row.differs : "");
  }
}

TEST_F(CosignTest, SaysTheSameOfKeys) {
  const SampleSigner signer, other;
  const Bundle bundle = world_.keyed_bundle(signer);
  const TrustRoot root = world_.root();
  for (const bool good : {true, false}) {
    const SampleSigner& key = good ? signer : other;
    put("key.pem", key.pem());
    EXPECT_EQ(verify_keyed(bundle, Artifact::of(SampleWorld::artifact), key.pem(), &root, 1).value().holds(), good);
    EXPECT_EQ(accepts(bundle, "--key key.pem"), good) << told();
  }
}

}  // namespace
}  // namespace ashlar::trust
