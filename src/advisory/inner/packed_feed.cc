#include "advisory/inner/packed_feed.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "advisory/inner/documents.h"
#include "base/text.h"
#include "advisory/inner/packed.h"
#include "deb/version.h"

namespace ashlar::advisory {

std::uint32_t PackingIntake::space_of(std::string_view space) {
  const auto found = spaces_.find(space);
  if (found != spaces_.end()) return found->second;
  const auto index = static_cast<std::uint32_t>(feed_.spaces.size());
  feed_.spaces.emplace_back(space);
  spaces_.emplace(space, index);
  return index;
}

void PackingIntake::add(Support support) {
  space_of(support.space);
  feed_.support.push_back(std::move(support));
}

void PackingIntake::add(Newest newest) {
  space_of(newest.space);
  feed_.newest.push_back(std::move(newest));
}

void PackingIntake::note(std::string_view what, std::string_view record) {
  const auto found = std::ranges::find(feed_.notes, what, &FeedNote::what);
  if (found != feed_.notes.end()) ++found->count;
  else feed_.notes.push_back({feed_.stamp.name, std::string(what), std::string(record), 1});
}

void PackingIntake::add(Advisory advisory) {
  const auto record = static_cast<std::uint32_t>(feed_.records.size());
  std::string data = pack(advisory);
  for (const Affected& affected : advisory.affected) feed_.rows.push_back({space_of(affected.space), record, affected.package, pack(affected)});
  std::vector<std::string> names = std::move(advisory.aliases);
  names.push_back(advisory.id);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  feed_.records.push_back({std::move(advisory.id), std::move(data), std::move(names), advisory.withdrawn.has_value()});
}

PackedFeed PackingIntake::finish() {
  std::vector<std::uint32_t> order(feed_.records.size()), place(order.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return feed_.records[a] < feed_.records[b]; });
  std::vector<PackedFeed::Record> sorted;
  for (const std::uint32_t each : order) {
    PackedFeed::Record& record = feed_.records[each];
    if (sorted.empty() || sorted.back().id != record.id || sorted.back().data != record.data) sorted.push_back(std::move(record));
    place[each] = static_cast<std::uint32_t>(sorted.size() - 1);
  }
  feed_.records = std::move(sorted);
  for (PackedFeed::Row& row : feed_.rows) row.record = place[row.record];
  feed_.stamp.records = feed_.records.size() + feed_.exploited.size() + feed_.likelihood.size() + feed_.support.size();
  feed_.stamp.spaces.assign(covered_.begin(), covered_.end());
  feed_.stamp.dated = newest_.value_or(feed_.stamp.dated == Time{} ? feed_.stamp.fetched : feed_.stamp.dated);
  std::ranges::sort(feed_.exploited, {}, &Exploited::cve);
  std::ranges::sort(feed_.likelihood, {}, &Likelihood::cve);
  std::ranges::sort(feed_.support, [](const Support& a, const Support& b) { return std::tie(a.space, a.package, a.remark, a.until) < std::tie(b.space, b.package, b.remark, b.until); });
  const auto same = [](const Newest& a, const Newest& b) { return a.space == b.space && a.package == b.package; };
  std::ranges::sort(feed_.newest, [&](const Newest& a, const Newest& b) { return same(a, b) ? deb::compare_versions(a.version, b.version) > 0 : std::tie(a.space, a.package) < std::tie(b.space, b.package); });
  feed_.newest.erase(std::unique(feed_.newest.begin(), feed_.newest.end(), same), feed_.newest.end());  // of several documents the newest
  spaces_.clear();
  return std::move(feed_);
}

Result<PackedFeed> read_feed(host::Files& files, const FeedInput& input) {
  const std::string what = fmt::format("read feed '{}'", input.stamp.name);
  const auto read = [&]() -> Result<PackedFeed> {
    TRY_ASSIGN(const Format* const row, format(input.stamp.format));
    PackingIntake intake(input.stamp);
    const std::string& members = input.settings.members;
    bool any = members.empty();
    TRY_ASSIGN(const Digest digest, each_document(files, input.path, row->member_suffix, [&](const Document& document) {
                 if (!members.empty() && !matches_glob(members, document.path)) return Done{};
                 any = true;
                 return row->read(document, input.settings, intake);
               }));
    if (!any) return fail(Kind::Corrupt, fmt::format("no document of it lies at '{}' (`members` of its description)", members));
    PackedFeed feed = intake.finish();
    feed.stamp.digest = digest;
    return feed;
  };
  auto feed = read();
  return feed ? std::move(feed) : cannot(what, std::move(feed).error());
}

}  // namespace ashlar::advisory
