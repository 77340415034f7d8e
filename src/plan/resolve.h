#pragma once
// Which packages an image needs: libsolv decides what is possible, apt's order what is preferred.
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "deb/package.h"
#include "plan/definition.h"

namespace ashlar::plan {

struct Request {
  std::vector<Wish> wishes;           ///< names, pins and exclusions
  std::string architecture;           ///< dpkg's name: `amd64`
  std::set<std::uint32_t> security_archives;  ///< places in Index::archives whose versions win over equal ones elsewhere
};
struct Chosen {
  const deb::Package* package = nullptr;
  std::string reason;  ///< a sentence without its first word: `asked for by the definition`, `depended on by 'libc6' (libgcc-s1)`
};
struct Resolution {
  std::vector<Chosen> packages;       ///< sorted by name
  std::vector<std::string> dropped;   ///< dependencies that exclusions left unmet, as sentences
  std::vector<std::string> stood_in;  ///< wishes for virtual names, with the package that was taken, as sentences
};
/// A universe of packages, made once and asked often.
class Universe {
 public:
  /// `packages` are borrowed and must outlive the universe.
  Universe(std::span<const deb::Package> packages, std::string architecture);
  ~Universe();
  Universe(Universe&&) noexcept;
  /// NotFound when a wish names no package (with the nearest name); Conflict when no set fits, in words a person can act on.
  Result<Resolution> resolve(const Request& request) const;
  /// Whether some package has the name or provides it.
  bool knows(std::string_view name) const;
  /// The versions that the name is there in, the newest first, each once.
  std::vector<std::string_view> versions(std::string_view name) const;
  /// The packages of other names that provide this one, sorted.
  std::vector<std::string> providers(std::string_view name) const;
  /// The package that `name` was probably meant to be, or empty.
  std::string nearest(std::string_view name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ashlar::plan
