#include "inventory/inner/content.h"

#include <fmt/format.h>

#include "inventory/inner/databases.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_text = 256 << 20;

}  // namespace

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
  to.bytes = from.bytes;
}

Done take_packages(Contents& contents, const ReadOptions& options) {
  Databases databases = read_packages(contents.texts);
  if (!databases.damage.empty() && !options.damaged_databases) return fail(Kind::Corrupt, std::move(databases.damage.front()));
  contents.packages = std::move(databases.packages);
  return {};
}

Passing::Passing(File& file, Onlooker* onlooker, std::string* text) : file_(&file), onlooker_(onlooker), text_(text) {
  if (onlooker_ != nullptr) onlooker_->begin(file.entry, file.bytes);
}

Done Passing::more(BytesView bytes) {
  if (bytes.empty()) return {};
  constexpr size_t front = 4;
  if (file_->front.size() < front) file_->front += as_text(bytes).substr(0, front - file_->front.size());
  if (onlooker_ != nullptr) onlooker_->more(bytes);
  if (text_ == nullptr) return {};
  text_->append(as_text(bytes));
  return text_->size() <= max_text ? Done() : cannot(Kind::Corrupt, fmt::format("read '{}'", file_->entry.path), "it is larger than 256 MiB");
}

void Passing::end() {
  if (onlooker_ != nullptr) onlooker_->end();
}

}  // namespace ashlar::inventory
