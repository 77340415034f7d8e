#pragma once
// Choosing packages in apt's order: depth first, the first alternative that fits, a real package before one that provides its name.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "deb/package.h"

namespace ashlar::plan {

/// The candidates of one request: of every name one version, as apt sees an archive.
class Market {
 public:
  struct Provider {
    std::uint32_t package;
    std::string_view version;  ///< of a versioned Provides; empty where there is none
    bool real;                 ///< the package itself
  };

  explicit Market(std::span<const deb::Package> packages) : packages_(packages), clauses_(packages.size()) {}
  void offer(std::uint32_t package);                            ///< a candidate
  const deb::Package& at(std::uint32_t package) const { return packages_[package]; }
  std::optional<std::uint32_t> named(std::string_view name) const;
  /// Candidates that satisfy one alternative, the preferred first.
  std::vector<std::uint32_t> fitting(const deb::Alternative& alternative) const;
  struct Relations {
    std::vector<deb::Clause> needs;    ///< Pre-Depends and Depends
    std::vector<deb::Clause> refuses;  ///< Conflicts and Breaks
  };
  const Relations& relations(std::uint32_t package) const;
  /// Whether `package` is what a refusal means; a package never refuses itself.
  bool is_meant(const deb::Alternative& refused, std::uint32_t package) const;

 private:
  std::span<const deb::Package> packages_;
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  std::unordered_map<std::string_view, std::vector<Provider>> providers_;
  mutable std::vector<std::unique_ptr<Relations>> clauses_;
};

/// A set of packages in the making.
class Choice {
 public:
  /// `given_up`: names of excluded packages and of what they provide; a dependency that only these would satisfy is dropped.
  Choice(const Market& market, const std::set<std::string>& given_up) : market_(market), given_up_(given_up) {}
  /// Marks a package without what it needs: what a person asked for comes before anything that a dependency brings.
  bool ask(std::uint32_t package, std::string reason);
  /// Brings in what the marked package needs; false leaves things as they were, and failure() says why.
  bool complete(std::uint32_t package);
  const std::map<std::uint32_t, std::string>& marked() const { return marked_; }
  const std::set<std::string>& dropped() const { return dropped_; }
  /// What stood in the way where it went deepest.
  const std::string& failure() const { return failure_; }

 private:
  bool mark(std::uint32_t package, std::string reason);
  bool satisfy(std::uint32_t package, const deb::Clause& clause);
  bool is_satisfied(const deb::Clause& clause) const;
  std::optional<std::string> clash(std::uint32_t package) const;
  void note(std::string text);
  void roll_back(size_t to);

  const Market& market_;
  const std::set<std::string>& given_up_;
  std::map<std::uint32_t, std::string> marked_;
  std::vector<std::uint32_t> trail_;
  std::vector<std::pair<std::uint32_t, const deb::Alternative*>> refusals_;  ///< of marked packages, for names that are in the market
  std::set<std::string> dropped_;
  std::string failure_;
  size_t depth_ = 0, failure_depth_ = 0, steps_ = 0;
};

}  // namespace ashlar::plan
