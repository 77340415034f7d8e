#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.h"
#include "inventory/inner/go_functions.h"
#include "inventory/inner/reader_trial.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

/// A program of a module with two vendored dependencies, one of them replaced by a module and one by a folder, as `go build` makes it.
class GoPrograms : public testing::Test {
 protected:
  void SetUp() override {
    if (!trial::has_program("go")) GTEST_SKIP() << "go is not installed";
  }
  static void SetUpTestSuite() {
    scratch.emplace();
    const auto module = folder();
    trial::put(module / "go.mod", "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/lib/v2 v2.3.4\n\texample.com/old v1.0.0\n\texample.com/local v0.9.0\n)\n\nreplace example.com/old => example.com/new v1.1.0\n\nreplace example.com/local => ./local\n");
    trial::put(module / "main.go",
               "package main\n\nimport (\n\t\"example.com/lib/v2/yaml.v3\"\n\t\"example.com/local\"\n\t\"example.com/old\"\n\t\"os\"\n)\n\nfunc main() {\n\td := yaml.Decoder[int]{}\n\tos.Exit(d.Decode() + old.Add(len(os.Args)) + local.Id(func() int { return 1 }))\n}\n");
    trial::put(module / "vendor/example.com/lib/v2/yaml.v3/yaml.go",
               "package yaml\n\ntype Decoder[T any] struct{ at int }\n\n//go:noinline\nfunc (d *Decoder[T]) Decode() int { defer func() { d.at++ }(); return d.at }\n\n//go:noinline\nfunc NeverCalled() int { return 7 }\n");
    trial::put(module / "vendor/example.com/old/old.go", "package old\n\nfunc Add(a int) int { return a + small(a) }\nfunc small(a int) (n int) { for ; a > 0; a >>= 1 { n += a & 1 }; return }\n");
    trial::put(module / "vendor/example.com/local/local.go", "package local\n\n//go:noinline\nfunc Id(f func() int) int { return f() }\n");
    trial::put(module / "local/go.mod", "module example.com/local\n\ngo 1.21\n");
    trial::put(module / "local/local.go", "package local\n\nfunc Id(f func() int) int { return f() }\n");
    trial::put(module / "vendor/modules.txt",
               "# example.com/lib/v2 v2.3.4\n## explicit; go 1.21\nexample.com/lib/v2/yaml.v3\n# example.com/local v0.9.0 => ./local\n## explicit; go 1.21\nexample.com/local\n# example.com/old v1.0.0 => example.com/new v1.1.0\n## explicit; go 1.21\nexample.com/old\n# example.com/local => ./local\n# example.com/old => example.com/new v1.1.0\n");
  }

  std::string build(const std::string& options, const std::string& after = "true") {
    EXPECT_TRUE(trial::run(folder(), "CGO_ENABLED=0 GOFLAGS=-mod=vendor GOPROXY=off GOTOOLCHAIN=local go build -o out " + options + " . && " + after)) << trial::content_of(folder() / "log.txt");
    return trial::content_of(folder() / "out");
  }
  std::string go_version() { return std::string(trim(trial::output_of("go env GOVERSION"))).substr(2); }
  Strings expected(const std::string& path, const std::string& main) {
    return {"golang stdlib " + go_version() + " " + path, "golang example.com/app  " + path + " [main module without a version" + main + "]", "golang example.com/lib/v2 v2.3.4 " + path,
            "golang example.com/local  " + path + " [replaced by folder './local'; v0.9.0 was asked for]", "golang example.com/new v1.1.0 " + path + " [replaces example.com/old v1.0.0]"};
  }
  static std::filesystem::path folder() { return *scratch / "app"; }
  static void TearDownTestSuite() { scratch.reset(); }
  static inline std::optional<trial::Scratch> scratch;  // one for all tests: what was compiled once is not again
};

const Component& named(const Told& told, std::string_view name) {
  const auto found = std::ranges::find(told.components, name, &Component::name);
  if (found == told.components.end()) std::abort();
  return *found;
}

// users.md (c) 9: main modules without a version, also in programs whose symbols were taken away.
TEST_F(GoPrograms, TellTheirModulesHoweverTheyWereBuilt) {
  const struct { const char* summary; const char* options; const char* after; } variants[] = {
      {"plain", "", "true"},
      {"stripped by binutils", "", "strip out"},
      {"stripped by the linker, paths trimmed", "-trimpath -ldflags='-s -w'", "true"},
      {"without a table of sections", "-trimpath -ldflags='-s -w'", "printf '\\0\\0\\0\\0\\0\\0\\0\\0' | dd of=out bs=1 seek=40 conv=notrunc"},
      {"position independent, stripped twice; a version in the linker's flags is no module's", "-buildmode=pie -ldflags='-s -w -X main.version=9.9.9'", "strip out"},
  };
  for (const auto& each : variants) {
    const Told told = trial::tell("go", "usr/bin/app", build(each.options, each.after));
    Strings want = expected("usr/bin/app", "");
    Strings found = trial::lines(told);
    std::ranges::sort(found), std::ranges::sort(want);
    EXPECT_EQ(found, want) << each.summary;
    ASSERT_EQ(told.components.size(), 5U);
    EXPECT_EQ(named(told, "example.com/lib/v2").symbols, (Strings{"example.com/lib/v2/yaml.v3.Decoder.Decode"})) << each.summary << ": NeverCalled() is not linked in";
    EXPECT_EQ(named(told, "example.com/new").symbols, (Strings{"example.com/old.Add", "example.com/old.small"})) << each.summary << ": inlined functions are there, too";
    EXPECT_EQ(named(told, "example.com/local").symbols, (Strings{"example.com/local.Id"})) << each.summary;
    EXPECT_EQ(named(told, "example.com/app").symbols, (Strings{"example.com/app.main"})) << each.summary;
    const auto& library = named(told, "stdlib").symbols;
    EXPECT_TRUE(std::ranges::binary_search(library, "os.Exit") && std::ranges::binary_search(library, "sync.Mutex.Lock")) << each.summary;
    EXPECT_FALSE(std::ranges::binary_search(library, "net/http.Get")) << each.summary;
  }
}

/// As Bazel and GOPATH have it: the build information names no module, and the program is full of others' packages all the same.
TEST_F(GoPrograms, PackagesOfNoModuleAreNotPassedOver) {
  const auto work = *scratch / "gopath";
  trial::put(work / "src/example.com/gp/app/main.go", "package main\n\nimport (\n\t\"example.com/gp/lib\"\n\t\"os\"\n)\n\nfunc main() { os.Exit(lib.Count(os.Args)) }\n");
  trial::put(work / "src/example.com/gp/lib/lib.go", "package lib\n\n//go:noinline\nfunc Count(a []string) int { return len(a) }\n");
  trial::put(work / "src/alone/main.go", "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(len(os.Args)) }\n");
  const auto built = [&](const std::string& package) {
    EXPECT_TRUE(trial::run(work, "GO111MODULE=off GOFLAGS= GOPATH=\"$PWD\" CGO_ENABLED=0 GOTOOLCHAIN=local go build -o out " + package)) << trial::content_of(work / "log.txt");
    return trial::lines(trial::tell("go", "app", trial::content_of(work / "out")));
  };
  EXPECT_EQ(built("example.com/gp/app"), (Strings{"golang stdlib " + go_version() + " app", "unread: cannot read 'app': it holds packages of no module that it names, 'example.com/gp/app' first"}));
  EXPECT_EQ(built("alone"), (Strings{"golang stdlib " + go_version() + " app"})) << "of Go itself alone: nothing lacks";
}

TEST_F(GoPrograms, AMainModuleOfAKnownRevisionSaysSo) {
  if (!trial::has_program("git")) GTEST_SKIP() << "git is not installed";
  ASSERT_TRUE(trial::run(folder(), "git init -q . && git add go.mod main.go vendor local && git -c user.name=t -c user.email=t@localhost commit -qm x")) << trial::content_of(folder() / "log.txt");
  const std::string revision(trim(trial::output_of("git -C '" + (folder()).string() + "' rev-parse HEAD")));
  const Component main = named(trial::tell("go", "app", build("-buildvcs=true")), "example.com/app");
  const bool stamped = main.version.starts_with("v0.0.0-");  // since Go 1.24
  EXPECT_TRUE(stamped || main.remark.find(revision) != std::string::npos) << main.version << " " << main.remark;
  EXPECT_TRUE(!stamped || main.version.find(revision.substr(0, 12)) != std::string::npos) << main.version;
}

TEST_F(GoPrograms, NamesOfFunctionsAreThoseOfGoToolNm) {
  const std::string bytes = build("");
  const ViewFile file(as_bytes(bytes));
  const auto elf = ElfFile::open(file).value();
  const auto names = go_functions(elf).value();
  const std::set<std::string> ours(names.begin(), names.end());
  size_t compared = 0;
  for (const std::string_view line : split(trial::output_of("go tool nm '" + (folder() / "out").string() + "'"), '\n')) {
    const auto fields = words(line);
    if (fields.size() != 3 || fields[1] != "T" || !(fields[2].starts_with("os.") || fields[2].starts_with("runtime.(*") || fields[2].starts_with("example.com/"))) continue;
    if (fields[2].ends_with(".abi0")) continue;
    // Go 1.19 spells the type arguments out in the table of symbols, and not in that of functions.
    std::string name(fields[2]);
    if (const size_t open = name.find('['), close = name.rfind(']'); open < close && close != std::string::npos) name.replace(open, close + 1 - open, "[...]");
    EXPECT_TRUE(ours.contains(std::string(fields[2])) || ours.contains(name)) << fields[2];
    ++compared;
  }
  EXPECT_GT(compared, 50U);
}

TEST_F(GoPrograms, DamageGivesAnAnswer) {
  const std::string bytes = build("-ldflags='-s -w'");
  trial::torture("go", "app", bytes, 60);
  const size_t at = bytes.find(std::string("\xff Go buildinf:"));
  ASSERT_NE(at, std::string::npos);
  std::string giant = bytes;
  giant.replace(at + 32, 10, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(trial::lines(trial::tell("go", "app", giant)), (Strings{"unread: cannot read 'app': its build information is damaged"}));
  std::string none = bytes;
  for (size_t each = none.find("\xff Go buildinf:"); each != std::string::npos; each = none.find("\xff Go buildinf:")) none[each + 5] = 'X';
  EXPECT_EQ(trial::lines(trial::tell("go", "app", none)), (Strings{"unread: cannot read 'app': it is a Go program without build information"}));
}

// The toolchain's own test of the form before Go 1.18.
TEST(Go, ReadsTheFormWithPointers) {
  const std::string folder = std::string(trim(trial::output_of("go env GOROOT 2>/dev/null"))) + "/src/debug/buildinfo/testdata/go117/go117.base64";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the sources of Go are not installed";
  const Told told = trial::tell("go", "old", trial::output_of("base64 -d '" + folder + "'"));
  EXPECT_EQ(trial::lines(told), (Strings{"golang stdlib 1.17 old", "golang example.com/go117  old [main module without a version]"}));
  EXPECT_TRUE(std::ranges::binary_search(named(told, "stdlib").symbols, "runtime.mallocgc"));
  EXPECT_EQ(named(told, "example.com/go117").symbols, (Strings{"example.com/go117.main"}));
}

// Both forms, byte by byte: no tool is needed for these.
TEST(Go, ReadsSmallPrograms) {
  const std::string folder = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/fuzz/programs/";
  const Told now = trial::tell("go", "x", trial::content_of(folder + "go")), old = trial::tell("go", "x", trial::content_of(folder + "go-pointers"));
  EXPECT_EQ(trial::lines(now), (Strings{"golang stdlib 1.22.3 x [made by 'go1.22.3 X:boringcrypto']", "golang example.com/app  x [main module without a version; built from revision abc, modified]",
                                        "golang example.com/new v1.1.0 x [replaces example.com/old v1.0.0]", "golang gopkg.in/yaml.v3 v3.0.1 x"}));
  EXPECT_EQ(named(now, "gopkg.in/yaml.v3").symbols, (Strings{"gopkg.in/yaml.v3.Decoder.Decode"}));
  EXPECT_EQ(named(now, "stdlib").symbols, (Strings{"runtime.mallocgc"}));
  EXPECT_EQ(trial::lines(old).at(0), "golang stdlib 1.16.5 x");
  EXPECT_EQ(named(old, "example.com/new").symbols, (Strings{"example.com/old.Add"}));
  EXPECT_EQ(named(old, "example.com/app").symbols, (Strings{"example.com/app.main"}));
}

TEST(Go, AModuleWithoutANameIsNoted) {
  std::string nameless = trial::content_of(std::string(ASHLAR_SOURCE_DIR) + "/tests/data/fuzz/programs/go");
  const size_t at = nameless.find("dep\tgopkg.in");
  ASSERT_NE(at, std::string::npos);
  nameless[at + 4] = '\t';
  const Strings told = trial::lines(trial::tell("go", "x", nameless));
  EXPECT_NE(std::ranges::find(told, "unread: cannot read 'x': a module of it has no name"), told.end());
  EXPECT_EQ(told.back(), "unread: cannot read 'x': it holds packages of no module that it names, 'gopkg.in/yaml.v3' first");
  for (const std::string& line : told) EXPECT_EQ(line.find("golang  "), std::string::npos) << line;
}

TEST(Go, OtherProgramsAreNone) {
  EXPECT_EQ(trial::lines(trial::tell("go", "bin/sh", trial::content_of("/bin/sh"))), Strings{});
  EXPECT_EQ(trial::lines(trial::tell("go", "x", std::string("\177ELF", 4) + std::string(60, '\xff'))), Strings{});
}

struct SymbolCase {
  const char* name;
  const char* package;
  const char* function;
};

TEST(Go, NamesOfTheLinkerAreReadAsPeopleWriteThem) {
  const SymbolCase cases[] = {
      {"main.main", "main", "main"},
      {"net/http.(*Client).Do", "net/http", "Client.Do"},
      {"net/http.(*Client).Do-fm", "net/http", "Client.Do"},
      {"net/http.Header.Get", "net/http", "Header.Get"},
      {"gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml.v3", "Unmarshal"},
      {"gopkg.in/yaml%2ev3.Unmarshal.func1.2", "gopkg.in/yaml.v3", "Unmarshal"},
      {"a.b/c.F[...]", "a.b/c", "F"},
      {"a.b/c.F[go.shape.struct { x d.e/f.G }]", "a.b/c", "F"},
      {"a.b/c.(*T[go.shape.int]).M", "a.b/c", "T.M"},
      {"a.b/c.(*T[...]).M.func1", "a.b/c", "T.M"},
      {"a.b/c.F.gowrap1", "a.b/c", "F"},
      {"a.b/c.F.deferwrap2", "a.b/c", "F"},
      {"a.b/c.F.func1-range1", "a.b/c", "F"},
      {"a.b/c.F\xc2\xb7" "dwrap\xc2\xb7" "1", "a.b/c", "F"},
      {"a.b/c.init.0", "a.b/c", "init"},
      {"a.b/c.glob..func1", "", ""},
      {"type:.eq.a.b/c.T", "", ""},
      {"go:buildid", "", ""},
      {"_rt0_amd64", "", ""},
      {"", "", ""},
  };
  for (const SymbolCase& each : cases) {
    EXPECT_EQ(go_symbol(each.name), std::pair(std::string(each.package), std::string(each.function))) << each.name;
  }
}

}  // namespace
}  // namespace ashlar::inventory
