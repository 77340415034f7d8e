#include "plan/inner/life_keys.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::plan {
namespace {

constexpr std::string_view health_kinds[] = {"tcp", "http", "file", "process", "exec"};
constexpr std::string_view compiled_locales = "locales-all";

template <auto Field, int Least, int Most>
constexpr auto put_seconds = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = static_cast<int>(reader.seconds(value, Least, Most)); };
template <auto Field, int Least, int Most>
constexpr auto put_integer = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = static_cast<int>(reader.integer(value, Least, Most)); };

constexpr Key<Health> health_keys[] = {
    {"kind",
     [](Reader& reader, const YamlNode& value, Health& into) {
       if (const auto place = reader.choice(value, "value", health_kinds)) into.kind = health_kinds[*place];
     },
     true},
    {"target", put_expanded<&Health::target>, true},
    {"interval", put_seconds<&Health::interval, 1, 86400>},
    {"timeout", put_seconds<&Health::timeout, 1, 86400>},
    {"retries", put_integer<&Health::retries, 1, 1000>},
};

/// `127.0.0.1:80`, `localhost:80`, `[::1]:80`: the probe asks no name server.
Objection check_host(std::string_view place, bool port_needed) {
  const size_t colon = place.rfind(':');
  const bool bracket = place.starts_with('[');
  const bool has_port = colon != std::string_view::npos && (!bracket || place.find("]:") == colon - 1);
  std::string_view host = has_port ? place.substr(0, colon) : place;
  if (port_needed && !has_port) return {"a port is missing", "as '127.0.0.1:8080'"};
  if (has_port && parse_number(place.substr(colon + 1), 65535).value_or(0) == 0) return {fmt::format("'{}' is no port", place.substr(colon + 1).substr(0, 20)), {}};
  if (bracket) return host.ends_with(']') && host.find_first_not_of("[]:0123456789abcdefABCDEF") == std::string_view::npos ? Objection{} : Objection{"it is no IPv6 address", {}};
  if (host == "localhost") return {};
  const auto parts = split(host, '.');
  const bool number = parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) { return parse_number(part, 255).has_value(); });
  return number ? Objection{} : Objection{fmt::format("'{}' is no address", host.substr(0, 80)), "the probe asks no name server: write localhost, or an address in numbers"};
}

Objection check_target(std::string_view kind, std::string_view target) {
  if (target.empty()) return {"a target is expected", {}};
  if (kind == "tcp") return check_host(target, true);
  if (kind == "file") return check_absolute_path(target);
  if (kind == "process") return target.find('/') == std::string_view::npos ? Objection{} : Objection{"a process has a name, not a path", "as in /proc/PID/comm"};
  if (kind == "exec") return split_command(std::string(target)) ? Objection{} : Objection{"a quote in the command is not closed", {}};
  if (target.starts_with("https://")) return {"the probe speaks no TLS", "ask the port with 'kind: tcp', or a program of the image with 'kind: exec'"};
  if (!target.starts_with("http://")) return {fmt::format("'{}' is no URL", target.substr(0, 80)), "as 'http://127.0.0.1:8080/healthz'"};
  target.remove_prefix(7);
  return check_host(target.substr(0, target.find_first_of("/?")), false);
}

Objection check_source(std::string_view source) {
  if (source.empty() || source.starts_with('/')) return {"a path below the catalogue's root is expected", "as 'company/root.pem'"};
  const auto parts = split(source, '/');
  return std::ranges::find(parts, "..") != parts.end() ? Objection{"a path below the catalogue's root is expected", "without '..'"} : Objection{};
}

Objection check_certificate_name(std::string_view name) {
  constexpr std::string_view good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  const bool fits = !name.empty() && name.size() <= 100 && !name.starts_with('.') && name.find_first_not_of(good) == std::string_view::npos;
  return fits ? Objection{} : Objection{fmt::format("'{}' is no name for a certificate", name.substr(0, 80)), "letters, digits, '-', '_' and '.'"};
}

constexpr Key<TrustedRoots> certificate_keys[] = {
    {"name", put_checked<&TrustedRoots::name, check_certificate_name>, true},
    {"source", put_checked<&TrustedRoots::source, check_source>},
    {"content", [](Reader& reader, const YamlNode& value, TrustedRoots& into) { into.content = reader.text(value); }},
};

Objection check_time_zone(std::string_view zone) {
  constexpr std::string_view good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+/";
  const auto parts = split(zone, '/');
  const bool fits = !zone.empty() && zone.find_first_not_of(good) == std::string_view::npos && std::ranges::find(parts, "") == parts.end();
  return fits ? Objection{} : Objection{fmt::format("'{}' is no time zone", zone.substr(0, 80)), "as 'Europe/Berlin', a name below /usr/share/zoneinfo"};
}

/// `tt_RU.UTF-8@iqtelif`, `tt_RU.utf8@iqtelif`: the name that compiled locales have (locale -a).
std::string folder_of(std::string_view locale) {
  const size_t dot = locale.find('.'), at = std::min(locale.find('@'), locale.size());
  if (dot == std::string_view::npos) return std::string(locale);
  std::string codeset;
  for (const char c : locale.substr(dot + 1, at - dot - 1)) {
    if (c != '-' && c != '_') codeset += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return fmt::format("{}.{}{}", locale.substr(0, dot), codeset, locale.substr(at));
}

Objection check_locale(std::string_view locale) {
  constexpr std::string_view good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@";
  const size_t end = locale.find_first_of(".@");  // glibc names those of few speakers by their modifier alone
  const bool fits = end != 0 && end != std::string_view::npos && locale.find_first_not_of(good) == std::string_view::npos;
  return fits ? Objection{} : Objection{fmt::format("'{}' is no locale", locale.substr(0, 80)), "as 'de_DE.UTF-8' or 'sr_RS@latin', with its character set or modifier"};
}

}  // namespace

void read_health(Reader& reader, const YamlNode& node, Definition& into) {
  Health& health = into.health.emplace();
  if (!read_mapping(reader, node, health_keys, health) || health.kind.empty()) return;
  const YamlNode* target = node.find("target");
  if (target != nullptr && reader.ok(*target)) reader.object(*target, check_target(health.kind, health.target));
}

void read_certificates(Reader& reader, const YamlNode& node, Definition& into) {
  reader.each(node, [&](const YamlNode& item) {
    TrustedRoots roots;
    roots.at = {item.line, item.column};
    if (!read_mapping(reader, item, certificate_keys, roots)) return;
    if (roots.content.has_value() == !roots.source.empty()) reader.fault(item, "a certificate has either 'source' or 'content'");
    const bool twice = std::ranges::any_of(into.certificates, [&](const TrustedRoots& other) { return other.name == roots.name; });
    if (twice && !roots.name.empty()) reader.fault(item, fmt::format("a certificate '{}' stands above", roots.name));
    into.certificates.push_back(std::move(roots));
  });
}

void read_time_zone(Reader& reader, const YamlNode& node, Definition& into) {
  into.time_zone = reader.checked(node, check_time_zone);
  into.time_zone_at = {node.line, node.column};
}

void read_locales(Reader& reader, const YamlNode& node, Definition& into) {
  Slice slice{std::string(compiled_locales), {}, {}, {node.line, node.column}};
  reader.each(node, [&](const YamlNode& item) {
    const std::string locale = reader.checked(item, check_locale);
    if (!reader.ok(item) || locale.empty()) return;
    into.locales.push_back(locale);
    into.locales_at.push_back({item.line, item.column});
    slice.include.push_back(fmt::format("usr/lib/locale/{}/**", folder_of(locale)));
  });
  if (!into.locales.empty()) into.slices.push_back(std::move(slice));
}

}  // namespace ashlar::plan
