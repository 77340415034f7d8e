#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "host/user.h"
#include "pipeline/rollback.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string ref, by, reason;
  pipeline::RollbackOptions how{};
};

/// `1.1-r2 (sha256:...)`
std::string shown(const std::string& revision, const Digest& digest) { return revision.empty() ? digest.str() : fmt::format("{} ({})", revision, digest.str()); }

Json to_json(const pipeline::RolledBack& done) {
  return {{"schema", "https://ashlar.dev/rollback/v1"}, {"place", done.place}, {"tag", done.tag}, {"moved", done.moved},
          {"from", {{"digest", done.from.str()}, {"revision", done.from_revision}}}, {"to", {{"digest", done.to.str()}, {"revision", done.to_revision}}},
          {"still", done.still},
          {"signature", {{"asked", done.asked}, {"verified", done.verification.verified}, {"missing", done.verification.missing}}}};
}

void say_done(Context& context, const pipeline::RolledBack& done) {
  const std::string to = shown(done.to_revision, done.to);
  if (done.asked && !done.verification.verified) {
    for (const auto& each : done.verification.signatures) {
      if (!each.verified && each.signs_image()) say(context, fmt::format("  {} {}: {}", each.layout, each.key, each.reason));
    }
    for (const std::string& each : done.verification.missing) say(context, fmt::format("  {}", each));
    say(context, fmt::format("{}:{} was not moved: {} is not signed by whom is believed", done.place, done.tag, to));
    return;
  }
  if (!done.moved) say(context, fmt::format("{}:{} points at {} already", done.place, done.tag, to));
  else say(context, fmt::format("{}:{} points at {}, and not at {} any more", done.place, done.tag, to, shown(done.from_revision, done.from)));
  if (!done.still.empty()) say(context, fmt::format("{} still {} what it came from: {}", done.still.size() == 1 ? "another tag" : "other tags", done.still.size() == 1 ? "points at" : "point at", join(done.still, ", ")));
  if (!done.asked) say(context, faint(context, "nobody asked for a signature; say whom you believe with --key or --keyring, or in the configuration's section 'trust'"));
}

}  // namespace

Action rollback(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("REF", options->ref, "the tag that moves back: docker://HOST/REPO:TAG or oci:DIR:TAG")->required();
  app.add_option("--to", options->how.to, "where it shall point: a digest, or a tag of the same place; by default the revision before the present one")->option_text("DIGEST|TAG");
  app.add_option("--by", options->by, "who moves it, for the ledger; by default the user's name")->option_text("NAME");
  app.add_option("--reason", options->reason, "why, for the ledger")->option_text("TEXT");
  add_trust_options(app, options->how.trust);
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const auto ref, oci::ImageRef::parse(options->ref));
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    options->how.trust = pipeline::trust_by(workshop, options->how.trust);
    TRY_ASSIGN(const auto done, pipeline::rollback(workshop, ref, options->how));
    TRY(pipeline::write_down(workshop, ref, done, options->by.empty() ? host::user_name(context.machine) : options->by, options->reason));
    if (context.json) answer(context, to_json(done));
    else say_done(context, done);
    return done.asked && !done.verification.verified ? Exit::No : Exit::Clean;
  };
}

}  // namespace ashlar::cli
