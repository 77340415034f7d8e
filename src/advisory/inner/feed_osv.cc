// Records of the OSV schema (1.x), one a document, of any database and ecosystem.
#include <algorithm>

#include <fmt/format.h>

#include "advisory/inner/feed_json.h"
#include "advisory/inner/formats.h"
#include "advisory/inner/osv_ranges.h"

namespace ashlar::advisory {
namespace {

namespace dom = simdjson::dom;

/// Who speaks in a record, by its identifier.
struct Home {
  std::string_view prefix, name;
};
constexpr std::array homes = {
    Home{"GHSA-", "GitHub"}, Home{"GO-", "Go"}, Home{"PYSEC-", "PyPA"}, Home{"RUSTSEC-", "RustSec"}, Home{"DEBIAN-", "Debian"}, Home{"DSA-", "Debian"}, Home{"DLA-", "Debian"},
    Home{"UBUNTU-", "Ubuntu"}, Home{"USN-", "Ubuntu"}, Home{"ALPINE-", "Alpine"}, Home{"RHSA-", "Red Hat"}, Home{"BELL-", "BellSoft"}, Home{"CGA-", "Chainguard"}, Home{"PSF-", "Python"},
};

class OsvReader {
 public:
  OsvReader(const Document& document, const FeedSettings& settings, Intake& intake) : document_(document), settings_(settings), intake_(intake), record_(document, 0) {}

  Done read() {
    dom::parser parser;
    TRY_ASSIGN(const dom::element element, parse_document(parser, document_));
    TRY_ASSIGN(const dom::object top, record_.object(element, "the record"));
    TRY_ASSIGN(const std::string_view id, record_.required_text(top, "id"));
    if (!is_name(id)) return record_.fault(fmt::format("'id' is no identifier: '{}'", shown(id)));
    record_.call(id);
    out_.id = id;
    by_ = settings_.publisher;
    for (const Home& home : homes) {
      if (id.starts_with(home.prefix)) by_ = home.name;
    }
    TRY(read_times(top));
    TRY(read_names(top));
    TRY(read_ratings(top, "the record"));
    TRY(record_.each(top, "affected", [&](dom::element affected) { return read_affected(affected); }));
    if (out_.affected.empty()) intake_.note("records that name no package whose versions can be compared", out_.id);
    intake_.add(std::move(out_));
    return {};
  }

 private:
  /// Go writes the year 1 where it has no time.
  static std::optional<Time> known(std::optional<Time> time) { return time && time->seconds > 0 ? time : std::nullopt; }

  Done read_times(dom::object top) {
    TRY_ASSIGN(const auto modified, record_.time(top, "modified"));
    TRY_ASSIGN(const auto published, record_.time(top, "published"));
    TRY_ASSIGN(const auto withdrawn, record_.time(top, "withdrawn"));
    if (!modified) return record_.fault("'modified' is missing");
    out_.modified = known(modified);
    out_.published = known(published);
    out_.withdrawn = withdrawn;
    if (!out_.modified) return {};
    if (auto done = check_date(document_, 0, *out_.modified, settings_, intake_); !done) return record_.fault(fmt::format("it is dated {}, which is later than now", out_.modified->str()));
    return {};
  }

  Done read_names(dom::object top) {
    for (const std::string_view key : {"aliases", "upstream"}) {  // `related` names others
      TRY_ASSIGN(std::vector<std::string> names, record_.texts(top, key));
      for (std::string& name : names) {
        if (!is_name(name)) return record_.fault(fmt::format("'{}' has '{}', which is no identifier", key, shown(name)));
        if (name != out_.id && std::find(out_.aliases.begin(), out_.aliases.end(), name) == out_.aliases.end()) out_.aliases.push_back(std::move(name));
      }
    }
    TRY_ASSIGN(const std::string_view summary, record_.text_or_empty(top, "summary"));
    TRY_ASSIGN(const std::string_view details, record_.text_or_empty(top, "details"));
    out_.summary = one_line(summary.empty() ? details : summary);
    return record_.each(top, "references", [&](dom::element element) -> Done {
      TRY_ASSIGN(const dom::object reference, record_.object(element, "a reference"));
      TRY_ASSIGN(const std::string_view url, record_.text_or_empty(reference, "url"));
      if (!url.empty()) out_.references.emplace_back(url);  // Docker's records have empty ones: nothing is lost with them
      return {};
    });
  }

  void add_rating(Rating rating) {
    if (std::find(out_.ratings.begin(), out_.ratings.end(), rating) == out_.ratings.end()) out_.ratings.push_back(std::move(rating));
  }

  /// `severity` (vectors) and `database_specific.severity` (a word), of the record or of one of its packages.
  Done read_ratings(dom::object object, std::string_view what) {
    TRY(record_.each(object, "severity", [&](dom::element element) -> Done {
      TRY_ASSIGN(const dom::object severity, record_.object(element, "a severity"));
      TRY_ASSIGN(const std::string_view type, record_.required_text(severity, "type"));
      TRY_ASSIGN(const std::string_view score, record_.required_text(severity, "score"));
      if (type.starts_with("CVSS_")) {
        if (severity_of_cvss(score) == Severity::Unknown) intake_.note("vectors of CVSS that are none", out_.id);
        add_rating({severity_of_cvss(score), by_, std::string(score)});
      } else {
        if (severity_of(score) == Severity::Unknown) intake_.note(fmt::format("severities of the type '{}' that are not known", shown(type)), out_.id);
        add_rating({severity_of(score), std::string(type), {}});  // `Ubuntu`
      }
      return {};
    }));
    const auto found = record_.find(object, "database_specific");
    if (!found) return {};
    TRY_ASSIGN(const dom::object specific, record_.object(*found, fmt::format("'database_specific' of {}", what)));
    std::string_view word;
    const auto severity = record_.find(specific, "severity");
    if (severity && severity->get(word) == simdjson::SUCCESS && severity_of(word) != Severity::Unknown) add_rating({severity_of(word), by_, {}});
    return {};
  }

  Done read_affected(dom::element element) {
    TRY_ASSIGN(const dom::object object, record_.object(element, "an element of 'affected'"));
    TRY(read_ratings(object, "a package"));
    const auto package = record_.find(object, "package");
    if (!package) {
      intake_.note("ranges of commits without a package", out_.id);
      return {};
    }
    TRY_ASSIGN(const dom::object named, record_.object(*package, "'package'"));
    TRY_ASSIGN(const std::string_view space, record_.required_text(named, "ecosystem"));
    TRY_ASSIGN(const std::string_view name, record_.required_text(named, "name"));
    Affected out;
    out.space = space;
    out.package = canonical_name(space, name);
    const auto grammar = grammar_of(space);
    if (grammar) out.grammar = *grammar;
    size_t ranges = 0;
    TRY(record_.each(object, "ranges", [&](dom::element range) { return read_range(range, out, ranges); }));
    TRY_ASSIGN(out.versions, record_.texts(object, "versions"));
    TRY(read_symbols(object, out));
    if (!grammar) {
      intake_.note(fmt::format("packages of the ecosystem '{}', whose version grammar is not known", shown(space.substr(0, space.find(':')))), out_.id);
      return {};
    }
    if (is_spoken_for(space)) intake_.cover(space);
    if (out.intervals.empty() && out.versions.empty() && ranges == 0) {
      out.stance = Stance::Undetermined;  // named, and nothing said of versions
      intake_.note("packages of which no version is said to be affected", out_.id);
    } else if (out.intervals.empty() && out.versions.empty()) {
      out.stance = Stance::NotAffected;  // every range is cut off by its limit
    }
    out_.affected.push_back(std::move(out));
    return {};
  }

  /// Whether the feed is one of the ecosystem (`space` of its description), in whichever release.
  bool is_spoken_for(std::string_view space) const { return !settings_.space.empty() && space.starts_with(settings_.space) && (space.size() == settings_.space.size() || space[settings_.space.size()] == ':'); }

  /// Adds the range's intervals; `ranges` counts those that say something of versions.
  Done read_range(dom::element element, Affected& out, size_t& ranges) {
    TRY_ASSIGN(const dom::object range, record_.object(element, "a range"));
    TRY_ASSIGN(const std::string_view type, record_.required_text(range, "type"));
    std::vector<OsvEvent> events;
    bool introduced = false;
    TRY(record_.each(range, "events", [&](dom::element one) -> Done {
      TRY_ASSIGN(const dom::object event, record_.object(one, "an event"));
      size_t known = 0;
      for (const auto& [key, kind] : {std::pair{"introduced", OsvEvent::Type::Introduced}, {"fixed", OsvEvent::Type::Fixed}, {"last_affected", OsvEvent::Type::LastAffected},
                                      {"limit", OsvEvent::Type::Limit}}) {
        if (!record_.find(event, key)) continue;
        TRY_ASSIGN(const std::string_view version, record_.required_text(event, key));
        events.push_back({kind, std::string(version)});
        introduced = introduced || kind == OsvEvent::Type::Introduced;
        ++known;
      }
      return known == 1 ? Done{} : record_.fault("an event is none of introduced, fixed, last_affected and limit, or more than one");
    }));
    if (type == "GIT") return {};
    if (type != "SEMVER" && type != "ECOSYSTEM") return record_.fault(fmt::format("unknown type of a range '{}'", shown(type)));
    if (events.empty()) return {};
    if (!introduced) return record_.fault("a range has no event 'introduced'");
    ++ranges;
    OsvIntervals found = intervals_of(out.grammar, std::move(events));
    if (found.repeated) intake_.note(fmt::format("ranges of '{}' that introduce a version twice", shown(out.space)), out_.id);
    if (!found.ordered) intake_.note(fmt::format("ranges of '{}' with a version that is none", shown(out.space)), out_.id);
    out.intervals.insert(out.intervals.end(), std::make_move_iterator(found.intervals.begin()), std::make_move_iterator(found.intervals.end()));
    return {};
  }

  /// Go: `ecosystem_specific.imports`; a path without symbols stands for all of the package: `net/http.*`.
  Done read_symbols(dom::object object, Affected& out) {
    const auto found = record_.find(object, "ecosystem_specific");
    if (!found || !out.space.starts_with("Go")) return {};
    TRY_ASSIGN(const dom::object specific, record_.object(*found, "'ecosystem_specific'"));
    return record_.each(specific, "imports", [&](dom::element element) -> Done {
      TRY_ASSIGN(const dom::object import, record_.object(element, "an import"));
      TRY_ASSIGN(const std::string_view path, record_.required_text(import, "path"));
      TRY_ASSIGN(const std::vector<std::string> symbols, record_.texts(import, "symbols"));
      if (symbols.empty()) out.symbols.push_back(fmt::format("{}.*", path));
      for (const std::string& symbol : symbols) out.symbols.push_back(fmt::format("{}.{}", path, symbol));
      return {};
    });
  }

  const Document& document_;
  const FeedSettings& settings_;
  Intake& intake_;
  JsonRecord record_;
  std::string by_;
  Advisory out_;
};

}  // namespace

Done read_osv(const Document& document, const FeedSettings& settings, Intake& intake) { return OsvReader(document, settings, intake).read(); }

}  // namespace ashlar::advisory
