#include "base/packing.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace ashlar {
namespace {

TEST(Packing, NumbersTable) {
  struct Row { std::string summary; std::uint64_t value; std::string bytes; };
  const std::vector<Row> rows = {
      {"nought", 0, std::string(1, '\0')},
      {"the last of one byte", 127, "\x7f"},
      {"the first of two", 128, "\x80\x01"},
      {"low bits first", 300, "\xac\x02"},
      {"the largest", std::numeric_limits<std::uint64_t>::max(), std::string(9, '\xff') + "\x01"},
  };
  for (const Row& row : rows) {
    Packer to;
    to.number(row.value);
    const std::string bytes = to.take();
    EXPECT_EQ(bytes, row.bytes) << row.summary;
    Unpacker from(as_bytes(bytes));
    EXPECT_EQ(from.number(), row.value) << row.summary;
    EXPECT_TRUE(from.at_end() && from.sound()) << row.summary;
  }
}

TEST(Packing, ComesBackAsItWent) {
  Packer to;
  to.text("");
  to.text(std::string("a\0b", 3));
  to.texts({"x", "", "\xff"});
  to.moment(std::nullopt);
  to.moment(Time{-1});
  to.moment(Time{std::numeric_limits<std::int64_t>::max()});
  to.moment(Time{std::numeric_limits<std::int64_t>::min()});
  const std::string bytes = to.take();
  Unpacker from(as_bytes(bytes));
  EXPECT_EQ(from.text(), "");
  EXPECT_EQ(from.view(), std::string_view("a\0b", 3));
  EXPECT_EQ(from.texts(), (std::vector<std::string>{"x", "", "\xff"}));
  EXPECT_EQ(from.moment(), std::nullopt);
  EXPECT_EQ(from.moment()->seconds, -1);
  EXPECT_EQ(from.moment()->seconds, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(from.moment()->seconds, std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(from.at_end() && from.sound());
}

TEST(Packing, WhatDoesNotFitIsEmptyAndUnsound) {
  struct Row { std::string summary, bytes; };
  const std::vector<Row> rows = {
      {"nothing where a number is due", ""},
      {"a number that does not end", "\xff\xff"},
      {"a number of too many bits", std::string(11, '\xff')},
      {"a text longer than what is left", "\x05" "abc"},
      {"a list of more than what is left", "\x7f" "abc"},
      {"a count that no memory would hold", std::string(9, '\xff') + "\x01" "abc"},
  };
  for (const Row& row : rows) {
    Unpacker from(as_bytes(row.bytes));
    EXPECT_TRUE(from.texts().size() <= row.bytes.size()) << row.summary;
    EXPECT_FALSE(from.sound()) << row.summary;
    EXPECT_EQ(from.text(), "") << row.summary << ": and nothing comes after";
    EXPECT_EQ(from.number(), 0U) << row.summary;
    EXPECT_TRUE(from.at_end()) << row.summary;
  }
}

TEST(Packing, AnyBytesAreRead) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    Unpacker from(as_bytes(bytes));
    for (int each = 0; each < 20; ++each) {
      switch (random() % 5) {
        case 0: (void)from.number(); break;
        case 1: (void)from.text(); break;
        case 2: (void)from.texts(); break;
        case 3: (void)from.moment(); break;
        default: (void)from.count();
      }
    }
    EXPECT_TRUE(from.sound() || from.at_end());
  }
}

TEST(Packing, ASealIsBrokenByAnyChange) {
  const std::string record = seal("ashlar thing 1", "body\n\x01");
  const auto body = unseal("ashlar thing 1", record);
  ASSERT_TRUE(body);
  EXPECT_EQ(as_text(*body), "body\n\x01");
  EXPECT_EQ(as_text(unseal("f", seal("f", "")).value()), "");
  for (size_t at = 0; at < record.size(); ++at) {
    std::string other = record;
    other[at] = static_cast<char>(other[at] ^ 1);
    EXPECT_FALSE(unseal("ashlar thing 1", other)) << at;
    EXPECT_FALSE(unseal("ashlar thing 1", record.substr(0, at))) << at;
  }
  EXPECT_FALSE(unseal("ashlar thing 1", record + "x"));
  EXPECT_FALSE(unseal("ashlar thing", record)) << "another form";
  EXPECT_EQ(unseal("ashlar thing 2", record).error().message, "it is no whole record of the form 'ashlar thing 2'");
}

}  // namespace
}  // namespace ashlar
