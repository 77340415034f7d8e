#include "plan/inner/expression.h"

#include <cctype>
#include <utility>

#include <fmt/format.h>

namespace ashlar::plan {
namespace {

constexpr int deepest = 32;
constexpr size_t longest = 4096;

/// Evaluates by recursive descent while it reads. A function that returns false has set `cause`.
class Evaluator {
 public:
  Evaluator(std::string_view text, const std::map<std::string, std::string, std::less<>>& names) : text_(text), names_(names) {}

  bool whole(ExpressionValue& value) {
    if (text_.size() > longest) return refuse("it is too long");
    if (!choice(value)) return false;
    skip();
    return at_ == text_.size() || refuse(fmt::format("'{}' is not understood", text_.substr(at_, 20)));
  }
  std::string cause;

 private:
  bool refuse(std::string why) {
    cause = std::move(why);
    return false;
  }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  bool boolean(const ExpressionValue& value) { return std::holds_alternative<bool>(value) || refuse("a comparison is expected"); }
  bool textual(const ExpressionValue& value) { return std::holds_alternative<std::string>(value) || refuse("a text is expected"); }

  bool choice(ExpressionValue& value) {
    if (++depth_ > deepest) return refuse("it nests too deep");
    if (!either(value)) return false;
    if (take("?")) {
      ExpressionValue yes, no;
      if (!boolean(value) || !choice(yes)) return false;
      if (!take(":")) return refuse("a ':' is missing");
      if (!choice(no)) return false;
      value = std::get<bool>(value) ? std::move(yes) : std::move(no);
    }
    --depth_;
    return true;
  }

  bool either(ExpressionValue& value) {
    if (!both(value)) return false;
    while (take("||")) {
      ExpressionValue other;
      if (!both(other) || !boolean(value) || !boolean(other)) return false;
      value = std::get<bool>(value) || std::get<bool>(other);
    }
    return true;
  }

  bool both(ExpressionValue& value) {
    if (!comparison(value)) return false;
    while (take("&&")) {
      ExpressionValue other;
      if (!comparison(other) || !boolean(value) || !boolean(other)) return false;
      value = std::get<bool>(value) && std::get<bool>(other);
    }
    return true;
  }

  bool comparison(ExpressionValue& value) {
    if (!sum(value)) return false;
    const bool equal = take("==");
    if (!equal && !take("!=")) return true;
    ExpressionValue other;
    if (!sum(other)) return false;
    value = (value == other) == equal;
    return true;
  }

  bool sum(ExpressionValue& value) {
    if (!term(value)) return false;
    while (take("+")) {
      ExpressionValue other;
      if (!term(other) || !textual(value) || !textual(other)) return false;
      std::get<std::string>(value) += std::get<std::string>(other);
    }
    return true;
  }

  bool term(ExpressionValue& value) {
    skip();
    if (at_ == text_.size()) return refuse("it ends too early");
    const char letter = text_[at_];
    if (letter == '"' || letter == '\'') {
      const size_t end = text_.find(letter, at_ + 1);
      if (end == std::string_view::npos) return refuse("a quote is never closed");
      value = std::string(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return true;
    }
    if (take("(")) return choice(value) && (take(")") || refuse("a ')' is missing"));
    if (take("!")) {
      if (++depth_ > deepest) return refuse("it nests too deep");
      if (!term(value) || !boolean(value)) return false;
      --depth_;
      value = !std::get<bool>(value);
      return true;
    }
    return name(value);
  }

  bool name(ExpressionValue& value) {
    const size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_' || text_[at_] == '.')) ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    if (word.empty()) return refuse(fmt::format("'{}' is not understood", text_.substr(at_, 20)));
    if (word == "true" || word == "false") {
      value = word == "true";
      return true;
    }
    const auto found = names_.find(word);
    if (found == names_.end()) return refuse(fmt::format("'{}' is not known here", word.substr(0, 80)));
    value = found->second;
    return true;
  }

  std::string_view text_;
  const std::map<std::string, std::string, std::less<>>& names_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<ExpressionValue> evaluate(std::string_view text, const std::map<std::string, std::string, std::less<>>& names) {
  ExpressionValue value;
  Evaluator evaluator(text, names);
  if (!evaluator.whole(value)) return cannot(Kind::Invalid, fmt::format("evaluate '{}'", text.substr(0, 100)), evaluator.cause);
  return value;
}

}  // namespace ashlar::plan
