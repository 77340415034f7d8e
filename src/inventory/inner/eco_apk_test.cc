#include <gtest/gtest.h>

#include "base/tar.h"
#include "inventory/inner/reader_trial.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

const std::string busybox = "P:busybox-binsh\nV:1.36.1-r2\nA:x86_64\no:busybox\nm:M <m@localhost>\nF:bin\nR:sh\nF:etc\nR:securetty\n\n";

struct Case {
  const char* summary;
  const char* path;
  std::string content;
  Strings told;
};

const Case cases[] = {
    {"a package", "lib/apk/db/installed", busybox, {"apk busybox-binsh 1.36.1-r2 lib/apk/db/installed"}},
    {"where newer systems keep it", "usr/lib/apk/db/installed", "P:musl\nV:1.2.5-r0\nA:aarch64\n\n", {"apk musl 1.2.5-r0 usr/lib/apk/db/installed"}},
    {"broken when it was installed", "lib/apk/db/installed", "P:musl\nV:1.2.5-r0\nf:fs\n\n", {"apk musl 1.2.5-r0 lib/apk/db/installed [its installation went wrong ('fs')]"}},
    {"empty", "lib/apk/db/installed", "", {}},
    {"a damaged line: what stands before and behind it counts", "lib/apk/db/installed", busybox + "P:zlib\nnonsense\nV:1\n\nP:musl\nV:1.2.5-r0\n\n",
     {"apk busybox-binsh 1.36.1-r2 lib/apk/db/installed", "apk musl 1.2.5-r0 lib/apk/db/installed", "damage: cannot read line 12 of 'lib/apk/db/installed': it is no field"}},
    {"no version", "lib/apk/db/installed", "P:musl\n\n" + busybox, {"apk busybox-binsh 1.36.1-r2 lib/apk/db/installed", "damage: cannot read 'lib/apk/db/installed': the package that ends at line 2 has no version"}},
    {"bytes of something else", "lib/apk/db/installed", "\x1f\x8b\x08\x03", {"damage: cannot read line 1 of 'lib/apk/db/installed': it is no field"}},
    {"elsewhere", "srv/lib/apk/db/installed", busybox, {}},
};

TEST(Apk, TellsOfPackages) {
  for (const Case& each : cases) EXPECT_EQ(trial::lines(trial::tell("apk", each.path, each.content)), each.told) << each.summary;
}

// users.md (c) 2: the origin not read gives false negatives.
TEST(Apk, OriginMaintainerAndFilesComeAlong) {
  const Told told = trial::tell("apk", "lib/apk/db/installed", busybox);
  ASSERT_EQ(told.components.size(), 1U);
  const Component& found = told.components[0];
  EXPECT_EQ(found.source, "busybox");
  EXPECT_EQ(found.source_version, "1.36.1-r2");
  EXPECT_EQ(found.maintainer, "M <m@localhost>");
  EXPECT_EQ(found.architecture, "x86_64");
  EXPECT_EQ(found.files, (Strings{"bin/sh", "etc/securetty"}));
  EXPECT_EQ(trial::tell("apk", "lib/apk/db/installed", "P:musl\nV:1-r0\n\n").components.at(0).source, "musl") << "no origin: its own";
}

// A version that was raised in one record stands otherwise in others.
TEST(Apk, RecordsSpeakOfEachOthersVersions) {
  const auto claims = [](const std::string& path, const std::string& content) {
    Strings out;
    for (const Component& each : trial::tell("apk", path, content).claims) out.push_back(each.name + " " + each.version + " [" + each.remark + "]");
    return out;
  };
  struct {
    const char* summary;
    std::string content;
    Strings claims;
  } const rows[] = {
      {"what it provides as a command", "P:openssl\nV:9.9-r0\np:cmd:openssl=3.5.1-r0 so:libx.so.3=3 cmd:c_rehash=3.5.1-r0\n\n", {"openssl 3.5.1-r0 [a command that it provides]"}},
      {"another needs it in one version", "P:openssl\nV:3.5.1-r0\nD:libssl3=3.5.1-r0 so:libc.so=1 musl>=1.2 !a=1 b~=2 =1-r0 c=\n\nP:libssl3\nV:9.9-r0\n\n", {"libssl3 3.5.1-r0 [needed by 'openssl']"}},
      {"what another provides may be meant", "P:a\nV:1-r0\nD:b=1-r0\n\nP:b\nV:2-r0\n\nP:c\nV:1-r0\np:b=1-r0\n\n", {}},
      {"built together", "P:libssl3\nV:9.9-r0\no:openssl\nc:abc\n\nP:libcrypto3\nV:3.5.1-r0\no:openssl\nc:abc\n\n", {"libcrypto3 9.9-r0 [built together with 'libssl3']"}},
      {"built at another commit", "P:libssl3\nV:3.5.2-r0\no:openssl\nc:abd\n\nP:libcrypto3\nV:3.5.1-r0\no:openssl\nc:abc\n\n", {}},
      {"a sound one", busybox, {}},
  };
  for (const auto& row : rows) EXPECT_EQ(claims("lib/apk/db/installed", row.content), row.claims) << row.summary;
  std::string tar;
  for (const char* name : {"busybox-1.37.0-r18.Q1sAfVDQbqEyG7+CpPMd/DQbdhh4I=.post-install", "py3-pip-25.1-r0.Q1x.trigger", "what", "-1-r0.Q1x.y"}) {
    Bytes head;
    append_tar_header(head, {.path = name, .mode = 0755, .size = 3});
    tar += as_text(head);
    tar += "#!\n" + std::string(509, '\0');
  }
  for (const std::string& packed : {tar, trial::deflated(tar, 31)})
    EXPECT_EQ(claims(packed == tar ? "lib/apk/db/scripts.tar" : "usr/lib/apk/db/scripts.tar.gz", packed), (Strings{"busybox 1.37.0-r18 [the name of its script]", "py3-pip 25.1-r0 [the name of its script]"}));
  EXPECT_EQ(trial::tell("apk", "lib/apk/db/scripts.tar", tar.substr(0, 700)).notes.size(), 1U);
  trial::torture("apk", "lib/apk/db/scripts.tar", tar);
}

TEST(Apk, AnyBytesGiveAnAnswer) { trial::torture("apk", "lib/apk/db/installed", busybox + busybox); }

}  // namespace
}  // namespace ashlar::inventory
