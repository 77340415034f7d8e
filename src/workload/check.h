#pragma once
// What is wrong in a file of a team: rules, each with an id, and remarks where a file breaks one.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workload/images.h"
#include "workload/replacements.h"

namespace ashlar::workload {

enum class Level : unsigned char { Note, Warning, Error };
std::string_view to_string(Level level);  ///< `note`, `warning`, `error`

/// A rule, and all that is the same of each of its remarks.
struct Rule {
  std::string_view id;
  Level level;
  std::string_view files;  ///< kinds of files that it looks at, with blanks between; see FileKind
  std::string_view what;   ///< what it finds; one line
  std::string_view why;    ///< what comes of it; one line
  bool firm = false;       ///< no comment in a file silences it
  bool mends = false;      ///< some of its remarks have an edit
};
/// Every rule, sorted by id.
std::span<const Rule> rules();
const Rule* find_rule(std::string_view id);

struct Remark {
  const Rule* rule = nullptr;   ///< of rules()
  Span span;
  std::string message;          ///< what is wrong here; without places, so that it stays the same when lines move
  std::string remedy;           ///< what to do; empty: the rule's `what` says enough
  std::vector<Edit> edits{};    ///< mend it without a change of what the file does; empty: nobody but a person can
};

struct CheckOptions {
  const Replacements* replacements = nullptr;                            ///< borrowed; null: nothing is said of what replaces an image
  const Beside* beside = nullptr;                                        ///< borrowed; null: the file stands for itself
  std::function<std::vector<Remark>(const ImageUse&)> ask = nullptr;     ///< what a policy says of a reference
  bool says_unseen = true;                                               ///< what other files bring and nobody sees is remarked
  std::function<std::string(const ImageName&)> digest_of = nullptr;      ///< the digest that a name and its tag stand for; empty: nobody here knows
  std::function<std::optional<bool>(const ImageName&)> runs_as_root = nullptr;  ///< of an image that nobody gave a USER; none: nobody here knows
  std::function<bool(const ImageName&)> chosen = nullptr;                ///< whether the team chose the image as a base: its user is taken to be a good one
};

struct Checked {
  std::vector<Remark> remarks;  ///< by place
  std::vector<ImageUse> images; ///< as images_of()
  std::size_t silenced = 0;     ///< by comments `ashlar: ignore=RULE reason`
};

/// A remark of a comment without reason, of a rule that there is not, or that silences nothing is among them. Errors are those of images_of().
Result<Checked> check(FileKind kind, std::string_view text, std::string_view path, const CheckOptions& options = {});

struct Mended {
  std::string text;
  std::vector<Remark> mended;   ///< places are those of the text as it was when it was their turn
};
/// Whether a use may be written anew in its place: its bytes stand in the file for it alone, and nothing makes them of several.
bool is_mendable(const ImageUse& use);

/// Applies edits until none is left. Doing it twice changes nothing. Errors are those of check().
Result<Mended> mend(FileKind kind, std::string_view text, std::string_view path, const CheckOptions& options = {});

}  // namespace ashlar::workload
