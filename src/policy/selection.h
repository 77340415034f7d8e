#pragma once
// Which bases a team has selected, from when and approved by whom: a record that is signed as a statement (docs/formats/selection.md). Values alone; who signs it
// and where it is kept is for the pipeline.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace ashlar::policy {

inline constexpr std::string_view selection_uri = "https://ashlar.dev/selection/v1";  ///< predicate type

/// One platform of a selected base: what a finished image is recognised by.
struct SelectedPlatform {
  std::string platform{};               ///< `linux/amd64`
  std::string manifest{};               ///< digest
  std::vector<std::string> diff_ids{};  ///< digests of its layers unpacked, the lowest first
  friend bool operator==(const SelectedPlatform&, const SelectedPlatform&) = default;
};

struct SelectedBase {
  std::string repository{};              ///< full name: `registry.example/hardened/python`
  std::vector<std::string> tags{};       ///< that pointed at it when it was selected
  std::string digest{};                  ///< of the index, or of the manifest of an image without one
  std::vector<SelectedPlatform> platforms{};
  std::string vendor{};                  ///< name in the description of vendors; empty: none
  std::optional<Time> created{};         ///< as its own configuration says; none: it does not
  std::optional<Time> supported_until{}; ///< none: nobody said
  Time from{};                           ///< allowed from then on
  std::optional<Time> until{};           ///< no longer from then on; none: until it is taken out
  std::string approved_by{};
  std::string note{};                    ///< why; may be empty
  friend bool operator==(const SelectedBase&, const SelectedBase&) = default;
};

struct Selection {
  std::vector<SelectedBase> bases{};     ///< each repository and digest once
  std::string id{};                      ///< which selection it is, the same through all its changes; empty: made before there were any
  std::uint64_t serial{};                ///< grows with every change; 0: made before there was any
  friend bool operator==(const Selection&, const Selection&) = default;
};

/// The predicate; bases in the order in which they stand.
Json to_json(const Selection& selection);
/// Reads a predicate, or a whole in-toto statement that has it. Invalid names what lacks: a base has a full repository, a digest, a beginning, and who approved it.
Result<Selection> read_selection(std::string_view text, std::string_view path);

/// The base with this digest, be it that of its index or of one of its platforms; where none is given, the one whose tag it is (the latest that begins where several
/// have it). Null: it is not selected.
const SelectedBase* find(const Selection& selection, std::string_view repository, std::string_view tag, std::string_view digest);

}  // namespace ashlar::policy
