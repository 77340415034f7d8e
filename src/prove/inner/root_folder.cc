#include "prove/inner/root_folder.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/tar.h"
#include "base/text.h"

namespace ashlar::prove {
namespace {

using inventory::Contents;
using inventory::File;

constexpr int max_symlinks = 40;
constexpr std::chrono::seconds patience{300};

Done check_path(const Contents& contents, const std::string& path) {
  const auto climbs = [](std::string_view part) { return part.empty() || part == "." || part == ".."; };
  if (std::ranges::any_of(split(path, '/'), climbs)) return cannot(Kind::Corrupt, fmt::format("unpack '{}'", path), "the path leads out of the image");
  for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const auto above = contents.files.find(path.substr(0, slash));
    if (above != contents.files.end() && above->second.entry.type != FileType::Directory) {
      return cannot(Kind::Corrupt, fmt::format("unpack '{}'", path), fmt::format("'{}' above it is no folder", above->first));
    }
  }
  return {};
}

Done put_header(Sink& to, const TarEntry& entry) {
  Bytes header;
  append_tar_header(header, entry);
  return to.write(header);
}

Done put_padding(Sink& to, std::uint64_t size) {
  const Bytes zeros(tar_padding(size), 0);
  return to.write(zeros);
}

/// Neither they nor capabilities of files have an effect in a container without new privileges; on this machine they would have.
TarEntry without_set_id(TarEntry entry) {
  entry.mode &= 01777;
  entry.xattrs.clear();
  return entry;
}

/// Folders, with those that no entry names, then symlinks and fifos are written; regular files come from the layers.
Done write_folders(const Contents& contents, const std::vector<std::string>& places, Sink& to) {
  std::map<std::string, TarEntry> folders;
  const auto add_above = [&](const std::string& path, bool itself) {
    for (size_t slash = path.find('/'); slash != std::string::npos || itself; slash = slash == std::string::npos ? slash : path.find('/', slash + 1)) {
      const std::string folder = path.substr(0, slash);
      folders.try_emplace(folder, TarEntry{folder, FileType::Directory, 0755});
      if (slash == std::string::npos) break;
    }
  };
  for (const auto& [path, file] : contents.files) {
    TRY(check_path(contents, path));
    if (file.entry.type == FileType::Directory) folders.insert_or_assign(path, without_set_id(file.entry));
  }
  for (const auto& [path, file] : contents.files) add_above(path, false);
  for (const std::string& place : places) {
    TRY_ASSIGN(const std::string there, place_in(contents, place));
    const auto found = contents.files.find(there.substr(1));
    if (found == contents.files.end() && there != "/") add_above(there.substr(1), true);
  }
  for (const auto& [path, folder] : folders) TRY(put_header(to, folder));
  return {};
}

/// Regular files of one layer that are to be seen, each with its names.
Done write_layer(oci::ImageReader& image, const Contents& contents, size_t layer, const std::map<inventory::Place, std::vector<const File*>>& names, Sink& to) {
  TRY_ASSIGN(auto blob, image.open(contents.layers[layer].digest));
  const auto stream = oci::decode_layer(contents.layers[layer], std::move(blob));
  TarReader reader(*stream);
  Bytes buffer(256 * 1024);
  for (size_t member = 0;; ++member) {
    TRY_ASSIGN(const auto next, reader.next());
    if (!next) return {};
    const auto found = next->type == FileType::Regular ? names.find({layer, member}) : names.end();
    if (found == names.end()) continue;
    TarEntry entry = without_set_id(*next);
    entry.path = found->second.front()->entry.path;
    TRY(put_header(to, entry));
    for (size_t count = 1; count != 0;) {
      TRY_ASSIGN(count, reader.read(buffer));
      TRY(to.write(BytesView(buffer).first(count)));
    }
    TRY(put_padding(to, entry.size));
    for (const File* file : std::span(found->second).subspan(1)) {
      TarEntry link = without_set_id(*next);
      link.path = file->entry.path;
      link.type = FileType::HardLink;
      link.link = entry.path;
      link.size = 0;
      TRY(put_header(to, link));
    }
  }
}

std::vector<std::string> untar(const host::Path& archive, const host::Path& folder) {
  return {"tar", "--extract", "--file", archive.string(), "--directory", folder.string(), "--numeric-owner", "--same-owner", "--same-permissions", "--unlink-first"};
}

}  // namespace

Done run_as_their_root(host::Machine& machine, const IdMaps& maps, std::vector<std::string> argv, const std::string& what) {
  host::Command command;
  command.argv = std::move(argv);
  command.timeout = patience;
  TRY_ASSIGN(const host::Outcome outcome, maps.empty() ? machine.processes->run(command) : host::run_as_root_inside(maps, command));
  if (outcome.exit_code == 0) return {};
  return cannot(Kind::Unavailable, what, fmt::format("'{}' says: {}", command.argv.front(), cut(trim(outcome.err), '\n').first));
}

Result<std::string> place_in(const Contents& contents, const std::string& path) {
  std::vector<std::string> open;  // parts still to walk, the next one last
  const auto push = [&](std::string_view text) {
    const auto parts = split(text, '/');
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) open.emplace_back(*part);
  };
  push(path);
  std::string done;  // without the slash in front
  for (int symlinks = 0; !open.empty();) {
    const std::string part = std::move(open.back());
    open.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      done.resize(done.rfind('/') == std::string::npos ? 0 : done.rfind('/'));
      continue;
    }
    const std::string next = done.empty() ? part : done + "/" + part;
    const auto found = contents.files.find(next);
    if (found == contents.files.end() || found->second.entry.type != FileType::Symlink || open.empty()) {
      done = next;
      continue;
    }
    if (++symlinks > max_symlinks) return cannot(Kind::Invalid, fmt::format("find '{}' in the image", path), "its symlinks have no end");
    const std::string& target = found->second.entry.link;
    if (target.starts_with('/')) done.clear();
    push(target);
  }
  return "/" + done;
}

Done write_root(oci::ImageReader& image, const Contents& contents, const std::vector<std::string>& places, Sink& to) {
  TRY(write_folders(contents, places, to));
  std::map<inventory::Place, std::vector<const File*>> names;
  for (const auto& [path, file] : contents.files) {
    if (file.entry.type == FileType::Regular || file.entry.type == FileType::HardLink) names[file.bytes].push_back(&file);
  }
  for (size_t layer = 0; layer < contents.layers.size(); ++layer) TRY(write_layer(image, contents, layer, names, to));
  // Symlinks last: no file is ever written through one.
  for (const auto& [path, file] : contents.files) {
    if (file.entry.type == FileType::Symlink || file.entry.type == FileType::Fifo) TRY(put_header(to, without_set_id(file.entry)));
  }
  return to.write(Bytes(tar_end_size, 0));
}

Result<host::Path> unpacked_root(host::Machine& machine, const host::Path& named, oci::ImageReader& image, const Contents& contents, const IdMaps& maps) {
  host::Files& files = *machine.files;
  TRY(files.make_folders(named));
  TRY_ASSIGN(const host::Path folder, files.canonical(named));  // runc takes no root that a symlink leads to
  const host::Path place = folder / contents.manifest.digest.hex(), root = place / "root", complete = place / "complete", archive = place / "root.tar";
  TRY_ASSIGN(const auto lock, files.lock(folder / (contents.manifest.digest.hex() + ".lock")));
  if (files.exists(complete)) {
    TRY(files.touch(complete));
    return root;
  }
  TRY(run_as_their_root(machine, maps, {"rm", "-rf", place.string()}, "remove a half unpacked image"));
  TRY(files.make_folders(root));
  TRY_ASSIGN(const auto draft, files.draft(place));
  std::vector<std::string> places = {"/proc", "/dev", "/sys", "/tmp", "/run"};
  std::ranges::copy(contents.config.volumes, std::back_inserter(places));
  TRY(write_root(image, contents, places, *draft));
  TRY(draft->commit(archive, host::Durability::Cache));
  TRY(run_as_their_root(machine, maps, untar(archive, root), "unpack the image"));
  TRY(files.remove(archive));
  std::uint64_t bytes = 0;
  for (const auto& [path, file] : contents.files) bytes += file.entry.size;
  TRY(files.write(complete, std::to_string(bytes), host::Durability::Cache));
  return root;
}

Done extend_root(host::Machine& machine, const Contents& contents, const host::Path& root, const std::vector<PlacedFile>& placed, const IdMaps& maps, const host::Path& to) {
  TRY(machine.files->make_folders(to.parent_path()));
  // Between two file systems, or two mounts of one, there are no links: then its bytes are copied.
  if (!run_as_their_root(machine, maps, {"cp", "--archive", "--link", root.string(), to.string()}, "link the image's root")) {
    TRY(run_as_their_root(machine, maps, {"rm", "-rf", to.string()}, "remove a half copied root"));
    TRY(run_as_their_root(machine, maps, {"cp", "--archive", root.string(), to.string()}, "copy the image's root"));
  }
  const host::Path archive = to.parent_path() / "placed.tar";
  TRY_ASSIGN(const auto draft, machine.files->draft(to.parent_path()));
  std::set<std::string> made;
  for (const PlacedFile& file : placed) {
    TRY_ASSIGN(std::string path, place_in(contents, file.path));
    path.erase(0, 1);
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string above = path.substr(0, slash);
      if (!contents.files.contains(above) && made.insert(above).second) TRY(put_header(*draft, {above, FileType::Directory, 0755}));
    }
    TRY(put_header(*draft, {path, FileType::Regular, file.mode, file.uid, file.gid, 0, file.content.size()}));
    TRY(draft->write(as_bytes(file.content)));
    TRY(put_padding(*draft, file.content.size()));
  }
  TRY(draft->write(Bytes(tar_end_size, 0)));
  TRY(draft->commit(archive, host::Durability::Cache));
  return run_as_their_root(machine, maps, untar(archive, to), "place a test's files");
}

}  // namespace ashlar::prove
