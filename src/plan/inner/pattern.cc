#include "plan/inner/pattern.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace ashlar::plan {
namespace {

constexpr size_t longest_pattern = 512;
constexpr size_t most_steps = 4000;
constexpr int deepest_group = 32;

using Bytes256 = std::vector<bool>;

Bytes256 class_of(char letter) {
  Bytes256 set(256, false);
  const auto range = [&](int first, int last) {
    for (int byte = first; byte <= last; ++byte) set[static_cast<size_t>(byte)] = true;
  };
  const char lower = static_cast<char>(letter | 0x20);
  if (lower == 'd') range('0', '9');
  if (lower == 'w') range('0', '9'), range('a', 'z'), range('A', 'Z'), range('_', '_');
  if (lower == 's') range('\t', '\r'), range(' ', ' ');
  if (letter < 'a') set.flip();
  return set;
}

bool names_class(char letter) { return std::string_view("dwsDWS").find(letter) != std::string_view::npos; }

}  // namespace

/// Compiles by recursive descent into the steps of a Pike machine.
class PatternCompiler {
 public:
  explicit PatternCompiler(std::string_view text) : text_(text) {}

  Result<Pattern> compile() {
    if (text_.size() > longest_pattern) return trouble("it is too long");
    const std::uint32_t whole = emit({Pattern::Op::Save});
    pattern_.steps_[whole].x = 0;
    if (!alternatives(0)) return trouble(cause_);
    if (at_ < text_.size()) return trouble("a ')' opens nothing");
    emit({Pattern::Op::Save, 0, 1, 0});
    emit({Pattern::Op::Match});
    pattern_.groups_ = groups_ > 0;
    return std::move(pattern_);
  }

 private:
  using Op = Pattern::Op;
  using Step = Pattern::Step;

  std::unexpected<Error> trouble(std::string_view cause) const { return cannot(Kind::Invalid, fmt::format("read pattern '{}'", text_.substr(0, 80)), cause); }
  bool refuse(std::string_view cause) {
    cause_ = cause;
    return false;
  }
  std::uint32_t here() const { return static_cast<std::uint32_t>(pattern_.steps_.size()); }
  std::uint32_t emit(Step step) {
    pattern_.steps_.push_back(step);
    return here() - 1;
  }
  bool more() const { return at_ < text_.size(); }

  bool alternatives(int depth) {
    if (depth > deepest_group) return refuse("its groups nest too deep");
    std::vector<std::uint32_t> ends;
    const std::uint32_t start = here();
    if (!sequence(depth)) return false;
    while (more() && text_[at_] == '|') {
      ++at_;
      // What was compiled so far is preferred; the next alternative follows it.
      insert(start, {Op::Split, 0, start + 1, 0});
      for (std::uint32_t& end : ends) ++end;
      ends.push_back(emit({Op::Jump}));
      pattern_.steps_[start].y = here();
      if (!sequence(depth)) return false;
    }
    for (const std::uint32_t end : ends) pattern_.steps_[end].x = here();
    return pattern_.steps_.size() <= most_steps || refuse("it is too large");
  }

  bool sequence(int depth) {
    while (more() && text_[at_] != '|' && text_[at_] != ')') {
      const std::uint32_t start = here();
      if (!atom(depth) || !repeats(start)) return false;
      if (pattern_.steps_.size() > most_steps) return refuse("it is too large");
    }
    return true;
  }

  /// Makes room for one step at `at`; targets behind it move along. Steps before it that lead to `at` now lead to the new step.
  void insert(std::uint32_t at, Step step) {
    for (std::uint32_t place = 0; place < here(); ++place) {
      Step& other = pattern_.steps_[place];
      const std::uint32_t least = place < at ? at + 1 : at;
      if ((other.op == Op::Split || other.op == Op::Jump) && other.x >= least) ++other.x;
      if (other.op == Op::Split && other.y >= least) ++other.y;
    }
    pattern_.steps_.insert(pattern_.steps_.begin() + at, step);
  }

  bool atom(int depth) {
    const char letter = text_[at_++];
    switch (letter) {
      case '(': return group(depth);
      case '[': return set();
      case '.': emit({Op::Any}); return true;
      case '^': emit({Op::Begin}); return true;
      case '$': emit({Op::End}); return true;
      case '*': case '+': case '?': return refuse(fmt::format("nothing stands before '{}'", letter));
      case '\\': {
        if (!more()) return refuse("it ends with a backslash");
        const char escaped = text_[at_++];
        if (names_class(escaped)) return emit_set(class_of(escaped));
        const bool word = (escaped >= '0' && escaped <= '9') || ((escaped | 0x20) >= 'a' && (escaped | 0x20) <= 'z');
        if (word) return refuse(fmt::format("the escape '\\{}' is not known", escaped));
        emit({Op::Byte, static_cast<std::uint8_t>(escaped)});
        return true;
      }
      default: emit({Op::Byte, static_cast<std::uint8_t>(letter)}); return true;
    }
  }

  bool group(int depth) {
    bool captures = true;
    if (text_.substr(at_).starts_with("?:")) {
      captures = false;
      at_ += 2;
    } else if (more() && text_[at_] == '?') {
      return refuse("a group that begins with '(?' is not known");
    }
    const bool first = captures && groups_++ == 0;
    if (first) emit({Op::Save, 0, 2, 0});
    if (!alternatives(depth + 1)) return false;
    if (!more()) return refuse("a '(' is never closed");
    ++at_;
    if (first) emit({Op::Save, 0, 3, 0});
    return true;
  }

  bool emit_set(Bytes256 set) {
    pattern_.sets_.push_back(std::move(set));
    emit({Op::Set, 0, static_cast<std::uint32_t>(pattern_.sets_.size() - 1), 0});
    return true;
  }

  bool set() {
    Bytes256 set(256, false);
    const bool inverse = more() && text_[at_] == '^';
    if (inverse) ++at_;
    for (bool first = true;; first = false) {
      if (!more()) return refuse("a '[' is never closed");
      char low = text_[at_++];
      if (low == ']' && !first) break;
      if (low == '\\') {
        if (!more()) return refuse("it ends with a backslash");
        low = text_[at_++];
        if (names_class(low)) {
          const Bytes256 named = class_of(low);
          for (size_t byte = 0; byte < 256; ++byte) set[byte] = set[byte] || named[byte];
          continue;
        }
      }
      char high = low;
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        high = text_[at_ + 1];
        at_ += 2;
        if (static_cast<std::uint8_t>(high) < static_cast<std::uint8_t>(low)) return refuse("a range in '[...]' runs backwards");
      }
      for (size_t byte = static_cast<std::uint8_t>(low); byte <= static_cast<std::uint8_t>(high); ++byte) set[byte] = true;
    }
    if (inverse) set.flip();
    return emit_set(std::move(set));
  }

  /// `{m}`, `{m,}` or `{m,n}`; anything else after `{` is a literal brace. max -1: no bound.
  std::optional<std::pair<int, int>> counts() {
    size_t at = at_ + 1;
    const auto number = [&]() -> std::optional<int> {
      int value = 0;
      const size_t start = at;
      while (at < text_.size() && text_[at] >= '0' && text_[at] <= '9' && value <= 1000) value = value * 10 + (text_[at++] - '0');
      return at == start ? std::nullopt : std::optional(value);
    };
    const auto least = number();
    if (!least) return std::nullopt;
    int most = *least;
    if (at < text_.size() && text_[at] == ',') {
      ++at;
      most = number().value_or(-1);
    }
    if (at >= text_.size() || text_[at] != '}') return std::nullopt;
    at_ = at + 1;
    return std::pair(*least, most);
  }

  bool repeats(std::uint32_t start) {
    if (!more()) return true;
    int least = 0, most = -1;
    const char letter = text_[at_];
    if (letter == '*' || letter == '+' || letter == '?') {
      ++at_;
      least = letter == '+' ? 1 : 0;
      most = letter == '?' ? 1 : -1;
    } else if (letter == '{') {
      const auto both = counts();
      if (!both) return true;  // a literal brace: the next atom
      std::tie(least, most) = *both;
      if (least > 1000 || most > 1000 || (most >= 0 && most < least)) return refuse("a count in '{...}' is out of range");
    } else {
      return true;
    }
    const bool lazy = more() && text_[at_] == '?';
    if (lazy) ++at_;
    return repeat(start, least, most, lazy);
  }

  /// Replaces the steps from `start` on by as many copies as it takes.
  bool repeat(std::uint32_t start, int least, int most, bool lazy) {
    const std::vector<Step> body(pattern_.steps_.begin() + start, pattern_.steps_.end());
    pattern_.steps_.resize(start);
    const auto copy = [&] {
      const std::uint32_t shift = here() - start;
      for (Step step : body) {
        if (step.op == Op::Split || step.op == Op::Jump) step.x += shift;
        if (step.op == Op::Split) step.y += shift;
        emit(step);
      }
    };
    const auto split = [&](std::uint32_t at, std::uint32_t into, std::uint32_t past) {
      pattern_.steps_[at].x = lazy ? past : into;
      pattern_.steps_[at].y = lazy ? into : past;
    };
    const size_t copies = static_cast<size_t>(std::max(least, most < 0 ? least + 1 : most));
    if (copies * (body.size() + 1) > most_steps) return refuse("it is too large");
    for (int count = 0; count < least; ++count) copy();
    if (most < 0) {
      const std::uint32_t at = emit({Op::Split});
      copy();
      emit({Op::Jump, 0, at, 0});
      split(at, at + 1, here());
      return true;
    }
    std::vector<std::uint32_t> optional;
    for (int count = least; count < most; ++count) {
      optional.push_back(emit({Op::Split}));
      copy();
    }
    for (const std::uint32_t at : optional) split(at, at + 1, here());
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  int groups_ = 0;
  std::string cause_;
  Pattern pattern_;
};

struct Pattern::Thread {
  std::uint32_t step;
  std::array<size_t, 4> saved;  // the whole match, then the first group
};

Result<Pattern> Pattern::parse(std::string_view text) { return PatternCompiler(text).compile(); }

bool Pattern::fits(const Step& step, std::uint8_t byte) const {
  return step.op == Op::Any ? byte != '\n' : step.op == Op::Byte ? step.byte == byte : step.op == Op::Set && sets_[step.x][byte];
}

void Pattern::add(std::vector<Thread>& threads, std::vector<std::uint32_t>& seen, std::uint32_t mark, Thread thread, size_t at, size_t size) const {
  std::vector<Thread> open = {thread};  // a stack, so that no pattern exhausts the real one; the preferred way is on top
  while (!open.empty()) {
    Thread next = open.back();
    open.pop_back();
    if (seen[next.step] == mark) continue;
    seen[next.step] = mark;
    const Step& step = steps_[next.step];
    const auto follow = [&](std::uint32_t target) {
      Thread copy = next;
      copy.step = target;
      open.push_back(copy);
    };
    switch (step.op) {
      case Op::Jump: follow(step.x); break;
      case Op::Split: follow(step.y), follow(step.x); break;
      case Op::Save: next.saved[step.x] = at, follow(next.step + 1); break;
      case Op::Begin: if (at == 0) follow(next.step + 1); break;
      case Op::End: if (at == size) follow(next.step + 1); break;
      default: threads.push_back(next);
    }
  }
}

std::optional<std::string> Pattern::capture(std::string_view text) const {
  constexpr size_t unset = std::string_view::npos;
  std::vector<Thread> now, then;
  std::vector<std::uint32_t> seen(steps_.size(), 0);
  std::optional<Thread> best;
  std::uint32_t mark = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    // One generation holds the threads that came over and, last in preference, one that starts here.
    ++mark;
    std::vector<Thread> ready;
    for (const Thread& thread : now) add(ready, seen, mark, thread, at, text.size());
    if (!best) add(ready, seen, mark, {0, {unset, unset, unset, unset}}, at, text.size());
    then.clear();
    for (const Thread& thread : ready) {
      const Step& step = steps_[thread.step];
      if (step.op == Op::Match) {
        best = thread;
        break;
      }
      if (at < text.size() && fits(step, static_cast<std::uint8_t>(text[at]))) {
        then.push_back({thread.step + 1, thread.saved});
      }
    }
    std::swap(now, then);
    if (now.empty() && best) break;
  }
  if (!best) return std::nullopt;
  const size_t first = groups_ ? best->saved[2] : best->saved[0], last = groups_ ? best->saved[3] : best->saved[1];
  if (first == unset || last == unset) return std::string();
  return std::string(text.substr(first, last - first));
}

}  // namespace ashlar::plan
