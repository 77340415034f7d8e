#include "inventory/owners.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "inventory/sample_image.h"

namespace ashlar::inventory {
namespace {

using Claims = std::map<std::string, std::vector<std::string>>;

std::string status(const std::string& name, const std::string& more = {}) { return "Package: " + name + "\nVersion: 1\nArchitecture: all\n" + more; }
std::string sum(const std::string& path, const std::string& content) { return md5_hex(as_bytes(content)) + "  " + path + "\n"; }

KnownPath file(std::string_view content) { return {FileType::Regular, Digest::of(content), {}}; }

std::string image_json(const Claims& owners, const Json& slices = Json::object()) {
  Json lists = Json::object();
  for (const auto& [owner, paths] : owners) lists[owner] = paths;
  return to_compact({{"schema", "https://ashlar.dev/image/v1"}, {"image", "registry.example/a"}, {"variant", "runtime"}, {"distribution", "debian-13"}, {"slices", slices}, {"owners", lists}});
}

/// A small image whose package `tool` ships usr/bin/tool and a configuration file; `more` lies in it as well.
std::vector<Member> small(const Claims& claims, const std::vector<Member>& more = {}, const Json& slices = Json::object()) {
  Claims owners = claims;
  owners["package:tool"].insert(owners["package:tool"].end(), {"usr/bin/tool", "etc/tool.conf"});
  owners["effect:package-database"] = {"var/lib/dpkg/status.d/tool", "var/lib/dpkg/status.d/tool.md5sums"};
  owners["effect:owners"] = {"usr/share/ashlar/image.json"};
  std::vector<Member> out = {{"usr/bin/tool", "\x7f" "ELF tool"}, {"etc/tool.conf", "on"},
                             {"var/lib/dpkg/status.d/tool", status("tool", "Conffiles:\n /etc/tool.conf " + md5_hex(as_bytes("on")) + "\n")},
                             {"var/lib/dpkg/status.d/tool.md5sums", sum("usr/bin/tool", "\x7f" "ELF tool")},
                             {"usr/share/ashlar/image.json", image_json(owners, slices)}};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

Result<Ownership> judge(const std::vector<std::vector<Member>>& layers, const Known* known = nullptr) {
  SampleImage image;
  for (const auto& layer : layers) image.add_layer(layer);
  TRY_ASSIGN(const Contents contents, read_contents(image, image.which, {.onlooker = {}, .keep = tells_owners, .sha1 = false, .md5 = true}));
  return judge_owners(contents, known);
}

TEST(Owners, EveryFileOfAnHonestImageIsOwned) {
  const Known known{.declared = Declared{.paths = {{"etc/motd", file("hi")}, {"opt/app/a/b.jar", file("PK")}}}};
  const auto owners = judge({small({{"definition", {"etc/motd", "opt/app/a/b.jar"}}, {"effect:accounts", {"etc/passwd"}}, {"effect:script:tool.postinst", {"var/log/tool.log"}}, {"parent", {"opt"}}},
                                   {{"etc/motd", "hi"}, {"opt/app/a/b.jar", "PK"}, {"etc/passwd", "root"}, {"var/log/tool.log", ""}, {"opt", "", FileType::Directory}})},
                            &known);
  ASSERT_TRUE(owners) << owners.error().message;
  EXPECT_TRUE(owners->stated);
  for (const auto& [path, owned] : owners->files) EXPECT_NE(owned.standing, Standing::Unowned) << path << ": " << owned.reason;
  const auto standing = [&](const char* path) { return to_string(owners->files.at(path).standing); };
  EXPECT_EQ(standing("usr/bin/tool"), "listed");
  EXPECT_EQ(standing("etc/tool.conf"), "listed");
  EXPECT_EQ(standing("etc/motd"), "declared");
  EXPECT_EQ(standing("opt/app/a/b.jar"), "declared");
  EXPECT_EQ(standing("var/log/tool.log"), "claimed");
  EXPECT_EQ(standing("opt"), "parent");
  EXPECT_EQ(owners->files.at("etc/passwd").owner, "effect:accounts");
  EXPECT_TRUE(owners->missing.empty());
}

TEST(Owners, PlantedFilesTable) {
  struct Row {
    std::string summary;
    Claims claims;
    Member planted;
    std::string reason;
  };
  const std::string elf = "\x7f" "ELF evil";
  const Member evil{"usr/bin/evil", elf, FileType::Regular, 0755};
  const std::vector<Row> rows = {
      {"nobody claims it", {}, evil, "nobody claims it"},
      {"a package whose md5sums does not have it", {{"package:tool", {"usr/bin/evil"}}}, evil, "package 'tool' lists no digest for it"},
      {"a package that is not installed", {{"package:other", {"usr/bin/evil"}}}, evil, "no package 'other' is installed"},
      {"the definition, which does not declare it", {{"definition", {"usr/bin/evil"}}}, evil, "the definition does not declare it"},
      {"a path that only begins like a declared folder", {{"definition", {"opt/appendix"}}}, {"opt/appendix", elf}, "the definition does not declare it"},
      {"an effect that makes other files", {{"effect:accounts", {"etc/shadow.sh"}}}, {"etc/shadow.sh", "#!/bin/sh"}, "effect 'accounts' makes no such file"},
      {"a program in the place of a bundle", {{"effect:ca-bundle", {"etc/ssl/certs/evil"}}}, {"etc/ssl/certs/evil", elf}, "no effect makes programs"},
      {"a program by a script", {{"effect:script:tool.postinst", {"usr/bin/evil"}}}, evil, "no effect makes programs"},
      {"a script of a package that is not there", {{"effect:script:other.postinst", {"etc/x"}}}, {"etc/x", "x"}, "no package 'other' is installed"},
      {"an effect that there is not", {{"effect:magic", {"etc/x"}}}, {"etc/x", "x"}, "there is no effect 'magic'"},
      {"an owner of no kind", {{"nobody", {"etc/x"}}}, {"etc/x", "x"}, "there is no owner 'nobody'"},
      {"a file as a parent", {{"parent", {"usr/bin/evil"}}}, evil, "it is no folder"},
      {"a device of a package", {{"package:tool", {"dev/mem"}}}, {"dev/mem", "", FileType::CharDevice}, "packages ship no devices, pipes or sockets"},
      {"a hard link under another name", {{"package:tool", {"usr/bin/evil"}}}, {"usr/bin/evil", "", FileType::HardLink, 0644, "usr/bin/tool"}, "package 'tool' lists no digest for it"},
  };
  const Known known{.declared = Declared{.paths = {{"etc/motd", file("hi")}, {"opt/app", {FileType::Directory, {}, {}}}}}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto owners = judge({small(row.claims, {row.planted})}, &known);
    ASSERT_TRUE(owners) << owners.error().message;
    const Owned& owned = owners->files.at(row.planted.path);
    EXPECT_EQ(owned.standing, Standing::Unowned);
    EXPECT_EQ(owned.reason, row.reason);
    EXPECT_EQ(owners->files.at("usr/bin/tool").standing, Standing::Listed);
  }
}

TEST(Owners, AHealthProbeIsOursOrNobodys) {
  const std::string elf = "\x7f" "ELF probe";
  const auto standing = [&](const std::vector<Digest>& probes) {
    const Known known{.declared = Declared{.probes = probes}};
    const auto owners = judge({small({{"effect:health", {"usr/lib/ashlar/probe"}}}, {{"usr/lib/ashlar/probe", elf}})}, &known);
    EXPECT_TRUE(owners);
    return owners ? owners->files.at("usr/lib/ashlar/probe") : Owned();
  };
  EXPECT_EQ(standing({Digest::of(std::string_view("another")), Digest::of(std::string_view(elf))}).standing, Standing::Made);
  EXPECT_EQ(standing({Digest::of(std::string_view("another"))}).reason, "it is not the probe that ashlar makes");
  EXPECT_EQ(standing({}).standing, Standing::Unowned) << "a definition without health";
}

TEST(Owners, AWhiteoutHidesNothingOfItsOwnLayer) {
  const Member shell{"usr/bin/sh", "\x7f" "ELF shell"}, whiteout{"usr/bin/.wh.sh", ""};
  struct Row {
    const char* summary;
    std::vector<std::vector<Member>> layers;
    bool there;
  };
  const Row rows[] = {
      {"after the file, in one layer", {small({}), {shell, whiteout}}, true},
      {"before the file, in one layer", {small({}), {whiteout, shell}}, true},
      {"in a higher layer", {small({}), {shell}, {whiteout}}, false},
      {"in a higher layer that has the file, too", {small({}), {shell}, {shell, whiteout}}, true},
  };
  for (const Row& row : rows) {
    const auto owners = judge(row.layers);
    ASSERT_TRUE(owners) << row.summary;
    EXPECT_EQ(owners->files.contains("usr/bin/sh"), row.there) << row.summary;
  }
}

TEST(Owners, AlteredFilesAreNamedWithBothDigests) {
  const auto changed = judge({small({}), {{"usr/bin/tool", "\x7f" "ELF other"}}});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->files.at("usr/bin/tool").standing, Standing::Altered);
  EXPECT_EQ(changed->files.at("usr/bin/tool").reason,
            "its MD5 is " + md5_hex(as_bytes("\x7f" "ELF other")) + ", and package 'tool' ships " + md5_hex(as_bytes("\x7f" "ELF tool")));
  const auto link = judge({small({}), {{"usr/bin/tool", "", FileType::Symlink, 0777, "/tmp/tool"}}});
  ASSERT_TRUE(link);
  EXPECT_EQ(link->files.at("usr/bin/tool").standing, Standing::Altered) << "a link in the place of a file";
}

TEST(Owners, WhatLacksIsNamedUnlessASliceLeavesItOut) {
  const std::vector<Member> gone = {{"usr/bin/.wh.tool", ""}};
  const auto missing = judge({small({}), gone});
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->missing, (std::map<std::string, std::string>{{"usr/bin/tool", "package:tool"}}));
  const auto claimed = judge({small({{"definition", {"etc/motd"}}})});
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->missing, (std::map<std::string, std::string>{{"etc/motd", "definition"}}));
  std::vector<Member> sliced = small({});
  sliced[3].content += sum("usr/share/tool/extra", "x");
  EXPECT_EQ(judge({sliced})->missing.size(), 1U);
  sliced[4].content = small({}, {}, {{"tool", {{"include", Json::array()}, {"exclude", {"/usr/share/tool/**"}}}}})[4].content;
  EXPECT_TRUE(judge({sliced})->missing.empty());
  sliced[4].content = small({}, {}, {{"tool", {{"include", {"usr/bin/**"}}, {"exclude", Json::array()}}}})[4].content;
  EXPECT_TRUE(judge({sliced})->missing.empty());
}

TEST(Owners, PathsAreFollowedThroughMergedFolders) {
  std::vector<Member> members = small({{"effect:merged-usr", {"bin"}}}, {{"bin", "", FileType::Symlink, 0777, "usr/bin"}});
  members[3].content = sum("bin/tool", "\x7f" "ELF tool");
  const auto owners = judge({members});
  ASSERT_TRUE(owners);
  EXPECT_EQ(owners->files.at("usr/bin/tool").standing, Standing::Listed);
  EXPECT_EQ(owners->files.at("bin").standing, Standing::Made);
  EXPECT_TRUE(owners->missing.empty());
}

TEST(Owners, LinksThatLoopHarmNobody) {
  std::vector<Member> members = small({}, {{"a", "", FileType::Symlink, 0777, "b"}, {"b", "", FileType::Symlink, 0777, "a"}, {"up", "", FileType::Symlink, 0777, "../../.."}});
  members[3].content += sum("a/x", "x") + sum("up/x", "x");
  const auto owners = judge({members});
  ASSERT_TRUE(owners);
  EXPECT_EQ(owners->missing.size(), 2U);
}

TEST(Owners, WithoutAStatementThePackagesListsSay) {
  const std::string list = "/.\n/usr\n/usr/bin\n/usr/bin/tool\n/usr/bin/t\n";
  const auto owners = judge({{{"usr", "", FileType::Directory}, {"usr/bin", "", FileType::Directory}, {"usr/bin/tool", "tool"}, {"usr/bin/t", "", FileType::Symlink, 0777, "tool"}, {"usr/bin/u", "", FileType::Symlink, 0777, "tool"},
                              {"srv", "", FileType::Directory}, {"srv/data", "x"}, {"var", "", FileType::Directory}, {"var/lib/dpkg/status", status("tool", "Status: install ok installed\n")},
                              {"var/lib/dpkg/info/tool:amd64.md5sums", sum("usr/bin/tool", "tool")}, {"var/lib/dpkg/info/tool:amd64.list", list}}});
  ASSERT_TRUE(owners);
  EXPECT_FALSE(owners->stated);
  const std::map<std::string, std::string> expected = {{"usr", "listed"}, {"usr/bin", "listed"}, {"usr/bin/tool", "listed"}, {"usr/bin/t", "listed"}, {"usr/bin/u", "unowned"}, {"srv", "unowned"},
                                                       {"srv/data", "unowned"}, {"var", "parent"}, {"var/lib/dpkg/status", "made"}, {"var/lib/dpkg/info/tool:amd64.md5sums", "made"},
                                                       {"var/lib/dpkg/info/tool:amd64.list", "made"}};
  for (const auto& [path, standing] : expected) EXPECT_EQ(to_string(owners->files.at(path).standing), standing) << path;
}

TEST(Owners, AListedPackagesLinksMustBeListed) {
  std::vector<Member> members = small({{"package:tool", {"usr/bin/t"}}}, {{"usr/bin/t", "", FileType::Symlink, 0777, "tool"}});
  EXPECT_EQ(judge({members})->files.at("usr/bin/t").standing, Standing::Claimed);
  members.push_back({"var/lib/dpkg/info/tool.list", "/usr/bin/tool\n"});
  EXPECT_EQ(judge({members})->files.at("usr/bin/t").reason, "package 'tool' does not list it");
}

TEST(Owners, StatementsThatDoNotRead) {
  struct Row { std::string summary, text, cause; };
  const std::vector<Row> rows = {
      {"no JSON", "{", "not valid JSON"},
      {"another schema", R"({"schema": "x", "owners": {}})", "its schema is 'x'"},
      {"no owners", R"({"schema": "https://ashlar.dev/image/v1"})", "no object 'owners'"},
      {"paths that are none", R"({"schema": "https://ashlar.dev/image/v1", "owners": {"definition": "etc"}})", "are no list"},
      {"a path that is no text", R"({"schema": "https://ashlar.dev/image/v1", "owners": {"definition": [1]}})", "are not all texts"},
      {"two owners", R"({"schema": "https://ashlar.dev/image/v1", "owners": {"definition": ["a"], "parent": ["a"]}})", "path 'a' has two owners"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto owners = judge({{{"usr/share/ashlar/image.json", row.text}}});
    ASSERT_FALSE(owners);
    EXPECT_NE(owners.error().message.find(row.cause), std::string::npos) << owners.error().message;
  }
}

/// A package of rpm with one file of these bytes.
Component rpm(const std::string& name, const std::string& path, std::string_view content) {
  return {.type = "rpm", .name = name, .version = "1-1", .found_by = "rpm", .path = "var/lib/rpm/rpmdb.sqlite", .files = {path}, .sums = std::string(as_text(Digest::of(content).raw()))};
}

TEST(Owners, WhatAnRpmHasIsHeldAgainstItsDigests) {
  SampleImage image;
  image.add_layer({{"usr", "", FileType::Directory}, {"usr/lib/pad.py", "pad"}, {"usr/lib/other.py", "changed"}, {"usr/lib/own.py", "own"}, {"usr/lib/twice.py", "twice"}, {.path = "lib", .type = FileType::Symlink, .link = "usr/lib"}});
  const auto contents = read_contents(image, image.which, {.onlooker = {}, .keep = tells_owners, .sha1 = false, .md5 = true});
  ASSERT_TRUE(contents) << contents.error().message;
  auto owners = judge_owners(*contents, nullptr);
  ASSERT_TRUE(owners) << owners.error().message;
  Component older = rpm("older", "usr/lib/own.py", "own");
  older.sums.clear();
  Component folders = rpm("folders", "usr", "");
  folders.sums = std::string(32, '\0');
  add_listed(*owners, *contents, {rpm("pad", "lib/pad.py", "pad"), rpm("other", "usr/lib/other.py", "as shipped"), older, folders, rpm("first", "usr/lib/twice.py", "twice"), rpm("second", "usr/lib/twice.py", "twice"), rpm("gone", "usr/lib/gone.py", "x")});
  const auto owner = [&](const char* path) { return owners->files.at(path).owner + " " + std::string(to_string(owners->files.at(path).standing)); };
  EXPECT_EQ(owner("usr/lib/pad.py"), "package:pad listed") << "by way of /lib";
  EXPECT_EQ(owner("usr/lib/other.py"), " unowned") << "it has other bytes";
  EXPECT_EQ(owner("usr/lib/own.py"), " unowned") << "its package has no digests of today";
  EXPECT_EQ(owner("usr"), " unowned") << "folders have none";
  EXPECT_EQ(owner("usr/lib/twice.py"), "package:first listed");
  EXPECT_FALSE(owners->files.contains("usr/lib/gone.py"));
}

}  // namespace
}  // namespace ashlar::inventory
