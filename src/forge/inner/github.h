#pragma once
// Pull requests at GitHub, by its Git database: blobs, a tree, a commit, a branch.
#include "forge/inner/forge.h"

namespace ashlar::forge {

/// Conflict when a file is not what the message says it is, or when somebody else's commit lies on the branch.
Result<Ticket> propose_at_github(Api& api, const Forge& forge, const Message& message);

}  // namespace ashlar::forge
