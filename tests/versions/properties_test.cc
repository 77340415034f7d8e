// What holds of every order: for each grammar, over versions that are near to each other, and over bytes that are none.
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "pairs.h"

namespace versions {
namespace {

using ashlar::advisory::Grammar;
using ashlar::advisory::to_string;

class Order : public testing::TestWithParam<size_t> {
 protected:
  const Breed& breed() const { return all_breeds()[GetParam()]; }
  char order(std::string_view a, std::string_view b) const { return sign(ashlar::advisory::compare(breed().grammar, a, b)); }
};

char turned(char order) { return order == '<' ? '>' : order == '>' ? '<' : order; }

TEST_P(Order, IsTheSameFromBothSides) {
  Random random(11);
  size_t ordered = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto [a, b] = make_pair(breed(), random);
    ASSERT_EQ(order(a, b), turned(order(b, a))) << a << "  " << b;
    ordered += order(a, b) != '?' ? 1 : 0;
  }
  EXPECT_GT(ordered, 10000u);
}

TEST_P(Order, AVersionEqualsItself) {
  Random random(12);
  for (int round = 0; round < 5000; ++round) {
    const std::string a = make_version(breed(), random);
    ASSERT_EQ(order(a, a), ashlar::advisory::is_version(breed().grammar, a) ? '=' : '?') << a;
  }
}

/// Whether the orders of a, b and of b, c leave that of a, c open, or agree with it.
bool fit(char first, char second, char third) {
  if (first == '?' || second == '?' || third == '?') return true;
  if (first != '=' && second != '=' && first != second) return true;
  return third == (first == '=' ? second : first);
}

/// Not of Maven: see Maven.UsualVersionsHaveAnOrder.
class OrderOfThree : public Order {};

TEST_P(OrderOfThree, IsOne) {
  Random random(13);
  size_t ordered = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto [a, b] = make_pair(breed(), random);
    const std::string c = change(breed(), random, random.below(2) == 0 ? a : b, 1 + random.below(2));
    ASSERT_TRUE(fit(order(a, b), order(b, c), order(a, c))) << a << "  " << b << "  " << c;
    ordered += order(a, b) != '?' && order(b, c) != '?' ? 1 : 0;
  }
  EXPECT_GT(ordered, 8000u);
}

/// ComparableVersion runs in circles where a list begins with a list (`1-0beta`) or a word stands between dots (`1.x.2`). Ours does the same, for it is
/// Maven's answer that counts; what people write has an order.
TEST(Maven, UsualVersionsHaveAnOrder) {
  const auto order = [](std::string_view a, std::string_view b) { return sign(ashlar::advisory::compare(Grammar::Maven, a, b)); };
  EXPECT_EQ(std::string({order("1", "1.jre8"), order("1.jre8", "1-0beta"), order("1-0beta", "1")}), "<<<");
  EXPECT_EQ(std::string({order("1", "1.x.2"), order("1.x.2", "1-SNAPSHOT"), order("1-SNAPSHOT", "1")}), "<<<");
  constexpr std::string_view usual[] = {"1.0",       "1.0-SNAPSHOT",   "2.17.1",       "1.0-alpha-1", "1.0-beta-2", "1.0-rc1",     "1.0.RC2",           "5.3.0.Final", "3.2.1.RELEASE", "1.0.1",   "1.0-milestone-1",
                                        "2.0-M3",    "1-sp-1",         "1.0.GA",       "31.1-jre",    "31.1",       "31.1-android", "9.4.44.v20210927", "9.4.44",      "2.0.0.AM25",    "1.0-1",   "1.0-20240101.101010-5",
                                        "1.0.0.jre8", "1.0.0.jre11",   "2.0-SNAPSHOT", "2.0-M10",     "2.0.0.M4",   "0",           "1.0b2",             "1.0a3"};
  for (const auto a : usual) {
    for (const auto b : usual) {
      for (const auto c : usual) ASSERT_TRUE(fit(order(a, b), order(b, c), order(a, c))) << a << "  " << b << "  " << c;
    }
  }
}

/// Never a fault, never two answers, whatever the bytes.
TEST_P(Order, TakesAnyBytes) {
  Random random(14);
  const auto junk = [&] {
    std::string text;
    for (size_t left = random.below(24); left > 0; --left) text += static_cast<char>(random.below(256));
    return text;
  };
  for (int round = 0; round < 20000; ++round) {
    const std::string a = random.below(2) == 0 ? junk() : make_version(breed(), random) + junk(), b = random.below(2) == 0 ? junk() : make_version(breed(), random);
    ASSERT_EQ(order(a, b), turned(order(b, a)));
  }
}

TEST_P(Order, OfVeryLongOnes) {
  for (const char* piece : {"1.", "1-", "-", ".", "0", "9", "~", "a1", "_p", "1!", "-a-1", "+a"}) {
    std::string text = "1";
    for (int times = 0; times < 50000; ++times) text += piece;
    EXPECT_EQ(order(text, text), ashlar::advisory::is_version(breed().grammar, text) ? '=' : '?') << piece;
    EXPECT_EQ(order(text, text + "1"), turned(order(text + "1", text))) << piece;
  }
}

std::vector<size_t> grammars_but(std::initializer_list<Grammar> none) {
  std::vector<size_t> out;
  for (size_t at = 0; at < all_breeds().size(); ++at) {
    if (std::ranges::find(none, all_breeds()[at].grammar) == none.end()) out.push_back(at);
  }
  return out;
}
std::string grammar_of(const testing::TestParamInfo<size_t>& param) { return std::string(to_string(all_breeds()[param.param].grammar)); }

INSTANTIATE_TEST_SUITE_P(EachGrammar, Order, testing::ValuesIn(grammars_but({})), grammar_of);
INSTANTIATE_TEST_SUITE_P(EachGrammar, OrderOfThree, testing::ValuesIn(grammars_but({Grammar::Maven})), grammar_of);

}  // namespace
}  // namespace versions
