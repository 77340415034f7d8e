#include "deb/inner/packages_file.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <thread>
#include <tuple>

#include <fmt/format.h>

#include "base/codec.h"
#include "deb/inner/download.h"
#include "deb/inner/release_keeper.h"

namespace ashlar::deb {
namespace {

constexpr size_t max_index = size_t{1} << 30;
constexpr size_t worth_a_thread = 4 << 20;  ///< bytes of index text

/// The forms of an index file: smaller ones first, for most machines wait longer for bytes than for decoding.
constexpr std::array<std::string_view, 4> forms = {"xz", "zst", "gz", ""};

/// Where to cut an index so that both parts hold whole paragraphs.
size_t middle_of(std::string_view text) {
  const size_t cut = text.find("\n\n", text.size() / 2);
  return cut == std::string_view::npos ? text.size() : cut + 2;
}

Result<std::vector<Package>> parse_in_two(std::string_view text, std::string_view name, std::uint32_t place) {
  const size_t middle = middle_of(text);
  if (text.size() < worth_a_thread || middle == text.size()) return parse_packages(text, name, place);
  Result<std::vector<Package>> second;
  std::thread helper([&] { second = parse_packages(text.substr(middle), name, place); });
  auto first = parse_packages(text.substr(0, middle), name, place);
  helper.join();
  if (!first || !second) return parse_packages(text, name, place);  // again in one piece, for the line number of the fault
  first->reserve(first->size() + second->size());
  std::move(second->begin(), second->end(), std::back_inserter(*first));
  return first;
}

/// Leaves packages of architecture `all` that another index of the archive holds, too.
void drop_repeated(std::vector<Package>& packages) {
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> seen;
  const auto repeated = [&](const Package& each) { return each.architecture == "all" && !seen.emplace(each.name, each.version, each.sha256).second; };
  std::vector<bool> drop(packages.size());
  std::transform(packages.begin(), packages.end(), drop.begin(), repeated);
  size_t at = 0;
  std::vector<Package> out;
  for (Package& each : packages) {
    if (!drop[at++]) out.push_back(std::move(each));
  }
  packages = std::move(out);
}

}  // namespace

Result<std::string> PackagesFiles::kept(const Digest& digest) {
  TRY_ASSIGN(auto text, machine_.files->read(kept_.path(digest)));
  if (Digest::of(text) != digest) {
    TRY(kept_.remove(digest));
    return fail(Kind::Corrupt, "it was damaged in the cache");
  }
  (void)machine_.files->touch(kept_.path(digest));  // in use; where that fails, it is only pruned earlier
  return text;
}

Result<std::string> PackagesFiles::unpack(const Release::File& file, const Release::File* plain, std::string_view suffix, const std::string& what) {
  TRY_ASSIGN(auto open, kept_.open(file.sha256));
  const auto stream = decode(*codec_of_suffix(suffix), host::stream(std::move(open)));
  auto bytes = read_all(*stream, plain != nullptr ? static_cast<size_t>(std::min<std::uint64_t>(plain->size, max_index)) : max_index);
  if (!bytes) return cannot(what, std::move(bytes).error());
  if (plain == nullptr) return std::string(as_text(*bytes));
  MemorySource source(*bytes);
  const auto stored = kept_.put(source, plain->sha256);
  if (!stored && stored.error().kind == Kind::Corrupt) return cannot(Kind::Corrupt, what, "decompressed, it has other bytes than the Release file says");
  if (!stored) return cannot(what, stored.error());
  TRY(kept_.remove(file.sha256));
  return std::string(as_text(*bytes));
}

Result<std::string> PackagesFiles::text(const Archive& archive, const Release& release, const std::string& mirror, const std::string& path, const std::string& what) {
  const Release::File* const plain = release.find(path);
  if (plain != nullptr && kept_.has(plain->sha256)) {
    if (auto text = kept(plain->sha256)) return text;
  }
  for (const std::string_view suffix : forms) {
    const Release::File* const file = release.find(suffix.empty() ? path : fmt::format("{}.{}", path, suffix));
    if (file == nullptr) continue;
    if (!kept_.has(file->sha256)) {
      if (mirror.empty()) return cannot(Kind::Unavailable, what, "it is not in the cache, and nothing may be fetched offline");
      DownloadJob job{{}, what, file->sha256, file->size};
      const std::string base = mirror + "/" + folder_of(archive);
      if (release.by_hash) job.urls.push_back(fmt::format("{}{}by-hash/SHA256/{}", base, file->path.substr(0, file->path.rfind('/') + 1), file->sha256.hex()));
      job.urls.push_back(base + file->path);
      const auto done = download(machine_, options_, partial_, kept_, job);
      // Release files also name forms that the mirror does not carry.
      if (!done && done.error().kind == Kind::NotFound && suffix != forms.back()) continue;
      if (!done) return std::unexpected(done.error());
    }
    return suffix.empty() ? kept(file->sha256) : unpack(*file, plain, suffix, what);
  }
  return cannot(Kind::NotFound, what, "the mirror has it in no form that its Release file names");
}

Result<std::vector<Package>> PackagesFiles::read(const Archive& archive, const Release& release, const std::string& mirror, const std::string& architecture,
                                                 std::uint32_t place) {
  const auto listed = [&](const std::string& path) {
    return std::any_of(forms.begin(), forms.end(), [&](std::string_view suffix) { return release.find(suffix.empty() ? path : fmt::format("{}.{}", path, suffix)); });
  };
  const auto index_path = [](const std::string& component, const std::string& each) { return fmt::format("{}/binary-{}/Packages", component, each); };
  std::vector<std::string> paths;
  if (is_flat(archive)) paths.emplace_back("Packages");
  for (const std::string& component : is_flat(archive) ? std::vector<std::string>() : archive.components) {
    const std::string own = index_path(component, architecture), shared = index_path(component, "all");
    const bool has_shared = release.all_apart && listed(shared);
    if (listed(own)) paths.push_back(own);
    else if (!has_shared) {
      const bool known = std::find(release.architectures.begin(), release.architectures.end(), architecture) != release.architectures.end();
      return cannot(Kind::NotFound, fmt::format("read archive '{}'", title(archive)),
                    known ? fmt::format("it has no component '{}', but {}", component, fmt::join(release.components, ", "))
                          : fmt::format("it has nothing for architecture '{}', but for {}", architecture, fmt::join(release.architectures, ", ")));
    }
    if (has_shared) paths.push_back(shared);
  }
  std::vector<Package> out;
  for (const std::string& path : paths) {
    const std::string what = fmt::format("read index '{}' of archive '{}'", path, title(archive));
    TRY_ASSIGN(const std::string content, text(archive, release, mirror, path, what));
    TRY_ASSIGN(auto packages, parse_in_two(content, fmt::format("{}: {}", title(archive), path), place));
    if (out.empty()) out = std::move(packages);
    else std::move(packages.begin(), packages.end(), std::back_inserter(out));
  }
  if (is_flat(archive)) std::erase_if(out, [&](const Package& each) { return each.architecture != architecture && each.architecture != "all"; });
  if (paths.size() > 1) drop_repeated(out);
  return out;
}

}  // namespace ashlar::deb
