#pragma once
// Other scanners, run on the same image without a network, as they are installed here.
#include <span>
#include <string>

#include "pipeline/workshop.h"
#include "policy/outcomes.h"

namespace ashlar::pipeline {

/// `grype`, `trivy`
std::span<const std::string_view> peer_scanners();

/// What it says of an image (a file that it is put into), a root file system or a document. Why there is nothing is in the evidence: it is not installed, has no database,
/// failed, or its answer does not read. `digest`: of the target, for words.
policy::Evidence<policy::PeerAnswer> ask_peer(Workshop& workshop, std::string_view scanner, const std::string& target, const std::string& platform, const std::string& digest);

/// Reads an answer of `grype -o json` or `trivy --format json`.
Result<policy::PeerAnswer> read_grype(std::string_view text);
Result<policy::PeerAnswer> read_trivy(std::string_view text);

}  // namespace ashlar::pipeline
