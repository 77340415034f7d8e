#include "policy/inner/case_facts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 5> image_keys = {"ref", "repository", "digest", "platform", "created"};
constexpr std::array<std::string_view, 12> base_keys = {"repository", "tag", "digest", "layers", "how", "vendor", "vendor-signed", "signed", "created", "supported-until", "selected", "selection-unread"};
constexpr std::array<std::string_view, 8> selected_keys = {"from", "until", "supported-until", "approved-by", "tags", "digest", "repository", "vendor"};
constexpr std::array<std::string_view, 4> scan_keys = {"database", "feeds", "unjudged", "at"};
constexpr std::array<std::string_view, 5> proof_words = {"held", "failed", "not-run", "excused", "inapplicable"};
constexpr std::array<std::string_view, 5> reference_keys = {"repository", "tag", "digest", "vendor", "written"};
constexpr const char* finding_example = "findings: [CVE-2026-1 openssl critical base fixed=3.0.2 kev epss=0.4 published=2026-10-01]";

bool is_flag(const YamlNode& node, std::string_view word) { return node.type == YamlNode::Type::Scalar && node.plain && node.text == word; }

std::vector<std::string_view> names_of(const YamlNode& list) {
  std::vector<std::string_view> out;
  for (const YamlNode& each : list.items) out.push_back(each.text);
  return out;
}

}  // namespace

const YamlNode* CaseFacts::at(std::string_view key) const {
  if (const YamlNode* const own = case_->find(key)) return own;
  return common_ == nullptr ? nullptr : common_->find(key);
}

bool CaseFacts::is_word(std::string_view key, std::string_view word) const {
  const YamlNode* const node = at(key);
  return node != nullptr && node->type == YamlNode::Type::Scalar && node->text == word;
}

std::vector<std::pair<std::string_view, const YamlNode*>> CaseFacts::merged(std::string_view key, std::span<const std::string_view> names) {
  std::vector<std::pair<std::string_view, const YamlNode*>> out;
  for (const YamlNode* each : {case_->find(key), common_ == nullptr ? nullptr : common_->find(key)}) {
    if (each == nullptr || (each->type != YamlNode::Type::Mapping && !out.empty())) continue;
    if (names.empty() ? !mapping(*each) : !known(*each, names)) return out;
    for (const auto& [name, value] : each->members) {
      if (std::ranges::none_of(out, [&](const auto& member) { return member.first == name.text; })) out.emplace_back(name.text, &value);
    }
    // A word in a case's own place speaks for the whole.
    if (each == case_->find(key) && each->type != YamlNode::Type::Mapping) break;
  }
  return out;
}

bool CaseFacts::time(const YamlNode& node, std::optional<Time>& out) {
  const auto read = Time::parse(node.text);
  if (!read) fault(node, read.error().message, "2026-11-24");
  else out = *read;
  return read.has_value();
}

void CaseFacts::read(const YamlNode& node, const YamlNode* common, Case& out) {
  case_ = &node;
  common_ = common;
  if (const YamlNode* const now = at("now")) {
    if (std::optional<Time> read; time(*now, read)) out.now = *read;
  } else {
    fault(node, "'now' is missing: the time at which it is judged", "now: 2026-11-24");
  }
  if (const YamlNode* const environment = at("environment")) out.environment = environment->text;
  read_reference(out);
  read_image(out);
  if (at("base") != nullptr) read_base(out);
  if (const YamlNode* const signature = at("signed")) read_signed(*signature, out.facts.signatures);
  if (at("proofs") != nullptr) read_proofs(out);
  read_scan(out);
}

void CaseFacts::read_image(Case& out) {
  out.facts.ref = "the image";
  if (at("image") == nullptr) return;
  for (const auto& [key, value] : merged("image", image_keys)) {
    if (key == "ref") out.facts.ref = value->text;
    else if (key == "repository") out.facts.repository = value->text;
    else if (key == "digest") out.facts.digest = value->text;
    else if (key == "platform") out.facts.platform = value->text;
    else if (key == "created") time(*value, out.facts.created);
  }
}

void CaseFacts::read_base(Case& out) {
  BaseFacts& base = out.facts.base;
  if (is_word("base", "unknown")) return;
  if (is_word("base", "none")) {
    base.how = BaseFacts::How::None;
    return;
  }
  base.how = BaseFacts::How::Found;
  for (const auto& [key, value] : merged("base", base_keys)) read_base_member(key, *value, out);
  if (base.repository.empty()) fault(*at("base"), "a base has a 'repository', or is 'none' or 'unknown'", "base: {repository: registry.example/base}");
}

void CaseFacts::read_base_member(std::string_view key, const YamlNode& node, Case& out) {
  BaseFacts& base = out.facts.base;
  if (key == "repository") base.repository = node.text;
  else if (key == "tag") base.tags = node.type == YamlNode::Type::Scalar && node.text.empty() ? std::vector<std::string>() : texts(node);
  else if (key == "digest") base.digest = node.text;
  else if (key == "how") base.words = node.text;
  else if (key == "vendor") base.vendor = node.text;
  else if (key == "vendor-signed") read_signed(node, base.vendor_signatures);
  else if (key == "signed") read_signed(node, base.signatures);
  else if (key == "created") time(node, base.created);
  else if (key == "supported-until") time(node, base.supported_until);
  else if (key == "selection-unread") base.selection_unread = node.text;
  else if (key == "selected") read_selected(node, out);
  else if (const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), base.layers); error != std::errc{}) fault(node, fmt::format("'{}' is no number", node.text));
}

void CaseFacts::read_selected(const YamlNode& node, Case& out) {
  if (is_flag(node, "false")) return;
  SelectedBase& selected = out.selected.emplace();
  selected.approved_by = "platform@example.org";
  if (is_flag(node, "true") || !known(node, selected_keys)) return;
  for (const auto& [key, value] : node.members) {
    std::optional<Time> from;
    if (key.text == "from" && time(value, from)) selected.from = *from;
    else if (key.text == "until") time(value, selected.until);
    else if (key.text == "supported-until") time(value, selected.supported_until);
    else if (key.text == "approved-by") selected.approved_by = value.text;
  }
}

void CaseFacts::read_signed(const YamlNode& node, std::optional<VerifyVerdict>& out) {
  if (node.type != YamlNode::Type::Scalar || node.text.empty()) return fault(node, "true, false, unknown or the name of a rule is expected here", "signed: true");
  out.reset();
  if (node.text == "unknown") return;
  out.emplace();
  if (is_flag(node, "false")) {
    out->reasons.push_back({"signed-by", "nothing signs it", false, "sign it"});
    return;
  }
  out->allowed = true;
  if (!is_flag(node, "true")) out->rule = node.text;
  out->reasons.push_back({"signed-by", "it is signed", true, {}});
}

void CaseFacts::read_proofs(Case& out) {
  for (const auto& [key, value] : merged("proofs", {})) {
    const auto word = std::ranges::find(proof_words, value->text);
    if (word == proof_words.end()) {
      fault(*value, fmt::format("'{}' is none of {}", value->text, fmt::join(proof_words, ", ")));
      continue;
    }
    const auto at = word - proof_words.begin();
    using Of = Checked::Answer;
    out.facts.proofs.push_back({.id = std::string(key), .title = {}, .answer = at == 1 ? Of::Failed : at == 2 ? Of::NotRun : Of::Held, .excused = at == 3, .inapplicable = at == 4});
  }
}

void CaseFacts::read_scan(Case& out) {
  const YamlNode *const scan = at("scan"), *const findings = at("findings");
  if ((scan == nullptr && findings == nullptr) || is_word("scan", "none")) return;
  scan::Report& report = out.report.emplace();
  report.now = out.now;
  report.verdict = scan::Verdict::Clean;
  report.coverage.packages = 1;
  report.database.digest = Digest::of("a case's");
  std::vector<std::string_view> feeds = {"kev", "epss"};
  if (scan != nullptr) {
    for (const auto& [key, value] : merged("scan", scan_keys)) {
      std::optional<Time> when;
      if (key == "database" && is_flag(*value, "false")) report.database.digest.reset();
      else if (key == "unjudged") report.verdict = scan::Verdict::Unknown, report.causes.push_back(value->text);
      else if (key == "at" && time(*value, when)) report.now = *when;
      else if (key == "feeds") feeds = names_of(*value);
    }
  }
  for (const std::string_view each : feeds) report.database.feeds.push_back({.name = std::string(each), .format = std::string(each), .digest = Digest::of(each), .dated = report.now, .max_age = 86400});
  if (findings == nullptr) return;
  for (const YamlNode* each : items(*findings, "a list of findings is expected here", finding_example)) read_finding(*each, out);
  if (is_word("ledger", "none")) out.facts.clocks.reset();
}

bool CaseFacts::read_finding_word(std::string_view word, scan::Finding& finding, FindingClock& clock) {
  const auto [key, value] = cut(word, '=');
  const auto moment = [&](std::optional<Time>& out) {
    const auto read = Time::parse(value);
    if (read) out = *read;
    return read.has_value();
  };
  if (word == "base" || word == "app") return finding.owner = word == "base" ? scan::Owner::Base : scan::Owner::App, true;
  if (word == "kev") return finding.exploited.emplace(), true;
  if (word == "unrated") return true;
  if (word == "breached" || word == "in-time") return clock.breached = word == "breached", true;
  if (word == "investigated") return finding.status = scan::Status::UnderInvestigation, true;
  if (word == "not-affected") return finding.status = scan::Status::NotAffected, true;
  if (key == "fixed") return finding.fixed_in = value, !value.empty();
  if (key == "source") return finding.component.source = value, !value.empty();
  if (key == "published") return moment(finding.published);
  if (key == "seen") return moment(clock.first_seen);
  if (key == "epss") {
    double& score = finding.likelihood.emplace().score;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), score);
    return error == std::errc{} && end == value.data() + value.size();
  }
  if (key == "excepted") {
    const auto [owner, until] = cut(value, '@');
    finding.status = scan::Status::Excepted;
    finding.reason = fmt::format("'{}' until {}: accepted", owner, until);
    return !owner.empty() && Time::parse(until).has_value();
  }
  if (key == "expired") {
    finding.reason = fmt::format("open again: the exception of '{}' has expired", value);
    return !value.empty();
  }
  finding.severity = advisory::severity_of(word);
  return finding.severity != advisory::Severity::Unknown;
}

void CaseFacts::read_finding(const YamlNode& node, Case& out) {
  const auto parts = words(node.text);
  if (node.type != YamlNode::Type::Scalar || parts.size() < 2) return fault(node, "a finding is its identifier, its package and what else is known of it", finding_example);
  scan::Finding finding{.id = std::string(parts[0])};
  finding.component.name = parts[1];
  FindingClock clock;
  for (const std::string_view word : std::span(parts).subspan(2)) {
    if (!read_finding_word(word, finding, clock)) fault(node, fmt::format("'{}' says nothing of a finding", word), finding_example);
  }
  if (clock.first_seen || clock.breached) {
    if (!out.facts.clocks) out.facts.clocks.emplace();
    (*out.facts.clocks)[{finding.id, finding.component.source.empty() ? finding.component.name : finding.component.source}] = clock;
  }
  if (finding.status == scan::Status::Affected && out.report->verdict == scan::Verdict::Clean) out.report->verdict = scan::Verdict::Affected;
  out.report->findings.push_back(std::move(finding));
}

void CaseFacts::read_reference(Case& out) {
  if (at("reference") == nullptr) return;
  NamedReference& reference = out.reference.emplace();
  for (const auto& [key, value] : merged("reference", reference_keys)) {
    if (key == "repository") reference.repository = value->text;
    else if (key == "tag") reference.tag = value->text;
    else if (key == "digest") reference.digest = value->text;
    else if (key == "vendor") reference.vendor = value->text;
    else reference.written = value->text;
  }
  if (reference.repository.empty()) fault(*at("reference"), "a reference has a 'repository'", "reference: {repository: registry.example/base, tag: '1'}");
  if (reference.written.empty()) reference.written = reference.repository + (reference.tag.empty() ? "" : ":" + reference.tag) + (reference.digest.empty() ? "" : "@" + reference.digest);
  const YamlNode* const selection = at("selection");
  if (selection == nullptr) return;
  Selection& list = out.selection.emplace();
  for (const YamlNode* each : items(*selection, "a list of bases is expected here", "selection: [{repository: registry.example/base, tags: ['1'], from: 2026-01-01}]")) {
    read_selected(*each, out);
    if (!out.selected) continue;
    SelectedBase base = std::move(*out.selected);
    out.selected.reset();
    base.repository = text(*each, "repository");
    base.tags = texts(*each, "tags");
    base.digest = text(*each, "digest");
    list.bases.push_back(std::move(base));
  }
}

}  // namespace ashlar::policy
