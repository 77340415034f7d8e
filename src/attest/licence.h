#pragma once
// Licences from debian/copyright (Machine-readable debian/copyright file, version 1.0), as SPDX expressions.
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "attest/sbom.h"

namespace ashlar::attest {

/// The licence of a package by its copyright file, all that its paragraphs name joined by AND. A file in free form gives the licences of
/// /usr/share/common-licenses that it names; where it names none the licence is not known, and the comment has the file's digest.
/// `path` names it in comments.
Licence read_copyright(std::string_view text, std::string_view path);

/// The SPDX expression of a License field's first line (`GPL-2+ or Artistic, and BSD-3-clause`). Names that SPDX does not know become
/// `LicenseRef-...`, and `text_of` is asked for their text.
std::string to_spdx(std::string_view synopsis, const std::function<std::string(std::string_view name)>& text_of, std::map<std::string, std::string>& texts);

}  // namespace ashlar::attest
