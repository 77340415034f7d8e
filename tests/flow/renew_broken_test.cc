// Packages that an archive, signed as ever, offers broken: the loop makes a candidate of each, and no stable tag moves to it.
#include <fmt/format.h>

#include "prove/inner/small_elf.h"
#include "renew_flow.h"

namespace ashlar::flow {
namespace {

constexpr std::uint32_t nonroot = 65532;  // whom the image runs as

/// A greeter with a library that needs one of the package `voice`, a setting, and a folder that is its user's.
class BrokenPackageFlow : public RenewFlow {
 protected:
  using Change = void (*)(SmallPackage& greeter, SmallPackage& voice);

  void SetUp() override {
    RenewFlow::SetUp();
    if (IsSkipped()) return;
    ASSERT_NO_FATAL_FAILURE(listen());
    offer([](SmallPackage&, SmallPackage&) {});
    ASSERT_EQ(done(renew()), "promoted 1.2-r1\n");
  }
  static std::string library(const std::string& name, const std::vector<std::string>& needed) {
    prove::SmallElf elf = prove::small_library(name);
    elf.needed = needed;
    elf.gives = {"speak"};
    return elf.bytes();
  }
  /// Both packages in the next version, changed so; what is listed in them is what they have.
  void offer(Change change) {
    version = fmt::format("1.{}", ++number);
    SmallPackage greeter{.name = "greeter", .version = version, .architecture = "amd64", .depends = "words (= 1.0), voice", .files = {}, .scripts = {}, .rights = {}};
    greeter.files = {{"usr/bin/greet", bytes_of(ASHLAR_GREETER)}, {"usr/lib/libspeech.so.1", library("libspeech.so.1", {"libvoice.so.1"})}, {"usr/share/greeter/tone", "friendly\n"},
                     {"var/lib/greeter/", ""}, {"var/lib/greeter/guests", "nobody yet\n"}, {"usr/share/doc/greeter/copyright", "free\n"}};
    for (const char* folder : {"usr/share/", "usr/share/doc/", "usr/share/doc/greeter/", "usr/share/greeter/", "var/", "var/lib/"}) greeter.files[folder] = "";
    greeter.rights = {{"var/lib/greeter/", {nonroot, nonroot, 0750}}, {"var/lib/greeter/guests", {nonroot, nonroot, 0640}}};
    SmallPackage voice{.name = "voice", .version = version, .architecture = "amd64", .depends = {}, .files = {{"usr/lib/libvoice.so.1", library("libvoice.so.1", {})}, {"usr/share/doc/voice/copyright", "free\n"}}, .scripts = {}, .rights = {}};
    change(greeter, voice);
    for (const SmallPackage& each : {greeter, voice}) archive->put("stone-security", listed(each));
    archive->publish();
  }
  /// The last event of that kind.
  Json last(const std::string& kind) const {
    const Json log = stage.json({"audit", "log", "--kind", kind});
    return log["entries"].empty() ? Json() : log["entries"].back();
  }

  int number = 1;
  std::string version;
};

TEST_F(BrokenPackageFlow, none_reaches_a_stable_tag_and_the_next_whole_one_does) {
  const struct { const char *summary, *why; Change breaks; } rows[] = {
      {"the program went", "'entrypoint' fails", [](SmallPackage& greeter, SmallPackage&) { greeter.files["usr/bin/greeting"] = greeter.files["usr/bin/greet"], greeter.files.erase("usr/bin/greet"); }},
      {"the program is empty", "'entrypoint' fails", [](SmallPackage& greeter, SmallPackage&) { greeter.files["usr/bin/greet"].clear(); }},
      {"half of the program", "'elf-resolves' fails", [](SmallPackage& greeter, SmallPackage&) { greeter.files["usr/bin/greet"].resize(greeter.files["usr/bin/greet"].size() / 2); }},
      {"another user's program", "'entrypoint' fails", [](SmallPackage& greeter, SmallPackage&) { greeter.rights["usr/bin/greet"] = {1, 1, 0700}; }},
      {"a library is missing", "'elf-resolves' fails", [](SmallPackage&, SmallPackage& voice) { voice.files.erase("usr/lib/libvoice.so.1"); }},
      {"a library comes under another name", "'elf-resolves' fails", [](SmallPackage&, SmallPackage& voice) { voice.files["usr/lib/libvoice.so.2"] = library("libvoice.so.2", {}), voice.files.erase("usr/lib/libvoice.so.1"); }},
      {"a library that nobody has is asked for", "'elf-resolves' fails", [](SmallPackage& greeter, SmallPackage&) { greeter.files["usr/lib/libspeech.so.1"] = library("libspeech.so.1", {"libvoice.so.1", "libecho.so.1"}); }},
      {"a function went", "export-gone", [](SmallPackage&, SmallPackage& voice) {
         prove::SmallElf elf = prove::small_library("libvoice.so.1");
         elf.needed.clear(), elf.gives = {"whisper"};
         voice.files["usr/lib/libvoice.so.1"] = elf.bytes();
       }},
      {"a program moved", "program-moved", [](SmallPackage& greeter, SmallPackage&) { greeter.files["usr/sbin/"] = "", greeter.files["usr/sbin/greet"] = greeter.files["usr/bin/greet"], greeter.files.erase("usr/bin/greet"), greeter.rights["usr/sbin/greet"] = {0, 0, 0755}; }},
      {"a file moved", "file-moved", [](SmallPackage& greeter, SmallPackage&) { greeter.files["usr/lib/greeter/"] = "", greeter.files["usr/lib/greeter/tone"] = greeter.files["usr/share/greeter/tone"], greeter.files.erase("usr/share/greeter/tone"); }},
      {"a file went", "file-gone", [](SmallPackage& greeter, SmallPackage&) { greeter.files.erase("usr/share/greeter/tone"); }},
      {"a folder lost its entry", "owner-changed", [](SmallPackage& greeter, SmallPackage&) { greeter.files.erase("var/lib/greeter/"); }},
      {"a folder went", "folder-gone", [](SmallPackage& greeter, SmallPackage&) { greeter.files.erase("var/lib/greeter/"), greeter.files.erase("var/lib/greeter/guests"); }},
      {"a folder is root's", "owner-changed", [](SmallPackage& greeter, SmallPackage&) { greeter.rights["var/lib/greeter/"] = {0, 0, 0750}; }},
      {"a file is root's", "owner-changed", [](SmallPackage& greeter, SmallPackage&) { greeter.rights["var/lib/greeter/guests"] = {0, 0, 0640}; }},
      {"a file nobody may read", "mode-changed", [](SmallPackage& greeter, SmallPackage&) { greeter.rights["usr/share/greeter/tone"] = {0, 0, 0600}; }},
  };
  const std::string title = "The renewal of oci:" + (stage.folder() / "published").string() + " is stopped\n";
  for (const auto& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto published = tags();
    const std::string lock_before = stage.read("small.lock.json");
    offer(row.breaks);
    const Json renewed = renew({}, 1);
    ASSERT_EQ(done(renewed), "stopped \n") << renewed;
    const Json& stopped = renewed["done"][0];
    EXPECT_NE(stopped["why"].dump().find(row.why), std::string::npos) << stopped["why"].dump(1);
    EXPECT_EQ(tags(), published) << "no tag moved";
    EXPECT_EQ(stage.read("small.lock.json"), lock_before);
    // The candidate is kept by its digest, and is the broken one.
    const std::string candidate = stopped["candidate"], digest = stopped["digest"];
    const Json sbom = stage.json({"sbom", candidate});
    EXPECT_NE(sbom.dump().find(fmt::format("pkg:deb/debian/greeter@{}", version)), std::string::npos) << candidate << " is another";
    const Ran raw = stage.run({"skopeo", "inspect", "--raw", candidate});
    EXPECT_TRUE(!program("skopeo") || Digest::of(raw.out).str() == digest) << raw.told;
    // An event and a ticket say why.
    const Json event = last("tested");
    EXPECT_EQ(event["digest"], digest);
    EXPECT_EQ(event["facts"]["result"], "stopped");
    EXPECT_NE(event["facts"].value("reason", "").find(row.why), std::string::npos) << event;
    EXPECT_EQ(event["facts"]["candidate"], candidate);
    ASSERT_EQ(tickets(), "open " + title);
    EXPECT_NE(server->tickets()[0].value("body", "").find(row.why), std::string::npos) << server->tickets()[0];
    // What is broken is the package, and nothing else: the next version is whole.
    offer([](SmallPackage&, SmallPackage&) {});
    EXPECT_EQ(done(renew()), fmt::format("promoted {}-r1\n", version));
    EXPECT_NE(tags().at("1"), published.at("1"));
    EXPECT_NE(tags().at("1"), digest);
    EXPECT_EQ(version_of("greeter"), version);
    ASSERT_EQ(tickets(), "closed " + title);
  }
  EXPECT_EQ(stage.ashlar({"audit", "verify"}).code, 0);
}

}  // namespace
}  // namespace ashlar::flow
