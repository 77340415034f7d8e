#pragma once
// What a scan could not judge, and what that does to its verdict.
#include "scan/scan.h"

namespace ashlar::scan {

/// Counts the files of the subject: owned, excused, dark. An ELF file or an archive that no package's own bytes and no component explains is dark.
void look_at_files(const Subject& subject, const std::vector<Excuse>& excuses, Coverage& coverage);

/// Every cause for `unknown` that is no single package's: distribution, support, age of feeds, missing package database, dark files.
Result<std::vector<std::string>> causes_of(const Subject& subject, const Report& report, advisory::Database& database, const Options& options);

/// What a reader must know beside: feeds that are stale and that no package is judged by, packages that are newer than feeds know (`newer`), limited support.
std::vector<std::string> notes_of(const Report& report, const advisory::Database& database, const std::set<std::string>& newer);

}  // namespace ashlar::scan
