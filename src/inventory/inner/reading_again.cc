#include "inventory/inner/reading_again.h"

#include "base/hashing_source.h"
#include "base/read_ahead.h"
#include "inventory/inner/landing.h"

namespace ashlar::inventory {
namespace {

/// The content of the present member of an archive, as a stream of its own.
class MemberSource final : public Source {
 public:
  explicit MemberSource(TarReader& reader) : reader_(reader) {}
  Result<size_t> read(std::span<std::uint8_t> out) override { return reader_.read(out); }

 private:
  TarReader& reader_;
};

}  // namespace

void Renamed::add(const std::string& path, Place place, const std::string& read_as) {
  paths_.insert(path);
  if (!read_as.empty()) read_as_.try_emplace(place, read_as);
}

std::map<size_t, std::map<size_t, Again>> Renamed::wanted(const Contents& contents, const ReadOptions& options, const std::function<Onlooker*(size_t layer)>& onlooker_of) const {
  std::map<size_t, std::map<size_t, Again>> out;
  for (const std::string& path : paths_) {
    const auto found = contents.files.find(path);
    if (found == contents.files.end() || !found->second.content) continue;
    const File& file = found->second;
    const auto read = read_as_.find(file.bytes);
    if (read == read_as_.end() || read->second == path) continue;
    const bool text = keeps_text(options, path) && !contents.texts.contains(path);
    Onlooker* const onlooker = onlooker_of(file.bytes.layer);
    const bool seen = onlooker != nullptr && onlooker->asks_again(path, file.bytes, read->second, as_bytes(file.front));
    if (!text && !seen) continue;
    Again& again = out[file.bytes.layer][file.bytes.member];
    again.read_as = read->second;
    if (text) again.texts.push_back(path);
    if (seen) again.onlooker = onlooker;
  }
  return out;
}

Done show_again(Source& from, TarEntry entry, Place place, const Again& again, Contents& contents, TextRoom& room) {
  File file{.entry = std::move(entry), .content = {}, .bytes = place};
  file.entry.path = again.read_as;
  std::string text;
  Passing passing(file, again.onlooker, again.texts.empty() ? nullptr : &text, room);
  Bytes buffer(buffer_size);
  for (;;) {
    TRY_ASSIGN(const size_t count, from.read(buffer));
    if (count == 0) break;
    TRY(passing.more(BytesView(buffer).first(count)));
  }
  passing.end();
  for (size_t at = 0; at < again.texts.size(); ++at) {
    if (at > 0) TRY(room.take(again.texts[at], text.size(), text.size()));
    contents.texts[again.texts[at]] = text;
  }
  return {};
}

Done read_again(oci::ImageReader& image, size_t at, const std::map<size_t, Again>& wanted, Contents& contents, TextRoom& room) {
  TRY_ASSIGN(auto blob, image.open(contents.layers[at].digest));
  Hasher hasher;  // it may come from elsewhere than before
  const auto stream = read_ahead(oci::decode_layer(contents.layers[at], std::make_unique<HashingSource>(std::move(blob), hasher)));
  TarReader reader(*stream);
  size_t left = wanted.size();
  for (size_t member = 0; left > 0; ++member) {
    TRY_ASSIGN(auto next, reader.next());
    if (!next) return fail(Kind::Corrupt, "it ends before a file that it held");
    const auto found = wanted.find(member);
    if (found == wanted.end()) continue;
    MemberSource content(reader);
    TRY(show_again(content, std::move(*next), {at, member}, found->second, contents, room));
    --left;
  }
  Bytes rest(buffer_size);
  for (size_t count = 1; count != 0;) {
    TRY_ASSIGN(count, stream->read(rest));
  }
  return hasher.finish() == contents.layers[at].digest ? Done() : fail(Kind::Corrupt, "its bytes have another digest");
}

}  // namespace ashlar::inventory
