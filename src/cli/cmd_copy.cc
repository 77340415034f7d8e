#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/copy.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string from, to, platform, receipt;
};

void say_receipt(Context& context, const oci::Receipt& receipt) {
  size_t images = 0, artifacts = 0, blobs = 0;
  std::uint64_t bytes = 0;
  for (const auto& each : receipt.entries) {
    using Role = oci::Receipt::Role;
    bytes += each.descriptor.size;
    (each.role == Role::Manifest ? images : each.role == Role::Artifact ? artifacts : blobs) += each.role == Role::Index ? 0 : 1;
    if (context.verbose) say(context, fmt::format("  {:<9} {}  {:>9}{}", oci::to_string(each.role), each.descriptor.digest.str(), human_size(each.descriptor.size), each.tag.empty() ? "" : "  " + each.tag));
  }
  say(context, fmt::format("{}: {} with {} attached, {} blobs, {}", receipt.root.str(), images == 1 ? "1 image" : fmt::format("{} images", images), artifacts, blobs, human_size(bytes)));
  say(context, fmt::format("copied to {}", receipt.destination));
}

}  // namespace

Action copy(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("SRC", options->from, "an image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG], docker://HOST/REPO[:TAG][@DIGEST]")->required();
  app.add_option("DST", options->to, "where it goes: the same forms, without a digest; without a TAG it gets the source's")->required();
  app.add_option("--platform", options->platform, "the platform for a docker-archive, which holds one; the first one by default")->option_text("PLATFORM");
  app.add_option("--receipt", options->receipt, "write the receipt there: every digest that the copy has, for `ashlar verify --receipt`")->option_text("FILE");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const auto receipt, pipeline::copy(context.machine, options->from, options->to, options->platform));
    const Json record = oci::to_json(receipt);
    if (!options->receipt.empty()) TRY(context.machine.files->write(options->receipt, to_pretty(record)));
    if (context.json) answer(context, record);
    else say_receipt(context, receipt);
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
