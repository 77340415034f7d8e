#include "pipeline/check_forms.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"

namespace ashlar::pipeline {
namespace {

using workload::Level;
using workload::Remark;

/// Without `./`, and with slashes, as tools compare it with their own lists.
std::string place(const CheckedFile& file) { return file.path.lexically_normal().generic_string(); }

/// The same as a relative reference (RFC 3986): other bytes than unreserved ones and slashes in percents.
std::string uri(const CheckedFile& file) {
  std::string out;
  for (const char c : place(file)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 0x80 && std::isalnum(byte) != 0) || c == '/' || c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

/// Where a file that cannot be read is wrong: its faults, or the message alone.
struct Broken {
  int line = 1, column = 1;
  std::string message;
};
std::vector<Broken> broken(const CheckedFile& file) {
  if (file.error.message.empty()) return {};
  std::vector<Broken> out;
  for (const Fault& each : file.error.faults) out.push_back({std::max(each.line, 1), std::max(each.column, 1), each.hint.empty() ? each.message : fmt::format("{}: {}", each.message, each.hint)});
  if (out.empty()) out.push_back({1, 1, file.error.message});
  return out;
}
constexpr std::string_view syntax_rule = "syntax";

std::string sentence(const Remark& remark) { return remark.remedy.empty() ? remark.message : fmt::format("{}; {}", remark.message, remark.remedy); }

std::string plural(std::size_t count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

Json finding_json(const FileFinding& each) {
  const Remark& remark = each.remark;
  return {{"rule", remark.rule->id}, {"level", workload::to_string(remark.rule->level)}, {"line", remark.span.line}, {"column", remark.span.column}, {"message", remark.message}, {"why", remark.rule->why},
          {"fix", remark.remedy}, {"mends", !remark.edits.empty()}, {"fingerprint", each.fingerprint}};
}

Json reference_json(const ReferenceAnswer& each) {
  Json reasons = Json::array();
  for (const policy::Reason& reason : each.verdict.reasons) reasons.push_back({{"answer", policy::to_string(reason.answer)}, {"rule", reason.rule}, {"what", reason.what}, {"why", reason.why}, {"remedy", reason.remedy}});
  return {{"where", each.use.where}, {"written", each.use.written}, {"image", each.use.image ? each.use.image->str() : ""}, {"line", each.use.span.line}, {"column", each.use.span.column},
          {"verdict", policy::to_string(each.verdict.answer)}, {"rule", each.verdict.rule}, {"pending", each.verdict.pending}, {"reasons", std::move(reasons)}};
}

bool any_not_allowed(const CheckedFiles& checked) {
  return std::ranges::any_of(checked.files, [](const CheckedFile& file) { return std::ranges::any_of(file.references, [](const ReferenceAnswer& each) { return each.verdict.answer != policy::Answer::Allowed; }); });
}

std::string summary(const CheckedFiles& checked) {
  std::array<std::size_t, 3> counts{};
  std::size_t old = 0, silenced = 0, mended = 0, unread = 0;
  for (const CheckedFile& file : checked.files) {
    for (const FileFinding& each : file.findings) ++counts[static_cast<std::size_t>(each.remark.rule->level)];
    old += file.old, silenced += file.silenced, mended += file.mended.size(), unread += file.error.message.empty() ? 0 : 1;
  }
  std::string out = fmt::format("{}: {}, {}, {}", plural(checked.files.size(), "file"), plural(counts[2], "error"), plural(counts[1], "warning"), plural(counts[0], "note"));
  if (unread > 0) out += fmt::format("; {} cannot be read", unread);
  if (mended > 0) out += fmt::format("; {} mended", mended);
  if (old > 0) out += fmt::format("; {} old", old);
  if (silenced > 0) out += fmt::format("; {} silenced", silenced);
  if (checked.judged) out += fmt::format("; references: {}{}", policy::to_string(checked.answer), checked.answer == policy::Answer::Allowed && any_not_allowed(checked) ? ", but for old ones" : "");
  return out;
}

}  // namespace

std::string check_text(const CheckedFiles& checked, const CheckForm& form) {
  std::string out;
  for (const CheckedFile& file : checked.files) {
    if (!file.error.message.empty() && file.error.faults.empty()) out += fmt::format("{}: {}\n", visible(file.path.string()), file.error.message);
    for (const Fault& each : file.error.faults) out += to_string(each) + "\n";
    for (const Remark& each : file.mended) out += fmt::format("{}:{}:{}: mended {}: {}\n", visible(file.path.string()), each.span.line, each.span.column, each.rule->id, each.message);
    for (const FileFinding& each : file.findings) {
      const Remark& remark = each.remark;
      out += fmt::format("{}:{}:{}: {} {}: {}\n", visible(file.path.string()), remark.span.line, remark.span.column, workload::to_string(remark.rule->level), remark.rule->id, remark.message);
      if (form.everything) out += fmt::format("    {}\n", remark.rule->why);
      if (!remark.remedy.empty()) out += fmt::format("    fix: {}\n", remark.remedy);
    }
  }
  return out + summary(checked) + "\n";
}

std::string check_json(const CheckedFiles& checked, const CheckForm& form) {
  Json files = Json::array();
  for (const CheckedFile& file : checked.files) {
    Json findings = Json::array(), references = Json::array(), mended = Json::array(), errors = Json::array();
    for (const FileFinding& each : file.findings) findings.push_back(finding_json(each));
    for (const ReferenceAnswer& each : file.references) references.push_back(reference_json(each));
    for (const Remark& each : file.mended) mended.push_back({{"rule", each.rule->id}, {"line", each.span.line}, {"column", each.span.column}, {"message", each.message}});
    for (const Broken& each : broken(file)) errors.push_back({{"line", each.line}, {"column", each.column}, {"message", each.message}});
    files.push_back({{"path", file.path.string()}, {"kind", workload::to_string(file.kind)}, {"findings", std::move(findings)}, {"references", std::move(references)}, {"mended", std::move(mended)},
                     {"silenced", file.silenced}, {"old", file.old}, {"errors", std::move(errors)}});
  }
  Json out = {{"schema", "https://ashlar.dev/check/v1"}, {"allowed", form.allowed}, {"verdict", checked.judged ? Json(policy::to_string(checked.answer)) : Json(nullptr)}, {"policy", form.policy}, {"environment", form.environment}};
  out["files"] = std::move(files);
  return to_pretty(out);
}

std::string check_sarif(const CheckedFiles& checked, const CheckForm& form) {
  std::map<std::string_view, std::size_t> index;
  Json rules = Json::array(), results = Json::array(), notifications = Json::array();
  for (const workload::Rule& each : workload::rules()) {
    index.emplace(each.id, rules.size());
    rules.push_back({{"id", each.id}, {"shortDescription", {{"text", each.what}}}, {"fullDescription", {{"text", each.why}}}, {"defaultConfiguration", {{"level", workload::to_string(each.level)}}}});
  }
  const auto location = [](const CheckedFile& file, int line, int column) {
    return Json{{"physicalLocation", {{"artifactLocation", {{"uri", uri(file)}}}, {"region", {{"startLine", line}, {"startColumn", column}}}}}};
  };
  for (const CheckedFile& file : checked.files) {
    for (const Broken& each : broken(file)) notifications.push_back({{"level", "error"}, {"message", {{"text", each.message}}}, {"locations", Json::array({location(file, each.line, each.column)})}});
    for (const FileFinding& each : file.findings) {
      const Remark& remark = each.remark;
      Json result = {{"ruleId", remark.rule->id}, {"ruleIndex", index[remark.rule->id]}, {"level", workload::to_string(remark.rule->level)}, {"message", {{"text", sentence(remark)}}}};
      result["locations"] = Json::array({location(file, remark.span.line, remark.span.column)});
      result["partialFingerprints"] = {{"ashlar/v1", each.fingerprint}};
      if (!remark.edits.empty()) {
        Json replacements = Json::array();
        for (const workload::Edit& edit : remark.edits) replacements.push_back({{"deletedRegion", {{"byteOffset", edit.begin}, {"byteLength", edit.end - edit.begin}}}, {"insertedContent", {{"text", edit.bytes}}}});
        result["fixes"] = Json::array({{{"artifactChanges", Json::array({{{"artifactLocation", {{"uri", uri(file)}}}, {"replacements", std::move(replacements)}}})}}});
      }
      results.push_back(std::move(result));
    }
  }
  Json run = {{"tool", {{"driver", {{"name", "ashlar"}, {"version", ASHLAR_VERSION}, {"informationUri", "https://ashlar.dev"}, {"rules", std::move(rules)}}}}}};
  const bool read = notifications.empty();
  run["invocations"] = Json::array({{{"executionSuccessful", read}, {"toolExecutionNotifications", std::move(notifications)}}});
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = std::move(results);
  run["properties"] = {{"allowed", form.allowed}, {"policy", form.policy}, {"environment", form.environment}};
  return to_pretty({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}});
}

namespace {

/// As GitHub's runner reads the data of a command; of its properties commas and colons, too.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%') out += "%25";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else if (property && c == ':') out += "%3A";
    else if (property && c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

std::string annotation(std::string_view level, const std::string& file, int line, int column, std::string_view title, std::string_view message) {
  return fmt::format("::{} file={},line={},col={},title={}::{}\n", level, escaped(file, true), line, column, escaped(title, true), escaped(message, false));
}

}  // namespace

std::string check_github(const CheckedFiles& checked, const CheckForm&) {
  constexpr std::array<std::string_view, 3> levels = {"notice", "warning", "error"};
  std::string out;
  for (const CheckedFile& file : checked.files) {
    for (const Broken& each : broken(file)) out += annotation("error", place(file), each.line, each.column, syntax_rule, each.message);
    for (const FileFinding& each : file.findings) out += annotation(levels[static_cast<std::size_t>(each.remark.rule->level)], place(file), each.remark.span.line, each.remark.span.column, each.remark.rule->id, sentence(each.remark));
  }
  return out;
}

std::string check_gitlab(const CheckedFiles& checked, const CheckForm&) {
  constexpr std::array<std::string_view, 3> severities = {"info", "minor", "critical"};
  Json out = Json::array();
  const auto add = [&](const CheckedFile& file, int line, std::string_view rule, std::string_view severity, const std::string& words, const std::string& fingerprint) {
    out.push_back({{"description", words}, {"check_name", rule}, {"fingerprint", fingerprint}, {"severity", severity}, {"location", {{"path", place(file)}, {"lines", {{"begin", line}}}}}});
  };
  for (const CheckedFile& file : checked.files) {
    for (const Broken& each : broken(file)) add(file, each.line, syntax_rule, "blocker", each.message, Digest::of(fmt::format("{}\n{}\n{}", syntax_rule, place(file), each.message)).hex().substr(0, 32));
    for (const FileFinding& each : file.findings) add(file, each.remark.span.line, each.remark.rule->id, severities[static_cast<std::size_t>(each.remark.rule->level)], sentence(each.remark), each.fingerprint);
  }
  return to_pretty(out);
}

}  // namespace ashlar::pipeline
