#include "pipeline/told.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/markdown.h"
#include "base/shell.h"
#include "base/text.h"
#include "pipeline/record_made.h"
#include "pipeline/tickets.h"

namespace ashlar::pipeline {
namespace {

using markdown::code;
using markdown::prose;

constexpr std::string_view of_ticket = "ticket/", of_event = "event/ledger/";
constexpr std::int64_t day = 86400;

/// As part of a key: what a key does not take becomes `_`.
std::string key_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("._:@/+~-").find(c) != std::string_view::npos;
    out += !fine || (c == '-' && out.ends_with('-')) ? '_' : c;
  }
  return out;
}

std::string key_of(const std::string& image, std::string_view what) { return fmt::format("{}{}/{}", of_ticket, key_part(image), key_part(what)); }

forge::Message ticket(const std::string& image, std::string_view what, std::string title, std::string body, Time now) {
  forge::Message out{.key = key_of(image, what), .kind = forge::MessageKind::Open, .title = std::move(title), .body = std::move(body)};
  out.subject = image;
  out.time = now;
  return out;
}

std::string on_finding(const policy::ImageFacts& facts, const policy::OpenFinding& finding) {
  std::string out = fmt::format("**{}** in source package {} affects {}", prose(finding.vulnerability), code(finding.package), code(facts.image));
  if (!facts.published.empty()) out += fmt::format(", published as {}", code(facts.published));
  out += fmt::format(".\n\n| | |\n|---|---|\n| severity | {} |\n| exploited (KEV) | {} |\n", advisory::to_string(finding.severity), finding.exploited ? "yes" : "no");
  if (finding.likelihood > 0) out += fmt::format("| EPSS | {:.3f} |\n", finding.likelihood);
  out += fmt::format("| first seen | {} |\n| fix | {} |\n", finding.opened.str(), finding.fixed_in.empty() ? "none yet" : code(finding.fixed_in) + ", which the archives do not have");
  if (finding.deadline) out += fmt::format("| due | {} |\n", finding.deadline->str());
  const std::string what = fmt::format("{} --package {}", shell_word(finding.vulnerability), shell_word(finding.package));
  out += fmt::format("\nNo renewal can take a fix. Either it does not affect the image: {}; or it is lived with for a time: {}; or the package goes. "
                     "The ticket is closed when the finding is.\n", code(fmt::format("ashlar vex add {} …", what)), code(fmt::format("ashlar except add {} …", what)));
  return out;
}

std::string lines_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& each : texts) out += fmt::format("- {}\n", prose(each));
  return out;
}

/// The renewal that was promoted in this round; its image has none of the findings that it closed.
const Renewal* promoted_in(const Renewed& renewed, const std::string& image) {
  const auto found = std::ranges::find_if(renewed.done, [&](const Renewal& each) { return each.image == image && each.outcome == Renewal::Outcome::Promoted; });
  return found == renewed.done.end() ? nullptr : &*found;
}

/// The image that a ticket is about, of all names: the longest that fits; empty: none.
std::string image_of(const std::vector<std::string>& names, std::string_view key) {
  std::string out;
  for (const std::string& each : names) {
    if (key.starts_with(key_of(each, "")) && each.size() > out.size()) out = each;
  }
  return out;
}

/// By what happened and when, not by its place in a ledger: one that was lost and begun anew has the same.
std::string key_of(const ledger::Event& event) { return std::string(of_event) + Digest::of(ledger::canonical(event, 0, event.at)).hex(); }

/// The ticket of an application that does not lie on what its base is now.
forge::Message on_application(const Renewal& renewal, Time now) {
  std::string text = lines_of(renewal.outcome == Renewal::Outcome::Stopped ? lines_of_reasons(join(renewal.why, "; ")) : renewal.why);
  if (renewal.outcome == Renewal::Outcome::Stopped) text = "Its layers on the newer base do not pass, and its tag stays where it is. It is tried again when something changes: the application, its base, the advisories, the policy or a decision.\n\n" + text;
  if (!renewal.owner.empty()) text += fmt::format("\nIt is built by {}.\n", prose(renewal.owner));
  return ticket(renewal.image, "rebase", fmt::format("{} is to be built on its newer base", renewal.image), std::move(text), now);
}

constexpr std::string_view of_proposal = "ahead";  // the ticket of what the archives propose

/// What the archives propose, where it would be stopped or breaks something: nothing where it does not.
std::optional<forge::Message> on_proposal(const Ahead& ahead, Time now) {
  const bool stopped = ahead.outcome == Ahead::Outcome::Stopped;
  if (!stopped && (ahead.outcome != Ahead::Outcome::Passed || ahead.breaking.empty())) return std::nullopt;
  std::string text = fmt::format("The archives propose, and do not offer yet:\n\n{}\n", lines_of(ahead.changes));
  if (stopped) text += fmt::format("With that the renewal would be stopped, and its tags would stay where they are:\n\n{}\n", lines_of(lines_of_reasons(join(ahead.why, "; "))));
  if (!ahead.breaking.empty()) text += fmt::format("What its users may rely on, and would not be there any more:\n\n{}\n", lines_of(lines_of_reasons(join(ahead.breaking, "; "))));
  text += "The ticket is closed when something else is proposed, or nothing.\n";
  return ticket(ahead.image, of_proposal, fmt::format("What the archives propose {} {}", stopped ? "would stop the renewal of" : "breaks something in", ahead.image), std::move(text), now);
}

/// From when on events may not be told yet: those of a day before the last that was are asked for once more, for several may have come together. Who listens for the first time is not told of years.
Result<Time> told_since(forge::Outbox& outbox, Time now) {
  TRY_ASSIGN(const auto last, outbox.last_put(of_event));
  return Time{std::min(last.value_or(now), now).seconds - day};
}

/// Whether it was put by its number, as the queue had them before it went by what happened. `put`: of each key, when.
bool is_told_by_number(const std::set<std::pair<std::string_view, Time>>& put, const ledger::Entry& entry) {
  const std::string key = fmt::format("{}{}", of_event, entry.number);
  return put.contains({key, entry.event.at});
}

}  // namespace

std::vector<forge::Message> tickets_of(const Renewed& renewed) {
  std::vector<forge::Message> out;
  for (const policy::ImageFacts& facts : renewed.facts) {
    const Renewal* const promoted = promoted_in(renewed, facts.image);
    for (const policy::OpenFinding& each : facts.findings) {
      if (each.fix_at_hand || !policy::needs_person(each)) continue;
      if (promoted != nullptr && std::ranges::find(promoted->closed, each.vulnerability + " " + each.package) != promoted->closed.end()) continue;
      out.push_back(ticket(facts.image, each.vulnerability + "/" + each.package, fmt::format("{} in {} of {}", each.vulnerability, each.package, facts.image), on_finding(facts, each), renewed.now));
    }
    std::vector<std::string> why;
    if (!facts.stopped.empty()) why = lines_of_reasons(facts.stopped);
    if (!facts.by_hand.empty()) why.push_back(facts.by_hand);
    for (const Renewal& each : renewed.done) {
      if (each.image != facts.image) continue;
      if (each.action != policy::DueAction::Promise) why.clear();
      // As the ledger has them, and so the next round: the ticket says the same as long as it is stopped.
      if (each.outcome == Renewal::Outcome::Stopped || each.outcome == Renewal::Outcome::Failed) std::ranges::move(lines_of_reasons(join(each.why, "; ")), std::back_inserter(why));
    }
    if (!why.empty()) out.push_back(ticket(facts.image, "stopped", fmt::format("The renewal of {} is stopped", facts.image), fmt::format("Its tags stay where they are. It is tried again when something changes: the archives, the advisories, the definition, the policy or a decision.\n\n{}", lines_of(why)), renewed.now));
    if (!facts.unknown.empty()) out.push_back(ticket(facts.image, "unknown", fmt::format("{} could not be judged", facts.image), lines_of(facts.unknown), renewed.now));
    if (facts.end) out.push_back(ticket(facts.image, "end", fmt::format("Support of {} ends on {}", facts.image, facts.end->date()), fmt::format("{}After that day nothing is patched. Whoever builds on it moves to a newer version before.\n", facts.ends.empty() ? "" : fmt::format("It is the support of {} that ends then.\n\n", prose(facts.ends))), renewed.now));
  }
  for (const Ahead& each : renewed.ahead) {
    if (auto message = on_proposal(each, renewed.now)) out.push_back(std::move(*message));
  }
  for (const auto& [image, error] : renewed.unseen) {
    if (error.kind == Kind::Unavailable) continue;  // that passes by itself
    out.push_back(ticket(image, "unseen", fmt::format("{} cannot be looked at", image), fmt::format("Nobody knows what is due for it.\n\n- {}\n", prose(error.message)), renewed.now));
  }
  for (const auto* const list : {&renewed.done, &renewed.waiting}) {
    for (const Renewal& each : *list) {
      if (each.action == policy::DueAction::Rebase && each.outcome != Renewal::Outcome::Promoted) out.push_back(on_application(each, renewed.now));
    }
  }
  for (forge::Message& each : out) {
    if (const auto owner = renewed.owners.find(each.subject); owner != renewed.owners.end()) each.body += fmt::format("\nWho answers for the image: {}.\n", prose(owner->second));
  }
  return out;
}

std::vector<forge::Message> closed_of(const Renewed& renewed, const std::vector<forge::Message>& open, const std::vector<forge::Entry>& queue) {
  std::set<std::string> still;
  for (const forge::Message& each : open) still.insert(each.key);
  std::vector<std::string> looked_at = renewed.applications;
  for (const policy::ImageFacts& each : renewed.facts) looked_at.push_back(each.image);
  for (const Ahead& each : renewed.ahead) {
    if (each.outcome != Ahead::Outcome::Failed) looked_at.push_back(each.image);
  }
  const bool ahead = !renewed.ahead.empty();  // whoever looks ahead sees nothing of what is published, and the other way round
  std::vector<std::string> names = renewed.fleet;
  names.insert(names.end(), looked_at.begin(), looked_at.end());
  std::map<std::string, const forge::Entry*> last;  // of each ticket
  for (const forge::Entry& each : queue) {
    if (each.key.starts_with(of_ticket)) last[each.key] = &each;
  }
  std::vector<forge::Message> out;
  for (const auto& [key, entry] : last) {
    if (entry->kind == forge::MessageKind::Close || still.contains(key)) continue;
    // One that was not looked at in this round keeps its tickets; one that is not in the fleet any more has none.
    const std::string image = image_of(names, key);
    if (image.empty() ? ahead : (key == key_of(image, of_proposal)) != ahead) continue;
    if (!image.empty() && std::ranges::find(looked_at, image) == looked_at.end()) continue;  // of an image that was not looked at
    const Renewal* const promoted = promoted_in(renewed, image);
    forge::Message close{.key = key, .kind = forge::MessageKind::Close, .title = entry->title};
    // The same whether this round brought it about or one that was cut off before it could say so.
    const auto facts = std::ranges::find(renewed.facts, image, &policy::ImageFacts::image);
    const std::string digest = promoted != nullptr ? promoted->digest : facts != renewed.facts.end() ? facts->published : std::string();
    close.comment = image.empty() ? "The image is not in the fleet any more." : digest.empty() ? "It does not hold any more." : fmt::format("It does not hold any more: {} is published as {}.", code(image), code(digest));
    close.subject = image;
    close.time = renewed.now;
    out.push_back(std::move(close));
  }
  return out;
}

std::vector<forge::Message> builds_of(const Renewed& renewed) {
  std::vector<forge::Message> out;
  for (const Renewal& each : renewed.done) {
    if (each.outcome != Renewal::Outcome::Told || !each.build || each.onto.empty()) continue;
    // Its text is the same for the same base: what was put once is not put again.
    forge::Message message{.key = "build/" + key_part(each.image), .kind = forge::MessageKind::Build, .title = fmt::format("Build {} on {}", each.image, each.onto)};
    message.subject = each.image;
    message.data = to_compact(Json{{"application", each.image}, {"base", each.onto}});
    message.time = renewed.now;
    message.target = each.build->target;
    message.project = each.build->project;
    message.base = each.build->base;
    out.push_back(std::move(message));
  }
  return out;
}

std::vector<forge::Message> events_of(const std::vector<ledger::Entry>& entries) {
  std::vector<forge::Message> out;
  for (const ledger::Entry& entry : entries) {
    const ledger::Event& event = entry.event;
    const bool stopped = event.kind == ledger::Kind::Tested && event.facts.contains("result") && event.facts.at("result") == "stopped";
    const bool soaks = event.kind == ledger::Kind::Noted && event.fact("what") == "canary";
    if (event.kind != ledger::Kind::Promoted && event.kind != ledger::Kind::RolledBack && !stopped && !soaks) continue;
    const std::string what = stopped ? "stopped" : soaks ? "canary" : std::string(ledger::to_string(event.kind));
    forge::Message message{.key = key_of(event), .kind = forge::MessageKind::Event, .title = fmt::format("{} {}", event.image, soaks ? "waits under its canary tag" : "is " + what)};
    message.type = "dev.ashlar.image." + what;
    message.subject = event.image;
    message.data = ledger::canonical(event, entry.number, entry.recorded);
    message.time = event.at;
    out.push_back(std::move(message));
  }
  return out;
}

Result<Told> tell(Workshop& workshop, const Renewed& renewed) {
  Told out;
  const auto& targets = workshop.config.targets;
  if (targets.empty()) return out;
  TRY_ASSIGN(auto outbox, open_outbox(workshop));
  TRY_ASSIGN(const auto queue, outbox.list(true));
  TRY_ASSIGN(auto ledger, begin_ledger(workshop));
  TRY_ASSIGN(const Time since, told_since(outbox, renewed.now));
  TRY_ASSIGN(auto entries, ledger.read({.since = since}));
  std::set<std::pair<std::string_view, Time>> put;
  for (const forge::Entry& each : queue) put.emplace(each.key, each.put);
  std::erase_if(entries, [&](const ledger::Entry& each) { return is_told_by_number(put, each); });
  const auto open = tickets_of(renewed);
  for (const auto& messages : {open, closed_of(renewed, open, queue), builds_of(renewed), events_of(entries)}) {
    for (const forge::Message& each : messages) {
      const auto fresh = outbox.put(each, targets);
      if (fresh) out.put += *fresh;
      else workshop.progress.alarm(fresh.error().message);  // one that cannot be told does not hold up the others
    }
  }
  TRY_ASSIGN(out.delivery, deliver_messages(workshop, outbox));
  return out;
}

}  // namespace ashlar::pipeline
