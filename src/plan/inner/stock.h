#pragma once
// An index made ready for choosing: names as numbers, relations read, who provides what.
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deb/package.h"

namespace ashlar::plan {

/// A name, or one with a qualifier (`python3:any`). Names are numbered in the order in which the index first mentions them; apt numbers them
/// so, too, and of two providers that are alike in all else it takes the one with the higher number.
using Name = std::uint32_t;
/// A package's place in the index.
using Place = std::uint32_t;
inline constexpr std::uint32_t nowhere = ~std::uint32_t{0};

enum class Field : std::uint8_t { PreDepends, Depends, Conflicts, Breaks, Recommends, Suggests };
inline bool is_refusal(Field field) { return field == Field::Conflicts || field == Field::Breaks; }
inline bool is_need(Field field) { return field == Field::PreDepends || field == Field::Depends; }

/// One alternative of a relation field.
struct Link {
  Name target = nowhere;
  Field field = Field::Depends;
  deb::Relation relation = deb::Relation::None;
  bool or_next = false;  ///< the next link is another alternative of the same clause
  std::string_view version;
};
/// The alternatives of one clause.
using Links = std::span<const Link>;

struct Provider {
  Place package = nowhere;
  std::string_view version;  ///< of a versioned Provides, or empty
};

class Stock {
 public:
  /// `packages` outlive the stock; those for neither `architecture` nor `all` are left out.
  Stock(std::span<const deb::Package> packages, std::string_view architecture);

  const deb::Package& at(Place place) const { return packages_[place]; }
  size_t names() const { return names_.size(); }
  std::string_view text(Name name) const { return names_[name]; }
  std::optional<Name> find(std::string_view name) const;
  Name name_of(Place place) const { return own_names_[place]; }  ///< `nowhere` for a package of another architecture

  /// Every version of a name, the newest first; equal ones in the order of the index.
  std::span<const Place> versions(Name name) const { return part(versions_, version_ends_, name); }
  /// The version numbers of a name, the newest first, each once.
  std::vector<std::string_view> numbers(Name name) const;
  /// The packages that provide a name, without those that have it.
  std::span<const Provider> providers(Name name) const { return part(providers_, provider_ends_, name); }
  /// Names that a package provides, those with a qualifier too, its own without one not among them. Slow: reads them again.
  std::vector<Name> provided_by(Place place) const;
  /// All links of a package, in the order Pre-Depends, Depends, Conflicts, Breaks, Recommends, Suggests.
  Links links(Place place) const { return part(links_, link_ends_, place); }
  /// Places of packages with a relation field that cannot be read; what stands behind the fault lacks in links().
  bool is_damaged(Place place) const;
  /// required 1, ... extra 5; 0 where the index does not say.
  int priority(Place place) const { return priorities_[place]; }

  /// Whether a version (empty: of an unversioned Provides) is what `link` means.
  static bool fits(const Link& link, std::string_view version);
  /// The clauses of a package's links, one after the other: cuts the first from `rest`.
  static Links next_clause(Links& rest);

 private:
  template <class T>
  static std::span<const T> part(const std::vector<T>& all, const std::vector<std::uint32_t>& ends, std::uint32_t at) {
    const std::uint32_t begin = at == 0 ? 0 : ends[at - 1];
    return std::span(all).subspan(begin, ends[at] - begin);
  }
  struct Row { Name name; Provider provider; };

  Name intern(std::string_view name);
  Name intern_copy(std::string text);
  void read(Place place);
  void read_field(std::string_view text, Field field, bool keep, Place place);
  void read_provides(Place place);
  void sort_versions();
  void sort_providers();

  std::span<const deb::Package> packages_;
  std::string architecture_;
  std::vector<std::string_view> names_;
  std::vector<std::uint32_t> hashes_, table_;  ///< table: open addressing, name + 1
  std::deque<std::string> made_;               ///< names that stand in no package's text
  std::vector<Name> own_names_;
  std::vector<std::uint8_t> priorities_;
  std::vector<Link> links_;
  std::vector<std::uint32_t> link_ends_;
  std::vector<Place> versions_;
  std::vector<std::uint32_t> version_ends_;
  std::vector<Provider> providers_;
  std::vector<std::uint32_t> provider_ends_;
  std::vector<Row> rows_;  ///< while reading
  std::vector<Place> damaged_;
};

}  // namespace ashlar::plan
