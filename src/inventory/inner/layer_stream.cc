#include "inventory/inner/layer_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ashlar::inventory {

void Crew::leave() {
  {
    const std::scoped_lock hold(mutex_);
    --left_;
  }
  changed_.notify_all();
}

void Crew::help() {
  std::unique_lock hold(mutex_);
  while (left_ != 0) {
    const auto with_work = std::ranges::find_if(streams_, [](const LayerStream* each) { return each->next_step() != LayerStream::Step::None; });
    if (with_work == streams_.end()) changed_.wait(hold);
    else (*with_work)->make((*with_work)->next_step(), hold);
  }
}

/// The packed bytes, which are put aside as they pass.
class LayerStream::Blob final : public Source {
 public:
  Blob(LayerStream& stream, std::unique_ptr<Source> from) : stream_(stream), from_(std::move(from)) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    TRY_ASSIGN(const size_t count, from_->read(out.first(std::min(out.size(), packed_limit))));
    stream_.keep(BytesView(out).first(count));
    return count;
  }

 private:
  LayerStream& stream_;
  std::unique_ptr<Source> from_;
};

LayerStream::LayerStream(Crew& crew, const oci::Descriptor& layer, std::unique_ptr<Source> blob) : crew_(crew), packed_(layer.media_type != oci::media::layer_tar) {
  from_ = packed_ ? oci::decode_layer(layer, std::make_unique<Blob>(*this, std::move(blob))) : std::move(blob);
  const std::scoped_lock hold(crew_.mutex_);
  crew_.streams_.push_back(this);
}

LayerStream::~LayerStream() {
  Hold hold(crew_.mutex_);
  stopped_ = true;
  crew_.changed_.wait(hold, [&] { return !unpacking_ && !hashing_; });
  std::erase(crew_.streams_, this);
  for (auto& piece : ring_) {
    if (!piece) continue;
    piece->packed.clear();
    crew_.spare_.push_back(std::move(piece));
  }
}

void LayerStream::free_pieces() {
  for (; freed_ < std::min(hashed_, taken_); ++freed_) crew_.spare_.push_back(std::move(ring_[freed_ % pieces]));
}

LayerStream::Step LayerStream::next_step() const {
  if (stopped_) return Step::None;
  return may_unpack() ? Step::Unpack : may_hash() ? Step::Hash : Step::None;
}

void LayerStream::make(Step step, Hold& hold) { step == Step::Unpack ? unpack(hold) : hash(hold); }

void LayerStream::unpack(Hold& hold) {
  unpacking_ = true;
  auto& place = ring_[filled_ % pieces];
  if (!crew_.spare_.empty()) {
    place = std::move(crew_.spare_.back());
    crew_.spare_.pop_back();
  }
  hold.unlock();
  if (!place) place = std::make_unique<LayerPiece>(std::make_unique_for_overwrite<std::uint8_t[]>(piece_size));
  auto count = from_->read({place->bytes.get(), piece_size});
  hold.lock();
  unpacking_ = false;
  if (count && *count != 0) {
    place->size = *count;
    place->at = 0;
    ++filled_;
  } else {
    ended_ = true;
    if (!count) error_ = std::move(count).error();
  }
  crew_.changed_.notify_all();
}

void LayerStream::hash(Hold& hold) {
  hashing_ = true;
  LayerPiece& piece = this->piece(hashed_);
  hold.unlock();
  FileHasher::update_both(unpacked_hasher_, piece.all(), packed_hasher_, piece.packed);
  piece.packed.clear();
  hold.lock();
  hashing_ = false;
  ++hashed_;
  free_pieces();
  crew_.changed_.notify_all();
}

void LayerStream::catch_up(Hold& hold) {
  while (hashing_ || hashed_ < filled_) hashing_ ? crew_.changed_.wait(hold) : hash(hold);
}

void LayerStream::keep(BytesView packed) {
  LayerPiece& piece = this->piece(filled_);  // which nobody else changes while we unpack
  if (piece.packed.size() + packed.size() > packed_limit) {
    Hold hold(crew_.mutex_);
    hash_rest(hold);
  }
  piece.packed.reserve(packed_limit);
  piece.packed.insert(piece.packed.end(), packed.begin(), packed.end());
}

void LayerStream::hash_rest(Hold& hold) {
  catch_up(hold);
  LayerPiece& piece = this->piece(filled_);
  hashing_ = true;
  hold.unlock();
  packed_hasher_.update(piece.packed);
  piece.packed.clear();
  hold.lock();
  hashing_ = false;
  crew_.changed_.notify_all();
}

Result<size_t> LayerStream::read(std::span<std::uint8_t> out) {
  if (out.empty()) return 0;
  Hold hold(crew_.mutex_);
  while (taken_ == filled_ && !ended_) {
    // Hashed first: the piece that we had last is still in the processor's cache, and others that have time unpack meanwhile.
    may_hash() ? hash(hold) : may_unpack() ? unpack(hold) : crew_.changed_.wait(hold);
  }
  if (taken_ == filled_) {
    if (error_) return std::unexpected(*error_);
    return 0;
  }
  LayerPiece& piece = this->piece(taken_);
  hold.unlock();  // its bytes stay as they are until we have taken them
  const size_t count = std::min(out.size(), piece.size - piece.at);
  std::memcpy(out.data(), piece.bytes.get() + piece.at, count);
  piece.at += count;
  if (piece.at < piece.size) return count;
  hold.lock();
  ++taken_;
  free_pieces();
  hold.unlock();
  crew_.changed_.notify_all();
  return count;
}

LayerStream::Digests LayerStream::finish() {
  Hold hold(crew_.mutex_);
  hash_rest(hold);
  const Digest unpacked = unpacked_hasher_.finish().sha256;
  return {packed_ ? packed_hasher_.finish().sha256 : unpacked, unpacked};
}

}  // namespace ashlar::inventory
