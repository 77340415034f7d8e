#pragma once
// Files being written: without a name until they are whole, where the file system can do that.
#include <memory>

#include "host/files.h"
#include "host/inner/system.h"

namespace ashlar::host {

/// Makes a folder and those above it, 0755 whatever the umask; Conflict when a file lies in the way. An empty path is the present folder.
Done make_folders(const Path& folder);

/// A draft is a file without a name (O_TMPFILE), of which a crash leaves nothing; or, where the file system has none such, one whose name begins
/// with `.ashlar-draft-`, which a clean-up may take away.
class DiskDraft final : public Draft {
 public:
  static Result<std::unique_ptr<DiskDraft>> make(const Path& folder);
  DiskDraft(Descriptor file, Path folder, Path name) : file_(std::move(file)), folder_(std::move(folder)), name_(std::move(name)) {}
  DiskDraft(const DiskDraft&) = delete;
  DiskDraft& operator=(const DiskDraft&) = delete;
  ~DiskDraft() override;
  Done write(BytesView bytes) override;
  /// All of another open file, the cheapest way there is: shared blocks, a copy inside the kernel, read and write.
  Done copy_from(int source, const Path& source_path);
  Done commit(const Path& target, Durability durability) override;

 private:
  Done give_name(const Path& target);

  Descriptor file_;
  Path folder_;
  Path name_;  // empty: it has none
};

}  // namespace ashlar::host
