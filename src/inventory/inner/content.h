#pragma once
// What reading layers and reading folders do alike with the content of files.
#include <optional>
#include <string>

#include "base/file_hasher.h"
#include "inventory/reading.h"

namespace ashlar::inventory {

constexpr size_t buffer_size = 256 << 10;

FileHasher::Wanted wanted_of(const ReadOptions& options);
/// Whether the text of a file is kept: of package databases always.
bool keeps_text(const ReadOptions& options, std::string_view path);
/// Gives a file its digests.
void put(FileDigests digests, File& file);
/// Gives a hard link what its target holds.
void share(const File& from, File& to);
/// Reads the package databases among the texts.
Done take_packages(Contents& contents, const ReadOptions& options);

/// One file's content on its way past whoever wants to see it but the hasher. What it refers to must outlive it.
class Passing {
 public:
  /// `text`: where it is kept; null: nowhere.
  Passing(File& file, Onlooker* onlooker, std::string* text);
  /// Corrupt when a text that is kept grows too large.
  Done more(BytesView bytes);
  void end();

 private:
  File* file_;
  Onlooker* onlooker_;
  std::string* text_;
};

}  // namespace ashlar::inventory
