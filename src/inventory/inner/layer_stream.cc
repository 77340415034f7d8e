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
}

LayerStream::Step LayerStream::next_step() const {
  if (stopped_) return Step::None;
  if (!unpacking_ && !ended_ && filled_ - std::min(hashed_, taken_) < pieces) return Step::Unpack;  // first: others wait for it
  return !hashing_ && hashed_ < filled_ ? Step::Hash : Step::None;
}

void LayerStream::make(Step step, Hold& hold) { step == Step::Unpack ? unpack(hold) : hash(hold); }

void LayerStream::unpack(Hold& hold) {
  unpacking_ = true;
  Piece& piece = this->piece(filled_);
  hold.unlock();
  if (!piece.bytes) piece.bytes = std::make_unique_for_overwrite<std::uint8_t[]>(piece_size);
  auto count = from_->read({piece.bytes.get(), piece_size});
  hold.lock();
  unpacking_ = false;
  if (count && *count != 0) {
    piece.size = *count;
    piece.at = 0;
    ++filled_;
  } else {
    ended_ = true;
    if (!count) error_ = std::move(count).error();
  }
  crew_.changed_.notify_all();
}

void LayerStream::hash(Hold& hold) {
  hashing_ = true;
  Piece& piece = this->piece(hashed_);
  hold.unlock();
  FileHasher::update_both(unpacked_hasher_, piece.all(), packed_hasher_, piece.packed);
  piece.packed.clear();
  hold.lock();
  hashing_ = false;
  ++hashed_;
  crew_.changed_.notify_all();
}

void LayerStream::catch_up(Hold& hold) {
  while (hashing_ || hashed_ < filled_) hashing_ ? crew_.changed_.wait(hold) : hash(hold);
}

void LayerStream::keep(BytesView packed) {
  Piece& piece = this->piece(filled_);  // which nobody else changes while we unpack
  if (piece.packed.size() + packed.size() > packed_limit) {
    Hold hold(crew_.mutex_);
    hash_rest(hold);
  }
  piece.packed.reserve(packed_limit);
  piece.packed.insert(piece.packed.end(), packed.begin(), packed.end());
}

void LayerStream::hash_rest(Hold& hold) {
  catch_up(hold);
  Piece& piece = this->piece(filled_);
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
    const Step step = next_step();
    step == Step::None ? crew_.changed_.wait(hold) : make(step, hold);
  }
  if (taken_ == filled_) {
    if (error_) return std::unexpected(*error_);
    return 0;
  }
  Piece& piece = this->piece(taken_);
  hold.unlock();  // its bytes stay as they are until we have taken them
  const size_t count = std::min(out.size(), piece.size - piece.at);
  std::memcpy(out.data(), piece.bytes.get() + piece.at, count);
  piece.at += count;
  if (piece.at < piece.size) return count;
  hold.lock();
  ++taken_;
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
