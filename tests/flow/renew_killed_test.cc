// `ashlar renew` ended by SIGKILL before each kind of step by which it changes anything that outlives it: what it leaves is whole, and the next round goes on.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

/// Where a renewal is when it takes a step, by what the step changes; in the order in which a round comes to them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> stages = {{
    {"inventories.db", "remember the image"}, {"ledger.db", "write down"},         {"/renewals/", "put the lock by"},      {"small.lock.json", "replace the lock"},
    {"/candidates/stopped", "put aside"},     {"/candidates/", "build"},           {"/published/index.json", "move tags"}, {"/published/", "publish and sign"},
    {"outbox.db", "queue"},                   {"socket:", "tell"},                 {"renew.lock", "begin"},                {"", "cache"},
}};
/// The first row that fits.
const auto& stage_of(const std::string& path) {
  return *std::ranges::find_if(stages, [&](const auto& each) { return path.find(each.first) != std::string::npos; });
}

struct Step {
  long number = 0;  ///< 0: none
  std::string stage, of;  ///< `of`: what its path contains
};

class KilledRenewFlow : public RenewFlow {
 protected:
  void SetUp() override {
    RenewFlow::SetUp();
    if (IsSkipped()) return;
    ASSERT_NO_FATAL_FAILURE(listen());
    fleet("downstream: [{target: tickets, project: team/app, files: [Dockerfile], name: mirror.example/small}]");
    renew();
    before = tags();
    server->ask("/_commit", {{"project", "team/app"}, {"branch", "main"}, {"path", "Dockerfile"}, {"text", "FROM mirror.example/small:1@" + before.at("1") + "\n"}, {"message", "by hand"}});
  }
  /// All rounds are at one moment, so that all that they write can be compared.
  Words again() const { return words({"--quiet", "--now", after(hours(1))}); }
  /// A round in which each step is written down, or which ends at one.
  Ran round(const Step& at) {
    stage.environment["LD_PRELOAD"] = ASHLAR_STEP_KILLER;
    stage.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
    stage.environment["STEP_LOG"] = (stage.folder() / "steps").string();
    stage.environment["STEP_AT"] = std::to_string(at.number);
    stage.environment["STEP_OF"] = at.of;
    stage.write("steps", "");
    Ran ran = stage.ashlar(again());
    for (const char* each : {"LD_PRELOAD", "ASAN_OPTIONS", "STEP_LOG", "STEP_AT", "STEP_OF"}) stage.environment.erase(each);
    return ran;
  }
  std::vector<Step> steps() const {
    std::vector<Step> out;
    std::istringstream lines(stage.read("steps"));
    Step step;
    for (std::string call, path; lines >> step.number >> call && std::getline(lines, path);) std::tie(step.of, step.stage) = stage_of(path), out.push_back(step);
    return out;
  }
  /// All that a round may change.
  void keep() const {
    ASSERT_EQ(stage.run({"sh", "-ec", "rm -rf kept && mkdir kept && cp -a home published *.lock.json kept/"}).code, 0);
    server->ask("/_keep");
  }
  void back() const {
    ASSERT_EQ(stage.run({"sh", "-ec", "rm -rf home published *.lock.json && cp -a kept/. ."}).code, 0);
    server->ask("/_back");
  }
  /// What became of a round, but for times: tags, lock, events in any order, tickets with their comments, what listeners heard, what waits.
  std::string outcome() const {
    auto all = events();
    std::ranges::sort(all);
    std::string out = fmt::format("tags {}\nlock {}\nevents {}\ntickets {}", tags(), Digest::of(stage.read("small.lock.json")).hex(), fmt::join(all, ", "), tickets());
    const Json state = server->state();
    out += fmt::format("comments {}\nrequests {}\n", state["notes"].dump(), state["requests"].dump());
    // What a listener has heard twice has one identifier, which is of all that the message says, the seconds that it took, too.
    std::map<std::string, std::string> heard;
    for (const Json& each : state["events"]) heard.emplace(each.value("id", ""), each.value("type", ""));
    std::vector<std::string> types;
    for (const auto& [id, type] : heard) types.push_back(type);
    std::ranges::sort(types);
    return out + fmt::format("heard {}\nwaiting {}\n", fmt::join(types, ", "), stage.json({"tickets", "list"})["messages"].dump());
  }
  /// No image is published by half, and none that was not tested, whenever it is asked.
  void all_is_whole(bool may_move) const {
    const auto now = tags();
    for (const auto& [tag, digest] : before) {
      ASSERT_TRUE(now.contains(tag));
      ASSERT_TRUE(may_move || now.at(tag) == digest) << "tag " << tag << " moved to what was stopped";
    }
    for (const auto& each : std::filesystem::directory_iterator(stage.folder() / "published/blobs/sha256")) ASSERT_EQ(Digest::of(bytes_of(each.path())).hex(), each.path().filename().string());
    EXPECT_EQ(broken_entries(stage.cache()), "");
    std::set<std::string> asked;
    for (const auto& [tag, digest] : now) {
      if (!asked.insert(digest).second) continue;
      const Ran whole = stage.ashlar({"verify", "oci:published:" + tag, "--key", "our.pub", "--type", "slsaprovenance1", "--type", "test-result", "--type", "vuln"});
      ASSERT_EQ(whole.code, 0) << tag << whole.told;
      ASSERT_EQ(stage.ashlar({"sbom", "oci:published:" + tag, "--quiet"}).code, 0) << tag;
    }
    ASSERT_EQ(stage.ashlar({"audit", "verify"}).code, 0);
  }
  /// Steps to die at: the first of each stage, counted by itself, for threads take theirs in another order each time; then others as far apart as may be.
  static std::vector<Step> choice(const std::vector<Step>& all, size_t count) {
    std::vector<Step> out;
    for (const Step& each : all) {
      if (std::ranges::none_of(out, [&](const Step& other) { return other.stage == each.stage; })) out.push_back({each.of.empty() ? each.number : 1, each.stage, each.of});
    }
    const size_t rest = count > out.size() ? count - out.size() : 0;
    for (size_t at = 0; at < rest; ++at) out.push_back({all.at((2 * at + 1) * all.size() / (2 * rest)).number, "", ""});
    return out;
  }
  /// Ends so many rounds from here on, each at another step and from the same state; `may_move`: this round moves the tags.
  void kill(size_t count, int code, bool may_move) {
    ASSERT_NO_FATAL_FAILURE(keep());
    const Ran undisturbed = round({});
    ASSERT_EQ(undisturbed.code, code) << undisturbed.told;
    const std::vector<Step> all = steps();
    ASSERT_GT(all.size(), 30U) << "nothing counts the steps of " << program_under_test();
    ASSERT_NO_FATAL_FAILURE(all_is_whole(may_move));
    const std::string wanted = outcome();
    for (const Step& each : choice(all, count)) {
      SCOPED_TRACE(fmt::format("before step {} of {}{}: {}", each.number, all.size(), each.of.empty() ? "" : fmt::format(" with '{}'", each.of), each.stage));
      ASSERT_NO_FATAL_FAILURE(back());
      const Ran ran = round(each);
      const auto died = steps();
      if (!died.empty()) ++killed[died.front().stage];
      ASSERT_EQ(ran.code, died.empty() ? code : 137) << ran.told;
      ASSERT_NO_FATAL_FAILURE(all_is_whole(may_move));
      ASSERT_EQ(stage.ashlar(again()).code, code);
      ASSERT_NO_FATAL_FAILURE(all_is_whole(may_move));
      ASSERT_EQ(outcome(), wanted);
    }
    ASSERT_NO_FATAL_FAILURE(back());
  }
  static size_t count() {
    const char* const said = std::getenv("ASHLAR_KILLS");
    return said == nullptr ? 24 : static_cast<size_t>(std::atoi(said));
  }
  void report(size_t least) const {
    size_t sum = 0;
    for (const auto& [name, times] : killed) sum += static_cast<size_t>(times);
    if (std::getenv("ASHLAR_KILLS") != nullptr) fmt::print(stderr, "killed {} times: {}\n", sum, killed);
    EXPECT_GE(sum, least) << "most of the rounds must be ended";
  }

  std::map<std::string, std::string> before;
  std::map<std::string, int> killed;  ///< by stage
};

TEST_F(KilledRenewFlow, at_every_stage_of_a_renewal_nothing_is_half_done_doubled_or_lost) {
  know("1.2");
  renew();
  ASSERT_EQ(tickets(), "open CVE-2026-0001 in greeter of oci:" + (stage.folder() / "published").string() + "\n");
  offer_fix("1.2");
  kill(count() / 2, 0, true);
  report(count() / 2 * 9 / 10);
  for (const char* each : {"write down", "put the lock by", "replace the lock", "build", "publish and sign", "move tags", "queue", "tell"}) EXPECT_GT(killed[each], 0) << each;
}

/// A definition that goes back to what it was gives the image that was published before. Cut off between its tags and the ledger, that looks like somebody's hand that moved the tags back: what the round said
/// before it moved them tells that it is none.
TEST_F(KilledRenewFlow, cut_off_before_the_ledger_what_was_promoted_before_is_settled_by_the_next_round) {
  const std::string definition = stage.read("small.yaml"), first = before.at("1");
  stage.write("small.yaml", definition + "labels: {org.example.more: more}\n");
  ASSERT_EQ(done(renew()).substr(0, 8), "promoted");
  const std::string second = tags().at("1");
  ASSERT_NE(second, first);
  stage.write("small.yaml", definition);
  ASSERT_NO_FATAL_FAILURE(keep());
  const Ran undisturbed = round({});
  ASSERT_EQ(undisturbed.code, 0) << undisturbed.told;
  ASSERT_EQ(tags().at("1"), first) << "the very image that was there";
  const std::string wanted = outcome();
  // The first step in the ledger after the last tag has moved.
  const auto all = steps();
  const auto moved = std::ranges::find(all.rbegin(), all.rend(), "move tags", &Step::stage).base();
  const auto is_of_ledger = [](const Step& each) { return each.of == "ledger.db"; };
  const auto in_ledger = std::ranges::count_if(all.begin(), moved, is_of_ledger);
  ASSERT_TRUE(std::any_of(moved, all.end(), is_of_ledger)) << "what came of it is written down after the tags";
  ASSERT_NO_FATAL_FAILURE(back());
  const Ran cut = round({in_ledger + 1, "write down", "ledger.db"});
  ASSERT_EQ(cut.code, 137) << cut.told;
  ASSERT_EQ(tags().at("1"), first) << "its tags had moved";
  const auto last_promoted = [&] {
    const Json log = stage.json({"audit", "log"});
    std::string digest;
    for (const Json& each : log["entries"]) {
      if (each["kind"] == "promoted") digest = each["digest"];
    }
    return digest;
  };
  ASSERT_EQ(last_promoted(), second) << "and nothing was written down of that";
  ASSERT_EQ(stage.ashlar(again()).code, 0);
  EXPECT_EQ(last_promoted(), first);
  EXPECT_EQ(tags().at("1"), first);
  EXPECT_EQ(outcome(), wanted) << "as if it had not been cut off";
  EXPECT_EQ(done(renew()), "") << "and nothing is held";
}

TEST_F(KilledRenewFlow, at_every_stage_of_a_canary_and_of_its_promotion_the_next_round_goes_on) {
  fleet("rollout: {canary: next, soak: 30m}\n    downstream: [{target: tickets, project: team/app, files: [Dockerfile], name: mirror.example/small}]");
  know("1.2");
  offer_fix("1.2");
  kill(count() / 3, 0, false);
  ASSERT_EQ(done(renew({"--now", after(60)})), "canary 1.2-r1\n");
  const std::string canary = tags().at("next");
  kill(count() / 3, 0, true);
  ASSERT_EQ(done(renew({"--now", after(hours(1))})), "promoted 1.2-r1\n");
  EXPECT_EQ(tags().at("1"), canary);
  report(count() / 3 * 2 * 8 / 10);
}

TEST_F(KilledRenewFlow, at_every_stage_of_one_that_is_stopped_no_tag_moves) {
  archive->put("stone-security", listed({"greeter", "1.2", "amd64", "words (= 1.0)", {{"usr/bin/other", bytes_of(ASHLAR_GREETER)}, {"usr/share/doc/greeter/copyright", "free\n"}}, {}, {}}));
  archive->publish();
  kill(count() / 2, 1, false);
  report(count() / 2 * 9 / 10);
  for (const char* each : {"write down", "put the lock by", "replace the lock", "build", "put aside", "queue", "tell"}) EXPECT_GT(killed[each], 0) << each;
}

}  // namespace
}  // namespace ashlar::flow
