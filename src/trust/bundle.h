#pragma once
// Sigstore bundles (protobuf-specs, sigstore_bundle.proto): one signature and what is needed to check it without a network.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "trust/dsse.h"

namespace ashlar::trust {

/// What bundles are written as.
inline constexpr std::string_view bundle_media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";

enum class BundleVersion { V0_1, V0_2, V0_3 };

/// The proof that a leaf is in a Merkle tree (RFC 6962, section 2.1.1), with the signed note that names the tree's root.
struct InclusionProof {
  std::int64_t log_index = 0;  ///< within the tree, which may be a shard of the log
  std::int64_t tree_size = 0;
  std::string root_hash;
  std::vector<std::string> hashes;  ///< from leaf to root
  std::string checkpoint;           ///< a signed note
};

/// An entry of a transparency log (Rekor).
struct LogEntry {
  std::string log_id;           ///< bytes
  std::int64_t log_index = 0;   ///< of the whole log, never negative
  std::string kind, version;    ///< `hashedrekord` `0.0.1`
  std::int64_t integrated_time = 0;  ///< seconds since 1970; 0: not given. Worth nothing without a promise that holds
  std::string promise;          ///< signed entry timestamp; empty: none
  std::optional<InclusionProof> proof;
  std::string body;             ///< canonical JSON
};

struct CertificateMaterial {
  std::string der;
};
/// Leaf first. Only the leaf is believed to be what was meant; the rest may help to reach a trusted one.
struct ChainMaterial {
  std::vector<std::string> der;
};
struct KeyMaterial {
  std::string hint;
};

struct MessageSignature {
  std::string algorithm;  ///< as protobuf-specs names it: `SHA2_256`; empty with `digest`: not given
  std::string digest;     ///< bytes; says which artifact is meant, proves nothing
  std::string signature;
};

struct Bundle {
  BundleVersion version = BundleVersion::V0_3;
  std::string media_type{bundle_media_type};  ///< as it was spelled
  std::variant<CertificateMaterial, ChainMaterial, KeyMaterial> material;
  std::vector<LogEntry> entries;
  std::vector<std::string> timestamps;  ///< RFC 3161 TimeStampResp, DER
  std::variant<Envelope, MessageSignature> content;
};

/// Reads a bundle of version 0.1, 0.2 or 0.3 in any spelling of its media type; `path` names it in errors. Refused: fields that there are not, entries without
/// a promise in 0.1 or without a proof from 0.2 on, a chain in 0.3, more than 32 entries or timestamps. Nothing is verified here.
Result<Bundle> read_bundle(std::string_view text, std::string_view path);
/// As cosign writes it: members in their order, empty lists left out.
Json to_json(const Bundle& bundle);
/// Its compact JSON.
std::string to_text(const Bundle& bundle);

}  // namespace ashlar::trust
