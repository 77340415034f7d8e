#include "pipeline/inner/at_hand.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "build/recorded_files.h"
#include "base/progress.h"
#include "host/memory.h"
#include "inventory/package_files.h"

namespace ashlar::pipeline {
namespace {

using inventory::KnownPath;

Digest digest(std::string_view text) { return Digest::of(text); }

/// A definition in the catalogue `/c`, for one platform.
Result<plan::Definition> definition_of(host::Files& files, const std::string& more) {
  const std::string text = std::string("name: X\nimage: x/x\ndistribution: debian-13\nvariant: runtime\ntags: ['1']\nplatforms: [linux/amd64]\n") + (more.starts_with("contents:") ? "" : "contents: {packages: [base-files]}\n") + more;
  EXPECT_TRUE(files.write("/c/catalog/x/1.yaml", text, host::Durability::Cache));
  TRY_ASSIGN(const auto definition, plan::read_definition(text, "/c/catalog/x/1.yaml"));
  return plan::for_platform(definition, "linux/amd64");
}

TEST(AtHand, WhatADefinitionDeclaresTable) {
  host::MemoryFiles files;
  for (const auto& [path, text] : {std::pair{"/c/catalog/x/a.conf", "a"}, {"/c/catalog/x/tree/one", "1"}, {"/c/catalog/x/tree/below/two", "2"}}) ASSERT_TRUE(files.write(path, text, host::Durability::Cache));
  struct Row { std::string summary, rules, path; std::optional<KnownPath> expected; };
  const auto file = [](std::string_view text) { return KnownPath{FileType::Regular, digest(text), {}}; };
  const std::vector<Row> rows = {
      {"a text", "{type: file, path: /etc/a, content: hi}", "etc/a", file("hi")},
      {"a file of the catalogue", "{type: file, path: /etc/a, source: x/a.conf}", "etc/a", file("a")},
      {"an empty file", "{type: emptyfile, path: /etc/a}", "etc/a", file("")},
      {"a link", "{type: symlink, path: /etc/a, source: b}", "etc/a", KnownPath{FileType::Symlink, {}, "b"}},
      {"a folder", "{type: directory, path: /srv/}", "srv", KnownPath{FileType::Directory, {}, {}}},
      {"a folder of the catalogue", "{type: directory, path: /srv, source: x/tree}", "srv", KnownPath{FileType::Directory, {}, {}}},
      {"a file of that folder", "{type: directory, path: /srv, source: x/tree}", "srv/one", file("1")},
      {"a file below it", "{type: directory, path: /srv, source: x/tree}", "srv/below/two", file("2")},
      {"another one there", "{type: directory, path: /srv, source: x/tree}", "srv/three", std::nullopt},
      {"the last rule counts", "{type: file, path: /etc/a, content: hi}, {type: file, path: /etc/a, content: ho}", "etc/a", file("ho")},
      {"what is deleted again", "{type: file, path: /etc/a/b, content: hi}, {type: delete, path: /etc/a}", "etc/a/b", std::nullopt},
      {"a path that is no rule's", "{type: file, path: /etc/a, content: hi}", "etc/b", std::nullopt},
      {"whose owner alone is set afterwards", "{type: file, path: /etc/a, content: hi}, {type: file, path: /etc/a, uid: 7, gid: 7}", "etc/a", file("hi")},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto definition = definition_of(files, "paths: [" + row.rules + "]\n");
    ASSERT_TRUE(definition) << definition.error().message;
    const auto declared = declared_of(files, *definition, nullptr, {});
    const auto found = declared.paths.find(row.path);
    ASSERT_EQ(found != declared.paths.end(), row.expected.has_value());
    if (!row.expected) continue;
    EXPECT_EQ(found->second.type, row.expected->type);
    EXPECT_EQ(found->second.content, row.expected->content);
    EXPECT_EQ(found->second.link, row.expected->link);
  }
  const auto kept = definition_of(files, "paths: [{type: directory, path: /opt, recursive: true}, {type: file, path: /etc/own}, {type: file, path: /srv/page, source: /usr/share/page}]\n");
  ASSERT_TRUE(kept);
  const auto declared = declared_of(files, *kept, nullptr, {});
  EXPECT_TRUE(declared.kept.contains("opt"));
  EXPECT_TRUE(declared.kept.contains("etc/own"));
  EXPECT_EQ(declared.copies.at("srv/page"), "usr/share/page");
  EXPECT_TRUE(declared.probes.empty());
}

TEST(AtHand, DownloadsHaveTheDigestOfTheirChecksumOrOfTheLock) {
  host::MemoryFiles files;
  const std::string sum = digest("file").str();
  const auto definition = definition_of(files, "contents:\n  files:\n    - {url: 'https://example.org/a', checksum: '" + sum + "', path: /opt/a}\n    - {url: 'https://example.org/b', path: /opt/b}\n");
  ASSERT_TRUE(definition) << definition.error().message;
  const auto alone = declared_of(files, *definition, nullptr, {});
  EXPECT_EQ(alone.paths.at("opt/a").content, digest("file"));
  EXPECT_EQ(alone.paths.at("opt/b").content, std::nullopt) << "nobody says which bytes these are";
  const plan::LockedPlatform locked{{}, {{"/opt/b", "https://example.org/b", digest("other").hex(), 5}}};
  EXPECT_EQ(declared_of(files, *definition, &locked, {}).paths.at("opt/b").content, digest("other"));
}

TEST(AtHand, OsReleaseIsTheDefinitionsOrOpen) {
  host::MemoryFiles files;
  const auto own = definition_of(files, "os-release: {name: Mine, id: debian, version-id: '13'}\n"), none = definition_of(files, "");
  ASSERT_TRUE(own && none);
  EXPECT_EQ(declared_of(files, *own, nullptr, {}).paths.at("usr/lib/os-release").content, digest(build::os_release_text(*own, {}).value()));
  const plan::OsRelease release{"Stone", "debian", {}, "13", "trixie", {}, {}, {}};
  EXPECT_EQ(declared_of(files, *none, nullptr, release).paths.at("usr/lib/os-release").content, std::nullopt) << "nobody knows whether base-files is there";
  plan::LockedPlatform without, with;
  with.packages.emplace_back().name = "base-files";
  EXPECT_EQ(declared_of(files, *none, &with, release).paths.at("usr/lib/os-release").content, std::nullopt) << "base-files has its own";
  const auto alone = declared_of(files, *none, &without, release);
  EXPECT_EQ(alone.paths.at("usr/lib/os-release").content, digest(build::os_release_text(*none, release).value()));
  EXPECT_EQ(alone.paths.at("etc/debian_version").content, digest("13\n"));
}

TEST(AtHand, ScriptsAreThoseOfTheVersionThatTheImageHas) {
  host::MemoryFiles files;
  const auto script = [](const std::string& package, const std::string& version, const std::string& commands) {
    return R"({"package": ")" + package + R"(", "version": ")" + version + R"(", "script": "postinst", "sha256": "00", "changes": [{"path": "etc/a", "type": "file", "mode": "0644", "text": "made"}, {"path": "etc/b", "type": "removed"},
               {"path": "etc/c", "type": "symlink", "target": "a"}], "commands": [)" + commands + "]}";
  };
  ASSERT_TRUE(files.write("/x.effects.json", R"({"schema": "https://ashlar.dev/effects/v1", "scripts": [)" + script("a", "1", "") + "," + script("b", "2", "") + "," + script("c", "1", R"(["update-ca-certificates"])") + "," + script("d", "1", R"(["chown", "a", "/etc/a"])") + "]}",
                          host::Durability::Cache));
  inventory::Contents contents;
  for (const char* name : {"a", "b", "c", "d"}) contents.packages.push_back({name, "1", "all", {}, {}});
  const auto scripts = recorded_of(files, "/x.effects.json", contents);
  ASSERT_TRUE(scripts) << scripts.error().message;
  ASSERT_EQ(scripts->size(), 2U) << "one was recorded for another version, one made more than was recorded";
  EXPECT_EQ(scripts->at("a.postinst").at("etc/a").content, digest("made"));
  EXPECT_EQ(scripts->at("d.postinst").at("etc/c").link, "a");
  EXPECT_FALSE(scripts->at("a.postinst").contains("etc/b"));
  EXPECT_TRUE(recorded_of(files, "/none.effects.json", contents)->empty());
  ASSERT_TRUE(files.write("/x.effects.json", "{}", host::Durability::Cache));
  EXPECT_FALSE(recorded_of(files, "/x.effects.json", contents));
}

class PackagesAtHand : public ::testing::Test {
 protected:
  /// A package whose file was read before; its digest.
  std::string keep(const std::string& name, const std::string& version) {
    const inventory::PackageFiles package{name, version, "all", {{"usr/bin/" + name, {FileType::Regular, digest(name), {}}}}};
    const std::string hex = digest(name + version).hex();
    EXPECT_TRUE(machine.files.write("/cache/shipped/" + hex + ".json", inventory::to_text(package), host::Durability::Cache));
    return hex;
  }
  inventory::Known known(const plan::LockedPlatform* locked, const std::string& named = {}) {
    inventory::Contents contents;
    contents.packages = {{"tool", "1", "all", {}, {}}};
    if (!named.empty()) contents.texts["usr/share/ashlar/packages.json"] = to_compact({{"packages", {{"tool", {{"version", "1"}, {"sha256", named}}}}}});
    inventory::Known out;
    add_packages(workshop, contents, locked, out);
    return out;
  }
  static plan::LockedPlatform lock(const std::string& name, const std::string& version, const std::string& sha256) {
    plan::LockedPackage package;
    package.name = name, package.version = version, package.sha256 = sha256;
    return {{package}, {}};
  }

  host::MemoryMachine machine{Time{1'700'000'000}};
  Silence silent;
  Workshop workshop{machine.machine, silent, {"/cache", "/state", "/config"}, "/data", {}, {}};
};

TEST_F(PackagesAtHand, Table) {
  const std::string tool = keep("tool", "1"), newer = keep("tool", "2"), other = keep("other", "1"), nowhere(64, 'e');
  struct Row { std::string summary; std::optional<plan::LockedPlatform> locked; std::string named; bool found; std::string stranger; };
  const std::vector<Row> rows = {
      {"the lock's file", lock("tool", "1", tool), {}, true, {}},
      {"the lock's file, whatever the image names", lock("tool", "1", tool), other, true, {}},
      {"the lock's file is not at hand", lock("tool", "1", nowhere), {}, false, {}},
      {"the lock has another version", lock("tool", "2", newer), {}, false, "it is version 1, and the lock names 2"},
      {"the lock has another version, and the image's own file is at hand", lock("tool", "2", newer), tool, true, {}},
      {"the lock does not name it", lock("other", "1", other), {}, false, "it is version 1, and the lock does not name it"},
      {"the lock does not name it, and the image names another package's file", lock("other", "1", other), other, false, "it is version 1, and the lock does not name it"},
      {"no lock, and the image names its file", {}, tool, true, {}},
      {"no lock, and the image names another package's file", {}, other, false, "the file that the image names for it is that of 'other' 1"},
      {"no lock, and the image names a newer file", {}, newer, false, "is that of 'tool' 2"},
      {"no lock, and the file is not at hand", {}, nowhere, false, {}},
      {"no lock, and the image names none", {}, {}, false, {}},
      {"no lock, and the image names what is no digest", {}, "../../etc", false, {}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto all = known(row.locked ? &*row.locked : nullptr, row.named);
    EXPECT_EQ(all.packages.contains("tool"), row.found);
    EXPECT_EQ(all.strangers.contains("tool"), !row.stranger.empty());
    EXPECT_NE((all.strangers.contains("tool") ? all.strangers.at("tool") : "").find(row.stranger), std::string::npos);
  }
  EXPECT_TRUE(at_hand(workshop, tool));
  EXPECT_FALSE(at_hand(workshop, nowhere));
  EXPECT_FALSE(at_hand(workshop, "no digest"));
}

TEST_F(PackagesAtHand, ADamagedRecordIsNoneAtHand) {
  const std::string tool = keep("tool", "1");
  ASSERT_TRUE(machine.files.write("/cache/shipped/" + tool + ".json", "{", host::Durability::Cache));
  EXPECT_FALSE(known(nullptr, tool).packages.contains("tool"));
}

}  // namespace
}  // namespace ashlar::pipeline
