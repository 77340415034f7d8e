#include "deb/mirrors.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/inner/download.h"
#include "trust/openpgp.h"

namespace ashlar::deb {
namespace {

constexpr std::array<const char*, 3> keyring_folders = {"/usr/share/keyrings", "/etc/apt/keyrings", "/etc/apt/trusted.gpg.d"};
constexpr std::int64_t key_age = 86400;           ///< seconds after which a fetched keyring is fetched again
constexpr std::uint64_t max_keyring = 4 << 20;

bool contains(const std::vector<std::string>& list, std::string_view text) { return std::find(list.begin(), list.end(), text) != list.end(); }

/// Configured keyrings: files count as they are, folders are looked in.
struct Keyrings {
  std::vector<host::Path> files, folders;
};
Keyrings sort_keyrings(host::Files& files, const std::vector<host::Path>& configured) {
  Keyrings out;
  for (const host::Path& each : configured) {
    const auto stat = files.stat(each);
    if (stat) (stat->type == host::NodeType::Directory ? out.folders : out.files).push_back(each);
  }
  for (const char* each : keyring_folders) out.folders.emplace_back(each);
  return out;
}

/// Files whose names fit one of the patterns, in the first folder that has any for the first pattern that has any: one form of the same keys suffices.
std::vector<host::Path> find_keyrings(host::Files& files, const std::vector<std::string>& patterns, const std::vector<host::Path>& folders) {
  std::vector<host::Path> out;
  for (const host::Path& folder : folders) {
    const auto names = files.list(folder);
    if (!names) continue;
    for (const std::string& pattern : patterns) {
      for (const std::string& name : *names) {
        if (matches_glob(pattern, name) && !name.ends_with('~')) out.push_back(folder / name);
      }
      if (!out.empty()) return out;
    }
  }
  for (const std::string& pattern : patterns) {
    if (pattern.starts_with('/') && files.exists(pattern)) out.emplace_back(pattern);
  }
  return out;
}

/// Whether an apt source may be one of the distribution's archive, and not a third party's that uses the same names.
bool may_be_ours(const Distribution& distribution, const AptSource& source) {
  const auto& components = distribution.components;
  if (!std::all_of(components.begin(), components.end(), [&](const std::string& each) { return contains(source.components, each); })) return false;
  const auto is_file = [](const std::string& text) { return text.starts_with('/'); };
  if (std::none_of(source.signed_by.begin(), source.signed_by.end(), is_file)) return true;
  return std::any_of(source.signed_by.begin(), source.signed_by.end(), [&](const std::string& file) {
    const std::string name = host::Path(file).filename().string();
    return std::any_of(distribution.keyrings.begin(), distribution.keyrings.end(), [&](const std::string& pattern) { return matches_glob(pattern, name) || pattern == file; });
  });
}

bool has_suite(const std::vector<std::string>& releases, const std::vector<std::string>& suites, std::initializer_list<std::string_view> endings) {
  return std::any_of(suites.begin(), suites.end(), [&](const std::string& suite) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
      return suite.ends_with(ending) && contains(releases, std::string_view(suite).substr(0, suite.size() - ending.size()));
    });
  });
}

/// The host's mirrors of the main or the security archive; those that also serve updates first, for third parties do not.
std::vector<std::string> host_mirrors(const Distribution& distribution, const AptSetup& apt, bool security) {
  std::vector<std::string> releases = distribution.host_suites, sure, likely;
  releases.push_back(distribution.codename);
  for (const AptSource& source : apt.sources) {
    if (!may_be_ours(distribution, source)) continue;
    const bool fits = security ? has_suite(releases, source.suites, {"-security", "/updates"}) : has_suite(releases, source.suites, {"", "-updates"});
    if (!fits) continue;
    const bool updates = has_suite(releases, source.suites, {"-updates"});
    for (const std::string& url : source.uris) (updates ? sure : likely).push_back(url);
  }
  std::vector<std::string> out;
  for (const auto* list : {&sure, &likely}) {
    for (const std::string& url : *list) {
      if (!contains(out, url)) out.push_back(url);
    }
  }
  return out;
}

/// `--mirror`, by archive name.
Result<std::map<std::string, std::vector<std::string>>> asked_mirrors(const Distribution& distribution, const std::vector<std::string>& asked) {
  std::map<std::string, std::vector<std::string>> out;
  for (const std::string& each : asked) {
    const size_t equals = each.find('='), scheme = each.find(":/");
    const bool named = equals != std::string::npos && (scheme == std::string::npos || equals < scheme);
    const std::string name = named ? each.substr(0, equals) : std::string(), url = named ? each.substr(equals + 1) : each;
    if (!can_fetch(url)) return cannot(Kind::Invalid, fmt::format("use mirror '{}'", public_url(each)), "its address begins with none of http://, https:// and file:/");
    bool used = false;
    for (const Distribution::Part& part : distribution.parts) {
      if (named ? name == part.archive || (name == "security" && part.security) : !part.security) {
        out[part.archive].push_back(without_slash(url));
        used = true;
      }
    }
    if (used) continue;
    std::vector<std::string> names;
    for (const Distribution::Part& part : distribution.parts) names.push_back(part.archive);
    return cannot(Kind::Invalid, fmt::format("use mirror '{}'", public_url(each)), fmt::format("'{}' has no archive '{}', but {}", distribution.name, name, join(names, ", ")));
  }
  return out;
}

std::string plain_fingerprint(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != ':') out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out.starts_with("0X") ? out.substr(2) : out;
}

/// The bytes of a keyring by URL: from the cache for a day, and where it cannot be reached.
Result<std::string> fetch_keyring(host::Machine& machine, const FetchOptions& options, const std::string& url, const host::Path& kept, const std::string& what) {
  std::string before;
  if (machine.files->exists(kept)) {
    TRY_ASSIGN(before, machine.files->read(kept));
    const auto stat = machine.files->stat(kept);
    if (options.offline || (stat && machine.clock->now().seconds - stat->modified.seconds < key_age)) return before;
  }
  if (options.offline) return cannot(Kind::Unavailable, what, "it is not in the cache, and nothing may be fetched offline");
  host::HttpRequest request = options.access.request(url);
  request.limit = max_keyring;
  std::string bytes;
  const auto response = ask(machine, options, request, bytes);
  if (response && response->status == 200) return bytes;
  if (!before.empty()) return before;
  if (!response) return cannot(what, response.error());
  return cannot(response->status == 404 ? Kind::NotFound : Kind::Unavailable, what, words_of_status(response->status));
}

/// A key file by URL, kept once one of its keys is accepted; these are added to `signers`.
Result<host::Path> accept_keyring(host::Machine& machine, const FetchOptions& options, const ThirdParty& wanted, const std::string& url, const host::Path& cache,
                                  std::vector<std::string>& signers) {
  const std::string what = fmt::format("use keyring '{}'", public_url(url));
  if (!can_fetch(url)) return cannot(Kind::Invalid, what, "it is no address that begins with http://, https:// or file:/");
  const host::Path kept = cache / "keyrings" / Digest::of(url).hex();
  TRY_ASSIGN(const std::string bytes, fetch_keyring(machine, options, url, kept, what));
  const auto found = trust::fingerprints(bytes);
  if (!found) return cannot(what, found.error());
  bool accepted = false;
  for (const std::string& each : wanted.accepted) {
    const std::string plain = plain_fingerprint(each);
    if (!contains(*found, plain)) continue;
    accepted = true;
    if (!contains(signers, plain)) signers.push_back(plain);
  }
  if (!accepted)
    return cannot(Kind::Denied, what, fmt::format("nobody has accepted its key; when you know that it is the right one, pass --accept-key {}", join(*found, " or --accept-key ")));
  TRY(machine.files->write(kept, bytes));
  return kept;
}

/// Keyrings that a line names itself, as far as the host has them.
void add_named_keyrings(host::Files& files, const AptSource& source, const ThirdParty& wanted, Archive& archive) {
  const Keyrings known = sort_keyrings(files, wanted.keyring_folders);
  for (const std::string& each : source.signed_by) {
    if (!each.starts_with('/')) {  // a fingerprint, out of the keys that are trusted anyway
      archive.signers.push_back(plain_fingerprint(each));
      archive.keyrings.insert(archive.keyrings.end(), wanted.fallback_keyrings.begin(), wanted.fallback_keyrings.end());
      continue;
    }
    const host::Path path(each);
    const bool in_place = std::find(known.folders.begin(), known.folders.end(), path.lexically_normal().parent_path()) != known.folders.end();
    if (in_place && files.exists(path)) archive.keyrings.push_back(path);
  }
}

}  // namespace

Result<std::vector<Archive>> distribution_archives(host::Files& files, const Distribution& distribution, const MirrorChoice& choice, const AptSetup& apt, Progress& progress) {
  const std::string what = fmt::format("reach the archives of '{}'", distribution.name);
  const Keyrings known = sort_keyrings(files, choice.keyrings);
  std::vector<host::Path> keyrings = find_keyrings(files, distribution.keyrings, known.folders);
  keyrings.insert(keyrings.end(), known.files.begin(), known.files.end());
  for (host::Path& each : choice.shipped.empty() ? std::vector<host::Path>() : find_keyrings(files, distribution.keyrings, {choice.shipped})) {
    if (std::find(keyrings.begin(), keyrings.end(), each) == keyrings.end()) keyrings.push_back(std::move(each));
  }
  if (keyrings.empty()) {
    const std::string install = distribution.keyring_package.empty() ? std::string() : fmt::format("install package '{}' or ", distribution.keyring_package);
    return cannot(Kind::NotFound, what, fmt::format("this machine has no keyring for it; {}name one under 'keyrings' in the configuration", install));
  }
  TRY_ASSIGN(const auto asked, asked_mirrors(distribution, choice.asked));
  std::vector<std::string> main;
  bool main_of_host = false;
  std::vector<Archive> out;
  for (const Distribution::Part& part : distribution.parts) {
    std::vector<std::string> mirrors;
    if (const auto found = asked.find(part.archive); found != asked.end()) mirrors = found->second;
    else if (const auto written = choice.configured.find(part.archive); written != choice.configured.end()) mirrors = written->second;
    else if (main.empty() || main_of_host) {
      mirrors = host_mirrors(distribution, apt, part.security);
      if (main.empty()) main_of_host = true;
    }
    if (mirrors.empty() && part.security && !main.empty()) {
      for (const std::string& url : main) mirrors.push_back(url + "-security");
      progress.detail(fmt::format("no mirror of '{}' is known; trying '{}' (--mirror security=URL names another)", part.archive, public_url(mirrors.front())));
    }
    if (mirrors.empty()) {
      const std::string skipped = apt.skipped.empty() ? std::string() : fmt::format(" that ashlar can fetch from ('{}' is none)", apt.skipped.front());
      return cannot(Kind::NotFound, what, fmt::format("no mirror of '{}' is known: this host's apt names none{}; pass --mirror URL, or name it under 'mirrors' in the configuration", part.archive, skipped));
    }
    if (main.empty() && !part.security) main = mirrors;
    for (const std::string& suite : part.suites) {
      Archive archive;
      archive.name = part.archive;
      archive.suite = suite;
      archive.components = distribution.components;
      archive.mirrors = mirrors;
      archive.keyrings = keyrings;
      archive.security = part.security;
      out.push_back(std::move(archive));
    }
  }
  return out;
}

Result<std::vector<Archive>> third_party_archives(host::Machine& machine, const ThirdParty& wanted, const FetchOptions& options, const host::Path& cache) {
  std::vector<std::string> signers;
  std::vector<host::Path> keyrings;
  for (const std::string& url : wanted.keyrings) {
    TRY_ASSIGN(auto path, accept_keyring(machine, options, wanted, url, cache, signers));
    keyrings.push_back(std::move(path));
  }
  std::vector<Archive> out;
  for (const std::string& line : wanted.lines) {
    TRY_ASSIGN(const auto sources, parse_source_list(line, "repositories"));
    for (const AptSource& source : sources) {
      const std::string url = public_url(source.uris.front());
      const std::string what = fmt::format("use repository '{}'", url);
      if (!can_fetch(source.uris.front())) return cannot(Kind::Invalid, what, "its address begins with none of http://, https:// and file:/, or holds a variable");
      Archive archive;
      archive.name = url.substr(url.find(":/") + 2);
      archive.name.erase(0, archive.name.find_first_not_of('/'));
      archive.suite = source.suites.front();
      archive.components = source.components;
      archive.mirrors = source.uris;
      archive.architectures = source.architectures;
      if (!keyrings.empty()) {
        archive.keyrings = keyrings;
        archive.signers = signers;
      } else if (source.signed_by.empty()) {
        archive.keyrings = wanted.fallback_keyrings;
      } else {
        add_named_keyrings(*machine.files, source, wanted, archive);
      }
      if (archive.keyrings.empty()) return cannot(Kind::NotFound, what, "this machine has no keyring for it; name the address of one under 'keyring'");
      out.push_back(std::move(archive));
    }
  }
  return out;
}

}  // namespace ashlar::deb
