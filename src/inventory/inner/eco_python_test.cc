#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "inventory/inner/reader_trial.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

struct Case {
  const char* summary;
  const char* path;
  std::string content;
  Strings told;
};

const Case cases[] = {
    {"a wheel as pip unpacks it; the name is normalised (PEP 503)", "usr/lib/python3/site-packages/Flask_SQLAlchemy-3.1.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: Flask_.SQLAlchemy\nVersion: 3.1.1\n\nName: other\n",
     {"pypi flask-sqlalchemy 3.1.1 usr/lib/python3/site-packages/Flask_SQLAlchemy-3.1.1.dist-info/METADATA"}},
    {"line ends of Windows", "a/x-1.dist-info/METADATA", "Name: x\r\nVersion: 1\r\n\r\n", {"pypi x 1 a/x-1.dist-info/METADATA"}},
    {"an egg-info folder", "a/x.egg-info/PKG-INFO", "Name: x\nVersion: 1.0.post1\n", {"pypi x 1.0.post1 a/x.egg-info/PKG-INFO"}},
    {"an egg-info file", "a/x-1.egg-info", "Name: x\nVersion: 1\n", {"pypi x 1 a/x-1.egg-info"}},
    {"an unpacked egg", "a/x-1-py3.egg/EGG-INFO/PKG-INFO", "Name: x\nVersion: 1\n", {"pypi x 1 a/x-1-py3.egg/EGG-INFO/PKG-INFO"}},
    {"no version", "a/x.dist-info/METADATA", "Name: x\n", {"pypi x  a/x.dist-info/METADATA [its metadata has no version]"}},
    {"UNKNOWN is none", "a/x.dist-info/METADATA", "Name: x\nVersion: UNKNOWN\n", {"pypi x  a/x.dist-info/METADATA [its metadata has no version]"}},
    {"what follows the blank line is a description", "a/x.dist-info/METADATA", "Summary: x\n\nName: x\nVersion: 1\n", {"unread: cannot read 'a/x.dist-info/METADATA': it names no package"}},
    {"a name of which nothing is left", "a/x.dist-info/METADATA", "Name: ._-\nVersion: 1\n", {"unread: cannot read 'a/x.dist-info/METADATA': it names no package"}},
    {"a record beside a name of which nothing is left", "a/_-1.dist-info/RECORD", "x.py,,\n", {"pypi _-1 1 a/_-1.dist-info/RECORD [its record of files has no metadata beside it]"}},
    {"names of fields in any case, as Python reads them", "a/x.dist-info/METADATA", "metadata-version: 2.1\nNAME: left\nversion: 1\n\n", {"pypi left 1 a/x.dist-info/METADATA"}},
    {"a field whose name begins alike", "a/x.dist-info/METADATA", "Names: left\nVersion: 1\n", {"unread: cannot read 'a/x.dist-info/METADATA': it names no package"}},
    {"empty", "a/x.dist-info/METADATA", "", {"unread: cannot read 'a/x.dist-info/METADATA': it names no package"}},
    {"bytes that are no text", "a/x.dist-info/METADATA", "Name: \xff\nVersion: 1\n", {"unread: cannot read 'a/x.dist-info/METADATA': it names no package"}},
    {"METADATA of something else", "a/METADATA", "Name: x\nVersion: 1\n", {}},
    {"a wheel that lies about", "usr/lib/ensurepip/pip-24.0-py3-none-any.whl", trial::zip({{"pip/__init__.py", ""}, {"pip-24.0.dist-info/METADATA", "Name: pip\nVersion: 24.0\n"}, {"pip/_vendor/y-1.dist-info/METADATA", "Name: y\nVersion: 1\n"}}),
     {"pypi pip 24.0 usr/lib/ensurepip/pip-24.0-py3-none-any.whl!pip-24.0.dist-info/METADATA [a wheel that is not installed]"}},
    {"a packed egg is used as it is", "a/x.egg", trial::zip({{"EGG-INFO/PKG-INFO", "Name: x\nVersion: 2\n", true}}), {"pypi x 2 a/x.egg!EGG-INFO/PKG-INFO"}},
    {"a wheel without metadata", "a/x.whl", trial::zip({{"x.py", "1"}}), {"unread: cannot read 'a/x.whl': it holds no metadata"}},
    {"a wheel that is none", "a/x.whl", "no zip", {"unread: cannot read 'a/x.whl': it ends as no zip archive"}},
    {"a wheel whose metadata is a bomb", "a/x.whl", trial::zip({{"x-1.dist-info/METADATA", std::string(5 << 20, ' ')}}),
     {"unread: cannot read 'a/x.whl!x-1.dist-info/METADATA': it unpacks to 5242880 bytes, more than 4194304"}},
};

TEST(Python, TellsOfFiles) {
  for (const Case& each : cases) EXPECT_EQ(trial::lines(trial::tell("python", each.path, each.content)), each.told) << each.summary;
}

/// As after a whole reading.
Told settled(const std::vector<std::pair<std::string, std::string>>& files) {
  Told all;
  for (const auto& [path, content] : files) {
    Told told = trial::tell("python", path, content);
    all.components.insert(all.components.end(), told.components.begin(), told.components.end());
    all.notes.insert(all.notes.end(), told.notes.begin(), told.notes.end());
  }
  settle_python(all, {});
  return all;
}

TEST(Python, RecordsNameTheFiles) {
  const Told told = settled({{"s/x-1.dist-info/METADATA", "Name: x\nVersion: 1\n"}, {"s/x-1.dist-info/RECORD", "x/__init__.py,sha256=abc,1\n\"x/a,\"\"b.py\",,\n../../bin/x,,\n../../../../../out,,\nx-1.dist-info/RECORD,,\n"}});
  ASSERT_EQ(told.components.size(), 1U);
  EXPECT_EQ(told.components[0].path, "s/x-1.dist-info/METADATA");
  EXPECT_EQ(told.components[0].files, (Strings{"s/x-1.dist-info/RECORD", "s/x/__init__.py", "s/x/a,\"b.py"})) << "those that lead out of the environment are left out";
  EXPECT_TRUE(told.notes.empty());

  const Told egg = settled({{"s/y.egg-info/PKG-INFO", "Name: y\nVersion: 1\n"}, {"s/y.egg-info/installed-files.txt", "../y/__init__.py\nPKG-INFO\n"}});
  ASSERT_EQ(egg.components.size(), 1U);
  EXPECT_EQ(egg.components[0].files, (Strings{"s/y.egg-info/PKG-INFO", "s/y/__init__.py"}));
}

TEST(Python, RecordsSayWhichBytesTheirFilesHave) {
  const std::string raw(as_text(Digest::of(std::string_view("x")).raw())), none(32, '\0');
  std::string digest = to_base64(as_bytes(raw));
  for (char& c : digest) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (digest.ends_with('=')) digest.pop_back();
  const Told told = settled({{"usr/lib/python3.13/site-packages/x-1.dist-info/METADATA", "Name: x\nVersion: 1\n"},
                             {"usr/lib/python3.13/site-packages/x-1.dist-info/RECORD", "x.so,sha256=" + digest + ",1\n\"y,z.so\",sha256=" + digest + ",1\nmd5.so,md5=abc,1\nshort.so,sha256=AAAA,1\nx-1.dist-info/RECORD,,\n"
                                                                                        "../../../bin/x,sha256=" + digest + ",1\n../../../../bin/miner,sha256=" + digest + ",1\n/opt/miner,sha256=" + digest + ",1\n"}});
  ASSERT_EQ(told.components.size(), 1U);
  const std::string site = "usr/lib/python3.13/site-packages/";
  EXPECT_EQ(told.components[0].files, (Strings{"usr/bin/x", site + "md5.so", site + "short.so", site + "x-1.dist-info/RECORD", site + "x.so", site + "y,z.so"})) << "what leads out of the environment is none of its files";
  EXPECT_EQ(told.components[0].sums, raw + none + none + none + raw + raw);
}

TEST(Python, ARecordAloneStillTellsOfThePackage) {
  EXPECT_EQ(trial::lines(settled({{"s/A_b-1.2.dist-info/RECORD", "a.py,,\n"}})), (Strings{"pypi a-b 1.2 s/A_b-1.2.dist-info/RECORD [its record of files has no metadata beside it]"}));
}

// users.md (c) 11: wheels that carry a libssl of their own.
TEST(Python, NativeLibrariesThatCameWithAWheelAreNoted) {
  const Told told = settled({{"s/psycopg2_binary-2.9.9.dist-info/METADATA", "Name: psycopg2-binary\nVersion: 2.9.9\n"},
                             {"s/psycopg2_binary-2.9.9.dist-info/RECORD", "psycopg2/_psycopg.cpython-311-x86_64-linux-gnu.so,,\npsycopg2_binary.libs/libssl-81ffa89e.so.3,,\npsycopg2_binary.libs/libpq-9b38f5e3.so.5.17,,\n"}});
  EXPECT_EQ(told.notes, (Strings{"'s/psycopg2_binary-2.9.9.dist-info/METADATA': psycopg2-binary 2.9.9 came with native libraries of unknown version: libpq-9b38f5e3.so.5.17, libssl-81ffa89e.so.3"}));
}

// What python3 -m pip has installed on this machine, as its own library reads it.
TEST(Python, ReadsWhatIsInstalledHereAsPythonDoes) {
  const std::string listing = trial::output_of(
      "python3 -c \"\nimport importlib.metadata as m\nfor d in m.distributions():\n p=getattr(d,'_path',None)\n if p and p.is_dir() and d.metadata['Name'] and d.version: print(p, d.metadata['Name'], len(d.files or []), d.version, sep='\\t')\" 2>/dev/null");
  size_t seen = 0;
  for (const std::string_view line : split(trim(listing), '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() != 4) continue;
    const std::filesystem::path folder = std::string(fields[0]);
    const bool wheel = folder.extension() == ".dist-info";
    const auto file = folder / (wheel ? "METADATA" : "PKG-INFO");
    if (!std::filesystem::exists(file)) continue;
    const std::string path = file.string().substr(1);
    Told told = trial::tell("python", path, trial::content_of(file));
    ASSERT_EQ(told.components.size(), 1U) << path;
    EXPECT_EQ(told.components[0].version, fields[3]) << path;
    std::string name(fields[1]);
    std::ranges::transform(name, name.begin(), [](char c) { return c == '_' || c == '.' ? '-' : static_cast<char>(std::tolower(c)); });
    EXPECT_EQ(told.components[0].name, name);
    if (wheel && std::filesystem::exists(folder / "RECORD")) {
      const Told record = trial::tell("python", (folder / "RECORD").string().substr(1), trial::content_of(folder / "RECORD"));
      ASSERT_EQ(record.components.size(), 1U);
      EXPECT_EQ(std::to_string(record.components[0].files.size()), fields[2]) << path;
    }
    ++seen;
  }
  if (seen == 0) GTEST_SKIP() << "python3 has no packages here";
}

TEST(Python, AnyBytesGiveAnAnswer) {
  trial::torture("python", "a/x.whl", trial::zip({{"x-1.dist-info/METADATA", "Name: x\nVersion: 1\n"}}));
  trial::torture("python", "a/x-1.dist-info/RECORD", "x/__init__.py,sha256=abc,1\n\"x/a,\"\"b.py\",,\n");
  const Told many = trial::tell("python", "a/x-1.dist-info/RECORD", [] {
    std::string text;
    for (int each = 0; each < 200'001; ++each) text += "f" + std::to_string(each) + ",,\n";
    return text;
  }());
  EXPECT_EQ(many.components.at(0).files.size(), 200'000U);
  EXPECT_EQ(many.unread, (std::vector<Unread>{{"a/x-1.dist-info/RECORD", "it names more than 200000 files"}}));
}

}  // namespace
}  // namespace ashlar::inventory
