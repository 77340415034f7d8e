#include "pipeline/triage.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/doubts.h"

namespace ashlar::pipeline {
namespace {

using What = TriageAnswer::What;

const std::string& source_of(const scan::Finding& finding) { return finding.component.source.empty() ? finding.component.name : finding.component.source; }

bool is_of(const scan::Finding& finding, const policy::OpenFinding& open) { return finding.id == open.vulnerability && source_of(finding) == open.package && (finding.status == scan::Status::Affected || finding.status == scan::Status::UnderInvestigation); }

/// The package URL of a finding's source package, without version and qualifiers.
std::string package_purl(const scan::Finding& finding) {
  std::string out = finding.purl;
  out.resize(std::min(out.find('?'), out.size()));
  out.resize(std::min(out.rfind('@'), out.size()));
  if (finding.component.source.empty() || finding.component.source == finding.component.name) return out;
  out.resize(std::min(out.rfind('/'), out.size()));
  return out + "/" + finding.component.source;
}

Result<TriageItem> item_of(Workshop& workshop, const policy::OpenInImages& open, const std::vector<Watched>& watched, const WatchOptions& options, Time now) {
  TriageItem out{.finding = open.finding};
  for (const size_t at : open.images) {
    const Watched& each = watched[at];
    TriageItem::In in{.image = each.image.repository, .ref = each.ref, .named = each.to.location, .digest = each.facts.published};
    for (const policy::OpenFinding& own : each.facts.findings) {
      if (own.vulnerability == open.finding.vulnerability && own.package == open.finding.package) in.finding = own;
    }
    std::ranges::copy_if(each.events, std::back_inserter(in.unwritten), [&](const ledger::Event& event) { return event.vulnerability == open.finding.vulnerability && event.package == open.finding.package; });
    for (const scan::Report& report : each.reports) {
      const auto found = std::ranges::find_if(report.findings, [&](const scan::Finding& finding) { return is_of(finding, open.finding); });
      if (found == report.findings.end()) continue;
      in.platforms.push_back(report.platform);
      if (out.sample.id.empty()) out.sample = *found;
      TRY_ASSIGN(auto waiting, waiting_on(workshop.machine, each.ref, each.to.location, report, *found, options, now));
      for (WaitingAnswer& one : waiting) {
        if (std::ranges::none_of(in.waiting, [&](const WaitingAnswer& other) { return other.is(one); })) in.waiting.push_back(std::move(one));
      }
    }
    out.images.push_back(std::move(in));
  }
  return out;
}

/// Conflict where somebody else's signature would go with another statement.
Done unsigned_by_others(const TriageItem& item, const TriageDesk& desk) {
  for (const TriageItem::In& in : item.images) {
    for (const WaitingAnswer& each : in.waiting) {
      const bool others = std::ranges::any_of(each.backing.keys, [&](const std::string& key) { return key != desk.person; });
      if (each.statement && others) return cannot(Kind::Conflict, fmt::format("state that '{}' does not affect '{}'", item.finding.vulnerability, in.image), fmt::format("{}, which {}: co-sign it, or say something else with `ashlar vex add`, which takes its signatures away", each.says, each.lacks));
    }
  }
  return {};
}

/// The statements on one image: one, or where files are named one of each platform, after looking.
Result<std::vector<StatementWish>> statements_on(Workshop& workshop, const TriageItem& item, const TriageItem::In& in, const TriageAnswer& answer, const TriageDesk& desk) {
  StatementWish wish{.vulnerability = item.finding.vulnerability, .package = package_purl(item.sample), .image = in.named, .justification = answer.justification, .detail = answer.detail};
  wish.author = desk.author;
  if (answer.absent.empty()) return std::vector{wish};
  std::vector<StatementWish> out;
  for (const std::string& platform : in.platforms) {
    TRY_ASSIGN(const auto held, read_held(workshop.machine, in.ref, {.platform = platform}));
    TRY_ASSIGN(auto shown, show_absent(wish, answer.absent, held));
    for (const std::string& doubt : doubts_of(answer.absent, held)) workshop.progress.note(doubt);
    out.push_back(std::move(shown));
  }
  return out;
}

Result<std::string> state(Workshop& workshop, const TriageItem& item, const TriageItem::In& in, const TriageAnswer& answer, const std::vector<StatementWish>& wishes, const TriageDesk& desk) {
  for (const StatementWish& each : wishes) TRY(add_statement(workshop.machine, desk.statements, each, desk.key));
  return fmt::format("{}: {} is not affected by {} in {}{}", desk.statements.string(), in.image, item.finding.vulnerability, item.finding.package, answer.absent.empty() ? "" : ", shown from the image");
}

/// Conflict where somebody has decided already on one of the images: nothing is written then.
Done undecided(Workshop& workshop, const TriageItem& item, const TriageDesk& desk) {
  TRY_ASSIGN(const auto all, read_decisions(*workshop.machine.files, desk.exceptions));
  const Time now = workshop.machine.clock->now();
  for (const scan::Exception& each : all) {
    const bool here = each.vulnerability == item.finding.vulnerability && each.package == item.finding.package && std::ranges::find(item.images, each.image, &TriageItem::In::named) != item.images.end();
    if (here && !each.revoked && each.expires > now) return cannot(Kind::Conflict, fmt::format("except '{}' in '{}'", each.vulnerability, each.package), fmt::format("decision {} of '{}' is about it already; it can be co-signed", each.id, each.owner));
  }
  return {};
}

Result<std::string> accept(Workshop& workshop, const TriageItem& item, const TriageItem::In& in, const TriageAnswer& answer, const TriageDesk& desk) {
  const DecisionWish wish{.vulnerability = item.finding.vulnerability, .package = item.finding.package, .image = in.named, .owner = desk.author, .reason = answer.reason, .expires = answer.until};
  const Known known{.severity = in.finding.severity, .exploited = in.finding.exploited, .fixed_in = in.finding.fixed_in, .named = true};
  TRY_ASSIGN(const auto made, add_decision(workshop.machine, desk.exceptions.front().path, wish, known, desk.key));
  return fmt::format("{}: {}, {} lives with {} in {} until {}", desk.exceptions.front().path.string(), made.id, in.image, wish.vulnerability, item.finding.package, made.expires.date());
}

/// What this person's signature is worth by itself.
Result<scan::Backing> backing_of(Workshop& workshop, const TriageDesk& desk) { return desk.key == nullptr ? Result<scan::Backing>(scan::Backing()) : worth_of(workshop.machine, desk.trust, *desk.key); }

/// Why the answer does not count yet by the rules; empty: it does.
Result<std::string> lacks(Workshop& workshop, const TriageItem& item, const TriageAnswer& answer, const TriageDesk& desk) {
  if (answer.what == What::Fix || answer.what == What::Sign) return std::string();
  TRY_ASSIGN(const auto backing, backing_of(workshop, desk));
  if (answer.what == What::NotAffected) return scan::shortfall(desk.rules.assessments, desk.rules, backing, item.sample);
  TRY_ASSIGN(const Time until, end_of(answer.until, workshop.machine.clock->now()));
  return scan::shortfall(desk.rules.exceptions, desk.rules, backing, item.sample, until.seconds - workshop.machine.clock->now().seconds);
}

/// What goes before an answer: that it was seen, where the loop has not written that down by now.
Result<std::vector<ledger::Event>> before(ledger::Ledger& ledger, const TriageItem& item, const TriageItem::In& in) {
  if (in.unwritten.empty()) return std::vector<ledger::Event>();
  TRY_ASSIGN(const auto history, history_of(ledger, in.image));
  const auto known = history.findings.find({item.finding.vulnerability, item.finding.package});
  const bool written = known != history.findings.end() && known->second.state == KnownFinding::State::Open;
  return written ? std::vector<ledger::Event>() : in.unwritten;
}

/// What a person does with a finding in one image.
ledger::Event event_of(const TriageItem& item, const TriageItem::In& in, ledger::Kind kind, std::map<std::string, std::string> facts, const TriageDesk& desk, const std::string& lacking, Time now) {
  ledger::Event out{.kind = lacking.empty() ? kind : ledger::Kind::Noted, .at = now, .image = in.image, .digest = in.digest, .vulnerability = item.finding.vulnerability, .package = item.finding.package};
  out.by = desk.person;
  out.facts = std::move(facts);
  if (!lacking.empty()) out.facts.emplace("lacks", lacking);
  if (desk.key != nullptr && out.fact("what") != "to-be-fixed") out.facts.emplace("key", desk.key->public_key().digest().str());
  return out;
}

ledger::Event event_of(const TriageItem& item, const TriageItem::In& in, const TriageAnswer& answer, const TriageDesk& desk, const std::string& lacking, Time now) {
  using ledger::Kind;
  if (answer.what == What::NotAffected) return event_of(item, in, Kind::Assessed, {{"status", "not_affected"}, {"reason", answer.justification + (answer.justification.empty() || answer.detail.empty() ? "" : ": ") + answer.detail}}, desk, lacking, now);
  if (answer.what == What::Accept) return event_of(item, in, Kind::Excepted, {{"reason", answer.reason}, {"until", answer.until}}, desk, lacking, now);
  return event_of(item, in, Kind::Noted, {{"what", "to-be-fixed"}, {"reason", "it is to be fixed by a renewal"}}, desk, lacking, now);
}

/// Whether a person's signature may be added: there is something to sign, a key, and somebody who has not signed it.
Done may_sign(const TriageItem& item, const TriageDesk& desk) {
  const std::string what = fmt::format("co-sign what is said of '{}'", item.finding.vulnerability);
  if (desk.key == nullptr) return cannot(Kind::Invalid, what, "a signature takes a key (--key)");
  const auto person = scan::people_of({.keys = {desk.person}}, desk.rules);
  bool any = false;
  for (const TriageItem::In& in : item.images) {
    for (const WaitingAnswer& each : in.waiting) {
      if (scan::people_of(each.backing, desk.rules).contains(*person.begin())) return cannot(Kind::Conflict, what, fmt::format("'{}' has signed it already, and it waits for somebody else", desk.person));
      any = true;
    }
  }
  return any ? Done() : cannot(Kind::NotFound, what, "nobody has answered it, so that there is nothing to sign");
}

/// Signs what others have answered, in each image that has such an answer.
Result<TriageDone> co_sign(Workshop& workshop, ledger::Ledger& ledger, const TriageItem& item, const TriageDesk& desk) {
  TRY(may_sign(item, desk));
  TRY_ASSIGN(const auto own, backing_of(workshop, desk));
  TriageDone out;
  for (const TriageItem::In& in : item.images) {
    if (in.waiting.empty()) out.lacks = fmt::format("has no answer in {}", in.image);
    for (const WaitingAnswer& each : in.waiting) {
      TRY(sign_answer(workshop.machine, each, *desk.key));
      const std::string lacking = lacks_with(each, own, desk.rules, item.sample);
      if (!lacking.empty()) out.lacks = lacking;
      out.kept.push_back(fmt::format("{}: signed, that {}", each.path.string(), each.says));
      std::map<std::string, std::string> facts = {{"status", each.status}, {"reason", each.reason}, {"until", each.until}};
      std::erase_if(facts, [](const auto& one) { return one.second.empty(); });
      const Time now = workshop.machine.clock->now();
      TRY_ASSIGN(auto events, before(ledger, item, in));
      events.push_back(event_of(item, in, each.statement ? ledger::Kind::Assessed : ledger::Kind::Excepted, std::move(facts), desk, lacking, now));
      TRY(ledger.append(events, now));
    }
  }
  return out;
}

}  // namespace

Result<OpenFindings> open_findings(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const Fleet* fleet, const TriageOptions& options) {
  OpenFindings out{.now = workshop.machine.clock->now()};
  std::vector<Watched> watched;
  const auto keep = [&](const std::string& name, Result<Watched> found) -> Done {
    if (!found) return out.unseen.emplace_back(name, std::move(found).error()), Done();
    TRY(set_deadlines(workshop, ledger, options.policy, false, *found, out.now));
    watched.push_back(std::move(*found));
    return {};
  };
  if (fleet != nullptr) {
    for (const FleetImage& image : fleet->images) {
      if (!options.images.empty() && std::ranges::find(options.images, image.repository) == options.images.end()) continue;
      TRY(keep(image.repository, look_at(workshop, database, ledger, image, options.watch, out.now)));
    }
  } else {
    for (const std::string& each : options.images) {
      TRY_ASSIGN(const auto ref, oci::ImageRef::parse(each));
      TRY(keep(each, look_at_image(workshop, database, ledger, ref, options.watch, out.now)));
    }
  }
  std::vector<policy::ImageFacts> facts;
  for (const Watched& each : watched) facts.push_back(each.facts);
  for (const policy::OpenInImages& each : policy::by_urgency(facts)) {
    TRY_ASSIGN(out.items.emplace_back(), item_of(workshop, each, watched, options.watch, out.now));
  }
  return out;
}

Result<TriageDone> take_answer(Workshop& workshop, ledger::Ledger& ledger, const TriageItem& item, const TriageAnswer& answer, const TriageDesk& desk) {
  if (answer.what == What::Sign) return co_sign(workshop, ledger, item, desk);
  TriageDone out;
  TRY_ASSIGN(out.lacks, lacks(workshop, item, answer, desk));
  if (answer.what == What::NotAffected) TRY(unsigned_by_others(item, desk));
  if (answer.what == What::Accept) TRY(undecided(workshop, item, desk));
  std::vector<std::vector<StatementWish>> wishes;
  for (const TriageItem::In& in : item.images) {
    if (answer.what != What::NotAffected) continue;
    TRY_ASSIGN(wishes.emplace_back(), statements_on(workshop, item, in, answer, desk));
  }
  for (size_t at = 0; at < item.images.size(); ++at) {
    const TriageItem::In& in = item.images[at];
    if (answer.what == What::NotAffected) {
      TRY_ASSIGN(out.kept.emplace_back(), state(workshop, item, in, answer, wishes[at], desk));
    } else if (answer.what == What::Accept) {
      TRY_ASSIGN(out.kept.emplace_back(), accept(workshop, item, in, answer, desk));
    } else {
      out.kept.push_back(fmt::format("ashlar renew {}", in.image));
    }
    const Time now = workshop.machine.clock->now();
    TRY_ASSIGN(auto events, before(ledger, item, in));
    events.push_back(event_of(item, in, answer, desk, out.lacks, now));
    TRY(ledger.append(events, now));
  }
  return out;
}

}  // namespace ashlar::pipeline
