#include "deb/archive.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/json.h"
#include "base/text.h"
#include "deb/inner/download.h"
#include "trust/openpgp.h"

namespace ashlar::deb {
namespace {

constexpr size_t max_release = 64 << 20, max_index = size_t{1} << 30;

/// The forms of an index file, cheapest to read first... of those that are small to fetch.
constexpr std::array<std::pair<std::string_view, Codec>, 4> forms = {{{".xz", Codec::Xz}, {".zst", Codec::Zstd}, {".gz", Codec::Gzip}, {"", Codec::None}}};

std::string folder_of(const Archive& archive) { return archive.suite.ends_with('/') ? archive.suite : "dists/" + archive.suite + "/"; }
std::string title(const Archive& archive) { return fmt::format("{} {}", archive.name, archive.suite); }
std::string key_of(const Archive& archive) { return Digest::of(archive.name + "\n" + archive.suite).hex(); }

/// Runs jobs on several threads; the error of the first in order that failed.
Done side_by_side(size_t count, int threads, const std::function<Done(size_t)>& job) {
  std::vector<Done> results(count);
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t at = next++; at < count; at = next++) results[at] = job(at);
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

}  // namespace

struct ArchiveReader::State {
  State(host::Machine& on, host::Path cache_folder, host::Path state_folder, FetchOptions how, Progress& told)
      : machine(on), cache(std::move(cache_folder)), state(std::move(state_folder)), options(std::move(how)), progress(told), blobs(*on.files, cache / "packages"), indexes(*on.files, cache / "indexes") {}
  host::Machine& machine;
  host::Path cache, state;
  FetchOptions options;
  Progress& progress;
  host::Blobs blobs, indexes;

  Result<std::string> fetch_release(const Archive& archive);
  Result<Release> check_release(const Archive& archive, const std::string& document);
  Done check_replay(const Archive& archive, const Release& release);
  Done remember(const Archive& archive, const Release& release);
  Result<std::string> packages_text(const Archive& archive, const Release& release, const std::string& component, const std::string& architecture);
  Result<std::vector<Package>> packages_of(const Archive& archive, const Release& release, const std::string& architecture, std::uint32_t place);
};

/// The InRelease file: from a mirror when it is newer than the kept one, else the kept one.
Result<std::string> ArchiveReader::State::fetch_release(const Archive& archive) {
  const std::string what = fmt::format("read archive '{}'", title(archive));
  const host::Path kept = cache / "releases" / key_of(archive), note = cache / "releases" / (key_of(archive) + ".json");
  std::string before, etag, modified;
  if (const auto text = machine.files->read(kept)) before = *text;
  if (options.offline) return before.empty() ? cannot(Kind::Unavailable, what, "it is not in the cache, and nothing may be fetched offline") : Result<std::string>(before);
  if (const auto text = machine.files->read(note); text && !before.empty()) {
    if (const auto json = parse_json(*text, "note"); json && json->is_object()) {
      etag = get_string_or_empty(*json, "etag").value_or("");
      modified = get_string_or_empty(*json, "last-modified").value_or("");
    }
  }
  std::string why = "it has no mirror";
  for (const std::string& mirror : archive.mirrors) {
    host::HttpRequest request = options.access.request(mirror + "/" + folder_of(archive) + "InRelease");
    request.limit = max_release;
    if (!etag.empty()) request.headers["if-none-match"] = etag;
    if (!modified.empty()) request.headers["if-modified-since"] = modified;
    MemorySink sink;
    const auto response = machine.http->get(request, sink);
    if (!response) {
      why = response.error().message;
      continue;
    }
    if (response->status == 304 && !before.empty()) return before;
    if (response->status != 200) {
      why = fmt::format("'{}': the server answers {}", public_url(request.url), response->status);
      continue;
    }
    const auto header = [&](const char* name) { return response->headers.contains(name) ? response->headers.at(name) : std::string(); };
    std::string text(as_text(sink.bytes));
    // Kept at once, but believed only after it was checked, each time it is read.
    TRY(machine.files->write(kept, text));
    TRY(machine.files->write(note, to_compact(Json{{"etag", header("etag")}, {"last-modified", header("last-modified")}})));
    return text;
  }
  return cannot(Kind::Unavailable, what, why);
}

Result<Release> ArchiveReader::State::check_release(const Archive& archive, const std::string& document) {
  const std::string what = fmt::format("trust archive '{}'", title(archive));
  std::vector<std::string> keyrings;
  for (const host::Path& path : archive.keyrings) {
    TRY_ASSIGN(std::string bytes, machine.files->read(path));
    keyrings.push_back(std::move(bytes));
  }
  auto verified = trust::verify_cleartext(document, keyrings, machine.clock->now());
  if (!verified) return cannot(what, std::move(verified).error());
  if (!archive.signers.empty() && std::find(archive.signers.begin(), archive.signers.end(), verified->fingerprint) == archive.signers.end())
    return cannot(Kind::Denied, what, fmt::format("it is signed by key '{}', which was not accepted for it", verified->fingerprint));
  TRY_ASSIGN(Release release, parse_release(verified->content, title(archive)));
  release.digest = Digest::of(document);
  release.signer = verified->fingerprint;
  const Time now = machine.clock->now();
  if (options.check_valid_until && release.valid_until && *release.valid_until < now)
    return cannot(Kind::Denied, what, fmt::format("its Release file was valid until {} only; the mirror is out of date", release.valid_until->str()));
  if (release.date.seconds > now.seconds + 86400) return cannot(Kind::Denied, what, fmt::format("its Release file is dated {}, in the future; is this machine's clock right?", release.date.str()));
  const bool flat = archive.suite.ends_with('/');
  const auto is_suite = [&](const std::string& name) { return name == archive.suite || name + "-security" == archive.suite; };
  if (!flat && !is_suite(release.codename) && !is_suite(release.suite))
    return cannot(Kind::Denied, what, fmt::format("it serves suite '{}' ({}) instead", release.suite, release.codename));
  return release;
}

Done ArchiveReader::State::check_replay(const Archive& archive, const Release& release) {
  const auto text = machine.files->read(state / "releases" / (key_of(archive) + ".json"));
  if (!text) return {};
  const auto json = parse_json(*text, "the newest release seen");
  if (!json || !json->is_object()) return {};
  const auto seen = get_string(*json, "date");
  const auto date = seen ? Time::parse(*seen) : Result<Time>(std::unexpected(seen.error()));
  if (date && release.date < *date)
    return cannot(Kind::Denied, fmt::format("trust archive '{}'", title(archive)), fmt::format("its Release file of {} is older than that of {} seen before: the mirror is stale, or someone replays it", release.date.str(), date->str()));
  return {};
}

Done ArchiveReader::State::remember(const Archive& archive, const Release& release) {
  const host::Path path = state / "releases" / (key_of(archive) + ".json");
  const std::string text = to_compact(Json{{"archive", archive.name}, {"suite", archive.suite}, {"date", release.date.str()}, {"sha256", release.digest.hex()}});
  if (const auto before = machine.files->read(path); before && *before == text) return {};
  return machine.files->write(path, text);
}

/// The text of one Packages file: kept decompressed by the digest that the Release file gives it.
Result<std::string> ArchiveReader::State::packages_text(const Archive& archive, const Release& release, const std::string& component, const std::string& architecture) {
  const bool flat = archive.suite.ends_with('/');
  const std::string path = flat ? "Packages" : fmt::format("{}/binary-{}/Packages", component, architecture);
  const std::string what = fmt::format("read index '{}' of '{}'", path, title(archive));
  const Release::File* const plain = release.find(path);
  const auto read_blob = [&](const Digest& digest) -> Result<std::string> {
    TRY_ASSIGN(auto text, machine.files->read(indexes.path(digest)));
    if (Digest::of(text) != digest) {
      (void)indexes.remove(digest);
      return fail(Kind::Corrupt, "the cache is damaged");
    }
    return text;
  };
  if (plain != nullptr && indexes.has(plain->sha256)) {
    if (auto text = read_blob(plain->sha256)) return text;
  }
  for (const auto& [suffix, codec] : forms) {
    const Release::File* const file = release.find(path + std::string(suffix));
    if (file == nullptr) continue;
    DownloadJob job{{}, what, file->sha256, file->size};
    for (const std::string& mirror : archive.mirrors) {
      const std::string base = mirror + "/" + folder_of(archive);
      const size_t slash = file->path.rfind('/');
      if (release.by_hash) job.urls.push_back(fmt::format("{}{}by-hash/SHA256/{}", base, slash == std::string::npos ? "" : file->path.substr(0, slash + 1), file->sha256.hex()));
      job.urls.push_back(base + file->path);
    }
    if (!indexes.has(file->sha256)) TRY(download(machine, options, cache / "partial", indexes, job));
    if (codec == Codec::None) return read_blob(file->sha256);
    TRY_ASSIGN(auto open, indexes.open(file->sha256));
    const auto stream = decode(codec, host::stream(std::move(open)));
    auto bytes = read_all(*stream, max_index);
    if (!bytes) return cannot(what, std::move(bytes).error());
    if (plain != nullptr && Digest::of(*bytes) != plain->sha256) return cannot(Kind::Corrupt, what, "decompressed, it has other bytes than the Release file says");
    if (plain != nullptr) {
      TRY_ASSIGN(const Digest kept, indexes.put(*bytes));
      if (kept == plain->sha256) TRY(indexes.remove(file->sha256));
    }
    return std::string(as_text(*bytes));
  }
  const bool has_architecture = std::find(release.architectures.begin(), release.architectures.end(), architecture) != release.architectures.end();
  return cannot(Kind::NotFound, what, has_architecture ? fmt::format("it has no component '{}'", component) : fmt::format("it has nothing for architecture '{}'", architecture));
}

Result<std::vector<Package>> ArchiveReader::State::packages_of(const Archive& archive, const Release& release, const std::string& architecture, std::uint32_t place) {
  std::vector<Package> out;
  std::vector<std::string> architectures = {architecture};
  if (release.all_apart) architectures.emplace_back("all");
  const std::vector<std::string> components = archive.components.empty() ? std::vector<std::string>{""} : archive.components;
  for (const std::string& component : components) {
    for (const std::string& each : architectures) {
      const std::string name = fmt::format("{} {}", title(archive), component);
      TRY_ASSIGN(const std::string text, packages_text(archive, release, component, each));
      TRY_ASSIGN(auto packages, parse_packages(text, name, place));
      if (out.empty()) out = std::move(packages);
      else std::move(packages.begin(), packages.end(), std::back_inserter(out));
      if (archive.suite.ends_with('/')) return out;  // flat: one index for all
    }
  }
  return out;
}

ArchiveReader::ArchiveReader(host::Machine& machine, host::Path cache, host::Path state, FetchOptions options, Progress& progress)
    : state_(std::make_unique<State>(machine, std::move(cache), std::move(state), std::move(options), progress)) {}
ArchiveReader::~ArchiveReader() = default;
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;

Result<Index> ArchiveReader::refresh(const std::vector<Archive>& all, const std::string& architecture) {
  State& state = *state_;
  std::vector<Archive> archives;
  for (const Archive& archive : all) {
    if (archive.architectures.empty() || std::find(archive.architectures.begin(), archive.architectures.end(), architecture) != archive.architectures.end()) archives.push_back(archive);
  }
  state.progress.stage(fmt::format("read archives for {}", architecture), archives.size());
  Index index;
  index.archives.resize(archives.size());
  std::vector<std::vector<Package>> packages(archives.size());
  TRY(side_by_side(archives.size(), state.options.parallel, [&](size_t at) -> Done {
    const Archive& archive = archives[at];
    for (int round = 0;; ++round) {
      TRY_ASSIGN(const std::string document, state.fetch_release(archive));
      auto release = state.check_release(archive, document);
      if (!release) {
        (void)state.machine.files->remove(state.cache / "releases" / (key_of(archive) + ".json"));  // ask for the whole file next time
        return std::unexpected(std::move(release).error());
      }
      TRY(state.check_replay(archive, *release));
      auto read = state.packages_of(archive, *release, architecture, static_cast<std::uint32_t>(at));
      if (!read) {
        // A mirror that is being updated serves files of two states for a moment: once more, with a fresh Release file.
        const bool may_be_stale = read.error().kind == Kind::Corrupt || read.error().kind == Kind::NotFound;
        if (round > 0 || !may_be_stale || state.options.offline) return std::unexpected(std::move(read).error());
        (void)state.machine.files->remove(state.cache / "releases" / (key_of(archive) + ".json"));
        continue;
      }
      TRY(state.remember(archive, *release));
      packages[at] = std::move(*read);
      index.archives[at] = {archive, std::move(*release)};
      state.progress.step(title(archive), 1);
      return {};
    }
  }));
  size_t total = 0;
  for (const auto& each : packages) total += each.size();
  index.packages.reserve(total);
  for (auto& each : packages) std::move(each.begin(), each.end(), std::back_inserter(index.packages));
  return index;
}

Done ArchiveReader::fetch(const std::vector<Wanted>& wanted, const std::vector<Archive>& archives) {
  State& state = *state_;
  std::uint64_t total = 0;
  for (const Wanted& each : wanted) total += each.size;
  state.progress.stage("fetch packages", total);
  return side_by_side(wanted.size(), state.options.parallel, [&](size_t at) -> Done {
    const Wanted& each = wanted[at];
    DownloadJob job{{}, fmt::format("fetch package '{}'", each.path), std::nullopt, each.size};
    TRY_ASSIGN(job.expected, Digest::parse_hex(each.sha256));
    if (state.blobs.has(*job.expected)) return {};
    for (const Archive& archive : archives) {
      if (archive.name != each.archive || (!each.suite.empty() && archive.suite != each.suite)) continue;
      for (const std::string& mirror : archive.mirrors) job.urls.push_back(mirror + "/" + each.path);
    }
    auto done = download(state.machine, state.options, state.cache / "partial", state.blobs, job);
    if (!done && done.error().kind == Kind::NotFound)
      return cannot(Kind::NotFound, job.what, fmt::format("it has left archive '{}'; `ashlar lock --update` moves the lock to what is there now", each.archive));
    state.progress.step(each.path.substr(each.path.rfind('/') + 1), each.size);
    return done;
  });
}

Done ArchiveReader::fetch_files(const std::vector<WantedFile>& wanted) {
  State& state = *state_;
  return side_by_side(wanted.size(), state.options.parallel, [&](size_t at) -> Done {
    DownloadJob job{{wanted[at].url}, fmt::format("fetch file '{}'", public_url(wanted[at].url)), std::nullopt, wanted[at].size};
    TRY_ASSIGN(job.expected, Digest::parse_hex(wanted[at].sha256));
    if (state.blobs.has(*job.expected)) return {};
    return download(state.machine, state.options, state.cache / "partial", state.blobs, job);
  });
}

host::Blobs& ArchiveReader::packages() { return state_->blobs; }

}  // namespace ashlar::deb
