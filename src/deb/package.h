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

/// Everything an index says of one package that solving, fetching and describing need. Texts are copies: an index may be dropped.
struct Package {
  std::string name, version, architecture;
  std::string source, source_version;  ///< from `Source: name (version)`, else those of the package itself
  std::string priority, section, multi_arch, essential, maintainer, homepage, description;
  std::string depends, pre_depends, provides, conflicts, breaks, replaces;  ///< as written
  std::string recommends, suggests, enhances;  ///< as written; nothing is installed because of them
  std::string protection;  ///< of `Protected`, or its older name `Important`: `yes` where a system should keep the package
  std::uint64_t size = 0, installed_kib = 0;
  std::string sha256;     ///< 64 hex digits
  std::string filename;   ///< path in the pool, relative to the archive's root
  std::uint32_t archive = 0;  ///< place in Index::archives
};

/// A Packages file, read. Stanzas without Package, Version, Architecture, Filename, Size or SHA256 are Corrupt; `archive` is copied to each.
Result<std::vector<Package>> parse_packages(std::string_view text, std::string_view path, std::uint32_t archive);

}  // namespace ashlar::deb
