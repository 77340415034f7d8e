#pragma once
// The difference of two inventories in full: applied to the one it gives the other.
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/json.h"
#include "inventory/contents.h"

namespace ashlar::inventory {

/// What an inventory says of one path, but for times.
struct FileState {
  FileType type = FileType::Regular;  ///< a hard link is the regular file that it shares
  std::uint32_t mode = 0, uid = 0, gid = 0;
  std::uint64_t size = 0;             ///< of a regular file
  std::optional<Digest> content{};    ///< likewise
  std::string link{};                 ///< of a symlink
  friend bool operator==(const FileState&, const FileState&) = default;
};

/// Paths without a leading slash, and versions of packages by `name:architecture`.
struct State {
  std::map<std::string, FileState> files;
  std::map<std::string, std::string> packages;
  friend bool operator==(const State&, const State&) = default;
};
State state_of(const Contents& contents);

struct Delta {
  template <class Value>
  using Rows = std::map<std::string, std::pair<std::optional<Value>, std::optional<Value>>>;  ///< before and after; one of both may lack
  Rows<FileState> files;
  Rows<std::string> packages;
};
Delta delta_of(const State& before, const State& after);
/// Conflict where `before` is not what the delta begins with; it names the first path or package.
Result<State> apply(const Delta& delta, State before);

/// `files` and `packages` of `https://ashlar.dev/attestation/changes/v1`.
Json to_json(const Delta& delta);
/// Invalid where it is none.
Result<Delta> read_delta(const Json& json);

}  // namespace ashlar::inventory
