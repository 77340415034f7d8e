#include "attest/results.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace ashlar::attest {
namespace {

bool is_run(const Answer& answer) { return answer.id.starts_with("run:"); }

Json ids(std::span<const Answer> answers, std::string_view result) {
  Json out = Json::array();
  for (const Answer& each : answers) {
    if (each.result == result) out.push_back(each.id);
  }
  return out;
}

Json held_against(const Measured& measured) {
  Json out = Json::array();
  for (const Resource& each : measured.held_against) out.push_back(to_json(each));
  return out;
}

}  // namespace

Json test_results(std::span<const Answer> answers, const Measured& measured) {
  const auto any = [&](auto&& is) { return std::ranges::any_of(answers, is); };
  const bool failed = any([](const Answer& each) { return each.result == "failed"; });
  const bool warned = any([](const Answer& each) { return each.result == "excused" || (is_run(each) && each.result == "not-applicable"); });
  return {{"result", failed ? "FAILED" : warned ? "WARNED" : "PASSED"}, {"configuration", held_against(measured)}, {"passedTests", ids(answers, "passed")}, {"warnedTests", ids(answers, "excused")},
          {"failedTests", ids(answers, "failed")}};
}

Json hardening(std::span<const Answer> answers, const Measured& measured) {
  Json checks = Json::array();
  bool passed = true;
  for (const Answer& each : answers) {
    if (is_run(each)) continue;
    passed = passed && each.result != "failed";
    checks.push_back({{"id", each.id}, {"title", each.title}, {"result", each.result}, {"evidence", each.evidence}});
  }
  Json policy = {{"held_against", held_against(measured)}, {"definition_claimed", measured.definition_claimed}};
  if (!measured.definition_claimed) {
    for (const NamedInterpreter& each : measured.interpreters) policy["interpreters"].push_back({{"path", each.path}, {"reason", each.reason}});
  }
  return {{"passed", passed}, {"platform", measured.platform}, {"program", to_json(Resource{"ashlar", {}, measured.program.digest, {{"version", measured.program.version}}})},
          {"policy", std::move(policy)}, {"checks", std::move(checks)}};
}

std::vector<NamedInterpreter> interpreters_named(const Json& hardening) {
  std::vector<NamedInterpreter> out;
  if (!hardening.is_object()) return out;
  const Json policy = hardening.value("policy", Json()), checks = hardening.value("checks", Json());
  const auto holds = [](const Json& each) { return get_string_or_empty(each, "id").value_or("") == "no-shell" && get_string_or_empty(each, "result").value_or("") == "excused"; };
  if (!policy.is_object() || policy.value("definition_claimed", Json()) != Json(false) || !std::ranges::any_of(checks, holds)) return out;
  const Json named = policy.value("interpreters", Json::array());
  for (const Json& each : named) {
    std::string path = get_string_or_empty(each, "path").value_or("");
    if (path.starts_with('/')) out.push_back({std::move(path), get_string_or_empty(each, "reason").value_or("")});
  }
  return out;
}

Json vulnerability_scan(Json result, const ScanRun& run) {
  return {{"invocation", {{"parameters", Json::array()}, {"uri", ""}, {"event_id", ""}, {"builder.id", ""}}},
          {"scanner", {{"uri", run.scanner}, {"version", run.version}, {"db", {{"uri", run.database}, {"version", run.database}, {"lastUpdate", run.database_created.str()}}}, {"result", std::move(result)}}},
          {"metadata", {{"scanStartedOn", run.started.str()}, {"scanFinishedOn", run.finished.str()}}}};
}

}  // namespace ashlar::attest
