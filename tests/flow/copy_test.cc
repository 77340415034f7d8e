// `ashlar copy` and `ashlar verify --receipt` between registries of others and files.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/digest.h"
#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

/// The small image for two platforms in a layout, with a statement that refers to its index and an attestation under cosign's tag.
class CopyFlow : public SmallProject {
 protected:
  void SetUp() override {
    for (const char* name : {"docker-registry", "skopeo"}) ASHLAR_NEED(name);
    SmallProject::SetUp();
    root = stage.digest("small.yaml", "oci:out:1");
    const std::string statement = blob("a statement about the image"), empty = blob("{}");
    const auto manifest = [&](const std::string& more) {
      return blob(fmt::format(R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/x","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{}","size":2}},"layers":[{{"mediaType":"application/x","digest":"{}","size":27}}]{}}})",
                              empty, statement, more));
    };
    referrer = manifest(fmt::format(R"(,"subject":{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"{}","size":{}}})", root, fs::file_size(file(root))));
    attestation = manifest("");
    Json index = Json::parse(stage.read("out/index.json"));
    for (const std::string& each : {referrer, attestation}) {
      Json entry = {{"mediaType", "application/vnd.oci.image.manifest.v1+json"}, {"digest", each}, {"size", fs::file_size(file(each))}};
      if (each == attestation) entry["annotations"] = {{"org.opencontainers.image.ref.name", "sha256-" + root.substr(7) + ".att"}};
      index["manifests"].push_back(entry);
    }
    stage.write("out/index.json", index.dump());
  }
  fs::path file(const std::string& digest) const { return stage.folder() / "out/blobs/sha256" / digest.substr(7); }
  std::string blob(const std::string& text) const {
    const std::string digest = Digest::of(text).str();
    stage.write("out/blobs/sha256/" + digest.substr(7), text);
    return digest;
  }
  Json copy(const std::string& from, const std::string& to, const Words& more = {}) {
    Words words = {"copy", from, to};
    words.insert(words.end(), more.begin(), more.end());
    Json out = stage.json(words);
    return out;
  }
  static std::set<std::string> digests(const Json& receipt) {
    std::set<std::string> out;
    for (const Json& each : receipt["blobs"]) out.insert(each["digest"].get<std::string>());
    return out;
  }

  std::string root, referrer, attestation;
};

TEST_F(CopyFlow, everything_attached_moves_between_registries_with_and_without_the_api) {
  ASHLAR_NEED("curl");
  if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
  const RegistryServer without(stage);
  const ReferrersRegistry other(stage);
  const std::string with = other.ref("team/small");
  const Json first = copy("oci:out:1", without.ref("team/small:1"));
  EXPECT_EQ(first["digest"], root);
  for (const std::string& each : {root, referrer, attestation}) EXPECT_TRUE(digests(first).contains(each)) << each;
  const Json second = copy(without.ref("team/small:1"), with + ":1");
  EXPECT_EQ(digests(second), digests(first));
  const Json listed = Json::parse(stage.run({"curl", "-sS", "--noproxy", "*", fmt::format("http://{}/v2/team/small/referrers/{}", other.host(), root)}).out);
  ASSERT_EQ(listed.value("manifests", Json::array()).size(), 1U) << listed;
  EXPECT_EQ(listed["manifests"][0]["digest"], referrer);
  const Ran tags = stage.run({"skopeo", "list-tags", "--tls-verify=false", with});
  EXPECT_EQ(tags.out.find("sha256-" + root.substr(7) + "\""), std::string::npos) << "a registry with the API needs no fallback tag: " << tags.told;
  EXPECT_NE(tags.out.find("sha256-" + root.substr(7) + ".att\""), std::string::npos) << tags.told;
  const Json third = copy(with + ":1", without.ref("back/small:2"));
  EXPECT_EQ(digests(third), digests(first));
  const Ran fallback = stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", without.ref("back/small:sha256-" + root.substr(7))});
  EXPECT_NE(fallback.out.find(referrer), std::string::npos) << fallback.told;
  for (const char* to : {"oci:home-again:1", "oci-archive:home.tar:1"}) EXPECT_EQ(digests(copy(without.ref("back/small:2"), to)), digests(first)) << to;
  EXPECT_EQ(digests(copy("oci-archive:home.tar:1", "oci:unpacked:1")), digests(first));
  const Ran theirs = stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", without.ref("back/small:2")});
  EXPECT_EQ(Digest::of(theirs.out).str(), root) << "others read the same bytes";
}

TEST_F(CopyFlow, a_receipt_names_any_blob_that_is_dropped_or_changed) {
  const RegistryServer registry(stage);
  const Json receipt = copy("oci:out:1", registry.ref("team/small:1"), {"--receipt", "receipt.json"});
  EXPECT_EQ(Json::parse(stage.read("receipt.json")), receipt);
  const Ran whole = stage.ashlar({"verify", "--receipt", "receipt.json"});
  EXPECT_EQ(whole.code, 0) << whole.told;
  const fs::path blobs = stage.folder() / "registry/docker/registry/v2/blobs/sha256";
  for (const Json& each : receipt["blobs"]) {
    const std::string digest = each["digest"], hex = digest.substr(7);
    const fs::path data = blobs / hex.substr(0, 2) / hex / "data";
    ASSERT_TRUE(fs::exists(data)) << data;
    fs::rename(data, stage.folder() / "aside");
    const Json gone = stage.json({"verify", "--receipt", "receipt.json", registry.ref("team/small:1")}, 1);
    ASSERT_EQ(gone["faults"].size(), 1U) << digest << gone;
    EXPECT_EQ(gone["faults"][0]["digest"], digest);
    EXPECT_EQ(gone["verified"], false);
    std::string other = stage.read("aside");
    other[other.size() / 2] ^= 1;
    stage.write(fs::relative(data, stage.folder()), other);
    const Json changed = stage.json({"verify", "--receipt", "receipt.json"}, 1);
    ASSERT_EQ(changed["faults"].size(), 1U) << digest << changed;
    EXPECT_EQ(changed["faults"][0]["digest"], digest);
    fs::rename(stage.folder() / "aside", data);
  }
  EXPECT_EQ(stage.ashlar({"verify", "--receipt", "receipt.json"}).code, 0);
  const Ran keyless = stage.ashlar({"copy", "oci:out:1", "oci:never:1", "--receipt", "never.json", "--key", "absent.key"});
  EXPECT_EQ(keyless.code, 2) << keyless.told;
  EXPECT_FALSE(stage.exists("never") || stage.exists("never.json")) << "a key that does not open is said before anything is copied";
  EXPECT_EQ(stage.ashlar({"verify", "--receipt", "receipt.json", "docker://127.0.0.1:1/team/small:1"}).code, 4) << "who cannot ask knows nothing";
  const Ran other = stage.ashlar({"verify", "--receipt", "receipt.json", "oci:out:1"});
  EXPECT_EQ(other.code, 0) << other.told;
  fs::remove(file(referrer));
  const Ran less = stage.ashlar({"verify", "--receipt", "receipt.json", "oci:out:1"});
  EXPECT_EQ(less.code, 1) << less.told;
  EXPECT_NE(less.out.find("artifact " + referrer), std::string::npos) << less.told;
}

TEST_F(CopyFlow, a_signed_receipt_is_believed_by_its_key_alone) {
  ASHLAR_NEED("openssl");
  for (const char* name : {"our", "other"}) {
    ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "ED25519", "-out", fmt::format("{}.key", name)}).code, 0);
    ASSERT_EQ(stage.run({"openssl", "pkey", "-in", fmt::format("{}.key", name), "-pubout", "-out", fmt::format("{}.pub", name)}).code, 0);
  }
  copy("oci:out:1", "oci:there:1", {"--receipt", "signed.json", "--key", "our.key"});
  copy("oci:out:1", "oci:there:1", {"--receipt", "plain.json"});
  std::string altered = stage.read("signed.json");
  altered.replace(altered.find("\"payload\": \"") + 12, 8, to_base64(as_bytes("{ \"sch")).substr(0, 8));
  stage.write("altered.json", altered);
  struct Row { const char *summary, *receipt, *key; int code; const char* says; };
  const Row rows[] = {
      {"its key", "signed.json", "our.pub", 0, "the receipt is signed by 'our.pub'"},
      {"another key", "signed.json", "other.pub", 1, "it is signed by another key, or was altered"},
      {"altered", "altered.json", "our.pub", 1, "it is signed by another key, or was altered"},
      {"no key", "signed.json", "", 1, "name the key that should have signed it with --key"},
      {"a plain one where a key is named", "plain.json", "our.pub", 1, "nothing signs it, and a key was named that should"},
      {"a plain one", "plain.json", "", 0, "are there, whole"},
  };
  for (const Row& row : rows) {
    Words words = {"verify", "--receipt", row.receipt};
    if (*row.key != 0) words.insert(words.end(), {"--key", row.key});
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE((ran.out + ran.err).find(row.says), std::string::npos) << row.summary << ran.told;
  }
  // The project's keyring: whom it believes where nobody is named, and by which terms.
  const std::string ring = "keys:\n  - name: release\n    key: our.pub\n", revoked = "    revoked_from: 2026-01-01\n    reason: lost\n";
  struct Ringed { const char* summary; std::string ring; Words words; int code; const char* says; };
  const Ringed ringed[] = {
      {"a key of the ring", ring, {"signed.json"}, 0, "the receipt is signed by 'release'"},
      {"a plain one beside a ring", ring, {"plain.json"}, 0, "nothing signs the receipt"},
      {"altered", ring, {"altered.json"}, 1, "it is signed by another key, or was altered"},
      {"revoked", ring + revoked, {"signed.json"}, 1, "'release' is revoked from 2026-01-01 on: lost"},
      {"revoked, and named as a file", ring + revoked, {"signed.json", "--key", "our.pub"}, 1, "'release' is revoked from 2026-01-01 on: lost"},
      {"revoked, and named beside the ring", ring + revoked, {"signed.json", "--key", "our.pub", "--keyring", "keyring.yaml"}, 1, "'release' is revoked from 2026-01-01 on: lost"},
  };
  for (const Ringed& row : ringed) {
    stage.write("keyring.yaml", row.ring);
    Words words = {"verify", "--receipt"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    const Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE((ran.out + ran.err).find(row.says), std::string::npos) << row.summary << ran.told;
  }
}

TEST_F(CopyFlow, nothing_wrong_comes_over_a_bad_way) {
  ASHLAR_NEED("python3");
  const RegistryServer registry(stage);
  copy("oci:out:1", registry.ref("team/small:1"), {"--receipt", "receipt.json"});
  const char* const wanted = std::getenv("ASHLAR_COPIES");  // docs/registries.md has what 200 came to
  const int rounds = wanted == nullptr ? 30 : std::atoi(wanted);
  int whole = 0, refused = 0;
  const int port = free_port();
  const Beside proxy(stage, "proxy.err", {"python3", ASHLAR_SOURCE_DIR "/tests/flow/cutting_proxy.py", std::to_string(port), std::to_string(registry.port()), "7", "proxy.log"});
  ASSERT_TRUE(listens(port)) << stage.read("proxy.err");
  for (int round = 0; round < rounds; ++round) {
    const bool pull = round % 2 == 0;
    const std::string away = fmt::format("docker://127.0.0.1:{}/", port), here = fmt::format("oci:pulled{}:1", round), there = fmt::format("pushed/{}:1", round);
    const Ran ran = pull ? stage.ashlar({"copy", away + "team/small:1", here, "--quiet"}) : stage.ashlar({"copy", "oci:out:1", away + there, "--quiet"});
    if (ran.code == 0) {
      const Ran checked = stage.ashlar({"verify", "--receipt", "receipt.json", pull ? here : registry.ref(there)});
      EXPECT_EQ(checked.code, 0) << ran.told << checked.told;
      ++whole;
    } else {
      EXPECT_TRUE(ran.code == 4 || ran.code == 5 || ran.code == 2) << ran.told;
      EXPECT_TRUE(ran.err.starts_with("error: cannot copy ")) << ran.told;
      if (!pull) {
        EXPECT_NE(stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", registry.ref(there)}).code, 0) << "a tag points at an image of which not all came: " << ran.told;
      }
      ++refused;
    }
  }
  const std::string log = stage.read("proxy.log");
  RecordProperty("whole", whole);
  RecordProperty("refused", refused);
  std::printf("%d of %d copies came whole, %d ended with an error; %td faults\n", whole, rounds, refused, std::count(log.begin(), log.end(), '\n'));
  for (const char* fault : {"reset\n", "cut\n", "delay\n", "change\n"}) EXPECT_NE(log.find(fault), std::string::npos) << "the way was not bad enough: " << fault;
  EXPECT_GT(whole, rounds / 2);
}

TEST_F(CopyFlow, archives_of_docker_come_and_go) {
  const RegistryServer registry(stage);
  const Json receipt = copy("oci:out:1", "docker-archive:small.tar:example/small:1", {"--platform", "linux/arm64"});
  EXPECT_EQ(stage.ashlar({"verify", "--receipt", "none.json"}).code, 2);
  const Ran theirs = stage.run({"skopeo", "inspect", "--config", "docker-archive:small.tar:example/small:1"});
  ASSERT_EQ(theirs.code, 0) << theirs.told;
  EXPECT_EQ(Json::parse(theirs.out)["architecture"], "arm64");
  const Json pushed = copy("docker-archive:small.tar:example/small:1", registry.ref("team/docker:1"));
  EXPECT_TRUE(digests(pushed).contains(receipt["digest"].get<std::string>())) << "the configuration is the same";
  EXPECT_EQ(stage.json({"diff", "oci:out:1", registry.ref("team/docker:1"), "--platform", "linux/arm64"})["same"], true);
}

TEST_F(CopyFlow, a_build_goes_straight_to_a_registry) {
  const RegistryServer registry(stage);
  const std::string built = stage.digest("small.yaml", registry.ref("team/small:3"));
  EXPECT_EQ(built, root) << "the same image as in a layout";
  const Ran theirs = stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", registry.ref("team/small:3")});
  EXPECT_EQ(Digest::of(theirs.out).str(), root) << theirs.told;
  const Ran none = stage.ashlar({"build", "small.yaml", "-o", "docker://127.0.0.1:1/team/small:3"});
  EXPECT_EQ(none.code, 4) << none.told;
}

}  // namespace
}  // namespace ashlar::flow
