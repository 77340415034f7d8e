// FIRST's EPSS, CSV: `#model_version:v2025.03.14,score_date:2025-08-25T12:55:00Z`, `cve,epss,percentile`, and a line for each CVE.
#include <charconv>
#include <unordered_set>

#include <fmt/format.h>

#include "advisory/inner/feed_text.h"
#include "advisory/inner/formats.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

/// A decimal from 0 to 1.
bool share_of(std::string_view text, double& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size() && out >= 0 && out <= 1 && text[0] != '-';
}

class EpssReader {
 public:
  EpssReader(const Document& document, const FeedSettings& settings, Intake& intake) : document_(document), settings_(settings), intake_(intake) {}

  Done read() {
    TRY_ASSIGN(const std::string_view text, text_of(document_));
    if (!text.ends_with('\n')) return refused(document_, text.size(), "its last line has no end");
    size_t line = 0;
    for (size_t at = 0; at < text.size(); ++line) {
      const size_t end = text.find('\n', at);
      std::string_view row = text.substr(at, end - at);
      if (row.ends_with('\r')) row.remove_suffix(1);
      if (line == 0) TRY(read_date(at, row));
      else if (line == 1 && row != "cve,epss,percentile") return refused(document_, at, "the columns are not 'cve,epss,percentile'");
      else if (line > 1) TRY(read_row(at, row));
      at = end + 1;
    }
    return seen_.empty() ? refused(document_, "it has no row") : Done{};
  }

 private:
  Done read_date(size_t at, std::string_view row) {
    constexpr std::string_view key = "score_date:";
    const size_t found = row.find(key);
    if (!row.starts_with("#model_version:") || found == std::string_view::npos) return refused(document_, at, "it does not begin with '#model_version:...,score_date:...'");
    const std::string_view written = cut(row.substr(found + key.size()), ',').first;
    const auto date = Time::parse(trim(written));
    if (!date) return refused(document_, at + found, fmt::format("'score_date' is no time: '{}'", shown(written)));
    return check_date(document_, at + found, *date, settings_, intake_);
  }

  Done read_row(size_t at, std::string_view row) {
    const auto [cve, numbers] = cut(row, ',');
    const auto [score, percentile] = cut(numbers, ',');
    const auto fault = [&](std::string_view cause) { return refused(document_, at, fmt::format("record '{}': {}", shown(cve), cause)); };
    if (!is_cve(cve)) return fault("it is no CVE");
    Likelihood out{std::string(cve), 0, 0};
    if (!share_of(score, out.score)) return fault(fmt::format("'{}' is no share from 0 to 1", shown(score)));
    if (!share_of(percentile, out.percentile)) return fault(fmt::format("'{}' is no share from 0 to 1", shown(percentile)));
    if (!seen_.insert(cve).second) return fault("it stands twice");
    intake_.add(std::move(out));
    return {};
  }

  const Document& document_;
  const FeedSettings& settings_;
  Intake& intake_;
  std::unordered_set<std::string_view> seen_;  // of the document's own bytes
};

}  // namespace

Done read_epss(const Document& document, const FeedSettings& settings, Intake& intake) { return EpssReader(document, settings, intake).read(); }

}  // namespace ashlar::advisory
