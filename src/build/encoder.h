#pragma once
// Which encoder packs layers here; it stands in the lock, since compressed bytes differ between libraries and their versions.
#include <string>

#include "base/result.h"
#include "plan/definition.h"
#include "plan/lock.h"

namespace ashlar::build {

/// `asked`, else the definition's `compression` where it is written down, else gzip. Invalid when it is neither gzip nor zstd.
Result<std::string> codec_for(const plan::Definition& definition, const std::string& asked);
/// The encoder of this program for a codec.
plan::Encoder encoder(const std::string& codec);
/// The encoder of this program for the codec and level of a lock's.
plan::Encoder encoder_like(const plan::Encoder& locked);

}  // namespace ashlar::build
