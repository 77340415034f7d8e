// Signatures and statements beside images, ours and cosign's, in both layouts and in registries with and without the API of referrers.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/digest.h"
#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

constexpr const char *signature_annotation = "dev.cosignproject.cosign/signature", *type = "https://example.com/check/v1";

/// The small image in a layout `out`, a key of ours and one of another's, and cosign.
class SignFlow : public SmallProject {
 protected:
  void SetUp() override {
    for (const char* name : {"docker-registry", "openssl"}) ASHLAR_NEED(name);
    const auto found = go_tool("cosign");
    if (!found) GTEST_SKIP() << "this machine has no cosign (scripts/install-go-tools.sh builds it where there is a Go)";
    cosign_program = *found;
    SmallProject::SetUp();
    root = stage.digest("small.yaml", "oci:out:1");
    stage.environment["COSIGN_PASSWORD"] = "a password";
    stage.environment["SIGSTORE_NO_CACHE"] = "true";
    for (const char* name : {"our", "other"}) {
      ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", fmt::format("{}.key", name)}).code, 0);
      ASSERT_EQ(stage.run({"openssl", "pkey", "-in", fmt::format("{}.key", name), "-pubout", "-out", fmt::format("{}.pub", name)}).code, 0);
    }
    stage.write("trusted.json", R"({"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"})");  // so that cosign asks nobody
    stage.write("predicate.json", R"({"checked": true})");
  }
  /// cosign without a transparency log.
  Ran cosign(const Words& words) const {
    Words argv = {cosign_program};
    argv.insert(argv.end(), words.begin(), words.end());
    return stage.run(argv);
  }
  Ran cosign_verify(const std::string& ref, const std::string& key, bool bundles) const {
    return cosign({"verify", "--key", key, "--private-infrastructure", "--trusted-root", "trusted.json", fmt::format("--new-bundle-format={}", bundles), ref.substr(9)});
  }
  Ran cosign_verify_attestation(const std::string& ref, const std::string& key, bool bundles) const {
    return cosign({"verify-attestation", "--type", type, "--key", key, "--private-infrastructure", "--trusted-root", "trusted.json", fmt::format("--new-bundle-format={}", bundles), ref.substr(9)});
  }
  /// What `verify` says with a key; the exit code is `code`.
  Json verified(const std::string& ref, const std::string& key, int code, const Words& more = {}) const {
    Words words = {"verify", ref, "--key", key};
    words.insert(words.end(), more.begin(), more.end());
    Json out = stage.json(words, code);
    EXPECT_EQ(out.value("verified", false), code == 0) << out;
    return out;
  }
  /// layout, whether it holds and why not, of each signature.
  static std::vector<std::string> summary(const Json& verification) {
    std::vector<std::string> out;
    for (const Json& each : verification["signatures"]) {
      out.push_back(fmt::format("{} {}{}", each["layout"].get<std::string>(), each["verified"].get<bool>() ? "ok" : "no: ", each["reason"].get<std::string>()));
    }
    std::ranges::sort(out);
    return out;
  }
  void sign(const std::string& ref, const Words& more = {}) const {
    Words words = {"sign", ref, "--key", "our.key"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = stage.ashlar(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  void attest(const std::string& ref, const Words& more = {}) const {
    Words words = {"attest", ref, "--key", "our.key", "--type", type, "--predicate", "predicate.json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = stage.ashlar(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  void copy(const std::string& from, const std::string& to) const {
    const Ran ran = stage.ashlar({"copy", from, to});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }

  // The layout as others may have tampered with it.
  std::string text_of(const std::string& digest) const { return stage.read("out/blobs/sha256/" + digest.substr(7)); }
  std::string put(const std::string& text) const {
    const std::string digest = Digest::of(text).str();
    stage.write("out/blobs/sha256/" + digest.substr(7), text);
    return digest;
  }
  Json index() const { return Json::parse(stage.read("out/index.json")); }
  /// Changes the one artifact that `layout` names: its manifest, and the content of its only layer.
  void tamper(const std::string& layout, const std::function<void(Json& manifest, std::string& content)>& change) const {
    Json list = index();
    for (Json& entry : list["manifests"]) {
      const std::string name = entry.contains("annotations") ? entry["annotations"].value("org.opencontainers.image.ref.name", "") : "";
      Json manifest = Json::parse(text_of(entry["digest"]));
      const bool bundle = manifest.contains("subject"), signature = name.ends_with(".sig"), attestation = name.ends_with(".att");
      if (!((layout == "bundle" && bundle) || (layout == "cosign-signature" && signature) || (layout == "cosign-attestation" && attestation))) continue;
      std::string content = text_of(manifest["layers"][0]["digest"]);
      change(manifest, content);
      manifest["layers"][0]["digest"] = put(content);
      manifest["layers"][0]["size"] = content.size();
      const std::string text = manifest.dump();
      entry["digest"] = put(text);
      entry["size"] = text.size();
    }
    stage.write("out/index.json", list.dump());
  }

  std::string root, cosign_program;
};

TEST_F(SignFlow, cosign_accepts_ours_in_both_layouts_and_registries) {
  if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
  const RegistryServer without(stage);
  const ReferrersRegistry with(stage);
  for (const std::string& host : {without.ref(""), with.ref("")}) {
    for (const char* layout : {"tag", "bundle", "both"}) {
      const std::string ref = fmt::format("{}{}/small:1", host, layout);
      copy("oci:out:1", ref);
      sign(ref, {"--layout", layout});
      const bool bundles = std::string_view(layout) != "tag";
      const Ran good = cosign_verify(ref, "our.pub", bundles);
      EXPECT_EQ(good.code, 0) << good.told;
      EXPECT_NE(good.out.find(root), std::string::npos) << good.told;
      EXPECT_NE(cosign_verify(ref, "other.pub", bundles).code, 0) << ref;
      EXPECT_NE(cosign_verify_attestation(ref, "our.pub", bundles).code, 0) << "nothing has been said of it: " << ref;
      attest(ref, {"--layout", layout});
      const Ran said = cosign_verify_attestation(ref, "our.pub", bundles);
      EXPECT_EQ(said.code, 0) << said.told;
      EXPECT_NE(cosign_verify_attestation(ref, "other.pub", bundles).code, 0) << ref;
      verified(ref, "our.pub", 0, {"--type", type});
      verified(ref, "other.pub", 1);
    }
  }
}

TEST_F(SignFlow, we_accept_cosigns_in_both_layouts_and_registries) {
  if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
  const RegistryServer without(stage);
  const ReferrersRegistry with(stage);
  const Ran keys = cosign({"generate-key-pair"});
  ASSERT_EQ(keys.code, 0) << keys.told;
  for (const std::string& host : {without.ref(""), with.ref("")}) {
    for (const bool bundles : {false, true}) {
      const std::string ref = fmt::format("{}cosign{}/small:1", host, bundles ? "-bundle" : ""), by_digest = fmt::format("{}cosign{}/small@{}", host.substr(9), bundles ? "-bundle" : "", root);
      copy("oci:out:1", ref);
      const std::string format = fmt::format("--new-bundle-format={}", bundles);
      const Ran signed_by_them = cosign({"sign", "--key", "cosign.key", "--tlog-upload=false", format, by_digest});
      ASSERT_EQ(signed_by_them.code, 0) << signed_by_them.told;
      verified(ref, "cosign.pub", 0);
      const Ran said = cosign({"attest", "--key", "cosign.key", "--tlog-upload=false", format, "--type", type, "--predicate", "predicate.json", by_digest});
      ASSERT_EQ(said.code, 0) << said.told;
      const Json both = verified(ref, "cosign.pub", 0, {"--type", type});
      EXPECT_EQ(summary(both), bundles ? (std::vector<std::string>{"bundle ok", "bundle ok"}) : (std::vector<std::string>{"cosign-attestation ok", "cosign-signature ok"}));
      for (const std::string& each : summary(verified(ref, "our.pub", 1))) EXPECT_NE(each.find("no: signed by another key"), std::string::npos) << each;
      // What they wrote stays when we add to it, and they still accept it. Where there are bundles, cosign looks at nothing else, so ours goes where theirs is.
      sign(ref, {"--layout", bundles ? "bundle" : "tag"});
      verified(ref, "our.pub", 0);
      verified(ref, "cosign.pub", 0);
      EXPECT_EQ(cosign_verify(ref, "cosign.pub", bundles).code, 0) << ref;
      EXPECT_EQ(cosign_verify(ref, "our.pub", bundles).code, 0) << ref;
    }
  }
}

TEST_F(SignFlow, what_is_tampered_with_is_refused_by_both) {
  struct Row {
    const char *summary, *layout;
    std::function<void(Json& manifest, std::string& content)> change;
    const char* reason;
  };
  const auto replace = [](std::string& text, std::string_view what, std::string_view by) {
    const size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    text.replace(at, what.size(), by);
  };
  const auto in_payload = [](std::string& envelope_text, const char* member, const std::function<void(Json& statement)>& change) {
    Json json = Json::parse(envelope_text);
    Json& envelope = std::string_view(member).empty() ? json : json[member];
    Json statement = Json::parse(as_text(from_base64(envelope["payload"].get<std::string>()).value()));
    change(statement);
    envelope["payload"] = to_base64(as_bytes(statement.dump()));
    envelope_text = json.dump();
  };
  const auto turn = [](std::string base64) {
    Bytes bytes = from_base64(base64).value();
    bytes.back() ^= 1;
    return to_base64(bytes);
  };
  const std::string other = Digest::of(std::string_view("another image")).str();
  // A good signature by a key that nobody believes, over the same statement.
  ASSERT_EQ(stage.ashlar({"sign", "oci:out:1", "--key", "other.key", "--layout", "bundle"}).code, 0);
  std::string of_another;
  tamper("bundle", [&](Json&, std::string& content) { of_another = Json::parse(content)["dsseEnvelope"]["signatures"][0]["sig"]; });
  const Row rows[] = {
      {"the signed document names another repository", "cosign-signature", [&](Json&, std::string& content) { replace(content, "\"out\"", "\"in\""); }, "signed by another key"},
      {"the signed document names another image", "cosign-signature", [&](Json&, std::string& content) { replace(content, root, other); }, "signed by another key"},
      {"a signature with a bit turned", "cosign-signature", [&](Json& manifest, std::string&) { Json& value = manifest["layers"][0]["annotations"][signature_annotation]; value = turn(value); }, "signed by another key"},
      {"no signature", "cosign-signature", [&](Json& manifest, std::string&) { manifest["layers"][0].erase("annotations"); }, "it has no signature"},
      {"a statement changed", "cosign-attestation", [&](Json&, std::string& content) { in_payload(content, "", [](Json& statement) { statement["predicate"]["checked"] = false; }); }, "signed by another key"},
      {"a statement on another image", "cosign-attestation", [&](Json&, std::string& content) { in_payload(content, "", [&](Json& statement) { statement["subject"][0]["digest"]["sha256"] = other.substr(7); }); }, "signed by another key"},
      {"another payload type", "cosign-attestation", [&](Json&, std::string& content) { replace(content, "application/vnd.in-toto+json", "application/x"); }, "its payload is of the type 'application/x', no statement"},
      {"an envelope's signature with a bit turned", "cosign-attestation", [&](Json&, std::string& content) { Json json = Json::parse(content); json["signatures"][0]["sig"] = turn(json["signatures"][0]["sig"]); content = json.dump(); }, "signed by another key"},
      {"a bundle's statement changed", "bundle", [&](Json&, std::string& content) { in_payload(content, "dsseEnvelope", [](Json& statement) { statement["predicate"]["x"] = 1; }); }, "altered: it says that it is signed by 'our.pub', and that key did not sign these bytes"},
      {"a bundle's signature with a bit turned", "bundle", [&](Json&, std::string& content) { Json json = Json::parse(content); Json& value = json["dsseEnvelope"]["signatures"][0]["sig"]; value = turn(value); content = json.dump(); }, "altered: it says that it is signed by 'our.pub', and that key did not sign these bytes"},
      {"a bundle without signatures", "bundle", [&](Json&, std::string& content) { Json json = Json::parse(content); json["dsseEnvelope"]["signatures"] = Json::array(); content = json.dump(); }, "nothing signs it"},
      {"a bundle's statement on another image", "bundle", [&](Json&, std::string& content) { in_payload(content, "dsseEnvelope", [&](Json& statement) { statement["subject"][0]["digest"]["sha256"] = other.substr(7); }); }, "altered: it says that it is signed by 'our.pub', and that key did not sign these bytes"},
      {"a bundle's payload type", "bundle", [&](Json&, std::string& content) { replace(content, "application/vnd.in-toto+json", "application/x"); }, "its payload is of the type 'application/x', no statement"},
      {"another's signature in our bundle", "bundle", [&](Json&, std::string& content) { Json json = Json::parse(content); json["dsseEnvelope"]["signatures"][0]["sig"] = of_another; content = json.dump(); }, "altered: it says that it is signed by 'our.pub', and that key did not sign these bytes"},
      {"a bundle of a type that nobody knows", "bundle", [&](Json&, std::string& content) { replace(content, "bundle.v0.3+json", "bundle.v9+json"); }, "is no bundle of version 0.1, 0.2 or 0.3"},
  };
  const RegistryServer registry(stage);
  int number = 0;
  for (const Row& row : rows) {
    fs::remove_all(stage.folder() / "out");
    stage.digest("small.yaml", "oci:out:1");
    const bool statement = std::string_view(row.layout) == "cosign-attestation";
    if (statement) attest("oci:out:1", {"--layout", "tag"});
    else sign("oci:out:1", {"--layout", std::string_view(row.layout) == "bundle" ? "bundle" : "tag"});
    verified("oci:out:1", "our.pub", statement ? 1 : 0);
    tamper(row.layout, row.change);
    const std::string ref = registry.ref(fmt::format("tampered{}/small:1", ++number));
    copy("oci:out:1", ref);
    for (const std::string& each : {std::string("oci:out:1"), ref}) {
      const auto found = summary(statement ? verified(each, "our.pub", 1, {"--type", type}) : verified(each, "our.pub", 1));
      ASSERT_EQ(found.size(), 1U) << row.summary << each;
      EXPECT_NE(found[0].find(row.reason), std::string::npos) << row.summary << ": " << found[0];
    }
    const bool bundles = std::string_view(row.layout) == "bundle";
    EXPECT_NE((statement ? cosign_verify_attestation(ref, "our.pub", false) : cosign_verify(ref, "our.pub", bundles)).code, 0) << row.summary;
  }
}

TEST_F(SignFlow, a_signature_for_another_image_is_told_from_none) {
  sign("oci:out:1");
  attest("oci:out:1");
  // A second image to which the signatures of the first are moved.
  stage.write("small.yaml", stage.read("small.yaml") + "\nannotations: {moved: here}\n");
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml"}).code, 0);
  const std::string second = stage.digest("small.yaml", "oci:out:2");
  ASSERT_NE(second, root);
  const Json none = verified("oci:out:2", "our.pub", 1);
  EXPECT_EQ(summary(none), std::vector<std::string>{});
  EXPECT_EQ(none["missing"].size(), 2U) << none;
  EXPECT_EQ(none["missing"][0], fmt::format("there is no signature under the tag 'sha256-{}.sig'", second.substr(7)));
  Json list = index();
  for (Json& entry : list["manifests"]) {
    const std::string name = entry.contains("annotations") ? entry["annotations"].value("org.opencontainers.image.ref.name", "") : "";
    for (const char* suffix : {".sig", ".att"}) {
      if (name == "sha256-" + root.substr(7) + suffix) entry["annotations"]["org.opencontainers.image.ref.name"] = "sha256-" + second.substr(7) + suffix;
    }
    Json manifest = Json::parse(text_of(entry["digest"]));
    if (!manifest.contains("subject")) continue;
    manifest["subject"]["digest"] = second;
    manifest["subject"]["size"] = text_of(second).size();
    entry["digest"] = put(manifest.dump());
    entry["size"] = manifest.dump().size();
  }
  stage.write("out/index.json", list.dump());
  const std::vector<std::string> found = summary(verified("oci:out:2", "our.pub", 1));
  EXPECT_EQ(found, (std::vector<std::string>{"bundle no: digest differs: its statement is on something else than this image", "bundle no: digest differs: its statement is on something else than this image",
                                             "cosign-attestation no: digest differs: its statement is on something else than this image", fmt::format("cosign-signature no: digest differs: it signs '{}'", root)}));
  // cosign refuses each of them, too.
  const RegistryServer registry(stage);
  const std::string ref = registry.ref("swapped/small:1");
  copy("oci:out:2", ref);
  EXPECT_EQ(summary(verified(ref, "our.pub", 1)), found) << "all of it came there";
  for (const bool bundles : {true, false}) {
    EXPECT_NE(cosign_verify(ref, "our.pub", bundles).code, 0) << bundles;
    EXPECT_NE(cosign_verify_attestation(ref, "our.pub", bundles).code, 0) << bundles;
  }
}

TEST_F(SignFlow, a_withdrawn_key_counts_for_nothing_however_it_is_named) {
  sign("oci:out:1");
  stage.write("keyring.yaml", "schema: https://ashlar.dev/keyring/v1\nkeys:\n  - name: release\n    key: our.pub\n    revoked_from: 2026-01-01\n    reason: lost\n");
  const Ran ring = stage.ashlar({"keys", "list"});
  ASSERT_EQ(ring.code, 0) << ring.told;
  for (const Words& more : {Words{}, Words{"--key", "our.pub"}, Words{"--keyring", "keyring.yaml"}, Words{"--keyring", "keyring.yaml", "--key", "our.pub"}, Words{"--key", "our.pub", "--keyring", "keyring.yaml"}}) {
    Words words = {"verify", "oci:out:1"};
    words.insert(words.end(), more.begin(), more.end());
    const Json found = stage.json(words, 1);
    for (const Json& each : found["signatures"]) EXPECT_NE(each["reason"].get<std::string>().find("revoked"), std::string::npos) << each;
  }
  // Another key that counts suffices, whichever is asked first.
  ASSERT_EQ(stage.ashlar({"sign", "oci:out:1", "--key", "other.key"}).code, 0);
  verified("oci:out:1", "other.pub", 0, {"--keyring", "keyring.yaml"});
}

/// A signature that nobody would believe is not made: by no verb, and before anything is written.
TEST_F(SignFlow, a_key_that_does_not_count_signs_nothing) {
  const RegistryServer registry(stage);
  const std::string head = "schema: https://ashlar.dev/keyring/v1\nkeys:\n  - name: release\n    key: our.pub\n", next = "  - name: next\n    key: other.pub\n";
  struct Row { const char *summary, *terms, *says; };
  const Row rows[] = {
      {"revoked", "    revoked_from: 2026-01-01\n    reason: lost\n", "'release' is revoked from 2026-01-01 on: lost"},
      {"ended", "    valid_until: 2026-01-01\n", "'release' was valid until 2026-01-01"},
      {"not begun", "    valid_from: 2226-01-01\n", "'release' is not valid before 2226-01-01"},
  };
  const std::string before = stage.read("out/index.json");
  stage.write("vex.json", R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex", "author": "us", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": []})");
  const std::string statements = stage.read("vex.json");
  const Words verbs[] = {
      {"sign", "oci:out:1"},
      {"attest", "oci:out:1", "--type", type, "--predicate", "predicate.json"},
      {"make", "small.yaml", "--to", registry.ref("hard/small")},
      {"copy", "oci:out:1", "oci:copied:1", "--receipt", "receipt.json"},
      {"vex", "add", "CVE-2026-0001", "--package", "deb:greeter", "--reason", "greets nobody"},
  };
  for (const Row& row : rows) {
    stage.write("keyring.yaml", head + row.terms + next);
    for (Words words : verbs) {
      words.insert(words.end(), {"--key", "our.key"});
      const Ran ran = stage.ashlar(words);
      EXPECT_EQ(ran.code, 2) << row.summary << words[0] << ran.told;
      EXPECT_TRUE(ran.err.starts_with("error: cannot sign with 'our.key': by the keyring '")) << row.summary << words[0] << ran.told;
      EXPECT_NE(ran.err.find(fmt::format("/keyring.yaml', {}; sign with one that counts now: 'next'", row.says)), std::string::npos) << row.summary << words[0] << ran.told;
    }
  }
  EXPECT_EQ(stage.read("out/index.json"), before);
  EXPECT_EQ(stage.read("vex.json"), statements);
  for (const char* path : {"copied", "receipt.json", "vex.signatures.json"}) EXPECT_FALSE(stage.exists(path)) << path;
  EXPECT_EQ(registry.count("http.request.method=PUT"), 0U);
  EXPECT_FALSE(stage.exists("home/cache/ashlar/candidates")) << "nothing was built for it";
  stage.write("keyring.yaml", head + next);
  sign("oci:out:1");
}

TEST_F(SignFlow, a_private_key_is_none_to_verify_with) {
  sign("oci:out:1");
  for (const Words& words : {Words{"verify", "oci:out:1", "--key", "our.key"}, Words{"verify", "oci:out:1", "--key", "our.pub", "--key", "our.key"}}) {
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find("cannot open key 'our.key': it is a private key, and who verifies has the public one: `ashlar keys export our.key > our.pub` writes that"), std::string::npos) << ran.told;
  }
  stage.write("policy.yaml", "verify:\n  rules:\n  - {images: 'oci:out', signed-by: {file: our.key}}\n");
  const Ran by_policy = stage.ashlar({"verify", "oci:out:1", "--policy", "policy.yaml"});
  EXPECT_EQ(by_policy.code, 2) << by_policy.told;
  EXPECT_NE(by_policy.err.find("it is a private key"), std::string::npos) << by_policy.told;
  // cosign takes none either.
  ASSERT_EQ(cosign({"generate-key-pair"}).code, 0);
  const RegistryServer registry(stage);
  copy("oci:out:1", registry.ref("team/small:1"));
  EXPECT_NE(cosign_verify(registry.ref("team/small:1"), "cosign.key", false).code, 0);
}

TEST_F(SignFlow, the_same_again_adds_nothing) {
  const auto artifacts = [&] { return index()["manifests"].size(); };
  sign("oci:out:1");
  attest("oci:out:1");
  const size_t before = artifacts();
  const Json again = stage.json({"sign", "oci:out:1", "--key", "our.key"});
  for (const Json& each : again["placed"]) EXPECT_EQ(each["new"], false) << again;
  attest("oci:out:1");
  EXPECT_EQ(artifacts(), before);
  const Json other = stage.json({"sign", "oci:out:1", "--key", "other.key"});
  for (const Json& each : other["placed"]) EXPECT_EQ(each["new"], true) << other;
  for (const char* key : {"our.pub", "other.pub"}) verified("oci:out:1", key, 0);
}

/// Two processes of one machine that sign one image at the same time.
TEST_F(SignFlow, two_signers_at_once_lose_nothing) {
  const RegistryServer registry(stage);
  struct Row { const char *summary, *place; };
  const Row rows[] = {{"in one layout", ""}, {"in a registry without the API of referrers", "docker"}};
  for (const Row& row : rows) {
    for (const char* layout : {"tag", "bundle"}) {
      for (int round = 0; round < 4; ++round) {
        const std::string name = fmt::format("{}{}{}", *row.place == '\0' ? "at" : row.place, layout, round), ref = *row.place == '\0' ? "oci:" + name + ":1" : registry.ref(name + "/small:1");
        copy("oci:out:1", ref);
        const Ran both = stage.run({"sh", "-c", "\"$0\" \"$@\" --key our.key & one=$!; \"$0\" \"$@\" --key other.key; two=$?; wait $one && exit $two", program_under_test(), "sign", ref, "--layout", layout, "--quiet"});
        EXPECT_EQ(both.code, 0) << row.summary << both.told;
        for (const char* key : {"our.pub", "other.pub"}) verified(ref, key, 0);
        EXPECT_EQ(verified(ref, "our.pub", 0)["signatures"].size(), 2U) << row.summary << layout << round;
      }
    }
  }
}

TEST_F(SignFlow, a_copy_keeps_what_signs_the_image_where_it_goes) {
  const RegistryServer registry(stage);
  const std::string there = registry.ref("there/small:1");
  sign("oci:out:1", {"--layout", "tag"});
  attest("oci:out:1", {"--layout", "tag"});
  copy("oci:out:1", there);
  ASSERT_EQ(stage.ashlar({"sign", there, "--key", "other.key", "--layout", "tag"}).code, 0);
  ASSERT_EQ(stage.ashlar({"attest", there, "--key", "other.key", "--layout", "tag", "--type", type, "--predicate", "predicate.json"}).code, 0);
  for (int round = 0; round < 2; ++round) {
    const Ran again = stage.ashlar({"copy", "oci:out:1", there, "--receipt", "r.json"});
    ASSERT_EQ(again.code, 0) << again.told;
    for (const char* key : {"our.pub", "other.pub"}) {
      EXPECT_EQ(verified(there, key, 0, {"--type", type})["signatures"].size(), 4U) << key;
      EXPECT_EQ(cosign_verify(there, key, false).code, 0) << key;
      EXPECT_EQ(cosign_verify_attestation(there, key, false).code, 0) << key;
    }
    const Ran whole = stage.ashlar({"verify", "--receipt", "r.json"});
    EXPECT_EQ(whole.code, 0) << whole.told;
  }
  // A layout likewise, also of what came back.
  ASSERT_EQ(stage.ashlar({"copy", there, "oci:out:1"}).code, 0);
  EXPECT_EQ(verified("oci:out:1", "other.pub", 0)["signatures"].size(), 4U);
}

TEST_F(SignFlow, platforms_are_signed_with_their_index_or_by_themselves) {
  sign("oci:out:1");
  verified("oci:out:1", "our.pub", 0, {"--platform", "linux/arm64"});
  const Json placed = stage.json({"sign", "oci:out:1", "--key", "other.key", "--platform", "linux/arm64"});
  EXPECT_NE(placed["placed"][0]["subject"], root);
  verified("oci:out:1", "other.pub", 0, {"--platform", "linux/arm64"});
  verified("oci:out:1", "other.pub", 1, {"--platform", "linux/amd64"});
  verified("oci:out:1", "other.pub", 1);
  EXPECT_EQ(stage.json({"sign", "oci:out:1", "--key", "other.key", "--recursive"})["placed"].size(), 6U) << "the index and two platforms, in two layouts";
  verified("oci:out:1", "other.pub", 0, {"--platform", "linux/amd64"});
}

TEST_F(SignFlow, statements_on_the_platforms_of_an_index_are_found_and_named) {
  sign("oci:out:1", {"--layout", "tag"});
  const auto lacking = [&] { return verified("oci:out:1", "our.pub", 1, {"--type", type})["missing"]; };
  const std::string none = fmt::format("there is no statement of the type '{}' by whom is believed", type);
  EXPECT_EQ(lacking(), Json({none + " on the index, nor on the image of any of its platforms"}));
  attest("oci:out:1", {"--platform", "linux/arm64", "--layout", "tag"});
  EXPECT_EQ(lacking(), Json({none + " on the image of linux/amd64, nor on the index"}));
  verified("oci:out:1", "our.pub", 0, {"--type", type, "--platform", "linux/arm64"});
  attest("oci:out:1", {"--platform", "linux/amd64", "--layout", "bundle"});
  const Json both = verified("oci:out:1", "our.pub", 0, {"--type", type});
  std::map<std::string, std::string> found;
  for (const Json& each : both["signatures"]) found[each.value("platform", "")] += each["layout"].get<std::string>();
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"", "cosign-signature"}, {"linux/amd64", "bundle"}, {"linux/arm64", "cosign-attestation"}}));
  const Ran told = stage.ashlar({"verify", "oci:out:1", "--key", "our.pub", "--type", type});
  EXPECT_NE(told.out.find(fmt::format("{} of linux/arm64", type)), std::string::npos) << told.told;
  verified("oci:out:1", "other.pub", 1, {"--type", type});
  EXPECT_EQ(verified("oci:out:1", "our.pub", 0)["signatures"].size(), 1U) << "nothing was asked of the platforms";
}

/// Whoever may push can attach more than anybody reads: then nobody says that nothing is signed.
TEST_F(SignFlow, what_was_not_looked_at_is_told) {
  Json list = index();
  for (int at = 0; at < 1001; ++at) {
    const std::string manifest = fmt::format(R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/x","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{0}","size":2}},"layers":[{{"mediaType":"application/x","digest":"{0}","size":2}}],"subject":{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"{1}","size":{2}}},"annotations":{{"number":"{3}"}}}})",
                                             put("{}"), root, text_of(root).size(), at);
    list["manifests"].push_back({{"mediaType", "application/vnd.oci.image.manifest.v1+json"}, {"digest", put(manifest)}, {"size", manifest.size()}});
  }
  stage.write("out/index.json", list.dump());
  sign("oci:out:1", {"--layout", "bundle"});
  const Json unknown = stage.json({"verify", "oci:out:1", "--key", "our.pub"}, 3);
  EXPECT_EQ(unknown["verified"], false);
  EXPECT_EQ(unknown["unread"], Json({"more than 1000 artifacts are attached to it, of which 2 were not read"})) << unknown["unread"];
  const Ran told = stage.ashlar({"verify", "oci:out:1", "--key", "our.pub"});
  EXPECT_EQ(told.code, 3) << told.told;
  EXPECT_NE(told.out.find("of which 2 were not read"), std::string::npos) << told.told;
  stage.write("policy.yaml", "verify:\n  rules:\n  - {images: 'oci:out', signed-by: {file: our.pub}}\n");
  EXPECT_EQ(stage.json({"verify", "oci:out:1", "--policy", "policy.yaml"}, 3)["policy"]["allowed"], false);
}

TEST_F(SignFlow, a_sealed_room_verifies_what_was_carried_there) {
  ASHLAR_NEED("bwrap");
  if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
  const RegistryServer without(stage);
  const ReferrersRegistry with(stage);
  copy("oci:out:1", without.ref("team/small:1"));
  sign(without.ref("team/small:1"));
  attest(without.ref("team/small:1"));
  // To a registry with the API of referrers and back to one without, and from there into a file and a layout.
  copy(without.ref("team/small:1"), with.ref("team/small:1"));
  copy(with.ref("team/small:1"), without.ref("back/small:1"));
  const auto sealed = [&](const Words& words) {
    Words argv = {"bwrap", "--unshare-net", "--dev-bind", "/", "/", program_under_test()};
    argv.insert(argv.end(), words.begin(), words.end());
    return stage.run(argv);
  };
  for (const char* carried : {"oci-archive:carried.tar:1", "oci:carried:1"}) {
    const Ran copied = stage.ashlar({"copy", without.ref("back/small:1"), carried, "--receipt", "receipt.json", "--key", "our.key"});
    ASSERT_EQ(copied.code, 0) << copied.told;
    const Ran verified = sealed({"verify", carried, "--key", "our.pub", "--type", type});
    if (verified.err.starts_with("bwrap: ")) GTEST_SKIP() << "bubblewrap starts nothing here: " << verified.err;
    EXPECT_EQ(verified.code, 0) << verified.told;
    const Ran whole = sealed({"verify", "--receipt", "receipt.json", carried, "--key", "our.pub"});
    EXPECT_EQ(whole.code, 0) << whole.told;
  }
  const Ran outside = sealed({"verify", without.ref("back/small:1"), "--key", "our.pub"});
  EXPECT_EQ(outside.code, 4) << "the room is shut: " << outside.told;
  const Json receipt = Json::parse(as_text(from_base64(Json::parse(stage.read("receipt.json"))["payload"].get<std::string>()).value()));
  for (const Json& each : receipt["blobs"]) {
    const std::string digest = each["digest"];
    const fs::path blob = stage.folder() / "carried/blobs/sha256" / digest.substr(7);
    fs::rename(blob, stage.folder() / "aside");
    const Ran less = sealed({"verify", "--receipt", "receipt.json", "oci:carried:1", "--key", "our.pub"});
    EXPECT_EQ(less.code, 1) << less.told;
    EXPECT_NE(less.out.find(digest), std::string::npos) << "it is named: " << less.told;
    fs::rename(stage.folder() / "aside", blob);
  }
}

TEST_F(SignFlow, bad_input_says_what_to_do) {
  struct Row { const char* summary; Words words; int code; const char* says; };
  const Row rows[] = {
      {"no key", {"verify", "oci:out:1"}, 2, "say whom you believe: --key FILE"},
      {"nothing to verify", {"verify", "--key", "our.pub"}, 2, "name an image, or a receipt with --receipt"},
      {"a public key to sign with", {"sign", "oci:out:1", "--key", "our.pub"}, 2, "it is a public key: signing takes the private one"},
      {"a key that is not there", {"sign", "oci:out:1", "--key", "none.key"}, 2, "none.key"},
      {"a tag that is not there", {"sign", "oci:out:9", "--key", "our.key"}, 2, "there is no such tag"},
      {"an archive", {"sign", "oci-archive:out.tar", "--key", "our.key"}, 2, "out.tar"},
      {"no such platform", {"sign", "oci:out:1", "--key", "our.key", "--platform", "linux/s390x"}, 2, "linux/amd64"},
      {"a type that is none", {"attest", "oci:out:1", "--key", "our.key", "--type", "nonsense", "--predicate", "predicate.json"}, 2, "nonsense"},
      {"a predicate that is none of its type", {"attest", "oci:out:1", "--key", "our.key", "--type", "spdxjson", "--predicate", "predicate.json"}, 2, "cannot attest 'predicate.json'"},
      {"a registry that is not there", {"verify", "docker://127.0.0.1:1/team/small:1", "--key", "our.pub"}, 4, "127.0.0.1"},
  };
  const std::string before = stage.read("out/index.json");
  for (const Row& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
  }
  EXPECT_EQ(stage.read("out/index.json"), before) << "nothing was changed";
}

}  // namespace
}  // namespace ashlar::flow
