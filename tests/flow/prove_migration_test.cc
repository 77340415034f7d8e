// The image that ran so far and the one that shall take its place, under a real runtime: pairs that differ on purpose are told apart, and those that do not are not.
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "guest_image.h"
#include "pipeline/prove_migration.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class ProveMigration : public testing::Test {
 protected:
  void SetUp() override {
    if (!program("runc") && !program("crun")) GTEST_SKIP() << "this machine has neither runc nor crun";
    // As most old images are: root's, with a shell.
    before.config.user = "";
    before.more = {{"bin/sh", FileType::Symlink, 0777, 0, 0, 0, 0, "guest"}, {"etc/hosts", FileType::Regular, 0644}};
    after.config.working_dir = before.config.working_dir = "/";
  }

  pipeline::MigrationProof prove(const pipeline::ProofOptions& options = {}) {
    fs::remove_all(stage.folder() / "old");
    fs::remove_all(stage.folder() / "new");
    EXPECT_TRUE(before.write(stage.folder() / "old"));
    EXPECT_TRUE(after.write(stage.folder() / "new"));
    Silence silence;
    host::Machine machine = host::real_machine();
    pipeline::Workshop workshop{machine, silence, {stage.folder() / "cache", stage.folder() / "state", stage.folder() / "config"}, {}, {}, nullptr};
    auto proof = pipeline::prove_migration(workshop, "oci:" + (stage.folder() / "old").string(), "oci:" + (stage.folder() / "new").string(), options);
    if (!proof) ADD_FAILURE() << proof.error().message;
    return proof ? *proof : pipeline::MigrationProof();
  }
  bool runs_nothing() {
    const auto proof = prove();
    return proof.answer() == pipeline::MigrationProof::Answer::Unknown;
  }

  GuestImage before, after;
  Stage stage;
};

bool has(const pipeline::MigrationProof& proof, std::string_view id, std::string_view holds = {}) {
  return std::ranges::any_of(proof.changes, [&](const prove::Change& each) { return each.id == id && (each.subject + ": " + each.what + "\n" + (each.evidence.empty() ? "" : each.evidence.back())).find(holds) != std::string::npos; });
}

pipeline::ProofOptions asking(std::uint16_t port) {
  pipeline::ProofOptions options;
  options.requests = {{port, "/", false}};
  options.patience = std::chrono::seconds(5);
  return options;
}

TEST_F(ProveMigration, what_works_as_before_is_the_same) {
  before.config.health = oci::HealthCheck{{"CMD-SHELL", "/bin/guest exit 0"}, 0, 0, 0};
  after.config.health = oci::HealthCheck{{"CMD", "guest", "exit", "0"}, 0, 0, 0};
  pipeline::ProofOptions options = asking(8080);
  options.alone = {{"echo", "a"}, {"exit", "3"}};
  options.beside = {{"guest", "cat", "/data/seed"}};
  const auto proof = prove(options);
  if (!proof.doubt.empty()) GTEST_SKIP() << "this machine runs no containers: " << proof.doubt;
  EXPECT_EQ(proof.answer(), pipeline::MigrationProof::Answer::Same) << to_text(proof);
  // It was looked at: ports, answers, health, users, and commands of both.
  for (const prove::Watched* each : {&proof.before, &proof.after}) {
    EXPECT_EQ(each->listening, std::vector<std::uint16_t>{8080});
    ASSERT_EQ(each->answers.size(), 1U);
    EXPECT_EQ(each->answers[0].status, 200);
    EXPECT_EQ(each->answers[0].body, Digest::of(std::string_view("hello from inside")));
    ASSERT_TRUE(each->health);
    EXPECT_EQ(each->health->exit_code, 0) << each->health->refusal;
    EXPECT_TRUE(each->ready_seconds);
    ASSERT_EQ(each->alone.size(), 2U);
    EXPECT_EQ(each->alone[0].printed, "[a]\n");
    EXPECT_EQ(each->alone[1].exit_code, 3);
    ASSERT_EQ(each->beside.size(), 1U);
    EXPECT_NE(each->beside[0].printed.find("sown"), std::string::npos);
  }
  ASSERT_EQ(proof.before.processes.size(), 1U);
  EXPECT_EQ(proof.before.processes[0], (prove::ProcessSeen{"guest", 0, 0, true}));
  ASSERT_EQ(proof.after.processes.size(), 1U);
  EXPECT_EQ(proof.after.processes[0], (prove::ProcessSeen{"guest", 1000, 1000, false}));
  EXPECT_TRUE(has(proof, "users", "its processes run as 1000:1000, and as 0:0 with capabilities before")) << to_text(proof);
  EXPECT_TRUE(fs::is_empty(stage.folder() / "state/run")) << "nothing is left behind";
}

struct Row {
  const char* summary;
  std::function<void(GuestImage& before, GuestImage& after, pipeline::ProofOptions& options)> plant;
  const char *id, *holds;
};

TEST_F(ProveMigration, what_differs_is_found) {
  if (runs_nothing()) GTEST_SKIP() << "this machine runs no containers";
  using Options = pipeline::ProofOptions;
  using Words = std::vector<std::string>;
  const Row rows[] = {
      {"a port that moved", [](auto&, auto& now, Options&) { now.config.cmd = {"serve", "9090"}; }, "port-moved", "it listens on port 9090, and on 8080 before"},
      {"nobody answers where it moved", [](auto&, auto& now, Options& options) { now.config.cmd = {"serve", "9090"}; options = asking(8080); }, "answer-gone", "nobody answers any more"},
      {"another status", [](auto&, auto& now, Options& options) { now.config.cmd = {"serve", "8080", "403 Forbidden"}; options = asking(8080); }, "answer-status", "it answers 403, and 200 before"},
      {"another body", [](auto&, auto& now, Options& options) { now.config.cmd = {"serve", "8080", "200 OK", "bye"}; options = asking(8080); }, "answer-body", "its body is another"},
      {"another type", [](auto& was, auto& now, Options& options) { was.config.cmd = {"serve", "8080", "200 OK\r\nContent-Type: text/html"}; now.config.cmd = {"serve", "8080", "200 OK\r\nContent-Type: text/plain"}; options = asking(8080); }, "answer-header", "the header 'content-type' is 'text/plain', and 'text/html' before"},
      {"a cookie", [](auto& was, auto&, Options& options) { was.config.cmd = {"serve", "8080", "200 OK\r\nSet-Cookie: a=secret"}; options = asking(8080); }, "answer-header", "the header 'set-cookie' is none, and 'a' before"},
      {"it ends", [](auto&, auto& now, Options&) { now.config.cmd = {"exit", "7"}; }, "exits", "it ended by itself with 7, and went on before"},
      {"it does not end", [](auto& was, auto&, Options&) { was.config.cmd = {"exit", "0"}; }, "does-not-end", "it goes on, and ended with 0 before"},
      {"another end", [](auto& was, auto& now, Options&) { was.config.cmd = {"exit", "0"}; now.config.cmd = {"exit", "4"}; }, "exit-code", "it ends with 4, and ended with 0 before"},
      {"what it starts with needs a shell", [](auto& was, auto& now, Options&) { was.config.entrypoint = now.config.entrypoint = {"/bin/sh", "-c", "serve 8080"}; was.config.cmd = now.config.cmd = {}; }, "does-not-start", "/bin/sh"},
      {"its health check needs a shell", [](auto& was, auto& now, Options&) { was.config.health = now.config.health = oci::HealthCheck{{"CMD-SHELL", "/bin/guest exit 0"}, 0, 0, 0}; }, "health-fails", "its health command does not start"},
      {"its health check fails", [](auto& was, auto& now, Options&) { was.config.health = oci::HealthCheck{{"CMD", "guest", "exit", "0"}, 0, 0, 0}; now.config.health = oci::HealthCheck{{"CMD", "guest", "exit", "1"}, 0, 0, 0}; }, "health-fails", "ends with 1"},
      {"its health check went", [](auto& was, auto&, Options&) { was.config.health = oci::HealthCheck{{"CMD", "guest", "exit", "0"}, 0, 0, 0}; }, "health-gone", "no health command any more"},
      {"a command without its program", [](auto&, auto&, Options& options) { options.beside = {Words{"/bin/sh", "-c", "exit 0"}}; }, "command-fails", "exec /bin/sh -c exit 0: it does not start"},
      {"a command that may not", [](auto&, auto&, Options& options) { options.alone = {Words{"write", "/etc/x"}}; }, "exit-code", "run write /etc/x: it ends with 1, and with 0 before"},
      {"a command's output", [](auto&, auto& now, Options& options) { now.config.env = {"FROM_IMAGE=no", "PATH=/bin"}; options.alone = {Words{"env", "FROM_IMAGE"}}; }, "output", "it prints something else\n+ FROM_IMAGE=no"},
      {"a file outside of volumes", [](auto& was, auto& now, Options&) { was.config.cmd = now.config.cmd = {"late", "/var.db", "81"}; }, "writes-outside", "it wrote '/var.db', which is in no volume"},
      {"a file that was there", [](auto& was, auto& now, Options&) { was.config.cmd = now.config.cmd = {"late", "/etc/old", "81"}; }, "writes-outside", "it wrote '/etc/old'"},
  };
  const GuestImage old = before, fresh = after;
  for (const Row& row : rows) {
    before = old, after = fresh;
    pipeline::ProofOptions options;
    options.patience = std::chrono::seconds(5);
    row.plant(before, after, options);
    const auto proof = prove(options);
    EXPECT_TRUE(has(proof, row.id, row.holds)) << row.summary << "\n" << to_text(proof);
    const bool breaks = std::string_view(row.id) != "health-gone" && row.summary != std::string_view("a cookie");
    EXPECT_EQ(proof.answer(), breaks ? pipeline::MigrationProof::Answer::Differs : pipeline::MigrationProof::Answer::Same) << row.summary << "\n" << to_text(proof);
  }
}

TEST_F(ProveMigration, what_may_be_written_is_no_difference) {
  if (runs_nothing()) GTEST_SKIP() << "this machine runs no containers";
  pipeline::ProofOptions options;
  options.patience = std::chrono::seconds(5);
  for (const char* path : {"/data/x", "/tmp/x", "/run/x"}) {
    before.config.cmd = after.config.cmd = {"late", path, "81"};
    const auto proof = prove(options);
    EXPECT_EQ(proof.answer(), pipeline::MigrationProof::Answer::Same) << path << "\n" << to_text(proof);
    EXPECT_FALSE(has(proof, "writes-outside")) << path;
  }
  before.config.cmd = after.config.cmd = {"late", "/app.pid", "81"};
  const auto proof = prove(options);
  EXPECT_EQ(proof.answer(), pipeline::MigrationProof::Answer::Same) << to_text(proof);
  EXPECT_TRUE(has(proof, "writes-outside", "makes again")) << to_text(proof);
}

TEST_F(ProveMigration, what_cannot_be_said_is_unknown) {
  if (runs_nothing()) GTEST_SKIP() << "this machine runs no containers";
  struct Doubt {
    const char* summary;
    std::function<void(GuestImage& before, GuestImage& after)> plant;
    const char* doubt;
  };
  const Doubt rows[] = {
      {"the old one fails", [](auto& was, auto&) { was.config.cmd = {"exit", "1"}; }, "the old image ended by itself with 1"},
      {"the old one does not start", [](auto& was, auto&) { was.config.entrypoint = {"/bin/nothing"}; }, "the old image does not start"},
      {"another processor", [](auto&, auto& now) { now.config.platform.architecture = "riscv64"; }, "it is for linux/riscv64"},
  };
  const GuestImage old = before, fresh = after;
  for (const Doubt& row : rows) {
    before = old, after = fresh;
    row.plant(before, after);
    const auto proof = prove();
    EXPECT_EQ(proof.answer(), pipeline::MigrationProof::Answer::Unknown) << row.summary;
    EXPECT_NE(proof.doubt.find(row.doubt), std::string::npos) << row.summary << "\n" << proof.doubt;
    EXPECT_EQ(to_json(proof)["answer"], "unknown");
  }
}

}  // namespace
}  // namespace ashlar::flow
