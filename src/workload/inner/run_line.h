#pragma once
// What a RUN does, as far as it matters for a move to hardened images: packages, accounts, owners, files that it makes.
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "workload/dockerfile.h"
#include "workload/inner/entry_point.h"
#include "workload/inner/shell_line.h"
#include "workload/inner/unknown_writers.h"
#include "workload/package_names.h"

namespace ashlar::workload {

enum class Role {
  Keep,         ///< stays in the build stage as it is
  Install,      ///< of packages
  Refresh,      ///< `apk update`, `yum clean all`: goes with its packager
  Account,      ///< makes or changes an account
  Owner,        ///< chown
  Capability,   ///< setcap
  Zone,         ///< sets the time zone
  Extension,    ///< docker-php-ext-install, pecl install
  ExtensionOff, ///< docker-php-ext-configure, docker-php-ext-enable
  Logs,         ///< links a log to /dev/stdout or /dev/stderr
};

struct RunCommand {
  Role role = Role::Keep;
  Packager packager = Packager::Apt;
  std::vector<size_t> names;           ///< of Install and Extension: words that name packages
  size_t first = 0;                    ///< of Install: the first word after `apt-get install`
  std::string value;                   ///< Zone: its name; Capability: which; Install: the root that it installs into, empty: this one
};

struct RunLine {
  Traced text;                         ///< what a shell gets; empty for the exec form
  ShellLine line;
  std::vector<RunCommand> commands;    ///< as many as line.commands
  std::set<std::string> programs;      ///< that it starts, by the last part of their names
  std::vector<std::string> made;       ///< absolute paths that it makes or changes
  std::vector<std::string> removed;    ///< absolute paths that it takes away
  std::vector<std::string> undone;     ///< of these: what it had made itself
  std::vector<std::string> owned;      ///< absolute paths that it gives to an account, or makes as folders
  bool uses_pip = false, uses_gem = false, installs_globally = false, makes_locales = false, trusts = false, compiles_go = false;
  std::string environment;             ///< where it makes an environment of Python
  std::string project;                 ///< the environment of uv that it fills
  std::vector<std::string> unknown;    ///< paths that variables or globs decide
  std::vector<UnknownWriter> writers;  ///< of which it is not known what they write
};

/// `folder`: where it runs. `packagers`: other names of theirs are not asked for.
RunLine read_run(const Instruction& run, const std::string& folder, const Variables& values);

/// `/app/x` of `x` in /app; without `.`, `..` and a slash at its end.
std::string absolute(std::string_view path, std::string_view folder);

}  // namespace ashlar::workload
