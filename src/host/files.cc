#include "host/files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "host/inner/draft.h"
#include "host/inner/file_version.h"
#include "host/inner/machine_files.h"
#include "host/inner/system.h"

namespace ashlar::host {
namespace {

constexpr std::uint64_t max_whole_file = std::uint64_t{1} << 30;

std::string what(std::string_view verb, const Path& path) { return fmt::format("{} '{}'", verb, path.string()); }
Path folder_of(const Path& path) { return path.has_parent_path() ? path.parent_path() : Path("."); }

Done write_into(const Path& path, std::string_view content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.open()) return system_error(what("open file", path), errno);
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count >= 0) content.remove_prefix(static_cast<size_t>(count));
    else if (errno != EINTR) return system_error(what("write file", path), errno);
  }
  return {};
}

/// Makes the folders of a tree readable and writable to their owner, so that what is in them can go. Follows no symlink.
void open_up(const Path& folder) {
  std::error_code error;
  if (std::filesystem::symlink_status(folder, error).type() != std::filesystem::file_type::directory) return;
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, std::filesystem::perm_options::add, error);
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) open_up(at->path());
}

class DiskFile final : public ReadFile {
 public:
  DiskFile(Descriptor file, std::uint64_t size, Path path) : file_(std::move(file)), size_(size), path_(std::move(path)) {}
  std::uint64_t size() const override { return size_; }
  int number() const { return file_.get(); }
  Result<size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    for (;;) {
      const ssize_t count = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (count >= 0) return static_cast<size_t>(count);
      if (errno != EINTR) return system_error(what("read file", path_), errno);
    }
  }

 private:
  Descriptor file_;
  std::uint64_t size_;
  Path path_;
};

class DiskSpool final : public Spool {
 public:
  DiskSpool(Descriptor file, Path folder) : file_(std::move(file)), folder_(std::move(folder)) {}
  Done write(BytesView bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error(what("write into folder", folder_), errno);
      bytes = bytes.subspan(static_cast<size_t>(count));
      size_ += static_cast<std::uint64_t>(count);
    }
    return {};
  }
  Result<std::unique_ptr<ReadFile>> finish() override { return std::make_unique<DiskFile>(std::move(file_), size_, folder_); }

 private:
  Descriptor file_;
  Path folder_;
  std::uint64_t size_ = 0;
};

class DiskLock final : public FileLock {
 public:
  explicit DiskLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;  // flock(2): released with its last descriptor
};

class FileSource final : public Source {
 public:
  explicit FileSource(std::unique_ptr<ReadFile> file) : file_(std::move(file)) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    TRY_ASSIGN(const size_t count, file_->read_at(offset_, out));
    offset_ += count;
    return count;
  }

 private:
  std::unique_ptr<ReadFile> file_;
  std::uint64_t offset_ = 0;
};

class MachineFiles final : public Files {
 public:
  Result<std::string> read(const Path& path) override {
    TRY_ASSIGN(const auto file, open(path));
    if (file->size() > max_whole_file) return cannot(Kind::Invalid, what("read file", path), "it is larger than 1 GiB");
    std::string text(file->size(), '\0');
    for (size_t at = 0;;) {
      if (at == text.size()) text.resize(at + 4096);  // also for files that tell no size, as those of /proc
      TRY_ASSIGN(const size_t count, file->read_at(at, {reinterpret_cast<std::uint8_t*>(text.data()) + at, text.size() - at}));
      at += count;
      if (at > max_whole_file) return cannot(Kind::Invalid, what("read file", path), "it is larger than 1 GiB");
      if (count == 0) {
        text.resize(at);
        return text;
      }
    }
  }

  Result<std::unique_ptr<ReadFile>> open(const Path& path) override {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));  // a pipe's open would wait for a writer
    struct stat stat {};
    if (!file.open() || ::fstat(file.get(), &stat) != 0) return system_error(what("open file", path), errno);
    if (S_ISFIFO(stat.st_mode)) return cannot(Kind::Invalid, what("open file", path), "it is a pipe");
    if (S_ISDIR(stat.st_mode)) return cannot(Kind::Invalid, what("open file", path), "it is a folder");
    return std::make_unique<DiskFile>(std::move(file), static_cast<std::uint64_t>(stat.st_size), path);
  }

  Done write(const Path& path, std::string_view content, Durability durability) override {
    // A device or pipe (/dev/null, /dev/stdout) is written to: a draft would take its place.
    struct stat there {};
    if (::stat(path.c_str(), &there) == 0 && (S_ISCHR(there.st_mode) || S_ISFIFO(there.st_mode))) return write_into(path, content);
    TRY_ASSIGN(const auto file, DiskDraft::make(folder_of(path)));
    TRY(file->write(as_bytes(content)));
    return file->commit(path, durability);
  }

  Result<std::unique_ptr<Draft>> draft(const Path& folder) override { return DiskDraft::make(folder); }

  Result<std::unique_ptr<Spool>> spool() override {
    std::error_code error;
    const Path folder = std::filesystem::temp_directory_path(error);
    if (error) return system_error("find the folder for temporary files", error.value());
    Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file.open()) {  // a file system without nameless files
      std::string name = (folder / ".ashlar-spool-XXXXXX").string();
      file = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
      if (!file.open()) return system_error(what("write into folder", folder), errno);
      ::unlink(name.c_str());
    }
    return std::make_unique<DiskSpool>(std::move(file), folder);
  }

  Result<FileStat> stat(const Path& path) override {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return system_error(what("look at", path), errno);
    FileStat out;
    if (S_ISREG(found.st_mode)) out.type = NodeType::Regular;
    if (S_ISDIR(found.st_mode)) out.type = NodeType::Directory;
    out.size = static_cast<std::uint64_t>(found.st_size);
    out.mode = found.st_mode & 07777;
    out.modified.seconds = found.st_mtim.tv_sec;
    return out;
  }

  Result<Path> canonical(const Path& path) override {
    std::error_code error;
    Path out = std::filesystem::canonical(path, error);
    if (error) return system_error(what("follow", path), error.value());
    return out;
  }

  bool exists(const Path& path) override {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0;
  }

  Result<std::vector<std::string>> list(const Path& folder) override {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) names.push_back(at->path().filename().string());
    if (error) return system_error(what("list folder", folder), error.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  Done make_folders(const Path& folder) override { return host::make_folders(folder); }

  Done remove(const Path& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(what("remove file", path), errno);
    return {};
  }

  Done remove_tree(const Path& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error == std::errc::permission_denied) {
      open_up(path);
      std::filesystem::remove_all(path, error);
    }
    if (error) return system_error(what("remove folder", path), error.value());
    return {};
  }

  Done link_or_copy(const Path& from, const Path& to) override {
    Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source.open()) return system_error(what("open file", from), errno);
    TRY_ASSIGN(const auto draft, DiskDraft::make(folder_of(to)));
    TRY(draft->copy_from(source.get(), from));
    return draft->commit(to, Durability::Disk);
  }

  Done touch(const Path& path) override {
    if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) return system_error(what("touch file", path), errno);
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const Path& path) override {
    TRY(host::make_folders(path.parent_path()));
    for (;;) {
      Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
      if (!file.open() && errno == EACCES) file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));  // another user made it
      if (!file.open()) return system_error(what("lock file", path), errno);
      while (::flock(file.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return system_error(what("lock file", path), errno);
      }
      // Who held it may have removed it while we waited: then ours is a lock on nothing, and others lock the new file.
      struct stat ours {}, present {};
      if (::fstat(file.get(), &ours) != 0) return system_error(what("lock file", path), errno);
      if (::stat(path.c_str(), &present) == 0 && present.st_ino == ours.st_ino && present.st_dev == ours.st_dev) return std::make_unique<DiskLock>(std::move(file));
    }
  }
};

}  // namespace

std::optional<FileVersion> version_of(const ReadFile& file) {
  constexpr std::int64_t second = 1'000'000'000, tick = second / 10;  // kernels count changes by ticks of 10 ms at most
  const auto* const disk = dynamic_cast<const DiskFile*>(&file);
  struct stat found {};
  struct statfs system {};
  timespec now{};
  if (disk == nullptr || ::fstat(disk->number(), &found) != 0 || !S_ISREG(found.st_mode) || ::fstatfs(disk->number(), &system) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0) return std::nullopt;
  // Whose times are those of this machine's kernel, in nanoseconds.
  constexpr std::array<std::uint32_t, 5> known = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC};
  if (std::find(known.begin(), known.end(), static_cast<std::uint32_t>(system.f_type)) == known.end() || found.st_ctim.tv_nsec == 0) return std::nullopt;
  const std::int64_t changed = found.st_ctim.tv_sec * second + found.st_ctim.tv_nsec, age = now.tv_sec * second + now.tv_nsec - changed;
  if (age < tick) return std::nullopt;
  return FileVersion{static_cast<std::int64_t>(found.st_dev), static_cast<std::int64_t>(found.st_ino), found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ctim.tv_sec, found.st_ctim.tv_nsec};
}

bool are_of_machine(const Files& files) { return dynamic_cast<const MachineFiles*>(&files) != nullptr; }

std::unique_ptr<Files> machine_files() { return std::make_unique<MachineFiles>(); }

std::unique_ptr<Source> stream(std::unique_ptr<ReadFile> file) { return std::make_unique<FileSource>(std::move(file)); }

}  // namespace ashlar::host
