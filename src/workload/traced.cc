#include "workload/traced.h"

#include <algorithm>

namespace ashlar::workload {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

void Traced::add(std::string_view bytes, std::size_t at) {
  text += bytes;
  for (std::size_t each = 0; each < bytes.size(); ++each) from.push_back(static_cast<std::uint32_t>(at + each));
}

void Traced::add_loose(std::string_view bytes) {
  text += bytes;
  from.resize(text.size(), nowhere);
}

void Traced::add(const Traced& other) {
  text += other.text;
  from.insert(from.end(), other.from.begin(), other.from.end());
}

Traced Traced::slice(std::size_t begin, std::size_t end) const {
  end = std::min(end, size()), begin = std::min(begin, end);
  Traced out;
  out.text = text.substr(begin, end - begin);
  out.from.assign(from.begin() + static_cast<std::ptrdiff_t>(begin), from.begin() + static_cast<std::ptrdiff_t>(end));
  return out;
}

std::optional<std::pair<std::size_t, std::size_t>> Traced::run(std::size_t begin, std::size_t end) const {
  if (begin > end || end > size()) return std::nullopt;
  if (begin == end) {  // between the byte before and the byte after
    if (begin > 0 && from[begin - 1] != nowhere) return std::pair<std::size_t, std::size_t>(from[begin - 1] + 1, from[begin - 1] + 1);
    if (begin < size() && from[begin] != nowhere) return std::pair<std::size_t, std::size_t>(from[begin], from[begin]);
    return std::nullopt;
  }
  for (std::size_t at = begin; at < end; ++at) {
    if (from[at] == nowhere || from[at] != from[begin] + (at - begin)) return std::nullopt;
  }
  return std::pair<std::size_t, std::size_t>(from[begin], from[begin] + (end - begin));
}

std::optional<std::pair<std::size_t, std::size_t>> Traced::extent() const {
  std::optional<std::pair<std::size_t, std::size_t>> out;
  for (const std::uint32_t at : from) {
    if (at == nowhere) continue;
    if (!out) out.emplace(at, at + 1);
    out->first = std::min<std::size_t>(out->first, at), out->second = std::max<std::size_t>(out->second, at + 1);
  }
  return out;
}

Lines::Lines(std::string_view text) : text_(text), begins_{0} {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') begins_.push_back(at + 1);
  }
}

Span Lines::span(std::size_t begin, std::size_t end) const {
  begin = std::min(begin, text_.size()), end = std::clamp(end, begin, text_.size());
  const auto next = std::ranges::upper_bound(begins_, begin);
  const std::size_t line = *std::prev(next);
  if (seen_.line != line || seen_.byte > begin) seen_ = {line, line, 0};
  seen_.characters += static_cast<std::size_t>(std::ranges::count_if(text_.substr(seen_.byte, begin - seen_.byte), begins_character));
  seen_.byte = begin;
  return {begin, end, static_cast<int>(next - begins_.begin()), static_cast<int>(seen_.characters) + 1};
}

std::size_t Lines::begin(int line) const { return line < 1 || static_cast<std::size_t>(line) > begins_.size() ? text_.size() : begins_[static_cast<std::size_t>(line) - 1]; }

std::string_view Lines::line(int number) const {
  std::string_view out = text_.substr(begin(number));
  out = out.substr(0, out.find('\n'));
  if (out.ends_with('\r')) out.remove_suffix(1);
  return out;
}

std::size_t Lines::offset(int number, int column) const {
  const std::size_t at = begin(number), end = at + line(number).size(), wanted = static_cast<std::size_t>(std::max(column - 1, 0));
  if (sought_.line != at || sought_.characters > wanted) sought_ = {at, at, 0};
  while (sought_.byte < end && sought_.characters < wanted) {
    do ++sought_.byte; while (sought_.byte < end && !begins_character(text_[sought_.byte]));
    ++sought_.characters;
  }
  return sought_.byte;
}

}  // namespace ashlar::workload
