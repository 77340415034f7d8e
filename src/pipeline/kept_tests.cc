#include "pipeline/inner/kept_tests.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"
#include "host/program.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/kept-tests/v1";
constexpr size_t max_answers = 8;  ///< of one image: more than that nobody asks for again

std::optional<prove::Outcome> outcome_of(std::string_view text) {
  for (const auto each : {prove::Outcome::Passed, prove::Outcome::Failed, prove::Outcome::NotApplicable, prove::Outcome::Excused}) {
    if (prove::to_string(each) == text) return each;
  }
  return std::nullopt;
}

Result<std::vector<prove::Check>> read_checks(const Json& list) {
  std::vector<prove::Check> out;
  for (const Json& each : list) {
    prove::Check check;
    TRY_ASSIGN(check.id, get_string(each, "id"));
    TRY_ASSIGN(check.title, get_string(each, "title"));
    TRY_ASSIGN(const std::string result, get_string(each, "result"));
    const auto outcome = outcome_of(result);
    const auto evidence = each.find("evidence");
    if (!outcome || evidence == each.end() || !evidence->is_array()) return fail(Kind::Corrupt, "a kept test has no result or no evidence");
    check.outcome = *outcome;
    for (const Json& line : *evidence) {
      if (!line.is_string()) return fail(Kind::Corrupt, "evidence is no text");
      check.evidence.push_back(line.get<std::string>());
    }
    if (const auto against = each.find("against"); against != each.end() && against->is_number_unsigned()) check.against = std::min(against->get<size_t>(), check.evidence.size());
    out.push_back(std::move(check));
  }
  return out;
}

}  // namespace

KeptTests KeptTests::load(Workshop& workshop, const Digest& image) {
  KeptTests out(workshop.folders.cache / "tests" / (image.hex() + ".json"));
  const KeptTests nothing = out;
  const auto text = workshop.machine.files->read(out.path_);
  if (!text) return nothing;
  const auto json = parse_json(*text, out.path_.string());
  if (!json || !json->is_object() || json->value("schema", std::string()) != schema) return nothing;
  const auto answers = json->find("answers");
  if (answers == json->end() || !answers->is_array()) return nothing;
  const auto image_name = get_string(*json, "image"), variant = get_string(*json, "variant");
  if (!image_name || !variant) return nothing;
  out.claim_ = prove::Claim{*image_name, *variant};
  for (const Json& each : *answers) {
    if (!each.is_object()) return nothing;
    auto key = get_string(each, "key");
    const auto list = each.find("checks");
    if (!key || list == each.end() || !list->is_array()) return nothing;
    auto checks = read_checks(*list);
    if (!checks) return nothing;
    out.answers_.emplace_back(std::move(*key), std::move(*checks));
  }
  (void)workshop.machine.files->touch(out.path_);
  return out;
}

const std::vector<prove::Check>* KeptTests::find(const std::string& key) const {
  const auto found = std::find_if(answers_.begin(), answers_.end(), [&](const auto& each) { return each.first == key; });
  return found == answers_.end() ? nullptr : &found->second;
}

Done KeptTests::keep(Workshop& workshop, const std::string& key, std::vector<prove::Check> checks) {
  std::erase_if(answers_, [&](const auto& each) { return each.first == key; });
  answers_.emplace_back(key, std::move(checks));
  if (answers_.size() > max_answers) answers_.erase(answers_.begin());
  Json answers = Json::array();
  for (const auto& [each, list] : answers_) {
    Json rows = Json::array();
    for (const prove::Check& check : list) rows.push_back({{"id", check.id}, {"title", check.title}, {"result", prove::to_string(check.outcome)}, {"evidence", check.evidence}, {"against", check.against}});
    answers.push_back({{"key", each}, {"checks", std::move(rows)}});
  }
  const Json record = {{"schema", schema}, {"image", claim_ ? claim_->image : ""}, {"variant", claim_ ? claim_->variant : ""}, {"answers", std::move(answers)}};
  TRY(workshop.machine.files->make_folders(path_.parent_path()));
  return workshop.machine.files->write(path_, to_compact(record), host::Durability::Cache);
}

std::string program_stamp(host::Files& files) {
  const auto stat = files.stat(host::program_path());
  return fmt::format("{} {} {}", ASHLAR_VERSION, stat ? stat->size : 0, stat ? stat->modified.seconds : 0);
}

}  // namespace ashlar::pipeline
