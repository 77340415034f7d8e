#include "policy/calendar.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "base/amount.h"

namespace ashlar::policy {
namespace {

constexpr std::int64_t hundred_years = std::int64_t{36'525} * Calendar::day;

std::int64_t floor_day(std::int64_t seconds) { return seconds / Calendar::day - (seconds % Calendar::day < 0 ? 1 : 0); }

}  // namespace

std::string Span::str() const {
  if (months > 0) return fmt::format("{}mo", months);
  if (seconds % Calendar::day == 0) return fmt::format("{}d", seconds / Calendar::day);
  if (seconds % 3600 == 0) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}m", seconds / 60);
}

Result<Span> parse_span(std::string_view text) {
  const auto refuse = [&](std::string_view cause) { return cannot(Kind::Invalid, fmt::format("read length of time '{}'", text.substr(0, 40)), cause); };
  Span out;
  if (text.ends_with("mo")) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.months);
    if (error != std::errc{} || end != text.data() + text.size() - 2 || out.months < 1) return refuse("it is not of the form '7d', '36h', '2w' or '1mo'");
    if (out.months > 1200) return refuse("it is longer than a hundred years");
    return out;
  }
  const auto age = parse_age(text);
  if (!age) return refuse("it is not of the form '7d', '36h', '2w' or '1mo'");
  out.seconds = *age;
  if (out.seconds <= 0) return refuse("it is no time at all");
  if (out.seconds > hundred_years) return refuse("it is longer than a hundred years");
  return out;
}

std::int64_t Calendar::day_of(Time time) const { return floor_day(time.seconds + offset); }

bool Calendar::counts(std::int64_t number) const {
  if (!working_days) return true;
  const auto weekday = static_cast<size_t>(((number + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
  return !rest[weekday] && !holidays.contains(number);
}

std::int64_t Calendar::between(Time from, Time to) const {
  if (to <= from) return 0;
  if (!working_days) return to.seconds - from.seconds;
  std::int64_t out = 0, at = from.seconds;
  for (std::int64_t number = day_of(from); at < to.seconds; ++number) {
    const std::int64_t end = std::min((number + 1) * day - offset, to.seconds);
    if (counts(number)) out += end - at;
    at = end;
  }
  return out;
}

Time Calendar::after(Time from, std::int64_t seconds) const {
  if (!working_days) return {from.seconds + seconds};
  std::int64_t at = from.seconds;
  const std::int64_t first = day_of(from);
  for (std::int64_t number = first; number < first + 2 * 36'525; ++number) {  // ends: a calendar without working days is refused where it is read
    const std::int64_t end = (number + 1) * day - offset;
    if (counts(number)) {
      if (seconds <= end - at) return {at + seconds};
      seconds -= end - at;
    }
    at = end;
  }
  return {at};
}

Time Calendar::months_after(Time from, int months) const {
  using namespace std::chrono;
  const std::int64_t number = day_of(from), within = from.seconds + offset - number * day;
  const year_month_day date{sys_days{days{number}}};
  year_month_day moved = date + std::chrono::months{months};
  if (!moved.ok()) moved = moved.year() / moved.month() / last;
  return {sys_days{moved}.time_since_epoch().count() * day + within - offset};
}

std::string Calendar::str(Time time) const {
  const std::string local = Time{time.seconds + offset}.str();
  const std::int64_t minutes = std::abs(offset) / 60;
  return fmt::format("{} {} {}", local.substr(0, 10), local.substr(11, 5), offset == 0 ? "UTC" : fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', minutes / 60, minutes % 60));
}

Result<std::int64_t> parse_offset(std::string_view text) {
  if (text == "UTC" || text == "Z") return 0;
  const auto digit = [&](size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' && digit(1) && digit(2) && digit(4) && digit(5)) {
    const int hours = (text[1] - '0') * 10 + text[2] - '0', minutes = (text[4] - '0') * 10 + text[5] - '0';
    if (hours <= 14 && minutes < 60) return (text[0] == '-' ? -1 : 1) * std::int64_t{hours * 3600 + minutes * 60};
  }
  return cannot(Kind::Invalid, fmt::format("read offset '{}'", text.substr(0, 40)), "it is not of the form '+02:00' or 'UTC'");
}

}  // namespace ashlar::policy
