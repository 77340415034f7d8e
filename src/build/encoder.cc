#include "build/encoder.h"

#include <libdeflate.h>
#include <zstd.h>

#include <fmt/format.h>

namespace ashlar::build {

Result<std::string> codec_for(const plan::Definition& definition, const std::string& asked) {
  const std::string codec = !asked.empty() ? asked : !definition.codec.empty() ? definition.codec : "gzip";
  if (codec != "gzip" && codec != "zstd") return cannot(Kind::Invalid, fmt::format("compress layers with '{}'", codec), "the codecs are gzip and zstd");
  return codec;
}

plan::Encoder encoder(const std::string& codec) {
  if (codec == "zstd") return {"zstd", "libzstd", ZSTD_versionString(), 9};
  return {"gzip", "libdeflate", LIBDEFLATE_VERSION_STRING, 6};
}

plan::Encoder encoder_like(const plan::Encoder& locked) {
  plan::Encoder ours = encoder(locked.codec);
  ours.level = locked.level;
  return ours;
}

}  // namespace ashlar::build
