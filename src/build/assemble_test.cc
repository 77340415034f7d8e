#include "build/assemble.h"

#include <algorithm>
#include <clocale>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "base/json.h"
#include "build/inner/trial.h"

namespace ashlar::build {
namespace {

using namespace trial;

class Assemble : public Trial {
 protected:
  std::string config_text(const Image& image) {
    const auto manifest = oci::read_manifest(blob(image.manifest.digest));
    EXPECT_TRUE(manifest);
    return blob(manifest->config.digest);
  }
  std::string blob(const Digest& digest) { return *machine.files->read(folder_ / "layout/blobs/sha256" / digest.hex()); }

  std::vector<Package> small() const {
    return {{"base-files", {folder("etc"), folder("usr"), folder("usr/lib"), folder("tmp", 01777), symlink("bin", "usr/bin"), symlink("lib", "usr/lib"), {"etc/debian_version", "13.8\n"},
                            {"usr/lib/os-release", "ID=debian\n"}, symlink("etc/os-release", "../usr/lib/os-release"), {"usr/share/doc/base-files/copyright", "free\n"}}},
            {"libc6", {{"usr/lib/x86_64-linux-gnu/libc.so.6", "\177ELF libc"}, {"usr/share/doc/libc6/changelog.Debian.gz", "news"}, {"usr/share/doc/libc6/copyright", "LGPL\n"}},
             "2.41-12", "", {{"md5sums", "00000000000000000000000000000000  usr/lib/x86_64-linux-gnu/libc.so.6\n11111111111111111111111111111111  usr/share/doc/libc6/changelog.Debian.gz\n"}}},
            {"tool", {folder("usr/bin"), program("usr/bin/tool"), hard_link("usr/bin/tool-1", "usr/bin/tool"), {"usr/share/man/man1/tool.1.gz", "manual"}, {"etc/tool.conf", "a=1\n"}},
             "1:2.0-3", "", {{"conffiles", "/etc/tool.conf\n"}}}};
  }
};

std::string line_of(const Found& found) {
  static constexpr std::string_view types = "fhlcbdp";
  const TarEntry& entry = found.entry;
  return fmt::format("{} {} {:04o} {}:{} {} {} {}{}\n", found.layer, types[static_cast<size_t>(entry.type)], entry.mode, entry.uid, entry.gid, entry.mtime, entry.size, entry.path,
                     entry.link.empty() ? "" : " -> " + entry.link);
}

TEST_F(Assemble, SmallImageIsAsOnRecord) {
  lock_packages(small());
  std::string listing;
  for (const auto& [path, found] : contents()) listing += line_of(found);
  const host::Path golden = host::Path(ASHLAR_SOURCE_DIR) / "tests/data/build/small.txt";
  if (std::getenv("ASHLAR_ACCEPT") != nullptr) {
    ASSERT_TRUE(machine.files->write(golden, listing));
  }
  const auto expected = machine.files->read(golden);
  ASSERT_TRUE(expected) << expected.error().message;
  EXPECT_EQ(listing, *expected);
}

TEST_F(Assemble, SameDigestWhoeverBuildsWhereverAndHowever) {
  auto packages = small();
  Package large{"large", {}};
  for (int at = 0; at < 40; ++at) {  // several members, so that threads share them
    std::string content;
    for (int number = 0; content.size() < 100000; ++number) content += std::to_string(number * 7919 % (at + 100)) + " ";
    large.files.push_back({fmt::format("usr/lib/large/{}", at), content});
  }
  packages.push_back(large);
  lock_packages(packages);
  options.threads = 1;
  const std::string first = digest("first");
  ASSERT_TRUE(first.starts_with("sha256:")) << first;
  for (const unsigned threads : {1U, 2U, 7U}) {
    options.threads = threads;
    options.cache = folder_ / fmt::format("cache-{}", threads);
    EXPECT_EQ(digest(fmt::format("at/another/place-{}", threads)), first) << threads;
  }
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  std::setlocale(LC_ALL, "C.UTF-8");
  options.cache = folder_ / "cache-odd";
  EXPECT_EQ(digest("odd"), first);
  ::unsetenv("TZ");
  ::tzset();
  std::setlocale(LC_ALL, "C");
}

TEST_F(Assemble, NothingChangedIsFoundByItsStamp) {
  lock_packages(small());
  const std::string first = digest("layout");
  // Without packages and frames nothing could be made: the stamp alone tells.
  std::filesystem::remove_all(folder_ / "packages");
  std::filesystem::remove_all(options.cache / "blobs");
  EXPECT_EQ(digest("layout"), first);
  // A blob that is not whole is no image.
  const auto image = assemble_into("layout");
  ASSERT_TRUE(image);
  std::filesystem::resize_file(folder_ / "layout/blobs/sha256" / image->layers[0].descriptor.digest.hex(), 10);
  EXPECT_NE(digest("layout"), first);
}

TEST_F(Assemble, EveryInputMovesTheDigest) {
  write_catalog("motd", "one");
  definition.paths = {{plan::PathType::File, "/etc/motd", "motd", {}, 0, 0, {}, false, {}, {}, {}}};
  lock_packages(small());
  std::set<std::string> digests = {digest("layout")};
  write_catalog("motd", "two");
  digests.insert(digest("layout"));
  definition.cmd = {"tool"};
  definition.digest_hex = std::string(64, '1');
  digests.insert(digest("layout"));
  auto packages = small();
  packages[2].files[1].content = "\177ELF other";
  lock_packages(packages);
  digests.insert(digest("layout"));
  EXPECT_EQ(digests.size(), 4U);
}

TEST_F(Assemble, VariantsShareLayersOfCommonPackages) {
  lock_packages(small());
  const auto runtime = assemble_into("layout");
  auto packages = small();
  packages.push_back({"bash", {program("usr/bin/bash")}});
  lock_packages(packages);
  definition.variant = plan::Variant::Dev;
  definition.accounts.run_as = "root";
  const auto dev = assemble_into("layout");
  ASSERT_TRUE(runtime && dev);
  const auto layer_with = [](const Image& image, const std::string& name) {
    for (const Image::Layer& layer : image.layers) {
      if (std::ranges::find(layer.packages, name) != layer.packages.end()) return layer.descriptor.digest.str();
    }
    return std::string();
  };
  EXPECT_EQ(layer_with(*runtime, "libc6"), layer_with(*dev, "libc6"));
  EXPECT_EQ(layer_with(*runtime, "tool"), layer_with(*dev, "tool"));
}

TEST_F(Assemble, RuntimeDatabaseIsWhatScannersRead) {
  lock_packages(small());
  const Contents all = contents();
  ASSERT_TRUE(all.contains("var/lib/dpkg/status.d/libc6"));
  EXPECT_EQ(all.at("var/lib/dpkg/status.d/libc6").content, "Package: libc6\nVersion: 2.41-12\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\n");
  EXPECT_EQ(all.at("var/lib/dpkg/status.d/libc6.md5sums").content, "00000000000000000000000000000000  usr/lib/x86_64-linux-gnu/libc.so.6\n");
  EXPECT_FALSE(all.contains("var/lib/dpkg/status"));
  EXPECT_EQ(all.at("etc/debian_version").content, "13.8\n");
  EXPECT_EQ(all.at("usr/lib/os-release").content, "ID=debian\nVARIANT_ID=runtime\nIMAGE_ID=\"small\"\nIMAGE_VERSION=\"1\"\n");
}

TEST_F(Assemble, OsReleaseIsTheDefinitionsAndQuoted) {
  lock_packages(small());
  definition.os_release.name = "Small \"$1\" \\ `x`";
  definition.os_release.id = "debian";
  definition.os_release.version_id = "13";
  EXPECT_EQ(contents().at("usr/lib/os-release").content,
            "NAME=\"Small \\\"\\$1\\\" \\\\ \\`x\\`\"\nVERSION_ID=\"13\"\nID=debian\nVARIANT_ID=runtime\nIMAGE_ID=\"small\"\nIMAGE_VERSION=\"1\"\n");
}

TEST_F(Assemble, OsReleaseComesFromTheDistributionWhereNobodySays) {
  options.release = {"Debian GNU/Linux", "debian", {}, "13", "trixie", "Debian GNU/Linux 13 (trixie)", {}, {}};
  const std::string identity = "VARIANT_ID=runtime\nIMAGE_ID=\"small\"\nIMAGE_VERSION=\"1\"\n";
  const std::string distribution = "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\nID=debian\n";
  const struct {
    const char* summary;
    bool base_files;
    plan::OsRelease own;
    std::string text, debian_version;
  } rows[] = {
      {"neither definition nor base-files", false, {}, distribution + identity, "13\n"},
      {"base-files alone", true, {}, "ID=debian\n" + identity, "13.8\n"},
      {"a name alone", false, {"Small", {}, {}, {}, {}, {}, {}, {}}, "NAME=\"Small\"\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\nID=debian\n" + identity, "13\n"},
      {"a definition's own", false, {{}, "stone", {}, {}, {}, {}, {}, {}}, "ID=stone\n" + identity, ""},
  };
  for (const auto& row : rows) {
    auto packages = small();
    if (!row.base_files) packages.erase(packages.begin());
    lock_packages(packages);
    definition.os_release = row.own;
    definition.digest_hex = Digest::of(row.summary).hex();
    const Contents all = contents();
    EXPECT_EQ(all.at("usr/lib/os-release").content, row.text) << row.summary;
    EXPECT_EQ(all.at("etc/os-release").entry.link, "../usr/lib/os-release") << row.summary;
    EXPECT_EQ(all.contains("etc/debian_version") ? all.at("etc/debian_version").content : "", row.debian_version) << row.summary;
  }
}

TEST_F(Assemble, DevDatabaseIsWhatDpkgReads) {
  auto packages = small();
  packages[1].fields = "Multi-Arch: same\n";
  packages[1].control["triggers"] = "# comment\ninterest-noawait ldconfig\ninterest /usr/lib/x\nactivate-noawait other\n";
  packages[1].control["shlibs"] = "libc 6 libc6\n";
  packages.push_back({"apt", {program("usr/bin/apt-get")}});
  packages.push_back({"debian-archive-keyring", {{"usr/share/keyrings/debian-archive-keyring.gpg", "keys"}}});
  lock_packages(packages);
  lock.archives = {{"debian", "trixie", std::string(64, 'a'), "2026-11-15T00:00:00Z", {"main"}}, {"debian-security", "trixie-security", std::string(64, 'b'), "2026-11-16T00:00:00Z", {"main"}}};
  definition.variant = plan::Variant::Dev;
  definition.accounts.run_as = "root";
  options.image_mirror = "http://mirror.example/debian/";
  const Contents all = contents();
  const std::string status = all.at("var/lib/dpkg/status").content;
  EXPECT_NE(status.find("Package: tool\nStatus: install ok installed\nVersion: 1:2.0-3\n"), std::string::npos) << status;
  EXPECT_NE(status.find("Conffiles:\n /etc/tool.conf " + md5_hex(as_bytes("a=1\n")) + "\n"), std::string::npos) << status;
  const std::string list = all.at("var/lib/dpkg/info/tool.list").content;
  EXPECT_EQ(list, "/.\n/usr/bin\n/usr/bin/tool\n/usr/bin/tool-1\n/etc/tool.conf\n");
  EXPECT_EQ(all.at("var/lib/dpkg/info/libc6:amd64.shlibs").content, "libc 6 libc6\n");
  EXPECT_EQ(all.at("var/lib/dpkg/triggers/ldconfig").content, "libc6:amd64/noawait\n");
  EXPECT_EQ(all.at("var/lib/dpkg/triggers/File").content, "/usr/lib/x libc6:amd64\n");
  EXPECT_EQ(all.at("etc/apt/sources.list.d/debian.sources").content,
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
            "Types: deb\nURIs: http://mirror.example/debian-security\nSuites: trixie-security\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n");
  EXPECT_EQ(all.at("var/lib/apt/lists/partial").entry.type, FileType::Directory);
}

TEST_F(Assemble, ImageRecordNamesTheOwnerOfEveryPath) {
  write_catalog("motd", "hello");
  definition.paths = {{plan::PathType::File, "/etc/motd", "motd", {}, 0, 0, {}, false, {}, {}, {}}};
  definition.slices = {{"tool", {}, {"/etc/**"}, {}}};
  lock_packages(small());
  const Contents all = contents();
  const auto record = parse_json(all.at("usr/share/ashlar/image.json").content, "image.json");
  ASSERT_TRUE(record);
  std::set<std::string> owned;
  for (const auto& [owner, paths] : record->at("owners").items()) {
    for (const auto& path : paths) EXPECT_TRUE(owned.insert(path.get<std::string>()).second) << path;
  }
  for (const auto& [path, found] : all) EXPECT_TRUE(owned.contains(path)) << path;
  EXPECT_EQ(owned.size(), all.size());
  const auto has = [&](const char* owner, const char* path) { return std::ranges::find(record->at("owners").at(owner), Json(path)) != record->at("owners").at(owner).end(); };
  EXPECT_TRUE(has("package:tool", "usr/bin/tool-1"));
  EXPECT_TRUE(has("definition", "etc/motd"));
  EXPECT_EQ(record->at("slices").at("tool").at("exclude").at(0), "/etc/**");
  EXPECT_FALSE(all.contains("etc/tool.conf"));
}

TEST_F(Assemble, AScriptThatSetsAModeLeavesTheFileToItsPackage) {
  auto packages = small();
  packages.push_back({"keys",
                      {folder("usr/bin"), program("usr/bin/agent"), program("usr/bin/daemon"), hard_link("usr/bin/daemon-1", "usr/bin/daemon"), {"usr/lib/keys/same", "12\n"}, {"usr/lib/keys/other", "12\n"}, {"usr/lib/keys/longer", "12\n"}},
                      "1", "",
                      {{"md5sums", "0  usr/bin/agent\n1  usr/bin/daemon-1\n2  usr/lib/keys/other\n"},
                       {"postinst", "#!/bin/sh\nset -e\nchmod 0750 /usr/bin/agent\nchown 0:5 /usr/bin/daemon-1\necho 12 > /usr/lib/keys/same\necho 21 > /usr/lib/keys/other\necho 123 > /usr/lib/keys/longer\n"}}});
  lock_packages(packages);
  const Contents all = contents();
  EXPECT_EQ(all.at("usr/bin/agent").entry.mode, 0750U) << "the script was followed";
  EXPECT_EQ(all.at("usr/bin/daemon-1").entry.gid, 5U);
  EXPECT_EQ(all.at("usr/lib/keys/other").content, "21\n");
  const auto record = parse_json(all.at("usr/share/ashlar/image.json").content, "image.json");
  ASSERT_TRUE(record);
  const auto owner_of = [&](std::string_view path) {
    for (const auto& [owner, paths] : record->at("owners").items())
      if (std::ranges::find(paths, Json(path)) != paths.end()) return owner;
    return std::string();
  };
  EXPECT_EQ(owner_of("usr/bin/agent"), "package:keys");
  EXPECT_EQ(owner_of("usr/bin/daemon-1"), "package:keys") << "a hard link has its bytes elsewhere";
  EXPECT_EQ(owner_of("usr/lib/keys/same"), "package:keys") << "they are the package's bytes";
  EXPECT_EQ(owner_of("usr/lib/keys/other"), "effect:script:keys.postinst");
  EXPECT_EQ(owner_of("usr/lib/keys/longer"), "effect:script:keys.postinst");
  EXPECT_EQ(all.at("var/lib/dpkg/status.d/keys.md5sums").content, "0  usr/bin/agent\n1  usr/bin/daemon-1\n") << "digests of what is still the package's";
}

TEST_F(Assemble, AFileToWhichTheDefinitionGivesAnotherModeKeepsItsPackagesDigest) {
  auto packages = small();
  const std::string agent = "\177ELF agent\n", other = "other\n";
  packages.push_back({"keys", {folder("usr/bin"), {"usr/bin/agent", agent}, {"usr/bin/other", other}}, "1", "", {{"md5sums", md5_hex(as_bytes(agent)) + "  usr/bin/agent\n" + md5_hex(as_bytes(other)) + "  usr/bin/other\n"}}});
  lock_packages(packages);
  plan::PathRule mode, words;
  mode.type = words.type = plan::PathType::File;
  mode.path = "/usr/bin/agent", mode.mode = 0750;
  words.path = "/usr/bin/other", words.content = "our own\n";
  definition.paths = {mode, words};
  const Contents all = contents();
  EXPECT_EQ(all.at("usr/bin/agent").entry.mode, 0750U);
  EXPECT_EQ(all.at("usr/bin/other").content, "our own\n");
  EXPECT_EQ(all.at("var/lib/dpkg/status.d/keys.md5sums").content, md5_hex(as_bytes(agent)) + "  usr/bin/agent\n");
}

TEST_F(Assemble, ConfigSaysWhatTheDefinitionSays) {
  definition.environment = {{"LANG", "C.UTF-8"}};
  definition.entrypoint = {"/usr/bin/tool"};
  definition.cmd = {"--help"};
  definition.ports = {"8080", "53/udp"};
  definition.annotations = {{"org.opencontainers.image.title", "Small"}};
  definition.stop_signal = "SIGQUIT";
  lock_packages(small());
  const auto image = assemble_into("layout");
  ASSERT_TRUE(image) << image.error().message;
  const auto config = oci::read_config(config_text(*image));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->user, "65532:65532");
  EXPECT_EQ(config->env, (std::vector<std::string>{"LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}));
  EXPECT_EQ(config->entrypoint, definition.entrypoint);
  EXPECT_EQ(config->ports, (std::vector<std::string>{"53/udp", "8080/tcp"}));
  EXPECT_EQ(config->labels.at("org.opencontainers.image.title"), "Small");
  EXPECT_EQ(config->created, "2023-11-14T22:13:20Z");
  EXPECT_EQ(config->history.size(), image->layers.size());
  EXPECT_EQ(oci::read_manifest(blob(image->manifest.digest))->annotations.at("org.opencontainers.image.title"), "Small");
}

TEST_F(Assemble, UsersAreNumbers) {
  struct Row { const char* summary; std::string run_as, user; };
  const Row rows[] = {{"a name of the definition", "web", "1001:1002"}, {"root", "root", "0:0"}, {"a number with its group", "7:8", "7:8"},
                      {"a number of a user", "1001", "1001:1002"}, {"another number", "65532", "65532:65532"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    definition.accounts.users = {{"web", 1001, 1002, "", ""}};
    definition.accounts.run_as = row.run_as;
    definition.digest_hex = Digest::of(row.run_as).hex();
    lock_packages(small());
    const auto image = assemble_into("layout");
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_EQ(oci::read_config(config_text(*image))->user, row.user);
  }
}

TEST_F(Assemble, ZstdHoldsTheSameContent) {
  lock_packages(small());
  const auto gzip = assemble_into("layout");
  lock.encoder = encoder("zstd");
  const auto zstd = assemble_into("layout");
  ASSERT_TRUE(gzip && zstd);
  ASSERT_EQ(gzip->layers.size(), zstd->layers.size());
  for (size_t at = 0; at < gzip->layers.size(); ++at) {
    EXPECT_EQ(gzip->layers[at].diff_id, zstd->layers[at].diff_id);
    EXPECT_EQ(zstd->layers[at].descriptor.media_type, oci::media::layer_zstd);
  }
  EXPECT_EQ(read(*gzip, "layout").size(), read(*zstd, "layout").size());
}

TEST_F(Assemble, AnotherEncoderIsSaidAndChangesNoContent) {
  lock_packages(small());
  const auto first = assemble_into("layout");
  lock.encoder.version = "0.1";
  const auto second = assemble_into("layout");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->layers[0].diff_id, second->layers[0].diff_id);
  EXPECT_NE(progress.notes.find("libdeflate 0.1"), std::string::npos) << progress.notes;
}

TEST_F(Assemble, MissingAndForgedPackagesAreNamed) {
  lock_packages(small());
  auto& tool = lock.platforms["linux/amd64"].packages.back();
  const std::string sha256 = tool.sha256;
  tool.sha256 = std::string(64, 'e');
  EXPECT_NE(error().find("cannot unpack package 'tool' 1:2.0-3: "), std::string::npos) << error();
  EXPECT_NE(error().find("not in the cache"), std::string::npos) << error();
  tool.sha256 = sha256;
  const host::Path file = packages().path(*Digest::parse_hex(sha256));
  std::string bytes = *machine.files->read(file);
  bytes[bytes.size() - 5] = 'x';
  ASSERT_TRUE(machine.files->write(file, bytes));
  EXPECT_NE(error().find("'tool'"), std::string::npos) << error();
  std::filesystem::remove_all(options.cache);
  EXPECT_FALSE(assemble_into("layout"));
}

TEST_F(Assemble, DamagedFramesAreMadeAgain) {
  lock_packages(small());
  const std::string first = digest("layout");
  std::vector<host::Path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options.cache)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  ASSERT_GT(files.size(), 6U);
  int number = 0;
  for (const host::Path& file : files) {
    const std::string whole = *machine.files->read(file);
    for (const bool cut : {false, true}) {
      SCOPED_TRACE(file.string() + (cut ? " cut" : " flipped"));
      std::string bytes = cut ? whole.substr(0, whole.size() / 2) : whole;
      if (!cut) bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
      ASSERT_TRUE(machine.files->write(file, bytes));
      // A new layout, so that everything is packed from the cache; without notes of layers and images every other time.
      if (++number % 3 == 0) std::filesystem::remove_all(options.cache / "layers");
      std::filesystem::remove_all(options.cache / "images");
      EXPECT_EQ(digest(fmt::format("again-{}", number)), first);
    }
  }
}

}  // namespace
}  // namespace ashlar::build
