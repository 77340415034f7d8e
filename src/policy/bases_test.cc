#include "policy/bases.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "policy/policy.h"

namespace ashlar::policy {
namespace {

const std::string digest = "sha256:" + std::string(64, 'a');
constexpr Time now{1'795'000'000};

BaseRules rules_of(const std::string& section) {
  auto read = read_policy("verify: {rules: [{name: ours, images: [registry.example/**], signed-by: [platform]}]}\nbases: " + section + "\n", "policy.yaml");
  EXPECT_TRUE(read) << (read ? "" : to_string(read.error().faults.at(0)));
  return read ? *read->finished.bases : BaseRules();
}

NamedReference reference(std::string repository, std::string tag = {}, std::string at = {}, std::string vendor = {}) {
  NamedReference out{.repository = std::move(repository), .tag = std::move(tag), .digest = std::move(at), .vendor = std::move(vendor)};
  out.written = out.repository + (out.tag.empty() ? "" : ":" + out.tag);
  return out;
}

/// `denied r: first reason's words | pending`
std::string words(const ReferenceVerdict& verdict) {
  std::string out = std::string(to_string(verdict.answer)) + " " + verdict.rule;
  for (const Reason& each : verdict.reasons) out += (each.answer == Answer::Allowed ? " +" : each.answer == Answer::Denied ? " -" : " ?") + each.what;
  if (!verdict.pending.empty()) out += " | " + join(verdict.pending, ", ");
  return verdict.remedy.empty() ? out : out + " => " + verdict.remedy;
}

TEST(References, SayWhatTheFileTellsAndWhatIsLeftForTheImage) {
  Selection selection;
  selection.bases.push_back({.repository = "registry.example/a", .tags = {"1"}, .digest = digest, .supported_until = Time{now.seconds + 10}, .from = Time{0}, .approved_by = "alice"});
  selection.bases.push_back({.repository = "registry.example/old", .tags = {"1"}, .digest = digest, .supported_until = Time{now.seconds - 10}, .from = Time{0}, .approved_by = "alice"});
  selection.bases.push_back({.repository = "registry.example/mute", .tags = {"1"}, .digest = digest, .from = Time{0}, .approved_by = "alice"});
  const std::string denial = "{default: allow, rules: [{name: r, digests: " + digest + ", deny: true}]}";
  struct Row { const char *summary, *section; NamedReference reference; const Selection* selection; std::string says; };
  const Row rows[] = {
      {"no rule", "{}", reference("registry.example/a", "1"), nullptr, "denied  -no rule is about 'registry.example/a:1', and the default is 'deny' => take a base that a rule of the section 'bases' allows, or write a rule for this one"},
      {"no rule where others are let be", "{default: allow}", reference("registry.example/a", "1"), nullptr, "allowed  +no rule is about 'registry.example/a:1', and the default is 'allow'"},
      {"nothing is left", "{rules: [{name: r, images: '**'}]}", reference("registry.example/a", "1"), nullptr, "allowed r +'registry.example/a:1' is one that the rule is about"},
      {"signature, age and support are left", "{rules: [{name: r, images: '**', signed: true, max-age: 1d, supported: true}]}", reference("registry.example/a", "1"), nullptr,
       "unknown r +'registry.example/a:1' is one that the rule is about | whether it is supported, its signature, how old it is"},
      {"a vendor's signature is left", "{rules: [{name: r, vendor: acme}]}", reference("registry.example/a", "1", "", "acme"), nullptr, "unknown r +'registry.example/a:1' is one that the rule is about | the signature of 'acme'"},
      {"what is wrong with the reference is wrong whatever the image is", "{rules: [{name: r, images: '**', pinned: true, signed: true}]}", reference("registry.example/a", "1"), nullptr,
       "denied r +'registry.example/a:1' is one that the rule is about -'registry.example/a:1' has no digest: its tag may point at another image tomorrow => write it with its digest, `NAME:TAG@sha256:...`"},
      {"the selection tells of the support", "{selection: s.json, rules: [{name: r, images: '**', supported: true}]}", reference("registry.example/a", "1"), &selection,
       "allowed r +'registry.example/a:1' is one that the rule is about +'registry.example/a:1' is selected since 1970-01-01T00:00:00Z, approved by 'alice' +it is supported until " + Time{now.seconds + 10}.str()},
      {"the selection tells that it has ended", "{selection: s.json, rules: [{name: r, images: '**', supported: true}]}", reference("registry.example/old", "1"), &selection,
       "denied r +'registry.example/old:1' is one that the rule is about +'registry.example/old:1' is selected since 1970-01-01T00:00:00Z, approved by 'alice' -its support ended on " + Time{now.seconds - 10}.str() + " => take a version that is supported"},
      {"the selection is silent on it", "{selection: s.json, rules: [{name: r, images: '**', supported: true}]}", reference("registry.example/mute", "1"), &selection,
       "unknown r +'registry.example/mute:1' is one that the rule is about +'registry.example/mute:1' is selected since 1970-01-01T00:00:00Z, approved by 'alice' | whether it is supported"},
      {"the selection was not read", "{selection: s.json, rules: [{name: r, images: '**'}]}", reference("registry.example/a", "1"), nullptr, "unknown r +'registry.example/a:1' is one that the rule is about ?the selection 's.json' was not read"},
      {"whether a denial is about it", denial.c_str(), reference("registry.example/a", "1"), nullptr,
       "unknown r ?whether the rule is about 'registry.example/a:1' depends on its digest, which it does not say | its digest"},
      {"a tag beside a digest proves nothing", "{rules: [{name: r, images: '**', tags: '1'}]}", reference("registry.example/a", "1", digest), nullptr,
       "unknown r ?whether the rule is about 'registry.example/a:1' depends on its tag: by its digest it is pulled, whatever tag stands beside, and the selection has no tag of that digest | its tag"},
      {"and a digest alone tells none", "{rules: [{name: r, images: '**', tags: '1'}]}", reference("registry.example/a", "", digest), nullptr,
       "unknown r ?whether the rule is about 'registry.example/a' depends on its tag: by its digest it is pulled, which tells none, and the selection has no tag of that digest | its tag"},
      {"but where the selection has it", "{selection: s.json, rules: [{name: r, images: '**', tags: '1', selected: false}]}", reference("registry.example/a", "7", digest), &selection, "allowed r +'registry.example/a:7' is one that the rule is about"},
      {"also to deny", "{selection: s.json, default: allow, rules: [{name: r, images: '**', tags: '1', deny: true}]}", reference("registry.example/a", "7", digest), &selection,
       "denied r -'registry.example/a:7' is one that the rule denies => take another base"},
  };
  for (const Row& row : rows) EXPECT_EQ(words(ask_reference(rules_of(row.section), row.selection, row.reference, now)), row.says) << row.summary;
}

TEST(References, CarryTheReasonOfTheirRule) {
  const BaseRules rules = rules_of("{why: others are nobody's, rules: [{name: r, images: registry.example/a, pinned: true, why: tags move}]}");
  for (const Reason& each : ask_reference(rules, nullptr, reference("registry.example/a"), now).reasons) EXPECT_EQ(each.why, "tags move");
  EXPECT_EQ(ask_reference(rules, nullptr, reference("registry.example/b"), now).reasons.at(0).why, "others are nobody's");
}

/// A rule before another one never makes it less strict for what the first is not about.
TEST(References, RulesAboutOtherBasesChangeNothing) {
  const char* const mine = "{name: mine, images: registry.example/a, pinned: true}";
  for (const char* other : {"{name: o, images: registry.example/b}", "{name: o, images: registry.example/b, deny: true}", "{name: o, images: 'registry.example/*/a'}", "{name: o, vendor: acme}"}) {
    for (const char* at : {"", digest.c_str()}) {
      const auto alone = ask_reference(rules_of(std::string("{rules: [") + mine + "]}"), nullptr, reference("registry.example/a", "1", at), now);
      const auto behind = ask_reference(rules_of(std::string("{rules: [") + other + ", " + mine + "]}"), nullptr, reference("registry.example/a", "1", at), now);
      EXPECT_EQ(words(alone), words(behind)) << other;
    }
  }
}

}  // namespace
}  // namespace ashlar::policy
