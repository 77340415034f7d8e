#include "host/files.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include <fmt/format.h>

#include "host/inner/system.h"

namespace ashlar::host {
namespace {

constexpr std::uint64_t max_whole_file = std::uint64_t{1} << 30;
/// Drafts that a crash left behind begin so; cache clean-ups take them away.
constexpr std::string_view draft_prefix = ".ashlar-draft-";

std::string what(std::string_view verb, const Path& path) { return fmt::format("{} '{}'", verb, path.string()); }

class DiskFile final : public ReadFile {
 public:
  DiskFile(Descriptor file, std::uint64_t size, Path path) : file_(std::move(file)), size_(size), path_(std::move(path)) {}
  std::uint64_t size() const override { return size_; }
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

Done write_fully(int file, BytesView bytes, const Path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(what("write file", path), errno);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

class DiskDraft final : public Draft {
 public:
  DiskDraft(Descriptor file, Path path) : file_(std::move(file)), path_(std::move(path)) {}
  ~DiskDraft() override {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Done write(BytesView bytes) override { return write_fully(file_.get(), bytes, path_); }
  Done commit(const Path& target) override {
    // The bytes must be on disk before the name is: else a power cut could leave a name with holes behind it.
    if (::fdatasync(file_.get()) != 0 && errno != EINVAL) return system_error(what("write file", target), errno);
    if (::rename(path_.c_str(), target.c_str()) != 0) return system_error(what("write file", target), errno);
    path_.clear();
    file_.close();
    return {};
  }

 private:
  Descriptor file_;
  Path path_;
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
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    struct stat stat {};
    if (!file.open() || ::fstat(file.get(), &stat) != 0) return system_error(what("open file", path), errno);
    if (S_ISDIR(stat.st_mode)) return cannot(Kind::Invalid, what("open file", path), "it is a folder");
    return std::make_unique<DiskFile>(std::move(file), static_cast<std::uint64_t>(stat.st_size), path);
  }

  Done write(const Path& path, std::string_view content) override {
    TRY_ASSIGN(const auto file, draft(path.has_parent_path() ? path.parent_path() : Path(".")));
    TRY(file->write(as_bytes(content)));
    return file->commit(path);
  }

  Result<std::unique_ptr<Draft>> draft(const Path& folder) override {
    TRY(make_folders(folder));
    static std::atomic<unsigned> count = 0;  // names of this process's drafts differ; the process's number tells them from others'
    for (int attempt = 0; attempt < 100; ++attempt) {
      Path path = folder / fmt::format("{}{}-{}", draft_prefix, ::getpid(), count.fetch_add(1));
      Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      if (file.open()) {
        ::fchmod(file.get(), 0644);  // whatever the umask
        return std::make_unique<DiskDraft>(std::move(file), std::move(path));
      }
      if (errno != EEXIST) return system_error(what("write into folder", folder), errno);
    }
    return cannot(Kind::Conflict, what("write into folder", folder), "drafts of others lie in the way");
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

  Done make_folders(const Path& folder) override {
    if (folder.empty()) return {};
    if (::mkdir(folder.c_str(), 0755) == 0) {
      ::chmod(folder.c_str(), 0755);
      return {};
    }
    if (errno == EEXIST) {
      struct stat found {};
      if (::stat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) return {};
      return cannot(Kind::Conflict, what("make folder", folder), "a file of that name is there");
    }
    if (errno != ENOENT || !folder.has_relative_path()) return system_error(what("make folder", folder), errno);
    TRY(make_folders(folder.parent_path()));
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return system_error(what("make folder", folder), errno);
    return {};
  }

  Done remove(const Path& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(what("remove file", path), errno);
    return {};
  }

  Done remove_tree(const Path& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return system_error(what("remove folder", path), error.value());
    return {};
  }

  Done link_or_copy(const Path& from, const Path& to) override {
    Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source.open()) return system_error(what("open file", from), errno);
    const Path folder = to.has_parent_path() ? to.parent_path() : Path(".");
    TRY(make_folders(folder));
    const Path temporary = folder / fmt::format("{}{}-copy-{}", draft_prefix, ::getpid(), to.filename().string());
    Descriptor target(::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!target.open()) return system_error(what("write file", to), errno);
    ::fchmod(target.get(), 0644);
    DiskDraft draft(std::move(target), temporary);
    TRY(copy_content(source.get(), temporary));
    return draft.commit(to);
  }

  Done touch(const Path& path) override {
    if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) return system_error(what("touch file", path), errno);
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const Path& path) override {
    if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file.open()) return system_error(what("lock file", path), errno);
    while (::flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return system_error(what("lock file", path), errno);
    }
    return std::make_unique<DiskLock>(std::move(file));
  }

 private:
  /// The cheapest way that the file systems allow: shared blocks, a copy inside the kernel, read and write.
  static Done copy_content(int source, const Path& temporary) {
    Descriptor target(::open(temporary.c_str(), O_WRONLY | O_CLOEXEC));
    if (!target.open()) return system_error(what("write file", temporary), errno);
    if (::ioctl(target.get(), FICLONE, source) == 0) return {};
    for (;;) {
      const ssize_t count = ::copy_file_range(source, nullptr, target.get(), nullptr, size_t{1} << 30, 0);
      if (count == 0) return {};
      if (count < 0) break;
    }
    if (::lseek(source, 0, SEEK_SET) != 0 || ::lseek(target.get(), 0, SEEK_SET) != 0 || ::ftruncate(target.get(), 0) != 0)
      return system_error(what("write file", temporary), errno);
    std::vector<std::uint8_t> buffer(1 << 20);
    for (;;) {
      const ssize_t count = ::read(source, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("read a file", errno);
      if (count == 0) return {};
      TRY(write_fully(target.get(), BytesView(buffer).first(static_cast<size_t>(count)), temporary));
    }
  }
};

}  // namespace

std::unique_ptr<Files> machine_files() { return std::make_unique<MachineFiles>(); }

std::unique_ptr<Source> stream(std::unique_ptr<ReadFile> file) { return std::make_unique<FileSource>(std::move(file)); }

}  // namespace ashlar::host
