#pragma once
// What runs in an image and what it was given by hand, seen on its bytes: for whoever shall move it onto another base.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "inventory/target.h"
#include "prove/user.h"

namespace ashlar::prove {

/// Paths are absolute, symlinks followed; lists are sorted and have nothing twice.
struct Application {
  enum class Libc : unsigned char { None, Glibc, Musl };  ///< none: linked statically, or to neither
  struct Program {
    std::string path, loader;              ///< PT_INTERP; empty: none
    Libc libc = Libc::None;
    std::vector<std::string> needs;        ///< DT_NEEDED, as written
    std::vector<std::string> unresolved;   ///< of those and of what they need, what its loader does not find
    std::string package;                   ///< that brought it; empty: none did
    bool capabilities = false;             ///< a file capability is set on it
  };
  struct Script {
    std::string path;
    std::string interpreter;               ///< of `/usr/bin/env x`, `x`
    std::string text;                      ///< its first 64 KiB
    std::string package;
  };
  std::vector<Program> programs;           ///< those that no package brought, and those that are started: by entry point, cmd, health check, and scripts among them
  std::vector<Script> scripts;             ///< the same of scripts
  std::vector<std::string> interpreters;   ///< shells and languages on PATH
  std::vector<std::pair<std::string, std::string>> packages;  ///< of the distribution: name and version
  std::string distribution;                ///< `debian-12`, as os-release says; empty: nothing
  std::optional<ImageUser> user;           ///< who runs; none: the image has no such user
  std::string passwd, group;               ///< those files
  std::vector<std::string> certificates;   ///< files of CA certificates that no package brought
  std::string time_zone;                   ///< `Europe/Berlin`, where /etc/localtime leads or /etc/timezone says; empty: UTC
  std::vector<std::string> locales;        ///< compiled ones besides C.UTF-8
  /// Folders that the user may write to; of root's, those that belong to somebody else or that others may write to. Not what lies in another of them, nor
  /// /tmp, /dev, /proc, /sys.
  std::vector<std::string> writable;
};

/// Reads an image once.
Result<Application> read_application(inventory::Target& target);

}  // namespace ashlar::prove
