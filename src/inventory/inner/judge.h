#pragma once
// Whether a path is whose it is said to be.
#include "inventory/inner/shipped.h"
#include "inventory/owners.h"

namespace ashlar::inventory {

class Judge {
 public:
  /// Borrows all of them; `known` may be null.
  Judge(const Contents& contents, const Shipped& shipped, const Known* known, PathResolver& resolver);

  /// Of a path that image.json gives to `owner`, or to nobody where that is empty.
  Owned judge(const std::string& path, const File& file, const std::string& owner) const;
  /// Of a path of an image without image.json: as the packages list it.
  Owned judge(const std::string& path, const File& file) const;

 private:
  Owned of_package(const std::string& path, const File& file, const std::string& owner, std::string_view name) const;
  Owned as_listed(const std::string& path, const File& file, const std::string& owner, std::string_view name) const;
  Owned of_definition(const std::string& path, const File& file, const std::string& owner) const;
  Owned as_kept(const std::string& path, const File& file, const std::string& owner) const;
  Owned of_effect(const std::string& path, const File& file, const std::string& owner, std::string_view name) const;
  Owned of_script(const std::string& path, const File& file, const std::string& owner, std::string_view script) const;
  const Declared* declared() const { return known_ != nullptr && known_->declared ? &*known_->declared : nullptr; }

  const Contents& contents_;
  const Shipped& shipped_;
  const Known* known_;
  std::map<std::string, KnownPaths, std::less<>> packages_;  ///< as the image spells the paths
  std::map<std::string, std::set<Digest>, std::less<>> contents_of_;  ///< of those packages' files
  KnownPaths paths_;
  std::set<std::string, std::less<>> kept_;
  std::map<std::string, std::string> copies_;
};

}  // namespace ashlar::inventory
