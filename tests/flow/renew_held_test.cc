// `ashlar renew` and what it leaves alone: what somebody did by hand, what was stopped and is still the same, what was tested already; and what it puts right that was left undone.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

class HeldFlow : public RenewFlow {
 protected:
  /// Points tags of the layout elsewhere, so that no ledger knows of it.
  void move_by_hand(const std::vector<std::string>& moved, const std::string& digest) const {
    Json index = Json::parse(stage.read("published/index.json")), entry;
    for (const Json& each : index["manifests"]) {
      if (each["digest"] == digest) entry = each;
    }
    ASSERT_FALSE(entry.is_null()) << digest;
    const auto name_of = [](const Json& each) { return each.value("annotations", Json::object()).value("org.opencontainers.image.ref.name", ""); };
    Json kept = Json::array();
    for (const Json& each : index["manifests"]) {
      if (std::ranges::find(moved, name_of(each)) == moved.end()) kept.push_back(each);
    }
    for (const std::string& tag : moved) {
      entry["annotations"]["org.opencontainers.image.ref.name"] = tag;
      kept.push_back(entry);
    }
    index["manifests"] = kept;
    stage.write("published/index.json", index.dump());
  }
  /// An advisory of another package, so that the database is another.
  void know_something_else(const std::string& id) const {
    Json tracker = Json::parse(stage.read("tracker.json"));
    tracker["other"][id] = tracker["greeter"]["CVE-2026-0001"];
    stage.write("tracker.json", tracker.dump());
    ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"}).code, 0);
  }
};

TEST_F(HeldFlow, a_tag_that_was_moved_back_by_hand_stays_until_somebody_lets_go) {
  renew();
  const std::string first = tags().at("1");
  offer_fix("1.2");
  renew();
  const std::string second = tags().at("1");
  move_by_hand({"1", "1-stone"}, first);
  for (int round = 0; round < 2; ++round) {
    const Json held = renew({}, 1);
    EXPECT_EQ(due(held), "rebuild held: 1 open finding can be fixed\n");
    EXPECT_EQ(held["done"], Json::array());
    EXPECT_EQ(held["due"][0]["because"][0], fmt::format("tag '1' points at '{0}', and the ledger says '{1}': somebody moved it by hand, and it stays there until somebody lets go; `ashlar renew {2} --again` moves it on, "
                                                        "`ashlar rollback {2}:1 --to {1}` puts it back", first, second, "oci:" + (stage.folder() / "published").string()));
    EXPECT_EQ(tags().at("1"), first);
  }
  offer_fix("1.3");
  EXPECT_EQ(renew({}, 1)["done"], Json::array()) << "whatever is newer";
  EXPECT_EQ(tags().at("1"), first);
  EXPECT_EQ(done(renew({"--again"})), "promoted 1.3-r1\n") << "somebody let go";
  EXPECT_EQ(due(renew()), "");
}

TEST_F(HeldFlow, a_renewal_that_was_cut_off_before_it_was_written_down_is_nobodys_hand) {
  renew();
  const std::filesystem::path ledger = stage.folder() / stage.environment["XDG_DATA_HOME"] / "ashlar";
  std::filesystem::copy(ledger, stage.folder() / "state-before", std::filesystem::copy_options::recursive);
  offer_fix("1.2");
  renew();
  const std::string second = tags().at("1");
  std::filesystem::remove_all(ledger);
  std::filesystem::rename(stage.folder() / "state-before", ledger);  // as if it had been killed between its tags and its ledger
  EXPECT_EQ(done(renew()), "promoted 1.2-r1\n") << "it goes on";
  EXPECT_EQ(tags().at("1"), second);
}

TEST_F(HeldFlow, a_canary_whose_tag_was_moved_by_hand_is_not_promoted) {
  renew({"--now", after(0)});
  const std::string first = tags().at("1");
  fleet("cadence: 7d\n    rollout: {canary: next, soak: 24h}");
  offer_fix("1.2");
  EXPECT_EQ(done(renew({"--now", after(hours(1))})), "canary 1.2-r1\n");
  const std::string canary = tags().at("next");
  move_by_hand({"next"}, first);
  const Json held = renew({"--now", after(hours(26))}, 1);
  ASSERT_EQ(held["due"].size(), 1U) << held;
  EXPECT_EQ(held["due"][0]["action"], "promote");
  EXPECT_EQ(held["due"][0]["held"], true);
  EXPECT_NE(held["due"][0]["because"].dump().find(fmt::format("tag 'next' points at '{}', and the ledger says '{}'", first, canary)), std::string::npos) << held;
  EXPECT_EQ(tags().at("1"), first);
}

TEST_F(HeldFlow, what_soaked_is_what_is_promoted_and_nothing_is_built) {
  renew({"--now", after(0)});
  fleet("cadence: 7d\n    rollout: {canary: next, soak: 24h}");
  know("1.2");
  offer_fix("1.2");
  ASSERT_EQ(done(renew({"--now", after(hours(1))})), "canary 1.2-r1\n");
  const std::string canary = tags().at("next");
  const auto layouts = [&] {
    size_t out = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(stage.cache() / "candidates")) out += each.path().filename() == "index.json" ? 1 : 0;
    return out;
  };
  ASSERT_GT(layouts(), 0U);
  // What it was built of is gone: packages, layers that were kept, and the candidate.
  for (const char* name : {"candidates", "blobs", "frames", "packages", "layers"}) std::filesystem::remove_all(stage.cache() / name);
  std::filesystem::create_directories(stage.cache() / "candidates");
  EXPECT_EQ(done(renew({"--now", after(hours(26))})), "promoted 1.2-r1\n");
  EXPECT_EQ(tags().at("1"), canary);
  EXPECT_EQ(tags().at("1-stone"), canary);
  EXPECT_EQ(layouts(), 0U) << "no candidate was built";
  EXPECT_EQ(stage.ashlar({"verify", "oci:published:1", "--key", "our.pub", "--type", "slsaprovenance1", "--type", "vuln"}).code, 0);
}

TEST_F(HeldFlow, what_was_stopped_is_tried_again_only_when_something_of_it_changed) {
  renew();
  know("1.2");
  archive->put("stone", {"greeter", "1.2", "amd64", "words (= 1.0)", {{"usr/bin/other", "#!/bin/nothing\n"}, {"usr/share/doc/greeter/copyright", "free\n"}}, {}});
  archive->publish();
  EXPECT_EQ(done(renew({}, 1)), "stopped \n");
  for (const char* id : {"CVE-2026-0100", "CVE-2026-0101"}) {
    know_something_else(id);
    const Json held = renew({}, 1);
    EXPECT_EQ(due(held), "rebuild held: 1 open finding can be fixed\n") << id;
    EXPECT_EQ(held["done"], Json::array()) << "another database, that says nothing new of the candidate: " << id;
  }
  know("1.3");  // what was stopped has a flaw itself now
  EXPECT_EQ(done(renew()), "") << "which no renewal could take";
  stage.write("fleet.yaml", stage.read("fleet.yaml") + "policy: lenient.yaml\n");
  stage.write("lenient.yaml", "gate: {stop-on: [critical]}\n");
  know("1.2");
  EXPECT_EQ(done(renew({}, 1)), "stopped \n") << "another policy";
  EXPECT_EQ(renew({}, 1)["done"], Json::array());
  std::filesystem::remove_all(stage.cache() / "candidates");
  EXPECT_EQ(done(renew({}, 1)), "stopped \n") << "where the candidate is gone nobody knows what is said of it";
}

TEST_F(HeldFlow, what_an_earlier_round_left_unsealed_is_sealed_and_said) {
  renew();
  EXPECT_EQ(stage.json({"audit", "verify", "--key", "our.pub"})["sealed"], events().size());
  know("1.2");
  ASSERT_EQ(stage.ashlar({"renew", "--unsigned", "--keep-feeds"}).code, 0);
  const size_t sealed = stage.json({"audit", "verify", "--key", "our.pub"})["sealed"];
  ASSERT_LT(sealed, events().size());
  const size_t left = events().size() - sealed;
  const Ran ran = stage.ashlar(words({"--format", "json"}));
  EXPECT_EQ(Json::parse(ran.out)["sealed_late"], left) << ran.told;
  EXPECT_EQ(Json::parse(ran.out)["events"], 0) << "there is nothing new";
  EXPECT_NE(ran.err.find(left == 1 ? "1 event of the ledger was not sealed" : fmt::format("{} events of the ledger were not sealed", left)), std::string::npos) << ran.told;
  EXPECT_EQ(stage.json({"audit", "verify", "--key", "our.pub"})["sealed"], events().size());
  EXPECT_EQ(renew()["sealed_late"], 0);
}

TEST_F(HeldFlow, a_ledger_that_was_lost_doubles_no_ticket_and_keeps_no_event_back) {
  ASSERT_NO_FATAL_FAILURE(listen());
  renew();
  offer_fix("1.2");
  renew();
  stage.write("tracker.json", R"({"greeter": {"CVE-2026-0001": {"description": "greets too loud", "scope": "remote", "releases": {"trixie": {"status": "open", "urgency": "high", "repositories": {"trixie": "1.2"}}}}}})");
  ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"}).code, 0);
  renew();
  ASSERT_EQ(published(), 2U);
  const std::string before = tickets();
  ASSERT_EQ(server->tickets().size(), 1U) << before;
  for (const auto& each : std::filesystem::recursive_directory_iterator(stage.folder() / stage.environment["XDG_DATA_HOME"])) {
    if (each.path().filename().string().starts_with("ledger.db")) std::filesystem::remove(each.path());
  }
  renew();
  EXPECT_EQ(tickets(), before) << "the same ticket";
  EXPECT_EQ(published(), 3U) << "what is promoted under a new ledger is told, though its numbers begin anew";
  renew();
  EXPECT_EQ(published(), 3U);
}

TEST_F(HeldFlow, verify_holds_what_is_promised_against_the_time) {
  fleet("support: {from: 2020-01-01, until: 2020-06-30}");
  renew();
  const Words words = {"verify", "oci:published:1", "--key", "our.pub"};
  const Ran ran = stage.ashlar(words);
  EXPECT_EQ(ran.code, 0) << "it is signed: " << ran.told;
  EXPECT_NE(ran.out.find("its support ended on 2020-06-30, as 'our.pub' says"), std::string::npos) << ran.told;
  const Json said = stage.json(words);
  ASSERT_EQ(said["support"].size(), 1U) << said;
  EXPECT_EQ(said["support"][0]["ended"], true);
  EXPECT_EQ(said["support"][0]["until"], "2020-06-30T00:00:00Z");
  const auto policy = [&](const std::string& more) { stage.write("admit.yaml", "verify:\n  rules:\n    - {images: '**', signed-by: {file: our.pub}" + more + "}\n"); };
  policy("");
  EXPECT_EQ(stage.ashlar({"verify", "oci:published:1", "--policy", "admit.yaml"}).code, 0);
  policy(", supported: true");
  const Ran denied = stage.ashlar({"verify", "oci:published:1", "--policy", "admit.yaml"});
  EXPECT_EQ(denied.code, 1) << denied.told;
  EXPECT_NE(denied.out.find("-- supported: its support ended on 2020-06-30"), std::string::npos) << denied.told;
}

/// The same image, published again by its cadence: what is promised is said when it changes, or a cadence has passed, and the last word counts.
TEST_F(HeldFlow, of_several_promises_of_one_signer_the_last_counts) {
  stage.write("admit.yaml", "verify:\n  rules:\n    - {images: '**', signed-by: {file: our.pub}, supported: true}\n");
  const auto round = [&](const char* until, int seconds) {
    stage.write("fleet.yaml", fmt::format("images:\n  - {{definition: small.yaml, to: 'oci:published', cadence: 1m, support: {{from: 2020-01-01, until: {}}}}}\n", until));
    renew({"--now", after(seconds)});
  };
  const auto promises = [&] {
    std::string out;
    const Json said = stage.json({"verify", "oci:published:1", "--key", "our.pub"});
    for (const Json& each : said["support"]) out += fmt::format("{}{} ", each["until"].get<std::string>().substr(0, 10), each.value("superseded", false) ? " before" : "");
    return out;
  };
  round("2098-01-01", 0);
  const std::string digest = tags().at("1");
  EXPECT_EQ(promises(), "2098-01-01 ");
  round("2098-01-01", 65);
  EXPECT_EQ(tags().at("1"), digest);
  EXPECT_EQ(promises(), "2098-01-01 2098-01-01 before ") << "its cadence counts anew";
  EXPECT_EQ(stage.ashlar({"verify", "oci:published:1", "--policy", "admit.yaml"}).code, 0);
  round("2021-01-01", 130);
  EXPECT_EQ(promises(), "2021-01-01 2098-01-01 before 2098-01-01 before ");
  const Ran ended = stage.ashlar({"verify", "oci:published:1", "--policy", "admit.yaml"});
  EXPECT_EQ(ended.code, 1) << "the longer promise does not hold any more: " << ended.told;
  EXPECT_NE(ended.out.find("-- supported: its support ended on 2021-01-01"), std::string::npos) << ended.told;
  EXPECT_NE(stage.ashlar({"verify", "oci:published:1", "--key", "our.pub"}).out.find("it is supported until 2098-01-01, as 'our.pub' said before it said something else"), std::string::npos);
  round("2098-01-01", 195);
  EXPECT_EQ(promises(), "2098-01-01 2098-01-01 before 2098-01-01 before 2021-01-01 before ") << "what was said once is said again";
  EXPECT_EQ(stage.ashlar({"verify", "oci:published:1", "--policy", "admit.yaml"}).code, 0);
}

TEST_F(HeldFlow, a_promise_that_changed_is_said_of_what_is_published_in_the_next_round) {
  const char* const another = "promise: what is promised for it is another than what is said of what is published\n";
  fleet("support: {from: 2020-01-01, until: 2097-01-01}");
  renew();
  const auto before = tags();
  EXPECT_EQ(due(renew()), "") << "it was said with the image";
  const auto said = [&] { return stage.json({"verify", "oci:published:1", "--key", "our.pub"})["support"]; };
  const Json first = said();
  const auto next_second = [&] { stage.run({"sleep", "1.1"}); };  // what was promised in the same second is no later word
  next_second();
  fleet("support: {from: 2020-01-01, until: 2098-01-01}\n    cadence: 30d\n    sla: pci-dss");
  EXPECT_EQ(due(renew({"--plan"}, 1)), another);
  EXPECT_EQ(due(stage.json({"renew", "--plan", "--keep-feeds"}, 1)), another) << "without a key, too";
  EXPECT_EQ(said(), first) << "a plan says nothing";
  const Json changed = renew();
  EXPECT_EQ(done(changed), "said \n");
  EXPECT_EQ(changed["done"][0]["why"], Json::array({"supported from 2020-01-01 until 2098-01-01, made again every 30.0 d at the latest, patched by 'pci-dss'"}));
  EXPECT_EQ(tags(), before) << "nothing is built, and no tag moves";
  const Json now = said();
  ASSERT_EQ(now.size(), 2U) << now;
  EXPECT_EQ(now[0]["until"], "2098-01-01T00:00:00Z");
  EXPECT_EQ(now[0]["sla"], "pci-dss");
  EXPECT_EQ(now[1]["until"], "2097-01-01T00:00:00Z");
  EXPECT_EQ(now[1]["superseded"], true);
  EXPECT_EQ(events().back(), "noted");
  EXPECT_EQ(due(renew()), "") << "it is said once";
  EXPECT_EQ(said(), now);
  EXPECT_EQ(stage.ashlar({"audit", "verify", "--key", "our.pub"}).code, 0);

  // What is not promised any more ends now.
  next_second();
  fleet("take: all");
  EXPECT_EQ(done(renew()), "said \n");
  next_second();
  EXPECT_EQ(said()[0]["ended"], true);
  EXPECT_EQ(due(renew()), "");
  // One that begins is said, too; with a renewal it is said of the new image alone.
  fleet("support: {until: 2099-01-01}");
  offer_known_greeter("1.2");
  archive->publish();
  const Json both = renew();
  EXPECT_EQ(done(both), "promoted 1.2-r1\n") << due(both);
  ASSERT_EQ(said().size(), 1U) << said();
  EXPECT_EQ(said()[0]["until"], "2099-01-01T00:00:00Z");
}

TEST_F(HeldFlow, verify_holds_an_image_to_its_schedule) {
  renew();
  stage.write("admit.yaml", "verify:\n  rules:\n    - {images: '**', signed-by: {file: our.pub}, on-schedule: true}\n");
  const Words by_policy = {"verify", "oci:published:1", "--policy", "admit.yaml"};
  const Ran kept = stage.ashlar(by_policy);
  EXPECT_EQ(kept.code, 0) << kept.told;
  const Json said = stage.json({"verify", "oci:published:1", "--key", "our.pub"})["support"];
  ASSERT_EQ(said.size(), 1U) << said;
  EXPECT_EQ(said[0]["late"], false);
  EXPECT_NE(kept.out.find("ok on-schedule: it is made again by " + said[0]["due"].get<std::string>()), std::string::npos) << kept.told;
  EXPECT_EQ(Time::parse(said[0]["due"].get<std::string>())->seconds - Time::parse(said[0]["published"].get<std::string>())->seconds, hours(7 * 24));
  // The same, of an image that was published so long ago.
  stage.write("old.json", fmt::format(R"({{"image": "a", "rebuilt_at_latest": 604800, "promised": "{}", "published": "2026-01-01T00:00:00Z"}})", after(120)));
  ASSERT_EQ(stage.ashlar({"attest", "oci:published:1", "--key", "our.key", "--type", "support", "--predicate", "old.json"}).code, 0);
  const Ran late = stage.ashlar(by_policy);
  EXPECT_EQ(late.code, 1) << late.told;
  EXPECT_NE(late.out.find("-- on-schedule: it was to be made again by 2026-01-08T00:00:00Z"), std::string::npos) << late.told;
  const Ran words = stage.ashlar({"verify", "oci:published:1", "--key", "our.pub"});
  EXPECT_EQ(words.code, 0) << "it is signed: " << words.told;
  EXPECT_NE(words.out.find("it is supported, and no end is said, as 'our.pub' says; it was to be made again by 2026-01-08T00:00:00Z"), std::string::npos) << words.told;
}

/// Where it runs a finding is gone with a deployment, and not with the publication that the loop writes down.
TEST_F(HeldFlow, a_clock_where_it_runs_ends_with_its_deployment) {
  stage.write("sla.yaml", "sla: {starts: fix-available, limits: {high: 7d}, environments: {production: {}, test: {}}}\n");
  const auto states = [&] {
    std::string out;
    const Json report = parse_json(stage.ashlar({"sla", "--policy", "sla.yaml", "--format", "json", "--quiet"}).out, "report").value();
    for (const Json& each : report["clocks"]) out += fmt::format("{}{} ", each.contains("environment") ? each["environment"].get<std::string>() + ":" : "", each["state"].get<std::string>());
    return out;
  };
  const auto deploy = [&] {
    const Ran ran = stage.ashlar({"audit", "report", "deployed", "oci:published@" + tags().at("1"), "--environment", "production", "--by", "ops@example.org"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  };
  renew();
  deploy();
  know("1.2");
  offer_fix("1.2");
  ASSERT_EQ(done(renew()), "promoted 1.2-r1\n");
  EXPECT_EQ(states(), "met production:running test:met ") << "nobody ever said that it runs in the test environment";
  deploy();
  EXPECT_EQ(states(), "met production:met test:met ");
  ASSERT_EQ(stage.ashlar({"rollback", "oci:published:1", "--key", "our.pub"}).code, 0);
  const Json said = stage.json({"audit", "report", "deployed", "oci:published:1", "--environment", "production", "--by", "ops@example.org"});
  EXPECT_EQ(said["digest"], tags().at("1")) << "what the tag went back to, and not what was promoted last";
  EXPECT_EQ(states(), "running production:running test:met ");
}

TEST_F(HeldFlow, a_fix_that_was_made_by_hand_was_available) {
  renew();
  know("1.2");
  renew();
  offer_known_greeter("1.2");
  archive->publish();
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  const Ran made = stage.ashlar({"make", "small.yaml", "-o", "oci:published", "--key", "our.key"});
  ASSERT_EQ(made.code, 0) << made.told;
  const auto all = events();
  const auto at = [&](const std::string& event) { return std::ranges::find(all, event) - all.begin(); };
  EXPECT_LT(at("fix-available CVE-2026-0001"), at("closed CVE-2026-0001")) << Json(all);
  EXPECT_LT(at("closed CVE-2026-0001"), static_cast<std::ptrdiff_t>(all.size())) << Json(all);
}

}  // namespace
}  // namespace ashlar::flow
