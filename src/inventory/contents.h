#pragma once
// What one platform's image, or a root file system, holds once its layers lie on each other. Values alone: reading.h makes them.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/tar.h"
#include "inventory/file_kind.h"
#include "oci/image.h"

namespace ashlar::inventory {

/// One member of one layer: the bytes of a regular file, which hard links share. Two files of the image are one when their places are.
struct Place {
  size_t layer = 0;   ///< from 0, the lowest
  size_t member = 0;  ///< from 0, as the members follow each other in the layer's archive
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct File {
  TarEntry entry;                  ///< path without a leading slash
  std::optional<Digest> content;   ///< of regular files and hard links
  std::string sha1{}, md5{};       ///< hex digits, of the same, when ReadOptions asked for them
  std::string front{};             ///< its first four bytes, or as many as there are
  FileKind kind = FileKind::Other; ///< of the same
  size_t layer = 0;                ///< that names it
  Place bytes{};                   ///< of regular files and hard links: where the content stands
};

struct InstalledPackage {
  std::string name, version, architecture, source, source_version;
  std::string maintainer{}, homepage{}, depends{}, pre_depends{}, provides{}, priority{};  ///< as the database has them
  std::map<std::string, std::string> conffiles{};                              ///< MD5 of what was shipped, by path without a leading slash
  std::string database{};                                                      ///< path of the file that names it
  std::string state{};                                                         ///< where it is unpacked and not installed: `half-configured`
};

struct Contents {
  oci::Platform platform;
  oci::Descriptor manifest;                     ///< of an image
  oci::Config config;                           ///< of an image
  std::vector<oci::Descriptor> layers;          ///< none of a root file system
  std::map<std::string, File> files;            ///< by path
  std::map<std::string, std::string> texts;     ///< by path: content of the files that were asked for (`ReadOptions::keep`), and of package databases
  std::vector<InstalledPackage> packages;       ///< sorted by name
};

}  // namespace ashlar::inventory
