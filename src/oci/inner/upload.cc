#include "oci/inner/upload.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace ashlar::oci {
namespace {

constexpr std::uint64_t first_chunk = 16 << 20, least_chunk = 64 << 10;
constexpr std::uint64_t worth_another_try = 64 << 10;

/// At most so many bytes of a stream.
class Part final : public Source {
 public:
  Part(std::unique_ptr<Source> from, std::uint64_t size) : from_(std::move(from)), left_(size) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    const size_t most = static_cast<size_t>(std::min<std::uint64_t>(out.size(), left_));
    if (most == 0) return size_t{0};
    TRY_ASSIGN(const size_t count, from_->read(out.first(most)));
    left_ -= count;
    return count;
  }

 private:
  std::unique_ptr<Source> from_;
  std::uint64_t left_;
};

std::string header(const host::HttpResponse& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

class Upload {
 public:
  Upload(Session& session, const Descriptor& blob, const BlobOpener& open, std::string mount_from)
      : session_(session), blob_(blob), open_(open), mount_from_(std::move(mount_from)), what_(fmt::format("push blob '{}'", blob.digest.str())) {}

  Done run() {
    for (int round = 0;;) {
      const std::uint64_t before = offset_;
      TRY_ASSIGN(const Step step, next());
      if (step.done) return {};
      if (!step.trouble) {
        if (offset_ >= before + worth_another_try) round = 0;
        continue;
      }
      if (!session_.wait(round++, step.answer ? &*step.answer : nullptr)) return step.answer ? Done(refusal(what_, *step.answer)) : Done(std::unexpected(*step.error));
      TRY_ASSIGN(const bool there, has_blob(session_, blob_.digest));  // its answer may be all that was cut
      if (there) return {};
      TRY(find_place());
    }
  }

 private:
  struct Step {
    bool done = false, trouble = false;
    std::optional<host::HttpResponse> answer{};
    std::optional<Error> error{};
  };

  Result<Step> next() {
    if (location_.empty()) return begin();
    if (offset_ == blob_.size && offset_ > 0) return send("PUT", 0);  // all is there; only its digest must be said
    if (whole_ && offset_ == 0) return send("PUT", blob_.size);
    return send("PATCH", std::min(chunk_, blob_.size - offset_));
  }

  /// A new upload, or the blob as it lies in another repository.
  Result<Step> begin() {
    host::HttpRequest request;
    request.method = "POST";
    request.url = session_.url("blobs/uploads/");
    if (!mount_from_.empty()) {
      session_.read_also(mount_from_);
      request.url += fmt::format("?mount={}&from={}", blob_.digest.str(), mount_from_);
      mount_from_.clear();
    }
    std::string nothing;
    const std::string asked = request.url;
    auto answer = session_.ask(std::move(request), nothing, 1 << 20);
    if (!answer) return cannot(what_, answer.error());
    if (answer->status == 201) return Step{.done = true};
    if (answer->status != 202) return refusal(what_, *answer);
    offset_ = 0;
    std::uint64_t least = 0;
    const std::string said = header(*answer, "oci-chunk-min-length");
    if (std::from_chars(said.data(), said.data() + said.size(), least).ec == std::errc() && least <= (1U << 30)) chunk_ = std::max(chunk_, least);
    TRY(follow(asked, *answer));
    return Step{};
  }

  Done follow(const std::string& asked, const host::HttpResponse& answer) {
    auto next = session_.resolve(asked, header(answer, "location"));
    if (!next) return cannot(what_, std::move(next).error());
    location_ = std::move(*next);
    return {};
  }

  Result<Step> send(const std::string& method, std::uint64_t size) {
    host::HttpRequest request;
    request.method = method;
    request.url = location_;
    if (method == "PUT") request.url += (location_.find('?') == std::string::npos ? "?" : "&") + std::string("digest=sha256%3A") + blob_.digest.hex();
    request.headers["content-type"] = "application/octet-stream";
    if (method == "PATCH") request.headers["content-range"] = fmt::format("{}-{}", offset_, offset_ + size - 1);
    std::optional<Error> unreadable;
    if (size > 0) {
      request.body = {size, [&]() -> Result<std::unique_ptr<Source>> {
                        auto source = open_(offset_);
                        if (!source) return unreadable = source.error(), std::unexpected(source.error());
                        return std::make_unique<Part>(std::move(*source), size);
                      }};
    }
    std::string nothing;
    const std::string asked = request.url;
    auto answer = session_.ask(std::move(request), nothing, 1 << 20, OnTrouble::Tell);
    if (unreadable) return cannot(what_, *unreadable);
    if (!answer && answer.error().kind != Kind::Unavailable) return cannot(what_, answer.error());
    if (!answer) return Step{.trouble = true, .error = Error{answer.error().kind, fmt::format("cannot {}: {}", what_, answer.error().message), {}}};
    if (method == "PUT" && answer->status == 201) return Step{.done = true};
    if (method == "PATCH" && answer->status == 202) {
      offset_ += size;
      TRY(follow(asked, *answer));
      return Step{};
    }
    if (answer->status == 413 && (whole_ || chunk_ > least_chunk)) {
      chunk_ = std::exchange(whole_, false) ? std::min(first_chunk, blob_.size / 2) : chunk_ / 2;
      chunk_ = std::max(chunk_, least_chunk);
      TRY(find_place());
      return Step{};
    }
    // What came damaged, or to an upload that the registry has forgotten, may come whole the next time.
    const bool again = may_pass(answer->status) || answer->status == 400 || answer->status == 404 || answer->status == 416;
    if (!again) return refusal(what_, *answer);
    if (!may_pass(answer->status)) location_.clear();
    return Step{.trouble = true, .answer = std::move(*answer)};
  }

  /// How far the registry has come, by what it says; where it does not, the upload begins anew.
  Done find_place() {
    const std::string asked = std::exchange(location_, {});
    if (asked.empty()) return {};
    host::HttpRequest request;
    request.url = asked;
    std::string nothing;
    const auto answer = session_.ask(request, nothing, 1 << 20, OnTrouble::Tell);
    if (!answer || answer->status != 204) return {};
    const std::string range = header(*answer, "range");
    std::uint64_t last = 0;
    const size_t dash = range.find('-');
    const bool counted = dash != std::string::npos && std::from_chars(range.data() + dash + 1, range.data() + range.size(), last).ec == std::errc();
    // `0-0` is also what some say of an upload that holds nothing.
    const std::uint64_t there = counted && last > 0 ? last + 1 : 0;
    if (there > blob_.size || (counted && last == 0)) return {};
    offset_ = there;
    return header(*answer, "location").empty() ? (location_ = asked, Done()) : follow(asked, *answer);
  }

  Session& session_;
  const Descriptor& blob_;
  const BlobOpener& open_;
  std::string mount_from_, what_, location_;
  std::uint64_t offset_ = 0, chunk_ = first_chunk;
  bool whole_ = true;
};

}  // namespace

Result<bool> has_blob(Session& session, const Digest& digest) {
  host::HttpRequest request;
  request.method = "HEAD";
  request.url = session.url("blobs/" + digest.str());
  std::string nothing;
  TRY_ASSIGN(const auto answer, session.ask(request, nothing, 0));
  if (answer.status == 404) return false;
  if (answer.status / 100 != 2) return refusal(fmt::format("look for blob '{}'", digest.str()), answer);
  return true;
}

Done upload(Session& session, const Descriptor& blob, const BlobOpener& open, const std::string& mount_from) { return Upload(session, blob, open, mount_from).run(); }

}  // namespace ashlar::oci
