// Comments that silence rules.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/remarks.h"

namespace ashlar::workload {
namespace {

constexpr std::string_view mark = "ashlar:";
constexpr std::size_t max_rules = 20, max_ignores = 2000;  // of a comment, of a file

struct Ignore {
  Span span;
  int first = 0, last = 0;  ///< lines that it is for
  std::vector<std::string> rules;
  std::string reason;
  bool misplaced = false;   ///< for the whole file, and not at its top
  std::vector<bool> used;   ///< of each of its rules
};

/// Words, not a mark that only looks like one.
bool is_reason(std::string_view text) { return std::ranges::count_if(text, [](unsigned char c) { return std::isalpha(c) != 0 || c >= 0x80; }) >= 3; }

/// What a line's comment says: where it begins in the line, and `ignore...` without the mark.
struct Found {
  std::size_t at = 0;
  std::string_view words;
};
std::optional<Found> comment_of(std::string_view line, std::string_view comment) {
  for (std::size_t at = line.find(mark); at != std::string_view::npos; at = line.find(mark, at + 1)) {
    const std::size_t last = line.find_last_not_of(" \t", at == 0 ? std::string_view::npos : at - 1);
    if (at == 0 || last == std::string_view::npos || !line.substr(0, last + 1).ends_with(comment)) continue;
    const std::size_t sign = last + 1 - comment.size();
    if ( sign > 0 && line[sign - 1] != ' ' && line[sign - 1] != '\t') continue;
    const std::string_view words = trim(line.substr(at + mark.size()));
    if (words.starts_with("ignore")) return Found{sign, words};
  }
  return std::nullopt;
}

class Silencer {
 public:
  Silencer(std::string_view text, std::string_view sign, const std::vector<std::pair<int, int>>& blocks) : lines_(text), text_(text), sign_(sign), blocks_(blocks) { read(); }

  std::size_t apply(std::vector<Remark>& remarks) {
    const auto gone = std::ranges::remove_if(remarks, [&](const Remark& each) { return !each.rule->firm && is_silenced(each); });
    const auto count = static_cast<std::size_t>(gone.size());
    remarks.erase(gone.begin(), gone.end());
    Remarks more;
    for (const Ignore& each : ignores_) judge(each, more);
    for (Remark& each : more.list) remarks.push_back(std::move(each));
    return count;
  }

 private:
  void read() {
    if (text_.find(mark) == std::string_view::npos) return;
    int number = 0;
    for (const std::string_view line : Parts(text_, '\n')) {
      ++number;
      all_.push_back(line);
      top_ = top_ && (trim(line).empty() || is_comment(line) || line.starts_with("---"));
      if (const auto found = ignores_.size() < max_ignores ? comment_of(line, sign_) : std::nullopt) ignores_.push_back(ignore_of(*found, line, number));
    }
    next_.resize(all_.size() + 1, number + 1);
    for (std::size_t at = all_.size(); at-- > 0;) next_[at] = trim(all_[at]).empty() || is_comment(all_[at]) ? next_[at + 1] : static_cast<int>(at) + 1;
    for (Ignore& each : ignores_) {
      if (each.last == 0 && !each.misplaced) std::tie(each.first, each.last) = block_of(each.span.line);
    }
  }

  bool is_comment(std::string_view line) const { return trim(line).starts_with(sign_); }
  /// `last` stays 0 where lines that come later decide.
  Ignore ignore_of(const Found& found, std::string_view line, int number) const {
    Ignore out;
    const std::size_t begin = lines_.begin(number) + found.at;
    out.span = lines_.span(begin, lines_.begin(number) + line.size());
    const auto [names, reason] = cut(found.words, ' ');
    const auto [head, list] = cut(names, '=');
    for (const std::string_view each : Parts(list, ',')) {
      if (!each.empty() && out.rules.size() < max_rules) out.rules.emplace_back(each);
    }
    out.used.resize(out.rules.size());
    out.reason = trim(reason);
    if (head == "ignore-file") out.first = 1, out.last = top_ ? INT32_MAX : 0, out.misplaced = !top_;
    else if (!trim(line.substr(0, found.at)).empty()) out.first = out.last = number;
    return out;
  }

  /// The block that holds a line or begins behind the comments that follow it; else the next line that is no comment.
  std::pair<int, int> block_of(int line) const {
    if (const auto inside = holding(line)) return *inside;
    const int next = next_[static_cast<std::size_t>(line)];
    return holding(next).value_or(std::pair(next, next));
  }
  std::optional<std::pair<int, int>> holding(int line) const {
    const auto after = std::ranges::upper_bound(blocks_, line, {}, &std::pair<int, int>::first);
    if (after == blocks_.begin() || std::prev(after)->second < line) return std::nullopt;
    return *std::prev(after);
  }

  bool is_silenced(const Remark& remark) {
    bool silenced = false;
    for (Ignore& each : ignores_) {
      if (!is_reason(each.reason) || remark.span.line < each.first || remark.span.line > each.last) continue;
      for (std::size_t at = 0; at < each.rules.size(); ++at) {
        if (each.rules[at] == remark.rule->id) each.used[at] = silenced = true;
      }
    }
    return silenced;
  }

  static void judge(const Ignore& each, Remarks& out) {
    if (each.rules.empty()) {
      out.add("ignore", each.span, "the comment names no rule", "ashlar: ignore=RULE reason");
      return;
    }
    for (std::size_t at = 0; at < each.rules.size(); ++at) {
      const std::string& name = each.rules[at];
      const Rule* rule = find_rule(name);
      if (rule == nullptr) {
        std::vector<std::string_view> ids;
        for (const Rule& known : rules()) ids.push_back(known.id);
        const std::string near = nearest(name, ids);
        out.add("ignore", each.span, fmt::format("there is no rule '{}'", visible(name.substr(0, 80))), near.empty() ? "" : fmt::format("did you mean '{}'?", near));
      } else if (rule->firm) {
        out.add("ignore", each.span, fmt::format("no comment silences '{}'", name), "what the policy says is changed in the policy");
      } else if (each.misplaced) {
        out.add("ignore", each.span, "a comment for the whole file stands at its top, before everything else", "put it there");
      } else if (!is_reason(each.reason)) {
        out.add("ignore", each.span, fmt::format("'{}' is silenced without a reason", name), fmt::format("write it behind: ashlar: ignore={} reason", name));
      } else if (!each.used[at] && !name.starts_with("image-")) {  // which of those there are the command decides
        out.add("ignore", each.span, fmt::format("there is nothing of '{}' to silence here", name), "take the comment away");
      }
    }
  }

  Lines lines_;
  std::string_view text_, sign_;
  const std::vector<std::pair<int, int>>& blocks_;
  std::vector<std::string_view> all_;
  bool top_ = true;        ///< all lines until now are empty or comments
  std::vector<int> next_;  ///< from each line (from 0) on, the first (from 1) that is neither empty nor a comment
  std::vector<Ignore> ignores_;
};

}  // namespace

std::size_t silence(std::string_view text, std::string_view sign, const std::vector<std::pair<int, int>>& blocks, std::vector<Remark>& remarks) {
  if (text.find(mark) == std::string_view::npos) return 0;
  return Silencer(text, sign, blocks).apply(remarks);
}

}  // namespace ashlar::workload
