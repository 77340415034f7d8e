#pragma once
// A certificate that exists for one test.
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::prove {

struct Certificate {
  std::string certificate, key;  ///< PEM
};

/// Self-signed, for `localhost`, 127.0.0.1 and ::1, ECDSA P-256, good from a day before `now` to a day after it.
Result<Certificate> make_certificate(Time now);

}  // namespace ashlar::prove
