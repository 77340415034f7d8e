#include "base/time.h"

#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar {
namespace {

using namespace std::chrono;

/// Exactly `width` digits at the front of `text`, taken off it; -1 when there are none.
int take_number(std::string_view& text, size_t width) {
  if (text.size() < width) return -1;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
  if (error != std::errc{} || end != text.data() + width || text[0] == '-') return -1;
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, std::string_view chars) {
  if (text.empty() || chars.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool to_seconds(int y, int mo, int d, int h, int mi, int s, std::int64_t offset, Time& out) {
  const year_month_day day{year{y}, month{static_cast<unsigned>(mo)}, std::chrono::day{static_cast<unsigned>(d)}};
  if (y < 0 || mo < 1 || d < 1 || !day.ok() || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60) return false;
  out.seconds = sys_days{day}.time_since_epoch().count() * std::int64_t{86400} + h * 3600 + mi * 60 + s - offset;
  return true;
}

/// `Z`, `UTC`, `GMT`, `+0200` or `+02:00` in seconds; false when it is none of them.
bool take_offset(std::string_view& text, std::int64_t& offset) {
  offset = 0;
  for (const std::string_view zone : {"UTC", "GMT", "Z", "z"}) {
    if (text.starts_with(zone)) {
      text.remove_prefix(zone.size());
      return true;
    }
  }
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const int hours = take_number(text, 2);
  take(text, ":");
  const int minutes = take_number(text, 2);
  offset = sign * (hours * 3600 + minutes * 60);
  return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

std::unexpected<Error> bad_time(std::string_view text, std::string_view form) {
  return cannot(Kind::Invalid, fmt::format("read time '{}'", text.substr(0, 60)), fmt::format("it is not of the form '{}'", form));
}

}  // namespace

Result<Time> Time::parse(std::string_view text) {
  std::string_view rest = text;
  Time time;
  std::int64_t offset = 0;
  const int y = take_number(rest, 4);
  bool good = take(rest, "-");
  const int mo = take_number(rest, 2);
  good = take(rest, "-") && good;
  const int d = take_number(rest, 2);
  int h = 0, mi = 0, s = 0;
  if (good && !rest.empty()) {
    good = take(rest, "Tt ");
    h = take_number(rest, 2);
    good = take(rest, ":") && good;
    mi = take_number(rest, 2);
    good = take(rest, ":") && good;
    s = take_number(rest, 2);
    if (take(rest, ".")) {
      if (rest.empty() || rest[0] < '0' || rest[0] > '9') good = false;
      while (take(rest, "0123456789")) {}
    }
    good = take_offset(rest, offset) && good;
  }
  if (!good || !rest.empty() || !to_seconds(y, mo, d, h, mi, s, offset, time)) return bad_time(text, "2026-11-24T08:16:27Z");
  return time;
}

Result<Time> Time::parse_mail(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::string_view rest = trim(text);
  if (const auto comma = rest.find(','); comma != std::string_view::npos) rest = trim(rest.substr(comma + 1));
  Time time;
  std::int64_t offset = 0;
  const int d = take_number(rest, rest.size() > 1 && rest[1] != ' ' ? 2 : 1);
  bool good = take(rest, " ");
  int mo = 0;
  for (size_t at = 0; at < months.size(); ++at) {
    if (rest.starts_with(months[at])) mo = static_cast<int>(at) + 1;
  }
  good = good && mo != 0;
  if (good) rest.remove_prefix(3);
  good = take(rest, " ") && good;
  const int y = take_number(rest, 4);
  good = take(rest, " ") && good;
  const int h = take_number(rest, rest.size() > 1 && rest[1] == ':' ? 1 : 2);
  good = take(rest, ":") && good;
  const int mi = take_number(rest, 2);
  good = take(rest, ":") && good;
  const int s = take_number(rest, 2);
  good = take(rest, " ") && good;
  good = take_offset(rest, offset) && good;
  if (!good || !rest.empty() || !to_seconds(y, mo, d, h, mi, s, offset, time)) return bad_time(text, "Sat, 15 Nov 2025 10:38:04 UTC");
  return time;
}

std::string Time::str() const {
  const sys_seconds moment{std::chrono::seconds{seconds}};
  const auto days = floor<std::chrono::days>(moment);
  const hh_mm_ss clock{moment - days};
  return fmt::format("{}T{:02}:{:02}:{:02}Z", date(), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string Time::date() const {
  const year_month_day day{floor<std::chrono::days>(sys_seconds{std::chrono::seconds{seconds}})};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

}  // namespace ashlar
