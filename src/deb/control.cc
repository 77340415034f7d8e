#include "deb/control.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::deb {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t at = 0; at < a.size(); ++at) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[at]) != lower(b[at])) return false;
  }
  return true;
}

}  // namespace

std::string_view Stanza::get(std::string_view field) const {
  for (const auto& [name, value] : fields_) {
    if (same_name(name, field)) return value;
  }
  return {};
}

bool Stanza::has(std::string_view field) const {
  for (const auto& [name, value] : fields_) {
    if (same_name(name, field)) return true;
  }
  return false;
}

void StanzaReader::skip_paragraph() {
  while (!rest_.empty()) {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    ++line_;
    if (trim(line).empty()) return;
  }
}

Result<bool> StanzaReader::next(Stanza& stanza) {
  stanza.fields_.clear();
  stanza.text_ = {};
  const char* begin = nullptr;
  while (!rest_.empty()) {
    const void* const found = std::memchr(rest_.data(), '\n', rest_.size());
    const size_t end = found == nullptr ? rest_.size() : static_cast<size_t>(static_cast<const char*>(found) - rest_.data());
    std::string_view line = rest_.substr(0, end);
    const char* const start = rest_.data();
    rest_.remove_prefix(end == rest_.size() ? end : end + 1);
    const size_t number = line_++;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || (begin != nullptr && trim(line).empty())) {
      if (begin != nullptr) break;
      continue;
    }
    if (line[0] == '#') continue;
    const auto bad = [&](std::string_view why) {
      skip_paragraph();
      return cannot(Kind::Corrupt, fmt::format("read line {} of '{}'", number, path_), why);
    };
    if (line[0] == ' ' || line[0] == '\t') {
      if (stanza.fields_.empty()) return bad("a continuation line stands before any field");
      auto& value = stanza.fields_.back().second;
      value = std::string_view(value.data(), static_cast<size_t>(line.data() + line.size() - value.data()));
    } else {
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos || colon == 0) return bad("it is no field of the form 'Name: value'");
      if (line.substr(0, colon).find_first_of(" \t") != std::string_view::npos) return bad("a field's name has white space");
      if (begin == nullptr) begin = start;
      const std::string_view value = line.substr(colon + 1);
      const size_t first = value.find_first_not_of(" \t");
      stanza.fields_.emplace_back(line.substr(0, colon), first == std::string_view::npos ? value.substr(value.size()) : value.substr(first));
    }
    stanza.text_ = std::string_view(begin, static_cast<size_t>(line.data() + line.size() - begin));
  }
  return begin != nullptr;
}

}  // namespace ashlar::deb
