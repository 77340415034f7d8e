#include "oci/inner/challenge.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace ashlar::oci {
namespace {

constexpr size_t max_header = 16 << 10;

bool is_token_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// The header from the front on.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  size_t left() const { return rest_.size(); }
  void skip_blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  template <class Fits>
  std::string_view run(Fits fits) {
    size_t size = 0;
    while (size < rest_.size() && fits(rest_[size])) ++size;
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::string_view token() { return run(is_token_char); }
  /// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` up to a comma or the end, or nothing is taken.
  std::string_view token68() {
    const std::string_view before = rest_;
    const std::string_view letters = run([](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c != '\0' && std::string_view("-._~+/").find(c) != std::string_view::npos); });
    const size_t equals = run([](char c) { return c == '='; }).size();
    const size_t size = letters.size() + equals;
    skip_blanks();
    if (!letters.empty() && (rest_.empty() || rest_[0] == ',')) return before.substr(0, size);
    rest_ = before;
    return {};
  }
  /// The text between quotes, the first of which is taken; false where the last lacks.
  bool quoted(std::string& into) {
    while (!rest_.empty()) {
      char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = rest_[0];
        rest_.remove_prefix(1);
      }
      if (static_cast<unsigned char>(c) < ' ' && c != '\t') return false;
      into += c;
    }
    return false;
  }
  /// `name=value`, the name being taken; false where none follows, and then nothing is taken.
  bool value(std::string& into, bool& fault) {
    const std::string_view before = rest_;
    skip_blanks();
    if (!take('=')) return rest_ = before, false;
    skip_blanks();
    if (take('"')) {
      fault = !quoted(into);
      return true;
    }
    into = run([](char c) { return is_token_char(c) || c == '/' || c == ':'; });  // what servers write bare in the wild: addresses, too
    fault = into.empty();
    return true;
  }

 private:
  std::string_view rest_;
};

std::unexpected<Error> bad(size_t at) { return cannot(Kind::Invalid, "read the header 'www-authenticate'", fmt::format("it is no list of challenges from byte {} on", at)); }

}  // namespace

Result<std::vector<Challenge>> parse_challenges(std::string_view header) {
  if (header.size() > max_header) return cannot(Kind::Invalid, "read the header 'www-authenticate'", "it is longer than 16 KiB");
  std::vector<Challenge> out;
  Reader reader(header);
  const auto place = [&] { return header.size() - reader.left(); };
  for (bool first = true;; first = false) {
    reader.skip_blanks();
    if (!first && !reader.done() && !reader.take(',')) return bad(place());
    reader.skip_blanks();
    while (reader.take(',')) reader.skip_blanks();  // empty elements (RFC 9110, 5.6.1)
    if (reader.done()) return out;
    const std::string_view name = reader.token();
    if (name.empty()) return bad(place());
    std::string value;
    bool fault = false;
    if (reader.value(value, fault)) {
      if (fault || out.empty() || !out.back().token.empty()) return bad(place());
      out.back().parameters.try_emplace(lower(name), std::move(value));
      continue;
    }
    out.push_back({lower(name), {}, {}});
    const size_t before = reader.left();
    reader.skip_blanks();
    if (reader.done()) return out;
    if (reader.left() == before) continue;  // a comma must follow
    if (const std::string_view token = reader.token68(); !token.empty()) {
      out.back().token = token;
      continue;
    }
    const std::string_view key = reader.token();
    if (key.empty()) continue;
    if (!reader.value(value, fault) || fault) return bad(place());
    out.back().parameters.try_emplace(lower(key), std::move(value));
  }
}

std::string link_target(std::string_view header, std::string_view relation) {
  if (header.size() > max_header) return {};
  Reader reader(header);
  for (;;) {
    reader.skip_blanks();
    while (reader.take(',')) reader.skip_blanks();
    if (!reader.take('<')) return {};
    const std::string_view target = reader.run([](char c) { return c != '>'; });
    if (!reader.take('>')) return {};
    bool wanted = false;
    for (reader.skip_blanks(); reader.take(';'); reader.skip_blanks()) {
      reader.skip_blanks();
      const std::string name = lower(reader.token());
      std::string value;
      bool fault = false;
      if (name.empty() || (reader.value(value, fault) && fault)) return {};
      if (name == "rel") wanted = wanted || lower(value) == relation;
    }
    if (wanted) return std::string(target);
    if (reader.done()) return {};
  }
}

}  // namespace ashlar::oci
