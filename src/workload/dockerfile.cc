#include "workload/dockerfile.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/grammar.h"
#include "workload/inner/words.h"

namespace ashlar::workload {
namespace {

constexpr size_t max_bytes = 1 << 20, max_faults = 50;

std::string_view without_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}
bool is_comment(std::string_view line) { return left_trimmed(line).starts_with('#'); }
std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view path) : text_(text), lines_(text), grammar_{path, lines_, {}, '\\'} {}

  Result<Dockerfile> read() {
    if (text_.size() > max_bytes) return cannot(Kind::Invalid, fmt::format("read '{}'", grammar_.path), "it is larger than 1 MiB");
    if (const size_t zero = text_.find('\0'); zero != std::string_view::npos) grammar_.fault(lines_.span(zero, zero + 1), "a byte 0 is in no Dockerfile");
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    while (at_ < text_.size() && grammar_.faults.size() < max_faults) next_instruction();
    out_.escape = grammar_.escape;
    if (out_.instructions.empty() && grammar_.faults.empty()) grammar_.fault(lines_.span(text_.size(), text_.size()), "it has no instruction");
    if (grammar_.faults.empty()) find_stages(out_, grammar_);
    if (grammar_.faults.empty()) return std::move(out_);
    auto error = cannot(Kind::Invalid, fmt::format("read '{}'", grammar_.path), "it has faults");
    error.error().faults = std::move(grammar_.faults);
    return error;
  }

 private:
  /// The next line with its end; at_ is behind it.
  std::string_view take_line() {
    const size_t end = text_.find('\n', at_);
    const std::string_view line = text_.substr(at_, end == std::string_view::npos ? end : end + 1 - at_);
    at_ += line.size();
    return line;
  }
  size_t offset(std::string_view part) const { return static_cast<size_t>(part.data() - text_.data()); }
  int line_of(size_t offset) const { return lines_.span(offset, offset).line; }

  /// Whether the line goes on with the next, with the escape taken away: it is the last, and no second one stands before it.
  bool continues(std::string_view& line) const {
    std::string_view text = line;
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    if (!text.ends_with(grammar_.escape) || (text.size() > 1 && text[text.size() - 2] == grammar_.escape)) return false;
    line = text.substr(0, text.size() - 1);
    return true;
  }

  /// A first line `#!...` hides what names the frontend from nobody but the reader of escapes.
  void read_directive(std::string_view line) {
    const auto end = [&] { directives_end_ = true; };
    if (!line.starts_with('#')) return end();
    if (line.starts_with("#!") && !script_ && out_.directives.empty()) return void(script_ = true);
    const std::string_view body = without_blanks(line.substr(1));
    const auto [name, value] = cut(body, '=');
    const std::string key = lower(trim(name));
    if (body.find('=') == std::string_view::npos || trim(value).empty() || (key != "syntax" && key != "escape" && key != "check")) return end();
    Directive one{key, Traced(trim(value), offset(trim(value))), lines_.span(offset(line), offset(line) + line.size())};
    if (script_ && key != "syntax") return;
    if (std::ranges::count(out_.directives, key, &Directive::name) > 0) grammar_.fault(one.span, fmt::format("only one directive '{}' may stand in a file", key));
    if (key == "escape" && one.value.text != "\\" && one.value.text != "`") grammar_.fault(one.span, fmt::format("'{}' is no escape: ` or \\", visible(one.value.text)));
    else if (key == "escape") grammar_.escape = one.value.text[0];
    out_.directives.push_back(std::move(one));
  }

  /// Blanks as builders take them behind the sign of a directive: those of other scripts, too.
  static std::string_view without_blanks(std::string_view text) {
    constexpr std::array<std::string_view, 24> blanks = {" ", "\t", "\v", "\f", "\r", "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
    const auto blank = [&] { return std::ranges::find_if(blanks, [&](std::string_view each) { return text.starts_with(each); }); };
    for (auto found = blank(); found != blanks.end(); found = blank()) text.remove_prefix(found->size());
    return text;
  }

  void next_instruction() {
    std::string_view line = left_trimmed(without_end(take_line()));
    if (!directives_end_) read_directive(line);
    if (line.empty() || line.starts_with('#')) return;
    const size_t begin = offset(line);
    bool more = continues(line);
    if (!more && line.empty()) return;
    Traced whole(line, offset(line));
    while (more && at_ < text_.size()) {
      line = without_end(take_line());
      if (is_comment(line) || left_trimmed(line).empty()) continue;
      more = continues(line);
      whole.add(line, offset(line));
    }
    if (left_trimmed(whole.text).empty()) return grammar_.fault(lines_.span(begin, begin), "a line goes on, and nothing comes");
    auto made = read_instruction(whole, grammar_);
    if (!made) return;
    Instruction& holder = made->trigger.empty() ? *made : made->trigger.front();
    if (!holder.exec && (holder.keyword == "RUN" || holder.keyword == "COPY" || holder.keyword == "ADD")) read_heredocs(whole.text, holder, begin);
    size_t end = at_;
    while (end > begin && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
    made->span = lines_.span(begin, end);
    made->last_line = line_of(at_ > begin ? at_ - 1 : at_);
    if (!made->trigger.empty()) holder.span.end = end, holder.last_line = made->last_line;
    out_.instructions.push_back(std::move(*made));
  }

  void read_heredocs(std::string_view line, Instruction& into, size_t begin) {
    for (Heredoc& each : heredocs_of(line)) {
      const size_t from = at_;
      bool ended = false;
      while (at_ < text_.size() && !ended) {
        const std::string_view next = take_line();
        std::string_view name = without_end(next);
        while (each.strips && name.starts_with('\t')) name.remove_prefix(1);
        ended = name == each.name;
        if (!ended) each.content += next;
      }
      each.span = lines_.span(from, from + each.content.size());
      if (!ended) return grammar_.fault(lines_.span(begin, begin), fmt::format("the heredoc '{}' does not end", visible(each.name)), fmt::format("a line that is '{}' and nothing else ends it", visible(each.name)));
      into.heredocs.push_back(std::move(each));
    }
  }

  std::string_view text_;
  Lines lines_;
  Grammar grammar_;
  Dockerfile out_;
  size_t at_ = 0;
  bool directives_end_ = false, script_ = false;
};

}  // namespace

Result<Dockerfile> parse_dockerfile(std::string_view text, std::string_view path) { return Reader(text, path).read(); }

int stage_of(const Dockerfile& file, std::string_view name, std::size_t before) {
  before = std::min(before, file.stages.size());
  if (!name.empty() && name.size() < 6 && std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) {
    const int number = std::stoi(std::string(name));
    return static_cast<size_t>(number) < before ? number : -1;
  }
  const std::string wanted = lower(name);
  for (size_t at = before; at-- > 0;) {
    if (!wanted.empty() && file.stages[at].name == wanted) return static_cast<int>(at);
  }
  return -1;
}

}  // namespace ashlar::workload
