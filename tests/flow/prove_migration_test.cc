// The image that ran so far and the one that shall take its place, under a real runtime: pairs that differ on purpose are told apart, and those that do not are not.
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "guest_image.h"
#include "pipeline/old_image.h"
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

// The whole program: exit codes, record and text.
TEST_F(ProveMigration, the_program_answers) {
  if (runs_nothing()) GTEST_SKIP() << "this machine runs no containers";
  const Words ask = {"migrate", "--prove", "--old-image", "oci:old", "--new-image", "oci:new", "--get", "8080/", "--patience", "5"};
  const auto with = [&](Words more) {
    Words all = ask;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Ran same = stage.ashlar(with({"--run", "echo 'a b'", "--exec", "/bin/guest who"}));
  EXPECT_EQ(same.code, 1) << "who runs is printed, and differs" << same.told;
  EXPECT_NE(same.out.find("breaking  output         exec /bin/guest who: it prints something else"), std::string::npos) << same.told;
  const Json record = stage.json(with({"--run", "echo 'a b'"}));
  EXPECT_EQ(misfit(record, Json::parse(R"({"schema": "", "answer": "", "platform": "", "changes": [{"weight": "", "id": "", "subject": "", "what": "", "evidence": null}],
    "old": {"ref": "", "digest": "", "seen": {"listening": [1], "ready_seconds": 0.5, "answers": [{"request": "", "status": 200, "headers": {}, "size": 1, "body": "", "begins": "", "steady": true}],
            "processes": [{"name": "", "uid": 0, "gid": 0, "capable": true}], "alone": [{"words": [""], "exit_code": 0, "timed_out": false, "output": "", "begins": ""}], "beside": [], "written": []}}, "new": {"seen": {}}})")), "") << record;
  EXPECT_EQ(record["schema"], "https://ashlar.dev/migration-proof/v1");
  EXPECT_EQ(record["answer"], "same");
  EXPECT_EQ(record["new"]["seen"]["answers"][0]["begins"], "hello from inside");
  EXPECT_EQ(record["new"]["seen"]["alone"][0]["begins"], "[a b] ");
  const Ran text = stage.ashlar(with({}));
  EXPECT_EQ(text.code, 0) << text.told;
  EXPECT_NE(text.out.find("guest as 0:0 with capabilities"), std::string::npos) << text.told;
  EXPECT_NE(text.out.find("same: nothing that worked fails"), std::string::npos) << text.told;
  EXPECT_EQ(stage.ashlar(with({"--arguments", "exit 3"})).code, 3) << "the old one does nothing by itself";
  EXPECT_EQ(stage.ashlar(with({"--env", "FROM_IMAGE=other"})).code, 0);
  for (const Words& wrong : {Words{"migrate", "--prove", "--new-image", "oci:new"}, with({"--get", "web"}), with({"--get", "0/"}), with({"--get", "70000/"}), with({"--run", "'open"}), with({"--env", "NAME"}), with({"--patience", "0"}),
                             Words{"migrate", "--prove", "--old-image", "dir:.", "--new-image", "oci:new"}}) {
    EXPECT_EQ(stage.ashlar(wrong).code, 2) << wrong.back();
  }
}

TEST_F(ProveMigration, the_old_image_tells_of_itself) {
  GuestImage old;
  old.config.ports = {"8080/tcp", "53/udp"};
  old.config.stop_signal = "SIGINT";
  old.config.health = oci::HealthCheck{{"CMD-SHELL", "guest exit 0 || exit 1"}, 30, 5, 3};
  old.config.entrypoint = {"/bin/guest", "--", "/srv/start"};
  old.more = {{"bin/sh", FileType::Symlink, 0777, 0, 0, 0, 0, "guest"}, {"srv", FileType::Directory, 0777}};
  ASSERT_TRUE(old.write(stage.folder() / "old"));
  Silence silence;
  host::Machine machine = host::real_machine();
  pipeline::Workshop workshop{machine, silence, {stage.folder() / "cache", stage.folder() / "state", stage.folder() / "config"}, {}, {}, nullptr};
  const auto told = pipeline::read_old_image(workshop, "oci:" + (stage.folder() / "old").string());
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->user, "guest");
  EXPECT_EQ(told->uid, 1000U);
  EXPECT_EQ(told->gid, 1000U);
  EXPECT_EQ(told->work_dir, "/data");
  EXPECT_EQ(told->stop_signal, "SIGINT");
  EXPECT_EQ(told->volumes, Words{"/data"});
  ASSERT_EQ(told->ports.size(), 2U);
  EXPECT_EQ(told->ports[0].number, 53);
  EXPECT_EQ(told->ports[0].protocol, "udp");
  ASSERT_TRUE(told->health);
  EXPECT_EQ(told->health->test, (Words{"CMD-SHELL", "guest exit 0 || exit 1"}));
  EXPECT_EQ(told->health->interval, 30'000'000'000);
  EXPECT_EQ(told->health->retries, 3);
  ASSERT_EQ(told->accounts.size(), 2U);
  EXPECT_EQ(told->accounts[0].name, "guest");
  EXPECT_EQ(told->accounts[0].home, "/data");
  ASSERT_EQ(told->groups.size(), 3U);
  EXPECT_EQ(told->groups[0].members, (Words{"other", "guest"}));
  ASSERT_EQ(told->programs.size(), 1U);
  EXPECT_EQ(told->programs[0].path, "/bin/guest");
  EXPECT_EQ(told->programs[0].libc, workload::OldImage::Libc::None);
  EXPECT_EQ(told->interpreters, Words{"/bin/guest"}) << "a shell by its name on PATH";
  EXPECT_EQ(told->writable, (Words{"/data", "/run/guest", "/srv"}));
  EXPECT_EQ(told->digest.substr(0, 7), "sha256:");
  EXPECT_EQ(told->reference, "oci:" + (stage.folder() / "old").string());
  EXPECT_EQ(pipeline::read_old_image(workshop, "dir:" + stage.folder().string()).error().kind, Kind::Invalid);
  EXPECT_EQ(pipeline::read_old_image(workshop, "oci:" + (stage.folder() / "none").string()).error().kind, Kind::NotFound);
}

}  // namespace
}  // namespace ashlar::flow
