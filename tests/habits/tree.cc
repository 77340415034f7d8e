#include "tree.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>

namespace habits {
namespace {

bool passed_over(const std::filesystem::path& path, bool at_root) {
  const std::string name = path.filename().string();
  if (name == ".git" || name == "__pycache__") return true;
  return at_root && (name == "build" || name.starts_with("build-"));
}

bool is_text(std::string_view bytes) { return bytes.substr(0, 4096).find('\0') == std::string_view::npos; }

}  // namespace

Tree read_tree(const std::filesystem::path& root) {
  Tree tree;
  std::filesystem::recursive_directory_iterator at(root), end;
  for (; at != end; ++at) {
    if (at->is_directory() && passed_over(at->path(), at.depth() == 0)) {
      at.disable_recursion_pending();
      continue;
    }
    if (at->is_symlink() || !at->is_regular_file() || at->file_size() > 4'000'000) continue;
    std::ifstream file(at->path(), std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (is_text(text)) tree.emplace(at->path().lexically_relative(root).generic_string(), std::move(text));
  }
  return tree;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_code(std::string_view path) { return path.ends_with(".h") || path.ends_with(".cc") || path.ends_with(".c"); }

bool is_test(std::string_view path) { return path.ends_with("_test.cc") || path.ends_with("_test.h") || path.starts_with("tests/"); }

std::string room_of(std::string_view path) {
  if (!path.starts_with("src/")) return {};
  path.remove_prefix(4);
  const size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

namespace {

/// Reads pieces one after the other.
class Splitter {
 public:
  explicit Splitter(std::string_view code) : rest_(code) {}
  std::vector<Piece> all() {
    while (!rest_.empty()) {
      if (rest_.starts_with("//")) {
        add(Piece::Type::Comment, std::min(rest_.find('\n'), rest_.size()));
      } else if (rest_.starts_with("/*")) {
        const size_t end = rest_.find("*/", 2);
        add(Piece::Type::Comment, end == std::string_view::npos ? rest_.size() : end + 2);
      } else if (rest_.starts_with("R\"") && !continues_name()) {
        raw_string();
      } else if (rest_[0] == '"') {
        quoted('"');
      } else if (rest_[0] == '\'' && !continues_name()) {
        quoted('\'');
      } else {
        code(rest_.substr(0, 1));
        skip(1);
      }
    }
    return std::move(pieces_);
  }

 private:
  /// Whether the character before belongs to a name or number: `1'000`, `u8R`.
  bool continues_name() const { return std::isalnum(static_cast<unsigned char>(before_)) != 0 || before_ == '_'; }

  void code(std::string_view text) {
    if (pieces_.empty() || pieces_.back().type != Piece::Type::Code) pieces_.push_back({Piece::Type::Code, line_, {}});
    pieces_.back().text += text;
  }
  void add(Piece::Type type, size_t length) {
    pieces_.push_back({type, line_, std::string(rest_.substr(0, length))});
    skip(length);
  }
  void skip(size_t length) {
    line_ += static_cast<int>(std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(length), '\n'));
    if (length > 0) before_ = rest_[length - 1];
    rest_.remove_prefix(length);
  }
  void raw_string() {
    const size_t open = rest_.find('(');
    if (open == std::string_view::npos) return skip(rest_.size());
    const std::string close = ")" + std::string(rest_.substr(2, open - 2)) + "\"";
    const size_t end = std::min(rest_.find(close, open), rest_.size());
    pieces_.push_back({Piece::Type::String, line_, std::string(rest_.substr(open + 1, end - open - 1))});
    skip(std::min(end + close.size(), rest_.size()));
  }
  void quoted(char quote) {
    size_t at = 1;
    while (at < rest_.size() && rest_[at] != quote && rest_[at] != '\n') at += rest_[at] == '\\' ? 2 : 1;
    at = std::min(at, rest_.size());
    if (quote == '"') pieces_.push_back({Piece::Type::String, line_, std::string(rest_.substr(1, at - 1))});
    else code("''");
    skip(std::min(at + 1, rest_.size()));
  }

  std::string_view rest_;
  char before_ = ' ';
  int line_ = 1;
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<Piece> pieces_of(std::string_view code) { return Splitter(code).all(); }

}  // namespace habits
