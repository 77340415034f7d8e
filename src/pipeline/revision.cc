#include "pipeline/inner/revision.h"

#include <algorithm>
#include <charconv>

namespace ashlar::pipeline {

constexpr unsigned most_revisions = 1'000'000;  // a larger number is no revision of ours

std::string_view version_in_front(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return text.substr(0, static_cast<size_t>(end - text.begin()));
}

bool is_one_of(std::string_view version, std::string_view prefix) { return version.starts_with(prefix) && (version.size() == prefix.size() || version[prefix.size()] == '.'); }

unsigned revision_number(std::string_view tag, std::string_view stem) {
  if (!tag.starts_with(stem) || !tag.substr(stem.size()).starts_with("-r")) return 0;
  const std::string_view digits = tag.substr(stem.size() + 2);
  unsigned out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc() && end == digits.data() + digits.size() && digits.front() != '0' && out <= most_revisions ? out : 0;
}

bool is_revision(std::string_view tag) {
  const size_t at = tag.rfind("-r");
  return at != std::string_view::npos && at > 0 && tag.size() > at + 2 && revision_number(tag, tag.substr(0, at)) > 0;
}

std::optional<Revision> revision_of(std::string_view tag, std::string_view tag_of_image) {
  const std::string_view front = version_in_front(tag_of_image), version = front.empty() ? std::string_view() : version_in_front(tag);
  if (!is_one_of(version, front)) return std::nullopt;
  const std::string stem = std::string(version) + std::string(tag_of_image.substr(front.size()));
  const unsigned number = revision_number(tag, stem);
  return number == 0 ? std::nullopt : std::optional(Revision{std::string(version), number});
}

}  // namespace ashlar::pipeline
