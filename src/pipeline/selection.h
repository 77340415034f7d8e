#pragma once
// The team's selection of bases in its file: a signed statement (docs/formats/selection.md). It is read, changed and written whole.
#include <optional>
#include <string>
#include <vector>

#include "pipeline/signatures.h"
#include "pipeline/workshop.h"
#include "policy/policy.h"
#include "trust/key.h"

namespace ashlar::pipeline {

/// `selection.json` beside the configuration, else in the working folder.
host::Path selection_path(const Workshop& workshop);

struct ReadSelection {
  policy::Selection selection{};
  std::string signed_by{};  ///< name of the believed key whose signature it bears
  std::string missing{};    ///< of selection_of(): why there is none; empty: there is
};
/// Invalid when nobody is believed at all; Denied when nobody is believed who signed it, its key counts no longer, it was altered, or a newer one was seen on this machine; Corrupt where it does not read; NotFound when there is no such
/// file. What is read is remembered as seen.
Result<ReadSelection> read_selection(Workshop& workshop, const host::Path& path, const Believed& believed);
/// The one at `given`, else the one that the policy names for the environment, else the one at selection_path(). Beside those of `trust` the keys of the policy's keyring are believed.
Result<ReadSelection> selection_of(Workshop& workshop, const policy::Policy& policy, const std::string& environment, const host::Path& given, const TrustSettings& trust);
/// Denied where a selection that the policy names is older than the newest that was seen here, whoever signed it.
Done refuse_older_selections(Workshop& workshop, const policy::Policy& policy);
/// What it says, whoever signed it: to be looked at, never to be judged by.
Result<policy::Selection> look_at_selection(host::Machine& machine, const host::Path& path);

struct SelectWish {
  std::vector<std::string> refs{};
  std::string name{};               ///< the repository that one reference is known by, where it lies elsewhere (a layout that was carried in); empty: its own
  std::string vendor{}, by{}, note{};
  std::string from{}, until{}, supported_until{};  ///< dates, or lengths from now on: `180d`; `from` empty: now
};
struct RevokeWish {
  std::vector<std::string> names{};  ///< references, repositories or digests
  std::string by{}, reason{};
};
struct Selected {
  std::vector<policy::SelectedBase> bases{};  ///< as they stand now; of Revoke: those that are revoked
  std::vector<std::string> notes{};           ///< what whoever asked should know, a line each
};

/// Who changes a selection: it must be signed by somebody whom they believe, or by themselves, and is signed by them afterwards.
struct Hand {
  const trust::PrivateKey& key;
  const Believed& believed;
};

/// Adds the images that these references mean now, with the layers of each of their platforms, in place of what was selected of the same digest. The file is made where it lacks. What was done
/// is noted in the ledger. Those who change the file from this machine take turns.
Result<Selected> select_bases(Workshop& workshop, const host::Path& path, const SelectWish& wish, const Hand& hand);
/// From now on they are selected no longer; those that had not begun are taken out. NotFound names those there are.
Result<Selected> revoke_bases(Workshop& workshop, const host::Path& path, const RevokeWish& wish, const Hand& hand);
/// Signs what is there, whoever signed it before: for whoever has read it.
Result<Selected> sign_selection(Workshop& workshop, const host::Path& path, const std::string& by, const Hand& hand);

}  // namespace ashlar::pipeline
