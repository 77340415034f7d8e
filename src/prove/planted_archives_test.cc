// Programs within archives of every kind that can be read, at every place; what cannot be read is named, and what only begins like an archive is none.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/text.h"
#include "prove/inner/planted.h"

namespace ashlar::prove {
namespace {

using namespace std::string_literals;

/// What a shell cannot do without, as a compiler leaves it in a program.
std::string shell() {
  SmallElf elf;
  elf.content = "\0getopts\0unalias\0umask\0ulimit\0readonly\0OPTIND=1\0CDPATH\0"s;
  return elf.bytes();
}

std::string base64(const std::string& bytes, size_t line = 76) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()))));
  std::string out;
  for (size_t at = 0; at < text.size(); at += line) out += text.substr(at, line) + "\n";
  return out;
}

std::string compressed(const char* filter, const std::string& content) { return packed("raw", filter, {{"x", content}}); }

/// A squashfs superblock 4.0 with blocks of 128 KiB, and nothing in it.
std::string squashfs() {
  std::string out("hsqs", 4);
  out.resize(96, '\0');
  out[14] = 2, out[22] = 17, out[28] = 4;
  return out + std::string(4000, 'x');
}

TEST(PlantedArchives, KindsAndPlacesTable) {
  const std::string script = "#!/usr/bin/app\nunpack me\n", tar = packed("ustar", "", {{"x", shell()}}), empty = packed("ustar", "", {{"y", "y"}});
  std::string hidden_in_json = "{\"blob\": \"" + base64(shell(), 1 << 20);
  hidden_in_json.back() = '"';
  const std::vector<Row> rows = {
      {"lzip", "no-shell", "is a POSIX shell", {{"opt/x.lz", compressed("lzip", shell())}}},
      {"lzma alone", "no-shell", "is a POSIX shell", {{"opt/x.lzma", compressed("lzma", shell())}}},
      {"compress", "no-shell", "is a POSIX shell", {{"opt/x.Z", compressed("compress", shell())}}},
      {"uuencode", "no-shell", "is a POSIX shell", {{"opt/x.uu", compressed("uuencode", shell())}}},
      {"lz4", "no-shell", "is a POSIX shell", {{"opt/x.lz4", compressed("lz4", shell())}}},
      {"iso 9660", "no-shell", "is a POSIX shell", {{"opt/x.iso", packed("iso9660", "", {{"x", shell()}})}}},
      {"xar", "no-shell", "is a POSIX shell", {{"opt/x.xar", packed("xar", "", {{"x", shell()}})}}},
      {"a second tar behind the first", "no-shell", "'/opt/a.tar'!x is a POSIX shell", {{"opt/a.tar", empty + tar}}},
      {"a second tar in a compressed file", "no-shell", "'/opt/a.tgz'!x is a POSIX shell", {{"opt/a.tgz", compressed("gzip", empty + tar)}}},
      {"a second tar in xz", "no-shell", "'/opt/a.txz'!x is a POSIX shell", {{"opt/a.txz", compressed("xz", empty + tar)}}},
      {"a compressed tar behind a script", "no-shell", "'/opt/installer'!25!x is a POSIX shell", {program("opt/installer", script + packed("ustar", "gzip", {{"x", shell()}}))}},
      {"xz behind a script, and more behind it", "no-shell", "'/opt/installer'!25! is a POSIX shell", {program("opt/installer", script + compressed("xz", shell()) + "more")}},
      {"zstd behind a program", "no-shell", "is a POSIX shell", {program("opt/installer", SmallElf{}.bytes() + compressed("zstd", shell()))}},
      {"bzip2 behind a program", "no-shell", "is a POSIX shell", {program("opt/installer", SmallElf{}.bytes() + compressed("bzip2", shell()))}},
      {"7z behind a program", "no-shell", "is a POSIX shell", {program("opt/installer", SmallElf{}.bytes() + packed("7zip", "", {{"x", shell()}}))}},
      {"in base64", "no-shell", "'/opt/x.txt'!base64 is a POSIX shell", {{"opt/x.txt", base64(shell())}}},
      {"in base64 in a script", "no-shell", "'/opt/x.py'!base64 is a POSIX shell", {{"opt/x.py", "data = '''\n" + base64(shell()) + "'''\n"}}},
      {"in base64 in JSON", "no-shell", "'/opt/x.json'!base64 is a POSIX shell", {{"opt/x.json", hidden_in_json}}},
      {"compressed, then in base64", "no-shell", "'/opt/x.txt'!base64! is a POSIX shell", {{"opt/x.txt", base64(compressed("gzip", shell()))}}},
      {"in base64, then compressed", "no-shell", "!base64 is a POSIX shell", {{"opt/x.gz", compressed("gzip", base64(shell()))}}},
      {"in base64 in a program", "no-shell", "'/opt/p'!base64 is a POSIX shell", {program("opt/p", [] { SmallElf elf; elf.content = base64(shell()); return elf.bytes(); }())}},
      {"a squashfs image", "no-shell", "'/opt/x.squashfs' was not looked into: it is a squashfs image, which nothing here reads", {{"opt/x.squashfs", squashfs()}}},
      {"a squashfs image behind a program", "no-shell", "which nothing here reads", {program("opt/x.AppImage", SmallElf{}.bytes() + squashfs())}},
      {"a squashfs image in an archive", "no-shell", "!a: it is a squashfs image", {{"opt/x.zip", packed("zip", "", {{"a", squashfs()}})}}},
      {"an erofs image", "no-shell", "it is an erofs image", {{"opt/x", std::string(1024, '\0') + "\xe2\xe1\xf5\xe0" + std::string(100, '\0')}}},
      {"xz that ends too early", "no-shell", "'/opt/x.xz' was not looked into: its archive is damaged", {{"opt/x.xz", compressed("xz", std::string(100'000, 'x')).substr(0, 60)}}},
      {"zstd that ends too early", "no-shell", "'/opt/x.zst' was not looked into: its archive is damaged", {{"opt/x.zst", compressed("zstd", shell() + shell()).substr(0, 60)}}},
      {"a key in base64 in gzip", "no-secrets", "is a private key", {{"opt/x.txt", base64(compressed("gzip", "-----BEGIN PRIVATE"s + " KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"))}}},
  };
  for (const Row& row : rows) expect_found(row);
}

/// First bytes of an archive, and then no archive: nobody's reader takes them.
TEST(PlantedArchives, WhatOnlyBeginsAsOneTable) {
  const std::string text = " is how such a file begins, as everybody knows who has read of it; more is not to be said here about that.\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"xz", "\xfd""7zXZ\0"s + text},          {"xz alone", "\xfd""7zXZ\0"s},
      {"zstd", "\x28\xb5\x2f\xfd" + text},     {"zstd with a block of no kind", "\x28\xb5\x2f\xfd\x20\x01\x06\x00\x00"s + text},
      {"lz4", "\x04\x22\x4d\x18" + text},      {"7z", "7z\xbc\xaf\x27\x1c" + text},
      {"lzip", "LZIP" + text},                 {"gzip", "\x1f\x8b" + text},
      {"bzip2", "BZh9" + text},                {"ar", "!<arch>\n" + text},
      {"rpm", "\xed\xab\xee\xdb" + text},      {"cab", "MSCF" + text},
      {"rar", "Rar!\x1a\x07" + text},          {"xar", "xar!" + text},
      {"lzma", "]\0\0"s + text},               {"uuencode", "begin to read: this" + text},
      {"compress", "\x1f\x9d" + text},         {"squashfs", "hsqs" + text},
      {"ext", std::string(1080, 'x') + "\x53\xef" + std::string(2000, 'x')},
      {"base64 of nothing", "f0VMRg" + text},  {"base64 of a text", base64("ELF files begin with four bytes, and this one does not; it is a text of some length, as it is.\n")},
      {"heads within a text", "see \x1f\x8b\x08\x08 and \xfd""7zXZ\0 and \x28\xb5\x2f\xfd and BZh91AY&SY and LZIP\1 and 7z\xbc\xaf\x27\x1c and 070701"s + text},
  };
  for (const auto& [summary, content] : cases) {
    SCOPED_TRACE(summary);
    for (const Check& check : judge({loaderless(clean()), {{"opt/text", content}}}, clean_config()))
      EXPECT_TRUE(check.id == "no-unowned-files" || check.outcome != Outcome::Failed) << check.id << ": " << check.evidence.front();
  }
}

/// What cannot be looked into is excused where it is a package's own, and says so.
TEST(PlantedArchives, WhatNobodyReadsMayBeAPackagesOwn) {
  inventory::Known known;
  known.packages["tool"] = {"tool", "1", "all", {{"opt/x.squashfs", {FileType::Regular, Digest::of(squashfs()), {}}}}};
  for (const bool own : {true, false}) {
    Members members = loaderless(clean());
    members.push_back({"opt/x.squashfs", squashfs() + (own ? "" : "x")});
    members.push_back({"var/lib/dpkg/status.d/tool", "Package: tool\nVersion: 1\nArchitecture: all\n"});
    members.push_back({"var/lib/dpkg/status.d/tool.md5sums", md5_hex(as_bytes(members[members.size() - 2].content)) + "  opt/x.squashfs\n"});
    Yardstick yardstick;
    yardstick.known = &known;
    for (const Check& check : judge({members}, clean_config(), yardstick)) {
      if (check.id != "no-shell") continue;
      EXPECT_EQ(check.outcome, own ? Outcome::Excused : Outcome::Failed);
      EXPECT_EQ(join(check.evidence, "\n").find("the file of package:tool has the same bytes") != std::string::npos, own) << join(check.evidence, "\n");
    }
  }
}

}  // namespace
}  // namespace ashlar::prove
