#pragma once
// What a scan could not judge, and what that does to its verdict.
#include "advisory/database.h"
#include "scan/scan.h"

namespace ashlar::scan {

/// Counts the files of the subject: owned, excused, dark. An ELF file or an archive that no package's own bytes and no component explains is dark.
void look_at_files(const Subject& subject, const std::vector<Excuse>& excuses, Coverage& coverage);

/// Finds every cause for `unknown`: distribution, support, age of feeds, missing package database, dark files; the doubts, and what is to be noted of these.
Done find_causes(const Subject& subject, advisory::Database& database, const Options& options, Report& report);

/// The report's notes and what a reader must know beside: feeds that are stale and that no package is judged by or that know fixes alone, packages that are newer than feeds know (`newer`), limited support.
std::vector<std::string> notes_of(const Report& report, const advisory::Database& database, const std::set<std::string>& newer);

}  // namespace ashlar::scan
