#pragma once
// Keys by the words of a command line: a file's path, or the URI of a key in a token (pkcs11:...), with the passwords that they need.
#include <string>
#include <string_view>

#include "host/machine.h"
#include "host/secrets.h"
#include "trust/key.h"

namespace ashlar::trust {

/// Where keys and their passwords are had from. Never from the command line, which every user of the machine reads.
struct KeyAccess {
  host::Machine& machine;
  host::Secrets& secrets;
  int descriptor = -1;         ///< `--password-fd`: its first line is the password; -1: none
  std::string module{};        ///< of PKCS #11, where neither the URI nor ASHLAR_PKCS11_MODULE names one; then PKCS11_MODULE_PATH and COSIGN_PKCS11_MODULE_PATH are looked at
};

/// A reference as it may be shown: without the PIN that a URI may have.
std::string shown(std::string_view reference);

/// The key in a PEM file, or in a token. A password is needed only where the key is encrypted, and with another than the empty one: the descriptor's, else that of ASHLAR_KEY_PASSWORD, else that of
/// COSIGN_PASSWORD, else the person at the terminal is asked, three times at most. A token's PIN likewise, but COSIGN_PKCS11_PIN in place of COSIGN_PASSWORD: wrong PINs lock a
/// token; and before all of these what the URI says (pin-value, pin-source). Invalid when the password does not open it, with what to do.
Result<PrivateKey> open_private_key(std::string_view reference, const KeyAccess& access);
/// The public key in a PEM file, or of a key in a token. Invalid for a private key's file, which has no business where something is verified, with what to give instead: no password is asked for.
Result<PublicKey> open_public_key(std::string_view reference, const KeyAccess& access);
/// The same, and the public half of a private key's file, opened as open_private_key() does.
Result<PublicKey> open_public_half(std::string_view reference, const KeyAccess& access);

/// The password for a new key, from the same places; at a terminal it is typed twice. Invalid when it is empty or was typed otherwise the second time.
Result<Secret> new_password(const KeyAccess& access, std::string_view name);

}  // namespace ashlar::trust
