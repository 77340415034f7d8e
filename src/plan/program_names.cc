#include "plan/program_names.h"

#include <algorithm>
#include <array>

namespace ashlar::plan {
namespace {

/// `*` at the end stands for versions.
constexpr std::array<std::string_view, 52> interpreters = {"sh",      "bash",     "rbash",   "dash",     "ash",     "zsh",      "ksh*",    "mksh*",  "csh",      "tcsh",    "fish",         "busybox*", "perl",
                                                           "perl5*",  "python",   "python2*", "python3*", "pypy*",   "ruby*",    "jruby",   "lua*",   "node",     "nodejs",  "deno",         "bun",      "php*",
                                                           "tclsh*",  "wish*",    "expect",  "awk",      "mawk",    "gawk",     "nawk",    "original-awk", "java", "jshell",  "jrunscript",   "erl",      "escript",
                                                           "iex",     "elixir",   "guile*",  "ocaml",    "ocamlrun*", "R",      "Rscript", "julia",  "swipl",    "sbcl",    "racket",       "emacs*",   "mono*"};
constexpr std::array<std::string_view, 12> managers = {"apt", "apt-get", "apt-cache", "dpkg", "dpkg-deb", "apk", "rpm", "dnf", "yum", "microdnf", "zypper", "pacman"};
constexpr std::array<std::string_view, 4> folders = {"usr/bin/", "usr/sbin/", "usr/local/bin/", "usr/local/sbin/"};

bool fits(std::string_view name, std::string_view pattern) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) && name.find('-') == std::string_view::npos : name == pattern;
}

template <size_t N>
bool any(std::string_view name, const std::array<std::string_view, N>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) { return fits(name, pattern); });
}

}  // namespace

bool is_interpreter_name(std::string_view name) { return any(name, interpreters); }
bool is_package_manager_name(std::string_view name) { return any(name, managers); }

std::string_view program_name(std::string_view path) {
  for (const std::string_view folder : folders) {
    if (path.starts_with(folder)) return path.substr(folder.size());
  }
  return {};
}

}  // namespace ashlar::plan
