#include "prove/behaviour.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "prove/inner/planted.h"

namespace ashlar::prove {
namespace {

const std::string library_folder = "usr/lib/x86_64-linux-gnu/";

SmallElf word_library() {
  SmallElf out = small_library("libword.so.1");
  out.gives = {"word_say@WORD_1.0", "word_hear@WORD_1.0", "word_old@WORD_1.0", "word_own@WORD_PRIVATE"};
  return out;
}

/// An image with a bit of everything.
Members sample() {
  Members out = loaderless(clean());
  out.insert(out.end(), {program(library_folder + "libword.so.1.2", word_library().bytes()), symlink(library_folder + "libword.so.1", "libword.so.1.2"),
                         program("usr/bin/speak", [] {
                           SmallElf elf;
                           elf.needed = {"libc.so.6", "libword.so.1"};
                           return elf.bytes();
                         }()),
                         {"etc/speak.conf", "loud=no\n"}, folder("usr/share/speak"), {"usr/share/speak/greeting.txt", "good day\n"}, {"usr/share/speak/1.2/data", "data of 1.2\n"}, folder("usr/share/speak/1.2"),
                         folder("usr/share/doc"), folder("usr/share/doc/speak"), {"usr/share/doc/speak/copyright", "free\n"}, folder("usr/share/zoneinfo"), folder("usr/share/zoneinfo/Europe"),
                         {"usr/share/zoneinfo/Europe/Zurich", "TZif"}, {"usr/share/zoneinfo/Europe/Oslo", "TZif2"}, folder("var/lib/speak", 0777),
                         {"var/lib/dpkg/status.d/speak", "Package: speak\nVersion: 1.2-1\nArchitecture: amd64\n"}});
  return out;
}

oci::Config sample_config() {
  oci::Config out = clean_config();
  out.env = {"MODE=plain", "PATH=/usr/bin"};
  out.ports = {"8080/tcp"};
  out.volumes = {"/data"};
  out.working_dir = "/opt";
  out.labels = {{"org.opencontainers.image.title", "speak"}};
  return out;
}

void remove(Members& members, std::string_view path) {
  ASSERT_EQ(std::erase_if(members, [&](const Member& each) { return each.path == path; }), 1U) << path;
}
Member& at(Members& members, std::string_view path) {
  const auto found = std::ranges::find(members, path, &Member::path);
  EXPECT_NE(found, members.end()) << path;
  return *found;
}

Surface surface(const Members& members, const oci::Config& config) {
  inventory::Target target = target_of({members}, config);
  auto read = Surface::read(target);
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return std::move(*read);
}

struct Difference {
  Members members = sample();
  oci::Config config = sample_config();
};

Behaviour compare(const Difference& before, const Difference& after, const BehaviourOptions& options = {}) {
  return behaviour(surface(before.members, before.config), surface(after.members, after.config), options);
}

std::string told(const Behaviour& behaviour) {
  std::string out;
  for (const Change& each : behaviour.changes) {
    if (each.weight != Weight::Neutral) out += std::string(to_string(each.weight)) + " " + each.id + " " + each.subject + "\n";
  }
  return out;
}

struct BehaviourRow {
  std::string summary;
  std::function<void(Difference&)> change;
  std::string expected;  ///< all that is breaking or notable: weight, id, subject, a line each
};

class BehaviourTable : public ::testing::TestWithParam<BehaviourRow> {};

TEST_P(BehaviourTable, tells_what_was_changed_and_nothing_else) {
  Difference after;
  GetParam().change(after);
  const Behaviour found = compare({}, after);
  EXPECT_EQ(told(found), GetParam().expected) << to_json(found).dump(1);
  EXPECT_EQ(found.breaks(), GetParam().expected.find("breaking") != std::string::npos);
}

#define MEMBERS [](Difference& it)

INSTANTIATE_TEST_SUITE_P(
    Files, BehaviourTable,
    ::testing::Values(
        BehaviourRow{"nothing changed", MEMBERS { (void)it; }, ""},
        BehaviourRow{"a program went", MEMBERS { remove(it.members, "usr/bin/app"); }, "breaking program-gone /usr/bin/app\n"},
        BehaviourRow{"a program moved off PATH", MEMBERS { at(it.members, "usr/bin/app").path = "opt/app"; }, "breaking program-gone /usr/bin/app\n"},
        BehaviourRow{"a program moved on PATH", MEMBERS { at(it.members, "usr/bin/app").path = "opt/app", it.config.env = {"MODE=plain", "PATH=/usr/bin:/opt"}; }, "breaking program-moved /usr/bin/app\nnotable environment-changed PATH\n"},
        BehaviourRow{"a program lost its bit", MEMBERS { at(it.members, "usr/bin/app").mode = 0644; }, "breaking mode-changed /usr/bin/app\nbreaking program-not-executable /usr/bin/app\n"},
        BehaviourRow{"a library went, and what needs it does not load", MEMBERS { remove(it.members, library_folder + "libword.so.1.2"), remove(it.members, library_folder + "libword.so.1"); },
                     "breaking library-gone libword.so.1\nbreaking needed-unresolved /usr/bin/speak\n"},
        BehaviourRow{"a library has another interface", MEMBERS {
                       SmallElf elf = word_library();
                       elf.soname = "libword.so.2";
                       at(it.members, library_folder + "libword.so.1.2") = program(library_folder + "libword.so.2.0", elf.bytes());
                       at(it.members, library_folder + "libword.so.1") = symlink(library_folder + "libword.so.2", "libword.so.2.0");
                     },
                     "breaking library-gone libword.so.1\nbreaking needed-unresolved /usr/bin/speak\n"},
        BehaviourRow{"a library has another file behind its name", MEMBERS { at(it.members, library_folder + "libword.so.1.2").path = library_folder + "libword.so.1.3", at(it.members, library_folder + "libword.so.1").link = "libword.so.1.3"; }, ""},
        BehaviourRow{"a library gives a name less", MEMBERS {
                       SmallElf elf = word_library();
                       std::erase(elf.gives, "word_old@WORD_1.0");
                       at(it.members, library_folder + "libword.so.1.2").content = elf.bytes();
                     },
                     "breaking export-gone libword.so.1\n"},
        BehaviourRow{"a name has another version", MEMBERS {
                       SmallElf elf = word_library();
                       elf.gives[2] = "word_old@WORD_1.1";
                       at(it.members, library_folder + "libword.so.1.2").content = elf.bytes();
                     },
                     "breaking export-gone libword.so.1\n"},
        BehaviourRow{"a library's own name went, another came", MEMBERS {
                       SmallElf elf = word_library();
                       elf.gives.back() = "word_new@WORD_1.1";
                       at(it.members, library_folder + "libword.so.1.2").content = elf.bytes();
                     },
                     ""},
        BehaviourRow{"a file of nobody went", MEMBERS { remove(it.members, "usr/share/speak/greeting.txt"); }, "breaking file-gone /usr/share/speak/greeting.txt\n"},
        BehaviourRow{"a file moved", MEMBERS { at(it.members, "usr/share/speak/greeting.txt").path = "usr/share/speak/hello.txt"; }, "breaking file-moved /usr/share/speak/greeting.txt\n"},
        BehaviourRow{"files of another version", MEMBERS { at(it.members, "usr/share/speak/1.2").path = "usr/share/speak/1.3", at(it.members, "usr/share/speak/1.2/data").path = "usr/share/speak/1.3/data"; }, ""},
        BehaviourRow{"configuration went", MEMBERS { remove(it.members, "etc/speak.conf"); }, "breaking configuration-gone /etc/speak.conf\n"},
        BehaviourRow{"configuration changed", MEMBERS { at(it.members, "etc/speak.conf").content = "loud=yes\n"; }, "notable configuration-changed /etc/speak.conf\n"},
        BehaviourRow{"documentation went", MEMBERS { remove(it.members, "usr/share/doc/speak/copyright"); }, ""},
        BehaviourRow{"a parent was lost", MEMBERS { remove(it.members, "usr/share/speak"); }, "breaking parent-directory-lost /usr/share/speak\n"},
        BehaviourRow{"a folder to write to went", MEMBERS { remove(it.members, "var/lib/speak"); }, "breaking folder-gone /var/lib/speak\n"},
        BehaviourRow{"the folder it begins in went", MEMBERS { remove(it.members, "opt"); }, "breaking folder-gone /opt\n"},
        BehaviourRow{"an empty folder of root's went", MEMBERS { remove(it.members, "home"); }, ""},
        BehaviourRow{"a folder cannot be written to", MEMBERS { at(it.members, "var/lib/speak").mode = 0755; }, "breaking mode-changed /var/lib/speak\n"},
        BehaviourRow{"a file cannot be read", MEMBERS { at(it.members, "etc/speak.conf").mode = 0600; }, "breaking mode-changed /etc/speak.conf\n"},
        BehaviourRow{"anybody can write", MEMBERS { at(it.members, "etc/speak.conf").mode = 0666; }, "notable mode-changed /etc/speak.conf\n"},
        BehaviourRow{"a file is a folder", MEMBERS { at(it.members, "usr/share/speak/greeting.txt") = folder("usr/share/speak/greeting.txt"); }, "breaking kind-changed /usr/share/speak/greeting.txt\n"},
        BehaviourRow{"one time zone went", MEMBERS { remove(it.members, "usr/share/zoneinfo/Europe/Oslo"); }, "breaking time-zone-gone /usr/share/zoneinfo/\n"},
        BehaviourRow{"it grew", MEMBERS { it.members.push_back({"usr/share/speak/book", std::string(100'000, 'x')}); }, "notable size-grown /\n"}),
    [](const auto& row) { return std::to_string(row.index); });

INSTANTIATE_TEST_SUITE_P(
    Config, BehaviourTable,
    ::testing::Values(
        BehaviourRow{"another entrypoint", MEMBERS { it.config.entrypoint = {"/usr/bin/speak"}; }, "breaking entrypoint-changed entrypoint\n"},
        BehaviourRow{"another command", MEMBERS { it.config.cmd = {"speak"}; }, "breaking command-changed cmd\n"},
        BehaviourRow{"another folder", MEMBERS { it.config.working_dir.clear(); }, "breaking working-directory-changed /opt\n"},
        BehaviourRow{"the same folder in other words", MEMBERS { it.config.working_dir = "/opt"; }, ""},
        BehaviourRow{"another signal", MEMBERS { it.config.stop_signal = "SIGQUIT"; }, "notable stop-signal-changed stop-signal\n"},
        BehaviourRow{"the signal that holds without one", MEMBERS { it.config.stop_signal = "SIGTERM"; }, ""},
        BehaviourRow{"another user", MEMBERS { it.config.user = "root"; }, "breaking user-changed nonroot\n"},
        BehaviourRow{"the same user by number", MEMBERS { it.config.user = "65532:65532"; }, "notable user-renamed nonroot\n"},
        BehaviourRow{"the user has another number", MEMBERS { at(it.members, "etc/passwd").content = "root:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:1000:65532::/:/usr/sbin/nologin\n"; },
                     "breaking user-changed nonroot\nbreaking user-number-changed nonroot\n"},
        BehaviourRow{"a group went", MEMBERS { at(it.members, "etc/group").content = "other:x:7:\n"; }, "breaking group-gone nonroot\n"},
        BehaviourRow{"a port went", MEMBERS { it.config.ports.clear(); }, "breaking port-gone 8080/tcp\n"},
        BehaviourRow{"a port in other words", MEMBERS { it.config.ports = {"8080"}; }, ""},
        BehaviourRow{"another port", MEMBERS { it.config.ports = {"8081/tcp"}; }, "breaking port-gone 8080/tcp\nnotable port-new 8081/tcp\n"},
        BehaviourRow{"a volume went", MEMBERS { it.config.volumes.clear(); }, "breaking volume-gone /data\n"},
        BehaviourRow{"a variable went", MEMBERS { it.config.env = {"PATH=/usr/bin"}; }, "breaking environment-gone MODE\n"},
        BehaviourRow{"a variable changed", MEMBERS { it.config.env[0] = "MODE=bold"; }, "notable environment-changed MODE\n"},
        BehaviourRow{"a variable came", MEMBERS { it.config.env.push_back("TONE=low"); }, ""},
        BehaviourRow{"a label went", MEMBERS { it.config.labels.clear(); }, "notable label-gone org.opencontainers.image.title\n"},
        BehaviourRow{"a package went", MEMBERS { remove(it.members, "var/lib/dpkg/status.d/speak"); }, "breaking package-gone speak\n"},
        BehaviourRow{"a package has another number in its name", MEMBERS { at(it.members, "var/lib/dpkg/status.d/speak").content = "Package: speak2t64\nVersion: 2.0-1\nArchitecture: amd64\n"; }, "notable package-replaced speak\n"},
        BehaviourRow{"a package is a major version on", MEMBERS { at(it.members, "var/lib/dpkg/status.d/speak").content = "Package: speak\nVersion: 2.0-1\nArchitecture: amd64\n"; }, "notable package-major speak\n"},
        BehaviourRow{"a package went back", MEMBERS { at(it.members, "var/lib/dpkg/status.d/speak").content = "Package: speak\nVersion: 1.1-9\nArchitecture: amd64\n"; }, "notable package-older speak\n"},
        BehaviourRow{"a package is patched", MEMBERS { at(it.members, "var/lib/dpkg/status.d/speak").content = "Package: speak\nVersion: 1.2-1+deb13u1\nArchitecture: amd64\n"; }, ""}),
    [](const auto& row) { return std::to_string(row.index); });

TEST(Behaviour, names_that_went_stand_in_the_evidence) {
  Difference after;
  SmallElf elf = word_library();
  elf.gives = {"word_say@WORD_1.0"};
  at(after.members, library_folder + "libword.so.1.2").content = elf.bytes();
  const Behaviour found = compare({}, after);
  ASSERT_EQ(found.changes.front().id, "export-gone");
  EXPECT_EQ(found.changes.front().evidence, (std::vector<std::string>{"word_hear@WORD_1.0", "word_old@WORD_1.0"}));
}

TEST(Behaviour, what_nobody_could_load_before_is_no_change) {
  Difference before;
  remove(before.members, library_folder + "libword.so.1.2");
  remove(before.members, library_folder + "libword.so.1");
  EXPECT_EQ(told(compare(before, before)), "");
}

TEST(Behaviour, of_run_tests_is_told_what_both_saw) {
  const auto with = [](std::vector<Ran> before, std::vector<Ran> after) {
    BehaviourOptions options;
    options.before = std::move(before), options.after = std::move(after);
    return told(compare({}, {}, options));
  };
  const Ran well{"run:serves", true, 0.20, {8080, 9090}};
  EXPECT_EQ(with({well}, {well}), "");
  EXPECT_EQ(with({well}, {{"run:serves", false, 9.0, {}}}), "breaking run-test-failed run:serves\n") << "ports and time of what failed mean nothing";
  EXPECT_EQ(with({well}, {{"run:serves", true, 0.21, {8080}}}), "breaking listening-port-gone 9090\n");
  EXPECT_EQ(with({well}, {{"run:serves", true, 0.21, {8080, 9090, 9999}}}), "notable listening-port-new 9999\n");
  EXPECT_EQ(with({well}, {{"run:serves", true, 0.29, {8080, 9090}}}), "") << "slower by nearly half, and by less than a tenth of a second";
  EXPECT_EQ(with({well}, {{"run:serves", true, 0.45, {8080, 9090}}}), "notable start-slower run:serves\n");
  EXPECT_EQ(with({}, {well}), "") << "there is nothing to compare with";
}

TEST(Behaviour, what_breaks_comes_first_and_the_json_has_all_of_it) {
  Difference after;
  remove(after.members, "usr/bin/app");
  after.config.env = {"MODE=bold", "PATH=/usr/bin", "TONE=low"};
  const Json json = to_json(compare({}, after));
  EXPECT_EQ(json["breaks"], true);
  EXPECT_EQ(json["counts"], (Json{{"breaking", 1}, {"notable", 1}, {"neutral", 1}}));
  std::vector<std::string> ids;
  for (const Json& each : json["changes"]) ids.push_back(each["id"]);
  EXPECT_EQ(ids, (std::vector<std::string>{"program-gone", "environment-changed", "environment-new"}));
  EXPECT_EQ(json["changes"][0]["subject"], "/usr/bin/app");
}

/// The other way round nothing that is lost may be found: what is lost one way comes the other way.
TEST(Behaviour, what_comes_breaks_nothing) {
  for (const char* path : {"usr/bin/app", "etc/speak.conf", "usr/share/speak/greeting.txt", "usr/share/zoneinfo/Europe/Oslo", "var/lib/speak", "var/lib/dpkg/status.d/speak"}) {
    Difference before;
    remove(before.members, path);
    const Behaviour found = compare(before, {});
    EXPECT_FALSE(found.breaks()) << path << "\n" << told(found);
  }
}

TEST(Behaviour, a_kept_layer_tells_the_same) {
  host::MemoryFiles files;
  const inventory::LayerShelf shelf(files, "/shelf", "test");
  Difference after;
  SmallElf elf = word_library();
  elf.gives.pop_back(), elf.gives.pop_back();
  at(after.members, library_folder + "libword.so.1.2").content = elf.bytes();
  remove(after.members, "usr/bin/app");
  std::vector<std::string> answers;
  for (int turn = 0; turn < 2; ++turn) {
    inventory::Target one = target_of({sample()}, sample_config()), other = target_of({after.members}, after.config);
    const auto before = Surface::read(one, &shelf), now = Surface::read(other, &shelf);
    ASSERT_TRUE(before && now);
    answers.push_back(to_json(behaviour(*before, *now)).dump());
  }
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_NE(answers[0].find("export-gone"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::prove
