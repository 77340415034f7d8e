#include "pipeline/backing.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "host/memory.h"
#include "pipeline/decisions.h"
#include "pipeline/validation.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::pipeline {
namespace {

const Time now = Time::parse("2026-11-24T08:00:00Z").value();
constexpr std::int64_t day = 86400;

struct Backed : ::testing::Test {
  host::MemoryMachine machine{now};
  const host::Path decisions = "/p/exceptions.json", document = "/p/vex.json", ring = "/p/keyring.yaml";
  const trust::PrivateKey alice = trust::PrivateKey::generate(trust::Algorithm::EcdsaP256).value(), bob = trust::PrivateKey::generate(trust::Algorithm::Ed25519).value(),
                          stranger = trust::PrivateKey::generate(trust::Algorithm::EcdsaP256).value();
  const DecisionWish wish{.vulnerability = "CVE-2026-0001", .package = "openssl", .owner = "platform", .reason = "not reachable", .expires = "90d"};
  const StatementWish said{.vulnerability = "CVE-2026-0001", .package = "deb:openssl", .justification = "vulnerable_code_not_present", .author = "Team"};

  void SetUp() override { trust_keys({}, {}); }
  static std::string entry(const std::string& name, const trust::PrivateKey& key, const std::string& terms) {
    const std::string text = key.public_pem();
    std::string pem;
    for (const std::string_view line : Parts(trim(text), '\n')) pem += "      " + std::string(line) + "\n";
    return fmt::format("  - name: {}\n{}    key: |\n{}", name, terms, pem);
  }
  /// A ring of alice and bob, with terms of alice's.
  void trust_keys(const std::string& of_alice, const std::string& of_bob) {
    ASSERT_TRUE(machine.files.write(ring, "schema: https://ashlar.dev/keyring/v1\nkeys:\n" + entry("alice", alice, of_alice) + entry("bob", bob, of_bob), host::Durability::Cache));
  }
  TrustSettings trust() const { return {.keyring = ring}; }
  scan::Backing of_decision(size_t at = 0) {
    auto all = read_decisions(machine.files, decisions).value();
    EXPECT_TRUE(stand_behind(machine.machine, trust(), machine.machine.clock->now(), all));
    return all.at(at).backing;
  }
  std::vector<scan::Statements> documents(const ProofImage* image = nullptr) {
    auto all = read_statements(machine.files, {document}).value();
    const auto done = stand_behind(machine.machine, trust(), now, all, image);
    EXPECT_TRUE(done) << done.error().message;
    return all;
  }
  scan::Backing of_statement() { return documents().at(0).backing.at(0); }
  void edit(const host::Path& path, const std::string& from, const std::string& to) {
    std::string text = machine.files.read(path).value();
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    ASSERT_TRUE(machine.files.write(path, text.replace(at, from.size(), to), host::Durability::Cache));
  }
};

TEST_F(Backed, ADecisionIsSignedBySeveralPeople) {
  ASSERT_TRUE(add_decision(machine.machine, decisions, wish, {}, &alice));
  EXPECT_EQ(of_decision().keys, std::set<std::string>{"alice"});
  ASSERT_TRUE(sign_decision(machine.machine, decisions, "E-1", bob));
  EXPECT_EQ(of_decision().keys, (std::set<std::string>{"alice", "bob"}));
  ASSERT_TRUE(sign_decision(machine.machine, decisions, "E-1", bob)) << "once more";
  EXPECT_EQ(read_decisions(machine.files, decisions).value().at(0).signatures.size(), 2U) << "is once";
  ASSERT_TRUE(sign_decision(machine.machine, decisions, "E-1", stranger));
  EXPECT_EQ(of_decision().keys, (std::set<std::string>{"alice", "bob"}));
  EXPECT_EQ(of_decision().faults, std::vector<std::string>{fmt::format("a signature is by key {}, which is not trusted", stranger.public_key().digest().str())});
  const auto nobody = sign_decision(machine.machine, decisions, "E-2", bob);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().message, "cannot sign 'E-2': '/p/exceptions.json' has no such decision; those there are: E-1");
  ASSERT_TRUE(revoke_decision(machine.machine, decisions, "E-1"));
  EXPECT_EQ(of_decision().keys, (std::set<std::string>{"alice", "bob"})) << "who decided is still known";
  EXPECT_EQ(sign_decision(machine.machine, decisions, "E-1", bob).error().kind, Kind::Conflict);
}

TEST_F(Backed, ADecisionThatWasChangedHasLostItsSignatures) {
  struct Row { std::string_view summary; std::string from, to; bool holds; };
  const Row rows[] = {
      {"a later end", "2027-02-22T08:00:00Z", "2028-02-22T08:00:00Z", false},
      {"another vulnerability", "CVE-2026-0001", "CVE-2026-0002", false},
      {"another package", "\"openssl\"", "\"glibc\"", false},
      {"another owner", "\"platform\"", "\"nobody\"", false},
      {"another reason", "not reachable", "reachable", false},
      {"what was known then", "\"unknown\"", "\"critical\"", false},
      {"any image", "      \"image\": \"team/app\",\n", "", false},
      {"its number", "\"E-1\"", "\"E-9\"", false},
      {"its time", "2026-11-24T08:00:00Z", "2026-11-23T08:00:00Z", false},
      {"white space between members", "      \"owner\"", "  \"owner\"", true},
      {"a member that we do not know", "\"id\"", "\"note\": \"x\", \"id\"", true},
  };
  for (const Row& row : rows) {
    ASSERT_TRUE(machine.files.remove(decisions));
    DecisionWish here = wish;
    here.image = "team/app";
    ASSERT_TRUE(add_decision(machine.machine, decisions, here, {}, &alice));
    edit(decisions, row.from, row.to);
    const auto backing = of_decision();
    EXPECT_EQ(backing.keys.size(), row.holds ? 1U : 0U) << row.summary;
    EXPECT_EQ(backing.faults, row.holds ? std::vector<std::string>() : std::vector<std::string>{"the signature of 'alice' does not fit: it was changed since"}) << row.summary;
  }
}

TEST_F(Backed, AKeyCountsWithinItsTerms) {
  ASSERT_TRUE(add_decision(machine.machine, decisions, wish, {}, &alice));
  ASSERT_TRUE(add_statement(machine.machine, document, said, &alice));
  struct Row { std::string_view summary; std::string terms, fault; };
  const Row rows[] = {
      {"without terms", "", ""},
      {"within them", "    valid_from: 2026-01-01\n    valid_until: 2027-01-01\n", ""},
      {"expired", "    valid_until: 2026-11-24\n", "'alice' was valid until 2026-11-24"},
      {"not yet valid", "    valid_from: 2026-12-01\n", "'alice' is not valid before 2026-12-01"},
      {"revoked", "    revoked_from: 2026-11-24T08:00:00Z\n    reason: lost\n", "'alice' is revoked from 2026-11-24T08:00:00Z on: lost"},
      {"to be revoked", "    revoked_from: 2026-11-24T08:00:01Z\n    reason: lost\n", ""},
  };
  for (const Row& row : rows) {
    trust_keys(row.terms, {});
    for (const scan::Backing& backing : {of_decision(), of_statement()}) {
      EXPECT_EQ(backing.keys, row.fault.empty() ? std::set<std::string>{"alice"} : std::set<std::string>()) << row.summary;
      EXPECT_EQ(backing.faults, row.fault.empty() ? std::vector<std::string>() : std::vector<std::string>{row.fault}) << row.summary;
    }
  }
  trust_keys("    revoked_from: 2026-11-24T08:00:00Z\n    reason: lost\n", {});
  auto all = read_decisions(machine.files, decisions).value();
  ASSERT_TRUE(stand_behind(machine.machine, trust(), Time{now.seconds - day}, all));
  EXPECT_EQ(all[0].backing.keys, std::set<std::string>{"alice"}) << "as of the day before";
}

TEST_F(Backed, AStatementIsSignedBesideItsDocument) {
  ASSERT_TRUE(add_statement(machine.machine, document, said));
  EXPECT_FALSE(machine.files.exists("/p/vex.signatures.json")) << "nothing is kept of what nobody signed";
  EXPECT_TRUE(documents().at(0).backing.empty());
  ASSERT_TRUE(add_statement(machine.machine, document, said, &alice));
  const std::string text = machine.files.read(document).value();
  EXPECT_EQ(text.find("signatures"), std::string::npos) << "OpenVEX has no such member";
  EXPECT_EQ(of_statement().keys, std::set<std::string>{"alice"});
  EXPECT_EQ(sign_statements(machine.machine, document, {"CVE-2026-0001", "deb:openssl", {}}, bob).value(), 1U);
  EXPECT_EQ(of_statement().keys, (std::set<std::string>{"alice", "bob"}));
  EXPECT_EQ(machine.files.read(document).value(), text) << "the document is as it was";
  edit(document, "vulnerable_code_not_present", "component_not_present");
  EXPECT_TRUE(of_statement().keys.empty());
  EXPECT_EQ(of_statement().faults, (std::vector<std::string>{"the signature of 'alice' does not fit: it was changed since", "the signature of 'bob' does not fit: it was changed since"}));
  ASSERT_TRUE(add_statement(machine.machine, document, said, &bob)) << "said again, it is bob's alone";
  EXPECT_EQ(of_statement().keys, std::set<std::string>{"bob"});
  EXPECT_TRUE(of_statement().faults.empty());
  ASSERT_TRUE(add_statement(machine.machine, document, said)) << "and then nobody's";
  EXPECT_TRUE(documents().at(0).backing.empty());
  const auto valid = validate(machine.files, {"/p/vex.signatures.json", document});
  ASSERT_TRUE(valid);
  EXPECT_EQ(valid->at(0).kind, "signatures");
  for (const auto& each : *valid) EXPECT_EQ(each.error.message, "");
}

TEST_F(Backed, WhichStatementIsSignedIsNamed) {
  StatementWish here = said;
  here.image = "registry.example/team/app";
  ASSERT_TRUE(add_statement(machine.machine, document, said));
  ASSERT_TRUE(add_statement(machine.machine, document, here));
  struct Row { std::string_view summary; StatementName name; size_t count; };
  const Row rows[] = {
      {"of one image", {"CVE-2026-0001", "deb:openssl", "registry.example/team/app"}, 1},
      {"wherever it is", {"CVE-2026-0001", "deb:openssl", {}}, 2},
      {"of another image", {"CVE-2026-0001", "deb:openssl", "registry.example/team/other"}, 0},
      {"in another package", {"CVE-2026-0001", "deb:glibc", {}}, 0},
      {"on another vulnerability", {"CVE-2026-0002", "deb:openssl", {}}, 0},
  };
  for (const Row& row : rows) {
    const auto signed_ = sign_statements(machine.machine, document, row.name, alice);
    EXPECT_EQ(signed_ ? *signed_ : 0, row.count) << row.summary;
    if (!signed_) {
      EXPECT_EQ(signed_.error().kind, Kind::NotFound) << row.summary << signed_.error().message;
    }
  }
}

TEST_F(Backed, AProofIsLookedAtAgainInEachImageOfTheRepository) {
  const Held first{.components = {{.type = "deb", .name = "openssl", .version = "1", .source = "openssl"}}, .distribution = {.id = "debian", .version = "13", .space = "Debian:13", .reason = {}}, .names = {"sha256:1111", {"registry.example/team/app"}}, .paths = {"usr/bin/other"}};
  const auto shown = show_absent(said, {"/usr/bin/openssl", "/usr/lib/**/engine*.so"}, first);
  ASSERT_TRUE(shown) << shown.error().message;
  ASSERT_TRUE(add_statement(machine.machine, document, *shown, &alice));
  struct Row {
    std::string_view summary;
    scan::ImageNames names;
    std::vector<std::string> paths;
    std::string fallen, product;
  };
  const std::vector<std::string> repository = {"registry.example/team/app"};
  const Row rows[] = {
      {"the image itself", {"sha256:1111", repository}, {"usr/bin/other"}, "", "sha256:1111"},
      {"the image itself, by no name", {"sha256:1111", {}}, {"usr/bin/other"}, "", "sha256:1111"},
      {"a newer one, still without it", {"sha256:2222", repository}, {"usr/bin/newer", "usr/bin/opensslx"}, "", "sha256:2222"},
      {"a newer one with it", {"sha256:2222", repository}, {"usr/bin/openssl"}, "'/usr/bin/openssl' is in the image", "sha256:2222"},
      {"with what the other pattern means", {"sha256:2222", repository}, {"usr/lib/a/b/engine-1.so"}, "'/usr/lib/a/b/engine-1.so' is in the image", "sha256:2222"},
      {"one of another repository", {"sha256:2222", {"registry.example/team/other"}}, {"usr/bin/openssl"}, "", "sha256:1111"},
  };
  for (const Row& row : rows) {
    auto all = read_statements(machine.files, {document}).value();
    ASSERT_TRUE(stand_behind(machine.machine, trust(), {.components = first.components, .distribution = first.distribution, .names = row.names, .paths = row.paths}, all));
    EXPECT_EQ(all[0].backing.at(0).fallen, row.fallen) << row.summary;
    EXPECT_EQ(all[0].backing.at(0).keys, std::set<std::string>{"alice"}) << row.summary << ": the signature is over what was shown";
    EXPECT_EQ(all[0].document.statements.at(0).products.at(0).id, row.product) << row.summary;
    if (row.names.repositories.empty()) continue;
    const auto exported = spread(all, {.components = first.components, .distribution = first.distribution, .names = row.names, .paths = row.paths});
    EXPECT_EQ(exported.statements.empty(), !row.fallen.empty() || row.product != row.names.digest) << row.summary;
  }
  EXPECT_TRUE(documents().at(0).backing.at(0).fallen.empty()) << "without an image there is nothing to look at";
}

TEST_F(Backed, WhatIsKeptBesideReadsAsItWasWritten) {
  const std::vector<StatementRecord> records = {{.vulnerability = "CVE-1", .products = {{"a", {"b", "c"}}, {"d", {}}}, .author = "T", .absent = {"/x"}, .image = "i", .signatures = {{"sha256:1", "s"}}}, {.vulnerability = "CVE-2", .products = {}}};
  EXPECT_EQ(parse_records(to_pretty(to_json(records)), "x").value(), records);
  struct Row { std::string_view summary, text, says; };
  const Row rows[] = {
      {"no JSON", "{", "x"},
      {"no object", "[]", "its 'schema' is not"},
      {"another schema", R"({"schema": "y", "statements": []})", "its 'schema' is not"},
      {"a schema that is no text", R"({"schema": 1, "statements": []})", "its 'schema' is not"},
      {"no list", R"({"schema": "https://ashlar.dev/statement-signatures/v1"})", "it has no list 'statements'"},
      {"no object in it", R"({"schema": "https://ashlar.dev/statement-signatures/v1", "statements": [1]})", "entry 1: it is no object"},
      {"no vulnerability", R"({"schema": "https://ashlar.dev/statement-signatures/v1", "statements": [{"products": []}]})", "entry 1: "},
      {"no products", R"({"schema": "https://ashlar.dev/statement-signatures/v1", "statements": [{"vulnerability": "x"}]})", "it has no list 'products'"},
      {"a product that is none", R"({"schema": "https://ashlar.dev/statement-signatures/v1", "statements": [{"vulnerability": "x", "products": ["y"]}]})", "a product is no object"},
      {"a path that is no text", R"({"schema": "https://ashlar.dev/statement-signatures/v1", "statements": [{"vulnerability": "x", "products": [], "absent": [1]}]})", "'absent' has what is no text"},
      {"signatures that are none", R"({"schema": "https://ashlar.dev/statement-signatures/v1", "statements": [{"vulnerability": "x", "products": [], "signatures": {}}]})", "nothing signs it"},
  };
  for (const Row& row : rows) {
    const auto read = parse_records(row.text, "x");
    ASSERT_FALSE(read) << row.summary;
    EXPECT_NE(read.error().message.find(row.says), std::string::npos) << row.summary << ": " << read.error().message;
  }
  EXPECT_EQ(records_path("/p/a.openvex.json"), "/p/a.openvex.signatures.json");
  EXPECT_TRUE(is_records_file("vex.signatures.json") && !is_records_file("vex.json"));
}

TEST_F(Backed, AFolderOfStatementsPassesOverWhatIsKeptBeside) {
  ASSERT_TRUE(add_statement(machine.machine, document, said, &alice));
  const auto all = read_statements(machine.files, {"/p"});
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->at(0).source, "/p/vex.json");
}

TEST_F(Backed, WhatDoesNotCountIsNotHandedOn) {
  ASSERT_TRUE(add_statement(machine.machine, document, said));
  scan::Report report{.database = {}};
  report.distribution = {.id = "debian", .version = "13", .space = "Debian:13", .reason = {}};
  report.findings = {{.id = "CVE-2026-0001", .component = {.type = "deb", .name = "libssl3", .version = "1", .source = "openssl"}, .status = scan::Status::NotAffected}};
  auto all = documents();
  drop_unfounded(report, {}, all);
  EXPECT_EQ(all[0].document.statements.size(), 1U);
  report.findings[0].status = scan::Status::Affected;
  drop_unfounded(report, {}, all);
  EXPECT_TRUE(all[0].document.statements.empty()) << "the finding is open all the same";
}

#ifdef ASHLAR_WITH_VALIJSON
TEST_F(Backed, TheSchemasTakeWhatIsWritten) {
  ASSERT_TRUE(add_statement(machine.machine, document, said, &alice));
  ASSERT_TRUE(add_decision(machine.machine, decisions, wish, {}, &alice));
  const auto of = [&](const host::Path& path) { return SchemaTrial::Value::parse(machine.files.read(path).value()); };
  const std::string folder = std::string(ASHLAR_SOURCE_DIR) + "/schemas/";
  std::string why;
  struct Row { std::string_view summary; std::string schema; SchemaTrial::Value value; const char* list; };
  const Row rows[] = {{"statements", "statement-signatures.schema.json", of("/p/vex.signatures.json"), "statements"}, {"decisions", "exceptions.schema.json", of(decisions), "exceptions"}};
  for (const Row& row : rows) {
    const SchemaTrial schema(folder + row.schema);
    EXPECT_TRUE(schema.takes(row.value, &why)) << row.summary << why;
    for (const auto& [summary, wrong] : {std::pair<std::string_view, SchemaTrial::Value>{"signatures of nobody", SchemaTrial::Value::array()}, {"one that is no object", {1}}, {"one without bytes", {{{"keyid", "x"}}}}, {"bytes that are no base64", {{{"sig", "?"}}}}}) {
      SchemaTrial::Value value = row.value;
      value[row.list][0]["signatures"] = wrong;
      EXPECT_FALSE(schema.takes(value)) << row.summary << ": " << summary;
    }
  }
  EXPECT_TRUE(SchemaTrial(folder + "openvex.schema.json").takes(of(document), &why)) << "what is kept beside leaves OpenVEX as it is: " << why;
}
#endif

}  // namespace
}  // namespace ashlar::pipeline
