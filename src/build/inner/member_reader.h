#pragma once
// Members of frames in order, read and unpacked by the crew a few ahead of whoever takes them.
#include <deque>
#include <memory>
#include <span>

#include "build/frame.h"

namespace ashlar::build {

/// The raw bytes of the member at `at`; `packed`, of its size, is filled with its compressed ones.
Result<Bytes> read_member(const host::ReadFile& file, std::uint64_t at, std::span<std::uint8_t> packed, const FrameMember& member, const plan::Encoder& encoder);

class MemberReader {
 public:
  struct Member { Bytes packed, raw; };

  /// What is given must outlive the reader.
  MemberReader(std::span<const Frame* const> frames, const host::Blobs& blobs, const plan::Encoder& encoder, Crew& crew);
  ~MemberReader();
  MemberReader(const MemberReader&) = delete;
  MemberReader& operator=(const MemberReader&) = delete;

  /// The next member of all; there must be one. NotFound when its frame has no blob, Corrupt when it does not unpack.
  Result<Member> next();

 private:
  struct Piece {
    std::shared_ptr<const host::ReadFile> file;  // shared by the pieces of a frame, which are read side by side
    std::uint64_t at = 0;
    FrameMember size;
    Result<Member> member = Member{};
    bool done = false;
  };
  void begin_one();

  std::span<const Frame* const> frames_;
  const host::Blobs& blobs_;
  const plan::Encoder& encoder_;
  Crew& crew_;
  std::deque<std::unique_ptr<Piece>> pieces_;
  // The member to begin next: its frame, its number in it, its place in the blob.
  size_t frame_ = 0, member_ = 0;
  std::uint64_t at_ = 0;
  std::shared_ptr<const host::ReadFile> file_;
};

}  // namespace ashlar::build
