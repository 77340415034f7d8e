#pragma once
// `--key`: of those who sign, and of those who check.
#include <string>
#include <vector>

#include "cli/verb.h"
#include "pipeline/signatures.h"
#include "trust/key.h"

namespace ashlar::cli {

/// Opens the private key of a file, with the password of $ASHLAR_KEY_PASSWORD or $COSIGN_PASSWORD.
Result<trust::PrivateKey> open_private_key(const Context& context, const std::string& path);
/// Reads the public keys of files, each under its path as name.
Result<std::vector<pipeline::BelievedKey>> read_public_keys(const Context& context, const std::vector<std::string>& paths);

}  // namespace ashlar::cli
