#pragma once
// Which of the bases that are known an image is built on, by the digests of its unpacked layers alone: what it says of itself in labels and annotations is never asked.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"

namespace ashlar::pipeline {

/// One platform's image that others may be built on.
struct KnownBase {
  enum class From : unsigned char { Selection, Named, Ledger } from = From::Selection;
  std::string repository{}, digest{};  ///< of the image or index, as it is named
  std::vector<std::string> tags{};     ///< under which it was selected or published
  std::string platform{};
  std::vector<Digest> diff_ids{};      ///< of its layers unpacked, the lowest first
  std::optional<Time> since{};         ///< when it was selected or published, the last time: which of two revisions is the newer one
  std::optional<Time> created{};       ///< as its own configuration says
  bool holds = true;                   ///< of a selection: it is selected now
  size_t entry = 0;                    ///< of a selection: which of its bases
  std::string str() const { return repository + (digest.empty() ? "" : "@" + digest); }
};

struct BaseSearch {
  const KnownBase* base = nullptr;        ///< null: none of those that are known
  size_t layers = 0;                      ///< of the image, from the lowest, that are the base's
  bool is_base = false;                   ///< the image has no layer of its own
  std::vector<const KnownBase*> also{};   ///< other images whose layers are its lowest, too, the one with the most first
  std::string how{};                      ///< in words: by what it was found, or why not
};

/// The one that a tag of the base points at now: of its repository and with a tag of its own the newest, for whatever platform; null where that is the base itself, or the same layers.
const KnownBase* newer_than(const KnownBase& base, std::span<const KnownBase> known);

/// Of those for `platform` whose layers are all the image's lowest, in their order: a selected one goes before others, for what is known beside the selection must not
/// change what it says; of several the one with the most layers; of the same layers one that holds, then the newest. `known` must outlive what is given back.
BaseSearch find_base(std::span<const Digest> diff_ids, const std::string& platform, std::span<const KnownBase> known);

}  // namespace ashlar::pipeline
