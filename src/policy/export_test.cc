#include "policy/export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "policy/inner/sample_pods_test.h"

namespace ashlar::policy {
namespace {

constexpr std::array engines = {Engine::Kyverno, Engine::Vap, Engine::Gatekeeper};  // that ask for all that a manifest shows
constexpr std::array all_engines = {Engine::Kyverno, Engine::Vap, Engine::Gatekeeper, Engine::PolicyController};

Policy policy_of(const std::string& text) {
  auto policy = read_policy(text, "policy.yaml");
  EXPECT_TRUE(policy) << policy.error().message << (policy ? "" : policy.error().faults.empty() ? "" : policy.error().faults.front().message);
  return std::move(policy).value();
}

Export exported(const std::string& text, Engine engine, const ExportInputs& inputs = sample_inputs()) {
  auto out = export_policy(policy_of(text), {.engine = engine}, inputs);
  EXPECT_TRUE(out) << out.error().message;
  return std::move(out).value();
}

/// `section rule effect`, of what one engine does not express.
std::vector<std::string> notes_of(const Export& from) {
  std::vector<std::string> out;
  for (const Inexpressible& each : from.inexpressible) out.push_back(fmt::format("{}{}{}: {}", each.section, each.rule.empty() ? "" : " ", each.rule, to_string(each.effect)));
  return out;
}

const Inexpressible* note_with(const Export& from, std::string_view why) {
  const auto found = std::ranges::find_if(from.inexpressible, [&](const Inexpressible& each) { return each.why.find(why) != std::string::npos; });
  return found == from.inexpressible.end() ? nullptr : &*found;
}

/// The table itself says what the policy's own rules say: engines are held against it in tests/flow/enforce_test.cc.
TEST(Export, the_sample_pods_are_as_the_policy_says) {
  const Policy policy = policy_of(sample_policy_text());
  const auto asked = sample_wish(Engine::Vap).pods;
  size_t allowed = 0;
  const auto pods = sample_pods();
  for (const PodCase& each : pods) {
    const auto why_not = own_answer(policy, each.environment, each.object, sample_inputs(), asked);
    EXPECT_EQ(why_not.empty(), each.allowed) << each.summary << ": " << join(why_not, "; ");
    allowed += each.allowed;
  }
  EXPECT_GE(pods.size(), 90U);
  EXPECT_GE(allowed, 25U);
  EXPECT_GE(pods.size() - allowed, 40U);
}

TEST(Export, writes_the_same_manifests) {
  const std::filesystem::path folder = std::filesystem::path(ASHLAR_SOURCE_DIR) / "tests" / "data" / "policy";
  for (const Engine engine : all_engines) {
    const auto out = export_policy(policy_of(sample_policy_text()), sample_wish(engine), sample_inputs());
    ASSERT_TRUE(out) << out.error().message;
    const std::string got = to_yaml(*out, sample_wish(engine), "policy.yaml");
    const std::filesystem::path golden = folder / fmt::format("export-{}.yaml", to_string(engine));
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::filesystem::create_directories(folder), std::ofstream(golden, std::ios::binary) << got;
    std::ostringstream wanted;
    wanted << std::ifstream(golden, std::ios::binary).rdbuf();
    EXPECT_EQ(got, wanted.str()) << golden << ": ASHLAR_ACCEPT=1 rewrites it";
  }
}

TEST(Export, says_what_is_not_expressed) {
  struct Row { const char* summary; std::string policy; std::vector<std::string> kyverno, vap; };
  const std::string verify = "verify:\n  rules:\n    - {name: ours, images: registry.example/team/**, signed-by: [{file: team.pub}]";
  const Row rows[] = {
      {"a signature", verify + "}\n", {"verify: denies-more", "verify: denies-more"}, {"verify ours: admits-more"}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(notes_of(exported(row.policy, Engine::Kyverno)), row.kyverno) << row.summary;
    EXPECT_EQ(notes_of(exported(row.policy, Engine::Vap)), row.vap) << row.summary;
  }
  const auto of_verify = [&](const std::string& rest) { return exported(verify + rest + "}\n", Engine::Kyverno); };
  struct One { const char *summary, *rest, *why; Inexpressible::Effect effect; };
  using Effect = Inexpressible::Effect;
  const One ones[] = {
      {"an age of several things", ", max-age: 30d", "how old the newest of several things is", Effect::AdmitsMore},
      {"an age of one statement", ", statements: [{type: vuln, max-age: 7d}]", "must be young enough", Effect::DeniesMore},
      {"an age that only a signature tells", ", statements: [{type: 'https://example.org/own', max-age: 7d}]", "signature's time alone", Effect::DeniesMore},
      {"statements without an envelope", ", statements-by-manifest: true, statements: [spdxjson]", "only their manifest's signature", Effect::DeniesMore},
      {"platforms that are signed", ", index-signature: false", "signatures of its platforms", Effect::DeniesMore},
      {"a builder, and no provenance is asked", ", builder: 'https://ci.example.org/*'", "SLSA 1 alone", Effect::DeniesMore},
  };
  for (const One& one : ones) {
    const Export out = of_verify(one.rest);
    const Inexpressible* const note = note_with(out, one.why);
    ASSERT_NE(note, nullptr) << one.summary << ": " << join(notes_of(out), ", ");
    EXPECT_EQ(note->effect, one.effect) << one.summary;
    EXPECT_EQ(note->section, "verify") << one.summary;
    EXPECT_EQ(note->rule, "ours") << one.summary;
    EXPECT_FALSE(note->what_to_do.empty()) << one.summary;
  }
  const std::string bases = "bases:\n  rules:\n    - {name: b, images: registry.example/base/**";
  const One of_bases[] = {
      {"an age", ", max-age: 30d", "how old an image is", Effect::AdmitsMore},
      {"support", ", supported: true", "until when a base is supported", Effect::AdmitsMore},
      {"a beginning", ", from: 2026-01-01", "as of 2026-11-27", Effect::AsOf},
      {"an end", ", until: 2027-01-01", "as of 2026-11-27", Effect::AsOf},
      {"a tag of a digest", ", tags: ['1', '2']", "only a selection tells", Effect::DeniesMore},
      {"a signature by another rule's signers", ", signed: other", "that the rule 'other' of 'verify' admits it is not asked", Effect::AdmitsMore},
      {"a vendor", ", vendor: free-vendor", "told by its repository alone", Effect::AdmitsMore},
  };
  const std::string other = "verify: {rules: [{name: other, images: registry.example/other, signed-by: [{file: team.pub}]}]}\n";
  for (const One& one : of_bases) {
    for (const Engine engine : engines) {
      const Export out = exported(other + bases + one.rest + "}\n", engine);
      const Inexpressible* const note = note_with(out, one.why);
      ASSERT_NE(note, nullptr) << one.summary << ": " << join(notes_of(out), ", ");
      EXPECT_EQ(note->effect, one.effect) << one.summary;
      EXPECT_EQ(note->section + " " + note->rule, "bases b") << one.summary;
    }
  }
  const One sections[] = {
      {"findings", "findings: {deny: [critical]}\n", "what a scan finds", Effect::AdmitsMore},
      {"proofs", "proofs: [elf-resolves]\n", "what is proved", Effect::AdmitsMore},
      {"content", "content: {shell: deny}\n", "a shell or another interpreter", Effect::AdmitsMore},
      {"root that may be excused", "content: {root: excused}\n", "is excused stands in its definition", Effect::AdmitsMore},
      {"the clock", "sla: {starts: first-seen, limits: {critical: 7d}}\n", "by when what is fixed", Effect::AdmitsMore},
      {"an environment that no label can name", "environments: {'a b': {}}\n", "cannot have this value", Effect::DeniesMore},
  };
  for (const One& one : sections) {
    for (const Engine engine : engines) {
      const Export out = exported(bases + "}\n" + one.rest, engine);
      const Inexpressible* const note = note_with(out, one.why);
      ASSERT_NE(note, nullptr) << one.summary << ": " << join(notes_of(out), ", ");
      EXPECT_EQ(note->effect, one.effect) << one.summary;
    }
  }
}

TEST(Export, refuses_what_it_cannot_do) {
  struct Row { const char *summary, *policy, *name, *cause; };
  const Row rows[] = {
      {"nothing that a cluster sees", "findings: {deny: [critical]}\n", "ashlar", "it asks nothing that a cluster can see"},
      {"an empty policy", "", "ashlar", "it asks nothing that a cluster can see"},
      {"a name that manifests cannot have", "content: {root: deny}\n", "Our Policy", "lower case letters"},
      {"a name with a line end", "content: {root: deny}\n", "a\nb", "lower case letters"},
  };
  for (const Row& row : rows) {
    for (const Engine engine : engines) {
      const auto out = export_policy(policy_of(row.policy), {.engine = engine, .name = row.name}, sample_inputs());
      ASSERT_FALSE(out) << row.summary;
      EXPECT_EQ(out.error().kind, Kind::Invalid) << row.summary;
      EXPECT_NE(out.error().message.find(row.cause), std::string::npos) << row.summary << ": " << out.error().message;
    }
  }
  EXPECT_FALSE(parse_engine("opa"));
  for (const Engine engine : all_engines) EXPECT_EQ(parse_engine(to_string(engine)).value(), engine);
}

TEST(Export, a_key_counts_as_it_stands) {
  const std::string policy = "verify:\n  rules:\n    - {name: ours, images: registry.example/team/**, signed-by: [old, new], at-least: AT}\n";
  const auto of = [&](const char* least, const ExportInputs& inputs) {
    std::string text = policy;
    return exported(text.replace(text.find("AT"), 2, least), Engine::Kyverno, inputs);
  };
  const auto entries = [](const Export& out) {
    const Json& rules = out.manifests.at(0).at("spec").at("rules");
    return rules.size() < 2 ? Json() : rules.at(1).at("verifyImages").at(0).at("attestors").at(0);
  };
  ExportInputs inputs;
  inputs.now = Time::parse("2026-11-27T07:00:00Z").value();
  inputs.keys["key 'old'"] = {.pem = "OLD", .digest = "1"};
  inputs.keys["key 'new'"] = {.pem = "NEW", .digest = "2", .hash = "sha384"};
  Json both = entries(of("2", inputs));
  EXPECT_EQ(both.at("count"), 2);
  EXPECT_EQ(both.at("entries").at(0).at("keys").at("publicKeys"), "OLD");
  EXPECT_EQ(both.at("entries").at(1).at("keys").at("signatureAlgorithm"), "sha384");

  inputs.keys["key 'new'"].until = Time::parse("2027-01-01T00:00:00Z").value();
  const Export ends = of("1", inputs);
  EXPECT_NE(note_with(ends, "counts until 2027-01-01"), nullptr);

  inputs.keys["key 'old'"].withheld = "it was revoked";
  const Export one = of("1", inputs);
  EXPECT_EQ(entries(one).at("entries").size(), 1U);
  EXPECT_NE(note_with(one, "it was revoked"), nullptr);

  // Two of one that counts can never be: the images are denied by the manifest.
  const Export never = of("2", inputs);
  EXPECT_TRUE(entries(never).is_null());
  EXPECT_NE(note_with(never, "its images are denied"), nullptr);
  EXPECT_NE(to_pretty(never.manifests.at(0)).find("nothing can meet"), std::string::npos);

  // One key under two names is one.
  inputs.keys["key 'old'"] = inputs.keys["key 'new'"];
  EXPECT_TRUE(entries(of("2", inputs)).is_null());
  EXPECT_EQ(entries(of("1", inputs)).at("entries").size(), 1U);
}

TEST(Export, identities_of_certificates) {
  struct Row { const char *summary, *signer; Json keyless; };
  const Row rows[] = {
      {"exact", "{name: ci@example.org, issuer: 'https://accounts.example.org'}", {{"subject", "ci@example.org"}, {"issuer", "https://accounts.example.org"}}},
      {"exact, with what Kyverno takes for wildcards", "{name: 'a*b?', issuer: i}", {{"subjectRegExp", "^a[*]b[?]$"}, {"issuer", "i"}}},
      {"exact, with what Kyverno fills in", "{name: 'a{{b}}', issuer: '$(x)'}", {{"subjectRegExp", "^a[{][{]b[}][}]$"}, {"issuerRegExp", "^[$][(]x[)]$"}}},
      {"expressions match the whole", "{name-expression: 'a|b', issuer-expression: 'https://.*'}", {{"subjectRegExp", "^(?:a|b)$"}, {"issuerRegExp", "^(?:https://.*)$"}}},
      {"an expression that looks ahead", "{name-expression: 'a(?=b).*', issuer: i}", nullptr},
      {"an expression that looks back to a group", "{name-expression: '(a)\\1', issuer: i}", nullptr},
  };
  for (const Row& row : rows) {
    const Export out = exported(fmt::format("verify:\n  rules:\n    - {{name: ours, images: registry.example/team/**, signed-by: [{}]}}\n", row.signer), Engine::Kyverno);
    const Json& rules = out.manifests.at(0).at("spec").at("rules");
    if (row.keyless.is_null()) {
      EXPECT_EQ(rules.size(), 1U) << row.summary;
      EXPECT_NE(note_with(out, "looks ahead"), nullptr) << row.summary;
    } else {
      ASSERT_EQ(rules.size(), 2U) << row.summary;
      EXPECT_EQ(rules.at(1).at("verifyImages").at(0).at("attestors").at(0).at("entries").at(0).at("keyless"), row.keyless) << row.summary;
    }
  }
}

/// Names of all kinds that try to be something else than a name.
const std::vector<std::string> hostile = {"x', true, '", "\") || true || (\"", "a\nb: c", "---\nkind: Pod", "yes", "~", "{{ request.object }}", "$(curl evil)", "# no comment", "*alias", "&anchor", "!!int 7", "\\u0027", "\x1b[31mred", "\u2028line", "null", "1e3", "%directive", "x]]}", "ключ"};

/// The same expressions, whichever engine evaluates them: what an API server answers to one is what it answers to the other.
TEST(Export, gatekeeper_asks_what_an_api_server_does) {
  const Export vap = exported(sample_policy_text(), Engine::Vap), gatekeeper = exported(sample_policy_text(), Engine::Gatekeeper);
  std::vector<Json> policies, bindings, templates, constraints;
  for (const Json& each : vap.manifests) (each.at("kind") == "ValidatingAdmissionPolicy" ? policies : bindings).push_back(each);
  for (const Json& each : gatekeeper.manifests) (each.at("kind") == "ConstraintTemplate" ? templates : constraints).push_back(each);
  ASSERT_EQ(policies.size(), templates.size());
  ASSERT_EQ(bindings.size(), constraints.size());
  for (size_t at = 0; at < policies.size(); ++at) {
    const Json& source = templates[at].at("spec").at("targets").at(0).at("code").at(0).at("source");
    EXPECT_EQ(source.at("variables"), policies[at].at("spec").at("variables"));
    ASSERT_EQ(source.at("validations").size(), policies[at].at("spec").at("validations").size());
    for (size_t check = 0; check < source.at("validations").size(); ++check) {
      const Json &ours = source.at("validations").at(check), &theirs = policies[at].at("spec").at("validations").at(check);
      EXPECT_TRUE(ours.at("expression").get<std::string>().ends_with("|| " + theirs.at("expression").get<std::string>())) << ours;
      EXPECT_EQ(ours.at("messageExpression"), theirs.at("messageExpression"));
    }
    const std::string kind = templates[at].at("spec").at("crd").at("spec").at("names").at("kind");
    std::string name = kind;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_EQ(templates[at].at("metadata").at("name"), name) << "as Gatekeeper wants it";
    EXPECT_EQ(constraints[at].at("kind"), kind);
    EXPECT_EQ(constraints[at].at("spec").at("match").at("namespaceSelector"), bindings[at].at("spec").at("matchResources").at("namespaceSelector"));
    EXPECT_FALSE(constraints[at].at("metadata").at("annotations").contains("ashlar.dev/inexpressible"));
  }
}

TEST(Export, environments_that_are_one_without_dashes_have_templates_of_their_own) {
  struct Row { const char *summary, *environments; std::vector<std::string> kinds; };
  const Row rows[] = {
      {"a dash", "{pre-prod: {}, preprod: {}}", {"AshlarOthers", "AshlarPreProd", "AshlarPreprod2"}},
      {"a number", "{a-1: {}, a1: {}}", {"AshlarA1", "AshlarA12", "AshlarOthers"}},
      {"one that has the number already", "{a-1: {}, a1: {}, a12: {}}", {"AshlarA1", "AshlarA12", "AshlarA122", "AshlarOthers"}},
      {"nothing alike", "{prod: {}, test: {}}", {"AshlarOthers", "AshlarProd", "AshlarTest"}},
      {"what is in no environment", "{o-thers: {}}", {"AshlarOThers", "AshlarOthers2"}},
  };
  for (const Row& row : rows) {
    const Export out = exported(fmt::format("content: {{root: deny}}\nenvironments: {}\n", row.environments), Engine::Gatekeeper);
    std::set<std::string> names;
    std::vector<std::string> kinds, bound;
    for (const Json& each : out.manifests) {
      if (each.at("kind") != "ConstraintTemplate") {
        bound.push_back(each.at("kind"));
        continue;
      }
      kinds.push_back(each.at("spec").at("crd").at("spec").at("names").at("kind"));
      names.insert(each.at("metadata").at("name").get<std::string>());
    }
    EXPECT_EQ(bound, kinds) << row.summary << ": a constraint of each";
    EXPECT_EQ(names.size(), kinds.size()) << row.summary;
    std::ranges::sort(kinds);
    EXPECT_EQ(kinds, row.kinds) << row.summary;
  }
}

TEST(Export, policy_controller_asks_for_signatures) {
  ExportInputs inputs = sample_inputs();
  inputs.keys["key file 'other.pub'"] = {.pem = "OTHER", .digest = "o", .hash = "sha384"};
  const auto of = [&](const std::string& rest) { return exported("verify:\n  rules:\n    - {name: Ours, images: [registry.example/team/**, nginx], " + rest + "}\n", Engine::PolicyController, inputs); };
  const auto spec = [](const Export& out, size_t at) { return out.manifests.at(at).at("spec"); };
  const std::string key = "signed-by: [{file: team.pub}]", both = "signed-by: [{file: team.pub}, {file: other.pub}]";
  const Export one = of(key);
  ASSERT_EQ(one.manifests.size(), 2U);
  EXPECT_EQ(one.manifests.at(0).at("metadata").at("name"), "ashlar-0-ours");
  EXPECT_EQ(spec(one, 0).at("mode"), "enforce");
  std::vector<std::string> globs;
  const Json images = spec(one, 0).at("images");
  for (const Json& each : images) globs.push_back(each.at("glob"));
  EXPECT_EQ(globs, (std::vector<std::string>{"registry.example/team:*", "registry.example/team@*", "registry.example/team/**:*", "registry.example/team/**@*"})) << "a name alone is no repository";
  EXPECT_EQ(spec(one, 0).at("authorities").at(0).at("key").at("data"), inputs.keys["key file 'team.pub'"].pem);
  EXPECT_EQ(one.manifests.at(1).at("data").at("no-match-policy"), "deny");
  EXPECT_EQ(spec(of(both), 0).at("authorities").size(), 2U) << "either";
  const Export two = of(both + ", at-least: 2");
  ASSERT_EQ(two.manifests.size(), 3U) << "both: a policy each";
  for (const size_t at : {0U, 1U}) EXPECT_EQ(spec(two, at).at("authorities").size(), 1U);
  EXPECT_NE(spec(two, 0).at("authorities"), spec(two, 1).at("authorities"));
  const Export said = of(key + ", builder: 'https://ci.example/*', statements: [slsaprovenance1, {type: spdxjson, signed-by: [{file: other.pub}], max-age: 7d}]");
  ASSERT_EQ(said.manifests.size(), 4U) << "the image and each statement";
  const Json provenance = spec(said, 1).at("authorities").at(0).at("attestations").at(0);
  EXPECT_EQ(provenance.at("predicateType"), "https://slsa.dev/provenance/v1");
  EXPECT_EQ(provenance.at("policy").at("data"), "predicate: runDetails: builder: id: =~\"^(?:https://ci[.]example/[^/]*)$\"") << provenance;
  EXPECT_EQ(spec(said, 2).at("authorities").at(0).at("key").at("data"), "OTHER");
  EXPECT_NE(note_with(said, "how old a statement"), nullptr);
  EXPECT_EQ(spec(of("signed-by: [unknown]"), 0).at("authorities").at(0).at("static").at("action"), "fail") << "nobody's signature counts: denied, not let pass";
  const Export identity = of("signed-by: [{name: ci@example.org, issuer-expression: 'https://.*'}]");
  EXPECT_EQ(spec(identity, 0).at("authorities").at(0).at("keyless").at("identities").at(0), (Json{{"subject", "ci@example.org"}, {"issuerRegExp", "^(?:https://.*)$"}}));
  EXPECT_EQ(spec(of("signed-by: [{name-expression: 'a(?=b)', issuer: i}]"), 0).at("authorities").at(0).at("static").at("action"), "fail");
  const Export hub = exported("verify: {default: allow, rules: [{name: r, images: [hub.example/library/nginx], signed-by: [{file: team.pub}]}]}\n", Engine::PolicyController, inputs);
  EXPECT_EQ(spec(hub, 0).at("images").at(0).at("glob"), "index.hub.example/library/nginx:*") << "the host as the engine calls it";
  EXPECT_EQ(hub.manifests.at(1).at("data").at("no-match-policy"), "allow");
  EXPECT_FALSE(export_policy(policy_of("content: {root: deny}\n"), {.engine = Engine::PolicyController}, inputs)) << "nothing that it could ask";
}

TEST(Export, hostile_names_stay_names) {
  const auto quoted = [](const std::string& text) { return to_compact(Json(text)); };
  for (const std::string& name : hostile) {
    const std::string text = fmt::format("verify:\n  rules:\n    - {{name: {0}, images: [registry.example/team/**], signed-by: [{{name: {0}, issuer: {0}}}]}}\n"
                                         "bases:\n  why: {0}\n  rules:\n    - {{name: {0}, why: {0}, images: [registry.example/base/**], tags: [{0}], deny: true}}\n"
                                         "environments:\n  {0}: {{}}\n", quoted(name));
    const auto policy = read_policy(text, "p\nq.yaml");
    ASSERT_TRUE(policy) << name << ": " << policy.error().message << (policy.error().faults.empty() ? "" : policy.error().faults.front().message);
    for (const Engine engine : all_engines) {
      const ExportWish wish{.engine = engine};
      const auto out = export_policy(*policy, wish, sample_inputs());
      ASSERT_TRUE(out) << name << ": " << out.error().message;
      const std::string yaml = to_yaml(*out, wish, policy->path);
      size_t documents = 0;
      for (const Json& manifest : out->manifests) documents += manifest.is_object();
      // Each document is one of the manifests, and nothing else came to be one.
      size_t begin = yaml.find("\n---\n"), found = 0;
      while (begin != std::string::npos) {
        begin += 5;
        const size_t end = yaml.find("\n---\n", begin);
        const auto document = parse_yaml(yaml.substr(begin, end == std::string::npos ? end : end + 1 - begin), "x.yaml");
        ASSERT_TRUE(document) << name << ": " << document.error().message << "\n" << yaml;
        const YamlNode* const kind = document->root.find("kind");
        ASSERT_NE(kind, nullptr) << yaml;
        ASSERT_LT(found, out->manifests.size()) << name;
        EXPECT_EQ(kind->text, out->manifests.at(found).at("kind").get<std::string>()) << name;
        ++found;
        begin = end;
      }
      EXPECT_EQ(found, documents) << name;
      const std::string head = yaml.substr(0, yaml.find("\n---\n"));
      for (const std::string_view line : split(head, '\n')) {
        EXPECT_TRUE(line.starts_with("#")) << name << ": " << line;
        for (const char* const end : {"\r", "\u0085", "\u2028", "\u2029"}) EXPECT_EQ(line.find(end), std::string_view::npos) << name << ": " << line;
      }
      if (engine == Engine::Kyverno) {
        // Comments are for people; in what Kyverno reads is nothing that it would fill in.
        EXPECT_EQ(yaml.find("{{", head.size()), std::string::npos) << name << "\n" << yaml;
        EXPECT_EQ(yaml.find("$(", head.size()), std::string::npos) << name;
      }
    }
  }
}

TEST(Export, json_has_manifests_and_what_is_not_expressed) {
  const Json json = to_json(exported("bases:\n  rules:\n    - {name: b, images: registry.example/base/**, max-age: 30d}\n", Engine::Vap));
  EXPECT_EQ(json.at("schema"), "https://ashlar.dev/policy-export/v1");
  ASSERT_EQ(json.at("manifests").size(), 2U);
  EXPECT_EQ(json.at("manifests").at(0).at("kind"), "ValidatingAdmissionPolicy");
  EXPECT_EQ(json.at("manifests").at(1).at("spec").at("policyName"), json.at("manifests").at(0).at("metadata").at("name"));
  ASSERT_EQ(json.at("inexpressible").size(), 2U) << "how old it is, and that nothing says which images are finished ones";
  for (const char* const key : {"section", "rule", "effect", "why", "what_to_do"}) EXPECT_TRUE(json.at("inexpressible").at(0).contains(key)) << key;
  EXPECT_NE(json.at("inexpressible").dump().find("which those are"), std::string::npos) << json.at("inexpressible");
}

TEST(Export, annotations_have_room) {
  std::string text = "verify:\n  rules:\n";
  for (int at = 0; at < 1500; ++at) text += fmt::format("    - {{name: rule-{0}, images: registry.example/team-{0}/**, signed-by: [{{file: team.pub}}]}}\n", at);
  const Export out = exported(text, Engine::Vap);
  EXPECT_EQ(out.inexpressible.size(), 1500U);
  const auto& said = out.manifests.at(0).at("metadata").at("annotations").at("ashlar.dev/inexpressible").get_ref<const std::string&>();
  EXPECT_LT(said.size(), 40000U);
  EXPECT_NE(said.find("more, which stand in the file that was exported"), std::string::npos);
  EXPECT_NE(to_yaml(out, {}, "policy.yaml").find("verify rule-1499: admits-more"), std::string::npos);
}

TEST(Export, environments_are_labels) {
  const Export out = exported("content: {root: deny}\nenvironments: {dev: {content: {root: allow}}, Prod.1: {}, prod_1: {}}\n", Engine::Vap);
  std::vector<std::string> names;
  for (const Json& each : out.manifests) {
    if (each.at("kind") == "ValidatingAdmissionPolicyBinding") names.push_back(each.at("metadata").at("name"));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"ashlar-prod-1", "ashlar-prod-1-2", "ashlar-others"})) << "dev asks nothing";
  const Json& others = out.manifests.back().at("spec").at("matchResources").at("namespaceSelector").at("matchExpressions");
  EXPECT_EQ(others.at(1), (Json{{"key", "ashlar.dev/environment"}, {"operator", "NotIn"}, {"values", {"Prod.1", "dev", "prod_1"}}}));
  EXPECT_EQ(others.at(0).at("values").size(), 3U) << "the system's own namespaces";
}

}  // namespace
}  // namespace ashlar::policy
