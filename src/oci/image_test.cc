#include "oci/image.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::oci {
namespace {

Digest digest_of(std::string_view text) { return Digest::of(text); }

TEST(Platform, ReadsWhatPeopleWrite) {
  struct Row {
    const char* summary;
    const char* text;
    const char* written;
    const char* debian;
  };
  const Row rows[] = {
      {"the usual one", "linux/amd64", "linux/amd64", "amd64"},
      {"64-bit arm", "linux/arm64", "linux/arm64", "arm64"},
      {"its only variant says nothing", "linux/arm64/v8", "linux/arm64", "arm64"},
      {"another variant stays", "linux/arm64/v9", "linux/arm64/v9", "arm64"},
      {"32-bit arm with hardware floats", "linux/arm/v7", "linux/arm/v7", "armhf"},
      {"32-bit arm without", "linux/arm/v5", "linux/arm/v5", "armel"},
      {"32-bit arm, nothing more said", "linux/arm", "linux/arm", "armhf"},
      {"32-bit x86", "linux/386", "linux/386", "i386"},
      {"POWER, little end first", "linux/ppc64le", "linux/ppc64le", "ppc64el"},
      {"MIPS, little end first", "linux/mips64le", "linux/mips64le", "mips64el"},
      {"same name on both sides", "linux/riscv64", "linux/riscv64", "riscv64"},
      {"same name on both sides", "linux/s390x", "linux/s390x", "s390x"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto platform = Platform::parse(row.text);
    ASSERT_TRUE(platform) << platform.error().message;
    EXPECT_EQ(platform->str(), row.written);
    EXPECT_EQ(platform->debian(), row.debian);
  }
}

TEST(Platform, RefusesWhatIsNone) {
  for (const char* text : {"", "linux", "amd64", "linux/", "/amd64", "linux//v8", "linux/arm/v7/x", "Linux/amd64", "linux/amd 64", "linux/amd64/"}) {
    const auto platform = Platform::parse(text);
    ASSERT_FALSE(platform) << text;
    EXPECT_EQ(platform.error().kind, Kind::Invalid);
    EXPECT_TRUE(platform.error().message.starts_with("cannot read platform '")) << platform.error().message;
  }
}

Config full_config() {
  Config config;
  config.platform = {"linux", "arm", "v7"};
  config.created = "2026-11-24T08:16:27Z";
  config.user = "65532:65532";
  config.working_dir = "/srv";
  config.stop_signal = "SIGQUIT";
  config.env = {"LANG=C.UTF-8", "PATH=/usr/bin"};
  config.entrypoint = {"/usr/bin/python3"};
  config.cmd = {"-c", "print(\"\xC3\xA4\")"};
  config.ports = {"8080/tcp", "53/udp"};
  config.volumes = {"/data"};
  config.labels = {{"b", "2"}, {"a", "1"}};
  config.diff_ids = {digest_of("one"), digest_of("two")};
  config.history = {{"2026-11-24T08:16:27Z", "ashlar build", "packages: libc6", false}, {"", "", "", true}};
  return config;
}

TEST(Config, HasOneForm) {
  const std::string one = digest_of("one").str(), two = digest_of("two").str();
  EXPECT_EQ(to_text(full_config()),
            "{\"created\":\"2026-11-24T08:16:27Z\",\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\",\"config\":{\"User\":\"65532:65532\","
            "\"ExposedPorts\":{\"53/udp\":{},\"8080/tcp\":{}},\"Env\":[\"LANG=C.UTF-8\",\"PATH=/usr/bin\"],\"Entrypoint\":[\"/usr/bin/python3\"],"
            "\"Cmd\":[\"-c\",\"print(\\\"\xC3\xA4\\\")\"],\"Volumes\":{\"/data\":{}},\"WorkingDir\":\"/srv\",\"Labels\":{\"a\":\"1\",\"b\":\"2\"},"
            "\"StopSignal\":\"SIGQUIT\"},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" + one + "\",\"" + two + "\"]},"
            "\"history\":[{\"created\":\"2026-11-24T08:16:27Z\",\"created_by\":\"ashlar build\",\"comment\":\"packages: libc6\"},{\"empty_layer\":true}]}");
}

TEST(Config, ComesBackAsItWent) {
  const std::string text = to_text(full_config());
  const auto read = read_config(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_text(*read), text);
  EXPECT_EQ(read->platform.debian(), "armhf");
  EXPECT_EQ(read->history.size(), 2u);
  EXPECT_TRUE(read->history[1].empty_layer);
  EXPECT_EQ(to_text(*read_config(to_text(Config{}))), to_text(Config{}));
}

TEST(Config, PassesOverWhatItDoesNotKnow) {
  const auto read = read_config(R"({"architecture":"arm64","os":"linux","variant":"v8","author":"x","os.version":"1","config":{"Entrypoint":null,"Env":null,)"
                                R"("User":null,"Healthcheck":{"Test":["NONE"]},"OnBuild":[]},"rootfs":{"type":"layers","diff_ids":null},"history":null})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->platform.str(), "linux/arm64");
  EXPECT_TRUE(read->diff_ids.empty());
}

TEST(Config, RefusesWhatItReliesOn) {
  struct Row {
    const char* summary;
    const char* text;
    const char* cause = "";
  };
  const Row rows[] = {
      {"no JSON", "{"},
      {"no object", "[]"},
      {"no platform", R"({"rootfs":{"diff_ids":[]}})"},
      {"no rootfs", R"({"os":"linux","architecture":"amd64"})"},
      {"a digest that is none", R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha256:12"]}})"},
      {"an environment that is no list", R"({"os":"linux","architecture":"amd64","config":{"Env":{}},"rootfs":{"diff_ids":[]}})"},
      {"an entry of it that is no text", R"({"os":"linux","architecture":"amd64","config":{"Env":[1]},"rootfs":{"diff_ids":[]}})"},
      {"a label that is no text", R"({"os":"linux","architecture":"amd64","config":{"Labels":{"a":1}},"rootfs":{"diff_ids":[]}})"},
      {"ports that are no set", R"({"os":"linux","architecture":"amd64","config":{"ExposedPorts":["80"]},"rootfs":{"diff_ids":[]}})"},
      {"a port of letters", R"({"os":"linux","architecture":"amd64","config":{"ExposedPorts":{"abc/tcp":{}}},"rootfs":{"diff_ids":[]}})", "'abc/tcp' of 'ExposedPorts' is no port, as '8080/tcp' is"},
      {"a port without a name", R"({"os":"linux","architecture":"amd64","config":{"ExposedPorts":{"":{}}},"rootfs":{"diff_ids":[]}})", "'' of 'ExposedPorts' is no port, as '8080/tcp' is"},
      {"a port with a line break", R"({"os":"linux","architecture":"amd64","config":{"ExposedPorts":{"80\n":{}}},"rootfs":{"diff_ids":[]}})", "is no port"},
      {"a volume without a name", R"({"os":"linux","architecture":"amd64","config":{"Volumes":{"":{}}},"rootfs":{"diff_ids":[]}})", "'' of 'Volumes' is no absolute path of a folder"},
      {"a relative volume", R"({"os":"linux","architecture":"amd64","config":{"Volumes":{"data":{}}},"rootfs":{"diff_ids":[]}})", "'data' of 'Volumes' is no absolute path of a folder"},
      {"a volume over the root", R"({"os":"linux","architecture":"amd64","config":{"Volumes":{"//":{}}},"rootfs":{"diff_ids":[]}})", "'//' of 'Volumes' is no absolute path of a folder"},
      {"a volume that climbs", R"({"os":"linux","architecture":"amd64","config":{"Volumes":{"/a/../../b":{}}},"rootfs":{"diff_ids":[]}})", "'/a/../../b' of 'Volumes' is no absolute path of a folder"},
      {"a volume with a NUL", R"({"os":"linux","architecture":"amd64","config":{"Volumes":{"/a\u0000b":{}}},"rootfs":{"diff_ids":[]}})", "of 'Volumes' is no absolute path of a folder"},
      {"history of other things", R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[]},"history":[1]})"},
      {"a key twice", R"({"os":"linux","os":"linux","architecture":"amd64","rootfs":{"diff_ids":[]}})"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto read = read_config(row.text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt) << read.error().message;
    EXPECT_TRUE(read.error().message.starts_with("cannot read image config: ")) << read.error().message;
    EXPECT_NE(read.error().message.find(row.cause), std::string::npos) << read.error().message;
  }
}

TEST(Config, TakesPortsAndVolumesOfEveryForm) {
  const auto read = read_config(R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[]},"config":{
      "ExposedPorts":{"8080":{},"8080/tcp":{},"53/udp":{},"5000/sctp":{},"4510-4559/tcp":{},"1-65535":{}},"Volumes":{"/data":{},"/var/lib/a..b/":{}}}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->ports.size(), 6u);
  EXPECT_EQ(read->volumes, (std::vector<std::string>{"/data", "/var/lib/a..b/"}));
}

TEST(Config, SaysWhereProgramsAreLookedForTable) {
  struct Row { std::string summary, program; std::vector<std::string> env; std::string folder; std::vector<std::string> places; };
  const std::vector<Row> rows = {
      {"an absolute path", "/bin/x", {"PATH=/a"}, "/w", {"/bin/x"}},
      {"a relative path", "bin/x", {"PATH=/a"}, "/w", {"/w/bin/x"}},
      {"a relative path in the root", "./x", {}, "", {"/./x"}},
      {"a name", "x", {"HOME=/", "PATH=/a:/b/"}, "/w", {"/a/x", "/b/x"}},
      {"a name without PATH", "x", {}, "", {"/usr/local/sbin/x", "/usr/local/bin/x", "/usr/sbin/x", "/usr/bin/x", "/sbin/x", "/bin/x"}},
      {"folders of PATH that are relative", "x", {"PATH=:b"}, "/w", {"/w/x", "/w/b/x"}},
      {"no name", "", {}, "/w", {}},
  };
  for (const Row& row : rows) {
    Config config;
    config.env = row.env;
    config.working_dir = row.folder;
    EXPECT_EQ(program_places(config, row.program), row.places) << row.summary;
  }
  Config config;
  config.env = {"A=1", "B="};
  EXPECT_EQ(variable(config, "A"), "1");
  EXPECT_EQ(variable(config, "B"), "");
  EXPECT_EQ(variable(config, "C"), std::nullopt);
}

TEST(Ports, Table) {
  struct Row { const char* summary; const char* text; int first, last; const char* protocol; };  // first 0: none
  const Row rows[] = {
      {"a number", "8080", 8080, 8080, "tcp"},
      {"with a protocol", "53/udp", 53, 53, "udp"},
      {"a range", "4510-4559/tcp", 4510, 4559, "tcp"},
      {"the last", "65535/sctp", 65535, 65535, "sctp"},
      {"zero", "0/tcp", 0, 0, ""},
      {"past the last", "65536/tcp", 0, 0, ""},
      {"past every number", "99999999999999999999/tcp", 0, 0, ""},
      {"letters behind", "80x/tcp", 0, 0, ""},
      {"a sign", "+80/tcp", 0, 0, ""},
      {"below zero", "-80/tcp", 0, 0, ""},
      {"a blank", " 80/tcp", 0, 0, ""},
      {"a range upside down", "20-10", 0, 0, ""},
      {"a range without end", "20-", 0, 0, ""},
      {"a range of three", "1-2-3", 0, 0, ""},
      {"a protocol that is none", "80/http", 0, 0, ""},
      {"an empty protocol", "80/", 0, 0, ""},
      {"two protocols", "80/tcp/udp", 0, 0, ""},
      {"nothing", "", 0, 0, ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto port = Port::parse(row.text);
    ASSERT_EQ(port.has_value(), row.first != 0);
    if (!port) continue;
    EXPECT_EQ(port->first, row.first);
    EXPECT_EQ(port->last, row.last);
    EXPECT_EQ(port->protocol, row.protocol);
  }
}

TEST(Manifest, HasOneFormAndComesBack) {
  Manifest manifest{"", {std::string(media::config), digest_of("config"), 6, {}, {}}, {}, {{"z", "1"}, {"a", "2"}}};
  manifest.layers.push_back({std::string(media::layer_gzip), digest_of("layer"), 5, {}, {{"packages", "libc6"}}});
  const std::string text = to_text(manifest);
  EXPECT_EQ(text, "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":"
                  "\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" + digest_of("config").str() + "\",\"size\":6},\"layers\":[{\"mediaType\":"
                  "\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"" + digest_of("layer").str() +
                  "\",\"size\":5,\"annotations\":{\"packages\":\"libc6\"}}],\"annotations\":{\"a\":\"2\",\"z\":\"1\"}}");
  const auto read = read_manifest(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_text(*read), text);
}

TEST(Manifest, RefusesWhatItReliesOn) {
  const std::string digest = digest_of("x").str();
  const std::string config = R"("config":{"mediaType":"m","digest":")" + digest + R"(","size":1})";
  struct Row {
    const char* summary;
    std::string text;
  };
  const Row rows[] = {
      {"no config", R"({"layers":[]})"},
      {"no layers", "{" + config + "}"},
      {"layers that are no list", "{" + config + R"(,"layers":{}})"},
      {"a layer without digest", "{" + config + R"(,"layers":[{"mediaType":"m","size":1}]})"},
      {"a layer without size", "{" + config + R"(,"layers":[{"mediaType":"m","digest":")" + digest + R"("}]})"},
      {"a negative size", "{" + config + R"(,"layers":[{"mediaType":"m","size":-1,"digest":")" + digest + R"("}]})"},
      {"a size beyond all measure", "{" + config + R"(,"layers":[{"mediaType":"m","size":18446744073709551615,"digest":")" + digest + R"("}]})"},
      {"a broken size", "{" + config + R"(,"layers":[{"mediaType":"m","size":1.5,"digest":")" + digest + R"("}]})"},
      {"a layer that is no object", "{" + config + R"(,"layers":["x"]})"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto read = read_manifest(row.text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt) << read.error().message;
  }
}

TEST(ImageIndex, KeepsPlatformsAndOrder) {
  ImageIndex index;
  index.manifests.push_back({std::string(media::manifest), digest_of("b"), 2, Platform{"linux", "amd64", ""}, {}});
  index.manifests.push_back({std::string(media::manifest), digest_of("a"), 1, Platform{"linux", "arm", "v7"}, {{"k", "v"}}});
  const std::string text = to_text(index);
  const auto read = read_index(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_text(*read), text);
  ASSERT_EQ(read->manifests.size(), 2u);
  EXPECT_EQ(read->manifests[1].platform->str(), "linux/arm/v7");
  EXPECT_NE(text.find(R"("platform":{"architecture":"arm","os":"linux","variant":"v7"})"), std::string::npos) << text;
}

TEST(ImageIndex, RefusesAPlatformWithoutArchitecture) {
  const auto read = read_index(R"({"manifests":[{"mediaType":"m","size":1,"digest":")" + digest_of("x").str() + R"(","platform":{"os":"linux"}}]})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "cannot read image index: 'architecture' is missing or not a string");
}

TEST(Text, ThatIsNoUtf8IsWrittenAsSuchNowhere) {
  Config config;
  config.labels["odd"] = "a\xFFz";
  const auto read = read_config(to_text(config));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->labels.at("odd"), "a\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace ashlar::oci
