#pragma once
// For tests: a database in memory.
#include <algorithm>
#include <map>

#include "advisory/database.h"

namespace ashlar::scan {

class TestDatabase final : public advisory::Database {
 public:
  /// Adds an advisory of `feed`, which then covers every space that it names.
  TestDatabase& add(const std::string& feed, advisory::Advisory advisory) {
    auto& stamp = feed_of(feed);
    const auto record = static_cast<std::int64_t>(records_.size());
    for (advisory::Affected& each : advisory.affected) {
      cover(stamp, each.space);
      matches_[{each.space, advisory::canonical_name(each.space, each.package)}].push_back({feed, record, std::move(each)});
    }
    records_.push_back(std::move(advisory));
    return *this;
  }
  TestDatabase& cover(const std::string& feed, const std::string& space) { return cover(feed_of(feed), space), *this; }
  /// The feed has records of a space, and is not complete for it.
  TestDatabase& uncover(const std::string& feed, const std::string& space) { return std::erase(feed_of(feed).spaces, space), *this; }
  TestDatabase& age(const std::string& feed, Time dated, std::int64_t max_age) {
    feed_of(feed).dated = dated;
    feed_of(feed).max_age = max_age;
    return *this;
  }

  TestDatabase& format(const std::string& feed, std::string format) { return feed_of(feed).format = std::move(format), *this; }

  const Digest& digest() const override { return digest_; }
  Time created() const override { return made; }
  const std::vector<advisory::FeedStamp>& feeds() const override { return feeds_; }
  Result<std::vector<advisory::Match>> matches(std::string_view space, std::string_view package) override {
    const auto found = matches_.find({std::string(space), advisory::canonical_name(space, package)});
    return found == matches_.end() ? std::vector<advisory::Match>() : found->second;
  }
  Result<std::vector<std::string>> with_artifact(std::string_view artifact) override {
    std::vector<std::string> out;
    for (const auto& [name, matches] : matches_) {
      if (name.first == "Maven" && name.second.ends_with(":" + std::string(artifact))) out.push_back(name.second);
    }
    return out;
  }
  Result<advisory::Advisory> advisory(std::int64_t record) override { return records_.at(static_cast<size_t>(record)); }
  Result<std::vector<advisory::PackageName>> packages(std::int64_t record) override {
    std::vector<advisory::PackageName> out;
    for (const auto& [name, matches] : matches_) {
      if (std::ranges::any_of(matches, [&](const auto& each) { return each.record == record; })) out.push_back({name.first, name.second});
    }
    return out;
  }
  Result<std::vector<std::int64_t>> named(std::string_view id) override {
    std::vector<std::int64_t> out;
    for (size_t at = 0; at < records_.size(); ++at) {
      if (records_[at].id == id || std::ranges::find(records_[at].aliases, id) != records_[at].aliases.end()) out.push_back(static_cast<std::int64_t>(at));
    }
    return out;
  }
  Result<std::optional<advisory::Exploited>> exploited(std::string_view cve) override { return find(exploited_by, cve); }
  Result<std::optional<advisory::Likelihood>> likelihood(std::string_view cve) override { return find(likelihood_by, cve); }
  Result<std::vector<advisory::Support>> support(std::string_view space, std::string_view package) override {
    std::vector<advisory::Support> out;
    for (const auto& each : supports) {
      if (each.space == space && advisory::means_package(each.package, package)) out.push_back(each);
    }
    return out;
  }

  Result<std::vector<std::pair<std::string, std::string>>> newest(std::string_view space, std::string_view package) override {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& each : newest_of) {
      if (each.space == space && each.package == package) out.emplace_back("tracker", each.version);
    }
    return out;
  }

  Time made{};
  std::map<std::string, advisory::Exploited, std::less<>> exploited_by;
  std::map<std::string, advisory::Likelihood, std::less<>> likelihood_by;
  std::vector<advisory::Support> supports;
  std::vector<advisory::Newest> newest_of;  ///< as feed `tracker` knows them

 private:
  template <class Value>
  static std::optional<Value> find(const std::map<std::string, Value, std::less<>>& in, std::string_view key) {
    const auto found = in.find(key);
    return found == in.end() ? std::nullopt : std::optional(found->second);
  }
  advisory::FeedStamp& feed_of(const std::string& name) {
    for (auto& each : feeds_) {
      if (each.name == name) return each;
    }
    return feeds_.emplace_back(advisory::FeedStamp{.name = name, .digest = digest_});
  }
  static void cover(advisory::FeedStamp& stamp, const std::string& space) {
    const auto at = std::ranges::lower_bound(stamp.spaces, space);
    if (at == stamp.spaces.end() || *at != space) stamp.spaces.insert(at, space);
  }

  Digest digest_ = Digest::of(std::string_view("test"));
  std::vector<advisory::FeedStamp> feeds_;
  std::vector<advisory::Advisory> records_;
  std::map<std::pair<std::string, std::string>, std::vector<advisory::Match>> matches_;
};

}  // namespace ashlar::scan
