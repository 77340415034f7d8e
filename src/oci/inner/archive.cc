#include "oci/inner/archive.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/tar.h"

namespace ashlar::oci {
Done ArchiveReader::note_members(const host::ReadFile& file) {
  constexpr std::string_view blobs = "blobs/sha256/";
  TRY_ASSIGN(const auto members, places_in(file));
  const auto index = members.find("index.json");
  if (index == members.end() || !members.contains("oci-layout")) return fail(Kind::NotFound, "it holds no OCI image layout");
  TRY_ASSIGN(index_, text_at(file, index->second, "index.json"));
  for (const auto& [name, member] : members) {
    if (!name.starts_with(blobs) || !member.link.empty()) continue;
    if (const auto digest = Digest::parse_hex(std::string_view(name).substr(blobs.size()))) places_.insert_or_assign(*digest, member);
  }
  return {};
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(host::Files& files, const host::Path& path) {
  const std::string what = fmt::format("open archive '{}'", path.string());
  TRY_ASSIGN(const auto file, files.open(path));
  if (auto plain = refuse_compressed(*file); !plain) return cannot(what, std::move(plain).error());
  auto reader = std::unique_ptr<ArchiveReader>(new ArchiveReader(files, path));
  if (auto noted = reader->note_members(*file); !noted) return cannot(what, std::move(noted).error());
  return reader;
}

Result<std::string> ArchiveReader::blob(const Digest& digest, size_t limit) {
  const std::string what = fmt::format("read blob '{}'", digest.str());
  TRY_ASSIGN(auto source, open(digest));
  auto bytes = read_all(*source, limit);
  if (!bytes) return cannot(what, std::move(bytes).error());
  if (Digest::of(*bytes) != digest) return cannot(Kind::Corrupt, what, "its bytes have another digest");
  return std::string(as_text(*bytes));
}

Result<std::unique_ptr<Source>> ArchiveReader::open(const Digest& digest) {
  const auto found = places_.find(digest);
  if (found == places_.end()) return cannot(Kind::Corrupt, fmt::format("open blob '{}'", digest.str()), fmt::format("archive '{}' does not hold it", path_.string()));
  TRY_ASSIGN(auto file, files_.open(path_));
  return stream_part(std::move(file), found->second.offset, found->second.size);
}

Done write_tar(host::Files& files, const host::Path& folder, const std::vector<std::string>& names, const host::Path& archive) {
  TRY_ASSIGN(const auto draft, files.draft(archive.has_parent_path() ? archive.parent_path() : host::Path(".")));
  std::set<std::string> folders;
  for (const std::string& name : names) {
    // Folders are said before what is in them: whoever makes up those that are not said gives them to root, which an ordinary user cannot.
    for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      TarEntry parent;
      parent.path = name.substr(0, slash);
      parent.type = FileType::Directory;
      parent.mode = 0755;
      Bytes header;
      if (folders.insert(parent.path).second) append_tar_header(header, parent);
      TRY(draft->write(header));
    }
    TRY_ASSIGN(auto file, files.open(folder / name));
    TarEntry entry;
    entry.path = name;
    entry.mode = 0644;
    entry.size = file->size();
    Bytes header;
    append_tar_header(header, entry);
    TRY(draft->write(header));
    const auto source = host::stream(std::move(file));
    TRY_ASSIGN(const auto moved, copy(*source, *draft));
    if (moved != entry.size) return cannot(Kind::Conflict, fmt::format("write archive '{}'", archive.string()), fmt::format("'{}' changed meanwhile", name));
    TRY(draft->write(Bytes(tar_padding(entry.size))));
  }
  TRY(draft->write(Bytes(tar_end_size)));
  return draft->commit(archive);
}

}  // namespace ashlar::oci
