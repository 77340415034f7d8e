#include "base/inner/pax.h"

#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace ashlar::tar {
namespace {

constexpr std::string_view xattr_prefix = "SCHILY.xattr.";

std::unexpected<Error> bad(std::string_view key) { return fail(Kind::Corrupt, fmt::format("pax record '{}' has a bad value", key.substr(0, 80))); }

template <class T>
Done set_number(std::string_view key, std::string_view value, std::optional<T>& into) {
  T number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) return bad(key);
  into = number;
  return {};
}

Done set_text(std::string_view key, std::string_view value, std::optional<std::string>& into) {
  if (value.find('\0') != std::string_view::npos) return bad(key);
  into = value;
  return {};
}

/// Seconds with a fraction, which is cut off towards the past.
Done set_time(std::string_view key, std::string_view value, std::optional<std::int64_t>& into) {
  const size_t dot = value.find('.');
  TRY(set_number(key, value.substr(0, dot), into));
  if (dot == std::string_view::npos) return {};
  const std::string_view fraction = value.substr(dot + 1);
  if (fraction.find_first_not_of("0123456789") != std::string_view::npos) return bad(key);
  const bool whole = fraction.find_first_not_of('0') == std::string_view::npos;
  if (value[0] == '-' && !whole) {
    if (*into == std::numeric_limits<std::int64_t>::min()) return bad(key);
    --*into;
  }
  return {};
}

Done set(std::string_view key, std::string_view value, PaxRecords& records) {
  if (key.starts_with(xattr_prefix)) {
    const std::string name = unescape_xattr(key.substr(xattr_prefix.size()));
    if (name.empty()) return bad(key);
    records.xattrs[name] = value;
    return {};
  }
  if (key.starts_with("GNU.sparse.")) return fail(Kind::Corrupt, "sparse files are not read");
  if (key == "path") return value.empty() ? (records.path.reset(), Done{}) : set_text(key, value, records.path);
  if (key == "linkpath") return value.empty() ? (records.link.reset(), Done{}) : set_text(key, value, records.link);
  if (key == "size") return value.empty() ? (records.size.reset(), Done{}) : set_number(key, value, records.size);
  if (key == "mtime") return value.empty() ? (records.mtime.reset(), Done{}) : set_time(key, value, records.mtime);
  if (key == "uid") return value.empty() ? (records.uid.reset(), Done{}) : set_number(key, value, records.uid);
  if (key == "gid") return value.empty() ? (records.gid.reset(), Done{}) : set_number(key, value, records.gid);
  return {};
}

}  // namespace

Done read_pax(std::string_view text, PaxRecords& records) {
  while (!text.empty()) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<size_t>(end - text.data());
    if (error != std::errc{} || length > text.size() || length < digits + 3 || *end != ' ' || text[length - 1] != '\n')
      return fail(Kind::Corrupt, "a pax record has a bad length");
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    const size_t equals = record.find('=');
    if (equals == 0 || equals == std::string_view::npos) return fail(Kind::Corrupt, "a pax record has no key");
    TRY(set(record.substr(0, equals), record.substr(equals + 1), records));
    text.remove_prefix(length);
  }
  return {};
}

size_t pax_size(const PaxRecords& records) {
  size_t size = (records.path ? records.path->size() : 0) + (records.link ? records.link->size() : 0);
  for (const auto& [name, value] : records.xattrs) size += name.size() + value.size() + 64;
  return size;
}

std::string pax_record(std::string_view key, std::string_view value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + 1;
  for (;;) {  // the length counts its own digits: at most two rounds
    const size_t next = rest + fmt::formatted_size("{}", length);
    if (next == length) break;
    length = next;
  }
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string pax_records(const TarEntry& entry, bool path_fits, std::string_view path) {
  std::string out;
  for (const auto& [name, value] : entry.xattrs) out += pax_record(fmt::format("{}{}", xattr_prefix, escape_xattr(name)), value);
  if (entry.gid > octal_limit(8)) out += pax_record("gid", fmt::format("{}", entry.gid));
  if (entry.link.size() > 100) out += pax_record("linkpath", entry.link);
  if (entry.mtime < 0 || static_cast<std::uint64_t>(entry.mtime) > octal_limit(12)) out += pax_record("mtime", fmt::format("{}", entry.mtime));
  if (!path_fits) out += pax_record("path", path);
  if (entry.size > octal_limit(12)) out += pax_record("size", fmt::format("{}", entry.size));
  if (entry.uid > octal_limit(8)) out += pax_record("uid", fmt::format("{}", entry.uid));
  return out;
}

std::string escape_xattr(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '%') out += "%25";
    else if (c == '=') out += "%3D";
    else out += c;
  }
  return out;
}

std::string unescape_xattr(std::string_view name) {
  std::string out;
  for (size_t at = 0; at < name.size(); ++at) {
    const std::string_view three = name.substr(at, 3);
    if (three == "%25" || three == "%3D") {
      out += three == "%25" ? '%' : '=';
      at += 2;
    } else {
      out += name[at];
    }
  }
  return out;
}

std::optional<std::int64_t> read_number(std::string_view field) {
  const auto first = static_cast<std::uint8_t>(field[0]);
  if ((first & 0x80) != 0) {
    const bool negative = (first & 0x40) != 0;
    // Two's complement over the whole field, without its top bit; what goes beyond 64 bits must repeat the sign.
    std::int64_t value = negative ? static_cast<std::int8_t>(first) : first & 0x3f;
    for (const char byte : field.substr(1)) {
      if (value > (std::numeric_limits<std::int64_t>::max() >> 8) || value < (std::numeric_limits<std::int64_t>::min() >> 8)) return std::nullopt;
      value = value * 256 + static_cast<std::uint8_t>(byte);
    }
    return value;
  }
  const size_t start = std::min(field.find_first_not_of(' '), field.size());
  std::int64_t value = 0;
  size_t at = start;
  for (; at < field.size() && field[at] >= '0' && field[at] <= '7'; ++at) value = value * 8 + (field[at] - '0');  // at most 12 digits
  const std::string_view after = field.substr(at);
  if (!after.empty() && after[0] != ' ' && after[0] != '\0') return std::nullopt;
  return value;
}

}  // namespace ashlar::tar
