#pragma once
// ASN.1 times as Time.
#include <openssl/asn1.h>

#include <memory>
#include <optional>

#include "base/time.h"

namespace ashlar::trust {

/// Whole seconds; nothing when it is no time.
inline std::optional<Time> moment(const ASN1_TIME* time) {
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch(ASN1_TIME_set(nullptr, 0), ASN1_TIME_free);
  int days = 0, seconds = 0;
  if (time == nullptr || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return std::nullopt;
  return Time{std::int64_t{days} * 86400 + seconds};
}

}  // namespace ashlar::trust
