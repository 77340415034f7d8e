// The catalogue's images from the archive that this host's apt uses, looked into: apt and dpkg work in a `-dev` image, which is what the distribution's
// own tools make of the same packages; Java reads the key store.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "stage.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class DevFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* each : {"umoci", "bwrap", "apt-get", "dpkg"}) ASHLAR_NEED(each);
    if (!is_root()) GTEST_SKIP() << "files of many owners are unpacked as root alone";
    stage.environment["XDG_CACHE_HOME"] = ASHLAR_BUILD_DIR "/flow-cache";
    architecture = stage.run({"dpkg", "--print-architecture"}).out;
    architecture = architecture.substr(0, architecture.find('\n'));
    fs::copy(ASHLAR_SOURCE_DIR "/catalog", stage.folder() / "catalog", fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(stage.folder() / "catalog"))
      if (entry.path().string().ends_with(".lock.json")) fs::remove(entry.path());
    // The archive that apt of this machine uses, whatever suite that takes from it.
    std::istringstream lines(stage.run({"apt-get", "indextargets", "--format", "$(REPO_URI)"}).out);
    for (std::string line; std::getline(lines, line);) {
      while (line.ends_with('/')) line.pop_back();
      if (line.ends_with("/debian")) mirror = line;
    }
    if (mirror.empty()) GTEST_SKIP() << "this host's apt names no mirror of Debian";
  }
  /// Locks and builds for this machine and unpacks into `image/`; nothing where the archive cannot be had.
  bool unpack(const std::string& definition) {
    const Ran locked = stage.ashlar({"lock", definition, "--platform", "linux/" + architecture});
    if (locked.code == 4 || locked.err.find("no mirror of") != std::string::npos || locked.err.find("keyring") != std::string::npos) {
      why = locked.err;
      return false;
    }
    const Ran built = stage.ashlar({"build", definition, "-o", "oci:out:1", "--platform", "linux/" + architecture, "--image-mirror", mirror});
    EXPECT_EQ(built.code, 0) << built.told;
    const Ran unpacked = stage.run({"umoci", "unpack", "--image", "out:1", "image"});
    EXPECT_EQ(unpacked.code, 0) << unpacked.told;
    return true;
  }
  /// Runs in the image as root, with the machine's network and names.
  Ran inside(const Words& argv, const Words& more = {}) {
    for (const char* name : {"resolv.conf", "hosts"}) fs::copy_file(fs::path("/etc") / name, stage.folder() / "image/rootfs/etc" / name, fs::copy_options::overwrite_existing);
    Words all = {"bwrap", "--unshare-pid", "--unshare-ipc", "--cap-add", "ALL", "--bind", (stage.folder() / "image/rootfs").string(), "/", "--dev", "/dev", "--proc", "/proc", "--clearenv",
                 "--setenv", "PATH", "/usr/sbin:/usr/bin", "--setenv", "DEBIAN_FRONTEND", "noninteractive", "--setenv", "LC_ALL", "C.UTF-8"};
    all.insert(all.end(), more.begin(), more.end());
    all.insert(all.end(), argv.begin(), argv.end());
    return stage.run(all);
  }

  Stage stage;
  std::string architecture, mirror, why;
};

TEST_F(DevFlow, apt_and_dpkg_work_in_the_image) {
  if (!unpack("catalog/base/13-dev.yaml")) GTEST_SKIP() << "the archive is out of reach: " << why;
  const Ran bare = inside({"true"});
  if (bare.code != 0) GTEST_SKIP() << "this machine lets bubblewrap start nothing: " << bare.err;
  struct Row { std::string summary; Words argv; std::string told; };
  for (const Row& row : {Row{"every package is configured", {"dpkg", "--audit"}, ""}, Row{"every file is as its package ships it", {"dpkg", "--verify"}, ""}}) {
    const Ran ran = inside(row.argv);
    EXPECT_EQ(ran.code, 0) << row.summary << "\n" << ran.told;
    EXPECT_EQ(ran.out, row.told) << row.summary;
  }
  const Ran checked = inside({"apt-get", "check"});
  EXPECT_EQ(checked.code, 0) << checked.told;
  const Ran updated = inside({"apt-get", "-q", "update", "-o", "APT::Update::Error-Mode=any"});
  EXPECT_EQ(updated.code, 0) << updated.told;
  const Ran installed = inside({"apt-get", "-q", "install", "-y", "--no-install-recommends", "hello", "jq"});
  EXPECT_EQ(installed.code, 0) << installed.told;
  EXPECT_EQ(inside({"hello"}).out, "Hello, world!\n");
  EXPECT_EQ(inside({"jq", "-n", "6 * 7"}).out, "42\n");
  const Ran gone = inside({"apt-get", "-q", "purge", "-y", "--autoremove", "hello", "jq"});
  EXPECT_EQ(gone.code, 0) << gone.told;
  const Ran audit = inside({"dpkg", "--audit"});
  EXPECT_EQ(audit.out, "") << "after packages came and went";
}

/// A path with its kind, mode, owner and target or digest, or nothing where the two need not agree.
std::string describe(Stage& stage, const fs::path& root, const std::string& folder_of_digests) {
  const Ran ran = stage.run({"sh", "-c",
                             "cd " + shell_word(root.string()) + " && { find . -xdev -mindepth 1 ! -type f -printf '%P %y %m %U:%G %l\\n'; find . -xdev -type f -printf '%P %y %m %U:%G ' -exec sha256sum {} ';' | sed 's/ [^ ]*$//'; } | LC_ALL=C sort > " +
                                 shell_word(folder_of_digests)});
  EXPECT_EQ(ran.code, 0) << ran.told;
  return stage.read(folder_of_digests);
}

struct Difference { std::string_view begins, why; };
/// Where an image is other than what debootstrap's successor makes, and why.
constexpr Difference differences[] = {
    {"dev", "made when a container starts"}, {"proc", "made when a container starts"}, {"sys", "made when a container starts"}, {"run", "made when a container starts"},
    {"usr/share/doc", "documentation but for copyrights is left out"}, {"usr/share/man", "manuals are left out"}, {"usr/share/info", "manuals are left out"},
    {"usr/share/locale", "translations are left out"}, {"usr/share/lintian", "for those who make packages"}, {"usr/share/bug", "for those who report faults"},
    {"usr/share/doc-base", "documentation is left out"}, {"var/cache", "caches"}, {"var/log", "logs"}, {"var/lib/apt", "caches"}, {"var/lib/dpkg/lock", "made when it is used"},
    {"var/lib/dpkg/triggers", "made when it is used"}, {"var/lib/dpkg/status", "order of fields"}, {"var/lib/dpkg/diversions", "order of lines, and an older copy"},
    {"var/lib/dpkg/arch", "where mmdebstrap notes the architecture it was asked for"}, {"var/lib/dpkg/available", "empty, as dpkg makes it"}, {"var/lib/dpkg/statoverride", "empty, as dpkg makes it"},
    {"var/lib/dpkg/info/", "lists and sums of what is left out"}, {"var/lib/systemd", "no services"}, {"etc/systemd/system/timers.target.wants", "no services"},
    {"usr/share/ashlar", "what the image says of itself"}, {"usr/lib/os-release", "the definition's"}, {"etc/apt/sources.list", "of another form"}, {"etc/apt/apt.conf.d/99mmdebstrap", "mmdebstrap's"},
    {"etc/fstab", "mmdebstrap's"}, {"etc/hostname", "mmdebstrap's"}, {"etc/hosts", "mmdebstrap's"}, {"etc/resolv.conf", "mmdebstrap's"}, {"etc/machine-id", "every machine has its own"},
    {"etc/.pwd.lock", "made when it is used"}, {"etc/passwd", "the definition's accounts"}, {"etc/group", "the definition's accounts"}, {"etc/shadow", "the day of the build, and accounts"},
    {"etc/gshadow", "the definition's accounts"}, {"etc/subuid", "the definition's accounts"}, {"etc/subgid", "the definition's accounts"}, {"etc/ld.so.cache", "the same libraries, asked for below"},
    {"etc/ssl/certs", "roots that ended are left out"}, {"etc/ca-certificates.conf", "roots that ended are left out"}};

bool may_differ(std::string_view line) {
  const std::string_view path = line.substr(0, line.find(' '));
  // Alternatives of manuals go with the manuals.
  if ((path.starts_with("etc/alternatives/") || path.starts_with("var/lib/dpkg/alternatives/")) && path.ends_with(".gz")) return true;
  return std::ranges::any_of(differences, [&](const Difference& each) { return path.starts_with(each.begins); });
}

TEST_F(DevFlow, is_what_mmdebstrap_makes_of_the_same_packages) {
  ASHLAR_NEED("mmdebstrap");
  if (!unpack("catalog/base/13-dev.yaml")) GTEST_SKIP() << "the archive is out of reach: " << why;
  const Json lock = Json::parse(stage.read("catalog/base/13-dev.lock.json"));
  Words wanted;
  for (const Json& each : lock["platforms"]["linux/" + architecture]["packages"]) wanted.push_back(each["name"].get<std::string>() + "=" + each["version"].get<std::string>());
  stage.write("sources", fmt::format("deb {0} trixie main\ndeb {0} trixie-updates main\ndeb {0}-security trixie-security main\n", mirror));
  const Ran made = stage.run({"sh", "-c", fmt::format("mmdebstrap --quiet --variant=custom --architectures={} --include={} --format=directory --aptopt='Acquire::Check-Valid-Until \"false\"' "
                                                      "--keyring=/usr/share/keyrings trixie theirs - < sources", architecture, fmt::join(wanted, ","))});
  if (made.code != 0) GTEST_SKIP() << "mmdebstrap makes no root here: " << made.err.substr(made.err.size() > 500 ? made.err.size() - 500 : 0);
  std::istringstream ours(describe(stage, stage.folder() / "image/rootfs", (stage.folder() / "ours.txt").string())), theirs(describe(stage, stage.folder() / "theirs", (stage.folder() / "theirs.txt").string()));
  std::vector<std::string> left, right, only_ours, only_theirs;
  size_t same = 0;
  for (std::string line; std::getline(ours, line);) left.push_back(line);
  for (std::string line; std::getline(theirs, line);) right.push_back(line);
  std::ranges::sort(left);
  std::ranges::sort(right);
  std::ranges::set_difference(left, right, std::back_inserter(only_ours));
  std::ranges::set_difference(right, left, std::back_inserter(only_theirs));
  for (const auto* side : {&only_ours, &only_theirs})
    for (const std::string& line : *side) EXPECT_TRUE(may_differ(line)) << (side == &only_ours ? "only in the image: " : "only in mmdebstrap's root: ") << line;
  const auto libraries = [&](const std::string& root) {
    return stage.run({"sh", "-c", "ldconfig -p -C " + root + "/etc/ld.so.cache | grep -v -e '^Cache generated by' -e 'libs found in cache' | sort"}).out;
  };
  EXPECT_EQ(libraries("image/rootfs"), libraries("theirs"));
  same = left.size() - only_ours.size();
  EXPECT_GT(same, 2000U) << "files, folders and links that are the same in both, byte for byte";
  RecordProperty("same_paths", static_cast<int>(same));
}

TEST_F(DevFlow, java_reads_the_key_store) {
  if (!unpack("catalog/openjdk/21-jre-dev.yaml")) GTEST_SKIP() << "the archive is out of reach: " << why;
  const Ran bare = inside({"true"});
  if (bare.code != 0) GTEST_SKIP() << "this machine lets bubblewrap start nothing: " << bare.err;
  // With the password, so that the digest over the whole store is checked.
  const Ran listed = inside({"keytool", "-list", "-keystore", "/etc/ssl/certs/java/cacerts", "-storepass", "changeit"});
  EXPECT_EQ(listed.code, 0) << listed.told;
  const std::string bundle = stage.read("image/rootfs/etc/ssl/certs/ca-certificates.crt");
  size_t roots = 0;
  for (size_t at = bundle.find("-----BEGIN CERTIFICATE"); at != std::string::npos; at = bundle.find("-----BEGIN CERTIFICATE", at + 1)) ++roots;
  EXPECT_GT(roots, 100U);
  EXPECT_NE(listed.out.find(fmt::format("Your keystore contains {} entries\n", roots)), std::string::npos) << listed.told;
  EXPECT_NE(listed.out.find("debian:isrg_root_x1.pem, "), std::string::npos) << listed.told;
  const Ran wrong = inside({"keytool", "-list", "-keystore", "/etc/ssl/certs/java/cacerts", "-storepass", "another"});
  EXPECT_NE(wrong.code, 0) << "the store is kept by its password";
  const Ran ran = inside({"java", "-jar", "/tmp/check.jar"}, {"--ro-bind", ASHLAR_SOURCE_DIR "/catalog/openjdk/check.jar", "/tmp/check.jar"});
  EXPECT_EQ(ran.out, "all is well in Java 21\n") << ran.told;
}

}  // namespace
}  // namespace ashlar::flow
