#include "base/yaml_writer.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar {
namespace {

/// Words that YAML 1.1 or 1.2 takes for no text, in lower case.
constexpr std::array<std::string_view, 9> words_with_meaning = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether a text may stand as it is. It begins with a letter, so that it is no number, date, sign of the grammar or `.inf`.
bool is_plain(std::string_view text) {
  if (text.empty() || !is_letter(text.front()) || text.size() > 200) return false;
  const auto fits = [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/'; };
  if (!std::ranges::all_of(text, fits)) return false;
  std::string low(text);
  std::ranges::transform(low, low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::ranges::find(words_with_meaning, low) == words_with_meaning.end();
}

/// Whether a text can stand below `|`: what a reader would fold, strip or refuse there is not in it.
bool is_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n' || text.ends_with("\n\n")) return false;
  for (const std::string_view line : Parts(text, '\n')) {
    if (line.ends_with(' ')) return false;
  }
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

/// In double quotes. JSON's escapes are YAML's; what YAML has as no printable character, or as a line end, is escaped, too.
std::string in_quotes(std::string_view text) {
  std::string out;
  const std::string json = to_compact(Json(text));
  for (size_t at = 0; at < json.size(); ++at) {
    const std::string_view rest = std::string_view(json).substr(at);
    const auto second = rest.size() > 1 ? static_cast<unsigned char>(rest[1]) : 0u;
    if (rest.front() == '\x7f') {
      out += "\\x7f";
    } else if (rest.front() == '\xC2' && second >= 0x80 && second < 0xA0) {
      out += fmt::format("\\x{:02x}", second), ++at;
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029", at += 2;
    } else if (rest.starts_with("\xEF\xBB\xBF")) {
      out += "\\ufeff", at += 2;
    } else if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
      out += rest[2] == '\xBE' ? "\\ufffe" : "\\uffff", at += 2;
    } else {
      out += rest.front();
    }
  }
  return out;
}

class Writer {
 public:
  void value(const Json& json, size_t depth) {
    if (json.is_object() && !json.empty()) members(json, depth);
    else if (json.is_array() && !json.empty()) items(json, depth);
    else scalar(json, depth);
  }
  std::string take() { return std::move(out_); }

 private:
  static bool is_nested(const Json& json) { return json.is_structured() && !json.empty(); }

  void members(const Json& json, size_t depth) {
    bool first = true;
    for (const auto& [key, value] : json.items()) {
      if (!first) out_ += std::string(depth * 2, ' ');
      first = false;
      out_ += is_plain(key) ? key : in_quotes(key);
      out_ += ':';
      if (!is_nested(value)) {
        out_ += ' ';
        scalar(value, depth + 1);
      } else {
        out_ += '\n' + std::string((depth + 1) * 2, ' ');
        this->value(value, depth + 1);
      }
    }
  }
  void items(const Json& json, size_t depth) {
    bool first = true;
    for (const Json& each : json) {
      if (!first) out_ += std::string(depth * 2, ' ');
      first = false;
      out_ += "- ";
      value(each, depth + 1);
    }
  }
  void scalar(const Json& json, size_t depth) {
    if (!json.is_string()) {
      out_ += to_compact(json) + '\n';
      return;
    }
    const auto& text = json.get_ref<const std::string&>();
    if (is_plain(text)) out_ += text + '\n';
    else if (is_block(text)) block(text, depth);
    else out_ += in_quotes(text) + '\n';
  }
  void block(std::string_view text, size_t depth) {
    const bool closed = text.ends_with('\n');
    out_ += closed ? "|\n" : "|-\n";
    if (closed) text.remove_suffix(1);
    for (const std::string_view line : Parts(text, '\n')) {
      if (!line.empty()) out_ += std::string(std::max<size_t>(depth, 1) * 2, ' ');
      out_ += line;
      out_ += '\n';
    }
  }
  std::string out_;
};

}  // namespace

std::string to_yaml(const Json& json) {
  Writer writer;
  writer.value(json, 0);
  return writer.take();
}

}  // namespace ashlar
