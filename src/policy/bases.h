#pragma once
// Which bases are allowed: the section `bases` of a policy (docs/formats/policy-bases.md).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "policy/reason.h"
#include "policy/selection.h"

namespace ashlar::policy {

/// A rule is about the images that fit all of `images`, `tags`, `digests` and `vendors` that it has; of those it asks the rest.
struct BaseRule {
  std::string name{}, why{};
  std::vector<std::string> images{};      ///< globs of full repository names; empty: any
  std::vector<std::string> tags{};        ///< globs; empty: any
  std::vector<std::string> digests{};     ///< of index or manifest; empty: any
  std::vector<std::string> vendors{};     ///< names in the description of vendors, whose signatures prove it; empty: any
  bool deny = false;                      ///< what it is about is denied
  bool pinned = false;                    ///< a reference in a file has a digest
  bool selected = false;                  ///< it stands in the selection
  bool has_signature = false;             ///< a rule of `verify` admits it
  std::string signature{};                ///< that rule's name; empty: whichever names the image
  std::optional<std::int64_t> max_age{};  ///< seconds since it was made
  bool supported = false;                 ///< its support has not ended
  std::optional<Time> from{}, until{};    ///< allowed from, no longer from
};

/// What becomes of a file of which a part is not seen: other files or addresses bring images that nobody here looks at. Whatever it says, an image that is seen is judged.
enum class Unseen : unsigned char { Allow, Warn, Deny };

struct BaseRules {
  std::string why{};                      ///< of what is denied because no rule names it
  bool allow_others = false;              ///< bases that no rule is about: `default: allow`
  bool allow_scratch = false;             ///< images that have no base
  Unseen unseen = Unseen::Warn;           ///< what files bring along and nobody here sees
  std::string selection{};                ///< path, relative to the policy's folder; empty: none
  std::string vendors{};                  ///< path of a description of vendors, likewise; empty: the shipped one
  std::vector<std::string> variables{};   ///< of CI, whose images are not judged in files: whoever gives them a value answers for it
  std::vector<BaseRule> rules{};          ///< the first that is about a base is its rule
};

/// A reference as a file has it, made whole.
struct NamedReference {
  std::string written{};                  ///< for words
  std::string repository{};               ///< full name (`full_name` in registries.h)
  std::string tag{}, digest{};            ///< may be empty
  std::string vendor{};                   ///< whose repository it is (`vendor_of` in vendors.h); empty: of none that is known
};

/// Answers without looking at the image. Denied: whatever the image is. Allowed: there is nothing left to ask. Unknown: nothing in the file speaks against it, and
/// `pending` says what only the image can tell.
struct ReferenceVerdict {
  Answer answer = Answer::Unknown;
  std::string rule{};                     ///< name; empty: none is about it
  std::vector<Reason> reasons{};          ///< of every line of the rule
  std::vector<std::string> pending{};     ///< a line each: `its signature`
  std::string remedy{};                   ///< of the first that denies; empty where none does
};

/// `selection`: null where the rules name none, or where it could not be read (which is then unknown).
ReferenceVerdict ask_reference(const BaseRules& rules, const Selection* selection, const NamedReference& reference, Time now);

}  // namespace ashlar::policy
