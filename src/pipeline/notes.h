#pragma once
// What changed from one image to another, in full: packages, files, configuration, findings and behaviour. `ashlar diff` shows it, and a statement on the
// new image says it (docs/formats/statements.md, `changes`).
#include <optional>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "attest/predicate.h"
#include "inventory/delta.h"
#include "inventory/difference.h"
#include "pipeline/scan.h"
#include "prove/behaviour.h"

namespace ashlar::pipeline {

struct Workshop;

struct NotesOptions {
  std::string platform{};                  ///< of images for several; the first of `before` where it is empty
  advisory::Database* database = nullptr;  ///< null, or one that holds nothing: nobody looks for vulnerabilities
  ScanOptions scan{};                      ///< with which both are scanned, but for the platform
  const scan::Report* scanned = nullptr;   ///< of the new image, where it was scanned so already
  host::Path definition{};                 ///< whose run tests are run on both; empty: none are
  prove::BehaviourOptions behaviour{};
};

/// A finding that only one of both images has.
struct ChangedFinding {
  std::string id{}, package{}, version{}, severity{}, fixed_in{};
  friend auto operator<=>(const ChangedFinding&, const ChangedFinding&) = default;
};

struct Notes {
  std::string before_ref{}, after_ref{};
  Digest before = Digest::from({}), after = Digest::from({});  ///< manifests of the platform; of root file systems of no use
  oci::Platform platform{};
  inventory::Difference difference{};
  inventory::Delta delta{};
  prove::Behaviour behaviour{};
  struct Findings {
    Digest database = Digest::from({});
    std::vector<ChangedFinding> fixed{}, fresh{};  ///< sorted. Fixed: it was open, or lived with, and nothing speaks of it any more
    size_t open = 0;                               ///< in the new image
    std::vector<std::string> doubts{};             ///< why not all that the images hold is known
  };
  std::optional<Findings> findings{};
};

/// Reads both images once. NotFound when one of them lacks the platform.
Result<Notes> notes_of(Workshop& workshop, const std::string& before, const std::string& after, const NotesOptions& options);

/// The same of an image that takes the place of another; nothing where that one had no image for the platform.
Result<std::optional<Notes>> notes_against(Workshop& workshop, const oci::ImageRef& former, const std::string& candidate, const NotesOptions& options);

/// The changelog as a statement on the new image, which is `after`.
attest::Predicate changes_of(const Notes& notes);
/// The same for people: release notes, or the text of a pull request (CommonMark with tables of GitHub's).
std::string to_markdown(const Notes& notes);
/// `https://ashlar.dev/diff/v1`.
Json to_json(const Notes& notes);

}  // namespace ashlar::pipeline
