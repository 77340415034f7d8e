#pragma once
// The paths that a package's file puts on disk, with the digests of their bytes, and a record of them that is read in no time.
#include <memory>

#include "base/bytes.h"
#include "inventory/known.h"

namespace ashlar::inventory {

/// Reads a whole .deb. Corrupt when it is damaged, or its bytes have another digest than `expected`.
Result<PackageFiles> read_package_files(std::unique_ptr<Source> deb, const Digest& expected, const std::string& what);

/// One JSON object; the same package gives the same bytes.
std::string to_text(const PackageFiles& package);
/// Corrupt when it is no such record.
Result<PackageFiles> read_package_record(std::string_view text, std::string_view path);

}  // namespace ashlar::inventory
