#include "attest/support.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace ashlar::attest {

Predicate support(const SupportSaid& said) {
  Json out = {{"image", said.image}};
  if (said.from) out["from"] = said.from->str();
  if (said.until) out["until"] = said.until->str();
  if (said.rebuilt_at_latest > 0) out["rebuilt_at_latest"] = said.rebuilt_at_latest;
  if (!said.sla.empty()) out["sla"] = said.sla;
  return {std::string(support_uri), to_compact(out)};
}

Result<SupportSaid> read_support(const Json& predicate) {
  TRY(check_predicate(support_uri, predicate));
  SupportSaid out{.image = predicate["image"]};
  if (predicate.contains("from")) {
    TRY_ASSIGN(out.from, Time::parse(predicate["from"].get<std::string>()));
  }
  if (predicate.contains("until")) {
    TRY_ASSIGN(out.until, Time::parse(predicate["until"].get<std::string>()));
  }
  if (out.from && out.until && *out.until <= *out.from) return fail(Kind::Invalid, "support ends before it begins");
  if (predicate.contains("rebuilt_at_latest")) {
    if (!predicate["rebuilt_at_latest"].is_number_integer() || predicate["rebuilt_at_latest"].get<std::int64_t>() <= 0) return fail(Kind::Invalid, "'rebuilt_at_latest' is no number of seconds");
    out.rebuilt_at_latest = predicate["rebuilt_at_latest"];
  }
  out.sla = predicate.value("sla", "");
  return out;
}

}  // namespace ashlar::attest
