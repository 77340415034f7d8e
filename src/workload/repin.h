#pragma once
// Moves references of images inside a text: those bytes change and no others.
#include <string>
#include <string_view>
#include <vector>

#include "workload/images.h"

namespace ashlar::workload {

struct Repinned {
  struct Change {
    std::string where;
    Span span;                    ///< in the text as it was
    std::string before, after;    ///< the references as they come out
  };
  struct Kept {
    std::string where;
    Span span;
    std::string written, reason;  ///< why it was not moved though it is meant
  };
  std::string text;
  std::vector<Change> changes;
  std::vector<Kept> kept;
};

/// The edits by which a use names another image; Invalid where the bytes that make it are several values, or are not known.
Result<std::vector<Edit>> edits_to(const ImageUse& use, const ImageName& to);

/// Moves every use of `from` to `to`. A use is meant when its name is that of `from`, and its digest, where `from` has one, else its tag. The name becomes that
/// of `to`; a tag stays where `to` has none, and is not added where there was none beside a digest; a digest goes where `to` has none. The result is read
/// again: where anything but the meant uses would come out otherwise (as with a variable that two images share), that use is kept as it was and said why. Doing
/// it twice changes nothing. Errors are those of images_of().
Result<Repinned> repin(FileKind kind, std::string_view text, std::string_view path, const ImageName& from, const ImageName& to);

}  // namespace ashlar::workload
