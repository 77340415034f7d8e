#pragma once
// The encryption of cosign's private key files (go-securesystemslib, `encrypted`): JSON that names scrypt's parameters, and NaCl's secretbox under the key
// that scrypt makes of the password.
#include <string>
#include <string_view>

#include "base/secret.h"

namespace ashlar::trust {

/// Corrupt for what is no such JSON; Invalid for parameters that cosign does not take either: they decide how much memory and time opening takes;
/// Denied when the password is another.
Result<Secret> open_box(std::string_view json, std::string_view password);
Result<std::string> seal_box(const Secret& content, std::string_view password);

}  // namespace ashlar::trust
