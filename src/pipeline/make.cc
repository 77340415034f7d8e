#include "pipeline/make.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/parallel.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/candidate.h"
#include "pipeline/inner/revision.h"
#include "pipeline/predicates.h"
#include "pipeline/promise.h"
#include "pipeline/publish.h"
#include "pipeline/watch.h"

namespace ashlar::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

/// Seconds since it was asked last.
class Watch {
 public:
  double lap() {
    const Clock::time_point now = Clock::now(), before = std::exchange(last_, now);
    return std::chrono::duration<double>(now - before).count();
  }

 private:
  Clock::time_point last_ = Clock::now();
};

/// Where the definition's candidate lies: a layout of its own, which the next build goes on from.
oci::ImageRef candidate_of(const Workshop& workshop, const host::Path& definition, bool publish) {
  const host::Path folder = candidate_folder(workshop, std::filesystem::absolute(definition).lexically_normal().string());
  return {oci::Transport::OciLayout, publish ? folder.string() : folder.string() + "-ahead", "candidate", {}};
}

/// What is to be judged.
struct Subject {
  plan::Definition definition;
  plan::Lock lock;
  Digest digest = Digest::from({});
  std::vector<std::string> platforms{};
};

/// Locks and builds it at `place`.
Result<Subject> built_at(Workshop& workshop, const host::Path& definition, const oci::ImageRef& place, const MakeOptions& options) {
  TRY_ASSIGN(auto builds, build(workshop, {definition}, place, options.build));
  if (builds.failed) return std::unexpected(std::move(*builds.failed));
  Built& built = builds.done.front();
  Subject out{.definition = std::move(built.definition), .lock = std::move(built.lock), .digest = built.root.digest};
  for (const build::Image& each : built.images) out.platforms.push_back(each.platform.str());
  return out;
}

/// The image that lies at `place`, with the definition and the lock that it was made from.
Result<Subject> lying_at(Workshop& workshop, const host::Path& definition, const oci::ImageRef& place, const Digest& digest) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(auto read, load_definition(files, definition));
  const host::Path path = lock_path(definition);
  TRY_ASSIGN(const std::string text, files.read(path));
  TRY_ASSIGN(auto lock, plan::read_lock(text, path.string()));
  Subject out{.definition = std::move(read), .lock = std::move(lock), .digest = digest};
  TRY_ASSIGN(const auto reader, oci::open_image(workshop.machine, place));
  TRY_ASSIGN(const auto platforms, oci::platforms(*reader));
  for (const oci::PlatformImage& each : platforms) out.platforms.push_back(each.platform.str());
  return out;
}

/// Tests and scans every platform.
Result<std::vector<CandidatePlatform>> examine(Workshop& workshop, advisory::Database& database, const host::Path& definition, const oci::ImageRef& to, const Made& made, const Subject& subject, const MakeOptions& options, Made::Timings& timings) {
  std::vector<CandidatePlatform> out;
  ScanOptions how = options.scan;
  how.also_named = {to.location};
  for (const std::string& platform : subject.platforms) {
    const TestOptions tests{.platform = platform, .definition = definition, .run = options.run && options.policy.gate.run_tests, .lock = options.build.lock.path};
    TRY_ASSIGN(auto one, examine_platform(workshop, database, made.candidate, tests, how, options.policy));
    timings.test += one.test_seconds;
    timings.scan += one.scan_seconds;
    out.push_back(std::move(one));
  }
  return out;
}

/// Signs the image, and what is to be said of each platform's, where they lie now.
Result<std::vector<Placed>> state(Workshop& workshop, const host::Path& definition, const oci::ImageRef& there, const Made& made, const std::vector<CandidatePlatform>& platforms, const MakeOptions& options) {
  std::vector<Result<Predicates>> predicates(platforms.size());
  in_parallel(platforms.size(), 0, [&](size_t at, size_t) {
    predicates[at] = predicates_of(workshop, {.image = made.candidate, .platform = platforms[at].name, .also_named = {there.location}, .definition = definition, .builder = options.builder, .image_mirror = options.build.image_mirror, .started = {}, .finished = {}, .tested = &platforms[at].tested, .scanned = &platforms[at].report});
  });
  for (auto& each : predicates) {
    if (!each) return std::unexpected(std::move(each).error());
  }
  for (size_t at = 0; at < platforms.size(); ++at) {
    if (platforms[at].notes) predicates[at]->list.push_back(changes_of(*platforms[at].notes));
    if (options.support) predicates[at]->list.push_back(attest::support(*options.support));
  }
  TRY_ASSIGN(auto out, sign(workshop.machine, there.str(), *options.key, {.each_platform = true}));
  std::vector<Result<std::vector<Placed>>> said(platforms.size());
  in_parallel(platforms.size(), 0, [&](size_t at, size_t) {
    said[at] = attest(workshop.machine, there.str(), predicates[at]->list, *options.key, {.platform = platforms[at].name, .once = true});
  });
  for (auto& each : said) {
    if (!each) return std::unexpected(std::move(each).error());
    std::ranges::move(*each, std::back_inserter(out));
  }
  return out;
}

}  // namespace

Result<policy::Policy> load_policy(const host::Machine& machine, const host::Path& path) {
  if (path.empty()) return policy::Policy();
  TRY_ASSIGN(std::string text, machine.files->read(path));
  return policy::read_policy(std::move(text), path.string());
}

Result<oci::ImageRef> parse_destination(std::string_view text) {
  TRY_ASSIGN(auto ref, parse_target(text));
  if (ref.transport == oci::Transport::OciArchive) return cannot(Kind::Invalid, fmt::format("make into '{}'", text), "an archive has no tags that move; name oci:DIR[:TAG] or docker://HOST/REPO[:TAG]");
  if (is_revision(ref.tag)) return cannot(Kind::Invalid, fmt::format("make into '{}'", text), fmt::format("'{}' is the name of a revision, which is given once and never moves; name a tag without -rN, or none", ref.tag));
  return ref;
}

Result<Made> make(Workshop& workshop, advisory::Database& database, const host::Path& definition, const oci::ImageRef& to, const MakeOptions& options) {
  Watch whole, watch;
  Made out{.definition = definition.string()};

  // Lock and build, as a candidate; or take what was built and tested before, where it lies.
  oci::ImageRef place = options.tested ? to : candidate_of(workshop, definition, options.publish);
  const host::Path turns = candidate_of(workshop, definition, options.publish).location;
  TRY(workshop.machine.files->make_folders(turns.parent_path()));
  TRY_ASSIGN(const auto lock, workshop.machine.files->lock(turns.string() + ".lock"));  // one at a time: what is judged is what is published
  if (options.tested) place.tag.clear(), place.digest = options.tested->str();
  TRY_ASSIGN(const Subject subject, options.tested ? lying_at(workshop, definition, place, *options.tested) : built_at(workshop, definition, place, options));
  out.digest = subject.digest;
  out.lock = lock_identity(subject.lock);
  TRY_ASSIGN(out.definition_digest, definition_identity(*workshop.machine.files, subject.definition));
  out.locked = subject.lock;
  place.digest = out.digest.str();
  out.candidate = place.str();
  out.timings.build = watch.lap();

  // Test, scan, and judge: the gate.
  TRY_ASSIGN(auto platforms, examine(workshop, database, definition, to, out, subject, options, out.timings));
  watch.lap();
  TRY_ASSIGN(const auto former, published_now(workshop.machine, to, subject.definition));
  if (former) {
    out.former = former->str();
    TRY(hold_against(workshop, database, *former, out.digest, out.candidate, options, platforms));
  }
  for (const CandidatePlatform& each : platforms) {
    if (each.notes) out.notes.push_back(*each.notes);
  }
  out.timings.compare = watch.lap();
  std::vector<policy::Candidate> candidates;
  for (const CandidatePlatform& each : platforms) candidates.push_back(for_gate(each, subject.definition.name));
  out.verdict = policy::ask(options.policy.gate, candidates);
  out.timings.total = whole.lap();
  if (!out.verdict.passed || !options.publish) {
    for (CandidatePlatform& each : platforms) out.reports.push_back(std::move(each.report));
    return out;
  }

  // Push by digest, describe and sign there; who looks at the tags sees nothing of it yet.
  // Those that publish there from this machine take turns: no two count the same revision, and no registry meets the same blob twice at once.
  TRY_ASSIGN(const auto turn, take_turn(workshop, to));
  watch.lap();
  if (!options.tested) TRY(push_candidate(workshop.machine, place, to));
  oci::ImageRef there = to;
  there.tag.clear();
  there.digest = out.digest.str();
  out.timings.publish = watch.lap();
  if (options.key != nullptr) {
    TRY_ASSIGN(out.statements, state(workshop, definition, there, out, platforms, options));
    out.promise = promise_identity(options.support);
  }
  out.timings.describe = watch.lap();

  // The tags, last.
  TRY_ASSIGN(Names names, names_for(workshop.machine, to, subject.definition, subject.lock, out.digest));
  if (!options.tags.empty()) names.moving = options.tags;
  if (options.before_tags) TRY(options.before_tags(out.digest));
  TRY_ASSIGN(out.moved, move_tags(workshop.machine, to, names, out.digest));
  out.revision = names.revision;
  out.tags = names.moving;
  for (CandidatePlatform& each : platforms) out.reports.push_back(std::move(each.report));
  out.timings.publish += watch.lap();
  out.timings.total += whole.lap();
  return out;
}

}  // namespace ashlar::pipeline
