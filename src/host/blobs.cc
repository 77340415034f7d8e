#include "host/blobs.h"

#include <fmt/format.h>

#include "host/file_digest.h"

namespace ashlar::host {

Path Blobs::path(const Digest& digest) const {
  const std::string hex = digest.hex();
  return folder_ / "sha256" / hex.substr(0, 2) / hex.substr(2);
}

bool Blobs::has(const Digest& digest) const { return files_.exists(path(digest)); }

Result<std::unique_ptr<ReadFile>> Blobs::open(const Digest& digest) const { return files_.open(path(digest)); }

Result<bool> Blobs::is_whole(const Digest& digest) const {
  TRY_ASSIGN(const auto file, open(digest));
  return has_digest(*file, digest);
}

Result<Digest> Blobs::put(Source& from, const std::optional<Digest>& expected) {
  TRY_ASSIGN(const auto file, draft());
  Hasher hasher;
  Bytes buffer(256 * 1024);
  for (;;) {
    TRY_ASSIGN(const size_t count, from.read(buffer));
    if (count == 0) break;
    hasher.update(BytesView(buffer).first(count));
    TRY(file->write(BytesView(buffer).first(count)));
  }
  const Digest digest = hasher.finish();
  if (expected && digest != *expected)
    return cannot(Kind::Corrupt, fmt::format("store '{}'", expected->str()), fmt::format("the bytes have digest '{}'", digest.str()));
  TRY(commit_as(*file, digest));
  return digest;
}

Result<Digest> Blobs::put(BytesView bytes) {
  MemorySource source(bytes);
  return put(source);
}

Result<std::unique_ptr<Draft>> Blobs::draft() { return files_.draft(folder_ / "sha256"); }

Done Blobs::commit_as(Draft& draft, const Digest& digest) {
  const Path target = path(digest);
  TRY(files_.make_folders(target.parent_path()));
  return draft.commit(target, durability_);
}

Done Blobs::remove(const Digest& digest) { return files_.remove(path(digest)); }

}  // namespace ashlar::host
