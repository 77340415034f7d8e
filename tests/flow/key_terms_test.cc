// A key that is named on the command line counts by the terms of the project's keyring, whatever verb it is named to.
#include <functional>

#include <fmt/format.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

/// Two revisions in `oci:published`, all that is signed by `our.key`: images, statements, a receipt, a selection, the ledger's checkpoints, a bundle of feeds.
class KeyTermsFlow : public RenewFlow {
 protected:
  void SetUp() override {
    RenewFlow::SetUp();
    if (IsSkipped()) return;
    renew();
    offer_fix("1.2");
    renew();
    told({"copy", "oci:published:1", "oci:copied:1", "--receipt", "receipt.json", "--key", "our.key"});
    told({"policy", "select", "oci:published:1", "--name", "registry.example/base:1", "--by", "Alice", "--selection", "chosen.json", "--key", "our.key"});
    told({"feed", "export", "feeds.tar", "--key", "our.key"});
    stage.write("Dockerfile", fmt::format("FROM registry.example/base:1@{}\nUSER 1000\n", tags().at("1")));
    stage.write("selected.yaml", "bases: {selection: chosen.json, rules: [{name: ours, images: registry.example/**, selected: true}]}\n");
    stage.write("anybody.yaml", "verify: {rules: [{name: any, images: '**'}]}\n");
    stage.write("file.yaml", "verify: {rules: [{name: file, images: '**', signed-by: {file: our.pub}}]}\n");
    stage.write("own-ring.yaml", "verify: {keyring: rings/other.yaml, rules: [{name: file, images: '**', signed-by: {file: our.pub}}]}\n");
    ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "other"}).code, 0);
    stage.write("rings/other.yaml", "keys:\n  - {name: other, key: ../other.pub}\n");
  }
  void told(const Words& words) const {
    const Ran ran = stage.ashlar(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  void ring(const std::string& terms) const { stage.write("keyring.yaml", "keys:\n  - name: ours\n    key: our.pub\n" + terms); }
};

TEST_F(KeyTermsFlow, every_verb_reads_keys_in_the_same_way) {
  struct Row {
    const char* summary;
    Words words;
    int good, bad;            ///< exit codes: by a key that counts, and by one that does not
    const char *says;         ///< then, of one that counts
    bool past = false;        ///< a key whose time is over still counts for what lies in a chain
  };
  const Row rows[] = {
      {"an image", {"verify", "oci:published:1", "--key", "our.pub"}, 0, 1, "is signed by whom is believed"},
      {"by a policy that names nobody", {"verify", "oci:published:1", "--policy", "anybody.yaml", "--key", "our.pub"}, 0, 1, "is admitted by the rule 'any'"},
      {"by a policy that names the file", {"verify", "oci:published:1", "--policy", "file.yaml"}, 0, 1, "is admitted by the rule 'file'"},
      {"the same, and another key is named", {"verify", "oci:published:1", "--policy", "file.yaml", "--key", "other.pub"}, 0, 1, "is admitted by the rule 'file'"},
      {"by a policy with a ring of its own", {"verify", "oci:published:1", "--policy", "own-ring.yaml"}, 0, 1, "is admitted by the rule 'file'"},
      {"a receipt", {"verify", "--receipt", "receipt.json", "--key", "our.pub"}, 0, 1, "the receipt is signed by 'our.pub'"},
      {"the way back", {"rollback", "oci:published:1", "--key", "our.pub"}, 0, 1, "points at 1.1-r1"},
      {"a finished image", {"check", "oci:published:1", "--policy", "anybody.yaml", "--key", "our.pub"}, 0, 1, "allowed"},
      {"what a file names, by the selection", {"check", "Dockerfile", "--policy", "selected.yaml", "--key", "our.pub"}, 0, 5, ""},
      {"the selection itself", {"policy", "select", "--list", "--selection", "chosen.json", "--believe", "our.pub"}, 0, 5, "registry.example/base"},
      {"checkpoints", {"audit", "verify", "--key", "our.pub"}, 0, 2, "signed by the keys given", true},
      {"advisories", {"feed", "import", "feeds.tar", "--key", "our.pub", "--replace"}, 0, 2, "the database is"},
  };
  struct Terms { const char *summary, *text, *says; bool counts, past; };
  const Terms terms[] = {
      {"revoked", "    revoked_from: 2020-01-01\n    reason: lost\n", "'ours' is revoked from 2020-01-01 on: lost", false, false},
      {"its time is over", "    valid_until: 2020-01-01\n", "'ours' was valid until 2020-01-01", false, true},
      {"its time is yet to come", "    valid_from: 2099-01-01\n", "'ours' is not valid before 2099-01-01", false, false},
      {"valid", "    valid_from: 2020-01-01\n", "", true, false},
  };
  for (const Terms& term : terms) {
    ring(term.text);
    const auto before = tags();
    for (const Row& row : rows) {
      SCOPED_TRACE(fmt::format("{}: {}", row.summary, term.summary));
      const Ran ran = stage.ashlar(row.words);
      const bool counts = term.counts || (term.past && row.past);
      EXPECT_EQ(ran.code, counts ? row.good : row.bad) << ran.told;
      EXPECT_NE(ran.told.find(counts ? row.says : term.says), std::string::npos) << ran.told;
    }
    EXPECT_EQ(tags() == before, !term.counts) << "a tag moves by a key that counts, and by no other: " << term.summary;
  }
}

/// The outcome table compares; by a key that does not count nothing is signed, and that is no error.
TEST_F(KeyTermsFlow, outcomes_count_no_signature_of_a_key_that_does_not_count) {
  const auto signature = [&]() -> Json {
    const Json table = stage.json({"outcomes", "--new", "oci:published:1", "--key", "our.pub"});
    for (const Json& each : table["lines"]) {
      if (each["id"].get<std::string>().ends_with("signature")) return each["after"];
    }
    return table;
  };
  ring("");
  const Json counted = signature();
  ring("    revoked_from: 2020-01-01\n    reason: lost\n");
  const Json not_counted = signature();
  EXPECT_EQ(counted.value("value", -1.0), 1.0) << counted;
  EXPECT_EQ(not_counted.value("value", -1.0), 0.0) << not_counted;
}

}  // namespace
}  // namespace ashlar::flow
