#include "pipeline/replay.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/version.h"
#include "pipeline/inner/replay_world.h"
#include "pipeline/renew.h"
#include "pipeline/told.h"

namespace ashlar::pipeline {
namespace {

using ledger::Event;

std::string digest_of(const std::string& image, const SourceVersions& sources) {
  std::string all = image;
  for (const auto& [source, version] : sources) all += "\n" + source + " " + version;
  return "sha256:" + Digest::of(all).hex();
}

/// Events of an image in memory, as a ledger has them.
struct Book {
  std::vector<ledger::Entry> entries;
  void add(std::span<const Event> events, Time now) {
    for (const Event& each : events) entries.push_back({.number = entries.size() + 1, .recorded = now, .event = each});
  }
};

/// A published image and what is known of it.
struct Published {
  std::string release{}, digest{};
  SourceVersions sources{};
  Book book{};
  ImageHistory history{};
  World::Look look{};
  std::optional<size_t> touched{};  ///< as of which `look` is
  size_t events = 0;                ///< and `deadlines`
  std::map<FindingName, Time> deadlines{};

  bool stale(const World& world, Time now) const { return touched != world.touched(release, sources) || (look.until && *look.until <= now); }
  void look_again(const World& world, const std::string& image, Time now) {
    look = world.look(image, release, sources, now);
    touched = world.touched(release, sources);
  }
  ScanCounts counts() const {
    ScanCounts out{.named = look.named, .unfixed = look.seen.size()};
    for (const auto& [name, finding] : look.seen) {
      if (finding.open()) ++out.open.at(static_cast<size_t>(std::ranges::find(policy::severities, finding.severity) - policy::severities.begin()));
    }
    return out;
  }
};

struct Tracked {
  std::string name;
  const FleetImage* fleet = nullptr;
  World::Image made_of{};               ///< what its definition asks for now
  World::Image built{};                 ///< what it asked for when it was published
  Published loop{}, none{};
  Time began{};                         ///< when it was published for the first time
  SourceVersions canary{};
  policy::ImageFacts facts{};
  SourceVersions newer{};               ///< that a renewal would take
  std::string inputs{};
  ReplayImage out{};
  double sum_loop = 0, sum_none = 0;
  size_t rounds = 0;
};

/// The clock of one replay, and what it drives.
class Replay {
 public:
  Replay(const RecordedHistory& history, const ReplayWish& wish) : history_(history), wish_(wish) {}

  Result<Replayed> go() {
    out_.from = wish_.from;
    out_.every = wish_.every;
    out_.model = wish_.effort;
    for (Time now = wish_.from; now <= wish_.to; now.seconds += wish_.every) TRY(round(now));
    if (images_.empty()) return cannot(Kind::Invalid, "replay the history", fmt::format("it has no image before {}", wish_.to.str()));
    out_.facts = next_;
    finish();
    return std::move(out_);
  }

 private:
  Done round(Time now) {
    for (; next_ < history_.size() && history_[next_].at <= now; ++next_) world_.take(history_[next_]);
    for (const auto& [name, image] : world_.images()) track(name, image);
    ReplayDay day{.now = now, .images = images_.size()};
    Renewed renewed{.now = now, .images = images_.size()};
    for (auto& [name, image] : images_) {
      TRY(watch(image, now));
      renewed.facts.push_back(image.facts);
    }
    renewed.due = policy::due(renewed.facts, now);
    for (const policy::Due& due : renewed.due) TRY(act(due, now, renewed, day));
    tickets(renewed, day);
    for (auto& [name, image] : images_) {
      leave_alone(image, now);
      count(image, day);
    }
    out_.days.push_back(day);
    out_.to = now;
    return {};
  }

  void track(const std::string& name, const World::Image& made_of) {
    Tracked& image = images_[name];
    if (image.name.empty()) {
      image.name = image.out.image = name;
      if (wish_.fleet) {
        const auto found = std::ranges::find(wish_.fleet->images, name, &FleetImage::repository);
        if (found != wish_.fleet->images.end()) image.fleet = &*found;
      }
    }
    image.made_of = made_of;
  }

  /// What look_at() of watch.h says of an image of a registry, of one that is recorded.
  Done watch(Tracked& image, Time now) {
    Published& loop = image.loop;
    policy::ImageFacts& facts = image.facts;
    facts = policy::ImageFacts();
    facts.image = image.name;
    facts.published = loop.digest;
    // A renewal starts from what is there; what the definition asks for anew comes as it was recorded.
    image.newer = image.made_of.sources;
    for (auto& [source, version] : image.newer) {
      const auto there = loop.sources.find(source);
      if (there != loop.sources.end() && loop.release == image.made_of.release && deb::compare_versions(version, there->second) < 0) version = there->second;
    }
    const bool first = loop.digest.empty();
    image.newer = world_.newest(image.made_of.release, image.newer, !first && image.fleet != nullptr && image.fleet->security_only);
    for (const auto& [source, version] : image.newer) {
      const auto there = loop.sources.find(source);
      if (there == loop.sources.end()) facts.newer.push_back(fmt::format("{} {} is new", source, version));
      else if (there->second != version) facts.newer.push_back(fmt::format("{} {} -> {}", source, there->second, version));
    }
    facts.newer_security = world_.takes_of_security(image.made_of.release, loop.sources, image.newer);
    facts.definition_changed = !first && image.built != image.made_of;
    if (image.fleet != nullptr) {
      facts.cadence = image.fleet->cadence;
      facts.end = image.fleet->until;
      if (facts.end && facts.end->seconds - now.seconds > wish_.fleet->announce) facts.end.reset();
    }
    if (!first) TRY(watch_published(image, now));
    if (const auto& promoted = loop.history.promoted) facts.promoted = promoted->at, facts.recorded = promoted->digest == facts.published;
    facts.end_announced = facts.end && loop.history.announced(*facts.end);
    if (const auto& canary = loop.history.canary; canary && image.fleet != nullptr && image.fleet->rollout) facts.canary = policy::ImageFacts::Canary{.digest = canary->digest, .since = canary->at, .soak = image.fleet->rollout->soak};
    image.inputs = digest_of(fmt::format("{} {}", image.name, world_.touched(image.made_of.release, image.newer)), image.newer);
    if (const auto& stopped = loop.history.stopped; stopped && stopped->inputs == image.inputs) facts.stopped = stopped->why;
    return {};
  }

  Done watch_published(Tracked& image, Time now) {
    Published& loop = image.loop;
    if (loop.stale(world_, now)) {
      look_again(image, now);
      TRY(record(image, catch_up(loop.history, image.name, loop.digest, loop.look.seen, loop.look.fixable, now), now));
    }
    set_deadlines(image, now);
    for (const auto& [name, finding] : loop.look.seen) {
      if (!finding.open()) continue;
      policy::OpenFinding open{.vulnerability = name.first, .package = name.second, .severity = finding.severity, .exploited = finding.exploited.has_value(), .opened = loop.history.findings.at(name).first_seen};
      if (const auto deadline = loop.deadlines.find(name); deadline != loop.deadlines.end()) open.deadline = deadline->second;
      open.fixed_in = finding.fixed_in;
      open.fix_at_hand = loop.look.fixable.contains(name);
      image.facts.findings.push_back(std::move(open));
    }
    return {};
  }

  /// A fix that a renewal would not take is none.
  void look_again(Tracked& image, Time now) {
    Published& loop = image.loop;
    loop.look_again(world_, image.name, now);
    std::erase_if(loop.look.fixable, [&](const auto& each) {
      const auto takes = image.newer.find(each.first.second);
      return takes == image.newer.end() || deb::compare_versions(takes->second, loop.look.seen.at(each.first).fixed_in) < 0;
    });
  }

  /// By when each is to be fixed; computed anew where something was written down.
  void set_deadlines(Tracked& image, Time now) {
    Published& loop = image.loop;
    if (loop.events == loop.book.entries.size()) return;
    loop.events = loop.book.entries.size();
    loop.deadlines.clear();
    for (const policy::Clock& clock : policy::clocks(loop.book.entries, wish_.rules, now)) {
      if (clock.environment.empty() && clock.is_open() && clock.deadline) loop.deadlines.emplace(FindingName(clock.vulnerability, clock.package), *clock.deadline);
    }
  }

  Done act(const policy::Due& due, Time now, Renewed& renewed, ReplayDay& day) {
    const auto found = images_.find(due.image);
    if (found == images_.end() || due.held) return {};
    Tracked& image = found->second;
    if (due.action == policy::DueAction::Announce) {
      Event event = event_of(ledger::Kind::Noted, image, {}, now);
      event.facts = {{"what", "end-announced"}, {"end", image.fleet->until->date()}, {"reason", due.reason}};
      return record(image, {std::move(event)}, now);
    }
    if (due.action != policy::DueAction::Rebuild && due.action != policy::DueAction::Promote) return {};
    const bool promote = due.action == policy::DueAction::Promote, first = image.loop.digest.empty();
    const SourceVersions candidate = promote ? image.canary : image.newer;
    Renewal renewal{.image = image.name, .action = due.action, .digest = digest_of(image.name, candidate)};
    if (!promote && !first) ++day.rebuilds, ++image.out.rebuilds;
    const std::string broken = first ? std::string() : world_.broken(image.made_of.release, candidate);
    if (!broken.empty()) {
      ++day.stopped, ++image.out.stopped;
      renewal.outcome = Renewal::Outcome::Stopped;
      renewal.why = {broken};
      Event event = event_of(ledger::Kind::Tested, image, renewal.digest, now);
      event.facts = {{"result", "stopped"}, {"reason", broken}, {"inputs", image.inputs}};
      TRY(record(image, {std::move(event)}, now));
    } else {
      const bool canary = image.fleet != nullptr && image.fleet->rollout && !promote && !first;
      TRY(publish(image, candidate, canary, now, renewal));
      if (!canary && !first) ++day.promotions;
    }
    renewed.done.push_back(std::move(renewal));
    return {};
  }

  Done publish(Tracked& image, const SourceVersions& candidate, bool canary, Time now, Renewal& out) {
    Published& loop = image.loop;
    out.outcome = canary ? Renewal::Outcome::Canary : Renewal::Outcome::Promoted;
    Event tested = event_of(ledger::Kind::Tested, image, out.digest, now), moved = event_of(canary ? ledger::Kind::Noted : ledger::Kind::Promoted, image, out.digest, now);
    tested.facts = {{"result", "passed"}, {"inputs", image.inputs}};
    moved.facts = {{"tag", canary ? image.fleet->rollout->canary : "latest"}};
    if (canary) moved.facts.emplace("what", "canary");
    TRY(record(image, {event_of(ledger::Kind::Rebuilt, image, out.digest, now), std::move(tested), std::move(moved)}, now));
    if (canary) {
      image.canary = candidate;
      return {};
    }
    const bool first = loop.digest.empty();
    loop.sources = candidate;
    loop.digest = out.digest;
    loop.release = image.made_of.release;
    image.built = image.made_of;
    look_again(image, now);
    const auto events = catch_up(loop.history, image.name, loop.digest, loop.look.seen, loop.look.fixable, now);
    for (const Event& each : events) {
      if (each.kind == ledger::Kind::Closed) out.closed.push_back(each.vulnerability + " " + each.package);
    }
    if (first) begin_without(image, now);
    return record(image, events, now);
  }

  /// The same image, which nobody renews.
  static void begin_without(Tracked& image, Time now) {
    image.none.release = image.loop.release;
    image.none.digest = image.loop.digest;
    image.none.sources = image.loop.sources;
    const Event event = event_of(ledger::Kind::Promoted, image, image.none.digest, now);
    image.none.book.add({&event, 1}, now);
    image.none.history = history_of(image.none.book.entries);
    image.began = now;
  }

  void leave_alone(Tracked& image, Time now) {
    Published& none = image.none;
    if (!none.stale(world_, now)) return;
    none.look_again(world_, image.name, now);
    none.book.add(catch_up(none.history, image.name, none.digest, none.look.seen, none.look.fixable, now), now);
    none.history = history_of(none.book.entries);
  }

  static Event event_of(ledger::Kind kind, const Tracked& image, const std::string& digest, Time now) {
    Event out{.kind = kind, .at = now, .image = image.name, .digest = digest};
    out.by = "ashlar replay";
    return out;
  }

  Done record(Tracked& image, const std::vector<Event>& events, Time now) {
    if (events.empty()) return {};
    image.loop.book.add(events, now);
    image.loop.history = history_of(image.loop.book.entries);
    out_.events += events.size();
    return wish_.record ? wish_.record(events, now) : Done();
  }

  /// Which tickets stand open after the round, and which are new.
  void tickets(const Renewed& renewed, ReplayDay& day) {
    std::set<std::string> negligible, from_the_start, now_open;  // titles, but of the last
    for (const policy::ImageFacts& facts : renewed.facts) {
      for (const auto& each : facts.findings) {
        const std::string title = fmt::format("{} in {} of {}", each.vulnerability, each.package, facts.image);
        if (each.severity == advisory::Severity::Negligible) negligible.insert(title);
        if (each.opened == images_.at(facts.image).began) from_the_start.insert(title);
      }
    }
    for (const forge::Message& each : tickets_of(renewed)) {
      now_open.insert(each.key);
      if (open_tickets_.contains(each.key)) continue;
      ++day.opened;
      if (each.key.ends_with("/stopped")) continue;  // counted as a stopped renewal
      ++out_.effort.tickets;
      if (from_the_start.contains(each.title)) ++out_.effort.first_tickets;
      if (negligible.contains(each.title)) ++out_.effort.negligible;
    }
    open_tickets_ = std::move(now_open);
    day.tickets = open_tickets_.size();
  }

  static void count(Tracked& image, ReplayDay& day) {
    image.out.loop = image.loop.counts();
    image.out.none = image.none.counts();
    if (image.rounds++ == 0) image.out.first = image.out.loop;
    day.loop += image.out.loop;
    day.none += image.out.none;
    image.sum_loop += static_cast<double>(image.out.loop.matters());
    image.sum_none += static_cast<double>(image.out.none.matters());
  }

  void finish() {
    std::vector<policy::Clock> loop, none;
    for (auto& [name, image] : images_) {
      image.out.mean_loop = image.sum_loop / static_cast<double>(image.rounds);
      image.out.mean_none = image.sum_none / static_cast<double>(image.rounds);
      for (const auto& [book, clocks] : {std::pair(&image.loop.book, &loop), {&image.none.book, &none}}) {
        auto found = policy::clocks(book->entries, wish_.rules, out_.to);
        clocks->insert(clocks->end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
      }
      out_.images.push_back(image.out);
    }
    out_.loop = policy::sla_report(std::move(loop), wish_.rules, out_.to);
    out_.none = policy::sla_report(std::move(none), wish_.rules, out_.to);
    ReplayEffort& effort = out_.effort;
    for (const ReplayDay& day : out_.days) effort.stopped += day.stopped, effort.rebuilds += day.rebuilds;
    effort.loop = (static_cast<double>(effort.tickets) * wish_.effort.ticket + static_cast<double>(effort.stopped) * wish_.effort.stopped) / 60;
    effort.by_hand = effort.loop + static_cast<double>(effort.rebuilds) * wish_.effort.rebuild / 60;
  }

  const RecordedHistory& history_;
  const ReplayWish& wish_;
  World world_;
  size_t next_ = 0;
  std::map<std::string, Tracked> images_;
  std::set<std::string> open_tickets_;
  Replayed out_;
};

}  // namespace

size_t ScanCounts::all_open() const {
  size_t out = 0;
  for (const size_t each : open) out += each;
  return out;
}

size_t ScanCounts::matters() const { return all_open() - open.at(static_cast<size_t>(std::ranges::find(policy::severities, advisory::Severity::Negligible) - policy::severities.begin())); }

ScanCounts& ScanCounts::operator+=(const ScanCounts& other) {
  named += other.named;
  unfixed += other.unfixed;
  for (size_t at = 0; at < open.size(); ++at) open[at] += other.open[at];
  return *this;
}

Result<Effort> parse_effort(std::string_view text, Effort effort) {
  for (const std::string_view part : Parts(text, ',')) {
    const auto [name, value] = cut(part, '=');
    double* const to = name == "ticket" ? &effort.ticket : name == "stopped" ? &effort.stopped : name == "rebuild" ? &effort.rebuild : nullptr;
    if (to == nullptr) return cannot(Kind::Invalid, fmt::format("read minutes '{}'", visible(text)), fmt::format("'{}' is none of ticket, stopped, rebuild", visible(name)));
    const auto read = std::from_chars(value.data(), value.data() + value.size(), *to);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size() || !(*to >= 0) || *to > 1e6) return cannot(Kind::Invalid, fmt::format("read minutes '{}'", visible(text)), fmt::format("'{}' is no number of minutes", visible(value)));
  }
  return effort;
}

Result<Replayed> replay(const RecordedHistory& history, const ReplayWish& wish) {
  if (wish.to < wish.from || wish.every <= 0) return cannot(Kind::Invalid, "replay the history", "there is no round between its two dates");
  if ((wish.to.seconds - wish.from.seconds) / wish.every >= max_rounds) return cannot(Kind::Invalid, "replay the history", fmt::format("that is more than {} rounds", max_rounds));
  return Replay(history, wish).go();
}

}  // namespace ashlar::pipeline
