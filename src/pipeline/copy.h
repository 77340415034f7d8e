#pragma once
// Images moved between registries and files, and the receipt of what was moved.
#include <string>
#include <string_view>
#include <vector>

#include "host/machine.h"
#include "oci/receipt.h"
#include "pipeline/signatures.h"

namespace ashlar::pipeline {

/// Copies an image with all that is attached to it. `from`: `oci:`, `oci-archive:`, `docker-archive:` or a registry's reference; `to`: the same, without a digest.
/// A destination without a tag gets the source's, or `latest`. A `docker-archive:` holds one platform (`platform`, or the first) and nothing that is attached.
Result<oci::Receipt> copy(host::Machine& machine, const std::string& from, const std::string& to, const std::string& platform = {});

/// The payload type of a receipt that is signed (trust/dsse.h).
inline constexpr std::string_view receipt_type = "application/vnd.ashlar.receipt.v1+json";

/// A receipt's file, plain or signed; `signed_by`: the believed key whose signature it bears, empty of a plain one. Denied when nobody is believed who signed it,
/// and of a plain one when it must be `signed_`: who asks for a signature takes none for an answer.
struct ReadReceipt {
  oci::Receipt receipt;
  std::string signed_by{};
};
Result<ReadReceipt> read_receipt(std::string_view text, std::string_view path, const Believed& believed, bool signed_);

/// What of the receipt is missing or altered at `ref`, by default where the receipt says that it was copied to.
Result<std::vector<oci::ReceiptFault>> verify_receipt(host::Machine& machine, const oci::Receipt& receipt, const std::string& ref = {});

}  // namespace ashlar::pipeline
