#pragma once
// runc or crun, told to run containers and to leave nothing of them behind.
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/progress.h"
#include "host/machine.h"
#include "prove/inner/bundle.h"

namespace ashlar::prove {

using Deadline = std::chrono::steady_clock::time_point;

/// How a container's program, or one beside it, ended.
struct Ended {
  int exit_code = 0;
  bool timed_out = false;
  std::string output;  ///< standard output, then standard error; the first MiB of each
  size_t standard = 0;  ///< so many bytes of it, the first, are standard output
  std::string refusal;  ///< why the runtime could not start it: the image's fault (no such program), else empty
};

/// What this machine runs containers with. A work folder holds what is needed while they run; a program outside of ours removes them and the folder
/// when ours ends in any way, kill -9 among them.
class Runtime {
 public:
  /// NotFound with a sentence for people when this machine has no runtime, or no range of numbers for an ordinary user's containers. What runs before
  /// ours left behind is removed.
  static Result<std::unique_ptr<Runtime>> open(host::Machine& machine, const host::Path& state);
  ~Runtime();
  /// Removes what is left of containers, and the work folder; nothing can be run afterwards. Unavailable when the runtime cannot remove one: then its
  /// state stays where the message says. The destructor does the same, and keeps silent.
  Done close();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  const IdMaps& maps() const { return maps_; }
  const host::Path& work() const { return work_; }
  /// Whether containers get control groups; found out by the first that starts.
  bool control_groups() const { return control_groups_; }
  const std::string& name() const { return name_; }
  /// The user as this runtime starts it: runc refuses further groups to whoever is not root; what is left out is noted.
  ImageUser startable(ImageUser user, Progress& progress) const;

  /// Runs `program` as the first of a container until it ends or the deadline comes; then all of the container is killed. Unavailable when the machine
  /// cannot start any. With `log`, what it prints goes there as it comes, and not into `output`.
  Result<Ended> run(Cell cell, const Program& program, Deadline deadline, const std::string& id, const host::Path& log = {});
  /// Runs `program` in the container `id` beside what runs there.
  Result<Ended> run_beside(const Cell& cell, const Program& program, Deadline deadline, const std::string& id);
  /// The container's first process, once it is there.
  std::optional<int> process_of(const std::string& id);
  void signal(const std::string& id, const std::string& signal);
  /// Kills whatever is left of a container and forgets it.
  void remove(const std::string& id);

 private:
  explicit Runtime(host::Machine& machine) : machine_(machine) {}
  Done make_work(const host::Path& state);
  Result<Ended> run_once(const Cell& cell, const Program& program, Deadline deadline, const std::string& id, const host::Path& output, std::string& trouble);
  host::Command command(std::vector<std::string> arguments, Deadline deadline) const;

  host::Machine& machine_;
  std::string name_;
  IdMaps maps_;
  host::Path work_;
  std::unique_ptr<host::FileLock> lock_;
  bool control_groups_ = true;
};

}  // namespace ashlar::prove
