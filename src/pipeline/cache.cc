#include "pipeline/cache.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/amount.h"
#include "base/text.h"
#include "pipeline/catalog.h"
#include "plan/lock.h"

namespace ashlar::pipeline {
namespace {

struct Entry {
  host::Path path;
  std::string kind;
  std::string digest;  ///< of blobs: 64 hex digits
  std::uint64_t size = 0;
  Time used;
};

/// Unpacked images: each is one entry, used whole and removed whole. Their symlinks lead anywhere, so that nobody walks through them.
constexpr std::string_view roots = "roots";
constexpr std::array<std::string_view, 10> kinds = {"packages", "indexes", "frames", "layers", "partial", "keyrings", "releases", "shipped", "tests", "bases"};

Done walk(host::Files& files, const host::Path& folder, const std::string& kind, std::vector<Entry>& out, int depth) {
  if (depth > 8 || !files.exists(folder)) return {};
  TRY_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    const host::Path path = folder / name;
    const auto stat = files.stat(path);
    if (!stat) continue;  // gone meanwhile
    if (stat->type == host::NodeType::Directory) TRY(walk(files, path, kind, out, depth + 1));
    else out.push_back({path, kind, folder.filename().string() + name, stat->size, stat->modified});
  }
  return {};
}

Done add_roots(host::Files& files, const host::Path& folder, std::vector<Entry>& out) {
  TRY_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    const host::Path path = folder / name;
    const auto stat = files.stat(path);
    if (!stat || stat->type != host::NodeType::Directory) continue;  // locks, which are empty
    const auto complete = files.stat(path / "complete");
    const auto size = complete ? files.read(path / "complete") : Result<std::string>("0");
    out.push_back({path, std::string(roots), name, size ? parse_size(trim(*size)).value_or(0) : 0, complete ? complete->modified : stat->modified});
  }
  return {};
}

Result<std::vector<Entry>> entries(Workshop& workshop) {
  host::Files& files = *workshop.machine.files;
  std::vector<Entry> out;
  if (!files.exists(workshop.folders.cache)) return out;
  TRY_ASSIGN(const auto names, files.list(workshop.folders.cache));
  for (const std::string& name : names) {
    if (name == roots) {
      TRY(add_roots(files, workshop.folders.cache / name, out));
      continue;
    }
    const bool known = std::find(kinds.begin(), kinds.end(), name) != kinds.end();
    TRY(walk(files, workshop.folders.cache / name, known ? name : "other", out, 0));
  }
  return out;
}

void count(std::vector<CacheKind>& list, const Entry& entry) {
  auto kind = std::find_if(list.begin(), list.end(), [&](const CacheKind& each) { return each.kind == entry.kind; });
  if (kind == list.end()) kind = list.insert(list.end(), {entry.kind, 0, 0, entry.used});
  ++kind->entries;
  kind->bytes += entry.size;
  kind->oldest = std::min(kind->oldest, entry.used);
}

void sort(std::vector<CacheKind>& list) {
  std::sort(list.begin(), list.end(), [](const CacheKind& a, const CacheKind& b) { return a.kind < b.kind; });
}

Done add_lock(host::Files& files, const host::Path& path, std::set<std::string>& needed) {
  TRY_ASSIGN(const std::string text, files.read(path));
  TRY_ASSIGN(const plan::Lock lock, plan::read_lock(text, path.string()));
  for (const auto& [platform, locked] : lock.platforms) {
    for (const plan::LockedPackage& package : locked.packages) needed.insert(package.sha256);
    for (const plan::LockedFile& file : locked.files) needed.insert(file.sha256);
  }
  return {};
}

Done add_locks(host::Files& files, const host::Path& path, std::set<std::string>& needed, int depth) {
  TRY_ASSIGN(const auto stat, files.stat(path));
  if (stat.type != host::NodeType::Directory) return add_lock(files, path, needed);
  if (depth > 16) return {};
  TRY_ASSIGN(const auto names, files.list(path));
  for (const std::string& name : names) {
    const auto inside = files.stat(path / name);
    const bool folder = inside && inside->type == host::NodeType::Directory;
    if (folder || name.ends_with(".lock.json")) TRY(add_locks(files, path / name, needed, depth + 1));
  }
  return {};
}


}  // namespace

Result<CacheReport> examine_cache(Workshop& workshop) {
  TRY_ASSIGN(const auto all, entries(workshop));
  CacheReport out;
  out.folder = workshop.folders.cache;
  for (const Entry& entry : all) {
    count(out.kinds, entry);
    out.bytes += entry.size;
  }
  sort(out.kinds);
  return out;
}

Result<Pruned> prune_cache(Workshop& workshop, const PruneOptions& options) {
  const CacheLimits limits{options.limits.bytes ? options.limits.bytes : workshop.config.cache.bytes, options.limits.age ? options.limits.age : workshop.config.cache.age};
  if (!limits.bytes && !limits.age) return cannot(Kind::Invalid, "prune the cache", "no limit is given; name --max-size or --max-age, or put them into the configuration");
  host::Files& files = *workshop.machine.files;
  std::set<std::string> needed;
  for (const host::Path& path : options.locks) TRY(add_locks(files, path, needed, 0));
  TRY_ASSIGN(auto all, entries(workshop));
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  std::uint64_t bytes = 0;
  for (const Entry& entry : all) bytes += entry.size;
  const Time now = workshop.machine.clock->now();
  Pruned out;
  for (const Entry& entry : all) {
    const bool old = limits.age && now.seconds - entry.used.seconds > *limits.age;
    const bool over = limits.bytes && bytes > *limits.bytes;
    if (!old && !over) continue;
    if (needed.contains(entry.digest)) {
      out.kept_for_locks += entry.size;
      continue;
    }
    if (!options.dry_run) TRY(entry.kind == roots ? files.remove_tree(entry.path) : files.remove(entry.path));
    bytes -= entry.size;
    ++out.entries;
    out.bytes += entry.size;
    count(out.kinds, entry);
  }
  sort(out.kinds);
  return out;
}

}  // namespace ashlar::pipeline
