#include "pipeline/inner/check_baseline.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/check-baseline/v1";

/// What the policy judged, as it comes out: another image of the same line is another finding.
std::string image_of(const CheckedFile& file, const workload::Remark& remark) {
  std::string out;
  if (remark.rule->id != std::string_view("image-denied") && remark.rule->id != std::string_view("image-undecided")) return out;
  for (const ReferenceAnswer& each : file.references) {
    if (each.use.span == remark.span) out += fmt::format("\n{}\n{}", each.use.text.text, join(each.use.unknown, " "));
  }
  return out;
}

}  // namespace

void set_fingerprints(CheckedFile& file, std::string_view text, const std::string& place) {
  const workload::Lines lines(text);
  std::map<std::string, std::size_t> alike;
  for (FileFinding& each : file.findings) {
    std::string line;
    for (const std::string_view word : words(lines.line(each.remark.span.line).substr(0, 2000))) line.append(word).push_back(' ');
    const std::string what = fmt::format("{}\n{}\n{}\n{}{}", each.remark.rule->id, place, each.remark.message, line, image_of(file, each.remark));
    each.fingerprint = Digest::of(fmt::format("{}\n{}", what, alike[what]++)).hex().substr(0, 32);
  }
}

Result<Baseline> read_baseline(host::Files& files, const host::Path& path) {
  const std::string what = fmt::format("read baseline '{}'", path.string());
  TRY_ASSIGN(const std::string text, files.read(path));
  TRY_ASSIGN(const Json json, parse_json(text, path.string()));
  if (!json.is_object() || json.value("schema", "") != schema || !json.contains("findings") || !json["findings"].is_array()) return cannot(Kind::Invalid, what, fmt::format("it is no '{}'", schema));
  Baseline out;
  for (const Json& each : json["findings"]) {
    const auto found = each.is_object() ? each.find("fingerprint") : each.end();
    if (!each.is_object() || found == each.end() || !found->is_string()) return cannot(Kind::Invalid, what, "a finding has no 'fingerprint'");
    out.insert(found->get<std::string>());
  }
  return out;
}

std::string write_baseline(const CheckedFiles& checked) {
  std::vector<std::tuple<std::string, std::string, std::string, std::string>> rows;  // for people first: path, rule, message
  for (const CheckedFile& file : checked.files) {
    for (const FileFinding& each : file.findings) rows.emplace_back(file.path.lexically_normal().string(), each.remark.rule->id, each.remark.message, each.fingerprint);
  }
  std::ranges::sort(rows);
  Json list = Json::array();
  for (const auto& [path, rule, message, fingerprint] : rows) list.push_back({{"path", path}, {"rule", rule}, {"message", message}, {"fingerprint", fingerprint}});
  return to_pretty({{"schema", schema}, {"findings", std::move(list)}});
}

void take_old(CheckedFile& file, const Baseline& baseline) {
  const auto gone = std::ranges::remove_if(file.findings, [&](const FileFinding& each) { return baseline.contains(each.fingerprint); });
  file.old = static_cast<std::size_t>(gone.size());
  file.findings.erase(gone.begin(), gone.end());
}

}  // namespace ashlar::pipeline
