#include "deb/archive.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "deb/inner/download.h"
#include "deb/inner/packages_file.h"
#include "deb/inner/release_keeper.h"

namespace ashlar::deb {
namespace {

/// Runs jobs on several threads. No further one begins after a failure, unless `go_on`; the error is that of the first in order that failed.
Done side_by_side(size_t count, int threads, const std::function<Done(size_t)>& job) {
  std::vector<Done> results(count);
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    for (size_t at = next++; at < count && !failed; at = next++) {
      results[at] = job(at);
      if (!results[at]) failed = true;
    }
  };
  std::vector<std::thread> crew;
  for (size_t at = 1; at < std::min<size_t>(count, static_cast<size_t>(std::max(threads, 1))); ++at) crew.emplace_back(work);
  work();
  for (std::thread& thread : crew) thread.join();
  for (Done& result : results) {
    if (!result) return std::unexpected(std::move(result).error());
  }
  return {};
}

bool wants(const Archive& archive, const std::string& architecture) {
  return archive.architectures.empty() || std::find(archive.architectures.begin(), archive.architectures.end(), architecture) != archive.architectures.end();
}

/// Where a package may lie: every mirror of its archive, those of its suite first.
std::vector<std::string> addresses(const ArchiveReader::Wanted& wanted, const std::vector<Archive>& archives) {
  std::vector<std::string> out;
  for (const bool same_suite : {true, false}) {
    for (const Archive& archive : archives) {
      if (archive.name != wanted.archive || (archive.suite == wanted.suite) != same_suite) continue;
      for (const std::string& mirror : archive.mirrors) {
        std::string url = mirror + "/" + wanted.path;
        if (std::find(out.begin(), out.end(), url) == out.end()) out.push_back(std::move(url));
      }
    }
  }
  return out;
}

std::string file_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

}  // namespace

struct ArchiveReader::State {
  State(host::Machine& on, const host::Path& cache, const host::Path& state, FetchOptions how, Progress& told)
      : machine(on), partial(cache / "partial"), options(std::move(how)), progress(told), blobs(*on.files, cache / "packages"),
        releases(on, cache / "releases", state / "releases", options, told), indexes(on, cache, options) {}
  host::Machine& machine;
  host::Path partial;
  FetchOptions options;
  Progress& progress;
  host::Blobs blobs;
  ReleaseKeeper releases;
  PackagesFiles indexes;

  struct One {
    Release release;
    IndexPart part;
  };
  Result<One> read_one(const Archive& archive, const std::string& architecture, std::uint32_t place);
  Result<One> read_from(const Archive& archive, const std::string& mirror, const std::string& architecture, std::uint32_t place);
  Done get(const DownloadJob& job);
};

/// One archive from one mirror. A mirror that is being updated serves files of two states for a moment: then once more, with a fresh Release file.
Result<ArchiveReader::State::One> ArchiveReader::State::read_from(const Archive& archive, const std::string& mirror, const std::string& architecture,
                                                                  std::uint32_t place) {
  for (bool again = false;; again = true) {
    TRY_ASSIGN(auto checked, releases.from_mirror(archive, mirror, again));
    auto part = indexes.read(archive, checked.release, mirror, architecture, place);
    if (part) {
      TRY(releases.accept(archive, checked));
      return One{std::move(checked.release), std::move(*part)};
    }
    const bool may_be_stale = part.error().kind == Kind::Corrupt || part.error().kind == Kind::NotFound;
    if (again || !may_be_stale) return std::unexpected(std::move(part).error());
  }
}

Result<ArchiveReader::State::One> ArchiveReader::State::read_one(const Archive& archive, const std::string& architecture, std::uint32_t place) {
  if (options.offline) {
    TRY_ASSIGN(auto checked, releases.from_cache(archive));
    TRY_ASSIGN(auto part, indexes.read(archive, checked.release, {}, architecture, place));
    return One{std::move(checked.release), std::move(part)};
  }
  std::optional<Error> worst;
  for (const std::string& mirror : archive.mirrors) {
    auto one = read_from(archive, mirror, architecture, place);
    if (one) return one;
    // Of several mirrors' errors, one that speaks of forged or damaged data says more than one of a mirror that is away.
    const auto weight = [](const Error& error) { return error.kind == Kind::Denied ? 3 : error.kind == Kind::Corrupt ? 2 : error.kind == Kind::NotFound ? 1 : 0; };
    if (!worst || weight(one.error()) > weight(*worst)) worst = std::move(one).error();
  }
  if (!worst) return cannot(Kind::NotFound, fmt::format("read archive '{}'", title(archive)), "no mirror of it is configured");
  return std::unexpected(std::move(*worst));
}

/// Sees that one file is in the cache of packages.
Done ArchiveReader::State::get(const DownloadJob& job) {
  if (!blobs.has(*job.expected)) return download(machine, options, partial, blobs, job);
  (void)machine.files->touch(blobs.path(*job.expected));  // in use; where that fails, it is only pruned earlier
  return {};
}

ArchiveReader::ArchiveReader(host::Machine& machine, host::Path cache, host::Path state, FetchOptions options, Progress& progress)
    : state_(std::make_unique<State>(machine, cache, state, std::move(options), progress)) {}
ArchiveReader::~ArchiveReader() = default;
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;

Result<Index> ArchiveReader::refresh(const std::vector<Archive>& all, const std::string& architecture) {
  State& state = *state_;
  std::vector<Archive> archives;
  std::copy_if(all.begin(), all.end(), std::back_inserter(archives), [&](const Archive& each) { return wants(each, architecture); });
  state.progress.stage(fmt::format("read archives for {}", architecture), archives.size());
  Index index;
  index.archives.resize(archives.size());
  std::vector<IndexPart> parts(archives.size());
  TRY(side_by_side(archives.size(), state.options.parallel, [&](size_t at) -> Done {
    TRY_ASSIGN(auto one, state.read_one(archives[at], architecture, static_cast<std::uint32_t>(at)));
    index.archives[at] = {archives[at], std::move(one.release)};
    parts[at] = std::move(one.part);
    state.progress.step(title(archives[at]), 1);
    return {};
  }));
  IndexPart whole;
  for (IndexPart& part : parts) {
    if (whole.packages.empty()) whole = std::move(part);
    else append(whole, std::move(part));
  }
  index.packages = std::move(whole.packages);
  index.texts = std::move(whole.texts);
  return index;
}

Done ArchiveReader::fetch(const std::vector<Wanted>& wanted, const std::vector<Archive>& archives) {
  State& state = *state_;
  std::uint64_t total = 0;
  for (const Wanted& each : wanted) total += each.size;
  state.progress.stage("fetch packages", total);
  std::mutex mutex;
  std::vector<std::string> left;
  TRY(side_by_side(wanted.size(), state.options.parallel, [&](size_t at) -> Done {
    const Wanted& each = wanted[at];
    DownloadJob job{addresses(each, archives), fmt::format("fetch package '{}'", file_name(each.path)), std::nullopt, each.size};
    TRY_ASSIGN(job.expected, Digest::parse_hex(each.sha256));
    const auto done = state.get(job);
    if (!done && done.error().kind == Kind::NotFound && !job.urls.empty()) {
      const std::lock_guard hold(mutex);
      left.push_back(fmt::format("'{}' has left archive '{}'", file_name(each.path), each.archive));
      return {};  // all that have left are named at once
    }
    state.progress.step(file_name(each.path), each.size);
    return done;
  }));
  if (left.empty()) return {};
  std::sort(left.begin(), left.end());
  const size_t shown = std::min<size_t>(left.size(), 5);
  const std::string more = left.size() > shown ? fmt::format(" and {} more", left.size() - shown) : "";
  return cannot(Kind::NotFound, "fetch packages", fmt::format("{}{}; `ashlar lock --update` moves the lock to what is there now",
                                                              fmt::join(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(shown), ", "), more));
}

Done ArchiveReader::fetch_files(const std::vector<WantedFile>& wanted) {
  State& state = *state_;
  std::uint64_t total = 0;
  for (const WantedFile& each : wanted) total += each.size;
  state.progress.stage("fetch files", total);
  return side_by_side(wanted.size(), state.options.parallel, [&](size_t at) -> Done {
    DownloadJob job{{wanted[at].url}, fmt::format("fetch file '{}'", public_url(wanted[at].url)), std::nullopt, wanted[at].size};
    TRY_ASSIGN(job.expected, Digest::parse_hex(wanted[at].sha256));
    TRY(state.get(job));
    state.progress.step(file_name(wanted[at].url), wanted[at].size);
    return {};
  });
}

host::Blobs& ArchiveReader::packages() { return state_->blobs; }

}  // namespace ashlar::deb
