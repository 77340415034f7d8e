#include "inventory/inner/content.h"

#include <algorithm>

#include <fmt/format.h>

#include "inventory/inner/databases.h"

namespace ashlar::inventory {
FileHasher::Wanted wanted_of(const ReadOptions& options) { return {.sha1 = options.sha1, .md5 = options.md5}; }

bool keeps_text(const ReadOptions& options, std::string_view path) { return is_database(path) || (options.keep && options.keep(path)); }

void put(FileDigests digests, File& file) {
  file.content = digests.sha256;
  file.sha1 = std::move(digests.sha1);
  file.md5 = std::move(digests.md5);
}

void share(const File& from, File& to) {
  to.content = from.content;
  to.sha1 = from.sha1;
  to.md5 = from.md5;
  to.front = from.front;
  to.kind = from.kind;
  to.bytes = from.bytes;
}

Done take_packages(Contents& contents, const ReadOptions& options) {
  Databases databases = read_packages(contents.texts);
  if (!databases.damage.empty() && !options.damaged_databases) return fail(Kind::Corrupt, std::move(databases.damage.front()));
  contents.packages = std::move(databases.packages);
  return {};
}

Done TextRoom::take(std::string_view path, std::uint64_t more, std::uint64_t size) {
  if (size > document && path.ends_with(".json")) return cannot(Kind::Corrupt, fmt::format("read '{}'", path), fmt::format("it is larger than {} MiB", document >> 20));
  if (taken_.fetch_add(more) + more <= all) return {};
  return cannot(Kind::Corrupt, fmt::format("read '{}'", path), fmt::format("the texts that tell of packages and their files are larger than {} MiB together", all >> 20));
}

Passing::Passing(File& file, Onlooker* onlooker, std::string* text, TextRoom& room) : file_(&file), onlooker_(onlooker), text_(text), room_(&room) {
  if (text_ != nullptr) text_->reserve(static_cast<size_t>(std::min(file.entry.size, TextRoom::all)));
  if (onlooker_ != nullptr) onlooker_->begin(file.entry, file.bytes);
}

Done Passing::more(BytesView bytes) {
  if (bytes.empty()) return {};
  constexpr size_t front = 4;
  if (file_->front.size() < front) file_->front += as_text(bytes).substr(0, front - file_->front.size());
  kind_.more(bytes);
  if (onlooker_ != nullptr) onlooker_->more(bytes);
  if (text_ == nullptr) return {};
  TRY(room_->take(file_->entry.path, bytes.size(), text_->size() + bytes.size()));
  text_->append(as_text(bytes));
  return {};
}

void Passing::end() {
  file_->kind = kind_.finish();
  if (onlooker_ != nullptr) onlooker_->end();
}

}  // namespace ashlar::inventory
