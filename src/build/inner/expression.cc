#include "build/inner/expression.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

namespace ashlar::build {
namespace {

using Set = std::bitset<256>;
struct Atom { Set set; bool many = false, none = false; };  ///< many: any number more; none: or none at all
struct Compiled { std::vector<Atom> atoms; bool front = false, back = false; };

size_t at(char c) { return static_cast<std::uint8_t>(c); }
bool in_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

struct Range { std::string_view name, members; };  // members: pairs of first and last
constexpr std::array<Range, 8> classes{{{"[:alpha:]", "azAZ"}, {"[:digit:]", "09"}, {"[:alnum:]", "azAZ09"}, {"[:upper:]", "AZ"}, {"[:lower:]", "az"}, {"[:space:]", "  \t\r"},
                                        {"[:blank:]", "  \t\t"}, {"[:xdigit:]", "09afAF"}}};

void add(Set& set, char first, char last) { for (size_t c = at(first); c <= at(last); ++c) set.set(c); }

/// `[...]` at the front of `rest`, which is moved behind it.
std::optional<Set> read_set(std::string_view& rest) {
  Set set;
  rest.remove_prefix(1);
  const bool inverted = rest.starts_with('^');
  if (inverted) rest.remove_prefix(1);
  for (bool first = true; first || !rest.starts_with(']'); first = false) {
    if (rest.empty()) return std::nullopt;
    if (rest.starts_with("[:")) {
      const auto known = std::ranges::find_if(classes, [&](const Range& each) { return rest.starts_with(each.name); });
      if (known == classes.end()) return std::nullopt;
      for (size_t pair = 0; pair + 1 < known->members.size(); pair += 2) add(set, known->members[pair], known->members[pair + 1]);
      rest.remove_prefix(known->name.size());
    } else if (rest.starts_with("[.") || rest.starts_with("[=")) {
      return std::nullopt;
    } else if (rest.size() > 2 && rest[1] == '-' && rest[2] != ']') {
      add(set, rest[0], rest[2]);
      rest.remove_prefix(3);
    } else {
      set.set(at(rest[0]));
      rest.remove_prefix(1);
    }
  }
  rest.remove_prefix(1);
  return inverted ? ~set : set;
}

std::optional<Compiled> compile(std::string_view rest, bool extended) {
  if (rest.size() > 200) return std::nullopt;
  Compiled out;
  if (rest.starts_with('^')) { out.front = true; rest.remove_prefix(1); }
  for (bool first = true; !rest.empty(); first = false) {
    if (rest == "$") { out.back = true; break; }
    Atom atom;
    char c = rest[0];
    if (c == '[') {
      const auto set = read_set(rest);
      if (!set) return std::nullopt;
      atom.set = *set;
    } else {
      const bool escaped = c == '\\';
      if (escaped) {
        if (rest.size() < 2) return std::nullopt;
        rest.remove_prefix(1);
        c = rest[0];
        if (std::string_view(".*[]\\^$/-").find(c) == std::string_view::npos && !(extended && std::string_view("+?(){}|").find(c) != std::string_view::npos)) return std::nullopt;
      } else if ((c == '*' && !first) || c == '^' || c == '$' || (extended && std::string_view("*+?(){}|").find(c) != std::string_view::npos)) {
        return std::nullopt;
      }
      if (c == '.' && !escaped) atom.set.set();
      else atom.set.set(at(c));
      rest.remove_prefix(1);
    }
    if (!rest.empty() && (rest[0] == '*' || (extended && (rest[0] == '+' || rest[0] == '?')))) {
      atom.many = rest[0] != '?';
      atom.none = rest[0] != '+';
      rest.remove_prefix(1);
    }
    out.atoms.push_back(atom);
  }
  return out;
}

/// Whether something fits from a place that suits `begins` up to one that suits `ends`. Every way from every place is followed at once, so that time
/// grows with line times expression.
template <class Begins, class Ends>
bool fits_between(const std::vector<Atom>& atoms, std::string_view line, const Begins& begins, const Ends& ends) {
  std::vector<char> here(atoms.size() + 1), next;  // atoms that may come next
  for (size_t place = 0;; ++place) {
    if (begins(place)) here[0] = 1;
    for (size_t each = 0; each < atoms.size(); ++each) {
      if (here[each] != 0 && atoms[each].none) here[each + 1] = 1;
    }
    if (here[atoms.size()] != 0 && ends(place)) return true;
    if (place == line.size()) return false;
    next.assign(atoms.size() + 1, 0);
    for (size_t each = 0; each < atoms.size(); ++each) {
      if (here[each] == 0 || !atoms[each].set.test(at(line[place]))) continue;
      next[each + 1] = 1;
      if (atoms[each].many) next[each] = 1;
    }
    here.swap(next);
  }
}

}  // namespace

std::optional<bool> fits_expression(std::string_view expression, std::string_view line, const ExpressionOptions& options) {
  const auto compiled = compile(expression, options.extended);
  if (!compiled || line.size() > 1024) return std::nullopt;
  const auto begins = [&](size_t from) { return from == 0 || (!compiled->front && !options.whole && (!options.word || !in_word(line[from - 1]))); };
  const auto ends = [&](size_t end) {
    if ((compiled->back || options.whole) && end != line.size()) return false;
    return !options.word || end == line.size() || !in_word(line[end]);
  };
  return fits_between(compiled->atoms, line, begins, ends);
}

}  // namespace ashlar::build
