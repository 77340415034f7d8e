#pragma once
// Bundles that others have made to be accepted or refused, laid out as sigstore-conformance does (test/assets/bundle-verify/README.md): a folder a case, whose
// name ends in `_fail` where the bundle must be refused. Beyond that layout, `artifact.sha256` may hold the artifact's digest in its place, and `artifact.any` say
// that whoever reads the envelope judges what it is about.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"

namespace conformance {

/// The texts of a case's files; what is not there is what sigstore-conformance takes in its place.
struct BundleCase {
  std::string name;
  bool good = false;  ///< to be accepted
  std::string bundle, artifact, trusted_root;
  std::optional<ashlar::Digest> artifact_digest;  ///< instead of the artifact
  bool any_artifact = false;
  std::optional<std::string> key;
  std::string identity, issuer;
};

struct Outcome {
  bool accepted = false;
  std::string why;  ///< each rule that did not hold, with its reason; empty when it was accepted
};

/// The cases of a folder by name. `trusted_root` is the root of those that bring none along; the artifact of those that bring none is the folder's `a.txt`.
std::vector<BundleCase> read_cases(const std::filesystem::path& folder, const std::string& trusted_root);
Outcome judge(const BundleCase& each);

}  // namespace conformance
