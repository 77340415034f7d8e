#include "attest/support.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "attest/dated.h"

namespace ashlar::attest {

Predicate support(const SupportSaid& said) {
  Json out = {{"image", said.image}};
  if (said.from) out["from"] = said.from->str();
  if (said.until) out["until"] = said.until->str();
  if (said.rebuilt_at_latest > 0) out["rebuilt_at_latest"] = said.rebuilt_at_latest;
  if (!said.sla.empty()) out["sla"] = said.sla;
  if (said.promised) out["promised"] = said.promised->str();
  if (said.published) out["published"] = said.published->str();
  return {std::string(support_uri), to_compact(out)};
}

Result<SupportSaid> read_support(const Json& predicate) {
  TRY(check_predicate(support_uri, predicate));
  SupportSaid out{.image = predicate["image"]};
  for (const auto& [name, time] : {std::pair("from", &out.from), {"until", &out.until}, {"promised", &out.promised}, {"published", &out.published}}) {
    if (!predicate.contains(name)) continue;
    TRY_ASSIGN(*time, Time::parse(predicate[name].get<std::string>()));
  }
  if (out.from && out.until && *out.until <= *out.from) return fail(Kind::Invalid, "support ends before it begins");
  if (predicate.contains("rebuilt_at_latest")) {
    if (!predicate["rebuilt_at_latest"].is_number_integer() || predicate["rebuilt_at_latest"].get<std::int64_t>() <= 0) return fail(Kind::Invalid, "'rebuilt_at_latest' is no number of seconds");
    out.rebuilt_at_latest = predicate["rebuilt_at_latest"];
  }
  out.sla = predicate.value("sla", "");
  return out;
}

std::optional<Time> due_again(const SupportSaid& said) {
  const auto since = said.published ? said.published : said.promised;
  if (said.rebuilt_at_latest <= 0 || !since) return std::nullopt;
  return Time{since->seconds + said.rebuilt_at_latest};
}

std::vector<size_t> last_words(std::span<const Promise> promises, Time now) {
  const auto said_at = [](const Promise& each) { return each.said.promised ? each.said.promised : each.signed_at; };
  const auto has_begun = [&](const Promise& each) { return !each.said.from || *each.said.from <= now; };
  const auto ends_before = [](const Promise& a, const Promise& b) { return a.said.until && (!b.said.until || *a.said.until < *b.said.until); };
  const auto rules_over = [&](const Promise& a, const Promise& b) {
    if (has_begun(a) != has_begun(b)) return has_begun(a);
    return said_at(a) != said_at(b) ? said_at(b) < said_at(a) : ends_before(a, b);
  };
  std::map<std::string, size_t> last;
  for (size_t at = 0; at < promises.size(); ++at) {
    if (const auto when = said_at(promises[at]); when && is_to_come(*when, now)) continue;
    const auto [found, fresh] = last.emplace(promises[at].party, at);
    if (!fresh && rules_over(promises[at], promises[found->second])) found->second = at;
  }
  std::vector<size_t> out;
  for (const auto& [party, at] : last) out.push_back(at);
  std::ranges::sort(out);
  return out;
}

}  // namespace ashlar::attest
