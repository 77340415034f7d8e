#pragma once
// Versions of every ecosystem, compared as the ecosystem's own tool compares them. One grammar, one file in inner/, one row.
#include <compare>
#include <string_view>

#include "base/result.h"

namespace ashlar::advisory {

enum class Grammar : unsigned char {
  Dpkg,    ///< deb-version(7)
  Apk,     ///< apk-tools, apk-version
  Rpm,     ///< rpmvercmp with epoch, `[epoch:]version[-release]`
  Semver,  ///< Semantic Versioning 2.0.0, with a leading `v` or missing parts allowed (npm, crates.io, DHI)
  Pep440,  ///< PEP 440 (PyPI)
  Maven,   ///< Maven's ComparableVersion
  Go,      ///< Go modules: SemVer with `v`, pseudo-versions and `+incompatible`; `go1.22.3` and `1.22rc1` of the standard library
};

/// How `a` stands to `b`. Invalid names what is no version in this grammar: then nothing may be concluded from it.
Result<std::weak_ordering> compare(Grammar grammar, std::string_view a, std::string_view b);
/// Whether a text is a version in this grammar.
bool is_version(Grammar grammar, std::string_view text);

std::string_view to_string(Grammar grammar);
/// The grammar of a space (record.h), by the part before its first colon: `Debian:13` is Dpkg. NotFound when no row has it.
Result<Grammar> grammar_of(std::string_view space);

}  // namespace ashlar::advisory
