#include "pipeline/inner/feed_store.h"

#include <algorithm>

#include <fmt/format.h>

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
