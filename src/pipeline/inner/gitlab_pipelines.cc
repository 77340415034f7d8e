#include "pipeline/inner/gitlab_pipelines.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::pipeline {
namespace {

constexpr std::size_t max_files = 150;      // as GitLab itself takes
constexpr std::size_t max_looked = 20'000;  // that a pattern is held against
constexpr std::uint64_t max_bytes = 4 << 20;
constexpr int max_depth = 100, max_folders = 16;

bool is_within(const host::Path& path, const host::Path& root) {
  const host::Path from = path.lexically_relative(root);
  return !from.empty() && *from.begin() != "..";
}

}  // namespace

void GitLabPipelines::add(const host::Path& path) {
  const auto real = files_.canonical(path);
  if (!real || pipelines_.contains(*real)) return;
  // Paths of includes begin at the repository's folder.
  host::Path root = real->parent_path(), above = path.has_parent_path() ? path.parent_path() : host::Path(".");
  for (host::Path at = root; at.has_relative_path(); at = at.parent_path()) {
    if (!files_.exists(at / ".git")) continue;
    above /= root.lexically_relative(at).empty() ? host::Path() : host::Path(at.lexically_relative(root));
    root = at;
    break;
  }
  Pipeline out;
  shown_.try_emplace(*real, path);
  visit(*real, above.lexically_normal(), root, 0, out);
  pipelines_.emplace(*real, std::move(out));
}

/// Of a path in an include, the files: their real paths, and as they are shown. None: it is not there.
std::vector<std::pair<host::Path, host::Path>> GitLabPipelines::files_of(const std::string& local, const host::Path& root, const host::Path& shown) {
  const std::string relative = host::Path(local.substr(local.find_first_not_of('/') == std::string::npos ? local.size() : local.find_first_not_of('/'))).lexically_normal().generic_string();
  std::vector<std::pair<host::Path, host::Path>> out;
  const auto take = [&](const std::string& name) {
    const auto real = files_.canonical(root / name);
    const auto stat = real ? files_.stat(*real) : Result<host::FileStat>(std::unexpected(real.error()));
    if (stat && stat->type == host::NodeType::Regular && stat->size <= max_bytes && is_within(*real, root)) out.emplace_back(*real, (shown / name).lexically_normal());
  };
  if (relative.find('*') == std::string::npos) return take(relative), out;
  std::size_t looked = 0;  // what lies beyond the bound is not found, which is said where nothing is
  const auto search = [&](const auto& self, const std::string& folder, int depth) -> void {
    const auto names = files_.list(folder.empty() ? root : root / folder);
    if (!names || depth > max_folders) return;
    for (const std::string& name : *names) {
      if (++looked > max_looked || name == ".git" || name == "node_modules") continue;
      const std::string child = folder.empty() ? name : folder + "/" + name;
      const auto stat = files_.stat(root / child);
      if (stat && stat->type == host::NodeType::Directory) self(self, child, depth + 1);
      else if (stat && matches_glob(relative, child)) take(child);
    }
  };
  search(search, "", 0);
  return out;
}

void GitLabPipelines::visit(const host::Path& real, const host::Path& shown, const host::Path& root, int depth, Pipeline& out) {
  out.seen.insert(real);
  const auto text = files_.read(real);
  if (!text) return out.missing.push_back(fmt::format("'{}', which cannot be read,", visible(real.filename().string())));
  const workload::Includes includes = workload::includes_of(*text, real.string());
  for (const std::string& each : includes.others) out.missing.push_back(each);
  for (const std::string& each : includes.local) {
    const auto files = files_of(each, root, shown);
    if (files.empty()) out.missing.push_back(fmt::format("'{}', which is not here,", visible(each.substr(0, 200))));
    auto& named = named_[{real, each}];
    named.clear();
    for (const auto& [path, name] : files) {
      named.push_back(path);
      if (out.seen.contains(path)) continue;
      if (depth >= max_depth || out.seen.size() >= max_files) return out.missing.push_back("what is included beyond a hundred files");
      shown_.try_emplace(path, name);
      included_.insert(path);
      visit(path, shown, root, depth + 1, out);
    }
  }
  texts_[real] = *text;
  out.order.push_back(real);
}

std::vector<host::Path> GitLabPipelines::included() const {
  std::vector<host::Path> out;
  for (const host::Path& each : included_) {
    if (!pipelines_.contains(each)) out.push_back(shown_.at(each));
  }
  return out;
}

std::vector<host::Path> GitLabPipelines::named_by(const host::Path& real, const std::string& local) const {
  const auto found = named_.find({real, local});
  return found == named_.end() ? std::vector<host::Path>() : found->second;
}

workload::Beside GitLabPipelines::of(const host::Path& real) const {
  workload::Beside out;
  std::size_t parts = 0;
  const auto take = [&](const Pipeline& pipeline) {
    for (const host::Path& each : pipeline.order) out.pipeline.push_back(texts_.at(each));
    out.missing.insert(out.missing.end(), pipeline.missing.begin(), pipeline.missing.end());
  };
  for (const auto& [main, pipeline] : pipelines_) {
    // One that others include is judged in theirs.
    if (std::ranges::find(pipeline.order, real) == pipeline.order.end() || included_.contains(main)) continue;
    ++parts;
    take(pipeline);
  }
  if (const auto own = pipelines_.find(real); parts == 0 && own != pipelines_.end()) take(own->second);
  if (parts > 1) out.missing.emplace_back("another pipeline that includes the file");
  return out;
}

}  // namespace ashlar::pipeline
