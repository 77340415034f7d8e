#pragma once
// A definition: what an image shall be. The format is that of Docker Hardened Images, with keys of ours (docs/formats/definition.md).
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/image_tests.h"

namespace ashlar::plan {

enum class Variant { Runtime, Dev, Helm };

/// `name`, `name=version` or `!name`.
struct Wish {
  std::string name;
  std::string version;    ///< pinned, or empty
  bool excluded = false;  ///< `!name`: never in, even where something depends on it
  Mark at;
};

struct User { std::string name; std::uint32_t uid = 0, gid = 0; std::string home, shell; };  ///< home and shell: ours, `/nonexistent`, `/usr/sbin/nologin` by default
struct Group { std::string name; std::uint32_t gid = 0; std::vector<std::string> members; };
struct Accounts {
  bool root = false;   ///< an entry for root even where nobody runs as root
  std::string run_as;  ///< a user's name, or `uid[:gid]`
  std::vector<User> users;
  std::vector<Group> groups;
};

struct OsRelease { std::string name, id, id_like, version_id, version_codename, pretty_name, home_url, bug_report_url; };

struct SpdxPackage { std::string name, purl, license, path; };
/// A file from elsewhere.
struct Download {
  std::string url, checksum, path;  ///< checksum: `sha256:<hex>`, a bare commit of 40 hex digits, a URL of a checksum file, or empty
  std::optional<std::uint32_t> uid, gid, mode;
  std::vector<std::string> platforms;  ///< empty: all
  std::vector<std::string> includes, excludes;
  std::string spdx_name, spdx_version;
  std::vector<SpdxPackage> spdx_packages;
  std::string condition, secret_id;  ///< `if`, an expression that holds_at() evaluates; a file with a secret is never among `files`
  Mark at;
};

enum class PathType { Directory, File, Symlink, Delete, EmptyFile };
struct PathRule {
  PathType type = PathType::Directory;
  std::string path;
  std::string source;                  ///< of a symlink its target; of a file one below the catalogue's root (or in the image, when absolute)
  std::optional<std::string> content;  ///< of a file
  std::uint32_t uid = 0, gid = 0;
  std::optional<std::uint32_t> mode;
  bool recursive = false;
  std::vector<std::string> platforms;  ///< empty: all
  std::string condition;               ///< `if`, an expression that holds_at() evaluates, or empty
  Mark at;
};

/// What is taken from a package or left out of it, by globs over its paths (ours). No `include`: everything but what `exclude` says.
struct Slice { std::string package; std::vector<std::string> include, exclude; Mark at; };
/// An interpreter that the image keeps on purpose (ours).
struct Interpreter { std::string path, reason; Mark at; };
/// Certificates in PEM that the image trusts besides the distribution's (ours).
struct TrustedRoots { std::string name, source; std::optional<std::string> content; Mark at; };  ///< source: below the catalogue's root
/// How a running container shows that it is well (ours).
/// `kind`: tcp, http, file, process (asked by our probe) or exec (a command of the image).
struct Health { std::string kind, target; int interval = 30, timeout = 5, retries = 3; };

/// A part of the format that is read and kept, but not built yet: its name for people, and where it stands.
struct Unbuilt {
  std::string what;
  Mark at;
  bool stage = false;                      ///< one of contents.builds: the packages of the image can be locked without it
  std::vector<std::string> packages = {};  ///< of a stage: `name` or `name=version`, what it is built with
  std::vector<std::string> images = {};    ///< of a stage: images of registries that it is built with
};

struct Definition {
  std::string path;          ///< as given, for errors
  std::string text;          ///< the file's bytes, for the lines that errors show
  std::string digest_hex;    ///< their SHA-256
  std::string distribution;  ///< `debian-13`: from the key, else from the syntax line (`2-debian13`); `alpine-3.23` is read, too
  std::string name, image, flavor, codec, output, entitlement, suffix;
  Variant variant = Variant::Runtime;
  bool published = false;    ///< in the published format alone, without a key of ours: it cannot name interpreters with a reason
  std::vector<std::string> tags, platforms;
  std::string release_date, end_of_life, end_of_support;
  std::map<std::string, std::string> vars;

  std::vector<std::string> repositories, keyrings;  ///< sources.list lines; URLs
  std::vector<Wish> packages;
  std::vector<Download> files;
  std::map<std::string, std::string> mappings;      ///< package name to purl
  std::vector<Unbuilt> unbuilt;                     ///< builds, artifacts

  Accounts accounts;
  OsRelease os_release;
  std::map<std::string, std::string> environment, annotations, labels;
  std::vector<std::string> entrypoint, cmd, ports, volumes;
  std::string work_dir, stop_signal;
  std::vector<PathRule> paths;

  std::vector<Slice> slices;
  std::vector<Interpreter> interpreters;
  std::vector<RunTest> tests;
  std::optional<Health> health;
  std::vector<TrustedRoots> certificates;
  std::string time_zone;             ///< `Europe/Berlin`
  std::vector<std::string> locales;  ///< `de_DE.UTF-8`; their slice of locales-all is among `slices`, the package among `packages`
  Mark time_zone_at;
  std::vector<Mark> locales_at;      ///< of each of `locales`
  bool bytecode = false;             ///< Python's modules are compiled
  Mark bytecode_at;
};

/// Reads and checks a definition. Every fault of the file is in Error::faults (Kind Invalid), not only the first.
Result<Definition> read_definition(std::string text, std::string path);

/// What a definition says for one of its platforms: texts that depend on the platform (`${target.arch}`, `#{...}`) become plain, and files and
/// paths for other platforms or with an `if` that does not hold are left out. Call it before packages, files, paths or environment are used.
Result<Definition> for_platform(const Definition& definition, std::string_view platform);

/// `cannot <what>: <cause>` with the place in the definition's file that it is about, its line, and what to do.
[[nodiscard]] std::unexpected<Error> cannot_at(const Definition& definition, Mark at, Kind kind, std::string_view what, std::string_view cause, std::string hint = {});

std::string_view to_string(Variant variant);

}  // namespace ashlar::plan
