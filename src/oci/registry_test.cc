#include "oci/registry.h"

#include <gtest/gtest.h>

#include <functional>

#include "oci/attached.h"
#include "oci/inner/small_registry_test.h"
#include "oci/platform_choice.h"

namespace ashlar::oci {
namespace {

using trial::SmallRegistry;
constexpr Patience quick{4, 1};

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() { machine.environment = {{"HOME", "/home/u"}, {"REGISTRY_AUTH_FILE", "/auth.json"}}; }
  void log_in(const std::string& user, const std::string& password, const std::string& identity = {}) {
    const std::string more = identity.empty() ? std::string() : ", \"identitytoken\": \"" + identity + "\"";
    ASSERT_TRUE(machine.files.write("/auth.json", R"({"auths": {"registry.example": {"auth": ")" + to_base64(as_bytes(user + ":" + password)) + "\"" + more + "}}}", host::Durability::Cache));
  }
  std::unique_ptr<Registry> repository(const std::string& name = "a", Patience patience = quick) {
    return Registry::open(machine.machine, ImageRef::parse("docker://registry.example/" + name).value(), patience).value();
  }
  Result<std::unique_ptr<ImageReader>> open(const std::string& rest) { return open_image(machine.machine, ImageRef::parse("docker://registry.example/" + rest).value(), quick); }

  host::MemoryMachine machine{Time::parse("2026-11-24T08:00:00Z").value()};
  SmallRegistry server{machine};
};

template <class T>
std::string said(const Result<T>& result) { return result ? "done" : result.error().message; }

TEST_F(RegistryTest, AnImageIsReadBlobByBlob) {
  const Descriptor image = server.put_image("a/b", "1", {"one", "two"});
  for (const std::string& ref : {std::string("a/b:1"), "a/b@" + image.digest.str(), "a/b:whatever@" + image.digest.str()}) {
    const auto reader = open(ref);
    ASSERT_TRUE(reader) << said(reader);
    EXPECT_EQ((*reader)->root().digest, image.digest) << ref;
    EXPECT_EQ((*reader)->root().size, image.size);
    const auto all = platforms(**reader);
    ASSERT_TRUE(all) << said(all);
    ASSERT_EQ(all->size(), 1U);
    EXPECT_EQ(server.count("/blobs/" + Digest::of("one").str()), 0U) << "a layer was fetched that nobody asked for";
    EXPECT_EQ((*reader)->blob(all->front().manifest.layers[0].digest).value(), "one");
    const auto stream = (*reader)->open(all->front().manifest.layers[1].digest);
    ASSERT_TRUE(stream);
    EXPECT_EQ(as_text(read_all(**stream, 100).value()), "two");
    server.log.clear();
  }
  EXPECT_EQ(open("a/b:1").value()->is_remote(), true);
  EXPECT_EQ(said(open("a/b:2")), "cannot open 'docker://registry.example/a/b:2': cannot fetch manifest '2': the registry answers 404: manifest unknown; its tags are 1");
  for (int at = 0; at < 11; ++at) server.repositories["a/b"].tags[fmt::format("t{:02}", at)] = image.digest.str();
  server.repositories["a/b"].tags[fallback_tag(image.digest)] = image.digest.str();
  EXPECT_EQ(said(open("a/b:2")), "cannot open 'docker://registry.example/a/b:2': cannot fetch manifest '2': the registry answers 404: manifest unknown; its tags are 1, t00, t01, t02, t03, t04, t05, t06, t07, t08 and 2 more");
  EXPECT_EQ(said(open("none/b:2")), "cannot open 'docker://registry.example/none/b:2': cannot fetch manifest '2': the registry answers 404: manifest unknown");
  EXPECT_EQ(open("a/b:2").error().kind, Kind::NotFound);
  EXPECT_EQ(open("a/b").error().kind, Kind::NotFound) << "without a tag it is 'latest'";
  EXPECT_EQ(server.count("/v2/a/b/manifests/latest"), 1U);
}

TEST_F(RegistryTest, AnIndexLeadsToItsManifests) {
  Descriptor one = server.put_image("a", "", {"one"});
  one.platform = Platform{"linux", "amd64", ""};
  const std::string index = to_text(ImageIndex{{one}, {}});
  server.put_manifest("a", "multi", index, media::index);
  server.put_manifest("a", "docker", R"({"schemaVersion": 2, "mediaType": ")" + std::string(media::docker_list) + R"(", "manifests": [{"mediaType": ")" + std::string(media::manifest) + R"(", "digest": ")" + one.digest.str() + R"(", "size": 1, "platform": {"os": "linux", "architecture": "amd64"}}]})", media::docker_list);
  for (const char* tag : {"a:multi", "a:docker"}) {
    const auto reader = open(tag);
    ASSERT_TRUE(reader) << said(reader);
    const auto all = platforms(**reader);
    ASSERT_TRUE(all) << said(all);
    EXPECT_EQ(all->front().descriptor.digest, one.digest) << tag;
  }
  EXPECT_EQ(server.count("/manifests/" + one.digest.str()), 2U) << "manifests are asked for as manifests, and once by each reader";
}

TEST_F(RegistryTest, OfAnIndexOnlyThePlatformThatIsWantedIsFetched) {
  Descriptor one = server.put_image("a", "", {"one"}), two = server.put_image("a", "", {"two"}), statement = server.put_image("a", "", {"three"}), silent = server.put_image("a", "", {"four"});
  one.platform = Platform{"linux", "amd64", ""}, two.platform = Platform{"linux", "arm64", ""}, statement.platform = Platform{"unknown", "unknown", ""};
  server.put_manifest("a", "1", to_text(ImageIndex{{statement, one, two}, {}}), media::index);
  struct Row {
    std::string platform, got;
    size_t fetched;
  };
  const Row rows[] = {{"", one.digest.str(), 2}, {"linux/amd64", one.digest.str(), 2}, {"linux/arm64", two.digest.str(), 2}, {"linux/arm64/v8", two.digest.str(), 2},
                      {"linux/s390x", "cannot read 'a:1': it has no image for linux/s390x; it has linux/amd64, linux/arm64", 1}, {"linux", "cannot read platform 'linux': it is not of the form 'linux/amd64' or 'linux/arm/v7'", 1}};
  for (const Row& row : rows) {
    server.log.clear();
    auto reader = open("a:1").value();
    const auto chosen = choose_platform(*reader, row.platform, "a:1");
    EXPECT_EQ(chosen ? chosen->descriptor.digest.str() : said(chosen), row.got);
    EXPECT_EQ(server.count("/manifests/"), row.fetched) << row.platform;
  }
  server.put_manifest("a", "2", to_text(ImageIndex{{statement}, {}}), media::index);
  EXPECT_NE(said(choose_platform(*open("a:2").value(), "", "a:2")).find("it names no image"), std::string::npos);
  server.put_manifest("a", "3", to_text(ImageIndex{{silent, two}, {}}), media::index);
  EXPECT_EQ(choose_platform(*open("a:3").value(), "linux/amd64", "a:3")->descriptor.digest, silent.digest) << "an index that does not tell: the configuration does";
}

TEST_F(RegistryTest, WhatIsNoManifestIsRefused) {
  const std::string good = to_text(Manifest{"", {std::string(media::config), Digest::of("c"), 1, {}, {}}, {}, {}});
  struct Row {
    std::string summary, type, text, says;
  };
  const Row rows[] = {
      {"as it should be", std::string(media::manifest), good, "done"},
      {"with parameters", std::string(media::manifest) + "; charset=utf-8", good, "done"},
      {"of no type by the header, and of one by itself", "application/json", good, "done"},
      {"the login page of a company", "text/html", "<html>", "the document is damaged"},
      {"another type than it says itself", std::string(media::index), good, "says that it is"},
      {"both at once", std::string(media::manifest), R"({"schemaVersion": 2, "config": {}, "layers": [], "manifests": []})", "it is a manifest and an index at once"},
      {"an index that calls itself a manifest", std::string(media::manifest), R"({"schemaVersion": 2, "manifests": []})", "it is no 'application/vnd.oci.image.manifest.v1+json'"},
      {"a manifest that calls itself an index", std::string(media::index), R"({"schemaVersion": 2, "layers": []})", "it is no 'application/vnd.oci.image.index.v1+json'"},
      {"Docker's schema 1", "application/vnd.docker.distribution.manifest.v1+prettyjws", R"({"fsLayers": []})", "it is of Docker's schema 1"},
      {"of a type that nobody knows", "application/x", R"({"schemaVersion": 2})", "it is of type 'application/x', which is no image's"},
      {"a list", std::string(media::manifest), "[]", "it is no JSON object"},
      {"nothing", std::string(media::manifest), "", "cannot fetch manifest"},
  };
  for (const Row& row : rows) {
    server.put_manifest("a", "1", row.text, row.type);
    const auto got = repository()->manifest("1");
    if (row.summary == "the login page of a company") EXPECT_FALSE(got) << row.summary;
    else EXPECT_NE(said(got).find(row.says), std::string::npos) << row.summary << ": " << said(got);
  }
}

TEST_F(RegistryTest, NothingWithAnotherDigestIsAccepted) {
  const Descriptor image = server.put_image("a", "1", {"one"});
  server.repositories["a"].manifests[image.digest.str()].second += "\n";
  EXPECT_NE(said(open("a:1")).find("its bytes have digest"), std::string::npos) << said(open("a:1"));
  EXPECT_EQ(open("a:1").error().kind, Kind::Corrupt);
  server.sends_digest = false;
  EXPECT_TRUE(open("a:1")) << "of a tag nobody has said which digest it has";
  EXPECT_EQ(open("a@" + image.digest.str()).error().kind, Kind::Corrupt);
  server.repositories["a"].blobs[Digest::of("one").str()] = "two";
  const auto blob = repository()->small_blob(Digest::of("one"), 100);
  EXPECT_EQ(said(blob), "cannot fetch blob '" + Digest::of("one").str() + "': its bytes have another digest");
  EXPECT_EQ(repository()->small_blob(Digest::of("one"), 2).error().kind, Kind::Corrupt) << "more than was asked for";
  EXPECT_EQ(repository()->small_blob(Digest::of("three"), 2).error().kind, Kind::NotFound);
}

TEST_F(RegistryTest, ManifestsAreLookedForWithoutTheirBytes) {
  const Descriptor image = server.put_image("a", "1", {"one"});
  for (const bool sends_digest : {true, false}) {
    server.sends_digest = sends_digest;
    const auto found = repository()->find_manifest("1");
    ASSERT_TRUE(found && *found) << said(found);
    EXPECT_EQ((*found)->digest, image.digest);
    EXPECT_EQ((*found)->size, image.size);
    EXPECT_EQ((*found)->media_type, media::manifest);
  }
  EXPECT_EQ(server.count("HEAD /v2/a/manifests/1 200"), 2U);
  EXPECT_EQ(server.count("GET /v2/a/manifests/1 200"), 1U) << "only where the registry does not tell the digest";
  EXPECT_FALSE(repository()->find_manifest("2").value());
}

TEST_F(RegistryTest, LoginsAreShownAsTheRegistryWants) {
  struct Row {
    std::string summary;
    std::function<void()> arrange;
    std::string says;
  };
  server.put_image("team/app", "1", {"one"});
  using Auth = SmallRegistry::Auth;
  const auto reset = [&] {
    server.auth = Auth::None, server.anonymous_pull = false, server.identity.clear();
    (void)machine.files.remove("/auth.json");
  };
  const Row rows[] = {
      {"nobody asks", [] {}, "done"},
      {"basic", [&] { server.auth = Auth::Basic, log_in("user", "hunter2"); }, "done"},
      {"basic, with another password", [&] { server.auth = Auth::Basic, log_in("user", "hunter22"); }, "the registry answers 401: authentication required; a login for it goes into auth.json"},
      {"basic, and no login", [&] { server.auth = Auth::Basic; }, "the registry answers 401: authentication required"},
      {"a token for anybody", [&] { server.auth = Auth::Bearer, server.anonymous_pull = true; }, "done"},
      {"a token with a login", [&] { server.auth = Auth::Bearer, log_in("user", "hunter2"); }, "done"},
      {"no token for nobody", [&] { server.auth = Auth::Bearer; }, "cannot get a token for 'registry.example/team/app': the registry answers 401: wrong user or password"},
      {"no token with another password", [&] { server.auth = Auth::Bearer, log_in("user", "hunter22"); }, "wrong user or password"},
      {"an identity token", [&] { server.auth = Auth::Bearer, server.identity = "it", log_in("", "", "it"); }, "done"},
      {"another identity token", [&] { server.auth = Auth::Bearer, server.identity = "it", log_in("", "", "other"); }, "wrong user or password"},
      {"a file of logins that does not read", [&] { server.auth = Auth::Basic, (void)machine.files.write("/auth.json", "{", host::Durability::Cache); }, "cannot read logins '/auth.json'"},
  };
  for (const Row& row : rows) {
    reset();
    row.arrange();
    const auto reader = open("team/app:1");
    EXPECT_NE(said(reader).find(row.says), std::string::npos) << row.summary << ": " << said(reader);
    EXPECT_EQ(said(reader).find("hunter2"), std::string::npos) << testing::PrintToString(server.log) << "a password is shown: " << said(reader);
    EXPECT_EQ(reader.has_value(), reader && platforms(**reader)) << row.summary;
  }
}

TEST_F(RegistryTest, ATokenIsAskedForOnceAndAgainWhenItsTimeIsOver) {
  server.put_image("a", "1", {"one"});
  server.auth = SmallRegistry::Auth::Bearer;
  log_in("user", "hunter2");
  const auto registry = repository();
  ASSERT_TRUE(registry->manifest("1")) << testing::PrintToString(server.log);
  ASSERT_TRUE(registry->small_blob(Digest::of("one"), 9));
  EXPECT_EQ(server.count("/token?service=registry&scope=repository%3Aa%3Apull 200"), 1U);
  machine.http.serve_by({});
  SmallRegistry later(machine);  // knows none of the tokens
  later.put_image("a", "1", {"one"});
  later.auth = SmallRegistry::Auth::Bearer;
  EXPECT_TRUE(registry->manifest("1")) << testing::PrintToString(later.log);
  EXPECT_EQ(later.count("/token?"), 1U);
}

TEST_F(RegistryTest, NoLoginGoesWhereAnybodyCouldListen) {
  server.auth = SmallRegistry::Auth::Bearer;
  log_in("user", "hunter2");
  struct Row {
    const char *challenge, *says;
  };
  const Row rows[] = {{"Bearer realm=\"http://auth.example/token\"", "leads to 'http://auth.example/token', which is no address of HTTPS"},
                      {"Bearer realm=\"file:///etc/passwd\"", "which is no address of HTTPS"},
                      {"Bearer realm=\"\"", "which is no address of HTTPS"},
                      {"Bearer realm=\"x", "it is no list of challenges"},
                      {"Digest realm=\"x\"", "the registry answers 401"}};
  for (const Row& row : rows) {
    machine.http.serve_by([&](const host::HttpRequest&, const std::string&) { return host::CannedAnswer{401, {{"www-authenticate", row.challenge}}, "", {}, true}; });
    const size_t before = machine.http.requests().size();
    const auto got = repository()->manifest("1");
    EXPECT_NE(said(got).find(row.says), std::string::npos) << row.challenge << ": " << said(got);
    for (size_t at = before; at < machine.http.requests().size(); ++at) EXPECT_FALSE(machine.http.requests()[at].headers.contains("authorization")) << row.challenge;
  }
}

TEST_F(RegistryTest, BusyRegistriesAreAskedAgain) {
  server.put_image("a", "1", {"one"});
  struct Row {
    std::string summary;
    int busy;
    std::string retry_after;
    size_t requests;
    std::string says;
  };
  const Row rows[] = {
      {"one that is busy for a moment", 2, "", 3, "done"},
      {"one that stays busy", 100, "", 4, "cannot fetch manifest '1': the registry answers 503: busy"},
      {"one that says for how long", 2, "0", 3, "done"},
      {"one that says until when", 1, "Tue, 24 Nov 2026 07:00:00 GMT", 2, "done"},
      {"one that says too long", 100, "3600", 1, "the registry answers 503: busy"},
      {"one that says something else", 1, "soon", 2, "done"},
  };
  for (const Row& row : rows) {
    server.busy = row.busy;
    server.retry_after = row.retry_after;
    server.log.clear();
    const auto got = repository()->manifest("1");
    EXPECT_NE(said(got).find(row.says), std::string::npos) << row.summary << ": " << said(got);
    EXPECT_EQ(server.log.size(), row.requests) << row.summary;
  }
}

TEST_F(RegistryTest, ABlobGoesOnWhereItsConnectionBroke) {
  std::string bytes;
  for (int at = 0; at < 100'000; ++at) bytes += fmt::format("{},", at);
  const Digest digest = Digest::of(bytes);
  const std::string url = "https://registry.example/v2/a/blobs/" + digest.str();
  struct Row {
    std::string summary;
    std::vector<host::CannedAnswer> answers;
    std::string says;
    std::vector<std::uint64_t> asked;  ///< from where on
  };
  const host::CannedAnswer whole{200, {}, bytes, {}, true}, busy{503, {}, "", {}, true}, gone{404, {}, "", {}, true};
  const auto cut_at = [&](std::uint64_t after, bool ranges = true) { return host::CannedAnswer{200, {}, bytes, after, ranges}; };
  const Row rows[] = {
      {"no trouble", {whole}, "done", {0}},
      {"cut twice", {cut_at(1000), cut_at(100'000), whole}, "done", {0, 1000, 101'000}},
      {"a server without ranges", {cut_at(1000), {200, {}, bytes, {}, false}}, "done", {0, 1000}},
      {"cut again before what is known", {cut_at(1000), cut_at(500, false), whole}, "done", {0, 1000, 1000}},
      {"busy before and between", {busy, cut_at(1000), busy, whole}, "done", {0, 0, 1000, 1000}},
      {"cut for ever, with nothing gained", {cut_at(0)}, "the connection broke", {0, 0, 0, 0}},
      {"cut often, and each time something is gained", {cut_at(70'000), cut_at(70'000), cut_at(70'000), cut_at(70'000), cut_at(70'000), cut_at(70'000), whole}, "done", {0, 70'000, 140'000, 210'000, 280'000, 350'000, 420'000}},
      {"gone", {gone}, "the registry answers 404", {0}},
  };
  for (const Row& row : rows) {
    host::MemoryMachine fresh;
    for (const host::CannedAnswer& each : row.answers) fresh.http.add(url, each);
    const auto registry = Registry::open(fresh.machine, ImageRef::parse("docker://registry.example/a").value(), quick).value();
    const auto stream = registry->blob(digest);
    ASSERT_TRUE(stream) << row.summary;
    const auto read = read_all(**stream, 1 << 20);
    EXPECT_NE(said(read).find(row.says), std::string::npos) << row.summary << ": " << said(read);
    EXPECT_EQ(read.has_value(), read && as_text(*read) == bytes) << row.summary;
    std::vector<std::uint64_t> asked;
    for (const auto& request : fresh.http.requests()) asked.push_back(request.resume_from);
    EXPECT_EQ(asked, row.asked) << row.summary;
  }
}

TEST_F(RegistryTest, AStreamThatNobodyReadsToItsEndStops) {
  const Digest digest = server.put_blob("a", std::string(20 << 20, 'x'));
  const auto registry = repository();
  auto stream = registry->blob(digest).value();
  Bytes front(10);
  ASSERT_TRUE(read_exactly(*stream, front));
  stream.reset();
  EXPECT_EQ(server.count("/blobs/"), 1U) << "and is not fetched again";
}

TEST_F(RegistryTest, TagsAreListedPageByPage) {
  std::vector<std::string> wanted;
  for (int at = 0; at < 25; ++at) {
    wanted.push_back(fmt::format("v{:02}", at));
    server.put_manifest("a", wanted.back(), "{}");
  }
  for (const size_t page : {1000, 25, 10, 1}) {
    server.page = page;
    const auto tags = repository()->tags();
    ASSERT_TRUE(tags) << said(tags);
    EXPECT_EQ(*tags, wanted) << page;
  }
  struct Row {
    std::string summary, body, link, says;
  };
  const Row rows[] = {
      {"none", R"({"tags": null})", "", "done"},
      {"no list", R"({"tags": 1})", "", "'tags' is no list"},
      {"no object", "[]", "", "the answer has no 'tags'"},
      {"something else", R"({"tags": ["../x"]})", "", "an entry that is no tag"},
      {"a page that leads to itself", R"({"tags": ["a"]})", "</v2/a/tags/list?n=1000>; rel=\"next\"", "its pages do not end"},
      {"a page that leads elsewhere", R"({"tags": ["a"]})", "<ftp://x/y>; rel=\"next\"", "leads to no address of HTTP"},
  };
  for (const Row& row : rows) {
    machine.http.serve_by([&](const host::HttpRequest&, const std::string&) { return host::CannedAnswer{200, {{"link", row.link}}, row.body, {}, true}; });
    const auto tags = repository()->tags();
    EXPECT_NE(said(tags).find(row.says), std::string::npos) << row.summary << ": " << said(tags);
  }
}

TEST_F(RegistryTest, ReferrersComeFromTheApiOrTheFallbackTag) {
  const Descriptor image = server.put_image("a", "1", {"one"});
  const std::string statement = server.put_blob("a", "a statement").str();
  const auto artifact = [&](const std::string& subject) {
    return fmt::format(R"({{"schemaVersion": 2, "mediaType": "{}", "config": {{"mediaType": "application/vnd.oci.empty.v1+json", "digest": "{}", "size": 2}}, "layers": [{{"mediaType": "application/x", "digest": "{}", "size": 11}}]{}}})",
                       media::manifest, server.put_blob("a", "{}").str(), statement, subject);
  };
  const std::string text = artifact(fmt::format(R"(, "subject": {{"mediaType": "{}", "digest": "{}", "size": {}}})", media::manifest, image.digest.str(), image.size));
  const Digest referrer = server.put_manifest("a", "", text);
  const auto found = [&] {
    auto reader = open("a:1").value();
    std::vector<std::string> out;
    for (const Attached& each : attached(*reader, image).contents) out.push_back(each.content);
    return out;
  };
  EXPECT_EQ(found(), std::vector<std::string>{"a statement"});
  server.has_referrers = false;
  EXPECT_EQ(found(), std::vector<std::string>{}) << "no API and no tag";
  EXPECT_TRUE(repository()->referrers(image.digest).value().empty());
  server.put_manifest("a", fallback_tag(image.digest), to_text(ImageIndex{{{std::string(media::manifest), referrer, text.size(), {}, {}}}, {}}), media::index);
  EXPECT_EQ(found(), std::vector<std::string>{"a statement"}) << "by the fallback tag";
  server.repositories["a"].tags.erase(fallback_tag(image.digest));
  server.put_manifest("a", fmt::format("sha256-{}.att", image.digest.hex()), artifact(""));
  EXPECT_EQ(found(), std::vector<std::string>{"a statement"}) << "by cosign's tag";
}

TEST_F(RegistryTest, SchemesAndCertificatesAreThoseOfTheHost) {
  struct Row {
    std::string summary, ref;
    std::map<std::string, std::string> environment, files;
    std::string url, says;
  };
  const std::string folder = "/home/u/.config/containers/certs.d/127.0.0.1:5000/";
  const Row rows[] = {
      {"HTTPS", "docker://registry.example/a", {}, {}, "https://registry.example/v2/a/manifests/latest", ""},
      {"plain on loopback", "docker://127.0.0.1:5000/a", {}, {}, "http://127.0.0.1:5000/v2/a/manifests/latest", ""},
      {"by any of its names", "docker://localhost:5000/a", {}, {}, "http://localhost:5000/v2/a/manifests/latest", ""},
      {"and its address of IPv6", "docker://[::1]:5000/a", {}, {}, "http://[::1]:5000/v2/a/manifests/latest", ""},
      {"a name that only looks so", "docker://127.0.0.1.example/a", {}, {}, "https://127.0.0.1.example/v2/a/manifests/latest", ""},
      {"plain where it is said", "docker://registry.example:5000/a", {{"ASHLAR_PLAIN_HTTP", "1"}}, {}, "http://registry.example:5000/v2/a/manifests/latest", ""},
      {"HTTPS where that is said", "docker://localhost:5000/a", {{"ASHLAR_PLAIN_HTTP", "0"}}, {}, "https://localhost:5000/v2/a/manifests/latest", ""},
      {"HTTPS on loopback with an authority", "docker://127.0.0.1:5000/a", {}, {{folder + "ca.crt", "PEM"}}, "https://127.0.0.1:5000/v2/a/manifests/latest", ""},
      {"a client's certificate", "docker://127.0.0.1:5000/a", {}, {{folder + "client.cert", "C"}, {folder + "client.key", "K"}}, "https://127.0.0.1:5000/v2/a/manifests/latest", ""},
      {"a certificate without its key", "docker://127.0.0.1:5000/a", {}, {{folder + "client.cert", "C"}}, "", "its key '" + folder + "client.key' is not there"},
      {"called by another name", "docker://images.example/a/b", {{"ASHLAR_REGISTRIES", "images.example registry.example"}}, {}, "https://registry.example/v2/a/b/manifests/latest", ""},
      {"by another name, and of one word", "docker://images.example/a", {{"ASHLAR_REGISTRIES", "other.example x.example, images.example registry.example https://login.example/v1/ library"}}, {}, "https://registry.example/v2/library/a/manifests/latest", ""},
      {"another host than that", "docker://registry.example/a", {{"ASHLAR_REGISTRIES", "images.example other.example"}}, {}, "https://registry.example/v2/a/manifests/latest", ""},
      {"by another name on loopback", "docker://images.example/a", {{"ASHLAR_REGISTRIES", "images.example 127.0.0.1:5000"}}, {}, "http://127.0.0.1:5000/v2/a/manifests/latest", ""},
      {"other names that do not read", "docker://images.example/a", {{"ASHLAR_REGISTRIES", "images.example"}}, {}, "", "'images.example' is not of the form 'NAME REACHED [LOGIN [FOLDER]]'"},
      {"a word that is no host", "x/a", {}, {}, "", "'x' is no registry's host, which has a dot or a port"},
  };
  for (const Row& row : rows) {
    host::MemoryMachine fresh;
    fresh.environment = row.environment;
    fresh.environment["HOME"] = "/home/u";
    for (const auto& [path, text] : row.files) ASSERT_TRUE(fresh.files.write(path, text, host::Durability::Cache));
    const auto opened = open_image(fresh.machine, ImageRef::parse(row.ref).value(), quick);
    EXPECT_NE(said(opened).find(row.says), std::string::npos) << row.summary << ": " << said(opened);
    ASSERT_EQ(fresh.http.requests().empty(), row.url.empty()) << row.summary;
    if (row.url.empty()) continue;
    const host::HttpRequest asked = fresh.http.requests().front();
    EXPECT_EQ(asked.url, row.url) << row.summary;
    EXPECT_EQ(asked.tls.authorities, row.files.contains(folder + "ca.crt") ? "PEM\n" : "") << row.summary;
    EXPECT_EQ(asked.tls.certificate, row.files.contains(folder + "client.cert") ? folder + "client.cert" : "") << row.summary;
    EXPECT_NE(asked.headers.at("accept").find(media::docker_list), std::string::npos);
  }
}

}  // namespace
}  // namespace ashlar::oci
