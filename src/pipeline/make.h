#pragma once
// From a definition to a published image, with a gate before it.
#include <functional>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "attest/support.h"
#include "pipeline/build.h"
#include "pipeline/notes.h"
#include "pipeline/scan.h"
#include "pipeline/sign.h"
#include "policy/policy.h"

namespace ashlar::pipeline {

struct MakeOptions {
  BuildOptions build{};
  ScanOptions scan{};
  policy::Policy policy{};
  const trust::PrivateKey* key = nullptr;  ///< null: nothing is signed and nothing said
  std::string builder{};                   ///< a URI: who answers for the build in its provenance
  bool run = true;                         ///< run tests, too
  std::optional<attest::SupportSaid> support{};  ///< what is promised for the image
  bool publish = true;                     ///< what passes; else it stays a candidate, one of its own, and nothing is asked of `to` but what is there
  std::vector<std::string> tags{};         ///< that move, in the place of the definition's
  std::function<Done(const Digest&)> before_tags{};  ///< called once all else lies there, before the first tag moves: what it keeps is there whenever the rest is cut off
  std::optional<Digest> tested{};          ///< this image, which lies at `to`, is judged once more and its tags are moved: nothing is built
};

struct Made {
  std::string definition;
  Digest digest = Digest::from({});     ///< of the candidate: a manifest, or an index
  std::string candidate{};              ///< where it lies, whatever the gate said
  policy::GateVerdict verdict{};
  std::string former{};                 ///< what its tag pointed at, by digest; empty: nothing was published before
  std::vector<Notes> notes{};           ///< against that, of each platform that both have; none where it is the same image
  std::string revision{};               ///< what it was published as; empty: it was not
  std::vector<std::string> moved{};     ///< tags that point at it now and did not before
  std::vector<std::string> tags{};      ///< that it was published under, moved or not
  std::string promise{};                ///< what a signed statement says is promised, as promise_identity(); empty: nothing
  std::string lock{}, definition_digest{};  ///< what it was made from: lock_identity(), definition_identity()
  plan::Lock locked{};                  ///< that lock
  std::vector<Placed> statements{};     ///< and signatures
  std::vector<scan::Report> reports{};  ///< of each platform
  struct Timings { double build = 0, test = 0, scan = 0, compare = 0, describe = 0, publish = 0, total = 0; } timings{};  ///< seconds of wall time
};

/// Reads a policy; without a path it is the default.
Result<policy::Policy> load_policy(const host::Machine& machine, const host::Path& path);

/// Where what is made may go: `oci:DIR[:TAG]` or `docker://HOST/REPO[:TAG]`.
Result<oci::ImageRef> parse_destination(std::string_view text);

/// Locks, builds, tests, scans and judges; what passes is described, pushed by its digest and signed there, and then its tags are moved (docs/making.md). What
/// is stopped stays where it is as a candidate, and nothing at `to` is changed. Killed at any moment, the same call goes on. With `tested` nothing is locked,
/// built or pushed: that digest is judged where it lies, and no other is published.
Result<Made> make(Workshop& workshop, advisory::Database& database, const host::Path& definition, const oci::ImageRef& to, const MakeOptions& options);

}  // namespace ashlar::pipeline
