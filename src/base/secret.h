#pragma once
// Bytes that are wiped when they are no longer needed: passwords and private keys.
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ashlar {

/// Owns secret bytes. They are overwritten before their memory is given back, on destruction and on assignment. There are no copies: clone() is one, said aloud.
class Secret {
 public:
  Secret() = default;
  /// Zeros, to be written into.
  explicit Secret(size_t size) : bytes_(size) {}
  /// Takes the text over and wipes it where it was.
  explicit Secret(std::string&& text);
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  static Secret copy_of(std::string_view text);
  Secret clone() const { return copy_of(text()); }
  /// Overwrites and forgets all of it.
  void wipe();
  /// Forgets what is behind `size`, wiped.
  void shorten(size_t size);

  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  std::uint8_t* data() { return bytes_.data(); }
  const std::uint8_t* data() const { return bytes_.data(); }
  BytesView bytes() const { return bytes_; }
  std::string_view text() const { return as_text(bytes_); }

 private:
  Bytes bytes_;  // never grows: what grows leaves its old bytes behind
};

/// Overwrites bytes of which a Secret has been made, where they were.
void wipe(std::string& text);

}  // namespace ashlar
