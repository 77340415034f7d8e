#include "pipeline/check_files.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/text.h"
#include "pipeline/inner/check_baseline.h"
#include "pipeline/inner/gitlab_pipelines.h"
#include "pipeline/inner/reference_judge.h"
#include "pipeline/make.h"

namespace ashlar::pipeline {
namespace {

constexpr int max_depth = 64;
constexpr std::size_t max_files = 200'000;
constexpr std::uint64_t max_json = 4 << 20, max_sniffed = 64 << 20;  ///< of a file whose name tells nothing
constexpr std::uint64_t max_beside = 4 << 20;  ///< of a file that another one names
constexpr std::size_t max_notes = 20;

struct Candidate {
  host::Path path;
  bool named = false;  ///< by whoever asked
  workload::FileKind kind = workload::FileKind::Unknown;  ///< that another file says it is; Unknown: none does
};

bool is_yaml(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.ends_with(".yaml") || lower.ends_with(".yml");
}

/// Files of folders. `real`: the folder with every symlink followed.
class Walk {
 public:
  explicit Walk(host::Files& files) : files_(files) {}
  std::vector<Candidate> found;
  std::vector<std::string> notes;

  Done add(const host::Path& path) {
    const auto stat = files_.stat(path);
    if (!stat) return std::unexpected(stat.error());
    if (stat->type != host::NodeType::Directory) return found.push_back({path, true}), Done{};
    TRY_ASSIGN(const host::Path real, files_.canonical(path));
    roots_.push_back(real);
    return folder(path, real, 0);
  }

  /// Dockerfiles of whatever name that compose files speak of, as far as they lie in the folders or were named. `checked`: what came of those that were found; one of
  /// which nobody knew what it is is emptied, for it is known now.
  std::vector<Candidate> built(std::vector<CheckedFile>& checked) {
    std::set<host::Path> seen;
    for (std::size_t index = 0; index < found.size(); ++index) {
      if (const auto real = files_.canonical(found[index].path); real && checked[index].kind == workload::FileKind::Dockerfile) seen.insert(*real);
    }
    std::vector<Candidate> out;
    std::vector<std::size_t> known;
    for (const CheckedFile& file : checked) {
      for (const host::Path& each : file.builds) {
        const auto real = files_.canonical(each);
        const auto stat = files_.stat(each);
        const auto at = real ? at_.find(*real) : at_.end();
        const bool within = real && (at != at_.end() || is_within(*real));
        if (within && stat && stat->type == host::NodeType::Regular && seen.insert(*real).second) {
          out.push_back({each, at != at_.end() && found[at->second].named, workload::FileKind::Dockerfile});
          if (at != at_.end() && checked[at->second].kind == workload::FileKind::Unknown) known.push_back(at->second);
        }
        else if (!within && real && seen.insert(*real).second) notes.push_back(fmt::format("'{}', which '{}' is built by, was not looked at: name it, too", visible(each.string()), visible(file.path.string())));
      }
    }
    for (const std::size_t each : known) checked[each] = {};
    return out;
  }

  /// Whether a file is checked by itself, as one of that kind. Asked when all are found.
  bool is_checked(const host::Path& path, workload::FileKind kind) const {
    const auto real = files_.canonical(path);
    if (!real) return false;
    const auto at = at_.find(*real);
    if (kind == workload::FileKind::Dockerfile) return at != at_.end() || is_within(*real);
    if (at == at_.end()) return false;
    const Candidate& known = found[at->second];
    if (known.kind != workload::FileKind::Unknown) return known.kind == kind;
    const auto stat = files_.stat(*real);
    if (!stat || stat->type != host::NodeType::Regular) return false;
    const auto text = files_.read(*real);
    return text && workload::kind_of_file(known.path.string(), *text) == kind;
  }

  /// Files of pipelines that others include, whatever their names are. What was found by its name and is one of them is of that kind.
  void add_included(const std::vector<host::Path>& paths) {
    const auto know = [&](std::size_t index) {
      if (const auto real = files_.canonical(found[index].path)) at_.emplace(*real, index);
    };
    for (std::size_t index = 0; index < found.size(); ++index) know(index);
    for (const host::Path& each : paths) {
      const auto real = files_.canonical(each);
      if (!real) continue;
      if (const auto known = at_.find(*real); known != at_.end()) found[known->second].kind = workload::FileKind::GitLab;
      else if (is_within(*real)) found.push_back({each, false, workload::FileKind::GitLab}), know(found.size() - 1);
      else notes.push_back(fmt::format("'{}', which the pipeline includes, was not looked at: name it, too", visible(each.string())));
    }
  }

 private:
  bool is_within(const host::Path& real) const {
    return std::ranges::any_of(roots_, [&](const host::Path& root) { const host::Path from = real.lexically_relative(root); return !from.empty() && *from.begin() != ".."; });
  }
  Done folder(const host::Path& path, const host::Path& real, int depth) {
    if (depth > max_depth) return cannot(Kind::Invalid, fmt::format("search '{}'", path.string()), fmt::format("its folders nest deeper than {}", max_depth));
    TRY_ASSIGN(const auto names, files_.list(path));
    for (const std::string& name : names) {
      if (name == ".git" || name == "node_modules") continue;
      const host::Path child = path == "." ? host::Path(name) : path / name;
      const auto stat = files_.stat(child);
      if (!stat) continue;  // a link to nowhere
      if (stat->type == host::NodeType::Directory) {
        const auto there = files_.canonical(child);
        if (there && *there == real / name) TRY(folder(child, *there, depth + 1));
      } else if (stat->type == host::NodeType::Regular) {
        const bool known = workload::kind_of_file(child.string(), "") != workload::FileKind::Unknown;
        if (!known && is_yaml(name) && stat->size > max_sniffed) notes.push_back(fmt::format("passed over: '{}' is larger than 64 MiB", visible(child.string())));
        else if (known || is_yaml(name) || (name.ends_with(".json") && stat->size <= max_json)) found.push_back({child, false});
        if (found.size() > max_files) return cannot(Kind::Invalid, fmt::format("search '{}'", path.string()), fmt::format("more than {} files", max_files));
      }
    }
    return {};
  }

  host::Files& files_;
  std::vector<host::Path> roots_;
  std::map<host::Path, std::size_t> at_;  ///< in `found`, by real path
};

/// Where findings of a file are looked up: its path from the baseline's folder on, else as it was named.
std::string place_of(host::Files& files, const host::Path& path, const host::Path& baseline) {
  if (baseline.empty()) return path.lexically_normal().generic_string();
  const host::Path folder = baseline.has_parent_path() ? baseline.parent_path() : host::Path(".");
  const auto from = files.canonical(folder), to = files.canonical(path);
  return from && to ? to->lexically_relative(*from).generic_string() : path.lexically_normal().generic_string();
}

class Checker {
 public:
  Checker(host::Files& files, const ReferenceJudge& judge, const GitLabPipelines& pipelines, const Walk& walk, const CheckFilesWish& wish) : files_(files), judge_(judge), pipelines_(pipelines), walk_(walk), wish_(wish) {}

  CheckedFile check(const Candidate& candidate) const {
    CheckedFile out;
    out.path = candidate.path;
    if (auto done = look(candidate, out); !done) out.error = std::move(done).error();
    return out;
  }

 private:
  Done look(const Candidate& candidate, CheckedFile& out) const {
    const std::string path = candidate.path.string();
    TRY_ASSIGN(std::string text, files_.read(candidate.path));
    out.kind = candidate.kind != workload::FileKind::Unknown ? candidate.kind : workload::kind_of_file(path, text);
    if (out.kind == workload::FileKind::Dockerfile && candidate.kind == workload::FileKind::Unknown && (!candidate.named || wish_.known_only) && workload::is_called_like_a_dockerfile(path, text)) {
      out.kind = workload::FileKind::Unknown;
      out.passed_over = fmt::format("'{}' is called like a Dockerfile, and is none", visible(path));
      return {};
    }
    if (out.kind == workload::FileKind::Unknown) {
      if (!candidate.named || wish_.known_only) return pass_over(path, text, out);
      return cannot(Kind::Invalid, fmt::format("check '{}'", path), "neither its name nor what is in it tells that it is a Dockerfile, compose file, manifest or CI file");
    }
    const workload::Beside beside = beside_of(candidate.path, out.kind);
    workload::CheckOptions options{.replacements = &judge_.replacements, .beside = &beside};
    options.runs_as_root = [&](const workload::ImageName& name) { return judge_.runs_as_root(name); };
    if (judge_.rules != nullptr) {
      options.says_unseen = judge_.rules->unseen == policy::Unseen::Warn;  // what is denied says so itself
      options.ask = [&](const workload::ImageUse& use) -> std::vector<workload::Remark> {
        if (judge_.is_usual_frontend(use)) return {};
        if (use.elsewhere && judge_.rules->unseen != policy::Unseen::Deny) return {};  // no image that could be judged
        out.references.push_back({use, judge_.ask(out.kind, use)});
        return judge_.remarks(out.kind, use, out.references.back().verdict);
      };
      options.digest_of = [&](const workload::ImageName& name) { return judge_.known_digest(name); };
      options.chosen = [&](const workload::ImageName& name) {
        return std::ranges::any_of(out.references, [&](const ReferenceAnswer& each) { return each.use.image == name && each.verdict.answer != policy::Answer::Denied && !each.verdict.rule.empty(); });
      };
    }
    if (wish_.fix) {
      TRY_ASSIGN(auto mended, workload::mend(out.kind, text, path, options));
      out.references.clear();
      out.mended = std::move(mended.mended);
      if (!out.mended.empty()) {
        TRY_ASSIGN(const host::Path real, files_.canonical(candidate.path));
        TRY_ASSIGN(const host::Path folder, files_.canonical(candidate.path.has_parent_path() ? candidate.path.parent_path() : host::Path(".")));
        if (!candidate.named && real != folder / candidate.path.filename()) return cannot(Kind::Invalid, fmt::format("mend '{}'", path), fmt::format("it is a link to '{}'; name the file itself", real.string()));
        TRY(files_.write(real, mended.text));
        text = std::move(mended.text);
      }
    }
    if (out.kind == workload::FileKind::Compose) {
      for (const std::string& each : workload::build_files(text, path, &beside)) out.builds.push_back((candidate.path.parent_path() / each).lexically_normal());
    }
    TRY_ASSIGN(auto checked, workload::check(out.kind, text, path, options));
    out.silenced = checked.silenced;
    for (workload::Remark& each : checked.remarks) out.findings.push_back({std::move(each), {}});
    set_fingerprints(out, text, place_of(files_, candidate.path, wish_.baseline));
    return {};
  }

  workload::Beside beside_of(const host::Path& path, workload::FileKind kind) const {
    workload::Beside out;
    if (kind == workload::FileKind::GitLab) {
      if (const auto real = files_.canonical(path)) {
        out = pipelines_.of(*real);
        out.is_included = [this, of = *real](const std::string& local) {
          const auto named = pipelines_.named_by(of, local);
          return !named.empty() && std::ranges::all_of(named, [&](const host::Path& each) { return walk_.is_checked(each, workload::FileKind::GitLab); });
        };
      }
    }
    out.is_checked = [this, folder = path.parent_path()](const std::string& name, workload::FileKind of) { return walk_.is_checked((folder / name).lexically_normal(), of); };
    out.read = [this, folder = path.parent_path()](const std::string& name) -> std::optional<std::string> {
      const host::Path there = (folder / name).lexically_normal();
      const auto stat = files_.stat(there);
      if (!stat || stat->type != host::NodeType::Regular || stat->size > max_beside) return std::nullopt;
      auto text = files_.read(there);
      return text ? std::optional(std::move(*text)) : std::nullopt;
    };
    return out;
  }

  /// A file of which nothing tells what it is: no word where it can be read, an error where it hides images.
  static Done pass_over(const std::string& path, std::string_view text, CheckedFile& out) {
    auto read = workload::can_read_yaml(text, path);
    if (read) return {};
    Error& why = read.error();
    if (workload::may_name_images(text, path)) {
      if (text.find("{{") != std::string_view::npos && !why.faults.empty() && why.faults[0].hint.empty()) why.faults[0].hint = "it looks like a template: check what is rendered (`helm template`), which names its images";
      return read;
    }
    if (is_yaml(path)) out.passed_over = why.faults.empty() ? why.message : fmt::format("{}: line {}: {}", why.message, why.faults[0].line, why.faults[0].message);
    return {};
  }

  host::Files& files_;
  const ReferenceJudge& judge_;
  const GitLabPipelines& pipelines_;
  const Walk& walk_;
  const CheckFilesWish& wish_;
};

/// Of references whose remark is not old: denied and undecided ones stand among the findings.
policy::Answer answer_of(const CheckedFiles& checked) {
  policy::Answer out = policy::Answer::Allowed;
  for (const CheckedFile& file : checked.files) {
    if (!file.error.message.empty()) return policy::Answer::Unknown;  // what it names, nobody has seen
    for (const FileFinding& each : file.findings) {
      if (each.remark.rule->id == "image-undecided") return policy::Answer::Unknown;
      if (each.remark.rule->id == "image-denied") out = policy::Answer::Denied;
    }
  }
  return out;
}

}  // namespace

Result<CheckedFiles> check_files(Workshop& workshop, const CheckFilesWish& wish) {
  host::Files& files = *workshop.machine.files;
  policy::Policy policy;
  const policy::FinishedRules* rules = nullptr;
  if (!wish.policy.empty()) {
    TRY_ASSIGN(policy, load_policy(workshop.machine, wish.policy));
    rules = policy::rules_in(policy, wish.environment);
    if (rules == nullptr) return cannot(Kind::Invalid, fmt::format("judge for '{}'", wish.environment), fmt::format("the policy '{}' has no such environment", wish.policy.string()));
  } else if (!wish.environment.empty()) {
    return cannot(Kind::Invalid, fmt::format("judge for '{}'", wish.environment), "an environment is part of a policy, and there is none");
  }
  TRY_ASSIGN(const ReferenceJudge judge, reference_judge(workshop, wish, policy, rules));
  Walk walk(files);
  for (const host::Path& path : wish.paths) TRY(walk.add(path));
  CheckedFiles out;
  out.judged = judge.rules != nullptr;
  if (!out.judged) out.notes.emplace_back(wish.policy.empty() ? "no policy: references are not judged; --policy FILE names one" : fmt::format("the policy '{}' has no section 'bases': references are not judged", wish.policy.string()));
  GitLabPipelines pipelines(files);
  for (const Candidate& each : walk.found) {
    if (workload::kind_of_file(each.path.string(), "") == workload::FileKind::GitLab) pipelines.add(each.path);
  }
  walk.add_included(pipelines.included());
  out.files.resize(walk.found.size());
  const Checker checker(files, judge, pipelines, walk, wish);
  in_parallel(walk.found.size(), 0, [&](std::size_t index, std::size_t) { out.files[index] = checker.check(walk.found[index]); });
  const std::vector<Candidate> built = walk.built(out.files);
  for (const Candidate& each : built) out.files.push_back(checker.check(each));
  if (judge.digests != nullptr) std::ranges::move(judge.digests->notes(), std::back_inserter(out.notes));
  for (const CheckedFile& each : out.files) {
    if (!each.passed_over.empty()) walk.notes.push_back(fmt::format("passed over: {}", each.passed_over));
  }
  if (walk.notes.size() > max_notes) {
    const std::size_t more = walk.notes.size() - max_notes;
    walk.notes.resize(max_notes);
    walk.notes.push_back(fmt::format("passed over: {} more", more));
  }
  std::ranges::move(walk.notes, std::back_inserter(out.notes));
  std::erase_if(out.files, [](const CheckedFile& each) { return each.kind == workload::FileKind::Unknown && each.error.message.empty(); });
  if (out.files.empty() && !wish.known_only) return cannot(Kind::NotFound, "check", "no Dockerfile, compose file, manifest or CI file is there");
  if (wish.write_baseline) {
    TRY(files.write(wish.baseline, write_baseline(out)));
  }
  if (!wish.baseline.empty()) {
    TRY_ASSIGN(const Baseline baseline, read_baseline(files, wish.baseline));
    for (CheckedFile& each : out.files) take_old(each, baseline);
  }
  out.answer = answer_of(out);
  return out;
}

std::size_t count_at_least(const CheckedFiles& checked, workload::Level level) {
  std::size_t out = 0;
  for (const CheckedFile& file : checked.files) out += static_cast<std::size_t>(std::ranges::count_if(file.findings, [&](const FileFinding& each) { return each.remark.rule->level >= level; }));
  return out;
}

}  // namespace ashlar::pipeline
