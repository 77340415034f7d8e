#include "pipeline/test.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "build/probe.h"
#include "inventory/target.h"
#include "pipeline/archives.h"
#include "pipeline/build.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/at_hand.h"
#include "pipeline/inner/kept_layers.h"
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
  inventory::Known known;                      ///< what is at hand beside the image
  const prove::Vouched* vouched = nullptr;     ///< borrowed of the options
  prove::Yardstick yardstick() const { return {definition ? &*definition : nullptr, lock ? &*lock : nullptr, baseline ? &*baseline : nullptr, &known, vouched}; }
  /// What the lock says for a platform; null where there is none.
  const plan::LockedPlatform* locked(const oci::Platform& platform) const {
    const auto found = lock ? lock->platforms.find(platform.str()) : decltype(lock->platforms.end())();
    return lock && found != lock->platforms.end() ? &found->second : nullptr;
  }
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

/// The lock of a definition when it fits it; else none.
void take_lock(Workshop& workshop, const plan::Definition& definition, const host::Path& path, Measure& measure) {
  LockOptions which;
  which.path = path;
  auto lock = read_fitting_lock(workshop, definition, which);
  if (!lock) return;
  auto text = workshop.machine.files->read(lock_file(definition, which));
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
  take_lock(workshop, definition, options.lock, measure);
  const auto release = release_of(workshop, definition, measure.lock ? &*measure.lock : nullptr);
  measure.known.declared = declared_of(*workshop.machine.files, *measure.definition, measure.locked(target.which.platform), release ? *release : plan::OsRelease{});
  return measure;
}

/// Runs the definition's tests where it has any.
Done run(Workshop& workshop, inventory::Target& target, const Measure& measure, std::vector<prove::Check>& checks) {
  if (!measure.definition || measure.definition->tests.empty()) return {};
  TRY_ASSIGN(const host::Path root, catalog_root(*workshop.machine.files, *measure.definition));
  const prove::RunOptions how{root, workshop.folders.cache, workshop.folders.state, {}, build::probe_for(target.which.platform.architecture)};
  TRY_ASSIGN(auto ran, prove::run_tests(*target.image, target.which, *measure.definition, workshop.machine, how, workshop.progress));
  std::move(ran.begin(), ran.end(), std::back_inserter(checks));
  return {};
}

/// A run depends on the machine, too: what did not pass on it, or could not be run, is asked again; the proofs on the bytes are not.
bool may_keep(const std::vector<prove::Check>& checks) {
  return std::none_of(checks.begin(), checks.end(), [](const prove::Check& each) { return each.id.starts_with("run:") && each.outcome != prove::Outcome::Passed; });
}

/// The digests of the files that the definition takes from its catalogue, and of the effects that were recorded for it.
std::string source_digests(Workshop& workshop, const Measure& measure) {
  std::string digests;
  if (!measure.definition) return digests;
  host::Files& files = *workshop.machine.files;
  const auto add = [&](const host::Path& path) { digests += Digest::of(files.read(path).value_or("")).str(); };
  add(effects_path(measure.path));
  for (const auto& [path, each] : measure.known.declared->paths) digests += fmt::format("{} {}\n", path, each.content ? each.content->hex() : each.link);
  const auto root = catalog_root(files, *measure.definition);
  if (!root) return digests;
  for (const plan::RunTest& each : measure.definition->tests) {
    for (const plan::TestFile& file : each.files) {
      if (!file.content && !file.probe) add(*root / file.source);
    }
  }
  for (const plan::TrustedRoots& roots : measure.definition->certificates) {
    if (!roots.source.empty()) add(*root / roots.source);
  }
  return digests;
}

/// Which of the lock's packages are at hand.
std::string packages_there(Workshop& workshop, const Measure& measure, const oci::Platform& platform) {
  std::string out;
  const auto* const locked = measure.locked(platform);
  if (locked == nullptr) return out;
  for (const plan::LockedPackage& each : locked->packages) out += at_hand(workshop, each.sha256) ? '1' : '0';
  return out;
}

std::string key_of(Workshop& workshop, const Measure& measure, const oci::Platform& platform, const TestOptions& options) {
  Hasher hasher;
  hasher.update(fmt::format("test 3 {}\n{} {}\n{} {} {}\n", program_stamp(*workshop.machine.files), measure.definition ? measure.definition->digest_hex : "", measure.claimed, options.run, options.rebuild,
                            options.no_rebuild));
  if (measure.vouched != nullptr) {
    hasher.update(fmt::format("vouched {}\n", measure.vouched->layers));
    for (const plan::Interpreter& each : measure.vouched->interpreters) hasher.update(fmt::format("{:?} {:?}\n", each.path, each.reason));
  }
  for (const std::string* text : {&measure.lock_text, &measure.baseline_text}) hasher.update(Digest::of(*text).str());
  hasher.update(source_digests(workshop, measure));
  hasher.update(packages_there(workshop, measure, platform));
  return hasher.finish().hex();
}

/// Of the run tests alone: they go by the image, the definition and its files, and by neither lock nor baseline.
std::string runs_key_of(Workshop& workshop, const Measure& measure) {
  return Digest::of(fmt::format("run 1 {}\n{}\n{}", program_stamp(*workshop.machine.files), measure.definition ? measure.definition->digest_hex : "", source_digests(workshop, measure))).hex() + " runs";
}

/// Runs the definition's tests, or says what they said of this image before: with a newer lock for the same image nothing is run again.
Done run_once(Workshop& workshop, inventory::Target& target, const Measure& measure, const TestOptions& options, KeptTests& kept, std::vector<prove::Check>& checks) {
  const std::string key = runs_key_of(workshop, measure);
  std::vector<prove::Check> ran;
  if (const auto* const before = options.again ? nullptr : kept.find(key)) {
    ran = *before;
  } else {
    TRY(run(workshop, target, measure, ran));
    if (!ran.empty() && may_keep(ran)) TRY(kept.keep(workshop, key, ran));
  }
  std::ranges::move(ran, std::back_inserter(checks));
  return {};
}

/// Builds again from definition and lock, and compares. Unavailable when what that takes cannot be had.
Result<prove::Check> reproducible(Workshop& workshop, const inventory::Target& target, const Measure& measure, const TestOptions& options) {
  prove::Check check{"reproducible", "built again from definition and lock, it is the same image", prove::Outcome::NotApplicable, {}};
  if (options.no_rebuild) check.evidence.emplace_back("not asked for (--no-rebuild)");
  else if (!measure.definition) check.evidence.emplace_back("no definition is at hand; name it with --definition");
  else if (!measure.lock && !options.rebuild) check.evidence.push_back(fmt::format("'{}' has no lock that fits it; --rebuild makes one", measure.path.string()));
  if (!check.evidence.empty()) return check;
  check.outcome = prove::Outcome::Failed;
  TRY_ASSIGN(const auto scratch, Scratch::open(*workshop.machine.files, workshop.folders.cache, target.which.descriptor.digest.hex()));
  BuildOptions how;
  how.platforms = {target.which.platform.str()};
  how.must_be_locked = measure.lock.has_value();
  how.lock.path = options.lock;
  how.lock.check = !measure.lock;  // a lock is made for this alone, and written nowhere
  oci::ImageRef to{oci::Transport::OciLayout, scratch.path().string(), "again", {}};
  Silence silence;
  Workshop quiet{workshop.machine, silence, workshop.folders, workshop.data, workshop.config, workshop.shelf};
  auto built = build(quiet, {measure.path}, to, how);
  if (!built || built->failed) {
    const Error& error = built ? *built->failed : built.error();
    if (error.kind == Kind::Unavailable) return std::unexpected(error);
    check.evidence.push_back(error.message);
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

/// What is not tested of an image for several platforms is said.
Done tell_of_others(Workshop& workshop, const inventory::Target& target) {
  TRY_ASSIGN(const auto all, oci::platforms(*target.image));
  std::vector<std::string> others;
  for (const oci::PlatformImage& each : all) {
    if (each.platform != target.which.platform) others.push_back(each.platform.str());
  }
  if (!others.empty()) workshop.progress.note(fmt::format("only the image for {} is tested; it has others, to be named with --platform: {}", target.which.platform.str(), join(others, ", ")));
  return {};
}

/// An image cannot excuse itself: where it names its own definition, what that excuses or does not ask for counts as failed, unless building again from
/// that definition gave the same image. Interpreters that somebody who is believed has signed for are excused by that.
void distrust_claim(std::vector<prove::Check>& checks, bool vouched) {
  constexpr std::array<std::string_view, 2> by_interpreters = {"no-shell", "no-package-manager"};
  constexpr std::array<std::string_view, 4> of_variant = {"no-shell", "no-package-manager", "no-setuid", "nonroot"};
  const auto same = [](const prove::Check& each) { return each.id == "reproducible" && each.outcome == prove::Outcome::Passed; };
  if (std::ranges::any_of(checks, same)) return;
  for (prove::Check& check : checks) {
    const bool waived = check.outcome == prove::Outcome::NotApplicable && std::ranges::find(of_variant, check.id) != of_variant.end();
    if (check.outcome != prove::Outcome::Excused && !waived) continue;
    if (vouched && !waived && std::ranges::find(by_interpreters, check.id) != by_interpreters.end()) continue;
    check.outcome = prove::Outcome::Failed;
    check.evidence.insert(check.evidence.begin(), "only a definition that the image itself names excuses it; name the definition with --definition, or prove it with --rebuild");
  }
}

}  // namespace

bool Tested::ran() const {
  return std::none_of(checks.begin(), checks.end(), [](const prove::Check& each) { return each.id.starts_with("run:") && each.outcome == prove::Outcome::NotApplicable; });
}

bool Tested::passed() const {
  return std::none_of(checks.begin(), checks.end(), [](const prove::Check& each) { return each.outcome == prove::Outcome::Failed; });
}

Result<Tested> test(Workshop& workshop, const std::string& ref, const TestOptions& options) {
  TRY_ASSIGN(auto target, inventory::open_target(workshop.machine, ref, options.platform));
  if (target.image == nullptr) return cannot(Kind::Invalid, fmt::format("test '{}'", ref), "it is a folder; tests are of images");
  Tested out{target.which.descriptor.digest, target.which.platform, {}, false, {}, false};
  if (options.platform.empty()) TRY(tell_of_others(workshop, target));
  KeptTests kept = KeptTests::load(workshop, out.image);

  // What the image claims is known before it is read only where it was tested before.
  const auto shelf = kept_layers(workshop.machine, for_proofs, options.again);
  const auto examine = [&] { return prove::Examination::read(target, shelf ? &*shelf : nullptr); };
  std::optional<prove::Examination> seen;
  if (!kept.claim() || options.again) {
    TRY_ASSIGN(seen, examine());
    kept.set_claim(seen->claim());
  }
  TRY_ASSIGN(Measure measure, take_measure(workshop, target, *kept.claim(), options));
  if (options.vouched && options.definition.empty()) measure.vouched = &*options.vouched;
  if (!measure.definition && !seen) {
    TRY_ASSIGN(seen, examine());
  }
  TRY(take_baseline(workshop, measure.definition ? measure.definition->distribution : seen->distribution(), measure));
  out.definition = measure.path.string();
  out.claimed = measure.claimed;
  const std::string key = key_of(workshop, measure, out.platform, options), proofs = key + " proofs";
  if (const auto* const before = options.again ? nullptr : kept.find(key)) {
    out.checks = *before;
    out.kept = true;
    return out;
  }
  if (const auto* const before = options.again ? nullptr : kept.find(proofs)) {
    out.checks = *before;
    TRY(run_once(workshop, target, measure, options, kept, out.checks));
    if (may_keep(out.checks)) TRY(kept.keep(workshop, key, out.checks));
    return out;
  }

  // The proofs on the bytes.
  if (!seen) {
    TRY_ASSIGN(seen, examine());
  }
  add_packages(workshop, seen->contents(), measure.locked(out.platform), measure.known);
  if (measure.definition) {
    TRY_ASSIGN(measure.known.scripts, recorded_of(*workshop.machine.files, effects_path(measure.path), seen->contents()));
  }
  out.checks = seen->judge(measure.yardstick());
  TRY_ASSIGN(auto again, reproducible(workshop, target, measure, options));
  out.checks.push_back(std::move(again));
  if (measure.claimed) distrust_claim(out.checks, measure.vouched != nullptr);
  const std::vector<prove::Check> proved = out.checks;
  if (options.run) TRY(run_once(workshop, target, measure, options, kept, out.checks));
  TRY(may_keep(out.checks) ? kept.keep(workshop, key, out.checks) : kept.keep(workshop, proofs, proved));
  return out;
}

}  // namespace ashlar::pipeline
