#include "scan/inner/contradictions.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "advisory/version.h"
#include "base/text.h"
#include "deb/package.h"
#include "deb/version.h"
#include "inventory/paths.h"

namespace ashlar::scan {
namespace {

using deb::Relation;
using inventory::Component;
using inventory::InstalledPackage;
using Lines = std::vector<std::string>;

bool earlier(std::string_view a, std::string_view b) { return deb::compare_versions(a, b) < 0; }

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
  struct Versions {
    std::string_view first;                ///< as the database has them
    std::vector<std::string_view> sorted;  ///< the earliest first
    /// Whether one of them is in a relation to `wanted`: the earliest, the latest or the one beside it is, or none.
    bool any(Relation relation, std::string_view wanted) const {
      const auto near = std::ranges::lower_bound(sorted, wanted, earlier);
      const auto is = [&](std::string_view each) { return holds(relation, deb::compare_versions(each, wanted)); };
      return is(sorted.front()) || is(sorted.back()) || (near != sorted.end() && is(*near));
    }
  };
  std::map<std::string_view, Versions> packages;
  std::set<std::string> provided;

  explicit Named(const std::vector<InstalledPackage>& all) {
    for (const InstalledPackage& each : all) {
      Versions& of = packages[each.name];
      if (of.sorted.empty()) of.first = each.version;
      of.sorted.push_back(each.version);
      const auto provides = deb::parse_relations(each.provides);
      if (!provides) continue;
      for (const auto& clause : *provides) provided.insert(clause.front().name);
    }
    for (auto& [name, versions] : packages) std::ranges::sort(versions.sorted, earlier);
  }

  /// What stands against a clause; empty: nothing.
  std::string against(const deb::Clause& clause) const {
    const deb::Alternative& wanted = clause.front();
    const auto found = packages.find(wanted.name);
    if (clause.size() > 1 || wanted.relation == Relation::None || found == packages.end() || provided.contains(wanted.name)) return {};
    const bool met = found->second.any(wanted.relation, wanted.version);
    return met ? std::string() : fmt::format("depends on '{}', and {} is installed", deb::to_string(wanted), found->second.first);
  }
};

void read_versions(const std::vector<Component>& components, Lines& out) {
  for (const Component& each : components) {
    if (const std::string none = no_version(each); !none.empty()) out.push_back(fmt::format("'{}' has the version '{}', which is none", each.name, none));
  }
}

void read_twice(const std::vector<InstalledPackage>& packages, Lines& out) {
  const InstalledPackage* before = nullptr;  // they are sorted
  for (const InstalledPackage& each : packages) {
    if (before != nullptr && before->name == each.name && before->architecture == each.architecture && before->version != each.version)
      out.push_back(fmt::format("'{}' stands twice, with {} and {}", each.name, before->version, each.version));
    before = &each;
  }
}

void read_dependencies(const std::vector<InstalledPackage>& packages, Lines& out) {
  const Named named(packages);
  for (const InstalledPackage& each : packages) {
    for (const std::string& field : {each.pre_depends, each.depends}) {
      const auto clauses = deb::parse_relations(field);
      if (!clauses) continue;
      for (const deb::Clause& clause : *clauses) {
        if (const std::string found = named.against(clause); !found.empty()) out.push_back(fmt::format("'{}' {} {}", each.name, each.version, found));
      }
    }
  }
}

/// Lists of a package's files without the package: whoever takes a package out of the database forgets them, and dpkg does not.
void read_lists(const inventory::Contents& contents, Lines& out) {
  constexpr std::string_view end = ".md5sums";
  std::set<std::string_view> names;
  for (const InstalledPackage& each : contents.packages) names.insert(each.name), names.insert(std::string_view(each.database).substr(each.database.rfind('/') + 1));
  for (const auto& [path, text] : contents.texts) {
    if (!path.ends_with(end) || !(path.starts_with("var/lib/dpkg/info/") || path.starts_with("var/lib/dpkg/status.d/"))) continue;
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1, path.size() - end.size() - path.rfind('/') - 1);
    if (!names.contains(cut(name, ':').first)) out.push_back(fmt::format("'{}' lists the files of '{}', which it does not name", path, name));
  }
}

/// The other records of an image against the packages that its databases name.
class Witnesses {
 public:
  explicit Witnesses(const Subject& subject) : subject_(subject), paths_(subject.contents->files) {
    for (const Component& each : subject.components) {
      if (each.found_by != "elf-note" && (each.type == "deb" || each.type == "apk" || each.type == "rpm")) packages_.emplace(std::pair(std::string_view(each.type), std::string_view(each.name)), &each);
    }
    for (const Component& each : subject.claims) {
      if (each.found_by != "sbom" && each.version.empty()) changelogs_.emplace(each.name, &each);
    }
  }

  void ask(Lines& out) {
    if (subject_.ownership->missing.contains(own_list)) out.push_back(fmt::format("'{}', by which its versions could be told, was removed", own_list));
    for (const Component& each : subject_.claims) {
      if (each.found_by != "sbom" && !each.version.empty()) ask_record(each, out);
    }
    if (!changelogs_.empty()) {
      for (const auto& [key, package] : packages_) {
        if (key.first == "deb") ask_changelogs(*package, out);
      }
    }
    for (const Component& each : subject_.components) {
      if (each.found_by == "elf-note") ask_note(each, out);
    }
  }

 private:
  using Key = std::pair<std::string_view, std::string_view>;
  static constexpr const char* own_list = "usr/share/ashlar/packages.json";

  static std::string line(const Component& package, std::string_view said, const Component& by) {
    return fmt::format("of '{}' it says {}, and '{}' ({}) {}", package.name, said, by.path, by.remark, by.version.empty() ? by.source_version : by.version);
  }

  static std::string source_line(const Component& package, const Component& by) {
    return fmt::format("of '{}' it says that it was built from '{}', and '{}' ({}) from '{}'", package.name, package.source, by.path, by.remark, by.source);
  }

  /// Whether a higher layer than that of a record brought files of the package: then the record speaks of the one before.
  bool is_outdated(const Component& record, const Component& package) {
    if (record.layer >= package.layer) return false;
    if (newest_.empty()) {
      for (const auto& [path, owned] : subject_.ownership->files) {
        if (owned.owner.starts_with("package:")) note_layer(owned.owner.substr(8), path);
      }
      for (const auto& [key, each] : packages_) {
        for (const std::string& path : each->files) note_layer(each->name, path);
      }
    }
    const auto found = newest_.find(package.name);
    return found != newest_.end() && found->second > record.layer;
  }
  void note_layer(const std::string& package, const std::string& path) {
    const auto file = subject_.contents->files.find(path);
    if (file != subject_.contents->files.end() && file->second.entry.type != FileType::Directory) newest_[package] = std::max(newest_[package], file->second.layer);
  }

  void ask_record(const Component& record, Lines& out) {
    const auto [first, last] = packages_.equal_range(Key(record.type, record.name));
    const auto fits = [&](const Component& package) { return record.architecture.empty() || record.architecture == package.architecture; };
    const Component* other = nullptr;
    for (auto at = first; at != last; ++at) {
      if (!fits(*at->second)) continue;
      if (!record.source.empty() && at->second->source != record.source) out.push_back(source_line(*at->second, record));
      if (at->second->version == record.version) return;
      other = at->second;
    }
    if (other != nullptr && !is_outdated(record, *other)) out.push_back(line(*other, other->version, record));
    // dpkg's log may speak of another root that was made in this one.
    if (first == last && record.path == own_list && record.layer >= newest_database(record.type) && asked_.emplace(record.type, record.name).second)
      out.push_back(fmt::format("it does not name '{}', and '{}' ({}) does", record.name, record.path, record.remark));
  }
  /// The highest layer that has a part of the database of a type; none: behind all.
  size_t newest_database(std::string_view type) const {
    std::optional<size_t> out;
    for (auto at = packages_.lower_bound(Key(type, {})); at != packages_.end() && at->first.first == type; ++at) out = std::max(out.value_or(0), at->second->layer);
    return out.value_or(SIZE_MAX);
  }

  /// What was built from a source begins its changelog with the source's version, or, rebuilt for one architecture, with its own. A package of a cross
  /// compiler has the changelog of what it was made from.
  void ask_changelogs(const Component& package, Lines& out) {
    const std::string folder = paths_.follow("usr/share/doc/" + package.name);
    const auto [first, last] = changelogs_.equal_range(std::string_view(folder).substr(folder.rfind('/') + 1));
    const Component* other = nullptr;
    for (auto at = first; at != last; ++at) {
      const Component& each = *at->second;
      const bool same = each.source == package.source;
      if (same && (each.source_version == package.source_version || is_rebuild(package.version, each.source_version, package.source_version))) return;
      if (!same && is_numbered(package.version, each.source_version, "cross")) return;
      if (!is_outdated(each, package)) other = &each;
    }
    if (other == nullptr) return;
    if (other->source == package.source) out.push_back(line(package, package.source_version, *other));
    else out.push_back(source_line(package, *other));
  }
  /// `1.0-1+b2` is a rebuild of `1.0-1`.
  static bool is_rebuild(std::string_view version, std::string_view said, std::string_view source) { return version == said && is_numbered(version, source, "+b"); }
  static bool is_numbered(std::string_view version, std::string_view base, std::string_view mark) {
    if (!version.starts_with(base) || !version.substr(base.size()).starts_with(mark)) return false;
    const std::string_view number = version.substr(base.size() + mark.size());
    return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  }

  /// A program's note names the package that it was built as, or its source. The bytes are those of the package's own list.
  void ask_note(const Component& note, Lines& out) {
    if (note.version.empty()) return;
    std::vector<std::string> paths = note.files;
    paths.push_back(note.path);
    for (const std::string& path : paths) {
      const auto owned = subject_.ownership->files.find(path);
      if (owned == subject_.ownership->files.end() || !owned->second.owner.starts_with("package:") || owned->second.standing == inventory::Standing::Altered) continue;
      const auto [first, last] = packages_.equal_range(Key(note.type, std::string_view(owned->second.owner).substr(8)));
      const auto speaks = [&](const Component& package) { return note.name == package.name || note.name == package.source; };
      const auto agrees = [&](const Component& package) { return note.version == package.version || note.version == package.source_version || is_numbered(package.version, note.version, "+b"); };
      if (first == last || !speaks(*first->second) || std::any_of(first, last, [&](const auto& each) { return agrees(*each.second); })) continue;
      return out.push_back(fmt::format("of '{}' it says {}, and the note in '{}' {}", first->second->name, first->second->version, path, note.version));
    }
  }

  const Subject& subject_;
  std::set<Key> asked_;  ///< packages that lack, each once
  inventory::PathResolver paths_;
  std::multimap<Key, const Component*> packages_;
  std::multimap<std::string_view, const Component*> changelogs_;  ///< by the folder that they lie in
  std::map<std::string, size_t, std::less<>> newest_;             ///< by package the highest layer that has a file of it
};

}  // namespace

std::string no_version(const Component& component) {
  constexpr std::array grammars = {std::pair("deb", advisory::Grammar::Dpkg), std::pair("apk", advisory::Grammar::Apk), std::pair("rpm", advisory::Grammar::Rpm)};
  const auto grammar = std::ranges::find(grammars, component.type, [](const auto& row) { return row.first; });
  if (grammar == grammars.end() || component.found_by == "elf-note") return {};
  for (const std::string& each : {component.version, component.source_version}) {
    if (!each.empty() && !advisory::is_version(grammar->second, each)) return each;
  }
  return {};
}

Lines contradictions_of(const Subject& subject) {
  Lines out;
  read_versions(subject.components, out);
  read_twice(subject.contents->packages, out);
  read_dependencies(subject.contents->packages, out);
  read_lists(*subject.contents, out);
  Witnesses(subject).ask(out);
  return out;
}

}  // namespace ashlar::scan
