#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/cyclonedx.h"
#include "attest/spdx.h"
#include "cli/commands.h"
#include "pipeline/describe.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string target, platform;
  bool again = false;
};

Exit say_table(Context& context, const attest::Sbom& sbom) {
  std::vector<std::vector<std::string>> rows = {{"PACKAGE", "VERSION", "SOURCE", "LICENCE"}};
  for (const attest::SbomPackage& package : sbom.packages) {
    std::string licence = package.licence.expression.empty() ? "not known" : package.licence.expression;
    if (licence.size() > 60 && !context.verbose) licence = licence.substr(0, 57) + "...";
    rows.push_back({package.name, package.version, package.source, std::move(licence)});
  }
  context.answer->append(table(context, rows));
  say(context, faint(context, fmt::format("{} packages and {} files of {} for {}, {}", sbom.packages.size(), sbom.files.size(), sbom.name, sbom.platform, sbom.created.date())));
  return Exit::Clean;
}

}  // namespace

Action sbom(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("TARGET", options->target, "an image (oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG]), a root file system (dir:PATH), a lock, or a definition that has one")->required();
  app.add_option("--platform", options->platform, "of this platform; the first one by default")->option_text("PLATFORM");
  app.add_flag("--again", options->again, "read every layer anew, whatever was kept of it");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const attest::Sbom sbom, pipeline::describe(context.machine, options->target, options->platform, options->again));
    for (const std::string& note : sbom.notes) context.progress.note(note);
    if (context.format == "table") return say_table(context, sbom);
    if (context.format == "json") answer(context, attest::to_json(sbom));
    else *context.answer = context.format == "spdx-json" ? attest::to_spdx_json(sbom) : attest::to_cyclonedx_json(sbom);
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
