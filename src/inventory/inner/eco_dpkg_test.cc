#include <gtest/gtest.h>

#include "inventory/inner/reader_trial.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

std::string stanza(const std::string& status, const std::string& more = "Version: 1-1\n") { return "Package: p\nStatus: " + status + "\nArchitecture: amd64\n" + more + "\n"; }

struct Case {
  const char* summary;
  std::string content;
  Strings told;
};

const char* const path = "var/lib/dpkg/status";

// users.md (c) 4: `deinstall ok config-files` made 94% of a host's findings.
const Case cases[] = {
    {"installed", stanza("install ok installed"), {"deb p 1-1 var/lib/dpkg/status"}},
    {"held", stanza("hold ok installed"), {"deb p 1-1 var/lib/dpkg/status"}},
    {"to be removed, and still there", stanza("deinstall ok installed"), {"deb p 1-1 var/lib/dpkg/status"}},
    {"removed but not purged", stanza("deinstall ok config-files"), {}},
    {"purged", stanza("purge ok not-installed"), {}},
    {"never installed", stanza("unknown ok not-installed", ""), {}},
    {"unpacked: its files are there", stanza("install ok unpacked"), {"deb p 1-1 var/lib/dpkg/status [its state is 'unpacked']"}},
    {"half configured", stanza("install ok half-configured"), {"deb p 1-1 var/lib/dpkg/status [its state is 'half-configured']"}},
    {"half installed", stanza("install reinstreq half-installed"), {"deb p 1-1 var/lib/dpkg/status [its state is 'half-installed']"}},
    {"half installed, and nothing known", stanza("install reinstreq half-installed", ""), {}},
    {"triggers of others wait for it", stanza("install ok triggers-awaited"), {"deb p 1-1 var/lib/dpkg/status [its state is 'triggers-awaited']"}},
    {"its triggers wait", stanza("install ok triggers-pending"), {"deb p 1-1 var/lib/dpkg/status [its state is 'triggers-pending']"}},
    {"a state that is none", stanza("install ok strange"), {"deb p 1-1 var/lib/dpkg/status [its state is 'strange']"}},
    {"no version", stanza("install ok installed", ""), {"damage: cannot read 'var/lib/dpkg/status': the paragraph of 'p' has no Version"}},
    {"two versions: dpkg refuses such a database", stanza("install ok installed", "Version: 9-1\nVersion: 1-1\n") + stanza("install ok installed"),
     {"deb p 1-1 var/lib/dpkg/status", "damage: cannot read 'var/lib/dpkg/status': the paragraph of 'p' gives the field 'Version' twice"}},
    {"and so with any field, in whichever case", stanza("install ok installed", "Version: 1-1\nX-Note: a\nx-note: b\n"), {"damage: cannot read 'var/lib/dpkg/status': the paragraph of 'p' gives the field 'x-note' twice"}},
    {"two states, the latter of which hides it", stanza("install ok installed", "Version: 1-1\nStatus: purge ok not-installed\n"), {"damage: cannot read 'var/lib/dpkg/status': the paragraph of 'p' gives the field 'Status' twice"}},
    {"no name", "Version: 1-1\nStatus: install ok installed\n", {"damage: cannot read 'var/lib/dpkg/status': a paragraph has no Package"}},
    {"a line that is no field: the packages before and behind it count", stanza("install ok installed") + "Package: q\nwhat\nVersion: 2\n\n" + stanza("install ok installed", "Version: 3\n"),
     {"deb p 1-1 var/lib/dpkg/status", "deb p 3 var/lib/dpkg/status", "damage: cannot read line 7 of 'var/lib/dpkg/status': it is no field of the form 'Name: value'"}},
    {"a continuation of nothing", " more\n\n" + stanza("install ok installed"), {"deb p 1-1 var/lib/dpkg/status", "damage: cannot read line 1 of 'var/lib/dpkg/status': a continuation line stands before any field"}},
    {"bytes of something else", "\x1f\x8b\x08\x03", {"damage: cannot read line 1 of 'var/lib/dpkg/status': it is no field of the form 'Name: value'"}},
    {"empty", "", {}},
};

TEST(Dpkg, StatesSayWhatIsThere) {
  for (const Case& each : cases) EXPECT_EQ(trial::lines(trial::tell("dpkg", path, each.content)), each.told) << each.summary;
}

TEST(Dpkg, SourceAndMaintainerComeAlong) {
  const Told told = trial::tell("dpkg", "var/lib/dpkg/status.d/libssl3", "Package: libssl3\nSource: openssl (3.0.1-1)\nVersion: 3.0.1-1+b1\nArchitecture: arm64\nMaintainer: M <m@localhost>\n");
  ASSERT_EQ(trial::lines(told), (Strings{"deb libssl3 3.0.1-1+b1 var/lib/dpkg/status.d/libssl3"})) << "no Status: parts of distroless images";
  EXPECT_EQ(told.components[0].source, "openssl");
  EXPECT_EQ(told.components[0].source_version, "3.0.1-1");
  EXPECT_EQ(told.components[0].maintainer, "M <m@localhost>");
  EXPECT_EQ(told.components[0].architecture, "arm64");
  struct Row { std::string_view field, source, version; };
  // As dpkg-query shows ${source:Package} and ${source:Version}.
  for (const Row& row : {Row{"a (2-1)", "a", "2-1"}, Row{"a", "a", "1-1"}, Row{"a (", "a", "1-1"}, Row{"zzz ???", "zzz", "1-1"}, Row{"a  (2-1) ", "a", "2-1"}, Row{"", "p", "1-1"}}) {
    const Told one = trial::tell("dpkg", path, stanza("install ok installed", "Version: 1-1\nSource: " + std::string(row.field) + "\n"));
    ASSERT_EQ(one.components.size(), 1U) << row.field;
    EXPECT_EQ(one.components[0].source, row.source) << row.field;
    EXPECT_EQ(one.components[0].source_version, row.version) << row.field;
  }
  EXPECT_TRUE(trial::tell("dpkg", "var/lib/dpkg/status.d/libssl3.md5sums", "x").notes.empty());
}

TEST(Dpkg, AnyBytesGiveAnAnswer) { trial::torture("dpkg", path, stanza("install ok installed") + stanza("install ok unpacked")); }

}  // namespace
}  // namespace ashlar::inventory
