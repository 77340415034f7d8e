#include "oci/inner/blob_stream.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <thread>

#include <fmt/format.h>

namespace ashlar::oci {
namespace {

constexpr size_t most_ahead = 2 << 20;
constexpr std::uint64_t worth_another_try = 64 << 10;  // bytes gained by an attempt that is none of those that failed

/// What one thread writes and another reads.
class Pipe final : public Sink {
 public:
  /// Waits until there is room. An error once nobody reads any more.
  Done write(BytesView bytes) override {
    if (skip_ > 0) {
      const size_t less = static_cast<size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
      skip_ -= less;
      bytes = bytes.subspan(less);
    }
    if (bytes.empty()) return {};
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return ahead_ < most_ahead || abandoned_; });
    if (abandoned_) return fail(Kind::Conflict, "nobody reads it any more");
    pieces_.emplace_back(bytes.begin(), bytes.end());
    ahead_ += bytes.size();
    passed_ += bytes.size();
    changed_.notify_all();
    return {};
  }
  /// What comes next begins at the front again: so much of it is known.
  void skip(std::uint64_t bytes) { skip_ = bytes; }
  std::uint64_t passed() const { return passed_; }  ///< for the writer
  bool abandoned() {
    const std::scoped_lock hold(mutex_);
    return abandoned_;
  }
  void end(Done how) {
    const std::scoped_lock hold(mutex_);
    ended_ = true;
    how_ = std::move(how);
    changed_.notify_all();
  }
  void abandon() {
    const std::scoped_lock hold(mutex_);
    abandoned_ = true;
    changed_.notify_all();
  }
  Result<size_t> read(std::span<std::uint8_t> out) {
    if (out.empty()) return size_t{0};
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return !pieces_.empty() || ended_; });
    if (pieces_.empty()) {
      if (!how_) return std::unexpected(how_.error());
      return size_t{0};
    }
    const BytesView front = BytesView(pieces_.front()).subspan(taken_);
    const size_t count = std::min(front.size(), out.size());
    std::memcpy(out.data(), front.data(), count);
    taken_ += count;
    ahead_ -= count;
    if (taken_ == pieces_.front().size()) {
      pieces_.pop_front();
      taken_ = 0;
    }
    changed_.notify_all();
    return count;
  }

 private:
  std::uint64_t skip_ = 0, passed_ = 0;  // the writer's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Bytes> pieces_;
  size_t taken_ = 0, ahead_ = 0;
  bool abandoned_ = false, ended_ = false;
  Done how_;
};

/// Fetches the blob into the pipe, however many connections it takes.
Done fetch(Session& session, const Digest& digest, Pipe& pipe) {
  const std::string what = fmt::format("fetch blob '{}'", digest.str());
  for (int round = 0;;) {
    const std::uint64_t had = pipe.passed();
    host::HttpRequest request;
    request.url = session.url("blobs/" + digest.str());
    request.resume_from = had;
    const auto begin = [&](const host::HttpResponse& response) -> Done { return pipe.skip(response.status == 206 ? 0 : had), Done(); };
    const auto response = session.send(request, pipe, begin, OnTrouble::Tell);
    if (response && response->status / 100 == 2) return {};
    if (pipe.abandoned()) return {};
    const bool again = response ? may_pass(response->status) : response.error().kind == Kind::Unavailable;
    if (pipe.passed() - had >= worth_another_try) round = 0;
    if (again && session.wait(round++, response ? &*response : nullptr)) continue;
    if (response) return refusal(what, *response);
    return cannot(what, response.error());
  }
}

class BlobStream final : public Source {
 public:
  BlobStream(Session& session, const Digest& digest)
      : thread_([this, &session, digest] { pipe_.end(fetch(session, digest, pipe_)); }) {}
  BlobStream(const BlobStream&) = delete;
  BlobStream& operator=(const BlobStream&) = delete;
  ~BlobStream() override { pipe_.abandon(); }
  Result<size_t> read(std::span<std::uint8_t> out) override { return pipe_.read(out); }

 private:
  Pipe pipe_;
  std::jthread thread_;  // last: it uses the pipe
};

}  // namespace

std::unique_ptr<Source> stream_blob(Session& session, const Digest& digest) { return std::make_unique<BlobStream>(session, digest); }

}  // namespace ashlar::oci
