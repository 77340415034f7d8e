// The secdb of Alpine, Wolfi and Chainguard, JSON: for each source package the version that fixed an advisory, or `0` where none was affected.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "advisory/inner/feed_json.h"
#include "advisory/inner/formats.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

namespace dom = simdjson::dom;

/// What a package's secfixes say of one advisory.
struct Fix {
  std::string id{};
  std::vector<std::string> aliases{};
  std::string version{};
};

class SecdbReader {
 public:
  SecdbReader(const Document& document, const FeedSettings& settings, Intake& intake) : document_(document), settings_(settings), intake_(intake), record_(document, 0) {}

  Done read() {
    dom::parser parser;
    TRY_ASSIGN(const dom::element element, parse_document(parser, document_));
    TRY_ASSIGN(const dom::object top, record_.object(element, "the database"));
    TRY_ASSIGN(const std::string_view release, record_.text_or_empty(top, "distroversion"));
    space_ = settings_.space;
    if (space_.empty() && !release.empty()) space_ = fmt::format("Alpine:{}", release);
    if (space_.empty()) return record_.fault("'distroversion' is missing, and the feed's description has no 'space'");
    if (!is_name(release.empty() ? "x" : release)) return record_.fault(fmt::format("'distroversion' is no release: '{}'", shown(release)));
    if (!record_.find(top, "packages")) return record_.fault("'packages' is missing");
    TRY(record_.each(top, "packages", [&](dom::element one) { return read_package(one); }));
    record_.call({});
    if (packages_.empty()) return record_.fault("it has no package");
    intake_.cover(space_);
    return {};
  }

 private:
  Done read_package(dom::element element) {
    record_.call(fmt::format("package number {}", packages_.size() + 1));
    TRY_ASSIGN(const dom::object outer, record_.object(element, "the package"));
    const auto inner = record_.find(outer, "pkg");
    if (!inner) return record_.fault("'pkg' is missing");
    TRY_ASSIGN(const dom::object package, record_.object(*inner, "'pkg'"));
    TRY_ASSIGN(const std::string_view name, record_.required_text(package, "name"));
    if (!is_name(name)) return record_.fault(fmt::format("'name' is no package's: '{}'", shown(name)));
    record_.call(name);
    if (!packages_.emplace(name).second) return record_.fault("it stands twice");
    const auto found = record_.find(package, "secfixes");
    if (!found) return {};
    TRY_ASSIGN(const dom::object secfixes, record_.object(*found, "'secfixes'"));
    fixes_.clear();
    for (const auto fix : secfixes) {
      const std::string_view version = fix.key;
      if (!is_name(version)) return record_.fault(fmt::format("'{}' is no version", shown(version)));
      if (version != "0" && !is_version(Grammar::Apk, version)) intake_.note("fixes in what is no version", fmt::format("{} {}", name, version));
      if (fix.value.is_null()) continue;
      TRY_ASSIGN(const dom::array ids, record_.array(fix.value, fmt::format("what '{}' fixes", shown(version))));
      for (const dom::element id : ids) {
        TRY_ASSIGN(const std::string_view text, record_.text(id, fmt::format("what '{}' fixes", shown(version))));
        take(name, version, text);
      }
    }
    for (const Fix& fix : fixes_) add(name, fix);
    return {};
  }

  /// `CVE-2019-5747 GHSA-x (+ regression)`: the first word is the advisory, further ones are its other names, what stands in brackets is a remark.
  void take(std::string_view package, std::string_view version, std::string_view text) {
    std::vector<std::string> names;
    for (std::string_view word : words(text.substr(0, text.find('(')))) {
      while (word.ends_with(',') || word.ends_with(';')) word.remove_suffix(1);
      const bool numbered = word.find('-') != std::string_view::npos && word.find_first_of("0123456789") != std::string_view::npos;
      if (word.size() <= 200 && (numbered || word.starts_with("GHSA-") || word.starts_with("CVE-"))) names.emplace_back(word);
    }
    if (names.empty()) return intake_.note("fixes of what has no identifier", fmt::format("{} {}", package, version));
    const auto same = std::find_if(fixes_.begin(), fixes_.end(), [&](const Fix& fix) { return fix.id == names[0]; });
    if (same == fixes_.end()) {
      fixes_.push_back({names[0], {names.begin() + 1, names.end()}, std::string(version)});
      return;
    }
    for (auto name = names.begin() + 1; name != names.end(); ++name) {
      if (std::find(same->aliases.begin(), same->aliases.end(), *name) == same->aliases.end()) same->aliases.push_back(*name);
    }
    // Fixed once more later: the first fix did not suffice.
    const auto order = compare(Grammar::Apk, same->version, version);
    if (same->version == "0" || (version != "0" && order && *order == std::weak_ordering::less)) same->version = version;
  }

  void add(std::string_view package, const Fix& fix) {
    Advisory out;
    out.id = fix.id;
    out.aliases = fix.aliases;
    Affected affected;
    affected.space = space_;
    affected.package = package;
    affected.grammar = Grammar::Apk;
    if (fix.version == "0") affected.stance = Stance::NotAffected;
    else affected.intervals.push_back({{}, fix.version, {}});
    out.affected.push_back(std::move(affected));
    intake_.add(std::move(out));
  }

  const Document& document_;
  const FeedSettings& settings_;
  Intake& intake_;
  JsonRecord record_;
  std::string space_;
  std::set<std::string, std::less<>> packages_;
  std::vector<Fix> fixes_;
};

}  // namespace

Done read_secdb(const Document& document, const FeedSettings& settings, Intake& intake) { return SecdbReader(document, settings, intake).read(); }

}  // namespace ashlar::advisory
