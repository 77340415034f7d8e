#pragma once
// The image that ran so far and the hardened one that shall take its place, run one after the other and compared (docs/proving-migrations.md).
#include <string>
#include <vector>

#include "base/json.h"
#include "pipeline/workshop.h"
#include "prove/watched.h"

namespace ashlar::pipeline {

struct ProofOptions {
  std::string platform{};                   ///< of images for several; this machine's where it is empty
  std::vector<prove::Request> requests{};
  std::optional<std::vector<std::string>> arguments{};  ///< in place of the cmd of both
  std::vector<std::vector<std::string>> alone{}, beside{};
  std::map<std::string, std::string> environment{};
  std::chrono::seconds patience{30};
  bool writable_root = false;               ///< the new image may write to its root, too
};

struct MigrationProof {
  enum class Answer { Same, Differs, Unknown };  ///< differs: something that worked does not any more
  std::string old_ref, new_ref;
  Digest old_image = Digest::from({}), new_image = Digest::from({});  ///< manifests of the platform
  std::string platform;
  std::string doubt;                        ///< why it cannot be said; empty: it can
  prove::Watched before{}, after{};
  std::vector<prove::Change> changes{};     ///< breaking ones first
  Answer answer() const;
};
/// `same`, `differs`, `unknown`.
std::string_view to_string(MigrationProof::Answer answer);

/// Runs both: the old one as engines do of which nothing is asked, the new one with a read-only root and without capabilities; each as its own user, in a
/// network of its own. What this machine cannot run, and an old image that does not do anything by itself, is a doubt and no error.
Result<MigrationProof> prove_migration(Workshop& workshop, const std::string& old_ref, const std::string& new_ref, const ProofOptions& options);

/// `https://ashlar.dev/migration-proof/v1`.
Json to_json(const MigrationProof& proof);
/// For people: what was seen of both, then what differs, a line each.
std::string to_text(const MigrationProof& proof);

}  // namespace ashlar::pipeline
