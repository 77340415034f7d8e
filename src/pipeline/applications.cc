#include "pipeline/applications.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "pipeline/inner/platform_layers.h"
#include "pipeline/rebase.h"

namespace ashlar::pipeline {
namespace {

using LayersByPlatform = std::map<std::string, std::vector<Digest>>;

/// The layers of an image, unpacked, the lowest first.
Result<LayersByPlatform> layers_by_platform(host::Machine& machine, const std::string& text) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(text));
  TRY_ASSIGN(const auto image, layers_of(machine, ref));
  LayersByPlatform out;
  for (const PlatformLayers& each : image.platforms) out[each.platform] = each.diff_ids;
  return out;
}

bool lies_on(const LayersByPlatform& image, const LayersByPlatform& base) {
  return std::ranges::all_of(image, [&](const auto& each) {
    const auto found = base.find(each.first);
    return found != base.end() && found->second.size() <= each.second.size() && std::equal(found->second.begin(), found->second.end(), each.second.begin());
  });
}

}  // namespace

Result<bool> is_behind(host::Machine& machine, const FleetApplication& application, const oci::ImageRef& to, const std::string& digest) {
  oci::ImageRef published = to;
  published.tag.clear();
  published.digest = digest;
  TRY_ASSIGN(const auto base, layers_by_platform(machine, published.str()));
  TRY_ASSIGN(const auto own, layers_by_platform(machine, application.ref));
  if (lies_on(own, base)) return false;
  const auto rebased = application.to.empty() ? Result<LayersByPlatform>(LayersByPlatform()) : layers_by_platform(machine, application.to);
  if (!rebased || rebased->empty() || !lies_on(*rebased, base)) return true;
  return !std::ranges::all_of(*rebased, [&](const auto& each) {
    const auto& [platform, layers] = each;
    const size_t count = layers.size() - base.at(platform).size();
    const auto found = own.find(platform);
    return found != own.end() && found->second.size() >= count && std::equal(layers.end() - static_cast<std::ptrdiff_t>(count), layers.end(), found->second.end() - static_cast<std::ptrdiff_t>(count));
  });
}

Result<MovedApplication> move_application(Workshop& workshop, const FleetApplication& application, const std::string& onto) {
  MovedApplication out;
  out.why = {fmt::format("it is to be built on {}", onto)};
  if (application.to.empty()) {
    out.why.emplace_back("the fleet does not say where a rebased image of it is written");
    return out;
  }
  TRY_ASSIGN(out.place, oci::ImageRef::parse(application.to));
  TRY_ASSIGN(const auto done, rebase(workshop, application.ref, onto, out.place, {}));
  if (done.rebased) out.digest = done.rebased->str();
  for (const prove::Refusal& each : done.answer.refusals) out.why.push_back(each.what);
  return out;
}

}  // namespace ashlar::pipeline
