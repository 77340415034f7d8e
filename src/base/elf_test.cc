#include "base/elf_record.h"

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

#include "base/text.h"

namespace ashlar {
namespace {

namespace fs = std::filesystem;

Bytes read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 65536> buffer;
  while (pipe) {
    const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get());
    if (count == 0) break;
    out.append(buffer.data(), count);
  }
  return out;
}

/// What readelf (binutils) says, cut down to what we say.
struct Reference {
  std::vector<std::string> needed;
  std::string soname, runpath, interpreter, build_id;
  bool relro = false, now = false, stack_executable = false, ibt = false, shstk = false, stack_protector = false, fortified = false;
};

std::string between(std::string_view line, std::string_view begin, std::string_view end) {
  const size_t at = line.find(begin);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + begin.size());
  return std::string(rest.substr(0, rest.find(end)));
}

Reference ask_readelf(const fs::path& path) {
  Reference out;
  std::istringstream lines(output_of("LC_ALL=C readelf -W -d -l -n --dyn-syms '" + path.string() + "' 2>/dev/null"));
  for (std::string line; std::getline(lines, line);) {
    const std::string_view text = trim(line);
    if (text.find("(NEEDED)") != std::string_view::npos) out.needed.push_back(between(text, "[", "]"));
    if (text.find("(SONAME)") != std::string_view::npos) out.soname = between(text, "[", "]");
    if (text.find("(RUNPATH)") != std::string_view::npos) out.runpath = between(text, "[", "]");
    if (text.find("program interpreter:") != std::string_view::npos) out.interpreter = between(text, "program interpreter: ", "]");
    if (text.find("Build ID: ") != std::string_view::npos) out.build_id = between(text, "Build ID: ", " ");
    if (text.starts_with("GNU_RELRO")) out.relro = true;
    if (text.starts_with("GNU_STACK")) out.stack_executable = text.find("RWE") != std::string_view::npos;
    if (text.find("(BIND_NOW)") != std::string_view::npos || (text.find("(FLAGS") != std::string_view::npos && text.find("NOW") != std::string_view::npos)) out.now = true;
    if (text.find("x86 feature: ") != std::string_view::npos) out.ibt = text.find("IBT") != std::string_view::npos, out.shstk = text.find("SHSTK") != std::string_view::npos;
    const auto fields = words(text);
    if (fields.size() >= 8 && fields[0].ends_with(':') && fields[3] != "Type") {
      const std::string_view name = cut(fields[7], '@').first;
      if (name == "__stack_chk_fail" || name == "__stack_chk_guard") out.stack_protector = true;
      if (name.starts_with("__") && name.ends_with("_chk")) out.fortified = true;
    }
  }
  return out;
}

/// Some programs and libraries of this machine, spread over its folders.
std::vector<fs::path> some_files() {
  std::vector<fs::path> out;
  for (const char* folder : {"/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}) {
    std::vector<fs::path> here;
    std::error_code error;
    for (const auto& each : fs::directory_iterator(folder, error)) {
      if (each.is_regular_file() && !each.is_symlink() && each.file_size() < (4 << 20)) here.push_back(each.path());
    }
    std::sort(here.begin(), here.end());
    const size_t step = std::max<size_t>(1, here.size() / 40);
    for (size_t at = 0; at < here.size(); at += step) out.push_back(here[at]);
  }
  return out;
}

TEST(Elf, AgreesWithReadelf) {
  if (output_of("readelf --version 2>/dev/null").empty()) GTEST_SKIP() << "this machine has no readelf";
  size_t compared = 0, full = 0;
  for (const fs::path& path : some_files()) {
    const Bytes bytes = read_file(path);
    if (!is_elf(bytes)) continue;
    SCOPED_TRACE(path.string());
    const auto elf = read_elf(bytes);
    ASSERT_TRUE(elf) << elf.error().message;
    if (elf->type != 2 && elf->type != 3) continue;
    const Reference reference = ask_readelf(path);
    EXPECT_EQ(elf->needed, reference.needed);
    EXPECT_EQ(elf->soname, reference.soname);
    EXPECT_EQ(elf->runpath, reference.runpath);
    EXPECT_EQ(elf->interpreter, reference.interpreter);
    EXPECT_EQ(elf->build_id, reference.build_id);
    EXPECT_EQ(elf->relro != Elf::Relro::None, reference.relro);
    if (elf->dynamic) {
      EXPECT_EQ(elf->relro == Elf::Relro::Full, reference.relro && reference.now);
    }
    EXPECT_EQ(elf->stack_executable, reference.stack_executable);
    EXPECT_EQ(elf->branch_tracking, reference.ibt);
    EXPECT_EQ(elf->return_protection, reference.shstk);
    if (elf->stack_protector != Elf::Answer::Unknown) {
      EXPECT_EQ(elf->stack_protector == Elf::Answer::Yes, reference.stack_protector);
    }
    if (elf->fortified != Elf::Answer::Unknown) {
      EXPECT_EQ(elf->fortified == Elf::Answer::Yes, reference.fortified);
    }
    EXPECT_EQ(elf_soname(bytes), reference.soname);
    Packer packer;
    pack(packer, *elf);
    const std::string record = packer.take();
    Unpacker unpacker(as_bytes(record));
    EXPECT_EQ(unpack_elf(unpacker), *elf);
    EXPECT_TRUE(unpacker.sound() && unpacker.at_end());
    full += elf->relro == Elf::Relro::Full;
    ++compared;
  }
  EXPECT_GT(compared, 40u);
  EXPECT_GT(full, 0u);
}

TEST(Elf, ProgramsAndLibrariesOfThisMachine) {
  struct Row { std::string summary, path; bool program; };
  const std::vector<Row> rows = {
      {"a program", "/usr/bin/env", true},
      {"a library", "/usr/lib/x86_64-linux-gnu/libz.so.1", false},
      {"a library with an interpreter of its own", "/usr/lib/x86_64-linux-gnu/libc.so.6", false},
      {"the loader", "/lib64/ld-linux-x86-64.so.2", false},
      {"a static program that is placed anywhere", "/sbin/ldconfig", true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    if (!fs::exists(row.path)) {
      std::printf("left out: this machine has no %s\n", row.path.c_str());
      continue;
    }
    const Bytes bytes = read_file(row.path);
    if (!is_elf(bytes)) continue;
    const auto elf = read_elf(bytes);
    ASSERT_TRUE(elf) << elf.error().message;
    EXPECT_EQ(elf->program(), row.program);
  }
}

TEST(Elf, WhatIsNoneTable) {
  struct Row { std::string summary, bytes; Kind kind; };
  const std::vector<Row> rows = {
      {"nothing", "", Kind::NotFound},
      {"a script", "#!/bin/sh\n", Kind::NotFound},
      {"a head alone", "\177ELF", Kind::Corrupt},
      {"an unknown class", std::string("\177ELF\3\1\1", 7) + std::string(100, '\0'), Kind::Corrupt},
      {"an unknown byte order", std::string("\177ELF\2\3\1", 7) + std::string(100, '\0'), Kind::Corrupt},
      {"64 bits and a head of 32", std::string("\177ELF\2\1\1", 7) + std::string(50, '\0'), Kind::Corrupt},
      {"a table beyond the end", std::string("\177ELF\2\1\1", 7) + std::string(25, '\0') + std::string(8, '\x7f') + std::string(14, '\0') + std::string("\x38\0\1\0", 4) + std::string(30, '\0'), Kind::Corrupt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto elf = read_elf(as_bytes(row.bytes));
    ASSERT_FALSE(elf);
    EXPECT_EQ(elf.error().kind, row.kind) << elf.error().message;
    EXPECT_EQ(elf_soname(as_bytes(row.bytes)), "");
  }
}

/// Cut or changed anywhere in its head and tables: an answer, and no reading past the end.
TEST(Elf, DamagedFilesEndInAnAnswer) {
  const fs::path path = "/usr/lib/x86_64-linux-gnu/libz.so.1";
  if (!fs::exists(path)) GTEST_SKIP() << "this machine has no libz for amd64";
  const Bytes whole = read_file(path);
  size_t refused = 0;
  for (size_t size = 0; size < whole.size(); size += 61) refused += !read_elf(BytesView(whole).first(size));
  EXPECT_GT(refused, 0u);
  for (size_t at = 0; at < std::min<size_t>(whole.size(), 8192); ++at) {
    Bytes changed = whole;
    changed[at] ^= 0xff;
    (void)read_elf(changed);
  }
}

TEST(Elf, ARecordIsReadWholeOrNotAtAll) {
  Elf elf;
  elf.type = 3, elf.machine = 62, elf.wide = true, elf.entry = 0x401000;
  elf.interpreter = "/lib64/ld-linux-x86-64.so.2", elf.soname = "libx.so.1", elf.needed = {"libc.so.6", "libm.so.6"};
  elf.relro = Elf::Relro::Full, elf.stack_protector = Elf::Answer::No, elf.return_protection = true;
  Packer packer;
  pack(packer, elf);
  const std::string record = packer.take();
  for (size_t size = 0; size <= record.size(); ++size) {
    Unpacker unpacker(as_bytes(std::string_view(record).substr(0, size)));
    const Elf read = unpack_elf(unpacker);
    EXPECT_EQ(unpacker.sound(), size == record.size()) << size;
    EXPECT_EQ(read == elf, size == record.size()) << size;
  }
}

}  // namespace
}  // namespace ashlar
