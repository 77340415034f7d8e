#include "advisory/record.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "advisory/inner/cvss.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

struct Word {
  std::string_view word;
  Severity severity;
};
/// Debian's, GitHub's, Red Hat's, SUSE's, Ubuntu's and Microsoft's.
constexpr std::array words_of_publishers = {
    Word{"critical", Severity::Critical}, Word{"high", Severity::High},         Word{"important", Severity::High},      Word{"medium", Severity::Medium},
    Word{"moderate", Severity::Medium},   Word{"low", Severity::Low},           Word{"minor", Severity::Low},           Word{"negligible", Severity::Negligible},
    Word{"unimportant", Severity::Negligible}, Word{"none", Severity::Negligible}, Word{"informational", Severity::Negligible},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Negligible: return "negligible";
    case Severity::Low: return "low";
    case Severity::Medium: return "medium";
    case Severity::High: return "high";
    case Severity::Critical: return "critical";
    case Severity::Unknown: break;
  }
  return "unknown";
}

Severity severity_of(std::string_view word) {
  word = trim(word);
  while (word.ends_with('*')) word.remove_suffix(1);
  const auto same = [](char a, char b) { return lower(a) == b; };
  for (const Word& row : words_of_publishers) {
    if (row.word.size() == word.size() && std::equal(word.begin(), word.end(), row.word.begin(), same)) return row.severity;
  }
  return Severity::Unknown;
}

std::optional<double> cvss_score(std::string_view vector_or_score) {
  const std::string_view text = trim(vector_or_score);
  if (text.starts_with("CVSS:4.0/")) return cvss_4(text.substr(9));
  if (text.starts_with("CVSS:3.1/")) return cvss_3(text.substr(9));
  if (text.starts_with("CVSS:3.0/")) return cvss_3(text.substr(9));
  if (text.find('/') != std::string_view::npos) return cvss_2(text.starts_with('(') && text.ends_with(')') ? text.substr(1, text.size() - 2) : text);
  double score = 0;
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || score > 10) return std::nullopt;
  return score;
}

Severity severity_of_cvss(std::string_view vector_or_score) {
  const auto score = cvss_score(vector_or_score);
  if (!score) return Severity::Unknown;
  if (*score >= 9) return Severity::Critical;
  if (*score >= 7) return Severity::High;
  if (*score >= 4) return Severity::Medium;
  return *score > 0 ? Severity::Low : Severity::Negligible;
}

bool means_package(std::string_view listed, std::string_view package) {
  if (!listed.ends_with(".*")) return listed == package;
  return package.starts_with(listed.substr(0, listed.size() - 2));
}

bool is_identifier(std::string_view word) {
  const auto all = [](std::string_view text, auto is) { return !text.empty() && std::ranges::all_of(text, is); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto [kind, rest] = cut(word, '-');
  if (kind.size() < 2 || !all(kind, capital)) return false;
  if (kind == "CVE") {
    const auto [year, number] = cut(rest, '-');
    return year.size() == 4 && all(year, digit) && number.size() >= 4 && all(number, digit);
  }
  return all(rest, [&](char c) { return digit(c) || capital(c) || (c >= 'a' && c <= 'z') || c == '-' || c == ':'; });
}

std::string canonical_name(std::string_view space, std::string_view name) {
  std::string out(name);
  const bool python = space == "PyPI", rust = space == "crates.io";
  if (!python && !rust && space != "NuGet" && space != "Go") return out;
  std::transform(out.begin(), out.end(), out.begin(), lower);
  if (!python && !rust) return out;
  std::string joined;
  for (const char c : out) {
    const bool mark = c == '-' || c == '_' || (python && c == '.');
    if (!mark) joined += c;
    else if (!python || !joined.ends_with('-')) joined += '-';
  }
  return joined;
}

}  // namespace ashlar::advisory
