// The files of several packages, and what the definition lays over them, as one image.
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "build/inner/trial.h"

namespace ashlar::build {
namespace {

using namespace trial;

class Furnishing : public Trial {
 protected:
  plan::PathRule rule(plan::PathType type, std::string path, std::string source = "") {
    plan::PathRule out;
    out.type = type;
    out.path = std::move(path);
    out.source = std::move(source);
    return out;
  }
};

struct Row {
  const char* summary;
  std::vector<Package> packages;
  std::string error;                            ///< a part of the message, or empty
  std::map<std::string, std::string> contents = {};  ///< of files
  std::vector<std::string> absent = {};
};

TEST_F(Furnishing, FilesOfSeveralPackages) {
  const Row rows[] = {
      {"the same file twice is an error that names both", {{"aa", {{"etc/x", "1"}}}, {"bb", {{"etc/x", "2"}}}}, "cannot place file '/etc/x': packages 'aa' and 'bb' both ship it"},
      {"a file and a folder of one name", {{"aa", {{"etc/x", "1"}}}, {"bb", {folder("etc/x")}}}, "packages 'aa' and 'bb'"},
      {"folders are shared", {{"aa", {folder("srv"), {"srv/a", "1"}}}, {"bb", {folder("srv"), {"srv/b", "2"}}}}, "", {{"srv/a", "1"}, {"srv/b", "2"}}},
      {"Replaces lets the later win", {{"aa", {{"etc/x", "1"}, {"etc/y", "1"}}}, {"bb", {{"etc/x", "2"}}, "1", "Replaces: zz, aa\n"}}, "", {{"etc/x", "2"}, {"etc/y", "1"}}},
      {"Replaces lets the earlier win", {{"aa", {{"etc/x", "1"}}, "1", "Replaces: bb\n"}, {"bb", {{"etc/x", "2"}}}}, "", {{"etc/x", "1"}}},
      {"Replaces of an older version does not fit", {{"aa", {{"etc/x", "1"}}, "2.0"}, {"bb", {{"etc/x", "2"}}, "1", "Replaces: aa (<< 2.0)\n"}}, "neither replaces"},
      {"Replaces of that version fits", {{"aa", {{"etc/x", "1"}}, "2.0"}, {"bb", {{"etc/x", "2"}}, "1", "Replaces: aa (<< 2.0.1~)\n"}}, "", {{"etc/x", "2"}}},
      {"merged usr: both spellings are one path", {{"aa", {{"lib/x.so", "1"}}}, {"bb", {{"usr/lib/x.so", "2"}}}}, "cannot place file '/usr/lib/x.so'"},
      {"merged usr: files go below usr, and links lead there", {{"aa", {{"lib/x.so", "1"}, program("sbin/init")}}}, "", {{"usr/lib/x.so", "1"}, {"usr/sbin/init", "\177ELF..."}}, {"lib/x.so"}},
      {"a hard link stays one", {{"aa", {{"usr/a", "1"}, hard_link("usr/b", "usr/a")}}}, "", {{"usr/a", "1"}}},
      {"a file below another package's link goes where it leads", {{"aa", {folder("srv/real"), symlink("srv/link", "real")}}, {"bb", {folder("srv/link"), {"srv/link/x", "1"}}}}, "", {{"srv/real/x", "1"}},
       {"srv/link/x"}},
      {"a link that leads to another's file", {{"aa", {{"srv/real/x", "1"}, symlink("srv/link", "/srv/real")}}, {"bb", {{"srv/link/x", "2"}}}}, "cannot place file '/srv/real/x'"},
      {"documentation goes, copyright and links to it stay",
       {{"aa", {{"usr/share/doc/aa/copyright", "c"}, {"usr/share/doc/aa/README", "r"}, symlink("usr/share/doc/bb", "aa"), {"usr/share/man/man1/a.1", "m"}, {"usr/share/locale/de/a.mo", "l"},
                 {"usr/lib/p/__pycache__/a.pyc", "p"}, {"usr/lib/p/a.py", "s"}}}},
       "", {{"usr/share/doc/aa/copyright", "c"}, {"usr/lib/p/a.py", "s"}}, {"usr/share/doc/aa/README", "usr/share/man/man1/a.1", "usr/share/locale/de/a.mo", "usr/lib/p/__pycache__/a.pyc"}},
      {"a path that climbs out is refused", {{"aa", {{"../x", "1"}}}}, "'aa'"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    lock_packages(row.packages);
    if (!row.error.empty()) {
      EXPECT_NE(error().find(row.error), std::string::npos) << error();
      continue;
    }
    const Contents all = contents();
    for (const auto& [path, content] : row.contents) {
      ASSERT_TRUE(all.contains(path)) << path;
      EXPECT_EQ(all.at(path).content, content) << path;
    }
    for (const std::string& path : row.absent) EXPECT_FALSE(all.contains(path)) << path;
  }
}

TEST_F(Furnishing, MergedUsrLinksAreMadeWhereNoneAreShipped) {
  lock_packages({{"aa", {{"lib/x.so", "1"}, program("bin/x")}}});
  const Contents all = contents();
  EXPECT_EQ(all.at("lib").entry.link, "usr/lib");
  EXPECT_EQ(all.at("bin").entry.type, FileType::Symlink);
  EXPECT_FALSE(all.contains("lib64"));
}

TEST_F(Furnishing, LinksKeepTypeTargetAndLayer) {
  lock_packages({{"aa", {{"usr/a", "1"}, hard_link("usr/b", "usr/a"), symlink("usr/c", "/etc/x")}}});
  const Contents all = contents();
  EXPECT_EQ(all.at("usr/b").entry.type, FileType::HardLink);
  EXPECT_EQ(all.at("usr/b").entry.link, "usr/a");
  EXPECT_EQ(all.at("usr/b").layer, all.at("usr/a").layer);
  EXPECT_EQ(all.at("usr/c").entry.link, "/etc/x");
}

TEST_F(Furnishing, CapabilitiesAreKept) {
  File ping = program("usr/bin/ping");
  const std::string value("\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  ping.xattrs["security.capability"] = value;
  lock_packages({{"aa", {ping}}});
  EXPECT_EQ(contents().at("usr/bin/ping").entry.xattrs.at("security.capability"), value);
}

TEST_F(Furnishing, EveryParentIsThere) {
  lock_packages({{"aa", {{"opt/a/b/c", "1"}}}});
  const Contents all = contents();
  for (const char* path : {"opt", "opt/a", "opt/a/b"}) {
    ASSERT_TRUE(all.contains(path)) << path;
    EXPECT_EQ(all.at(path).entry.type, FileType::Directory);
    EXPECT_EQ(all.at(path).entry.mode, 0755U);
  }
}

TEST_F(Furnishing, PathsOfTheDefinition) {
  using plan::PathType;
  write_catalog("conf/main.conf", "main");
  write_catalog("conf/d/one.conf", "one");
  lock_packages({{"aa", {folder("run"), symlink("var/run", "/run"), {"etc/gone", "g"}, {"etc/first", "f"}, hard_link("etc/second", "etc/first"), hard_link("etc/third", "etc/first"),
                         {"etc/aa/x", "x"}, program("usr/bin/aa")}}});
  definition.paths = {rule(PathType::Delete, "/etc/gone"), rule(PathType::Delete, "/etc/first"),  rule(PathType::Delete, "/usr/share/doc/never"), rule(PathType::Directory, "/etc/conf", "conf"),
                      rule(PathType::File, "/etc/copy", "/usr/bin/aa"), rule(PathType::Symlink, "/etc/link", "aa/x"), rule(PathType::EmptyFile, "/var/run/aa.pid"), rule(PathType::Directory, "/data"),
                      rule(PathType::File, "/etc/aa/x")};
  definition.paths[7].uid = definition.paths[7].gid = 65532;
  definition.paths[7].mode = 0700;
  definition.paths[8].content = "mine";
  const Contents all = contents();
  EXPECT_FALSE(all.contains("etc/gone"));
  EXPECT_FALSE(all.contains("etc/first"));
  EXPECT_EQ(all.at("etc/second").content, "f");
  EXPECT_EQ(all.at("etc/third").entry.link, "etc/second");
  EXPECT_EQ(all.at("etc/conf/main.conf").content, "main");
  EXPECT_EQ(all.at("etc/conf/d/one.conf").content, "one");
  EXPECT_EQ(all.at("etc/copy").content, "\177ELF...");
  EXPECT_EQ(all.at("etc/copy").entry.mode, 0755U);
  EXPECT_EQ(all.at("etc/link").entry.link, "aa/x");
  EXPECT_EQ(all.at("run/aa.pid").entry.size, 0U);
  EXPECT_FALSE(all.contains("var/run/aa.pid"));
  EXPECT_EQ(all.at("data").entry.uid, 65532U);
  EXPECT_EQ(all.at("data").entry.mode, 0700U);
  EXPECT_EQ(all.at("etc/aa/x").content, "mine");
}

TEST_F(Furnishing, RecursiveOwnersOfWhatPackagesShip) {
  lock_packages({{"aa", {folder("srv/d"), {"srv/d/x", "x"}, {"srv/d/e/y", "y"}, {"srv/z", "z"}}}});
  definition.paths = {rule(plan::PathType::Directory, "/srv/d")};
  definition.paths[0].uid = definition.paths[0].gid = 7;
  definition.paths[0].recursive = true;
  const Contents all = contents();
  for (const char* path : {"srv/d", "srv/d/x", "srv/d/e", "srv/d/e/y"}) EXPECT_EQ(all.at(path).entry.uid, 7U) << path;
  EXPECT_EQ(all.at("srv/d/e/y").content, "y");
  EXPECT_EQ(all.at("srv/z").entry.uid, 0U);
}

TEST_F(Furnishing, SourcesOutsideOfTheCatalogueAreNotRead) {
  namespace fs = std::filesystem;
  write_catalog("conf/own", "own");
  std::ofstream(folder_ / "secret") << "of the host";
  fs::create_symlink(folder_ / "secret", options.catalog_root / "link");
  fs::create_symlink(folder_, options.catalog_root / "conf/out");
  fs::create_symlink("conf/own", options.catalog_root / "inner");
  lock_packages({{"aa", {{"etc/x", "x"}}}});
  const struct {
    const char* summary;
    plan::PathType type;
    std::string source;
    bool good;
  } rows[] = {
      {"a link to a file of the host", plan::PathType::File, "link", false},
      {"by dots", plan::PathType::File, "../secret", false},
      {"a folder that holds a link to outside", plan::PathType::Directory, "conf", false},
      {"through a link to a folder outside", plan::PathType::File, "conf/out/secret", false},
      {"a link within", plan::PathType::File, "inner", true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.summary);
    definition.paths = {rule(row.type, "/etc/taken", row.source)};
    definition.digest_hex = Digest::of(row.summary).hex();
    const auto image = assemble_into("layout");
    EXPECT_EQ(image.has_value(), row.good);
    if (!image) {
      EXPECT_EQ(image.error().kind, Kind::Denied) << image.error().message;
    }
  }
}

TEST_F(Furnishing, ANewOwnerTakesSetIdBitsAway) {
  File su = program("usr/bin/su");
  su.mode = 04755;
  lock_packages({{"login", {su}}});
  definition.paths = {rule(plan::PathType::Directory, "/usr")};
  definition.paths[0].recursive = true;
  EXPECT_EQ(contents().at("usr/bin/su").entry.mode, 0755U);
}

TEST_F(Furnishing, AFileIsNoFolder) {
  lock_packages({{"aa", {{"etc/a", "x"}}}, {"bb", {{"etc/a/b", "y"}}}});
  const auto image = assemble_into("layout");
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message.find("is a file, not a directory"), std::string::npos) << image.error().message;
}

TEST_F(Furnishing, ThePackageIsTheOneThatTheLockNames) {
  lock_packages({{"aa", {{"etc/x", "x"}}}});
  plan::LockedPackage& locked = lock.platforms.begin()->second.packages.at(0);
  for (std::string plan::LockedPackage::* field : {&plan::LockedPackage::name, &plan::LockedPackage::version, &plan::LockedPackage::architecture}) {
    const std::string before = locked.*field;
    locked.*field = "other";
    const auto image = assemble_into("layout");
    ASSERT_FALSE(image);
    EXPECT_NE(image.error().message.find("the lock 'other'"), std::string::npos) << image.error().message;
    locked.*field = before;
  }
  EXPECT_TRUE(assemble_into("layout"));
}

TEST_F(Furnishing, DownloadsArePlacedAndChecked) {
  const auto digest = packages().put(as_bytes("downloaded"));
  ASSERT_TRUE(digest);
  lock_packages({{"aa", {{"etc/x", "x"}}}});
  lock.platforms["linux/amd64"].files = {{"/opt/tool", "https://example.org/tool", digest->hex(), 10}};
  plan::Download wanted;
  wanted.url = "https://example.org/tool";
  wanted.path = "/opt/tool";
  wanted.mode = 0755;
  definition.files = {wanted};
  const Contents all = contents();
  EXPECT_EQ(all.at("opt/tool").content, "downloaded");
  EXPECT_EQ(all.at("opt/tool").entry.mode, 0755U);
  definition.digest_hex = std::string(64, '2');
  ASSERT_TRUE(machine.files->write(packages().path(*digest), "forged"));
  EXPECT_NE(error().find("cannot place file '/opt/tool'"), std::string::npos) << error();
}

TEST_F(Furnishing, WhatTheImageStartsMustBeThereTable) {
  struct Started { std::string summary; std::vector<std::string> entrypoint, cmd; std::string health; std::string note; };
  const Package tool{"tool", {program("usr/bin/tool"), {"usr/bin/text", "text"}, symlink("usr/bin/link", "tool"), folder("usr/bin/folder")}};
  const std::vector<Started> rows = {
      {"nothing", {}, {}, "", ""},
      {"a program in PATH", {}, {"tool", "--serve"}, "", ""},
      {"a link to it", {"/usr/bin/link"}, {}, "", ""},
      {"below a link", {"/bin/tool"}, {}, "", ""},
      {"a program that is not there", {"/usr/bin/tol"}, {}, "", "'example/small' starts '/usr/bin/tol', which is not in the image or cannot be executed\n"},
      {"a name that is not in PATH", {}, {"tol"}, "", "'example/small' starts 'tol', which"},
      {"a file that nobody may execute", {"text"}, {}, "", "starts 'text', which"},
      {"a folder", {"folder"}, {}, "", "starts 'folder', which"},
      {"a health check that is not there", {"tool"}, {}, "ask --well", "the health check of 'example/small' starts 'ask', which"},
      {"a health check", {"tool"}, {}, "tool --well", ""},
  };
  for (const Started& row : rows) {
    SCOPED_TRACE(row.summary);
    definition.entrypoint = row.entrypoint;
    definition.cmd = row.cmd;
    definition.health.reset();
    if (!row.health.empty()) definition.health = plan::Health{"exec", row.health};
    definition.digest_hex = Digest::of(row.summary).hex();
    lock_packages({tool});
    progress.notes.clear();
    const auto image = assemble_into("layout");
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_NE(progress.notes.find(row.note), std::string::npos) << progress.notes;
    EXPECT_EQ(progress.notes.find("starts") != std::string::npos, !row.note.empty()) << progress.notes;
  }
}

TEST_F(Furnishing, WhatARuntimeImageMustNotHold) {
  struct Guarded {
    const char* summary;
    std::vector<Package> packages;
    std::vector<std::string> asked, interpreters;
    std::string error;
    bool dev = false, published = false;
  };
  const Package dash{"dash", {program("bin/sh")}};
  File su = program("usr/bin/su");
  su.mode = 04755;
  const Guarded rows[] = {
      {"a shell", {dash}, {}, {}, "'/usr/bin/sh' of package 'dash' is an interpreter: name it under 'interpreters' with a reason, or exclude the package with '!dash'"},
      {"a shell with a reason", {dash}, {}, {"/bin/sh"}, ""},
      {"a shell with a reason, by a glob", {dash}, {}, {"/usr/bin/*"}, ""},
      {"a shell, and a glob over another folder", {dash}, {}, {"/usr/lib/*"}, "'/usr/bin/sh' of package 'dash' is an interpreter"},
      {"Java", {{"jre", {program("usr/bin/java")}}}, {}, {}, "'/usr/bin/java' of package 'jre' is an interpreter"},
      {"a shell whose package is asked for, without a reason", {dash}, {"dash"}, {}, "'/usr/bin/sh' of package 'dash' is an interpreter"},
      {"a shell that a definition in the published format asks for", {dash}, {"dash"}, {}, "", false, true},
      {"a shell for development", {dash}, {}, {}, "", true},
      {"a versioned interpreter", {{"perl", {program("usr/bin/perl5.40.1")}}}, {}, {}, "'/usr/bin/perl5.40.1' of package 'perl'"},
      {"no interpreter, only named alike", {{"aa", {program("usr/bin/python3-config")}}}, {}, {}, ""},
      {"a package manager", {{"dpkg", {program("usr/bin/dpkg")}}}, {}, {}, "'/usr/bin/dpkg' of package 'dpkg' is a package manager"},
      {"set-id bits", {{"login", {su}}}, {"login"}, {}, "'/usr/bin/su' of package 'login' has set-id bits"},
      {"set-id bits, in the published format", {{"login", {su}}}, {"login"}, {}, "", false, true},
      {"all are named at once", {dash, {"login", {su}}}, {}, {}, "'/usr/bin/su'"},
  };
  for (const Guarded& row : rows) {
    SCOPED_TRACE(row.summary);
    definition.packages.clear();
    definition.interpreters.clear();
    for (const std::string& name : row.asked) definition.packages.push_back({name, "", false, {}});
    for (const std::string& path : row.interpreters) definition.interpreters.push_back({path, "initdb needs it", {}});
    definition.variant = row.dev ? plan::Variant::Dev : plan::Variant::Runtime;
    definition.published = row.published;
    definition.digest_hex = Digest::of(row.summary).hex();
    lock_packages(row.packages);
    const auto image = assemble_into("layout");
    EXPECT_EQ(image.has_value(), row.error.empty());
    if (!image) {
      EXPECT_NE(image.error().message.find(row.error), std::string::npos) << image.error().message;
    }
  }
}

TEST_F(Furnishing, SetIdBitsAreTakenOffWhereThePublishedFormatCannotNameThem) {
  File su = program("usr/bin/su"), mail = program("usr/bin/mail"), ping = program("usr/bin/ping");
  su.mode = 04755, mail.mode = 02755;
  lock_packages({{"login", {su}}, {"mail", {mail, ping}}});
  definition.published = true;
  ASSERT_TRUE(assemble_into("layout"));
  const Contents there = contents();
  for (const char* path : {"usr/bin/su", "usr/bin/mail", "usr/bin/ping"}) EXPECT_EQ(there.at(path).entry.mode, 0755U) << path;
  EXPECT_NE(progress.notes.find("the set-id bits of '/usr/bin/mail', '/usr/bin/su' are taken off"), std::string::npos) << progress.notes;
}

}  // namespace
}  // namespace ashlar::build
