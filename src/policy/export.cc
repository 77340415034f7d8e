#include "policy/export.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "base/yaml_writer.h"
#include "policy/inner/engines.h"

namespace ashlar::policy {
namespace {

using Effect = Inexpressible::Effect;

constexpr std::array<std::string_view, 4> engines = {"kyverno", "vap", "gatekeeper", "policy-controller"};  // in the order of Engine
constexpr std::array<std::string_view, 3> effects = {"admits-more", "denies-more", "as-of"};

bool is_label_value(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && letter(text.front()) && letter(text.back()) && std::ranges::all_of(text, [&](char c) { return letter(c) || c == '-' || c == '_' || c == '.'; });
}

/// Every environment, and what is in none.
std::vector<Place> places_of(const Policy& policy, const ExportWish& wish, Notes& notes) {
  std::vector<Place> out;
  std::set<std::string> names;
  const auto fresh = [&](std::string name) {
    std::string out_name = name;
    for (int number = 2; !names.insert(out_name).second; ++number) out_name = fmt::format("{}-{}", name, number);
    return out_name;
  };
  for (const auto& [environment, rules] : policy.environments) {
    if (is_label_value(environment)) out.push_back({fresh(wish.name + "-" + kubernetes_name(environment)), environment, &rules});
    else notes.add(Effect::DeniesMore, "environments", environment, "a label of a namespace cannot have this value; such namespaces are judged as ones of no environment", "give the environment a name of letters, digits, '-', '_' and '.'");
  }
  out.push_back({fresh(policy.environments.empty() ? wish.name : wish.name + "-others"), {}, &policy.finished});
  return out;
}

/// Sections that no cluster asks.
void note_others(const Policy& policy, Notes& notes) {
  if (policy.sla) notes.add(Effect::AdmitsMore, "sla", "", "by when what is fixed stands in no pod's manifest", "run `ashlar sla` where it is seen");
}

/// A text on one line of a comment: readers of YAML 1.1 take more than a line feed for an end of it.
std::string comment_of(std::string_view text) {
  std::string out = visible(text);
  for (const std::string_view end : {"\u2028", "\u2029"}) {
    for (size_t at = out.find(end); at != std::string::npos; at = out.find(end, at)) out.replace(at, end.size(), " ");
  }
  return out;
}

/// What every manifest says of itself.
void annotate(Export& exported, const Policy& policy, const ExportWish& wish, const ExportInputs& inputs) {
  // An object may have 256 kB of annotations.
  constexpr size_t most = 32768;
  std::string said;
  size_t left_out = 0;
  for (const Inexpressible& each : exported.inexpressible) {
    if (const std::string line = line_of(each) + "\n"; left_out == 0 && said.size() + line.size() <= most) said += line;
    else ++left_out;
  }
  if (left_out > 0) said += fmt::format("and {} more, which stand in the file that was exported\n", left_out);
  for (Json& each : exported.manifests) {
    Json& notes = each["metadata"]["annotations"];
    notes["ashlar.dev/policy"] = unfilled(visible(policy.path));
    notes["ashlar.dev/exported"] = inputs.now.str();
    const bool binds = each.at("kind") == "ValidatingAdmissionPolicyBinding" || each.at("apiVersion").get_ref<const std::string&>().starts_with("constraints.gatekeeper.sh/");
    if (!said.empty() && !binds) notes["ashlar.dev/inexpressible"] = unfilled(said);
    each["metadata"]["labels"] = {{"app.kubernetes.io/managed-by", "ashlar"}, {"app.kubernetes.io/part-of", wish.name}};
  }
}

}  // namespace

std::span<const std::string_view> engine_names() { return engines; }
std::string_view to_string(Engine engine) { return engines.at(static_cast<size_t>(engine)); }

Result<Engine> parse_engine(std::string_view word) {
  const auto found = std::ranges::find(engines, word);
  if (found == engines.end()) return cannot(Kind::Invalid, fmt::format("export to '{}'", word), fmt::format("it is none of the engines: {}", fmt::join(engines, ", ")));
  return static_cast<Engine>(found - engines.begin());
}

std::string_view to_string(Inexpressible::Effect effect) { return effects[static_cast<size_t>(effect)]; }

std::string line_of(const Inexpressible& each) { return fmt::format("{}{}{}: {}: {}; {}", visible(each.section), each.rule.empty() ? "" : " ", visible(each.rule), to_string(each.effect), visible(each.why), visible(each.what_to_do)); }

std::string kubernetes_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9')) out += low;
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  out.resize(std::min<size_t>(out.size(), 50));
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "x" : out;
}

std::string unfilled(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c == '{' && out.ends_with('{')) || (c == '(' && out.ends_with('$'))) out += ' ';
    out += c;
  }
  return out;
}

Json namespaces_of(const Place& place, const std::vector<Place>& places, const ExportWish& wish) {
  Json expressions = Json::array();
  if (!wish.spared.empty()) expressions.push_back({{"key", "kubernetes.io/metadata.name"}, {"operator", "NotIn"}, {"values", wish.spared}});
  if (!place.environment.empty()) {
    expressions.push_back({{"key", wish.label}, {"operator", "In"}, {"values", {place.environment}}});
  } else if (places.size() > 1) {
    Json values = Json::array();
    for (const Place& each : places) {
      if (!each.environment.empty()) values.push_back(each.environment);
    }
    expressions.push_back({{"key", wish.label}, {"operator", "NotIn"}, {"values", std::move(values)}});
  }
  return expressions.empty() ? Json::object() : Json{{"matchExpressions", std::move(expressions)}};
}

Result<Export> export_policy(const Policy& policy, const ExportWish& wish, const ExportInputs& inputs) {
  if (kubernetes_name(wish.name) != wish.name) return cannot(Kind::Invalid, fmt::format("name manifests '{}'", wish.name), "a name has lower case letters, digits and dashes, 50 at most");
  Export out;
  Notes notes(out.inexpressible);
  const auto places = places_of(policy, wish, notes);
  constexpr std::array makers = {kyverno_manifests, vap_manifests, gatekeeper_manifests, policy_controller_manifests};
  out.manifests = makers.at(static_cast<size_t>(wish.engine))(policy, places, wish, inputs, notes);
  note_others(policy, notes);
  if (out.manifests.empty()) return cannot(Kind::Invalid, fmt::format("export policy '{}'", policy.path), "it asks nothing that a cluster can see: it takes a section 'verify' or 'bases', a section 'content' that denies root, or --pod-rules");
  annotate(out, policy, wish, inputs);
  return out;
}

std::string to_yaml(const Export& exported, const ExportWish& wish, std::string_view policy_path) {
  std::string out = fmt::format("# Written by `ashlar policy export --to {}` from {}: change the policy, and export it again.\n", to_string(wish.engine), comment_of(policy_path));
  if (!exported.inexpressible.empty()) out += "#\n# Not as in the policy:\n";
  for (const Inexpressible& each : exported.inexpressible) out += "# - " + comment_of(line_of(each)) + "\n";
  for (const Json& each : exported.manifests) out += "---\n" + ashlar::to_yaml(each);
  return out;
}

Json to_json(const Export& exported) {
  Json list = Json::array();
  for (const Inexpressible& each : exported.inexpressible) list.push_back({{"section", each.section}, {"rule", each.rule}, {"effect", to_string(each.effect)}, {"why", each.why}, {"what_to_do", each.what_to_do}});
  return {{"schema", "https://ashlar.dev/policy-export/v1"}, {"manifests", exported.manifests}, {"inexpressible", std::move(list)}};
}

}  // namespace ashlar::policy
