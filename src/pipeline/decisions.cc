// Decisions to live with a finding for a time.
#include "pipeline/decisions.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/amount.h"
#include "base/text.h"

namespace ashlar::pipeline {
namespace {

using scan::Exception;

Done check(const DecisionWish& wish) {
  const auto blank = [](const std::string& text) { return trim(text).empty(); };
  if (blank(wish.vulnerability)) return fail(Kind::Invalid, "no vulnerability is named");
  if (blank(wish.owner)) return fail(Kind::Invalid, "no owner is named: somebody answers for it");
  if (blank(wish.reason)) return fail(Kind::Invalid, "no reason is given");
  if (blank(wish.package)) return fail(Kind::Invalid, "no package is named: a decision is about one package");
  for (const std::string* scope : {&wish.vulnerability, &wish.package, &wish.image}) {
    if (scope->find_first_of("*?[") != std::string::npos) return fail(Kind::Invalid, fmt::format("'{}' is a pattern: a decision is about one thing, not about whatever fits", *scope));
  }
  return {};
}

bool holds(const Exception& exception, Time now) { return !exception.revoked && exception.expires > now; }

/// Whether everything that `narrow` is about, `wide` is about, too.
bool covers(const std::string& wide_image, const Exception& narrow) { return wide_image.empty() || wide_image == narrow.image; }

std::string scope_of(const Exception& exception) { return fmt::format("'{}' in {}", exception.package, exception.image.empty() ? std::string("any image") : fmt::format("'{}'", exception.image)); }

std::string next_id(const std::vector<Exception>& all) {
  size_t number = all.size();
  std::string id;
  do id = fmt::format("E-{}", ++number);
  while (std::ranges::find(all, id, &Exception::id) != all.end());
  return id;
}

std::string ids_of(const std::vector<Exception>& all) {
  std::vector<std::string> ids;
  for (const Exception& each : all) ids.push_back(each.id);
  return ids.empty() ? "there is no decision" : "those there are: " + join(ids, ", ");
}

/// Adds a signature; what the same key signed before goes.
Done sign(Exception& exception, const trust::PrivateKey& key) {
  TRY_ASSIGN(auto signature, trust::sign_record(scan::exception_payload, scan::signed_part(exception), key));
  std::erase_if(exception.signatures, [&](const trust::EnvelopeSignature& each) { return each.key_id == signature.key_id; });
  exception.signatures.push_back(std::move(signature));
  return {};
}

/// The first rating that says something, in the order in which a scan looks at them: the feed's own word for the package, then scores.
advisory::Severity severity_of(const advisory::Affected& affected, const advisory::Advisory& advisory) {
  if (const auto own = advisory::severity_of(affected.urgency); own != advisory::Severity::Unknown) return own;
  for (const auto& rating : advisory.ratings) {
    if (rating.severity != advisory::Severity::Unknown) return rating.severity;
  }
  return advisory::Severity::Unknown;
}

/// What one space knows of it.
struct InSpace {
  advisory::Severity severity = advisory::Severity::Unknown;
  bool affected = false;
  std::string fixed_in{};
};

Result<InSpace> look_up(advisory::Database& database, const std::string& space, std::span<const std::int64_t> records, const std::string& vulnerability, const std::string& package, Known& known) {
  InSpace out;
  TRY_ASSIGN(const auto matches, database.matches(space, package));
  for (const auto& match : matches) {
    if (!std::ranges::binary_search(records, match.record)) continue;  // a package may have thousands of others
    TRY_ASSIGN(const auto advisory, database.advisory(match.record));
    if (advisory.withdrawn || (advisory.id != vulnerability && std::ranges::find(advisory.aliases, vulnerability) == advisory.aliases.end())) continue;
    known.named = true;
    for (const std::string& name : advisory.aliases) {
      TRY_ASSIGN(const auto exploited, database.exploited(name));
      known.exploited = known.exploited || exploited.has_value();
    }
    if (match.affected.stance == advisory::Stance::NotAffected) continue;
    out.affected = true;
    if (out.severity == advisory::Severity::Unknown) out.severity = severity_of(match.affected, advisory);
    for (const auto& interval : match.affected.intervals) {
      if (!interval.fixed.empty()) out.fixed_in = interval.fixed;
    }
  }
  return out;
}

}  // namespace

Result<Time> end_of(const std::string& text, Time now) {
  if (text.empty()) return fail(Kind::Invalid, "no end is named: a date (2027-01-31) or a length (90d)");
  if (const auto length = parse_age(text)) return Time{now.seconds + *length};
  auto time = Time::parse(text);
  return time ? time : fail(Kind::Invalid, fmt::format("'{}' is neither a date (2027-01-31) nor a length (90d)", text));
}

Result<Known> what_is_known(advisory::Database& database, const std::string& vulnerability, const std::string& package) {
  Known out;
  TRY_ASSIGN(const auto exploited, database.exploited(vulnerability));
  out.exploited = exploited.has_value();
  std::vector<std::string> spaces;
  for (const auto& feed : database.feeds()) spaces.insert(spaces.end(), feed.spaces.begin(), feed.spaces.end());
  std::ranges::sort(spaces);
  spaces.erase(std::unique(spaces.begin(), spaces.end()), spaces.end());
  TRY_ASSIGN(const auto records, database.named(vulnerability));
  bool everywhere = true;
  for (const std::string& space : spaces) {
    TRY_ASSIGN(const InSpace here, look_up(database, space, records, vulnerability, package, out));
    if (!here.affected) continue;
    out.severity = std::max(out.severity, here.severity);
    everywhere = everywhere && !here.fixed_in.empty();
    if (!here.fixed_in.empty()) out.fixed_in = here.fixed_in;
  }
  if (!everywhere) out.fixed_in.clear();
  return out;
}

Result<Known> what_is_known(const scan::Report& report, const std::string& vulnerability, const std::string& package) {
  Known out;
  bool everywhere = true;
  for (const scan::Finding& finding : report.findings) {
    if (finding.id != vulnerability && std::ranges::find(finding.aliases, vulnerability) == finding.aliases.end()) continue;
    if (finding.component.name != package && finding.component.source != package) continue;
    out.named = true;
    out.severity = std::max(out.severity, finding.severity);
    out.exploited = out.exploited || finding.exploited.has_value();
    everywhere = everywhere && !finding.fixed_in.empty();
    if (!finding.fixed_in.empty()) out.fixed_in = finding.fixed_in;
  }
  if (!out.named) return cannot(Kind::NotFound, fmt::format("decide on '{}' in '{}'", vulnerability, package), fmt::format("'{}' has no such finding", report.ref));
  if (!everywhere) out.fixed_in.clear();
  return out;
}

Result<std::vector<Exception>> read_decisions(host::Files& files, const host::Path& path) {
  if (path.empty() || !files.exists(path)) return std::vector<Exception>();
  TRY_ASSIGN(const std::string text, files.read(path));
  return scan::read_exceptions(text, path.string());
}

Result<std::vector<Exception>> read_decisions(host::Files& files, const std::vector<DecisionsFile>& from) {
  std::vector<Exception> out;
  for (const DecisionsFile& each : from) {
    if (!each.named_by.empty() && !files.exists(each.path))
      return cannot(Kind::Invalid, fmt::format("read decisions of '{}'", each.path.string()), fmt::format("it is not there, and '{}' names it (scan.exceptions): mend the path or take it out; the first `ashlar except add` makes the file", each.named_by.string()));
    TRY_ASSIGN(auto some, read_decisions(files, each.path));
    std::ranges::move(some, std::back_inserter(out));
  }
  return out;
}

Result<host::Path> file_of_decision(host::Files& files, const std::vector<DecisionsFile>& from, const std::string& id) {
  std::vector<host::Path> found;
  for (const DecisionsFile& each : from) {
    TRY_ASSIGN(const auto all, read_decisions(files, each.path));
    if (std::ranges::find(all, id, &Exception::id) != all.end()) found.push_back(each.path);
  }
  if (found.size() > 1) return cannot(Kind::Conflict, fmt::format("find decision '{}'", id), fmt::format("'{}' and '{}' have one each: name the file that is meant (--file)", found[0].string(), found[1].string()));
  return found.empty() ? from.front().path : found.front();
}

Result<Exception> add_decision(host::Machine& machine, const host::Path& path, const DecisionWish& wish, const Known& known, const trust::PrivateKey* key) {
  const std::string what = fmt::format("except '{}' in '{}'", wish.vulnerability, wish.package);
  const Time now = machine.clock->now();
  if (auto fine = check(wish); !fine) return cannot(what, std::move(fine).error());
  auto expires = end_of(wish.expires, now);
  if (!expires) return cannot(what, std::move(expires).error());
  if (*expires <= now) return cannot(Kind::Invalid, what, fmt::format("its end, {}, has passed", expires->date()));
  TRY_ASSIGN(auto all, read_decisions(*machine.files, path));
  for (const Exception& each : all) {
    if (!holds(each, now) || each.vulnerability != wish.vulnerability || each.package != wish.package || !covers(wish.image, each)) continue;
    const std::string than = each.image == wish.image ? "holds until " + each.expires.date() : "is about " + scope_of(each) + " alone, and this one would widen it";
    return cannot(Kind::Conflict, what, fmt::format("decision {} of '{}' {}; revoke it first (`ashlar except revoke {}`)", each.id, each.owner, than, each.id));
  }
  Exception fresh{.id = next_id(all), .vulnerability = wish.vulnerability, .package = wish.package, .image = wish.image, .owner = wish.owner, .reason = wish.reason, .created = now, .expires = *expires,
                  .severity = known.severity, .exploited = known.exploited, .fixed_in = known.fixed_in};
  if (key != nullptr) TRY(sign(fresh, *key));
  all.push_back(fresh);
  TRY(machine.files->write(path, to_pretty(scan::to_json(all))));
  return fresh;
}

Result<Exception> sign_decision(host::Machine& machine, const host::Path& path, const std::string& id, const trust::PrivateKey& key) {
  const std::string what = fmt::format("sign '{}'", id);
  TRY_ASSIGN(auto all, read_decisions(*machine.files, path));
  const auto found = std::ranges::find(all, id, &Exception::id);
  if (found == all.end()) return cannot(Kind::NotFound, what, fmt::format("'{}' has no such decision; {}", path.string(), ids_of(all)));
  if (found->revoked) return cannot(Kind::Conflict, what, fmt::format("it was revoked on {}", found->revoked->date()));
  TRY(sign(*found, key));
  TRY(machine.files->write(path, to_pretty(scan::to_json(all))));
  return *found;
}

Result<Exception> revoke_decision(host::Machine& machine, const host::Path& path, const std::string& id) {
  const std::string what = fmt::format("revoke '{}'", id);
  TRY_ASSIGN(auto all, read_decisions(*machine.files, path));
  const auto found = std::ranges::find(all, id, &Exception::id);
  if (found == all.end()) return cannot(Kind::NotFound, what, fmt::format("'{}' has no such decision; {}", path.string(), ids_of(all)));
  if (found->revoked) return cannot(Kind::Conflict, what, fmt::format("it was revoked on {}", found->revoked->date()));
  found->revoked = machine.clock->now();
  TRY(machine.files->write(path, to_pretty(scan::to_json(all))));
  return *found;
}

}  // namespace ashlar::pipeline
