// `ashlar renew`: from an advisory to a patched, tested, published image, and what never gets there.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

TEST_F(RenewFlow, an_advisory_lands_and_the_image_is_patched) {
  const Json first = renew();
  EXPECT_EQ(due(first), "rebuild: it was never published\n");
  EXPECT_EQ(done(first), "promoted 1.1-r1\n");
  const std::string before = tags().at("1");

  const Json nothing = renew();
  EXPECT_EQ(due(nothing), "") << "nothing changed, nothing is rebuilt";
  EXPECT_EQ(nothing["events"], 0);
  const Ran told = stage.ashlar(words({}));
  EXPECT_NE(told.out.find("1 image looked at, nothing is due, nothing was rebuilt"), std::string::npos) << told.told;

  know("1.2");  // there is no fix in the archive yet
  const Json waiting = renew();
  EXPECT_EQ(due(waiting), "assess: 1 open finding without a fix that could be taken needs an assessment\n");
  EXPECT_EQ(tags().at("1"), before);

  offer_fix("1.2");
  const Json plan = renew({"--plan"}, 1);
  EXPECT_EQ(due(plan), "rebuild: 1 open finding can be fixed\n");
  EXPECT_EQ(plan["due"][0]["cve"], "CVE-2026-0001");
  const Json exposed = stage.json({"renew", "--plan", "--advisory", "CVE-2026-0001"}, 1);
  ASSERT_EQ(exposed["due"].size(), 1U) << "by what is remembered of the image alone: " << exposed;
  EXPECT_EQ(exposed["due"][0]["image"], plan["due"][0]["image"].get<std::string>() + "@" + before) << exposed;
  EXPECT_EQ(exposed["due"][0]["findings"][0]["package"], "greeter");
  stage.write("fleet.yaml", stage.read("fleet.yaml") + "applications:\n  - {image: 'docker://registry.example/shop:1', base: 'oci:published'}\n");
  const Json built_on = stage.json({"renew", "--plan", "--advisory", "CVE-2026-0001"}, 1);
  ASSERT_EQ(built_on["due"].size(), 2U) << built_on;
  EXPECT_EQ(built_on["due"][1]["action"], "rebase");
  EXPECT_EQ(built_on["due"][1]["image"], "docker://registry.example/shop:1");
  EXPECT_EQ(built_on["due"][1]["after"], Json::array({built_on["due"][0]["image"]}));
  fleet("cadence: 7d");
  EXPECT_EQ(stage.ashlar({"renew", "--plan", "--advisory", "CVE-2026-9999"}).code, 2);
  EXPECT_EQ(tags().at("1"), before) << "a plan does nothing";
  const Json fixed = renew();
  EXPECT_EQ(done(fixed), "promoted 1.2-r1\n");
  EXPECT_EQ(fixed["done"][0]["closed"], Json::array({"CVE-2026-0001 greeter"}));
  EXPECT_NE(tags().at("1"), before);
  EXPECT_EQ(version_of("greeter"), "1.2");
  EXPECT_EQ(stage.ashlar({"verify", "oci:published:1", "--key", "our.pub", "--type", "slsaprovenance1", "--type", "vuln", "--type", "support", "--type", "changes"}).code, 0) << "what changed and what is promised lie beside it";
  const Json sla = stage.json({"sla", "--fleet", "fleet.yaml"});
  EXPECT_EQ(sla["mttp_days"]["high"].is_number(), true) << sla;
  const std::vector<std::string> expected = {"rebuilt", "tested", "promoted", "first-seen CVE-2026-0001", "fix-available CVE-2026-0001", "rebuilt", "tested", "promoted", "closed CVE-2026-0001"};
  EXPECT_EQ(events(), expected);
  EXPECT_EQ(stage.ashlar({"audit", "verify"}).code, 0);
  EXPECT_EQ(due(renew()), "");
}

/// A publisher of advisories on this machine, whose certificate the program is told to believe.
class PublishedFeeds : public RenewFlow {
 protected:
  void SetUp() override {
    ASHLAR_NEED("python3");
    RenewFlow::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_EQ(stage.run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tls.key", "-out", "tls.pem", "-days", "2", "-subj", "/CN=publisher", "-addext", "subjectAltName=IP:127.0.0.1"}).code, 0);
    stage.write("www/debian-eol.json", stage.read("eol.json"));
    stage.write("serve.py",
                "import functools, http.server, ssl\n"
                "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory='www'))\n"
                "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
                "context.load_cert_chain('tls.pem', 'tls.key')\n"
                "server.socket = context.wrap_socket(server.socket, server_side=True)\n"
                "print(server.server_port, flush=True)\n"
                "server.serve_forever()\n");
    process_ = std::string(trim(stage.run({"sh", "-c", "setsid python3 serve.py </dev/null >port 2>requests & echo $!; sleep 1"}).out));
    for (int tries = 0; tries < 100 && stage.read("port").find('\n') == std::string::npos; ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) stage.environment[name] = (stage.folder() / "tls.pem").string();
    for (const char* feed : {"debian-tracker", "debian-eol"}) {
      std::string text = bytes_of(fmt::format("{}/feeds/{}.yaml", ASHLAR_SOURCE_DIR, feed));
      const size_t from = text.find("urls: ["), to = text.find(']', from);
      ASSERT_NE(from, std::string::npos) << feed;
      text.replace(from, to - from, fmt::format("urls: [https://127.0.0.1:{}/{}.json", trim(stage.read("port")), feed));
      stage.write(fmt::format("own/{}.yaml", feed), text);
      ASSERT_EQ(stage.ashlar({"feed", "add", fmt::format("own/{}.yaml", feed)}).code, 0) << feed;
    }
  }
  void TearDown() override {
    if (!process_.empty()) stage.run({"kill", process_});
    RenewFlow::TearDown();
  }
  /// Each as of another second, by which whoever asks again is answered.
  void publish(const std::string& fixed) {
    stage.write("www/debian-tracker.json", fmt::format(R"({{"greeter": {{"CVE-2026-0001": {{"description": "greets too loud", "scope": "remote", "releases": {{"trixie": {{"status": "resolved", "fixed_version": "{}", "urgency": "high", "repositories": {{"trixie": "1.1"}}}}}}}}}}}})", fixed));
    std::filesystem::last_write_time(stage.folder() / "www/debian-tracker.json", std::filesystem::file_time_type::clock::now() - std::chrono::seconds(100 - 10 * published_++));
  }
  size_t asked() const {
    size_t out = 0;
    const std::string requests = stage.read("requests");
    for (size_t at = requests.find("GET /debian-tracker.json"); at != std::string::npos; at = requests.find("GET /debian-tracker.json", at + 1)) ++out;
    return out;
  }

 private:
  std::string process_;
  int published_ = 0;
};

TEST_F(PublishedFeeds, are_fetched_before_anything_is_looked_at) {
  publish("1.1");
  const Words round = {"renew", "--key", "our.key"};
  EXPECT_EQ(done(stage.json(round, 0)), "promoted 1.1-r1\n");
  publish("1.2");
  const char* const found = "assess: 1 open finding without a fix that could be taken needs an assessment\n";
  EXPECT_EQ(due(stage.json(round, 0)), found) << "the round itself has learned of it";
  EXPECT_EQ(due(stage.json({"renew", "--plan"}, 1)), found);
  const size_t before = asked();
  EXPECT_GE(before, 3U);
  renew();
  EXPECT_EQ(asked(), before) << "with --keep-feeds nobody is asked";
  // One that is away stays as it was, and the round goes on.
  std::filesystem::remove(stage.folder() / "www/debian-tracker.json");
  offer_known_greeter("1.2");
  archive->publish();
  const Ran away = stage.ashlar(round);
  EXPECT_EQ(away.code, 0) << away.told;
  EXPECT_NE(away.err.find("feed 'debian-tracker' stays as it was: "), std::string::npos) << away.told;
  EXPECT_EQ(version_of("greeter"), "1.2");
}

/// The units, the line for cron and both schedules of pipelines that are shipped, step by step as they stand there.
TEST_F(PublishedFeeds, what_is_shipped_to_keep_at_it_does_a_round) {
  ASHLAR_NEED("git");
  publish("1.1");
  const auto shipped = [](const std::string& name) { return bytes_of(fmt::format("{}/ci/{}", ASHLAR_SOURCE_DIR, name)); };
  const auto part = [](const std::string& text, std::string_view from, std::string_view to) {
    const size_t begin = text.find(from);
    return begin == std::string::npos ? std::string() : text.substr(begin + from.size(), text.find(to, begin + from.size()) - begin - from.size());
  };
  const auto replaced = [](std::string text, std::string_view from, std::string_view to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
    return text;
  };
  stage.write("bin/ashlar", fmt::format("#!/bin/sh\nexec {} \"$@\"\n", shell_word(program_under_test())));
  std::filesystem::permissions(stage.folder() / "bin/ashlar", std::filesystem::perms(0755));
  std::filesystem::copy_file(stage.folder() / "our.key", stage.folder() / "release.key");
  const std::string here = stage.folder().string();
  const auto run = [&](const std::string& command) { return stage.run({"sh", "-ec", "PATH=$PWD/bin:$PATH\nexport PATH\n" + replaced(replaced(command, "/usr/bin/ashlar", "ashlar"), "/etc/ashlar", here)}); };
  const auto offer = [&](const std::string& version) {
    publish(version);
    offer_known_greeter(version);
    archive->publish();
  };
  const std::string unit = shipped("ashlar-renew.service"), cron = shipped("ashlar-renew.cron");
  const Ran by_unit = run(part(unit, "\nExecStart=", "\n"));
  EXPECT_EQ(by_unit.code, 0) << by_unit.told;
  EXPECT_EQ(std::ranges::count(events(), "promoted"), 1);
  offer("1.2");
  const Ran by_cron = run(part(cron, "* * * * ashlar ", "\n"));
  EXPECT_EQ(by_cron.code, 0) << by_cron.told;
  EXPECT_EQ(version_of("greeter"), "1.2");
  if (program("systemd-analyze")) {
    stage.write("units/ashlar-renew.service", replaced(unit, "/usr/bin/ashlar", here + "/bin/ashlar"));
    stage.write("units/ashlar-renew.timer", shipped("ashlar-renew.timer"));
    const Ran verified = stage.run({"systemd-analyze", "verify", "--man=no", here + "/units/ashlar-renew.service", here + "/units/ashlar-renew.timer"});
    EXPECT_EQ(verified.code, 0) << verified.told;
    EXPECT_EQ(verified.err.find("ashlar-renew."), std::string::npos) << verified.told;
  }
  // Pipelines: a round that patches and one that is stopped, and what is kept of both.
  stage.environment["GIT_CONFIG_GLOBAL"] = here + "/gitconfig";
  stage.environment["CI_SERVER_HOST"] = "forge.example", stage.environment["CI_PROJECT_PATH"] = "team/app", stage.environment["CI_COMMIT_BRANCH"] = "main", stage.environment["ASHLAR_PUSH_TOKEN"] = "token";
  const Ran begun_repository = stage.run({"sh", "-ec", "git config --global user.name somebody && git config --global user.email somebody@example.org && git config --global init.defaultBranch main\n"
                                                        "git init -q . && git init -q --bare origin.git && git remote add origin \"$PWD/origin.git\" && git config url.\"$PWD/origin.git\".insteadOf https://oauth2:token@forge.example/team/app.git\n"
                                                        "git add small.yaml small.lock.json fleet.yaml && git commit -qm first && git push -q -u origin main"});
  ASSERT_EQ(begun_repository.code, 0) << begun_repository.told;
  for (const char* name : {"ASHLAR_STATE_DIR", "ASHLAR_CACHE_DIR"}) stage.environment[name] = here + "/.ashlar/" + (std::string_view(name) == "ASHLAR_STATE_DIR" ? "state" : "cache");
  for (const char* feed : {"debian-tracker", "debian-eol"}) {
    const Ran added = stage.ashlar({"feed", "add", fmt::format("own/{}.yaml", feed)});
    ASSERT_EQ(added.code, 0) << added.told;
  }
  const std::string github = shipped("github-renew.yml"), gitlab = shipped("gitlab-renew.yml");
  const struct { const char* name; std::string renew, keep; } pipelines[] = {
      {"github", part(github, "run: ashlar", "\n"), part(github + "\n#", "- name: Keep the locks\n        if: always()\n        run: |\n", "\n#")},
      {"gitlab", part(gitlab, "- ashlar", "\n"), replaced(replaced(part(gitlab, "after_script:\n", "  artifacts:"), "    - |\n", ""), "    - ", "")},
  };
  int version = 2;
  for (const auto& each : pipelines) {
    SCOPED_TRACE(each.name);
    ASSERT_FALSE(each.renew.empty() || each.keep.empty());
    offer(fmt::format("1.{}", ++version));
    const Ran patched = run("ashlar" + each.renew);
    EXPECT_EQ(patched.code, 0) << patched.told;
    EXPECT_EQ(done(Json::parse(stage.read("renew.json"))), fmt::format("promoted 1.{}-r1\n", version));
    const std::string patched_version = version_of("greeter");
    publish(fmt::format("1.{}", ++version));
    archive->put("stone", {"greeter", fmt::format("1.{}", version), "amd64", "words (= 1.0)", {{"usr/bin/other", "#!/bin/nothing\n"}, {"usr/share/doc/greeter/copyright", "free\n"}}, {}});
    archive->publish();
    EXPECT_EQ(run("ashlar" + each.renew).code, 1) << "what is broken is stopped, and its lock kept in the cache";
    const Ran kept = run(each.keep);
    EXPECT_EQ(kept.code, 0) << kept.told << each.keep;
    EXPECT_EQ(stage.run({"git", "--git-dir=origin.git", "log", "-1", "--format=%s", "--name-only"}).out, "locks: renewed\n\nsmall.lock.json\n") << "the project's locks, and none of the cache";
    EXPECT_NE(stage.run({"git", "--git-dir=origin.git", "show", "main:small.lock.json"}).out.find(patched_version), std::string::npos);
    EXPECT_EQ(run(each.keep).code, 0) << "nothing changed, nothing is pushed";
  }
}

TEST_F(RenewFlow, cadence_and_ends_go_by_the_given_time) {
  fleet(fmt::format("cadence: 1d\n    support: {{until: {}}}", after(hours(24 * 90 + 20))));
  EXPECT_EQ(done(renew({"--now", after(0)})), "promoted 1.1-r1\n");
  EXPECT_EQ(due(renew({"--now", after(hours(19))})), "");
  EXPECT_EQ(due(renew({"--now", after(hours(20))})), "announce: its support ends on " + Time{begun.seconds + hours(24 * 90 + 20)}.date() + "\n") << "90 days before it, once";
  EXPECT_EQ(due(renew({"--now", after(hours(24) - 1)})), "");
  const Json again = renew({"--now", after(hours(24))});
  EXPECT_EQ(due(again), "rebuild: it is made again at the latest every 1 day, and was last on " + begun.date() + "\n");
  EXPECT_EQ(done(again), "promoted 1.1-r1\n") << "the same image, and it says so";
  EXPECT_EQ(due(renew({"--now", after(hours(47))})), "");
}

/// Of the release that it is made of, as a feed says, which ends before the image does.
TEST_F(RenewFlow, the_end_of_a_release_is_announced_ahead) {
  ASSERT_NO_FATAL_FAILURE(listen());
  if (IsSkipped()) return;
  const auto ends = [&](std::int64_t days) {
    const std::string day = Time{begun.seconds + hours(24 * days)}.date();
    stage.write("eol.json", fmt::format(R"([{{"cycle": "13", "eol": "{}"}}])", day));
    know("1.1");
    return day;
  };
  fleet(fmt::format("cadence: 7d\n    support: {{until: {}}}", after(hours(24 * 400))));
  ends(200);
  renew();
  EXPECT_EQ(due(renew()), "") << "it is far away";
  const std::string day = ends(60);
  EXPECT_EQ(due(renew({"--plan"}, 1)), fmt::format("announce: support of 'Debian:13', of which it is made, ends on {}\n", day));
  EXPECT_EQ(due(renew()), fmt::format("announce: support of 'Debian:13', of which it is made, ends on {}\n", day));
  EXPECT_EQ(due(renew()), "") << "once";
  EXPECT_EQ(tickets(), fmt::format("open Support of oci:{} ends on {}\n", (stage.folder() / "published").string(), day));
  EXPECT_NE(server->tickets()[0].value("body", "").find("Debian:13"), std::string::npos) << server->tickets()[0];
  ends(300);
  EXPECT_EQ(due(renew()), "");
  EXPECT_EQ(tickets(), fmt::format("closed Support of oci:{} ends on {}\n", (stage.folder() / "published").string(), day)) << "the day was moved";
}

TEST_F(RenewFlow, another_definition_is_made_at_once) {
  renew();
  edit("small.yaml", "COLOUR: grey", "COLOUR: green");
  const Json changed = renew();
  EXPECT_EQ(due(changed), "rebuild: its definition has changed\n");
  EXPECT_EQ(done(changed), "promoted 1.1-r2\n");
  EXPECT_EQ(due(renew()), "");
}

/// Files beside the definition that go into the image are part of it, in folders, too; and what was stopped for one is tried again with another.
TEST_F(RenewFlow, what_a_definition_takes_from_beside_it_is_part_of_it) {
  stage.write("greeting/hello.txt", "hello\n");
  stage.write("tone.conf", "tone = low\n");
  stage.write("small.yaml", stage.read("small.yaml") + "paths:\n  - {type: file, path: /etc/tone.conf, source: tone.conf}\n  - {type: directory, path: /srv/greeting, source: greeting}\n");
  EXPECT_EQ(done(renew()), "promoted 1.1-r1\n");
  EXPECT_EQ(due(renew()), "");
  int revision = 1;
  for (const auto& [path, text] : {std::pair("tone.conf", "tone = high\n"), {"greeting/hello.txt", "good day\n"}, {"greeting/bye.txt", "bye\n"}}) {
    stage.write(path, text);
    EXPECT_EQ(due(renew({"--plan"}, 1)), "rebuild: its definition has changed\n") << path;
    EXPECT_EQ(done(renew()), fmt::format("promoted 1.1-r{}\n", ++revision)) << path;
    EXPECT_EQ(due(renew()), "") << path;
  }
  std::filesystem::remove(stage.folder() / "greeting/bye.txt");  // somebody may rely on it
  EXPECT_EQ(done(renew({}, 1)), "stopped \n");
  EXPECT_EQ(renew({}, 1)["done"], Json::array()) << "it is held";
  stage.write("greeting/bye.txt", "good bye\n");
  EXPECT_EQ(done(renew()), fmt::format("promoted 1.1-r{}\n", ++revision)) << "and goes on when it is there again";
}

TEST_F(RenewFlow, what_is_stopped_leaves_tags_and_lock_and_is_not_tried_again_until_something_changes) {
  renew();
  const auto published = tags();
  const std::string lock_before = stage.read("small.lock.json");
  know("1.2");
  // The fix lacks the program that the image starts.
  archive->put("stone", {"greeter", "1.2", "amd64", "words (= 1.0)", {{"usr/bin/other", "#!/bin/nothing\n"}, {"usr/share/doc/greeter/copyright", "free\n"}}, {}});
  archive->publish();
  const Json stopped = renew({}, 1);
  EXPECT_EQ(done(stopped), "stopped \n");
  ASSERT_FALSE(stopped["done"][0]["why"].empty());
  EXPECT_EQ(tags(), published);
  EXPECT_EQ(stage.read("small.lock.json"), lock_before);
  const std::string candidate = stopped["done"][0]["candidate"];
  EXPECT_EQ(stage.ashlar({"sbom", candidate, "--format", "table"}).code, 0) << candidate << " can be looked at";
  const Json held = renew({}, 1);
  EXPECT_EQ(due(held), "rebuild held: 1 open finding can be fixed\n");
  EXPECT_EQ(held["done"], Json::array()) << "nothing has changed since";
  EXPECT_EQ(done(renew({"--again"}, 1)), "stopped \n");
  offer_fix("1.3");
  EXPECT_EQ(done(renew()), "promoted 1.3-r1\n");
}

TEST_F(RenewFlow, an_exception_that_waits_for_a_signature_is_told) {
  stage.write("two.yaml", "decisions: {exceptions: [{people: 2}]}\n");
  stage.write("fleet.yaml", "policy: two.yaml\nimages:\n  - definition: small.yaml\n    to: oci:published\n");
  ASSERT_NO_FATAL_FAILURE(make_key("second"));
  for (const char* name : {"our", "second"}) ASSERT_EQ(stage.ashlar({"keys", "add", std::string(name) + ".pub", "--name", name}).code, 0);
  renew();
  know("9");
  ASSERT_EQ(stage.ashlar({"except", "add", "CVE-2026-0001", "--package", "greeter", "--owner", "platform", "--reason", "greets nobody", "--expires", "30d", "--key", "our.key"}).code, 0);
  const std::string waits = "E-1 on CVE-2026-0001 in 'greeter' waits and does not count: it is signed by 1 of the 2 people that the policy asks for (our); `ashlar except sign E-1 --key KEY`";
  const auto told = [&](const char* how) { return stage.ashlar(words({how})).err; };
  EXPECT_NE(told("--plan").find(waits), std::string::npos) << told("--plan");
  EXPECT_NE(told("--once").find(waits), std::string::npos) << told("--once");
  ASSERT_EQ(stage.ashlar({"except", "sign", "E-1", "--key", "second.key"}).code, 0);
  EXPECT_EQ(told("--plan").find("waits and does not count"), std::string::npos) << told("--plan");
}

TEST_F(RenewFlow, a_canary_soaks_before_the_stable_tags_move) {
  EXPECT_EQ(done(renew({"--now", after(0)})), "promoted 1.1-r1\n") << "where nothing is published there is nobody to protect";
  const std::string before = tags().at("1");
  fleet("cadence: 7d\n    rollout: {canary: next, soak: 24h}");
  know("1.2");
  offer_fix("1.2");
  const Json canary = renew({"--now", after(hours(1))});
  EXPECT_EQ(done(canary), "canary 1.2-r1\n");
  EXPECT_EQ(tags().at("1"), before);
  const std::string next = tags().at("next");
  EXPECT_NE(next, before);
  const Json soaks = renew({"--now", after(hours(25) - 1)});
  EXPECT_EQ(due(soaks), "") << "it soaks";
  EXPECT_EQ(soaks["soaking"], Json::array({{{"image", fmt::format("oci:{}", (stage.folder() / "published").string())}, {"digest", next}, {"since", after(hours(1))}, {"until", after(hours(25))}}})) << soaks["soaking"];
  const Ran plan = stage.ashlar({"renew", "--plan", "--keep-feeds", "--now", after(hours(2))});
  EXPECT_EQ(plan.code, 0) << plan.told;
  EXPECT_NE(plan.out.find(fmt::format("/published  {} stands under its canary tag since {}, and is promoted from {} on\n", next.substr(0, 19), after(hours(1)), after(hours(25)))), std::string::npos) << plan.told;
  const Ran ready = stage.ashlar({"renew", "--plan", "--keep-feeds", "--now", after(hours(25))});
  EXPECT_NE(ready.out.find("and has soaked\n"), std::string::npos) << "no deadline stands behind it" << ready.told;
  EXPECT_EQ(ready.out.find("soaks  "), std::string::npos) << ready.told;
  const Json promoted = renew({"--now", after(hours(25))});
  EXPECT_EQ(done(promoted), "promoted 1.2-r1\n");
  EXPECT_EQ(promoted["done"][0]["closed"], Json::array({"CVE-2026-0001 greeter"}));
  EXPECT_EQ(tags().at("1"), next) << "what soaked is what is promoted";
}

TEST_F(RenewFlow, every_so_often_it_looks_again) {
  ASHLAR_NEED("timeout");
  // An hour passes in a moment: this library shortens long sleeps.
  const std::string call = fmt::format("LD_PRELOAD={} setsid timeout -s INT 120 {} renew --every 1h --key our.key --keep-feeds </dev/null >/dev/null 2>rounds & echo $!; sleep 1", shell_word(ASHLAR_SHORT_SLEEP), shell_word(program_under_test()));
  const Ran begun_rounds = stage.run({"sh", "-c", call});
  const auto rounds = [&] { return std::ranges::count(stage.read("rounds"), '\n'); };
  const auto until = [&](const auto& holds) {
    for (int tries = 0; tries < 300 && !holds(); ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return holds();
  };
  EXPECT_TRUE(until([&] { return stage.read("rounds").find("\"revision\":\"1.1-r1\"") != std::string::npos; })) << stage.read("rounds");
  offer_fix("1.2");
  EXPECT_TRUE(until([&] { return stage.read("rounds").find("\"revision\":\"1.2-r1\"") != std::string::npos; })) << stage.read("rounds");
  const auto before = rounds();
  EXPECT_TRUE(until([&] { return rounds() > before + 1; })) << "and goes on";
  stage.run({"kill", "-INT", std::string(trim(begun_rounds.out))});
  EXPECT_EQ(version_of("greeter"), "1.2");
  EXPECT_EQ(due(renew()), "") << "one round at a time: nothing was done twice";
  EXPECT_EQ(std::ranges::count(events(), "promoted"), 2);
  for (const auto& row : {std::pair("0h", "takes a length of time"), {"soon", "cannot read age 'soon'"}}) EXPECT_NE(stage.ashlar(words({"--every", row.first})).err.find(row.second), std::string::npos) << row.first;
}

TEST_F(RenewFlow, one_that_cannot_be_looked_at_does_not_hold_up_the_others) {
  stage.write("fleet.yaml", "images:\n  - {definition: absent.yaml, to: 'oci:other'}\n  - {definition: small.yaml, to: 'oci:published'}\n");
  const Json renewed = renew({}, 2);
  ASSERT_EQ(renewed["unseen"].size(), 1U);
  EXPECT_EQ(done(renewed), "promoted 1.1-r1\n");
}

/// Beside each other, and told as if one had come after the other; one of them, whose place cannot be written to, takes none of the others with it.
TEST_F(RenewFlow, many_images_are_made_beside_each_other) {
  constexpr int count = 8;
  std::string text = "images:\n";
  for (int at = 0; at < count; ++at) {
    stage.write(fmt::format("small-{}.yaml", at), stage.read("small.yaml") + fmt::format("annotations: {{number: \"{}\"}}\n", at));
    text += fmt::format("  - {{definition: small-{0}.yaml, to: 'oci:many/{0}'}}\n", at);
  }
  stage.write("fleet.yaml", text);
  const auto promoted = [&](const Json& renewed) {
    std::set<std::string> digests, images;
    for (const Json& each : renewed["done"]) {
      if (each["outcome"] == "promoted") digests.insert(each["digest"]), images.insert(each["image"]);
    }
    EXPECT_EQ(digests.size(), images.size()) << "each is its own";
    return digests.size();
  };
  EXPECT_EQ(promoted(renew()), count);
  offer_fix("1.2");
  stage.write("many/3/index.json", "{}");  // what lies there is no index any more
  const Json renewed = renew({}, 2);
  EXPECT_EQ(promoted(renewed), count - 1) << renewed;
  std::vector<std::string> due, done;
  for (const Json& each : renewed["due"]) due.push_back(each["image"]);
  for (const Json& each : renewed["done"]) done.push_back(each["image"]);
  EXPECT_EQ(done, due) << "in the order of urgency, whichever was ready first";
  EXPECT_EQ(stage.ashlar({"audit", "verify", "--key", "our.pub"}).code, 0);
  std::map<std::string, size_t> kinds;
  for (const std::string& each : events()) ++kinds[each];
  EXPECT_EQ(kinds["promoted"], 2U * count - 1);
  EXPECT_EQ(kinds["first-seen CVE-2026-0001"], count - 1U);
  EXPECT_EQ(kinds["closed CVE-2026-0001"], count - 1U) << "what was seen in an image is closed by its renewal";
  EXPECT_EQ(promoted(renew({}, 2)), 0U);
}

TEST_F(RenewFlow, a_tag_that_somebody_else_moved_is_told_until_it_is_put_right) {
  renew();
  offer_fix("1.2");
  renew();
  const std::string second = tags().at("1");
  // Not the first of the tags, by hand, and so that no ledger knows of it.
  Json index = Json::parse(stage.read("published/index.json"));
  for (Json& each : index["manifests"]) {
    if (!each.contains("annotations")) continue;
    Json& annotations = each["annotations"];
    const std::string tag = annotations.value("org.opencontainers.image.ref.name", "");
    if (tag == "1-stone") annotations.erase("org.opencontainers.image.ref.name");
    if (tag == "1.1-r1") annotations["org.opencontainers.image.ref.name"] = "1-stone";
  }
  stage.write("published/index.json", index.dump());
  ASSERT_NE(tags().at("1-stone"), second);
  const Json told = renew({}, 3);
  ASSERT_EQ(told["due"].size(), 1U) << told;
  EXPECT_EQ(told["due"][0]["action"], "look");
  EXPECT_NE(told["due"][0]["because"].dump().find("tag '1-stone' points at"), std::string::npos) << told;
  EXPECT_EQ(told["done"], Json::array()) << "nothing is moved over what somebody did";
  ASSERT_EQ(stage.ashlar({"rollback", "oci:published:1-stone", "--to", second, "--key", "our.pub"}).code, 0);
  EXPECT_EQ(due(renew()), "") << "it is right again";
}

TEST_F(RenewFlow, killed_at_any_moment_it_goes_on) {
  ASHLAR_NEED("timeout");
  renew();
  const std::string before = tags().at("1");
  know("1.2");
  offer_fix("1.2");
  std::minstd_rand random(5);
  std::uniform_real_distribution<double> moment(0.002, 0.5);
  int killed = 0;
  for (int round = 0; round < 25; ++round) {
    Words argv = {"timeout", "-s", "KILL", fmt::format("{:.3f}", moment(random)), program_under_test()};
    const Words rest = words({});
    argv.insert(argv.end(), rest.begin(), rest.end());
    killed += stage.run(argv).code == 137 ? 1 : 0;
    const std::string now = tags().at("1");
    if (now == before) continue;
    ASSERT_EQ(stage.ashlar({"verify", "oci:published:1", "--key", "our.pub", "--type", "slsaprovenance1", "--type", "vuln"}).code, 0) << "what the tag points at is whole, in round " << round;
  }
  EXPECT_GT(killed, 0);
  renew({});
  EXPECT_NE(tags().at("1"), before);
  EXPECT_EQ(version_of("greeter"), "1.2");
  EXPECT_EQ(due(renew({})), "");
  std::map<std::string, int> counts;
  for (const std::string& each : events()) ++counts[each];
  for (const char* once : {"first-seen CVE-2026-0001", "fix-available CVE-2026-0001", "closed CVE-2026-0001"}) EXPECT_EQ(counts[once], 1) << once << " is written down once, however often it was cut off";
  EXPECT_EQ(stage.ashlar({"audit", "verify"}).code, 0);
}

TEST_F(RenewFlow, what_a_moment_to_come_lacks_is_said_to_be_of_that_moment) {
  renew();
  std::filesystem::rename(stage.folder() / "archive", stage.folder() / "elsewhere");
  const std::string hint = fmt::format(" (that is as of --now {}, which has not come yet: Release files of archives are valid for days", after(hours(24 * 40)));
  const Json then = renew({"--plan", "--now", after(hours(24 * 40))}, 2);
  ASSERT_EQ(then["unseen"].size(), 1U) << then;
  EXPECT_NE(then["unseen"][0]["error"].get<std::string>().find(hint), std::string::npos) << then;
  const Json today = renew({"--plan"}, 2);
  EXPECT_EQ(today["unseen"][0]["error"].get<std::string>().find("--now"), std::string::npos) << today;
  stage.write("fleet.yaml", "images: x\n");
  EXPECT_EQ(stage.ashlar(words({"--plan", "--now", after(-hours(24))})).err.find("which has not come yet"), std::string::npos) << "nor is the past to blame";
}

TEST_F(RenewFlow, who_goes_back_without_a_word_is_named_and_nothing_is_said_twice) {
  renew();
  offer_fix("1.2");
  fleet("cadence: 7d\n    take: all");
  EXPECT_EQ(done(renew()), "promoted 1.2-r1\n");
  stage.environment.erase("USER"), stage.environment.erase("LOGNAME");
  ASSERT_EQ(stage.ashlar({"rollback", "oci:published:1", "--key", "our.pub"}).code, 0);
  const Ran who = stage.run({"id", "-un"});
  EXPECT_EQ(stage.json({"audit", "log", "--kind", "rolled-back"})["entries"][0]["by"].get<std::string>() + "\n", who.out) << "the name of the user, where no variable has it";
  const Ran held = stage.ashlar(words({}));
  EXPECT_EQ(held.code, 1) << held.told;
  EXPECT_NE(held.out.find("it was published, and its tag was moved back\n"), std::string::npos) << held.told;
  EXPECT_NE(held.err.find("not sealed yet"), std::string::npos) << held.told;
  EXPECT_EQ(held.err.find("was cut off, or wrote"), std::string::npos) << "nothing was cut off" << held.told;
}

TEST_F(RenewFlow, who_goes_back_is_not_sent_forward_again) {
  renew();
  const std::string first = tags().at("1");
  offer_fix("1.2");
  fleet("cadence: 7d\n    take: all");
  EXPECT_EQ(done(renew()), "promoted 1.2-r1\n");
  const Ran back = stage.ashlar({"rollback", "oci:published:1", "--key", "our.pub", "--by", "somebody on call", "--reason", "it greets nobody"});
  ASSERT_EQ(back.code, 0) << back.told;
  EXPECT_EQ(tags().at("1"), first);
  const Json held = renew({}, 1);
  EXPECT_EQ(due(held), "rebuild held: 1 open finding can be fixed\n") << "which is there again, and a person has chosen it";
  EXPECT_EQ(held["due"][0]["because"][0], "stopped before, and nothing has changed since: it was published, and its tag was moved back: it greets nobody");
  EXPECT_EQ(tags().at("1"), first);
  offer_fix("1.3");
  EXPECT_EQ(done(renew()), "promoted 1.3-r1\n") << "something newer goes on";
  EXPECT_EQ(events().back() == "rolled-back", false);
  EXPECT_EQ(std::ranges::count(events(), "rolled-back"), 1);
}

TEST_F(RenewFlow, applications_follow_their_base) {
  for (const char* name : {"umoci", "skopeo"}) ASHLAR_NEED(name);
  listen();
  if (IsSkipped()) return;
  renew();
  for (const char* shop : {"shop", "stall"}) {
    ASSERT_EQ(stage.run({"skopeo", "copy", "-q", "oci:published:1", fmt::format("oci:{}:1", shop)}).code, 0);
    stage.write(fmt::format("{}-layer/srv/app.txt", shop), "sells greetings\n");
    if (std::string_view(shop) == "stall") stage.write("stall-layer/usr/bin/greet", "another\n");
    ASSERT_EQ(stage.run({"tar", "-cf", fmt::format("{}.tar", shop), "--owner=0", "--group=0", "--mtime=@1", "-C", fmt::format("{}-layer", shop), "."}).code, 0);
    const Ran added = stage.run({"umoci", "--log", "error", "raw", "add-layer", "--image", fmt::format("{}:1", shop), fmt::format("{}.tar", shop)});
    ASSERT_EQ(added.code, 0) << added.told;
  }
  stage.write("fleet.yaml", "images:\n  - {definition: small.yaml, to: 'oci:published', cadence: 7d}\napplications:\n  - {image: 'oci:shop:1', base: 'oci:published', to: 'oci:shop:rebased', owner: team shop}\n  - {image: 'oci:stall:1', base: 'oci:published', to: 'oci:stall:rebased', owner: team stall, build: {target: tickets, project: team/app}}\n");
  EXPECT_EQ(due(renew()), "") << "both lie on what is published";
  offer_fix("1.2");
  const std::string ours = "oci:" + (stage.folder() / "published").string(), app = "oci:" + (stage.folder() / "shop").string() + ":1";
  const Json plan = renew({"--plan"}, 1);
  EXPECT_EQ(plan["critical_path"]["images"], Json::array({ours, app})) << plan["critical_path"];
  EXPECT_GT(plan["critical_path"]["seconds"].get<double>(), 0) << "as it took last time";
  const std::string tree = stage.ashlar({"renew", "--plan", "--keep-feeds", "--no-color"}).out;
  size_t at = 0;
  for (const std::string& line : {"rebuild   " + ours + "  1 open finding can be fixed; until ", std::string("\n  ├ CVE-2026-0001 in greeter, high, fixed in 1.2, due "), std::string("\n  └ linux/amd64: greeter 1.1 -> 1.2\n"), "\nrebase    " + app + "  it is built on " + ours + "\n",
                                  "\ncritical path: " + ours + " -> " + app + ", ", std::string("\n1 image looked at; nothing was done, --once does it\n")}) {
    const size_t found = tree.find(line, at);
    EXPECT_NE(found, std::string::npos) << line << "\n" << tree;
    at = found == std::string::npos ? at : found;
  }
  const Json renewed = renew();
  ASSERT_EQ(renewed["done"].size(), 3U) << renewed;
  EXPECT_EQ(renewed["done"][1]["outcome"], "promoted") << renewed["done"][1];
  EXPECT_EQ(renewed["done"][2]["outcome"], "told") << renewed["done"][2];
  const Json shop = Json::parse(stage.run({"umoci", "stat", "--json", "--image", "shop:rebased"}).out);
  EXPECT_FALSE(shop.is_null());
  EXPECT_FALSE(stage.read("stall/index.json").find("rebased") != std::string::npos) << "what overrides a file of its base is not touched";
  const Json again = renew();
  EXPECT_EQ(due(again), fmt::format("rebase: it is built on oci:{}, and not on what is published now\n", (stage.folder() / "published").string())) << "the one that its owner must build, and that alone";
  const Json builds = server->state()["builds"];
  ASSERT_EQ(builds.value("team/app", Json::array()).size(), 1U) << "its build is started, once: " << builds;
  EXPECT_EQ(builds["team/app"][0]["application"], "oci:" + (stage.folder() / "stall").string() + ":1");
  EXPECT_EQ(builds["team/app"][0]["base"], "oci:" + (stage.folder() / "published").string() + "@" + tags().at("1"));
  EXPECT_NE(tickets().find("open oci:" + (stage.folder() / "stall").string() + ":1 is to be built on its newer base\n"), std::string::npos) << tickets();
  stage.write("fleet.yaml", "images:\n  - {definition: small.yaml, to: 'oci:published'}\napplications:\n  - {image: 'oci:stall:1', base: 'oci:published', build: {target: nowhere}}\n");
  EXPECT_NE(stage.ashlar(words({})).err.find("the section 'forge' of the configuration has no 'nowhere'"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::flow
