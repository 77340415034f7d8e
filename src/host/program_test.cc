#include "host/program.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace ashlar::host {
namespace {

int of_this_program = 1;

TEST(ProgramPath, IsTheFileThatWeAreOf) {
  const Path path = program_path();
  EXPECT_EQ(path.filename(), "host_test");
  EXPECT_EQ(file_mapped_at(reinterpret_cast<std::uintptr_t>(&program_path)), path);
  EXPECT_EQ(file_mapped_at(reinterpret_cast<std::uintptr_t>(&of_this_program)), path);
  EXPECT_TRUE(file_mapped_at(reinterpret_cast<std::uintptr_t>(&std::puts)).filename().string().starts_with("libc"));
  const auto own = std::make_unique<int>(1);
  EXPECT_NE(file_mapped_at(reinterpret_cast<std::uintptr_t>(own.get())), path) << "memory that is no file's";
  EXPECT_EQ(file_mapped_at(0), Path());
}

bool is_talk(std::string_view line) { return line.starts_with("[talk]"); }

TEST(ErrorSieve, DropsTheTalkAndKeepsTheRest) {
  struct Row {
    std::string summary, written, seen;
  };
  const Row rows[] = {
      {"nothing", "", ""},
      {"talk alone", "[talk] one\n[talk] two\n", ""},
      {"talk between words", "note: a\n[talk] one\nnote: b\n", "note: a\nnote: b\n"},
      {"no end of the last line", "[talk] one\nhalf", "half"},
      {"talk without an end", "note: a\n[talk] one", "note: a\n"},
      {"more than a pipe holds", std::string(200'000, 'x') + "\n[talk] one\n", std::string(200'000, 'x') + "\n"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    testing::internal::CaptureStderr();
    {
      const ErrorSieve sieve(is_talk);
      std::fputs(row.written.c_str(), stderr);
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), row.seen);
  }
}

TEST(ErrorSieve, LetsGoOfTheStream) {
  testing::internal::CaptureStderr();
  for (int turn = 0; turn < 2000; ++turn) const ErrorSieve sieve(is_talk);  // no descriptor stays open
  std::fputs("[talk] heard\n", stderr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "[talk] heard\n");
}

TEST(ProgramPath, IsThisTest) { EXPECT_EQ(program_path().filename(), "host_test"); }

}  // namespace
}  // namespace ashlar::host
