// What the ledger has of images that people made, and what looking leaves behind: nothing.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "renew_flow.h"

namespace ashlar::flow {
namespace {

class RecordedFlow : public RenewFlow {
 protected:
  Json make(const std::string& to = "oci:published", int code = 0) const { return stage.json({"make", "small.yaml", "--to", to, "--key", "our.key"}, code)["images"][0]; }
  void take(const std::string& version) {
    offer_fix(version);
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  }
  Json log(const Words& more = {}) const {
    Words out = {"audit", "log"};
    out.insert(out.end(), more.begin(), more.end());
    return stage.json(out)["entries"];
  }
  /// Every file of the project and of the state, with its bytes; not of the cache, which anything may fill, and not which Release file of each suite is the newest
  /// seen: whoever reads an archive remembers that, so that an older one is refused.
  std::map<std::string, std::string> written() const {
    std::map<std::string, std::string> out;
    for (const auto& each : std::filesystem::recursive_directory_iterator(stage.folder())) {
      const std::string path = each.path().string();
      if (path.starts_with((stage.folder() / "home/cache").string()) || path.starts_with((stage.folder() / "home/data/ashlar/releases").string())) continue;
      if (each.path().filename() == "sound.json") continue;  // that this very database was found whole, noted by whoever reads it first
      out[path] = each.is_regular_file() ? Digest::of(bytes_of(each.path())).hex() : "no file";
    }
    return out;
  }
};

TEST_F(RecordedFlow, who_makes_by_hand_is_written_down_where_there_is_a_ledger) {
  make();
  EXPECT_FALSE(stage.exists("home/data/ashlar/ledger.db")) << "none is begun for it";
  renew();
  know("1.2");
  renew();
  ASSERT_EQ(events().back(), "first-seen CVE-2026-0001");
  const size_t before = events().size();
  take("1.2");
  const Json made = make();
  const Json all = log();
  std::vector<std::string> fresh = events();
  fresh.erase(fresh.begin(), fresh.begin() + static_cast<std::ptrdiff_t>(before));
  EXPECT_EQ(fresh, (std::vector<std::string>{"rebuilt", "tested", "promoted", "fix-available CVE-2026-0001", "closed CVE-2026-0001"}));
  const Json& promoted = all[before + 2];
  EXPECT_EQ(promoted["by"], "ashlar make");
  EXPECT_EQ(promoted["digest"], made["digest"]);
  EXPECT_EQ(promoted["facts"]["tag"], "1 1-stone");
  EXPECT_EQ(promoted["facts"]["revision"], "1.2-r1");
  EXPECT_EQ(promoted["facts"]["fixes"], "CVE-2026-0001");
  EXPECT_EQ(all[before + 1]["facts"]["result"], "passed");
  EXPECT_NE(all[before + 1]["facts"].value("reason", "").find("proofs: linux/amd64: "), std::string::npos) << all[before + 1];
  EXPECT_EQ(all[before + 3]["by"], "ashlar make");
  const Json audit = stage.json({"audit", "verify", "--key", "our.pub"});
  EXPECT_EQ(audit["whole"], true);
  EXPECT_EQ(audit["sealed"], all.size());
  const Json sla = stage.json({"sla", "--fleet", "fleet.yaml"});
  EXPECT_EQ(sla["severities"][1]["severity"], "high");
  EXPECT_EQ(sla["severities"][1]["fixed_in_time"], 1) << "what was patched by hand counts: " << sla;
  EXPECT_EQ(done(renew()), "said \n") << "the loop knows how what is published came to be, and says what is promised of it";
  EXPECT_EQ(due(renew()), "");
}

TEST_F(RecordedFlow, without_a_ledger_the_loop_asks_how_it_came_to_be) {
  make();
  EXPECT_EQ(due(renew({"--plan"}, 1)), "rebuild: the ledger does not know how what is published came to be\n");
}

TEST_F(RecordedFlow, under_another_tag_it_is_noted_and_moves_nothing) {
  renew();
  take("1.2");
  const Json made = make("oci:published:try");
  const Json all = log();
  const Json& last = all.back();
  EXPECT_EQ(last["kind"], "noted");
  EXPECT_EQ(last["facts"]["what"], "published");
  EXPECT_EQ(last["facts"]["tag"], "try");
  EXPECT_EQ(last["digest"], made["digest"]);
  EXPECT_EQ(log({"--kind", "promoted"}).size(), 1U);
  EXPECT_EQ(due(renew({"--plan"}, 1)).find("nobody wrote down"), std::string::npos) << "what is under the stable tags is known as before";
}

TEST_F(RecordedFlow, the_definitions_tags_are_promoted_whatever_came_first) {
  renew();
  const std::string image = "oci:" + (stage.folder() / "elsewhere").string();
  const struct { const char *summary, *to, *kind, *tags; } rows[] = {
      {"a try, before anything was promoted there", "oci:elsewhere:try", "noted", "try"},
      {"the definition's tags", "oci:elsewhere", "promoted", "1 1-stone"},
      {"a try once more", "oci:elsewhere:try", "noted", "try"},
      {"one of the definition's tags, named", "oci:elsewhere:1-stone", "promoted", "1-stone"},
      {"all of them again", "oci:elsewhere", "promoted", "1 1-stone"},
      {"another's", "oci:elsewhere:latest", "noted", "latest"},
  };
  size_t promoted = 0;
  for (const auto& row : rows) {
    const Json made = make(row.to);
    Json last;
    const Json all = log({"--image", image});
    for (const Json& each : all) {
      if (each["facts"].contains("tag")) last = each;
    }
    EXPECT_EQ(last["kind"], row.kind) << row.summary << "\n" << all;
    EXPECT_EQ(last["facts"].value("tag", ""), row.tags) << row.summary;
    EXPECT_EQ(last["digest"], made["digest"]) << row.summary;
    promoted += std::string_view(row.kind) == "promoted";
    EXPECT_EQ(log({"--image", image, "--kind", "promoted"}).size(), promoted) << row.summary;
  }
}

TEST_F(RecordedFlow, what_is_stopped_is_written_down_with_why) {
  renew();
  archive->put("stone-security", listed({"greeter", "1.2", "amd64", "words (= 1.0)", {{"usr/bin/other", bytes_of(ASHLAR_GREETER)}, {"usr/share/doc/greeter/copyright", "free\n"}}, {}, {}}));
  archive->publish();
  ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
  const Json made = make("oci:published", 1);
  const Json all = log();
  EXPECT_EQ(all.back()["kind"], "tested");
  EXPECT_EQ(all.back()["facts"]["result"], "stopped");
  EXPECT_NE(all.back()["facts"].value("reason", "").find("'entrypoint' fails"), std::string::npos) << all.back();
  EXPECT_EQ(all.back()["facts"]["candidate"], made["candidate"]);
}

TEST_F(RecordedFlow, a_finding_goes_with_its_advisory_and_the_ledger_says_so) {
  const auto say = [&](const std::string& more) {
    stage.write("osv/1.json", R"({"id": "CVE-2026-0009", "modified": ")" + after(0) + R"(", )" + more + R"("affected": [{"package": {"ecosystem": "Debian:13", "name": "greeter"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]})");
    const Ran ran = stage.ashlar({"feed", "update", "pypi=osv"});
    ASSERT_EQ(ran.code, 0) << ran.told;
  };
  renew();
  ASSERT_NO_FATAL_FAILURE(say(""));
  renew();
  ASSERT_EQ(events().back(), "first-seen CVE-2026-0009");
  ASSERT_NO_FATAL_FAILURE(say(R"("withdrawn": ")" + after(0) + R"(", )"));
  renew();
  const Json all = log();
  EXPECT_EQ(all.back()["kind"], "closed") << all.back();
  EXPECT_EQ(all.back()["facts"]["reason"], "withdrawn");
  // One that goes with its package is another matter.
  know("1.2");
  renew();
  offer_fix("1.2");
  renew();
  const Json closed = log({"--kind", "closed"});
  EXPECT_EQ(closed.back()["vulnerability"], "CVE-2026-0001");
  EXPECT_EQ(closed.back()["facts"]["reason"], "the image does not have it any more");
}

TEST_F(RecordedFlow, a_plan_leaves_nothing_behind) {
  const struct { const char* summary; std::function<void()> before; int code; } rows[] = {
      {"nothing was ever published", [] {}, 1},
      {"nothing is due", [&] { renew(); }, 0},
      {"a finding that the ledger has not yet", [&] { know("1.2"); }, 1},
      {"a fix", [&] { offer_fix("1.2"); }, 1},
  };
  for (const auto& row : rows) {
    row.before();
    const auto was = written();
    const Json plan = renew({"--plan"}, row.code);
    EXPECT_EQ(plan["events"], 0) << row.summary;
    EXPECT_EQ(written(), was) << row.summary;
  }
  EXPECT_TRUE(stage.exists("home/data/ashlar/ledger.db")) << "of the rounds between them";
}

}  // namespace
}  // namespace ashlar::flow
