#pragma once
// Older hashes, over bytes that come in pieces.
#include <memory>
#include <string>

#include "base/bytes.h"

namespace ashlar {

/// Hashes that other formats name files by (SPDX wants SHA-1, dpkg's lists MD5). They prove nothing.
enum class OldHash { Sha1, Md5 };

/// As Hasher, of an older hash.
class OldHasher {
 public:
  explicit OldHasher(OldHash which);
  ~OldHasher();
  OldHasher(OldHasher&&) noexcept;
  void update(BytesView bytes);
  /// Lower-case hex digits of everything so far; the hasher then starts anew.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ashlar
