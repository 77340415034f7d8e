// End-of-life dates of a product's releases, as endoflife.date publishes them: a list of cycles (its first API), or an object with `result.releases` (v1).
#include <set>

#include <fmt/format.h>

#include "advisory/inner/feed_json.h"
#include "advisory/inner/formats.h"

namespace ashlar::advisory {
namespace {

namespace dom = simdjson::dom;

/// A date, `true` for what is over or `false` for what has no known end.
struct End {
  bool known = false, over = false;
  std::optional<Time> date{};
};

class EolReader {
 public:
  EolReader(const Document& document, const FeedSettings& settings, Intake& intake) : document_(document), settings_(settings), intake_(intake), record_(document, 0) {}

  Done read() {
    if (settings_.space.empty()) return cannot(Kind::Invalid, fmt::format("read feed '{}'", document_.path), "its description has no 'space'");
    dom::parser parser;
    TRY_ASSIGN(const dom::element element, parse_document(parser, document_));
    dom::array cycles;
    if (element.get(cycles) != simdjson::SUCCESS) {
      TRY_ASSIGN(const dom::object top, record_.object(element, "the document"));
      const auto result = record_.find(top, "result");
      if (!result) return record_.fault("it is neither a list of cycles nor an object with 'result'");
      TRY_ASSIGN(const dom::object product, record_.object(*result, "'result'"));
      const auto releases = record_.find(product, "releases");
      if (!releases) return record_.fault("'releases' is missing");
      TRY_ASSIGN(cycles, record_.array(*releases, "'releases'"));
    }
    for (const dom::element one : cycles) TRY(read_cycle(one));
    record_.call({});
    return seen_.empty() ? record_.fault("it has no cycle") : Done{};
  }

 private:
  Result<End> end_of(dom::object object, std::string_view key) const {
    const auto found = record_.find(object, key);
    End out;
    if (!found) return out;
    out.known = true;
    if (found->get(out.over) == simdjson::SUCCESS) return out;
    TRY_ASSIGN(const std::string_view written, record_.text(*found, fmt::format("'{}'", key)));
    const auto date = Time::parse(written);
    if (!date) return record_.fault(fmt::format("'{}' is neither a date nor true or false: '{}'", key, shown(written)));
    out.date = *date;
    return out;
  }

  Done read_cycle(dom::element element) {
    record_.call(fmt::format("number {}", seen_.size() + 1));
    TRY_ASSIGN(const dom::object object, record_.object(element, "the cycle"));
    const bool first_api = record_.find(object, "cycle").has_value();
    TRY_ASSIGN(const std::string_view name, record_.required_text(object, first_api ? "cycle" : "name"));
    const std::string cycle(name);
    if (!is_name(cycle)) return record_.fault(fmt::format("'{}' is no name of a cycle", shown(cycle)));
    record_.call(cycle);
    if (!seen_.insert(cycle).second) return record_.fault("it stands twice");
    TRY_ASSIGN(const End eol, end_of(object, first_api ? "eol" : "eolFrom"));
    TRY_ASSIGN(const End over, end_of(object, "isEol"));
    TRY_ASSIGN(const End extended, end_of(object, first_api ? "extendedSupport" : "eoesFrom"));
    if (!eol.known && !over.known) return record_.fault(first_api ? "'eol' is missing" : "'eolFrom' and 'isEol' are missing");
    if (!eol.date && !eol.over && !over.over) return {};  // no end is known
    Support out;
    out.space = settings_.space + (settings_.space.find(':') == std::string::npos ? ":" : "") + cycle;
    out.until = eol.date;
    if (extended.date) out.remark = fmt::format("extended support until {}", extended.date->date());
    else if (extended.over) out.remark = "extended support is offered";
    intake_.add(std::move(out));
    return {};
  }

  const Document& document_;
  const FeedSettings& settings_;
  Intake& intake_;
  JsonRecord record_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace

Done read_eol(const Document& document, const FeedSettings& settings, Intake& intake) { return EolReader(document, settings, intake).read(); }

}  // namespace ashlar::advisory
