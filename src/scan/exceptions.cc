#include "scan/exceptions.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/shell.h"
#include "scan/identity.h"
#include "scan/inner/vulnerabilities.h"
#include "trust/record.h"

namespace ashlar::scan {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/exceptions/v1";

Result<Time> day_of(const Json& entry, std::string_view key) {
  TRY_ASSIGN(const std::string text, get_string(entry, key));
  auto time = Time::parse(text);
  return time ? time : fail(Kind::Invalid, fmt::format("'{}' is no date: '{}'", key, text));
}

Result<Exception> read_one(const Json& entry) {
  Exception out;
  TRY_ASSIGN(out.id, get_string(entry, "id"));
  TRY_ASSIGN(out.vulnerability, get_string(entry, "vulnerability"));
  TRY_ASSIGN(out.package, get_string_or_empty(entry, "package"));
  TRY_ASSIGN(out.image, get_string_or_empty(entry, "image"));
  TRY_ASSIGN(out.owner, get_string(entry, "owner"));
  TRY_ASSIGN(out.reason, get_string(entry, "reason"));
  TRY_ASSIGN(out.created, day_of(entry, "created"));
  TRY_ASSIGN(out.expires, day_of(entry, "expires"));
  TRY_ASSIGN(const std::string severity, get_string_or_empty(entry, "severity"));
  out.severity = advisory::severity_of(severity);
  TRY_ASSIGN(out.fixed_in, get_string_or_empty(entry, "fixed_in"));
  if (const auto exploited = entry.find("exploited"); exploited != entry.end()) {
    if (!exploited->is_boolean()) return fail(Kind::Invalid, "'exploited' is neither true nor false");
    out.exploited = exploited->get<bool>();
  }
  if (entry.contains("revoked")) {
    TRY_ASSIGN(out.revoked, day_of(entry, "revoked"));
  }
  if (const auto signatures = entry.find("signatures"); signatures != entry.end()) {
    TRY_ASSIGN(out.signatures, trust::read_signatures(*signatures));
  }
  for (const auto& [key, value] : {std::pair("id", &out.id), {"vulnerability", &out.vulnerability}, {"owner", &out.owner}, {"reason", &out.reason}}) {
    if (value->find_first_not_of(" \t\n") == std::string::npos) return fail(Kind::Invalid, fmt::format("'{}' is empty: a decision has an owner and a reason", key));
  }
  if (out.expires <= out.created) return fail(Kind::Invalid, "it ends before it was made");
  return out;
}

}  // namespace

Result<std::vector<Exception>> read_exceptions(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read exceptions of '{}'", path);
  auto json = parse_json(text, path);
  if (!json) return cannot(what, std::move(json).error());
  if (!json->is_object() || !json->contains("exceptions") || !(*json)["exceptions"].is_array()) return cannot(Kind::Invalid, what, "it has no list 'exceptions'");
  if (const auto found = get_string_or_empty(*json, "schema"); !found || *found != schema) return cannot(Kind::Invalid, what, fmt::format("its 'schema' is not '{}'", schema));
  std::vector<Exception> out;
  std::set<std::string> ids;
  for (const Json& entry : (*json)["exceptions"]) {
    const std::string name = fmt::format("decision {}", out.size() + 1);
    auto one = entry.is_object() ? read_one(entry) : fail(Kind::Invalid, "it is no object");
    if (!one) return cannot(Kind::Invalid, what, fmt::format("{}: {}", name, one.error().message));
    if (!ids.insert(one->id).second) return cannot(Kind::Invalid, what, fmt::format("{}: '{}' is there twice", name, one->id));
    out.push_back(std::move(*one));
  }
  return out;
}

Json to_json(std::span<const Exception> exceptions) {
  Json out = {{"schema", schema}, {"exceptions", Json::array()}};
  for (const Exception& each : exceptions) {
    Json entry = {{"id", each.id}, {"vulnerability", each.vulnerability}};
    if (!each.package.empty()) entry["package"] = each.package;
    if (!each.image.empty()) entry["image"] = each.image;
    entry["owner"] = each.owner;
    entry["reason"] = each.reason;
    entry["created"] = each.created.str();
    entry["expires"] = each.expires.str();
    entry["severity"] = advisory::to_string(each.severity);
    if (each.exploited) entry["exploited"] = true;
    if (!each.fixed_in.empty()) entry["fixed_in"] = each.fixed_in;
    if (each.revoked) entry["revoked"] = each.revoked->str();
    if (!each.signatures.empty()) entry["signatures"] = trust::signatures_json(each.signatures);
    out["exceptions"].push_back(std::move(entry));
  }
  return out;
}

Json signed_part(const Exception& exception) {
  Json out = to_json(std::span(&exception, 1))["exceptions"][0];
  out.erase("revoked");
  out.erase("signatures");
  out["schema"] = schema;
  return out;
}

bool concerns(const Exception& exception, const Finding& finding, const std::vector<std::string>& images) {
  const bool vulnerability = exception.vulnerability == finding.id || std::ranges::find(finding.aliases, exception.vulnerability) != finding.aliases.end();
  const bool package = exception.package.empty() || is_same_name(finding.component.type, exception.package, finding.component.name) || exception.package == finding.component.source;
  return vulnerability && package && (exception.image.empty() || std::ranges::find(images, exception.image) != images.end());
}

std::string lapse(const Exception& exception, const Finding& finding, Time now) {
  if (exception.revoked && *exception.revoked <= now) return fmt::format("was revoked on {}", exception.revoked->date());
  if (exception.expires <= now) return fmt::format("ended on {}", exception.expires.date());
  if (finding.severity > exception.severity) return fmt::format("was made when the severity was {}, it is {} now", advisory::to_string(exception.severity), advisory::to_string(finding.severity));
  if (finding.exploited && !exception.exploited) return fmt::format("was made before it was known to be exploited ({})", finding.exploited->added.date());
  if (!finding.fixed_in.empty() && exception.fixed_in.empty()) return fmt::format("was made when there was no fix, {} is one", finding.fixed_in);
  return {};
}

void apply(std::span<const Exception> exceptions, Time now, const std::vector<std::string>& images, Report& report, const DecisionRules& rules) {
  if (exceptions.empty()) return;
  for (Finding& finding : report.findings) {
    if (finding.status != Status::Affected && finding.status != Status::UnderInvestigation) continue;
    const Vulnerabilities of(finding);
    std::set<std::string> decided;
    const Exception* first = nullptr;  // of those that hold the one that ends first
    for (const Exception& exception : exceptions) {
      if (exception.created > now || !concerns(exception, finding, images)) continue;
      std::string ended = lapse(exception, finding, now);
      bool waits = false;  // for signatures, and for nothing else
      if (ended.empty()) {
        ended = shortfall(rules.exceptions, rules, exception.backing, finding, exception.expires.seconds - exception.created.seconds);
        waits = !ended.empty() && ended == shortfall(rules.exceptions, rules, exception.backing, finding);
      }
      const std::string who = fmt::format("decision {} of '{}'", exception.id, exception.owner);
      finding.proof.push_back({"decision", ended.empty() ? fmt::format("{}, until {}: {}", who, exception.expires.date(), exception.reason) : fmt::format("{} {}", who, ended)});
      if (!ended.empty()) {
        if (waits) finding.proof.push_back({"decision", fmt::format("`ashlar except sign {} --key KEY` ({} {})", shell_word(exception.id), exception.id, ended)});
        finding.reason = fmt::format("open again: {} {}", who, ended);
        continue;
      }
      decided.merge(of.meant_by(exception.vulnerability));
      if (first == nullptr || exception.expires < first->expires) first = &exception;
      if (decided.size() == of.all().size()) break;
    }
    if (first == nullptr) continue;
    if (decided.size() < of.all().size()) {
      finding.proof.push_back({"decision", fmt::format("{} has {} vulnerabilities, and nobody has decided on all of them", finding.id, of.all().size())});
      continue;
    }
    finding.status = Status::Excepted;
    finding.reason = fmt::format("'{}' until {}: {}", first->owner, first->expires.date(), first->reason);
    finding.decided_by = first->owner;
    finding.decided_until = first->expires;
  }
}

}  // namespace ashlar::scan
