#include "attest/inner/digest_set.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace ashlar::attest {
namespace {

struct Algorithm { std::string_view name; size_t digits; };

constexpr std::array algorithms = {Algorithm{"md5", 32}, Algorithm{"sha1", 40}, Algorithm{"gitCommit", 40}, Algorithm{"gitTree", 40}, Algorithm{"gitBlob", 40}, Algorithm{"gitTag", 40},
                                   Algorithm{"sha224", 56}, Algorithm{"sha512_224", 56}, Algorithm{"sha3_224", 56}, Algorithm{"sha256", 64}, Algorithm{"sha512_256", 64}, Algorithm{"sha3_256", 64},
                                   Algorithm{"dirHash", 64}, Algorithm{"sha384", 96}, Algorithm{"sha3_384", 96}, Algorithm{"sha512", 128}, Algorithm{"sha3_512", 128}};

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string fault_of_digests(const Json& set) {
  if (!set.is_object() || set.empty()) return "it holds no digest";
  for (const auto& [name, value] : set.items()) {
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) return fmt::format("'{}' is no text", name);
    const std::string& digest = value.get_ref<const std::string&>();
    const auto* const known = std::ranges::find(algorithms, std::string_view(name), &Algorithm::name);
    if (known == algorithms.end()) continue;
    if (digest.size() != known->digits) return fmt::format("'{}' has {} digits, not {}", name, digest.size(), known->digits);
    if (!is_hex(digest)) return fmt::format("'{}' is not written in lower-case hex digits", name);
  }
  return {};
}

}  // namespace ashlar::attest
