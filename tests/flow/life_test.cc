// Life without a shell, on packages of the real archive and judged by the real tools: certificates, volumes, ports, the time zone, locales, health.
#include <filesystem>

#include "stage.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class LifeFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    ASHLAR_NEED("openssl");
    stage.environment["XDG_CACHE_HOME"] = ASHLAR_BUILD_DIR "/flow-cache";
    make_authority("one"), make_authority("two");
    stage.write("company/roots.pem", "words before\n" + stage.read("one.crt") + "words between\n" + stage.read("two.crt"));
    stage.write("life.yaml", R"(distribution: debian-13
image: example/life
variant: dev
platforms: [linux/amd64, linux/arm64]
contents:
  packages: [base-files, ca-certificates, openssl, tzdata, libc-bin, coreutils, dash, python3]
accounts:
  run-as: nonroot
  users: [{name: nonroot, uid: 65532, gid: 65532}]
  groups: [{name: nonroot, gid: 65532}]
os-release: {id: debian, version-id: "13", version-codename: trixie}
entrypoint: [/usr/bin/python3]
cmd: [-m, http.server, "80"]
work-dir: /data
volumes: [/data, /srv/new/data]
certificates: [{name: company, source: company/roots.pem}]
timezone: Europe/Berlin
locales: [de_DE.UTF-8, ca_ES@valencia]
health: {kind: http, target: 'http://localhost:80/', interval: 10, timeout: 2}
tests:
  - name: trusts by hash
    exit-code: 0
    commands: ['openssl verify -no-CAfile -no-CAstore -CApath /etc/ssl/certs /usr/local/share/ca-certificates/company-2.crt']
    output: ': OK'
  - name: trusts by bundle
    exit-code: 0
    commands: ['openssl verify -no-CApath -no-CAstore -CAfile /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates/company-1.crt']
    output: ': OK'
  - {name: writes its volumes, exit-code: 0, commands: [touch /data/x, touch /srv/new/data/x, id -u], output: '65532'}
  - {name: knows its zone, exit-code: 0, commands: [date +%Z], output: CE}
  - name: speaks German
    exit-code: 0
    environment: {LC_ALL: de_DE.UTF-8}
    commands: ["python3 -c 'import locale; locale.setlocale(locale.LC_ALL, str()); print(locale.format_string(str(chr(37)) + str(chr(102)), 1.5), locale.nl_langinfo(locale.DAY_2))'"]
    output: 1,500000 Montag
  - {name: is well, exit-code: 0, service: true, port: '80', commands: ['/usr/lib/ashlar/probe --timeout=2 http http://localhost:80/', /usr/lib/ashlar/probe process python3, /usr/lib/ashlar/probe tcp 127.0.0.1:80, /usr/lib/ashlar/probe file /data]}
  - {name: is not well, exit-code: 1, commands: ['/usr/lib/ashlar/probe --timeout=1 http http://localhost:80/']}
)");
  }

  void make_authority(const std::string& name) const {
    const Ran ran = stage.run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Authority " + name, "-days", "30", "-keyout", name + ".key", "-out", name + ".crt"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  Stage stage;
};

TEST_F(LifeFlow, what_is_declared_holds_while_the_image_runs) {
  const Ran locked = stage.ashlar({"lock", "life.yaml"});
  if (locked.code == 4 || (locked.code == 2 && (locked.err.find("no mirror of") != std::string::npos || locked.err.find("keyring") != std::string::npos))) {
    GTEST_SKIP() << "the archive is out of reach: " << locked.err;
  }
  ASSERT_EQ(locked.code, 0) << locked.told;
  const std::string digest = stage.digest("life.yaml", "oci:out:1");
  ASSERT_TRUE(digest.starts_with("sha256:")) << digest;
  EXPECT_EQ(stage.digest("life.yaml", "oci:again:1"), digest) << "the same bytes";

  // What the configuration says is what Docker reads.
  const Json index = Json::parse(stage.read("out/index.json"));
  const auto blob = [&](const Json& descriptor) { return Json::parse(stage.read("out/blobs/sha256/" + descriptor["digest"].get<std::string>().substr(7))); };
  const Json root = blob(index["manifests"][0]);
  for (const Json& each : root["manifests"]) {
    const Json config = blob(blob(each)["config"]);
    EXPECT_EQ(config["config"]["Healthcheck"],
              Json::parse(R"({"Test": ["CMD", "/usr/lib/ashlar/probe", "--timeout=2", "http", "http://localhost:80/"], "Interval": 10000000000, "Timeout": 2000000000, "Retries": 3})"));
  }

  const Ran tested = stage.ashlar({"test", "oci:out:1", "--definition", "life.yaml", "--no-rebuild", "--format", "json", "--platform", "linux/amd64"});
  const Json answer = Json::parse(tested.out, nullptr, false);
  ASSERT_TRUE(answer.is_object()) << tested.told;
  size_t runs = 0;
  for (const Json& check : answer["checks"]) {
    if (!check["id"].get<std::string>().starts_with("run:")) continue;
    if (check["result"] == "not-applicable") GTEST_SKIP() << "this machine runs no containers: " << check.dump();
    EXPECT_EQ(check["result"], "passed") << check.dump(2);
    ++runs;
  }
  EXPECT_EQ(runs, 7u);
}

}  // namespace
}  // namespace ashlar::flow
