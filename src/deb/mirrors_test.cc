#include "deb/mirrors.h"

#include <gtest/gtest.h>

#include "deb/inner/archive_fixture.h"

namespace ashlar::deb {
namespace {

struct LineCase {
  const char* summary;
  const char* text;
  std::vector<AptSource> sources;
  const char* fault;
};

TEST(AptSources, reads_lines) {
  const LineCase cases[] = {
      {"a plain line", "deb http://a.example/debian/ trixie main contrib # note\n", {{{"http://a.example/debian"}, {"trixie"}, {"main", "contrib"}, {}, {}}}, ""},
      {"options", "deb [ arch=amd64,arm64 signed-by=/k.gpg ] https://a.example x main", {{{"https://a.example"}, {"x"}, {"main"}, {"amd64", "arm64"}, {"/k.gpg"}}}, ""},
      {"a flat repository", "deb http://a.example ./\n", {{{"http://a.example"}, {"./"}, {}, {}, {}}}, ""},
      {"sources and comments", "# deb http://a x main\n\ndeb-src http://a.example x main\n", {}, ""},
      {"open options", "deb [arch=amd64 http://a.example x main", {}, "cannot read line 1 of 'it': its options have no closing ']'"},
      {"no suite", "\ndeb http://a.example\n", {}, "cannot read line 2 of 'it': it is not of the form 'deb [options] URI suite [component...]'"},
      {"no component", "deb http://a.example trixie", {}, "cannot read line 1 of 'it': it names no component"},
      {"something else", "rpm http://a.example x", {}, "cannot read line 1 of 'it': it does not begin with 'deb'"},
  };
  for (const LineCase& row : cases) {
    SCOPED_TRACE(row.summary);
    const auto sources = parse_source_list(row.text, "it");
    EXPECT_EQ(sources ? "" : sources.error().message, row.fault);
    if (!sources) continue;
    ASSERT_EQ(sources->size(), row.sources.size());
    for (size_t at = 0; at < sources->size(); ++at) {
      EXPECT_EQ((*sources)[at].uris, row.sources[at].uris);
      EXPECT_EQ((*sources)[at].suites, row.sources[at].suites);
      EXPECT_EQ((*sources)[at].components, row.sources[at].components);
      EXPECT_EQ((*sources)[at].architectures, row.sources[at].architectures);
      EXPECT_EQ((*sources)[at].signed_by, row.sources[at].signed_by);
    }
  }
}

TEST(AptSources, reads_stanzas) {
  const auto sources = parse_source_stanzas("# comment\nTypes: deb deb-src\nURIs: http://a.example/debian/\n  http://b.example/debian\nSuites: trixie trixie-updates\nComponents: main\n"
                                            "Signed-By: /usr/share/keyrings/k.gpg\n\nTypes: deb\nEnabled: no\nURIs: http://c.example\nSuites: x\n\nTypes: deb-src\nURIs: http://d.example\nSuites: x\n"
                                            "\nTypes: deb\nURIs: http://e.example\nSuites: x\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n",
                                            "it");
  ASSERT_TRUE(sources) << sources.error().message;
  ASSERT_EQ(sources->size(), 2u);
  EXPECT_EQ((*sources)[0].uris, (std::vector<std::string>{"http://a.example/debian", "http://b.example/debian"}));
  EXPECT_EQ((*sources)[0].suites, (std::vector<std::string>{"trixie", "trixie-updates"}));
  EXPECT_EQ((*sources)[0].signed_by, (std::vector<std::string>{"/usr/share/keyrings/k.gpg"}));
  EXPECT_EQ((*sources)[1].uris, (std::vector<std::string>{"http://e.example"}));
  EXPECT_TRUE((*sources)[1].signed_by.empty());
}

TEST(AptConf, reads_proxies) {
  const auto rules = parse_proxies("// Acquire::http::Proxy \"http://no.example\";\n/* Acquire::http::Proxy \"http://no.example\"; */\nAcquire::http::Proxy \"http://one.example:3128/\";\n"
                                   "Acquire { https { Proxy \"http://two.example\"; Pipeline-Depth \"0\"; }; };\nacquire::HTTP::proxy::near.example \"DIRECT\";\nAPT::List { \"a\"; \"b\"; };\n"
                                   "Acquire::http { Proxy \"http://three.example\"; Proxy::far.example \"direct\"; }\n# end");
  ASSERT_EQ(rules.size(), 5u);
  EXPECT_EQ(rules[0].host, "far.example");
  EXPECT_EQ(rules[0].proxy, "");
  EXPECT_EQ(rules[1].proxy, "http://three.example");  // the later setting first
  EXPECT_EQ(rules[2].host, "near.example");
  EXPECT_EQ(rules[3].protocol, "https");
  EXPECT_EQ(rules[4].proxy, "http://one.example:3128/");
  for (const char* odd : {"", "\"", "{{{", "}}}", "Acquire::http::Proxy", "a \"b", "/*"}) EXPECT_TRUE(parse_proxies(odd).empty()) << odd;
}

/// A host with an /etc/apt of its own.
class MirrorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto loaded = load_distribution(*machine.files, ASHLAR_SOURCE_DIR "/distributions", "debian-13");
    ASSERT_TRUE(loaded) << loaded.error().message;
    distribution = *loaded;
    write("keys/debian-archive-keyring.gpg", "k");
    choice.keyrings = {folder.path / "keys"};
  }
  void write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(machine.files->make_folders((folder.path / path).parent_path()));
    ASSERT_TRUE(machine.files->write(folder.path / path, text));
  }
  Result<std::vector<Archive>> archives() {
    const AptSetup apt = read_apt(*machine.files, listener, folder.path / "apt");
    return distribution_archives(*machine.files, distribution, choice, apt, listener);
  }
  /// `main mirrors | security mirrors`, or the error.
  std::string mirrors() {
    const auto found = archives();
    if (!found) return found.error().message;
    std::string out;
    for (const Archive& archive : *found) {
      if (archive.suite.ends_with("-updates")) continue;
      if (!out.empty()) out += " | ";
      for (size_t at = 0; at < archive.mirrors.size(); ++at) out += (at == 0 ? "" : " ") + archive.mirrors[at];
    }
    return out;
  }

  fixture::Folder folder;
  host::Machine machine = fixture::machine();
  fixture::Listener listener;
  Distribution distribution;
  MirrorChoice choice;
};

TEST_F(MirrorsTest, come_from_the_hosts_apt) {
  write("apt/sources.list.d/debian.sources", "Types: deb\nURIs: http://a.example/debian/\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
                                             "Types: deb\nURIs: http://a.example/debian-security\nSuites: bookworm-security\nComponents: main\n");
  EXPECT_EQ(mirrors(), "http://a.example/debian | http://a.example/debian-security");
  const auto found = archives();
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ((*found)[0].name, "debian");
  EXPECT_EQ((*found)[1].suite, "trixie-updates");
  EXPECT_EQ((*found)[2].name, "debian-security");
  EXPECT_TRUE((*found)[2].security);
  EXPECT_EQ((*found)[2].keyrings, (std::vector<host::Path>{folder.path / "keys/debian-archive-keyring.gpg"}));
}

TEST_F(MirrorsTest, keyrings_that_ship_count_beside_the_hosts) {
  write("apt/sources.list", "deb http://a.example/debian bookworm main\n");
  const host::Path own = folder.path / "keys/debian-archive-keyring.gpg", shipped = folder.path / "shipped/debian-archive-keyring.gpg";
  write("shipped/debian-archive-keyring.gpg", "ours");
  write("shipped/other.gpg", "of another distribution");
  choice.shipped = folder.path / "nowhere";
  EXPECT_EQ(archives()->front().keyrings, (std::vector<host::Path>{own}));
  choice.shipped = folder.path / "shipped";
  EXPECT_EQ(archives()->front().keyrings, (std::vector<host::Path>{own, shipped}));
  choice.keyrings = {choice.shipped};
  EXPECT_EQ(archives()->front().keyrings, (std::vector<host::Path>{shipped})) << "no file twice";
}

TEST_F(MirrorsTest, of_third_parties_are_not_taken_for_the_distributions) {
  write("apt/sources.list", "deb [signed-by=/usr/share/keyrings/other.gpg] http://other.example/apt bookworm main\ndeb http://docker.example/linux/debian bookworm stable\n"
                            "deb http://unsigned.example/debian bookworm main\ndeb http://a.example/debian bookworm main\ndeb http://a.example/debian bookworm-updates main\n"
                            "deb http://a.example/debian-security bookworm-security main\n");
  EXPECT_EQ(mirrors(), "http://a.example/debian http://unsigned.example/debian | http://a.example/debian-security");
}

TEST_F(MirrorsTest, lists_on_the_host_are_followed_and_what_cannot_be_fetched_is_skipped) {
  write("mirrors.list", "http://m1.example/debian/\tpriority:1\n# note\nhttp://m2.example/debian\n");
  write("apt/sources.list", "deb cdrom:[disc]/ bookworm main\ndeb mirror+file:" + (folder.path / "mirrors.list").string() + " bookworm main\ndeb mirror+http://x.example bookworm main\n");
  EXPECT_EQ(mirrors(), "http://m1.example/debian http://m2.example/debian | http://m1.example/debian-security http://m2.example/debian-security");
}

TEST_F(MirrorsTest, missing_security_is_looked_for_beside_the_main_one) {
  write("apt/sources.list", "deb http://a.example/debian trixie main\n");
  EXPECT_EQ(mirrors(), "http://a.example/debian | http://a.example/debian-security");
  EXPECT_TRUE(listener.notes.empty());
  ASSERT_FALSE(listener.details.empty());
  EXPECT_EQ(listener.details[0], "no mirror of 'debian-security' is known; trying 'http://a.example/debian-security' (--mirror security=URL names another)");
}

TEST_F(MirrorsTest, asked_for_go_before_configured_and_these_before_the_hosts) {
  write("apt/sources.list", "deb http://host.example/debian trixie main\ndeb http://host.example/security trixie-security main\n");
  choice.configured = {{"debian-security", {"http://conf.example/sec"}}};
  EXPECT_EQ(mirrors(), "http://host.example/debian | http://conf.example/sec");
  choice.asked = {"security=http://asked.example/sec"};
  EXPECT_EQ(mirrors(), "http://host.example/debian | http://asked.example/sec");
  choice.asked = {"http://asked.example/debian/", "file:/srv/debian"};
  EXPECT_EQ(mirrors(), "http://asked.example/debian file:/srv/debian | http://conf.example/sec");
  choice.configured.clear();
  EXPECT_EQ(mirrors(), "http://asked.example/debian file:/srv/debian | http://asked.example/debian-security file:/srv/debian-security");
}

TEST_F(MirrorsTest, that_make_no_sense_are_refused) {
  choice.asked = {"ftp://a.example/debian"};
  EXPECT_EQ(mirrors(), "cannot use mirror 'ftp://a.example/debian': its address begins with none of http://, https:// and file:/");
  choice.asked = {"secruity=http://a.example/debian?x=1"};
  EXPECT_EQ(mirrors(), "cannot use mirror 'secruity=http://a.example/debian?x=1': 'debian-13' has no archive 'secruity', but debian, debian-security");
}

TEST_F(MirrorsTest, a_host_without_apt_is_told_what_to_do) {
  EXPECT_EQ(mirrors(), "cannot reach the archives of 'debian-13': no mirror of 'debian' is known: this host's apt names none; pass --mirror URL, or name it under 'mirrors' in the configuration");
  write("apt/sources.list", "deb cdrom:[disc]/ bookworm main\n");
  EXPECT_NE(mirrors().find("this host's apt names none that ashlar can fetch from ('cdrom:[disc]' is none)"), std::string::npos) << mirrors();
}

TEST_F(MirrorsTest, a_missing_keyring_names_its_package) {
  distribution.keyrings = {"no-such-keyring-anywhere.gpg"};
  EXPECT_EQ(mirrors(), "cannot reach the archives of 'debian-13': this machine has no keyring for it; install package 'debian-archive-keyring' or name one under 'keyrings' in the configuration");
}

TEST_F(MirrorsTest, faulty_files_of_apt_are_noted) {
  write("apt/sources.list", "nonsense\n");
  write("apt/sources.list.d/a.list", "deb http://a.example/debian trixie main\n");
  write("apt/auth.conf.d/a.conf", "machine a.example login ann password x\n");
  write("apt/apt.conf.d/proxy", "Acquire::http::Proxy \"http://early.example\";\n");
  write("apt/apt.conf.d/proxy.dpkg-old", "Acquire::http::Proxy \"http://stale.example\";\n");
  write("apt/apt.conf", "Acquire::http::Proxy \"http://late.example\";\n");
  const AptSetup apt = read_apt(*machine.files, listener, folder.path / "apt");
  ASSERT_EQ(listener.notes.size(), 1u);
  EXPECT_NE(listener.notes[0].find("it does not begin with 'deb'; it is passed over"), std::string::npos);
  EXPECT_EQ(apt.sources.size(), 1u);
  EXPECT_EQ(apt.access.request("https://a.example/").user, "ann");
  EXPECT_EQ(apt.access.request("http://b.example/").proxy, "http://late.example");
}

/// Repositories of third parties, with a key that is served.
class ThirdPartyTest : public MirrorsTest {
 protected:
  void SetUp() override {
    MirrorsTest::SetUp();
    write("site/key.asc", key.certificate());
    auto started = host::LoopbackServer::start(folder.path / "site");
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    wanted.lines = {"deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://pkgs.example/deb/main trixie main extra"};
    wanted.keyrings = {server->url() + "/key.asc"};
    options.first_pause_ms = 1;
  }
  Result<std::vector<Archive>> ask() { return third_party_archives(machine, wanted, options, folder.path / "cache"); }

  static const fixture::SigningKey key;
  ThirdParty wanted;
  FetchOptions options;
  std::unique_ptr<host::LoopbackServer> server;
};
const fixture::SigningKey ThirdPartyTest::key;

TEST_F(ThirdPartyTest, keys_need_to_be_accepted) {
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::Denied);
  EXPECT_EQ(refused.error().message, fmt::format("cannot use keyring '{}': nobody has accepted its key; when you know that it is the right one, pass --accept-key {}", wanted.keyrings[0], key.fingerprint()));
  EXPECT_FALSE(machine.files->exists(folder.path / "cache" / "keyrings"));
  wanted.accepted = {std::string(40, 'A')};
  EXPECT_FALSE(ask());
  std::string spaced = key.fingerprint();
  std::transform(spaced.begin(), spaced.end(), spaced.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  wanted.accepted = {spaced.insert(4, " ")};
  const auto archives = ask();
  ASSERT_TRUE(archives) << archives.error().message;
  const Archive& archive = archives->at(0);
  EXPECT_EQ(archive.name, "pkgs.example/deb/main");
  EXPECT_EQ(archive.components, (std::vector<std::string>{"main", "extra"}));
  EXPECT_EQ(archive.architectures, (std::vector<std::string>{"amd64"}));
  EXPECT_EQ(archive.signers, (std::vector<std::string>{key.fingerprint()}));
  EXPECT_EQ(*machine.files->read(archive.keyrings.at(0)), key.certificate());
}

TEST_F(ThirdPartyTest, keys_are_kept_for_a_day_and_offline) {
  wanted.accepted = {key.fingerprint()};
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());
  EXPECT_EQ(server->count("/key.asc"), 1u);
  options.offline = true;
  EXPECT_TRUE(ask());
  wanted.accepted.clear();
  EXPECT_FALSE(ask());
  wanted.keyrings = {server->url() + "/other.asc"};
  const auto unknown = ask();
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, Kind::Unavailable);
}

TEST_F(ThirdPartyTest, without_keyrings_those_of_the_host_count) {
  wanted.keyrings.clear();
  const auto none = ask();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "cannot use repository 'https://pkgs.example/deb/main': this machine has no keyring for it; name the address of one under 'keyring'");
  wanted.lines = {"deb https://ann:secret@pkgs.example/deb trixie-backports main"};
  wanted.fallback_keyrings = {folder.path / "keys/debian-archive-keyring.gpg"};
  const auto archives = ask();
  ASSERT_TRUE(archives) << archives.error().message;
  EXPECT_EQ(archives->at(0).name, "pkgs.example/deb");
  EXPECT_EQ(archives->at(0).keyrings, wanted.fallback_keyrings);
  wanted.lines = {"deb [signed-by=" + (folder.path / "keys/mine.gpg").string() + "] https://pkgs.example/deb trixie main"};
  write("keys/mine.gpg", "k");
  EXPECT_FALSE(ask()) << "a keyring outside of the keyring folders";
  wanted.keyring_folders = {folder.path / "keys"};
  EXPECT_TRUE(ask());
}

TEST_F(ThirdPartyTest, lines_that_make_no_sense_are_refused) {
  wanted.accepted = {key.fingerprint()};
  for (const char* line : {"deb cdrom:x trixie main", "deb https://a.example/$(ARCH) trixie main", "deb https://a.example", "nonsense"}) {
    wanted.lines = {line};
    const auto archives = ask();
    ASSERT_FALSE(archives) << line;
    EXPECT_EQ(archives.error().kind, Kind::Invalid) << archives.error().message;
  }
}

}  // namespace
}  // namespace ashlar::deb
