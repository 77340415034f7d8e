#include "inventory/inner/zip.h"

#include <gtest/gtest.h>

#include "inventory/inner/inflate.h"
#include "inventory/inner/reader_trial.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

/// `name=content` of every member; the error in its place.
Strings everything(const std::string& bytes, std::uint64_t limit = 1 << 20) {
  const ViewFile file(as_bytes(bytes));
  const auto zip = Zip::open(file);
  if (!zip) return {zip.error().message};
  Strings out;
  for (const auto& member : zip->members()) {
    const auto content = zip->read(member, limit);
    out.push_back(member.name + "=" + (content ? std::string(as_text(*content)) : content.error().message));
  }
  return out;
}

struct Case {
  const char* summary;
  std::string bytes;
  Strings members;
};

const std::string good = trial::zip({{"a", "one"}, {"b/c", "two", true}});

const Case cases[] = {
    {"deflated and stored members", good, {"a=one", "b/c=two"}},
    {"an empty archive", trial::zip({}), {}},
    {"folders are left out", trial::zip({{"a/", "", true}, {"a/b", "x"}}), {"a/b=x"}},
    {"an empty member", trial::zip({{"a", ""}}), {"a="}},
    {"other bytes before it (a script that starts the jar)", trial::zip({{"a", "one"}}, "#!/bin/sh\nexec java -jar $0\n"), {"a=one"}},
    {"zip64", trial::zip({{"a", "one"}, {"b", "two"}}, {}, true), {"a=one", "b=two"}},
    {"a comment at its end", good.substr(0, good.size() - 2) + trial::number(5, 2) + "hello", {"a=one", "b/c=two"}},
    {"encrypted", trial::zip({{.name = "a", .content = "one", .flags = 1}}), {"a=it is encrypted"}},
    {"another method", trial::zip({{.name = "a", .content = "one", .method = 12}}), {"a=it is packed with method 12"}},
    {"smaller than what comes out", trial::zip({{.name = "a", .content = std::string(1000, 'x'), .claimed_size = 10}}), {"a=it unpacks to more than 10 bytes"}},
    {"larger than the limit", trial::zip({{"a", std::string(2 << 20, 'x')}}), {"a=it unpacks to 2097152 bytes, more than 1048576"}},
    {"no zip", "hello", {"it ends as no zip archive"}},
    {"empty", "", {"it ends as no zip archive"}},
    {"cut at its begin", good.substr(10), {"a=a member is not where the list says", "b/c=a member is not where the list says"}},
    {"the end alone", good.substr(good.size() - 22), {"its list of members lies outside of it"}},
    {"more members than the list has", good.substr(0, good.size() - 12) + trial::number(9, 2) + good.substr(good.size() - 10), {"its list of members is damaged"}},
};

TEST(Zip, ReadsTheListOfMembers) {
  for (const Case& each : cases) EXPECT_EQ(everything(each.bytes), each.members) << each.summary;
}

TEST(Zip, GiantCountsAreRefusedWithoutMemory) {
  std::string bytes = trial::zip({{"a", "one"}}, {}, true);
  const size_t at = bytes.rfind(std::string("PK\x06\x06", 4));
  bytes.replace(at + 32, 8, trial::number(~std::uint64_t{0}, 8));
  EXPECT_EQ(everything(bytes), (Strings{"it has 18446744073709551615 members, more than 500000"}));
  bytes.replace(at + 32, 8, trial::number(1, 8));
  bytes.replace(at + 40, 8, trial::number(~std::uint64_t{0}, 8));
  EXPECT_EQ(everything(bytes), (Strings{"its list of members lies outside of it"}));
}

TEST(Zip, StoredMembersAreReadInPlace) {
  const ViewFile file(as_bytes(good));
  const auto zip = Zip::open(file).value();
  const auto place = zip.place_of(zip.members()[1]).value();
  EXPECT_EQ(good.substr(place, 3), "two");
}

TEST(Zip, ReadsWhatTheJarToolWrites) {
  if (!trial::has_program("jar")) GTEST_SKIP() << "jar is not installed";
  const trial::Scratch scratch;
  trial::put(scratch / "in/x/deep.txt", std::string(100'000, 'y'));
  trial::put(scratch / "in/top.txt", "top");
  ASSERT_TRUE(trial::run(scratch.path(), "jar cf out.jar -C in .")) << trial::content_of(scratch / "log.txt");
  const Strings members = everything(trial::content_of(scratch / "out.jar"));
  EXPECT_TRUE(std::ranges::find(members, "top.txt=top") != members.end());
  EXPECT_TRUE(std::ranges::find(members, "x/deep.txt=" + std::string(100'000, 'y')) != members.end());
}

TEST(Inflate, IsBounded) {
  const std::string packed = trial::deflated(std::string(50 << 20, '\0'), 15);
  EXPECT_EQ(inflate(as_bytes(packed), Wrap::Zlib, 1 << 20).error().message, "it unpacks to more than 1048576 bytes");
  EXPECT_EQ(inflate(as_bytes(packed), Wrap::Zlib, 50 << 20).value().size(), size_t{50} << 20);
  EXPECT_EQ(inflate(as_bytes(packed).first(packed.size() / 2), Wrap::Zlib, 100 << 20).error().message, "its packed bytes are damaged or cut off");
  EXPECT_EQ(inflate(as_bytes("nonsense"), Wrap::Zlib, 100).error().message, "its packed bytes are damaged or cut off");
  EXPECT_EQ(inflate({}, Wrap::None, 100).error().message, "its packed bytes are damaged or cut off");
}

}  // namespace
}  // namespace ashlar::inventory
