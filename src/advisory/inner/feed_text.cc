#include "advisory/inner/feed_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::advisory {
namespace {

constexpr std::int64_t day = 86400;

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::unexpected<Error> refused(const Document& document, size_t offset, std::string_view cause) {
  const std::string_view text = as_text(document.bytes);
  offset = std::min(offset, text.size());
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n') + 1;
  return cannot(Kind::Corrupt, fmt::format("read feed '{}'", document.path), fmt::format("byte {} (line {}): {}", offset, line, cause));
}

std::unexpected<Error> refused(const Document& document, std::string_view cause) {
  return cannot(Kind::Corrupt, fmt::format("read feed '{}'", document.path), cause);
}

Result<std::string_view> text_of(const Document& document) {
  const std::string_view text = as_text(document.bytes);
  if (text.size() > max_document) return refused(document, "it is larger than 512 MiB");
  if (trim(text).empty()) return refused(document, "it is empty");
  if (!is_utf8(text)) return refused(document, "it is no UTF-8");
  return text;
}

bool is_cve(std::string_view text) {
  return text.size() >= 13 && text.size() <= 24 && text.starts_with("CVE-") && digits(text.substr(4, 4)) && text[8] == '-' && digits(text.substr(9));
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 200 || (text.starts_with("CVE-") && !is_cve(text))) return false;
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

std::string one_line(std::string_view text) {
  constexpr size_t limit = 300;
  text = trim(text);
  text = text.substr(0, text.find_first_of("\r\n"));
  std::string out;
  for (const std::string_view word : words(text)) {
    if (!out.empty()) out += ' ';
    out += word;
    if (out.size() > limit) break;
  }
  if (out.size() <= limit) return out;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
  out.resize(end);
  return out;
}

Done check_date(const Document& document, size_t offset, Time made, const FeedSettings& settings, Intake& intake) {
  if (settings.not_after && made.seconds > settings.not_after->seconds + day)
    return refused(document, offset, fmt::format("it is dated {}, which is later than now, {}", made.str(), settings.not_after->str()));
  intake.dated(made);
  return {};
}

std::string_view shown(std::string_view text) { return text.substr(0, 80); }

}  // namespace ashlar::advisory
