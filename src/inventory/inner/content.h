#pragma once
// What reading layers and reading folders do alike with the content of files.
#include <atomic>
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

/// What all texts that one reading keeps may take up together, whatever lies in which layer and whether or not a higher one hides it; for all threads.
class TextRoom {
 public:
  static constexpr std::uint64_t all = 128 << 20, document = 16 << 20;  ///< `document`: one of JSON, which takes many times as much once it is parsed
  /// Corrupt, with the path, when there is no room for `more` bytes of a text that is `size` large with them.
  Done take(std::string_view path, std::uint64_t more, std::uint64_t size);

 private:
  std::atomic<std::uint64_t> taken_ = 0;
};

/// One file's content on its way past whoever wants to see it but the hasher. What it refers to must outlive it.
class Passing {
 public:
  /// `text`: where it is kept; null: nowhere.
  Passing(File& file, Onlooker* onlooker, std::string* text, TextRoom& room);
  /// Corrupt when there is no room for a text that is kept.
  Done more(BytesView bytes);
  void end();

 private:
  File* file_;
  Onlooker* onlooker_;
  std::string* text_;
  KindFinder kind_;
  TextRoom* room_;
};

}  // namespace ashlar::inventory
