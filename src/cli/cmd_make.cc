#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "cli/lock_options.h"
#include "pipeline/catalog.h"
#include "pipeline/configured_scan.h"
#include "pipeline/feeds.h"
#include "pipeline/make.h"
#include "pipeline/record_made.h"
#include "pipeline/retain.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> definitions;
  std::string to, policy, database, builder = "https://ashlar.dev/builder/self-hosted";
  KeyFlags key{};
  bool unsigned_ = false, locked = false, timings = false;
  std::optional<unsigned> retain{};
  pipeline::MakeOptions make{};
};

std::string_view word(policy::GateReason::Answer answer) {
  using Answer = policy::GateReason::Answer;
  return answer == Answer::Holds ? "holds" : answer == Answer::Stops ? "stops" : "unknown";
}

Json to_json(const std::vector<pipeline::OldRevision>& old) {
  Json out = Json::array();
  for (const auto& each : old) out.push_back({{"tag", each.tag}, {"digest", each.digest.str()}, {"deleted", each.kept.empty()}, {"kept_because", each.kept}});
  return out;
}

Json to_json(const pipeline::Made& made) {
  Json reasons = Json::array(), statements = Json::array(), behaviour = Json::array();
  for (const auto& each : made.verdict.reasons) reasons.push_back({{"rule", each.rule}, {"answer", word(each.answer)}, {"what", each.what}, {"remedy", each.remedy}});
  for (const auto& each : made.statements) statements.push_back({{"layout", each.layout}, {"predicate_type", each.predicate_type}, {"subject", each.subject.str()}, {"artifact", each.artifact.str()}, {"new", each.fresh}});
  for (const auto& each : made.notes) behaviour.push_back({{"platform", each.platform.str()}, {"behaviour", prove::to_json(each.behaviour)}});
  const auto& t = made.timings;
  return {{"definition", made.definition}, {"digest", made.digest.str()}, {"candidate", made.candidate}, {"gate", {{"passed", made.verdict.passed}, {"unknown", made.verdict.unknown}, {"reasons", std::move(reasons)}}},
          {"published", !made.revision.empty()}, {"revision", made.revision}, {"moved", made.moved}, {"former", made.former}, {"behaviour", std::move(behaviour)}, {"statements", std::move(statements)},
          {"timings", {{"build", t.build}, {"test", t.test}, {"scan", t.scan}, {"compare", t.compare}, {"describe", t.describe}, {"publish", t.publish}, {"total", t.total}}}};
}

void say_made(Context& context, const pipeline::Made& made, const std::string& to, bool timings) {
  say(context, bold(context, fmt::format("{} {}", made.definition, made.digest.str())));
  for (const auto& each : made.verdict.reasons) {
    say(context, fmt::format("  {:<8} {:<10} {}", word(each.answer), each.rule, each.what));
    if (!each.remedy.empty()) say(context, faint(context, fmt::format("                      {}", each.remedy)));
  }
  const auto fresh = std::ranges::count(made.statements, true, &pipeline::Placed::fresh);
  if (made.revision.empty()) say(context, fmt::format("  nothing was published and no tag was moved; the candidate is {}", made.candidate));
  else say(context, fmt::format("  published as {}:{}{}, {} signatures and statements{}", to, made.revision, made.moved.empty() ? ", where it was already" : "; moved " + join(made.moved, ", "), made.statements.size(), fresh == 0 ? "" : fmt::format(", {} of them new", fresh)));
  if (timings) {
    const auto& t = made.timings;
    say(context, faint(context, fmt::format("  build {:.3f} s, test {:.3f} s, scan {:.3f} s, compare {:.3f} s, describe and sign {:.3f} s, publish {:.3f} s, total {:.3f} s", t.build, t.test, t.scan, t.compare, t.describe, t.publish, t.total)));
  }
}

/// Where one of several definitions goes: in a registry below the prefix that was named, under its image's own name.
Result<oci::ImageRef> place_of(Context& context, const oci::ImageRef& to, const std::string& path, bool alone) {
  if (alone) return to;
  if (to.transport != oci::Transport::Registry || !to.tag.empty()) return cannot(Kind::Invalid, fmt::format("make several definitions into '{}'", to.str()), "name docker://HOST/PREFIX: each goes to a repository below it, under its image's name");
  TRY_ASSIGN(const auto definition, pipeline::load_definition(*context.machine.files, path));
  oci::ImageRef out = to;
  out.location += "/" + definition.image.substr(definition.image.rfind('/') + 1);
  return out;
}

Result<pipeline::MakeOptions> settle(Context& context, pipeline::Workshop& workshop, const Options& options) {
  pipeline::MakeOptions out = options.make;
  TRY_ASSIGN(out.scan, pipeline::configured_scan(workshop));
  out.build.must_be_locked = options.locked;
  out.builder = options.builder;
  TRY_ASSIGN(out.policy, pipeline::load_policy(context.machine, options.policy));
  return out;
}

/// One definition; what came of it is in the answer, also where its clean-up then fails.
Result<policy::GateVerdict> make_one(Context& context, pipeline::Workshop& workshop, advisory::Database& database, const std::string& path, const oci::ImageRef& to, const Options& options, const pipeline::MakeOptions& how, Json& images) {
  TRY_ASSIGN(const auto place, place_of(context, to, path, options.definitions.size() == 1));
  TRY_ASSIGN(const auto made, pipeline::make(workshop, database, path, place, how));
  images.push_back(to_json(made));
  if (!context.json) say_made(context, made, place.location, options.timings);
  // The tags have moved: a ledger that cannot be written takes nothing back.
  if (const auto recorded = pipeline::record_made(workshop, place, made, how.key); !recorded) context.progress.alarm(fmt::format("what came of '{}' is not in the ledger: {}", path, recorded.error().message));
  if (!options.retain || made.revision.empty()) return made.verdict;
  TRY_ASSIGN(const auto definition, pipeline::load_definition(*context.machine.files, path));
  TRY_ASSIGN(const auto old, pipeline::retain(context.machine, place, definition, *options.retain));
  images.back()["old_revisions"] = to_json(old);
  for (const auto& each : old) {
    if (!context.json) say(context, each.kept.empty() ? fmt::format("  deleted {}", each.tag) : fmt::format("  kept {}: {}", each.tag, each.kept));
  }
  return made.verdict;
}

}  // namespace

Action make(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DEFINITION", options->definitions, "definitions to make; one without a lock is locked first")->required();
  app.add_option("-o,--to", options->to, "where it is published: docker://HOST/REPO[:TAG] or oci:DIR[:TAG]; of several definitions docker://HOST/PREFIX. Without a TAG it gets its definition's tags, and a revision always")->option_text("REF")->required();
  auto* const key = add_key_options(app, options->key, "the private key that signs the image and what is said of it: a PEM file, cosign's too, or a key in a token (pkcs11:...)");
  app.add_flag("--unsigned", options->unsigned_, "publish it without signatures and statements")->excludes(key);
  app.add_option("--policy", options->policy, "the policy whose sections 'gate' and 'decisions' it is held to; by default what policies/default.yaml says")->option_text("FILE");
  app.add_option("--db", options->database, "this advisory database; by default the one that `ashlar feed` keeps")->option_text("FILE");
  app.add_option("--platform", options->make.build.platforms, "make these platforms; those of the lock by default")->delimiter(',')->option_text("PLATFORM");
  app.add_option("--builder", options->builder, "who answers for the build in its provenance, a URI")->option_text("URI");
  app.add_flag("--locked", options->locked, "fail where a definition has no lock that fits it");
  app.add_flag("--timings", options->timings, "say how long each stage took");
  app.add_option("--jobs", options->make.build.threads, "use so many threads; as many as there are processors by default")->option_text("N");
  app.add_option("--image-mirror", options->make.build.image_mirror, "where apt in a -dev image looks")->option_text("URL");
  app.add_option("--retain", options->retain, "then delete revisions but for the newest N: none that another tag, a kept index or a statement needs")->option_text("N");
  add_lock_options(app, options->make.build.lock);
  return [options](Context& context) -> Result<Exit> {
    if (options->key.key.empty() && !options->unsigned_) return cannot(Kind::Invalid, "make", "name the key that signs with --key, or say --unsigned");
    TRY_ASSIGN(const auto to, pipeline::parse_destination(options->to));
    if (options->retain) TRY(pipeline::may_retain(to, *options->retain));
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(auto how, settle(context, workshop, *options));
    std::optional<trust::PrivateKey> signer;
    if (!options->key.key.empty()) {
      TRY_ASSIGN(signer, open_private_key(context, options->key));
      how.key = &*signer;
    }
    TRY_ASSIGN(const auto database, pipeline::open_database(workshop, options->database, std::nullopt));
    Json images = Json::array();
    bool stopped = false, unknown = false;
    Done all;
    for (const std::string& path : options->definitions) {
      const auto made = make_one(context, workshop, *database, path, to, *options, how, images);
      if (made) unknown = unknown || made->unknown, stopped = stopped || !made->passed;
      else all = cannot(fmt::format("make '{}'", path), made.error());
      if (!all) break;
    }
    // What is published is told whatever became of the next.
    if (context.json && (all || !images.empty())) answer(context, Json{{"schema", "https://ashlar.dev/make/v1"}, {"images", std::move(images)}});
    if (!all) return std::unexpected(std::move(all).error());
    return unknown ? Exit::Unknown : stopped ? Exit::No : Exit::Clean;
  };
}

}  // namespace ashlar::cli
