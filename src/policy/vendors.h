#pragma once
// Vendors of images as data: which repositories are whose, and what proves that an image is theirs (policies/vendors.yaml). A name or a label alone proves nothing.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/verify.h"

namespace ashlar::policy {

/// Who runs images that nobody gave a USER, as their vendor says.
struct VendorUser {
  std::string of{};      ///< a glob over `repository:tag`
  bool root = false;
};

struct Vendor {
  std::string name{};    ///< `chainguard`
  std::string title{};   ///< for people
  std::string policy{};  ///< path of the preset with the section `verify` that proves their images, relative to the description's folder; empty: nothing does
  std::vector<std::string> images{};  ///< globs of full repository names
  std::vector<VendorUser> users{};    ///< the first that fits holds
};

/// Every fault is in Error::faults.
Result<std::vector<Vendor>> read_vendors(std::string text, std::string path);

/// Whose repository it is; null: of none of them. The first that names it.
const Vendor* vendor_of(const std::vector<Vendor>& vendors, std::string_view repository);

/// Whether an image runs as root where nobody says otherwise; none: nobody here knows, as where the tag is not told.
std::optional<bool> runs_as_root(const std::vector<Vendor>& vendors, std::string_view repository, std::string_view tag);

}  // namespace ashlar::policy
