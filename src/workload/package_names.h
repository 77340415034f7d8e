#pragma once
// What packages of Alpine and of distributions with RPM are called in Debian, and what a Dockerfile wants them for: the data file policies/packages.yaml.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::workload {

enum class Packager { Apt, Apk, Rpm };

struct PackageUse {
  enum class Kind {
    Run,       ///< programs or libraries that an application may need when it runs
    Build,     ///< compilers, headers, tools of builds
    Debug,     ///< for people at a shell: not carried over
    Shell,     ///< a shell or what needs one
    Base,      ///< every hardened image has it, or its equal
  };
  std::vector<std::string> names;   ///< in Debian; empty: it has no equal there, or needs none
  Kind kind = Kind::Run;
  bool known = false;               ///< the table names it
  std::string gone{};               ///< Debian 13 has it no more: what to do instead; empty: it is there
};

class PackageNames {
 public:
  static Result<PackageNames> parse(std::string_view text, std::string_view path);
  /// What a package of `packager` is in Debian 13. Unknown ones of apt are themselves, and their kind follows from their name (`-dev` is Build); `python3.9-dev` is that of the one Python 3.
  PackageUse find(Packager packager, std::string_view name) const;
  /// Packages of Debian that a package of PyPI, which comes as source in C, is built with; null: none is known to need any. Its name as pip takes it: `_`, `.` and
  /// capitals do not count.
  const std::vector<std::string>* sources_of_pip(std::string_view name) const;
  size_t size(Packager packager) const;

 private:
  std::map<std::string, PackageUse, std::less<>> debian_, apk_, rpm_;
  std::map<std::string, std::vector<std::string>, std::less<>> pip_;
};

}  // namespace ashlar::workload
