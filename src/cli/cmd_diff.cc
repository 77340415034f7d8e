#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "inventory/difference.h"
#include "inventory/target.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string before, after, platform;
  bool files = false;
};

Result<inventory::Contents> read(Context& context, const std::string& ref, const std::string& platform) {
  TRY_ASSIGN(auto target, inventory::open_target(context.machine, ref, platform));
  return inventory::read_contents(target);
}

void say_changes(Context& context, std::string_view title, const std::vector<inventory::Difference::Changed>& changes, size_t most) {
  if (changes.empty()) return;
  say(context, bold(context, fmt::format("{} ({})", title, changes.size())));
  for (size_t at = 0; at < std::min(changes.size(), most); ++at) {
    const auto& change = changes[at];
    if (change.before.empty()) say(context, fmt::format("  + {}  {}", change.name, change.after));
    else if (change.after.empty()) say(context, fmt::format("  - {}  {}", change.name, change.before));
    else say(context, fmt::format("  ~ {}  {} -> {}", change.name, change.before, change.after));
  }
  if (changes.size() > most) say(context, faint(context, fmt::format("  ... and {} more; --files shows all", changes.size() - most)));
}

}  // namespace

Action diff(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("BEFORE", options->before, "an image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker://HOST/REPO[:TAG]")->required();
  app.add_option("AFTER", options->after, "another image")->required();
  app.add_option("--platform", options->platform, "compare this platform; the first one by default")->option_text("PLATFORM");
  app.add_flag("--files", options->files, "show every changed file");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const auto before, read(context, options->before, options->platform));
    TRY_ASSIGN(const auto after, read(context, options->after, options->platform));
    const inventory::Difference difference = inventory::compare(before, after);
    if (context.json) {
      Json record = {{"schema", "https://ashlar.dev/diff/v1"}, {"before", before.manifest.digest.str()}, {"after", after.manifest.digest.str()}};
      record.update(to_json(difference));
      answer(context, record);
      return Exit::Clean;
    }
    if (difference.same()) say(context, before.manifest.digest == after.manifest.digest ? "the images are the same, byte for byte" : "the images hold the same");
    say_changes(context, "packages", difference.packages, SIZE_MAX);
    say_changes(context, "configuration", difference.config, SIZE_MAX);
    say_changes(context, "files", difference.files, options->files ? SIZE_MAX : 20);
    say(context, fmt::format("{} of {} layers are shared; {} to pull", difference.shared_layers, difference.layers_after, human_size(difference.pull_bytes)));
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
