#pragma once
// What single texts of a definition must look like. Each check returns what is wrong, as the end of a sentence, or nothing.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::plan {

/// What is wrong with a text, and what to do; no trouble: empty.
struct Objection {
  std::string trouble, hint;
  explicit operator bool() const { return !trouble.empty(); }
};

enum class Family { Debian, Alpine, Other };
Family family_of(std::string_view distribution);

/// A package's name (Debian Policy 5.6.1; apk's are wider) and a version pinned to it (deb-version(7)).
Objection check_package_name(std::string_view name, Family family);
Objection check_package_version(std::string_view version, Family family);
/// A tag (OCI distribution-spec, "Pulling manifests").
Objection check_tag(std::string_view tag);
/// A repository's name, with or without a host, without tag and digest (the same).
Objection check_image_name(std::string_view name);
/// `8080`, `8080/tcp`, `4510-4559/udp`.
Objection check_port(std::string_view port);
/// An absolute path without `..`.
Objection check_absolute_path(std::string_view path);
/// A folder that may hold data: not the root, and none that the kernel or the engine makes.
Objection check_volume(std::string_view path);
/// `2027-10-31`, a day that exists.
Objection check_date(std::string_view date);
/// `SIGTERM`, `SIGRTMIN+3`, or a number.
Objection check_signal(std::string_view signal);
Objection check_url(std::string_view url);
/// `sha256:<hex>`, `sha512:<hex>`, a bare commit or digest in hex, or a URL.
Objection check_checksum(std::string_view checksum);
/// A line of sources.list (its one-line form), or for apk a URL.
Objection check_repository(std::string_view line, Family family);
/// `debian-13`, `ubuntu-24.04`.
Objection check_distribution(std::string_view name);
/// A name in /etc/passwd or /etc/group: letters, digits, `_`, `-`, `.`, and `$` at the end; at most 32.
Objection check_account_name(std::string_view name);
/// Three or four octal digits, a 0 before them allowed: the bits, or nothing.
std::optional<std::uint32_t> parse_mode(std::string_view mode);
/// Whether text is digits that stand for at most `most`.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most);

}  // namespace ashlar::plan
