#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/lock_options.h"
#include "pipeline/build.h"
#include "pipeline/catalog.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> definitions;
  std::string output;
  pipeline::BuildOptions build;
  bool all = false, locked = false, timings = false;
};

std::uint64_t size_of(const build::Image& image) {
  std::uint64_t size = image.manifest.size;
  for (const auto& layer : image.layers) size += layer.descriptor.size;
  return size;
}

Json to_json(const pipeline::Built& built, const build::Image& image) {
  Json layers = Json::array();
  Json packages = Json::array();
  for (const auto& layer : image.layers)
    layers.push_back({{"digest", layer.descriptor.digest.str()}, {"diff_id", layer.diff_id.str()}, {"size", layer.descriptor.size}, {"packages", layer.packages}});
  const auto locked = built.lock.platforms.find(image.platform.str());
  if (locked != built.lock.platforms.end()) {
    for (const auto& package : locked->second.packages) packages.push_back({{"name", package.name}, {"version", package.version}});
  }
  return {{"image", {{"digest", image.manifest.digest.str()}, {"size", size_of(image)}, {"layers", std::move(layers)}}},
          {"platform", image.platform.str()},
          {"packages", std::move(packages)},
          {"content_size", image.content_size},
          {"timings", {{"lock", built.timings.lock}, {"fetch", built.timings.fetch}, {"unpack", image.timings.unpack}, {"pack", image.timings.pack}, {"total", image.timings.total}}}};
}

/// One image for one platform is the record itself; more stand in `images`, and the record has the index.
Json to_json(const pipeline::Builds& builds) {
  const std::vector<pipeline::Built>& all = builds.done;
  Json record = {{"schema", "https://ashlar.dev/build/v1"}};
  Json images = Json::array();
  for (const pipeline::Built& built : all) {
    for (const build::Image& image : built.images) {
      Json row = {{"definition", built.definition.path}, {"tag", built.tags.front()}, {"tags", built.tags}, {"root", built.root.digest.str()}, {"lock_written", built.lock_written.string()}};
      row.update(to_json(built, image));
      images.push_back(std::move(row));
    }
  }
  if (!all.empty()) record["root"] = all.front().root.digest.str();
  if (!images.empty()) record.update(images.front());
  record["schema"] = "https://ashlar.dev/build/v1";
  record["images"] = std::move(images);
  if (builds.failed) record["error"] = builds.failed->message;
  return record;
}

void say_built(Context& context, const pipeline::Built& built, const Options& options) {
  say(context, bold(context, fmt::format("{} {}", built.definition.image, join(built.tags, ", "))));
  for (const build::Image& image : built.images) {
    size_t packages = 0;
    for (const auto& layer : image.layers) packages += layer.packages.size();
    say(context, fmt::format("  {:<12} {}  {} packed, {} of files, {} packages, {} layers", image.platform.str(), image.manifest.digest.str(),
                             human_size(size_of(image)), human_size(image.content_size), packages, image.layers.size()));
    if (options.timings)
      say(context, faint(context, fmt::format("               unpack {:.3f} s, pack {:.3f} s, total {:.3f} s", image.timings.unpack, image.timings.pack, image.timings.total)));
  }
  say(context, fmt::format("  {:<12} {}", built.images.size() > 1 ? "index" : "image", built.root.digest.str()));
  if (!built.lock_written.empty()) say(context, fmt::format("  {:<12} {}", "lock", built.lock_written.string()));
  if (options.timings)
    say(context, faint(context, fmt::format("               lock {:.3f} s, fetch {:.3f} s, total {:.3f} s", built.timings.lock, built.timings.fetch, built.timings.total)));
}

Result<std::vector<host::Path>> definitions_of(Context& context, const Options& options) {
  std::vector<host::Path> paths(options.definitions.begin(), options.definitions.end());
  if (options.all) {
    TRY_ASSIGN(const host::Path data, pipeline::data_folder(context.machine));
    TRY_ASSIGN(const auto entries, pipeline::read_catalog(*context.machine.files, data / "catalog"));
    for (const auto& entry : entries) paths.push_back(entry.path);
  }
  if (paths.empty()) return cannot(Kind::Invalid, "build", "no definition is named; name some, or the whole catalogue with --all");
  return paths;
}

}  // namespace

Action build(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DEFINITION", options->definitions, "definitions to build; one without a lock is locked first");
  app.add_option("-o,--to", options->output, "where the image goes: oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker://HOST/REPO[:TAG]; oci:out by default. Without a TAG it gets all of its definition's tags, "
                 "and each of several images NAME-TAG")->option_text("REF");
  app.add_flag("--all", options->all, "build the whole catalogue");
  app.add_option("--platform", options->build.platforms, "build these platforms; those of the lock by default")->delimiter(',')->option_text("PLATFORM");
  app.add_flag("--locked", options->locked, "fail where a definition has no lock that fits it");
  app.add_flag("--timings", options->timings, "say how long each stage took");
  app.add_option("--jobs", options->build.threads, "use so many threads; as many as there are processors by default")->option_text("N");
  app.add_option("--image-mirror", options->build.image_mirror, "where apt in a -dev image looks; without it, apt there knows no archive of the distribution")->option_text("URL");
  app.add_flag("--record-effects", options->build.run_scripts, "run maintainer scripts that nothing else covers in a sandbox, and keep what they did in DEFINITION.effects.json");
  add_lock_options(app, options->build.lock);
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(const auto paths, definitions_of(context, *options));
    TRY_ASSIGN(const auto to, pipeline::parse_target(options->output.empty() ? "oci:out" : options->output));
    options->build.must_be_locked = options->locked;
    TRY_ASSIGN(auto builds, pipeline::build(workshop, paths, to, options->build));
    if (context.json) {
      answer(context, to_json(builds));
    } else {
      for (const pipeline::Built& built : builds.done) say_built(context, built, *options);
      if (!builds.done.empty()) say(context, fmt::format("written to {}", to.str()));
    }
    if (builds.failed) return std::unexpected(std::move(*builds.failed));
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
