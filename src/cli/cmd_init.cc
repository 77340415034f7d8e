#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/start_project.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> words, force;
  std::string from;
  pipeline::StartOptions how{};
};

Json to_json(const std::vector<host::Path>& paths) {
  Json out = Json::array();
  for (const host::Path& each : paths) out.push_back(each.string());
  return out;
}

void say_started(Context& context, const pipeline::StartedProject& started) {
  for (const host::Path& each : started.files.written) say(context, fmt::format("wrote  {}", (started.folder / each).lexically_normal().string()));
  for (const host::Path& each : started.files.kept) say(context, faint(context, fmt::format("kept   {}", (started.folder / each).lexically_normal().string())));
  if (!started.open.empty()) say(context, "\nopen:");
  for (const std::string& each : started.open) say(context, fmt::format("  - {}", each));
}

/// `[FOLDER]`, or `ci SYSTEM [FOLDER]`.
Result<pipeline::StartedProject> start(Context& context, Options& options) {
  const std::vector<std::string>& words = options.words;
  const bool ci = !words.empty() && words[0] == "ci";
  const size_t folder = ci ? 2 : 0;
  if (ci && words.size() < 2) return cannot(Kind::Invalid, "write a pipeline", "name the system: github, gitlab, jenkins, tekton or azure");
  if (words.size() > folder + 1) return cannot(Kind::Invalid, fmt::format("init '{}'", words.back()), "it takes one folder");
  if (words.size() == folder + 1) options.how.folder = words[folder];
  options.how.force = {options.force.begin(), options.force.end()};
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  if (ci && !options.from.empty()) return cannot(Kind::Invalid, "write a pipeline", "--from starts a project, and is not for 'ci'");
  if (!options.from.empty()) return pipeline::start_from(workshop, options.from, options.how);
  if (ci) return pipeline::start_ci(workshop, words[1], options.how);
  return pipeline::start_project(workshop, options.how);
}

}  // namespace

Action init(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("FOLDER", options->words, "where the project starts, by default here; or `ci` with github, gitlab, jenkins, tekton or azure, then the folder: pipelines for the definitions and the Dockerfile there");
  app.add_option("--from", options->from, "start from what a team has: this Dockerfile, migrated into Dockerfile.hardened, with a policy and a pipeline, by default beside it")->option_text("DOCKERFILE");
  app.add_option("--bases", options->how.bases, "with --from: where the hardened images lie")->option_text("PREFIX");
  app.add_option("--name", options->how.name, "what the image is called; by default as the folder")->option_text("NAME");
  app.add_option("--to", options->how.to, "where images are published: docker://HOST/REPO or oci:DIR; by default oci:published")->option_text("REF");
  app.add_option("--ci", options->how.ci, "with a project: pipelines for github (the default), gitlab, jenkins, tekton or azure, or none")->option_text("SYSTEM");
  app.add_option("--image", options->how.image, "Ashlar's own image for pipelines, HOST/REPO@DIGEST; by default the CI variable ASHLAR_IMAGE says it")->option_text("REF");
  app.add_option("--force", options->force, "replace this file where it is there; may be repeated")->option_text("FILE")->allow_extra_args(false);
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const auto started, start(context, *options));
    if (context.json) answer(context, Json{{"schema", "https://ashlar.dev/init/v1"}, {"name", started.name}, {"folder", started.folder.string()}, {"written", to_json(started.files.written)}, {"kept", to_json(started.files.kept)}, {"open", started.open}});
    else say_started(context, started);
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
