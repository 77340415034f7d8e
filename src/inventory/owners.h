#pragma once
// Whose each file is. What an image says of itself (usr/share/ashlar/image.json, docs/formats/image-json.md) is a claim; it is held against the bytes,
// against what the packages list, and against packages and definition themselves where they are at hand.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/component.h"
#include "inventory/known.h"

namespace ashlar::inventory {

enum class Standing {
  Verified,  ///< a package's: what the package's own file has here
  Listed,    ///< a package's by the image's own lists (md5sums, info/NAME.list): they bear it out, and nothing at hand bears them out
  Claimed,   ///< by the image's word alone
  Altered,   ///< a package's, with other bytes than the package has
  Declared,  ///< by the definition, which says these bytes
  Made,      ///< by an effect that makes such files, or by a script that was seen to make it
  Parent,    ///< a folder that something owned lies in
  Unowned,
};
std::string_view to_string(Standing standing);

struct Owned {
  std::string owner;  ///< as in image.json: `package:libc6`, `definition`, `effect:ca-bundle`, `parent`; empty where nobody claims it
  Standing standing = Standing::Unowned;
  std::string reason;  ///< of Claimed, Altered and Unowned: why
};

struct Ownership {
  bool stated = false;                              ///< whether the image has an image.json
  std::map<std::string, Owned, std::less<>> files;  ///< every path of the contents
  /// What a package lists or image.json claims and the image does not have, by path, with whose it would be; without what slices leave out.
  std::map<std::string, std::string> missing;
  std::map<std::string, std::string> strangers;     ///< packages that are not what they say: by name, why
};

/// Whether judge_owners() needs the text of this file: for `ReadOptions::keep`, beside `md5`.
bool tells_owners(std::string_view path);

/// Judges every file of `contents`, which were read with `md5` and the texts that tells_owners() names, by what is known beside the image; null: nothing
/// is. Corrupt when image.json does not read.
Result<Ownership> judge_owners(const Contents& contents, const Known* known);

/// What packages of rpm have by the digests in its database: their files become Listed, where nobody has them yet. One with other bytes stays what it was.
void add_listed(Ownership& ownership, const Contents& contents, const std::vector<Component>& components);

}  // namespace ashlar::inventory
