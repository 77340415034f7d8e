#pragma once
// Content digests: SHA-256 as OCI writes them, and the MD5 that dpkg's metadata still uses.
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace ashlar {

/// A SHA-256 digest (OCI image-spec, descriptor.md, "Digests"). Written `sha256:` and 64 lower-case hex digits.
class Digest {
 public:
  /// Accepts `sha256:<64 hex>`.
  static Result<Digest> parse(std::string_view text);
  /// Accepts 64 hex digits.
  static Result<Digest> parse_hex(std::string_view hex);
  static Digest of(BytesView bytes);
  static Digest of(std::string_view text) { return of(as_bytes(text)); }
  static Digest from(const std::array<std::uint8_t, 32>& raw) { return Digest(raw); }

  std::string hex() const;
  std::string str() const { return "sha256:" + hex(); }
  const std::array<std::uint8_t, 32>& raw() const { return raw_; }
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  explicit Digest(const std::array<std::uint8_t, 32>& raw) : raw_(raw) {}
  std::array<std::uint8_t, 32> raw_;
};

/// SHA-256 over bytes that come in pieces.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher& update(BytesView bytes);
  Hasher& update(std::string_view text) { return update(as_bytes(text)); }
  /// The digest of everything so far; the hasher then starts anew.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// MD5 as 32 lower-case hex digits (dpkg's md5sums and Conffiles; never a proof of anything).
std::string md5_hex(BytesView bytes);
std::string to_hex(BytesView bytes);

}  // namespace ashlar

template <>
struct std::hash<ashlar::Digest> {
  size_t operator()(const ashlar::Digest& digest) const noexcept {
    size_t value = 0;
    for (size_t at = 0; at < sizeof value; ++at) value = value << 8 | digest.raw()[at];
    return value;
  }
};
