#include "pipeline/base_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ashlar::pipeline {
namespace {

using From = KnownBase::From;
using Digests = std::vector<Digest>;

/// A digest for each letter.
Digests layers(std::string_view letters) {
  Digests out;
  for (const char letter : letters) out.push_back(Digest::of(std::string(1, letter)));
  return out;
}

KnownBase known(From from, std::string repository, std::string_view letters, std::int64_t day = 0, bool holds = true, std::string platform = "linux/amd64") {
  return {.from = from, .repository = std::move(repository), .digest = "sha256:" + std::string(letters), .platform = std::move(platform), .diff_ids = layers(letters), .since = Time{day * 86400}, .holds = holds};
}

struct Row {
  const char* summary;
  std::string_view image;
  std::vector<KnownBase> known;
  const char* base;   ///< empty: none
  size_t layers;
  const char* says;
};

TEST(BaseSearch, layers_tell_and_nothing_else) {
  const Row rows[] = {
      {"an application on a selected base", "abX", {known(From::Selection, "python", "ab")}, "python@sha256:ab", 2, "its lowest 2 layers are those of 'python@sha256:ab', known from the selection"},
      {"one layer alone", "aX", {known(From::Named, "python", "a")}, "python@sha256:a", 1, "its lowest layer is that of 'python@sha256:a', known from --base"},
      {"the base itself", "ab", {known(From::Ledger, "python", "ab")}, "python@sha256:ab", 2, "it has the 2 layers of 'python@sha256:ab', known from the ledger, and none of its own"},
      {"the longer of two selected ones", "abcX", {known(From::Selection, "base", "a"), known(From::Selection, "python", "abc"), known(From::Selection, "other", "ab")}, "python@sha256:abc", 3, "'python@sha256:abc'"},
      {"the longer one, though its selection has ended", "abcX", {known(From::Selection, "base", "a"), known(From::Selection, "python", "abc", 0, false)}, "python@sha256:abc", 3, "'python@sha256:abc'"},
      {"a selected one before a longer one of the ledger", "abcX", {known(From::Selection, "base", "a"), known(From::Ledger, "team", "abc")}, "base@sha256:a", 1, "'base@sha256:a'"},
      {"a selected one before a longer one that is named", "abcX", {known(From::Selection, "base", "a"), known(From::Named, "team", "abc")}, "base@sha256:a", 1, "'base@sha256:a'"},
      {"of the same layers one that holds", "aX", {known(From::Selection, "old", "a", 5, false), known(From::Selection, "new", "a")}, "new@sha256:a", 1, "'new@sha256:a'"},
      {"of the same layers the newest", "aX", {known(From::Ledger, "old", "a", 1), known(From::Ledger, "new", "a", 2)}, "new@sha256:a", 1, "'new@sha256:a'"},
      {"another platform's layers", "abX", {known(From::Selection, "python", "ab", 0, true, "linux/arm64")}, "", 0, "no base is known for linux/amd64"},
      {"reordered", "baX", {known(From::Selection, "python", "ab")}, "", 0, "all 2 layers of 'python@sha256:ab' are among its own, but not as its lowest ones in their order"},
      {"something put below", "Xab", {known(From::Selection, "python", "ab")}, "", 0, "but not as its lowest ones"},
      {"a part of the base", "aX", {known(From::Selection, "python", "ab")}, "", 0, "1 of the 2 layers of 'python@sha256:ab' are its lowest"},
      {"a layer of the base higher up", "Xb", {known(From::Selection, "python", "ab")}, "", 0, "1 of the 2 layers of 'python@sha256:ab' are among its own"},
      {"squashed", "X", {known(From::Selection, "python", "ab")}, "", 0, "it is one layer, as whoever squashes images makes them"},
      {"nothing in common", "XY", {known(From::Selection, "python", "ab")}, "", 0, "none of the 1 base known for linux/amd64 is its lowest layers; it has no layer in common"},
      {"a base without layers is nobody's", "X", {known(From::Selection, "empty", "")}, "", 0, "none of the 1 base"},
      {"no layers", "", {known(From::Selection, "python", "ab")}, "", 0, "it has no layers"},
      {"nothing known", "ab", {}, "", 0, "nothing is selected, published or named with --base"},
  };
  for (const Row& row : rows) {
    const BaseSearch found = find_base(layers(row.image), "linux/amd64", row.known);
    EXPECT_EQ(found.base == nullptr ? "" : found.base->str(), row.base) << row.summary;
    EXPECT_EQ(found.layers, row.layers) << row.summary;
    EXPECT_EQ(found.is_base, found.base != nullptr && row.layers == row.image.size()) << row.summary;
    EXPECT_NE(found.how.find(row.says), std::string::npos) << row.summary << ": " << found.how;
  }
}

TEST(BaseSearch, a_rebuilt_base_is_the_older_revision_that_it_is) {
  const auto tagged = [](KnownBase base, std::vector<std::string> tags) {
    base.tags = std::move(tags);
    return base;
  };
  const KnownBase old = tagged(known(From::Selection, "python", "ab", 3), {"3.13", "3.13.5-r1"});
  struct Age { const char* summary; KnownBase other; const char* newer; };
  const Age rows[] = {
      {"published later under its tag", tagged(known(From::Ledger, "python", "cd", 4), {"3.13", "3.13.5-r2"}), "python@sha256:cd"},
      {"whose layers nobody has looked at", tagged(known(From::Ledger, "python", "", 4, true, ""), {"3.13"}), "python@sha256:"},
      {"published before", tagged(known(From::Ledger, "python", "cd", 2), {"3.13"}), ""},
      {"another version's tag", tagged(known(From::Ledger, "python", "cd", 4), {"3.14"}), ""},
      {"another repository's", tagged(known(From::Ledger, "node", "cd", 4), {"3.13"}), ""},
      {"the same layers under another digest", tagged(known(From::Ledger, "python", "ab", 4), {"3.13"}), ""},
  };
  for (const Age& row : rows) {
    for (const bool first : {true, false}) {
      const std::vector<KnownBase> all = first ? std::vector{old, row.other} : std::vector{row.other, old};
      const KnownBase* const newer = newer_than(old, all);
      EXPECT_EQ(newer == nullptr ? "" : newer->str(), row.newer) << row.summary;
    }
  }
  const KnownBase newest = tagged(known(From::Ledger, "python", "ef", 9), {"3.13"});
  const std::vector<KnownBase> three = {old, newest, tagged(known(From::Ledger, "python", "cd", 4), {"3.13"})};
  EXPECT_EQ(newer_than(old, three)->str(), "python@sha256:ef") << "the newest of several";
}

TEST(BaseSearch, others_that_lie_below_are_named_too) {
  const std::vector<KnownBase> all = {known(From::Ledger, "static", "a"), known(From::Selection, "base", "ab"), known(From::Ledger, "team", "abc"), known(From::Ledger, "same", "ab")};
  const BaseSearch found = find_base(layers("abcX"), "linux/amd64", all);
  ASSERT_EQ(found.also.size(), 2U);
  EXPECT_EQ(found.also[0]->repository, "team");
  EXPECT_EQ(found.also[1]->repository, "static");
}

/// Whatever is known: what is found is a prefix, no selected prefix is longer, and the order in which bases are known does not matter.
TEST(BaseSearch, of_anything_the_longest_selected_prefix) {
  std::mt19937 random(7);
  const auto text = [&](size_t most) {
    std::string out(random() % (most + 1), ' ');
    for (char& each : out) each = static_cast<char>('a' + random() % 3);
    return out;
  };
  size_t hits = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string image = text(6);
    std::vector<KnownBase> all;
    for (int each = 0; each < 6; ++each) all.push_back(known(static_cast<From>(random() % 3), "r" + std::to_string(each), text(4), each, random() % 2 == 0));
    size_t selected = 0, any = 0;
    for (const KnownBase& each : all) {
      const std::string letters = each.digest.substr(7);
      if (letters.empty() || !image.starts_with(letters)) continue;
      any = std::max(any, letters.size());
      if (each.from == From::Selection) selected = std::max(selected, letters.size());
    }
    const BaseSearch found = find_base(layers(image), "linux/amd64", all);
    ASSERT_EQ(found.layers, selected > 0 ? selected : any) << image;
    std::vector<KnownBase> other = all;
    std::ranges::shuffle(other, random);
    const BaseSearch again = find_base(layers(image), "linux/amd64", other);
    ASSERT_EQ(found.base == nullptr ? "" : found.base->str(), again.base == nullptr ? "" : again.base->str()) << image;
    hits += found.base != nullptr ? 1 : 0;
  }
  EXPECT_GT(hits, 500U);
}

}  // namespace
}  // namespace ashlar::pipeline
