#include "host/inner/draft.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include <fmt/format.h>

namespace ashlar::host {
namespace {

std::string what(std::string_view verb, const Path& path) { return fmt::format("{} '{}'", verb, path.string()); }

/// A name that no other process takes, wherever it runs: several machines or containers may share a cache.
Path unused_name(const Path& folder) {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) random = static_cast<std::uint64_t>(::getpid());
  return folder / fmt::format(".ashlar-draft-{:016x}", random);
}

std::string own_link(const Descriptor& file) { return fmt::format("/proc/self/fd/{}", file.get()); }

Descriptor open_unnamed(const Path& folder) {
  Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // Without /proc there would be no way to name it later.
  if (file.open() && ::access(own_link(file).c_str(), F_OK) != 0) file.close();
  return file;
}

}  // namespace

Done make_folders(const Path& folder) {
  if (folder.empty()) return {};
  if (::mkdir(folder.c_str(), 0755) == 0) {
    if (::chmod(folder.c_str(), 0755) != 0) return system_error(what("make folder", folder), errno);
    return {};
  }
  if (errno == ENOENT && folder.has_parent_path() && folder.parent_path() != folder) {
    TRY(make_folders(folder.parent_path()));
    if (::mkdir(folder.c_str(), 0755) == 0) {
      if (::chmod(folder.c_str(), 0755) != 0) return system_error(what("make folder", folder), errno);
      return {};
    }
  }
  const int number = errno;
  struct stat found {};
  if (::stat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) return {};
  if (number == EEXIST || number == ENOTDIR) return cannot(Kind::Conflict, what("make folder", folder), "a file of that name is there");
  return system_error(what("make folder", folder), number);
}

Result<std::unique_ptr<DiskDraft>> DiskDraft::make(const Path& folder) {
  TRY(make_folders(folder));
  Path name;
  Descriptor file = open_unnamed(folder);
  for (int attempt = 0; !file.open() && attempt < 10; ++attempt) {
    name = unused_name(folder);
    file = Descriptor(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.open() && errno != EEXIST) return system_error(what("write into folder", folder), errno);
  }
  if (!file.open()) return cannot(Kind::Conflict, what("write into folder", folder), "drafts of others lie in the way");
  auto draft = std::make_unique<DiskDraft>(std::move(file), folder, std::move(name));
  if (::fchmod(draft->file_.get(), 0644) != 0) return system_error(what("write into folder", folder), errno);
  return draft;
}

DiskDraft::~DiskDraft() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

Done DiskDraft::write(BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(what("write into folder", folder_), errno);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

Done DiskDraft::copy_from(int source, const Path& source_path) {
  if (::ioctl(file_.get(), FICLONE, source) == 0) return {};
  while (::copy_file_range(source, nullptr, file_.get(), nullptr, size_t{1} << 30, 0) > 0) {}
  // What is left: everything where the kernel cannot copy, or does not know the size (files of /proc).
  std::vector<std::uint8_t> buffer(size_t{1} << 18);
  for (;;) {
    const ssize_t count = ::read(source, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(what("read file", source_path), errno);
    if (count == 0) return {};
    TRY(write(BytesView(buffer).first(static_cast<size_t>(count))));
  }
}

Done DiskDraft::commit(const Path& target, Durability durability) {
  if (!file_.open()) return fail(Kind::Invalid, fmt::format("internal error: the draft of '{}' was committed before", target.string()));
  if (durability == Durability::Disk && ::fdatasync(file_.get()) != 0 && errno != EINVAL) return system_error(what("write file", target), errno);
  TRY(give_name(target));
  name_.clear();
  file_.close();
  return {};
}

Done DiskDraft::give_name(const Path& target) {
  if (name_.empty()) {
    const std::string link = own_link(file_);
    if (::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
    if (errno != EEXIST) return system_error(what("write file", target), errno);
    // A link replaces nothing, a rename does.
    Path beside = unused_name(target.has_parent_path() ? target.parent_path() : Path("."));
    if (::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, beside.c_str(), AT_SYMLINK_FOLLOW) != 0) return system_error(what("write file", target), errno);
    name_ = std::move(beside);
  }
  if (::rename(name_.c_str(), target.c_str()) != 0) return system_error(what("write file", target), errno);
  return {};
}

}  // namespace ashlar::host
