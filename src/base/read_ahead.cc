#include "base/read_ahead.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

namespace ashlar {
namespace {

constexpr size_t piece_size = size_t{1} << 20;  // room for a whole member of gzip, which is then decoded in its place
constexpr size_t pieces = 2;

class ReadAhead final : public Source {
 public:
  explicit ReadAhead(std::unique_ptr<Source> from) : from_(std::move(from)), thread_([this] { run(); }) {}
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() override {
    {
      const std::scoped_lock hold(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Result<size_t> read(std::span<std::uint8_t> out) override {
    if (out.empty()) return 0;
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return taken_ < filled_ || ended_; });
    if (taken_ == filled_) {
      if (error_) return std::unexpected(*error_);
      return 0;
    }
    Piece& piece = ring_[taken_ % pieces];
    hold.unlock();  // a filled piece is the reader's alone
    const size_t count = std::min(out.size(), piece.size - piece.at);
    std::memcpy(out.data(), piece.bytes.get() + piece.at, count);
    piece.at += count;
    if (piece.at < piece.size) return count;
    hold.lock();
    ++taken_;
    hold.unlock();
    changed_.notify_all();
    return count;
  }

 private:
  struct Piece {
    std::unique_ptr<std::uint8_t[]> bytes = std::make_unique_for_overwrite<std::uint8_t[]>(piece_size);
    size_t size = 0, at = 0;
  };

  void run() {
    for (;;) {
      std::unique_lock hold(mutex_);
      changed_.wait(hold, [&] { return filled_ - taken_ < pieces || stopped_; });
      if (stopped_) return;
      Piece& piece = ring_[filled_ % pieces];
      hold.unlock();  // an empty piece is the thread's alone
      auto count = from_->read({piece.bytes.get(), piece_size});
      hold.lock();
      if (count && *count != 0) {
        piece.size = *count;
        piece.at = 0;
        ++filled_;
      } else {
        ended_ = true;
        if (!count) error_ = std::move(count).error();
      }
      const bool last = ended_;
      hold.unlock();
      changed_.notify_all();
      if (last) return;
    }
  }

  std::unique_ptr<Source> from_;
  std::array<Piece, pieces> ring_;
  size_t filled_ = 0, taken_ = 0;  ///< pieces, since the beginning
  bool ended_ = false, stopped_ = false;
  std::optional<Error> error_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Source> read_ahead(std::unique_ptr<Source> from) { return std::make_unique<ReadAhead>(std::move(from)); }

}  // namespace ashlar
