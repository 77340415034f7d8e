#pragma once
// Whose each file is. What an image says of itself (usr/share/ashlar/image.json, docs/formats/image-json.md) is a claim; it is held against the bytes,
// against what the packages list, and against the definition where one is at hand.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "inventory/contents.h"

namespace ashlar::inventory {

/// What a definition declares beside packages. Paths without a leading slash.
struct Declared {
  std::set<std::string, std::less<>> paths;  ///< exactly these
  std::set<std::string, std::less<>> trees;  ///< these and all below them
  std::vector<Digest> probes = {};           ///< of health probes, where the definition asks for one
};

enum class Standing {
  Verified,  ///< a package's: the bytes have the digest that it lists, or its list of paths names the link or folder
  Claimed,   ///< a package's by the image's word alone: a link or folder, of which no list is in the image
  Altered,   ///< a package's, with other bytes than the package lists
  Declared,  ///< by the definition
  Made,      ///< by an effect that makes such files
  Parent,    ///< a folder that something owned lies in
  Unowned,
};
std::string_view to_string(Standing standing);

struct Owned {
  std::string owner;  ///< as in image.json: `package:libc6`, `definition`, `effect:ca-bundle`, `parent`; empty where nobody claims it
  Standing standing = Standing::Unowned;
  std::string reason;  ///< of Altered and Unowned: why
};

struct Ownership {
  bool stated = false;                              ///< whether the image has an image.json
  std::map<std::string, Owned, std::less<>> files;  ///< every path of the contents
  /// What a package lists or image.json claims and the image does not have, by path, with whose it would be; without what slices leave out.
  std::map<std::string, std::string> missing;
};

/// Whether judge_owners() needs the text of this file: for `ReadOptions::keep`, beside `md5`.
bool tells_owners(std::string_view path);

/// Judges every file of `contents`, which were read with `md5` and the texts that tells_owners() names. With `declared` null no definition is at hand,
/// and what is claimed for it is taken as declared. Corrupt when image.json does not read.
Result<Ownership> judge_owners(const Contents& contents, const Declared* declared);

}  // namespace ashlar::inventory
