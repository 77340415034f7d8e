#pragma once
// The manifests of one engine.
#include <string>
#include <vector>

#include "policy/inner/pod_cel.h"

namespace ashlar::policy {

/// What holds in some namespaces.
struct Place {
  std::string name{};                ///< of manifests: `ashlar-production`
  std::string environment{};         ///< empty: namespaces of none
  const FinishedRules* rules = nullptr;
};

/// A selector of the namespaces of a place, among all places.
Json namespaces_of(const Place& place, const std::vector<Place>& places, const ExportWish& wish);

std::vector<Json> vap_manifests(const Policy& policy, const std::vector<Place>& places, const ExportWish& wish, const ExportInputs& inputs, Notes& notes);
std::vector<Json> kyverno_manifests(const Policy& policy, const std::vector<Place>& places, const ExportWish& wish, const ExportInputs& inputs, Notes& notes);

std::vector<Json> gatekeeper_manifests(const Policy& policy, const std::vector<Place>& places, const ExportWish& wish, const ExportInputs& inputs, Notes& notes);
std::vector<Json> policy_controller_manifests(const Policy& policy, const std::vector<Place>& places, const ExportWish& wish, const ExportInputs& inputs, Notes& notes);

/// What an engine that fetches nothing does not ask of the images that `verify` names.
void note_signatures(const Policy& policy, std::string_view engine, Notes& notes);

/// A text as a part of a name in Kubernetes: lower case letters, digits and dashes, at most 50.
std::string kubernetes_name(std::string_view text);
/// A text in which Kyverno fills in nothing.
std::string unfilled(std::string_view text);

}  // namespace ashlar::policy
