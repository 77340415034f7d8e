#include "attest/provenance.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "attest/inner/sample_predicates_test.h"

namespace ashlar::attest {
namespace {

Json made(const Making& making) { return provenance(sample::lock(), making).value(); }

std::vector<Json> of_kind(const Json& predicate, std::string_view kind) {
  std::vector<Json> out;
  for (const Json& each : predicate["buildDefinition"]["resolvedDependencies"]) {
    if (each["annotations"]["kind"] == kind) out.push_back(each);
  }
  return out;
}

TEST(Provenance, NamesEveryByteThatWentIn) {
  const Json predicate = made(sample::making());
  const plan::Lock lock = sample::lock();
  const auto& locked = lock.platforms.at("linux/amd64");
  const auto packages = of_kind(predicate, "package");
  ASSERT_EQ(packages.size(), locked.packages.size());
  for (size_t at = 0; at < packages.size(); ++at) {
    EXPECT_EQ(packages[at]["name"], locked.packages[at].name);
    EXPECT_EQ(packages[at]["digest"]["sha256"], locked.packages[at].sha256);
    EXPECT_EQ(packages[at]["annotations"]["path"], locked.packages[at].path);
    EXPECT_EQ(packages[at]["annotations"]["archive"], locked.packages[at].archive);
    EXPECT_TRUE(packages[at]["uri"].get<std::string>().starts_with("pkg:deb/debian/" + locked.packages[at].name + "@")) << packages[at];
  }
  EXPECT_EQ(packages[1]["uri"], "pkg:deb/debian/libc6@2.41-12%2Bb1?arch=amd64&distro=debian-13&upstream=glibc%402.41-12");
  const auto sources = of_kind(predicate, "source");
  ASSERT_EQ(sources.size(), 2U) << "a source of several packages stands once";
  EXPECT_EQ(sources[0]["uri"], "pkg:deb/debian/glibc@2.41-12?arch=source&distro=debian-13");
  EXPECT_EQ(sources[0]["annotations"]["packages"], "libc-bin libc6");
  const auto releases = of_kind(predicate, "release");
  ASSERT_EQ(releases.size(), 2U);
  EXPECT_EQ(releases[1]["digest"]["sha256"], lock.archives[1].release_sha256);
  EXPECT_EQ(releases[1]["uri"], "deb:trixie-security@debian-security.archive/dists/trixie-security/InRelease");
  EXPECT_EQ(of_kind(predicate, "download").at(0)["uri"], "https://example.org/app.jar");
  EXPECT_EQ(of_kind(predicate, "definition").at(0)["digest"]["sha256"], sample::digest("definition").hex());
  EXPECT_EQ(of_kind(predicate, "lock").size(), 1U);
  EXPECT_EQ(of_kind(predicate, "effects").size(), 1U);
  EXPECT_EQ(of_kind(predicate, "file").at(0)["name"], "/etc/app.conf");
}

TEST(Provenance, SaysWhoAndWhatElseCameOut) {
  const Json run = made(sample::making())["runDetails"];
  EXPECT_EQ(run["builder"]["id"], "https://ci.example/builder");
  EXPECT_EQ(run["builder"]["builderDependencies"][0]["digest"]["sha256"], sample::digest("program").hex());
  EXPECT_EQ(run["metadata"]["startedOn"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(run["byproducts"][0]["digest"]["sha256"], sample::digest("image.json").hex());
  EXPECT_EQ(run["byproducts"][1]["annotations"]["result"], "passed");
  EXPECT_EQ(run["byproducts"][1]["digest"]["sha256"], sample::digest("image").hex());
}

TEST(Provenance, IsDatedByWhatItsArchivesHad) {
  struct Row { const char* summary; std::vector<std::string> dates; const char* as_of; };
  const Row rows[] = {
      {"the newest of them", {"2026-11-21T09:15:44Z", "2026-11-22T09:15:44Z"}, "2026-11-22T09:15:44Z"},
      {"in whatever order", {"2026-11-22T09:15:44Z", "2026-11-21T09:15:44Z"}, "2026-11-22T09:15:44Z"},
      {"one that is none says nothing", {"some day", "2026-11-21T09:15:44Z"}, "2026-11-21T09:15:44Z"},
      {"another zone is the same moment", {"2026-11-22T01:00:00+02:00", "2026-11-21T22:59:59Z"}, "2026-11-21T23:00:00Z"},
      {"none", {"", ""}, ""},
  };
  Making undated = sample::making();
  undated.started.reset(), undated.finished.reset();
  for (const Row& row : rows) {
    plan::Lock lock = sample::lock();
    ASSERT_EQ(lock.archives.size(), row.dates.size());
    for (size_t at = 0; at < row.dates.size(); ++at) lock.archives[at].date = row.dates[at];
    const Json predicate = provenance(lock, undated).value();
    EXPECT_EQ(predicate["buildDefinition"]["internalParameters"].value("as_of", ""), row.as_of) << row.summary;
    EXPECT_EQ(predicate, provenance(lock, undated).value()) << "no time of day: " << row.summary;
    EXPECT_FALSE(predicate["runDetails"]["metadata"].contains("finishedOn")) << "when it was built nobody says: " << row.summary;
  }
}

TEST(Provenance, WhatIsNotGivenIsNotSaid) {
  Making making = sample::making();
  making.started.reset(), making.finished.reset(), making.effects.reset(), making.rebuilt.reset(), making.image_json.reset(), making.program.digest.reset();
  making.more.clear(), making.image_mirror.clear();
  const Json predicate = made(making);
  EXPECT_FALSE(predicate["runDetails"]["metadata"].contains("startedOn"));
  EXPECT_FALSE(predicate["runDetails"]["metadata"].contains("finishedOn"));
  EXPECT_FALSE(predicate["runDetails"]["builder"].contains("builderDependencies"));
  EXPECT_EQ(predicate["runDetails"]["byproducts"], Json::array());
  EXPECT_EQ(predicate["buildDefinition"]["externalParameters"]["options"], Json::object());
  EXPECT_TRUE(of_kind(predicate, "effects").empty());
}

TEST(Provenance, TheInvocationFollowsFromWhatIsBuiltByWhom) {
  const auto invocation = [](const std::function<void(Making&)>& change) {
    Making making = sample::making();
    change(making);
    return made(making)["runDetails"]["metadata"]["invocationId"].get<std::string>();
  };
  const std::string once = invocation([](Making&) {});
  EXPECT_EQ(invocation([](Making& making) { making.started = Time{1}; making.rebuilt.reset(); }), once) << "not from when, nor from what was found later";
  struct Row { std::string_view summary; std::function<void(Making&)> change; };
  for (const Row& row : {Row{"another builder", [](Making& m) { m.builder = "https://other.example/builder"; }}, {"another program", [](Making& m) { m.program.digest = sample::digest("x"); }},
                         {"another definition", [](Making& m) { m.definition.digest = sample::digest("x"); }}, {"another lock", [](Making& m) { m.lock.digest = sample::digest("x"); }},
                         {"another file", [](Making& m) { m.more[0].digest = sample::digest("x"); }}, {"another platform", [](Making& m) { m.platform = "linux/arm64"; }},
                         {"another mirror in the image", [](Making& m) { m.image_mirror = "https://x.example"; }}}) {
    EXPECT_NE(invocation(row.change), once) << row.summary;
  }
}

TEST(Provenance, WhatCannotBeSaidIsRefused) {
  Making making = sample::making();
  making.platform = "linux/riscv64";
  auto none = provenance(sample::lock(), making);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::NotFound);
  EXPECT_EQ(none.error().message, "cannot say how 'registry.example/app' was made: its lock has no platform 'linux/riscv64'");
  making = sample::making();
  making.builder = "me";
  none = provenance(sample::lock(), making);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "cannot say how 'registry.example/app' was made: 'me', who built it, is no URI");
}

}  // namespace
}  // namespace ashlar::attest
