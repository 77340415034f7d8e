#pragma once
// The image so far on this machine's disk, for programs of it that run in the offline sandbox.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/tar.h"
#include "build/inner/world.h"
#include "host/machine.h"

namespace ashlar::build {

/// Where programs in the sandbox find what is staged for them; they may write there.
inline constexpr std::string_view stage_inside = "/run/ashlar";
/// The most that one file of the tree, or of what ran, may hold.
inline constexpr std::uint64_t largest_in_sandbox = std::uint64_t{512} << 20;

/// Whether programs of dpkg's `architecture` run on this machine.
bool runs_here(std::string_view architecture);

/// A tar archive being written.
class StageArchive {
 public:
  explicit StageArchive(Sink& to) : to_(to) {}  // borrowed
  Done add(TarEntry entry, BytesView content);
  Done add_text(std::string path, std::string_view text, std::uint32_t mode);
  Done end() { return to_.write(Bytes(tar_end_size)); }

 private:
  Sink& to_;
};

/// What a path of the image was before anything ran.
struct Seen { FileType type = FileType::Regular; std::uint32_t mode = 0; std::string link{}; std::optional<Digest> content{}; };
using Snapshot = std::map<std::string, Seen>;

/// `root/` and `stage/` below a folder that is emptied before and removed by done(), and locked against others in between.
class SandboxRoot {
 public:
  /// Lays out `world`, and below `stage/` what `add_stage` writes. Unavailable without tar; `what` begins the texts of errors.
  static Result<SandboxRoot> lay_out(const World& world, const host::Path& folder, const std::function<Done(StageArchive&)>& add_stage, host::Machine& machine, std::string what);
  /// Runs a program of the root, offline, as its only user. Unavailable without bubblewrap, Invalid when it fails.
  Done run(std::vector<std::string> argv, std::map<std::string, std::string> environment);
  /// The root as it is now, as a tar archive.
  Result<std::unique_ptr<host::ReadFile>> archived();
  const Snapshot& before() const { return before_; }
  host::Path stage() const { return folder_ / "stage"; }
  Done done() { return machine_->files->remove_tree(folder_); }

 private:
  SandboxRoot(host::Machine& machine, host::Path folder, std::string what, std::unique_ptr<host::FileLock> lock)
      : machine_(&machine), folder_(std::move(folder)), what_(std::move(what)), lock_(std::move(lock)) {}
  Done run_program(host::Command command);

  host::Machine* machine_;
  host::Path folder_;
  std::string what_;
  std::unique_ptr<host::FileLock> lock_;
  Snapshot before_;
};

}  // namespace ashlar::build
