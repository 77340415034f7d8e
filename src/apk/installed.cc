#include "apk/installed.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/text.h"

namespace ashlar::apk {
namespace {

constexpr std::uint64_t last_second = 253402300799;  // of the year 9999

template <class Number>
Result<Number> read_number(std::string_view text, int base = 10) {
  Number value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc{} || at != end) return fail(Kind::Corrupt, fmt::format("'{}' is no number", text.substr(0, 40)));
  return value;
}

/// `Q1`, `Q2` and base64, `X1`, `X2` and hex (apk-tools, blob.c, apk_blob_pull_digest).
Result<Checksum> read_checksum(std::string_view text) {
  const auto bad = [&] { return fail(Kind::Corrupt, fmt::format("'{}' is no checksum", text.substr(0, 80))); };
  if (text.size() < 2 || (text[1] != '1' && text[1] != '2')) return bad();
  Checksum checksum{.hash = text[1] == '1' ? Checksum::Hash::Sha1 : Checksum::Hash::Sha256};
  const std::string_view body = text.substr(2);
  if (text[0] == 'Q') {
    const auto bytes = from_base64(body);
    if (!bytes) return bad();
    checksum.hex = to_hex(*bytes);
  } else if (text[0] == 'X') {
    if (body.find_first_not_of("0123456789abcdef") != std::string_view::npos) return bad();
    checksum.hex = body;
  }
  if (checksum.hex.size() != (checksum.hash == Checksum::Hash::Sha1 ? 40 : 64)) return bad();
  return checksum;
}

/// `uid:gid:mode`, and behind another colon a checksum of extended attributes, which is not kept.
Done read_owner(std::string_view text, File& file) {
  const auto parts = split(text, ':');
  if (parts.size() < 3 || parts.size() > 4) return fail(Kind::Corrupt, fmt::format("'{}' is no owner and mode", text.substr(0, 80)));
  TRY_ASSIGN(file.uid, read_number<std::uint32_t>(parts[0]));
  TRY_ASSIGN(file.gid, read_number<std::uint32_t>(parts[1]));
  TRY_ASSIGN(file.mode, read_number<std::uint32_t>(parts[2], 8));
  if (file.mode > 07777) return fail(Kind::Corrupt, fmt::format("'{}' is no mode", parts[2]));
  return {};
}

bool is_inside(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return false;
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

std::vector<std::string> read_words(std::string_view text) {
  std::vector<std::string> out;
  for (const auto word : words(text)) out.emplace_back(word);
  return out;
}

/// One stanza on its way: what the next line of its file list refers to.
struct Stanza {
  Package& package;
  bool in_directory = false;
  File* file = nullptr;  ///< the last R of this directory
  bool cut_hashes = false;
};

Done add_directory(Stanza& stanza, std::string_view value) {
  if (!value.empty() && !is_inside(value)) return fail(Kind::Corrupt, fmt::format("'{}' is no path within the root", value.substr(0, 80)));
  stanza.package.directories.push_back({.path = std::string(value), .checksum = {}, .mode = 0755});
  stanza.in_directory = true;
  stanza.file = nullptr;
  return {};
}

Done add_file(Stanza& stanza, std::string_view value) {
  if (!stanza.in_directory) return fail(Kind::Corrupt, fmt::format("the file '{}' has no directory", value.substr(0, 80)));
  if (!is_inside(value) || value.find('/') != std::string_view::npos) return fail(Kind::Corrupt, fmt::format("'{}' is no name of a file", value.substr(0, 80)));
  std::string path = stanza.package.directories.back().path;
  if (!path.empty()) path += '/';
  path += value;
  stanza.file = &stanza.package.files.emplace_back(File{.path = std::move(path), .checksum = {}, .mode = 0644});
  return {};
}

/// The fields of the file list.
Done read_file_field(Stanza& stanza, char field, std::string_view value) {
  switch (field) {
    case 'F': return add_directory(stanza, value);
    case 'R': return add_file(stanza, value);
    case 'M':
      if (!stanza.in_directory) return fail(Kind::Corrupt, "an owner stands before the first directory");
      return read_owner(value, stanza.package.directories.back());
    default: break;
  }
  if (stanza.file == nullptr) return fail(Kind::Corrupt, fmt::format("'{}:' stands before the first file of its directory", field));
  if (field == 'a') return read_owner(value, *stanza.file);
  TRY_ASSIGN(stanza.file->checksum, read_checksum(value));
  return {};
}

Done read_field(Stanza& stanza, char field, std::string_view value) {
  Package& package = stanza.package;
  switch (field) {
    case 'P': package.name = value; return {};
    case 'V': package.version = value; return {};
    case 'A': package.architecture = value; return {};
    case 'o': package.origin = value; return {};
    case 'L': package.license = value; return {};
    case 'm': package.maintainer = value; return {};
    case 'T': package.description = value; return {};
    case 'U': package.url = value; return {};
    case 'c': package.commit = value; return {};
    case 's': package.repository_tag = value.starts_with('@') ? value.substr(1) : value; return {};
    case 'D': package.depends = read_words(value); return {};
    case 'p': package.provides = read_words(value); return {};
    case 'r': package.replaces = read_words(value); return {};
    case 'f':
      package.broken.clear();
      for (const char c : value) {
        if (c == 'S') stanza.cut_hashes = true;
        else package.broken += c;
      }
      return {};
    case 'C': {
      TRY_ASSIGN(package.id, read_checksum(value));
      return {};
    }
    case 'S': {
      TRY_ASSIGN(package.size, read_number<std::uint64_t>(value));
      return {};
    }
    case 'I': {
      TRY_ASSIGN(package.installed_size, read_number<std::uint64_t>(value));
      return {};
    }
    case 't': {
      TRY_ASSIGN(const auto seconds, read_number<std::uint64_t>(value));
      if (seconds > last_second) return fail(Kind::Corrupt, fmt::format("'{}' is no time", value));
      package.built = Time{static_cast<std::int64_t>(seconds)};
      return {};
    }
    case 'F':
    case 'M':
    case 'R':
    case 'a':
    case 'Z': return read_file_field(stanza, field, value);
    default: return {};
  }
}

}  // namespace

std::string_view InstalledReader::take_line() {
  ++line_;
  const std::string_view line = rest_.substr(0, rest_.find('\n'));
  rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
  return line;
}

Result<bool> InstalledReader::next(Package& package) {
  package = {};
  Stanza stanza{package};
  bool begun = false;
  while (!rest_.empty()) {
    const std::string_view line = take_line();
    if (line.empty()) {
      if (begun) break;
      continue;
    }
    begun = true;
    const Done done = line.size() >= 2 && line[1] == ':' ? read_field(stanza, line[0], line.substr(2)) : fail(Kind::Corrupt, "it is no field");
    if (done) continue;
    const size_t at = line_;
    while (!rest_.empty() && !take_line().empty()) {}
    return cannot(Kind::Corrupt, fmt::format("read line {} of '{}'", at, path_), done.error().message);
  }
  if (!begun) return false;
  if (package.name.empty() || package.version.empty())
    return cannot(Kind::Corrupt, fmt::format("read '{}'", path_), fmt::format("the package that ends at line {} has no {}", line_, package.name.empty() ? "name" : "version"));
  if (stanza.cut_hashes) {
    for (File& file : package.files) {
      if (file.checksum && file.checksum->hash == Checksum::Hash::Sha1) file.checksum->hash = Checksum::Hash::Sha256Cut;
    }
  }
  return true;
}

Result<std::vector<Package>> read_installed(std::string_view text, std::string_view path) {
  InstalledReader reader(text, path);
  std::vector<Package> packages;
  for (;;) {
    Package package;
    TRY_ASSIGN(const bool more, reader.next(package));
    if (!more) return packages;
    packages.push_back(std::move(package));
  }
}

}  // namespace ashlar::apk
