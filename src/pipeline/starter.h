#pragma once
// What `ashlar init` writes: files from templates that ship as data (templates/starters.yaml), put beside what a team has and never over it.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/files.h"

namespace ashlar::pipeline {

struct StarterFile {
  host::Path path;  ///< below the folder that is started in
  std::string text;
  std::string yields{};  ///< what to do by hand where another file has its name, which then stays (nothing, where that has all its lines); empty: that is a conflict
};

/// Replaces each `@NAME@` (capitals, digits and `_`) by its value. Invalid where a name has none.
Result<std::string> fill_in(std::string_view text, const std::map<std::string, std::string>& values, std::string_view path);

/// The files of one set of `data`/templates/starters.yaml. `values` go before those of the set; NotFound where there is no such set.
Result<std::vector<StarterFile>> starter_files(host::Files& files, const host::Path& data, std::string_view set, std::map<std::string, std::string> values);

struct Placement {
  std::vector<host::Path> written, kept;  ///< kept: was there, with the same text, or as one that yields with all its lines
  std::vector<std::string> by_hand;       ///< of files that yielded
};

/// Writes the files below `folder`, all or none. Conflict, with nothing written, where one is there with another text and `force` does not name it; Invalid
/// where `force` names what is none of them. A write that fails takes back those before it.
Result<Placement> place(host::Files& files, const host::Path& folder, const std::vector<StarterFile>& starters, const std::set<host::Path>& force);

/// The name of an image after a folder: lower case, each run of other signs one hyphen; `app` where nothing is left.
std::string image_name(const host::Path& folder);

/// What a folder has that a pipeline can be written for, as deep as its first level.
struct Started {
  std::vector<host::Path> definitions;  ///< YAML with the keys `image` and `contents`
  host::Path dockerfile;                ///< `Dockerfile.hardened` before `Dockerfile` and `Containerfile`; empty: none
};
Result<Started> look_at(host::Files& files, const host::Path& folder);

}  // namespace ashlar::pipeline
