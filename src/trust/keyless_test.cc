#include "trust/keyless.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/bytes.h"
#include "trust/inner/sample_world_test.h"
#include "trust/inner/verifying_key.h"

namespace ashlar::trust {
namespace {

const SampleWorld& world() {
  static const SampleWorld made;  // never changed
  return made;
}

/// `rule: why`, a line each.
std::string told(const Verification& found) {
  std::string out;
  for (const Broken& each : found.broken) out += (out.empty() ? "" : "\n") + std::string(to_string(each.rule)) + ": " + each.why;
  return out;
}

/// What the table's rows change before anything is verified.
struct Scene {
  Bundle bundle;
  TrustRoot root = world().root();
  Artifact artifact = Artifact::of(SampleWorld::artifact);
  IdentityPolicy policy = world().policy();
  Asked asked = {};
  LogEntry& entry() { return bundle.entries.at(0); }
  MessageSignature& message() { return std::get<MessageSignature>(bundle.content); }
  Envelope& envelope() { return std::get<Envelope>(bundle.content); }
  Verification verify() const { return verify_keyless(bundle, artifact, root, policy, asked); }
};

Scene good() { return {.bundle = world().message_bundle(world().issue(world().plan()))}; }
Scene good_envelope(std::string_view kind = "dsse 0.0.1") { return {.bundle = world().envelope_bundle(world().issue(world().plan()), kind)}; }
Scene good_tiles() { return {.bundle = world().tiles_bundle(world().issue(world().plan()))}; }

struct Row {
  const char* summary;
  std::function<void(Scene&)> change;
  const char* told;  ///< empty: it still holds
};

void check(const std::function<Scene()>& make, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Scene scene = make();
    row.change(scene);
    const Verification found = scene.verify();
    EXPECT_EQ(told(found), row.told);
    EXPECT_EQ(found.holds(), found.broken.empty());
  }
}

TEST(Keyless, SaysWhatHeld) {
  const Verification found = good().verify();
  EXPECT_EQ(told(found), "");
  EXPECT_TRUE(found.holds());
  EXPECT_EQ(found.identity.names, std::vector<std::string>{"signer@example.org"});
  EXPECT_EQ(found.identity.issuer, "https://accounts.example.org");
  ASSERT_EQ(found.times.size(), 2U);
  EXPECT_EQ(found.times[0].source, SigningTime::Source::Log);
  EXPECT_EQ(found.times[0].by, "https://rekor.example.org");
  EXPECT_EQ(found.times[0].time, SampleWorld::signed_at);
  EXPECT_EQ(found.times[1].source, SigningTime::Source::TimestampAuthority);
  EXPECT_EQ(found.times[1].by, "https://timestamps.example.org");
  EXPECT_EQ(found.times[1].time, SampleWorld::signed_at);
  ASSERT_EQ(found.logged.size(), 1U);
  EXPECT_EQ(found.logged[0].log, "https://rekor.example.org");
  EXPECT_EQ(found.logged[0].index, 1005);
}

TEST(Keyless, TheSameAfterWritingAndReading) {
  const auto root = read_trust_root(world().root_json(), "root.json");
  ASSERT_TRUE(root) << root.error().message;
  for (const Scene& scene : {good(), good_envelope(), good_tiles()}) {
    const auto bundle = read_bundle(to_compact(to_json(scene.bundle)), "b.json");
    ASSERT_TRUE(bundle) << bundle.error().message;
    EXPECT_EQ(told(verify_keyless(*bundle, scene.artifact, *root, scene.policy)), "");
  }
}

TEST(Keyless, EveryKindOfEntry) {
  for (const char* kind : {"dsse 0.0.1", "dsse 0.0.2", "intoto 0.0.2", "hashedrekord 0.0.2"}) {
    SCOPED_TRACE(kind);
    check([&] { return good_envelope(kind); },
          {{"as it is", [](Scene&) {}, ""},
           {"whatever it is about", [](Scene& scene) { scene.artifact = Artifact::any(); }, ""},
           {"another artifact", [](Scene& scene) { scene.artifact = Artifact::of("another"); }, "artifact: the statement is not about sha256:ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5"}});
  }
}

TEST(Keyless, Artifacts) {
  check(good, {{"its digest alone", [](Scene& scene) { scene.artifact = Artifact::of(Digest::of(SampleWorld::artifact)); }, ""},
               {"another", [](Scene& scene) { scene.artifact = Artifact::of("x"); },
                "artifact: the bundle is about an artifact with another digest\nsignature: the signature is not this key's over these bytes\nlog body: the log entry is of another artifact"},
               {"another's digest", [](Scene& scene) { scene.artifact = Artifact::of(Digest::of("x")); },
                "artifact: the bundle is about an artifact with another digest\nsignature: the signature is not this key's over an artifact with this digest\nlog body: the log entry is of another artifact"},
               {"none", [](Scene& scene) { scene.artifact = Artifact::any(); },
                "artifact: it must be said which artifact was signed\nlog body: the log entry names the artifact by another hash, for which its bytes are needed"},
               {"the hint is of another", [](Scene& scene) { scene.message().digest[0] ^= 1; }, "artifact: the bundle is about an artifact with another digest"},
               {"the hint is of a hash that we do not know", [](Scene& scene) { scene.message().algorithm = "SHA3_256"; }, "artifact: the bundle names its artifact by SHA3_256, which is not known"}});
}

TEST(Keyless, Signatures) {
  check(good, {{"changed", [](Scene& scene) { scene.message().signature.back() ^= 1; },
                "signature: the signature is not this key's over these bytes\nlog body: the log entry is of another signature\ntimestamp: the timestamp is over other bytes than this signature"},
               {"made again by the same key", [](Scene& scene) {
                  const auto by = world().issue(world().plan());
                  scene.bundle = world().message_bundle(by);
                  scene.message().signature = by.signer.sign(SampleWorld::artifact);
                },
                "log body: the log entry is of another signature\ntimestamp: the timestamp is over other bytes than this signature"},
               {"cut", [](Scene& scene) { scene.message().signature.resize(10); },
                "signature: the signature is not this key's over these bytes\nlog body: the log entry is of another signature\ntimestamp: the timestamp is over other bytes than this signature"}});
  check([] { return good_envelope(); },
        {{"another payload", [](Scene& scene) { scene.envelope().payload = statement_about("x"); scene.artifact = Artifact::of("x"); },
          "signature: the signature is not this key's over these bytes\nlog body: the log entry is of another payload"},
         {"another payload type", [](Scene& scene) { scene.envelope().payload_type = "text/plain"; scene.artifact = Artifact::any(); }, "signature: the signature is not this key's over these bytes"},
         {"no statement", [](Scene& scene) { scene.envelope().payload_type = "text/plain"; },
          "artifact: the envelope holds 'text/plain', no statement about an artifact\nsignature: the signature is not this key's over these bytes"},
         {"two signatures", [](Scene& scene) { scene.envelope().signatures.push_back(scene.envelope().signatures[0]); },
          "form: the envelope has 2 signatures, and a bundle's must have one\nlog body: the log entry is of another signature\ntimestamp: the timestamp is over other bytes than this signature"},
         {"no signature", [](Scene& scene) { scene.envelope().signatures.clear(); },
          "form: the envelope has 0 signatures, and a bundle's must have one\nlog body: the log entry is of another signature\ntimestamp: the timestamp is over other bytes than this signature"}});
}

/// A scene whose certificate is issued by this plan.
std::function<void(Scene&)> planned(const std::function<void(CertificatePlan&)>& change) {
  return [change](Scene& scene) {
    CertificatePlan plan = world().plan();
    change(plan);
    scene.bundle = world().message_bundle(world().issue(plan));
  };
}

TEST(Keyless, Certificates) {
  using Proof = CertificatePlan::Proof;
  check(good, {{"a chain that brings the intermediate", [](Scene& scene) {
                  scene.bundle.version = BundleVersion::V0_2;
                  scene.bundle.material = ChainMaterial{{std::get<CertificateMaterial>(scene.bundle.material).der, world().intermediate.der}};
                }, ""},
               {"a chain that brings the root, as npm's first bundles do", [](Scene& scene) { scene.bundle.material = ChainMaterial{{std::get<CertificateMaterial>(scene.bundle.material).der, world().ca.der}}; },
                ""},
               {"a chain that brings the authority that nobody trusts", [](Scene& scene) {
                  const auto by = world().issue_elsewhere();
                  scene.bundle = world().message_bundle(by);
                  scene.bundle.material = ChainMaterial{{by.der, world().other_ca.der}};
                },
                "certificate: the certificate does not lead to a trusted authority: unable to get local issuer certificate"},
               {"a chain that brings something else", [](Scene& scene) { scene.bundle.material = ChainMaterial{{std::get<CertificateMaterial>(scene.bundle.material).der, "x"}}; },
                "form: the bundle's chain has something that is no certificate"},
               {"no certificate", [](Scene& scene) { scene.bundle.material = CertificateMaterial{"x"}; }, "certificate: the certificate cannot be used: it is no X.509 certificate"},
               {"a byte behind it", [](Scene& scene) { std::get<CertificateMaterial>(scene.bundle.material).der += '\0'; }, "certificate: the certificate cannot be used: there is more than a certificate"},
               {"a key", [](Scene& scene) { scene.bundle.material = KeyMaterial{"hint"}; }, "form: the bundle is signed with a key, not with a certificate"},
               {"of another", [](Scene& scene) { scene.bundle.material = CertificateMaterial{world().issue(world().plan()).der}; },
                "signature: the signature is not this key's over these bytes\nlog body: the log entry is of another certificate"},
               {"by another authority of the same name", [](Scene& scene) { scene.bundle = world().message_bundle(world().issue_elsewhere()); },
                "certificate: the certificate does not lead to a trusted authority: unable to get local issuer certificate"},
               {"no authority is trusted", [](Scene& scene) { scene.root.authorities.clear(); }, "certificate: no authority for certificates is trusted"},
               {"expired", planned([](CertificatePlan& plan) { plan.to = {SampleWorld::signed_at.seconds - 1}; }),
                "signing time: the certificate was not valid when the signature was made, at 2024-03-09T16:00:00Z"},
               {"valid to the second", planned([](CertificatePlan& plan) { plan.from = plan.to = SampleWorld::signed_at; }), ""},
               {"not yet valid", planned([](CertificatePlan& plan) { plan.from = {SampleWorld::signed_at.seconds + 1}; }),
                "signing time: the certificate was not valid when the signature was made, at 2024-03-09T16:00:00Z"},
               {"the authority was trusted until the second", [](Scene& scene) { scene.root.authorities[0].valid_for.end = SampleWorld::signed_at; }, ""},
               {"the authority was not trusted any more", [](Scene& scene) { scene.root.authorities[0].valid_for.end = Time{SampleWorld::signed_at.seconds - 1}; },
                "certificate: the certificate does not lead to a trusted authority: the authority 'https://ca.example.org' was not trusted at 2024-03-09T16:00:00Z"},
               {"for servers", planned([](CertificatePlan& plan) { plan.extended_usage = "serverAuth"; }),
                "certificate: the certificate does not lead to a trusted authority: the certificate is not for code signing"},
               {"for everything", planned([](CertificatePlan& plan) { plan.extended_usage = ""; }),
                "certificate: the certificate does not lead to a trusted authority: the certificate is not for code signing"},
               {"for more than code", planned([](CertificatePlan& plan) { plan.extended_usage = "serverAuth,codeSigning"; }), ""},
               {"an authority itself", planned([](CertificatePlan& plan) { plan.constraints = "critical,CA:TRUE"; plan.usage = "critical,keyCertSign,digitalSignature"; }), "certificate: the certificate is an authority's own"},
               {"no proof of a log", planned([](CertificatePlan& plan) { plan.proof = Proof::Absent; }), "certificate log: the certificate has no timestamp of a certificate log"},
               {"no proof, and none asked for", [](Scene& scene) { planned([](CertificatePlan& plan) { plan.proof = Proof::Absent; })(scene); scene.asked.certificate_logs = false; }, ""},
               {"of a log that nobody knows", planned([](CertificatePlan& plan) { plan.proof = Proof::UnknownLog; }), "certificate log: the certificate's timestamp is of a log that is not trusted"},
               {"for another issuer's key", planned([](CertificatePlan& plan) { plan.proof = Proof::OtherIssuer; }), "certificate log: the certificate's timestamp is not signed by its log"},
               {"forged", planned([](CertificatePlan& plan) { plan.proof = Proof::Forged; }), "certificate log: the certificate's timestamp is not signed by its log"},
               {"garbage", planned([](CertificatePlan& plan) { plan.proof = Proof::Garbage; }), "certificate log: a certificate timestamp is not as RFC 6962 says"},
               {"with extensions", planned([](CertificatePlan& plan) { plan.proof_extensions = std::string("\0\0\x05index", 8); }), ""},
               {"before the log was trusted", planned([](CertificatePlan& plan) { plan.proof_time = Time{SampleWorld::start.seconds - 1}; }), "certificate log: the certificate's timestamp is of a time at which its log was not trusted"}});
}

TEST(Keyless, KeysOfCertificates) {
  check(good, {{"P-384", planned([](CertificatePlan& plan) { plan.key = "P-384"; }), ""},
               {"P-384 with its own hash, which the entry has", [](Scene& scene) {
                  CertificatePlan plan = world().plan();
                  plan.key = "P-384";
                  const auto by = world().issue(plan);
                  scene.bundle = world().message_bundle(by);
                  scene.message() = {"SHA2_384", hash_of(HashName::Sha384, SampleWorld::artifact), by.signer.sign(SampleWorld::artifact)};
                  Json body = Json::parse(hashedrekord_body(to_hex(as_bytes(scene.message().digest)), scene.message().signature, by.pem()));
                  body["spec"]["data"]["hash"]["algorithm"] = "sha384";
                  scene.entry() = world().log("hashedrekord", "0.0.1", to_compact(body));
                  scene.bundle.timestamps.clear();
                }, ""},
               {"P-521", planned([](CertificatePlan& plan) { plan.key = "P-521"; }), ""},
               {"RSA", planned([](CertificatePlan& plan) { plan.key = "RSA"; }), ""},
               {"Ed25519", planned([](CertificatePlan& plan) { plan.key = "ED25519"; }), ""},
               {"Ed25519 and the digest alone", [](Scene& scene) { planned([](CertificatePlan& plan) { plan.key = "ED25519"; })(scene); scene.artifact.bytes.reset(); },
                "signature: a signature by an Ed25519 key cannot be checked with the artifact's digest alone"},
               {"RSA and the digest alone", [](Scene& scene) { planned([](CertificatePlan& plan) { plan.key = "RSA"; })(scene); scene.artifact.bytes.reset(); }, ""},
               {"P-224", planned([](CertificatePlan& plan) { plan.key = "P-224"; }),
                "certificate: the certificate cannot be used: the key is neither ECDSA over P-256, P-384 or P-521, Ed25519, nor RSA of 2048 bits and more"}});
}

TEST(Keyless, Entries) {
  const auto elsewhere = [](Scene& scene, const std::function<void(LogEntry&)>& change) {
    change(scene.entry());
    world().promise(scene.entry());
  };
  check(good,
        {{"none", [](Scene& scene) { scene.bundle.entries.clear(); }, "log entry: there is no log entry"},
         {"none, and none asked for", [](Scene& scene) { scene.bundle.entries.clear(); scene.asked.log_entries = 0; }, ""},
         {"twice", [](Scene& scene) { scene.bundle.entries.push_back(scene.entry()); }, "log entry: a log entry stands twice"},
         {"two asked for", [](Scene& scene) { scene.asked.log_entries = 2; }, "log entry: there are 1 log entries, and 2 are asked for"},
         {"of a log that nobody knows", [](Scene& scene) { scene.entry().log_id[0] ^= 1; }, "log entry: the log entry is of a log that is not trusted"},
         {"a second one of a log that nobody knows", [](Scene& scene) { scene.bundle.entries.push_back(scene.entry()); scene.bundle.entries[1].log_id[0] ^= 1; }, ""},
         {"a second one that does not hold", [](Scene& scene) {
            scene.bundle.entries.push_back(scene.entry());
            ++scene.bundle.entries[1].log_index;
          }, "log promise: the signed entry timestamp is not the log's over this entry"},
         {"a promise of another time", [](Scene& scene) { ++scene.entry().integrated_time; }, "log promise: the signed entry timestamp is not the log's over this entry"},
         {"a promise of another index", [](Scene& scene) { ++scene.entry().log_index; }, "log promise: the signed entry timestamp is not the log's over this entry"},
         {"a promise that is changed", [](Scene& scene) { scene.entry().promise.back() ^= 1; }, "log promise: the signed entry timestamp is not the log's over this entry"},
         {"a promise from after the log was trusted", [](Scene& scene) { scene.root.logs[0].valid_for.end = Time{SampleWorld::signed_at.seconds - 1}; },
          "log promise: the log was not trusted at 2024-03-09T16:00:00Z, when it says that it took the entry"},
         {"a promise from the last second", [](Scene& scene) { scene.root.logs[0].valid_for.end = SampleWorld::signed_at; }, ""},
         {"no promise, but a timestamp", [](Scene& scene) { scene.entry().promise.clear(); }, ""},
         {"no promise, a timestamp from after the log was trusted",
          [](Scene& scene) {
            scene.entry().promise.clear();
            scene.root.logs[0].valid_for.end = Time{SampleWorld::signed_at.seconds - 1};
          },
          "log entry: the log was not trusted at 2024-03-09T16:00:00Z"},
         {"a time without a promise or a timestamp", [](Scene& scene) { scene.entry().promise.clear(); scene.bundle.timestamps.clear(); }, "signing time: nothing that is trusted says when the signature was made"},
         {"neither proof nor promise", [](Scene& scene) { scene.entry().promise.clear(); scene.entry().proof.reset(); }, "log proof: the log entry has neither a proof nor a promise"},
         {"a promise alone, as 0.1 has it", [](Scene& scene) { scene.entry().proof.reset(); }, ""},
         {"a hash of the proof", [](Scene& scene) { scene.entry().proof->hashes[0][0] ^= 1; }, "log proof: the log's inclusion proof does not lead to its checkpoint"},
         {"a hash too many", [](Scene& scene) { scene.entry().proof->hashes.push_back(scene.entry().proof->hashes[0]); }, "log proof: the log's inclusion proof does not lead to its checkpoint"},
         {"a hash too few", [](Scene& scene) { scene.entry().proof->hashes.pop_back(); }, "log proof: the log's inclusion proof does not lead to its checkpoint"},
         {"another place in the tree", [](Scene& scene) { --scene.entry().proof->log_index; }, "log proof: the log's inclusion proof does not lead to its checkpoint"},
         {"another size of the tree", [](Scene& scene) { ++scene.entry().proof->tree_size; }, "log proof: the log's checkpoint is of another tree than the inclusion proof"},
         {"another root", [](Scene& scene) { scene.entry().proof->root_hash[0] ^= 1; }, "log proof: the log's checkpoint is of another tree than the inclusion proof"},
         {"another tree's checkpoint", [](Scene& scene) { scene.entry().proof->checkpoint = world().checkpoint(11, std::string(32, 'x')); }, "log proof: the log's checkpoint is of another tree than the inclusion proof"},
         {"a body with a blank more", [](Scene& scene) { scene.entry().body += ' '; },
          "log promise: the signed entry timestamp is not the log's over this entry\nlog proof: the log's inclusion proof does not lead to its checkpoint"},
         {"the entry of another signature",
          [](Scene& scene) {
            const auto other = world().message_bundle(world().issue(world().plan()));
            scene.entry() = other.entries[0];
          },
          "log body: the log entry is of another signature"},
         {"a kind that the body is not of", [&](Scene& scene) { elsewhere(scene, [](LogEntry& entry) { entry.version = "0.0.2"; }); }, "log body: the log entry's body cannot be read: it is of kind hashedrekord 0.0.1, not hashedrekord 0.0.2"},
         {"a kind that we do not know", [](Scene& scene) { scene.entry() = world().log("rpm", "0.0.1", R"({"apiVersion":"0.0.1","kind":"rpm","spec":{}})"); },
          "log body: the log entry's body cannot be read: entries of kind rpm 0.0.1 are not known"},
         {"a body that is no JSON", [](Scene& scene) { scene.entry() = world().log("hashedrekord", "0.0.1", "{"); }, "log body: the log entry's body cannot be read: cannot read 'body': it is not valid JSON"},
         {"a body of another artifact",
          [](Scene& scene) {
            const auto by = world().issue(world().plan());
            scene.bundle = world().message_bundle(by);
            scene.entry() = world().log("hashedrekord", "0.0.1", hashedrekord_body(Digest::of("x").hex(), scene.message().signature, by.pem()));
          },
          "log body: the log entry is of another artifact"},
         {"a body with a key instead of the certificate",
          [](Scene& scene) {
            const auto by = world().issue(world().plan());
            scene.bundle = world().message_bundle(by);
            scene.entry() = world().log("hashedrekord", "0.0.1", hashedrekord_body(Digest::of(SampleWorld::artifact).hex(), scene.message().signature, by.signer.pem()));
          },
          "log body: the log entry is of another certificate"}});
}

TEST(Keyless, Checkpoints) {
  const auto changed = [](std::string_view from, std::string_view to) {
    return [from = std::string(from), to = std::string(to)](Scene& scene) {
      std::string& note = scene.entry().proof->checkpoint;
      const size_t at = note.find(from);
      ASSERT_NE(at, std::string::npos);
      note.replace(at, from.size(), to);
    };
  };
  check(good, {{"not signed", changed("\n\n", "\n"), "log proof: the log's checkpoint is not signed"},
               {"no dash", changed("\xe2\x80\x94", "-"), "log proof: the log's checkpoint has a signature that is none"},
               {"a signature that is no base64", changed("\xe2\x80\x94 rekor.example.org ", "\xe2\x80\x94 rekor.example.org ="), "log proof: the log's checkpoint has a signature that is none"},
               {"the origin", changed("rekor", "rekoR"), "log proof: the checkpoint's signature is not the log's"},
               {"the size", changed("\n11\n", "\n12\n"), "log proof: the checkpoint's signature is not the log's"},
               {"no size", changed("\n11\n", "\nx\n"), "log proof: the log's checkpoint has no size"},
               {"a size of zero", changed("\n11\n", "\n0\n"), "log proof: the log's checkpoint has no size"},
               {"no line of the size", changed("\n11\n", "\n"), "log proof: the log's checkpoint is not of the form origin, size, root hash"},
               {"by another key", [](Scene& scene) { scene.root.logs[0].key = world().certificate_log.key(); },
                "log promise: the signed entry timestamp is not the log's over this entry\nlog proof: the checkpoint's signature is not the log's"}});
  check(good_tiles, {{"as it is", [](Scene&) {}, ""},
                     {"no timestamp", [](Scene& scene) { scene.bundle.timestamps.clear(); }, "signing time: nothing that is trusted says when the signature was made"},
                     {"of another host", [](Scene& scene) { scene.root.logs[1].base_url = "https://other.example.org/"; },
                      "log proof: the checkpoint is of 'tiles.example.org', not of the log 'other.example.org'"},
                     {"signed by a witness alone", changed("\xe2\x80\x94 tiles", "\xe2\x80\x94 tilex"), "log proof: the checkpoint is not signed by the log"},
                     {"at another index", [](Scene& scene) { scene.entry().log_index = 5; }, "log proof: the inclusion proof is of another entry"}});
}

TEST(Keyless, Timestamps) {
  const auto stamped = [](const std::function<std::string(const std::string&)>& make) {
    return [make](Scene& scene) {
      scene.entry().promise.clear();  // nothing else says when
      scene.bundle.timestamps = {make(scene.message().signature)};
    };
  };
  const Time late{SampleWorld::start.seconds + 100'000'001};
  check(good, {{"without its certificate", stamped([](const std::string& over) { return world().timestamp(over, SampleWorld::signed_at, false); }), ""},
               {"over other bytes", stamped([](const std::string& over) { return world().timestamp(over + "x"); }), "timestamp: the timestamp is over other bytes than this signature"},
               {"of another authority", stamped([](const std::string& over) { return world().foreign_timestamp(over); }), "timestamp: the timestamp is of an authority that is not trusted"},
               {"of another authority, beside a promise", [](Scene& scene) { scene.bundle.timestamps = {world().foreign_timestamp(scene.message().signature)}; }, ""},
               {"garbage", stamped([](const std::string&) { return "x"; }), "timestamp: the timestamp is no RFC 3161 response"},
               {"garbage beside a promise", [](Scene& scene) { scene.bundle.timestamps = {"x"}; }, "timestamp: the timestamp is no RFC 3161 response"},
               {"a byte behind it", stamped([](const std::string& over) { return world().timestamp(over) + '\0'; }), "timestamp: the timestamp is no RFC 3161 response"},
               {"changed", stamped([](const std::string& over) {
                  std::string out = world().timestamp(over);
                  out.back() ^= 1;
                  return out;
                }),
                "timestamp: the timestamp's signature does not hold"},
               {"in its certificate's last second", [&](Scene& scene) {
                  CertificatePlan plan = world().plan();
                  plan.to = late;
                  scene.bundle = world().message_bundle(world().issue(plan));
                  scene.entry().promise.clear();
                  scene.bundle.timestamps = {world().timestamp(scene.message().signature, {late.seconds - 1})};
                }, ""},
               {"after its certificate", stamped([&](const std::string& over) { return world().timestamp(over, late); }),
                "timestamp: a certificate of the timestamp authority was not valid at 2027-01-15T08:00:01Z"},
               {"not refused by the certificate's times", stamped([](const std::string& over) { return world().timestamp(over, {SampleWorld::signed_at.seconds + 541}); }),
                "signing time: the certificate was not valid when the signature was made, at 2024-03-09T16:09:01Z"},
               {"the authority was trusted until the second", [](Scene& scene) { scene.root.timestamp_authorities[0].valid_for.end = SampleWorld::signed_at; }, ""},
               {"the authority was not trusted any more", [](Scene& scene) { scene.root.timestamp_authorities[0].valid_for.end = Time{SampleWorld::signed_at.seconds - 1}; },
                "timestamp: the timestamp authority was not trusted at 2024-03-09T16:00:00Z"},
               {"the authority has not given its signer", [](Scene& scene) { scene.root.timestamp_authorities[0].certificates = {world().timestamp_ca.der}; }, ""},
               {"the authority is another", [](Scene& scene) { scene.root.timestamp_authorities[0].certificates = {world().other_ca.der}; },
                "timestamp: the timestamp's signature does not hold"},
               {"no authority is trusted", [](Scene& scene) { scene.root.timestamp_authorities.clear(); }, ""}});
}

TEST(Keyless, Identities) {
  const auto expect = [](Pattern name, Pattern issuer) { return [=](Scene& scene) { scene.policy = {name, issuer}; }; };
  const auto any = Pattern::expression(".*").value();
  check(good, {{"another name", expect(Pattern::exact("other@example.org"), any), "identity: it was signed by 'signer@example.org', not by 'other@example.org'"},
               {"another issuer", expect(any, Pattern::exact("https://other.example.org")), "identity: the signer's issuer is 'https://accounts.example.org', not 'https://other.example.org'"},
               {"a pattern", expect(Pattern::expression(".*@example\\.org").value(), Pattern::expression("https://[a-z]+\\.example\\.org").value()), ""},
               {"a pattern of a part only", expect(Pattern::expression("signer").value(), any), "identity: it was signed by 'signer@example.org', not by 'signer'"},
               {"a beginning is no match", expect(Pattern::exact("signer@example.or"), any), "identity: it was signed by 'signer@example.org', not by 'signer@example.or'"},
               {"a URI", [](Scene& scene) {
                  planned([](CertificatePlan& plan) { plan.names = "URI:https://ci.example.org/job"; })(scene);
                  scene.policy.name = Pattern::exact("https://ci.example.org/job");
                }, ""},
               {"Fulcio's other name", [](Scene& scene) {
                  planned([](CertificatePlan& plan) { plan.names = "otherName:1.3.6.1.4.1.57264.1.7;UTF8:foo!oidc.local"; })(scene);
                  scene.policy.name = Pattern::exact("foo!oidc.local");
                }, ""},
               {"another's other name", [](Scene& scene) {
                  planned([](CertificatePlan& plan) { plan.names = "otherName:1.2.3.4;UTF8:foo!oidc.local"; })(scene);
                  scene.policy.name = Pattern::exact("foo!oidc.local");
                }, "identity: the certificate names nobody"},
               {"a host's name is nobody's", [](Scene& scene) {
                  planned([](CertificatePlan& plan) { plan.names = "DNS:example.org"; })(scene);
                  scene.policy.name = Pattern::expression(".*").value();
                }, "identity: the certificate names nobody"},
               {"the second of two names", [](Scene& scene) {
                  planned([](CertificatePlan& plan) { plan.names = "email:first@example.org,email:signer@example.org"; })(scene);
                }, ""},
               {"no names", planned([](CertificatePlan& plan) { plan.names = ""; }), "identity: the certificate names nobody"},
               {"the older extension", planned([](CertificatePlan& plan) { plan.old_issuer = true; }), ""},
               {"no issuer", planned([](CertificatePlan& plan) { plan.issuer = ""; }), "identity: the signer's issuer is '', not 'https://accounts.example.org'"}});
}

TEST(Keyed, WithAndWithoutALog) {
  const SampleSigner signer, other;
  const TrustRoot root = world().root();
  const Bundle bundle = world().keyed_bundle(signer);
  const Artifact artifact = Artifact::of(SampleWorld::artifact);
  const auto verify = [&](const Bundle& each, const SampleSigner& key, const TrustRoot* with, size_t entries) { return told(verify_keyed(each, artifact, key.pem(), with, entries).value()); };
  EXPECT_EQ(verify(bundle, signer, &root, 1), "");
  EXPECT_EQ(verify(bundle, signer, nullptr, 0), "");
  EXPECT_EQ(verify(bundle, signer, nullptr, 1), "log entry: no log is trusted");
  EXPECT_EQ(verify(bundle, other, nullptr, 0), "signature: the signature is not this key's over these bytes");
  EXPECT_EQ(verify(bundle, other, &root, 0), "signature: the signature is not this key's over these bytes\nlog body: the log entry is of another key");
  EXPECT_EQ(verify(world().message_bundle(world().issue(world().plan())), signer, &root, 0), "form: the bundle is signed with a certificate, not with a key");
  EXPECT_EQ(verify_keyed(bundle, artifact, "x", &root).error().message, "cannot read public key: it is no public key");
  Bundle bare = bundle;
  bare.entries.clear();
  EXPECT_EQ(verify(bare, signer, &root, 0), "");
  EXPECT_EQ(verify(bare, signer, &root, 1), "log entry: there is no log entry");
  const auto found = verify_keyed(bundle, artifact, signer.pem(), &root, 1).value();
  ASSERT_EQ(found.logged.size(), 1U);
  EXPECT_EQ(found.times.at(0).time, SampleWorld::signed_at);
  EXPECT_TRUE(found.identity.names.empty());
}

/// The seeds of the drivers fuzz_bundle and fuzz_certificate: ASHLAR_ACCEPT=1 makes them anew (every time with other keys). What lies there can still be read.
TEST(Keyless, SeedsOfTheDrivers) {
  const std::filesystem::path folder = std::filesystem::path(ASHLAR_SOURCE_DIR) / "tests/data/fuzz";
  const auto by = world().issue(world().plan());
  if (std::getenv("ASHLAR_ACCEPT") != nullptr) {
    const auto put = [&](const char* name, const std::string& bytes) {
      std::filesystem::create_directories((folder / name).parent_path());
      std::ofstream(folder / name, std::ios::binary) << bytes;
    };
    const std::string root = world().root_json();
    put("bundle/message.json", to_compact(to_json(world().message_bundle(by))) + '\0' + root);
    put("bundle/envelope.json", to_compact(to_json(world().envelope_bundle(by))) + '\0' + root);
    put("bundle/tiles.json", to_compact(to_json(world().tiles_bundle(by))) + '\0' + root);
    put("bundle/keyed.json", to_compact(to_json(world().keyed_bundle(by.signer))));
    put("certificate/leaf.der", by.der);
    put("certificate/leaf.pem", by.pem());
    put("certificate/authority.der", world().ca.der);
    put("certificate/timestamp.der", world().timestamp("signature"));
    put("certificate/checkpoint.txt", world().checkpoint(5, std::string(32, 'r')));
    for (const char* kind : {"dsse 0.0.1", "dsse 0.0.2", "intoto 0.0.2", "hashedrekord 0.0.2"}) {
      std::string name = std::string("certificate/") + kind + ".json";
      name.replace(name.find(' '), 1, "-");
      put(name.c_str(), world().envelope_bundle(by, kind).entries[0].body);
    }
  }
  size_t bundles = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder / "bundle")) {
    std::ostringstream text;
    text << std::ifstream(file.path(), std::ios::binary).rdbuf();
    const std::string all = text.str();
    const auto bundle = read_bundle(all.substr(0, all.find('\0')), file.path().string());
    EXPECT_TRUE(bundle) << bundle.error().message;
    ++bundles;
  }
  EXPECT_EQ(bundles, 4U);
}

TEST(Pattern, Expressions) {
  EXPECT_EQ(Pattern::expression("(").error().message, "cannot read pattern '(': it is no regular expression");
  EXPECT_TRUE(Pattern::exact("a.c").matches("a.c"));
  EXPECT_FALSE(Pattern::exact("a.c").matches("abc"));
  EXPECT_TRUE(Pattern::expression("a.c").value().matches("abc"));
  EXPECT_FALSE(Pattern::expression("a.c").value().matches("abcd"));
  EXPECT_FALSE(Pattern::expression("a.c").value().matches("a\nc"));
}

}  // namespace
}  // namespace ashlar::trust
