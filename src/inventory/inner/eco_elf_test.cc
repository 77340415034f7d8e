// Rust's lists of crates and package notes: what linkers leave in ELF files.
#include <gtest/gtest.h>

#include <algorithm>

#include "inventory/inner/elf_file.h"
#include "inventory/inner/reader_trial.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

class ElfPrograms : public testing::Test {
 protected:
  void SetUp() override {
    if (!trial::has_program("gcc") || !trial::has_program("objcopy")) GTEST_SKIP() << "gcc and objcopy are not installed";
    trial::put(scratch / "a.c", "int main(void) { return 0; }\n");
  }
  std::string compile(const std::string& options, const std::string& after = "true") {
    EXPECT_TRUE(trial::run(scratch.path(), "gcc a.c -o out " + options + " && " + after)) << trial::content_of(scratch / "log.txt");
    return trial::content_of(scratch / "out");
  }
  /// As cargo-auditable does with its linker's input.
  std::string with_crates(const std::string& packed, const std::string& after = "true") {
    trial::put(scratch / "crates", packed);
    return compile("", "objcopy --add-section .dep-v0=crates out && " + after);
  }
  const trial::Scratch scratch;
};

const char* const crates = R"({"packages":[{"name":"app","version":"0.1.0","source":"local","root":true,"dependencies":[1,2]},{"name":"serde","version":"1.0.200","source":"crates.io"},
  {"name":"cc","version":"1.0.1","source":"crates.io","kind":"build"},{"name":"fork","version":"2.0.0","source":"git"}],"format":1})";

TEST_F(ElfPrograms, RustTellsOfItsCrates) {
  const Strings want = {"cargo app 0.1.0 bin/app [the program's own crate]", "cargo serde 1.0.200 bin/app", "cargo fork 2.0.0 bin/app [its source is 'git', not crates.io]"};
  EXPECT_EQ(trial::lines(trial::tell("rust", "bin/app", with_crates(trial::deflated(crates, 15)))), want);
  EXPECT_EQ(trial::lines(trial::tell("rust", "bin/app", with_crates(trial::deflated(crates, 15), "strip out"))), want) << "stripped";
}

TEST_F(ElfPrograms, ListsOfCratesThatAreNone) {
  const struct { const char* summary; std::string packed; const char* note; } cases[] = {
      {"not packed", "hello", "its packed bytes are damaged or cut off"},
      {"cut off", trial::deflated(crates, 15).substr(0, 60), "its packed bytes are damaged or cut off"},
      {"a bomb", trial::deflated(std::string(100 << 20, ' '), 15), "it unpacks to more than 8388608 bytes"},
      {"no JSON", trial::deflated("{", 15), "cannot read '.dep-v0': it is not valid JSON"},
      {"nested without end", trial::deflated(std::string(1 << 20, '[') + std::string(1 << 20, ']'), 15), "cannot read '.dep-v0': it nests deeper than 200"},
      {"another shape", trial::deflated("[]", 15), "its list of crates has no packages"},
      {"a package without a name", trial::deflated(R"({"packages":[{"version":"1"}]})", 15), "its list of crates is damaged"},
      {"a package that is none", trial::deflated(R"({"packages":[1]})", 15), "its list of crates is damaged"},
  };
  for (const auto& each : cases) EXPECT_EQ(trial::lines(trial::tell("rust", "x", with_crates(each.packed))), (Strings{std::string("unread: cannot read 'x': ") + each.note})) << each.summary;
}

TEST_F(ElfPrograms, AProgramOfRustWithoutAListSaysSo) {
  EXPECT_EQ(trial::lines(trial::tell("rust", "x", compile(""))), Strings{}) << "C";
  if (!trial::has_program("rustc")) GTEST_SKIP() << "rustc is not installed";
  trial::put(scratch / "r.rs", "fn main() {}\n");
  ASSERT_TRUE(trial::run(scratch.path(), "rustc r.rs -o r && strip r")) << trial::content_of(scratch / "log.txt");
  const Strings found = trial::lines(trial::tell("rust", "x", trial::content_of(scratch / "r")));
  if (trial::output_of("readelf -p .comment '" + (scratch / "r").string() + "'").find("rustc version ") == std::string::npos) {  // as Debian 12's does not
    EXPECT_EQ(found, Strings{}) << "a compiler that leaves no mark";
    return;
  }
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].starts_with("note: 'x' is made by rustc version 1.") && found[0].ends_with(", and lists no crates")) << found[0];
}

TEST_F(ElfPrograms, NotesNameTheirPackage) {
  const std::string note = R"({"type":"deb","os":"ubuntu","osVersion":"25.04","name":"hello","version":"2.10-3","architecture":"amd64"})";
  const std::string bytes = compile("-Xlinker '--package-metadata=" + note + "'");
  const Told told = trial::tell("elf-note", "usr/bin/hello", bytes);
  ASSERT_EQ(trial::lines(told), (Strings{"deb hello 2.10-3 usr/bin/hello"}));
  EXPECT_EQ(told.components[0].architecture, "amd64");
  EXPECT_EQ(told.components[0].distribution, "ubuntu-25.04");
  std::string sectionless = bytes;
  sectionless.replace(40, 8, std::string(8, '\0'));
  EXPECT_EQ(trial::lines(trial::tell("elf-note", "usr/bin/hello", sectionless)), (Strings{"deb hello 2.10-3 usr/bin/hello"})) << "notes are found by segments, too";
  EXPECT_EQ(trial::lines(trial::tell("elf-note", "x", compile("-Xlinker '--package-metadata={\"type\":\"deb\"}'"))), (Strings{"note: cannot read 'x': its package note names no package"}));
  EXPECT_EQ(trial::lines(trial::tell("elf-note", "x", compile("-Xlinker '--package-metadata={\"type\":\"nix\",\"name\":\"n\"}'"))), (Strings{"generic n  x [its note has no version]"}));
  EXPECT_EQ(trial::lines(trial::tell("elf-note", "x", compile(""))), Strings{});
  trial::torture("elf-note", "x", bytes);
  trial::torture("rust", "x", with_crates(trial::deflated(crates, 15)));
}

TEST_F(ElfPrograms, FilesOfOnePackageAreOneComponent) {
  const std::string bytes = compile(R"(-Xlinker '--package-metadata={"type":"rpm","name":"p","version":"1-1"}')");
  Told all;
  for (const char* path : {"bin/a", "bin/b", "lib/c.so"}) {
    const Told told = trial::tell("elf-note", path, bytes);
    all.components.insert(all.components.end(), told.components.begin(), told.components.end());
  }
  settle_elf_note(all, {});
  ASSERT_EQ(trial::lines(all), (Strings{"rpm p 1-1 bin/a"}));
  EXPECT_EQ(all.components[0].files, (Strings{"bin/b", "lib/c.so"}));
}

TEST_F(ElfPrograms, APackedProgramIsNoted) {
  std::string bytes = compile("-static || gcc a.c -o out");
  bytes.replace(40, 8, std::string(8, '\0'));
  bytes.replace(600, 4, "UPX!");
  EXPECT_EQ(trial::lines(trial::tell("elf-note", "x", bytes)), (Strings{"note: cannot read 'x': it is packed by UPX"}));
}

TEST_F(ElfPrograms, SectionsAndSegmentsAreThoseOfReadelf) {
  const std::string bytes = compile("");
  const ViewFile file(as_bytes(bytes));
  const auto elf = ElfFile::open(file).value();
  const std::string listing = trial::output_of("readelf -W -S -l '" + (scratch / "out").string() + "'");
  EXPECT_NE(listing.find("There are " + std::to_string(elf.sections().size()) + " section headers"), std::string::npos);
  EXPECT_NE(listing.find("There are " + std::to_string(elf.segments().size()) + " program headers"), std::string::npos);
  ASSERT_NE(elf.section(".interp"), nullptr);
  const auto* const interp = elf.section(".interp");
  const auto text = elf.read(*interp, 100).value();
  EXPECT_NE(listing.find(std::string(as_text(text)).c_str()), std::string::npos);
  EXPECT_EQ(elf.at(interp->address, interp->size).value(), text) << "by its address";
  EXPECT_EQ(elf.section(".bss"), nullptr) << "it has no bytes in the file";
  EXPECT_TRUE(elf.at(~std::uint64_t{0} - 8, 8).value().empty());
}

}  // namespace
}  // namespace ashlar::inventory
