#include "policy/inner/sample_pods_test.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::policy {
namespace {

const std::string digest_a = "sha256:" + std::string(64, 'a'), digest_b = "sha256:" + std::string(64, 'b'), digest_c = "sha256:" + std::string(64, 'c'), digest_d = "sha256:" + std::string(64, 'd');

Json hardened() { return {{"runAsNonRoot", true}, {"readOnlyRootFilesystem", true}, {"allowPrivilegeEscalation", false}, {"capabilities", {{"drop", {"ALL"}}}}, {"seccompProfile", {{"type", "RuntimeDefault"}}}}; }

Json container(const std::string& image, Json security = hardened(), const std::string& name = "app") { return {{"name", name}, {"image", image}, {"securityContext", std::move(security)}}; }

Json spec_of(std::vector<Json> containers) { return {{"containers", std::move(containers)}}; }

Json pod(Json spec) { return {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", "web"}}}, {"spec", std::move(spec)}}; }
Json pod(const std::string& image) { return pod(spec_of({container(image)})); }

/// An object whose template has a pod of this image.
Json owner(const std::string& kind, const std::string& image) {
  const Json tmpl = {{"metadata", {{"labels", {{"app", "web"}}}}}, {"spec", spec_of({container(image)})}};
  const std::string api = kind == "Job" || kind == "CronJob" ? "batch/v1" : kind == "PodTemplate" || kind == "ReplicationController" ? "v1" : "apps/v1";
  Json out = {{"apiVersion", api}, {"kind", kind}, {"metadata", {{"name", "web"}}}};
  const Json labels = {{"matchLabels", {{"app", "web"}}}};
  if (kind == "PodTemplate") out["template"] = tmpl;
  else if (kind == "CronJob") out["spec"] = {{"schedule", "0 0 * * *"}, {"jobTemplate", {{"spec", {{"template", tmpl}}}}}};
  else if (kind == "Job") out["spec"] = {{"template", tmpl}};
  else if (kind == "ReplicationController") out["spec"] = {{"selector", {{"app", "web"}}}, {"template", tmpl}};
  else out["spec"] = {{"selector", labels}, {"template", tmpl}};
  if (kind == "StatefulSet") out["spec"]["serviceName"] = "web";
  return out;
}

/// The security that a change makes of the hardened one.
Json changed(const char* key, Json value) {
  Json out = hardened();
  out[key] = std::move(value);
  return out;
}
Json without(const char* key) {
  Json out = hardened();
  out.erase(key);
  return out;
}
const std::string good = "registry.example/team/app@" + digest_a;

Json good_with(Json security) { return pod(spec_of({container(good, std::move(security))})); }
Json good_in(Json pod_security, Json security) {
  Json spec = spec_of({container(good, std::move(security))});
  spec["securityContext"] = std::move(pod_security);
  return pod(std::move(spec));
}

void add_references(std::vector<PodCase>& out) {
  const auto add = [&](const char* summary, const char* environment, const std::string& image, bool allowed) { out.push_back({summary, environment, pod(image), allowed}); };
  const std::string hash_e = "@sha256:" + std::string(64, 'e');
  add("a finished image of the team", "staging", "registry.example/team/app:1", true);
  add("deeper than one star goes", "staging", "registry.example/team/app/web:1", false);
  add("nothing that a rule names", "staging", "other.example/app:1", false);
  add("a host that only begins so", "staging", "registry.example.evil.example/team/app:1", false);
  add("a name that only ends so", "staging", "evil.example/registry.example/team/app:1", false);
  add("a dot of a name is no wildcard", "staging", "registryXexample/team/app:1", false);
  add("a base without digest where one is asked", "staging", "registry.example/hardened/python:3.13", false);
  add("a base with a digest", "staging", "registry.example/mirrored/python:3.13" + hash_e, true);
  add("a base with a digest and no tag", "staging", "registry.example/mirrored/python" + hash_e, true);
  add("a base without a digest where no rule is about its tag", "staging", "registry.example/mirrored/python:3.13", false);
  add("a tag that is not denied beside a digest of which nobody knows the tag", "staging", "registry.example/hardened/python:3.13" + hash_e, false);
  add("whether it is denied by its tag is not said, of a base", "staging", "registry.example/hardened/python" + hash_e, false);
  add("a base that is denied by its tag", "staging", "registry.example/hardened/python:3.13-dev" + hash_e, false);
  add("whether it is denied by its tag is not said", "staging", "registry.example/tools/git" + hash_e, false);
  add("a tag that is not denied", "staging", "registry.example/tools/git:2", true);
  add("a tag that is", "staging", "registry.example/tools/git:2-debug", false);
  add("no tag is the usual one", "staging", "registry.example/tools/git", true);
  add("one of certain digests", "staging", "registry.example/certain/app@" + digest_b, true);
  add("none of certain digests", "staging", "registry.example/certain/app@" + digest_c, false);
  add("which digest is asked", "staging", "registry.example/certain/app:1", false);
  add("allowed once, no longer", "staging", "registry.example/old/app:1", false);
  add("allowed one day, not yet", "staging", "registry.example/next/app:1", false);
  add("a vendor's", "staging", "vendor.example/free/nginx:1", true);
  add("what another vendor has of a vendor's host", "staging", "vendor.example/other/nginx:1", false);
  add("a short name", "staging", "nginx:1.27", true);
  add("the same with the folder of short names", "staging", "library/nginx:1.27", true);
  add("the same whole", "staging", "hub.example/library/nginx:1.27", true);
  add("by another name of its host", "staging", "index.hub.example/library/nginx:1.27", true);
  add("a short name that no rule is about", "staging", "redis:7", false);
  add("a host and a port", "staging", "registry.example:5000/team/app:1", false);
  add("a host in capital letters", "staging", "Registry.example/team/app:1", false);
  add("a host that ends in a dot", "staging", "registry.example./team/app:1", false);
  add("no reference", "staging", "registry.example/team/app:1 --privileged", false);
  add("a digest that is none", "staging", "registry.example/team/app@sha256:abc", false);
  add("an empty reference", "staging", "", false);
  add("a path that climbs", "staging", "registry.example/team/../evil:1", false);
  add("a line end in a reference", "staging", "registry.example/team/app:1\nregistry.example/team/app:1", false);
  add("selected by digest", "production", "registry.example/hardened/python@" + digest_a, true);
  add("a platform of what is selected", "production", "registry.example/hardened/python@" + digest_b, true);
  add("selected by tag", "production", "registry.example/hardened/python:3.13", true);
  add("not selected", "production", "registry.example/hardened/python@" + digest_d, false);
  add("a tag that is not selected", "production", "registry.example/hardened/python:2", false);
  add("selected once, no longer", "production", "registry.example/hardened/python@" + digest_c, false);
  add("its support has ended", "production", "registry.example/hardened/go@" + digest_a, false);
  add("selected by digest, and whatever tag stands beside", "production", "registry.example/hardened/python:3.13-dev@" + digest_a, true);
  add("a tag that is selected beside a digest that is not", "production", "registry.example/hardened/python:3.13" + hash_e, false);
  add("denied by its tag in production", "production", "registry.example/hardened/node:22-dev", false);
  add("selected under a tag that is denied", "production", "registry.example/hardened/node@" + digest_d, false);
  add("the same behind another tag", "production", "registry.example/hardened/node:22@" + digest_d, false);
  add("selected of another repository", "production", "registry.example/hardened/java@" + digest_a, false);
  add("a finished image in production", "production", good, true);
  add("where everything is allowed", "dev", "other.example/app:1", true);
  add("but what a rule denies", "dev", "registry.example/banned/app:1", false);
  add("where there is no environment", "", "registry.example/hardened/python:3.13", false);
  add("where there is none, a finished image", "", "registry.example/team/app:1", true);
  add("where the label is of none", "nowhere", "registry.example/hardened/python:3.13", false);
}

void add_shapes(std::vector<PodCase>& out) {
  const std::string bad = "other.example/app:1";
  for (const char* const kind : {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController", "PodTemplate"}) {
    out.push_back({fmt::format("a {} of a good image", kind), "staging", owner(kind, good), true});
    out.push_back({fmt::format("a {} of another", kind), "staging", owner(kind, bad), false});
  }
  Json spec = spec_of({container(good)});
  spec["initContainers"] = {container(bad, hardened(), "prepare")};
  out.push_back({"a container that prepares", "staging", pod(spec), false});
  spec["initContainers"] = {container(good, hardened(), "prepare")};
  out.push_back({"a good one that prepares", "staging", pod(spec), true});
  spec.erase("initContainers");
  spec["ephemeralContainers"] = {container(bad, hardened(), "debug")};
  out.push_back({"a container to look with", "staging", pod(spec), false});
  out.push_back({"the second of two", "staging", pod(spec_of({container(good), container(bad, hardened(), "second")})), false});
  Json dying = pod(bad);
  dying["metadata"]["deletionTimestamp"] = "2027-01-01T00:00:00Z";
  out.push_back({"what is new is judged whatever it says of its end", "staging", dying, false});
}

void add_security(std::vector<PodCase>& out) {
  const auto add = [&](const char* summary, Json object, bool allowed) { out.push_back({summary, "staging", std::move(object), allowed}); };
  add("no security at all", pod(spec_of({{{"name", "app"}, {"image", good}}})), false);
  add("nothing said of root", good_with(without("runAsNonRoot")), false);
  add("root said", good_with(changed("runAsNonRoot", false)), false);
  add("the user of root", good_with(changed("runAsUser", 0)), false);
  add("another user", good_with(changed("runAsUser", 1000)), true);
  add("not root, by the pod", good_in({{"runAsNonRoot", true}}, without("runAsNonRoot")), true);
  add("root, by the container over the pod", good_in({{"runAsNonRoot", true}}, changed("runAsNonRoot", false)), false);
  add("the user of root, by the pod", good_in({{"runAsUser", 0}}, hardened()), false);
  add("another user, by the container over the pod", good_in({{"runAsUser", 0}}, changed("runAsUser", 7)), true);
  add("a root file system to write on", good_with(changed("readOnlyRootFilesystem", false)), false);
  add("nothing said of the root file system", good_with(without("readOnlyRootFilesystem")), false);
  add("nothing said of more rights", good_with(without("allowPrivilegeEscalation")), false);
  add("more rights", good_with(changed("allowPrivilegeEscalation", true)), false);
  add("privileged", good_with(changed("privileged", true)), false);
  add("not privileged, said", good_with(changed("privileged", false)), true);
  add("no capability dropped", good_with(without("capabilities")), false);
  add("one dropped", good_with(changed("capabilities", {{"drop", {"NET_RAW"}}})), false);
  add("all dropped and one taken that may be", good_with(changed("capabilities", {{"drop", {"ALL"}}, {"add", {"NET_BIND_SERVICE"}}})), true);
  add("all dropped and one taken that may not be", good_with(changed("capabilities", {{"drop", {"ALL"}}, {"add", {"SYS_ADMIN"}}})), false);
  add("no profile", good_with(without("seccompProfile")), false);
  add("no profile, said", good_with(changed("seccompProfile", {{"type", "Unconfined"}})), false);
  add("a profile of the node", good_with(changed("seccompProfile", {{"type", "Localhost"}, {"localhostProfile", "p.json"}})), true);
  add("a profile, by the pod", good_in({{"seccompProfile", {{"type", "RuntimeDefault"}}}}, without("seccompProfile")), true);
  add("none, by the container over the pod", good_in({{"seccompProfile", {{"type", "RuntimeDefault"}}}}, changed("seccompProfile", {{"type", "Unconfined"}})), false);
}

const Json& spec_in(const Json& object) {
  const auto& kind = object.at("kind").get_ref<const std::string&>();
  if (kind == "Pod") return object.at("spec");
  if (kind == "PodTemplate") return object.at("template").at("spec");
  if (kind == "CronJob") return object.at("spec").at("jobTemplate").at("spec").at("template").at("spec");
  return object.at("spec").at("template").at("spec");
}

bool is_domain(std::string_view host) {
  const auto [name, port] = cut(host, ':');
  if (name.empty() || name.front() == '-' || name.back() == '-' || name.front() == '.' || name.back() == '.' || name.find("..") != std::string_view::npos || name.find(".-") != std::string_view::npos || name.find("-.") != std::string_view::npos) return false;
  return std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; }) && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }) && (host.find(':') == std::string_view::npos || !port.empty());
}
bool is_path(std::string_view part) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (part.empty() || !letter(part.front()) || !letter(part.back())) return false;
  for (size_t at = 0; at < part.size();) {
    if (letter(part[at])) { ++at; continue; }
    const size_t end = std::ranges::find_if(part.substr(at), letter) - part.begin();
    const std::string_view between = part.substr(at, end - at);
    if (between != "." && between != "_" && between != "__" && between.find_first_not_of('-') != std::string_view::npos) return false;
    at = end;
  }
  return true;
}

/// Name, tag and digest, or nothing where it is no reference.
std::optional<NamedReference> reference_of(const std::string& written) {
  NamedReference out{.written = written};
  std::string_view name = written;
  if (const size_t at = name.find('@'); at != std::string_view::npos) out.digest = name.substr(at + 1), name = name.substr(0, at);
  if (const size_t colon = name.rfind(':'); colon != std::string_view::npos && name.find('/', colon) == std::string_view::npos) out.tag = name.substr(colon + 1), name = name.substr(0, colon);
  if (written.find('@') != std::string::npos && (out.digest.size() != 71 || !out.digest.starts_with("sha256:") || out.digest.find_first_not_of("0123456789abcdef", 7) != std::string::npos)) return std::nullopt;
  const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'; };
  if (out.tag.size() > 128 || !std::ranges::all_of(out.tag, word)) return std::nullopt;
  const auto parts = split(name, '/');
  for (size_t at = 0; at < parts.size(); ++at) {
    if (!is_path(parts[at]) && !(at == 0 && parts.size() > 1 && is_domain(parts[at]))) return std::nullopt;
  }
  out.repository = name;
  return out;
}

void judge_references(const Policy& policy, const FinishedRules& rules, const std::string& written, const ExportInputs& inputs, std::vector<std::string>& out) {
  const bool verified = rules.verify && policy.verify;
  if (!verified && !rules.bases) return;
  auto reference = reference_of(written);
  if (!reference) return out.push_back("no reference");
  reference->repository = full_name(inputs.registries, reference->repository);
  const bool named = verified && rule_for(*policy.verify, reference->repository) != nullptr;
  if (verified && !named && !policy.verify->admit_others) out.push_back("no rule of 'verify'");
  if (!rules.bases) return;
  const auto vendors = inputs.vendors.find(rules.bases->vendors);
  if (vendors != inputs.vendors.end()) {
    if (const Vendor* const vendor = vendor_of(vendors->second, reference->repository)) reference->vendor = vendor->name;
  }
  const auto selection = inputs.selections.find(rules.bases->selection);
  const auto verdict = ask_reference(*rules.bases, selection == inputs.selections.end() ? nullptr : &selection->second, *reference, inputs.now);
  // What no rule on bases is about and one of `verify` names is a finished image. What is unknown for what the reference does not say is not admitted; what only the
  // image can tell is not asked.
  if (verdict.rule.empty() && verdict.answer == Answer::Denied && named) return;
  if (verdict.answer == Answer::Denied || std::ranges::any_of(verdict.reasons, [](const Reason& each) { return each.answer == Answer::Unknown; })) out.push_back("bases: " + verdict.reasons.back().what);
}

/// The value of a container, else of its pod; null: neither says one.
Json effective(const Json& spec, const Json& container, const char* key) {
  for (const Json* each : {&container, &spec}) {
    if (each->contains("securityContext") && each->at("securityContext").contains(key)) return each->at("securityContext").at(key);
  }
  return nullptr;
}

void judge_security(const Json& spec, const Json& container, const std::vector<PodAsk>& asked, std::vector<std::string>& out) {
  const Json own = container.value("securityContext", Json::object());
  for (const PodAsk each : asked) {
    bool holds = false;
    const Json capabilities = own.value("capabilities", Json::object());
    switch (each) {
      case PodAsk::NonRoot: holds = effective(spec, container, "runAsNonRoot") == true && effective(spec, container, "runAsUser") != 0; break;
      case PodAsk::ReadOnlyRoot: holds = own.value("readOnlyRootFilesystem", false); break;
      case PodAsk::NoEscalation: holds = !own.value("allowPrivilegeEscalation", true) && !own.value("privileged", false); break;
      case PodAsk::DropCapabilities: {
        const Json drop = capabilities.value("drop", Json::array()), add = capabilities.value("add", Json::array());
        holds = std::ranges::find(drop, Json("ALL")) != drop.end() && std::ranges::all_of(add, [](const Json& name) { return name == "NET_BIND_SERVICE"; });
        break;
      }
      case PodAsk::Seccomp: {
        const Json profile = effective(spec, container, "seccompProfile");
        holds = profile.is_object() && (profile.value("type", "") == "RuntimeDefault" || profile.value("type", "") == "Localhost");
        break;
      }
    }
    if (!holds) out.push_back(fmt::format("{} of '{}'", pod_rules()[static_cast<size_t>(each)].name, container.value("name", "")));
  }
}

}  // namespace

std::string sample_policy_text() {
  return fmt::format(R"(verify:
  rules:
    - {{name: tools, images: [registry.example/tools/**, registry.example/certain/**], signed-by: [{{file: team.pub}}]}}
    - name: teams
      images: [registry.example/team/*, registry.example/hardened/**, registry.example/old/app, registry.example/next/app, registry.example/mirrored/**]
      signed-by: [{{file: team.pub}}, {{name: ci@example.org, issuer: 'https://accounts.example.org'}}]
    - {{name: vendors, images: [vendor.example/**, hub.example/library/**], signed-by: [{{file: team.pub}}]}}
bases:
  why: nobody patches it for us
  rules:
    - {{name: no-debug, images: [registry.example/tools/**], tags: ['*-debug', '*-dev'], deny: true, why: they have shells}}
    - {{name: tools, images: [registry.example/tools/**]}}
    - {{name: no-dev, images: [registry.example/hardened/**], tags: ['*-dev'], deny: true}}
    - {{name: hardened, images: [registry.example/hardened/**], pinned: true, why: tags move}}
    - {{name: mirrored, images: [registry.example/mirrored/**], pinned: true}}
    - {{name: certain, images: [registry.example/certain/**], digests: ['{0}']}}
    - {{name: not-certain, images: [registry.example/certain/**], deny: true}}
    - {{name: old, images: [registry.example/old/**], until: 2026-06-01}}
    - {{name: next, images: [registry.example/next/**], from: 2027-06-01}}
    - {{name: vendor, vendor: free-vendor}}
    - {{name: no-others, vendor: other-vendor, deny: true}}
    - {{name: short, images: [hub.example/library/nginx]}}
    - {{name: no-short, images: [hub.example/library/**], deny: true}}
content:
  root: deny
environments:
  production:
    bases:
      selection: selection.json
      rules:
        - {{name: no-dev, images: [registry.example/hardened/**], tags: ['*-dev'], deny: true}}
        - {{name: selected, images: [registry.example/hardened/**], supported: true}}
  staging: {{}}
  dev:
    verify: false
    bases:
      default: allow
      rules: [{{name: banned, images: [registry.example/banned/**], deny: true}}]
)", digest_b);
}

ExportInputs sample_inputs() {
  ExportInputs out;
  out.registries = {.host = "hub.example", .single = "library", .also = {"index"}};
  out.vendors[""] = {{.name = "other-vendor", .title = "Other", .policy = {}, .images = {"vendor.example/other/**"}}, {.name = "free-vendor", .title = "Free", .policy = {}, .images = {"vendor.example/**"}}};
  out.now = Time::parse("2026-11-27T07:00:00Z").value();
  const auto time = [](const char* text) { return Time::parse(text).value(); };
  Selection& selection = out.selections["selection.json"];
  selection.bases = {{.repository = "registry.example/hardened/python", .tags = {"3.13", "3"}, .digest = digest_a, .platforms = {{"linux/amd64", digest_b, {}}}, .supported_until = time("2029-10-01T00:00:00Z"), .from = time("2026-01-01T00:00:00Z"), .approved_by = "platform"},
                     {.repository = "registry.example/hardened/python", .tags = {"3.12"}, .digest = digest_c, .platforms = {}, .from = time("2025-01-01T00:00:00Z"), .until = time("2026-02-01T00:00:00Z"), .approved_by = "platform"},
                     {.repository = "registry.example/hardened/go", .tags = {"1.20"}, .digest = digest_a, .platforms = {}, .supported_until = time("2024-02-06T00:00:00Z"), .from = time("2026-01-01T00:00:00Z"), .approved_by = "platform"}};
  selection.bases.push_back({.repository = "registry.example/hardened/node", .tags = {"22-dev"}, .digest = digest_d, .platforms = {}, .supported_until = time("2029-10-01T00:00:00Z"), .from = time("2026-01-01T00:00:00Z"), .approved_by = "platform"});
  out.keys["key file 'team.pub'"] = {.pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PUBLIC KEY-----\n", .digest = digest_d};
  return out;
}

ExportWish sample_wish(Engine engine) {
  return {.engine = engine, .pods = {PodAsk::NonRoot, PodAsk::ReadOnlyRoot, PodAsk::NoEscalation, PodAsk::DropCapabilities, PodAsk::Seccomp}};
}

std::vector<PodCase> sample_pods() {
  std::vector<PodCase> out;
  add_references(out);
  add_shapes(out);
  add_security(out);
  return out;
}

std::vector<std::string> own_answer(const Policy& policy, const std::string& environment, const Json& object, const ExportInputs& inputs, const std::vector<PodAsk>& asked) {
  const FinishedRules* rules = rules_in(policy, environment);
  if (rules == nullptr) rules = &policy.finished;  // a label of none
  std::vector<std::string> out;
  const Json& spec = spec_in(object);
  for (const char* const list : {"initContainers", "containers", "ephemeralContainers"}) {
    for (const Json& each : spec.value(list, Json::array())) {
      judge_references(policy, *rules, each.value("image", ""), inputs, out);
      judge_security(spec, each, asked, out);
    }
  }
  return out;
}

}  // namespace ashlar::policy
