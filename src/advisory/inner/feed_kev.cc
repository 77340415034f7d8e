// CISA's catalogue of known exploited vulnerabilities, JSON.
#include <set>

#include <fmt/format.h>

#include "advisory/inner/feed_json.h"
#include "advisory/inner/formats.h"

namespace ashlar::advisory {
namespace {

namespace dom = simdjson::dom;

Result<Exploited> read_entry(const JsonRecord& record, dom::object object, const FeedSettings& settings) {
  Exploited out;
  out.cve = record.id();
  TRY_ASSIGN(const auto added, record.time(object, "dateAdded"));
  if (!added) return record.fault("'dateAdded' is missing");
  if (settings.not_after && added->seconds > settings.not_after->seconds + 86400) return record.fault(fmt::format("it was added on {}, which is later than now", added->date()));
  out.added = *added;
  TRY_ASSIGN(out.due, record.time(object, "dueDate"));
  TRY_ASSIGN(const std::string_view ransomware, record.text_or_empty(object, "knownRansomwareCampaignUse"));
  out.ransomware = ransomware == "Known";
  return out;
}

}  // namespace

Done read_kev(const Document& document, const FeedSettings& settings, Intake& intake) {
  dom::parser parser;
  JsonRecord record(document, 0);
  TRY_ASSIGN(const dom::element element, parse_document(parser, document));
  TRY_ASSIGN(const dom::object top, record.object(element, "the catalogue"));
  TRY_ASSIGN(const auto released, record.time(top, "dateReleased"));
  if (!released) return record.fault("'dateReleased' is missing");
  TRY(check_date(document, 0, *released, settings, intake));
  std::set<std::string, std::less<>> seen;
  if (!record.find(top, "vulnerabilities")) return record.fault("'vulnerabilities' is missing");
  TRY(record.each(top, "vulnerabilities", [&](dom::element one) -> Done {
    record.call(fmt::format("number {}", seen.size() + 1));
    TRY_ASSIGN(const dom::object object, record.object(one, "the entry"));
    TRY_ASSIGN(const std::string_view cve, record.required_text(object, "cveID"));
    if (!is_cve(cve)) return record.fault(fmt::format("'cveID' is no CVE: '{}'", shown(cve)));
    record.call(cve);
    if (!seen.emplace(cve).second) return record.fault("it stands twice");
    TRY_ASSIGN(Exploited exploited, read_entry(record, object, settings));
    intake.add(std::move(exploited));
    return {};
  }));
  record.call({});
  const auto count = record.find(top, "count");
  std::uint64_t told = 0;
  if (!count || count->get(told) != simdjson::SUCCESS) return record.fault("'count' is missing or no number");
  if (told != seen.size()) return record.fault(fmt::format("'count' is {}, and there are {} entries", told, seen.size()));
  return seen.empty() ? record.fault("it has no entry") : Done{};
}

}  // namespace ashlar::advisory
