#include "attest/inner/identity.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "attest/purl.h"
#include "base/text.h"

namespace ashlar::attest {

Party party_of(std::string_view text) {
  constexpr std::array<std::string_view, 8> groups = {"team", "group", "maintainer", "developer", "project", "debian", "packager", "registry"};
  const auto [front, back] = cut(text, '<');
  Party out{std::string(trim(front)), std::string(trim(cut(back, '>').first)), false};
  if (out.name.empty()) out.name = out.email;
  std::string lower = out.name;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  out.person = !out.email.empty() && std::ranges::none_of(groups, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
  return out;
}

Digest content_digest(const Sbom& sbom) {
  Hasher hasher;
  const auto add = [&](std::string_view text) { hasher.update(fmt::format("{}:", text.size())).update(text); };
  for (const std::string* text : {&sbom.name, &sbom.version, &sbom.supplier, &sbom.platform, &sbom.distribution}) add(*text);
  add(sbom.created.str());
  for (const SbomPackage& package : sbom.packages) {
    for (const std::string* text : {&package.purl, &package.name, &package.version, &package.supplier, &package.homepage, &package.location, &package.sha256, &package.licence.expression, &package.licence.comment})
      add(*text);
    add(join(package.depends, ","));
    if (!package.path.empty()) add(package.path);
  }
  for (const SbomFile& file : sbom.files) {
    for (const std::string* text : {&file.path, &file.sha256, &file.owner}) add(*text);
    add(inventory::to_string(file.standing));
  }
  return hasher.finish();
}

std::string root_purl(const Sbom& sbom) {
  const std::string_view architecture = std::string_view(sbom.platform).substr(sbom.platform.find('/') + 1);
  if (sbom.kind == Sbom::Kind::Image) return oci_purl(sbom.name, sbom.version, architecture);
  return generic_purl(sbom.name, sbom.version);
}

}  // namespace ashlar::attest
