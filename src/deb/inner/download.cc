#include "deb/inner/download.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace ashlar::deb {
namespace {

/// Bytes of one attempt, hashed as they come.
class Receiver final : public Sink {
 public:
  Receiver(host::Draft& draft, Hasher& hasher) : draft_(draft), hasher_(hasher) {}
  Done write(BytesView bytes) override {
    hasher_.update(bytes);
    size_ += bytes.size();
    return draft_.write(bytes);
  }
  std::uint64_t size() const { return size_; }

 private:
  host::Draft& draft_;
  Hasher& hasher_;
  std::uint64_t size_ = 0;
};

enum class End { Done, Gone, Wrong, Again };

struct Attempt {
  End end;
  std::string why;
};

/// What an earlier, cut attempt left goes into the draft first; the server is asked for the rest alone.
Result<std::uint64_t> take_partial(host::Machine& machine, const host::Path& partial, Receiver& to, const DownloadJob& job) {
  if (!job.expected || !machine.files->exists(partial)) return std::uint64_t{0};
  TRY_ASSIGN(auto file, machine.files->open(partial));
  if (file->size() == 0 || (job.size != 0 && file->size() >= job.size)) return std::uint64_t{0};
  const auto source = host::stream(std::move(file));
  return copy(*source, to);
}

/// Keeps what came of a cut transfer.
void keep_partial(host::Machine& machine, const host::Path& partial, host::Draft& draft, const DownloadJob& job) {
  if (job.expected) (void)draft.commit(partial);
  else (void)machine;
}

Result<Attempt> attempt(host::Machine& machine, const FetchOptions& options, const host::Path& partial, host::Blobs& blobs, const DownloadJob& job, const std::string& url) {
  TRY_ASSIGN(auto draft, blobs.draft());
  Hasher hasher;
  auto receiver = std::make_unique<Receiver>(*draft, hasher);
  TRY_ASSIGN(const std::uint64_t had, take_partial(machine, partial, *receiver, job));
  host::HttpRequest request = options.access.request(url);
  request.resume_from = had;
  if (job.size != 0) request.limit = job.size;
  // A server that sends the whole file all the same: what we had is thrown away.
  class Relay final : public Sink {
   public:
    Sink* to = nullptr;
    Done write(BytesView bytes) override { return to->write(bytes); }
  } relay;
  relay.to = receiver.get();
  std::unique_ptr<host::Draft> fresh;
  std::unique_ptr<Receiver> fresh_receiver;
  const auto begin = [&](const host::HttpResponse& response) -> Done {
    if (had == 0 || response.status == 206) return {};
    TRY_ASSIGN(fresh, blobs.draft());
    hasher = Hasher();
    fresh_receiver = std::make_unique<Receiver>(*fresh, hasher);
    relay.to = fresh_receiver.get();
    return {};
  };
  const auto response = machine.http->get(request, relay, begin);
  host::Draft& whole = fresh ? *fresh : *draft;
  const std::uint64_t size = fresh ? fresh_receiver->size() : receiver->size();
  if (!response) {
    if (response.error().kind == Kind::NotFound) return Attempt{End::Gone, response.error().message};
    if (response.error().kind == Kind::Corrupt) return Attempt{End::Wrong, response.error().message};
    if (size > 0) keep_partial(machine, partial, whole, job);
    return Attempt{End::Again, response.error().message};
  }
  if (response->status == 404 || response->status == 410) return Attempt{End::Gone, "the server does not have it"};
  if (response->status == 416) {
    (void)machine.files->remove(partial);
    return Attempt{End::Again, "the server refuses to resume"};
  }
  if (response->status / 100 != 2) return Attempt{response->status / 100 == 5 || response->status == 429 ? End::Again : End::Wrong, fmt::format("the server answers {}", response->status)};
  const Digest digest = hasher.finish();
  (void)machine.files->remove(partial);
  if (job.size != 0 && size != job.size) return Attempt{End::Wrong, fmt::format("{} bytes came instead of {}", size, job.size)};
  if (job.expected && digest != *job.expected) return Attempt{End::Wrong, fmt::format("its bytes have digest '{}' instead of '{}'", digest.str(), job.expected->str())};
  TRY(blobs.commit_as(whole, digest));
  return Attempt{End::Done, {}};
}

}  // namespace

Done download(host::Machine& machine, const FetchOptions& options, const host::Path& folder, host::Blobs& blobs, const DownloadJob& job) {
  const host::Path partial = folder / (job.expected ? job.expected->hex() : Digest::of(job.urls.empty() ? std::string() : job.urls.front()).hex());
  if (options.offline) return cannot(Kind::Unavailable, job.what, "it is not in the cache, and nothing may be fetched offline");
  if (job.urls.empty()) return cannot(Kind::NotFound, job.what, "its archive is not configured on this machine");
  TRY_ASSIGN(const auto hold, machine.files->lock(host::Path(partial.string() + ".lock")));
  if (job.expected && blobs.has(*job.expected)) return {};  // another process was there first
  bool gone = true, wrong = false;
  std::string why;
  for (const std::string& url : job.urls) {
    for (int round = 0; round < options.attempts; ++round) {
      if (round > 0) std::this_thread::sleep_for(std::chrono::milliseconds(options.first_pause_ms << (round - 1)));
      TRY_ASSIGN(const Attempt result, attempt(machine, options, partial, blobs, job, url));
      if (result.end == End::Done) {
        (void)machine.files->remove(host::Path(partial.string() + ".lock"));
        return {};
      }
      why = fmt::format("'{}': {}", public_url(url), result.why);
      gone = gone && result.end == End::Gone;
      wrong = result.end == End::Wrong;
      if (result.end != End::Again) break;
    }
  }
  return cannot(gone ? Kind::NotFound : wrong ? Kind::Corrupt : Kind::Unavailable, job.what, why);
}

}  // namespace ashlar::deb
