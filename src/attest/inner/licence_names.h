#pragma once
// Names of licences: those of Debian's copyright files, and SPDX's (licence list 3.25).
#include <string>
#include <string_view>

namespace ashlar::attest {

/// The SPDX identifier of a short name (`GPL-2+`, `Expat`), compared without case; empty when SPDX has none that says the same.
std::string spdx_licence(std::string_view name);
/// The SPDX identifier of an exception (`OpenSSL exception`), or empty.
std::string spdx_exception(std::string_view name);

}  // namespace ashlar::attest
