#pragma once
// Everything that an image holds, found in one pass over its bytes: files with their digests, packages of distributions, components of every ecosystem.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "inventory/ecosystems.h"
#include "inventory/target.h"

namespace ashlar::inventory {

/// What the ecosystems' readers found among the files that the image has in the end; what higher layers hide is not in it.
struct Found {
  std::vector<Component> components{};  ///< sorted by type, name, version, path
  std::vector<Component> claims{};      ///< of documents in the image, in the same order: never believed, but what is believed is held against them
  std::vector<std::string> notes{};     ///< what could not be judged, and why; sorted
  std::vector<Unread> unread{};         ///< records of packages of languages that tell nothing; sorted, and each is among the notes, too
  std::vector<std::string> damage{};    ///< records of package databases of distributions that do not read, and why; sorted
};

/// Gives each file that an ecosystem wants to its reader, while layers are being read and on the threads that read them. A file of at most
/// `in_memory` bytes is held until it has passed; a larger one is spooled. One that lies in a folder and is not small is opened where it lies.
class Collector {
 public:
  static constexpr std::uint64_t in_memory = 16 << 20;
  /// `files` must outlive it; `folder` is the root file system's, when that is what is read.
  explicit Collector(host::Files& files, host::Path folder = {});
  ~Collector();
  /// For `ReadOptions::onlooker`: another one each time.
  Onlooker* onlooker();
  /// What was found in the files of `contents`, which the onlookers saw. Called once.
  Found finish(const Contents& contents);

 private:
  class Watcher;
  host::Files& files_;
  host::Path folder_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
};

struct Inventory {
  Contents contents;
  Found found;
};

/// Reads a target once. `options` is for what the caller wants beside: digests and texts for judge_owners(), another onlooker. `beside` is called once all is
/// read, on another thread where there may be one, while what was found is put together.
Result<Inventory> read_inventory(Target& target, const ReadOptions& options = {}, const std::function<void(const Contents& contents)>& beside = {});

}  // namespace ashlar::inventory
