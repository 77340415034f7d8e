#include "apk/installed.h"

#include <gtest/gtest.h>

#include "apk/version.h"

namespace ashlar::apk {
namespace {

/// In the form of Alpine's own.
constexpr std::string_view two_packages = R"(C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:alpine-baselayout
V:3.6.5-r0
A:x86_64
S:8515
I:315392
T:Alpine base dir structure and init scripts
U:https://git.alpinelinux.org/cgit/aports/tree/main/alpine-baselayout
L:GPL-2.0-only
o:alpine-baselayout
m:Someone <someone@example.org>
t:1714981135
c:66187892e05b03a41d08e9acabd19b7576a1c875
D:alpine-baselayout-data=3.6.5-r0 /bin/sh
q:1000
F:
F:dev
F:etc
R:motd
Z:Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=
F:etc/crontabs
R:root
a:0:0:600
Z:Q1vfk1apUWI4yLJGhhNRd0kJixfvY=
F:tmp
M:0:0:1777

P:musl
V:1.2.5-r8
A:x86_64
p:so:libc.musl-x86_64.so.1=1 cmd:ldd=1.2.5
r:libiconv
s:edge
f:fx
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
R:libc.musl-x86_64.so.1

)";

TEST(Installed, TwoPackages) {
  const auto packages = read_installed(two_packages, "lib/apk/db/installed");
  ASSERT_TRUE(packages.has_value()) << packages.error().message;
  ASSERT_EQ(packages->size(), 2u);
  const Package& layout = packages->at(0);
  EXPECT_EQ(layout.name, "alpine-baselayout");
  EXPECT_EQ(layout.version, "3.6.5-r0");
  EXPECT_TRUE(is_version(layout.version));
  EXPECT_EQ(layout.architecture, "x86_64");
  EXPECT_EQ(layout.origin, "alpine-baselayout");
  EXPECT_EQ(layout.license, "GPL-2.0-only");
  EXPECT_EQ(layout.maintainer, "Someone <someone@example.org>");
  EXPECT_EQ(layout.description, "Alpine base dir structure and init scripts");
  EXPECT_EQ(layout.url, "https://git.alpinelinux.org/cgit/aports/tree/main/alpine-baselayout");
  EXPECT_EQ(layout.commit, "66187892e05b03a41d08e9acabd19b7576a1c875");
  EXPECT_EQ(layout.size, 8515u);
  EXPECT_EQ(layout.installed_size, 315392u);
  EXPECT_EQ(layout.built->str(), "2024-05-06T07:38:55Z");
  EXPECT_EQ(layout.id, (Checksum{Checksum::Hash::Sha1, "a8a719fa3db7c6cb005e681086438ef1d1e76d6c"}));
  EXPECT_EQ(layout.depends, (std::vector<std::string>{"alpine-baselayout-data=3.6.5-r0", "/bin/sh"}));
  EXPECT_EQ(layout.directories, (std::vector<File>{{.path = "", .mode = 0755}, {.path = "dev", .mode = 0755}, {.path = "etc", .mode = 0755}, {.path = "etc/crontabs", .mode = 0755}, {.path = "tmp", .mode = 01777}}));
  EXPECT_EQ(layout.files, (std::vector<File>{{.path = "etc/motd", .checksum = Checksum{.hex = "48b912f610627546cfc30af0f974745a1bf7c30f"}, .mode = 0644},
                                             {.path = "etc/crontabs/root", .checksum = Checksum{.hex = "bdf9356a9516238c8b2468613517749098b17ef6"}, .mode = 0600}}));
  const Package& musl = packages->at(1);
  EXPECT_EQ(musl.name, "musl");
  EXPECT_TRUE(musl.origin.empty());
  EXPECT_EQ(musl.provides, (std::vector<std::string>{"so:libc.musl-x86_64.so.1=1", "cmd:ldd=1.2.5"}));
  EXPECT_EQ(musl.replaces, std::vector<std::string>{"libiconv"});
  EXPECT_EQ(musl.repository_tag, "edge");
  EXPECT_EQ(musl.broken, "fx");
  EXPECT_FALSE(musl.id.has_value());
  EXPECT_FALSE(musl.built.has_value());
  ASSERT_EQ(musl.files.size(), 2u);
  EXPECT_EQ(musl.files[0].mode, 0755u);
  EXPECT_EQ(musl.files[1].path, "lib/libc.musl-x86_64.so.1");
  EXPECT_FALSE(musl.files[1].checksum.has_value());
}

TEST(Installed, Good) {
  const struct {
    const char* summary;
    std::string_view text;
    size_t packages;
  } rows[] = {
      {"nothing", "", 0},
      {"empty lines", "\n\n\n", 0},
      {"no line end behind the last", "P:a\nV:1", 1},
      {"several empty lines between", "\n\nP:a\nV:1\n\n\n\nP:b\nV:1\n\n", 2},
      {"fields that come later", "P:a\nV:1\nk:10\ng:tag\ny:what\nX:more\n\n", 1},
      {"a value that is empty", "P:a\nV:1\nT:\nD:\n\n", 1},
      {"a version that is none is kept: who reads on decides", "P:a\nV:one\n\n", 1},
      {"a file in the root", "P:a\nV:1\nF:\nR:init\n\n", 1},
      {"attributes behind the mode", "P:a\nV:1\nF:bin\nR:ping\na:0:0:755:Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=\n\n", 1},
  };
  for (const auto& row : rows) {
    const auto packages = read_installed(row.text, "x");
    ASSERT_TRUE(packages.has_value()) << row.summary << ": " << packages.error().message;
    EXPECT_EQ(packages->size(), row.packages) << row.summary;
  }
}

TEST(Installed, Checksums) {
  const std::string head = "P:a\nV:1\n", tail = "F:bin\nR:a\nZ:";
  const auto read = [&](const std::string& fields, const std::string& checksum) { return read_installed(head + fields + tail + checksum + "\n\n", "x"); };
  const std::string sha1 = "Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=", hex = "48b912f610627546cfc30af0f974745a1bf7c30f";
  EXPECT_EQ(read("", sha1)->at(0).files[0].checksum, (Checksum{Checksum::Hash::Sha1, hex}));
  EXPECT_EQ(read("", "X1" + hex)->at(0).files[0].checksum, (Checksum{Checksum::Hash::Sha1, hex}));
  EXPECT_EQ(read("f:S\n", sha1)->at(0).files[0].checksum, (Checksum{Checksum::Hash::Sha256Cut, hex}));
  EXPECT_EQ(read("f:S\n", sha1)->at(0).broken, "");
  EXPECT_EQ(read("", "Q247DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")->at(0).files[0].checksum,
            (Checksum{Checksum::Hash::Sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}));
  for (const std::string bad : {"", "Q", "Q1", "Q3SLkS9hBidUbPwwrw+XR0Whv3ww8=", "Y1SLkS9hBidUbPwwrw+XR0Whv3ww8=", "Q1SLkS9hBidUbPwwrw+XR0Whv3ww8", "Q1AAAA", "Q2SLkS9hBidUbPwwrw+XR0Whv3ww8=",
                                "X148B912f610627546cfc30af0f974745a1bf7c30f", "X148b9", "Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=Q1"})
    EXPECT_EQ(read("", bad).error().message, "cannot read line 5 of 'x': '" + bad + "' is no checksum");
}

TEST(Installed, Bad) {
  const struct {
    const char* summary;
    std::string_view text, message;
  } rows[] = {
      {"a line that is no field", "P:a\nV:1\nwhat\n\n", "cannot read line 3 of 'x': it is no field"},
      {"one character", "P:a\nV\n\n", "cannot read line 2 of 'x': it is no field"},
      {"no name", "V:1\nA:x86_64\n\n", "cannot read 'x': the package that ends at line 3 has no name"},
      {"no version", "P:a\n\nP:b\nV:1\n\n", "cannot read 'x': the package that ends at line 2 has no version"},
      {"a size that is none", "P:a\nV:1\nS:many\n\n", "cannot read line 3 of 'x': 'many' is no number"},
      {"a size beyond 64 bits", "P:a\nV:1\nI:99999999999999999999\n\n", "cannot read line 3 of 'x': '99999999999999999999' is no number"},
      {"a negative time", "P:a\nV:1\nt:-1\n\n", "cannot read line 3 of 'x': '-1' is no number"},
      {"a time behind all years", "P:a\nV:1\nt:253402300800\n\n", "cannot read line 3 of 'x': '253402300800' is no time"},
      {"a file without a directory", "P:a\nV:1\nR:sh\n\n", "cannot read line 3 of 'x': the file 'sh' has no directory"},
      {"a directory of the package before", "P:a\nV:1\nF:bin\n\nP:b\nV:1\nR:sh\n\n", "cannot read line 7 of 'x': the file 'sh' has no directory"},
      {"a file with a path", "P:a\nV:1\nF:bin\nR:../etc/passwd\n\n", "cannot read line 4 of 'x': '../etc/passwd' is no name of a file"},
      {"a file that is upwards", "P:a\nV:1\nF:bin\nR:..\n\n", "cannot read line 4 of 'x': '..' is no name of a file"},
      {"a directory upwards", "P:a\nV:1\nF:bin/../../etc\n\n", "cannot read line 3 of 'x': 'bin/../../etc' is no path within the root"},
      {"a directory from the root", "P:a\nV:1\nF:/etc\n\n", "cannot read line 3 of 'x': '/etc' is no path within the root"},
      {"an owner without a directory", "P:a\nV:1\nM:0:0:755\n\n", "cannot read line 3 of 'x': an owner stands before the first directory"},
      {"an owner without a file", "P:a\nV:1\nF:bin\na:0:0:755\n\n", "cannot read line 4 of 'x': 'a:' stands before the first file of its directory"},
      {"a checksum of the directory before", "P:a\nV:1\nF:bin\nR:sh\nF:lib\nZ:Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=\n\n", "cannot read line 6 of 'x': 'Z:' stands before the first file of its directory"},
      {"an owner in part", "P:a\nV:1\nF:bin\nM:0:0\n\n", "cannot read line 4 of 'x': '0:0' is no owner and mode"},
      {"a mode that is not octal", "P:a\nV:1\nF:bin\nM:0:0:789\n\n", "cannot read line 4 of 'x': '789' is no number"},
      {"a mode of more than permissions", "P:a\nV:1\nF:bin\nM:0:0:100755\n\n", "cannot read line 4 of 'x': '100755' is no mode"},
      {"cut within a checksum", "P:a\nV:1\nF:bin\nR:sh\nZ:Q1SLkS9h", "cannot read line 5 of 'x': 'Q1SLkS9h' is no checksum"},
  };
  for (const auto& row : rows) {
    const auto packages = read_installed(row.text, "x");
    ASSERT_FALSE(packages.has_value()) << row.summary;
    EXPECT_EQ(packages.error().message, row.message) << row.summary;
    EXPECT_EQ(packages.error().kind, Kind::Corrupt) << row.summary;
  }
}

TEST(Installed, GoesOnBehindAStanzaThatDoesNotRead) {
  InstalledReader reader("P:a\nwhat\nV:1\nF:bin\n\nP:b\n\nP:c\nV:3\n", "x");
  Package package;
  EXPECT_EQ(reader.next(package).error().message, "cannot read line 2 of 'x': it is no field");
  EXPECT_EQ(reader.next(package).error().message, "cannot read 'x': the package that ends at line 7 has no version");
  EXPECT_TRUE(reader.next(package).value());
  EXPECT_EQ(package.name, "c");
  EXPECT_TRUE(package.directories.empty());
  EXPECT_FALSE(reader.next(package).value());
}

TEST(Installed, OneAtATime) {
  InstalledReader reader(two_packages, "x");
  Package package;
  EXPECT_TRUE(reader.next(package).value());
  EXPECT_EQ(package.name, "alpine-baselayout");
  EXPECT_TRUE(reader.next(package).value());
  EXPECT_EQ(package.name, "musl");
  EXPECT_TRUE(package.depends.empty());  // nothing of the one before stays
  EXPECT_FALSE(reader.next(package).value());
  EXPECT_FALSE(reader.next(package).value());
}

}  // namespace
}  // namespace ashlar::apk
