// Debian's lists of advisories, data/DSA/list and data/DLA/list of its security tracker:
//
//     [29 Mar 2023] DSA-5380-1 xorg-server - security update
//     	{CVE-2023-1393}
//     	[bullseye] - xorg-server 2:1.20.11-1+deb11u6
//     	NOTE: ...
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "advisory/inner/feed_text.h"
#include "advisory/inner/formats.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

/// What stands in place of a version.
struct Mark {
  std::string_view word;
  Stance stance;
  std::string_view remark;
};
constexpr std::array marks = {
    Mark{"<not-affected>", Stance::NotAffected, ""},  Mark{"<end-of-life>", Stance::Affected, "end-of-life"}, Mark{"<ignored>", Stance::Affected, "ignored"},
    Mark{"<postponed>", Stance::Affected, "postponed"}, Mark{"<no-dsa>", Stance::Affected, "no-dsa"},         Mark{"<unfixed>", Stance::Affected, ""},
    Mark{"<undetermined>", Stance::Undetermined, ""}, Mark{"<removed>", Stance::Affected, "removed"},
};

class ListReader {
 public:
  ListReader(const Document& document, const FeedSettings& settings, Intake& intake) : document_(document), settings_(settings), intake_(intake) {}

  Done read() {
    if (settings_.releases.empty()) return cannot(Kind::Invalid, fmt::format("read feed '{}'", document_.path), "its description has no 'releases'");
    TRY_ASSIGN(const std::string_view text, text_of(document_));
    if (!text.ends_with('\n')) return refused(document_, text.size(), "its last line has no end");
    for (at_ = 0; at_ < text.size();) {
      const size_t end = text.find('\n', at_);
      const std::string_view line = text.substr(at_, end - at_);
      if (line.starts_with('[')) TRY(begin(line));
      else if (!trim(line).empty()) TRY(read_line(line));
      at_ = end + 1;
    }
    finish();
    if (ids_.empty()) return refused(document_, "it has no advisory");
    return newest_ ? check_date(document_, 0, *newest_, settings_, intake_) : Done{};
  }

 private:
  std::unexpected<Error> fault(std::string_view cause) const {
    return refused(document_, at_, now_.id.empty() ? std::string(cause) : fmt::format("record '{}': {}", now_.id, cause));
  }
  void finish() {
    if (!now_.id.empty()) intake_.add(std::move(now_));
    now_ = {};
  }

  /// `[29 Mar 2023] DSA-5380-1 xorg-server - security update`
  Done begin(std::string_view line) {
    finish();
    const size_t close = line.find(']');
    if (close == std::string_view::npos) return fault("an advisory begins with '[day month year]'");
    const auto date = Time::parse_mail(fmt::format("{} 00:00:00 UTC", line.substr(1, close - 1)));
    if (!date) return fault(fmt::format("'{}' is no date", shown(line.substr(1, close - 1))));
    const auto [id, rest] = cut(trim(line.substr(close + 1)), ' ');
    if (!is_name(id) || !id.starts_with('D') || id.find("-") != 3) return fault(fmt::format("'{}' is no advisory of Debian", shown(id)));
    if (!ids_.emplace(id).second) return fault(fmt::format("'{}' stands twice", shown(id)));
    now_.id = id;
    now_.published = *date;
    now_.summary = one_line(rest);
    if (!newest_ || *newest_ < *date) newest_ = *date;
    return {};
  }

  Done read_line(std::string_view line) {
    if (line[0] != ' ' && line[0] != '\t') return fault("a line is neither an advisory nor part of one");
    line = trim(line);
    if (now_.id.empty()) return fault("a line comes before the first advisory");
    if (line.starts_with("NOTE:") || line.starts_with("TO" "DO:")) return {};
    if (line.starts_with('{')) return read_names(line);
    if (line.starts_with('[')) return read_release(line);
    return fault(fmt::format("a line of an advisory is not known: '{}'", shown(line)));
  }

  Done read_names(std::string_view line) {
    if (!line.ends_with('}')) return fault("'{' is not closed");
    for (const std::string_view name : words(line.substr(1, line.size() - 2))) {
      if (!is_name(name)) return fault(fmt::format("'{}' is no identifier", shown(name)));
      if (std::find(now_.aliases.begin(), now_.aliases.end(), name) == now_.aliases.end()) now_.aliases.emplace_back(name);
    }
    return {};
  }

  /// `[bullseye] - xorg-server 2:1.20.11-1+deb11u6` or `[lenny] - vlc <not-affected> (Vulnerable code not present)`
  Done read_release(std::string_view line) {
    const size_t close = line.find(']');
    if (close == std::string_view::npos) return fault("'[' is not closed");
    const std::string_view release = line.substr(1, close - 1);
    const auto parts = words(line.substr(close + 1));
    if (parts.size() < 3 || parts[0] != "-" || !is_name(release) || !is_name(parts[1])) return fault("a release's line is not '[release] - package version'");
    Affected out;
    out.package = parts[1];
    out.grammar = Grammar::Dpkg;
    if (parts[2].starts_with('<')) {
      const auto mark = std::find_if(marks.begin(), marks.end(), [&](const Mark& each) { return each.word == parts[2]; });
      if (mark == marks.end()) return fault(fmt::format("unknown mark '{}'", shown(parts[2])));
      out.stance = mark->stance;
      out.remark = mark->remark;
      if (out.stance == Stance::Affected) out.intervals.push_back({});
    } else {
      // The list has such lines of releases of long ago (DSA-423 of woody), and nobody mends them: of those that are left out it does not matter.
      const auto known = settings_.releases.find(std::string(release));
      if (!is_version(Grammar::Dpkg, parts[2]) && known != settings_.releases.end() && !known->second.empty()) return fault(fmt::format("'{}' is no version", shown(parts[2])));
      out.intervals.push_back({{}, std::string(parts[2]), {}});
    }
    const size_t bracket = line.find('(', close);
    if (bracket != std::string_view::npos && line.ends_with(')')) {
      const std::string note = one_line(line.substr(bracket + 1, line.size() - bracket - 2));
      out.remark += (out.remark.empty() || note.empty() ? "" : ": ") + note;
    }
    const auto number = settings_.releases.find(std::string(release));
    if (number == settings_.releases.end()) {
      intake_.note(fmt::format("release '{}' is none of the description's", shown(release)), now_.id);
      return {};
    }
    if (number->second.empty()) return {};
    out.space = "Debian:" + number->second;
    now_.affected.push_back(std::move(out));
    return {};
  }

  const Document& document_;
  const FeedSettings& settings_;
  Intake& intake_;
  size_t at_ = 0;  ///< where the present line begins
  Advisory now_;
  std::set<std::string, std::less<>> ids_;
  std::optional<Time> newest_;
};

}  // namespace

Done read_debian_list(const Document& document, const FeedSettings& settings, Intake& intake) { return ListReader(document, settings, intake).read(); }

}  // namespace ashlar::advisory
