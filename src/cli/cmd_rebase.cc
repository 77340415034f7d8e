#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/rebase.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string image, onto, to;
  pipeline::RebaseOptions how{};
};

/// `linux/amd64`, or all of them with blanks between.
std::string platforms_of(const pipeline::Rebased& done) {
  std::vector<std::string> out;
  for (const auto& each : done.each) out.push_back(each.platform.str());
  return done.each.empty() ? done.platform.str() : join(out, " ");
}

Json to_json(const pipeline::Rebased& done) {
  Json refusals = Json::array(), platforms = Json::array();
  for (const auto& each : done.answer.refusals) refusals.push_back({{"id", each.id}, {"subject", each.subject}, {"what", each.what}});
  for (const auto& each : done.each) platforms.push_back({{"platform", each.platform.str()}, {"image", each.image.str()}, {"onto", each.onto.str()}, {"from", each.from}, {"digest", each.rebased ? each.rebased->str() : ""}, {"layers", {{"base", each.layers}, {"own", each.own_layers}}}});
  return {{"schema", "https://ashlar.dev/rebase/v1"}, {"rebased", done.rebased.has_value()}, {"platform", platforms_of(done)}, {"platforms", std::move(platforms)}, {"image", done.image.str()}, {"onto", done.onto.str()}, {"from", done.from},
          {"layers", {{"base", done.layers}, {"own", done.own_layers}}}, {"digest", done.rebased ? done.rebased->str() : ""}, {"refusals", std::move(refusals)}, {"harmless", done.answer.harmless}, {"kept", done.kept}};
}

void say_done(Context& context, const Options& options, const pipeline::Rebased& done) {
  for (const auto& each : done.answer.refusals) say(context, fmt::format("  {:<22} {}", each.id, each.what));
  if (!done.rebased) {
    say(context, fmt::format("{} is not rebased: {}; build it again on the new base", options.image, done.answer.refusals.size() == 1 ? "1 thing stands against it" : fmt::format("{} things stand against it", done.answer.refusals.size())));
    return;
  }
  for (const auto& list : {done.answer.harmless, done.kept}) {
    for (const std::string& each : list) say(context, faint(context, fmt::format("  {}", each)));
  }
  say(context, fmt::format("{} {}: {} of its own, from '{}' onto '{}'", options.to, done.rebased->str(), done.own_layers == 1 ? "1 layer" : fmt::format("{} layers", done.own_layers), done.from, options.onto));
  if (!done.each.empty()) say(context, faint(context, fmt::format("  for {}", platforms_of(done))));
}

}  // namespace

Action rebase(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("IMAGE", options->image, "an image that was built on another base")->required();
  app.add_option("--onto", options->onto, "the base that it shall lie on")->option_text("BASE")->required();
  app.add_option("-o,--to", options->to, "where it is written: docker://HOST/REPO:TAG or oci:DIR:TAG")->option_text("REF")->required();
  app.add_option("--from", options->how.from, "the base that it was built on; by default it is looked for by the digests of the layers, where the new base lies and where the image says")->option_text("OLDBASE");
  app.add_option("--platform", options->how.platform, "rebase the image of this platform alone; by default all that the image is for")->option_text("PLATFORM");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const auto to, oci::ImageRef::parse(options->to));
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(const auto done, pipeline::rebase(workshop, options->image, options->onto, to, options->how));
    if (context.json) answer(context, to_json(done));
    else say_done(context, *options, done);
    return done.rebased ? Exit::Clean : Exit::No;
  };
}

}  // namespace ashlar::cli
