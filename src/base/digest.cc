#include "base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

#include <fmt/format.h>

namespace ashlar {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Result<Digest> Digest::parse_hex(std::string_view hex) {
  std::array<std::uint8_t, 32> raw{};
  bool good = hex.size() == 64;
  for (size_t at = 0; good && at < 32; ++at) {
    const int high = hex_value(hex[2 * at]), low = hex_value(hex[2 * at + 1]);
    good = high >= 0 && low >= 0;
    raw[at] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (!good) return cannot(Kind::Invalid, fmt::format("read digest '{}'", hex.substr(0, 80)), "it is not 64 lower-case hex digits");
  return Digest(raw);
}

Result<Digest> Digest::parse(std::string_view text) {
  constexpr std::string_view prefix = "sha256:";
  if (!text.starts_with(prefix)) return cannot(Kind::Invalid, fmt::format("read digest '{}'", text.substr(0, 80)), "it does not begin with 'sha256:'");
  return parse_hex(text.substr(prefix.size()));
}

Digest Digest::of(BytesView bytes) { return Hasher().update(bytes).finish(); }

std::string Digest::hex() const { return to_hex(raw_); }

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { start(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
  void start() {
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // fetched once: a fetch takes longer than a short hash
    if (context == nullptr || EVP_DigestInit_ex2(context, sha256, nullptr) != 1) throw std::bad_alloc();
  }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

Hasher& Hasher::update(BytesView bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
  return *this;
}

Digest Hasher::finish() {
  std::array<std::uint8_t, 32> raw{};
  EVP_DigestFinal_ex(state_->context, raw.data(), nullptr);
  state_->start();
  return Digest::from(raw);
}

std::string md5_hex(BytesView bytes) {
  std::array<std::uint8_t, 16> raw{};
  EVP_Digest(bytes.data(), bytes.size(), raw.data(), nullptr, EVP_md5(), nullptr);
  return to_hex(raw);
}

std::string to_hex(BytesView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace ashlar
