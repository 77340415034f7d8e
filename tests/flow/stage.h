#pragma once
// A place for one flow: a folder that goes with the test, a home and caches in it, and the program run there as a person would run it.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "host/machine.h"

namespace ashlar::flow {

using Words = std::vector<std::string>;

/// How a program ended.
struct Ran {
  int code = -1;
  std::string out, err;
  std::string told;  ///< command, exit code and output, for messages of tests
};

class Stage {
 public:
  Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage();

  /// Runs the program in folder(): `ashlar` and `arguments`.
  Ran ashlar(Words arguments) const;
  /// Runs any program in folder() with this stage's environment.
  Ran run(Words argv) const;
  /// The answer of `arguments` with `--format json --quiet`, or null with a failure of the test when it exits with another code or says no JSON.
  Json json(Words arguments, int code = 0) const;
  /// The root digest of one definition built to `to`, or what went wrong.
  std::string digest(const std::string& definition, const std::string& to, Words more = {}) const;

  const host::Path& folder() const { return folder_; }
  host::Path cache() const;  ///< where the program keeps its cache
  std::string read(const host::Path& path) const;  ///< relative to folder(); empty when there is none
  void write(const host::Path& path, std::string_view content) const;
  bool exists(const host::Path& path) const;

  std::map<std::string, std::string> environment;  ///< all that programs get
  Words before;                                    ///< put before every command: `runuser`, `-u`, `nobody`, `--`

 private:
  host::Path folder_;
  host::Machine machine_;
};

/// Files of a cache whose bytes are not those that their names tell, and drafts that were left; empty when all is well. Folders of blobs are those
/// named `sha256`.
std::string broken_entries(const host::Path& cache);

/// Where `value` has not the form of `shape`: types are those of the shape's values, of a list its first element is the form of each, an object needs
/// the shape's keys and may have more, null takes anything. Empty when it has.
std::string misfit(const Json& value, const Json& shape, const std::string& place = "$");

/// The `ashlar` under test: the one just built, or the one that ASHLAR_PROGRAM names (one that is installed, say).
std::string program_under_test();

/// The program's path when this machine has it.
std::optional<std::string> program(std::string_view name);
bool is_root();

/// Pulls `ref` (relative to the stage, as `oci:out:1`) into a storage of its own and runs it with `arguments`: read-only, no capabilities, no network.
/// Where the machine's control groups do not let it, without them.
Ran podman_run(Stage& stage, const std::string& ref, const Words& arguments);
/// Whether podman failed since this machine lets it start no container at all, which is no fault of the image's.
bool cannot_contain(const Ran& ran);

/// `text` as one word of a shell's command line.
std::string shell_word(std::string_view text);

}  // namespace ashlar::flow

#define ASHLAR_NEED(name) \
  if (!ashlar::flow::program(name)) GTEST_SKIP() << "this machine has no " << (name)
