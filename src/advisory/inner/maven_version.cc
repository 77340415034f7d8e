#include <algorithm>
#include <array>
#include <vector>

#include "advisory/inner/grammars.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same_word(std::string_view text, std::string_view word) { return std::ranges::equal(text, word, {}, lower); }

/// Ranks of the words that are known, in their order; the empty one is the release. Others follow all of them.
constexpr std::array<std::string_view, 7> qualifiers = {"alpha", "beta", "milestone", "rc", "snapshot", "", "sp"};
constexpr unsigned char release = 5, unknown = 7;

/// An item of ComparableVersion. A list there is always the last item of the list that it is in, so that a version is one row of items and `List`, where
/// the next list begins.
struct Item {
  enum class Type : unsigned char { Word, List, Number } type = Type::Number;
  unsigned char rank = 0;     ///< of words
  std::string_view text = {};  ///< of numbers and of words that are not known, in any case
};

unsigned char rank_of(std::string_view word, bool before_digit) {
  if (before_digit && word.size() == 1) {
    switch (lower(word[0])) {
      case 'a': return 0;
      case 'b': return 1;
      case 'm': return 2;
      default: break;
    }
  }
  for (const std::string_view alias : {"ga", "final", "release"}) {
    if (same_word(word, alias)) return release;
  }
  if (same_word(word, "cr")) return 3;
  const auto found = std::ranges::find_if(qualifiers, [&](std::string_view known) { return same_word(word, known); });
  return static_cast<unsigned char>(found - qualifiers.begin());
}

Item word(std::string_view text, bool before_digit) { return {.type = Item::Type::Word, .rank = rank_of(text, before_digit), .text = text}; }
Item number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  return {.type = Item::Type::Number, .text = text};
}
bool is_null(const Item& item) { return item.type == Item::Type::Word ? item.rank == release : item.type == Item::Type::Number && item.text.empty(); }

using Items = std::vector<Item>;

/// Takes the items of a text apart (parseVersion).
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { items_.reserve(12); }
  Items parse();

 private:
  bool list_is_empty() const { return items_.empty() || items_.back().type == Item::Type::List; }
  void begin_list() { items_.push_back({.type = Item::Type::List}); }
  void add(size_t end) {
    const std::string_view part = text_.substr(start_, end - start_);
    items_.push_back(digits_ ? number(part) : word(part, false));
  }
  void add_at_separator(size_t at) {
    if (at == start_) items_.push_back({});
    else add(at);
    start_ = at + 1;
  }
  void normalize();

  std::string_view text_;
  Items items_{};
  size_t start_ = 0;
  bool digits_ = false;
};

Items Parser::parse() {
  for (size_t at = 0; at < text_.size(); ++at) {
    const char c = text_[at];
    if (c == '.') {
      add_at_separator(at);
    } else if (c == '-') {
      add_at_separator(at);
      begin_list();
    } else if (is_digit(c)) {
      if (!digits_ && at > start_) {
        if (!list_is_empty()) begin_list();  // `.X1` is as `-X1`
        items_.push_back(word(text_.substr(start_, at - start_), true));
        start_ = at;
        begin_list();
      }
      digits_ = true;
    } else {
      if (digits_ && at > start_) {
        add(at);
        start_ = at;
        begin_list();
      }
      digits_ = false;
    }
  }
  if (text_.size() > start_) {
    if (!digits_ && !list_is_empty()) begin_list();
    add(text_.size());
  }
  normalize();
  return std::move(items_);
}

/// Drops from each list, the innermost first, the null items before its end and before the list in it, and that when it is empty (ListItem.normalize).
void Parser::normalize() {
  Items kept;  // from the last to the first
  kept.reserve(items_.size());
  bool dropping = true;
  for (size_t at = items_.size(); at-- > 0;) {
    const Item& item = items_[at];
    if (item.type == Item::Type::List) {
      if (!kept.empty()) kept.push_back(item);
      dropping = true;
    } else if (!dropping || !is_null(item)) {
      dropping = false;
      kept.push_back(item);
    }
  }
  std::ranges::reverse(kept);
  items_ = std::move(kept);
}

/// An item against none.
std::weak_ordering compare_with_nothing(const Item& item) {
  if (item.type == Item::Type::Word) return item.rank <=> release;
  return item.text.empty() ? std::weak_ordering::equivalent : std::weak_ordering::greater;
}

/// The rest of a version, from `at` on, where the other has ended: the first item that says something.
std::weak_ordering compare_rest(const Items& items, size_t at) {
  for (; at < items.size(); ++at) {
    if (items[at].type == Item::Type::List) continue;
    if (const auto order = compare_with_nothing(items[at]); order != 0) return order;
  }
  return std::weak_ordering::equivalent;
}

std::weak_ordering compare_items(const Item& a, const Item& b) {
  if (a.type != b.type) return a.type <=> b.type;  // 1-sp < 1-1 < 1.1
  if (a.type == Item::Type::Number) return compare_numbers(a.text, b.text);
  if (a.rank != b.rank || a.rank != unknown) return a.rank <=> b.rank;
  return std::lexicographical_compare_three_way(a.text.begin(), a.text.end(), b.text.begin(), b.text.end(), [](char x, char y) { return lower(x) <=> lower(y); });
}

/// Blanks and what is not ASCII stand in no version, nor do the signs of ranges (`[1.0,2.0)`) and of properties (`${revision}`): those name no one version.
bool is_maven_version(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && std::string_view("[](){},$").find(c) == std::string_view::npos; });
}

}  // namespace

Result<std::weak_ordering> compare_maven(std::string_view a, std::string_view b) {
  if (!is_maven_version(a)) return no_version(a, "it is no version of Maven's");
  if (!is_maven_version(b)) return no_version(b, "it is no version of Maven's");
  const Items x = Parser(a).parse(), y = Parser(b).parse();
  for (size_t at = 0; at < x.size() && at < y.size(); ++at) {
    if (const auto order = compare_items(x[at], y[at]); order != 0) return order;
  }
  if (x.size() >= y.size()) return compare_rest(x, y.size());
  return 0 <=> compare_rest(y, x.size());
}

}  // namespace ashlar::advisory
