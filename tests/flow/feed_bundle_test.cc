// `ashlar feed export` and `import`: bundles for sealed rooms.
#include "feed_flow.h"

namespace ashlar::flow {
namespace {

class BundleFlow : public FeedFlow {
 protected:
  void SetUp() override {
    ASHLAR_NEED("openssl");
    FeedFlow::SetUp();
    for (const char* name : {"ours", "theirs"}) {
      ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "ed25519", "-out", std::string(name) + ".pem"}).code, 0);
      ASSERT_EQ(stage.run({"openssl", "pkey", "-in", std::string(name) + ".pem", "-pubout", "-out", std::string(name) + ".pub"}).code, 0);
    }
    serve("tracker.json", tracker({"a"}));
    ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
    const Ran out = stage.ashlar({"feed", "export", "old.bundle", "--key", "ours.pem"});
    ASSERT_EQ(out.code, 0) << out.told;
    ASSERT_EQ(stage.run({"sleep", "1.1"}).code, 0);  // a database is dated by the second
    serve("tracker.json", tracker({"a", "b"}));
    ASSERT_EQ(update({from("debian-tracker", "tracker.json")}).code, 0);
    ASSERT_EQ(stage.ashlar({"feed", "export", "new.bundle", "--key", "ours.pem"}).code, 0);
    stage.environment["XDG_DATA_HOME"] = (stage.folder() / "sealed").string();
  }
  Ran import(const std::string& bundle, const std::string& key = "ours.pub") const { return stage.ashlar({"feed", "import", bundle, "--key", key}); }
};

TEST_F(BundleFlow, a_sealed_room_takes_what_is_signed_and_nothing_older) {
  const Ran old = import("old.bundle");
  ASSERT_EQ(old.code, 0) << old.told;
  EXPECT_EQ(records("debian-tracker"), 1U);
  ASSERT_EQ(import("new.bundle").code, 0);
  EXPECT_EQ(records("debian-tracker"), 2U);
  const std::string before = current();
  const Ran older = import("old.bundle");
  EXPECT_EQ(older.code, 2) << older.told;
  EXPECT_NE(older.err.find("an older one is not taken"), std::string::npos) << older.told;
  EXPECT_EQ(current(), before);
  // Where the database that is there has another layout, it is still known how old it is; and it is made anew.
  const host::Path database = state() / "databases" / before.substr(0, before.find('\n'));
  std::string other = stage.read(database);
  other[63] = 1;  // `user_version`, SQLite's file format 1.3.16
  fs::permissions(database, fs::perms(0644));
  stage.write(database, other);
  const Ran unread = stage.ashlar({"scan", "dir:.", "--format", "json", "--quiet"});
  EXPECT_EQ(unread.code, 3) << unread.told;
  EXPECT_NE(unread.out.find("make it anew with `ashlar feed update`"), std::string::npos) << unread.told;
  EXPECT_EQ(import("old.bundle").code, 2);
  EXPECT_EQ(import("new.bundle").code, 0);
  EXPECT_EQ(records("debian-tracker"), 2U);
  stage.write(state() / "databases" / current().substr(0, current().find('\n')), other);
  const Ran anew = update({from("debian-tracker", "tracker.json")});
  EXPECT_EQ(anew.code, 0) << anew.told;
  EXPECT_EQ(records("debian-tracker"), 2U) << "nothing of it was kept, and all was fetched";
}

// A bundle with one tiny feed replaced the tracker's without a word.
TEST_F(BundleFlow, a_bundle_takes_no_feed_away_unless_it_shall) {
  ASSERT_EQ(import("new.bundle").code, 0);
  const std::string before = current(), sealed = stage.environment["XDG_DATA_HOME"];
  const auto bundle_of = [&](const std::string& name, const Words& feeds) {
    stage.environment["XDG_DATA_HOME"] = (stage.folder() / ("outside-" + name)).string();
    const Ran ran = update(feeds);
    EXPECT_EQ(ran.code, 0) << ran.told;
    EXPECT_EQ(stage.ashlar({"feed", "export", name, "--key", "ours.pem"}).code, 0);
    stage.environment["XDG_DATA_HOME"] = sealed;
  };
  ASSERT_EQ(stage.run({"sleep", "1.1"}).code, 0);
  stage.write("kev.json", kev());
  stage.write("tracker.json", tracker({"a", "b", "c"}));
  ASSERT_EQ(stage.run({"touch", "-d", "2026-01-05T00:00:00Z", "tracker.json"}).code, 0);
  bundle_of("tiny.bundle", {"kev=kev.json"});
  bundle_of("back.bundle", {"kev=kev.json", "debian-tracker=tracker.json"});
  struct { const char *bundle, *says; } const rows[] = {
      {"tiny.bundle", "it lacks feed 'debian-tracker', which the database that is there has; --replace takes it all the same"},
      {"back.bundle", "its feed 'debian-tracker' is of 2026-01-05T00:00:00Z, that which is there of "},
  };
  for (const auto& row : rows) {
    const Ran ran = import(row.bundle);
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << ran.told;
    EXPECT_EQ(current(), before) << row.bundle;
  }
  const Ran taken = stage.ashlar({"feed", "import", "back.bundle", "--key", "ours.pub", "--replace"});
  EXPECT_EQ(taken.code, 0) << taken.told;
  EXPECT_NE(taken.out.find("debian-tracker: 3 records of 2026-01-05T00:00:00Z in place of 2 records of "), std::string::npos) << taken.told;
  EXPECT_NE(taken.out.find("kev: 1 records of 2026-01-02T00:00:00Z in place of nothing"), std::string::npos) << taken.told;
  EXPECT_EQ(records("debian-tracker"), 3U);
  EXPECT_NE(taken.err.find("the bundle was taken (--replace) though its feed 'debian-tracker' is of 2026-01-05T00:00:00Z, that which is there of "), std::string::npos) << taken.told;
  const Ran older = stage.ashlar({"feed", "import", "old.bundle", "--key", "ours.pub", "--replace", "--quiet"});
  EXPECT_EQ(older.code, 0) << older.told;
  EXPECT_NE(older.err.find("the bundle was taken (--replace) though it was made at "), std::string::npos) << older.told;
  EXPECT_NE(older.err.find("the bundle was taken (--replace) though it lacks feed 'kev', which the database that is there has"), std::string::npos) << older.told;
  const Ran same = stage.ashlar({"feed", "import", "back.bundle", "--key", "ours.pub", "--replace"});
  EXPECT_EQ(same.code, 0) << same.told;
  const Ran gone = stage.ashlar({"feed", "import", "tiny.bundle", "--key", "ours.pub", "--replace", "--quiet"});
  EXPECT_EQ(gone.code, 0) << gone.told;
  EXPECT_NE(gone.err.find("feed 'debian-tracker' is gone"), std::string::npos) << gone.told;
  EXPECT_EQ(records("debian-tracker"), 0U);
}

TEST_F(BundleFlow, an_export_overwrites_bundles_alone) {
  ASSERT_EQ(import("new.bundle").code, 0);
  const Ran again = stage.ashlar({"feed", "export", "old.bundle", "--key", "ours.pem"});
  EXPECT_EQ(again.code, 0) << again.told;
  EXPECT_NE(again.out.find("written to old.bundle, in place of the bundle that was there"), std::string::npos) << again.told;
  stage.write("notes.txt", "what somebody wrote");
  for (const char* name : {"notes.txt", "ours.pub"}) {
    const std::string before = stage.read(name);
    const Ran ran = stage.ashlar({"feed", "export", name, "--key", "ours.pem"});
    EXPECT_EQ(ran.code, 2) << ran.told;
    EXPECT_NE(ran.err.find("something else is there, which is no bundle"), std::string::npos) << ran.told;
    EXPECT_EQ(stage.read(name), before);
  }
  EXPECT_EQ(stage.ashlar({"feed", "export", "fresh.bundle", "--key", "ours.pem"}).out, "written to fresh.bundle\n");
}

TEST_F(BundleFlow, what_is_no_bundle_or_names_no_key) {
  struct { const char* summary; Words words; int code; const char* says; } const rows[] = {
      {"no key to check it with", {"feed", "import", "new.bundle"}, 2, "--key is missing"},
      {"a key that is not there", {"feed", "import", "new.bundle", "--key", "nowhere.pub"}, 2, "nowhere.pub"},
      {"a private key", {"feed", "import", "new.bundle", "--key", "new.bundle"}, 2, "new.bundle"},
      {"a bundle that is not there", {"feed", "import", "nowhere.bundle", "--key", "ours.pub"}, 2, "nowhere.bundle"},
      {"another archive", {"feed", "import", "ours.pub", "--key", "ours.pub"}, 5, "ours.pub"},
      {"two bundles", {"feed", "import", "old.bundle", "new.bundle", "--key", "ours.pub"}, 2, "it takes one file, 2 are named"},
      {"an export of nothing", {"feed", "export", "x.bundle", "--key", "ours.pem"}, 2, "there is none"},
      {"an action that is none", {"feed", "burn"}, 2, "the actions are update, list, add, export and import"},
      {"a feed that is none", {"feed", "update", "debian-trackr"}, 2, "did you mean 'debian-tracker'?"},
      {"a description that is wrong", {"feed", "add", "ours.pub"}, 2, "ours.pub"},
  };
  for (const auto& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, row.code) << row.summary << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << ran.told;
    EXPECT_EQ(current(), "") << row.summary;
    EXPECT_FALSE(stage.exists("x.bundle")) << row.summary;
  }
}

/// Whether a byte of a tar archive belongs to no member: it stands behind one's content or behind all.
bool is_padding(const std::string& tar, size_t place) {
  size_t at = 0;
  while (at + 512 <= tar.size() && tar[at] != 0) {
    const size_t content = at + 512, size = std::stoul(tar.substr(at + 124, 11), nullptr, 8);
    at = content + (size + 511) / 512 * 512;
    if (place < at) return place >= content + size;
  }
  return true;
}

TEST_F(BundleFlow, a_forged_bundle_is_refused) {
  const Ran stranger = import("new.bundle", "theirs.pub");
  EXPECT_EQ(stranger.code, 5) << stranger.told;
  EXPECT_EQ(current(), "");
  const std::string good = stage.read("new.bundle");
  // A byte of each member: the statement, its signature, the database; and every tenth of the whole.
  std::vector<size_t> places = {good.find("feed-bundle/v1"), good.find("\"created\": \"20") + 12};
  for (size_t at = 1; at < 10; ++at) places.push_back(good.size() * at / 10);
  for (const size_t place : places) {
    ASSERT_LT(place, good.size());
    std::string altered = good;
    altered[place] = static_cast<char>(altered[place] ^ 1);
    if (is_padding(good, place)) continue;
    stage.write("altered.bundle", altered);
    const Ran ran = import("altered.bundle");
    EXPECT_EQ(ran.code, 5) << "byte " << place << "\n" << ran.told;
    EXPECT_EQ(current(), "") << "byte " << place;
  }
  stage.write("cut.bundle", good.substr(0, good.size() / 2));
  EXPECT_EQ(import("cut.bundle").code, 5);
  EXPECT_EQ(current(), "");
}

}  // namespace
}  // namespace ashlar::flow
