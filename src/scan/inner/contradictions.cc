#include "scan/inner/contradictions.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "deb/package.h"
#include "deb/version.h"

namespace ashlar::scan {
namespace {

using deb::Relation;
using inventory::InstalledPackage;

bool holds(Relation relation, std::weak_ordering order) {
  switch (relation) {
    case Relation::None: return true;
    case Relation::Less: return order < 0;
    case Relation::LessEqual: return order <= 0;
    case Relation::Equal: return order == 0;
    case Relation::GreaterEqual: return order >= 0;
    case Relation::Greater: return order > 0;
  }
  return true;
}

/// The packages of a database by name, of every architecture, and the names that some of them provide.
struct Named {
  std::multimap<std::string_view, const InstalledPackage*> packages;
  std::set<std::string> provided;

  explicit Named(const std::vector<InstalledPackage>& all) {
    for (const InstalledPackage& each : all) {
      packages.emplace(each.name, &each);
      const auto provides = deb::parse_relations(each.provides);
      if (!provides) continue;
      for (const auto& clause : *provides) provided.insert(clause.front().name);
    }
  }

  /// What stands against a clause; empty: nothing.
  std::string against(const deb::Clause& clause) const {
    const deb::Alternative& wanted = clause.front();
    const auto [first, last] = packages.equal_range(wanted.name);
    if (clause.size() > 1 || wanted.relation == Relation::None || first == last || provided.contains(wanted.name)) return {};
    const bool met = std::any_of(first, last, [&](const auto& each) { return holds(wanted.relation, deb::compare_versions(each.second->version, wanted.version)); });
    return met ? std::string() : fmt::format("depends on '{}', and {} is installed", deb::to_string(wanted), first->second->version);
  }
};

}  // namespace

std::vector<std::string> contradictions_of(const std::vector<InstalledPackage>& packages) {
  const Named named(packages);
  std::vector<std::string> out;
  for (const InstalledPackage& each : packages) {
    for (const std::string& field : {each.pre_depends, each.depends}) {
      const auto clauses = deb::parse_relations(field);
      if (!clauses) continue;
      for (const deb::Clause& clause : *clauses) {
        if (const std::string found = named.against(clause); !found.empty()) out.push_back(fmt::format("'{}' {} {}", each.name, each.version, found));
      }
    }
  }
  return out;
}

}  // namespace ashlar::scan
