#include "scan/inner/coverage.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "advisory/support.h"
#include "base/text.h"
#include "inventory/paths.h"
#include "scan/inner/contradictions.h"
#include "scan/inner/release_evidence.h"

namespace ashlar::scan {
namespace {

using inventory::Standing;

/// What records of packages say of files, but for those of dpkg and rpm: the ownership knows, which holds them against their lists.
class Records {
 public:
  explicit Records(const Subject& subject) {
    const auto& files = subject.contents->files;
    inventory::PathResolver paths(files);
    for (const inventory::Component& component : subject.components) {
      // A note in a program is what the program says of itself.
      if (component.type == "deb" || component.type == "rpm" || component.found_by == "elf-note") continue;
      const std::string_view path = component.path;
      const size_t inside = path.find('!');
      const bool whole = inside != std::string_view::npos || component.found_by == "go" || component.found_by == "java" || component.found_by == "rust";
      (whole ? read_ : records_).insert(path.substr(0, inside));
      const size_t size = component.files.empty() ? 0 : component.sums.size() / component.files.size();
      for (size_t at = 0; at < component.files.size(); ++at) {
        const std::string& listed = component.files[at];
        listed_.emplace(files.contains(listed) ? listed : paths.resolve(listed), Listed{component.name, std::string_view(component.sums).substr(at * size, size)});
      }
    }
  }

  /// Whether a component was found in the file itself, or a record of one names its very bytes; one without digests names what is neither program nor archive.
  bool explains(const std::string& path, const inventory::File& file) const {
    if (read_.contains(path)) return true;
    const auto [first, last] = listed_.equal_range(path);
    if (file.kind == inventory::FileKind::Other && (records_.contains(path) || first != last)) return true;
    return std::any_of(first, last, [&](const auto& each) { return has_sum(file, each.second.sum); });
  }

  /// Who names the file although it does not explain it; or empty.
  std::string names(const std::string& path) const {
    const auto found = listed_.find(path);
    if (found == listed_.end()) return {};
    const bool none = found->second.sum.find_first_not_of('\0') == std::string_view::npos;
    return none ? fmt::format("the record of '{}' names it without a digest", found->second.component) : fmt::format("the record of '{}' names other bytes for it", found->second.component);
  }

 private:
  struct Listed { std::string_view component, sum; };

  /// `sum` as Component::sums has it.
  static bool has_sum(const inventory::File& file, std::string_view sum) {
    if (sum.empty() || sum.find_first_not_of('\0') == std::string_view::npos) return false;
    return as_text(file.content->raw()).substr(0, sum.size()) == sum || to_hex(as_bytes(sum)) == file.sha1;
  }

  std::set<std::string_view> read_, records_;
  std::multimap<std::string, Listed> listed_;
};

/// Why nobody explains a file whose owner stands so; empty where a package's own bytes do.
std::string darkness(const inventory::Owned* owned) {
  if (owned == nullptr || owned->standing == Standing::Unowned) return owned == nullptr || owned->reason.empty() ? "no package and no ecosystem has it" : owned->reason;
  switch (owned->standing) {
    case Standing::Verified:
    case Standing::Listed: return {};
    case Standing::Altered: return fmt::format("it is not the file of '{}': {}", owned->owner, owned->reason);
    default: return fmt::format("only the image itself says that it is of '{}'", owned->owner);
  }
}

/// Who answers for a dark file; empty: nobody.
std::string excuse_for(const std::vector<Excuse>& excuses, const std::string& path, const Digest& content) {
  const auto found = std::ranges::find_if(excuses, [&](const Excuse& each) { return each.path == path && (!each.digest || *each.digest == content); });
  return found == excuses.end() ? std::string() : fmt::format("'{}': {}", found->owner, found->reason);
}

std::string ages(std::int64_t seconds) { return seconds < 2 * 86400 ? fmt::format("{} hours", seconds / 3600) : fmt::format("{} days", seconds / 86400); }

bool is_distribution_type(std::string_view type) { return type == "deb" || type == "apk" || type == "rpm"; }

void judge_distribution(const Subject& subject, const Report& report, std::vector<std::string>& causes) {
  if (const auto against = against_release(subject, report.distribution); !against.empty())
    causes.push_back(fmt::format("the image says that it is '{}', and {}", report.distribution.space, join(against, ", ")));
  const bool packaged = std::ranges::any_of(subject.components, [](const auto& each) { return is_distribution_type(each.type) && each.found_by != "elf-note"; });
  if (packaged || !subject.damage.empty()) return;  // each package that cannot be judged says so, and so does what cannot be read
  if (!report.distribution.space.empty()) causes.push_back(fmt::format("the image says that it is '{}' and has no package database of it", report.distribution.space));
  else if (!report.distribution.id.empty()) causes.push_back(report.distribution.reason);
}

Done judge_support(Report& report, advisory::Database& database, std::vector<std::string>& causes) {
  if (report.distribution.space.empty()) return {};
  TRY_ASSIGN(const auto support, advisory::release_support(database, report.distribution.space));
  const auto& last = support.until;
  const bool over = support.over;  // since a day that nobody tells
  const bool has_end = report.distribution.space.find(':') != std::string::npos;  // what rolls has none
  if (!last && over) causes.push_back(fmt::format("'{}' is past its end of life: nobody looks for its vulnerabilities any more", report.distribution.space));
  if (!last && !over && has_end && report.spaces.contains(report.distribution.space)) report.notes.push_back(fmt::format("until when '{}' is supported no feed says: whether somebody still looks for its vulnerabilities is not known", report.distribution.space));
  if (last && *last < report.now) causes.push_back(fmt::format("'{}' is past its end of life ({}): nobody looks for its vulnerabilities any more", report.distribution.space, last->date()));
  return {};
}

/// Feeds that this scan rests on: those that cover a space that something was judged in.
bool matters(const advisory::FeedStamp& feed, const std::set<std::string>& spaces) {
  return std::ranges::any_of(spaces, [&](const std::string& space) { return std::ranges::binary_search(feed.spaces, space); });
}

/// How stale a feed is, in words; empty: it is not.
std::string staleness(const advisory::FeedStamp& feed, Time now) {
  if (!feed.is_stale(now)) return {};
  return fmt::format("feed '{}' is {} old, at most {} are allowed", feed.name, ages(now.seconds - feed.current().seconds), ages(feed.max_age));
}

/// A clock that is behind makes everything fresh. Clocks differ by a little; feeds that are dated later than that are refused as well.
void judge_clock(const advisory::Database& database, const std::optional<Time>& clock, std::vector<std::string>& causes) {
  constexpr std::int64_t most = 86400;
  if (clock && database.created().seconds - clock->seconds > most)
    causes.push_back(fmt::format("the advisory database is of {}, and this machine's clock says {}: how old it is cannot be told; set the clock", database.created().str(), clock->str()));
}

void judge_age(const Report& report, const advisory::Database& database, std::vector<std::string>& causes) {
  if (database.feeds().empty()) causes.emplace_back(database.absence().empty() ? "the advisory database has no feed" : database.absence());
  for (const advisory::FeedStamp& feed : database.feeds()) {
    const std::string stale = staleness(feed, report.now);
    if (!stale.empty() && matters(feed, report.spaces)) causes.push_back(stale + ": run `ashlar feed update`");
  }
}

/// What a stale feed that covers no space does to a report.
std::string_view effect_of_age(std::string_view format) {
  if (format == "kev") return "more may be known to be exploited";
  if (format == "epss") return "the likelihoods are of that day";
  if (format == "eol" || format.starts_with("debian-support-")) return "support may have ended since";
  return "what it says may have changed";
}

/// One line for all packages with one reason.
void judge_packages(const Coverage& coverage, std::vector<std::string>& causes) {
  std::map<std::string, std::vector<const Unjudged*>> by_reason;
  for (const Unjudged& each : coverage.unknown) by_reason[each.reason].push_back(&each);
  for (const auto& [reason, packages] : by_reason) {
    causes.push_back(packages.size() == 1 ? fmt::format("'{}' {} was not judged: {}", packages[0]->package, packages[0]->version, reason)
                                          : fmt::format("{} packages ('{}' first) were not judged: {}", packages.size(), packages[0]->package, reason));
  }
}

/// One line for all that does not read of package databases, and one for all that stands against one.
void judge_database(const Subject& subject, std::vector<std::string>& causes) {
  if (!subject.damage.empty()) causes.push_back(fmt::format("the package database is damaged: {}{}", subject.damage.front(), subject.damage.size() > 1 ? fmt::format(" ({} such in all)", subject.damage.size()) : ""));
  if (subject.contents == nullptr) return;
  const auto found = contradictions_of(subject);
  if (found.empty()) return;
  causes.push_back(fmt::format("the package database is contradicted, as one is that was edited: {}{}", found.front(), found.size() > 1 ? fmt::format(" ({} such in all)", found.size()) : ""));
}

/// One line for all records of packages of languages that tell nothing, but for those that a package of the distribution has: its maintainers answer for them.
void judge_unread(const Subject& subject, std::vector<std::string>& causes) {
  const auto is_packages = [&](const inventory::Unread& each) {
    if (subject.ownership == nullptr) return false;
    const auto found = subject.ownership->files.find(cut(each.path, '!').first);
    return found != subject.ownership->files.end() && (found->second.standing == Standing::Verified || found->second.standing == Standing::Listed);
  };
  const auto open = std::ranges::count_if(subject.unread, [&](const auto& each) { return !is_packages(each); });
  if (open == 0) return;
  const auto first = std::ranges::find_if_not(subject.unread, is_packages);
  causes.push_back(fmt::format("a package is not known, for its record does not read: cannot read '{}': {}{}", first->path, first->cause, open > 1 ? fmt::format(" ({} such in all)", open) : ""));
}

void judge_dark(const Coverage& coverage, const Options& options, std::vector<std::string>& causes) {
  const auto count = [&](Owner owner) { return std::ranges::count_if(coverage.dark, [&](const Dark& each) { return each.owner == owner && each.excuse.empty(); }); };
  const auto first = [&](Owner owner) { return std::ranges::find_if(coverage.dark, [&](const Dark& each) { return each.owner == owner && each.excuse.empty(); })->path; };
  if (const auto base = count(Owner::Base); base > 0) causes.push_back(fmt::format("{} of the base {} explained by no package ('/{}' first)", base == 1 ? "1 file" : fmt::format("{} files", base), base == 1 ? "is" : "are", first(Owner::Base)));
  if (const auto app = count(Owner::App); app > 0 && options.app_dark == DarkPolicy::Fail)
    causes.push_back(fmt::format("{} of the application {} explained by no package ('/{}' first)", app == 1 ? "1 file" : fmt::format("{} files", app), app == 1 ? "is" : "are", first(Owner::App)));
}

/// Spaces that something was judged in, and of which only fixes are known: an advisory that has none yet stands in no such feed.
void note_fixes_alone(const Report& report, const advisory::Database& database, std::vector<std::string>& notes) {
  for (const std::string& space : report.spaces) {
    std::string feed;
    bool others = false;
    for (const advisory::FeedStamp& each : database.feeds()) {
      if (!std::ranges::binary_search(each.spaces, space)) continue;
      if (each.format == "secdb") feed = each.name;
      else others = true;
    }
    if (!feed.empty() && !others) notes.push_back(fmt::format("feed '{}' knows of '{}' what was fixed, and nothing of what is not fixed yet", feed, space));
  }
}

}  // namespace

void look_at_files(const Subject& subject, const std::vector<Excuse>& excuses, Coverage& coverage) {
  if (subject.contents == nullptr) return;
  const Records records(subject);
  for (const auto& [path, file] : subject.contents->files) {
    if (!file.content) continue;
    const inventory::Owned* owned = nullptr;
    if (const auto found = subject.ownership->files.find(path); found != subject.ownership->files.end()) owned = &found->second;
    const bool explained = records.explains(path, file);
    std::string why = file.kind != inventory::FileKind::Other && !explained ? darkness(owned) : std::string();
    if (const std::string named = why.empty() ? why : records.names(path); !named.empty()) why = named;
    if (const auto known = subject.known.find(*file.content); known != subject.known.end()) {
      ++coverage.excused;
    } else if (why.empty()) {
      if (owned == nullptr || owned->standing == Standing::Unowned) ++(explained ? coverage.owned : coverage.plain);
      else ++coverage.owned;
    } else {
      coverage.dark.push_back({path, std::move(why), file.layer < subject.base.count ? Owner::Base : Owner::App, excuse_for(excuses, path, *file.content)});
    }
  }
}

Done find_causes(const Subject& subject, advisory::Database& database, const Options& options, Report& report) {
  std::vector<std::string>& causes = report.causes;
  const auto in_doubt = [&](auto judge) {
    const size_t before = causes.size();
    judge();
    report.doubts.insert(report.doubts.end(), causes.begin() + static_cast<std::ptrdiff_t>(before), causes.end());
  };
  judge_age(report, database, causes);
  judge_clock(database, options.clock, causes);
  in_doubt([&] { judge_distribution(subject, report, causes); });
  TRY(judge_support(report, database, causes));
  judge_packages(report.coverage, causes);
  in_doubt([&] { judge_database(subject, causes); });
  in_doubt([&] { judge_unread(subject, causes); });
  in_doubt([&] { judge_dark(report.coverage, options, causes); });
  if (causes.empty() && report.coverage.packages == 0 && report.coverage.within.empty()) in_doubt([&] { causes.emplace_back("nothing was found in it that could be judged: no package of a distribution and none of a language"); });
  for (const auto& [reason, count] : report.unplaced) report.doubts.push_back(fmt::format("{} in no space: {}", count == 1 ? "1 package is" : fmt::format("{} packages are", count), reason));
  return {};
}

std::vector<std::string> notes_of(const Report& report, const advisory::Database& database, const std::set<std::string>& newer) {
  std::vector<std::string> notes = report.notes;
  for (const advisory::FeedStamp& feed : database.feeds()) {
    const std::string stale = staleness(feed, report.now);
    if (!stale.empty() && feed.spaces.empty()) notes.push_back(fmt::format("{}: {} (run `ashlar feed update`)", stale, effect_of_age(feed.format)));
  }
  note_fixes_alone(report, database, notes);
  if (!newer.empty()) notes.push_back(fmt::format("{} newer than any version that feeds know of {}: {}{}", newer.size() == 1 ? "1 source package is" : fmt::format("{} source packages are", newer.size()), newer.size() == 1 ? "it" : "them", *newer.begin(), newer.size() > 1 ? " first" : ""));
  for (const Supported& each : report.coverage.support) {
    if (!each.ended) notes.push_back(fmt::format("the security support of '{}' in '{}' is {}", each.package, report.distribution.space, each.remark));
  }
  return notes;
}

}  // namespace ashlar::scan
