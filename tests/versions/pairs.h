#pragma once
// Versions that are near to each other: real shapes, changed a little. For the differential tests and the properties of every order.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "advisory/version.h"

namespace versions {

/// SplitMix64: the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  size_t below(size_t bound) { return static_cast<size_t>(next() % bound); }

 private:
  std::uint64_t state_;
};

/// How versions of a grammar look: whole ones to begin with, and pieces to put in.
struct Breed {
  ashlar::advisory::Grammar grammar;
  std::span<const std::string_view> whole, pieces;
};

/// By the grammar's name; null when there is none.
const Breed* find_breed(std::string_view grammar);
std::span<const Breed> all_breeds();

/// A whole one changed up to four times. Nine of ten are versions of the grammar.
std::string make_version(const Breed& breed, Random& random);
/// `text` changed `times` times, each a number, a piece or a character.
std::string change(const Breed& breed, Random& random, std::string text, size_t times);
/// Two that are mostly near to each other; neither holds a tab or a line's end.
std::pair<std::string, std::string> make_pair(const Breed& breed, Random& random);

/// `<`, `=`, `>`, or `?` for an error.
char sign(const ashlar::Result<std::weak_ordering>& order);

}  // namespace versions
