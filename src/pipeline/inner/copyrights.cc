#include "pipeline/inner/copyrights.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/bytes.h"
#include "deb/deb_file.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view doc = "usr/share/doc/";
constexpr std::uint64_t largest = std::uint64_t{16} << 20;
constexpr int most_links = 4;

/// The file's text, or where a link leads instead.
struct Found {
  std::string text, elsewhere;
};

/// What a package has at `path`, or at the folder above where that is a link.
Result<Found> look(deb::DataReader& data, const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  for (;;) {
    TRY_ASSIGN(const auto entry, data.next());
    if (!entry) return fail(Kind::NotFound, fmt::format("there is no /{}", path));
    const bool here = entry->path == path, above = entry->path == folder && entry->type == FileType::Symlink;
    if (!here && !above) continue;
    if (entry->type == FileType::HardLink) return Found{{}, entry->link};
    if (entry->type == FileType::Symlink) {
      const host::Path from = host::Path("/" + entry->path).parent_path();
      const std::string to = (from / entry->link).lexically_normal().string().substr(1);
      return Found{{}, here ? to : to + path.substr(folder.size())};
    }
    TRY_ASSIGN(const Bytes content, read_all(data, largest));
    return Found{std::string(as_text(content)), {}};
  }
}

}  // namespace

Result<std::string> Copyrights::of(const plan::LockedPackage& package) const {
  std::string path = fmt::format("{}{}/copyright", doc, package.name);
  const plan::LockedPackage* has = &package;
  for (int links = 0; links <= most_links; ++links) {
    TRY_ASSIGN(const Digest digest, Digest::parse_hex(has->sha256));
    auto file = packages_.open(digest);
    if (!file) return fail(Kind::NotFound, fmt::format("package '{}' is not in the cache, which `ashlar build` fills", has->name));
    deb::DebReader deb(host::stream(std::move(*file)), fmt::format("{} {}", has->name, has->version));
    TRY_ASSIGN(deb::DataReader* const data, deb.data());
    TRY_ASSIGN(Found found, look(*data, path));
    if (found.elsewhere.empty()) return std::move(found.text);
    path = std::move(found.elsewhere);
    if (!path.starts_with(doc)) return fail(Kind::NotFound, fmt::format("its copyright file is a link to /{}", path));
    const std::string owner = path.substr(doc.size(), path.find('/', doc.size()) - doc.size());
    const auto other = std::ranges::find(locked_.packages, owner, &plan::LockedPackage::name);
    if (other == locked_.packages.end()) return fail(Kind::NotFound, fmt::format("its copyright file is a link to /{}, which no package of the lock has", path));
    has = &*other;
  }
  return fail(Kind::NotFound, "the links of its copyright file lead round in circles");
}

}  // namespace ashlar::pipeline
