#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>

#include "cli/check_image.h"
#include "cli/commands.h"
#include "cli/policy_here.h"
#include "pipeline/check_files.h"
#include "pipeline/check_forms.h"
#include "pipeline/make.h"
#include "pipeline/selection.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::string policy, environment, baseline, fail_on = "error";
  bool write_baseline = false, fix = false, other_users = false, ask_registries = false, pending_passes = false, known_only = false;
  ImageCheckOptions image{};
};

Exit exit_of(const pipeline::CheckedFiles& checked, const std::string& fail_on) {
  const bool unread = std::ranges::any_of(checked.files, [](const pipeline::CheckedFile& each) { return !each.error.message.empty(); });
  if (unread) return Exit::Wrong;
  if (checked.answer == policy::Answer::Unknown) return Exit::Unknown;
  if (checked.answer == policy::Answer::Denied) return Exit::No;
  for (const workload::Level level : {workload::Level::Note, workload::Level::Warning, workload::Level::Error}) {
    if (fail_on == workload::to_string(level)) return pipeline::count_at_least(checked, level) == 0 ? Exit::Clean : Exit::No;
  }
  return Exit::Clean;
}

std::string written(const Context& context, const pipeline::CheckedFiles& checked, const pipeline::CheckForm& form) {
  if (context.format == "json") return pipeline::check_json(checked, form);
  if (context.format == "sarif") return pipeline::check_sarif(checked, form);
  if (context.format == "github") return pipeline::check_github(checked, form);
  if (context.format == "gitlab") return pipeline::check_gitlab(checked, form);
  return pipeline::check_text(checked, form);
}

Result<Exit> check_paths(Context& context, const Options& options) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  const host::Path policy_path = policy_here(context.machine, options.policy);
  TRY_ASSIGN(const auto policy, pipeline::load_policy(context.machine, policy_path));
  TRY_ASSIGN(const auto selection, pipeline::selection_of(workshop, policy, options.environment, options.image.selection, pipeline::trust_by(workshop, options.image.trust)));
  pipeline::CheckFilesWish wish{.paths = {options.paths.begin(), options.paths.end()}, .policy = policy_path, .environment = options.environment};
  if (selection.missing.empty()) wish.selection = &selection.selection;
  wish.pending_passes = options.pending_passes, wish.known_only = options.known_only;
  wish.baseline = options.baseline, wish.write_baseline = options.write_baseline, wish.fix = options.fix;
  wish.other_users = options.other_users, wish.ask_registries = options.ask_registries;
  TRY_ASSIGN(const auto checked, pipeline::check_files(workshop, wish));
  for (const std::string& note : checked.notes) context.progress.note(note);
  const Exit exit = exit_of(checked, options.fail_on);
  context.answer->append(written(context, checked, {.allowed = exit == Exit::Clean, .policy = wish.policy.string(), .environment = options.environment, .everything = context.verbose}));
  return exit;
}

/// One image, or files.
Result<Exit> check_any(Context& context, const Options& options) {
  const auto image = std::ranges::find_if(options.paths, [&](const std::string& each) { return names_image(each, context.machine.files->exists(each)); });
  if (image == options.paths.end()) return check_paths(context, options);
  if (options.paths.size() > 1) return cannot(Kind::Invalid, "check", fmt::format("'{}' names an image: it is checked alone", *image));
  return check_image(context, *image, policy_here(context.machine, options.policy).string(), options.environment, options.image);
}

}  // namespace

Action check(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("PATH", options->paths, "Dockerfiles, compose files, Kubernetes manifests (rendered charts, too), files of GitHub and GitLab CI, Azure Pipelines and Jenkins; in folders they are looked for. Or one finished image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG], docker://HOST/REPO[:TAG][@DIGEST]")->required();
  app.add_option("--policy", options->policy, "the policy whose section 'bases' judges references, and which judges images; by default policy.yaml in this folder")->option_text("FILE");
  app.add_option("--environment", options->environment, "what the policy says of this environment")->option_text("NAME");
  app.add_flag("--known-only", options->known_only, "files that are named and of which nothing tells what they are are passed over, as in folders: for hooks that name whatever changed");
  app.add_flag("--pending-passes", options->pending_passes, "what only an image can tell (its signature, its age) is left to the check of the image, and makes no reference unknown");
  app.add_option("--fail-on", options->fail_on, "exit with 1 on findings of this level or a heavier one: note, warning, error, or never")->check(CLI::IsMember({"note", "warning", "error", "never"}))->option_text("LEVEL");
  auto* baseline = app.add_option("--baseline", options->baseline, "old findings: those that stand in this file are not shown")->option_text("FILE");
  app.add_flag("--write-baseline", options->write_baseline, "write what is found into the file of --baseline: from then on it is old")->needs(baseline);
  auto* fix = app.add_flag("--fix", options->fix, "change files where that is safe, and say what was changed");
  app.add_flag("--other-users", options->other_users, "with --fix: also write an image of the catalogue of which nothing but the user differs; what it writes must be that user's")->needs(fix);
  app.add_flag("--ask-registries", options->ask_registries, "ask registries what the tags of images that the policy allows point at, so that --fix pins them by that digest where the selection has none");
  add_image_check_options(app, options->image);
  return [options](Context& context) -> Result<Exit> { return check_any(context, *options); };
}

}  // namespace ashlar::cli
