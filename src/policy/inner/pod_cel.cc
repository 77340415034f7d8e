#include "policy/inner/pod_cel.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/bases_cel.h"
#include "policy/inner/cel.h"

namespace ashlar::policy {
namespace {

using Effect = Inexpressible::Effect;

/// distribution/reference, but for hosts in capital letters and ones that end in a dot: another spelling of a host that a rule names is not taken for another host.
constexpr std::string_view reference_grammar =
    "^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:[.][a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]+)?/)?"
    "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    "(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64}|@sha512:[0-9a-f]{128})?$";

constexpr std::array<PodKind, 10> kinds = {{{"", "pods", "Pod"}, {"", "pods/ephemeralcontainers", "Pod"}, {"", "replicationcontrollers", "ReplicationController"}, {"", "podtemplates", "PodTemplate"},
                                           {"apps", "deployments", "Deployment"}, {"apps", "replicasets", "ReplicaSet"}, {"apps", "statefulsets", "StatefulSet"}, {"apps", "daemonsets", "DaemonSet"},
                                           {"batch", "jobs", "Job"}, {"batch", "cronjobs", "CronJob"}}};

/// A rule on pods, with the condition under which the container `c` breaks it.
struct AskedOfPods { PodRule rule; const char* variable; std::string_view broken; };
constexpr std::array<AskedOfPods, 5> asked_of_pods = {{
    {{"run-as-non-root", "containers must not run as root: runAsNonRoot true, and no runAsUser 0"}, "asRoot",
     "(has(c.securityContext) && has(c.securityContext.runAsNonRoot) ? !c.securityContext.runAsNonRoot : !(has(variables.podSecurity.runAsNonRoot) && variables.podSecurity.runAsNonRoot)) || "
     "(has(c.securityContext) && has(c.securityContext.runAsUser) ? c.securityContext.runAsUser == 0 : has(variables.podSecurity.runAsUser) && variables.podSecurity.runAsUser == 0)"},
    {{"read-only-root", "containers must have a root file system that is read-only: readOnlyRootFilesystem true"}, "writableRoot",
     "!(has(c.securityContext) && has(c.securityContext.readOnlyRootFilesystem) && c.securityContext.readOnlyRootFilesystem)"},
    {{"no-escalation", "containers must not gain rights: allowPrivilegeEscalation false, and not privileged"}, "gainingRights",
     "!(has(c.securityContext) && has(c.securityContext.allowPrivilegeEscalation) && !c.securityContext.allowPrivilegeEscalation) || "
     "(has(c.securityContext.privileged) && c.securityContext.privileged)"},
    {{"drop-capabilities", "containers must drop all capabilities, and may add NET_BIND_SERVICE: capabilities.drop [ALL]"}, "keepingCapabilities",
     "!(has(c.securityContext) && has(c.securityContext.capabilities) && has(c.securityContext.capabilities.drop) && c.securityContext.capabilities.drop.exists(d, d == 'ALL')) || "
     "(has(c.securityContext.capabilities.add) && c.securityContext.capabilities.add.exists(a, a != 'NET_BIND_SERVICE'))"},
    {{"seccomp", "containers must have a seccomp profile: seccompProfile.type RuntimeDefault or Localhost"}, "unconfined",
     "!(has(c.securityContext) && has(c.securityContext.seccompProfile) ? c.securityContext.seccompProfile.type in ['RuntimeDefault', 'Localhost'] : "
     "has(variables.podSecurity.seccompProfile) && variables.podSecurity.seccompProfile.type in ['RuntimeDefault', 'Localhost'])"},
}};

/// `n`, a name as written, as its full name: full_name() of registries.h.
std::string full_name_cel(const Registries& registries, const std::string& name) {
  std::string out = fmt::format("[{}]", name);
  if (!registries.host.empty()) out += fmt::format(".map(n, n.matches('^(?:localhost|[^/]*[.:A-Z][^/]*)/') ? n : {} + n)", cel::text(registries.host + "/"));
  std::string others;
  for (const std::string& word : registries.also) {
    const std::string from = word + "." + registries.host + "/";
    if (!registries.host.empty()) others += fmt::format("n.startsWith({}) ? {} + n.substring({}) : ", cel::text(from), cel::text(registries.host + "/"), from.size());
  }
  if (!others.empty()) out += fmt::format(".map(n, {}n)", others);
  if (!registries.host.empty() && !registries.single.empty()) {
    out += fmt::format(".map(n, n.matches({}) ? {} + n.substring({}) : n)", cel::text(fmt::format("^{}/[^/]*$", cel::literal(registries.host))), cel::text(registries.host + "/" + registries.single + "/"), registries.host.size() + 1);
  }
  return out + "[0]";
}

std::vector<CelVariable> variables_of(const Registries& registries) {
  const std::string name = "r.find('^(?:[^/@]*/)*[^/:@]*')";
  return {{"podSpec", "dyn(object).kind == 'Pod' ? dyn(object).spec : dyn(object).kind == 'CronJob' ? dyn(object).spec.jobTemplate.spec.template.spec : dyn(object).kind == 'PodTemplate' ? dyn(object).template.spec : dyn(object).spec.template.spec"},
          {"podSecurity", "has(variables.podSpec.securityContext) ? variables.podSpec.securityContext : dyn({})"},
          {"containers", "(has(variables.podSpec.initContainers) ? variables.podSpec.initContainers : []) + (has(variables.podSpec.containers) ? variables.podSpec.containers : []) + (has(variables.podSpec.ephemeralContainers) ? variables.podSpec.ephemeralContainers : [])"},
          {"references", "variables.containers.map(c, has(c.image) ? string(c.image) : '')"},
          {"images", fmt::format("variables.references.map(r, {{'written': r, 'repository': {}, 'tag': r.split('@')[0].find(':[^:/]*$') == '' && !r.contains('@') ? 'latest' : r.split('@')[0].find(':[^:/]*$').replace(':', ''), "
                                 "'digest': r.contains('@') ? r.substring(r.indexOf('@') + 1) : ''}})", full_name_cel(registries, name))}};
}

/// A check that a list of what is wrong is empty.
CelCheck none_of(std::string name, const std::string& list, std::string message) {
  std::string said = fmt::format("{} + variables.{}.join(', ')", cel::text(message + ": "), list);
  return {std::move(name), fmt::format("variables.{}.size() == 0", list), std::move(message), std::move(said)};
}

class Builder {
 public:
  Builder(const Policy& policy, const FinishedRules& rules, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) : policy_(policy), rules_(rules), wish_(wish), inputs_(inputs), notes_(notes) {}

  PodCel build() {
    const bool images = (rules_.verify && policy_.verify) || rules_.bases;
    out_.variables = variables_of(inputs_.registries);
    if (images) references();
    std::string named;
    if (rules_.verify && policy_.verify) named = verify();
    if (rules_.bases) {
      add("wrongBases", fmt::format("variables.images.map(i, {}).filter(w, w != '')", bases_cel(*rules_.bases, named, inputs_, notes_)), "bases", "images that the policy's section 'bases' denies");
      if (!named.empty()) notes_.add(Effect::AdmitsMore, "bases", "", "on which base a finished image stands is in its layers, which the engine does not look at", "have `ashlar check IMAGE` judge it in CI, and let CI sign only what is allowed");
    }
    pods();
    others();
    return std::move(out_);
  }

 private:
  void add(const std::string& variable, std::string expression, std::string name, std::string message) {
    out_.variables.push_back({variable, std::move(expression)});
    out_.checks.push_back(none_of(std::move(name), variable, std::move(message)));
  }

  void references() { add("wrongReferences", fmt::format("variables.references.filter(r, !r.matches({}))", cel::text(reference_grammar)), "references", "images whose names are no references that can be judged"); }

  /// The condition under which a rule of `verify` names the image `i`; empty: none names any.
  std::string verify() {
    std::vector<std::string> globs;
    for (const VerifyRule& each : policy_.verify->rules) globs.insert(globs.end(), each.images.begin(), each.images.end());
    const std::string named = globs.empty() ? std::string() : fmt::format("i.repository.matches({})", cel::text(cel::regex_of(globs)));
    if (policy_.verify->admit_others) return named;
    const std::string unnamed = named.empty() ? "true" : "!" + named;
    add("unnamed", fmt::format("variables.images.filter(i, {}).map(i, i.written)", unnamed), "verify", "images that no rule of the policy's section 'verify' names");
    return named;
  }

  void pods() {
    std::vector<PodAsk> asked = wish_.pods;
    if (rules_.content) {
      constexpr size_t root = 2;
      static_assert(content_kinds[root].name == "root");
      const auto rule = (*rules_.content)[root].rule;
      if (rule == ContentRule::Rule::Deny) asked.push_back(PodAsk::NonRoot);
      if (rule == ContentRule::Rule::Excused) notes_.add(Effect::AdmitsMore, "content", "root", "whether an image that runs as root is excused stands in its definition", "say `--pod-rules run-as-non-root` to deny all that runs as root");
    }
    for (size_t at = 0; at < asked_of_pods.size(); ++at) {
      if (std::ranges::find(asked, static_cast<PodAsk>(at)) == asked.end()) continue;
      const auto& [rule, variable, broken] = asked_of_pods[at];
      add(variable, fmt::format("variables.containers.filter(c, {}).map(c, c.name)", broken), std::string(rule.name), std::string(rule.message));
    }
  }

  /// Sections that are about what is in an image.
  void others() {
    constexpr const char* in_ci = "have `ashlar check IMAGE` judge it in CI, and let CI sign only what is allowed";
    if (rules_.findings) notes_.add(Effect::AdmitsMore, "findings", "", "what a scan finds stands in no pod's manifest, and neither do exceptions", in_ci);
    if (rules_.proofs) notes_.add(Effect::AdmitsMore, "proofs", "", "what is proved of an image stands in no pod's manifest", in_ci);
    if (!rules_.content) return;
    for (size_t at = 0; at < content_kinds.size(); ++at) {
      const auto rule = (*rules_.content)[at].rule;
      if (rule != ContentRule::Rule::Deny && rule != ContentRule::Rule::Excused) continue;
      if (content_kinds[at].name == "root") notes_.add(Effect::AdmitsMore, "content", "root", "the image's own user is not looked at: of a pod that runs as somebody else the image may name root", in_ci);
      else notes_.add(Effect::AdmitsMore, "content", std::string(content_kinds[at].name), fmt::format("whether an image holds {} stands in no pod's manifest", content_kinds[at].noun), in_ci);
    }
  }

  const Policy& policy_;
  const FinishedRules& rules_;
  const ExportWish& wish_;
  const ExportInputs& inputs_;
  Notes& notes_;
  PodCel out_;
};

}  // namespace

std::span<const PodRule> pod_rules() {
  static const auto table = [] {
    std::array<PodRule, asked_of_pods.size()> out{};
    std::ranges::transform(asked_of_pods, out.begin(), &AskedOfPods::rule);
    return out;
  }();
  return table;
}

std::span<const PodKind> pod_kinds() { return kinds; }

std::string_view not_being_deleted() { return "request.operation == 'CREATE' || !has(object.metadata.deletionTimestamp)"; }

void Notes::add(Inexpressible::Effect effect, std::string section, std::string rule, std::string why, std::string what_to_do) {
  Inexpressible fresh{effect, std::move(section), std::move(rule), std::move(why), std::move(what_to_do)};
  if (std::ranges::find(out_, fresh) == out_.end()) out_.push_back(std::move(fresh));
}

PodCel pod_cel(const Policy& policy, const FinishedRules& rules, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) { return Builder(policy, rules, wish, inputs, notes).build(); }

}  // namespace ashlar::policy
