#include "pipeline/promise.h"

#include <fmt/format.h>

#include "base/text.h"
#include "oci/registry.h"
#include "pipeline/sign.h"
#include "policy/sla_forms.h"

namespace ashlar::pipeline {

std::optional<attest::SupportSaid> promise_of(const FleetImage& image, const policy::Policy& policy) {
  attest::SupportSaid out{.image = image.repository, .from = image.from, .until = image.until, .rebuilt_at_latest = image.cadence.value_or(0), .sla = image.sla};
  if (!out.from && !out.until && out.rebuilt_at_latest == 0 && out.sla.empty()) return std::nullopt;
  if (out.sla.empty() && policy.sla) out.sla = policy.sla->source;
  if (out.sla.find('/') != std::string::npos) out.sla = host::Path(out.sla).filename();  // where it lies on this machine is nobody's business
  return out;
}

std::string promise_identity(const std::optional<attest::SupportSaid>& promise) {
  if (!promise) return {};
  attest::SupportSaid timeless = *promise;
  timeless.promised.reset();
  timeless.published.reset();
  return Digest::of(attest::support(timeless).text).hex();
}

std::string in_words(const std::optional<attest::SupportSaid>& promise) {
  if (!promise) return "nothing any more";
  std::vector<std::string> out;
  if (promise->from || promise->until) out.push_back(fmt::format("supported{}{}", promise->from ? " from " + promise->from->date() : "", promise->until ? " until " + promise->until->date() : ""));
  if (promise->rebuilt_at_latest > 0) out.push_back(fmt::format("made again every {} at the latest", policy::days_text(promise->rebuilt_at_latest)));
  if (!promise->sla.empty()) out.push_back(fmt::format("patched by '{}'", promise->sla));
  return join(out, ", ");
}

Done say_promise(Workshop& workshop, const std::string& image, const FleetImage& of, const std::optional<attest::SupportSaid>& promise, Time since, const trust::PrivateKey& key) {
  const Time now = workshop.machine.clock->now();
  attest::SupportSaid said = promise.value_or(attest::SupportSaid{.image = of.repository, .until = now});
  said.promised = now;
  said.published = since;
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(image));
  TRY_ASSIGN(const auto reader, oci::open_image(workshop.machine, ref));
  TRY_ASSIGN(const auto platforms, oci::platforms(*reader));
  for (const oci::PlatformImage& each : platforms) TRY(attest(workshop.machine, image, {attest::support(said)}, key, {.platform = each.platform.str(), .once = true}));
  return {};
}

}  // namespace ashlar::pipeline
