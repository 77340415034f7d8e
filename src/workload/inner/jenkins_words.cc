#include "workload/inner/jenkins_words.h"

#include <algorithm>
#include <cctype>

namespace ashlar::workload {
namespace {

bool of_a_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<JenkinsWord> read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const std::string_view rest = text_.substr(at_);
      if (std::isspace(static_cast<unsigned char>(c)) != 0) ++at_;
      else if (rest.starts_with("//") || (at_ == 0 && rest.starts_with("#!"))) skip("\n");
      else if (rest.starts_with("/*")) at_ += 2, skip("*/");
      else if (c == '\'' || c == '"') quoted(c);
      else if (c == '/' && begins_pattern()) pattern();
      else if (of_a_name(c)) name();
      else out_.push_back({JenkinsWord::Kind::Sign, at_, at_ + 1, false, false, rest.substr(0, 1)}), ++at_;
    }
    return std::move(out_);
  }

 private:
  /// Behind what ends it.
  void skip(std::string_view end) {
    const size_t found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }
  void name() {
    const size_t begin = at_;
    while (at_ < text_.size() && of_a_name(text_[at_])) ++at_;
    out_.push_back({JenkinsWord::Kind::Name, begin, at_, false, false, text_.substr(begin, at_ - begin)});
  }
  void quoted(char quote) {
    const bool three = text_.size() - at_ >= 3 && text_[at_ + 1] == quote && text_[at_ + 2] == quote;
    at_ += three ? 3 : 1;
    const size_t begin = at_;
    const auto closes = [&] { return text_[at_] == quote && (!three || (text_.substr(at_, 3).size() == 3 && text_[at_ + 1] == quote && text_[at_ + 2] == quote)); };
    // One of single quotes ends with its line at the latest: what is wrong in one line spoils no other.
    while (at_ < text_.size() && !closes() && (three || text_[at_] != '\n')) at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
    out_.push_back({JenkinsWord::Kind::Text, begin, at_, quote == '"', three, text_.substr(begin, at_ - begin)});
    if (at_ < text_.size() && text_[at_] == quote) at_ += three ? 3 : 1;
  }
  /// `/.../` is a text where a value may begin, else a division.
  bool begins_pattern() const { return !out_.empty() && out_.back().kind == JenkinsWord::Kind::Sign && std::string_view("=(,~[").find(out_.back().text) != std::string_view::npos; }
  void pattern() {
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '/' && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
    out_.push_back({JenkinsWord::Kind::Text, begin, at_, true, false, text_.substr(begin, at_ - begin)});
    if (at_ < text_.size() && text_[at_] == '/') ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<JenkinsWord> out_;
};

}  // namespace

std::vector<JenkinsWord> jenkins_words(std::string_view text) { return Reader(text).read(); }

}  // namespace ashlar::workload
