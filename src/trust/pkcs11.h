#pragma once
// Keys in hardware security modules: named by URIs (RFC 7512), reached through the module of their vendor (PKCS #11), which they never leave.
#include <functional>
#include <string>
#include <string_view>

#include "trust/key.h"

namespace ashlar::trust {

/// Whether it names a key in a token: `pkcs11:...`.
bool is_token_uri(std::string_view reference);

struct TokenOptions {
  std::string module;  ///< the module where the URI names none with `module-path`; empty: those that p11-kit is configured with
  /// Gives the PIN when the token wants one and the URI has none (`pin-value`); `pin_source` is what the URI says of where it is, or empty.
  std::function<Result<Secret>(std::string_view token, const std::string& pin_source)> pin;
};

/// The private key that the URI names. Its session stays open, and is logged in once, for as long as the key or a copy lives. NotFound when no token or key is so
/// named (the error lists those there are), Conflict when several are, Denied for a wrong PIN, Unavailable when the module does not load or the token fails.
Result<PrivateKey> open_token_key(std::string_view uri, const TokenOptions& options);

/// The public half alone. The PIN is asked for only where the token shows nothing without it.
Result<PublicKey> read_token_key(std::string_view uri, const TokenOptions& options);

}  // namespace ashlar::trust
