// The lists of debian-security-support(7), lines of words with `#` comments:
//
//     security-support-ended.deb12    source  last supported version  day on which support ended  why
//     security-support-limited        source  why (the source may be a pattern that ends in `.*`)
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "advisory/inner/feed_text.h"
#include "advisory/inner/formats.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

/// `Debian:13` of `security-support-ended.deb13`, else what the feed's description says.
Result<std::string> space_of(const Document& document, const FeedSettings& settings) {
  constexpr std::string_view mark = ".deb";
  const size_t found = document.path.rfind(mark);
  if (found != std::string_view::npos) {
    const std::string_view release = document.path.substr(found + mark.size());
    if (!release.empty() && release.size() < 4 && release.find_first_not_of("0123456789") == std::string_view::npos) return fmt::format("Debian:{}", release);
  }
  if (!settings.space.empty()) return settings.space;
  return cannot(Kind::Invalid, fmt::format("read feed '{}'", document.path), "neither its name ends in '.deb' and a release, nor has its description a 'space'");
}

/// The first word of a line, taken off it.
std::string_view take_word(std::string_view& line) {
  line = trim(line);
  const size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line = trim(line.substr(end));
  return word;
}

Done read_lines(const Document& document, const FeedSettings& settings, Intake& intake, bool ended) {
  TRY_ASSIGN(const std::string space, space_of(document, settings));
  TRY_ASSIGN(const std::string_view text, text_of(document));
  if (!text.ends_with('\n')) return refused(document, text.size(), "its last line has no end");
  std::set<std::string_view> seen;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at, end = text.find('\n', at);
    std::string_view line = trim(text.substr(at, end - at));
    at = end + 1;
    if (line.empty() || line.starts_with('#')) continue;
    Support out;
    out.space = space;
    const std::string_view package = take_word(line);
    const auto fault = [&](std::string_view cause) { return refused(document, start, fmt::format("record '{}': {}", shown(package), cause)); };
    if (!is_name(package)) return fault("it is no name of a source package");
    if (!seen.insert(package).second) return fault("it stands twice");
    out.package = package;
    if (ended) {
      const std::string_view version = take_word(line), day = take_word(line);
      if (!is_version(Grammar::Dpkg, version)) return fault(fmt::format("the last supported version is none: '{}'", shown(version)));
      const auto date = Time::parse(day);
      if (!date) return fault(fmt::format("the day is none: '{}'", shown(day)));
      out.until = *date;
      out.remark = fmt::format("ended: {} was the last version supported", version);
      if (!line.empty()) out.remark += "; " + one_line(line);
    } else {
      out.remark = line.empty() ? "limited" : "limited: " + one_line(line);
    }
    intake.add(std::move(out));
  }
  // A list without a package is a true one: the release has no such package (yet).
  return {};
}

}  // namespace

Done read_support_ended(const Document& document, const FeedSettings& settings, Intake& intake) { return read_lines(document, settings, intake, true); }
Done read_support_limited(const Document& document, const FeedSettings& settings, Intake& intake) { return read_lines(document, settings, intake, false); }

}  // namespace ashlar::advisory
