#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/test.h"
#include "prove/baseline.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> refs;
  std::string definition, baseline, distribution = "debian-13";
  pipeline::TestOptions test;
  bool no_run = false;
};

Json to_json(const pipeline::Tested& tested) {
  Json checks = Json::array();
  for (const prove::Check& check : tested.checks)
    checks.push_back({{"id", check.id}, {"title", check.title}, {"result", prove::to_string(check.outcome)}, {"evidence", check.evidence}});
  return {{"schema", "https://ashlar.dev/test/v1"}, {"passed", tested.passed()}, {"image", tested.image.str()}, {"platform", tested.platform.str()},
          {"definition", tested.definition}, {"definition_claimed", tested.claimed}, {"checks", std::move(checks)}};
}

std::string_view sign(prove::Outcome outcome) {
  switch (outcome) {
    case prove::Outcome::Passed: return "ok";
    case prove::Outcome::Failed: return "FAILED";
    case prove::Outcome::NotApplicable: return "n/a";
    case prove::Outcome::Excused: return "excused";
  }
  return "FAILED";
}

/// Nothing is shown of what passed; of what failed the first lines that say why, and with --verbose all evidence.
void say_evidence(Context& context, const prove::Check& check) {
  const bool failed = check.outcome == prove::Outcome::Failed;
  const bool idle = check.outcome == prove::Outcome::NotApplicable;
  const size_t telling = failed && check.against != 0 ? check.against : check.evidence.size();
  const size_t most = context.verbose ? check.evidence.size() : failed || check.outcome == prove::Outcome::Excused ? std::min<size_t>(10, telling) : idle ? 1 : 0;
  for (size_t at = 0; at < std::min(most, check.evidence.size()); ++at) say(context, failed ? "           " + check.evidence[at] : faint(context, "           " + check.evidence[at]));
  if (most != 0 && !idle && check.evidence.size() > most) say(context, faint(context, fmt::format("           ... and {} more{}; --verbose shows all", check.evidence.size() - most, telling > most || telling == check.evidence.size() ? "" : " lines on what holds")));
}

void say_tested(Context& context, const pipeline::Tested& tested) {
  say(context, bold(context, fmt::format("{} {}", tested.image.str(), tested.platform.str())));
  if (tested.definition.empty()) say(context, faint(context, "held against the rules of a runtime image; no definition was named or found"));
  else say(context, faint(context, fmt::format("held against '{}'{}", tested.definition, tested.claimed ? ", which the image says it was made from" : "")));
  for (const prove::Check& check : tested.checks) {
    say(context, fmt::format("  {:<7}  {:<18}  {}", sign(check.outcome), check.id, check.title));
    say_evidence(context, check);
  }
  const auto count = [&](prove::Outcome outcome) { return std::count_if(tested.checks.begin(), tested.checks.end(), [&](const auto& each) { return each.outcome == outcome; }); };
  say(context, fmt::format("{}: {} passed, {} excused, {} not applicable, {} failed{}", !tested.passed() ? "failed" : tested.ran() ? "passed" : "not known, for run tests could not be run", count(prove::Outcome::Passed),
                           count(prove::Outcome::Excused), count(prove::Outcome::NotApplicable), count(prove::Outcome::Failed), tested.kept ? " (answered before; --again tests anew)" : ""));
}

Result<Exit> record_baseline(Context& context, const Options& options) {
  prove::Baseline baseline{options.distribution, {}};
  for (const std::string& path : options.refs) {
    TRY_ASSIGN(auto file, context.machine.files->open(path));
    TRY(prove::record_package(host::stream(std::move(file)), path, baseline));
  }
  size_t files = 0;
  for (const auto& [architecture, rows] : baseline.files) files += rows.size();
  TRY(context.machine.files->write(options.baseline, prove::to_text(baseline)));
  say(context, fmt::format("{} files of {} packages are recorded in '{}'", files, options.refs.size(), options.baseline));
  return Exit::Clean;
}

}  // namespace

Action test(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("REF", options->refs, "an image: oci:DIR[:TAG], oci-archive:FILE[:TAG]; with --record-baseline .deb files")->required();
  app.add_option("--platform", options->test.platform, "test this platform; the first one by default")->option_text("PLATFORM");
  app.add_option("--definition", options->definition, "what the image is held against; by default the definition of the catalogue that it says it was made from")->option_text("FILE");
  app.add_flag("--no-run", options->no_run, "leave out the run tests: proofs on the bytes alone");
  auto* const rebuild = app.add_flag("--rebuild", options->test.rebuild, "build it again and compare, also where no lock is at hand");
  app.add_flag("--no-rebuild", options->test.no_rebuild, "do not build it again, though definition and lock are at hand")->excludes(rebuild);
  app.add_flag("--again", options->test.again, "test anew what was answered before");
  auto* const record = app.add_option("--record-baseline", options->baseline, "write how the programs of these .deb files are hardened, for images to be held against")->option_text("FILE");
  app.add_option("--distribution", options->distribution, "of --record-baseline: what the packages belong to")->option_text("NAME")->needs(record);
  return [options](Context& context) -> Result<Exit> {
    if (!options->baseline.empty()) return record_baseline(context, *options);
    if (options->refs.size() != 1) return cannot(Kind::Invalid, "test", "one image at a time is tested");
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    options->test.definition = options->definition;
    options->test.run = !options->no_run;
    TRY_ASSIGN(const auto tested, pipeline::test(workshop, options->refs.front(), options->test));
    if (context.json) answer(context, to_json(tested));
    else say_tested(context, tested);
    if (!tested.passed()) return Exit::No;
    return tested.ran() ? Exit::Clean : Exit::Unknown;
  };
}

}  // namespace ashlar::cli
