// What of a lock moves when archives have something newer, and what stays.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "plan/lock_making.h"

namespace ashlar::plan {
namespace {

constexpr const char* text = R"(distribution: debian-13
name: App
image: registry.example/app
variant: runtime
platforms: [linux/amd64]
tags: ["1"]
contents:
  packages: [app]
)";

/// Packages of two archives, the second one for security: `app` needs `lib`, and `tool` nothing.
class LockUpdate : public testing::Test {
 protected:
  deb::Package& put(const char* name, const char* version, const char* depends = "", std::uint32_t archive = 0) {
    deb::Package& made = packages_.emplace_back();
    made.name = name, made.version = version, made.depends = depends, made.archive = archive;
    made.source = name, made.source_version = version, made.architecture = "amd64", made.priority = "optional";
    made.sha256 = texts_.emplace_back(Digest::of(std::string(name) + version).hex());
    made.filename = texts_.emplace_back(std::string("pool/") + name + "_" + version + ".deb");
    return made;
  }
  void remove(std::string_view name, std::string_view version) {
    std::erase_if(packages_, [&](const deb::Package& each) { return each.name == name && each.version == version; });
  }
  Result<MadeLock> make(const Lock* old, const Update& update) {
    universe_.emplace(packages_, "amd64");
    const std::vector<Offer> offers = {{"linux/amd64", "amd64", packages_, &*universe_, archives_, {}}};
    const auto definition = read_definition(definition_, "app.yaml");
    EXPECT_TRUE(definition) << definition.error().message;
    return make_lock(*definition, offers, old, update, {}, true);
  }
  /// `name version` of each package.
  static std::vector<std::string> versions(const Lock& lock) {
    std::vector<std::string> out;
    for (const LockedPackage& each : lock.platforms.at("linux/amd64").packages) out.push_back(each.name + " " + each.version);
    return out;
  }

  std::string definition_ = text;
  std::vector<OfferArchive> archives_ = {{"debian", "trixie", {"main"}, false, nullptr}, {"debian-security", "trixie-security", {"main"}, true, nullptr}};
  std::deque<std::string> texts_;
  std::vector<deb::Package> packages_;
  std::optional<Universe> universe_;
};

TEST_F(LockUpdate, MovesWhatWasAskedFor) {
  put("app", "1", "lib (>= 1)");
  put("lib", "1");
  const auto first = make(nullptr, {});
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_EQ(versions(first->lock), (std::vector<std::string>{"app 1", "lib 1"}));
  put("app", "2", "lib (>= 1), tool");
  put("lib", "2");
  put("lib", "1.1", "", 1);
  put("tool", "1");

  const struct {
    const char* summary;
    Update update;
    std::vector<std::string> versions, changes;
  } rows[] = {
      {"everything", {true, {}, false}, {"app 2", "lib 2", "tool 1"}, {"linux/amd64: app 1 -> 2", "linux/amd64: lib 1 -> 2", "linux/amd64: tool 1 is new"}},
      {"nothing", {false, {}, false}, {"app 1", "lib 1"}, {}},
      {"one package and what it newly needs", {false, {"app"}, false}, {"app 2", "lib 1", "tool 1"}, {"linux/amd64: app 1 -> 2", "linux/amd64: tool 1 is new"}},
      {"a dependency alone", {false, {"lib"}, false}, {"app 1", "lib 2"}, {"linux/amd64: lib 1 -> 2"}},
      {"what a security archive has newer", {false, {}, true}, {"app 1", "lib 2"}, {"linux/amd64: lib 1 -> 2"}},
      {"a name that the lock has not", {false, {"other"}, false}, {"app 1", "lib 1"}, {}},
  };
  for (const auto& row : rows) {
    const auto made = make(&first->lock, row.update);
    ASSERT_TRUE(made) << row.summary << ": " << made.error().message;
    EXPECT_EQ(versions(made->lock), row.versions) << row.summary;
    EXPECT_EQ(changes(first->lock, made->lock), row.changes) << row.summary;
  }
}

TEST_F(LockUpdate, KeepsWhatTheArchiveHasDropped) {
  put("app", "1", "lib");
  put("lib", "1", "tool (>= 1)");
  put("tool", "1");
  const auto first = make(nullptr, {});
  ASSERT_TRUE(first);
  remove("lib", "1");
  put("lib", "2");
  put("app", "2", "lib");
  const auto made = make(&first->lock, {false, {"app"}, false});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(versions(made->lock), (std::vector<std::string>{"app 2", "lib 1", "tool 1"}));
  const auto& before = first->lock.platforms.at("linux/amd64").packages, &after = made->lock.platforms.at("linux/amd64").packages;
  EXPECT_EQ(after[1].sha256, before[1].sha256);
  EXPECT_EQ(after[1].path, before[1].path);
  EXPECT_EQ(after[1].depends, before[1].depends);
  // Unless its archive is no longer configured.
  archives_[0].name = "elsewhere";
  const auto gone = make(&first->lock, {false, {"app"}, false});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().message, "cannot lock 'registry.example/app': cannot keep package 'lib' at 1: its archive 'debian' is no longer configured; update it too");
  EXPECT_EQ(gone.error().kind, Kind::NotFound);
}

TEST_F(LockUpdate, KeepsTheBytesToo) {
  put("app", "1", "lib");
  put("lib", "1");
  const auto first = make(nullptr, {});
  ASSERT_TRUE(first);
  // The same version with other bytes, as a rebuilt repository serves it.
  packages_[1].sha256 = texts_.emplace_back(Digest::of("forged").hex());
  const auto made = make(&first->lock, {false, {"app"}, false});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->lock.platforms.at("linux/amd64").packages[1].sha256, first->lock.platforms.at("linux/amd64").packages[1].sha256);
}

TEST_F(LockUpdate, SaysThatTheOthersStay) {
  put("app", "1", "lib (= 1)");
  put("lib", "1");
  const auto first = make(nullptr, {});
  ASSERT_TRUE(first);
  put("app", "2", "lib (= 2)");
  put("lib", "2");
  const auto made = make(&first->lock, {false, {"app"}, false});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "cannot lock 'registry.example/app' for linux/amd64: cannot choose packages: 'app' needs 'lib (= 2)', but the archives have only lib 1; "
                                  "what is not named stays as it is locked: name more to --update, or nothing for all");
  EXPECT_EQ(made.error().kind, Kind::Conflict);
  const auto both = make(&first->lock, {false, {"app", "lib"}, false});
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(versions(both->lock), (std::vector<std::string>{"app 2", "lib 2"}));
}

TEST_F(LockUpdate, TakesAPlatformThatTheOldLockLacksAnew) {
  put("app", "1");
  Lock other;
  other.platforms["linux/arm64"] = {};
  const auto made = make(&other, {false, {}, false});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(versions(made->lock), std::vector<std::string>{"app 1"});
  EXPECT_EQ(changes(other, made->lock), std::vector<std::string>{"linux/amd64: app 1 is new"});
}

TEST_F(LockUpdate, TheSecurityArchiveWinsOverAnEqualVersion) {
  put("app", "1");
  put("app", "1", "", 1).sha256 = texts_.emplace_back(Digest::of("rebuilt").hex());
  for (const char* packages : {"[app]", "[app=1]"}) {
    definition_ = text;
    definition_.replace(definition_.find("[app]"), 5, packages);
    const auto made = make(nullptr, {});
    ASSERT_TRUE(made) << packages << ": " << made.error().message;
    EXPECT_EQ(made->lock.platforms.at("linux/amd64").packages[0].archive, "debian-security") << packages;
  }
}

TEST(Changes, TellPackagesAndFilesOfEveryPlatform) {
  const auto lock = [](const char* platform, std::vector<std::pair<const char*, const char*>> packages, const char* file) {
    Lock out;
    for (const auto& [name, version] : packages) {
      LockedPackage& made = out.platforms[platform].packages.emplace_back();
      made.name = name, made.version = version;
    }
    if (*file != 0) out.platforms[platform].files.push_back({"/opt/app", "https://example.org/app", Digest::of(file).hex(), 0});
    return out;
  };
  const std::string one = Digest::of("one").hex().substr(0, 12), two = Digest::of("two").hex().substr(0, 12);
  const struct {
    const char* summary;
    Lock before, after;
    std::vector<std::string> changes;
  } rows[] = {
      {"nothing", lock("linux/amd64", {{"a", "1"}}, "one"), lock("linux/amd64", {{"a", "1"}}, "one"), {}},
      {"a package moved", lock("linux/amd64", {{"a", "1"}}, ""), lock("linux/amd64", {{"a", "2"}}, ""), {"linux/amd64: a 1 -> 2"}},
      {"one came, one went", lock("linux/amd64", {{"b", "1"}}, ""), lock("linux/amd64", {{"a", "2"}}, ""), {"linux/amd64: a 2 is new", "linux/amd64: b 1 is gone"}},
      {"a file changed", lock("linux/amd64", {}, "one"), lock("linux/amd64", {}, "two"), {"linux/amd64: /opt/app " + one + " -> " + two}},
      {"a file came", lock("linux/amd64", {{"a", "1"}}, ""), lock("linux/amd64", {{"a", "1"}}, "two"), {"linux/amd64: /opt/app " + two + " is new"}},
      {"another platform", lock("linux/arm64", {{"a", "1"}}, ""), lock("linux/amd64", {{"a", "1"}}, ""), {"linux/amd64: a 1 is new", "linux/arm64: a 1 is gone"}},
  };
  for (const auto& row : rows) EXPECT_EQ(changes(row.before, row.after), row.changes) << row.summary;
}

}  // namespace
}  // namespace ashlar::plan
