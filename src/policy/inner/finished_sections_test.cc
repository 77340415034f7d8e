// The sections on finished images: what the reader takes and refuses, and that the schema does the same.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "policy/policy.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::policy {
namespace {

const std::string digest = "sha256:" + std::string(64, 'a');
constexpr const char* with_verify = "verify: {rules: [{name: ours, images: [registry.example/**], signed-by: [release]}]}\n";

/// A section as one line, so that tables can say what was read.
std::string words(const BaseRules& rules) {
  std::string out = fmt::format("{}{}", rules.allow_others ? "allow" : "deny", rules.allow_scratch ? " scratch" : "");
  if (!rules.selection.empty()) out += " in=" + rules.selection;
  if (!rules.vendors.empty()) out += " by=" + rules.vendors;
  for (const BaseRule& each : rules.rules) {
    out += fmt::format(" [{}{}", each.deny ? "-" : "", each.name);
    for (const auto& [mark, list] : {std::pair("", &each.images), {":", &each.tags}, {"@", &each.digests}, {"%", &each.vendors}}) {
      for (const std::string& text : *list) out += fmt::format(" {}{}", mark, text.substr(0, 20));
    }
    if (each.pinned) out += " pinned";
    if (each.selected) out += " selected";
    if (each.has_signature) out += " signed" + (each.signature.empty() ? "" : "=" + each.signature);
    if (each.max_age) out += fmt::format(" {}s", *each.max_age);
    if (each.supported) out += " supported";
    if (each.from) out += " from=" + each.from->date();
    if (each.until) out += " until=" + each.until->date();
    if (!each.why.empty()) out += " (" + each.why + ")";
    out += "]";
  }
  return out;
}
std::string words(const FindingRules& rules) {
  std::string out = rules.coverage ? "coverage" : "-";
  if (rules.scan_max_age) out += fmt::format(" {}s", *rules.scan_max_age);
  for (const FindingRule& each : rules.deny) {
    out += fmt::format(" [{}", each.name);
    if (each.when) out += " when=" + each.when->text;
    if (each.owner) out += fmt::format(" {}", to_string(*each.owner));
    if (each.older_than) out += fmt::format(" {}s{}", *each.older_than, each.since_first_seen ? " seen" : "");
    if (each.breached) out += " breached";
    if (each.exposed) out += " exposed";
    if (each.of != FindingRule::Of::Open) out += each.of == FindingRule::Of::Both ? " both" : " excepted";
    if (each.at_most > 0) out += fmt::format(" <={}", each.at_most);
    if (!each.why.empty()) out += " (" + each.why + ")";
    out += "]";
  }
  return out;
}
std::string words(const ContentRules& rules) {
  std::string out;
  for (size_t at = 0; at < rules.size(); ++at) {
    if (rules[at].rule != ContentRule::Rule::Unasked) out += fmt::format("{}{}={}{}", out.empty() ? "" : " ", content_kinds[at].name, rules[at].rule == ContentRule::Rule::Deny ? "deny" : rules[at].rule == ContentRule::Rule::Allow ? "allow" : "excused", rules[at].why.empty() ? "" : " (" + rules[at].why + ")");
  }
  return out;
}
std::string words(const std::vector<ProofRule>& rules) {
  std::string out;
  for (const ProofRule& each : rules) out += fmt::format("{}{}{}", out.empty() ? "" : " ", each.id, each.why.empty() ? "" : " (" + each.why + ")");
  return out;
}
std::string words(const FinishedRules& rules) {
  std::vector<std::string> out;
  if (rules.bases) out.push_back("bases: " + words(*rules.bases));
  if (rules.findings) out.push_back("findings: " + words(*rules.findings));
  if (rules.content) out.push_back("content: " + words(*rules.content));
  if (rules.proofs) out.push_back("proofs: " + words(*rules.proofs));
  if (!rules.verify) out.emplace_back("no verify");
  if (!rules.exposed) out.emplace_back("not exposed");
  return join(out, "; ");
}

struct Good { const char* summary; std::string text; std::string read; };

const Good good[] = {
    {"no section", "gate: {}\n", ""},
    {"bases that say nothing", "bases: {}\n", "bases: deny"},
    {"a closed and an open one", "bases: {default: allow, scratch: allow}\n", "bases: allow scratch"},
    {"a selection alone", "bases: {selection: s.json, why: listed}\n", "bases: deny in=s.json [selection ** selected (listed)]"},
    {"a selection and no rules in so many words", "bases: {selection: s.json, rules: []}\n", "bases: deny in=s.json"},
    {"a name and a glob", "bases: {rules: [{images: [registry.example/a, 'registry.example/**']}]}\n", "bases: deny [registry.example/a registry.example/a registry.example/**]"},
    {"one text for a list", "bases: {rules: [{name: r, images: registry.example/a, tags: '1*', vendor: acme}]}\n", "bases: deny [r registry.example/a :1* %acme]"},
    {"a digest", "bases: {rules: [{name: r, digests: " + digest + "}]}\n", "bases: deny [r @sha256:aaaaaaaaaaaaa]"},
    {"named by its vendor", "bases: {rules: [{vendor: [a, b]}]}\n", "bases: deny [a %a %b]"},
    {"all that is asked", std::string(with_verify) + "bases: {selection: s.json, vendors: v.yaml, rules: [{name: r, images: '**', pinned: true, signed: ours, max-age: 30d, supported: true, from: 2026-01-01, until: 2027-01-01, why: w}]}\n",
     "bases: deny in=s.json by=v.yaml [r ** pinned selected signed=ours 2592000s supported from=2026-01-01 until=2027-01-01 (w)]"},
    {"not selected in spite of a selection", "bases: {selection: s.json, rules: [{name: r, images: '**', selected: false}]}\n", "bases: deny in=s.json [r **]"},
    {"signed by whomever", std::string(with_verify) + "bases: {rules: [{name: r, images: '**', signed: true}]}\n", "bases: deny [r ** signed]"},
    {"signed is not asked", "bases: {rules: [{name: r, images: '**', signed: false}]}\n", "bases: deny [r **]"},
    {"what is denied needs no selection", "bases: {selection: s.json, rules: [{name: r, images: '**', deny: true}]}\n", "bases: deny in=s.json [-r **]"},
    {"findings that say nothing", "findings: {}\n", "findings: coverage"},
    {"short rules", "findings: {coverage: false, max-age: 12h, deny: [kev, 'high,fixable']}\n", "findings: - 43200s [kev when=kev] [high,fixable when=high,fixable]"},
    {"a rule with all", "findings: {deny: [{name: n, why: w, when: high, owner: base, older-than: 30d, since: first-seen, sla: breached, exposed: true, of: both, at-most: 3}]}\n", "findings: coverage [n when=high base 2592000s seen breached exposed both <=3 (w)]"},
    {"rules are called what they say", "findings: {deny: [{when: high, owner: app}, {sla: breached}, {of: excepted, why: w}]}\n", "findings: coverage [high owner=app when=high app] [sla=breached breached] [of=excepted excepted (w)]"},
    {"any finding", "findings: {deny: [{}]}\n", "findings: coverage [any]"},
    {"content in both forms", "content: {shell: excused, root: {rule: deny, why: w}, devices: allow}\n", "content: shell=excused root=deny (w) devices=allow"},
    {"proofs in both forms", "proofs: [no-shell, {id: reproducible, why: w}, 'run:*', run:starts]\n", "proofs: no-shell reproducible (w) run:* run:starts"},
    {"no proofs", "proofs: []\n", "proofs: "},
};

struct Bad { const char* summary; std::string text; int line; const char *says, *hint; bool schema_takes = false; };

const Bad bad[] = {
    {"an unknown key of bases", "bases: {rule: []}\n", 1, "unknown key 'rule'", "did you mean 'rules'?"},
    {"another default", "bases: {default: maybe}\n", 1, "'maybe' is none of deny, allow", ""},
    {"one rule, no list", "bases: {rules: {images: '**'}}\n", 1, "a list of rules is expected here", "rules: [{name: ours, images: registry.example/hardened/**, signed: true, why: we patch these}]"},
    {"a rule about nothing", "bases: {rules: [{name: r, tags: '1'}]}\n", 1, "a rule says which bases it is about", "rules: [{name: ours, images: registry.example/hardened/**, signed: true, why: we patch these}]"},
    {"a short name", "bases: {rules: [{images: nginx}]}\n", 1, "'nginx' is no full name", "images: registry.example/nginx"},
    {"a tag in a pattern", "bases: {rules: [{images: 'registry.example/a:1'}]}\n", 1, "a pattern has no tag", "images: [registry.example/team/**, registry.example/base]", true},
    {"a digest in a pattern", "bases: {rules: [{images: 'registry.example/a@sha256:1'}]}\n", 1, "a pattern has no digest", "images: [registry.example/team/**, registry.example/base]"},
    {"a transport in a pattern", "bases: {rules: [{images: 'docker://registry.example/a'}]}\n", 1, "a pattern has no transport", "images: [registry.example/team/**, registry.example/base]"},
    {"a digest that is none", "bases: {rules: [{digests: sha256:12}]}\n", 1, "cannot read digest", ""},
    {"an empty list", "bases: {rules: [{name: r, images: []}]}\n", 1, "a text, or a list of texts, is expected here", ""},
    {"an age of nothing", "bases: {rules: [{images: '**', max-age: 0d}]}\n", 1, "an age of nothing admits nothing", "max-age: 30d"},
    {"a time that is none", "bases: {rules: [{images: '**', from: soon}]}\n", 1, "soon", "from: 2026-11-24"},
    {"an end before its beginning", "bases: {rules: [{images: '**', from: 2026-02-01, until: 2026-02-01}]}\n", 1, "it ends before it begins", "", true},
    {"two rules of one name", "bases: {rules: [{name: a, images: registry.example/a}, {name: a, images: registry.example/b}]}\n", 1, "another rule is named 'a'", "verdicts name rules: give each a name of its own", true},
    {"denied, and asked", "bases: {rules: [{images: '**', deny: true, pinned: true}]}\n", 1, "a rule that denies asks nothing: 'pinned' means nothing here", ""},
    {"selected in nothing", "bases: {rules: [{images: '**', selected: true}]}\n", 1, "the section names no 'selection' to be in", "selection: selection.json", true},
    {"signed, and no section says by whom", "bases: {rules: [{images: '**', signed: true}]}\n", 1, "the policy has no section 'verify'", "verify: {rules: [{name: ours, images: registry.example/**, signed-by: release}]}", true},
    {"signed by a rule that is not there", std::string(with_verify) + "bases: {rules: [{images: '**', signed: our}]}\n", 2, "the section 'verify' has no rule 'our'", "did you mean 'ours'?", true},
    {"an unknown key of findings", "findings: {allow: []}\n", 1, "unknown key 'allow'", "there are coverage, max-age, deny"},
    {"one rule on findings, no list", "findings: {deny: kev}\n", 1, "a list of rules is expected here", "deny: [kev, {when: 'critical,fixable', owner: base, older-than: 7d, why: a fix is there}]"},
    {"a condition that is none", "findings: {deny: [heavy]}\n", 1, "'heavy' is no severity", ""},
    {"another condition that is none", "findings: {deny: [{when: heavy}]}\n", 1, "'heavy' is no severity", ""},
    {"another owner", "findings: {deny: [{owner: me}]}\n", 1, "'me' is none of base, app", ""},
    {"another state", "findings: {deny: [{sla: late}]}\n", 1, "'late' is none of breached", ""},
    {"since nothing", "findings: {deny: [{since: published}]}\n", 1, "since when means something with 'older-than'", "older-than: 30d"},
    {"a number that is none", "findings: {deny: [{at-most: few}]}\n", 1, "'few' is no number from 0 on", ""},
    {"a number below nothing", "findings: {deny: [{at-most: -1}]}\n", 1, "'-1' is no number from 0 on", ""},
    {"two rules that say the same", "findings: {deny: [kev, kev]}\n", 1, "another rule is named 'kev'", "verdicts name rules: give each a name of its own", true},
    {"another content", "content: {shells: deny}\n", 1, "unknown key 'shells'", "did you mean 'shell'?"},
    {"another rule on content", "content: {shell: never}\n", 1, "'never' is none of deny, excused, allow", ""},
    {"a reason without a rule", "content: {shell: {why: w}}\n", 1, "'rule' is missing", "shell: {rule: deny, why: it is of use to an intruder alone}"},
    {"a proof that is none", "proofs: [no-shells]\n", 1, "there is no check 'no-shells'", "did you mean 'no-shell'?"},
    {"a proof without an id", "proofs: [{why: w}]\n", 1, "'id' is missing", "{id: reproducible, why: we want to know where it is from}"},
    {"a proof twice", "proofs: [nonroot, nonroot]\n", 1, "'nonroot' stands here twice", "", true},
    {"proofs that are no list", "proofs: no-shell\n", 1, "a list of checks is expected here", "proofs: [elf-resolves, {id: reproducible, why: we want to know where it is from}]"},
    {"a run test without a name", "proofs: ['run:']\n", 1, "there is no check 'run:'", "did you mean 'run:*'?"},
    {"environments that are a list", "environments: [dev]\n", 1, "a mapping is expected here", ""},
    {"an unknown key of an environment", "environments: {dev: {gate: {}}}\n", 1, "unknown key 'gate'", "there are exposed, verify, bases, findings, content, proofs"},
    {"exposed to some", "environments: {dev: {exposed: some}}\n", 1, "'some' is neither true nor false", ""},
    {"verify without the section", "environments: {dev: {verify: true}}\n", 1, "the policy has no section 'verify'", "", true},
    {"a fault within an environment", "environments:\n  dev:\n    content: {shell: never}\n", 3, "'never' is none of deny, excused, allow", ""},
};

TEST(FinishedSections, AreReadAsTheySay) {
  for (const Good& row : good) {
    const auto policy = read_policy(row.text, "policy.yaml");
    ASSERT_TRUE(policy) << row.summary << ": " << (policy.error().faults.empty() ? policy.error().message : to_string(policy.error().faults[0]));
    EXPECT_EQ(words(policy->finished), row.read) << row.summary;
    EXPECT_TRUE(policy->environments.empty()) << row.summary;
  }
}

TEST(FinishedSections, EveryFaultHasItsPlace) {
  for (const Bad& row : bad) {
    const auto policy = read_policy(row.text, "policy.yaml");
    ASSERT_FALSE(policy) << row.summary;
    ASSERT_EQ(policy.error().faults.size(), 1U) << row.summary;
    const Fault& fault = policy.error().faults[0];
    EXPECT_EQ(fault.line, row.line) << row.summary;
    EXPECT_NE(fault.message.find(row.says), std::string::npos) << row.summary << ": " << fault.message;
    EXPECT_EQ(fault.hint, row.hint) << row.summary;
  }
}

TEST(Environments, ReplaceKeysAndKeepTheOthers) {
  const auto policy = read_policy(std::string(with_verify) + R"(
bases: {default: allow, selection: s.json, rules: [{name: r, images: registry.example/a}]}
findings: {coverage: false, max-age: 1d, deny: [kev]}
content: {shell: {rule: deny, why: w}, root: deny}
proofs: [nonroot]
environments:
  none:
  dev: {exposed: false, verify: false}
  rules: {bases: {rules: [{name: q, images: registry.example/q}]}}
  closed: {bases: {default: deny}}
  findings: {findings: {deny: []}}
  younger: {findings: {max-age: 2h}}
  shell: {content: {shell: allow}}
  proofs: {proofs: [no-shell]}
)", "policy.yaml");
  ASSERT_TRUE(policy) << to_string(policy.error().faults[0]);
  const std::string bases = "bases: allow in=s.json [r registry.example/a selected]", findings = "findings: - 86400s [kev when=kev]", content = "content: shell=deny (w) root=deny", proofs = "proofs: nonroot";
  const std::pair<const char*, std::string> rows[] = {
      {"", join(std::vector{bases, findings, content, proofs}, "; ")},
      {"none", join(std::vector{bases, findings, content, proofs}, "; ")},
      {"dev", join(std::vector{bases, findings, content, proofs, std::string("no verify"), std::string("not exposed")}, "; ")},
      {"rules", join(std::vector{std::string("bases: allow in=s.json [q registry.example/q selected]"), findings, content, proofs}, "; ")},
      {"closed", join(std::vector{std::string("bases: deny in=s.json [r registry.example/a selected]"), findings, content, proofs}, "; ")},
      {"findings", join(std::vector{bases, std::string("findings: - 86400s"), content, proofs}, "; ")},
      {"younger", join(std::vector{bases, std::string("findings: - 7200s [kev when=kev]"), content, proofs}, "; ")},
      {"shell", join(std::vector{bases, findings, std::string("content: shell=allow root=deny"), proofs}, "; ")},
      {"proofs", join(std::vector{bases, findings, content, std::string("proofs: no-shell")}, "; ")},
  };
  for (const auto& [name, read] : rows) {
    const FinishedRules* const rules = rules_in(*policy, name);
    ASSERT_NE(rules, nullptr) << name;
    EXPECT_EQ(words(*rules), read) << name;
  }
  EXPECT_EQ(rules_in(*policy, "moon"), nullptr);
}

TEST(Environments, MayHaveSectionsThatThePolicyHasNotElse) {
  const auto policy = read_policy("environments: {prod: {proofs: [nonroot], content: {shell: deny}}}\n", "policy.yaml");
  ASSERT_TRUE(policy);
  EXPECT_EQ(words(policy->finished), "");
  EXPECT_EQ(words(policy->environments.at("prod")), "content: shell=deny; proofs: nonroot");
}

/// What the reader knows of proofs is what is written of them.
TEST(FinishedSections, KnowEveryCheckThatIsDescribed) {
  std::ifstream file(std::string(ASHLAR_SOURCE_DIR) + "/docs/formats/checks.md", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  size_t rows = 0;
  for (const std::string_view line : Parts(text, '\n')) {
    if (!line.starts_with("| `") || line.find("` |") == std::string_view::npos) continue;
    const std::string id(line.substr(3, line.find('`', 3) - 3));
    if (id == "passed" || id == "excused" || id == "not-applicable" || id == "failed") continue;
    if (!id.starts_with("no-") && id != "nonroot" && id != "entrypoint" && id != "health" && !id.starts_with("elf-") && id != "ca-bundle" && id != "time-zones" && id != "parents" && id != "os-release") continue;
    ++rows;
    EXPECT_TRUE(read_policy(fmt::format("proofs: [{}]\n", id), "p")) << id;
  }
  EXPECT_EQ(rows, 16U);
  for (const ContentKind& each : content_kinds) EXPECT_TRUE(read_policy(fmt::format("proofs: [{}]\n", each.check), "p")) << each.check;
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(FinishedSchema, TakesAndRefusesWhatTheReaderDoes) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/policy.schema.json");
  for (const Good& row : good) {
    std::string why;
    EXPECT_TRUE(schema.takes(value_of(parse_yaml(row.text, "p").value().root), &why)) << row.summary << ": " << why;
  }
  for (const Bad& row : bad) EXPECT_EQ(schema.takes(value_of(parse_yaml(row.text, "p").value().root)), row.schema_takes) << row.summary;
}
#endif

}  // namespace
}  // namespace ashlar::policy
