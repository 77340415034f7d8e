#pragma once
// The digests that a file is known by, made in one pass over its bytes.
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/digest.h"

namespace ashlar {

struct FileDigests {
  Digest sha256;
  std::string sha1, md5;  ///< lower-case hex digits; empty where nobody asked for them
};

/// SHA-256 of bytes that come in pieces and, on request, their SHA-1 and MD5. Where the processor has instructions for SHA, all are computed beside each
/// other: each step of one waits for the one before, so that together they take little longer than the slowest alone.
class FileHasher {
 public:
  struct Wanted { bool sha1 = false, md5 = false; };
  enum class Means { Fastest, Library };  ///< Library: OpenSSL's, one after the other, as on every other processor

  explicit FileHasher(Wanted wanted, Means means = Means::Fastest);
  ~FileHasher();
  FileHasher(FileHasher&&) noexcept;
  void update(BytesView bytes);
  /// update() of two hashers that want the same: with MD5, and of SHA-256 alone, faster than one after the other as far as both have bytes.
  static void update_both(FileHasher& one, BytesView bytes, FileHasher& other, BytesView other_bytes);
  /// Of everything so far; the hasher then starts anew.
  FileDigests finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ashlar
