#pragma once
// A layer on its way from its blob to whoever reads its members: unpacked and hashed by whichever thread has time.
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/file_hasher.h"
#include "oci/layout.h"

namespace ashlar::inventory {

/// Some bytes of a layer.
struct LayerPiece {
  std::unique_ptr<std::uint8_t[]> bytes;
  size_t size = 0, at = 0;  ///< `at`: the reader's
  Bytes packed{};           ///< what was read of the blob meanwhile

  BytesView all() const { return {bytes.get(), size}; }
};

class LayerStream;

/// The threads that read the layers of an image beside each other. Unpacking a piece of a layer is a step, hashing it another; a thread that waits for a
/// piece makes the steps of its own layer, and one that has no layer any more those of all.
class Crew {
 public:
  /// Of so many layers.
  explicit Crew(size_t layers) : left_(layers) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  /// One of the layers is read, or never will be.
  void leave();
  /// Makes steps until all layers have been left.
  void help();

 private:
  friend class LayerStream;
  std::mutex mutex_;  ///< of what is in here and in every stream but bytes and hashers
  std::condition_variable changed_;
  std::vector<LayerStream*> streams_;  ///< those that were opened first come first
  std::vector<std::unique_ptr<LayerPiece>> spare_;  ///< the last to be used comes first: its memory is at hand
  size_t left_;
};

/// The unpacked bytes of one layer, read by one thread. At most `pieces` of them wait, packed and unpacked, for their reader and for being hashed.
class LayerStream final : public Source {
 public:
  /// `blob` holds the layer as it is packed. The crew must outlive the stream.
  LayerStream(Crew& crew, const oci::Descriptor& layer, std::unique_ptr<Source> blob);
  LayerStream(const LayerStream&) = delete;
  LayerStream& operator=(const LayerStream&) = delete;
  ~LayerStream() override;
  /// An error comes after the bytes before it.
  Result<size_t> read(std::span<std::uint8_t> out) override;

  struct Digests { Digest packed, unpacked; };
  /// Of all bytes, once the end has been read.
  Digests finish();

  static constexpr size_t pieces = 4;
  static constexpr size_t piece_size = size_t{1} << 20;  ///< room for a whole member of gzip, which is then decoded in its place
  static constexpr size_t packed_limit = piece_size + (size_t{256} << 10);  ///< packed bytes of one piece that wait: those of more are hashed at once

 private:
  friend class Crew;
  class Blob;
  enum class Step : unsigned char { None, Unpack, Hash };
  using Hold = std::unique_lock<std::mutex>;

  LayerPiece& piece(size_t number) { return *ring_[number % pieces]; }
  /// Gives back pieces that nobody needs any more.
  void free_pieces();
  bool may_unpack() const { return !unpacking_ && !ended_ && filled_ - freed_ < pieces; }
  bool may_hash() const { return !hashing_ && hashed_ < filled_; }
  /// What nobody does and can be done, for who helps: first what others wait for.
  Step next_step() const;
  /// Does it, with the lock given back meanwhile.
  void make(Step step, Hold& hold);
  void unpack(Hold& hold);
  void hash(Hold& hold);
  /// Hashes all pieces that are there.
  void catch_up(Hold& hold);
  /// Puts packed bytes aside for being hashed; only while unpacking.
  void keep(BytesView packed);
  /// Hashes the packed bytes that belong to no piece yet, behind those of all pieces.
  void hash_rest(Hold& hold);

  Crew& crew_;
  const bool packed_;             ///< else packed and unpacked bytes are the same
  std::unique_ptr<Source> from_;  ///< of whoever unpacks
  std::array<std::unique_ptr<LayerPiece>, pieces> ring_;
  size_t filled_ = 0, hashed_ = 0, taken_ = 0, freed_ = 0;  ///< pieces, since the beginning
  bool unpacking_ = false, hashing_ = false;    ///< somebody does
  bool ended_ = false, stopped_ = false;
  std::optional<Error> error_;
  FileHasher packed_hasher_{{}}, unpacked_hasher_{{}};  ///< of whoever hashes
};

}  // namespace ashlar::inventory
