#include "oci/ref.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include <fmt/format.h>

#include "base/digest.h"

namespace ashlar::oci {
namespace {

struct Prefix {
  std::string_view text;
  Transport transport;
};
constexpr std::array<Prefix, 5> prefixes = {{{"oci-archive:", Transport::OciArchive}, {"docker-archive:", Transport::DockerArchive}, {"docker://", Transport::Registry},
                                             {"oci:", Transport::OciLayout}, {"dir:", Transport::Folder}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }
bool is_alnum(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

/// Runs of `inside` characters, with separators between them that `joins` accepts; nothing else, and no separator at an end.
template <class Inside, class Joins>
bool is_joined(std::string_view text, Inside inside, Joins joins) {
  for (;;) {
    size_t run = 0;
    while (run < text.size() && inside(text[run])) ++run;
    if (run == 0) return false;
    text.remove_prefix(run);
    if (text.empty()) return true;
    size_t gap = 0;
    while (gap < text.size() && !inside(text[gap])) ++gap;
    if (!joins(text.substr(0, gap))) return false;
    text.remove_prefix(gap);
  }
}

/// A host name, an IPv4 address or one of IPv6 in brackets, and perhaps a port (RFC 3986, section 3.2.2).
bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    const std::string_view address = text.substr(1, end - 1);
    if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text[0] == ':' && text.size() > 1 && std::all_of(text.begin() + 1, text.end(), is_digit));
  }
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) return false;
    text = text.substr(0, colon);
  }
  return is_joined(text, is_alnum, [](std::string_view gap) { return gap == "." || gap.find_first_not_of('-') == std::string_view::npos; });
}

std::unexpected<Error> bad(std::string_view text, std::string_view why) { return cannot(Kind::Invalid, fmt::format("read image reference '{}'", text.substr(0, 200)), why); }

Result<ImageRef> parse_registry(std::string_view whole, std::string_view rest) {
  ImageRef ref;
  ref.transport = Transport::Registry;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    if (auto digest = Digest::parse(rest.substr(at + 1)); !digest) return bad(whole, digest.error().message);
    ref.digest = std::string(rest.substr(at + 1));
    rest = rest.substr(0, at);
  }
  const size_t slash = rest.rfind('/');
  const size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && slash != std::string_view::npos && colon > slash) {
    ref.tag = std::string(rest.substr(colon + 1));
    if (!is_tag(ref.tag)) return bad(whole, fmt::format("'{}' is no tag", ref.tag.substr(0, 128)));
    rest = rest.substr(0, colon);
  }
  const size_t first = rest.find('/');
  if (first == std::string_view::npos || !is_host(rest.substr(0, first)) || !is_repository(rest.substr(first + 1)) || rest.size() > 255)
    return bad(whole, "it is not of the form oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG], dir:PATH or [docker://]HOST/REPO[:TAG][@DIGEST]");
  ref.location = std::string(rest);
  // Hosts have no case (RFC 3986, section 3.2.2): a policy knows one by one spelling.
  std::transform(ref.location.begin(), ref.location.begin() + static_cast<std::ptrdiff_t>(first), ref.location.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ref;
}

}  // namespace

bool is_tag(std::string_view text) {
  const auto word = [](char c) { return is_alnum(c) || c == '_'; };
  return !text.empty() && text.size() <= 128 && word(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) { return word(c) || c == '.' || c == '-'; });
}

bool is_ref_name(std::string_view text) {
  return text.size() <= 512 && is_joined(text, is_alnum, [](std::string_view gap) { return gap == "--" || (gap.size() == 1 && std::string_view("-._:@+/").find(gap[0]) != std::string_view::npos); });
}

bool is_repository(std::string_view text) {
  return is_joined(text, is_lower, [](std::string_view gap) {
    return gap == "/" || gap == "." || gap == "_" || gap == "__" || gap.find_first_not_of('-') == std::string_view::npos;
  });
}

Result<ImageRef> ImageRef::parse(std::string_view text) {
  for (const auto& [prefix, transport] : prefixes) {
    if (!text.starts_with(prefix)) continue;
    std::string_view rest = text.substr(prefix.size());
    if (transport == Transport::Registry) return parse_registry(text, rest);
    ImageRef ref;
    ref.transport = transport;
    if (const size_t at = rest.rfind("@sha256:"); transport == Transport::OciLayout && at != std::string_view::npos && Digest::parse(rest.substr(at + 1))) {
      ref.digest = std::string(rest.substr(at + 1));
      rest = rest.substr(0, at);
    }
    if (transport != Transport::Folder) {
      const size_t colon = rest.find(':');
      if (colon != std::string_view::npos) {
        ref.tag = std::string(rest.substr(colon + 1));
        rest = rest.substr(0, colon);
        if (ref.tag.empty()) return bad(text, "its tag is empty");
        if (!is_ref_name(ref.tag)) return bad(text, fmt::format("'{}' is no tag", ref.tag.substr(0, 128)));
      }
    }
    if (rest.empty()) return bad(text, "it names no path");
    ref.location = std::string(rest);
    return ref;
  }
  return parse_registry(text, text);
}

std::string ImageRef::str() const {
  std::string out;
  for (const auto& [prefix, kind] : prefixes) {
    if (kind == transport) out = std::string(prefix);
  }
  out += location;
  if (!tag.empty()) out += ":" + tag;
  if (!digest.empty()) out += "@" + digest;
  return out;
}

}  // namespace ashlar::oci
