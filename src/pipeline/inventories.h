#pragma once
// The images that were scanned here, as the state remembers them: `<state>/inventories.db`, docs/formats/inventories.md.
#include "pipeline/scan.h"
#include "pipeline/workshop.h"
#include "scan/inventories.h"

namespace ashlar::pipeline {

Result<scan::Inventories> open_inventories(Workshop& workshop);

/// The reference under which an image is remembered: it means the same whatever the working folder is.
std::string from_anywhere(const std::string& ref);

/// For ScanOptions::scanned: remembers each image. That it cannot is noted once, and changes no scan. The workshop must outlive it.
std::function<void(const scan::Subject&, const scan::Report&)> remember_images(Workshop& workshop);

/// What an advisory is about among them. NotFound when no feed of the database has it.
Result<scan::Answer> ask_inventories(Workshop& workshop, advisory::Database& database, const std::string& id);

}  // namespace ashlar::pipeline
