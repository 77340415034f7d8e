// The published JSON Schemas of answers: they take what the program says, describe all of it, and refuse what lacks a part of it. Every answer that any flow reads is
// held to them, too (Stage::json).
#ifdef ASHLAR_WITH_VALIJSON
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/schema_keys.h"
#include "base/schema_trial.h"
#include "base/text.h"
#include "layered_image.h"
#include "sample_root.h"

namespace ashlar::flow {
namespace {

using Value = SchemaTrial::Value;

class SchemasFlow : public SampleRoot {
 protected:
  /// A schema and a value that is as it says: each key of it is described, and each that is required lacks to no avail.
  void hold(const std::string& name, const Json& json) {
    const SchemaTrial schema(fmt::format("{}/schemas/{}.schema.json", ASHLAR_SOURCE_DIR, name));
    const Value value = Value::parse(json.dump());
    std::string why;
    ASSERT_TRUE(schema.takes(value, &why)) << name << ": " << why << value.dump(1);
    std::set<std::string> missing;
    undescribed(value, schema.text(), schema.text(), "$", missing);
    EXPECT_EQ(missing, std::set<std::string>()) << name;
    std::size_t refused = 0;
    for (const auto& [key, member] : value.items()) {
      Value less = value;
      less.erase(key);
      refused += schema.takes(less) ? 0U : 1U;
      Value other = value;
      other[key] = member.is_string() ? Value(7) : Value("of another type");
      EXPECT_FALSE(schema.takes(other)) << name << ": " << key << " of another type";
    }
    EXPECT_GE(refused + 3, value.size()) << name << ": nearly every key of an answer is always there";
    Value more = value;
    more["of a later version"] = 1;
    EXPECT_TRUE(schema.takes(more)) << name << ": fields may be added";
    for (const char* const other : {"v2", "v10"}) {
      more["schema"] = std::string(value.value("schema", "")) + other;
      EXPECT_FALSE(schema.takes(more)) << name;
    }
  }
};

TEST_F(SchemasFlow, a_selection) {
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "a"}).code, 0);
  put_image(stage, "both", "1", {{{{{"x", "amd"}}}, "linux/amd64"}, {{{{"x", "arm"}}, {{"y", "arm"}}}, "linux/arm64"}});
  stage.json({"policy", "select", "oci:both:1", "--name", "registry.example/hardened/both:3.13", "--by", "Alice", "--from", "2026-10-01", "--until", "2099-10-01", "--supported-until", "2098-01-01", "--vendor", "ours", "--note", "ticket 812", "--key", "a.key"});
  const Json envelope = parse_json(stage.read("selection.json"), "selection").value();
  const Json statement = parse_json(as_text(from_base64(envelope["payload"].get<std::string>()).value()), "payload").value();
  hold("selection", statement["predicate"]);
  // Written by hand as a form, without what may lack.
  hold("selection", Json::parse(R"({"schema": "https://ashlar.dev/selection/v1", "bases": [{"repository": "a/b", "digest": "sha256:)" + std::string(64, 'a') + R"(", "from": "2026-01-01T00:00:00Z", "approved_by": "x"}]})"));
}

TEST_F(SchemasFlow, migrations) {
  stage.write("Dockerfile", "FROM node:20\nRUN apt-get install -y curl\nWORKDIR /a\nCOPY . .\nRUN npm ci\nCMD node x.js\n");
  stage.write("other/Dockerfile", "FROM $X\nCMD [\"x\"]\n");
  const auto said = [&](const Words& words) { return parse_json(stage.ashlar(words).out, "answer").value(); };
  const Json one = said({"migrate", "Dockerfile", "--format", "json", "--quiet"});
  EXPECT_TRUE(one.contains("dockerfile"));
  hold("migration", one);
  const Json refused = said({"migrate", "other/Dockerfile", "--format", "json", "--quiet"});
  EXPECT_EQ(refused["result"], "refused") << refused;
  hold("migration", refused);
  const Json both = said({"migrate", "Dockerfile", "other/Dockerfile", "--check", "--format", "json", "--quiet"});
  EXPECT_EQ(both["files"].size(), 2U);
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/migration.schema.json");
  std::string why;
  EXPECT_TRUE(schema.takes(Value::parse(both.dump()), &why)) << why;
}

TEST_F(SchemasFlow, files_and_policies) {
  stage.write("policy.yaml", "verify: {rules: [{name: ours, images: [registry.example/team/**], signed-by: [{name: ci@example.org, issuer: 'https://accounts.example.org'}]}]}\nbases: {rules: [{name: b, images: [registry.example/base/**], max-age: 30d}]}\n");
  stage.write("wrong.yaml", "image: 7\nnothing: x\n");
  for (const char* const engine : {"vap", "kyverno"}) hold("policy-export", stage.json({"policy", "export", "--to", engine}));
  hold("validation", stage.json({"validate", "policy.yaml", "wrong.yaml"}, 2));
}

TEST_F(SchemasFlow, the_catalogue) {
  hold("catalog", stage.json({"catalog"}));
  hold("catalog", stage.json({"catalog", "show", "nginx"}));
}

/// What a ledger's history came to, as the golden report has it.
TEST_F(SchemasFlow, clocks) {
  std::ifstream file(std::string(ASHLAR_SOURCE_DIR) + "/tests/data/sla/report.json", std::ios::binary);
  hold("sla", Json::parse(std::string(std::istreambuf_iterator<char>(file), {})));
}

}  // namespace
}  // namespace ashlar::flow
#endif
