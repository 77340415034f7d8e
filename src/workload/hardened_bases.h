#pragma once
// What hardened images there are to build upon, and which usual image each stands in for: the data file policies/migration.yaml.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workload/images.h"

namespace ashlar::workload {

struct HardenedBase {
  std::string name;                     ///< in the table: `php-fpm`
  std::string repository;               ///< the last part: `php`
  std::string version;                  ///< of what it is named for
  std::string runtime, dev, compat;     ///< tags; runtime: empty where only a -dev image is; compat: with a shell, empty where there is none
  std::string family;                   ///< of what is built on it: `python`, `node`, `java`, `php`, `ruby`, `nginx`, ...
  std::string user = "65532";           ///< whom it runs as, as USER takes it
  std::string group = "65532";
  std::vector<std::string> programs;    ///< in the runtime image's PATH
  std::vector<std::string> packages;    ///< of Debian that it stands for: who installs one on a bare distribution wants this base
  std::vector<std::string> dev_programs;  ///< in the -dev image beyond what every -dev image has
  std::vector<std::string> moves;       ///< folders in usual images, and where they are here: one after the other
  std::vector<std::string> starts;      ///< command lines of usual images that mean what this one starts by itself
  bool entered = false;                 ///< its entry point is its first program: a command is arguments of that
  std::string old_port, port;           ///< what it listens on by its own configuration, usual and here
  std::vector<std::string> configuration;  ///< globs: who copies there says what it listens on
  std::vector<std::string> scripts;     ///< globs: what lies there is for start scripts of usual images, which this one has not
};

/// What a usual image becomes.
struct BaseMatch {
  const HardenedBase* base = nullptr;   ///< null: none is known
  std::string version;                  ///< of what it has, as its tag says; empty: none is said
  bool same_version = true;             ///< as far as the tag says
  bool newest = false;                  ///< of a language, and the tag says no version: it is the newest of the day
  bool known = false;                   ///< the table names it
  bool distribution = false;            ///< a bare distribution: what is installed decides
  bool alpine = false;                  ///< built on musl
  bool rpm = false;
  bool full = false;                    ///< compilers, git and curl are in it
  bool build_only = false;              ///< a compiler's image, that only build stages stand on and that stays as it is
  bool windows = false;
  bool dotnet = false;                  ///< one of .NET: it gives more than files
  std::vector<std::string> toolchain;   ///< packages of Debian that make the -dev image what the usual one is
  std::string why;                      ///< why there is none, where the table says so
};

class HardenedBases {
 public:
  /// Reads the table. Faults are of kind Invalid.
  static Result<HardenedBases> parse(std::string_view text, std::string_view path);
  /// Of an image as a file names it. Host, and namespace where it is `library`, do not count, but where the table names them.
  BaseMatch match(const ImageName& image) const;
  /// By its name in the table, or null.
  const HardenedBase* find(std::string_view name) const;
  /// The one that stands for a package of Debian, or null.
  const HardenedBase* for_package(std::string_view package) const;
  const std::vector<HardenedBase>& all() const { return bases_; }
  /// Programs of every -dev image.
  const std::vector<std::string>& dev_programs() const { return dev_programs_; }

 private:
  friend class HardenedBasesReader;
  struct Usual {
    std::vector<std::string> names;     ///< globs
    std::string base;                   ///< empty: none
    std::string tag;                    ///< a glob that the tag must fit; empty: any
    std::vector<std::string> traits;    ///< alpine, rpm, distribution, full, build-only, windows, no-version, dotnet, java (the version in the tag is of Java, not of the builder)
    std::vector<std::string> toolchain;
    std::string why;
  };
  std::vector<HardenedBase> bases_;
  std::vector<Usual> usual_;
  std::vector<std::string> dev_programs_;
};

}  // namespace ashlar::workload
