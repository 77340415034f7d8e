#include "deb/inner/release_keeper.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"
#include "deb/inner/download.h"
#include "trust/openpgp.h"

namespace ashlar::deb {
namespace {

constexpr std::uint64_t max_release = 64 << 20;
constexpr std::int64_t clock_slack = 86400;  ///< seconds that a mirror's clock may be ahead of ours

/// Names files of one suite, whatever characters its names have.
std::string key_of(const Archive& archive) { return Digest::of(archive.name + "\n" + archive.suite).hex(); }

struct Note {
  std::string url, etag, modified;
};
Note read_note(host::Files& files, const host::Path& path) {
  const auto text = files.read(path);
  if (!text) return {};
  const auto json = parse_json(*text, path.string());
  if (!json || !json->is_object()) return {};
  return {get_string_or_empty(*json, "url").value_or(""), get_string_or_empty(*json, "etag").value_or(""), get_string_or_empty(*json, "last-modified").value_or("")};
}

std::string header(const host::HttpResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

}  // namespace

std::string title(const Archive& archive) { return fmt::format("{} {}", archive.name, archive.suite); }

std::string folder_of(const Archive& archive) {
  if (!is_flat(archive)) return "dists/" + archive.suite + "/";
  return archive.suite == "/" ? std::string() : archive.suite;
}

Result<ReleaseKeeper::Checked> ReleaseKeeper::check(const Archive& archive, std::string document, bool must_be_valid) const {
  const std::string what = fmt::format("trust archive '{}'", title(archive));
  const Time now = machine_.clock->now();
  std::vector<std::string> keyrings;
  for (const host::Path& path : archive.keyrings) {
    TRY_ASSIGN(std::string bytes, machine_.files->read(path));
    keyrings.push_back(std::move(bytes));
  }
  auto verified = trust::verify_cleartext(document, keyrings, now);
  if (!verified) return cannot(what, std::move(verified).error());
  if (!archive.signers.empty() && std::find(archive.signers.begin(), archive.signers.end(), verified->fingerprint) == archive.signers.end())
    return cannot(Kind::Denied, what, fmt::format("it is signed by key '{}', which was not accepted for it", verified->fingerprint));
  Checked out;
  TRY_ASSIGN(out.release, parse_release(verified->content, title(archive)));
  out.release.digest = Digest::of(document);
  out.release.signer = verified->fingerprint;
  out.document = std::move(document);
  const Release& release = out.release;
  if (release.date.seconds > now.seconds + clock_slack)
    return cannot(Kind::Denied, what, fmt::format("its Release file is dated {}, in the future; is this machine's clock right?", release.date.str()));
  const bool says_none = release.suite.empty() && release.codename.empty();
  if (!is_flat(archive) && !says_none && release.codename != archive.suite && release.suite != archive.suite)
    return cannot(Kind::Denied, what, fmt::format("the mirror serves suite '{}' ({}) in its place", release.suite, release.codename));
  if (options_.check_valid_until && release.valid_until && *release.valid_until < now) {
    const std::string until = fmt::format("its Release file was valid until {} only", release.valid_until->str());
    if (must_be_valid) return cannot(Kind::Denied, what, until + ": the mirror is stale, or someone holds updates back");
    progress_.note(fmt::format("archive '{}': {}", title(archive), until));
  }
  TRY(check_replay(archive, release));
  return out;
}

Done ReleaseKeeper::check_replay(const Archive& archive, const Release& release) const {
  const host::Path path = state_ / (key_of(archive) + ".json");
  if (!machine_.files->exists(path)) return {};
  TRY_ASSIGN(const std::string text, machine_.files->read(path));
  const std::string what = fmt::format("trust archive '{}'", title(archive));
  const auto damaged = [&](const Error& error) { return cannot(Kind::Corrupt, what, fmt::format("'{}', which says the newest Release file seen, is damaged: {}", path.string(), error.message)); };
  const auto json = parse_json(text, path.string());
  if (!json) return damaged(json.error());
  if (!json->is_object()) return damaged({Kind::Corrupt, "it holds no object", {}});
  const auto written = get_string(*json, "date");
  if (!written) return damaged(written.error());
  const auto date = Time::parse(*written);
  if (!date) return damaged(date.error());
  if (release.date < *date)
    return cannot(Kind::Denied, what,
                  fmt::format("its Release file of {} is older than the one of {} seen before: the mirror lags, or someone replays it (where it is on purpose, remove '{}')",
                              release.date.str(), date->str(), path.string()));
  return {};
}

Result<ReleaseKeeper::Checked> ReleaseKeeper::from_cache(const Archive& archive) {
  const host::Path kept = cache_ / key_of(archive);
  if (!machine_.files->exists(kept))
    return cannot(Kind::Unavailable, fmt::format("read archive '{}'", title(archive)), "it is not in the cache, and nothing may be fetched offline");
  TRY_ASSIGN(std::string document, machine_.files->read(kept));
  TRY_ASSIGN(Checked out, check(archive, std::move(document), false));
  out.known = true;
  return out;
}

Result<ReleaseKeeper::Checked> ReleaseKeeper::from_mirror(const Archive& archive, const std::string& mirror, bool anew) {
  const std::string key = key_of(archive), what = fmt::format("read archive '{}'", title(archive)), url = mirror + "/" + folder_of(archive) + "InRelease";
  if (!anew) {
    const std::lock_guard hold(mutex_);
    const auto found = accepted_.find(key + "\n" + url);
    if (found != accepted_.end()) return found->second;
  }
  host::HttpRequest request = options_.access.request(url);
  request.limit = max_release;
  const Note note = anew ? Note{} : read_note(*machine_.files, cache_ / (key + ".json"));
  std::string before;
  if (note.url == public_url(url) && (!note.etag.empty() || !note.modified.empty())) before = machine_.files->read(cache_ / key).value_or("");
  if (!before.empty() && !note.etag.empty()) request.headers["if-none-match"] = note.etag;
  if (!before.empty() && !note.modified.empty()) request.headers["if-modified-since"] = note.modified;
  std::string text;
  auto response = ask(machine_, options_, request, text);
  if (!response) return cannot(what, std::move(response).error());
  if (response->status == 304 && !before.empty()) {
    auto out = check(archive, std::move(before), true);
    if (!out) return from_mirror(archive, mirror, true);  // the kept one may be damaged: what the mirror has decides
    out->known = true;
    out->url = url;
    return out;
  }
  if (response->status != 200)
    return cannot(response->status == 404 ? Kind::NotFound : Kind::Unavailable, what, fmt::format("'{}': {}", public_url(url), words_of_status(response->status)));
  TRY_ASSIGN(Checked out, check(archive, std::move(text), true));
  out.url = url;
  out.etag = header(*response, "etag");
  out.modified = header(*response, "last-modified");
  return out;
}

Done ReleaseKeeper::accept(const Archive& archive, const Checked& checked) {
  const std::string key = key_of(archive);
  {
    const std::lock_guard hold(mutex_);
    accepted_.insert_or_assign(key + "\n" + checked.url, checked).first->second.known = true;
  }
  if (checked.known) return {};
  const host::Path newest = state_ / (key + ".json");
  const auto hold = machine_.files->lock(state_ / (key + ".lock"));
  if (!hold) return std::unexpected(hold.error());
  TRY(check_replay(archive, checked.release));  // another process may have seen a newer one meanwhile
  TRY(machine_.files->write(cache_ / key, checked.document));
  TRY(machine_.files->write(cache_ / (key + ".json"), to_compact(Json{{"url", public_url(checked.url)}, {"etag", checked.etag}, {"last-modified", checked.modified}})));
  const std::string seen =
      to_compact(Json{{"archive", archive.name}, {"suite", archive.suite}, {"date", checked.release.date.str()}, {"sha256", checked.release.digest.hex()}});
  if (const auto before = machine_.files->read(newest); before && *before == seen) return {};
  return machine_.files->write(newest, seen);
}

}  // namespace ashlar::deb
