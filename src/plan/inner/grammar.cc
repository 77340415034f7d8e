#include "plan/inner/grammar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "oci/image.h"

namespace ashlar::plan {
namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_lower(char letter) { return letter >= 'a' && letter <= 'z'; }
bool is_upper(char letter) { return letter >= 'A' && letter <= 'Z'; }
bool is_alnum(char letter) { return is_digit(letter) || is_lower(letter) || is_upper(letter); }
bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) { return is_digit(letter) || (letter >= 'a' && letter <= 'f'); });
}
bool one_of(char letter, std::string_view set) { return set.find(letter) != std::string_view::npos; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

/// A text as an error quotes it.
std::string quoted(std::string_view text) { return fmt::format("'{}{}'", text.substr(0, 80), text.size() > 80 ? "..." : ""); }

}  // namespace

Family family_of(std::string_view distribution) {
  if (distribution.starts_with("alpine-")) return Family::Alpine;
  return distribution.starts_with("helm-") ? Family::Other : Family::Debian;
}

Objection check_package_name(std::string_view name, Family family) {
  const std::string wrong = fmt::format("{} is no package name", quoted(name));
  if (family != Family::Debian) {
    const bool fits = !name.empty() && std::ranges::all_of(name, [](char letter) { return is_alnum(letter) || one_of(letter, "+-._:/@"); });
    return fits ? Objection{} : Objection{wrong, {}};
  }
  if (name.size() >= 2 && (is_lower(name[0]) || is_digit(name[0])) &&
      std::ranges::all_of(name, [](char letter) { return is_lower(letter) || is_digit(letter) || one_of(letter, "+-."); })) {
    return {};
  }
  if (name.starts_with('!')) return {wrong, "one '!' excludes a package"};
  if (std::ranges::any_of(name, is_upper) && !check_package_name(lower(name), family)) {
    return {wrong, fmt::format("names are in lower case: '{}'", lower(name))};
  }
  if (const size_t at = name.find(':'); at != std::string_view::npos) return {wrong, fmt::format("leave out the architecture: '{}'", name.substr(0, at))};
  return {wrong, "lower case letters, digits, '+', '-' and '.', at least two"};
}

Objection check_package_version(std::string_view version, Family family) {
  const std::string wrong = fmt::format("{} is no version", quoted(version));
  if (version.empty()) return {"a version is missing after '='", {}};
  if (family != Family::Debian) {
    const bool fits = std::ranges::all_of(version, [](char letter) { return is_alnum(letter) || one_of(letter, "+-._~:"); });
    return fits ? Objection{} : Objection{wrong, {}};
  }
  std::string_view rest = version;
  if (const size_t colon = version.find(':'); colon != std::string_view::npos) {
    if (!parse_number(version.substr(0, colon), 2147483647)) return {wrong, "what stands before ':' is the epoch, a number"};
    rest = version.substr(colon + 1);
  }
  const size_t dash = rest.rfind('-');
  const std::string_view upstream = rest.substr(0, dash), revision = dash == std::string_view::npos ? std::string_view("0") : rest.substr(dash + 1);
  if (upstream.empty() || !is_digit(upstream[0])) return {wrong, "a version begins with a digit"};
  for (const char letter : upstream) {
    if (!is_alnum(letter) && !one_of(letter, ".+-~:")) return {wrong, fmt::format("'{}' may not stand in a version", letter)};
  }
  if (revision.empty()) return {wrong, "a revision is missing after '-'"};
  for (const char letter : revision) {
    if (!is_alnum(letter) && !one_of(letter, ".+~")) return {wrong, fmt::format("'{}' may not stand in a revision", letter)};
  }
  return {};
}

Objection check_tag(std::string_view tag) {
  const bool begins = !tag.empty() && (is_alnum(tag[0]) || tag[0] == '_');
  const bool fits = begins && tag.size() <= 128 && std::ranges::all_of(tag, [](char letter) { return is_alnum(letter) || one_of(letter, "_.-"); });
  if (fits) return {};
  return {fmt::format("{} is no tag", quoted(tag)), "letters, digits, '_', '.' and '-', at most 128, not beginning with '.' or '-'"};
}

Objection check_image_name(std::string_view name) {
  const std::string wrong = fmt::format("{} is no image name", quoted(name));
  const auto parts = split(name, '/');
  if (name.empty() || name.size() > 255) return {wrong, "for example 'registry.example/python'"};
  if (name.find('@') != std::string_view::npos) return {wrong, "leave out the digest"};
  for (size_t at = 0; at < parts.size(); ++at) {
    const std::string_view part = parts[at];
    const bool host = at == 0 && parts.size() > 1 && (part.find_first_of(".:") != std::string_view::npos || part == "localhost");
    if (host) {
      const auto [machine, port] = cut(part, ':');
      const bool good = !machine.empty() && std::ranges::all_of(machine, [](char letter) { return is_alnum(letter) || one_of(letter, ".-"); });
      if (!good || (part.find(':') != std::string_view::npos && !parse_number(port, 65535))) return {wrong, {}};
      continue;
    }
    if (part.find(':') != std::string_view::npos) return {wrong, "tags stand below 'tags'"};
    if (std::ranges::any_of(part, is_upper)) return {wrong, fmt::format("names are in lower case: '{}'", lower(name))};
    const auto ends = [](char letter) { return is_lower(letter) || is_digit(letter); };
    if (part.empty() || !ends(part.front()) || !ends(part.back())) return {wrong, {}};
    for (size_t i = 0; i < part.size(); ++i) {
      if (!ends(part[i]) && !one_of(part[i], "._-")) return {wrong, {}};
      if (i > 0 && part[i] == '.' && !ends(part[i - 1])) return {wrong, {}};
    }
  }
  return {};
}

Objection check_port(std::string_view port) {
  if (oci::Port::parse(port)) return {};
  const auto known = [](std::string_view there) { return oci::Port::parse(there).has_value(); };
  const std::string wrong = fmt::format("{} is no port", quoted(port));
  if (const size_t colon = port.rfind(':'); colon != std::string_view::npos && known(port.substr(colon + 1)))
    return {wrong, fmt::format("the container's own port alone: '{}'; where it is published is for who runs the image", port.substr(colon + 1))};
  if (const auto [protocol, number] = cut(port, '/'); known(fmt::format("{}/{}", number, lower(protocol)))) return {wrong, fmt::format("the number first: '{}/{}'", number, lower(protocol))};
  if (known(lower(port))) return {wrong, fmt::format("protocols are in lower case: '{}'", lower(port))};
  return {fmt::format("{} is no port", quoted(port)), "for example '8080/tcp', '53/udp' or '4510-4559/tcp'; ports are 1 to 65535"};
}

Objection check_absolute_path(std::string_view path) {
  if (!path.starts_with('/')) {
    return {fmt::format("{} is no absolute path", quoted(path)), path.empty() ? "" : fmt::format("did you mean '/{}'?", path.substr(0, 80))};
  }
  for (const std::string_view part : split(path, '/')) {
    if (part == "..") return {fmt::format("the path {} climbs with '..'", quoted(path)), {}};
    if (part.starts_with(".wh.")) return {fmt::format("the path {} would be read as a whiteout of a layer", quoted(path)), {}};
  }
  return {};
}

Objection check_volume(std::string_view path) {
  if (const Objection objection = check_absolute_path(path)) return objection;
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(path, '/')) {
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  if (parts.empty()) return {"the root is no volume", "name the folder that holds data, as '/var/lib/app'"};
  for (const std::string_view made : {"proc", "sys", "dev"}) {
    if (parts.front() == made) return {fmt::format("{} is the machine's, and no volume", quoted(path)), "name the folder that holds data, as '/var/lib/app'"};
  }
  return {};
}

Objection check_date(std::string_view date) {
  const auto digits = {0, 1, 2, 3, 5, 6, 8, 9};
  const bool shape = date.size() == 10 && date[4] == '-' && date[7] == '-' && std::ranges::all_of(digits, [&](int at) { return is_digit(date[static_cast<size_t>(at)]); });
  if (shape && Time::parse(date)) return {};
  return {fmt::format("{} is no date", quoted(date)), "year, month and day: '2027-10-31'"};
}

Objection check_signal(std::string_view signal) {
  constexpr std::string_view named[] = {"HUP",  "INT",  "QUIT", "ILL",  "TRAP", "ABRT",   "BUS",  "FPE",  "KILL",  "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",  "STKFLT",
                                        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",   "URG",  "XCPU", "XFSZ",  "VTALRM", "PROF", "WINCH", "IO", "POLL", "PWR", "SYS"};
  std::string_view rest = signal;
  bool good = false;
  if (rest.starts_with("SIG")) {
    rest.remove_prefix(3);
    good = std::ranges::find(named, rest) != std::ranges::end(named);
    for (const std::string_view real_time : {"RTMIN", "RTMAX"}) {
      if (!rest.starts_with(real_time)) continue;
      const std::string_view offset = rest.substr(real_time.size());
      good = offset.empty() || (offset[0] == (real_time == "RTMIN" ? '+' : '-') && parse_number(offset.substr(1), 30));
    }
  } else {
    const auto number = parse_number(signal, 64);
    good = number && *number != 0;
  }
  return good ? Objection{} : Objection{fmt::format("{} is no signal", quoted(signal)), "for example 'SIGTERM'"};
}

Objection check_url(std::string_view url) {
  const size_t colon = url.find("://");
  const bool scheme = colon != std::string_view::npos && colon > 0 && is_lower(url[0]) &&
                      std::ranges::all_of(url.substr(0, colon), [](char letter) { return is_lower(letter) || is_digit(letter) || one_of(letter, "+.-"); });
  const bool clean = std::ranges::all_of(url, [](unsigned char byte) { return byte > 0x20 && byte != 0x7F; });
  return scheme && clean && url.size() > colon + 3 ? Objection{} : Objection{fmt::format("{} is no URL", quoted(url)), {}};
}

Objection check_checksum(std::string_view checksum) {
  const auto [kind, hex] = cut(checksum, ':');
  if (kind == "sha256" || kind == "sha512") {
    const size_t wanted = kind == "sha256" ? 64 : 128;
    if (hex.size() == wanted && is_hex(hex)) return {};
    return {fmt::format("{} is no checksum", quoted(checksum)),
            fmt::format("{} takes {} lower-case hex digits, here are {} characters", kind, wanted, hex.size())};
  }
  if ((checksum.size() == 40 || checksum.size() == 64) && is_hex(checksum)) return {};
  if (checksum.find("://") != std::string_view::npos) return check_url(checksum);
  return {fmt::format("{} is no checksum", quoted(checksum)), "'sha256:' and 64 hex digits, a commit of 40 hex digits, or the URL of a checksum file"};
}

Objection check_repository(std::string_view line, Family family) {
  if (family == Family::Alpine) {
    const auto parts = words(line);
    return parts.empty() ? Objection{"a repository is empty", {}} : check_url(parts.back());
  }
  const Objection wrong{fmt::format("{} is no repository", quoted(line)),
                        "a line of sources.list: 'deb [signed-by=/usr/share/keyrings/NAME] URL SUITE COMPONENT...'"};
  if (!line.starts_with("deb ") && !line.starts_with("deb-src ")) return line.find("://") != std::string_view::npos && !check_url(line) ? Objection{} : wrong;
  std::string_view rest = trim(cut(line, ' ').second);
  if (rest.starts_with('[')) {
    const size_t close = rest.find(']');
    if (close == std::string_view::npos) return wrong;
    rest = trim(rest.substr(close + 1));
  }
  const auto parts = words(rest);
  if (parts.size() < 2 || (parts.size() < 3 && !parts[1].ends_with('/'))) return wrong;
  return check_url(parts[0]) ? wrong : Objection{};
}

Objection check_distribution(std::string_view name) {
  const auto [id, version] = cut(name, '-');
  const bool good = !id.empty() && is_lower(id[0]) && std::ranges::all_of(id, [](char letter) { return is_lower(letter) || is_digit(letter); }) && !version.empty() &&
                    is_alnum(version[0]) && std::ranges::all_of(version, [](char letter) { return is_lower(letter) || is_digit(letter) || letter == '.'; });
  return good ? Objection{} : Objection{fmt::format("{} is no distribution", quoted(name)), "for example 'debian-13'"};
}

Objection check_account_name(std::string_view name) {
  std::string_view rest = name.ends_with('$') ? name.substr(0, name.size() - 1) : name;
  const bool good = !rest.empty() && name.size() <= 32 && (is_alnum(rest[0]) || one_of(rest[0], "_.")) &&
                    std::ranges::all_of(rest, [](char letter) { return is_alnum(letter) || one_of(letter, "_.-"); });
  return good ? Objection{} : Objection{fmt::format("{} is no name of an account", quoted(name)), "letters, digits, '_', '-' and '.', at most 32"};
}

std::optional<std::uint32_t> parse_mode(std::string_view mode) {
  if (mode.size() < 3 || mode.size() > 5 || (mode.size() == 5 && mode[0] != '0')) return std::nullopt;
  std::uint32_t bits = 0;
  for (const char letter : mode) {
    if (letter < '0' || letter > '7') return std::nullopt;
    bits = bits * 8 + static_cast<std::uint32_t>(letter - '0');
  }
  return bits;
}

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

}  // namespace ashlar::plan
