#include "advisory/database.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "advisory/inner/layout.h"
#include "advisory/inner/packed.h"

namespace ashlar::advisory {
namespace {

std::optional<Time> moment(const host::Statement& row, int at) { return row.is_null(at) ? std::nullopt : std::optional(Time{row.integer(at)}); }

/// What is asked over and over, each compiled once.
struct Asked {
  host::Statement match, record, packages, exploited, likelihood, support, newest;
  bool any_exploited, any_likelihood;  ///< whether asking can give anything
};

Result<bool> has_rows(host::Sqlite& database, const std::string& table) {
  TRY_ASSIGN(auto ask, database.prepare("SELECT 1 FROM " + table + " LIMIT 1"));
  return ask.step();
}

Result<Asked> prepare(host::Sqlite& database) {
  TRY_ASSIGN(auto match, database.prepare("SELECT data FROM match WHERE space = ? AND package = ?"));
  TRY_ASSIGN(auto record, database.prepare("SELECT data FROM record WHERE id = ?"));
  TRY_ASSIGN(auto packages, database.prepare("SELECT packages FROM record WHERE id = ?"));
  TRY_ASSIGN(auto exploited, database.prepare("SELECT added, due, ransomware FROM exploited WHERE cve = ? ORDER BY added LIMIT 1"));
  TRY_ASSIGN(auto likelihood, database.prepare("SELECT score, percentile FROM likelihood WHERE cve = ? ORDER BY score DESC LIMIT 1"));
  TRY_ASSIGN(auto support, database.prepare("SELECT until, remark FROM support WHERE space = ? AND package = ? ORDER BY feed, ordinal"));
  TRY_ASSIGN(auto newest, database.prepare("SELECT feed, version FROM newest WHERE space = ? AND package = ? ORDER BY feed"));
  TRY_ASSIGN(const bool any_exploited, has_rows(database, "exploited"));
  TRY_ASSIGN(const bool any_likelihood, has_rows(database, "likelihood"));
  return Asked{std::move(match), std::move(record), std::move(packages), std::move(exploited), std::move(likelihood), std::move(support), std::move(newest), any_exploited, any_likelihood};
}

class FileDatabase final : public Database {
 public:
  FileDatabase(host::Sqlite database, std::vector<FeedStamp> stamps, std::map<std::string, std::int64_t, std::less<>> spaces, Asked asked)
      : database_(std::move(database)), stamps_(std::move(stamps)), spaces_(std::move(spaces)), digest_(digest_of(stamps_)), asked_(std::move(asked)) {}

  const Digest& digest() const override { return digest_; }
  Time created() const override {
    Time newest;
    for (const FeedStamp& stamp : stamps_) newest = std::max(newest, stamp.fetched);
    return newest;
  }
  const std::vector<FeedStamp>& feeds() const override { return stamps_; }

  Result<std::vector<Match>> matches(std::string_view space, std::string_view package) override {
    std::vector<Match> out;
    const auto found = spaces_.find(space);
    if (found == spaces_.end()) return out;
    asked_.match.reset();
    const std::string name = canonical_name(space, package);
    asked_.match.bind(0, found->second).bind(1, name);
    TRY_ASSIGN(const bool any, asked_.match.step());
    if (!any) return out;
    TRY_ASSIGN(auto entries, unpack_entries(asked_.match.blob(0)));
    for (Entry& entry : entries) {
      TRY_ASSIGN(const FeedStamp* const feed, stamp(entry.feed));
      entry.affected.space = space;
      entry.affected.package = name;
      out.push_back({feed->name, entry.record, std::move(entry.affected)});
    }
    return out;
  }

  Result<std::vector<std::string>> with_artifact(std::string_view artifact) override {
    TRY_ASSIGN(const auto* const all, artifacts());
    const auto [first, last] = all->equal_range(artifact);
    std::vector<std::string> out;
    for (auto each = first; each != last; ++each) out.push_back(each->second);
    std::ranges::sort(out);
    return out;
  }

  Result<Advisory> advisory(std::int64_t record) override {
    asked_.record.reset();
    TRY_ASSIGN(const bool any, asked_.record.bind(0, record).step());
    if (!any) return fail(Kind::Corrupt, fmt::format("the advisory database has no record {}", record));
    Unpacker from(asked_.record.blob(0));
    Advisory out = unpack_advisory(from);
    return from.sound() && from.at_end() ? Result<Advisory>(std::move(out)) : fail(Kind::Corrupt, fmt::format("record {} of the advisory database is damaged", record));
  }

  Result<std::vector<PackageName>> packages(std::int64_t record) override {
    asked_.packages.reset();
    TRY_ASSIGN(const bool any, asked_.packages.bind(0, record).step());
    if (!any) return fail(Kind::Corrupt, fmt::format("the advisory database has no record {}", record));
    std::vector<PackageName> out;
    Unpacker from(asked_.packages.blob(0));
    while (!from.at_end()) {
      const auto id = static_cast<std::int64_t>(from.number());
      const auto space = std::ranges::find_if(spaces_, [&](const auto& each) { return each.second == id; });
      out.push_back({space == spaces_.end() ? std::string() : space->first, from.text()});
      if (!from.sound() || space == spaces_.end()) return fail(Kind::Corrupt, fmt::format("record {} of the advisory database is damaged", record));
    }
    std::ranges::sort(out);
    return out;
  }

  Result<std::vector<std::int64_t>> named(std::string_view id) override {
    std::vector<std::int64_t> out;
    TRY_ASSIGN(auto ask, database_.prepare("SELECT record FROM name WHERE name = ? ORDER BY record"));
    ask.bind(0, id);
    for (;;) {
      TRY_ASSIGN(const bool more, ask.step());
      if (!more) return out;
      out.push_back(ask.integer(0));
    }
  }

  Result<std::optional<Exploited>> exploited(std::string_view cve) override {
    if (!asked_.any_exploited) return std::optional<Exploited>();
    asked_.exploited.reset();
    TRY_ASSIGN(const bool any, asked_.exploited.bind(0, cve).step());
    if (!any) return std::optional<Exploited>();
    return Exploited{std::string(cve), Time{asked_.exploited.integer(0)}, moment(asked_.exploited, 1), asked_.exploited.integer(2) != 0};
  }

  Result<std::optional<Likelihood>> likelihood(std::string_view cve) override {
    if (!asked_.any_likelihood) return std::optional<Likelihood>();
    asked_.likelihood.reset();
    TRY_ASSIGN(const bool any, asked_.likelihood.bind(0, cve).step());
    if (!any) return std::optional<Likelihood>();
    return Likelihood{std::string(cve), asked_.likelihood.real(0), asked_.likelihood.real(1)};
  }

  Result<std::vector<Support>> support(std::string_view space, std::string_view package) override {
    std::vector<Support> out;
    const auto found = spaces_.find(space);
    if (found == spaces_.end()) return out;
    TRY(take_support(found->second, package, out));
    if (package.empty()) return out;
    TRY_ASSIGN(const auto* const patterns, support_patterns());
    for (const auto& [id, pattern] : *patterns) {
      if (id == found->second && means_package(pattern, package)) TRY(take_support(id, pattern, out));
    }
    for (Support& each : out) each.space = space, each.package = package;
    return out;
  }

  Result<std::vector<std::pair<std::string, std::string>>> newest(std::string_view space, std::string_view package) override {
    std::vector<std::pair<std::string, std::string>> out;
    const auto found = spaces_.find(space);
    if (found == spaces_.end()) return out;
    asked_.newest.reset();
    asked_.newest.bind(0, found->second).bind(1, package);
    for (;;) {
      TRY_ASSIGN(const bool more, asked_.newest.step());
      if (!more) return out;
      TRY_ASSIGN(const FeedStamp* const feed, stamp(asked_.newest.integer(0)));
      out.emplace_back(feed->name, std::string(asked_.newest.text(1)));
    }
  }

 private:
  Done take_support(std::int64_t space, std::string_view listed, std::vector<Support>& out) {
    asked_.support.reset();
    asked_.support.bind(0, space).bind(1, listed);
    for (;;) {
      TRY_ASSIGN(const bool more, asked_.support.step());
      if (!more) return {};
      out.push_back({{}, {}, moment(asked_.support, 0), std::string(asked_.support.text(1))});
    }
  }
  /// Those that lists of support have, few, by space.
  Result<const std::vector<std::pair<std::int64_t, std::string>>*> support_patterns() {
    if (patterns_) return &*patterns_;
    TRY_ASSIGN(auto ask, database_.prepare("SELECT DISTINCT space, package FROM support WHERE package LIKE '%.*' ORDER BY space, package"));
    patterns_.emplace();
    for (;;) {
      TRY_ASSIGN(const bool more, ask.step());
      if (!more) return &*patterns_;
      patterns_->emplace_back(ask.integer(0), ask.text(1));
    }
  }
  /// Maven's packages by artifact.
  Result<const std::multimap<std::string, std::string, std::less<>>*> artifacts() {
    if (artifacts_) return &*artifacts_;
    std::multimap<std::string, std::string, std::less<>> all;
    const auto space = spaces_.find("Maven");
    TRY_ASSIGN(auto ask, database_.prepare("SELECT package FROM match WHERE space = ?"));
    ask.bind(0, space == spaces_.end() ? std::int64_t{0} : space->second);  // none has 0
    for (;;) {
      TRY_ASSIGN(const bool more, ask.step());
      if (!more) return &artifacts_.emplace(std::move(all));
      const std::string package(ask.text(0));
      all.emplace(package.substr(package.find(':') + 1), package);
    }
  }
  /// Feeds have the identifiers 1, 2, ... in the order of their names.
  Result<const FeedStamp*> stamp(std::int64_t feed) const {
    if (feed < 1 || static_cast<size_t>(feed) > stamps_.size()) return fail(Kind::Corrupt, fmt::format("the advisory database has no feed {}", feed));
    return &stamps_[static_cast<size_t>(feed) - 1];
  }

  host::Sqlite database_;
  std::vector<FeedStamp> stamps_;
  std::map<std::string, std::int64_t, std::less<>> spaces_;
  Digest digest_;
  Asked asked_;
  std::optional<std::vector<std::pair<std::int64_t, std::string>>> patterns_;
  std::optional<std::multimap<std::string, std::string, std::less<>>> artifacts_;
};

class NoDatabase final : public Database {
 public:
  explicit NoDatabase(std::string why) : why_(std::move(why)), digest_(digest_of({})) {}
  std::string_view absence() const override { return why_; }
  const Digest& digest() const override { return digest_; }
  Time created() const override { return {}; }
  const std::vector<FeedStamp>& feeds() const override { return feeds_; }
  Result<std::vector<Match>> matches(std::string_view, std::string_view) override { return std::vector<Match>(); }
  Result<std::vector<std::string>> with_artifact(std::string_view) override { return std::vector<std::string>(); }
  Result<Advisory> advisory(std::int64_t record) override { return fail(Kind::NotFound, fmt::format("there is no advisory database, and no record {}", record)); }
  Result<std::vector<PackageName>> packages(std::int64_t record) override { return fail(Kind::NotFound, fmt::format("there is no advisory database, and no record {}", record)); }
  Result<std::vector<std::int64_t>> named(std::string_view) override { return std::vector<std::int64_t>(); }
  Result<std::optional<Exploited>> exploited(std::string_view) override { return std::optional<Exploited>(); }
  Result<std::optional<Likelihood>> likelihood(std::string_view) override { return std::optional<Likelihood>(); }
  Result<std::vector<Support>> support(std::string_view, std::string_view) override { return std::vector<Support>(); }
  Result<std::vector<std::pair<std::string, std::string>>> newest(std::string_view, std::string_view) override { return std::vector<std::pair<std::string, std::string>>(); }

 private:
  std::string why_;
  Digest digest_;
  std::vector<FeedStamp> feeds_;
};

}  // namespace

std::unique_ptr<Database> no_database(std::string why) { return std::make_unique<NoDatabase>(std::move(why)); }

Result<std::unique_ptr<Database>> Database::open(const host::Path& path, std::span<const FeedCheck> checks) {
  TRY_ASSIGN(auto database, open_layout(path));
  TRY_ASSIGN(auto stamps, read_stamps(database));
  for (FeedStamp& stamp : stamps) {
    for (const FeedCheck& check : checks) {
      if (check.feed == stamp.name && check.digest == stamp.digest) stamp.checked = std::max(stamp.checked, check.at);
    }
  }
  std::map<std::string, std::int64_t, std::less<>> spaces;
  {
    TRY_ASSIGN(auto ask, database.prepare("SELECT name, id FROM space"));
    for (;;) {
      TRY_ASSIGN(const bool more, ask.step());
      if (!more) break;
      spaces.emplace(ask.text(0), ask.integer(1));
    }
  }
  TRY_ASSIGN(auto asked, prepare(database));
  return std::make_unique<FileDatabase>(std::move(database), std::move(stamps), std::move(spaces), std::move(asked));
}

}  // namespace ashlar::advisory
