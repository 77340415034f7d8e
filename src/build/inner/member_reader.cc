#include "build/inner/member_reader.h"

#include <algorithm>

#include "build/inner/packer.h"

namespace ashlar::build {
namespace {

/// Enough to keep several threads busy, few enough to be held in memory.
constexpr size_t max_ahead = 6;

}  // namespace

Result<Bytes> read_member(const host::ReadFile& file, std::uint64_t at, std::span<std::uint8_t> packed, const FrameMember& member, const plan::Encoder& encoder) {
  TRY_ASSIGN(const size_t count, file.read_at(at, packed));
  if (count != packed.size()) return fail(Kind::Corrupt, "a frame in the cache ends early");
  return unpack(packed, member.raw_size, encoder);
}

MemberReader::MemberReader(std::span<const Frame* const> frames, const host::Blobs& blobs, const plan::Encoder& encoder, Crew& crew)
    : frames_(frames), blobs_(blobs), encoder_(encoder), crew_(crew) {}

MemberReader::~MemberReader() {
  crew_.help_until([this] { return std::all_of(pieces_.begin(), pieces_.end(), [](const auto& piece) { return piece->done; }); });
}

void MemberReader::begin_one() {
  const Frame& frame = *frames_[frame_];
  auto piece = std::make_unique<Piece>();
  piece->size = frame.members[member_];
  piece->at = at_;
  if (member_ == 0) {
    auto file = blobs_.open(frame.blob);
    file_ = file ? std::move(*file) : nullptr;
    if (!file) piece->member = std::unexpected(std::move(file).error());
  }
  piece->file = file_;
  at_ += piece->size.packed_size;
  if (++member_ == frame.members.size()) {
    ++frame_;
    member_ = 0;
    at_ = 0;
  }
  Piece* const job = piece.get();
  pieces_.push_back(std::move(piece));
  if (job->file == nullptr) {
    job->done = true;  // the first piece of the frame tells why, and nobody asks for those behind it
    return;
  }
  crew_.errand([this, job] {
    Member member;
    member.packed.resize(job->size.packed_size);
    auto raw = read_member(*job->file, job->at, member.packed, job->size, encoder_);
    if (raw) member.raw = std::move(*raw);
    crew_.locked([&] {
      if (raw) job->member = std::move(member);
      else job->member = std::unexpected(std::move(raw).error());
      job->done = true;
    });
  });
}

Result<MemberReader::Member> MemberReader::next() {
  while (pieces_.size() < max_ahead && frame_ < frames_.size()) {
    if (frames_[frame_]->members.empty()) ++frame_;
    else begin_one();
  }
  Piece& piece = *pieces_.front();
  crew_.help_until([&] { return piece.done; });
  Result<Member> member = std::move(piece.member);
  pieces_.pop_front();
  return member;
}

}  // namespace ashlar::build
