#include "advisory/content.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"

namespace ashlar::advisory {
namespace {

constexpr std::uint64_t page = 4096;  ///< of Sqlite::create(); the first table, `meta`, begins with the second

/// The file part by part: `take(offset, bytes)`.
template <class Take>
Done each_part(const host::ReadFile& file, Take take) {
  Bytes buffer(1 << 20);
  for (std::uint64_t at = 0;;) {
    TRY_ASSIGN(const size_t count, file.read_at(at, buffer));
    if (count == 0) return {};
    TRY(take(at, std::span(buffer).first(count)));
    at += count;
  }
}

/// Where the digest stands: behind its key in the one page of `meta`, where the record's texts follow each other (SQLite's file format, "Record Format").
Result<std::uint64_t> find_digest(const host::ReadFile& file) {
  Bytes bytes(page);
  TRY_ASSIGN(const size_t count, file.read_at(page, bytes));
  const std::string_view text = as_text(BytesView(bytes).first(count));
  const std::string mark = std::string(content_key) + "sha256:";
  const size_t at = text.find(mark);
  if (at == std::string_view::npos || at + content_key.size() + content_unknown.size() > text.size() || text.find(mark, at + 1) != std::string_view::npos)
    return fail(Kind::Corrupt, "no digest of its content stands in it");
  return page + at + content_key.size();
}

/// Writes `text` over the part of `bytes`, which begin at `begin`, that it falls on.
void overlay(std::span<std::uint8_t> bytes, std::uint64_t begin, std::uint64_t at, std::string_view text) {
  for (size_t index = 0; index < text.size(); ++index) {
    if (at + index >= begin && at + index < begin + bytes.size()) bytes[at + index - begin] = static_cast<std::uint8_t>(text[index]);
  }
}

/// Over all bytes, as they were while the digest was not known.
Result<Digest> digest_without(const host::ReadFile& file, std::uint64_t at) {
  Hasher hasher;
  TRY(each_part(file, [&](std::uint64_t begin, std::span<std::uint8_t> bytes) -> Done {
    overlay(bytes, begin, at, content_unknown);
    hasher.update(bytes);
    return {};
  }));
  return hasher.finish();
}

Done compare_content(const host::ReadFile& file) {
  TRY_ASSIGN(const std::uint64_t at, find_digest(file));
  Bytes said(content_unknown.size());
  TRY_ASSIGN(const size_t count, file.read_at(at, said));
  TRY_ASSIGN(const Digest found, digest_without(file, at));
  const std::string_view stands = as_text(BytesView(said).first(count));
  if (stands == found.str()) return {};
  return fail(Kind::Corrupt, fmt::format("its bytes are not those that were compiled: their digest is {}, in it stands {}", found.str(), stands.starts_with("sha256:") ? "another" : "none"));
}

}  // namespace

Done seal_content(host::Files& files, const host::Path& draft, const host::Path& target) {
  TRY_ASSIGN(const auto file, files.open(draft));
  TRY_ASSIGN(const std::uint64_t at, find_digest(*file));
  TRY_ASSIGN(const Digest digest, digest_without(*file, at));
  TRY_ASSIGN(const auto sealed, files.draft(target.parent_path()));
  const std::string text = digest.str();
  TRY(each_part(*file, [&](std::uint64_t begin, std::span<std::uint8_t> bytes) -> Done {
    overlay(bytes, begin, at, text);
    return sealed->write(bytes);
  }));
  return sealed->commit(target);
}

Done check_content(const host::ReadFile& file, const host::Path& path) {
  if (auto sound = compare_content(file); !sound) return cannot(fmt::format("open advisory database '{}'", path.string()), std::move(sound).error());
  return {};
}

}  // namespace ashlar::advisory
