// An index read piece by piece says what one says that is read whole.
#include "deb/inner/index_parts.h"

#include <gtest/gtest.h>

#include <string>

#include <fmt/format.h>

namespace ashlar::deb {
namespace {

constexpr std::string_view Package::* texts[] = {
    &Package::name, &Package::version, &Package::architecture, &Package::source, &Package::source_version, &Package::maintainer, &Package::priority, &Package::multi_arch,
    &Package::essential, &Package::depends, &Package::pre_depends, &Package::provides, &Package::conflicts, &Package::breaks, &Package::replaces,
    &Package::recommends, &Package::suggests, &Package::enhances, &Package::protection, &Package::sha256, &Package::filename};

std::string paragraph(size_t number, std::string_view more = {}) {
  return fmt::format("Package: p{0}\nVersion: {1}\nArchitecture: {2}\nFilename: pool/p{0}.deb\nSize: {0}\nSHA256: {3:064x}\n{4}", number, number % 7, number % 3 == 0 ? "all" : "amd64",
                     number, more);
}

/// Many packages: some share what their neighbour says, some have long texts that nothing needs.
std::string index_of(size_t count) {
  std::string out;
  for (size_t at = 0; at < count; ++at) {
    if (at > 0) out += at % 11 == 0 ? "\n\n" : "\n";
    std::string more = at % 2 == 0 ? "Priority: optional\nMulti-Arch: foreign\nEssential: yes\nProtected: yes\n" : "Source: whole (9)\n";
    if (at % 5 == 0) more += fmt::format("Depends: a (>= {0}), b | c\nPre-Depends: d{0}\nProvides: e\nConflicts: f\nBreaks: g\nReplaces: h\nRecommends: i\nSuggests: j\nEnhances: k\n", at);
    if (at % 4 == 0) more += fmt::format("Description: {}\n and more\n", std::string(at % 900, 'x'));
    out += paragraph(at, more);
  }
  return out;
}

/// Gives a few bytes at a time.
class Trickle final : public Source {
 public:
  Trickle(std::string_view text, size_t step, size_t fail_at = ~size_t{0}) : rest_(text), step_(step), left_(fail_at) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    if (left_ == 0) return fail(Kind::Corrupt, "the stream broke");
    const size_t count = std::min({out.size(), step_, rest_.size(), left_});
    std::copy_n(rest_.begin(), count, out.begin());
    rest_.remove_prefix(count);
    left_ -= count;
    return count;
  }

 private:
  std::string_view rest_;
  size_t step_, left_;
};

void expect_same(const std::vector<Package>& whole, const std::vector<Package>& parts, std::string_view summary) {
  ASSERT_EQ(whole.size(), parts.size()) << summary;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const auto field : texts) ASSERT_EQ(whole[at].*field, parts[at].*field) << summary << ": package " << at;
    ASSERT_EQ(whole[at].size, parts[at].size) << summary;
    ASSERT_EQ(whole[at].archive, parts[at].archive) << summary;
  }
}

TEST(IndexParts, SayWhatTheWholeSays) {
  const std::string few = index_of(40), many = index_of(20'000);
  ASSERT_GT(many.size(), size_t{5} << 20);  // several pieces, and worth a second thread
  std::string crlf = few;
  for (size_t at = 0; (at = crlf.find('\n', at)) != std::string::npos; at += 2) crlf.replace(at, 1, "\r\n");
  const struct {
    const char* summary;
    std::string text;
    size_t step;
  } rows[] = {
      {"no package", "", 1},           {"line ends alone", "\n\n\n", 2},          {"one package", paragraph(1), 1},
      {"without a last line end", few.substr(0, few.size() - 1), 7}, {"a few", few + "\n", 1000}, {"lines of another system", crlf, 64},
      {"many, in large steps", many, size_t{3} << 20}, {"many, in odd steps", many, 4093},
  };
  for (const auto& row : rows) {
    const auto whole = parse_packages(row.text, "Packages", 3);
    ASSERT_TRUE(whole) << row.summary << ": " << whole.error().message;
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{row.text.size()}}) {
      Trickle source(row.text, row.step);
      const auto parts = read_packages(source, size, "Packages", 3);
      ASSERT_TRUE(parts) << row.summary << ": " << parts.error().message;
      expect_same(*whole, parts->packages, row.summary);
    }
  }
}

TEST(IndexParts, KeepNoMoreTextThanPackagesNeed) {
  std::string text;
  for (size_t at = 0; at < 100; ++at) text += paragraph(at, "Section: games\nMaintainer: somebody\nPriority: optional\n") + "\n";
  MemorySource source(as_bytes(text));
  const auto part = read_packages(source, text.size(), "Packages", 0);
  ASSERT_TRUE(part);
  ASSERT_EQ(part->texts.size(), 1U);
  for (size_t at = 1; at < part->packages.size(); ++at) {
    EXPECT_EQ(part->packages[at].priority.data(), part->packages[0].priority.data()) << "the same text is there once";
    EXPECT_EQ(part->packages[at].archive, 0U);
  }
}

TEST(IndexParts, NameTheFirstFault) {
  const std::string good = index_of(20'000);
  const size_t middle = good.find("\n\n", good.size() / 2) + 2;
  const std::string bad = good.substr(0, middle) + "no field\n\n" + good.substr(middle) + "\nneither\n";
  const auto whole = parse_packages(bad, "Packages", 0);
  ASSERT_FALSE(whole);
  for (int round = 0; round < 5; ++round) {
    Trickle source(bad, 1 << 16);
    const auto parts = read_packages(source, bad.size(), "Packages", 0);
    ASSERT_FALSE(parts);
    EXPECT_EQ(parts.error().message, whole.error().message);
    EXPECT_EQ(parts.error().kind, Kind::Corrupt);
  }
  Trickle broken(good, 1 << 16, good.size() - 10);
  const auto parts = read_packages(broken, good.size(), "Packages", 0);
  ASSERT_FALSE(parts);
  EXPECT_NE(parts.error().message.find("the stream broke"), std::string::npos) << parts.error().message;
}

TEST(IndexParts, AppendInOrder) {
  const std::string first = paragraph(1), second = paragraph(2);
  MemorySource a(as_bytes(first)), b(as_bytes(second));
  auto to = read_packages(a, 0, "Packages", 0), from = read_packages(b, 0, "Packages", 1);
  ASSERT_TRUE(to && from);
  append(*to, std::move(*from));
  ASSERT_EQ(to->packages.size(), 2U);
  EXPECT_EQ(to->packages[0].name, "p1");
  EXPECT_EQ(to->packages[1].name, "p2");
  EXPECT_EQ(to->packages[1].archive, 1U);
  EXPECT_EQ(to->texts.size(), 2U);
}

}  // namespace
}  // namespace ashlar::deb
