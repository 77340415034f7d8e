#pragma once
// A binary package as an archive's index describes it, and its relations (Debian Policy chapter 7).
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "deb/control.h"
#include "deb/version.h"

namespace ashlar::deb {

/// A package name (Policy 5.6.1): lower case letters, digits, `+`, `-`, `.`; at least two characters, beginning with a letter or digit.
class PackageName {
 public:
  static Result<PackageName> parse(std::string_view text);
  const std::string& str() const { return text_; }
  friend auto operator<=>(const PackageName&, const PackageName&) = default;

 private:
  explicit PackageName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

enum class Relation { None, Less, LessEqual, Equal, GreaterEqual, Greater };

/// `name[:qualifier] [(relation version)]`
struct Alternative {
  std::string name;
  std::string qualifier;  ///< `any`, `native`, an architecture, or empty
  Relation relation = Relation::None;
  std::string version;
};
/// One clause of a relation field: any of its alternatives, the first preferred.
using Clause = std::vector<Alternative>;
/// Reads a field such as Depends; clauses are joined by commas. Restrictions in `[...]` and `<...>` are refused: indexes have none.
Result<std::vector<Clause>> parse_relations(std::string_view field);
std::string to_string(const Alternative& alternative);
std::string to_string(const Clause& clause);

/// What an index says of one package that solving and fetching need. Texts are views into the text that was read, or into Index::texts.
struct Package {
  std::string_view name, version, architecture;
  std::string_view source, source_version;  ///< from `Source: name (version)`, else those of the package itself
  std::string_view priority, multi_arch, essential, maintainer;
  std::string_view depends, pre_depends, provides, conflicts, breaks, replaces;  ///< as written
  std::string_view recommends, suggests, enhances;  ///< as written; nothing is installed because of them
  std::string_view protection;  ///< of `Protected`, or its older name `Important`: `yes` where a system should keep the package
  std::string_view sha256;     ///< 64 hex digits
  std::string_view filename;   ///< path in the pool, relative to the archive's root
  std::uint64_t size = 0;
  std::uint32_t archive = 0;  ///< place in Index::archives
};

/// A Packages file, read; `text` must outlive what it gives. Stanzas without Package, Version, Architecture, Filename, Size or SHA256 are Corrupt;
/// `archive` is copied to each. `line` is that of the text's begin, for errors.
Result<std::vector<Package>> parse_packages(std::string_view text, std::string_view path, std::uint32_t archive, size_t line = 1);

}  // namespace ashlar::deb
