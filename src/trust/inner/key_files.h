#pragma once
// Private keys as files have them: read from any form of PEM, written in two.
#include <memory>
#include <string_view>

#include "base/secret.h"

namespace ashlar::trust {

/// The key of the first block that is a private one (an EVP_PKEY), or what is wrong, without `cannot read`.
Result<std::shared_ptr<void>> read_key_file(std::string_view pem, std::string_view password);
/// `der` is PKCS #8.
Result<Secret> write_pkcs8(const Secret& der, std::string_view password);
Result<Secret> write_cosign(const Secret& der, std::string_view password);

}  // namespace ashlar::trust
