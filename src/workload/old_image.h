#pragma once
// What an image that runs today tells of itself, beyond its Dockerfile: read from its configuration and its files by whoever can.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ashlar::workload {

/// Every path is absolute, symlinks followed; lists are sorted by path or name, and have none twice.
struct OldImage {
  /// A line of /etc/passwd.
  struct Account {
    std::string name;
    std::uint32_t uid = 0, gid = 0;
    std::string home, shell;
  };
  struct Group {
    std::string name;
    std::uint32_t gid = 0;
    std::vector<std::string> members;
  };
  enum class Libc { None, Glibc, Musl };  ///< None: linked statically
  /// An ELF program or library that the application brings or starts.
  struct Program {
    std::string path;
    std::string loader;                    ///< PT_INTERP; empty: none
    Libc libc = Libc::None;
    std::vector<std::string> needs;        ///< DT_NEEDED, as written
    std::vector<std::string> unresolved;   ///< of those, what the image has not
    std::string package;                   ///< that brought it; empty: none did, so that it is the application's own
    bool capabilities = false;             ///< a file capability is set on it
  };
  /// A file that begins with `#!`.
  struct Script {
    std::string path;
    std::string interpreter;               ///< the program that runs it: of `/usr/bin/env x`, `x`
    std::string text;                      ///< its first 64 KiB
    std::string package;
  };
  struct Health {
    std::vector<std::string> test;         ///< as OCI has it: `CMD` and words, `CMD-SHELL` and a text, `NONE`
    std::int64_t interval = 0, timeout = 0, start_period = 0;  ///< nanoseconds
    int retries = 0;
  };
  struct Port {
    std::uint16_t number = 0;
    std::string protocol = "tcp";
  };

  std::string reference;                   ///< as it was named
  std::string digest;                      ///< of its manifest
  std::string platform;                    ///< `linux/amd64`
  std::string distribution;                ///< `debian-12`, `alpine-3.20`: ID and VERSION_ID of os-release; empty: none

  // Its configuration.
  std::string user, work_dir, stop_signal; ///< as written
  std::uint32_t uid = 0, gid = 0;          ///< what `user` comes to by its accounts
  std::vector<std::string> entrypoint, cmd;
  std::vector<std::pair<std::string, std::string>> environment;  ///< in its order
  std::vector<Port> ports;
  std::vector<std::string> volumes;
  std::optional<Health> health;

  // Its files.
  std::vector<Account> accounts;
  std::vector<Group> groups;
  std::vector<Program> programs;           ///< of the application, and those that entry points and the health check start
  std::vector<Script> scripts;             ///< the same of scripts
  std::vector<std::string> interpreters;   ///< shells and languages that it has: `/bin/sh`, `/usr/bin/python3.13`
  std::vector<std::pair<std::string, std::string>> packages;     ///< installed: name and version, as the distribution names them
  std::vector<std::string> own_certificates;  ///< files of CA certificates that no package brought
  std::string time_zone;                   ///< where /etc/localtime leads below zoneinfo, or /etc/timezone says; empty: UTC
  std::vector<std::string> locales;        ///< compiled ones besides C.UTF-8
  std::vector<std::string> writable;       ///< folders that its user may write to, but /tmp, /dev, /proc and /sys
};

}  // namespace ashlar::workload
