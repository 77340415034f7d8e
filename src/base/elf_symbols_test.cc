#include "base/elf_symbols.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>

#include "base/elf.h"
#include "base/text.h"

namespace ashlar {
namespace {

namespace fs = std::filesystem;

Bytes read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What readelf (binutils) says of the dynamic symbols.
struct Reference {
  std::set<std::string> gives, takes;  ///< `name@VERSION`
  bool asked = false;
};

Reference ask_readelf(const fs::path& path) {
  Reference out;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("LC_ALL=C readelf -W --dyn-syms '" + path.string() + "' 2>/dev/null").c_str(), "r"), pclose);
  std::string text;
  std::array<char, 65536> buffer;
  while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) text.append(buffer.data(), count);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    // `<OS specific>: 10` is one word of three
    if (const size_t from = line.find("<OS specific>: "); from != std::string::npos) line.erase(from, std::string_view("<OS specific>: ").size());
    std::istringstream words(line);
    std::string number, value, size, type, bind, sight, section, name;
    if (!(words >> number >> value >> size >> type >> bind >> sight >> section >> name) || !number.ends_with(':') || number == "Num:") continue;
    out.asked = true;
    if (bind == "LOCAL" || type == "SECTION" || type == "FILE") continue;
    // `name@VERSION (3)`, `name@@VERSION`
    if (const size_t two = name.find("@@"); two != std::string::npos) name.erase(two, 1);
    if (section == "UND") out.takes.insert(name);
    else if (sight != "HIDDEN" && sight != "INTERNAL" && !(section == "ABS" && name.substr(name.find('@') + 1) == name.substr(0, name.find('@')))) out.gives.insert(name);
  }
  return out;
}

std::string full(const ElfSymbols::Taken& taken) { return taken.version.empty() ? taken.name : taken.name + "@" + taken.version; }

TEST(ElfSymbols, are_those_that_readelf_shows) {
  size_t compared = 0, versioned = 0;
  for (const char* folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/bin"}) {
    if (!fs::exists(folder)) continue;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_regular_file() && !entry.is_symlink() && entry.file_size() < (4 << 20)) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (size_t at = 0; at < files.size() && compared < 120; at += 5) {
      const Bytes bytes = read_file(files[at]);
      if (!is_elf(bytes)) continue;
      const Reference reference = ask_readelf(files[at]);
      if (!reference.asked) continue;
      const auto symbols = read_elf_symbols(bytes);
      ASSERT_TRUE(symbols) << files[at] << ": " << symbols.error().message;
      EXPECT_EQ(std::set(symbols->gives.begin(), symbols->gives.end()), reference.gives) << files[at];
      std::set<std::string> takes;
      for (const auto& each : symbols->takes) takes.insert(full(each));
      EXPECT_EQ(takes, reference.takes) << files[at];
      versioned += std::ranges::count_if(symbols->takes, [](const auto& each) { return !each.library.empty(); });
      ++compared;
    }
  }
  if (compared == 0) GTEST_SKIP() << "this machine has no readelf (binutils), or no libraries";
  EXPECT_GT(versioned, 100U) << "hardly any has a version: it is not read";
}

TEST(ElfSymbols, of_the_c_library_are_known) {
  for (const char* path : {"/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6"}) {
    if (!fs::exists(path)) continue;
    const auto symbols = read_elf_symbols(read_file(path));
    ASSERT_TRUE(symbols) << symbols.error().message;
    EXPECT_TRUE(std::ranges::any_of(symbols->gives, [](const std::string& each) { return each.starts_with("fopen@GLIBC_"); }));
    EXPECT_TRUE(std::ranges::binary_search(symbols->versions, "GLIBC_2.34")) << "the program's own start needs it";
    EXPECT_TRUE(std::ranges::is_sorted(symbols->gives));
    return;
  }
  GTEST_SKIP() << "this machine's C library is none of glibc's";
}

TEST(ElfSymbols, what_is_cut_or_changed_is_refused_or_read_but_never_beyond_its_end) {
  const Bytes whole = read_file("/proc/self/exe");
  ASSERT_TRUE(read_elf_symbols(whole));
  const Bytes front(whole.begin(), whole.begin() + std::min<std::ptrdiff_t>(1 << 16, static_cast<std::ptrdiff_t>(whole.size())));
  for (size_t size = 0; size < 4096; size += 61) (void)read_elf_symbols(BytesView(front).first(size));
  for (size_t at = 0; at < 2048; ++at) {
    Bytes changed = front;
    changed[at % changed.size()] ^= 0xff;
    const auto symbols = read_elf_symbols(changed);
    if (!symbols) {
      EXPECT_FALSE(symbols.error().message.empty());
    }
  }
}

TEST(ElfSymbols, what_has_no_dynamic_section_has_none_and_what_is_no_elf_file_is_refused) {
  const std::string text = "#!/bin/sh\n";
  const auto none = read_elf_symbols(as_bytes(text));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::NotFound);
  Bytes bare(64, 0);  // a head alone, of 64 bits and little-endian
  const std::string front("\177ELF\2\1\1", 7);
  std::ranges::copy(front, bare.begin());
  const auto empty = read_elf_symbols(bare);
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_TRUE(empty->gives.empty() && empty->takes.empty() && empty->versions.empty());
}

}  // namespace
}  // namespace ashlar
