#include "pipeline/outcomes.h"

#include <algorithm>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "base/text.h"
#include "inventory/os_release.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/peer_scanners.h"
#include "pipeline/make.h"
#include "pipeline/publish.h"
#include "pipeline/sla.h"
#include "pipeline/test.h"
#include "pipeline/verify.h"
#include "pipeline/watch.h"
#include "plan/lock.h"

namespace ashlar::pipeline {
namespace {

policy::ScannerView view_of(const inventory::Contents& contents) {
  policy::ScannerView out;
  if (const auto release = inventory::find_os_release(contents)) out.id = (*release)["ID"], out.id_like = (*release)["ID_LIKE"], out.version_id = (*release)["VERSION_ID"];
  const auto line = contents.texts.find("etc/debian_version");
  out.debian_version = line != contents.texts.end() && !trim(line->second).empty();
  for (const auto& [path, file] : contents.files) {
    if (file.entry.size == 0) continue;
    if (path == "var/lib/dpkg/status") out.databases.insert("dpkg status");
    else if (path.starts_with("var/lib/dpkg/status.d/") && !path.ends_with(".md5sums")) out.databases.insert("dpkg status.d");
    else if (path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed") out.databases.insert("apk");
    else if (path.starts_with("var/lib/rpm/rpmdb.sqlite") || path.starts_with("usr/lib/sysimage/rpm/rpmdb.sqlite")) out.databases.insert("rpm");
  }
  return out;
}

/// Distribution packages, held against a lock.
policy::LockedShare share_of(const std::vector<inventory::InstalledPackage>& packages, const plan::Lock& lock, const std::string& platform) {
  policy::LockedShare out{.packages = packages.size()};
  const auto locked = lock.platforms.find(platform);
  std::set<std::string> archives;
  for (const inventory::InstalledPackage& each : packages) {
    if (locked == lock.platforms.end()) break;
    const auto found = std::ranges::find_if(locked->second.packages, [&](const plan::LockedPackage& package) { return package.name == each.name && package.version == each.version && package.architecture == each.architecture; });
    if (found == locked->second.packages.end() || found->sha256.empty()) continue;
    const auto archive = std::ranges::find_if(lock.archives, [&](const plan::LockedArchive& one) { return one.name == found->archive && one.suite == found->suite && !one.release_sha256.empty(); });
    if (archive == lock.archives.end()) continue;
    ++out.locked;
    archives.insert(fmt::format("{} {} of {}", archive->name, archive->suite, archive->date.substr(0, 10)));
  }
  out.archives.assign(archives.begin(), archives.end());
  return out;
}

/// Gathers what there is of one image.
class Gathering {
 public:
  Gathering(Workshop& workshop, advisory::Database& database, const OutcomesWish& wish, const OutcomeTarget& target) : workshop_(workshop), database_(database), wish_(wish), target_(target) {
    out_.ref = target.ref;
    out_.name = target.name;
    if (const auto ref = oci::ImageRef::parse(target.ref); ref && out_.name.empty() && target.ref.find(".json") == std::string::npos) out_.name = ledger_name(*ref);
  }
  Result<policy::OutcomeImage> go() {
    if (!target_.unseen.empty()) return nothing(target_.unseen);
    if (auto scanned = look(); !scanned) {
      if (target_.needed) return std::unexpected(scanned.error());
      return nothing(scanned.error().message);
    }
    TRY(verify());
    TRY(hold_against_lock());
    prove();
    for (const std::string& each : wish_.scanners) out_.peers[each] = ask_peer(workshop_, each, target_.ref, wish_.platform, out_.digest);
    return std::move(out_);
  }

 private:
  policy::OutcomeImage nothing(const std::string& why) {
    out_.scan.lacks = out_.view.lacks = out_.attached.lacks = out_.locked.lacks = out_.proofs.lacks = why;
    for (const std::string& each : wish_.scanners) out_.peers[each].lacks = why;
    return std::move(out_);
  }

  Done look() {
    ScanOptions how = wish_.scan;
    how.platform = wish_.platform;
    how.base = target_.base;
    if (!target_.name.empty()) how.also_named.push_back(target_.name);
    how.scanned = [this](const scan::Subject& subject, const scan::Report& report) {
      out_.digest = report.digest;
      out_.platform = report.platform;
      if (subject.contents == nullptr) return;
      out_.view.value = view_of(*subject.contents);
      out_.view.source = fmt::format("files of {}", called());
      packages_ = subject.contents->packages;
    };
    TRY_ASSIGN(auto report, scan(workshop_.machine, database_, target_.ref, how));
    out_.scan.source = report.database.digest ? fmt::format("scan of {} with database {}", called(), report.database.digest->str()) : fmt::format("scan of {}", called());
    out_.scan.value = std::move(report);
    if (!out_.view.value) out_.view.lacks = "a list of contents tells no files";
    return {};
  }

  Done verify() {
    if (out_.platform.empty()) return out_.attached.lacks = "it is no image, and nothing can be attached to it", Done();
    TRY_ASSIGN(const auto believed, believe(workshop_.machine, wish_.scan.trust));
    TRY_ASSIGN(const auto found, pipeline::verify(workshop_.machine, target_.ref, {.believed = believed, .platform = out_.platform}));
    out_.attached.value.emplace();
    out_.attached.source = fmt::format("what is attached to {}", called());
    for (const Signature& each : found.signatures) {
      const auto* const type = attest::find_predicate_type(each.predicate_type);
      out_.attached.value->push_back({each.signs_image() ? "signature" : type != nullptr ? std::string(type->name) : each.predicate_type, each.layout, each.verified, each.verified && !each.key.empty() ? "key " + each.key : each.reason});
      if (each.verified && type != nullptr && type->uri == attest::lock_uri) attached_lock_ = each.statement;
    }
    return {};
  }

  /// The lock that was named, or the signed one that is attached.
  Done hold_against_lock() {
    std::string text, source;
    if (!target_.lock.empty()) {
      TRY_ASSIGN(text, workshop_.machine.files->read(target_.lock));
      source = fmt::format("lock {}", Digest::of(text).str());
    } else if (!attached_lock_.empty()) {
      TRY_ASSIGN(const Json statement, parse_json(attached_lock_, "attached lock"));
      text = statement.value("predicate", Json::object()).dump();
      source = "the signed lock that is attached";
    } else {
      out_.locked.lacks = "no lock of it is at hand (--lock), and none is attached whose signer is believed";
      return {};
    }
    TRY_ASSIGN(const auto lock, plan::read_lock(text, target_.lock.empty() ? "attached lock" : target_.lock.string()));
    if (packages_.empty()) return out_.locked.lacks = "it has no package database of a distribution", Done();
    out_.locked.value = share_of(packages_, lock, out_.platform);
    out_.locked.source = fmt::format("packages of {} against {}", called(), source);
    return {};
  }

  void prove() {
    if (out_.platform.empty()) return void(out_.proofs.lacks = "it is no image; proofs are of images");
    const auto tested = test(workshop_, target_.ref, {.platform = out_.platform, .definition = target_.definition, .run = false, .no_rebuild = true, .lock = target_.lock});
    if (!tested) return void(out_.proofs.lacks = tested.error().message);
    out_.proofs.value.emplace();
    out_.proofs.source = fmt::format("proofs on the bytes of {}{}", called(), tested->definition.empty() ? std::string(", without a definition") : fmt::format(", by '{}'{}", tested->definition, tested->claimed ? ", which the image names itself" : ""));
    for (const prove::Check& each : tested->checks) {
      policy::ProofAnswers& answers = *out_.proofs.value;
      if (each.outcome == prove::Outcome::Passed) answers.passed.push_back(each.id);
      else if (each.outcome == prove::Outcome::Failed) answers.failed.push_back(each.id);
      else if (each.outcome == prove::Outcome::Excused) answers.excused.push_back(each.id);
      else ++answers.not_applicable;
    }
  }

  std::string called() const { return out_.digest.empty() ? fmt::format("'{}'", target_.ref) : out_.digest; }

  Workshop& workshop_;
  advisory::Database& database_;
  const OutcomesWish& wish_;
  const OutcomeTarget& target_;
  policy::OutcomeImage out_;
  std::vector<inventory::InstalledPackage> packages_;
  std::string attached_lock_;  ///< its in-toto statement
};

Done gather(Workshop& workshop, advisory::Database& database, const OutcomesWish& wish, const std::vector<OutcomeTarget>& targets, policy::OutcomeSide& out) {
  for (const OutcomeTarget& each : targets) {
    TRY_ASSIGN(auto image, Gathering(workshop, database, wish, each).go());
    out.images.push_back(std::move(image));
  }
  return {};
}

/// A ledger counts when its chain, computed anew, is what is stored.
policy::Evidence<policy::OutcomeLedger> read_ledger(Workshop& workshop, const host::Path& path) {
  policy::Evidence<policy::OutcomeLedger> out;
  auto ledger = open_ledger(workshop.machine, path);
  if (!ledger) return out.lacks = ledger.error().kind == Kind::NotFound ? "there is no ledger" : ledger.error().message, out;
  const auto found = ledger->verify({}, {});
  if (!found) return out.lacks = found.error().message, out;
  if (const Done file = ledger->check_file(); !file) return out.lacks = file.error().message, out;
  if (!found->whole()) return out.lacks = fmt::format("the ledger is damaged: {}", found->damages.front().what), out;
  auto entries = ledger->read({});
  if (!entries) return out.lacks = entries.error().message, out;
  if (entries->empty()) return out.lacks = "the ledger has no event", out;
  out.source = fmt::format("ledger events 1–{}, verified, chain {}", entries->size(), found->chain.str());
  out.value = policy::OutcomeLedger{std::move(*entries), found->sealed};
  return out;
}

}  // namespace

Result<OutcomesWish> outcomes_of_fleet(Workshop& workshop, const Fleet& fleet) {
  OutcomesWish out{.lacks = "the fleet names no image that one of its own took the place of (replaces)"};
  for (const FleetImage& each : fleet.images) {
    TRY_ASSIGN(const auto definition, load_definition(*workshop.machine.files, each.definition));
    TRY_ASSIGN(const auto to, parse_destination(each.to));
    OutcomeTarget target{.ref = each.to, .name = each.repository, .definition = each.definition, .needed = false};
    if (workshop.machine.files->exists(lock_path(each.definition))) target.lock = lock_path(each.definition);
    const auto published = published_now(workshop.machine, to, definition);
    if (!published) target.unseen = published.error().message;
    else if (!*published) target.unseen = "nothing is published there";
    else target.ref = (*published)->str();
    out.after.push_back(std::move(target));
    if (!each.replaces.empty()) out.before.push_back({.ref = each.replaces, .needed = false});
  }
  return out;
}

Result<policy::Outcomes> outcomes(Workshop& workshop, advisory::Database& database, const OutcomesWish& wish) {
  for (const std::string& each : wish.scanners) {
    if (const auto all = peer_scanners(); std::ranges::find(all, each) == all.end()) return cannot(Kind::Invalid, fmt::format("run scanner '{}'", each), "the scanners that can be run beside are grype and trivy");
  }
  TRY_ASSIGN(auto rules, sla_rules(workshop, wish.policy, wish.preset));
  policy::OutcomeFacts facts{.now = wish.now.value_or(workshop.machine.clock->now()), .policy = std::move(rules.second), .rules = std::move(rules.first), .model = wish.model};
  OutcomesWish settled = wish;
  settled.scan.as_of = facts.now;
  facts.before.lacks = wish.lacks;
  facts.after.lacks = "no image is named";
  TRY(gather(workshop, database, settled, settled.before, facts.before));
  TRY(gather(workshop, database, settled, settled.after, facts.after));
  facts.ledger = read_ledger(workshop, wish.ledger.empty() ? ledger_path(workshop.folders) : wish.ledger);
  return policy::outcomes(facts);
}

}  // namespace ashlar::pipeline
