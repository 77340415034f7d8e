#include <gtest/gtest.h>

#include "inventory/inner/reader_trial.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

/// `name version source source_version [kind]` of each claim; notes begin with `note: `.
Strings claims(const Told& told) {
  Strings out;
  for (const Component& each : told.claims) {
    EXPECT_EQ(each.type, "deb");
    out.push_back(each.name + " " + each.version + (each.architecture.empty() ? "" : ":" + each.architecture) + " " + each.source + " " + each.source_version + " [" + each.remark + "]");
  }
  for (const std::string& note : told.notes) out.push_back("note: " + note);
  EXPECT_TRUE(told.components.empty()) << "nothing of it is believed";
  return out;
}

std::string gzipped(const std::string& text) { return trial::deflated(text, 31); }

const std::string openssl = "openssl (3.5.1-1+deb13u1) trixie-security; urgency=medium\n\n  * CVE-2026-0001\n\n -- Someone <x@example.org>  Thu, 26 Nov 2026 10:00:00 +0000\n";

struct Case {
  const char* summary;
  std::string path, content;
  Strings told;
};

const Case changelogs[] = {
    {"packed", "usr/share/doc/libssl3t64/changelog.Debian.gz", gzipped(openssl), {"libssl3t64  openssl 3.5.1-1+deb13u1 [its changelog]"}},
    {"unpacked", "usr/share/doc/libssl3t64/changelog.Debian", openssl, {"libssl3t64  openssl 3.5.1-1+deb13u1 [its changelog]"}},
    {"of a rebuild for one architecture", "usr/share/doc/zlib1g/changelog.Debian.amd64.gz", gzipped("zlib (1:1.3.1-1+b1) sid; urgency=low, binary-only=yes\n"), {"zlib1g  zlib 1:1.3.1-1+b1 [its changelog]"}},
    {"of a package that is Debian's own", "usr/share/doc/apt/changelog.gz", gzipped("apt (3.0.3) unstable; urgency=medium\n"), {"apt  apt 3.0.3 [its changelog]"}},
    {"much longer than what is read of it", "usr/share/doc/a/changelog.Debian.gz", gzipped(openssl + std::string(1 << 20, 'x')), {"a  openssl 3.5.1-1+deb13u1 [its changelog]"}},
    {"an upstream changelog", "usr/share/doc/a/changelog.gz", gzipped("Changes in 3.5.1 (2026-01-01)\n"), {}},
    {"a line without urgency", "usr/share/doc/a/changelog.Debian.gz", gzipped("a (1.0) trixie\n"), {}},
    {"a version with blanks", "usr/share/doc/a/changelog.Debian.gz", gzipped("a (1.0 2.0) trixie; urgency=low\n"), {}},
    {"brackets the other way", "usr/share/doc/a/changelog.Debian", "a) (1.0; urgency=low\n", {}},
    {"an old one that is kept", "usr/share/doc/x11-common/changelog.Debian.old.gz", gzipped("xorg-x11 (6.9.0) unstable; urgency=high\n"), {}},
    {"deeper", "usr/share/doc/a/more/changelog.Debian.gz", gzipped(openssl), {}},
    {"elsewhere", "srv/usr/share/doc/a/changelog.Debian.gz", gzipped(openssl), {}},
    {"damaged", "usr/share/doc/a/changelog.Debian.gz", gzipped(openssl).substr(0, 14), {}},
    {"not packed as its name says", "usr/share/doc/a/changelog.Debian.gz", openssl, {"a  openssl 3.5.1-1+deb13u1 [its changelog]"}},
    {"no text", "usr/share/doc/a/changelog.Debian", "a\xff (1.0) trixie; urgency=low\n", {}},
    {"empty", "usr/share/doc/a/changelog.Debian.gz", "", {}},
};

TEST(VersionRecords, ChangelogsBeginWithTheirVersion) {
  for (const Case& each : changelogs) EXPECT_EQ(claims(trial::tell("version-records", each.path, each.content)), each.told) << each.summary;
}

const char* const own = "usr/share/ashlar/packages.json";
const Case lists[] = {
    {"as ashlar writes it", own, R"({"schema": "x", "packages": {"libssl3t64": {"version": "3.5.1-1", "path": "pool/main/o/openssl/libssl3t64_3.5.1-1_amd64.deb"}}})", {"libssl3t64 3.5.1-1 openssl  [the image's own list]"}},
    {"an epoch stands in no name of a file", own, R"({"packages": {"zlib1g": {"version": "1:1.3.1-1", "path": "pool/z/zlib1g_1.3.1-1_amd64.deb"}}})", {"zlib1g 1:1.3.1-1   [the image's own list]"}},
    {"a version that was raised and a name that was forgotten", own, R"({"packages": {"a": {"version": "9.9", "path": "pool/a/a_1.0_all.deb"}}})", {"a 9.9   [the image's own list]", "a 1.0   [the name of its file]"}},
    {"the source stands in the path", own, R"({"packages": {"libssl3t64": {"version": "1", "path": "pool/main/o/openssl/libssl3t64_1_amd64.deb"}, "libz": {"version": "1", "path": "pool/libz/libzip/libz_1_amd64.deb"}}})",
     {"libssl3t64 1 openssl  [the image's own list]", "libz 1 libzip  [the image's own list]"}},
    {"an archive of another layout", own, R"({"packages": {"a": {"version": "1", "path": "pool/stable/amd64/a_1_amd64.deb"}}})", {"a 1   [the image's own list]"}},
    {"no path", own, R"({"packages": {"a": {"version": "1.0"}}})", {"a 1.0   [the image's own list]"}},
    {"entries of other forms", own, R"({"packages": {"a": [], "b": {"version": 1}, "c": {}, "d": {"version": "1", "path": "what"}}})", {"d 1   [the image's own list]"}},
    {"no packages", own, "{}", {"note: cannot read 'usr/share/ashlar/packages.json': it has no packages"}},
    {"a list", own, "[]", {"note: cannot read 'usr/share/ashlar/packages.json': it has no packages"}},
    {"elsewhere", "opt/usr/share/ashlar/packages.json", R"({"packages": {"a": {"version": "1.0"}}})", {}},
};

TEST(VersionRecords, TheImagesOwnListNamesVersionsTwice) {
  for (const Case& each : lists) EXPECT_EQ(claims(trial::tell("version-records", each.path, each.content)), each.told) << each.summary;
  EXPECT_TRUE(claims(trial::tell("version-records", own, "{")).at(0).starts_with("note: cannot read 'usr/share/ashlar/packages.json': "));
}

TEST(VersionRecords, TheLastWordOfDpkgsLogCounts) {
  const std::string day = "2026-11-26 10:00:00 ";
  const auto tell = [&](const std::string& lines) { return claims(trial::tell("version-records", "var/log/dpkg.log", lines)); };
  EXPECT_EQ(tell(day + "startup archives unpack\n" + day + "install a:amd64 <none> 1.0\n" + day + "status half-installed a:amd64 1.0\n" + day + "status installed a:amd64 1.0\n"), Strings{"a 1.0:amd64   [dpkg's log]"});
  EXPECT_EQ(tell(day + "status installed a:amd64 1.0\n" + day + "upgrade a:amd64 1.0 2.0\n" + day + "status installed a:amd64 2.0\n" + day + "status installed b:all 3\n"), (Strings{"a 2.0:amd64   [dpkg's log]", "b 3:all   [dpkg's log]"}));
  EXPECT_EQ(tell(day + "status installed a:amd64 1.0\n" + day + "status config-files a:amd64 1.0\n" + day + "status not-installed b:amd64 <none>\n"), Strings{}) << "removed";
  EXPECT_EQ(tell("status installed\nnonsense\n\xff\xff\n"), Strings{});
  EXPECT_EQ(claims(trial::tell("version-records", "var/log/dpkg.log.1", day + "status installed a:amd64 1.0\n")), Strings{}) << "an older log says how it was";
}

TEST(VersionRecords, AnyBytesGiveAnAnswer) {
  trial::torture("version-records", "usr/share/doc/a/changelog.Debian.gz", gzipped(openssl));
  trial::torture("version-records", own, lists[2].content);
  trial::torture("version-records", "var/log/dpkg.log", "2026-11-26 10:00:00 status installed a:amd64 1.0\n");
}

}  // namespace
}  // namespace ashlar::inventory
