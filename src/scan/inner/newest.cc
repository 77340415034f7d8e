#include "scan/inner/newest.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "deb/version.h"

namespace ashlar::scan {
namespace {

/// The number that an upstream version begins with; 0 where it begins with none, the greatest where it is too large.
std::uint64_t first_number(const deb::Version& version) {
  const std::string_view text = version.upstream();
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc::result_out_of_range ? UINT64_MAX : out;
}

bool is_beyond(const deb::Version& version, const deb::Version& known) {
  if (version.epoch() != known.epoch()) return version.epoch() > known.epoch();
  const std::uint64_t first = first_number(version), before = first_number(known);
  return before < UINT64_MAX / 4 && first > 2 * before + 1;
}

/// Another release of the distribution whose newest version of the package is this one; or empty.
Result<std::string> release_with(const Place& place, advisory::Database& database) {
  const std::string_view family = std::string_view(place.space).substr(0, place.space.find(':') + 1);
  std::set<std::string> spaces;
  for (const advisory::FeedStamp& feed : database.feeds()) {
    std::ranges::copy_if(feed.spaces, std::inserter(spaces, spaces.end()), [&](const std::string& each) { return each != place.space && each.starts_with(family); });
  }
  for (const std::string& space : spaces) {
    TRY_ASSIGN(const auto newest, database.newest(space, place.package));
    if (std::ranges::any_of(newest, [&](const auto& each) { return each.second == place.version; })) return space;
  }
  return std::string();
}

}  // namespace

Result<Newer> hold_against_newest(const Place& place, advisory::Database& database) {
  TRY_ASSIGN(const auto newest, database.newest(place.space, place.package));
  const auto version = deb::Version::parse(place.version);
  std::optional<deb::Version> known;
  std::string feed;
  for (const auto& [name, text] : newest) {
    const auto each = deb::Version::parse(text);
    if (each && (!known || *known < *each)) known = *each, feed = name;
  }
  if (!known || !version || !(*known < *version)) return Newer{};
  Newer out{.cause = {}, .known = known->str(), .feed = feed};
  if (is_beyond(*version, *known)) out.cause = fmt::format("no release of '{}' has such a version of '{}': the newest that feed '{}' knows is {}", place.space, place.package, feed, out.known);
  if (!out.cause.empty()) return out;
  TRY_ASSIGN(const std::string other, release_with(place, database));
  if (!other.empty()) out.cause = fmt::format("it is newer than any '{}' of '{}' that feed '{}' knows, and is that of '{}': the advisories of one release do not judge a package of another", place.package, place.space, feed, other);
  return out;
}

}  // namespace ashlar::scan
