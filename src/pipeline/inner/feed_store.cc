#include "pipeline/inner/feed_store.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "advisory/content.h"
#include "base/json.h"
#include "host/file_state.h"

namespace ashlar::pipeline {
namespace {

/// `2026-11-24T08:16:27Z` as names have it: `20261124T081627Z`.
std::string compact(Time moment) {
  std::string out = moment.str();
  std::erase_if(out, [](char c) { return c == '-' || c == ':'; });
  return out;
}

}  // namespace

Result<std::unique_ptr<host::FileLock>> FeedStore::lock() const {
  TRY(files_.make_folders(folder_));
  return files_.lock(folder_ / "lock");
}

host::Path FeedStore::current() const {
  auto name = files_.read(folder_ / "current");
  if (!name) return {};
  while (!name->empty() && name->back() == '\n') name->pop_back();
  const host::Path path = folder_ / "databases" / host::Path(*name).filename();
  return files_.exists(path) ? path : host::Path();
}

host::Path FeedStore::path_for(Time created, const Digest& digest) const { return folder_ / "databases" / fmt::format("{}-{}.db", compact(created), digest.hex().substr(0, 16)); }

Result<Time> FeedStore::moment_of(const host::Path& database) {
  std::string text = database.filename().string();
  text.resize(std::min(text.find('-'), text.size()));  // `20261124T081627Z`
  if (text.size() == 16) {
    for (const size_t colon : {size_t{13}, size_t{11}}) text.insert(colon, ":");
    for (const size_t dash : {size_t{6}, size_t{4}}) text.insert(dash, "-");
  }
  return Time::parse(text);
}

std::vector<advisory::FeedCheck> FeedStore::checks() const {
  std::vector<advisory::FeedCheck> out;
  const auto text = files_.read(folder_ / "checks.json");
  const auto json = text ? parse_json(*text, "checks.json") : fail(Kind::NotFound, "there are none");
  if (!json || !json->is_object()) return out;
  for (const auto& [feed, check] : json->items()) {
    if (!check.is_object()) continue;
    const auto digest = Digest::parse(get_string_or_empty(check, "digest").value_or(""));
    const auto at = Time::parse(get_string_or_empty(check, "at").value_or(""));
    if (digest && at) out.push_back({feed, *digest, *at});
  }
  return out;
}

Done FeedStore::keep_checks(const std::vector<advisory::FeedCheck>& fresh) const {
  if (fresh.empty()) return {};
  std::map<std::string, advisory::FeedCheck> all;
  for (const auto& list : {checks(), fresh}) {
    for (const advisory::FeedCheck& each : list) all.insert_or_assign(each.feed, each);
  }
  Json json = Json::object();
  for (const auto& [feed, check] : all) json[feed] = {{"digest", check.digest.str()}, {"at", check.at.str()}};
  return files_.write(folder_ / "checks.json", to_pretty(json));
}

Result<std::unique_ptr<advisory::Database>> FeedStore::open(const host::Path& path, bool anew) const {
  const bool ours = path.parent_path() == folder_ / "databases";  // one that was named says the same on every machine
  TRY_ASSIGN(auto database, advisory::Database::open(path, ours ? checks() : std::vector<advisory::FeedCheck>()));
  TRY_ASSIGN(const auto file, files_.open(path));
  const host::Path notes = folder_ / "sound.json";
  const std::string name = std::filesystem::absolute(path).lexically_normal().string(), state = host::state_of(*file);
  const auto text = files_.read(notes);
  const auto json = text ? parse_json(*text, "sound.json") : fail(Kind::NotFound, "there is none");
  Json known = json && json->is_object() ? *json : Json::object();
  if (!anew && !state.empty() && known.contains(name) && known[name] == state) return database;
  TRY(advisory::check_content(*file, path));
  if (state.empty() || host::state_of(*file) != state) return database;
  constexpr size_t most = 32;  // a note spares work, and no more
  if (known.size() >= most) known = Json::object();
  known[name] = state;
  if (files_.make_folders(folder_)) (void)files_.write(notes, to_compact(known), host::Durability::Cache);
  return database;
}

Done FeedStore::prune(Time now) const {
  const host::Path folder = folder_ / "databases";
  if (!files_.exists(folder)) return {};
  const std::string oldest = compact(Time{now.seconds - kept_days * 86400});
  TRY_ASSIGN(auto names, files_.list(folder));
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".db"); });
  const host::Path present = current();
  for (size_t at = 0; at + 1 < names.size(); ++at) {  // sorted by age: one is asked for until the next was made
    if (names[at + 1].substr(0, names[at + 1].find('-')) > oldest || names[at] == present.filename()) continue;
    TRY(files_.remove(folder / names[at]));
  }
  return {};
}

Done FeedStore::make_current(const host::Path& database) const { return files_.write(folder_ / "current", database.filename().string() + "\n"); }

Result<host::Path> FeedStore::newest_until(Time moment) const {
  if (!files_.exists(folder_ / "databases")) return host::Path();
  TRY_ASSIGN(const auto names, files_.list(folder_ / "databases"));
  host::Path newest;
  for (const std::string& name : names) {  // sorted by age
    if (name.ends_with(".db") && name.substr(0, name.find('-')) <= compact(moment)) newest = folder_ / "databases" / name;
  }
  return newest;
}

}  // namespace ashlar::pipeline
