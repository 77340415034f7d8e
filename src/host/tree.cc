#include "host/tree.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "host/inner/system.h"

namespace ashlar::host {
namespace {

std::string what(const Path& path) { return fmt::format("read '{}'", path.string()); }

std::optional<FileType> type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return FileType::Regular;
    case S_IFDIR: return FileType::Directory;
    case S_IFLNK: return FileType::Symlink;
    case S_IFCHR: return FileType::CharDevice;
    case S_IFBLK: return FileType::BlockDevice;
    case S_IFIFO: return FileType::Fifo;
    default: return std::nullopt;
  }
}

/// Names and values of what a file system keeps beside a file; those that we may not read are not there for us.
std::map<std::string, std::string> xattrs_of(const Path& path) {
  std::map<std::string, std::string> out;
  if (::llistxattr(path.c_str(), nullptr, 0) <= 0) return out;  // most have none, and need no room for them
  std::string names(64 * 1024, '\0');
  const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
  for (size_t at = 0; size > 0 && at < static_cast<size_t>(size);) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    std::string value(64 * 1024, '\0');
    const ssize_t length = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (length >= 0) out[name] = value.substr(0, static_cast<size_t>(length));
  }
  return out;
}

class Walk {
 public:
  Done folder(const Path& path, const std::string& prefix, dev_t device, int depth) {
    if (depth > 512) return cannot(Kind::Invalid, what(path), "folders lie too deep in each other");
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) names.push_back(at->path().filename().string());
    if (error) return system_error(what(path), error.value());
    std::ranges::sort(names);
    for (const std::string& name : names) TRY(node(path / name, prefix + name, device, depth));
    return {};
  }

  /// By path. Names of one file are told apart only then: folders come in another order than paths (`a/x` before `a.b/x`, and behind it).
  std::vector<TarEntry> finish() {
    std::ranges::sort(nodes_, {}, [](const Node& each) -> const std::string& { return each.entry.path; });
    std::map<std::pair<dev_t, ino_t>, std::string> names;
    std::vector<TarEntry> out;
    for (Node& each : nodes_) {
      if (each.entry.type == FileType::Regular) {
        const auto [first, fresh] = names.emplace(each.file, each.entry.path);
        if (!fresh) each.entry.type = FileType::HardLink, each.entry.link = first->second, each.entry.size = 0;
      }
      out.push_back(std::move(each.entry));
    }
    return out;
  }

 private:
  struct Node {
    TarEntry entry;
    std::pair<dev_t, ino_t> file;
  };

  Done node(const Path& path, const std::string& name, dev_t device, int depth) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? Done() : Done(system_error(what(path), errno));
    const auto type = type_of(found.st_mode);
    if (!type) return {};
    TarEntry entry{.path = name, .type = *type, .mode = found.st_mode & 07777U, .uid = found.st_uid, .gid = found.st_gid, .mtime = found.st_mtim.tv_sec};
    if (*type == FileType::Symlink) {
      std::error_code error;
      entry.link = std::filesystem::read_symlink(path, error).string();
      if (error) return system_error(what(path), error.value());
    }
    if (*type == FileType::CharDevice || *type == FileType::BlockDevice) entry.device_major = major(found.st_rdev), entry.device_minor = minor(found.st_rdev);
    entry.xattrs = xattrs_of(path);
    if (*type == FileType::Regular) entry.size = static_cast<std::uint64_t>(found.st_size);
    nodes_.push_back({std::move(entry), {found.st_dev, found.st_ino}});
    return *type == FileType::Directory && found.st_dev == device ? folder(path, name + "/", device, depth + 1) : Done();
  }

  std::vector<Node> nodes_;
};

}  // namespace

Result<std::vector<TarEntry>> list_tree(const Path& folder) {
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0) return system_error(what(folder), errno);
  if (!S_ISDIR(found.st_mode)) return cannot(Kind::Invalid, what(folder), "it is no folder");
  Walk walk;
  TRY(walk.folder(folder, {}, found.st_dev, 0));
  return walk.finish();
}

}  // namespace ashlar::host
