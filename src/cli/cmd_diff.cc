#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/configured_scan.h"
#include "pipeline/feeds.h"
#include "pipeline/notes.h"
#include "pipeline/workshop.h"

namespace ashlar::cli {
namespace {

constexpr size_t most_shown = 20;

struct Options {
  std::string before, after, platform, database, definition;
  bool files = false;
};

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

void say_behaviour(Context& context, const prove::Behaviour& behaviour, bool all) {
  for (const prove::Weight weight : {prove::Weight::Breaking, prove::Weight::Notable, prove::Weight::Neutral}) {
    const size_t count = behaviour.count(weight);
    if (count == 0) continue;
    say(context, bold(context, fmt::format("{} ({})", prove::to_string(weight), count)));
    size_t left = all ? SIZE_MAX : most_shown;
    for (const prove::Change& each : behaviour.changes) {
      if (each.weight != weight || left == 0) continue;
      --left;
      say(context, fmt::format("  {:<22} {}", each.id, each.what));
      for (const std::string& line : weight == prove::Weight::Neutral && !all ? std::vector<std::string>() : each.evidence) say(context, faint(context, fmt::format("  {:<22} {}", "", line)));
    }
    if (!all && count > most_shown) say(context, faint(context, fmt::format("  ... and {} more; --files shows all", count - most_shown)));
  }
}

void say_findings(Context& context, std::string_view title, const std::vector<pipeline::ChangedFinding>& findings) {
  if (findings.empty()) return;
  say(context, bold(context, fmt::format("{} ({})", title, findings.size())));
  for (const auto& each : findings) say(context, fmt::format("  {}  {} {}  {}{}", each.id, each.package, each.version, each.severity, each.fixed_in.empty() ? "" : ", fixed in " + each.fixed_in));
}

void say_notes(Context& context, const pipeline::Notes& notes, bool all) {
  if (notes.difference.same()) say(context, notes.before == notes.after ? "the images are the same, byte for byte" : "the images hold the same");
  say_behaviour(context, notes.behaviour, all);
  if (notes.findings) {
    say_findings(context, "vulnerabilities fixed", notes.findings->fixed);
    say_findings(context, "vulnerabilities new", notes.findings->fresh);
    for (const std::string& each : notes.findings->doubts) say(context, faint(context, fmt::format("  not known: {}", each)));
  }
  say_changes(context, "packages", notes.difference.packages, SIZE_MAX);
  say_changes(context, "configuration", notes.difference.config, SIZE_MAX);
  say_changes(context, "files", notes.difference.files, all ? SIZE_MAX : most_shown);
  say(context, fmt::format("{} of {} layers are shared; {} to pull", notes.difference.shared_layers, notes.difference.layers_after, human_size(notes.difference.pull_bytes)));
}

}  // namespace

Action diff(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("BEFORE", options->before, "an image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker://HOST/REPO[:TAG]")->required();
  app.add_option("AFTER", options->after, "another image")->required();
  app.add_option("--platform", options->platform, "compare this platform; the first one of BEFORE by default")->option_text("PLATFORM");
  app.add_option("--db", options->database, "scan both with this advisory database, and show which vulnerabilities are fixed and which are new; `kept` is the one that `ashlar feed` keeps")->option_text("FILE");
  app.add_option("--definition", options->definition, "run the tests of this definition on both, and compare starts and ports")->option_text("FILE");
  app.add_flag("--files", options->files, "show every changed file, and all that is neutral");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    pipeline::NotesOptions how{.platform = options->platform, .definition = options->definition};
    std::unique_ptr<advisory::Database> database;
    if (!options->database.empty()) {
      TRY_ASSIGN(database, pipeline::open_database(workshop, options->database == "kept" ? host::Path() : host::Path(options->database), std::nullopt));
      how.database = database.get();
      TRY_ASSIGN(how.scan, pipeline::configured_scan(workshop));
    }
    TRY_ASSIGN(const auto notes, pipeline::notes_of(workshop, options->before, options->after, how));
    if (context.json) answer(context, pipeline::to_json(notes));
    else if (context.format == "markdown") context.answer->append(pipeline::to_markdown(notes));
    else say_notes(context, notes, options->files);
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
