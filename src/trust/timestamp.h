#pragma once
// Timestamps of authorities (RFC 3161, RFC 5816).
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "trust/trust_root.h"

namespace ashlar::trust {

/// When the authority has seen `bytes`. `response` is a TimeStampResp in DER whose token must be signed by the authority's own certificate, valid at that time,
/// for time stamping alone. NotFound: another authority signed it. Denied says what else is wrong.
Result<Time> check_timestamp(std::string_view response, std::string_view bytes, const Authority& authority);

}  // namespace ashlar::trust
