#pragma once
// The fleet: every image that is kept up to date, and how (docs/formats/fleet.md).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "host/files.h"
#include "oci/ref.h"

namespace ashlar::pipeline {

/// Stable tags move after a time under another tag in which nobody stopped it.
struct Rollout {
  std::string canary;      ///< the tag that moves first: `3.13-canary`
  std::int64_t soak = 0;   ///< seconds from there to the stable tags
};

/// A repository whose files name an image of the fleet: it gets pull requests that move the digest in them.
struct FleetDownstream {
  std::string target;              ///< a forge of the configuration
  std::string project;             ///< empty: the target's
  std::string base;                ///< its branch; empty: its default
  std::vector<std::string> files;  ///< from the repository's root
  std::string name;                ///< what they call the image, without tag and digest
};

/// One image that is kept up to date.
struct FleetImage {
  host::Path definition;
  std::string to;                       ///< where it is published: `docker://HOST/REPO[:TAG]` or `oci:DIR[:TAG]`
  std::string written;                  ///< the same as the file has it
  std::string repository;               ///< the same without transport's prefix and tag: its name in the ledger
  std::optional<std::int64_t> cadence;  ///< seconds: made again at the latest so long after the last time
  std::optional<Time> from, until;      ///< of its support
  std::string owner;                    ///< who answers for it, as tickets say; empty: nobody is named
  std::string sla;                      ///< name of a preset, or path of a policy; empty: the fleet's policy
  std::optional<Rollout> rollout;
  std::string replaces;                 ///< the image that it took the place of, as a reference: what `ashlar outcomes` calls before; empty: none is known
  bool security_only = false;           ///< a renewal takes what security archives have newer, and nothing else
  std::vector<FleetDownstream> downstream{};
};

/// Where an application is built: a pipeline that is started when it cannot be rebased.
struct FleetBuild {
  std::string target;   ///< a forge of the configuration, or a webhook
  std::string project;  ///< empty: the target's
  std::string base;     ///< its branch; empty: its default
};

/// An image of somebody that is built on one of the fleet, or on an image of others whose tag is watched.
struct FleetApplication {
  std::string ref;              ///< `docker://HOST/REPO:TAG`
  std::string base;             ///< repository of a fleet image; of an image of others its reference, with the tag that is watched
  std::string to{};             ///< where it is written when it can be rebased, with a tag; empty: its owner is told
  std::string owner{};          ///< who builds it when it cannot be rebased
  bool base_of_others = false;
  host::Path tests{};           ///< a definition whose run tests it must pass on its new base; empty: none
  std::vector<FleetDownstream> downstream{};  ///< whose files name the base of others
  std::optional<FleetBuild> build{};          ///< none: its owner is told alone
};

struct Fleet {
  std::string path;
  std::vector<FleetImage> images;
  std::vector<FleetApplication> applications;
  host::Path policy;                    ///< the policy file; empty: the default
  std::int64_t announce = 90 * 86400;   ///< seconds before an end of life or of support when it is announced
};

/// What is meant by words of a command line: an image by its repository, by where it is published as the fleet has it or as any reference to it, or by its definition; an
/// application by its reference or by where it is written.
struct FleetChoice {
  std::vector<const FleetImage*> images{};
  std::vector<const FleetApplication*> applications{};
};
/// Without words all of it. NotFound names what the fleet has.
Result<FleetChoice> choose(const Fleet& fleet, const std::vector<std::string>& words);

/// What an image is called in the ledger: its repository, or `oci:` and the layout's folder, whatever the working folder is.
std::string ledger_name(const oci::ImageRef& place);

/// Reads a fleet; paths in it are relative to its folder. Every fault is in Error::faults. Two images may not be published under the same name.
Result<Fleet> read_fleet(std::string text, const host::Path& path);

}  // namespace ashlar::pipeline
