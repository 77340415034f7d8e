#include "base/bytes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace ashlar {

Result<size_t> MemorySource::read(std::span<std::uint8_t> out) {
  const size_t count = std::min(out.size(), rest_.size());
  if (count != 0) std::memcpy(out.data(), rest_.data(), count);
  rest_ = rest_.subspan(count);
  return count;
}

Done MemorySink::write(BytesView more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return {};
}

Done read_exactly(Source& source, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    TRY_ASSIGN(const size_t count, source.read(out));
    if (count == 0) return fail(Kind::Corrupt, fmt::format("the data ends {} bytes early", out.size()));
    out = out.subspan(count);
  }
  return {};
}

Result<Bytes> read_all(Source& source, size_t limit) {
  Bytes all;
  size_t room = 16 * 1024;
  for (;;) {
    const size_t had = all.size();
    all.resize(had + room);
    TRY_ASSIGN(const size_t count, source.read(std::span(all).subspan(had)));
    all.resize(had + count);
    if (count == 0) return all;
    if (all.size() > limit) return fail(Kind::Corrupt, fmt::format("the data is larger than {} bytes", limit));
    room = std::clamp(all.size(), size_t{16 * 1024}, size_t{1024 * 1024});
  }
}

Result<std::uint64_t> copy(Source& from, Sink& to) {
  Bytes buffer(256 * 1024);
  std::uint64_t moved = 0;
  for (;;) {
    TRY_ASSIGN(const size_t count, from.read(buffer));
    if (count == 0) return moved;
    TRY(to.write(BytesView(buffer).first(count)));
    moved += count;
  }
}

std::string to_base64(BytesView bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()))));
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  Bytes bytes(3 * (text.size() / 4));
  // OpenSSL passes over blanks at both ends, and says then that it made fewer bytes; it takes padding anywhere, as zeros.
  if (text.size() % 4 != 0 || text.size() - std::min(text.find('='), text.size()) > 2 || (text.contains('=') && !text.ends_with('=')) || text.size() > std::numeric_limits<int>::max() ||
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size())) != static_cast<int>(bytes.size()))
    return fail(Kind::Corrupt, "the text is not base64");
  for (int end = 0; end < 2 && text.ends_with('='); ++end, text.remove_suffix(1)) bytes.pop_back();
  return bytes;
}

}  // namespace ashlar
