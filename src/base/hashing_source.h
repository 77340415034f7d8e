#pragma once
// A stream whose bytes are hashed as they pass.
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/digest.h"

namespace ashlar {

/// Reads `from`; `hasher`, which must outlive it, takes every byte that was read.
class HashingSource final : public Source {
 public:
  HashingSource(std::unique_ptr<Source> from, Hasher& hasher) : from_(std::move(from)), hasher_(hasher) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    TRY_ASSIGN(const size_t count, from_->read(out));
    hasher_.update(BytesView(out).first(count));
    return count;
  }

 private:
  std::unique_ptr<Source> from_;
  Hasher& hasher_;
};

}  // namespace ashlar
