#pragma once
// Sigstore's trusted_root.json (protobuf-specs, sigstore_trustroot.proto, TrustedRoot 0.1 and 0.2): whom we believe, and when.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::trust {

/// Both ends belong to it; an end that is not there does not limit.
struct Period {
  std::optional<Time> start, end;
  bool holds(Time time) const { return (!start || *start <= time) && (!end || time <= *end); }
};

/// A log of signatures (Rekor) or of certificates (CT).
struct TransparencyLog {
  std::string base_url;
  std::string id;   ///< bytes
  std::string key;  ///< SubjectPublicKeyInfo in DER
  Period valid_for;
};

/// An authority for signing certificates (Fulcio) or for timestamps.
struct Authority {
  std::string uri;
  std::vector<std::string> certificates;  ///< DER, in issuing order; the last one is the anchor. Never empty
  Period valid_for;
};

struct TrustRoot {
  std::vector<Authority> authorities;
  std::vector<TransparencyLog> logs;
  std::vector<TransparencyLog> certificate_logs;
  std::vector<Authority> timestamp_authorities;
};

/// Every key and certificate in it must be readable, and every log must say from when on its key counts; `path` names it in errors.
Result<TrustRoot> read_trust_root(std::string_view text, std::string_view path);

/// The log with this id, or null.
const TransparencyLog* find_log(const std::vector<TransparencyLog>& logs, std::string_view id);

}  // namespace ashlar::trust
