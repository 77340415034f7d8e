#include "workload/variables.h"

#include <cctype>

namespace ashlar::workload {
namespace {

constexpr int max_depth = 16;
constexpr size_t max_text = 64 << 10;  // that what is put in may make it: values may hold each other twice

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name(char c) { return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Substitution {
 public:
  Substitution(const Traced& text, Dialect dialect, char escape, const Lookup& lookup) : text_(text), dialect_(dialect), escape_(escape), lookup_(lookup) {}

  Substituted run() {
    Traced all;
    until(0, 0, all, true);
    out_.text = std::move(all);
    return std::move(out_);
  }

 private:
  bool more() const { return at_ < text_.size(); }
  char here() const { return text_.text[at_]; }
  void take(Traced& into) { into.add(here(), text_.from[at_]), ++at_; }
  bool bad() { return out_.good = false; }

  /// Everything up to `stop` (0: the end), which is taken. What is not `alive` is read and asked for nothing.
  bool until(char stop, int depth, Traced& into, bool alive) {
    char quote = 0;
    while (more()) {
      const char c = here();
      if (stop != 0 && quote == 0 && c == stop) return ++at_, true;
      if (c == '$' && quote != '\'') {
        if (!dollar(depth, into, alive)) return false;
        continue;
      }
      if (dialect_ == Dialect::Dockerfile && (c == '\'' || c == '"') && (quote == 0 || quote == c)) {
        quote = quote == 0 ? c : 0, ++at_;
        continue;
      }
      if (dialect_ == Dialect::Dockerfile && c == escape_ && quote != '\'') {
        ++at_;
        if (!more()) break;
        const bool escapes = quote == 0 || here() == '"' || here() == '$' || here() == escape_;
        if (!escapes) into.add(text_.text[at_ - 1], text_.from[at_ - 1]);
      }
      take(into);
    }
    return stop == 0 && quote == 0 ? true : bad();
  }

  bool dollar(int depth, Traced& into, bool alive) {
    const size_t begin = at_++;
    if (dialect_ == Dialect::Compose && more() && here() == '$') return take(into), true;
    if (more() && here() == '{') return ++at_, braced(depth, into, alive);
    std::string name;
    if (more() && begins_name(here())) while (more() && is_name(here())) name += here(), ++at_;
    else if (more() && std::isdigit(static_cast<unsigned char>(here())) != 0) while (more() && std::isdigit(static_cast<unsigned char>(here())) != 0) name += here(), ++at_;
    if (name.empty()) return into.add('$', text_.from[begin]), true;
    if (!alive) return true;
    return put(name, into);
  }

  /// The variable's value, behind what is there.
  bool put(const std::string& name, Traced& into) {
    const Traced* value = ask(name);
    if (value == nullptr) return out_.unknown.push_back(name), true;
    if (into.size() + value->size() > max_text) return bad();
    into.add(*value);
    return true;
  }

  const Traced* ask(const std::string& name) {
    out_.used.push_back(name);
    return lookup_(name);
  }

  bool braced(int depth, Traced& into, bool alive) {
    std::string name;
    while (more() && is_name(here())) name += here(), ++at_;
    if (name.empty() || !more() || depth >= max_depth) return bad();
    if (here() == '}') {
      ++at_;
      return !alive || put(name, into);
    }
    const bool empty_counts = here() == ':';  // an empty value is none
    if (empty_counts) ++at_;
    if (!more() || std::string_view("-+?").find(here()) == std::string_view::npos) return bad();
    const char how = here();
    ++at_;
    const Traced* value = alive ? ask(name) : nullptr;
    const bool set = value != nullptr && !(empty_counts && value->empty());
    Traced word;
    if (!until('}', depth + 1, word, alive && (how == '-' ? !set : how == '+' && set))) return false;
    if (!alive) return true;
    if (how == '+') {
      if (set) into.add(word);
    } else if (set) {
      if (into.size() + value->size() > max_text) return bad();
      into.add(*value);
    } else if (how == '-') {
      into.add(word);
    } else {
      out_.unknown.push_back(name);
    }
    return true;
  }

  const Traced& text_;
  Dialect dialect_;
  char escape_;
  const Lookup& lookup_;
  size_t at_ = 0;
  Substituted out_;
};

}  // namespace

Substituted substitute(const Traced& text, Dialect dialect, char escape, const Lookup& lookup) { return Substitution(text, dialect, escape, lookup).run(); }

}  // namespace ashlar::workload
