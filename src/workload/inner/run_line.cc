#include "workload/inner/run_line.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace ashlar::workload {
namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }
template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& list) { return std::ranges::find(list, word) != list.end(); }

class RunReader {
 public:
  RunReader(RunLine& out, std::string folder, const Variables& values) : out_(out), folder_(std::move(folder)), values_(values) {}

  void read() {
    for (const LineCommand& command : out_.line.commands) {
      RunCommand made;
      if (!command.words.empty()) read(command, made);
      for (const LineWord& target : command.targets) make(target);
      out_.commands.push_back(std::move(made));
    }
  }

 private:
  void read(const LineCommand& command, RunCommand& made) {
    size_t first = 0;
    constexpr std::array<std::string_view, 6> before = {"sudo", "exec", "time", "env", "command", "nice"};
    while (first + 1 < command.words.size() && is_one_of(command.words[first].value, before)) ++first;
    words_.clear();
    for (size_t at = first; at < command.words.size(); ++at) words_.push_back(&command.words[at]);
    first_ = first;
    const std::string_view program = last_part(word(0));
    out_.programs.emplace(program);
    if (auto writer = unknown_writer(words_)) {
      for (const std::string& each : writer->outputs) out_.made.push_back(absolute(each, folder_));
      out_.writers.push_back(std::move(*writer));
    }
    if (packages(program, made) || accounts(program, made) || languages(program, made)) return;
    files(program);
  }

  std::string_view word(size_t at) const { return at < words_.size() ? std::string_view(words_[at]->value) : std::string_view(); }

  /// The path of a word, where no shell decides it.
  std::optional<std::string> path_of(const LineWord& given) {
    std::string text = given.value;
    if (!given.plain) {
      const auto settled = settled_text(given);
      if (!settled) {
        // A glob makes what lies in its folder.
        const size_t star = text.find_first_of("*?[{");
        const bool glob = star != std::string::npos && text.find('$') == std::string::npos && text.find('`') == std::string::npos && text.rfind('/', star) != std::string::npos;
        if (!glob) return out_.unknown.push_back(text), std::nullopt;
        text = text.substr(0, text.rfind('/', star));
      } else {
        text = *settled;
      }
    }
    return absolute(text, folder_);
  }
  /// What variables with values make of a word.
  std::optional<std::string> settled_text(const LineWord& given) const {
    const ExecForm form = exec_form(out_.line.commands.empty() ? "" : "x " + std::string(out_.text.text.substr(given.begin, given.end - given.begin)), values_);
    return form.words.size() == 2 ? std::optional(form.words[1]) : std::nullopt;
  }
  void make(const LineWord& given) {
    if (const auto path = path_of(given)) out_.made.push_back(*path);
  }
  void make_last() {
    if (words_.size() > 1 && !word(words_.size() - 1).starts_with("-")) make(*words_.back());
  }
  /// What is copied into a folder, by its name there; the folder, where a shell or a folder's content decides.
  void make_into() {
    const LineWord& last = *words_.back();
    for (size_t at = 1; at + 1 < words_.size(); ++at) {
      const std::string_view from = word(at);
      if (from.starts_with("-")) continue;
      if (!last.plain || !words_[at]->plain || from.ends_with('/') || from.ends_with('.')) return make(last);
      out_.made.push_back(absolute(std::string(last.value) + std::string(last_part(from)), folder_));
    }
  }
  /// The value after one of the options.
  void make_after(std::initializer_list<std::string_view> options) {
    for (size_t at = 1; at + 1 < words_.size(); ++at) {
      if (std::ranges::find(options, word(at)) != options.end()) make(*words_[at + 1]);
    }
  }

  bool packages(std::string_view program, RunCommand& made) {
    constexpr std::array<std::string_view, 3> apt = {"apt-get", "apt", "aptitude"};
    constexpr std::array<std::string_view, 4> rpm = {"yum", "dnf", "microdnf", "tdnf"};
    if (is_one_of(program, apt)) made.packager = Packager::Apt;
    else if (program == "apk") made.packager = Packager::Apk;
    else if (is_one_of(program, rpm)) made.packager = Packager::Rpm;
    else return false;
    size_t at = 1;
    while (at < words_.size() && word(at).starts_with("-")) at += word(at) == "-o" || word(at) == "-c" ? 2 : 1;
    const std::string_view verb = word(at);
    constexpr std::array<std::string_view, 5> installs = {"install", "add", "groupinstall", "localinstall", "reinstall"};
    if (!is_one_of(verb, installs)) {
      made.role = made.packager == Packager::Apt && verb != "upgrade" && verb != "dist-upgrade" && verb != "full-upgrade" ? Role::Keep : Role::Refresh;
      return true;
    }
    made.role = Role::Install;
    made.first = first_ + at + 1;
    for (++at; at < words_.size(); ++at) {
      const std::string_view each = word(at);
      constexpr std::array<std::string_view, 17> valued = {"-o", "-t", "--virtual", "--repository", "-X", "--target-release", "--setopt", "--enablerepo", "--disablerepo", "--releasever", "--arch", "--keys-dir", "--repositories-file", "--cache-dir", "--root", "--installroot", "-p"};
      constexpr std::array<std::string_view, 3> roots = {"--root", "--installroot", "-p"};
      const std::string_view option = each.substr(0, each.find('='));
      if (is_one_of(option, roots) && made.packager != Packager::Apt) made.value = option.size() < each.size() ? std::string(each.substr(option.size() + 1)) : std::string(word(at + 1));
      if (is_one_of(each, valued)) ++at;
      else if (!each.starts_with("-") && !each.starts_with(".")) made.names.push_back(first_ + at);
    }
    return true;
  }

  bool accounts(std::string_view program, RunCommand& made) {
    constexpr std::array<std::string_view, 9> makers = {"adduser", "addgroup", "useradd", "groupadd", "usermod", "groupmod", "deluser", "userdel", "chpasswd"};
    if (is_one_of(program, makers) || program == "passwd") {
      made.role = Role::Account;
      make_owned_after({"-d", "--home-dir", "--home", "-h"});
      return true;
    }
    if (program == "chown" || program == "chgrp") {
      made.role = Role::Owner;
      size_t at = 1;
      while (at < words_.size() && word(at).starts_with("-")) ++at;
      for (++at; at < words_.size(); ++at) {
        if (const auto path = path_of(*words_[at])) out_.owned.push_back(*path);
      }
      return true;
    }
    if (program != "setcap") return false;
    made.role = Role::Capability;
    made.value = words_.size() > 1 ? std::string(word(words_.size() - 2)) : std::string();
    return true;
  }
  void make_owned_after(std::initializer_list<std::string_view> options) {
    for (size_t at = 1; at + 1 < words_.size(); ++at) {
      if (std::ranges::find(options, word(at)) == options.end()) continue;
      const auto path = path_of(*words_[at + 1]);
      if (path && *path != "/nonexistent" && *path != "/dev/null") out_.made.push_back(*path), out_.owned.push_back(*path);
    }
  }

  bool languages(std::string_view program, RunCommand& made) {
    const bool python = program.starts_with("python");
    const bool pip = program.starts_with("pip") || (python && word(1) == "-m" && word(2) == "pip");
    if ((pip && program != "pipenv" && program != "pipx") || program == "poetry" || program == "pipenv") out_.uses_pip = true;
    if (pip && std::ranges::any_of(words_, [](const LineWord* each) { return each->value.find("git+") != std::string::npos; })) out_.programs.emplace("git");
    if (program == "uv" && (word(1) == "pip" || word(1) == "venv")) out_.uses_pip = out_.uses_pip || word(1) == "pip";
    if ((python && word(1) == "-m" && word(2) == "venv") || program == "virtualenv" || (program == "uv" && word(1) == "venv")) {
      const size_t first = python ? 3 : program == "uv" ? 2 : 1;
      size_t at = words_.size();
      while (at > first && word(at - 1).starts_with("-")) --at;
      if (at > first) environment(path_of(*words_[at - 1]));
      else if (program == "uv") environment(absolute(".venv", folder_));
    }
    if (program == "uv" && word(1) == "sync") {
      const auto said = values_.find("UV_PROJECT_ENVIRONMENT");
      out_.project = absolute(said == values_.end() ? ".venv" : said->second, folder_);
    }
    if (program == "gem" || program == "bundle" || program == "bundler") out_.uses_gem = true;
    if ((program == "npm" || program == "pnpm" || program == "yarn") && std::ranges::any_of(words_, [](const LineWord* each) { return each->value == "-g" || each->value == "--global" || each->value == "global"; })) out_.installs_globally = true;
    if (program == "go" && word(1) == "install") out_.compiles_go = true;
    if (program == "docker-php-ext-install" || program == "pecl") {
      made.role = Role::Extension;
      for (size_t at = program == "pecl" ? 2 : 1; at < words_.size(); ++at) {
        if (word(at) == "-j" || word(at).starts_with("-j")) { at += word(at) == "-j" ? 1 : 0; continue; }
        if (!word(at).starts_with("-")) made.names.push_back(first_ + at);
      }
      return true;
    }
    if (program == "docker-php-ext-configure" || program == "docker-php-ext-enable" || program == "docker-php-source") return made.role = Role::ExtensionOff, true;
    if (program == "locale-gen" || program == "localedef") out_.makes_locales = true;
    if (program == "update-ca-certificates" || program == "update-ca-trust" || program == "keytool") out_.trusts = true;
    if (program == "ln") return links(made);
    if (program == "cp" && std::ranges::any_of(words_, [](const LineWord* each) { return each->value == "/etc/localtime"; })) return zone(word(words_.size() - 2), made);
    if (program == "echo" && !out_.line.commands[out_.commands.size()].targets.empty() && out_.line.commands[out_.commands.size()].targets[0].value == "/etc/timezone") return zone(word(1), made);
    return false;
  }

  void environment(const std::optional<std::string>& path) {
    if (path) out_.environment = *path, out_.made.push_back(*path);
  }
  bool zone(std::string_view from, RunCommand& made) {
    made.role = Role::Zone;
    const size_t at = from.find("zoneinfo/");
    made.value = std::string(at == std::string_view::npos ? from : from.substr(at + 9));
    return true;
  }
  bool links(RunCommand& made) {
    if (words_.size() < 3) return false;
    const std::string_view target = word(words_.size() - 1), source = word(words_.size() - 2);
    if (target == "/etc/localtime" || source.find("/zoneinfo/") != std::string_view::npos) return zone(source, made);
    if (source == "/dev/stdout" || source == "/dev/stderr" || source.starts_with("/proc/self/fd/")) return made.role = Role::Logs, true;
    make_last();
    return true;
  }

  void files(std::string_view program) {
    constexpr std::array<std::string_view, 6> copies = {"cp", "mv", "install", "rsync", "touch", "tee"};
    if (program == "rm" || program == "rmdir") return removes();
    if (program == "cd" && words_.size() == 2) {
      if (const auto path = path_of(*words_[1])) folder_ = *path;
    } else if (program == "mkdir" || (program == "install" && std::ranges::any_of(words_, [](const LineWord* each) { return each->value == "-d"; }))) {
      for (size_t at = 1; at < words_.size(); ++at) {
        if (word(at) == "-m") { ++at; continue; }
        if (word(at).starts_with("-")) continue;
        if (const auto path = path_of(*words_[at])) out_.made.push_back(*path), out_.owned.push_back(*path);
      }
    } else if (is_one_of(program, copies)) {
      if (words_.size() > 2 && word(words_.size() - 1).ends_with('/')) make_into();
      else make_last();
    } else if (program == "tar" || program == "unzip") {
      make_after({"-C", "--directory", "-d"});
    } else if (program == "curl" || program == "wget") {
      make_after({"-o", "--output", "-O", "--output-document", "-P"});
    } else if (program == "go" || program == "gcc" || program == "g++" || program == "cc" || program == "clang" || program == "dotnet" || program == "cargo") {
      make_after({"-o", "--output", "--root", "--target-dir", "--out-dir"});
    } else if (program == "git" && word(1) == "clone") {
      if (words_.size() > 3 && word(words_.size() - 2).find("://") != std::string_view::npos) make_last();
    } else if ((program == "sed" || program == "perl") && std::ranges::any_of(words_, [](const LineWord* each) { return each->value.starts_with("-i") || each->value.starts_with("-pi"); })) {
      make_last();
    } else if (program == "make" && word(words_.size() - 1) == "install") {
      out_.made.emplace_back("/usr/local");
    } else if (program.starts_with("pip") || program == "python3" || program == "python") {
      make_after({"-t", "--target", "--prefix", "-d", "--dest", "-w", "--wheel-dir"});
    }
  }

  /// What is there no more is not there to be copied.
  void removes() {
    for (size_t at = 1; at < words_.size(); ++at) {
      const LineWord& given = *words_[at];
      if (given.value.starts_with("-") || given.value.find_first_of("*?[") != std::string::npos) continue;
      const auto text = given.plain ? std::optional(given.value) : settled_text(given);
      if (!text) continue;
      constexpr size_t max_removed = 200;  // more says nobody by name
      if (out_.removed.size() >= max_removed) return;
      out_.removed.push_back(absolute(*text, folder_));
      const auto gone = [&](const std::string& each) { return each == out_.removed.back() || each.starts_with(out_.removed.back() + "/"); };
      if (std::erase_if(out_.made, gone) > 0) out_.undone.push_back(out_.removed.back());
      std::erase_if(out_.owned, gone);
    }
  }

  RunLine& out_;
  std::string folder_;
  const Variables& values_;
  std::vector<const LineWord*> words_;
  size_t first_ = 0;
};

}  // namespace

std::string absolute(std::string_view path, std::string_view folder) {
  std::string whole = path.starts_with('/') ? std::string(path) : std::string(folder) + "/" + std::string(path);
  if (path.starts_with("~")) whole = "/root" + std::string(path.substr(1));
  std::vector<std::string> parts;
  for (const std::string_view each : Parts(whole, '/')) {
    if (each.empty() || each == ".") continue;
    if (each == "..") { if (!parts.empty()) parts.pop_back(); continue; }
    parts.emplace_back(each);
  }
  return "/" + join(parts, "/");
}

RunLine read_run(const Instruction& run, const std::string& folder, const Variables& values) {
  RunLine out;
  if (run.exec) {
    LineCommand command;
    for (const Traced& each : run.words) command.words.push_back({.value = each.text});
    out.line.commands.push_back(std::move(command));
    RunReader(out, folder, values).read();
    // No shell's text: there is nothing in it that could be rewritten word by word.
    out.line.commands.clear();
    out.commands.clear();
    return out;
  }
  // A heredoc alone, or one that a shell gets, is the script itself.
  const auto before = words(run.rest.text);
  const bool alone = before.size() == 1 && before[0].starts_with("<<");
  const bool to_shell = before.size() > 1 && is_shell(before[0]) && before.back().starts_with("<<") && std::all_of(before.begin() + 1, before.end() - 1, [](std::string_view each) { return each.starts_with("-"); });
  const bool script = run.heredocs.size() == 1 && (alone || to_shell);
  if (script) out.text = Traced(run.heredocs[0].content, run.heredocs[0].span.begin);
  else out.text = run.rest;
  out.line = read_shell_line(out.text.text);
  RunReader(out, folder, values).read();
  // What another program gets may name what it writes.
  for (const Heredoc& each : script || out.writers.empty() ? std::vector<Heredoc>() : run.heredocs) {
    for (std::string& path : absolute_paths(each.content)) out.writers.front().named.push_back(std::move(path));
  }
  return out;
}

}  // namespace ashlar::workload
