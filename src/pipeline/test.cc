#include "pipeline/test.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/target.h"
#include "pipeline/build.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/kept_tests.h"
#include "pipeline/inner/scratch.h"
#include "prove/proofs.h"
#include "prove/run.h"

namespace ashlar::pipeline {
namespace {

/// What the image is held against, with what owns it.
struct Measure {
  std::optional<plan::Definition> definition;  ///< for the image's platform
  host::Path path;                             ///< of the definition
  bool claimed = false;
  std::optional<plan::Lock> lock;
  std::string lock_text, baseline_text;
  std::optional<prove::Baseline> baseline;
  prove::Yardstick yardstick() const { return {definition ? &*definition : nullptr, lock ? &*lock : nullptr, baseline ? &*baseline : nullptr}; }
};

/// The definition of the catalogue that the image says it was made from; of several versions, one whose tag the image has.
Result<std::optional<host::Path>> claimed_definition(Workshop& workshop, const prove::Claim& claim, const std::string& tag) {
  if (claim.image.empty() || !workshop.machine.files->exists(workshop.data / "catalog")) return std::nullopt;
  TRY_ASSIGN(const auto entries, read_catalog(*workshop.machine.files, workshop.data / "catalog"));
  std::vector<const CatalogEntry*> fits;
  for (const CatalogEntry& each : entries) {
    if (each.definition.image == claim.image && plan::to_string(each.definition.variant) == claim.variant) fits.push_back(&each);
  }
  for (const CatalogEntry* each : fits) {
    const auto& tags = each->definition.tags;
    const bool tagged = std::any_of(tags.begin(), tags.end(), [&](const std::string& own) { return tag == own || tag.ends_with("-" + own); });
    if (tagged) return each->path;
  }
  return fits.size() == 1 ? std::optional(fits.front()->path) : std::nullopt;
}

/// The lock beside a definition when it fits it; else none.
void take_lock(Workshop& workshop, const plan::Definition& definition, Measure& measure) {
  auto lock = read_fitting_lock(workshop, definition, {});
  if (!lock) return;
  auto text = workshop.machine.files->read(lock_path(measure.path));
  if (!text) return;
  measure.lock = std::move(*lock);
  measure.lock_text = std::move(*text);
}

Done take_baseline(Workshop& workshop, const std::string& distribution, Measure& measure) {
  const host::Path path = workshop.data / "baselines" / (distribution + ".json");
  if (distribution.empty() || distribution.find('/') != std::string::npos || !workshop.machine.files->exists(path)) return {};
  TRY_ASSIGN(measure.baseline_text, workshop.machine.files->read(path));
  TRY_ASSIGN(measure.baseline, prove::read_baseline(measure.baseline_text, path.string()));
  return {};
}

Result<Measure> take_measure(Workshop& workshop, const inventory::Target& target, const prove::Claim& claim, const TestOptions& options) {
  Measure measure;
  measure.path = options.definition;
  if (measure.path.empty()) {
    TRY_ASSIGN(const auto found, claimed_definition(workshop, claim, target.ref.tag));
    if (found) measure.path = *found, measure.claimed = true;
  }
  if (measure.path.empty()) return measure;
  TRY_ASSIGN(const plan::Definition definition, load_definition(*workshop.machine.files, measure.path));
  TRY_ASSIGN(measure.definition, plan::for_platform(definition, target.which.platform.str()));
  take_lock(workshop, definition, measure);
  return measure;
}

/// Runs the definition's tests where it has any.
Done run(Workshop& workshop, inventory::Target& target, const Measure& measure, std::vector<prove::Check>& checks) {
  if (!measure.definition || measure.definition->tests.empty()) return {};
  TRY_ASSIGN(const host::Path root, catalog_root(*workshop.machine.files, *measure.definition));
  const prove::RunOptions how{root, workshop.folders.cache, workshop.folders.state, {}};
  TRY_ASSIGN(auto ran, prove::run_tests(*target.image, target.which, *measure.definition, workshop.machine, how, workshop.progress));
  std::move(ran.begin(), ran.end(), std::back_inserter(checks));
  return {};
}

/// A run depends on the machine, too: what did not pass on it, or could not be run, is asked again.
bool may_keep(const std::vector<prove::Check>& checks) {
  return std::none_of(checks.begin(), checks.end(), [](const prove::Check& each) { return each.id.starts_with("run:") && each.outcome != prove::Outcome::Passed; });
}

/// The digests of the files that tests bring in from the catalogue.
std::string test_sources(Workshop& workshop, const Measure& measure) {
  std::string digests;
  if (!measure.definition) return digests;
  const auto root = catalog_root(*workshop.machine.files, *measure.definition);
  for (const plan::RunTest& each : measure.definition->tests) {
    for (const plan::TestFile& file : each.files) {
      if (root && !file.content) digests += Digest::of(workshop.machine.files->read(*root / file.source).value_or("")).str();
    }
  }
  return digests;
}

std::string key_of(Workshop& workshop, const Measure& measure, const TestOptions& options) {
  Hasher hasher;
  hasher.update(fmt::format("test 1 {}\n{}\n{} {} {}\n", program_stamp(workshop), measure.definition ? measure.definition->digest_hex : "", options.run, options.rebuild, options.no_rebuild));
  for (const std::string* text : {&measure.lock_text, &measure.baseline_text}) hasher.update(Digest::of(*text).str());
  hasher.update(test_sources(workshop, measure));
  return hasher.finish().hex();
}

/// Builds again from definition and lock, and compares.
prove::Check reproducible(Workshop& workshop, const inventory::Target& target, const Measure& measure, const TestOptions& options) {
  prove::Check check{"reproducible", "built again from definition and lock, it is the same image", prove::Outcome::NotApplicable, {}};
  if (options.no_rebuild) check.evidence.emplace_back("not asked for (--no-rebuild)");
  else if (!measure.definition) check.evidence.emplace_back("no definition is at hand; name it with --definition");
  else if (!measure.lock && !options.rebuild) check.evidence.push_back(fmt::format("'{}' has no lock that fits it; --rebuild makes one", measure.path.string()));
  if (!check.evidence.empty()) return check;
  check.outcome = prove::Outcome::Failed;
  const Scratch scratch(*workshop.machine.files, workshop.folders.cache);
  BuildOptions how;
  how.platforms = {target.which.platform.str()};
  how.must_be_locked = measure.lock.has_value();
  oci::ImageRef to{oci::Transport::OciLayout, scratch.path().string(), "again", {}};
  Silence silence;
  Workshop quiet{workshop.machine, silence, workshop.folders, workshop.data, workshop.config, workshop.shelf};
  auto built = build(quiet, {measure.path}, to, how);
  if (!built || built->failed) {
    check.evidence.push_back(!built ? built.error().message : built->failed->message);
    return check;
  }
  const build::Image& again = built->done.front().images.front();
  check.evidence = {fmt::format("the image: {}", target.which.descriptor.digest.str()), fmt::format("built again: {}", again.manifest.digest.str())};
  if (again.manifest.digest == target.which.descriptor.digest) check.outcome = prove::Outcome::Passed;
  std::vector<Digest> layers;
  for (const auto& layer : again.layers) layers.push_back(layer.diff_id);
  if (check.outcome == prove::Outcome::Failed && layers == target.which.config.diff_ids && again.manifest.digest != target.which.descriptor.digest)
    check.evidence.emplace_back("the layers hold the same bytes: the encoder or the configuration differs");
  return check;
}

}  // namespace

bool Tested::passed() const {
  return std::none_of(checks.begin(), checks.end(), [](const prove::Check& each) { return each.outcome == prove::Outcome::Failed; });
}

Result<Tested> test(Workshop& workshop, const std::string& ref, const TestOptions& options) {
  TRY_ASSIGN(auto target, inventory::open_target(*workshop.machine.files, ref, options.platform));
  if (target.image == nullptr) return cannot(Kind::Invalid, fmt::format("test '{}'", ref), "it is a folder; tests are of images");
  Tested out{target.which.descriptor.digest, target.which.platform, {}, false, {}, false};
  KeptTests kept = KeptTests::load(workshop, out.image);

  // What the image claims is known before it is read only where it was tested before.
  std::optional<prove::Examination> seen;
  if (!kept.claim() || options.again) {
    TRY_ASSIGN(seen, prove::Examination::read(target));
    kept.set_claim(seen->claim());
  }
  TRY_ASSIGN(Measure measure, take_measure(workshop, target, *kept.claim(), options));
  if (measure.definition) TRY(take_baseline(workshop, measure.definition->distribution, measure));
  out.definition = measure.path.string();
  out.claimed = measure.claimed;
  if (const auto* const before = options.again ? nullptr : kept.find(key_of(workshop, measure, options))) {
    out.checks = *before;
    out.kept = true;
    return out;
  }
  const std::string key = key_of(workshop, measure, options);

  // The proofs on the bytes.
  if (!seen) {
    TRY_ASSIGN(seen, prove::Examination::read(target));
  }
  if (!measure.definition) TRY(take_baseline(workshop, seen->distribution(), measure));
  out.checks = seen->judge(measure.yardstick());
  out.checks.push_back(reproducible(workshop, target, measure, options));
  if (options.run) TRY(run(workshop, target, measure, out.checks));
  if (may_keep(out.checks)) TRY(kept.keep(workshop, key, out.checks));
  return out;
}

}  // namespace ashlar::pipeline
