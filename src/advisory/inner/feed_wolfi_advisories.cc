// Wolfi's advisories, YAML of the schema 2.x, one source package a document: the newest event of an advisory says how it stands.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "advisory/inner/feed_text.h"
#include "advisory/inner/formats.h"
#include "base/yaml.h"

namespace ashlar::advisory {
namespace {

constexpr YamlLimits limits = {.bytes = size_t{16} << 20, .depth = 16, .nodes = 2'000'000};

/// How an event leaves the package.
struct Outcome {
  std::string_view type;
  Stance stance;
  std::string_view remark;  ///< before the event's own words
};
constexpr std::array outcomes = {
    Outcome{"detection", Stance::Undetermined, "detected, not yet judged"},
    Outcome{"true-positive-determination", Stance::Affected, "confirmed"},
    Outcome{"false-positive-determination", Stance::NotAffected, ""},
    Outcome{"fixed", Stance::Affected, ""},
    Outcome{"fix-not-planned", Stance::Affected, "fix not planned"},
    Outcome{"pending-upstream-fix", Stance::Affected, "pending upstream fix"},
    Outcome{"analysis-not-planned", Stance::Undetermined, "analysis not planned"},
};

class WolfiReader {
 public:
  WolfiReader(const YamlDocument& yaml, const Document& document, const FeedSettings& settings, Intake& intake)
      : yaml_(yaml), document_(document), settings_(settings), intake_(intake), space_(settings.space.empty() ? "Wolfi" : settings.space) {}

  Done read() {
    const YamlNode& root = yaml_.root;
    TRY_ASSIGN(const std::string_view schema, text(root, "schema-version"));
    if (schema != "2" && !schema.starts_with("2.")) return fault(*root.find("schema-version"), fmt::format("schema version '{}' is not 2", shown(schema)));
    const YamlNode* const package = root.find("package");
    if (package == nullptr) return fault(root, "'package' is missing");
    TRY_ASSIGN(const std::string_view name, text(*package, "name"));
    if (!is_name(name)) return fault(*package, fmt::format("'{}' is no name of a package", shown(name)));
    package_ = name;
    const YamlNode* const advisories = root.find("advisories");
    if (advisories == nullptr) return fault(root, "'advisories' is missing");
    if (advisories->type != YamlNode::Type::Sequence && advisories->type != YamlNode::Type::Null) return fault(*advisories, "'advisories' is no list");
    for (const YamlNode& one : advisories->items) TRY(read_advisory(one));
    if (newest_) TRY(check_date(document_, 0, *newest_, settings_, intake_));
    intake_.cover(space_);
    return {};
  }

 private:
  std::unexpected<Error> fault(const YamlNode& node, std::string cause) const {
    const std::string record = id_.empty() ? package_ : fmt::format("{} of {}", id_, package_);
    auto error = cannot(Kind::Corrupt, fmt::format("read feed '{}'", document_.path), fmt::format("line {}: {}{}", node.line, record.empty() ? "" : fmt::format("record '{}': ", shown(record)), cause));
    error.error().faults.push_back(yaml_.fault_at(node, std::move(cause)));
    return error;
  }
  Result<std::string_view> text(const YamlNode& node, std::string_view key) const {
    if (node.type != YamlNode::Type::Mapping) return fault(node, "a mapping is expected here");
    const YamlNode* const found = node.find(key);
    if (found == nullptr) return fault(node, fmt::format("'{}' is missing", key));
    if (found->type != YamlNode::Type::Scalar || found->text.empty()) return fault(*found, fmt::format("'{}' is no text", key));
    return found->text;
  }
  Result<std::string> text_or_empty(const YamlNode* node, std::string_view key) const {
    if (node == nullptr || node->type == YamlNode::Type::Null) return std::string();
    if (node->type != YamlNode::Type::Mapping) return fault(*node, "a mapping is expected here");
    const YamlNode* const found = node->find(key);
    if (found == nullptr || found->type == YamlNode::Type::Null) return std::string();
    if (found->type != YamlNode::Type::Scalar) return fault(*found, fmt::format("'{}' is no text", key));
    return found->text;
  }

  Done read_advisory(const YamlNode& node) {
    id_.clear();
    TRY_ASSIGN(const std::string_view id, text(node, "id"));
    if (!is_name(id)) return fault(node, fmt::format("'{}' is no identifier", shown(id)));
    id_ = id;
    if (!ids_.emplace(id).second) return fault(node, "it stands twice");
    Advisory out;
    out.id = id;
    if (const YamlNode* const aliases = node.find("aliases"); aliases != nullptr && aliases->type != YamlNode::Type::Null) {
      if (aliases->type != YamlNode::Type::Sequence) return fault(*aliases, "'aliases' is no list");
      for (const YamlNode& alias : aliases->items) {
        if (alias.type != YamlNode::Type::Scalar || !is_name(alias.text)) return fault(alias, "an alias is no identifier");
        out.aliases.push_back(alias.text);
      }
    }
    const YamlNode* const events = node.find("events");
    if (events == nullptr || events->type != YamlNode::Type::Sequence || events->items.empty()) return fault(node, "'events' is no list of events");
    const YamlNode* newest = nullptr;
    for (const YamlNode& event : events->items) {
      TRY_ASSIGN(const std::string_view written, text(event, "timestamp"));
      const auto time = Time::parse(written);
      if (!time) return fault(event, fmt::format("'timestamp' is no time: '{}'", shown(written)));
      if (!out.published || *time < *out.published) out.published = *time;
      if (!out.modified || *time >= *out.modified) {  // of two at the same moment the later in the list
        out.modified = *time;
        newest = &event;
      }
      TRY(check_event(event));
    }
    if (!newest_ || *newest_ < *out.modified) newest_ = out.modified;
    TRY_ASSIGN(Affected affected, read_outcome(*newest));
    out.affected.push_back(std::move(affected));
    intake_.add(std::move(out));
    id_.clear();
    return {};
  }

  static const Outcome* outcome_of(std::string_view type) {
    const auto found = std::find_if(outcomes.begin(), outcomes.end(), [&](const Outcome& each) { return each.type == type; });
    return found == outcomes.end() ? nullptr : &*found;
  }

  /// Whether an event, also one that a newer has overtaken, is one that is known and complete.
  Done check_event(const YamlNode& event) const {
    TRY_ASSIGN(const std::string_view type, text(event, "type"));
    if (outcome_of(type) == nullptr) return fault(event, fmt::format("unknown type of an event '{}'", shown(type)));
    const YamlNode* const data = event.find("data");
    if (type != "fixed" && type != "false-positive-determination") return {};
    if (data == nullptr) return fault(event, fmt::format("a '{}' event has no 'data'", type));
    TRY_ASSIGN(const std::string_view value, text(*data, type == "fixed" ? "fixed-version" : "type"));
    if (!is_name(value)) return fault(*data, fmt::format("'{}' is no version", shown(value)));
    return {};
  }

  Result<Affected> read_outcome(const YamlNode& event) const {
    const Outcome& outcome = *outcome_of(event.find("type")->text);
    const YamlNode* const data = event.find("data");
    Affected out;
    out.space = space_;
    out.package = package_;
    out.grammar = Grammar::Apk;
    out.stance = outcome.stance;
    out.remark = outcome.remark;
    if (outcome.type == "fixed") {
      const std::string& version = data->find("fixed-version")->text;
      if (version != "0" && !is_version(Grammar::Apk, version)) intake_.note("fixes in what is no version", id_);
      if (version == "0") out.stance = Stance::NotAffected;
      else out.intervals.push_back({{}, version, {}});
      return out;
    }
    if (out.stance == Stance::Affected) out.intervals.push_back({});
    if (outcome.type == "false-positive-determination") out.remark = data->find("type")->text;
    if (outcome.type == "detection") return out;
    TRY_ASSIGN(const std::string note, text_or_empty(data, "note"));
    if (!note.empty()) out.remark += ": " + one_line(note);
    return out;
  }

  const YamlDocument& yaml_;
  const Document& document_;
  const FeedSettings& settings_;
  Intake& intake_;
  std::string space_, package_, id_;
  std::set<std::string, std::less<>> ids_;
  std::optional<Time> newest_;
};

}  // namespace

Done read_wolfi_advisories(const Document& document, const FeedSettings& settings, Intake& intake) {
  TRY_ASSIGN(const std::string_view text, text_of(document));
  auto yaml = parse_yaml(std::string(text), std::string(document.path), limits);
  if (!yaml) {
    Error error = std::move(yaml.error());
    error.kind = Kind::Corrupt;
    return cannot(fmt::format("read feed '{}'", document.path), std::move(error));
  }
  return WolfiReader(*yaml, document, settings, intake).read();
}

}  // namespace ashlar::advisory
