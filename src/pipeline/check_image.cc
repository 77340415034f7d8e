#include "pipeline/check_image.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/text.h"
#include "oci/platform_choice.h"
#include "oci/registry.h"
#include "pipeline/base_finder.h"
#include "pipeline/checked.h"
#include "pipeline/fleet.h"
#include "pipeline/inner/check_signatures.h"
#include "pipeline/inner/vouched.h"
#include "pipeline/sla.h"
#include "pipeline/test.h"

namespace ashlar::pipeline {
namespace {

using policy::FinishedRules;

/// Seconds that pass while it lives, added to a figure.
class Lap {
 public:
  explicit Lap(double& into) : into_(into) {}
  Lap(const Lap&) = delete;
  Lap& operator=(const Lap&) = delete;
  ~Lap() { into_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - from_).count(); }

 private:
  double& into_;
  std::chrono::steady_clock::time_point from_ = std::chrono::steady_clock::now();
};

Result<const FinishedRules*> rules_of(const policy::Policy& policy, const std::string& environment) {
  const FinishedRules* const rules = policy::rules_in(policy, environment);
  if (rules != nullptr) return rules;
  std::vector<std::string> names;
  for (const auto& [name, unused] : policy.environments) names.push_back(name);
  return cannot(Kind::Invalid, fmt::format("check for '{}'", environment), names.empty() ? "the policy has no environments" : fmt::format("the policy's environments are {}", join(names, ", ")));
}

/// The image's platforms that are judged, and what they are of.
struct Subject {
  oci::ImageRef ref{};     ///< by digest, where its transport has that
  std::string repository{}, digest{};
  std::vector<oci::PlatformImage> platforms{};
};

Result<Subject> open_subject(host::Machine& machine, const std::string& text, const CheckImageOptions& options) {
  Subject out;
  TRY_ASSIGN(out.ref, oci::ImageRef::parse(text));
  if (out.ref.transport == oci::Transport::Folder) return cannot(Kind::Invalid, fmt::format("check '{}'", text), "it is a folder and no image: it has no layers to know its base by");
  out.repository = ledger_name(out.ref);
  if (!options.name.empty()) {
    TRY_ASSIGN(const auto name, oci::ImageRef::parse(options.name));
    out.repository = name.location;
  }
  TRY_ASSIGN(const auto reader, oci::open_image(machine, out.ref));
  out.digest = reader->root().digest.str();
  if (options.platform.empty()) {
    TRY_ASSIGN(out.platforms, oci::platforms(*reader));
  } else {
    TRY_ASSIGN(auto one, oci::choose_platform(*reader, options.platform, text));
    out.platforms.push_back(std::move(one));
  }
  TRY_ASSIGN(const auto all, oci::manifests_of(*reader));
  for (const oci::PlatformImage& each : out.platforms) {
    const auto same = std::ranges::count_if(all, [&](const oci::Descriptor& other) { return other.platform == each.platform; });
    if (same > 1) return cannot(Kind::Invalid, fmt::format("check '{}'", text), fmt::format("its index has several images for {}, and who pulls it decides which one runs: check each by its digest", each.platform.str()));
  }
  if (out.ref.transport == oci::Transport::Registry || out.ref.transport == oci::Transport::OciLayout) out.ref.tag.clear(), out.ref.digest = out.digest;
  return out;
}

/// Whether a rule asks for what the ledger alone tells.
bool asks_for_clocks(const FinishedRules& rules) {
  return rules.findings && std::ranges::any_of(rules.findings->deny, [](const policy::FindingRule& each) { return each.breached || each.since_first_seen; });
}

Result<std::optional<policy::FindingClocks>> clocks_for(Workshop& workshop, const policy::Policy& policy, const CheckImageOptions& options, const std::string& repository, Time now) {
  if (options.ledger.empty() || !workshop.machine.files->exists(options.ledger)) return std::nullopt;
  TRY_ASSIGN(auto ledger, open_ledger(workshop.machine, options.ledger));
  std::vector<ledger::Entry> entries;
  bool known = false;
  TRY(ledger.each({}, [&](const ledger::Entry& entry) {
    known = known || entry.event.image == repository;
    if (entry.event.image.empty() || entry.event.image == repository) entries.push_back(entry);
    return Done();
  }));
  if (!known) return std::nullopt;
  const auto clocks = policy::clocks(entries, policy.sla ? *policy.sla : policy::default_sla(), now);
  return policy::clocks_of(clocks, repository, options.environment);
}

/// Gathers facts of one platform after the other.
class Gatherer {
 public:
  Gatherer(Workshop& workshop, advisory::Database& database, const policy::Policy& policy, const FinishedRules& rules, const CheckImageOptions& options, const Subject& subject, CheckedImage& out)
      : workshop_(workshop), database_(database), policy_(policy), rules_(rules), options_(options), subject_(subject), out_(out), now_(workshop.machine.clock->now()), signatures_(workshop, policy, rules, options.trust) {}

  Done begin() {
    {
      const Lap lap(out_.timings.base);
      TRY_ASSIGN(auto found, selection_of(workshop_, policy_, options_.environment, options_.selection, options_.trust));
      unread_ = std::move(found.missing);
      TRY_ASSIGN(finder_, BaseFinder::open(workshop_.machine, {std::move(found.selection), options_.base, options_.ledger}));
      out_.selection = finder_->selection();
    }
    if (policy_.verify && rules_.verify) {
      const Lap lap(out_.timings.signatures);
      TRY_ASSIGN(admission_, admit(workshop_.machine, subject_.ref.str(), policy_, {.also = options_.trust, .platform = options_.platform, .name = options_.name}));
    }
    if (asks_for_clocks(rules_)) {
      TRY_ASSIGN(clocks_, clocks_for(workshop_, policy_, options_, subject_.repository, now_));
    }
    return {};
  }

  Done platform(const oci::PlatformImage& which) {
    CheckedPlatform& one = out_.platforms.emplace_back();
    one.image = {.ref = out_.ref, .repository = subject_.repository, .digest = which.descriptor.digest.str(), .platform = which.platform.str(), .clocks = clocks_};
    if (const auto created = Time::parse(which.config.created)) one.image.created = *created;
    TRY(base(which, one));
    if (admission_) one.image.signatures = signatures_.verdict_of(*admission_, one.image.platform, one.notes);
    if (rules_.content || rules_.proofs) TRY(proofs(one));
    std::optional<scan::Report> report;
    if (rules_.findings) {
      TRY_ASSIGN(report, scanned(which, one));
      one.image.report = &*report;
    }
    one.judgement = policy::judge(policy_, one.image, options_.environment, now_);
    one.image.report = nullptr;
    return {};
  }

 private:
  Done base(const oci::PlatformImage& which, CheckedPlatform& one) {
    BaseFinder::Found found;
    {
      const Lap lap(out_.timings.base);
      found = finder_->find(which, now_);
      TRY_ASSIGN(auto target, inventory::open_target(workshop_.machine, subject_.ref.str(), one.image.platform));
      if (target.which.descriptor.digest != which.descriptor.digest) return changed();
      TRY(finder_->look_inside(target, options_.again, found));
    }
    found.facts.selection_unread = unread_;
    one.notes = std::move(found.notes);
    if (!found.ref.empty() && rules_.bases) {
      const Lap lap(out_.timings.signatures);
      TRY(signatures_.add_of_base(found.ref, one.image.platform, found.facts, one.notes));
    }
    one.image.base = std::move(found.facts);
    base_ref_ = std::move(found.ref);
    return {};
  }

  Done proofs(CheckedPlatform& one) {
    const Lap lap(out_.timings.test);
    TestOptions how{.platform = one.image.platform, .definition = {}, .run = false, .no_rebuild = true, .again = options_.again};
    TRY_ASSIGN(auto tested, test(workshop_, subject_.ref.str(), how));
    if (tested.image.str() != one.image.digest) return changed();
    if (std::ranges::any_of(tested.checks, [](const prove::Check& each) { return each.id == "no-shell" && each.outcome == prove::Outcome::Failed; })) {
      how.vouched = vouched_interpreters(workshop_.machine, subject_.ref.str(), base_ref_, policy_, {.also = options_.trust, .platform = one.image.platform, .name = options_.name}, one);
      if (how.vouched) {
        TRY_ASSIGN(tested, test(workshop_, subject_.ref.str(), how));
        if (tested.image.str() != one.image.digest) return changed();
      }
    }
    one.image.proofs = checked(tested.checks);
    return {};
  }

  Result<scan::Report> scanned(const oci::PlatformImage& which, const CheckedPlatform& one) {
    const Lap lap(out_.timings.scan);
    ScanOptions how = options_.scan;
    how.platform = one.image.platform;
    how.rules = policy_.decisions;
    how.again = options_.again;
    if (!options_.name.empty()) how.also_named.push_back(subject_.repository);
    const policy::BaseFacts& base = one.image.base;
    const size_t all = which.config.diff_ids.size();
    if (base.how == policy::BaseFacts::How::Found && base.layers > 0) how.base_layers = {base.layers, base.words};
    else if (base.how == policy::BaseFacts::How::None) how.base_layers = {0, base.words};
    else how.base_layers = {all, "no layer of it is known to be the base's: all of it counts as the base"};
    TRY_ASSIGN(auto report, scan(workshop_.machine, database_, subject_.ref.str(), how));
    if (report.digest != one.image.digest) return changed();
    return report;
  }

  std::unexpected<Error> changed() const { return cannot(Kind::Conflict, fmt::format("check '{}'", out_.ref), "it was replaced by another image meanwhile; check it again"); }

  Workshop& workshop_;
  advisory::Database& database_;
  const policy::Policy& policy_;
  const FinishedRules& rules_;
  const CheckImageOptions& options_;
  const Subject& subject_;
  CheckedImage& out_;
  Time now_;
  SignatureFacts signatures_;
  std::string unread_;  // why there is no selection
  std::optional<BaseFinder> finder_;
  std::string base_ref_;  // of the platform that is looked at; empty: it is not known
  std::optional<Admission> admission_;
  std::optional<policy::FindingClocks> clocks_;
};

/// The policy before anybody signed the image: who must have is asked of its base alone.
policy::Policy before_signing(policy::Policy policy) {
  policy.finished.verify = false;
  for (auto& [name, rules] : policy.environments) rules.verify = false;
  return policy;
}

}  // namespace

Result<CheckedImage> check_image(Workshop& workshop, advisory::Database& database, const std::string& ref, const policy::Policy& policy, const CheckImageOptions& options) {
  CheckedImage out{.ref = ref};
  const policy::Policy asked = options.unsigned_yet ? before_signing(policy) : policy;
  {
    const Lap lap(out.timings.total);
    TRY_ASSIGN(const auto* const rules, rules_of(asked, options.environment));
    TRY_ASSIGN(const auto subject, open_subject(workshop.machine, ref, options));
    out.digest = subject.digest;
    Gatherer gatherer(workshop, database, asked, *rules, options, subject, out);
    TRY(gatherer.begin());
    for (const oci::PlatformImage& each : subject.platforms) TRY(gatherer.platform(each));
    if (options.unsigned_yet && policy.verify) out.platforms.front().notes.emplace_back("who signed it is not asked: that is left to the check of what is published");
  }
  out.answer = policy::Answer::Allowed;
  for (const CheckedPlatform& each : out.platforms) out.answer = std::max(out.answer, each.judgement.answer);
  return out;
}

}  // namespace ashlar::pipeline
