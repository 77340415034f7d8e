#include "scan/inner/newest.h"

#include <charconv>

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
  return out;
}

}  // namespace ashlar::scan
