// Debian's security tracker: `{"<source package>": {"<CVE or TEMP>": {"releases": {"<code name>": {"status": ...}}}}}`, in one line of 70 MB.
//
// simdjson's on-demand reader walks the two outer levels, of which it checks every byte; each record is then parsed whole, so that nothing is passed over
// unchecked and no more than one record is held. An advisory is one source package's part of a CVE: others with the same identifier may follow.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "advisory/inner/feed_json.h"
#include "advisory/inner/formats.h"
#include "deb/version.h"

namespace ashlar::advisory {
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;

constexpr std::array<std::string_view, 6> urgencies = {"unimportant", "low", "medium", "high", "not yet assigned", "end-of-life"};

class TrackerReader {
 public:
  TrackerReader(const Document& document, const FeedSettings& settings, Intake& intake) : document_(document), settings_(settings), intake_(intake) {}

  Done read() {
    if (settings_.releases.empty()) return cannot(Kind::Invalid, fmt::format("read feed '{}'", document_.path), "its description has no 'releases'");
    if (document_.bytes.size() > max_document) return refused(document_, "it is larger than 512 MiB");
    auto done = walk();
    if (done) return done;
    // Where the whole is no JSON, the walk may have met what stands behind it: then that is the fault, and nothing else.
    if (const auto at = json_fault(as_text(document_.bytes))) return refused(document_, *at, "it is no valid JSON here");
    return done;
  }

 private:
  Done walk() {
    ondemand::parser walker;
    const simdjson::padded_string_view padded(document_.bytes.data(), document_.bytes.size(), document_.bytes.size() + simdjson::SIMDJSON_PADDING);
    ondemand::document whole;
    if (walker.allocate(document_.bytes.size(), max_json_depth) != simdjson::SUCCESS) return refused(document_, "there is no memory to read it");
    if (walker.iterate(padded).get(whole) != simdjson::SUCCESS) return broken();
    ondemand::object packages;
    if (whole.get_object().get(packages) != simdjson::SUCCESS) return broken();
    for (auto field : packages) {
      std::string_view name;
      ondemand::object records;
      if (field.error() != simdjson::SUCCESS || field.unescaped_key().get(name) != simdjson::SUCCESS) return broken();
      const std::string package(name);
      if (field.value().get_object().get(records) != simdjson::SUCCESS) return broken(fmt::format("source package '{}' is no object", shown(package)));
      if (!is_name(package)) return broken(fmt::format("'{}' is no name of a source package", shown(package)));
      if (!packages_.insert(package).second) return broken(fmt::format("source package '{}' stands twice", shown(package)));
      TRY(read_package(package, records));
    }
    if (whole.current_location().error() != simdjson::OUT_OF_BOUNDS) return broken();  // something stands behind it
    if (records_ == 0) return refused(document_, "it has no record");
    for (const auto& [name, release] : settings_.releases) {
      if (seen_.contains(name)) intake_.cover("Debian:" + release);
    }
    return {};
  }

  /// No JSON at all, or JSON of another shape.
  std::unexpected<Error> broken(std::string_view cause = "it is no object of source packages") const { return refused(document_, cause); }

  Done read_package(const std::string& package, ondemand::object& records) {
    std::vector<std::string> ids;
    for (auto field : records) {
      std::string_view key, json;
      ondemand::object record;
      if (field.error() != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS) return broken();
      ids.emplace_back(key);
      if (field.value().get_object().get(record) != simdjson::SUCCESS || record.raw_json().get(json) != simdjson::SUCCESS)
        return broken(fmt::format("record '{}' of '{}' is no object", shown(ids.back()), shown(package)));
      TRY(read_record(package, ids.back(), json));
    }
    records_ += ids.size();
    for (auto& [release, version] : newest_) intake_.add(Newest{"Debian:" + release, package, std::move(version)});
    newest_.clear();
    std::sort(ids.begin(), ids.end());
    const auto twice = std::adjacent_find(ids.begin(), ids.end());
    return twice == ids.end() ? Done{} : broken(fmt::format("record '{}' of '{}' stands twice", shown(*twice), shown(package)));
  }

  Done read_record(const std::string& package, const std::string& id, std::string_view json) {
    const JsonRecord record(document_, static_cast<size_t>(json.data() - as_text(document_.bytes).data()), fmt::format("{} of {}", id, package));
    if (!is_name(id)) return record.fault("its name is no identifier");
    TRY_ASSIGN(const dom::element element, parse_part(parser_, document_, json));
    TRY_ASSIGN(const dom::object fields, record.object(element, "the record"));
    Advisory out;
    out.id = id;
    TRY_ASSIGN(const std::string_view description, record.text_or_empty(fields, "description"));
    out.summary = one_line(description);
    if (const auto bug = record.find(fields, "debianbug")) {
      std::uint64_t number = 0;
      if (bug->get(number) != simdjson::SUCCESS) return record.fault("'debianbug' is no number");
      out.references.push_back(fmt::format("https://bugs.debian.org/{}", number));
    }
    const auto found = record.find(fields, "releases");
    if (!found) return record.fault("'releases' is missing");
    TRY_ASSIGN(const dom::object releases, record.object(*found, "'releases'"));
    for (const auto release : releases) {
      // Releases that nobody asked for are read as well: a fault in them is a fault of the feed.
      TRY_ASSIGN(Affected affected, read_release(record, release.key, release.value));
      const auto number = settings_.releases.find(std::string(release.key));
      if (number == settings_.releases.end()) {
        intake_.note(fmt::format("release '{}' is none of the description's", release.key), id);
        continue;
      }
      if (number->second.empty()) continue;
      seen_.insert(number->first);
      TRY(read_repositories(record, release.key, release.value, number->second));
      affected.space = "Debian:" + number->second;
      affected.package = package;
      out.affected.push_back(std::move(affected));
    }
    intake_.add(std::move(out));
    return {};
  }

  /// `repositories`: what the release's suites have, `{"trixie": "3.5.1-1", "trixie-security": "3.5.1-1+deb13u1"}`.
  Done read_repositories(const JsonRecord& record, std::string_view name, dom::element element, const std::string& release) {
    const auto fault = [&](std::string_view cause) { return record.fault(fmt::format("release '{}': {}", shown(name), cause)); };
    TRY_ASSIGN(const dom::object fields, record.object(element, "a release"));
    const auto found = record.find(fields, "repositories");
    if (!found) return {};
    TRY_ASSIGN(const dom::object suites, record.object(*found, "'repositories'"));
    for (const auto suite : suites) {
      std::string_view version;
      if (suite.value.get(version) != simdjson::SUCCESS || !is_version(Grammar::Dpkg, version)) return fault(fmt::format("the version in suite '{}' is none", shown(suite.key)));
      std::string& newest = newest_[release];
      if (newest.empty() || deb::compare_versions(newest, version) < 0) newest = version;
    }
    return {};
  }

  Result<Affected> read_release(const JsonRecord& record, std::string_view name, dom::element element) const {
    const auto fault = [&](std::string_view cause) { return record.fault(fmt::format("release '{}': {}", shown(name), cause)); };
    TRY_ASSIGN(const dom::object fields, record.object(element, "a release"));
    Affected out;
    out.grammar = Grammar::Dpkg;
    TRY_ASSIGN(const std::string_view status, record.required_text(fields, "status"));
    TRY_ASSIGN(const std::string_view fixed, record.text_or_empty(fields, "fixed_version"));
    TRY_ASSIGN(std::string_view urgency, record.text_or_empty(fields, "urgency"));
    if (!fixed.empty() && !is_version(Grammar::Dpkg, fixed)) return fault(fmt::format("'fixed_version' is no version: '{}'", shown(fixed)));
    if (status == "resolved") {
      if (fixed.empty()) return fault("it is resolved and has no 'fixed_version'");
      if (fixed == "0") out.stance = Stance::NotAffected;
      else out.intervals.push_back({{}, std::string(fixed), {}});
    } else if (status == "open") {
      if (fixed == "0") return fault("it is open and was never affected");
      out.intervals.push_back({{}, std::string(fixed), {}});
    } else if (status == "undetermined") {
      out.stance = Stance::Undetermined;
    } else {
      return fault(fmt::format("unknown status '{}'", shown(status)));
    }
    while (urgency.ends_with('*')) urgency.remove_suffix(1);  // who said so: one star for NVD, two for an automatic guess
    if (!urgency.empty() && std::find(urgencies.begin(), urgencies.end(), urgency) == urgencies.end()) return fault(fmt::format("unknown urgency '{}'", shown(urgency)));
    out.urgency = urgency;
    TRY_ASSIGN(const std::string_view nodsa, record.text_or_empty(fields, "nodsa"));
    TRY_ASSIGN(const std::string_view reason, record.text_or_empty(fields, "nodsa_reason"));
    if (urgency == "end-of-life") out.remark = "end-of-life";
    if (nodsa.empty() && reason.empty()) return out;
    if (!out.remark.empty()) out.remark += "; ";
    out.remark += reason.empty() ? "no-dsa" : std::string(reason);
    if (const std::string text = one_line(nodsa); !text.empty()) out.remark += ": " + text;
    return out;
  }

  const Document& document_;
  const FeedSettings& settings_;
  Intake& intake_;
  dom::parser parser_;
  std::set<std::string, std::less<>> packages_, seen_;
  std::map<std::string, std::string> newest_;  ///< of the package, by release
  size_t records_ = 0;
};

}  // namespace

Done read_debian_tracker(const Document& document, const FeedSettings& settings, Intake& intake) { return TrackerReader(document, settings, intake).read(); }

}  // namespace ashlar::advisory
