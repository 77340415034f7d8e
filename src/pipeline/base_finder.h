#pragma once
// What a finished image stands on, as facts for a policy: the base by the digests of layers, and what else is known of it.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inventory/target.h"
#include "pipeline/known_bases.h"
#include "pipeline/workshop.h"
#include "policy/finished.h"

namespace ashlar::pipeline {

struct BaseWish {
  policy::Selection selection{};   ///< that is believed
  std::string named{};             ///< a reference; empty: none
  host::Path ledger{};             ///< of what was published; nothing where it is not there
};

/// Looks for the bases of several platforms of an image. What lies in registries is asked for only where nothing that is at hand is the base.
class BaseFinder {
 public:
  /// `machine` must outlive it. What was named and cannot be opened is an error.
  static Result<BaseFinder> open(host::Machine& machine, BaseWish wish);

  struct Found {
    policy::BaseFacts facts{};         ///< point into the finder's selection
    bool is_base = false;              ///< the image has no layers of its own
    std::string ref{};                 ///< by which the base can be opened, by digest; empty: none was found
    std::vector<std::string> notes{};  ///< what whoever reads the verdict should know, a line each
  };
  /// `platform`: as the image's index calls it.
  Found find(const oci::PlatformImage& image, Time now);
  /// Reads files where digests of layers do not say all: what is done to a base that was found; else whether all of a base's files are in the image unchanged, as in one that
  /// was squashed, or whether it has no base at all. `image`: the one that `found` is of.
  Done look_inside(inventory::Target& image, bool again, Found& found);
  std::shared_ptr<const policy::Selection> selection() const { return selection_; }

 private:
  explicit BaseFinder(host::Machine& machine) : machine_(&machine) {}
  static void take(const KnownBase& base, const policy::Selection& selection, Found& out);
  std::string ref_of(const KnownBase& base) const;
  Result<inventory::Contents> files_of(const KnownBase& base, const inventory::LayerShelf* shelf) const;
  Done look_for_files(const inventory::Contents& image, const std::string& platform, const inventory::LayerShelf* shelf, Found& found);
  host::Machine* machine_;
  std::shared_ptr<const policy::Selection> selection_;  // facts point into it, and may outlive the finder
  std::string named_;
  std::vector<KnownBase> at_hand_, revisions_;
  std::optional<std::vector<KnownBase>> all_;  // with what was published, once that was looked at
  std::vector<std::string> unread_;            // of that
};

}  // namespace ashlar::pipeline
