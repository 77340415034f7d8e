#include "pipeline/proposals.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/markdown.h"
#include "base/text.h"
#include "forge/repository.h"
#include "pipeline/downstream.h"
#include "pipeline/history.h"
#include "pipeline/notes.h"
#include "pipeline/record_made.h"
#include "pipeline/tickets.h"

namespace ashlar::pipeline {
namespace {

using ledger::Entry;
using ledger::Event;

/// What an image's events say that matters to those who use it.
struct Published {
  std::string digest, tags;           ///< of the last promotion
  std::set<std::string> fixes;        ///< vulnerabilities that went with it, whichever round saw that
  std::string tested;                 ///< what its tests and its gate said, with `; ` between them
  Time at{};
  std::set<std::string> digests;      ///< of all promotions
  std::map<std::string, std::string> proposed;  ///< the digest that was proposed last, by place
};

/// An image that files are led to, and those whose files name it.
struct Offer {
  std::string name;                                    ///< in the ledger: whose event says that it was proposed
  std::string to;                                      ///< a reference to where it lies
  const std::vector<FleetDownstream>& downstream;
  Published published;
  std::string said;                                    ///< the first lines of the text
};

/// What names a repository in the ledger.
std::string place_of(const FleetDownstream& each) { return fmt::format("{} {} {} {}", each.target, each.project, each.base, each.name); }

/// Whether a tag that moved back is one of those that were promoted last, and none of a canary or of somebody's own.
bool is_stable(const std::string& tag, const std::string& promoted) {
  const auto all = words(promoted);
  return tag.empty() || all.empty() || std::ranges::find(all, tag) != all.end();
}

Published published_of(const std::vector<Entry>& entries) {
  Published out;
  std::map<std::string, std::string> tested;           // by digest
  std::map<std::string, std::set<std::string>> gone;   // likewise
  for (const Entry& entry : entries) {
    const Event& event = entry.event;
    const std::string reason = event.fact("reason");
    if (event.kind == ledger::Kind::Closed && reason != "withdrawn" && reason != not_in_what_is_back) gone[event.digest].insert(event.vulnerability);
    if (!event.vulnerability.empty()) continue;
    if (event.kind == ledger::Kind::Tested && event.fact("result") == "passed") tested[event.digest] = event.fact("reason");
    const bool promoted = event.kind == ledger::Kind::Promoted;
    if (promoted || (event.kind == ledger::Kind::RolledBack && is_stable(event.fact("tag"), out.tags))) {
      out.digest = event.digest, out.at = event.at;
      if (promoted || out.tags.empty()) out.tags = event.fact("tag");
      out.digests.insert(event.digest);
    }
    if (event.kind == ledger::Kind::Noted && event.fact("what") == "proposed") out.proposed[event.fact("place")] = event.digest;
  }
  out.tested = tested[out.digest];
  out.fixes = gone[out.digest];
  return out;
}

class Round {
 public:
  Round(Workshop& workshop, advisory::Database& database, const RenewOptions& options, ledger::Ledger& ledger, forge::Outbox& outbox) : workshop_(workshop), database_(database), options_(options), ledger_(ledger), outbox_(outbox) {}

  /// The repositories below one image whose tags point at `digest`.
  Done image(const FleetImage& image, const std::string& digest) {
    TRY_ASSIGN(const auto entries, ledger_.read({.image = image.repository}));
    Offer offer{.name = image.repository, .to = image.to, .downstream = image.downstream, .published = published_of(entries), .said = {}};
    const Published& published = offer.published;
    if (published.digest != digest) return {};  // somebody else moved its tag: nobody is led there
    offer.said = fmt::format("It was tested and judged, and published on {}.\n\n", published.at.str());
    for (const std::string& each : lines_of_reasons(published.tested)) offer.said += fmt::format("- {}\n", markdown::prose(each));
    if (!published.fixes.empty()) offer.said += fmt::format("\nIt fixes {}.\n", markdown::prose(join(std::vector(published.fixes.begin(), published.fixes.end()), ", ")));
    return places(offer);
  }

  /// The repositories of an application whose base is of others, where that has moved. `done`: what came of the application itself in this round; null: nothing.
  Done base_of(const FleetApplication& application, const Renewal* done) {
    TRY_ASSIGN(const auto ref, oci::ImageRef::parse(application.base));
    TRY_ASSIGN(const auto entries, ledger_.read({.image = ledger_name(ref), .kind = ledger::Kind::Noted}));
    TRY_ASSIGN(const auto own, ledger_.read({.image = ledger_name(oci::ImageRef::parse(application.ref).value()), .kind = ledger::Kind::Noted}));
    Offer offer{.name = ledger_name(oci::ImageRef::parse(application.ref).value()), .to = application.base, .downstream = application.downstream, .published = published_of(own), .said = {}};
    Published& published = offer.published;
    for (const Entry& entry : entries) {
      if (entry.event.fact("what") != "base-tag" || entry.event.fact("tag") != ref.tag) continue;
      published.digest = entry.event.digest, published.at = entry.event.at;
      published.digests.insert(entry.event.digest);
    }
    published.tags = ref.tag;
    if (published.digest.empty()) return {};
    offer.said = fmt::format("Somebody else publishes it: tag {} was found at this digest on {}.\n", markdown::code(ref.tag), published.at.str());
    if (done != nullptr && done->outcome == Renewal::Outcome::Promoted) offer.said += fmt::format("The layers of {} pass on it as they are: {}.\n", markdown::code(application.ref), markdown::code(done->digest));
    for (const std::string& each : done == nullptr ? std::vector<std::string>() : done->why) offer.said += fmt::format("- {}\n", markdown::prose(each));
    return places(offer);
  }
  Proposals out;

 private:
  Done places(const Offer& offer) {
    const Published& published = offer.published;
    const std::string& digest = published.digest;
    TRY_ASSIGN(const auto queue, outbox_.list(false));
    for (const FleetDownstream& each : offer.downstream) {
      const auto done = published.proposed.find(place_of(each));
      const std::string key = key_of_request(each.target, each.project, each.base, each.name);
      const auto refused = std::ranges::find_if(queue, [&](const forge::Entry& entry) { return entry.key == key && entry.target == each.target && entry.standing == forge::Standing::Refused; });
      if (done != published.proposed.end() && done->second == digest && refused == queue.end()) continue;
      TRY(repository(offer, each, refused == queue.end() ? nullptr : &*refused, done != published.proposed.end() && done->second == digest));
    }
    return {};
  }
  Done repository(const Offer& offer, const FleetDownstream& place, const forge::Entry* refused, bool known) {
    const Published& published = offer.published;
    auto files = read(place);
    if (!files) {
      out.unread.emplace_back(fmt::format("{} ({})", place.project.empty() ? "its own project" : place.project, place.target), std::move(files).error());
      return {};
    }
    const workload::ImageName now{place.name, {}, published.digest};
    std::vector<std::string> tags;
    for (const std::string_view tag : words(published.tags)) tags.emplace_back(tag);
    DownstreamWish wish{.target = place.target, .project = place.project, .base = place.base, .files = std::move(*files), .from = {}, .to = now, .text = {}, .now = workshop_.machine.clock->now()};
    auto [images, unread] = outdated(wish.files, now, tags, published.digests);
    wish.from = std::move(images);
    std::erase_if(wish.files, [&](const DownstreamFile& file) { return std::ranges::find(unread, file.path, &Downstream::Note::path) != unread.end(); });
    if (!wish.from.empty()) wish.text = text_of(offer, wish.from.front().digest);
    const Downstream done = downstream(wish);
    size_t put = 0;
    if (!done.message.key.empty()) {
      TRY_ASSIGN(put, outbox_.put(done.message, workshop_.config.targets));
      out.put += put;
      if (put > 0 && refused != nullptr) TRY(outbox_.drop(refused->id));  // what takes its place is in the queue
    }
    unread.insert(unread.end(), done.unread.begin(), done.unread.end());
    for (const Downstream::Note& each : unread) workshop_.progress.note(fmt::format("'{}' of '{}' cannot be read: {}", each.path, place.project, each.reason));
    // What such a file names is proposed once it can be read.
    if (!unread.empty() || (known && put == 0)) return {};
    std::vector<std::string> paths;
    for (const forge::FileChange& each : done.changes) paths.push_back(each.path);
    Event event{.kind = ledger::Kind::Noted, .at = wish.now, .image = offer.name, .digest = published.digest};
    event.by = "ashlar renew";
    event.facts = {{"what", "proposed"}, {"place", place_of(place)}, {"files", join(paths, " ")}};
    TRY(ledger_.append(std::span(&event, 1), wish.now));
    ++out.events;
    return {};
  }

  Result<std::vector<DownstreamFile>> read(const FleetDownstream& place) {
    const auto settings = std::ranges::find(workshop_.config.targets, place.target, &forge::TargetSettings::name);
    if (settings == workshop_.config.targets.end()) return cannot(Kind::NotFound, fmt::format("speak to '{}'", place.target), "the configuration names no such forge");
    TRY_ASSIGN(const auto target, forge::open_target(workshop_.machine, *settings));
    TRY_ASSIGN(auto files, forge::read_files(target, {place.project, place.base, place.files}, *workshop_.machine.http, *workshop_.machine.clock));
    std::vector<DownstreamFile> taken;
    for (forge::RepositoryFile& each : files) taken.push_back({std::move(each.path), std::move(each.bytes)});
    return taken;
  }

  /// What the tests said, what it fixes, and what is another against the image that the files name.
  std::string text_of(const Offer& offer, const std::string& before) {
    const std::string& text = offer.said;
    auto place = oci::ImageRef::parse(offer.to);
    if (!place) return text;
    place->tag.clear();
    place->digest = before;
    oci::ImageRef now = *place;
    now.digest = offer.published.digest;
    NotesOptions how{.database = &database_, .scan = options_.make.scan};
    how.scan.also_named = {place->location};
    const auto notes = notes_of(workshop_, place->str(), now.str(), how);
    // An image that is not there any more has no difference, and its users need the newer one all the more.
    return text + "\n" + (notes ? to_markdown(*notes) : fmt::format("What is another against {} cannot be told: {}\n", markdown::code(before), markdown::prose(notes.error().message)));
  }

  Workshop& workshop_;
  advisory::Database& database_;
  const RenewOptions& options_;
  ledger::Ledger& ledger_;
  forge::Outbox& outbox_;
};

}  // namespace

Done check_downstream(const Workshop& workshop, const Fleet& fleet) {
  const auto check = [&](const std::string& name, const std::vector<FleetDownstream>& downstream) -> Done {
    for (const FleetDownstream& each : downstream) {
      const auto target = std::ranges::find(workshop.config.targets, each.target, &forge::TargetSettings::name);
      if (target != workshop.config.targets.end() && target->kind != forge::TargetKind::Webhook) continue;
      return cannot(Kind::Invalid, fmt::format("open pull requests for '{}'", name), fmt::format("the section 'forge' of the configuration {} '{}'", target == workshop.config.targets.end() ? "has no" : "opens no pull requests at", each.target));
    }
    return {};
  };
  for (const FleetImage& each : fleet.images) TRY(check(each.repository, each.downstream));
  for (const FleetApplication& each : fleet.applications) {
    TRY(check(each.ref, each.downstream));
    if (each.build && std::ranges::find(workshop.config.targets, each.build->target, &forge::TargetSettings::name) == workshop.config.targets.end())
      return cannot(Kind::Invalid, fmt::format("have '{}' built", each.ref), fmt::format("the section 'forge' of the configuration has no '{}'", each.build->target));
  }
  return {};
}

Result<Proposals> propose(Workshop& workshop, advisory::Database& database, const Fleet& fleet, const Renewed& renewed, const RenewOptions& options) {
  const auto nobody = [](const auto& all) { return std::ranges::all_of(all, [](const auto& each) { return each.downstream.empty(); }); };
  if (nobody(fleet.images) && nobody(fleet.applications)) return Proposals();
  TRY_ASSIGN(const auto turn, take_renewal_turn(workshop));
  TRY_ASSIGN(auto ledger, begin_ledger(workshop));
  TRY_ASSIGN(auto outbox, open_outbox(workshop));
  Round round(workshop, database, options, ledger, outbox);
  for (const FleetImage& image : fleet.images) {
    const auto facts = std::ranges::find(renewed.facts, image.repository, &policy::ImageFacts::image);
    if (image.downstream.empty() || facts == renewed.facts.end()) continue;
    const auto promoted = std::ranges::find_if(renewed.done, [&](const Renewal& each) { return each.image == image.repository && each.outcome == Renewal::Outcome::Promoted; });
    const std::string& digest = promoted == renewed.done.end() ? facts->published : promoted->digest;
    if (!digest.empty()) TRY(round.image(image, digest));
  }
  for (const FleetApplication& application : fleet.applications) {
    const bool seen = std::ranges::find(renewed.applications, application.ref) != renewed.applications.end();
    const auto is_it = [&](const Renewal& each) { return each.image == application.ref; };
    const auto done = std::ranges::find_if(renewed.done, is_it);
    const bool stopped = std::ranges::any_of(renewed.waiting, is_it) || (done != renewed.done.end() && done->outcome == Renewal::Outcome::Stopped);
    // Nobody is led to a base on which the application does not pass.
    if (!application.downstream.empty() && seen && !stopped) TRY(round.base_of(application, done == renewed.done.end() ? nullptr : &*done));
  }
  if (options.make.key != nullptr && round.out.events > 0) TRY(ledger.seal(*options.make.key, workshop.machine.clock->now()));
  return std::move(round.out);
}

}  // namespace ashlar::pipeline
