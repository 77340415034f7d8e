#pragma once
// Bytes that are at hand already, as an open file.
#include <algorithm>
#include <cstring>

#include "host/files.h"

namespace ashlar::inventory {

/// Bytes that somebody else owns.
class ViewFile final : public host::ReadFile {
 public:
  explicit ViewFile(BytesView bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset >= bytes_.size() || out.empty()) return size_t{0};
    const size_t count = std::min<size_t>(out.size(), bytes_.size() - offset);
    std::memcpy(out.data(), bytes_.data() + offset, count);
    return count;
  }

 private:
  BytesView bytes_;
};

/// A part of another file, which must outlive it and hold the part.
class PartFile final : public host::ReadFile {
 public:
  PartFile(const host::ReadFile& whole, std::uint64_t offset, std::uint64_t size) : whole_(whole), offset_(offset), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset >= size_) return size_t{0};
    return whole_.read_at(offset_ + offset, out.first(std::min<std::uint64_t>(out.size(), size_ - offset)));
  }

 private:
  const host::ReadFile& whole_;
  std::uint64_t offset_, size_;
};

}  // namespace ashlar::inventory
