#include "pipeline/decisions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "host/memory.h"
#include "pipeline/doubts.h"
#include "pipeline/validation.h"

namespace ashlar::pipeline {
namespace {

const Time now = Time::parse("2026-11-24T08:00:00Z").value();

/// A database of one vulnerability in one package of two releases, one of which has a fix.
class SmallDatabase final : public advisory::Database {
 public:
  SmallDatabase() { stamps_.push_back({.name = "tracker", .digest = digest_, .spaces = {"Debian:12", "Debian:13"}}); }
  const Digest& digest() const override { return digest_; }
  Time created() const override { return {}; }
  const std::vector<advisory::FeedStamp>& feeds() const override { return stamps_; }
  Result<std::vector<advisory::Match>> matches(std::string_view space, std::string_view package) override {
    std::vector<advisory::Match> out;
    if (package == "openssl" && affected.contains(std::string(space))) out.push_back({"tracker", 0, affected.at(std::string(space))});
    return out;
  }
  Result<std::vector<std::string>> with_artifact(std::string_view) override { return std::vector<std::string>(); }
  Result<advisory::Advisory> advisory(std::int64_t) override { return record; }
  Result<std::vector<advisory::PackageName>> packages(std::int64_t) override { return std::vector<advisory::PackageName>(); }
  Result<std::vector<std::int64_t>> named(std::string_view) override { return std::vector<std::int64_t>{0}; }
  Result<std::optional<advisory::Exploited>> exploited(std::string_view cve) override { return cve == kev ? std::optional(advisory::Exploited{kev, now, {}, false}) : std::nullopt; }
  Result<std::optional<advisory::Likelihood>> likelihood(std::string_view) override { return std::optional<advisory::Likelihood>(); }
  Result<std::vector<advisory::Support>> support(std::string_view, std::string_view) override { return std::vector<advisory::Support>(); }
  Result<std::vector<std::pair<std::string, std::string>>> newest(std::string_view, std::string_view) override { return std::vector<std::pair<std::string, std::string>>(); }

  advisory::Advisory record{.id = "DSA-1", .aliases = {"CVE-2026-0001"}, .ratings = {{advisory::Severity::High, "nvd", ""}}};
  std::map<std::string, advisory::Affected> affected = {
      {"Debian:12", {.space = "Debian:12", .package = "openssl", .intervals = {{"", "3.0.2", ""}}, .urgency = "low"}},
      {"Debian:13", {.space = "Debian:13", .package = "openssl", .intervals = {{"", "3.5.2", ""}}}},
  };
  std::string kev{};

 private:
  Digest digest_ = Digest::of(std::string_view("small"));
  std::vector<advisory::FeedStamp> stamps_;
};

struct Decisions : ::testing::Test {
  host::MemoryMachine machine{now};
  DecisionWish wish{.vulnerability = "CVE-2026-0001", .package = "openssl", .owner = "platform", .reason = "not reachable", .expires = "90d"};
  const host::Path file = "/p/exceptions.json", document = "/p/vex.json";
  std::vector<scan::Exception> kept() { return read_decisions(machine.files, file).value(); }
};

TEST_F(Decisions, KeepWhatWasKnown) {
  const auto made = add_decision(machine.machine, file, wish, {advisory::Severity::High, true, "3.5.2", true}).value();
  EXPECT_EQ(made.id, "E-1");
  EXPECT_EQ(made.expires, Time::parse("2027-02-22T08:00:00Z").value());
  ASSERT_EQ(kept(), std::vector{made});
  EXPECT_EQ(made.severity, advisory::Severity::High);
  EXPECT_TRUE(made.exploited);
  EXPECT_EQ(made.fixed_in, "3.5.2");
}

TEST_F(Decisions, WhatIsNoDecisionIsRefused) {
  struct Row { std::string_view summary; std::function<void(DecisionWish&)> spoil; std::string_view cause; };
  const Row rows[] = {
      {"no owner", [](DecisionWish& w) { w.owner = " "; }, "no owner is named: somebody answers for it"},
      {"no reason", [](DecisionWish& w) { w.reason.clear(); }, "no reason is given"},
      {"no end", [](DecisionWish& w) { w.expires.clear(); }, "no end is named: a date (2027-01-31) or a length (90d)"},
      {"an end that is none", [](DecisionWish& w) { w.expires = "never"; }, "'never' is neither a date (2027-01-31) nor a length (90d)"},
      {"an end in the past", [](DecisionWish& w) { w.expires = "2026-11-23"; }, "its end, 2026-11-23, has passed"},
      {"an end at this moment", [](DecisionWish& w) { w.expires = "2026-11-24T08:00:00Z"; }, "its end, 2026-11-24, has passed"},
      {"any package", [](DecisionWish& w) { w.package.clear(); }, "no package is named: a decision is about one package"},
      {"packages by a pattern", [](DecisionWish& w) { w.package = "lib*"; }, "'lib*' is a pattern: a decision is about one thing, not about whatever fits"},
      {"images by a pattern", [](DecisionWish& w) { w.image = "team/*"; }, "'team/*' is a pattern: a decision is about one thing, not about whatever fits"},
  };
  for (const Row& row : rows) {
    DecisionWish spoilt = wish;
    row.spoil(spoilt);
    const auto made = add_decision(machine.machine, file, spoilt, {});
    ASSERT_FALSE(made) << row.summary;
    EXPECT_TRUE(made.error().message.ends_with(": " + std::string(row.cause))) << row.summary << ": " << made.error().message;
    EXPECT_FALSE(machine.files.exists(file)) << row.summary;
  }
}

TEST_F(Decisions, AreNotWidenedUnseen) {
  wish.image = "team/app";
  ASSERT_TRUE(add_decision(machine.machine, file, wish, {}));
  EXPECT_NE(add_decision(machine.machine, file, wish, {}).error().message.find("decision E-1 of 'platform' holds until 2027-02-22; revoke it first"), std::string::npos);
  DecisionWish wide = wish;
  wide.image.clear();
  const auto refused = add_decision(machine.machine, file, wide, {});
  EXPECT_EQ(refused.error().kind, Kind::Conflict);
  EXPECT_NE(refused.error().message.find("is about 'openssl' in 'team/app' alone, and this one would widen it"), std::string::npos) << refused.error().message;
  DecisionWish other = wish;
  other.image = "team/other";
  EXPECT_EQ(add_decision(machine.machine, file, other, {}).value().id, "E-2");
  ASSERT_TRUE(revoke_decision(machine.machine, file, "E-1"));
  ASSERT_TRUE(revoke_decision(machine.machine, file, "E-2"));
  EXPECT_EQ(add_decision(machine.machine, file, wide, {}).value().id, "E-3");
}

TEST_F(Decisions, RevokedOnesStayOnRecord) {
  ASSERT_TRUE(add_decision(machine.machine, file, wish, {}));
  EXPECT_EQ(revoke_decision(machine.machine, file, "E-9").error().message, "cannot revoke 'E-9': '/p/exceptions.json' has no such decision; those there are: E-1");
  EXPECT_EQ(revoke_decision(machine.machine, file, "E-1").value().revoked, now);
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_EQ(kept()[0].reason, "not reachable");
  const auto again = revoke_decision(machine.machine, file, "E-1");
  EXPECT_EQ(again.error().kind, Kind::Conflict);
  EXPECT_EQ(again.error().message, "cannot revoke 'E-1': it was revoked on 2026-11-24");
}

TEST(Known, IsTheHeaviestWordAndAFixWhereThereIsOneEverywhere) {
  SmallDatabase database;
  auto known = what_is_known(database, "CVE-2026-0001", "openssl").value();
  EXPECT_EQ(known.severity, advisory::Severity::High) << "Debian 12 says low, Debian 13 nothing of its own";
  EXPECT_FALSE(known.exploited);
  EXPECT_TRUE(known.named);
  EXPECT_FALSE(known.fixed_in.empty());
  database.affected["Debian:13"].intervals = {{}};
  database.kev = "CVE-2026-0001";
  known = what_is_known(database, "DSA-1", "openssl").value();
  EXPECT_EQ(known.fixed_in, "") << "a fix in Debian 13 is news for a decision made today";
  EXPECT_TRUE(known.exploited) << "by an alias";
  EXPECT_FALSE(what_is_known(database, "CVE-2026-0001", "libssl3t64").value().named);
  EXPECT_FALSE(what_is_known(database, "CVE-2026-0002", "openssl").value().named);
}

TEST(Known, OfOneImageIsWhatItsFindingsSay) {
  scan::Report report{.ref = "oci:x", .database = {Digest::of(std::string_view()), {}, {}}};
  for (const char* name : {"libssl3t64", "openssl"}) report.findings.push_back({.id = "CVE-2026-0001", .component = {.name = name, .source = "openssl"}, .severity = advisory::Severity::Medium, .fixed_in = "3.5.2"});
  EXPECT_EQ(what_is_known(report, "CVE-2026-0001", "openssl").value().severity, advisory::Severity::Medium);
  EXPECT_EQ(what_is_known(report, "CVE-2026-0001", "libssl3t64").value().fixed_in, "3.5.2");
  report.findings[0].fixed_in.clear();
  EXPECT_EQ(what_is_known(report, "CVE-2026-0001", "openssl").value().fixed_in, "");
  EXPECT_EQ(what_is_known(report, "CVE-2026-0001", "zlib").error().message, "cannot decide on 'CVE-2026-0001' in 'zlib': 'oci:x' has no such finding");
}

TEST_F(Decisions, StatementsAreAddedAndReplaced) {
  const StatementWish first{.vulnerability = "CVE-2026-0001", .package = "deb:openssl", .justification = "vulnerable_code_not_present", .author = "Team"};
  EXPECT_FALSE(add_statement(machine.machine, document, first).value());
  Json json = parse_json(machine.files.read(document).value(), "x").value();
  json["tooling"] = "by hand";
  ASSERT_TRUE(machine.files.write(document, to_pretty(json), host::Durability::Cache));
  StatementWish second = first;
  second.status = "affected", second.justification.clear(), second.detail = "update", second.author.clear();
  EXPECT_TRUE(add_statement(machine.machine, document, second).value()) << "on the same package";
  second.image = "registry.example/team/app";
  EXPECT_FALSE(add_statement(machine.machine, document, second).value()) << "another scope";
  EXPECT_TRUE(add_statement(machine.machine, document, second).value());
  json = parse_json(machine.files.read(document).value(), "x").value();
  EXPECT_EQ(json["version"], 4);
  EXPECT_EQ(json["tooling"], "by hand") << "what we do not know stays";
  const auto read = attest::read_vex(to_compact(json), "x").value();
  ASSERT_EQ(read.statements.size(), 2U);
  EXPECT_EQ(read.statements[0].status, attest::VexStatus::Affected);
  EXPECT_EQ(read.statements[0].products, (std::vector<attest::VexProduct>{{"pkg:deb/debian/openssl", {}}}));
  EXPECT_EQ(read.statements[1].products, (std::vector<attest::VexProduct>{{"pkg:oci/app?repository_url=registry.example/team/app", {"pkg:deb/debian/openssl"}}}));
}

TEST_F(Decisions, WhatOpenVexWouldNotHaveIsRefused) {
  const std::string five = "component_not_present, vulnerable_code_not_present, vulnerable_code_not_in_execute_path, vulnerable_code_cannot_be_controlled_by_adversary, inline_mitigations_already_exist";
  struct Row { std::string_view summary; StatementWish wish; std::string cause; };
  const Row rows[] = {
      {"a misspelt justification", {.vulnerability = "CVE-2026-0001", .package = "deb:a", .justification = "component_not_presnt", .author = "T"}, "'component_not_presnt' is no justification of OpenVEX (" + five + "); did you mean 'component_not_present'?"},
      {"a misspelt status", {.vulnerability = "CVE-2026-0001", .package = "deb:a", .status = "not-affected", .author = "T"}, "'not-affected' is no status of OpenVEX (not_affected, affected, fixed, under_investigation); did you mean 'not_affected'?"},
      {"not affected and not why", {.vulnerability = "CVE-2026-0001", .package = "deb:a", .author = "T"}, "not_affected needs a justification (" + five + ") or a reason in words"},
      {"affected and nothing to do", {.vulnerability = "CVE-2026-0001", .package = "deb:a", .status = "affected", .author = "T"}, "affected needs a reason in words: what to do about it"},
      {"a justification of what is fixed", {.vulnerability = "CVE-2026-0001", .package = "deb:a", .status = "fixed", .justification = "component_not_present", .author = "T"}, "a justification says why something is not affected, the status is fixed"},
      {"nobody says so", {.vulnerability = "CVE-2026-0001", .package = "deb:a", .status = "fixed"}, "'/p/vex.json' is not there yet, and no author of it is named (--author)"},
      {"a bare name", {.vulnerability = "CVE-2026-0001", .package = "openssl", .status = "fixed", .author = "T"}, "'openssl' is no package URL, and not TYPE:NAME as in deb:openssl or pypi:flask"},
      {"an image as the package", {.vulnerability = "CVE-2026-0001", .package = "pkg:oci/app", .status = "fixed", .author = "T"}, "'pkg:oci/app' is an image, which --image names"},
  };
  for (const Row& row : rows) {
    const auto added = add_statement(machine.machine, document, row.wish);
    ASSERT_FALSE(added) << row.summary;
    EXPECT_EQ(added.error().message, "cannot add a statement on 'CVE-2026-0001' to '/p/vex.json': " + row.cause) << row.summary;
    EXPECT_FALSE(machine.files.exists(document)) << row.summary;
  }
}

Held image() {
  return {.components = {{.type = "deb", .name = "libssl3t64", .version = "1:3.5.1-1+b1", .architecture = "amd64", .source = "openssl", .source_version = "1:3.5.1-1"},
                         {.type = "deb", .name = "openssl", .version = "1:3.5.1-1", .architecture = "amd64", .source = "openssl"},
                         {.type = "deb", .name = "zlib1g", .version = "1.3", .architecture = "amd64", .source = "zlib"},
                         {.type = "rpm", .name = "bash", .version = "1:5.2-1", .architecture = "x86_64"}},
          .distribution = {.id = "debian", .version = "13", .space = "Debian:13", .reason = {}},
          .names = {"sha256:1111", {"registry.example/team/app"}}};
}

attest::VexDocument spread_one(std::vector<attest::VexProduct> products) {
  return spread({{"vex.json", {}, {.format = "openvex", .id = "urn:1", .author = "Team", .when = now, .statements = {{.vulnerability = "CVE-2026-0001", .status = attest::VexStatus::NotAffected, .justification = "component_not_present", .when = now, .products = std::move(products)}}}}}, image());
}

TEST(Spread, AStatementOnASourceMeansItsBinaries) {
  using Products = std::vector<attest::VexProduct>;
  const std::string lib = "pkg:deb/debian/libssl3t64@1:3.5.1-1%2Bb1", tool = "pkg:deb/debian/openssl@1:3.5.1-1", app = "pkg:oci/app@sha256:1111";
  struct Row { std::string_view summary; Products products, want; };
  const Row rows[] = {
      {"a source package", {{"pkg:deb/debian/openssl", {}}}, {{lib, {}}, {tool, {}}, {app, {lib, tool}}}},
      {"a binary package with qualifiers", {{"pkg:deb/debian/libssl3t64@1:3.5.1-1%2Bb1?arch=amd64&distro=debian-13", {}}}, {{lib, {}}, {app, {lib}}}},
      {"of this image alone: no form that would mean another", {{"pkg:oci/app?repository_url=registry.example/team/app", {"pkg:deb/debian/openssl"}}}, {{app, {lib, tool}}}},
      {"of another image", {{"pkg:oci/app?repository_url=registry.example/other/app", {"pkg:deb/debian/openssl"}}}, {}},
      {"another version", {{"pkg:deb/debian/openssl@1:3.5.0-1", {}}}, {}},
      {"another release", {{"pkg:deb/debian/openssl?distro=debian-12", {}}}, {}},
      {"an rpm with and without its epoch, which other scanners keep apart", {{"pkg:rpm/debian/bash", {}}}, {{"pkg:rpm/debian/bash@1:5.2-1", {}}, {"pkg:rpm/debian/bash@5.2-1", {}}, {app, {"pkg:rpm/debian/bash@1:5.2-1", "pkg:rpm/debian/bash@5.2-1"}}}},
  };
  for (const Row& row : rows) {
    const auto out = spread_one(row.products);
    if (row.want.empty()) {
      EXPECT_TRUE(out.statements.empty()) << row.summary;
      EXPECT_EQ(out.notes, std::vector<std::string>{"vex.json: the statement on 'CVE-2026-0001' means nothing that is in the image"}) << row.summary;
      continue;
    }
    ASSERT_EQ(out.statements.size(), 1U) << row.summary;
    EXPECT_EQ(out.statements[0].products, row.want) << row.summary << "\n" << to_pretty(attest::to_openvex(out));
    EXPECT_EQ(out.statements[0].justification, "component_not_present");
  }
  EXPECT_EQ(spread_one({{"pkg:deb/debian/openssl", {}}}).id, spread_one({{"pkg:deb/debian/openssl", {}}}).id);
}

TEST(ShowAbsent, BindsAStatementToTheImageThatWasLookedAt) {
  Held held = image();
  held.names.digest = "sha256:" + std::string(64, 'a');
  held.paths = {"usr/bin/openssl", "usr/lib/x86_64-linux-gnu/libssl.so.3"};
  const StatementWish wish{.vulnerability = "CVE-2026-0001", .package = "deb:openssl", .detail = "it is the engine's"};
  struct Row { std::string_view summary; StatementWish wish; std::vector<std::string> paths; std::function<void(Held&)> change; std::string_view error; };
  const auto with = [&](auto change) { StatementWish out = wish; change(out); return out; };
  const Row rows[] = {
      {"a file that is not there", wish, {"/usr/lib/**/engines-3/*"}, {}, ""},
      {"several that are not there", wish, {"/usr/sbin/openssl", "/opt/**"}, {}, ""},
      {"one that is", wish, {"/usr/sbin/openssl", "/usr/bin/open*"}, {}, "'/usr/bin/openssl' is in the image"},
      {"one in a folder that may be a link", wish, {"/bin/openssl"}, [](Held& h) { h.paths.insert(h.paths.begin(), {"bin", "opt/x"}); }, "'/bin' of the image holds nothing: where it is a link, name the folder that it leads to"},
      {"a path that is none", wish, {"usr/bin/x"}, {}, "'usr/bin/x' does not begin with '/'"},
      {"a package that is not there", with([](StatementWish& w) { w.package = "deb:nginx"; }), {"/x"}, {}, "the image has no such package"},
      {"what is no package", with([](StatementWish& w) { w.package = "openssl"; }), {"/x"}, {}, "no package URL"},
      {"another status", with([](StatementWish& w) { w.status = "fixed"; }), {"/x"}, {}, "the status is fixed"},
      {"a document", wish, {"/x"}, [](Held& h) { h.paths.clear(); }, "only an image tells"},
      {"a folder", wish, {"/x"}, [](Held& h) { h.names.digest.clear(); }, "only an image tells"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Held here = held;
    if (row.change) row.change(here);
    const auto shown = show_absent(row.wish, row.paths, here);
    ASSERT_EQ(shown.has_value(), row.error.empty());
    if (!shown) {
      EXPECT_NE(shown.error().message.find(row.error), std::string::npos) << shown.error().message;
      continue;
    }
    EXPECT_EQ(shown->image, held.names.digest);
    EXPECT_EQ(shown->justification, "vulnerable_code_not_present");
    EXPECT_EQ(shown->detail, fmt::format("the flaw is in {}, and none of the 2 paths of the image is that: it is the engine's", join(row.paths, ", ")));
  }
}

TEST(ShowAbsent, DoubtsNamesThatLookLikeSlips) {
  Held held = image();
  held.names.digest = "sha256:" + std::string(64, 'a');
  held.paths = {"usr/bin/gzip", "usr/bin/openssl", "usr/lib/x86_64-linux-gnu/libssl.so.3"};
  struct Row { std::string_view summary, path, doubt; };
  const Row rows[] = {
      {"another program", "/usr/bin/journalctl", ""},
      {"a slip", "/usr/bin/opensll", "'/usr/bin/opensll' is not in the image, but '/usr/bin/openssl' is: is the path right?"},
      {"a slip in the folder", "/usr/bni/openssl", "'/usr/bni/openssl' is not in the image, and neither is its folder: is the path right?"},
      {"a pattern", "/usr/bin/opensl?1", ""},
      {"a pattern for folders", "/usr/**/opensll", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(join(doubts_of({std::string(row.path)}, held), "|"), row.doubt) << row.summary;
  const auto none = show_absent({.vulnerability = "CVE-2026-0001", .package = "deb:opensll"}, {"/x"}, held);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("the image has no such package, and needs no statement; did you mean 'openssl'?"), std::string::npos) << none.error().message;
}

TEST_F(Decisions, AcceptedRisksAreNeverStatements) {
  ASSERT_TRUE(add_decision(machine.machine, file, wish, {}));
  const auto as_vex = read_statements(machine.files, {file});
  ASSERT_FALSE(as_vex) << "a file of decisions is no document of statements";
  EXPECT_NE(as_vex.error().message.find("it is neither OpenVEX"), std::string::npos);
  ASSERT_TRUE(add_statement(machine.machine, document, {.vulnerability = "CVE-2026-0002", .package = "deb:openssl", .status = "fixed", .author = "Team"}));
  const std::string text = to_pretty(attest::to_openvex(spread(read_statements(machine.files, {document}).value(), image())));
  EXPECT_NE(text.find("CVE-2026-0002"), std::string::npos);
  for (const char* word : {"CVE-2026-0001", "not reachable", "platform", "E-1"}) EXPECT_EQ(text.find(word), std::string::npos) << word;
}

TEST_F(Decisions, WhatIsWrittenIsValidAndWhatDoesNotCountIsNot) {
  ASSERT_TRUE(add_decision(machine.machine, file, wish, {}));
  ASSERT_TRUE(add_statement(machine.machine, document, {.vulnerability = "CVE-2026-0001", .package = "deb:a", .status = "fixed", .author = "T"}));
  ASSERT_TRUE(machine.files.write("/p/a.vex.json", R"({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{"vulnerability": {"name": "CVE-2026-0001"}, "products": ["pkg:a/b"], "status": "not_affected"}]})", host::Durability::Cache));
  const auto checked = validate(machine.files, {file, document, "/p/a.vex.json"}).value();
  ASSERT_EQ(checked.size(), 3U);
  EXPECT_EQ(checked[0].kind + checked[0].error.message, "exceptions");
  EXPECT_EQ(checked[1].kind + checked[1].error.message, "statements");
  EXPECT_EQ(checked[2].error.message, "cannot read statements of '/p/a.vex.json': the statement on 'CVE-2026-0001' says not_affected and not why");
}

}  // namespace
}  // namespace ashlar::pipeline
