#include "deb/archive.h"

#include <gtest/gtest.h>

#include <thread>

#include "deb/inner/archive_fixture.h"
#include "deb/mirrors.h"

namespace ashlar::deb {
namespace {

using fixture::Published;

const std::string hello_deb(100'000, 'h'), world_deb(3000, 'w');

constexpr const char* in_release = "/dists/trixie/InRelease";
constexpr const char* packages_xz = "/dists/trixie/main/binary-amd64/Packages.xz";
constexpr const char* hello_url = "/pool/hello_1.0_amd64.deb";

std::string index_text() { return fixture::stanza("hello", "amd64", hello_deb) + fixture::stanza("world", "all", world_deb); }

/// A served archive, and readers with a cache and a state of their own.
class ArchiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    site.folder = folder.path / "site";
    std::filesystem::create_directories(site.folder);
    auto started = host::LoopbackServer::start(site.folder);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    ASSERT_TRUE(machine.files->write(folder.path / "key.asc", key.certificate()));
    archive = {"debian", "trixie", {"main"}, {server->url()}, {folder.path / "key.asc"}, false, {}, {}};
    site.files[hello_url] = hello_deb;
    site.files["/pool/world_1.0_all.deb"] = world_deb;
    options.first_pause_ms = 1;
  }
  ArchiveReader reader() {
    site.sync();
    return {machine, folder.path / "cache", folder.path / "state", options, listener};
  }
  Result<Index> refresh() { return reader().refresh({archive}, "amd64"); }
  void forget_cache() { ASSERT_TRUE(machine.files->remove_tree(folder.path / "cache")); }
  static ArchiveReader::Wanted wanted_hello() { return {"debian", "trixie", "pool/hello_1.0_amd64.deb", Digest::of(hello_deb).hex(), hello_deb.size()}; }
  std::string hello_path() { return reader().packages().path(Digest::of(hello_deb)).string(); }

  static const fixture::SigningKey key;
  fixture::Folder folder;
  fixture::Site site;
  host::Machine machine = fixture::machine();
  fixture::Listener listener;
  FetchOptions options;
  Archive archive;
  std::unique_ptr<host::LoopbackServer> server;
};
const fixture::SigningKey ArchiveTest::key;


TEST_F(ArchiveTest, reads_what_is_signed) {
  publish(site, key, index_text());
  const auto index = refresh();
  ASSERT_TRUE(index) << index.error().message;
  ASSERT_EQ(index->packages.size(), 2u);
  EXPECT_EQ(index->packages[0].name, "hello");
  EXPECT_EQ(index->packages[1].architecture, "all");
  ASSERT_EQ(index->archives.size(), 1u);
  EXPECT_EQ(index->archives[0].release.signer, key.fingerprint());
  EXPECT_EQ(index->archives[0].release.digest, Digest::of(site.files[in_release]));
}

TEST_F(ArchiveTest, asks_again_only_for_what_changed) {
  publish(site, key, index_text());
  ASSERT_TRUE(refresh());
  ASSERT_TRUE(refresh());
  EXPECT_EQ(server->count(in_release), 2u);
  EXPECT_EQ(server->count(packages_xz), 1u);
  EXPECT_TRUE(server->requests().back().headers.contains("if-none-match"));
  publish(site, key, fixture::stanza("newer", "amd64", "x"), {.date = {fixture::real_now().seconds - 60}});
  const auto index = refresh();
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->packages[0].name, "newer");
  EXPECT_EQ(server->count(packages_xz), 2u);
}

TEST_F(ArchiveTest, one_reader_sees_one_state_for_all_architectures) {
  publish(site, key, index_text());
  auto one = reader();
  ASSERT_TRUE(one.refresh({archive}, "amd64"));
  ASSERT_TRUE(one.refresh({archive}, "amd64"));
  EXPECT_EQ(server->count(in_release), 1u);
}

TEST_F(ArchiveTest, reads_offline_what_it_saw) {
  options.offline = true;
  auto nothing = refresh();
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().kind, Kind::Unavailable);
  EXPECT_EQ(nothing.error().message, "cannot read archive 'debian trixie': it is not in the cache, and nothing may be fetched offline");
  options.offline = false;
  publish(site, key, index_text());
  ASSERT_TRUE(refresh());
  const size_t asked = server->requests().size();
  options.offline = true;
  const auto index = refresh();
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->packages.size(), 2u);
  EXPECT_EQ(server->requests().size(), asked);
}

TEST_F(ArchiveTest, a_bad_answer_does_not_spoil_the_cache) {
  publish(site, key, index_text());
  ASSERT_TRUE(refresh());
  site.files[in_release].resize(200);
  ASSERT_FALSE(refresh());
  options.offline = true;
  EXPECT_TRUE(refresh());
}

TEST_F(ArchiveTest, a_damaged_cache_is_fetched_again) {
  publish(site, key, index_text());
  ASSERT_TRUE(refresh());
  for (const auto& each : std::filesystem::recursive_directory_iterator(folder.path / "cache")) {
    if (!each.is_regular_file() || each.path().extension() == ".json") continue;
    ASSERT_TRUE(machine.files->write(each.path(), "damaged"));
  }
  const auto index = refresh();
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->packages.size(), 2u);
}

TEST_F(ArchiveTest, takes_indexes_by_hash) {
  publish(site, key, index_text(), {.by_hash = true});
  site.files.erase(packages_xz);
  const auto index = refresh();
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(server->count(packages_xz), 0u);
}

TEST_F(ArchiveTest, reads_indexes_whose_plain_form_is_not_listed) {
  publish(site, key, index_text(), {.plain_listed = false});
  ASSERT_TRUE(refresh());
  ASSERT_TRUE(refresh());
  EXPECT_EQ(server->count(packages_xz), 1u);
}

TEST_F(ArchiveTest, waits_for_a_mirror_that_is_being_updated) {
  publish(site, key, index_text());
  auto one = reader();
  ASSERT_TRUE(one.refresh({archive}, "amd64"));
  publish(site, key, fixture::stanza("newer", "amd64", "x"), {.date = {fixture::real_now().seconds - 60}});
  site.sync();
  ASSERT_TRUE(machine.files->remove_tree(folder.path / "cache" / "indexes"));
  const auto index = one.refresh({archive}, "amd64");  // believes the Release file that it has, until an index does not fit it
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->packages[0].name, "newer");
  EXPECT_EQ(server->count(in_release), 2u);
}

struct Refusal {
  const char* summary;
  std::function<void(fixture::Site&, const fixture::SigningKey&, Archive&)> change;
  Kind kind;
  const char* words;  ///< in the message
};

const Refusal refusals[] = {
    {"expired", [](auto& site, auto& key, auto&) { publish(site, key, index_text(), {.valid_until = Time{fixture::real_now().seconds - 60}}); }, Kind::Denied,
     "cannot trust archive 'debian trixie': its Release file was valid until "},
    {"signed by a key that nobody gave us", [](auto& site, auto&, auto&) { publish(site, fixture::SigningKey(), index_text()); }, Kind::Denied, "cannot trust archive 'debian trixie': "},
    {"signed by a key of the keyring that was not accepted", [](auto&, auto&, auto& archive) { archive.signers = {std::string(40, 'A')}; }, Kind::Denied, "which was not accepted for it"},
    {"not signed at all", [](auto& site, auto&, auto&) { site.files[in_release] = "Origin: Test\n"; }, Kind::Denied, "cannot trust archive 'debian trixie': "},
    {"truncated within the text", [](auto& site, auto&, auto&) { site.files[in_release].resize(150); }, Kind::Denied, "cannot trust archive 'debian trixie': "},
    {"changed after it was signed", [](auto& site, auto&, auto&) { site.files[in_release].replace(site.files[in_release].find("Origin: Test"), 12, "Origin: Evil"); }, Kind::Denied,
     "cannot trust archive 'debian trixie': "},
    {"another suite", [](auto& site, auto& key, auto&) { publish(site, key, index_text(), {.codename = "bookworm"}); }, Kind::Denied, "the mirror serves suite 'stable' (bookworm) in its place"},
    {"the main archive in the place of the security archive", [](auto& site, auto&, auto& archive) {
       archive.suite = "trixie-security";
       for (const auto& [path, content] : std::map(site.files)) site.files["/dists/trixie-security" + path.substr(std::min<size_t>(path.size(), 13))] = content;
     }, Kind::Denied, "the mirror serves suite 'stable' (trixie) in its place"},
    {"dated in the future", [](auto& site, auto& key, auto&) { publish(site, key, index_text(), {.date = {fixture::real_now().seconds + 7 * 86400}}); }, Kind::Denied, "in the future"},
    {"an index of the right size with other bytes", [](auto& site, auto&, auto&) { site.files[packages_xz].back() ^= 1; }, Kind::Corrupt, "instead of 'sha256:"},
    {"an index that is too short", [](auto& site, auto&, auto&) { site.files[packages_xz].pop_back(); }, Kind::Corrupt, "bytes came instead of"},
    {"an index that is too long", [](auto& site, auto&, auto&) { site.files[packages_xz] += "more"; }, Kind::Corrupt, "larger than"},
    {"a component that is not there", [](auto&, auto&, auto& archive) { archive.components = {"contrib"}; }, Kind::NotFound, "it has no component 'contrib', but main"},
    {"an index that is not there", [](auto& site, auto&, auto&) { site.files.erase(packages_xz); }, Kind::NotFound, "the server does not have it"},
    {"an index that is no index", [](auto& site, auto& key, auto&) { publish(site, key, "what is this\n"); }, Kind::Corrupt, "it is no field"},
    {"no such suite", [](auto& site, auto&, auto&) { site.files.erase(in_release); }, Kind::NotFound, "the server does not have it"},
};

TEST_F(ArchiveTest, refuses) {
  for (const Refusal& row : refusals) {
    SCOPED_TRACE(row.summary);
    publish(site, key, index_text());
    forget_cache();
    ASSERT_TRUE(machine.files->remove_tree(folder.path / "state"));
    archive = {"debian", "trixie", {"main"}, {server->url()}, {folder.path / "key.asc"}, false, {}, {}};
    row.change(site, key, archive);
    const auto index = refresh();
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().kind, row.kind) << index.error().message;
    EXPECT_NE(index.error().message.find(row.words), std::string::npos) << index.error().message;
    EXPECT_FALSE(machine.files->exists(folder.path / "state" / "releases") && !machine.files->list(folder.path / "state" / "releases")->empty()) << "kept in spite of the refusal";
  }
}

TEST_F(ArchiveTest, servers_that_refuse_or_fail_are_unavailable) {
  publish(site, key, index_text());
  for (const auto& [status, words, requests] : {std::tuple{401, "a login for it goes into apt's auth.conf", 1u}, std::tuple{503, "the server answers 503", 3u}}) {
    server->set_fault(in_release, fixture::answers(status));
    const size_t before = server->count(in_release);
    const auto index = refresh();
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().kind, Kind::Unavailable);
    EXPECT_NE(index.error().message.find(words), std::string::npos) << index.error().message;
    EXPECT_EQ(server->count(in_release) - before, requests);
  }
}

TEST_F(ArchiveTest, an_architecture_that_is_not_there_is_named) {
  publish(site, key, index_text());
  const auto index = reader().refresh({archive}, "arm64");
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().message, "cannot read archive 'debian trixie': it has nothing for architecture 'arm64', but for amd64");
  archive.architectures = {"amd64"};
  const auto left_out = reader().refresh({archive}, "arm64");
  ASSERT_TRUE(left_out) << left_out.error().message;
  EXPECT_TRUE(left_out->archives.empty());
}

TEST_F(ArchiveTest, an_older_release_is_refused_even_without_a_cache) {
  publish(site, key, index_text(), {.date = {fixture::real_now().seconds - 7200}});
  const auto old = site.files;
  ASSERT_TRUE(refresh());
  publish(site, key, index_text(), {.date = {fixture::real_now().seconds - 60}});
  ASSERT_TRUE(refresh());
  const auto now = site.files;
  for (const bool cached : {true, false}) {
    if (!cached) forget_cache();
    site.files = old;
    const auto replayed = refresh();
    ASSERT_FALSE(replayed);
    EXPECT_EQ(replayed.error().kind, Kind::Denied);
    EXPECT_NE(replayed.error().message.find("is older than the one of"), std::string::npos) << replayed.error().message;
    site.files = now;
    EXPECT_TRUE(refresh());
  }
}

TEST_F(ArchiveTest, a_damaged_record_of_the_newest_release_is_no_way_round_it) {
  publish(site, key, index_text());
  ASSERT_TRUE(refresh());
  for (const auto& each : std::filesystem::directory_iterator(folder.path / "state" / "releases")) {
    if (each.path().extension() != ".json") continue;
    ASSERT_TRUE(machine.files->write(each.path(), "{"));
  }
  const auto index = refresh();
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, Kind::Corrupt);
}

TEST_F(ArchiveTest, the_next_mirror_is_asked_when_one_fails) {
  publish(site, key, index_text());
  archive.mirrors = {"http://127.0.0.1:9", server->url() + "/nothing", server->url()};
  EXPECT_TRUE(refresh());
  EXPECT_TRUE(reader().fetch({wanted_hello()}, {archive}));
}

TEST_F(ArchiveTest, faults_of_the_server_pass) {
  publish(site, key, index_text());
  for (const char* path : {in_release, packages_xz, hello_url}) server->set_fault(path, fixture::answers(500, 1));
  const auto index = refresh();
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_TRUE(reader().fetch({wanted_hello()}, {archive}));
}

TEST_F(ArchiveTest, packages_of_all_architectures_come_once) {
  const std::string shared = fixture::stanza("world", "all", world_deb);
  const std::string own = fixture::stanza("hello", "amd64", hello_deb) + shared;
  const std::string release = fmt::format("Codename: trixie\nDate: {}\nArchitectures: all amd64\nComponents: main\nSHA256:\n {} {} main/binary-all/Packages\n {} {} main/binary-amd64/Packages\n",
                                          fixture::mail_date({fixture::real_now().seconds - 60}), Digest::of(shared).hex(), shared.size(), Digest::of(own).hex(), own.size());
  site.files[in_release] = key.cleartext(release);
  site.files["/dists/trixie/main/binary-all/Packages"] = shared;
  site.files["/dists/trixie/main/binary-amd64/Packages"] = own;
  const auto index = refresh();
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->packages.size(), 2u);
}

TEST_F(ArchiveTest, reads_flat_repositories) {
  const std::string index_bytes = index_text() + fixture::stanza("other", "arm64", "x");
  const std::string release = fmt::format("Date: {}\nSHA256:\n {} {} Packages\n", fixture::mail_date({fixture::real_now().seconds - 60}), Digest::of(index_bytes).hex(), index_bytes.size());
  archive.components.clear();
  for (const std::string suite : {"/", "debian12/"}) {
    SCOPED_TRACE(suite);
    const std::string base = suite == "/" ? "/" : "/" + suite;
    site.files[base + "InRelease"] = key.cleartext(release);
    site.files[base + "Packages"] = index_bytes;
    archive.suite = suite;
    const auto index = refresh();
    ASSERT_TRUE(index) << index.error().message;
    EXPECT_EQ(index->packages.size(), 2u);
  }
}

TEST_F(ArchiveTest, fetches_packages_once) {
  const ArchiveReader::Wanted world{"debian", "trixie", "pool/world_1.0_all.deb", Digest::of(world_deb).hex(), world_deb.size()};
  ASSERT_TRUE(reader().fetch({wanted_hello(), world}, {archive}));
  ASSERT_TRUE(reader().fetch({wanted_hello(), world}, {archive}));
  EXPECT_EQ(*machine.files->read(hello_path()), hello_deb);
  EXPECT_EQ(server->requests().size(), 2u);
}

TEST_F(ArchiveTest, goes_on_after_a_cut) {
  server->set_fault(hello_url, fixture::cuts_once(60'000));
  const auto done = reader().fetch({wanted_hello()}, {archive});
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(server->requests().size(), 2u);
  EXPECT_EQ(server->requests()[1].headers.at("range"), "bytes=60000-");
  EXPECT_EQ(*machine.files->read(hello_path()), hello_deb);
}

TEST_F(ArchiveTest, goes_on_where_an_earlier_run_was_cut) {
  options.attempts = 1;
  server->set_fault(hello_url, fixture::cuts_once(60'000));
  const auto cut = reader().fetch({wanted_hello()}, {archive});
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, Kind::Unavailable);
  ASSERT_TRUE(reader().fetch({wanted_hello()}, {archive}));
  EXPECT_EQ(server->requests()[1].headers.at("range"), "bytes=60000-");
  EXPECT_FALSE(machine.files->exists(folder.path / "cache" / "partial" / Digest::of(hello_deb).hex()));
}

TEST_F(ArchiveTest, begins_anew_when_what_was_kept_is_wrong) {
  ASSERT_TRUE(machine.files->write(folder.path / "cache" / "partial" / Digest::of(hello_deb).hex(), std::string(5000, 'x')));
  ASSERT_TRUE(reader().fetch({wanted_hello()}, {archive}));
  EXPECT_EQ(server->requests().size(), 2u);
  EXPECT_EQ(*machine.files->read(hello_path()), hello_deb);
}

TEST_F(ArchiveTest, takes_the_whole_file_where_a_server_knows_no_ranges) {
  ASSERT_TRUE(machine.files->write(folder.path / "cache" / "partial" / Digest::of(hello_deb).hex(), hello_deb.substr(0, 5000)));
  server->set_fault(hello_url, fixture::knows_no_ranges());
  ASSERT_TRUE(reader().fetch({wanted_hello()}, {archive}));
  EXPECT_EQ(server->requests().size(), 1u);
}

TEST_F(ArchiveTest, a_package_that_has_left_is_named_with_the_way_out) {
  ArchiveReader::Wanted gone = wanted_hello();
  gone.path = "pool/hello_0.9_amd64.deb";
  const auto done = reader().fetch({gone}, {archive});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Kind::NotFound);
  EXPECT_EQ(done.error().message, "cannot fetch packages: 'hello_0.9_amd64.deb' has left archive 'debian'; `ashlar lock --update` moves the lock to what is there now");
}

TEST_F(ArchiveTest, a_package_with_other_bytes_is_refused) {
  site.files[hello_url][7] = 'x';
  const auto done = reader().fetch({wanted_hello()}, {archive});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Kind::Corrupt);
  EXPECT_FALSE(machine.files->exists(hello_path()));
}

TEST_F(ArchiveTest, an_archive_that_is_not_configured_is_said_so) {
  const auto done = reader().fetch({wanted_hello()}, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "cannot fetch package 'hello_1.0_amd64.deb': its archive is not among those of this machine's configuration");
}

TEST_F(ArchiveTest, many_readers_at_once_fetch_each_package_once) {
  publish(site, key, index_text());
  site.sync();
  const auto new_reader = [&] { return ArchiveReader(machine, folder.path / "cache", folder.path / "state", options, listener); };
  std::vector<std::thread> crew;
  std::atomic<int> good = 0;
  for (int at = 0; at < 6; ++at) {
    crew.emplace_back([&] {
      if (new_reader().refresh({archive}, "amd64") && new_reader().fetch({wanted_hello()}, {archive})) ++good;
    });
  }
  for (std::thread& each : crew) each.join();
  EXPECT_EQ(good, 6);
  EXPECT_EQ(server->count(hello_url), 1u);
}

TEST_F(ArchiveTest, fetches_files_by_digest) {
  site.files["/files/tool.tar"] = "tool";
  ASSERT_TRUE(reader().fetch_files({{server->url() + "/files/tool.tar", Digest::of("tool").hex(), 0}}));
  const auto wrong = reader().fetch_files({{server->url() + "/files/tool.tar", Digest::of("other").hex(), 0}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, Kind::Corrupt);
  const auto none = reader().fetch_files({{server->url() + "/files/none", Digest::of("none").hex(), 0}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::NotFound);
}

TEST(ArchiveLive, reads_the_archive_that_the_host_uses) {
  host::Machine machine = host::real_machine();
  fixture::Folder folder;
  fixture::Listener listener;
  const auto distribution = load_distribution(*machine.files, ASHLAR_SOURCE_DIR "/distributions", "debian-13");
  ASSERT_TRUE(distribution) << distribution.error().message;
  const AptSetup apt = read_apt(*machine.files, listener);
  const auto archives = distribution_archives(*machine.files, *distribution, {}, apt, listener);
  if (!archives) GTEST_SKIP() << archives.error().message;
  FetchOptions options;
  options.access = apt.access;
  options.attempts = 1;
  ArchiveReader reader(machine, folder.path / "cache", folder.path / "state", options, listener);
  const auto index = reader.refresh(*archives, "amd64");
  if (!index && index.error().kind == Kind::Unavailable) GTEST_SKIP() << index.error().message;
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_GT(index->packages.size(), 50'000u);
  EXPECT_EQ(index->archives.size(), 3u);
}

}  // namespace
}  // namespace ashlar::deb
