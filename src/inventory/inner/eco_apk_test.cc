#include <gtest/gtest.h>

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

TEST(Apk, AnyBytesGiveAnAnswer) { trial::torture("apk", "lib/apk/db/installed", busybox + busybox); }

}  // namespace
}  // namespace ashlar::inventory
