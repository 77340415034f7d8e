#pragma once
// Which hardened image takes the place of one that everybody knows, and what is then different: policies/replacements.yaml.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workload/images.h"

namespace ashlar::workload {

/// What holds for tags of an image that fit a glob.
struct ReplacementTags {
  std::string of;       ///< a glob over the asked tag as it is written
  std::string tag;      ///< of the hardened image; empty: none for these
  std::string differs;
};

struct Replacement {
  std::vector<std::string> names;      ///< as teams write them, without the hosts of `hosts`; `*/x` on any host
  std::string image;                   ///< its name in the catalogue: `nginx`; empty: there is none
  std::vector<std::string> tags;       ///< that the catalogue has, oldest first
  std::vector<ReplacementTags> rules;  ///< the first that fits is asked before versions are compared
  std::string dev;                     ///< of the variant that has a package manager and a shell: what is added to a tag; empty: there is none
  std::vector<std::string> differs;    ///< what users notice, a line each
  std::string instead;                 ///< where there is none: what to do
};

/// What replaces one reference.
struct Advice {
  const Replacement* entry = nullptr;  ///< borrowed of the Replacements
  std::string image, tag;              ///< `nginx`, `1.26`; empty: there is none
  std::string version;                 ///< what was asked for, without a distribution's name behind it
  std::vector<std::string> differs;    ///< the version first where it is another one; where there is none: why not for this tag
  bool found() const { return !image.empty(); }
  std::string str() const { return tag.empty() ? image : image + ":" + tag; }
};

class Replacements {
 public:
  /// Every fault is in Error::faults.
  static Result<Replacements> read(std::string text, std::string path);
  /// None: nobody knows this image.
  std::optional<Advice> find(const ImageName& name) const;
  const std::vector<Replacement>& entries() const { return entries_; }

 private:
  std::vector<Replacement> entries_;
  std::vector<std::string> hosts_;                               ///< `host/namespace` that a short name stands for, longest first
  std::vector<ReplacementTags> flavours_;                        ///< what tags tell of any image: without a tag of their own
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

}  // namespace ashlar::workload
