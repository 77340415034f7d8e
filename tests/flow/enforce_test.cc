// What clusters decide under the manifests of `ashlar policy export`, held against what the policy itself says: an API server's own admission plugin, and Kyverno's program.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "base/text.h"
#include "folder_image.h"
#include "policy/inner/sample_pods_test.h"
#include "registry_server.h"

namespace ashlar::flow {
namespace {

using policy::Engine;
using policy::PodCase;

constexpr const char* no_admission = "this machine has no API server's admission plugin (scripts/install-go-tools.sh builds one where there is a Go)";
constexpr const char* no_gator = "this machine has no gator (scripts/install-go-tools.sh gator builds one where there is a Go)";
constexpr const char* no_kyverno = "this machine has no kyverno (scripts/install-go-tools.sh kyverno builds one where there is a Go)";

policy::Policy sample() { return policy::read_policy(policy::sample_policy_text(), "policy.yaml").value(); }

struct Asked {
  std::string name_space = "staging", operation = "CREATE", subresource{};
  Json object{};
};
struct Answered { bool allowed = false; std::string message{}; };

/// Each as a manifest of its own, named by its number, in the namespace of its environment.
std::string manifests_of(const std::vector<policy::PodCase>& cases) {
  std::string out;
  for (size_t at = 0; at < cases.size(); ++at) {
    Json object = cases[at].object;
    object["metadata"]["name"] = fmt::format("case-{}", at);
    object["metadata"]["namespace"] = cases[at].environment.empty() ? "unlabelled" : cases[at].environment;
    out += "---\n" + to_pretty(object);
  }
  return out;
}

/// A cluster's namespaces: one for each environment, one with a label of none, one without a label, and one of the system.
std::string namespaces() {
  std::string out;
  for (const char* name : {"production", "staging", "dev", "nowhere", "unlabelled", "kube-system"}) {
    out += fmt::format("---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {0}\n  labels:\n    kubernetes.io/metadata.name: {0}\n", name);
    if (std::string_view(name) != "unlabelled" && std::string_view(name) != "kube-system") out += fmt::format("    ashlar.dev/environment: {}\n", name);
  }
  return out;
}

class EnforceFlow : public testing::Test {
 protected:
  /// Answers of an API server that has these manifests, in the order of what is asked.
  std::vector<Answered> ask(const std::string& manifests, const std::vector<Asked>& asked) const {
    stage.write("manifests.yaml", manifests);
    stage.write("namespaces.yaml", namespaces());
    std::string lines;
    for (const Asked& each : asked) lines += to_compact({{"namespace", each.name_space}, {"operation", each.operation}, {"subresource", each.subresource}, {"object", each.object}}) + "\n";
    stage.write("asked.jsonl", lines);
    const Ran ran = stage.run({"sh", "-c", shell_word(*go_tool("ashlar-cluster-admission")) + " manifests.yaml namespaces.yaml <asked.jsonl"});
    EXPECT_EQ(ran.code, 0) << ran.told;
    std::vector<Answered> out;
    std::istringstream in(ran.out);
    for (std::string line; std::getline(in, line);) {
      const Json json = Json::parse(line);
      out.push_back({json.at("allowed"), json.at("message")});
    }
    EXPECT_EQ(out.size(), asked.size()) << ran.told;
    out.resize(asked.size());
    return out;
  }
  static std::string exported(const policy::Policy& of, const policy::ExportWish& wish) {
    const auto out = policy::export_policy(of, wish, policy::sample_inputs());
    EXPECT_TRUE(out) << out.error().message;
    return policy::to_yaml(*out, wish, of.path);
  }
  static std::string vap() { return exported(sample(), policy::sample_wish(Engine::Vap)); }
  static Json pod_of(const std::string& summary) {
    const auto pods = policy::sample_pods();
    return std::ranges::find(pods, summary, &PodCase::summary)->object;
  }

  Stage stage;
};

TEST_F(EnforceFlow, an_api_server_decides_as_the_policy_does) {
  if (!go_tool("ashlar-cluster-admission")) GTEST_SKIP() << no_admission;
  const auto pods = policy::sample_pods();
  std::vector<Asked> asked;
  for (const PodCase& each : pods) asked.push_back({.name_space = each.environment.empty() ? "unlabelled" : each.environment, .object = each.object});
  const auto answers = ask(vap(), asked);
  for (size_t at = 0; at < pods.size(); ++at) {
    EXPECT_EQ(answers[at].allowed, pods[at].allowed) << pods[at].summary << ": " << answers[at].message;
    if (answers[at].allowed) continue;
    // Why is said by the policy, not by an expression that broke.
    EXPECT_EQ(answers[at].message.find("no such key"), std::string::npos) << pods[at].summary << ": " << answers[at].message;
    EXPECT_EQ(answers[at].message.find("evaluation error"), std::string::npos) << pods[at].summary << ": " << answers[at].message;
  }
}

TEST_F(EnforceFlow, an_api_server_says_why) {
  if (!go_tool("ashlar-cluster-admission")) GTEST_SKIP() << no_admission;
  struct Row { const char *summary, *environment, *words; };
  const Row rows[] = {
      {"nothing that a rule names", "staging", "images that no rule of the policy's section 'verify' names: other.example/app:1"},
      {"a base without digest where one is asked", "staging", "registry.example/hardened/python:3.13: the rule 'hardened' on bases asks for a digest: write it as NAME:TAG@sha256:... (tags move)"},
      {"a tag that is", "staging", "the rule 'no-debug' on bases denies it (they have shells)"},
      {"a tag that is not selected", "production", "the rule 'selected' on bases asks for the selection, in which it is not"},
      {"not selected", "production", "the rule 'no-dev' on bases asks which tag it has: the one beside a digest proves nothing, and the selection has none of this digest"},
      {"no reference", "staging", "images whose names are no references that can be judged: registry.example/team/app:1 --privileged"},
      {"privileged", "staging", "containers must not gain rights: allowPrivilegeEscalation false, and not privileged: app"},
  };
  std::vector<Asked> asked;
  for (const Row& row : rows) asked.push_back({.name_space = row.environment, .object = pod_of(row.summary)});
  const auto answers = ask(vap(), asked);
  for (size_t at = 0; at < answers.size(); ++at) EXPECT_NE(answers[at].message.find(rows[at].words), std::string::npos) << rows[at].summary << ": " << answers[at].message;
}

TEST_F(EnforceFlow, an_api_server_asks_at_the_right_time_and_place) {
  if (!go_tool("ashlar-cluster-admission")) GTEST_SKIP() << no_admission;
  const Json bad = pod_of("nothing that a rule names"), looked = pod_of("a container to look with"), dying = pod_of("what is new is judged whatever it says of its end");
  struct Row { const char* summary; Asked asked; bool allowed; };
  const Row rows[] = {
      {"a namespace of the system", {.name_space = "kube-system", .object = bad}, true},
      {"a change of a pod", {.operation = "UPDATE", .object = bad}, false},
      {"a change of a pod that is being deleted", {.operation = "UPDATE", .object = dying}, true},
      {"a container that is added to look with", {.operation = "UPDATE", .subresource = "ephemeralcontainers", .object = looked}, false},
      {"a pod's state", {.operation = "UPDATE", .subresource = "status", .object = bad}, true},
      {"something else than a pod", {.object = {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "x"}}}}}, true},
  };
  std::vector<Asked> asked;
  for (const Row& row : rows) asked.push_back(row.asked);
  const auto answers = ask(vap(), asked);
  for (size_t at = 0; at < answers.size(); ++at) EXPECT_EQ(answers[at].allowed, rows[at].allowed) << rows[at].summary << ": " << answers[at].message;

  policy::ExportWish wish = policy::sample_wish(Engine::Vap);
  wish.only_warn = true;
  EXPECT_TRUE(ask(exported(sample(), wish), {{.object = bad}}).front().allowed) << "only a warning";
}

/// What `ashlar init` writes is of use in a cluster as it stands: what the project releases runs, and nothing else does.
TEST_F(EnforceFlow, the_policy_of_a_new_project_lets_run_what_it_releases) {
  if (!go_tool("ashlar-cluster-admission")) GTEST_SKIP() << no_admission;
  stage.write("app/Dockerfile", "FROM python:3.13-slim\nWORKDIR /app\nCOPY app.py .\nCMD [\"python\", \"app.py\"]\n");
  const Ran begun = stage.ashlar({"init", "--from", "app/Dockerfile", "--bases", "registry.example/hardened", "--to", "docker://registry.example/team/app", "--ci", "none"});
  ASSERT_EQ(begun.code, 0) << begun.told;
  const Ran ran = stage.ashlar({"policy", "export", "--to", "vap", "--policy", "app/policy.yaml", "--output", "vap.yaml"});
  ASSERT_EQ(ran.code, 0) << ran.told;
  const std::string digest = "@sha256:" + std::string(64, 'a');
  const auto pod = [](const std::string& list, const std::string& image) {
    Json spec = {{"securityContext", {{"runAsNonRoot", true}}}, {"containers", {{{"name", "app"}, {"image", "registry.example/team/app:1"}}}}};
    Json container = {{"name", "more"}, {"image", image}};
    if (list == "containers") spec["containers"] = {container};
    else spec[list] = {container};
    return Json{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", "x"}}}, {"spec", spec}};
  };
  const auto deployed = [](const Json& of) { return Json{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"metadata", {{"name", "x"}}}, {"spec", {{"template", {{"metadata", {{"labels", {{"a", "b"}}}}}, {"spec", of.at("spec")}}}}}}; };
  struct Row { const char* summary; Json object; bool allowed; };
  const Row rows[] = {
      {"what it releases", pod("containers", "registry.example/team/app:1"), true},
      {"by its digest", pod("containers", "registry.example/team/app:1" + digest), true},
      {"deployed", deployed(pod("containers", "registry.example/team/app:1")), true},
      {"another's", pod("containers", "nginx:1.27"), false},
      {"another's of that registry", pod("containers", "registry.example/team/other:1"), false},
      {"a base that nobody selected", pod("containers", "registry.example/hardened/python:3.13" + digest), false},
      {"another's to prepare", pod("initContainers", "nginx:1.27"), false},
      {"another's to look with", pod("ephemeralContainers", "busybox"), false},
      {"another's, deployed", deployed(pod("containers", "nginx:1.27")), false},
  };
  std::vector<Asked> asked;
  for (const Row& row : rows) asked.push_back({.name_space = "unlabelled", .object = row.object});
  const auto answers = ask(stage.read("vap.yaml"), asked);
  for (size_t at = 0; at < answers.size(); ++at) EXPECT_EQ(answers[at].allowed, rows[at].allowed) << rows[at].summary << ": " << answers[at].message;
  // Kyverno asks for its signature, too: by the key that the policy names.
  EXPECT_EQ(stage.ashlar({"policy", "export", "--to", "kyverno", "--policy", "app/policy.yaml"}).code, 2) << "that is not there yet";
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "app/release"}).code, 0);
  const Ran kyverno = stage.ashlar({"policy", "export", "--to", "kyverno", "--policy", "app/policy.yaml"});
  EXPECT_EQ(kyverno.code, 0) << kyverno.told;
  EXPECT_NE(kyverno.out.find("BEGIN PUBLIC KEY"), std::string::npos) << kyverno.out;
}

/// What Gatekeeper evaluates is what an API server would: its templates' sources, put into policies of the server's, answer the same over the same pods.
TEST_F(EnforceFlow, what_gatekeeper_is_given_decides_as_the_policy_does) {
  if (!go_tool("ashlar-cluster-admission")) GTEST_SKIP() << no_admission;
  const auto out = policy::export_policy(sample(), policy::sample_wish(Engine::Gatekeeper), policy::sample_inputs());
  ASSERT_TRUE(out) << out.error().message;
  std::map<std::string, Json> templates;
  std::string manifests;
  for (const Json& each : out->manifests) {
    if (each.at("kind") == "ConstraintTemplate") {
      templates[each.at("spec").at("crd").at("spec").at("names").at("kind")] = each.at("spec").at("targets").at(0).at("code").at(0).at("source");
      continue;
    }
    ASSERT_TRUE(templates.contains(each.at("kind"))) << "a template stands before its constraint";
    Json spec = templates[each.at("kind")];
    Json rules = Json::array();
    for (const Json& kinds : each.at("spec").at("match").at("kinds")) {
      Json resources = Json::array();
      for (const Json& kind : kinds.at("kinds")) {
        std::string name = kind;
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        resources.push_back(name + "s");
      }
      rules.push_back({{"apiGroups", kinds.at("apiGroups")}, {"apiVersions", {"v1"}}, {"operations", {"CREATE", "UPDATE"}}, {"resources", std::move(resources)}, {"scope", "Namespaced"}});
    }
    spec["matchConstraints"] = {{"resourceRules", std::move(rules)}};
    const std::string name = each.at("metadata").at("name");
    const Json policy = {{"apiVersion", "admissionregistration.k8s.io/v1"}, {"kind", "ValidatingAdmissionPolicy"}, {"metadata", {{"name", name}}}, {"spec", std::move(spec)}};
    const Json binding = {{"apiVersion", "admissionregistration.k8s.io/v1"}, {"kind", "ValidatingAdmissionPolicyBinding"}, {"metadata", {{"name", name}}},
                          {"spec", {{"policyName", name}, {"validationActions", {"Deny"}}, {"matchResources", {{"namespaceSelector", each.at("spec").at("match").at("namespaceSelector")}}}}}};
    for (const Json& made : {policy, binding}) manifests += "---\n" + to_pretty(made);
  }
  const auto pods = policy::sample_pods();
  std::vector<Asked> asked;
  for (const PodCase& each : pods) asked.push_back({.name_space = each.environment.empty() ? "unlabelled" : each.environment, .object = each.object});
  const auto answers = ask(manifests, asked);
  for (size_t at = 0; at < pods.size(); ++at) {
    EXPECT_EQ(answers[at].allowed, pods[at].allowed) << pods[at].summary << ": " << answers[at].message;
    EXPECT_EQ(answers[at].message.find("evaluation error"), std::string::npos) << pods[at].summary << ": " << answers[at].message;
  }
  EXPECT_TRUE(ask(manifests, {{.operation = "UPDATE", .object = pod_of("what is new is judged whatever it says of its end")}}).front().allowed) << "what is being deleted may be changed";
}

/// Gatekeeper's own engine over the same pods, each in its namespace; what it says of several containers is one verdict on the pod.
TEST_F(EnforceFlow, gatekeepers_engine_decides_as_the_policy_does) {
  if (!go_tool("gator")) GTEST_SKIP() << no_gator;
  stage.write("manifests.yaml", exported(sample(), policy::sample_wish(Engine::Gatekeeper)));
  stage.write("namespaces.yaml", namespaces());
  const auto cases = policy::sample_pods();
  stage.write("pods.yaml", manifests_of(cases));
  const Ran ran = stage.run({*go_tool("gator"), "test", "--filename", "manifests.yaml", "--filename", "namespaces.yaml", "--filename", "pods.yaml", "--output", "json"});
  ASSERT_EQ(ran.code, 1) << "some are denied\n" << ran.told;
  std::map<std::string, std::string> denied;
  for (const Json& each : Json::parse(ran.out)) denied[each.at("violatingObject").at("metadata").at("name")] = each.at("msg");
  for (size_t at = 0; at < cases.size(); ++at) {
    const auto found = denied.find(fmt::format("case-{}", at));
    const std::string why = found == denied.end() ? "" : found->second;
    EXPECT_EQ(found == denied.end(), cases[at].allowed) << cases[at].summary << ": " << why;
    EXPECT_EQ(why.find("no such key"), std::string::npos) << cases[at].summary << ": " << why;
  }
}

/// What an engine's own definition of its manifests takes; where the schema of it was made (scripts/install-ci-linters.sh).
TEST_F(EnforceFlow, manifests_fit_the_engines_own_schemas) {
  const std::filesystem::path folder = std::filesystem::path(ASHLAR_BUILD_DIR).parent_path() / "ci-linters", judge = folder / "bin/check-jsonschema";
  if (!std::filesystem::exists(judge) || !std::filesystem::exists(folder / "clusterimagepolicy.schema.json")) GTEST_SKIP() << "this machine has no schemas of the engines (scripts/install-ci-linters.sh)";
  struct Row { Engine engine; const char *kind, *schema, *spoilt; };
  const Row rows[] = {{Engine::Gatekeeper, "ConstraintTemplate", "constrainttemplate", "targets"}, {Engine::PolicyController, "ClusterImagePolicy", "clusterimagepolicy", "images"}};
  for (const Row& row : rows) {
    const auto out = policy::export_policy(sample(), policy::sample_wish(row.engine), policy::sample_inputs());
    ASSERT_TRUE(out) << out.error().message;
    Words words = {judge.string(), "--schemafile", (folder / (std::string(row.schema) + ".schema.json")).string()};
    size_t count = 0;
    Json last;
    for (const Json& each : out->manifests) {
      if (each.at("kind") != row.kind) continue;
      const std::string name = fmt::format("{}-{}.json", row.schema, count++);
      stage.write(name, to_pretty(each));
      words.push_back(name);
      last = each;
    }
    ASSERT_GE(count, 3U) << row.kind;
    const Ran good = stage.run(words);
    EXPECT_EQ(good.code, 0) << good.told;
    last["spec"][std::string(row.spoilt) + "s"] = last["spec"][row.spoilt];
    last["spec"].erase(row.spoilt);
    stage.write("spoilt.json", to_pretty(last));
    EXPECT_NE(stage.run({words[0], words[1], words[2], "spoilt.json"}).code, 0) << row.kind;
  }
}

/// Names in a policy that would be something else in an expression or a document: the manifests are read, and decide as before.
TEST_F(EnforceFlow, hostile_names_change_no_decision) {
  if (!go_tool("ashlar-cluster-admission")) GTEST_SKIP() << no_admission;
  for (const std::string name : {"x') || true || ('", "\\'); true", "'\n---\nkind: Pod", "{{ request.object }}", "\\u0027) || true", "&anchor", "\"", "$(x)", "\u2028"}) {
    const std::string quoted = to_compact(Json(name));
    const std::string text = fmt::format("bases:\n  why: {0}\n  rules:\n    - {{name: {0}, why: {0}, images: [registry.example/old/**, registry.example/{1}], tags: [{0}, dev], deny: true}}\n    - {{name: good, images: registry.example/old/**}}\n"
                                         "environments:\n  {0}: {{}}\n", quoted, "x");
    const auto read = policy::read_policy(text, "policy.yaml");
    ASSERT_TRUE(read) << name << ": " << read.error().message;
    const auto pod = [](const std::string& image) { return Json{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", "web"}}}, {"spec", {{"containers", Json::array({{{"name", "app"}, {"image", image}}})}}}}; };
    const auto answers = ask(exported(*read, {.engine = Engine::Vap}), {{.object = pod("registry.example/old/app:1")}, {.object = pod("registry.example/old/app:dev")}, {.object = pod("other.example/app:1")}});
    EXPECT_TRUE(answers[0].allowed) << name << ": " << answers[0].message;
    EXPECT_FALSE(answers[1].allowed) << name;
    EXPECT_FALSE(answers[2].allowed) << name;
    EXPECT_NE(answers[1].message.find(visible(name)), std::string::npos) << "the name is told as it is: " << answers[1].message;
  }
}

/// Kyverno's own program over the same pods. What it asks registries for is left out here: no registry of the sample is there.
TEST_F(EnforceFlow, kyverno_decides_as_the_policy_does) {
  if (!go_tool("kyverno")) GTEST_SKIP() << no_kyverno;
  auto out = policy::export_policy(sample(), policy::sample_wish(Engine::Kyverno), policy::sample_inputs());
  ASSERT_TRUE(out) << out.error().message;
  for (Json& each : out->manifests) {
    Json& rules = each["spec"]["rules"];
    for (size_t at = rules.size(); at-- > 0;) {
      if (rules[at].contains("verifyImages")) rules.erase(at);
    }
  }
  stage.write("manifests.yaml", policy::to_yaml(*out, policy::sample_wish(Engine::Kyverno), "policy.yaml"));
  Json values = {{"apiVersion", "cli.kyverno.io/v1alpha1"}, {"kind", "Values"}, {"metadata", {{"name", "values"}}}, {"namespaceSelector", Json::array()}};
  for (const char* name : {"production", "staging", "dev", "nowhere", "unlabelled"}) {
    Json labels = {{"kubernetes.io/metadata.name", name}};
    if (std::string_view(name) != "unlabelled") labels["ashlar.dev/environment"] = name;
    values["namespaceSelector"].push_back({{"name", name}, {"labels", labels}});
  }
  stage.write("values.json", to_pretty(values));
  const auto cases = policy::sample_pods();
  stage.write("pods.yaml", manifests_of(cases));
  const Ran ran = stage.run({*go_tool("kyverno"), "apply", "manifests.yaml", "--resource", "pods.yaml", "--values-file", "values.json", "--policy-report", "--output-format", "json"});
  ASSERT_TRUE(ran.code == 0 || ran.code == 1) << ran.told;
  const size_t begin = ran.out.find('{');
  ASSERT_NE(begin, std::string::npos) << ran.told;
  const Json report = Json::parse(ran.out.substr(begin, ran.out.rfind('}') + 1 - begin));
  std::map<std::string, std::string> results;
  for (const Json& each : report.at("results")) {
    for (const Json& resource : each.at("resources")) results[resource.at("name")] = each.at("result").get<std::string>() + ": " + each.value("message", "");
  }
  // Where it differs, the difference is listed.
  const std::map<std::string, std::string> differences = {{"a short name", "names without a host are made whole by Kyverno's own setting"}, {"by another name of its host", "other names of a host"}};
  for (size_t at = 0; at < cases.size(); ++at) {
    const auto found = results.find(fmt::format("case-{}", at));
    ASSERT_NE(found, results.end()) << cases[at].summary << ": Kyverno says nothing of it";
    const auto difference = differences.find(cases[at].summary);
    EXPECT_EQ(found->second.starts_with("pass"), cases[at].allowed && difference == differences.end()) << cases[at].summary << ": " << found->second;
    if (difference == differences.end()) continue;
    const auto note = std::ranges::find_if(out->inexpressible, [&](const policy::Inexpressible& each) { return each.why.find(difference->second) != std::string::npos; });
    ASSERT_NE(note, out->inexpressible.end()) << difference->second;
    EXPECT_EQ(note->effect, policy::Inexpressible::Effect::DeniesMore);
  }
}

/// Images with real signatures and statements in a registry, and what Kyverno makes of the policy's rules on them.
TEST_F(EnforceFlow, kyverno_asks_for_signatures_as_the_policy_does) {
  if (!go_tool("kyverno")) GTEST_SKIP() << no_kyverno;
  if (!ReferrersRegistry::there()) GTEST_SKIP() << ReferrersRegistry::reason;
  ASHLAR_NEED("skopeo");
  ASHLAR_NEED("openssl");
  const ReferrersRegistry registry(stage);
  for (const char* name : {"our", "other"}) {
    ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", fmt::format("{}.key", name)}).code, 0);
    ASSERT_EQ(stage.run({"openssl", "pkey", "-in", fmt::format("{}.key", name), "-pubout", "-out", fmt::format("{}.pub", name)}).code, 0);
  }
  const std::string now = host::real_machine().clock->now().str(), builder = "https://ci.example.org/build/7";
  const auto provenance = [](const std::string& by, const std::string& finished) {
    return to_compact({{"buildDefinition", {{"buildType", "https://example.org/build/v1"}, {"externalParameters", Json::object()}}}, {"runDetails", {{"builder", {{"id", by}}}, {"metadata", {{"finishedOn", finished}}}}}});
  };
  struct Row { const char* name; std::string key, statement; bool allowed; const char* summary; };
  const Row rows[] = {
      {"good", "our", provenance(builder, now), true, "signed, and its provenance is fresh and of the builder"},
      {"unsigned", "", provenance(builder, now), false, "nobody signed it"},
      {"stranger", "other", provenance(builder, now), false, "somebody else signed it"},
      {"silent", "our", "", false, "there is no provenance"},
      {"elsewhere", "our", provenance("https://ci.example.org/build/7/more", now), false, "another builder, which a wider star would take"},
      {"old", "our", provenance(builder, "2026-01-01T00:00:00Z"), false, "a provenance that is too old"},
      {"future", "our", provenance(builder, "2036-01-01T00:00:00Z"), false, "a provenance that is yet to come"},
      {"theirs", "other", "", true, "of an earlier rule, which asks for their signature alone"},
  };
  for (const Row& row : rows) {
    const std::string ref = registry.ref(fmt::format("team/{}:1", row.name));
    stage.write(fmt::format("root-{}/etc/name", row.name), row.name);
    make_image(stage, fmt::format("layout-{}", row.name), {fmt::format("root-{}", row.name)});
    push_with_skopeo(stage, fmt::format("oci:layout-{}:1", row.name), ref);
    if (!row.key.empty()) {
      const Ran ran = stage.ashlar({"sign", ref, "--key", row.key + ".key", "--layout", "tag", "--plain-http"});
      ASSERT_EQ(ran.code, 0) << ran.told;
    }
    if (row.statement.empty()) continue;
    stage.write("predicate.json", row.statement);
    const Ran ran = stage.ashlar({"attest", ref, "--key", row.key == "other" ? "other.key" : "our.key", "--type", "slsaprovenance1", "--predicate", "predicate.json", "--layout", "tag", "--plain-http"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  stage.write("policy.yaml", fmt::format("verify:\n  rules:\n    - {{name: theirs, images: '{0}/team/theirs', signed-by: [{{file: other.pub}}]}}\n"
                                         "    - {{name: ours, images: '{0}/team/**', signed-by: [{{file: our.pub}}], builder: 'https://ci.example.org/build/*', statements: [{{type: slsaprovenance1, max-age: 7d}}]}}\n", registry.host()));
  const Ran exported = stage.ashlar({"policy", "export", "--to", "kyverno", "--output", "manifests.yaml"});
  ASSERT_EQ(exported.code, 0) << exported.told;
  EXPECT_NE(exported.err.find("verify ours: denies-more"), std::string::npos) << exported.told;
  for (const Row& row : rows) {
    const Ran own = stage.ashlar({"verify", registry.ref(fmt::format("team/{}:1", row.name)), "--policy", "policy.yaml", "--plain-http"});
    EXPECT_EQ(own.code == 0, row.allowed) << row.summary << ": " << own.told;
    const Json pod = {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", row.name}, {"namespace", "default"}}}, {"spec", {{"containers", Json::array({{{"name", "app"}, {"image", fmt::format("{}/team/{}:1", registry.host(), row.name)}}})}}}};
    stage.write("pod.yaml", to_pretty(pod));
    const Ran ran = stage.run({*go_tool("kyverno"), "apply", "manifests.yaml", "--resource", "pod.yaml", "--registry"});
    EXPECT_EQ(ran.out.find("fail: 0") != std::string::npos && ran.out.find("error: 0") != std::string::npos, row.allowed) << row.summary << ": " << ran.told;
  }
}

/// The verb as people use it.
TEST_F(EnforceFlow, the_verb_writes_what_kubectl_takes) {
  stage.write("policy.yaml", "bases:\n  rules:\n    - {name: hardened, images: registry.example/hardened/**, pinned: true, max-age: 30d}\ncontent: {root: deny}\nenvironments: {production: {}}\n");
  const Ran text = stage.ashlar({"policy", "export", "--to", "vap", "--now", "2026-11-27T07:00:00Z"});
  ASSERT_EQ(text.code, 0) << text.told;
  EXPECT_TRUE(text.out.starts_with("# Written by `ashlar policy export --to vap`")) << text.out;
  EXPECT_NE(text.err.find("bases hardened: admits-more: how old an image is"), std::string::npos) << text.told;
  EXPECT_EQ(stage.ashlar({"policy", "export", "--to", "vap", "--now", "2026-11-27T07:00:00Z"}).out, text.out) << "the same input, the same bytes";
  const Json json = stage.json({"policy", "export", "--to", "vap", "--pod-rules", "all"});
  EXPECT_EQ(json.at("schema"), "https://ashlar.dev/policy-export/v1");
  EXPECT_EQ(json.at("manifests").size(), 4U);
  EXPECT_EQ(misfit(json.at("inexpressible"), Json::parse(R"([{"section": "", "rule": "", "effect": "", "why": "", "what_to_do": ""}])")), "");
  struct Row { const char* summary; Words words; int code; const char* says; };
  const Row rows[] = {
      {"no engine", {"policy", "export"}, 2, "--to kyverno, or --to vap, or --to gatekeeper, or --to policy-controller"},
      {"an engine that it does not know", {"policy", "export", "--to", "opa"}, 2, "kyverno, vap, gatekeeper, policy-controller"},
      {"a rule on pods that there is not", {"policy", "export", "--to", "vap", "--pod-rules", "root"}, 2, "run-as-non-root"},
      {"a place of signatures that there is not", {"policy", "export", "--to", "kyverno", "--signatures", "attic"}, 2, "tags, referrers, bundles"},
      {"no such policy", {"policy", "export", "--to", "vap", "--policy", "none.yaml"}, 2, "none.yaml"},
      {"a time that is none", {"policy", "export", "--to", "vap", "--now", "soon"}, 2, "soon"},
  };
  for (const Row& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ": " << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ": " << ran.told;
  }
}

}  // namespace
}  // namespace ashlar::flow
