#include "inventory/inner/rpm_header.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "inventory/inner/reader_trial.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

std::string big(std::uint32_t value) { return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8), static_cast<char>(value)}; }

struct Tag {
  std::uint32_t tag, type;
  Strings texts{};
  std::vector<std::uint32_t> numbers{};
};

std::string header(const std::vector<Tag>& tags) {
  std::string index, store;
  for (const Tag& each : tags) {
    while (!each.numbers.empty() && store.size() % 4 != 0) store += '\0';
    index += big(each.tag) + big(each.type) + big(static_cast<std::uint32_t>(store.size())) + big(static_cast<std::uint32_t>(each.texts.size() + each.numbers.size()));
    for (const std::string& text : each.texts) store += text + '\0';
    for (const std::uint32_t number : each.numbers) store += big(number);
  }
  return big(static_cast<std::uint32_t>(tags.size())) + big(static_cast<std::uint32_t>(store.size())) + index + store;
}

const std::vector<Tag> bash = {{1000, 6, {"bash"}}, {1001, 6, {"5.1.8"}}, {1002, 6, {"6.el9"}}};

std::vector<Tag> with(std::vector<Tag> more) {
  more.insert(more.begin(), bash.begin(), bash.end());
  return more;
}

/// `name version files` or the error.
std::string read(const std::string& blob) {
  const auto found = read_rpm_header(as_bytes(blob));
  if (!found) return found.error().message;
  std::string out = found->name + " " + found->full_version();
  for (const std::string& file : found->files) out += " " + file;
  return out;
}

struct Case {
  const char* summary;
  std::string blob;
  const char* want;
};

const char* const damaged = "the header of a package is damaged";
const Case cases[] = {
    {"name, version, release", header(bash), "bash 5.1.8-6.el9"},
    {"an epoch", header(with({{1003, 4, {}, {1}}})), "bash 1:5.1.8-6.el9"},
    {"an epoch of 0 is none", header(with({{1003, 4, {}, {0}}})), "bash 5.1.8-6.el9"},
    {"files", header(with({{1116, 4, {}, {1, 0}}, {1117, 8, {"bash", "passwd"}}, {1118, 8, {"/etc/", "/usr/bin/"}}})), "bash 5.1.8-6.el9 usr/bin/bash etc/passwd"},
    {"an index that is no folder", header(with({{1116, 4, {}, {7}}, {1117, 8, {"bash"}}, {1118, 8, {"/"}}})), damaged},
    {"fewer folders than names", header(with({{1116, 4, {}, {0}}, {1117, 8, {"a", "b"}}, {1118, 8, {"/"}}})), damaged},
    {"a name of another type", header({{1000, 4, {}, {1}}, bash[1], bash[2]}), "a package has no name, version or release"},
    {"no release", header({bash[0], bash[1]}), "a package has no name, version or release"},
    {"empty", "", damaged},
    {"giant counts", big(0xffffffff) + big(0xffffffff), damaged},
    {"more tags than there are", big(3) + big(0) + std::string(20, '\0'), damaged},
    {"a store that is cut off", header(bash).substr(0, 60), damaged},
    {"texts that do not end", header(bash).substr(0, header(bash).size() - 1) + "x", "a package has no name, version or release"},
};

TEST(Rpm, HeadersAreRead) {
  for (const Case& each : cases) EXPECT_EQ(read(each.blob), each.want) << each.summary;
}

TEST(Rpm, DigestsOfFilesAreRead) {
  const std::string one = Digest::of(std::string_view("one")).hex();
  const auto sums_of = [](std::vector<Tag> more) {
    more.insert(more.begin(), {{1116, 4, {}, {0, 0}}, {1117, 8, {"one", "folder"}}, {1118, 8, {"/etc/"}}});
    const auto found = read_rpm_header(as_bytes(header(with(more))));
    EXPECT_TRUE(found) << found.error().message;
    return found ? found->sums : "none";
  };
  const std::string raw(as_text(Digest::of(std::string_view("one")).raw()));
  EXPECT_EQ(sums_of({{1035, 8, {one, ""}}, {5011, 4, {}, {8}}}), raw + std::string(32, '\0')) << "a folder has none";
  EXPECT_EQ(sums_of({{1035, 8, {std::string(32, 'a'), ""}}}), "") << "MD5, where no algorithm stands";
  EXPECT_EQ(sums_of({{1035, 8, {one, ""}}, {5011, 4, {}, {10}}}), "") << "SHA-512";
  EXPECT_EQ(sums_of({{1035, 8, {one}}, {5011, 4, {}, {8}}}), "") << "fewer than files";
  EXPECT_EQ(sums_of({{1035, 8, {"nonsense", one}}, {5011, 4, {}, {8}}}), std::string(32, '\0') + raw);
}

TEST(Rpm, FilesAreBounded) {
  std::vector<std::uint32_t> zeros(60'000, 0);
  EXPECT_EQ(read(header(with({{1116, 4, {}, zeros}, {1117, 8, Strings(60'000, "f")}, {1118, 8, {"/" + std::string(4000, 'd')}}}))), "the paths of a package take more than 64 MiB");
}

TEST(Rpm, OlderFormsAreNoted) {
  EXPECT_EQ(trial::lines(trial::tell("rpm", "var/lib/rpm/Packages", "x")), (Strings{"damage: cannot read 'var/lib/rpm/Packages': it is an rpm database of BerkeleyDB, a form that is not read"}));
  EXPECT_EQ(trial::lines(trial::tell("rpm", "usr/lib/sysimage/rpm/Packages.db", "x")), (Strings{"damage: cannot read 'usr/lib/sysimage/rpm/Packages.db': it is an rpm database of NDB, a form that is not read"}));
  EXPECT_EQ(trial::lines(trial::tell("rpm", "var/lib/rpm/rpmdb.sqlite", "x")), (Strings{"damage: cannot read 'var/lib/rpm/rpmdb.sqlite': cannot open database 'var/lib/rpm/rpmdb.sqlite': it does not begin as one"}));
  EXPECT_EQ(trial::lines(trial::tell("rpm", "srv/Packages", "x")), Strings{});
}

TEST(Rpm, AnUnmergedLogIsNoted) {
  Contents contents;
  contents.files["var/lib/rpm/rpmdb.sqlite-wal"].entry.size = 0;
  Told told;
  settle_rpm(told, contents);
  EXPECT_TRUE(told.damage.empty());
  contents.files["var/lib/rpm/rpmdb.sqlite-wal"].entry.size = 4096;
  settle_rpm(told, contents);
  EXPECT_EQ(told.damage, (Strings{"'var/lib/rpm/rpmdb.sqlite-wal' has changes to the rpm database that are not read"}));
}

/// A database that sqlite3 (the program) makes of a schema.
std::string database(const trial::Scratch& scratch, const std::string& sql) {
  std::filesystem::remove(scratch / "db");
  trial::put(scratch / "sql", sql);
  EXPECT_TRUE(trial::run(scratch.path(), "sqlite3 db <sql")) << trial::content_of(scratch / "log.txt");
  return trial::content_of(scratch / "db");
}

std::string hex(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4], out += "0123456789abcdef"[c & 15];
  return out;
}

TEST(Rpm, HostileDatabasesAreRefused) {
  if (!trial::has_program("sqlite3")) GTEST_SKIP() << "sqlite3 is not installed";
  const trial::Scratch scratch;
  const auto tell = [&](const std::string& sql) { return trial::lines(trial::tell("rpm", "var/lib/rpm/rpmdb.sqlite", database(scratch, sql))); };
  const std::string begin = "damage: cannot read 'var/lib/rpm/rpmdb.sqlite': ";
  EXPECT_EQ(tell("CREATE TABLE t (a);"), (Strings{begin + "it has no table of packages"}));
  EXPECT_EQ(tell("CREATE TABLE t (a); CREATE VIEW Packages AS WITH RECURSIVE n(blob) AS (SELECT 1 UNION ALL SELECT blob FROM n) SELECT blob FROM n;"), (Strings{begin + "it has no table of packages"})) << "a view without end";
  EXPECT_EQ(tell("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (1, 'x'), (2, NULL), (3, x'" + hex(header(bash)) + "');"),
            (Strings{"rpm bash 5.1.8-6.el9 var/lib/rpm/rpmdb.sqlite", begin + damaged, begin + damaged}));
  EXPECT_EQ(tell("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, other BLOB);").size(), 1U);
  const std::string good = database(scratch, "PRAGMA journal_mode=WAL; CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (3, x'" + hex(header(bash)) + "'); PRAGMA wal_checkpoint(TRUNCATE);");
  EXPECT_EQ(trial::lines(trial::tell("rpm", "usr/lib/sysimage/rpm/rpmdb.sqlite", good)), (Strings{"rpm bash 5.1.8-6.el9 usr/lib/sysimage/rpm/rpmdb.sqlite"})) << "with a write-ahead log, as rpm keeps it";
  trial::torture("rpm", "var/lib/rpm/rpmdb.sqlite", good);
}

// A database that rpm itself made, and what it answers.
TEST(Rpm, ReadsWhatRpmInstalls) {
  if (!trial::has_program("rpm") || !trial::has_program("rpmbuild")) GTEST_SKIP() << "rpm and rpmbuild are not installed";
  if (trim(trial::output_of("rpm --eval %_db_backend")) != "sqlite") GTEST_SKIP() << "rpm keeps another form";
  const trial::Scratch scratch;
  const auto spec = [](const std::string& name, const std::string& more) {
    return "Name: " + name + "\nVersion: 1.2~rc1\nRelease: 3.el9\nSummary: x\nLicense: MIT\nBuildArch: noarch\nVendor: Example Vendor\n" + more +
           "\n%description\nx\n%install\nmkdir -p %{buildroot}/usr/share/" + name + "\necho x > %{buildroot}/usr/share/" + name + "/data\n%files\n%dir /usr/share/" + name + "\n/usr/share/" + name + "/data\n";
  };
  trial::put(scratch / "one.spec", spec("one", ""));
  trial::put(scratch / "two.spec", spec("two", "Epoch: 2\nModularityLabel: two:18:8060020220523160029:ad008a3a\n"));
  const std::string top = "--define '_topdir " + scratch.path().string() + "/top' --define '_dbpath " + scratch.path().string() + "/db'";
  ASSERT_TRUE(trial::run(scratch.path(), "rpmbuild " + top + " -bb one.spec two.spec && mkdir -p db && rpm " + top + " --initdb && rpm " + top + " -i --justdb --nodeps --ignoreos top/RPMS/noarch/*.rpm"))
      << trial::content_of(scratch / "log.txt");
  const Told told = trial::tell("rpm", "var/lib/rpm/rpmdb.sqlite", trial::content_of(scratch / "db/rpmdb.sqlite"));
  Strings ours, theirs;
  for (const Component& each : told.components) {
    ours.push_back(each.name + " " + each.version + " " + each.architecture + " " + each.source + "-" + each.source_version + ".src.rpm " + each.maintainer + " " + join(each.files, ","));
    EXPECT_EQ(each.module, each.name == "two" ? "two:18:8060020220523160029:ad008a3a" : "");
  }
  const std::string asked = trial::output_of("rpm " + top + " -qa --qf '%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM} %{VENDOR} [%{FILENAMES},]\\n'");
  for (std::string_view line : split(trim(asked), '\n')) {
    std::string each(line);
    each.pop_back();
    for (size_t at = each.find(" /"); at != std::string::npos; at = each.find(" /")) each.erase(at + 1, 1);
    for (size_t at = each.find(",/"); at != std::string::npos; at = each.find(",/")) each.erase(at + 1, 1);
    theirs.push_back(each);
  }
  std::ranges::sort(ours), std::ranges::sort(theirs);
  EXPECT_EQ(ours, theirs);
  EXPECT_EQ(ours.size(), 2U);
  EXPECT_EQ(told.notes, Strings{});
  EXPECT_EQ(told.damage, Strings{});
  // A version that somebody raises in the file, in every place where it stands: its signed digest tells.
  std::string raised = trial::content_of(scratch / "db/rpmdb.sqlite");
  size_t places = 0;
  for (size_t at = raised.find("1.2~rc1"); at != std::string::npos; at = raised.find("1.2~rc1", at)) raised.replace(at, 7, "9.2~rc1"), ++places;
  EXPECT_GE(places, 2U);
  Strings refused = trial::lines(trial::tell("rpm", "var/lib/rpm/rpmdb.sqlite", raised));
  std::ranges::sort(refused);
  EXPECT_EQ(refused,
            (Strings{"damage: cannot read 'var/lib/rpm/rpmdb.sqlite': the header of 'one' has another digest than it was signed with", "damage: cannot read 'var/lib/rpm/rpmdb.sqlite': the header of 'two' has another digest than it was signed with"}));
}

std::string trailer(std::uint32_t back) { return big(63) + big(7) + big(~back + 1) + big(16); }

/// A header with a region of all tags but the last, which is its digest.
std::string with_region(const std::string& digest, std::uint32_t back = 32, std::uint32_t size = 16) {
  const std::string signed_store = "bash" + std::string(1, '\0') + "5.1" + std::string(1, '\0') + "6" + std::string(1, '\0');
  const auto at = [](size_t value) { return big(static_cast<std::uint32_t>(value)); };
  const std::string store = signed_store + trailer(back) + digest + '\0';
  const std::string index = big(63) + big(7) + at(signed_store.size()) + big(size) + big(1000) + big(6) + big(0) + big(1) + big(1001) + big(6) + big(5) + big(1) + big(1002) + big(6) + big(9) + big(1) + big(273) + big(6) + at(signed_store.size() + 16) + big(1);
  return big(5) + at(store.size()) + index + store;
}

TEST(Rpm, RegionsAreHeldAgainstTheirDigest) {
  const std::string forged = std::string(64, '0');
  EXPECT_EQ(read(with_region(forged)), "the header of 'bash' has another digest than it was signed with");
  EXPECT_EQ(read(with_region("")), "bash 5.1-6") << "nothing to be held against";
  EXPECT_EQ(read(with_region(forged, 33)), damaged) << "no whole number of tags";
  EXPECT_EQ(read(with_region(forged, 32 * 1000)), damaged) << "before the header";
  EXPECT_EQ(read(with_region(forged, 32, 15)), damaged) << "no trailer";
  const std::string whole = with_region(forged);
  const std::string covered = std::string("\x8e\xad\xe8\x01\0\0\0\0", 8) + big(2) + big(27) + whole.substr(8, 32) + whole.substr(8 + 80, 27);
  EXPECT_EQ(read(with_region(Digest::of(covered).hex())), "bash 5.1-6") << "the digest that two tags and their trailer have";
}

}  // namespace
}  // namespace ashlar::inventory
