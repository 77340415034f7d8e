#include "inventory/contents.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/hashing_source.h"
#include "deb/control.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_database = 256 << 20;

void remove_below(std::map<std::string, File>& files, const std::string& folder, size_t layer) {
  const std::string prefix = folder.empty() ? std::string() : folder + "/";
  for (auto at = files.lower_bound(prefix); at != files.end() && at->first.starts_with(prefix);) {
    at = at->second.layer < layer ? files.erase(at) : std::next(at);
  }
}

/// Applies a whiteout; false when the entry is none.
bool whiteout(std::map<std::string, File>& files, const std::string& path, size_t layer) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string() : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (!name.starts_with(".wh.")) return false;
  if (name == ".wh..wh..opq") {
    remove_below(files, folder, layer);
  } else {
    const std::string hidden = (folder.empty() ? std::string() : folder + "/") + name.substr(4);
    remove_below(files, hidden, layer);
    files.erase(hidden);
  }
  return true;
}

bool is_database(std::string_view path) {
  constexpr std::string_view parts = "var/lib/dpkg/status.d/";
  return path == "var/lib/dpkg/status" || (path.starts_with(parts) && !path.ends_with(".md5sums"));
}

std::string clean(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.starts_with('/')) path.erase(0, 1);
  while (path.ends_with('/')) path.pop_back();
  return path == "." ? std::string() : path;
}

Done read_layer(TarReader& reader, size_t layer, Contents& contents, std::map<std::string, std::string>& databases) {
  Bytes buffer(256 * 1024);
  for (;;) {
    TRY_ASSIGN(auto next, reader.next());
    if (!next) return {};
    File file{std::move(*next), std::nullopt, layer};
    file.entry.path = clean(std::move(file.entry.path));
    const std::string path = file.entry.path;
    if (path.empty() || whiteout(contents.files, path, layer)) continue;
    databases.erase(path);
    if (file.entry.type == FileType::Regular) {
      Hasher hasher;
      std::string* const keep = is_database(path) ? &databases[path] : nullptr;
      for (;;) {
        TRY_ASSIGN(const size_t count, reader.read(buffer));
        if (count == 0) break;
        hasher.update(BytesView(buffer).first(count));
        if (keep != nullptr) keep->append(as_text(BytesView(buffer).first(count)));
        if (keep != nullptr && keep->size() > max_database) return cannot(Kind::Corrupt, fmt::format("read '{}'", path), "it is larger than 256 MiB");
      }
      file.content = hasher.finish();
    } else if (file.entry.type == FileType::HardLink) {
      const auto target = contents.files.find(clean(file.entry.link));
      if (target == contents.files.end()) return cannot(Kind::Corrupt, fmt::format("read hard link '{}'", path), fmt::format("its target '{}' is not in the image", file.entry.link));
      file.content = target->second.content;
    }
    if (file.entry.type != FileType::Directory) remove_below(contents.files, path, layer);
    contents.files.insert_or_assign(path, std::move(file));
  }
}

Done read_packages(const std::map<std::string, std::string>& databases, std::vector<InstalledPackage>& packages) {
  for (const auto& [path, text] : databases) {
    deb::StanzaReader reader(text, path);
    deb::Stanza stanza;
    for (;;) {
      TRY_ASSIGN(const bool more, reader.next(stanza));
      if (!more) break;
      const std::string_view status = stanza.get("Status");
      if (!status.empty() && !status.ends_with(" installed")) continue;
      InstalledPackage package{std::string(stanza.get("Package")), std::string(stanza.get("Version")), std::string(stanza.get("Architecture")), {}, {}};
      if (package.name.empty() || package.version.empty()) return cannot(Kind::Corrupt, fmt::format("read package database '{}'", path), "a paragraph has no Package or no Version");
      const std::string_view source = stanza.get("Source");
      const size_t space = source.find(" (");
      package.source = source.empty() ? package.name : std::string(source.substr(0, space));
      package.source_version = space == std::string_view::npos ? package.version : std::string(source.substr(space + 2, source.size() - space - 3));
      packages.push_back(std::move(package));
    }
  }
  std::sort(packages.begin(), packages.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return {};
}

Codec codec_of(std::string_view media_type) {
  if (media_type.ends_with("gzip")) return Codec::Gzip;
  return media_type.ends_with("zstd") ? Codec::Zstd : Codec::None;
}

}  // namespace

Result<Contents> read_contents(oci::ImageReader& image, const oci::PlatformImage& which) {
  Contents contents{which.platform, which.descriptor, which.config, which.manifest.layers, {}, {}};
  std::map<std::string, std::string> databases;
  for (size_t layer = 0; layer < contents.layers.size(); ++layer) {
    const oci::Descriptor& descriptor = contents.layers[layer];
    const std::string what = fmt::format("read layer '{}'", descriptor.digest.str());
    TRY_ASSIGN(auto blob, image.open(descriptor.digest));
    Hasher hasher;
    const auto stream = decode(codec_of(descriptor.media_type), std::make_unique<HashingSource>(std::move(blob), hasher));
    TarReader reader(*stream);
    if (auto done = read_layer(reader, layer, contents, databases); !done) return cannot(what, std::move(done).error());
    Bytes rest(64 * 1024);  // what follows the archive's end belongs to the layer's digest, too
    for (size_t count = 1; count != 0;) {
      TRY_ASSIGN(count, stream->read(rest));
    }
    if (hasher.finish() != descriptor.digest) return cannot(Kind::Corrupt, what, "its bytes have another digest");
  }
  std::erase_if(databases, [&](const auto& database) { return !contents.files.contains(database.first); });
  TRY(read_packages(databases, contents.packages));
  return contents;
}

}  // namespace ashlar::inventory
