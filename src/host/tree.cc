#include "host/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <expected>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/parallel.h"
#include "host/inner/machine_files.h"
#include "host/inner/system.h"

namespace ashlar::host {
namespace {

std::string what(std::string_view path) { return fmt::format("read '{}'", path); }

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
std::map<std::string, std::string> xattrs_of(const std::string& path) {
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

/// Where a symlink leads; or errno.
std::expected<std::string, int> link_at(int folder, const char* name, size_t size) {
  for (std::string out(size + 1, '\0');; out.resize(2 * out.size())) {
    const ssize_t count = ::readlinkat(folder, name, out.data(), out.size());
    if (count < 0) return std::unexpected(errno);
    if (static_cast<size_t>(count) == out.size()) continue;
    out.resize(static_cast<size_t>(count));
    return out;
  }
}

struct CloseStream {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

struct Node {
  TarEntry entry;
  std::pair<dev_t, ino_t> file;
};

/// A folder whose nodes are still to be found. `path` has a slash at its end, and so has `prefix`, which what lies in it begins with, but for the root's.
struct Folder {
  std::string path, prefix;
  dev_t device;
  int depth;
};

/// Several threads take folders one after the other, and put those back that they find in them.
class Walk {
 public:
  explicit Walk(Folder root) { folders_.push_back(std::move(root)); }

  /// What one thread does.
  void take_part() {
    std::vector<Node> nodes;
    std::vector<Folder> found;
    std::unique_lock hold(mutex_);
    for (;;) {
      changed_.wait(hold, [&] { return !folders_.empty() || busy_ == 0; });
      if (folders_.empty()) break;
      const Folder next = std::move(folders_.back());
      folders_.pop_back();
      ++busy_;
      hold.unlock();
      Done done = list(next, nodes, found);
      hold.lock();
      --busy_;
      // Of several errors that of the first path, however many threads there are.
      if (!done) errors_.emplace(next.path, std::move(done).error());
      std::ranges::move(found, std::back_inserter(folders_));
      found.clear();
      if (folders_.size() > 1 || busy_ == 0) changed_.notify_all();
    }
    std::ranges::move(nodes, std::back_inserter(nodes_));
  }

  /// By path. Names of one file are told apart only then: folders come in another order than paths (`a/x` before `a.b/x`, and behind it).
  Result<std::vector<TarEntry>> finish() {
    if (!errors_.empty()) return std::unexpected(std::move(errors_.begin()->second));
    std::vector<size_t> order(nodes_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, {}, [&](size_t at) -> const std::string& { return nodes_[at].entry.path; });
    std::map<std::pair<dev_t, ino_t>, size_t> names;  // by place in `out`
    std::vector<TarEntry> out;
    out.reserve(nodes_.size());
    for (const size_t at : order) {
      Node& each = nodes_[at];
      if (each.entry.type == FileType::Regular) {
        const auto [first, fresh] = names.emplace(each.file, out.size());
        if (!fresh) each.entry.type = FileType::HardLink, each.entry.link = out[first->second].path, each.entry.size = 0;
      }
      out.push_back(std::move(each.entry));
    }
    return out;
  }

 private:
  static Done list(const Folder& folder, std::vector<Node>& nodes, std::vector<Folder>& found) {
    const std::string_view shown = std::string_view(folder.path).substr(0, folder.path.size() - 1);
    if (folder.depth > 512) return cannot(Kind::Invalid, what(shown), "folders lie too deep in each other");
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder.depth == 0 ? 0 : O_NOFOLLOW);
    Descriptor own(::open(std::string(shown).c_str(), flags));
    const std::unique_ptr<DIR, CloseStream> stream(own.open() ? ::fdopendir(own.get()) : nullptr);
    if (!stream) return system_error(what(shown), errno);
    const int open = own.release();
    for (;;) {
      errno = 0;
      const dirent* const each = ::readdir(stream.get());
      if (each == nullptr) return errno == 0 ? Done() : Done(system_error(what(shown), errno));
      const std::string_view name = each->d_name;
      if (name != "." && name != "..") TRY(node(folder, open, each->d_name, nodes, found));
    }
  }

  static Done node(const Folder& folder, int open, const char* name, std::vector<Node>& nodes, std::vector<Folder>& found) {
    const std::string path = folder.path + name;
    struct stat stat {};
    if (::fstatat(open, name, &stat, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? Done() : Done(system_error(what(path), errno));
    const auto type = type_of(stat.st_mode);
    if (!type) return {};
    TarEntry entry{.path = folder.prefix + name, .type = *type, .mode = stat.st_mode & 07777U, .uid = stat.st_uid, .gid = stat.st_gid, .mtime = stat.st_mtim.tv_sec};
    if (*type == FileType::Symlink) {
      auto link = link_at(open, name, static_cast<size_t>(stat.st_size));
      if (!link) return system_error(what(path), link.error());
      entry.link = std::move(*link);
    }
    if (*type == FileType::CharDevice || *type == FileType::BlockDevice) entry.device_major = major(stat.st_rdev), entry.device_minor = minor(stat.st_rdev);
    entry.xattrs = xattrs_of(path);
    if (*type == FileType::Regular) entry.size = static_cast<std::uint64_t>(stat.st_size);
    if (*type == FileType::Directory && stat.st_dev == folder.device) found.push_back({path + '/', entry.path + '/', folder.device, folder.depth + 1});
    nodes.push_back({std::move(entry), {stat.st_dev, stat.st_ino}});
    return {};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Folder> folders_;
  size_t busy_ = 0;  ///< threads that may find more
  std::vector<Node> nodes_;
  std::map<std::string, Error> errors_;  ///< by the path of the folder
};

}  // namespace

Result<std::vector<TarEntry>> list_tree(const Path& folder, size_t threads) {
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0) return system_error(what(folder.string()), errno);
  if (!S_ISDIR(found.st_mode)) return cannot(Kind::Invalid, what(folder.string()), "it is no folder");
  Walk walk({folder.string() + "/", {}, found.st_dev, 0});
  in_parallel(threads, threads, [&](size_t, size_t) { walk.take_part(); });
  return walk.finish();
}

struct TreeReader::State {
  bool real;
  Path root;
  std::string folder{};   ///< of the file that was read last
  Descriptor open{};      ///< that folder
};

TreeReader::TreeReader(const Files& files, Path folder) : state_(std::make_unique<State>(State{are_of_machine(files), std::move(folder)})) {}
TreeReader::~TreeReader() = default;

bool TreeReader::read(std::string_view path, std::uint64_t size, std::span<std::uint8_t> out) {
  State& state = *state_;
  if (!state.real || size >= out.size()) return false;
  const size_t slash = path.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  if (!state.open.open() || folder != state.folder) {
    state.folder = folder;
    state.open = Descriptor(::open((state.root / state.folder).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  const std::string name(path.substr(slash + 1));
  const Descriptor file(state.open.open() ? ::openat(state.open.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1);
  if (!file.open()) return false;
  // Read to its end is a file that gives less than there is room for.
  const ssize_t count = ::read(file.get(), out.data(), out.size());
  return count >= 0 && static_cast<std::uint64_t>(count) == size;
}

Done add_tree(Files& files, const Path& path, Hasher& hasher, int depth) {
  const auto stat = files.stat(path);
  if (!stat || depth > 32) {
    hasher.update("absent\n");
    return {};
  }
  if (stat->type == NodeType::Directory) {
    TRY_ASSIGN(const auto names, files.list(path));
    for (const std::string& name : names) {
      hasher.update(fmt::format("name {}\n", name));
      TRY(add_tree(files, path / name, hasher, depth + 1));
    }
    return {};
  }
  TRY_ASSIGN(const std::string content, files.read(path));
  hasher.update(fmt::format("file {}\n", content.size())).update(content);
  return {};
}

}  // namespace ashlar::host
