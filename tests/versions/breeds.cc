#include <algorithm>
#include <array>
#include <vector>

#include "pairs.h"

namespace versions {
namespace {

using ashlar::advisory::Grammar;

constexpr std::string_view dpkg_whole[] = {"1.0", "1:2.38.1-5+deb13u1", "2.41-12", "0~20240101-1", "5.8.1-1~bpo12+1", "13.8+deb13u8", "1.0~rc1-2", "2:1.2.3+dfsg1-0ubuntu0.1", "3.0.0+git20230101.abcdef-1+b2", "7.88.1-10+deb12u12",
                                           "9.5p1-3", "2024a-0+deb12u1", "1.1.1n-0+deb11u5", "6.1.0-rc4~exp1", "0"};
constexpr std::string_view dpkg_pieces[] = {"~", "+", "-", ".", ":", "1:", "0", "00", "~rc1", "~~", "+deb13u1", "+b1", "a", "Z", "-1", "-0", "ubuntu", "dfsg", "~bpo12+1", "10", "9", "999999999999999999999", "_", "2:"};

constexpr std::string_view apk_whole[] = {"1.2.3-r4", "1.36.1-r29", "0.0.0_git20250210-r0", "3.3.2-r1", "1.2_alpha", "1.2_beta3-r1", "2.0_pre1", "2.0_rc2-r0", "1.1.1w-r1", "9.9_p1-r3", "20240705-r0", "1.0_cvs1", "1.0_svn20-r1",
                                          "1.0_hg5", "0.12.05", "1.02.3-r0", "2.38-r11", "1_alpha_p2", "1.2.3~0a1b2c-r1", "8.14.1-r2"};
constexpr std::string_view apk_pieces[] = {"_alpha", "_beta", "_pre", "_rc", "_cvs", "_svn", "_git", "_hg", "_p", "_p1", "-r", "-r1", "-r0", ".", ".0", ".00", ".01", "0", "a", "b", "z", "1", "9", "10", "_", "-", "~", "~ab12", "_foo", "A", "+", "123456789012345678"};

constexpr std::string_view rpm_whole[] = {"1.0-1", "0:1.2.3-4.el9_2", "1:3.0.7-27.el9", "2.34-100.el9_4.2", "5.14.0-427.13.1.el9_4", "1.0~rc1-1", "1.0^20240101gitabc-1", "1.0^", "4.18.0-553.5.1.el8_10", "20231115.3-150500.3.6.1", "0",
                                          "1.1.1k-12.amzn2", "9.0p1", "2.0.0~beta.2-0.3.fc40", "1.2.3-4.azl3", "3:10.6.17-1.module+el8"};
constexpr std::string_view rpm_pieces[] = {"~", "^", ".", "-", "_", "+", ":", "0:", "1:", "0", "00", "a", "Z", "rc1", "el9", ".el9", "fc40", "~~", "^^", "~^", "git", "10", "9", "99999999999999999999", "..", "-1", "%"};

constexpr std::string_view semver_whole[] = {"1.2.3", "v1.2.3", "0.0.1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.11", "1.0.0-rc.1+build.5", "1.2", "1", "v2", "3.10.0-alpha3", "24.4.2+141-stable", "9.0.0-rc.2.24474.3",
                                             "2.7.14-rc1", "1.0.0-0.3.7", "1.0.0-x-y-z.--", "4.17.21", "0.0.0-20240101000000-abcdefabcdef", "10.20.30"};
constexpr std::string_view semver_pieces[] = {"-", "+", ".", "v", "0", "00", "-alpha", "-rc.1", ".1", ".10", ".9", "-0", "-01", "-1", "+build", "a", "Z", "beta", "-beta.2", ".x", "--", "123", "_", "=", "4503599627370495"};

constexpr std::string_view pep440_whole[] = {"1.0", "1.0.dev1", "1.0a1", "1.0b2.dev3", "1.0rc1", "1.0.post1", "1.0.post1.dev2", "1!2.0", "1.0+local.1", "1.0+ubuntu-1", "2024.1.15", "v1.2.3", "1.0-1", "1.0-alpha-1", "1.0_beta_2", "1.0c4",
                                             "1.0preview1", "1.0.rev3", "1.0-r4", "1.0a1.post2.dev3+abc.5", "0", "1.0.0.0", "4.2.11"};
constexpr std::string_view pep440_pieces[] = {".", "-", "_", "+", "!", "a", "b", "rc", "c", "alpha", "beta", "pre", "preview", "post", "rev", "r", "dev", ".dev0", ".post0", "a0", "0", "00", ".0", "1!", "0!", "+a", "+1", ".1", "-1", "RC1", "Alpha", "v", "~",
                                              "99999999999999999999", "9", "10", ".0a", "+abc.1"};

constexpr std::string_view maven_whole[] = {"1.0", "1.0-SNAPSHOT", "2.17.1", "1.0-alpha-1", "1.0-beta-2", "1.0-rc1", "1.0.RC2", "5.3.0.Final", "3.2.1.RELEASE", "4.1.100.Final", "1.0-milestone-1", "2.0-M3", "1-sp-1", "1.0.GA", "31.1-jre", "31.1-android",
                                            "1.0b2", "9.4.44.v20210927", "1.0.0-20240101.101010-5", "2.0.0.AM25", "1.x.2", "1-1.foo-bar1baz-.1", "1.0.0.jre8", "0"};
constexpr std::string_view maven_pieces[] = {".", "-", "_", "+", "a", "b", "m", "x", "alpha", "beta", "milestone", "rc", "cr", "snapshot", "ga", "final", "release", "sp", "-SNAPSHOT", ".Final", "-1", ".1", "0", "00", ".0", "-0", "--", "..", "a1", "M2", "-sp", "-foo", "10",
                                             "9", "2147483648", "99999999999999999999", "RC", "-ga-1"};

constexpr std::string_view go_whole[] = {"v1.2.3", "1.2.3", "v0.0.0-20200101000000-abcdefabcdef", "v1.2.3-0.20200101000000-abcdef123456", "v1.2.4-pre.0.20200101000000-abcdef123456", "v2.0.0+incompatible", "v3.1.0-rc.1+incompatible", "go1.22rc1", "go1.22.3", "go1.21", "1.22.0-rc.1",
                                         "1.22.0-beta.1", "go1.21beta1", "go1", "v1", "v1.2", "1.20", "go1.20.14", "go1.22.3-vendor", "1.22rc2", "0", "0.5.0-alpha.5.0.20190108173120-83c051b701d3", "8.0.0-20250414112942-77892234944b"};
constexpr std::string_view go_pieces[] = {"v", "go", ".", "-", "+", "rc1", "rc2", "beta1", "-rc.1", "-rc.2", "-0.20200101000001-abcdef123456", "+incompatible", "0", "1", "9", "10", ".0", "00", "-pre", "(devel)", "devel", "99999999999999999999", "a", "-vendor", "-devel_0a1b", "rc", "beta"};

constexpr std::array breeds = {
    Breed{Grammar::Dpkg, dpkg_whole, dpkg_pieces},       Breed{Grammar::Apk, apk_whole, apk_pieces},       Breed{Grammar::Rpm, rpm_whole, rpm_pieces}, Breed{Grammar::Semver, semver_whole, semver_pieces},
    Breed{Grammar::Pep440, pep440_whole, pep440_pieces}, Breed{Grammar::Maven, maven_whole, maven_pieces}, Breed{Grammar::Go, go_whole, go_pieces},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
int kind(char c) { return is_digit(c) ? 0 : is_letter(c) ? 1 : 2; }

/// Where runs of digits, of letters, and single other characters begin; and the end.
std::vector<size_t> edges(std::string_view text) {
  std::vector<size_t> out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (at == 0 || kind(text[at]) != kind(text[at - 1]) || kind(text[at]) == 2) out.push_back(at);
  }
  out.push_back(text.size());
  return out;
}

std::string another_number(std::string_view digits, Random& random) {
  switch (random.below(5)) {
    case 0: return "0" + std::string(digits);
    case 1: return std::string(digits) + "0";
    case 2: return std::to_string(random.below(12));
    default: break;
  }
  std::string out(digits);
  char& last = out.back();
  if (random.below(2) == 0) last = last == '9' ? '8' : static_cast<char>(last + 1);
  else last = last == '0' ? '1' : static_cast<char>(last - 1);
  return out;
}

std::string change_once(const Breed& breed, Random& random, const std::string& text) {
  const std::string piece(breed.pieces[random.below(breed.pieces.size())]);
  const auto at = edges(text);
  if (at.size() < 2) return piece;
  const size_t which = random.below(at.size() - 1);
  const std::string before = text.substr(0, at[which]), run = text.substr(at[which], at[which + 1] - at[which]), after = text.substr(at[which + 1]);
  switch (random.below(8)) {
    case 0: return before + piece + run + after;
    case 1: return text + piece;
    case 2: return before + piece + after;
    case 3: return before + after;
    case 4: return before + run + run + after;
    case 5: return before;
    default: break;
  }
  if (is_digit(run[0])) return before + another_number(run, random) + after;
  if (!is_letter(run[0])) return before + ".-+~_"[random.below(5)] + after;
  std::string other = run;
  char& letter = other[random.below(other.size())];
  letter = random.below(2) == 0 ? static_cast<char>(letter ^ 0x20) : static_cast<char>('a' + random.below(26));
  return before + other + after;
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t value = state_ += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

std::span<const Breed> all_breeds() { return breeds; }

const Breed* find_breed(std::string_view grammar) {
  const auto found = std::ranges::find_if(breeds, [&](const Breed& breed) { return ashlar::advisory::to_string(breed.grammar) == grammar; });
  return found == breeds.end() ? nullptr : &*found;
}

std::string change(const Breed& breed, Random& random, std::string text, size_t times) {
  constexpr size_t longest = 120;  // the references have their limits
  // One that is no version is mostly tried again: what is compared matters more than what is refused.
  const bool any = random.below(10) == 0;
  std::string out;
  for (int tries = 0; tries < 20; ++tries) {
    out = text;
    for (size_t done = 0; done < times; ++done) out = change_once(breed, random, out);
    if (out.size() > longest) out.resize(longest);
    if (any || ashlar::advisory::is_version(breed.grammar, out)) return out;
  }
  return out;
}

std::string make_version(const Breed& breed, Random& random) { return change(breed, random, std::string(breed.whole[random.below(breed.whole.size())]), random.below(5)); }

std::pair<std::string, std::string> make_pair(const Breed& breed, Random& random) {
  std::string a = make_version(breed, random);
  std::string b = random.below(8) == 0 ? make_version(breed, random) : change(breed, random, a, 1 + random.below(3));
  if (random.below(2) == 0) std::swap(a, b);
  return {std::move(a), std::move(b)};
}

char sign(const ashlar::Result<std::weak_ordering>& order) {
  if (!order) return '?';
  return *order < 0 ? '<' : *order > 0 ? '>' : '=';
}

}  // namespace versions
