#include "attest/sbom.h"

#include <array>
#include <nlohmann/json.hpp>

namespace ashlar::attest {

Json to_json(const Sbom& sbom) {
  constexpr std::array<const char*, 3> kinds = {"image", "root-fs", "lock"};
  Json packages = Json::array(), files = Json::array();
  for (const SbomPackage& each : sbom.packages) {
    Json row = {{"name", each.name}, {"version", each.version}, {"architecture", each.architecture}, {"purl", each.purl}, {"source", each.source}, {"source_version", each.source_version}};
    const std::array<std::pair<const char*, const std::string*>, 7> known = {{{"supplier", &each.supplier}, {"homepage", &each.homepage}, {"location", &each.location}, {"sha256", &each.sha256}, {"path", &each.path},
                                                                              {"licence", &each.licence.expression}, {"licence_comment", &each.licence.comment}}};
    for (const auto& [key, text] : known) {
      if (!text->empty()) row[key] = *text;
    }
    row["depends"] = each.depends;
    packages.push_back(std::move(row));
  }
  for (const SbomFile& each : sbom.files) {
    files.push_back({{"path", each.path}, {"sha256", each.sha256}, {"sha1", each.sha1}, {"owner", each.owner}, {"standing", inventory::to_string(each.standing)}});
  }
  Json out = {{"schema", "https://ashlar.dev/sbom/v1"}, {"kind", kinds[static_cast<size_t>(sbom.kind)]}, {"name", sbom.name}, {"version", sbom.version}, {"supplier", sbom.supplier},
          {"platform", sbom.platform}, {"distribution", sbom.distribution}, {"created", sbom.created.str()}, {"packages", std::move(packages)}, {"files", std::move(files)}};
  if (!sbom.notes.empty()) out["notes"] = sbom.notes;
  return out;
}

}  // namespace ashlar::attest
