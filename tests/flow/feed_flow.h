#pragma once
// Feeds on a loopback server, in their publishers' forms, for flows of `ashlar feed`.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "host/loopback.h"
#include "stage.h"

namespace ashlar::flow {

namespace fs = std::filesystem;

class FeedFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(stage.folder() / "www");
    auto started = host::LoopbackServer::start(stage.folder() / "www");
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }

  /// The tracker's document with these packages, each with one flaw.
  static std::string tracker(const std::vector<std::string>& packages, const std::string& fixed = "2.0-1") {
    std::string out = "{";
    for (size_t at = 0; at < packages.size(); ++at) {
      out += fmt::format(R"({}"{}": {{"CVE-2026-{:04}": {{"scope": "remote", "releases": {{"trixie": {{"status": "resolved", "fixed_version": "{}", "urgency": "medium", "repositories": {{"trixie": "1.0-1"}}}}}}}}}})", at == 0 ? "" : ", ", packages[at], at + 1, fixed);
    }
    return out + "}\n";
  }
  static std::string osv(const std::string& id, const std::string& modified = "2026-01-02T00:00:00Z") {
    return fmt::format(R"({{"schema_version": "1.6.0", "id": "{}", "modified": "{}", "published": "2026-01-01T00:00:00Z", "affected": [{{"package": {{"ecosystem": "PyPI", "name": "left"}}, "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "1.2"}}]}}]}}]}})", id, modified);
  }
  static std::string kev(const std::string& released = "2026-01-02T00:00:00Z") {
    return fmt::format(R"({{"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.01.02", "dateReleased": "{}", "count": 1, "vulnerabilities": [
      {{"cveID": "CVE-2026-0001", "vendorProject": "x", "product": "x", "vulnerabilityName": "x", "dateAdded": "2026-01-01", "shortDescription": "x", "requiredAction": "x", "dueDate": "2026-02-01", "knownRansomwareCampaignUse": "Unknown"}}]}})", released);
  }

  void serve(const std::string& name, const std::string& text) const { stage.write("www/" + name, text); }
  std::string from(const std::string& feed, const std::string& path) const { return feed + "=" + server->url() + "/" + path; }
  Ran update(Words feeds) const {
    feeds.insert(feeds.begin(), {"feed", "update"});
    return stage.ashlar(feeds);
  }
  host::Path state() const { return host::Path(stage.environment.at("XDG_DATA_HOME")) / "ashlar/advisories"; }
  /// What counts: the name of the database.
  std::string current() const { return stage.read(state() / "current"); }
  std::uint64_t records(const std::string& feed) const {
    const Json answer = stage.json({"feed", "list"});
    for (const Json& each : answer["feeds"]) {
      if (each["name"] == feed && each["records"].is_number()) return each["records"].get<std::uint64_t>();
    }
    return 0;
  }

  Stage stage;
  std::unique_ptr<host::LoopbackServer> server;
};

}  // namespace ashlar::flow
