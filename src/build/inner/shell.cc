#include "build/inner/shell.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace ashlar::build {
namespace {

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_name(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 && std::all_of(text.begin(), text.end(), is_name_char);
}

class Reader {
 public:
  Reader(std::string_view text, int line, int depth) : text_(text), line_(line), depth_(depth) {}

  Result<ShellNode> script() {
    TRY_ASSIGN(ShellNode list, list_until({}));
    if (at_ < text_.size()) return wrong(fmt::format("'{}' has no beginning", text_[at_]));
    if (!heredocs_.empty()) return wrong("a here-document has no end");
    return list;
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const { return fail(Kind::Invalid, fmt::format("line {}: {}", line_, what)); }
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void skip_blanks() {
    for (;;) {
      if (is_blank(peek())) ++at_;
      else if (starts("\\\n")) { at_ += 2; ++line_; }
      else if (peek() == '#') { while (at_ < text_.size() && peek() != '\n') ++at_; }
      else return;
    }
  }
  /// Blanks, comments and line ends; here-documents begin after a line end.
  Done skip_lines() {
    for (;;) {
      skip_blanks();
      if (peek() != '\n') return {};
      TRY(line_end());
    }
  }
  Done line_end() {
    ++at_; ++line_;
    auto pending = std::move(heredocs_);
    heredocs_.clear();
    for (const auto& [delimiter, strip, quoted, slot] : pending) {
      std::string body;
      for (;;) {
        if (at_ >= text_.size()) return wrong("a here-document has no end");
        const size_t end = std::min(text_.find('\n', at_), text_.size());
        std::string_view line = text_.substr(at_, end - at_);
        at_ = std::min(end + 1, text_.size());
        ++line_;
        if (strip) while (line.starts_with('\t')) line.remove_prefix(1);
        if (line == delimiter) break;
        body += line;
        body += '\n';
      }
      if (quoted) {
        slot->push_back({.text = body, .quoted = true});
      } else {
        TRY_ASSIGN(*slot, Reader(body, line_, depth_ + 1).quoted_until('\0'));
      }
    }
    return {};
  }

  /// The reserved word or operator ahead, if any, without taking it.
  std::string_view reserved() {
    for (const std::string_view word : {"then", "else", "elif", "fi", "do", "done", "esac", "}"})
      if (starts(word) && (at_ + word.size() >= text_.size() || std::string_view(" \t\n;&|()").find(peek(word.size())) != std::string_view::npos)) return word;
    return {};
  }
  bool take_word(std::string_view word) {
    if (!starts(word)) return false;
    const char after = peek(word.size());
    if (after != '\0' && std::string_view(" \t\n;&|()").find(after) == std::string_view::npos) return false;
    at_ += word.size();
    return true;
  }
  Done expect(std::string_view word) {
    TRY(skip_lines());
    if (!take_word(word)) return wrong(fmt::format("'{}' is missing", word));
    return {};
  }

  /// Commands up to one of `ends` (not taken), a `)`, a `;;` or the end.
  Result<ShellNode> list_until(std::vector<std::string_view> ends) {
    ShellNode list{.kind = ShellNode::Kind::List, .line = line_};
    for (;;) {
      TRY(skip_lines());
      if (at_ >= text_.size() || peek() == ')' || starts(";;")) return list;
      if (const auto word = reserved(); !word.empty()) {
        if (std::find(ends.begin(), ends.end(), word) != ends.end()) return list;
        return wrong(fmt::format("'{}' has no beginning", word));
      }
      TRY_ASSIGN(ShellNode command, and_or());
      list.children.push_back(std::move(command));
      skip_blanks();
      if (peek() == '&') return wrong("a job in the background");
      if (peek() == ';' && peek(1) != ';') ++at_;
    }
  }

  Result<ShellNode> and_or() {
    TRY_ASSIGN(ShellNode left, pipeline());
    for (int joined = 0;; ++joined) {
      skip_blanks();
      const bool both = starts("&&");
      if (!both && !starts("||")) return left;
      if (joined == 100) return wrong("too many commands joined by '&&' and '||'");  // each is a level of the tree
      at_ += 2;
      TRY(skip_lines());
      TRY_ASSIGN(ShellNode right, pipeline());
      ShellNode node{.kind = both ? ShellNode::Kind::And : ShellNode::Kind::Or, .line = left.line};
      node.children.push_back(std::move(left));
      node.children.push_back(std::move(right));
      left = std::move(node);
    }
  }

  Result<ShellNode> pipeline() {
    skip_blanks();
    const int line = line_;
    const bool inverted = take_word("!");
    TRY_ASSIGN(ShellNode first, command());
    skip_blanks();
    if (peek() == '|' && peek(1) != '|') {
      ShellNode pipe{.kind = ShellNode::Kind::Pipe, .line = line};
      pipe.children.push_back(std::move(first));
      while (peek() == '|' && peek(1) != '|') {
        ++at_;
        TRY(skip_lines());
        TRY_ASSIGN(ShellNode next, command());
        pipe.children.push_back(std::move(next));
        skip_blanks();
      }
      first = std::move(pipe);
    }
    if (!inverted) return first;
    ShellNode negation{.kind = ShellNode::Kind::Not, .line = line};
    negation.children.push_back(std::move(first));
    return negation;
  }

  Result<ShellNode> command() {
    if (++depth_ > 60) return wrong("nested too deeply");
    auto node = compound();
    --depth_;
    return node;
  }

  Result<ShellNode> compound() {
    skip_blanks();
    const int line = line_;
    ShellNode node;
    if (take_word("if")) {
      TRY_ASSIGN(node, if_rest());
    } else if (const bool until = starts("until"); take_word("while") || (until && take_word("until"))) {
      node.kind = until ? ShellNode::Kind::Until : ShellNode::Kind::While;
      TRY_ASSIGN(ShellNode condition, list_until({"do"}));
      TRY(expect("do"));
      TRY_ASSIGN(ShellNode body, list_until({"done"}));
      TRY(expect("done"));
      node.children.push_back(std::move(condition));
      node.children.push_back(std::move(body));
    } else if (take_word("for")) {
      TRY_ASSIGN(node, for_rest());
    } else if (take_word("case")) {
      TRY_ASSIGN(node, case_rest());
    } else if (take_word("{")) {
      TRY_ASSIGN(node, list_until({"}"}));
      TRY(expect("}"));
    } else if (peek() == '(') {
      ++at_;
      node.kind = ShellNode::Kind::Subshell;
      TRY_ASSIGN(ShellNode body, list_until({}));
      if (peek() != ')') return wrong("')' is missing");
      ++at_;
      node.children.push_back(std::move(body));
    } else {
      return simple();
    }
    node.line = line;
    for (;;) {
      skip_blanks();
      TRY_ASSIGN(const bool more, redirect(node));
      if (!more) return node;
    }
  }

  Result<ShellNode> if_rest() {
    ShellNode node{.kind = ShellNode::Kind::If, .line = line_};
    for (;;) {
      TRY_ASSIGN(ShellNode condition, list_until({"then"}));
      TRY(expect("then"));
      TRY_ASSIGN(ShellNode body, list_until({"elif", "else", "fi"}));
      node.children.push_back(std::move(condition));
      node.children.push_back(std::move(body));
      if (take_word("elif")) continue;
      if (take_word("else")) {
        TRY_ASSIGN(ShellNode otherwise, list_until({"fi"}));
        node.children.push_back(std::move(otherwise));
      }
      TRY(expect("fi"));
      return node;
    }
  }

  Result<ShellNode> for_rest() {
    ShellNode node{.kind = ShellNode::Kind::For, .line = line_};
    skip_blanks();
    while (is_name_char(peek())) node.name += text_[at_++];
    if (!is_name(node.name)) return wrong("'for' without a name");
    TRY(skip_lines());
    node.over_arguments = !take_word("in");
    while (!node.over_arguments) {
      skip_blanks();
      if (peek() == ';' || peek() == '\n' || peek() == '\0') break;
      TRY_ASSIGN(ShellWord word, this->word());
      node.words.push_back(std::move(word));
    }
    skip_blanks();
    if (peek() == ';') ++at_;
    TRY(expect("do"));
    TRY_ASSIGN(ShellNode body, list_until({"done"}));
    TRY(expect("done"));
    node.children.push_back(std::move(body));
    return node;
  }

  Result<ShellNode> case_rest() {
    ShellNode node{.kind = ShellNode::Kind::Case, .line = line_};
    skip_blanks();
    TRY_ASSIGN(ShellWord subject, word());
    node.words.push_back(std::move(subject));
    TRY(expect("in"));
    for (;;) {
      TRY(skip_lines());
      if (take_word("esac")) return node;
      if (peek() == '(') ++at_;
      std::vector<ShellWord> patterns;
      for (;;) {
        skip_blanks();
        TRY_ASSIGN(ShellWord pattern, word());
        patterns.push_back(std::move(pattern));
        skip_blanks();
        if (peek() != '|') break;
        ++at_;
      }
      if (peek() != ')') return wrong("a pattern of 'case' has no ')'");
      ++at_;
      TRY_ASSIGN(ShellNode body, list_until({"esac"}));
      node.patterns.push_back(std::move(patterns));
      node.children.push_back(std::move(body));
      if (starts(";;")) at_ += 2;
    }
  }

  Result<ShellNode> simple() {
    ShellNode node{.line = line_};
    for (;;) {
      skip_blanks();
      const char c = peek();
      if (c == '\0' || c == '\n' || c == ';' || c == '&' || c == '|' || c == ')') {
        if (node.words.empty() && node.assignments.empty() && node.redirects.empty()) return wrong(fmt::format("no command before '{}'", c == '\0' ? ' ' : c));
        return node;
      }
      if (c == '(') {
        if (node.words.size() != 1 || !node.assignments.empty()) return wrong("an unexpected '('");
        return function(node);
      }
      TRY_ASSIGN(const bool redirected, redirect(node));
      if (redirected) continue;
      if (node.words.empty()) {
        size_t end = at_;
        while (end < text_.size() && is_name_char(text_[end])) ++end;
        if (end < text_.size() && text_[end] == '=' && is_name(text_.substr(at_, end - at_))) {
          std::string name(text_.substr(at_, end - at_));
          at_ = end + 1;
          const char next = peek();
          ShellWord value;
          if (next != '\0' && !is_blank(next) && next != '\n' && next != ';' && next != ')' && next != '&' && next != '|') {
            TRY_ASSIGN(value, word(true));
          }
          node.assignments.emplace_back(std::move(name), std::move(value));
          continue;
        }
      }
      TRY_ASSIGN(ShellWord word, this->word());
      node.words.push_back(std::move(word));
    }
  }

  Result<ShellNode> function(const ShellNode& head) {
    ++at_;
    skip_blanks();
    if (peek() != ')') return wrong("an unexpected '('");
    ++at_;
    if (head.words[0].size() != 1) return wrong("a function without a name");
    ShellNode node{.kind = ShellNode::Kind::Function, .line = head.line, .name = head.words[0][0].text};
    TRY(skip_lines());
    TRY_ASSIGN(ShellNode body, command());
    node.body = std::make_shared<const ShellNode>(std::move(body));
    return node;
  }

  Result<bool> redirect(ShellNode& node) {
    size_t digits = 0;
    while (std::isdigit(static_cast<unsigned char>(peek(digits))) != 0) ++digits;
    const char c = peek(digits);
    if ((c != '<' && c != '>') || digits > 1) return false;
    ShellRedirect redirect{.descriptor = digits == 1 ? text_[at_] - '0' : (c == '<' ? 0 : 1)};
    at_ += digits;
    for (const std::string_view operation : {"<<-", "<<", ">>", ">&", "<&", ">|", ">", "<"}) {
      if (!starts(operation)) continue;
      redirect.operation = operation;
      at_ += operation.size();
      break;
    }
    skip_blanks();
    if (redirect.operation.starts_with("<<")) {
      const bool strip = redirect.operation == "<<-";
      redirect.operation = "<<";
      TRY_ASSIGN(const ShellWord delimiter, word());
      std::string text;
      bool quoted = false;
      for (const auto& part : delimiter) {
        if (part.kind != ShellPart::Kind::Text) return wrong("a here-document whose end is no text");
        text += part.text;
        quoted |= part.quoted;
      }
      auto slot = std::make_shared<ShellWord>();
      heredocs_.push_back({text, strip, quoted, slot});
      redirect.text = slot;  // filled at the end of the line
      node.redirects.push_back(std::move(redirect));
      return true;
    }
    TRY_ASSIGN(redirect.target, word());
    node.redirects.push_back(std::move(redirect));
    return true;
  }

  /// `value`: of an assignment, in which a `~` may stand after a `:`, too.
  Result<ShellWord> word(bool value = false) {
    ShellWord word;
    auto add = [&](char c, bool quoted) {
      if (word.empty() || word.back().kind != ShellPart::Kind::Text || word.back().quoted != quoted) word.push_back({.quoted = quoted});
      word.back().text += c;
    };
    const size_t begin = at_;
    for (;;) {
      const char c = peek();
      if (c == '\0' || c == '\n' || is_blank(c) || std::string_view(";&|()<>").find(c) != std::string_view::npos) break;
      if (c == '\\') {
        if (peek(1) == '\n') { at_ += 2; ++line_; continue; }
        ++at_;
        if (at_ >= text_.size()) return wrong("a '\\' at the end");
        add(text_[at_++], true);
      } else if (c == '\'') {
        TRY_ASSIGN(ShellPart inside, single_quoted());
        word.push_back(std::move(inside));
      } else if (c == '"') {
        TRY(double_quoted(word));
      } else if (c == '$' || c == '`') {
        TRY_ASSIGN(ShellPart part, expansion(false));
        word.push_back(std::move(part));
      } else if (c == '~' && (at_ == begin || (value && text_[at_ - 1] == ':'))) {
        word.push_back({.kind = ShellPart::Kind::Unknown, .text = "~"});
        ++at_;
      } else {
        add(c, false);
        ++at_;
      }
    }
    if (at_ == begin) return wrong("a word is missing");
    return word;
  }

  /// `'...'`
  Result<ShellPart> single_quoted() {
    const size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return wrong("a quote has no end");
    const auto inside = text_.substr(at_ + 1, end - at_ - 1);
    line_ += static_cast<int>(std::count(inside.begin(), inside.end(), '\n'));
    at_ = end + 1;
    return ShellPart{.text = std::string(inside), .quoted = true};
  }

  /// `"..."`, added to `word`; an empty one is a part, too.
  Done double_quoted(ShellWord& word) {
    ++at_;
    TRY_ASSIGN(ShellWord inside, quoted_until('"'));
    if (inside.empty()) word.push_back({.quoted = true});
    for (auto& part : inside) word.push_back(std::move(part));
    return {};
  }

  /// The parts up to the closing `end` (taken), `\0` for the end of the text; all of them quoted.
  Result<ShellWord> quoted_until(char end) {
    ShellWord word;
    auto add = [&](char c) {
      if (word.empty() || word.back().kind != ShellPart::Kind::Text) word.push_back({.quoted = true});
      word.back().text += c;
    };
    for (;;) {
      if (at_ >= text_.size()) {
        if (end != '\0') return wrong("a quote has no end");
        if (!heredocs_.empty()) return wrong("a here-document has no end");
        return word;
      }
      const char c = peek();
      if (c == end) { ++at_; return word; }
      if (c == '\n') ++line_;
      if (c == '\\' && std::string_view(end == '\0' ? "$`\\\n" : "$`\"\\\n").find(peek(1)) != std::string_view::npos && peek(1) != '\0') {
        if (peek(1) != '\n') add(peek(1));
        at_ += 2;
      } else if (c == '$' || c == '`') {
        TRY_ASSIGN(ShellPart part, expansion(true));
        if (part.kind == ShellPart::Kind::Text) for (const char each : part.text) add(each);
        else word.push_back(std::move(part));
      } else {
        add(c);
        ++at_;
      }
    }
  }

  Result<ShellPart> expansion(bool quoted) {
    ShellPart part{.kind = ShellPart::Kind::Variable, .quoted = quoted};
    if (peek() == '`') return backquoted(quoted);
    ++at_;
    if (starts("((")) return arithmetic(quoted);
    if (peek() == '(') {
      ++at_;
      if (++depth_ > 60) return wrong("nested too deeply");
      TRY_ASSIGN(ShellNode list, list_until({}));
      --depth_;
      if (peek() != ')') return wrong("'$(' has no end");
      ++at_;
      part.kind = ShellPart::Kind::Command;
      part.command = std::make_shared<const ShellNode>(std::move(list));
      return part;
    }
    if (peek() == '{') return braces(quoted);
    if (std::string_view("@*#?$!-").find(peek()) != std::string_view::npos && peek() != '\0') { part.text = text_[at_++]; return part; }
    if (std::isdigit(static_cast<unsigned char>(peek())) != 0) { part.text = text_[at_++]; return part; }
    while (is_name_char(peek())) part.text += text_[at_++];
    if (part.text.empty()) return ShellPart{.text = "$", .quoted = quoted};
    return part;
  }

  Result<ShellPart> arithmetic(bool quoted) {
    int open = 0;
    const size_t begin = at_;
    do {
      if (at_ >= text_.size()) return wrong("'$((' has no end");
      if (peek() == '(') ++open;
      if (peek() == ')') --open;
      ++at_;
    } while (open > 0);
    return ShellPart{.kind = ShellPart::Kind::Unknown, .text = "$" + std::string(text_.substr(begin, at_ - begin)), .quoted = quoted};
  }

  Result<ShellPart> backquoted(bool quoted) {
    std::string inside;
    const int line = line_;
    for (++at_; peek() != '`'; ++at_) {
      if (at_ >= text_.size()) return wrong("'`' has no end");
      if (peek() == '\n') ++line_;
      if (peek() == '\\' && std::string_view(quoted ? "`\\$\"" : "`\\$").find(peek(1)) != std::string_view::npos) ++at_;
      inside += peek();
    }
    ++at_;
    if (depth_ > 55) return wrong("nested too deeply");
    Reader reader(inside, line, depth_ + 1);
    TRY_ASSIGN(ShellNode list, reader.script());
    return ShellPart{.kind = ShellPart::Kind::Command, .quoted = quoted, .command = std::make_shared<const ShellNode>(std::move(list))};
  }

  Result<ShellPart> braces(bool quoted) {
    ShellPart part{.kind = ShellPart::Kind::Variable, .quoted = quoted};
    ++at_;
    if (is_name_char(peek())) while (is_name_char(peek())) part.text += text_[at_++];
    else if (at_ < text_.size()) part.text = text_[at_++];
    const bool many_digits = part.text.size() > 1 && std::isdigit(static_cast<unsigned char>(part.text[0])) != 0;
    if (peek() == '}' && !many_digits) { ++at_; return part; }
    for (const std::string_view operation : {":-", ":+", ":=", "-", "+", "=", "##", "#", "%%", "%"}) {
      if (!starts(operation)) continue;
      part.operation = operation;
      at_ += operation.size();
      break;
    }
    if (part.operation.empty() || many_digits) return wrong(fmt::format("'${{{}{}' is not understood", part.text, peek()));
    if (++depth_ > 60) return wrong("nested too deeply");
    TRY_ASSIGN(part.argument, operand(quoted, part.operation[0] == '#' || part.operation[0] == '%'));
    --depth_;
    ++at_;
    return part;
  }

  /// What follows the operation of a `${`, up to its `}` (not taken). Quotes in a pattern count whatever is around it; elsewhere a `'` between `"` is text.
  Result<ShellWord> operand(bool quoted, bool pattern) {
    ShellWord word;
    auto add = [&](char c, bool literal) {
      if (word.empty() || word.back().kind != ShellPart::Kind::Text || word.back().quoted != literal) word.push_back({.quoted = literal});
      word.back().text += c;
    };
    const bool text = quoted && !pattern;
    while (peek() != '}') {
      if (at_ >= text_.size()) return wrong("'${' has no end");
      const char c = peek();
      if (c == '$' || c == '`') {
        TRY_ASSIGN(ShellPart inner, expansion(text));
        word.push_back(std::move(inner));
      } else if (c == '"') {
        TRY(double_quoted(word));
      } else if (c == '\'' && !text) {
        TRY_ASSIGN(ShellPart inside, single_quoted());
        word.push_back(std::move(inside));
      } else if (c == '\\' && peek(1) == '\n') {
        at_ += 2;
        ++line_;
      } else if (c == '\\' && at_ + 1 < text_.size() && (!text || std::string_view("$`\"\\}").find(peek(1)) != std::string_view::npos)) {
        add(peek(1), true);
        at_ += 2;
      } else if (c == '~' && word.empty() && !quoted) {
        word.push_back({.kind = ShellPart::Kind::Unknown, .text = "~"});
        ++at_;
      } else {
        if (c == '\n') ++line_;
        add(c, text);
        ++at_;
      }
    }
    return word;
  }

  struct Pending { std::string delimiter; bool strip, quoted; std::shared_ptr<ShellWord> slot; };

  std::string_view text_;
  size_t at_ = 0;
  int line_;
  int depth_;
  std::vector<Pending> heredocs_;
};

}  // namespace

Result<ShellNode> parse_shell(std::string_view text) {
  if (text.size() > 256 * 1024) return fail(Kind::Invalid, "line 1: the script is larger than 256 KiB");
  if (text.find('\0') != std::string_view::npos) return fail(Kind::Invalid, "line 1: the script is no text");
  return Reader(text, 1, 0).script();
}

}  // namespace ashlar::build
