// Verbs that are pointed at registries: the distribution's docker-registry on loopback, filled by skopeo.
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/bytes.h"
#include "registry_server.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

class RegistryFlow : public SmallProject {
 protected:
  void SetUp() override {
    for (const char* name : {"docker-registry", "skopeo"}) ASHLAR_NEED(name);
    SmallProject::SetUp();
    const Ran built = stage.ashlar({"build", "small.yaml", "-o", "oci:out:1"});
    ASSERT_EQ(built.code, 0) << built.told;
    ASSERT_EQ(stage.run({"skopeo", "copy", "--insecure-policy", "--all", "--preserve-digests", "oci:out:1", "oci-archive:out.tar:1"}).code, 0);
  }
  /// Feeds that know nothing bad, so that scans have a database.
  void feed() {
    stage.write("tracker.json", R"({"greeter": {"CVE-2026-0001": {"description": "greets too loud", "scope": "remote", "releases": {"trixie": {"status": "resolved", "fixed_version": "2.0", "urgency": "high", "repositories": {"trixie": "1.1"}}}}}})");
    ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=tracker.json"}).code, 0);
  }
  /// What a scan answers, without the name of what was scanned.
  Json scanned(const std::string& target) {
    const Ran ran = stage.ashlar({"scan", target, "--format", "json", "--quiet"});
    auto out = parse_json(ran.out, "answer");
    EXPECT_TRUE(out) << ran.told;
    if (!out) return {};
    EXPECT_FALSE((*out)["target"]["digest"].get<std::string>().empty());
    (*out)["target"].erase("ref");
    return *out;
  }
  Ran sbom(const std::string& target) { return stage.ashlar({"sbom", target, "--quiet"}); }
};

TEST_F(RegistryFlow, a_scan_is_that_of_the_same_image_as_an_archive) {
  const RegistryServer registry(stage);
  push_with_skopeo(stage, "oci:out:1", registry.ref("team/small:1"));
  feed();
  stage.environment["XDG_CACHE_HOME"] = (stage.folder() / "other").string();
  EXPECT_EQ(scanned(registry.ref("team/small:1")), scanned("oci-archive:out.tar:1"));
  EXPECT_EQ(scanned(registry.host() + "/team/small:1"), scanned("oci-archive:out.tar:1")) << "a bare name is one of a registry";
  const Json diff = stage.json({"diff", registry.ref("team/small:1"), "oci-archive:out.tar:1"});
  EXPECT_EQ(diff["before"], diff["after"]);
  const Ran debug = stage.ashlar({"debug", registry.ref("team/small:1"), "--toolbox", "example/toolbox:1"});
  EXPECT_EQ(debug.code, 0) << debug.told;
  const Ran none = stage.ashlar({"scan", registry.ref("team/small:2")});
  EXPECT_NE(none.code, 0);
  EXPECT_NE(none.err.find("the registry answers 404: manifest unknown; its tags are 1"), std::string::npos) << none.told;
}

TEST_F(RegistryFlow, the_second_scan_pulls_no_layer) {
  RegistryServer registry(stage);
  push_with_skopeo(stage, "oci:out:1", registry.ref("team/small:1"));
  feed();
  std::set<std::string> layers;
  for (const auto& entry : std::filesystem::directory_iterator(stage.folder() / "out/blobs/sha256")) {
    const auto json = parse_json(stage.read(entry.path()), "blob");
    if (!json || !json->contains("layers")) continue;
    for (const Json& layer : (*json)["layers"]) layers.insert(layer["digest"].get<std::string>());
  }
  ASSERT_FALSE(layers.empty());
  const auto pulled = [&] {
    size_t out = 0;
    for (const std::string& each : layers) out += registry.count("GET /v2/team/small/blobs/" + each);
    return out;
  };
  registry.forget_log();
  const Json first = scanned(registry.ref("team/small:1"));
  EXPECT_GT(pulled(), 0U);
  EXPECT_LT(pulled(), layers.size() + 1) << "each once, and those of one platform alone";
  registry.forget_log();
  EXPECT_EQ(scanned(registry.ref("team/small:1")), first);
  EXPECT_EQ(pulled(), 0U);
  EXPECT_GT(registry.count("GET /v2/team/small/manifests/1"), 0U) << "the tag may have moved";
  registry.forget_log();
  EXPECT_EQ(stage.ashlar({"scan", registry.ref("team/small:1"), "--again", "--quiet"}).code, stage.ashlar({"scan", "oci-archive:out.tar:1", "--quiet"}).code);
  EXPECT_GT(pulled(), 0U);
}

/// People call a registry by a name under which it serves nothing, as the largest one is: what ships says where it is.
TEST_F(RegistryFlow, a_registry_is_reached_by_another_name) {
  const RegistryServer registry(stage);
  const std::string named = "docker://images.example/small:1";
  // The data folder of the program, with another description of registries.
  std::filesystem::create_directories(stage.folder() / "data/policies");
  for (const char* name : {"distributions", "effects"}) std::filesystem::create_directory_symlink(std::string(ASHLAR_SOURCE_DIR) + "/" + name, stage.folder() / "data" / name);
  stage.write("data/policies/registries.yaml", fmt::format("host: images.example\nsingle: library\nreached: {}\n", registry.host()));
  stage.environment["ASHLAR_DATA_DIR"] = (stage.folder() / "data").string();
  const Ran pushed = stage.ashlar({"copy", "oci:out:1", named}), pulled = stage.ashlar({"copy", named, "oci:back:1"});
  EXPECT_EQ(pushed.code, 0) << pushed.told;
  EXPECT_EQ(pulled.code, 0) << pulled.told;
  EXPECT_EQ(stage.json({"diff", "oci:out:1", "oci:back:1"})["same"], true);
  EXPECT_EQ(stage.run({"skopeo", "inspect", "--raw", "--tls-verify=false", registry.ref("library/small:1")}).code, 0) << "it lies where others look for it";
  stage.environment["ASHLAR_REGISTRIES"] = "images.example 127.0.0.1:1";
  EXPECT_EQ(stage.ashlar({"copy", named, "oci:never:1"}).code, 4) << "the environment goes before what ships";
  stage.environment["ASHLAR_REGISTRIES"] = "images.example";
  const Ran wrong = stage.ashlar({"copy", named, "oci:never:1"});
  EXPECT_EQ(wrong.code, 2) << wrong.told;
}

TEST_F(RegistryFlow, a_password_opens_what_is_shut) {
  ASHLAR_NEED("htpasswd");
  const Ran hashed = stage.run({"htpasswd", "-Bbn", "user", "hunter2"});
  ASSERT_EQ(hashed.code, 0) << hashed.told;
  stage.write("htpasswd", hashed.out);
  const RegistryServer registry(stage, {.auth = "htpasswd:\n  realm: tests\n  path: " + (stage.folder() / "htpasswd").string()});
  push_with_skopeo(stage, "oci:out:1", registry.ref("team/small:1"), {"--dest-creds", "user:hunter2"});
  const Ran refused = sbom(registry.ref("team/small:1"));
  EXPECT_EQ(refused.code, 4) << refused.told;
  EXPECT_NE(refused.err.find("a login for it goes into auth.json"), std::string::npos) << refused.told;
  stage.environment["REGISTRY_AUTH_FILE"] = (stage.folder() / "auth.json").string();
  const Ran login = stage.run({"skopeo", "login", "--tls-verify=false", "-u", "user", "-p", "hunter2", registry.host()});
  ASSERT_EQ(login.code, 0) << login.told;
  const Ran given = sbom(registry.ref("team/small:1"));
  EXPECT_EQ(given.code, 0) << given.told;
  stage.environment.erase("REGISTRY_AUTH_FILE");
  stage.write("bin/docker-credential-tests", "#!/bin/sh\nread server\n[ \"$1 $server\" = \"get " + registry.host() + "\" ] && echo '{\"Username\": \"user\", \"Secret\": \"hunter2\"}'\n");
  std::filesystem::permissions(stage.folder() / "bin/docker-credential-tests", std::filesystem::perms(0755));
  stage.environment["PATH"] = (stage.folder() / "bin").string() + ":" + stage.environment["PATH"];
  stage.write("home/.docker/config.json", R"({"credHelpers": {")" + registry.host() + R"(": "tests"}})");
  EXPECT_EQ(sbom(registry.ref("team/small:1")).code, 0) << "by a credential helper";
}

TEST_F(RegistryFlow, a_token_is_fetched_where_the_registry_says) {
  for (const char* name : {"python3", "openssl"}) ASHLAR_NEED(name);
  ASSERT_EQ(stage.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "token.key", "-out", "token.pem", "-days", "1", "-subj", "/CN=tests"}).code, 0);
  const int port = free_port();
  const Beside tokens(stage, "tokens.err", {"python3", ASHLAR_SOURCE_DIR "/tests/flow/token_server.py", std::to_string(port), "token.key", "token.pem", "tokens.log"});
  ASSERT_TRUE(listens(port)) << stage.read("tokens.err");
  const RegistryServer registry(stage, {.auth = fmt::format("token:\n  realm: http://127.0.0.1:{}/token\n  service: registry\n  issuer: tests\n  rootcertbundle: {}", port, (stage.folder() / "token.pem").string())});
  for (const char* repository : {"public/small:1", "team/small:1"}) push_with_skopeo(stage, "oci:out:1", registry.ref(repository), {"--dest-creds", "user:hunter2"});
  EXPECT_EQ(sbom(registry.ref("public/small:1")).code, 0) << "nobody in particular may pull it";
  EXPECT_NE(stage.read("tokens.log").find("nobody repository:public/small:pull\n"), std::string::npos) << stage.read("tokens.log");
  EXPECT_EQ(sbom(registry.ref("team/small:1")).code, 4);
  const auto login = [&](const std::string& more) { stage.write("home/.docker/config.json", R"({"auths": {")" + registry.host() + "\": {" + more + "}}}"); };
  login("\"auth\": \"" + to_base64(as_bytes("user:hunter2")) + "\"");
  const Ran user = sbom(registry.ref("team/small:1"));
  EXPECT_EQ(user.code, 0) << user.told;
  EXPECT_NE(stage.read("tokens.log").find("user repository:team/small:pull\n"), std::string::npos);
  login(R"("auth": "", "identitytoken": "refresh-me")");
  const Ran identity = sbom(registry.ref("team/small:1"));
  EXPECT_EQ(identity.code, 0) << identity.told;
  EXPECT_NE(stage.read("tokens.log").find("identity repository:team/small:pull\n"), std::string::npos);
  login("\"auth\": \"" + to_base64(as_bytes("user:other")) + "\"");
  const Ran wrong = sbom(registry.ref("team/small:1"));
  EXPECT_EQ(wrong.code, 4) << wrong.told;
  EXPECT_NE(wrong.err.find("wrong user or password"), std::string::npos) << wrong.told;
}

TEST_F(RegistryFlow, certificates_come_from_the_folder_of_the_host) {
  ASHLAR_NEED("openssl");
  stage.write("san", "subjectAltName=IP:127.0.0.1\n");
  ASSERT_EQ(stage.run({"bash", "-ec", R"(
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 1 -subj /CN=authority
    for who in server client; do
      openssl req -newkey rsa:2048 -nodes -keyout $who.key -out $who.csr -subj /CN=$who
      openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile san -out $who.pem
    done)"}).code, 0);
  const std::string at = stage.folder().string();
  const RegistryServer registry(stage, {.tls = fmt::format("certificate: {0}/server.pem\nkey: {0}/server.key\nclientcas: [{0}/ca.pem]", at)});
  const std::string folder = "home/.config/containers/certs.d/" + registry.host() + "/";
  stage.write("pushing/client.cert", stage.read("client.pem"));
  stage.write("pushing/client.key", stage.read("client.key"));
  push_with_skopeo(stage, "oci:out:1", registry.ref("team/small:1"), {"--dest-cert-dir", "pushing"});
  EXPECT_EQ(sbom(registry.ref("team/small:1")).code, 4) << "plain HTTP to a server of HTTPS";
  stage.environment["ASHLAR_PLAIN_HTTP"] = "0";
  const Ran unknown = sbom(registry.ref("team/small:1"));
  EXPECT_EQ(unknown.code, 4);
  EXPECT_NE(unknown.err.find("certificate"), std::string::npos) << unknown.told;
  stage.write(folder + "ca.crt", stage.read("ca.pem"));
  EXPECT_EQ(sbom(registry.ref("team/small:1")).code, 4) << "the server wants a certificate of ours";
  stage.write(folder + "client.cert", stage.read("client.pem"));
  stage.write(folder + "client.key", stage.read("client.key"));
  stage.environment.erase("ASHLAR_PLAIN_HTTP");
  const Ran given = sbom(registry.ref("team/small:1"));
  EXPECT_EQ(given.code, 0) << given.told;
}

}  // namespace
}  // namespace ashlar::flow
