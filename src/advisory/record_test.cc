#include "advisory/record.h"

#include <gtest/gtest.h>

namespace ashlar::advisory {
namespace {

TEST(Severity, WordsOfPublishers) {
  struct {
    const char* word;
    Severity severity;
  } const cases[] = {
      {"critical", Severity::Critical}, {"CRITICAL", Severity::Critical},       {"High", Severity::High},          {"IMPORTANT", Severity::High},
      {"moderate", Severity::Medium},   {"MEDIUM", Severity::Medium},           {"low", Severity::Low},            {"low**", Severity::Low},
      {" low ", Severity::Low},         {"unimportant", Severity::Negligible},  {"negligible", Severity::Negligible},
      {"not yet assigned", Severity::Unknown}, {"end-of-life", Severity::Unknown}, {"", Severity::Unknown},      {"hig", Severity::Unknown}, {"highest", Severity::Unknown},
  };
  for (const auto& each : cases) EXPECT_EQ(severity_of(each.word), each.severity) << each.word;
}

TEST(Severity, HasAName) {
  for (const Severity severity : {Severity::Negligible, Severity::Low, Severity::Medium, Severity::High, Severity::Critical}) EXPECT_EQ(severity_of(to_string(severity)), severity);
  EXPECT_EQ(to_string(Severity::Unknown), "unknown");
}

}  // namespace
}  // namespace ashlar::advisory
