// What others' tools make of what we put into registries, and we of theirs: crane, oras and skopeo, manifests of Docker's schema 2, and a proxy on the way.
#include <set>

#include <fmt/format.h>

#include "base/digest.h"
#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

constexpr const char *docker_manifest = "application/vnd.docker.distribution.manifest.v2+json", *bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The small image in a layout `out`, and a key.
class RegistryPeers : public SmallProject {
 protected:
  void SetUp() override {
    for (const char* name : {"docker-registry", "skopeo"}) ASHLAR_NEED(name);
    SmallProject::SetUp();
    root = stage.digest("small.yaml", "oci:out:1");
    told({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "our"});
  }
  Ran told(const Words& words) const {
    Ran ran = stage.ashlar(words);
    EXPECT_EQ(ran.code, 0) << words[0] << ran.told;
    return ran;
  }
  Ran ran_well(const Words& argv) const {
    Ran ran = stage.run(argv);
    EXPECT_EQ(ran.code, 0) << argv[0] << ran.told;
    return ran;
  }
  std::string raw(const std::string& ref) const { return ran_well({"skopeo", "inspect", "--raw", "--tls-verify=false", ref}).out; }

  std::string root;
};

TEST_F(RegistryPeers, crane_and_oras_find_what_we_attach_and_we_what_they_move) {
  if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
  const auto crane = go_tool("crane"), oras = go_tool("oras");
  if (!crane || !oras) GTEST_SKIP() << "this machine has no crane or no oras (scripts/install-go-tools.sh builds them where there is a Go)";
  const RegistryServer without(stage);
  const ReferrersRegistry with(stage);
  for (const auto& [here, there] : {std::pair{without.ref(""), with.ref("")}, {with.ref(""), without.ref("")}}) {
    const std::string ref = here + "team/small:1", name = ref.substr(9), moved = there + "moved/small:1";
    told({"copy", "oci:out:1", ref});
    const Json placed = stage.json({"sign", ref, "--key", "our.key"});
    ran_well({*crane, "validate", "--remote", name});
    EXPECT_EQ(ran_well({*crane, "digest", name}).out, root + "\n");
    const Ran listed = ran_well({*oras, "discover", "--plain-http", "--format", "json", name});
    // The one with the API lists artifacts by the type of their configuration.
    EXPECT_EQ(listed.out.find(bundle) != std::string::npos, here == without.ref("")) << listed.told;
    for (const Json& each : placed["placed"]) {
      if (each["layout"] != "bundle") continue;
      EXPECT_NE(listed.out.find(each["artifact"].get<std::string>()), std::string::npos) << listed.told;
    }
    ran_well({*oras, "cp", "-r", "--from-plain-http", "--to-plain-http", name, moved.substr(9)});
    const Json verified = stage.json({"verify", moved, "--key", "our.pub"});
    EXPECT_EQ(verified["digest"], root);
    EXPECT_EQ(verified["signatures"].size(), 1U) << "oras moves what refers to the image, and no tags of cosign's: " << verified;
  }
}

TEST_F(RegistryPeers, a_manifest_of_dockers_schema_2_stays_what_it_is) {
  const RegistryServer registry(stage);
  const std::string theirs = registry.ref("theirs/small:1");
  ran_well({"skopeo", "copy", "--format", "v2s2", "--override-arch", "amd64", "--dest-tls-verify=false", "oci:out:1", theirs});
  const std::string manifest = raw(theirs);
  ASSERT_EQ(Json::parse(manifest)["mediaType"], docker_manifest) << manifest;
  const std::string digest = Digest::of(manifest).str();
  std::string from = theirs;
  for (const std::string& to : {std::string("oci:kept:1"), std::string("oci-archive:kept.tar:1"), registry.ref("back/small:1")}) {
    const Json receipt = stage.json({"copy", from, to, "--receipt", "receipt.json"});
    EXPECT_EQ(receipt["digest"], digest) << to;
    told({"verify", "--receipt", "receipt.json"});
    from = to;
  }
  EXPECT_EQ(raw(registry.ref("back/small:1")), manifest);
  const Json index = Json::parse(stage.read("kept/index.json"));
  EXPECT_EQ(index["manifests"][0]["mediaType"], docker_manifest) << index;
  EXPECT_EQ(stage.json({"diff", "oci:out:1", theirs, "--platform", "linux/amd64"})["same"], true);
  // It is signed as any other, for us and for cosign.
  told({"sign", theirs, "--key", "our.key"});
  EXPECT_EQ(stage.json({"verify", theirs, "--key", "our.pub"})["digest"], digest);
  const auto cosign = go_tool("cosign");
  if (!cosign) GTEST_SKIP() << "this machine has no cosign (scripts/install-go-tools.sh builds it where there is a Go)";
  stage.write("trusted.json", R"({"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"})");
  for (const char* bundles : {"--new-bundle-format=true", "--new-bundle-format=false"}) ran_well({*cosign, "verify", "--key", "our.pub", "--private-infrastructure", "--trusted-root", "trusted.json", bundles, theirs.substr(9)});
}

TEST_F(RegistryPeers, a_proxy_is_asked_where_the_environment_names_one) {
  ASHLAR_NEED("python3");
  const RegistryServer registry(stage);
  const int port = free_port();
  const Beside proxy(stage, "proxy.err", {"python3", ASHLAR_SOURCE_DIR "/tests/flow/minding_proxy.py", std::to_string(port), std::to_string(registry.port()), "proxy.log"});
  ASSERT_TRUE(listens(port)) << stage.read("proxy.err");
  const std::string far = "docker://registry.example:5000/team/small:1";
  for (const char* name : {"no_proxy", "NO_PROXY"}) stage.environment.erase(name);
  stage.environment["http_proxy"] = fmt::format("http://127.0.0.1:{}", port);
  told({"copy", "oci:out:1", far, "--plain-http"});
  told({"sign", far, "--key", "our.key", "--plain-http"});
  told({"copy", far, "oci:back:1", "--plain-http"});
  EXPECT_EQ(stage.json({"verify", "oci:back:1", "--key", "our.pub"})["digest"], root);
  const std::string log = stage.read("proxy.log");
  EXPECT_NE(log.find("PUT http://registry.example:5000/v2/team/small/manifests/1 201"), std::string::npos) << log;
  EXPECT_EQ(Digest::of(raw(registry.ref("team/small:1"))).str(), root) << "it came to the registry behind it";
  const size_t asked = log.size();
  // Who is not to be reached by it is not asked through it.
  stage.environment["no_proxy"] = "registry.example";
  const Ran direct = stage.ashlar({"verify", far, "--key", "our.pub", "--plain-http"});
  EXPECT_EQ(direct.code, 4) << direct.told;
  EXPECT_EQ(stage.read("proxy.log").size(), asked);
}

}  // namespace
}  // namespace ashlar::flow
