#include "scan/inner/release_evidence.h"

#include <gtest/gtest.h>

namespace ashlar::scan {
namespace {

using inventory::Component;

Component package(std::string type, std::string name, std::string version) { return {.type = std::move(type), .name = std::move(name), .version = std::move(version), .found_by = "dpkg"}; }

TEST(ReleaseEvidence, AgainstWhatOsReleaseSays) {
  struct Row {
    std::string_view summary, id, version;
    std::vector<Component> components;
    std::map<std::string, std::string> texts;
    std::string_view says;  ///< none: nothing stands against it
  };
  const Row rows[] = {
      {"a release as it is", "debian", "13", {package("deb", "base-files", "13.8+deb13u8"), package("deb", "openssl", "3.5.1-1+deb13u1")}, {{"etc/debian_version", "13.8\n"}}, ""},
      {"a point release", "debian", "13.4", {package("deb", "base-files", "13.8")}, {{"etc/debian_version", "13.8\n"}}, ""},
      {"an older one is claimed", "debian", "12", {package("deb", "base-files", "13.8+deb13u8")}, {}, "'base-files' 13.8+deb13u8 is of 'Debian:13'"},
      {"a later one is claimed", "debian", "13", {package("deb", "base-files", "12.4+deb12u5")}, {}, "'base-files' 12.4+deb12u5 is of 'Debian:12'"},
      {"the older file disagrees", "debian", "13", {}, {{"etc/debian_version", "12.4\n"}}, "'etc/debian_version' says '12.4'"},
      {"no release yet", "debian", "14", {}, {{"etc/debian_version", "forky/sid\n"}}, ""},
      {"an empty file", "debian", "13", {}, {{"etc/debian_version", ""}}, ""},
      {"an update of a later release", "debian", "12", {package("deb", "openssl", "3.5.1-1~deb13u1")}, {}, "'openssl' 3.5.1-1~deb13u1 is an update of release 13"},
      {"one that was left behind by an upgrade", "debian", "13", {package("deb", "libssl1.1", "1.1.1n-0+deb11u5")}, {}, ""},
      {"a backport of a later one", "debian", "12", {package("deb", "git", "2.47-1+deb13u1~bpo12+1")}, {}, ""},
      {"letters that mean nothing", "debian", "12", {package("deb", "a", "1.0+deb99"), package("deb", "b", "1.0deb99u1"), package("deb", "c", "deb99u1"), package("deb", "d", "1+debu1")}, {}, ""},
      {"ubuntu has base-files, too", "ubuntu", "24.04", {package("deb", "base-files", "13ubuntu10.1")}, {{"etc/debian_version", "trixie/sid\n"}}, ""},
      {"ubuntu that calls itself debian", "debian", "13", {package("deb", "base-files", "13ubuntu10.1")}, {}, "'base-files' 13ubuntu10.1 is of 'Debian:13ubuntu10'"},
      {"alpine as it is", "alpine", "3.22.1", {package("apk", "alpine-release", "3.22.1-r0")}, {{"etc/alpine-release", "3.22.1\n"}}, ""},
      {"another alpine", "alpine", "3.22.1", {package("apk", "alpine-release", "3.19.1-r0")}, {}, "'alpine-release' 3.19.1-r0 is of 'Alpine:v3.19'"},
      {"another alpine, by its file", "alpine", "3.22.1", {}, {{"etc/alpine-release", "3.19.1\n"}}, "'etc/alpine-release' says '3.19.1'"},
      {"alpine that calls itself wolfi", "wolfi", "20230201", {package("apk", "alpine-release", "3.22.1-r0")}, {}, "'alpine-release' 3.22.1-r0 is of 'Alpine:v3.22'"},
      {"wolfi that calls itself alpine", "alpine", "3.22.1", {package("apk", "wolfi-baselayout", "20230201-r20")}, {}, "'wolfi-baselayout' 20230201-r20 is of 'Wolfi'"},
      {"wolfi as it is", "wolfi", "20230201", {package("apk", "wolfi-baselayout", "20230201-r20")}, {}, ""},
      {"a note in a program is no package", "debian", "12", {{.type = "deb", .name = "base-files", .version = "13.8", .found_by = "elf-note"}}, {}, ""},
  };
  for (const Row& row : rows) {
    inventory::Contents contents;
    contents.texts = row.texts;
    for (const auto& [path, text] : row.texts) EXPECT_TRUE(tells_release(path));
    Subject subject{.contents = &contents, .components = row.components};
    const Distribution distribution = identify(inventory::OsRelease{"etc/os-release", {{"ID", std::string(row.id)}, {"VERSION_ID", std::string(row.version)}}});
    const auto found = against_release(subject, distribution);
    EXPECT_EQ(found, row.says.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::string(row.says)}) << row.summary;
    subject.contents = nullptr;
    EXPECT_TRUE(against_release(subject, distribution).empty()) << row.summary << ": a document says what it says";
  }
}

}  // namespace
}  // namespace ashlar::scan
