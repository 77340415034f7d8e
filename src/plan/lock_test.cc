#include "plan/lock.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

namespace ashlar::plan {
namespace {

Lock sample() {
  Lock lock;
  lock.definition = "example/app";
  lock.inputs_sha256 = std::string(64, '1');
  lock.distribution = "debian-13";
  lock.os_release = {.name = "Debian GNU/Linux", .id = "debian", .id_like = {}, .version_id = "13", .version_codename = "trixie", .pretty_name = "Debian GNU/Linux 13 (trixie)", .home_url = {}, .bug_report_url = {}};
  lock.platforms["linux/amd64"].packages = {{"libc6", "2.41-12", "glibc", "2.41-12", "amd64", 2900000, std::string(64, 'a'), "pool/main/g/glibc/libc6_2.41-12_amd64.deb", "debian", "trixie",
                                             "depended on by 'tool' (libc6)", {}},
                                            {"tool", "1:2.0-3", "tool", "1:2.0-3", "amd64", 100, std::string(64, 'b'), "pool/main/t/tool/tool_2.0-3_amd64.deb", "debian", "trixie",
                                             "asked for by the definition", {"libc6"}}};
  lock.platforms["linux/amd64"].files = {{"/opt/app", "https://example.org/app", std::string(64, 'c'), 7}};
  lock.archives = {{"debian", "trixie", std::string(64, 'd'), "2026-11-21T09:15:44Z", {"main"}}};
  lock.encoder.version = "1.23";
  return lock;
}

TEST(Lock, reads_what_it_wrote) {
  const std::string text = to_pretty(to_json(sample()));
  const auto lock = read_lock(text, "app.lock.json");
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_EQ(to_pretty(to_json(*lock)), text);
  const LockedPackage& tool = lock->platforms.at("linux/amd64").packages.at(1);
  EXPECT_EQ(tool.version, "1:2.0-3");
  EXPECT_EQ(tool.depends, std::vector<std::string>{"libc6"});
  EXPECT_EQ(lock->os_release.version_codename, "trixie");
  EXPECT_EQ(lock->platforms.at("linux/amd64").files.at(0).url, "https://example.org/app");
}

TEST(Lock, of_before_the_release_was_recorded_reads) {
  Json json = to_json(sample());
  json.erase("os_release");
  const auto lock = read_lock(to_compact(json), "app.lock.json");
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_EQ(lock->os_release.id, "");
  EXPECT_FALSE(to_json(*lock).contains("os_release"));
}

TEST(Lock, has_the_fields_that_scripts_read) {
  const Json json = to_json(sample());
  EXPECT_EQ(json.at("schema"), "https://ashlar.dev/lock/v1");
  const Json& package = json.at("platforms").at("linux/amd64").at("packages").at(0);
  for (const char* key : {"name", "version", "source", "source_version", "architecture", "sha256", "path", "archive", "reason"}) EXPECT_TRUE(package.at(key).is_string()) << key;
  EXPECT_TRUE(package.at("size").is_number_unsigned());
  for (const char* key : {"name", "suite", "release_sha256", "date"}) EXPECT_TRUE(json.at("archives").at(0).at(key).is_string()) << key;
  for (const char* key : {"codec", "library", "version"}) EXPECT_TRUE(json.at("encoder").at(key).is_string()) << key;
  EXPECT_TRUE(json.at("encoder").at("level").is_number());
}

TEST(Lock, edited_by_hand_is_refused) {
  using Edit = std::function<void(Json&)>;
  const auto package = [](Json& lock) -> Json& { return lock["platforms"]["linux/amd64"]["packages"][0]; };
  const struct {
    const char* summary;
    Edit edit;
  } rows[] = {
      {"no schema", [](Json& lock) { lock.erase("schema"); }},
      {"another schema", [](Json& lock) { lock["schema"] = "https://ashlar.dev/lock/v9"; }},
      {"platforms are a list", [](Json& lock) { lock["platforms"] = Json::array(); }},
      {"an unknown platform's name", [](Json& lock) { lock["platforms"]["plan9"] = lock["platforms"]["linux/amd64"]; }},
      {"no name", [&](Json& lock) { package(lock).erase("name"); }},
      {"a name that is a path", [&](Json& lock) { package(lock)["name"] = "../libc6"; }},
      {"a version with a line end", [&](Json& lock) { package(lock)["version"] = "1\n2"; }},
      {"a short digest", [&](Json& lock) { package(lock)["sha256"] = "abc"; }},
      {"a digest with other letters", [&](Json& lock) { package(lock)["sha256"] = std::string(64, 'x'); }},
      {"a path that climbs", [&](Json& lock) { package(lock)["path"] = "pool/../../etc/passwd"; }},
      {"an absolute path", [&](Json& lock) { package(lock)["path"] = "/etc/passwd"; }},
      {"a path with a question", [&](Json& lock) { package(lock)["path"] = "pool/a?b=c"; }},
      {"a negative size", [&](Json& lock) { package(lock)["size"] = -1; }},
      {"a size in words", [&](Json& lock) { package(lock)["size"] = "large"; }},
      {"depends on a number", [&](Json& lock) { package(lock)["depends"] = Json::array({1}); }},
      {"a file's digest is short", [](Json& lock) { lock["platforms"]["linux/amd64"]["files"][0]["sha256"] = "0"; }},
      {"an archive without a name", [](Json& lock) { lock["archives"][0].erase("name"); }},
      {"a release in words", [](Json& lock) { lock["os_release"] = "debian"; }},
      {"a release without an id", [](Json& lock) { lock["os_release"]["id"] = ""; }},
      {"a release that lacks its version", [](Json& lock) { lock["os_release"].erase("version_id"); }},
      {"a release with a line of its own", [](Json& lock) { lock["os_release"]["pretty_name"] = "Debian\nID=alpine"; }},
      {"an encoder without a level", [](Json& lock) { lock["encoder"].erase("level"); }},
  };
  for (const auto& row : rows) {
    Json json = to_json(sample());
    row.edit(json);
    const auto lock = read_lock(to_compact(json), "app.lock.json");
    EXPECT_FALSE(lock) << row.summary;
    if (!lock) {
      EXPECT_NE(lock.error().message.find("app.lock.json"), std::string::npos) << row.summary << ": " << lock.error().message;
    }
  }
  EXPECT_FALSE(read_lock("", "app.lock.json"));
  EXPECT_FALSE(read_lock("[]", "app.lock.json"));
  const std::string text = to_compact(to_json(sample()));
  for (size_t size = 0; size < text.size(); size += 7) EXPECT_FALSE(read_lock(std::string_view(text).substr(0, size), "app.lock.json")) << size;
}

}  // namespace
}  // namespace ashlar::plan
