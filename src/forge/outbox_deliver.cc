// One pass over the queue.
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "forge/inner/api.h"
#include "forge/inner/forge.h"
#include "forge/outbox.h"

namespace ashlar::forge {
namespace {

constexpr std::int64_t denied_wait = 15 * 60;  // a token that is not taken, or a project that is not there, is not asked for every message
constexpr int failures_in_a_row = 3;           // after which a target rests until the next pass

/// A target during the pass.
struct Line {
  const Target* target = nullptr;
  std::unique_ptr<Api> api;
  std::unique_ptr<Forge> forge;  ///< none for a webhook
  int failures = 0;              ///< in a row
  bool rests = false;
};

}  // namespace

class Outbox::Pass {
 public:
  Pass(Outbox& box, const std::vector<Target>& targets, host::Http& http, host::Clock& clock) : box_(box), clock_(clock), begun_(clock.now()) {
    for (const Target& each : targets) {
      Line& line = lines_[each.settings.name];
      line.target = &each;
      line.api = std::make_unique<Api>(http, clock, each, headers_of(each));
      line.forge = forge_of(*line.api);
    }
  }

  Result<Delivery> run() {
    TRY(read_holds());
    // Each is looked at once: what is not delivered is due later than this pass began, or lies behind one that is.
    std::int64_t last = 0;
    for (;;) {
      TRY_ASSIGN(const auto next, next_after(last));
      if (!next) break;
      last = next->id;
      const auto line = lines_.find(next->target);
      if (line == lines_.end() || line->second.rests) continue;
      TRY(attempt(line->second, *next));
    }
    TRY_ASSIGN(const auto all, box_.list(false));
    for (const Entry& each : all) {
      if (each.standing != Standing::Waiting) continue;
      out_.left.push_back(each);
      if (!lines_.contains(each.target) && out_.left.back().cause.empty()) out_.left.back().cause = "its target cannot be spoken to";
    }
    return std::move(out_);
  }

 private:
  struct Next {
    std::int64_t id;
    std::string target, message;
    int attempts;
    std::optional<Time> tried;
  };

  Done read_holds() {
    TRY_ASSIGN(auto query, box_.database_.prepare("SELECT target, until, cause FROM holds WHERE until>?"));
    query.bind(0, begun_.seconds);
    for (;;) {
      TRY_ASSIGN(const bool more, query.step());
      if (!more) return {};
      const auto line = lines_.find(std::string(query.text(0)));
      if (line == lines_.end()) continue;
      line->second.rests = true;
      out_.holds.push_back({line->first, std::string(query.text(2)), Time{query.integer(1)}});
    }
  }

  Result<std::optional<Next>> next_after(std::int64_t last) {
    TRY_ASSIGN(auto query, box_.database_.prepare("SELECT id, target, message, attempts, tried FROM messages m WHERE standing='waiting' AND (due<=? OR attempts=0) AND id>? AND NOT EXISTS"
                                                  " (SELECT 1 FROM messages e WHERE e.target=m.target AND e.key=m.key AND e.id<m.id AND e.standing='waiting') ORDER BY id LIMIT 1"));
    query.bind(0, begun_.seconds).bind(1, last);
    TRY_ASSIGN(const bool more, query.step());
    if (!more) return std::nullopt;
    return Next{query.integer(0), std::string(query.text(1)), std::string(query.text(2)), static_cast<int>(query.integer(3)), query.is_null(4) ? std::nullopt : std::optional(Time{query.integer(4)})};
  }

  Done attempt(Line& line, const Next& next) {
    TRY_ASSIGN(const Json json, parse_json(next.message, "message"));
    TRY_ASSIGN(const Message message, message_of(json));
    // That it is tried is on disk before anything is sent: if we end here, the next attempt looks for what this one may have done.
    TRY_ASSIGN(auto begin, box_.database_.prepare("UPDATE messages SET attempts=attempts+1, tried=coalesce(tried, ?) WHERE id=?"));
    begin.bind(0, clock_.now().seconds).bind(1, next.id);
    TRY(begin.run());
    TRY_ASSIGN(const std::string number, known_number(message.key, next.target));
    auto sent = send(line, message, number, next.tried);
    if (sent) {
      line.failures = 0;
      TRY(note_delivered(next, message, *sent));
    } else {
      TRY(note_failed(line, next, sent.error()));
    }
    const auto hold = line.api->hold();
    if (hold && *hold > clock_.now()) TRY(rest(line, "its limit of requests is reached", hold));
    return {};
  }

  static Result<Ticket> send(Line& line, const Message& message, const std::string& number, std::optional<Time> tried) {
    if (!line.forge) {
      TRY(deliver_event(*line.api, message));
      return Ticket{};
    }
    if (message.kind != MessageKind::PullRequest && message.kind != MessageKind::Build) return deliver_ticket(*line.forge, message, number, tried);
    const auto build = [&]() -> Result<Ticket> {
      TRY(line.forge->build(message));
      return Ticket{};
    };
    auto proposed = message.kind == MessageKind::Build ? build() : line.forge->propose(message);
    // The repository or branch is the message's own: that it is not there says nothing of the target.
    if (!proposed && proposed.error().kind == Kind::NotFound) proposed.error().kind = Kind::Conflict;
    return proposed;
  }

  Result<std::string> known_number(const std::string& key, const std::string& target) {
    TRY_ASSIGN(auto query, box_.database_.prepare("SELECT number FROM tickets WHERE key=? AND target=?"));
    query.bind(0, key).bind(1, target);
    TRY_ASSIGN(const bool there, query.step());
    return there ? std::string(query.text(0)) : std::string();
  }

  Done note_delivered(const Next& next, const Message& message, const Ticket& ticket) {
    TRY(box_.database_.run("BEGIN IMMEDIATE"));
    TRY_ASSIGN(auto change, box_.database_.prepare("UPDATE messages SET standing='delivered', cause='', message='' WHERE id=?"));
    change.bind(0, next.id);
    TRY(change.run());
    if (!ticket.number.empty()) {
      TRY_ASSIGN(auto keep, box_.database_.prepare("INSERT INTO tickets VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET number=excluded.number, url=excluded.url"));
      keep.bind(0, message.key).bind(1, next.target).bind(2, ticket.number).bind(3, ticket.url);
      TRY(keep.run());
    }
    TRY(box_.database_.run("COMMIT"));
    return report(next.id, out_.delivered);
  }

  Done note_failed(Line& line, const Next& next, const Error& error) {
    // What asks for a person goes aside; what may pass waits.
    const bool refused = error.kind == Kind::Conflict || error.kind == Kind::Invalid || error.kind == Kind::Corrupt || (error.kind == Kind::NotFound && line.forge == nullptr);
    const Time now = clock_.now();
    const bool denied = error.kind == Kind::Denied || error.kind == Kind::NotFound;
    // What is denied comes again after others had their turn: it may be this message alone.
    const std::int64_t due = denied ? now.seconds + 2 * denied_wait : retry_at(now, next.attempts + 1).seconds;
    TRY_ASSIGN(auto change, box_.database_.prepare("UPDATE messages SET standing=?, cause=?, due=? WHERE id=?"));
    change.bind(0, refused ? "refused" : "waiting").bind(1, error.message).bind(2, std::max(due, begun_.seconds + 1)).bind(3, next.id);
    TRY(change.run());
    if (refused) return report(next.id, out_.refused);
    if (denied) return rest(line, error.message, Time{now.seconds + denied_wait});
    if (++line.failures >= failures_in_a_row && !line.rests) return rest(line, fmt::format("it failed {} times in a row", line.failures), std::nullopt);
    return {};
  }

  /// The target is not asked any more in this pass, nor before a time.
  Done rest(Line& line, const std::string& cause, std::optional<Time> until) {
    if (line.rests) return {};
    line.rests = true;
    out_.holds.push_back({line.target->settings.name, cause, until});
    if (!until) return {};
    TRY_ASSIGN(auto keep, box_.database_.prepare("INSERT INTO holds VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET until=excluded.until, cause=excluded.cause"));
    keep.bind(0, line.target->settings.name).bind(1, until->seconds).bind(2, cause);
    return keep.run();
  }

  Done report(std::int64_t id, std::vector<Entry>& into) {
    TRY_ASSIGN(auto found, box_.entries(fmt::format("WHERE id={}", id)));
    for (Entry& each : found) into.push_back(std::move(each));
    return {};
  }

  Outbox& box_;
  host::Clock& clock_;
  Time begun_;
  std::map<std::string, Line> lines_;
  Delivery out_;
};

Result<Delivery> Outbox::deliver(const std::vector<Target>& targets, host::Http& http, host::Clock& clock) {
  TRY_ASSIGN(const auto lock, files_.lock(path_.string() + ".lock"));
  return Pass(*this, targets, http, clock).run();
}

}  // namespace ashlar::forge
