#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/debug.h"
#include "plan/image_tests.h"

namespace ashlar::cli {
namespace {

void say_advice(Context& context, const pipeline::DebugAdvice& advice) {
  say(context, bold(context, fmt::format("the image runs as {}:{}; a toolbox that does, too, sees the container's files below /proc/1/root", advice.user.uid, advice.user.gid)));
  say(context, "\nKubernetes, beside the running container (kubectl 1.32 or newer):");
  say(context, "  " + advice.kubectl_debug);
  say(context, "\nKubernetes, with an older kubectl:");
  say(context, "  " + advice.kubectl_patch);
  say(context, "\nDocker, beside the running container:");
  say(context, "  " + advice.docker);
  if (advice.user.uid == 0) say(context, "\nthis image runs as root: its pod does not pass runAsNonRoot");
  say(context, "\na pod that fits the image's user, for kubectl apply -f:");
  say(context, to_pretty(advice.pod));
}

}  // namespace

Action debug(CLI::App& app) {
  const auto ref = std::make_shared<std::string>();
  const auto shell = std::make_shared<std::string>();
  const auto options = std::make_shared<pipeline::DebugOptions>();
  app.add_option("REF", *ref, "an image: oci:DIR[:TAG], oci-archive:FILE[:TAG]")->required();
  app.add_option("--platform", options->platform, "of an image for several; the first one by default")->option_text("PLATFORM");
  app.add_option("--pod", options->pod, "the pod to look into")->option_text("NAME");
  app.add_option("--container", options->container, "the container of the pod; 'app' by default")->option_text("NAME");
  app.add_option("--namespace", options->name_space, "the pod's namespace")->option_text("NAME");
  app.add_option("--docker", options->docker, "the container to look into with Docker")->option_text("NAME");
  app.add_option("--image", options->image, "where the cluster gets the image from; by default the name in its definition, by digest")->option_text("IMAGE");
  app.add_option("--toolbox", options->toolbox, "an image with a shell; by default the -dev image of the catalogue")->option_text("IMAGE");
  app.add_option("--shell", *shell, "the command that starts a shell in the toolbox; by default what the catalogue knows of it, else 'sh'")->option_text("COMMAND");
  return [ref, shell, options](Context& context) -> Result<Exit> {
    if (!shell->empty()) {
      const auto words = plan::split_command(*shell);
      if (!words || words->empty()) return cannot(Kind::Invalid, fmt::format("start the shell '{}'", *shell), "a quote in it is not closed, or it is empty");
      options->shell = *words;
    }
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(const auto advice, pipeline::debug(workshop, *ref, *options));
    if (!context.json) {
      say_advice(context, advice);
      return Exit::Clean;
    }
    Json record = {{"schema", "https://ashlar.dev/debug/v1"}};
    record.update(to_json(advice));
    answer(context, record);
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
