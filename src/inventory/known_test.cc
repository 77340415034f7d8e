// Files held against what is at hand beside the image: whoever forges the image forges none of that.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <tuple>

#include "base/json.h"
#include "inventory/owners.h"
#include "inventory/sample_image.h"

namespace ashlar::inventory {
namespace {

const std::string elf = "\x7f" "ELF ";
KnownPath file(std::string_view content) { return {FileType::Regular, Digest::of(content), {}}; }
KnownPath folder() { return {FileType::Directory, {}, {}}; }
KnownPath link(std::string target) { return {FileType::Symlink, {}, std::move(target)}; }

/// An image whose package `tool` lists what it holds; `claims` are by owner.
Result<Ownership> judge(const std::map<std::string, std::vector<std::string>>& claims, const std::vector<Member>& members, const Known* known) {
  Json owners = Json::object();
  std::string sums;
  for (const auto& [owner, paths] : claims) owners[owner] = paths;
  for (const Member& each : members) {
    const auto own = claims.find("package:tool");
    if (own != claims.end() && std::ranges::find(own->second, each.path) != own->second.end() && each.type == FileType::Regular) sums += md5_hex(as_bytes(each.content)) + "  " + each.path + "\n";
  }
  owners["effect:package-database"] = {"var/lib/dpkg/status.d/tool", "var/lib/dpkg/status.d/tool.md5sums"};
  owners["effect:owners"] = {"usr/share/ashlar/image.json"};
  std::vector<Member> all = {{"var/lib/dpkg/status.d/tool", "Package: tool\nVersion: 1\nArchitecture: all\n"}, {"var/lib/dpkg/status.d/tool.md5sums", sums},
                             {"usr/share/ashlar/image.json", to_compact({{"schema", "https://ashlar.dev/image/v1"}, {"slices", Json::object()}, {"owners", owners}})}};
  all.insert(all.end(), members.begin(), members.end());
  SampleImage image;
  image.add_layer(all);
  TRY_ASSIGN(const Contents contents, read_contents(image, image.which, {.onlooker = {}, .keep = tells_owners, .sha1 = false, .md5 = true}));
  return judge_owners(contents, known);
}

struct Row {
  std::string summary, owner;
  Member planted;
  Standing standing;
  std::string reason{};
};

void expect(const std::vector<Row>& rows, const Known* known, const std::vector<Member>& beside = {}) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    std::vector<Member> members = beside;
    members.push_back(row.planted);
    const auto owners = judge({{row.owner, {row.planted.path}}}, members, known);
    ASSERT_TRUE(owners) << owners.error().message;
    const Owned& owned = owners->files.at(row.planted.path);
    EXPECT_EQ(to_string(owned.standing), to_string(row.standing)) << owned.reason;
    EXPECT_NE(owned.reason.find(row.reason), std::string::npos) << owned.reason;
  }
}

/// md5sums in the image agree with each of these files: they were forged with it.
TEST(Known, ForgedListsOfPackagesTable) {
  Known known;
  known.packages["tool"] = {"tool", "1", "all", {{"bin/tool", file(elf + "tool")}, {"usr/share/tool", folder()}, {"usr/share/tool/a", link("b")}}};
  const std::vector<Row> rows = {
      {"the package's own bytes", "package:tool", {"usr/bin/tool", elf + "tool"}, Standing::Verified},
      {"other bytes", "package:tool", {"usr/bin/tool", elf + "evil"}, Standing::Altered, "not " + Digest::of(elf + "tool").hex() + ", as package 'tool' has it"},
      {"a file that the package does not have", "package:tool", {"usr/bin/evil", elf + "evil"}, Standing::Unowned, "package 'tool' does not have it"},
      {"a link that it has", "package:tool", {"usr/share/tool/a", "", FileType::Symlink, 0777, "b"}, Standing::Verified},
      {"a link that leads elsewhere", "package:tool", {"usr/share/tool/a", "", FileType::Symlink, 0777, "/tmp/b"}, Standing::Altered, "it leads to '/tmp/b', not to 'b'"},
      {"a link in the place of a file", "package:tool", {"usr/bin/tool", "", FileType::Symlink, 0777, "/tmp/b"}, Standing::Altered, "it is a link, not a file"},
      {"a link that it does not have", "package:tool", {"usr/bin/sh", "", FileType::Symlink, 0777, "tool"}, Standing::Unowned, "does not have it"},
      {"a folder that it has", "package:tool", {"usr/share/tool", "", FileType::Directory}, Standing::Verified},
      {"a device", "package:tool", {"usr/bin/tool", "", FileType::CharDevice}, Standing::Altered, "it is a device, pipe or socket, not a file"},
  };
  expect(rows, &known, {{"bin", "", FileType::Symlink, 0777, "usr/bin"}});
  const std::vector<Row> nothing = {
      {"nothing at hand, as listed", "package:tool", {"usr/bin/tool", elf + "evil"}, Standing::Listed},
      {"nothing at hand, a link", "package:tool", {"usr/bin/sh", "", FileType::Symlink, 0777, "tool"}, Standing::Claimed},
  };
  expect(nothing, nullptr);
}

TEST(Known, AStrangerIsNamed) {
  Known known;
  known.strangers["tool"] = "it is version 1, and the lock names 2";
  const auto owners = judge({}, {}, &known);
  ASSERT_TRUE(owners);
  EXPECT_EQ(owners->strangers, (std::map<std::string, std::string>{{"tool", "it is version 1, and the lock names 2"}}));
}

TEST(Known, FilesOfTheDefinitionTable) {
  Known known;
  known.packages["tool"] = {"tool", "1", "all", {{"usr/share/tool/page", file("page")}, {"opt/kept/own", file("own")}}};
  known.declared = Declared{.paths = {{"etc/motd", file("hi")}, {"etc/open", {}}, {"etc/link", link("motd")}, {"opt/app", folder()}, {"opt/app/a", file("a")}},
                            .kept = {"opt/kept", "etc/empty"},
                            .copies = {{"srv/page", "usr/share/tool/page"}, {"srv/other", "opt/made"}}};
  const std::string who = "definition";
  const std::vector<Row> rows = {
      {"its text", who, {"etc/motd", "hi"}, Standing::Declared},
      {"another text at its path", who, {"etc/motd", "ho"}, Standing::Unowned, "its SHA-256 is " + Digest::of(std::string_view("ho")).hex()},
      {"a link at its path", who, {"etc/motd", "", FileType::Symlink, 0777, "x"}, Standing::Unowned, "it is a link, not a file"},
      {"its link", who, {"etc/link", "", FileType::Symlink, 0777, "motd"}, Standing::Declared},
      {"its link, leading elsewhere", who, {"etc/link", "", FileType::Symlink, 0777, "shadow"}, Standing::Unowned, "it leads to 'shadow'"},
      {"a file whose source is not at hand", who, {"etc/open", "x"}, Standing::Claimed, "nothing at hand says which bytes"},
      {"a file of a folder", who, {"opt/app/a", "a"}, Standing::Declared},
      {"another file in that folder", who, {"opt/app/b", "b"}, Standing::Unowned, "does not declare it"},
      {"a package's file in a folder whose owner it sets", who, {"opt/kept/own", "own"}, Standing::Declared},
      {"with other bytes", who, {"opt/kept/own", "x"}, Standing::Unowned, "the definition sets no more than its owner and mode"},
      {"a file there that nobody knows", who, {"opt/kept/new", "x"}, Standing::Claimed, "nothing at hand says what it holds"},
      {"a folder there", who, {"opt/kept/d", "", FileType::Directory}, Standing::Declared},
      {"a file that may be empty", who, {"etc/empty", ""}, Standing::Declared},
      {"a copy of a package's file", who, {"srv/page", "page"}, Standing::Declared},
      {"a copy that is none", who, {"srv/page", "pace"}, Standing::Unowned, "as package 'tool' has '/usr/share/tool/page'"},
      {"a copy of what the image has", who, {"srv/other", "made"}, Standing::Claimed, "nothing at hand says what '/opt/made' holds"},
      {"no copy of what the image has", who, {"srv/other", "x"}, Standing::Unowned, "it is no copy of '/opt/made'"},
  };
  expect(rows, &known, {{"opt/made", "made"}});
  expect({{"no definition at hand", who, {"etc/anything", "x"}, Standing::Claimed, "no definition is at hand"}}, nullptr);
}

/// A definition that gives a package's file another mode is its owner, and the package says which bytes it has.
TEST(Known, FilesOfPackagesThatADefinitionGaveAnotherMode) {
  const std::string agent = elf + "agent";
  for (const auto& [summary, content, standing] : {std::tuple{"the package's bytes", agent, Standing::Listed}, {"other bytes", elf + "evil", Standing::Claimed}}) {
    SCOPED_TRACE(summary);
    SampleImage image;
    image.add_layer({{"var/lib/dpkg/status.d/tool", "Package: tool\nVersion: 1\nArchitecture: all\n"},
                     {"var/lib/dpkg/status.d/tool.md5sums", md5_hex(as_bytes(agent)) + "  usr/bin/agent\n"},
                     {"usr/bin/agent", content},
                     {"usr/share/ashlar/image.json", R"({"schema": "https://ashlar.dev/image/v1", "slices": {}, "owners": {"definition": ["usr/bin/agent"]}})"}});
    const auto contents = read_contents(image, image.which, {.onlooker = {}, .keep = tells_owners, .sha1 = false, .md5 = true});
    ASSERT_TRUE(contents) << contents.error().message;
    const auto owners = judge_owners(*contents, nullptr);
    ASSERT_TRUE(owners) << owners.error().message;
    EXPECT_EQ(to_string(owners->files.at("usr/bin/agent").standing), to_string(standing)) << owners->files.at("usr/bin/agent").reason;
  }
}

TEST(Known, FilesOfScriptsTable) {
  Known known;
  known.packages["tool"] = {"tool", "1", "all", {{"usr/share/tool/default.conf", file("default")}, {"usr/bin/tool", file(elf)}}};
  known.scripts["tool.postinst"] = {{"etc/tool.conf", file("made")}, {"var/lib/tool", folder()}, {"etc/tool.link", link("tool.conf")}};
  const std::string who = "effect:script:tool.postinst";
  const std::vector<Row> rows = {
      {"as it was recorded", who, {"etc/tool.conf", "made"}, Standing::Made},
      {"with other bytes", who, {"etc/tool.conf", "forged"}, Standing::Unowned, "as script 'tool.postinst' was recorded to make it"},
      {"a link as it was recorded", who, {"etc/tool.link", "", FileType::Symlink, 0777, "tool.conf"}, Standing::Made},
      {"a link that leads elsewhere", who, {"etc/tool.link", "", FileType::Symlink, 0777, "shadow"}, Standing::Unowned, "it leads to 'shadow'"},
      {"another file", who, {"etc/cron.d", "* * * * *"}, Standing::Unowned, "script 'tool.postinst' makes no such file"},
      {"a copy of its package's file", who, {"etc/tool.default", "default"}, Standing::Made},
      {"a copy of its package's file by a script that was not recorded", "effect:script:tool.preinst", {"etc/tool.default", "default"}, Standing::Made},
      {"a script that was not recorded", "effect:script:tool.preinst", {"etc/tool.conf", "made"}, Standing::Claimed, "nothing at hand records what script 'tool.preinst' makes"},
      {"a program", who, {"usr/bin/x", elf}, Standing::Unowned, "no effect makes programs"},
  };
  expect(rows, &known);
  expect({{"nothing recorded", who, {"etc/tool.conf", "made"}, Standing::Claimed, "nothing at hand records"}}, nullptr);
}

}  // namespace
}  // namespace ashlar::inventory
