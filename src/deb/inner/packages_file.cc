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

constexpr std::uint64_t max_index = std::uint64_t{1} << 30;

/// A stream that is Corrupt when it has more bytes than it may have.
class Bounded final : public Source {
 public:
  Bounded(std::unique_ptr<Source> from, std::uint64_t most) : from_(std::move(from)), left_(most) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    TRY_ASSIGN(const size_t count, from_->read(out));
    if (count > left_) return fail(Kind::Corrupt, "it decompresses to more than the archive says");
    left_ -= count;
    return count;
  }

 private:
  std::unique_ptr<Source> from_;
  std::uint64_t left_;
};

/// The forms of an index file: smaller ones first, for most machines wait longer for bytes than for decoding.
constexpr std::array<std::string_view, 4> forms = {"xz", "zst", "gz", ""};

/// Leaves packages of architecture `all` that another index of the archive holds, too.
void drop_repeated(std::vector<Package>& packages) {
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> seen;
  const auto repeated = [&](const Package& each) { return each.architecture == "all" && !seen.emplace(each.name, each.version, each.sha256).second; };
  std::erase_if(packages, repeated);
}

}  // namespace

Result<PackagesFiles::Text> PackagesFiles::kept(const Release::File& file) {
  TRY_ASSIGN(const bool whole, kept_.is_whole(file.sha256));
  if (!whole) {
    TRY(kept_.remove(file.sha256));
    return fail(Kind::Corrupt, "it was damaged in the cache");
  }
  (void)machine_.files->touch(kept_.path(file.sha256));  // in use; where that fails, it is only pruned earlier
  TRY_ASSIGN(auto open, kept_.open(file.sha256));
  return Text{host::stream(std::move(open)), file.size};
}

Result<PackagesFiles::Text> PackagesFiles::unpack(const Release::File& file, const Release::File* plain, std::string_view suffix, const std::string& what) {
  TRY_ASSIGN(auto open, kept_.open(file.sha256));
  auto stream = std::make_unique<Bounded>(decode(*codec_of_suffix(suffix), host::stream(std::move(open))), plain != nullptr ? std::min(plain->size, max_index) : max_index);
  if (plain == nullptr) return Text{std::move(stream), 0};
  const auto stored = kept_.put(*stream, plain->sha256);
  if (!stored && stored.error().kind == Kind::Corrupt) return cannot(Kind::Corrupt, what, "decompressed, it has other bytes than the Release file says");
  if (!stored) return cannot(what, stored.error());
  TRY(kept_.remove(file.sha256));
  TRY_ASSIGN(auto again, kept_.open(plain->sha256));
  return Text{host::stream(std::move(again)), plain->size};
}

Result<PackagesFiles::Text> PackagesFiles::text(const Archive& archive, const Release& release, const std::string& mirror, const std::string& path, const std::string& what) {
  const Release::File* const plain = release.find(path);
  if (plain != nullptr && kept_.has(plain->sha256)) {
    if (auto text = kept(*plain)) return text;
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
    return suffix.empty() ? kept(*file) : unpack(*file, plain, suffix, what);
  }
  return cannot(Kind::NotFound, what, "the mirror has it in no form that its Release file names");
}

Result<IndexPart> PackagesFiles::read(const Archive& archive, const Release& release, const std::string& mirror, const std::string& architecture, std::uint32_t place) {
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
  IndexPart out;
  for (const std::string& path : paths) {
    const std::string what = fmt::format("read index '{}' of archive '{}'", path, title(archive));
    TRY_ASSIGN(const Text content, text(archive, release, mirror, path, what));
    auto part = read_packages(*content.source, content.size, fmt::format("{}: {}", title(archive), path), place);
    if (!part) return cannot(what, std::move(part).error());
    if (out.packages.empty()) out = std::move(*part);
    else append(out, std::move(*part));
  }
  if (is_flat(archive)) std::erase_if(out.packages, [&](const Package& each) { return each.architecture != architecture && each.architecture != "all"; });
  if (paths.size() > 1) drop_repeated(out.packages);
  return out;
}

}  // namespace ashlar::deb
