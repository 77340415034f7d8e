#include "attest/changes.h"

#include <nlohmann/json.hpp>

namespace ashlar::attest {
namespace {

Json to_json(const std::vector<FindingSaid>& findings) {
  Json out = Json::array();
  for (const FindingSaid& each : findings) out.push_back({{"id", each.id}, {"package", each.package}, {"version", each.version}, {"severity", each.severity}, {"fixed_in", each.fixed_in}});
  return out;
}

Json image(const Digest& digest) { return to_json(Resource{{}, {}, digest, {}}); }

}  // namespace

Json changes(const ChangesSaid& said, const Json& behaviour) {
  Json out = {{"before", image(said.before)}, {"after", image(said.after)}, {"platform", said.platform}};
  out.update(inventory::to_json(said.delta));
  Json config = Json::array();
  for (const auto& each : said.config) {
    Json row = {{"name", each.name}};
    if (!each.before.empty()) row["before"] = each.before;
    if (!each.after.empty()) row["after"] = each.after;
    config.push_back(std::move(row));
  }
  out["config"] = std::move(config);
  if (said.vulnerabilities) out["vulnerabilities"] = {{"database", image(said.vulnerabilities->database)}, {"fixed", to_json(said.vulnerabilities->fixed)}, {"new", to_json(said.vulnerabilities->fresh)}};
  out["behaviour"] = behaviour;
  return out;
}

}  // namespace ashlar::attest
