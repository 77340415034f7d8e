#pragma once
// How an image came to be: SLSA provenance v1 (slsa.dev/spec/v1.0/provenance), of the build type that docs/formats/provenance.md describes.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "plan/lock.h"

namespace ashlar::attest {

inline constexpr std::string_view build_type = "https://ashlar.dev/build/v1";

/// Something by name, address or digest (in-toto attestation framework, spec/v1/resource_descriptor.md).
struct Resource {
  std::string name{}, uri{};
  std::optional<Digest> digest{};
  std::map<std::string, std::string> annotations{};
};
Json to_json(const Resource& resource);

/// A file by its path, relative to the project or to the data that the program ships, and its bytes.
struct NamedDigest {
  std::string path{};
  Digest digest;
};

/// The program that did it.
struct Program {
  std::string version{};
  std::optional<Digest> digest{};  ///< of its file
};

/// What came out when the image was built again.
struct Rebuilt {
  std::string result{};           ///< `passed`, `failed`, `not-applicable`
  std::optional<Digest> image{};  ///< that was built again
  std::vector<std::string> evidence{};
};

struct Making {
  NamedDigest definition, lock;         ///< their files
  std::optional<NamedDigest> effects{}; ///< what was recorded of maintainer scripts
  std::vector<Resource> more{};         ///< what else went in: files of the definition's catalogue, declared effects
  std::string platform{}, variant{}, image_mirror{};
  std::string builder{};                ///< a URI: who built, as the caller answers for it
  Program program{};
  std::optional<Time> started{}, finished{};
  std::optional<Rebuilt> rebuilt{};
  std::optional<Digest> image_json{};   ///< of `/usr/share/ashlar/image.json` in the image
};

/// Every byte that went into the platform of `lock`, and who put it together how. NotFound when the lock lacks it; Invalid without a builder that is a URI.
Result<Json> provenance(const plan::Lock& lock, const Making& making);

}  // namespace ashlar::attest
