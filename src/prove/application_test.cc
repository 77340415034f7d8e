#include "prove/application.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "prove/inner/locales.h"
#include "prove/inner/planted.h"

namespace ashlar::prove {
namespace {

/// The image clean() with `more` on it.
Application read(const oci::Config& config, const std::vector<Members>& more) {
  std::vector<Members> layers = {clean()};
  layers.insert(layers.end(), more.begin(), more.end());
  inventory::Target target = target_of(layers, config);
  auto out = read_application(target);
  EXPECT_TRUE(out) << (out ? "" : out.error().message);
  return out ? *out : Application();
}

template <class Rows>
std::vector<std::string> paths(const Rows& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row.path);
  return out;
}

using Paths = std::vector<std::string>;

oci::Config starting(std::vector<std::string> entrypoint, std::vector<std::string> cmd = {}) {
  oci::Config config;
  config.entrypoint = std::move(entrypoint);
  config.cmd = std::move(cmd);
  config.env = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  return config;
}

/// A shell and what an entry script needs, of a package; and that script, of nobody.
Members scripted() {
  return {{"var/lib/dpkg/status.d/dash", "Package: dash\nVersion: 0.5\nArchitecture: amd64\n"},
          {"var/lib/dpkg/info/dash.list", "/.\n/usr\n/usr/bin\n/usr/bin/dash\n"},
          {"var/lib/dpkg/status", "Package: dash\nStatus: install ok installed\nVersion: 0.5\nArchitecture: amd64\n"},
          {"var/lib/dpkg/info/dash.md5sums", ""},
          program("usr/bin/dash", SmallElf{}.bytes()), symlink("usr/bin/sh", "dash"),
          program("usr/bin/python3.13", SmallElf{}.bytes()), symlink("usr/bin/python3", "python3.13"),
          folder("srv"), program("srv/start", "#!/bin/sh\nset -e\nexport A=1\nexec python3 -u /srv/app.py \"$@\"\n"), program("srv/app.py", "#!/usr/bin/env -S python3 -u\nprint()\n")};
}

TEST(Application, WhatIsStartedIsFollowedThroughScripts) {
  struct Row {
    const char* summary;
    oci::Config config;
    Paths scripts;   ///< among them
  };
  const Row rows[] = {
      {"an entry script", starting({"/srv/start"}), {"/srv/start"}},
      {"by another program", starting({"/usr/bin/app", "--", "/srv/start"}), {"/srv/start"}},
      {"as a shell's text", starting({"/bin/sh", "-c", "A=1 exec /srv/start; true"}), {"/srv/start"}},
      {"as cmd behind an entry point", starting({"/usr/bin/app"}, {"/srv/app.py"}), {"/srv/app.py"}},
  };
  for (const Row& row : rows) {
    const Application application = read(row.config, {scripted()});
    for (const std::string& path : row.scripts) EXPECT_TRUE(std::ranges::count(paths(application.scripts), path)) << row.summary;
    EXPECT_TRUE(std::ranges::is_sorted(paths(application.scripts))) << row.summary;
  }
  const Application application = read(starting({"/srv/start"}), {scripted()});
  const auto programs = paths(application.programs);
  EXPECT_TRUE(std::ranges::count(programs, "/usr/bin/dash")) << "the script's interpreter, though a package brought it";
  EXPECT_TRUE(std::ranges::count(programs, "/usr/bin/python3.13")) << "what it hands over to";
  const auto dash = std::ranges::find(application.programs, "/usr/bin/dash", &Application::Program::path);
  EXPECT_EQ(dash->package, "dash");
  const auto start = std::ranges::find(application.scripts, "/srv/start", &Application::Script::path);
  ASSERT_NE(start, application.scripts.end());
  EXPECT_EQ(start->interpreter, "/bin/sh");
  EXPECT_EQ(start->package, "");
  EXPECT_NE(start->text.find("exec python3"), std::string::npos);
  EXPECT_EQ(std::ranges::find(application.scripts, "/srv/app.py", &Application::Script::path)->interpreter, "python3");
  EXPECT_EQ(application.interpreters, (Paths{"/usr/bin/dash", "/usr/bin/python3.13"}));
  // Where nothing starts the shell, it is its package's alone.
  EXPECT_FALSE(std::ranges::count(paths(read(starting({"/usr/bin/app"}), {scripted()}).programs), "/usr/bin/dash"));
}

TEST(Application, TheHealthCheckStartsSomethingToo) {
  oci::Config config = starting({"/usr/bin/app"});
  config.health = oci::HealthCheck{{"CMD-SHELL", "dash -c x || exit 1"}, 0, 0, 0};
  EXPECT_TRUE(std::ranges::count(paths(read(config, {scripted()}).programs), "/usr/bin/dash"));
  config.health = oci::HealthCheck{{"CMD", "/srv/start"}, 0, 0, 0};
  EXPECT_TRUE(std::ranges::count(paths(read(config, {scripted()}).scripts), "/srv/start"));
}

TEST(Application, ProgramsTellWhatTheyNeed) {
  SmallElf musl;
  musl.interpreter = "/lib/ld-musl-x86_64.so.1";
  musl.needed = {"libc.musl-x86_64.so.1"};
  SmallElf lacking;
  lacking.needed = {"libc.so.6", "libgone.so.3"};
  SmallElf alone;
  alone.interpreter = "";
  alone.needed = {};
  SmallElf beside;
  beside.needed = {"libown.so.1"};
  beside.runpath = "$ORIGIN/../lib";
  Member able = program("opt/able", SmallElf{}.bytes());
  able.xattrs["security.capability"] = std::string("\1\0\0\2\0\4\0\0", 8);
  const Application application = read(starting({"/opt/musl"}), {{program("opt/musl", musl.bytes()), program("opt/lacking", lacking.bytes()), program("opt/alone", alone.bytes()), folder("opt/bin"), folder("opt/lib"),
                                                                   program("opt/bin/beside", beside.bytes()), program("opt/lib/libown.so.1", small_library("libown.so.1").bytes()), able}});
  const auto of = [&](std::string_view path) {
    const auto found = std::ranges::find(application.programs, path, &Application::Program::path);
    EXPECT_NE(found, application.programs.end()) << path;
    return found == application.programs.end() ? Application::Program() : *found;
  };
  EXPECT_EQ(of("/opt/musl").libc, Application::Libc::Musl);
  EXPECT_EQ(of("/opt/musl").loader, "/lib/ld-musl-x86_64.so.1");
  EXPECT_FALSE(of("/opt/musl").unresolved.empty()) << "a loader that is not there";
  EXPECT_EQ(of("/opt/lacking").libc, Application::Libc::Glibc);
  EXPECT_EQ(of("/opt/lacking").needs, (Paths{"libc.so.6", "libgone.so.3"}));
  ASSERT_EQ(of("/opt/lacking").unresolved.size(), 1U);
  EXPECT_NE(of("/opt/lacking").unresolved[0].find("libgone.so.3"), std::string::npos) << of("/opt/lacking").unresolved[0];
  EXPECT_EQ(of("/opt/alone").libc, Application::Libc::None);
  EXPECT_TRUE(of("/opt/bin/beside").unresolved.empty()) << "by its RUNPATH";
  EXPECT_TRUE(of("/opt/able").capabilities);
  EXPECT_FALSE(of("/opt/alone").capabilities);
}

TEST(Application, WhatWasGivenByHand) {
  const std::string pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
  struct Row {
    const char* summary;
    Members more;
    Paths certificates;
    std::string zone;
    Paths locales;
  };
  const Row rows[] = {
      {"nothing", {}, {}, "", {}},
      {"an own root", {folder("usr/local"), {"usr/local/ca.crt", pem}}, {"/usr/local/ca.crt"}, "", {}},
      {"a key is no root", {{"opt/a.key", key}}, {}, "", {}},
      {"a bundle that was put together", {folder("etc/ssl"), folder("etc/ssl/certs"), {"etc/ssl/certs/ca-certificates.crt", pem}}, {}, "", {}},
      {"a zone by a link", {folder("usr/share/zoneinfo"), folder("usr/share/zoneinfo/Europe"), {"usr/share/zoneinfo/Europe/Berlin", "TZif"}, symlink("etc/localtime", "/usr/share/zoneinfo/Europe/Berlin")}, {}, "Europe/Berlin", {}},
      {"a zone by its name", {{"etc/timezone", "Asia/Tokyo\n"}}, {}, "Asia/Tokyo", {}},
      {"UTC", {{"etc/timezone", "Etc/UTC\n"}}, {}, "", {}},
      {"locales in folders", {folder("usr/lib/locale"), folder("usr/lib/locale/C.utf8"), folder("usr/lib/locale/de_DE.utf8")}, {}, "", {"de_DE.utf8"}},
  };
  for (const Row& row : rows) {
    const Application application = read(starting({"/usr/bin/app"}), {row.more});
    EXPECT_EQ(application.certificates, row.certificates) << row.summary;
    EXPECT_EQ(application.time_zone, row.zone) << row.summary;
    EXPECT_EQ(application.locales, row.locales) << row.summary;
    EXPECT_EQ(application.distribution, "debian-13") << row.summary;
  }
}

TEST(Application, FoldersThatItsUserMayWriteTo) {
  struct Row {
    const char *summary, *user;
    Members more;
    Paths writable;
  };
  const Row rows[] = {
      {"of root's none", "", {folder("data")}, {}},
      {"for everybody", "", {folder("data", 01777), folder("data/below", 0777)}, {"/data"}},
      {"another's", "nonroot", {folder("data")}, {}},
      {"everybody's, for another", "nonroot", {folder("data", 0777), folder("database", 0777)}, {"/data", "/database"}},
      {"nobody can enter it", "nonroot", {folder("data", 0776)}, {}},
      {"temporary ones are not told", "", {folder("tmp/x", 0777)}, {}},
      {"a user who is not there", "who", {folder("data", 0777)}, {"/data"}},
  };
  for (const Row& row : rows) {
    oci::Config config = starting({"/usr/bin/app"});
    config.user = row.user;
    const Application application = read(config, {row.more});
    EXPECT_EQ(application.writable, row.writable) << row.summary;
    EXPECT_EQ(application.user.has_value(), std::string_view(row.user) != "who") << row.summary;
  }
}

TEST(Application, PackagesOfApkOwnTheirFiles) {
  const Members alpine = {folder("usr/lib/apk"), folder("usr/lib/apk/db"), {"usr/lib/apk/db/installed", "P:busybox\nV:1.37.0-r1\nA:x86_64\nF:usr/bin\nR:busybox\n\n"}, program("usr/bin/busybox", SmallElf{}.bytes()), program("usr/bin/mine", SmallElf{}.bytes())};
  const Application application = read(starting({"/usr/bin/mine"}), {alpine});
  EXPECT_FALSE(std::ranges::count(paths(application.programs), "/usr/bin/busybox"));
  EXPECT_TRUE(std::ranges::count(paths(application.programs), "/usr/bin/mine"));
  EXPECT_TRUE(std::ranges::count(application.interpreters, "/usr/bin/busybox"));
}

TEST(Locales, NamesInAnArchive) {
  std::string archive;
  const std::string names = std::string("de_DE.utf8\0en_US.utf8\0", 22);
  for (const std::uint64_t word : {std::uint64_t{0xde020109}, std::uint64_t{1}, std::uint64_t{56}, std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{56}, std::uint64_t{names.size()}, std::uint64_t{64}}) put_number(archive, word, 4);
  archive.resize(56);
  EXPECT_EQ(locales_in_archive(archive + names), (Paths{"de_DE.utf8", "en_US.utf8"}));
  EXPECT_EQ(locales_in_archive(archive + names.substr(0, 15)), (Paths{"de_DE.utf8"})) << "cut short";
  for (const std::string& none : {std::string(), std::string("text"), archive.substr(0, 20), "x" + archive}) EXPECT_TRUE(locales_in_archive(none).empty());
  archive[20] = '\xff', archive[21] = '\xff', archive[22] = '\xff';
  EXPECT_TRUE(locales_in_archive(archive + names).empty()) << "names outside of it";
}

}  // namespace
}  // namespace ashlar::prove
