#include "workload/inner/unknown_writers.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "workload/inner/shell_commands.h"

namespace ashlar::workload {
namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }
template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& list) { return std::ranges::find(list, word) != list.end(); }

/// What they write is read elsewhere, lies in the folder where they run or in a cache, or is nothing.
constexpr std::array known = std::to_array<std::string_view>({
    // The shell's own words, and programs that write nothing or what is read of them.
    "", "!", ".", ":", "[", "[[", "{", "}", "alias", "awk", "basename", "break", "cat", "cd", "chgrp", "chmod", "chown", "cksum", "cmp", "command", "continue", "cut", "date", "declare", "df", "diff", "dirname", "done", "du", "echo", "egrep", "env", "esac", "eval", "exec", "exit", "export", "expr", "false", "fgrep", "fi", "file",
    "find", "for", "case", "function", "getconf", "getent", "grep", "head", "hostname", "id", "jq", "kill", "ldconfig", "ldd", "local", "ls", "md5sum", "mawk", "nproc", "popd", "printf", "pushd", "pwd", "read", "readlink", "realpath", "return", "rm", "rmdir", "sed", "select", "seq", "set", "sha1sum", "sha256sum", "sha512sum", "shasum", "shift", "shopt",
    "sleep", "sort", "source", "stat", "strings", "strip", "sync", "tail", "test", "time", "tr", "trap", "true", "tsort", "type", "ulimit", "umask", "uname", "uniq", "unset", "until", "wait", "wc", "whereis", "which", "while", "whoami", "xargs", "yes", "split", "update-alternatives", "ln", "install", "mkfifo", "unzip", "tar", "gunzip", "gzip", "bunzip2", "xz", "unxz", "zcat",
    // Packages, accounts, and what is set up with them.
    "add-apt-repository", "adduser", "addgroup", "apk", "apt", "apt-get", "apt-key", "apt-mark", "aptitude", "chpasswd", "deluser", "dnf", "docker-php-ext-configure", "docker-php-ext-enable", "docker-php-ext-install", "docker-php-source", "groupadd", "groupmod", "locale-gen", "localedef", "microdnf", "passwd", "pecl", "rpm", "setcap", "tdnf", "update-ca-certificates",
    "update-ca-trust", "update-locale", "useradd", "userdel", "usermod", "yum", "dpkg-reconfigure", "debconf-set-selections", "gpg", "fc-cache", "keytool", "a2enmod", "a2dismod", "a2ensite", "a2dissite", "phpenmod", "corepack",
    // Builders: where they run, or where an option that is read says.
    "ant", "ar", "as", "autoconf", "automake", "autoreconf", "bundle", "bundler", "c++", "cargo", "cc", "clang", "clang++", "cmake", "composer", "cp", "curl", "dotnet", "esbuild", "g++", "gatsby", "gcc", "gem", "git", "go", "gofmt", "gradle", "grunt", "gulp", "hugo", "jar", "jdeps", "jlink", "javac", "ld", "lein", "make", "meson", "mix", "mkdir", "mv", "mvn", "next", "ng", "ninja", "npm", "nuxt",
    "patch", "pip", "pip3", "pipenv", "pnpm", "poetry", "prisma", "rails", "rake", "rsync", "rustup", "sbt", "stack", "swift", "tee", "touch", "tsc", "uv", "virtualenv", "vite", "webpack", "wget", "yarn", "zig", "zip", "cpan", "cpanm", "django-admin", "flask", "alembic", "pkg-config",
    // Files of a project that its tools bring.
    "artisan", "autogen.sh", "bootstrap", "configure", "console", "gradlew", "manage.py", "mvnw"});

/// Where a program of the system lies; anything else with a slash is somebody's own.
bool is_own_file(std::string_view program) {
  const size_t slash = program.rfind('/');
  if (slash == std::string_view::npos) return false;
  constexpr std::array<std::string_view, 8> system = {"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/venv/bin", "node_modules/.bin"};
  const std::string_view folder = program.substr(0, slash);
  return !is_one_of(folder, system) && !folder.ends_with("node_modules/.bin") && !folder.ends_with("vendor/bin");
}

bool is_interpreter(std::string_view program) {
  return program.starts_with("python") || program == "node" || program == "ruby" || program.starts_with("perl") || program == "php" || program == "java" || program == "bun" || program == "deno" || is_shell(program);
}

/// What an interpreter runs, where that is known: a project's own tool, or no more than its version.
bool runs_known(const std::vector<const LineWord*>& words) {
  if (words.size() < 2) return true;
  const std::string& first = words[1]->value;
  if (first == "--version" || first == "-V" || first == "-v" || first == "-version") return true;
  constexpr std::array<std::string_view, 6> modules = {"pip", "venv", "compileall", "ensurepip", "build", "virtualenv"};
  if (first == "-m" && words.size() > 2) return is_one_of(words[2]->value, modules);
  if (words[0]->value.starts_with("perl")) return std::ranges::any_of(words, [](const LineWord* each) { return each->value.starts_with("-i") || each->value.starts_with("-pi"); });
  const std::string_view file = last_part(first);
  return file == "setup.py" || (!first.starts_with("-") && file.find('.') == std::string_view::npos && is_one_of(file, known)) || file == "manage.py" || first.find("node_modules/") != std::string::npos;
}

bool is_plain_path(std::string_view text) { return text.size() > 1 && text.starts_with('/') && text.find_first_of("$`*?[{ \n") == std::string_view::npos; }

}  // namespace

std::vector<std::string> absolute_paths(std::string_view text) {
  std::vector<std::string> out;
  constexpr size_t max_paths = 20;
  for (size_t at = 0; at < text.size() && out.size() < max_paths; ++at) {
    if (text[at] != '/') continue;
    const char before = at == 0 ? ' ' : text[at - 1];
    size_t end = at;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || std::string_view("/._-+@").find(text[end]) != std::string_view::npos)) ++end;
    const std::string path(text.substr(at, end - at));
    const bool begins = std::isspace(static_cast<unsigned char>(before)) != 0 || std::string_view("\"'`=(,[>").find(before) != std::string_view::npos;
    if (begins && path.size() > 1 && std::isalnum(static_cast<unsigned char>(path[1])) != 0 && std::ranges::find(out, path) == out.end()) out.push_back(path);
    at = end;
  }
  return out;
}

std::optional<UnknownWriter> unknown_writer(const std::vector<const LineWord*>& words) {
  if (words.empty()) return std::nullopt;
  const std::string& written = words[0]->value;
  const std::string_view program = last_part(written);
  const bool downloads = program == "npx" && std::ranges::any_of(words, [](const LineWord* each) { return each->value.starts_with("playwright") || each->value.starts_with("puppeteer"); });
  const bool installs = program == "pip" || program.starts_with("pip3");
  const bool settled = is_interpreter(program) ? runs_known(words) : installs || program == "npx" ? !downloads : is_one_of(program, known);
  const bool own = is_own_file(written) && !is_one_of(program, known) && !(is_interpreter(program) && settled);
  if (settled && !own && program != "configure" && program != "cmake") return std::nullopt;
  UnknownWriter out;
  out.what = written;
  if (words.size() > 1) out.what += " " + words[1]->value.substr(0, 60);
  constexpr std::array<std::string_view, 14> options = {"-o", "--out", "--output", "-d", "--dir", "--target", "--prefix", "--output-dir", "--out-dir", "--outdir", "--dest", "--destination", "--install-dir", "-DCMAKE_INSTALL_PREFIX"};
  for (size_t at = 1; at < words.size(); ++at) {
    const std::string& word = words[at]->value;
    const size_t equals = word.find('=');
    const std::string path = equals != std::string::npos && is_one_of(std::string_view(word).substr(0, equals), options) ? word.substr(equals + 1) : is_one_of(words[at - 1]->value, options) ? word : std::string();
    if (is_plain_path(path)) out.outputs.push_back(path);
    else for (std::string& each : absolute_paths(word)) out.named.push_back(std::move(each));
  }
  // Where they install is all that is asked of these.
  if (settled && !own) {
    if (out.outputs.empty()) return std::nullopt;
    out.named.clear();
  }
  return out;
}

}  // namespace ashlar::workload
