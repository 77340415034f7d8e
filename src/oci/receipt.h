#pragma once
// What a copy put where: every digest of it, to be checked at any later time (docs/formats/receipt.md).
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "oci/image.h"

namespace ashlar::oci {

struct Receipt {
  enum class Role : unsigned char { Index, Manifest, Artifact, Config, Layer };
  struct Entry {
    Role role = Role::Layer;
    Descriptor descriptor;  ///< media type, digest and size alone
    std::string tag;        ///< cosign's, where the artifact has one
  };
  std::string source, destination;  ///< references
  Digest root = Digest::from({});   ///< in the destination
  std::vector<Entry> entries;       ///< manifests before what they name, each digest once
};

std::string_view to_string(Receipt::Role role);
Json to_json(const Receipt& receipt);
/// `path` names it in errors.
Result<Receipt> read_receipt(std::string_view text, std::string_view path);

/// What a check needs of the place where the copy lies.
struct ReceiptPlace {
  std::function<Result<std::string>(const Digest& digest)> manifest;                ///< its text, verified
  std::function<Result<std::unique_ptr<Source>>(const Digest& digest)> open;        ///< a blob's bytes, not verified
  std::function<Result<Digest>(const std::string& tag)> resolve;                    ///< what a tag points at
};
struct ReceiptFault {
  Receipt::Entry entry;
  std::string why;
};
/// Reads every byte that the receipt names; what is missing or altered, in the receipt's order. An error where the place cannot be asked.
Result<std::vector<ReceiptFault>> check_receipt(const Receipt& receipt, const ReceiptPlace& place);

}  // namespace ashlar::oci
