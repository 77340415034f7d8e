#include "scan/inner/contradictions.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace ashlar::scan {
namespace {

using inventory::Component;
using inventory::InstalledPackage;
using inventory::Standing;

/// An image with a package database, as it was built.
struct Scene {
  inventory::Contents contents;
  inventory::Ownership ownership;
  Subject subject;

  Scene() { subject.contents = &contents, subject.ownership = &ownership; }
  Scene& package(std::string name, std::string version, std::string depends = {}, std::string provides = {}, std::string source = {}, std::string source_version = {}) {
    InstalledPackage out{.name = name, .version = version, .architecture = "amd64", .source = source.empty() ? name : std::move(source), .source_version = source_version.empty() ? version : std::move(source_version),
                         .depends = std::move(depends), .provides = std::move(provides), .database = "var/lib/dpkg/status"};
    subject.components.push_back({.type = "deb", .name = out.name, .version = out.version, .architecture = out.architecture, .source = out.source, .source_version = out.source_version, .found_by = "dpkg", .path = out.database});
    contents.packages.push_back(std::move(out));
    return *this;
  }
  Scene& file(const std::string& path, const std::string& owner, size_t layer = 0) {
    contents.files[path] = {.entry = {.path = path}, .content = Digest::of(path), .layer = layer};
    ownership.files[path] = {owner.empty() ? "" : "package:" + owner, owner.empty() ? Standing::Unowned : Standing::Listed, ""};
    return *this;
  }
  Scene& link(const std::string& path, const std::string& target) {
    contents.files[path] = {.entry = {.path = path, .type = FileType::Symlink, .link = target}, .content = {}};
    return *this;
  }
  Scene& text(const std::string& path) { return contents.texts[path] = "x", *this; }
  /// What a changelog in `folder` begins with.
  Scene& changelog(const std::string& folder, std::string source, std::string version, size_t layer = 0) {
    const std::string path = "usr/share/doc/" + folder + "/changelog.Debian.gz";
    subject.claims.push_back({.type = "deb", .name = folder, .source = std::move(source), .source_version = std::move(version), .found_by = "version-records", .path = path, .remark = "its changelog", .layer = layer});
    return *this;
  }
  Scene& record(std::string name, std::string version, std::string remark = "dpkg's log", std::string architecture = {}, std::string found_by = "version-records") {
    subject.claims.push_back({.type = "deb", .name = std::move(name), .version = std::move(version), .architecture = std::move(architecture), .found_by = std::move(found_by), .path = "var/log/dpkg.log", .remark = std::move(remark)});
    return *this;
  }
  Scene& own_list() { return subject.claims.back().path = "usr/share/ashlar/packages.json", *this; }
  Scene& note(const std::string& path, std::string name, std::string version, std::string type = "deb") {
    subject.components.push_back({.type = std::move(type), .name = std::move(name), .version = std::move(version), .found_by = "elf-note", .path = path});
    return *this;
  }
  Scene& apk(std::string name, std::string version, std::vector<std::string> files = {}) {
    subject.components.push_back({.type = "apk", .name = name, .version = std::move(version), .source = name, .found_by = "apk", .path = "lib/apk/db/installed", .files = std::move(files)});
    return *this;
  }
  Scene& later(size_t layer) { return subject.components.back().layer = layer, *this; }
};

struct Row {
  std::string_view summary;
  std::function<void(Scene&)> plant;
  std::string_view says;
};

void expect(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    Scene scene;
    row.plant(scene);
    const auto found = contradictions_of(scene.subject);
    EXPECT_EQ(found.size(), row.says.empty() ? 0U : 1U) << row.summary;
    EXPECT_EQ(found.empty() ? "" : found.front(), row.says) << row.summary;
  }
}

TEST(Contradictions, OfWhatPackagesNeedOfEachOther) {
  expect({
      {"all is as it was built", [](Scene& s) { s.package("a", "1.0-1", "b (= 1.0-1), libc6 (>= 2.36)").package("b", "1.0-1").package("libc6", "2.41-12"); }, ""},
      {"a version was raised", [](Scene& s) { s.package("a", "1.0-1", "b (= 1.0-1)").package("b", "9.0-1"); }, "'a' 1.0-1 depends on 'b (= 1.0-1)', and 9.0-1 is installed"},
      {"a version was lowered", [](Scene& s) { s.package("a", "1.0-1", "libc6 (>= 2.36)").package("libc6", "2.31-1"); }, "'a' 1.0-1 depends on 'libc6 (>= 2.36)', and 2.31-1 is installed"},
      {"beyond what it is built for", [](Scene& s) { s.package("python3", "3.13.5-1", "python3.13 (>= 3.13.5-1~), libpython3-stdlib (<< 3.14)").package("libpython3-stdlib", "3.14-1").package("python3.13", "3.13.5-2"); }, "'python3' 3.13.5-1 depends on 'libpython3-stdlib (<< 3.14)', and 3.14-1 is installed"},
      {"an epoch is no accident", [](Scene& s) { s.package("a", "1", "b (= 1:1.0-1)").package("b", "1.0-1"); }, "'a' 1 depends on 'b (= 1:1.0-1)', and 1.0-1 is installed"},
      {"what is not installed contradicts nobody", [](Scene& s) { s.package("a", "1.0-1", "b (= 1.0-1)"); }, ""},
      {"an alternative may be the one", [](Scene& s) { s.package("a", "1.0-1", "b (= 1.0-1) | c").package("b", "9.0-1"); }, ""},
      {"another one provides it", [](Scene& s) { s.package("a", "1.0-1", "b (= 1.0-1)").package("b", "9.0-1").package("c", "1", "", "b (= 1.0-1)"); }, ""},
      {"a field that does not read says nothing", [](Scene& s) { s.package("a", "1.0-1", "b (= ").package("b", "9.0-1"); }, ""},
  });
}

// Each clause was held against each paragraph of its name: 30,000 took 44 seconds.
TEST(Contradictions, OfManyParagraphsOfOneNameInTime) {
  constexpr size_t count = 30'000;
  const struct {
    const char* summary;
    const char* depends;
    size_t found;  ///< beside that the name stands so often
  } rows[] = {
      {"met by one of them", "a (= 1.29999)", 0},
      {"met by the first", "a (<< 1.1)", 0},
      {"met by the last", "a (>> 1.29998)", 0},
      {"met by none", "a (= 3)", count},
      {"between two", "a (= 1.5+x)", count},
      {"before the first", "a (<< 1.0~)", count},
      {"behind the last", "a (>= 2)", count},
  };
  for (const auto& row : rows) {
    Scene scene;
    for (size_t at = 0; at < count; ++at) scene.package("a", "1." + std::to_string((at * 7919) % count), row.depends);
    const auto start = std::chrono::steady_clock::now();
    const auto found = contradictions_of(scene.subject);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << row.summary;
    EXPECT_EQ(found.size(), row.found + count - 1) << row.summary;
  }
}

TEST(Contradictions, OfADatabaseInItself) {
  expect({
      {"a version that is none", [](Scene& s) { s.package("a", "v9!"); }, "'a' has the version 'v9!', which is none"},
      {"an apk's that is none", [](Scene& s) { s.apk("a", "newest"); }, "'a' has the version 'newest', which is none"},
      {"twice, with two versions", [](Scene& s) { s.package("a", "1.0").package("a", "9.0"); }, "'a' stands twice, with 1.0 and 9.0"},
      {"twice, alike", [](Scene& s) { s.package("a", "1.0").package("a", "1.0"); }, ""},
      {"lists of all that it names", [](Scene& s) { s.package("a", "1.0").text("var/lib/dpkg/info/a:amd64.md5sums").text("var/lib/dpkg/status.d/a.md5sums"); }, ""},
      {"a list of a package that was taken out", [](Scene& s) { s.package("a", "1.0").text("var/lib/dpkg/info/gone:amd64.md5sums"); }, "'var/lib/dpkg/info/gone:amd64.md5sums' lists the files of 'gone:amd64', which it does not name"},
      {"the list that dpkg keeps of a removed package", [](Scene& s) { s.package("a", "1.0").text("var/lib/dpkg/info/gone.list"); }, ""},
      {"a part with another name than its package", [](Scene& s) { s.package("base-files", "1"), s.contents.packages[0].database = "var/lib/dpkg/status.d/base", s.text("var/lib/dpkg/status.d/base.md5sums"); }, ""},
  });
}

TEST(Contradictions, OfChangelogs) {
  expect({
      {"as it was built", [](Scene& s) { s.package("openssl", "3.5.1-1").changelog("openssl", "openssl", "3.5.1-1"); }, ""},
      {"the version was raised", [](Scene& s) { s.package("openssl", "3.5.9-1").changelog("openssl", "openssl", "3.5.1-1"); }, "of 'openssl' it says 3.5.9-1, and 'usr/share/doc/openssl/changelog.Debian.gz' (its changelog) 3.5.1-1"},
      {"the source's version was raised alone", [](Scene& s) { s.package("libssl3", "3.5.1-1", "", "", "openssl", "3.5.9-1").changelog("libssl3", "openssl", "3.5.1-1"); }, "of 'libssl3' it says 3.5.9-1, and 'usr/share/doc/libssl3/changelog.Debian.gz' (its changelog) 3.5.1-1"},
      {"it was given another source, whose flaws are none", [](Scene& s) { s.package("libssl3", "3.5.1-1", "", "", "harmless").changelog("libssl3", "openssl", "3.5.1-1"); }, "of 'libssl3' it says that it was built from 'harmless', and 'usr/share/doc/libssl3/changelog.Debian.gz' (its changelog) from 'openssl'"},
      {"a binary with a version of its own", [](Scene& s) { s.package("gcc", "4:14.2.0-1", "", "", "gcc-defaults", "1.220").changelog("gcc", "gcc-defaults", "1.220"); }, ""},
      {"a rebuild, with the source's changelog", [](Scene& s) { s.package("zlib1g", "1:1.3-1+b2", "", "", "zlib", "1:1.3-1").changelog("zlib1g", "zlib", "1:1.3-1"); }, ""},
      {"a rebuild, with its own", [](Scene& s) { s.package("zlib1g", "1:1.3-1+b2", "", "", "zlib", "1:1.3-1").changelog("zlib1g", "zlib", "1:1.3-1+b2"); }, ""},
      {"a rebuild that was never one", [](Scene& s) { s.package("zlib1g", "1:1.3-1+build2", "", "", "zlib", "1:1.3-9").changelog("zlib1g", "zlib", "1:1.3-1+build2"); }, "of 'zlib1g' it says 1:1.3-9, and 'usr/share/doc/zlib1g/changelog.Debian.gz' (its changelog) 1:1.3-1+build2"},
      {"a folder that leads to another package of the source", [](Scene& s) { s.package("libgcc-s1", "14.9-1", "", "", "gcc-14").link("usr/share/doc/libgcc-s1", "gcc-14-base").changelog("gcc-14-base", "gcc-14", "14.2-1"); }, "of 'libgcc-s1' it says 14.9-1, and 'usr/share/doc/gcc-14-base/changelog.Debian.gz' (its changelog) 14.2-1"},
      {"a cross compiler has the changelog of what it was made from", [](Scene& s) { s.package("libc6-arm64-cross", "2.41-12cross1", "", "", "cross-toolchain-base", "70").changelog("libc6-arm64-cross", "glibc", "2.41-12"); }, ""},
      {"who calls himself one", [](Scene& s) { s.package("libc6", "2.41-12crossed", "", "", "harmless", "70").changelog("libc6", "glibc", "2.41-12"); }, "of 'libc6' it says that it was built from 'harmless', and 'usr/share/doc/libc6/changelog.Debian.gz' (its changelog) from 'glibc'"},
      {"upgraded in a higher layer that leaves documentation out", [](Scene& s) { s.package("openssl", "3.5.9-1").later(2).file("usr/bin/openssl", "openssl", 2).changelog("openssl", "openssl", "3.5.1-1", 0); }, ""},
      {"edited in a higher layer that brings nothing of it", [](Scene& s) { s.package("openssl", "3.5.9-1").later(2).file("usr/bin/openssl", "openssl", 0).changelog("openssl", "openssl", "3.5.1-1", 0); }, "of 'openssl' it says 3.5.9-1, and 'usr/share/doc/openssl/changelog.Debian.gz' (its changelog) 3.5.1-1"},
      {"of a package that is not there", [](Scene& s) { s.package("a", "1").changelog("openssl", "openssl", "3.5.1-1"); }, ""},
  });
}

TEST(Contradictions, OfOtherRecordsAndOfNotes) {
  expect({
      {"as it was built", [](Scene& s) { s.package("a", "1.0-1").record("a", "1.0-1").record("a", "1.0-1", "the image's own list").record("a", "1.0-1", "dpkg's log", "amd64"); }, ""},
      {"the version was raised", [](Scene& s) { s.package("a", "9.0-1").record("a", "1.0-1"); }, "of 'a' it says 9.0-1, and 'var/log/dpkg.log' (dpkg's log) 1.0-1"},
      {"a package was taken out", [](Scene& s) { s.package("a", "1.0-1").record("b", "1.0-1", "the image's own list").own_list().record("b", "1.0-1", "the name of its file").own_list(); }, "it does not name 'b', and 'usr/share/ashlar/packages.json' (the image's own list) does"},
      {"a package was taken out in a higher layer", [](Scene& s) { s.package("a", "1.0-1").later(3).record("b", "1.0-1", "the image's own list").own_list(); }, ""},
      {"a log that speaks of another root", [](Scene& s) { s.package("a", "1.0-1").record("b", "1.0-1"); }, ""},
      {"the image's own list has another source", [](Scene& s) { s.package("libssl3", "1.0-1", "", "", "harmless").record("libssl3", "1.0-1", "the image's own list"), s.subject.claims.back().source = "openssl"; }, "of 'libssl3' it says that it was built from 'harmless', and 'var/log/dpkg.log' (the image's own list) from 'openssl'"},
      {"the image's own list was removed", [](Scene& s) { s.package("a", "1.0-1"), s.ownership.missing["usr/share/ashlar/packages.json"] = "effect:package-database"; }, "'usr/share/ashlar/packages.json', by which its versions could be told, was removed"},
      {"another architecture's", [](Scene& s) { s.package("a", "9.0-1").record("a", "1.0-1", "dpkg's log", "arm64"); }, ""},
      {"what a document claims is nobody's word", [](Scene& s) { s.package("a", "9.0-1").record("a", "1.0-1", "claimed", "", "sbom"); }, ""},
      {"a package of two architectures, one of which it is", [](Scene& s) { s.package("a", "1.0-1").package("a", "2.0-1"), s.subject.components[1].architecture = "arm64", s.contents.packages[1].architecture = "arm64", s.record("a", "2.0-1"); }, ""},
      {"a program's note agrees", [](Scene& s) { s.package("a", "1.0-1+b1", "", "", "src", "1.0-1").file("usr/bin/a", "a").note("usr/bin/a", "src", "1.0-1"); }, ""},
      {"a program's note of a rebuild agrees", [](Scene& s) { s.package("a", "1.0-1+b1", "", "", "src", "1.0-1").file("usr/bin/a", "a").note("usr/bin/a", "a", "1.0-1+b1"); }, ""},
      {"a program's note says another version", [](Scene& s) { s.package("a", "9.0-1", "", "", "src").file("usr/bin/a", "a").note("usr/bin/a", "src", "1.0-1"); }, "of 'a' it says 9.0-1, and the note in 'usr/bin/a' 1.0-1"},
      {"a note that speaks of something else", [](Scene& s) { s.package("a", "9.0-1").file("usr/bin/a", "a").note("usr/bin/a", "vendored", "1.0-1"); }, ""},
      {"a note in a file that nobody owns", [](Scene& s) { s.package("a", "9.0-1").file("opt/a", "").note("opt/a", "a", "1.0-1"); }, ""},
      {"an apk whose database says otherwise elsewhere", [](Scene& s) { s.apk("openssl", "9.9-r0"), s.subject.claims.push_back({.type = "apk", .name = "openssl", .version = "3.5.1-r0", .found_by = "apk", .path = "lib/apk/db/installed", .remark = "a command that it provides"}); },
       "of 'openssl' it says 9.9-r0, and 'lib/apk/db/installed' (a command that it provides) 3.5.1-r0"},
  });
}

}  // namespace
}  // namespace ashlar::scan
