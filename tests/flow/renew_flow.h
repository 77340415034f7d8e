#pragma once
// A project that `ashlar renew` keeps up to date, and what can be asked of it afterwards.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/old_hash.h"
#include "forge/stand_in_test.h"
#include "small_archive.h"

namespace ashlar::flow {

class RenewFlow : public KnownProject {
 protected:
  void SetUp() override {
    ASHLAR_NEED("openssl");
    KnownProject::SetUp();
    ASSERT_NO_FATAL_FAILURE(call_it_debian());
    ASSERT_NO_FATAL_FAILURE(make_key("our"));
    fleet("cadence: 7d");
    begun = host::real_machine().clock->now();  // not before the archive's key was made
  }
  void fleet(const std::string& more) const { stage.write("fleet.yaml", fmt::format("images:\n  - definition: small.yaml\n    to: oci:published\n    {}\n", more)); }
  static Words words(const Words& more) {
    Words out = {"renew", "--key", "our.key", "--keep-feeds"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  Json renew(const Words& more = {}, int code = 0) const { return stage.json(words(more), code); }
  /// `rebuild held: reason`, a line each.
  static std::string due(const Json& renewed) {
    std::string out;
    for (const Json& each : renewed.value("due", Json::array())) out += fmt::format("{}{}: {}\n", each["action"].get<std::string>(), each["held"] == true ? " held" : "", each["reason"].get<std::string>());
    return out;
  }
  static std::string done(const Json& renewed) {
    std::string out;
    for (const Json& each : renewed.value("done", Json::array())) out += fmt::format("{} {}\n", each["outcome"].get<std::string>(), each["revision"].get<std::string>());
    return out;
  }
  /// Tags of images in the layout, each with what it points at.
  std::map<std::string, std::string> tags() const {
    std::map<std::string, std::string> out;
    if (!stage.exists("published/index.json")) return out;
    const Json index = Json::parse(stage.read("published/index.json"));
    for (const Json& each : index["manifests"]) {
      const std::string tag = each.value("annotations", Json::object()).value("org.opencontainers.image.ref.name", "");
      if (!tag.empty() && !tag.starts_with("sha256-")) out[tag] = each["digest"];
    }
    return out;
  }
  /// Kinds of the ledger's events, in order, those on findings with their identifier.
  std::vector<std::string> events() const {
    std::vector<std::string> out;
    const Json log = stage.json({"audit", "log"});
    for (const Json& event : log.value("entries", Json::array())) {
      const std::string kind = event["kind"], id = event.value("vulnerability", "");
      out.push_back(id.empty() ? kind : kind + " " + id);
    }
    return out;
  }
  /// A new version of the greeter in the security suite.
  void offer_fix(const std::string& version) {
    offer_known_greeter(version);
    archive->publish();
    stage.write("tracker.json", fmt::format(R"({{"greeter": {{"CVE-2026-0001": {{"description": "greets too loud", "scope": "remote", "releases": {{"trixie": {{"status": "resolved", "fixed_version": "{0}", "urgency": "high", "repositories": {{"trixie": "{0}"}}}}}}}}}}}})", version));
    const Ran ran = stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  /// The package with a list of its files, as real ones have: without it nobody knows whose they are.
  static SmallPackage listed(SmallPackage package) {
    std::string& list = package.scripts["md5sums"];
    for (const auto& [path, content] : package.files) {
      if (path.ends_with('/')) continue;
      OldHasher hash(OldHash::Md5);
      hash.update(as_bytes(content));
      list += hash.finish() + "  " + path + "\n";
    }
    return package;
  }
  /// So many hours, minutes or seconds after this test began: feeds are as old as they are.
  std::string after(std::int64_t seconds) const { return Time{begun.seconds + seconds}.str(); }
  static std::int64_t hours(std::int64_t count) { return count * 3600; }

  /// Tickets and events go to a stand-in that holds us to the real ones' rules.
  void listen() {
    ASHLAR_NEED("python3");
    server = std::make_unique<forge::StandIn>(stage.folder());
    stage.environment["FORGE_TOKEN"] = forge::StandIn::token;
    stage.environment["HOOK_SECRET"] = forge::StandIn::secret;
    stage.write("ashlar.yaml", stage.read("ashlar.yaml") + fmt::format("forge:\n  tickets: {{kind: github, url: '{}', project: team/images, token: {{env: FORGE_TOKEN}}}}\n  events: {{kind: webhook, url: '{}', secret: {{env: HOOK_SECRET}}}}\n", server->url("/github"), server->url("/hook")));
  }
  void TearDown() override {
    if (server) {
      EXPECT_EQ(server->misfits(), "");
    }
  }
  /// `open title` of each ticket, a line each.
  std::string tickets() const {
    std::string out;
    for (const Json& each : server->tickets()) out += fmt::format("{} {}\n", each.value("state", ""), each.value("title", ""));
    return out;
  }

  /// Publications that were told to the webhook, each once.
  size_t published() const {
    const Json state = server->state();
    std::set<std::string> out;
    for (const Json& each : state["events"]) {
      if (each.value("type", "") == "dev.ashlar.image.promoted") out.insert(each.value("id", ""));
    }
    return out.size();
  }

  std::unique_ptr<forge::StandIn> server;
  Time begun{};
};

}  // namespace ashlar::flow
