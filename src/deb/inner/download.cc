#include "deb/inner/download.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace ashlar::deb {
namespace {

void pause_before(int round, const FetchOptions& options) {
  if (round > 0) std::this_thread::sleep_for(std::chrono::milliseconds(static_cast<std::int64_t>(options.first_pause_ms) << std::min(round - 1, 6)));
}

/// Whether asking again may help (RFC 9110 section 15, RFC 6585 section 4).
bool passes(int status) { return status / 100 == 5 || status == 408 || status == 429; }

/// The bytes of a file under way: hashed as they come, and written to a draft. Tells its own faults (a full disk) from those of the network.
class Receiver final : public Sink {
 public:
  Receiver(host::Blobs& blobs, std::unique_ptr<host::Draft> draft) : blobs_(blobs), draft_(std::move(draft)) {}

  Done write(BytesView bytes) override {
    hasher_.update(bytes);
    size_ += bytes.size();
    return keep(draft_->write(bytes));
  }
  /// A server that sends the whole file although it was asked for the rest: what was there is thrown away.
  Done restart() {
    auto draft = blobs_.draft();
    if (!draft) return keep(std::unexpected(draft.error()));
    draft_ = std::move(*draft);
    hasher_ = Hasher();
    size_ = 0;
    return {};
  }
  std::uint64_t size() const { return size_; }
  Digest digest() { return hasher_.finish(); }
  host::Draft& draft() { return *draft_; }
  const std::optional<Error>& fault() const { return fault_; }

 private:
  Done keep(Done done) {
    if (!done) fault_ = done.error();
    return done;
  }

  host::Blobs& blobs_;
  std::unique_ptr<host::Draft> draft_;
  Hasher hasher_;
  std::uint64_t size_ = 0;
  std::optional<Error> fault_;
};

enum class End { Done, Gone, Wrong, Again, Refused };

struct Attempt {
  End end;
  std::string why;
};

/// One file that is being fetched.
class Download {
 public:
  Download(host::Machine& machine, const FetchOptions& options, host::Path partial, host::Blobs& blobs, const DownloadJob& job)
      : machine_(machine), options_(options), partial_(std::move(partial)), blobs_(blobs), job_(job) {}

  /// One request to one address. An Error is a fault of this machine; nothing else is worth trying then.
  Result<Attempt> attempt(const std::string& url) {
    TRY_ASSIGN(auto draft, blobs_.draft());
    Receiver receiver(blobs_, std::move(draft));
    TRY(take_partial(receiver));
    const std::uint64_t had = receiver.size();
    host::HttpRequest request = options_.access.request(url);
    request.resume_from = had;
    if (job_.size != 0) request.limit = job_.size;
    const auto begin = [&](const host::HttpResponse& response) -> Done { return had == 0 || response.status == 206 ? Done() : receiver.restart(); };
    const auto response = machine_.http->send(request, receiver, begin);
    if (receiver.fault()) return cannot(job_.what, *receiver.fault());
    if (!response) return after_error(receiver, response.error());
    return judge(receiver, *response, had);
  }

 private:
  /// What a cut attempt left goes into the draft first; the server is asked for the rest alone.
  Done take_partial(Receiver& to) {
    if (!machine_.files->exists(partial_)) return {};
    TRY_ASSIGN(auto file, machine_.files->open(partial_));
    if (job_.size != 0 && file->size() >= job_.size) return {};
    const auto source = host::stream(std::move(file));
    const auto copied = copy(*source, to);
    return copied ? Done() : std::unexpected(copied.error());
  }

  Result<Attempt> after_error(Receiver& receiver, const Error& error) {
    if (error.kind == Kind::NotFound) return Attempt{End::Gone, error.message};
    if (error.kind == Kind::Corrupt) {
      TRY(machine_.files->remove(partial_));
      return Attempt{End::Wrong, error.message};
    }
    if (receiver.size() > 0) {
      TRY(machine_.files->make_folders(partial_.parent_path()));
      TRY(receiver.draft().commit(partial_));
    }
    return Attempt{End::Again, error.message};
  }

  Result<Attempt> judge(Receiver& receiver, const host::HttpResponse& response, std::uint64_t had) {
    if (response.status == 404 || response.status == 410) return Attempt{End::Gone, words_of_status(response.status)};
    if (response.status == 416 && had > 0) {
      TRY(machine_.files->remove(partial_));
      return Attempt{End::Again, "the server refuses to resume"};
    }
    if (response.status / 100 != 2) return Attempt{passes(response.status) ? End::Again : End::Refused, words_of_status(response.status)};
    const Digest digest = receiver.digest();
    TRY(machine_.files->remove(partial_));
    // After a resumed transfer the fault may lie in what was kept: once more, from the start.
    const End wrong = had > 0 && response.status == 206 ? End::Again : End::Wrong;
    if (job_.size != 0 && receiver.size() != job_.size) return Attempt{wrong, fmt::format("{} bytes came instead of {}", receiver.size(), job_.size)};
    if (digest != *job_.expected) return Attempt{wrong, fmt::format("its bytes have digest '{}' instead of '{}'", digest.str(), job_.expected->str())};
    TRY(blobs_.commit_as(receiver.draft(), digest));
    return Attempt{End::Done, {}};
  }

  host::Machine& machine_;
  const FetchOptions& options_;
  host::Path partial_;
  host::Blobs& blobs_;
  const DownloadJob& job_;
};

}  // namespace

std::string words_of_status(int status) {
  if (status == 404 || status == 410) return "the server does not have it";
  if (status == 401 || status == 403) return fmt::format("the server refuses it ({}); a login for it goes into apt's auth.conf", status);
  if (status == 304) return "the server answers 304 (not modified), and was not asked whether anything was: it is misconfigured, or a proxy before it answers for it";
  if (status == 407) return "the proxy wants a login (407)";
  return fmt::format("the server answers {}", status);
}

Result<host::HttpResponse> ask(host::Machine& machine, const FetchOptions& options, const host::HttpRequest& request, std::string& body) {
  for (int round = 0;; ++round) {
    pause_before(round, options);
    MemorySink sink;
    auto response = machine.http->send(request, sink);
    const bool again = response ? passes(response->status) : response.error().kind == Kind::Unavailable;
    if (again && round + 1 < options.attempts) continue;
    body.assign(as_text(sink.bytes));
    return response;
  }
}

Done download(host::Machine& machine, const FetchOptions& options, const host::Path& folder, host::Blobs& blobs, const DownloadJob& job) {
  if (options.offline) return cannot(Kind::Unavailable, job.what, "it is not in the cache, and nothing may be fetched offline");
  if (job.urls.empty()) return cannot(Kind::NotFound, job.what, "its archive is not among those of this machine's configuration");
  const std::string hex = job.expected->hex();
  // One of 256 locks, so that they need no cleaning up: who removes a lock's file lets a third in beside the second.
  TRY_ASSIGN(const auto hold, machine.files->lock(folder / (hex.substr(0, 2) + ".lock")));
  if (blobs.has(*job.expected)) return {};  // another process was there first
  Download one(machine, options, folder / hex, blobs, job);
  bool gone = true, wrong = false;
  std::string why;
  for (const std::string& url : job.urls) {
    for (int round = 0; round < options.attempts; ++round) {
      pause_before(round, options);
      TRY_ASSIGN(const Attempt result, one.attempt(url));
      if (result.end == End::Done) return {};
      gone = gone && result.end == End::Gone;
      if (result.end != End::Gone || why.empty()) why = fmt::format("'{}': {}", public_url(url), result.why);
      if (result.end == End::Wrong) wrong = true;
      if (result.end != End::Again) break;
    }
  }
  return cannot(gone ? Kind::NotFound : wrong ? Kind::Corrupt : Kind::Unavailable, job.what, why);
}

}  // namespace ashlar::deb
