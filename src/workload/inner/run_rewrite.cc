// RUN for a -dev image of Debian: names of packages and of programs, and what has no place there.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/migration.h"

namespace ashlar::workload {
namespace {

using Use = PackageUse::Kind;
constexpr std::string_view apt_install = "apt-get update && apt-get install -y --no-install-recommends";

/// `name` of `name=1.2`, `name~1`, `name:amd64`, `name@edge`.
std::string_view without_version(std::string_view name) { return name.substr(0, name.find_first_of("=<>~@:/", 1)); }

class RunRewriter {
 public:
  RunRewriter(Migration& work, size_t number, const MigratedStage& stage, bool last, PackageNeeds& needs)
      : work_(work), number_(number), stage_(stage), last_(last), needs_(needs), run_(work.runs.at(number)) {}

  void rewrite() {
    const auto& commands = run_.line.commands;
    gone_.assign(commands.size(), false);
    for (size_t at = 0; at < commands.size(); ++at) {
      switch (run_.commands[at].role) {
        case Role::Keep: programs(at); break;
        case Role::Install: install(at); break;
        case Role::Refresh:
          if (run_.commands[at].packager != Packager::Apt || upgrades(at)) go(at);
          break;
        case Role::Extension: extensions(at); break;
        case Role::ExtensionOff: go(at); break;
        case Role::Account: if (last_) account(at); break;
        case Role::Owner: if (last_) owner(at); break;
        case Role::Capability: if (last_) capability(at); break;
        case Role::Zone: if (last_) zone(at); break;
        case Role::Logs: if (last_) logs(at); break;
      }
    }
    other_archives();
    take_out();
  }

 private:
  const LineCommand& command(size_t at) const { return run_.line.commands[at]; }
  Span span_of(size_t begin, size_t end) const {
    const auto extent = run_.text.slice(begin, end).extent();
    return extent ? work_.lines.span(extent->first, extent->second) : work_.file.instructions[number_].span;
  }
  std::string shown(size_t at) const {
    std::string out;
    for (const LineWord& each : command(at).words) out += (out.empty() ? "" : " ") + each.value;
    return out.substr(0, 160);
  }
  void say(std::string id, std::string why) { work_.change(std::move(id), span_of(command(present_).begin, command(present_).end), shown(present_), std::move(why)); }
  void put(size_t begin, size_t end, std::string bytes) {
    const auto extent = run_.text.slice(begin, end).extent();
    if (extent) work_.remove(extent->first, extent->second, number_, std::move(bytes));
  }

  /// Whether a command can be left out, so that what is around it means the same.
  bool can_go(size_t at) const {
    if (command(at).nested || command(at).before == "||" || command(at).before == "|") return false;
    return at + 1 == run_.line.commands.size() || (command(at + 1).before != "||" && command(at + 1).before != "|" && command(at + 1).before != "&");
  }
  void go(size_t at) {
    present_ = at;
    if (can_go(at)) gone_[at] = true;
    else put(command(at).begin, command(at).end, "true");
  }
  bool upgrades(size_t at) const { return std::ranges::any_of(command(at).words, [](const LineWord& each) { return each.value == "upgrade" || each.value == "dist-upgrade" || each.value == "full-upgrade"; }); }

  /// Programs that are called otherwise there.
  void programs(size_t at) {
    const auto& words = command(at).words;
    if (words.empty()) return;
    const std::string& name = words[0].value;
    if (name == "update-ca-trust") put(words[0].begin, command(at).end, "update-ca-certificates");
    if (name == "apk" || name == "yum") return;
    if (run_.uses_pip || !run_.environment.empty()) {
      for (size_t each = 1; each < words.size(); ++each) {
        // An environment takes neither of both.
        if (words[each].value == "--user" || words[each].value == "--system" || words[each].value == "--break-system-packages") put(words[each - 1].end, words[each].end, "");
      }
    }
    const bool makes_environment = words.size() > 2 && words[1].value == "-m" && words[2].value == "venv";
    if ((name == "python" && makes_environment) || is_other_python(name)) put(words[0].begin, words[0].end, name.starts_with("pip") ? "pip3" : "python3");
    // Debian's package has it by its own name.
    if (name == "yarn" && (stage_.base == nullptr || stage_.base->family != "node") && installs_yarn()) put(words[0].begin, words[0].end, "yarnpkg");
    if (name == "corepack") present_ = at, go(at), say("tools", "Debian's Node.js has no corepack; npm installs what it would have given");
    if (name == "add-apt-repository" || name == "apt-add-repository") archive(at);
  }

  /// `python3.9`, `pip3.11`: Debian 13 has one Python 3.
  bool is_other_python(std::string_view name) const {
    const size_t stem = name.starts_with("python3.") ? 8 : name.starts_with("pip3.") ? 5 : 0;
    const HardenedBase* python = work_.options.bases->find("python");
    return stem != 0 && name.size() > stem && name.substr(stem).find_first_not_of("0123456789") == std::string_view::npos && python != nullptr && python->version != name.substr(stem - 2);
  }
  bool installs_yarn() const {
    return std::ranges::any_of(work_.runs, [&](const auto& each) {
      const RunLine& run = each.second;
      for (size_t at = 0; at < run.commands.size(); ++at) {
        if (run.commands[at].role == Role::Install && std::ranges::any_of(run.commands[at].names, [&](size_t index) { const std::string_view name = without_version(run.line.commands[at].words[index].value); return name == "yarn" || name == "yarnpkg"; })) return true;
      }
      return false;
    });
  }
  /// Lines of sources that name another release, wherever they come from.
  void other_archives() const {
    constexpr std::array<std::string_view, 10> releases = {"stretch", "buster", "bullseye", "bookworm", "bionic", "focal", "jammy", "noble", "oracular", "plucky"};
    const auto is_source = [](const LineWord& each) { return each.value.starts_with("/etc/apt/sources.list"); };
    for (const LineCommand& each : run_.line.commands) {
      if (std::ranges::none_of(each.targets, is_source) && (each.words.empty() || each.words[0].value != "tee" || std::ranges::none_of(each.words, is_source))) continue;
      for (const std::string_view release : releases) {
        if (run_.text.text.find(fmt::format(" {}", release)) == std::string::npos && run_.text.text.find(fmt::format("/{}", release)) == std::string::npos) continue;
        return work_.breaks("packages", span_of(each.begin, each.end), std::string(release), "packages of this archive are built for another release than Debian 13", "name what it has for trixie, or take Debian's package");
      }
    }
  }
  /// Packages that somebody else built for another release.
  void archive(size_t at) {
    present_ = at;
    go(at);
    work_.breaks("packages", span_of(command(at).begin, command(at).end), shown(at), "packages of this archive are not built for Debian 13: what is installed after it comes from Debian", "see whether Debian's version will do, or build what it has in the build stage");
  }

  PackageUse use_of(Packager packager, std::string_view written) const { return work_.options.packages->find(packager, without_version(written)); }

  void install(size_t at) {
    present_ = at;
    const RunCommand& made = run_.commands[at];
    const auto& words = command(at).words;
    const bool foreign = made.packager != Packager::Apt;
    if (!made.value.empty()) return work_.refuse("packages", span_of(command(at).begin, command(at).end), shown(at), fmt::format("it puts another distribution's root together in '{}', and the hardened image is one of Debian's", visible(made.value)), "install the packages into the stage itself, and leave out that root: what the application needs of them is copied");
    std::vector<std::string> kept_anywhere;
    std::vector<std::pair<size_t, std::string>> puts;
    std::set<std::string> named;  // several names may be one package of Debian
    for (const size_t index : made.names) {
      const LineWord& word = words[index];
      if (is_phpize(word)) {
        puts.emplace_back(index, "");
        work_.change("packages", span_of(word.begin, word.end), word.value, "extensions of PHP come from Debian: what compiles them is not needed");
        continue;
      }
      if (!word.plain) {
        if (foreign) work_.breaks("packages", span_of(word.begin, word.end), word.value, "a variable says which packages: their names in Debian are not known", "write the names of Debian's packages there");
        kept_anywhere.push_back(word.value);
        continue;
      }
      std::string kept;
      for (const std::string& name : judged(word, made.packager)) {
        if (named.insert(name).second) kept += (kept.empty() ? "" : " ") + name;
      }
      if (!kept.empty()) kept_anywhere.push_back(kept);
      puts.emplace_back(index, kept);
    }
    if (kept_anywhere.empty()) return go(at);
    if (foreign) {
      // Verb and options become apt's; what lies between names stays, line ends among it.
      const size_t first = made.names.front();
      put(words[0].begin, words[first - 1].end, std::string(apt_install));
      drop_options(at, first);
    }
    for (const auto& [index, kept] : puts) {
      const LineWord& word = words[index];
      if (kept == word.value) continue;
      if (!kept.empty()) put(word.begin, word.end, kept);
      else put(words[index - 1].end, word.end, "");
    }
    if (foreign) say("packages", fmt::format("in Debian: {}", join(kept_anywhere, " ")));
  }

  /// The variable of PHP's usual images for what compiles extensions, where nothing here is compiled by hand.
  bool is_phpize(const LineWord& word) const {
    return (word.value == "$PHPIZE_DEPS" || word.value == "${PHPIZE_DEPS}") && stage_.base != nullptr && stage_.base->family.starts_with("php") && !work_.places[number_].values().contains("PHPIZE_DEPS") && work_.text.find("phpize ") == std::string::npos &&
           work_.text.find("phpize\n") == std::string::npos;
  }

  /// Options of apk or dnf between or after names.
  void drop_options(size_t at, size_t first) {
    const auto& words = command(at).words;
    for (size_t each = first; each < words.size(); ++each) {
      if (std::ranges::find(run_.commands[at].names, each) == run_.commands[at].names.end()) put(words[each - 1].end, words[each].end, "");
    }
  }

  /// The names of Debian that stay in the build stage; says what becomes of them.
  std::vector<std::string> judged(const LineWord& word, Packager packager) {
    const PackageUse use = use_of(packager, word.value);
    const std::string name(without_version(word.value));
    const Span span = span_of(word.begin, word.end);
    if (packager != Packager::Apt && !use.known) {
      work_.breaks("packages", span, word.value, "what it is called in Debian is not known", "name Debian's package, or copy what it brings from a build stage");
      return {};
    }
    if (!use.gone.empty()) {
      work_.breaks("packages", span, word.value, "Debian 13 has it no more", use.gone);
      return {};
    }
    if (packager == Packager::Apt && word.value.find('=') != std::string::npos) work_.breaks("packages", span, word.value, "the version is that of another release than Debian 13", "leave the version out: the hardened base is locked as a whole");
    if (packager == Packager::Apt && name.starts_with("./")) return {word.value};
    if (use.kind == Use::Build) needs_.native = needs_.native || name.ends_with("-dev") || name.ends_with("-devel") || name.find("gcc") != std::string::npos || name.find("build") != std::string::npos || name.find("g++") != std::string::npos;
    other_version(word, use, span);
    if (!last_) return use.names;
    return for_last(word, name, use, span);
  }

  /// `openjdk-17-jre`, `php82`: a release of a language that Debian 13 has in another version.
  void other_version(const LineWord& word, const PackageUse& use, const Span& span) {
    const std::string_view name = without_version(word.value);
    const HardenedBase* base = use.names.empty() ? nullptr : work_.options.bases->for_package(use.names.front());
    const size_t begin = name.find_first_of("0123456789");
    if (base == nullptr || begin == std::string_view::npos) return;
    std::string_view version = name.substr(begin, name.find_first_not_of("0123456789.", begin) - begin);
    const bool same = (base->version + ".").starts_with(std::string(version) + ".") || version == base->version;
    if (!same) work_.breaks("version", span, word.value, fmt::format("{} {} is what Debian 13 and the hardened image have", base->repository, base->version), fmt::format("try the application with {}", base->version));
  }

  std::vector<std::string> for_last(const LineWord& word, const std::string& name, const PackageUse& use, const Span& span) {
    const HardenedBase* own = stage_.base;
    std::vector<std::string> stay;
    for (const std::string& each : use.names) {
      const PackageUse what = work_.options.packages->find(Packager::Apt, each);
      const bool part_of_base = own != nullptr && std::ranges::any_of(own->packages, [&](const std::string& glob) { return matches_glob(glob, each); });
      if (what.kind == Use::Debug) {
        work_.change("tools", span, word.value, "for people at a shell: it is not carried over", "look into a container with `ashlar debug`");
      } else if (what.kind == Use::Shell && !work_.out.refused()) {
        shell_package(each, word.value, span);
      } else if (what.kind == Use::Base || part_of_base) {
        work_.change("packages", span, word.value, "the hardened image has it");
        // The build may still need what the -dev image has under the same name.
        if (part_of_base && each.find("jdk") != std::string::npos) continue;
        if (what.kind == Use::Build) stay.push_back(each);
      } else if (what.kind == Use::Build || used_by_build(each) || (own != nullptr && own->family == "node" && each.starts_with("python3"))) {
        stay.push_back(each);
        work_.change("packages", span, word.value, "for building: it stays in the build stage");
      } else if (only_for_health(each)) {
        work_.change("tools", span, word.value, "only the health check asks with it: the probe does");
      } else {
        stay.push_back(each);
        if (std::ranges::find(needs_.run, each) == needs_.run.end()) needs_.run.push_back(each);
        work_.change("packages", span, word.value, fmt::format("'{}' and what it needs are copied into the image", each));
      }
    }
    if (use.names.empty()) work_.change("packages", span, word.value, fmt::format("'{}' has no counterpart, and needs none", name));
    return stay;
  }

  void shell_package(const std::string& package, const std::string& written, const Span& span) {
    constexpr std::array<std::string_view, 9> services = {"cron", "supervisor", "openssh-server", "runit", "s6", "systemd", "systemd-sysv", "rsyslog", "anacron"};
    if (std::ranges::find(services, package) != services.end()) {
      work_.refuse("shell", span, written, "it runs other programs as root, several in one container", package == "cron" || package == "anacron" ? "let the cluster's scheduler (CronJob) start one container a run" : "make one image a service, without it");
    } else {
      work_.change("tools", span, written, "no shell and no account to change are in the image: it is not carried over");
    }
  }

  /// A program that some RUN of the file starts, so that the package is for that.
  bool used_by_build(const std::string& package) const {
    if (package.starts_with("lib") || package.starts_with("fonts-")) return false;
    return std::ranges::any_of(work_.runs, [&](const auto& each) { return each.second.programs.contains(program_of(package)); });
  }
  static std::string program_of(const std::string& package) { return package == "gnupg" ? "gpg" : package == "xz-utils" ? "xz" : package == "netcat-openbsd" ? "nc" : package; }
  /// Whether a command has a word that is the program, by its name or its path; an address is none.
  static bool names_program(std::string_view command, std::string_view program) {
    constexpr std::string_view between = " \t\r\n\"'[],;|&()";
    for (size_t begin = command.find_first_not_of(between); begin != std::string_view::npos;) {
      const size_t end = std::min(command.find_first_of(between, begin), command.size());
      const std::string_view word = command.substr(begin, end - begin);
      if (word == program || (word.starts_with('/') && word.substr(word.rfind('/') + 1) == program)) return true;
      begin = command.find_first_not_of(between, end);
    }
    return false;
  }
  /// The health check alone asks with it, and nothing is started by it.
  bool only_for_health(const std::string& package) const {
    const std::string program = program_of(package);
    const auto names = [&](const Instruction& each) { return names_program(each.rest.text, program); };
    return std::ranges::any_of(work_.file.instructions, [&](const Instruction& each) { return each.keyword == "HEALTHCHECK" && names(each); }) &&
           std::ranges::none_of(work_.file.instructions, [&](const Instruction& each) { return (each.keyword == "CMD" || each.keyword == "ENTRYPOINT") && names(each); });
  }

  void extensions(size_t at) {
    present_ = at;
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 24> known = {{{"pdo_mysql", "mysql"}, {"mysqli", "mysql"}, {"mysqlnd", "mysql"}, {"pdo_pgsql", "pgsql"}, {"pgsql", "pgsql"}, {"pdo_sqlite", "sqlite3"}, {"gd", "gd"}, {"intl", "intl"}, {"bcmath", "bcmath"}, {"soap", "soap"}, {"ldap", "ldap"}, {"gmp", "gmp"}, {"imap", "imap"},
      {"redis", "redis"}, {"apcu", "apcu"}, {"imagick", "imagick"}, {"memcached", "memcached"}, {"xdebug", "xdebug"}, {"mongodb", "mongodb"}, {"amqp", "amqp"}, {"snmp", "snmp"}, {"tidy", "tidy"}, {"dba", "dba"}, {"igbinary", "igbinary"}}};
    constexpr std::array<std::string_view, 24> inside = {"zip", "mbstring", "xml", "xsl", "dom", "simplexml", "curl", "opcache", "pcntl", "exif", "sockets", "calendar", "gettext", "ctype", "iconv", "tokenizer", "fileinfo", "ftp", "posix", "readline", "sodium", "shmop", "sysvmsg", "sysvsem"};
    std::vector<std::string> packages;
    for (const size_t index : run_.commands[at].names) {
      const LineWord& word = command(at).words[index];
      const std::string name(word.value.substr(0, word.value.find_first_of("-@:")));
      const auto found = std::ranges::find(known, name, &std::pair<std::string_view, std::string_view>::first);
      if (std::ranges::find(inside, name) != inside.end()) continue;
      if (found == known.end()) {
        work_.breaks("packages", span_of(word.begin, word.end), word.value, "Debian has no package of this extension of PHP that is known here", "build it in the build stage, and copy its .so and .ini");
        continue;
      }
      const std::string package = fmt::format("php8.4-{}", found->second);
      if (std::ranges::find(packages, package) == packages.end()) packages.push_back(package);
    }
    for (const std::string& each : packages) {
      if (last_ && std::ranges::find(needs_.run, each) == needs_.run.end()) needs_.run.push_back(each);
    }
    say("packages", packages.empty() ? "the hardened image has these extensions" : fmt::format("extensions come from Debian: {}", join(packages, " ")));
    if (packages.empty()) return go(at);
    put(command(at).begin, command(at).end, fmt::format("{} {}", apt_install, join(packages, " ")));
  }

  /// A configuration of one's own logs where the server does by default, and that is no link in the hardened image.
  void logs(size_t at) {
    const std::string path = absolute(command(at).words.back().value, work_.places[number_].folder);
    const bool own = stage_.base != nullptr && stage_.base->family == "nginx" && work_.text.find("/etc/nginx/nginx.conf") != std::string_view::npos;
    if (own) return work_.linked_logs.insert(path.substr(0, path.rfind('/'))), void();
    go(at);
    say("files", "the hardened image logs to where the container logs by itself");
  }
  void account(size_t at) {
    go(at);
    say("user", fmt::format("the image runs as {}, and has its account", stage_.base == nullptr ? "65532" : stage_.base->user));
  }
  /// Where COPY or a folder made here brings it, the owner is given there; else it is changed in the build stage.
  void owner(size_t at) {
    present_ = at;
    const auto& words = command(at).words;
    size_t first = 1;
    while (first < words.size() && words[first].value.starts_with("-")) ++first;
    if (first >= words.size()) return;
    std::vector<size_t> copies;
    bool all = true;
    for (size_t each = first + 1; each < words.size(); ++each) {
      const std::string path = absolute(words[each].value, work_.places[number_].folder);
      bool found = std::ranges::any_of(work_.runs, [&](const auto& other) { return other.first <= number_ && std::ranges::find(other.second.made, path) != other.second.made.end(); });
      for (size_t number = work_.file.stages[static_cast<size_t>(stage_.root)].first; number < number_; ++number) {
        const Instruction& copy = work_.file.instructions[number];
        if ((copy.keyword == "COPY" || copy.keyword == "ADD") && absolute(copy.words.back().text, work_.places[number].folder) == path) copies.push_back(number), found = true;
      }
      all = all && (found || stage_.base == nullptr || path == "/var/cache/nginx" || path == "/var/log/nginx" || path == "/etc/nginx" || path == "/var/run/nginx.pid" || path == "/etc/nginx/conf.d");
    }
    if (!all) {
      put(words[first].begin, words[first].end, stage_.base->user + ":" + stage_.base->group);
      return say("user", "what is to be written to is given to the image's user where it is copied");
    }
    for (const size_t number : copies) {
      const Instruction& copy = work_.file.instructions[number];
      const bool has = std::ranges::any_of(copy.flags, [](const Flag& flag) { return flag.name == "chown"; });
      if (!has && given_.insert(number).second) work_.edits.push_back({copy.keyword_span.end, copy.keyword_span.end, fmt::format(" --chown={}:{}", stage_.base->user, stage_.base->group)});
    }
    go(at);
    say("user", "what is to be written to is given to the image's user where it is copied");
  }
  void capability(size_t at) {
    go(at);
    const std::string& which = run_.commands[at].value;
    if (which.find("net_bind_service") != std::string::npos) say("capabilities", "ports below 1024 need no capability where engines let everybody bind them; file capabilities are lost by COPY");
    else work_.breaks("capabilities", span_of(command(at).begin, command(at).end), shown(at), "file capabilities are lost by COPY, and no_new_privileges has no use for them", fmt::format("give the container '{}' where it runs, if it needs it", which));
  }
  void zone(size_t at) {
    go(at);
    std::string name = run_.commands[at].value;
    if (name.starts_with("$")) {
      std::erase_if(name, [](char c) { return c == '$' || c == '{' || c == '}'; });
      const auto& values = work_.places[number_].values();
      const auto found = values.find(name);
      if (found == values.end()) {
        work_.breaks("time-zone", span_of(command(at).begin, command(at).end), shown(at), "a variable without value says the time zone", "set ENV TZ");
        return;
      }
      name = found->second;
    }
    say("time-zone", fmt::format("the image has all time zones: TZ={} chooses", name));
    work_.set_variable("TZ", name);
  }

  /// Removes the commands that go, with the operators that join them.
  void take_out() {
    const auto& commands = run_.line.commands;
    upkeep();
    if (std::ranges::find(gone_, true) == gone_.end()) return;
    if (std::ranges::find(gone_, false) == gone_.end()) {
      work_.dropped.insert(number_);
      return;
    }
    size_t first_kept = 0;
    while (gone_[first_kept]) ++first_kept;
    const auto cut = [&](size_t begin, size_t end) {
      const auto extent = run_.text.slice(begin, end).extent();
      if (extent) work_.remove(extent->first, extent->second, number_);
    };
    if (first_kept > 0) cut(commands[0].begin, commands[first_kept].begin);
    for (size_t at = first_kept + 1; at < commands.size(); ++at) {
      if (gone_[at]) cut(commands[at - 1].end, commands[at].end);
    }
  }

  /// Where nothing is installed any more, what came before and after that goes as well.
  void upkeep() {
    bool installs = false;
    for (size_t at = 0; at < gone_.size(); ++at) {
      if (run_.commands[at].role == Role::Install || run_.commands[at].role == Role::Extension) installs = true;
      if (!gone_[at] && !is_upkeep(at)) return;
    }
    if (!installs) return;
    for (size_t at = 0; at < gone_.size(); ++at) gone_[at] = gone_[at] || can_go(at);
  }
  bool is_upkeep(size_t at) const {
    if (run_.commands[at].role != Role::Keep) return false;
    const auto& words = command(at).words;
    const std::string& program = command(at).program();
    if (program == "apt-get" || program == "apt" || program == "set") return true;
    return program == "rm" && std::ranges::all_of(words, [](const LineWord& each) { return each.value == "rm" || each.value.starts_with("-") || each.value.starts_with("/var/lib/apt") || each.value.starts_with("/var/cache") || each.value.starts_with("/tmp"); });
  }

  Migration& work_;
  size_t number_;
  const MigratedStage& stage_;
  bool last_;
  PackageNeeds& needs_;
  const RunLine& run_;
  std::vector<bool> gone_;
  std::set<size_t> given_;  ///< COPYs that got an owner
  size_t present_ = 0;
};

}  // namespace

void rewrite_run(Migration& work, size_t number, const MigratedStage& stage, bool last, PackageNeeds& needs) {
  const auto found = work.runs.find(number);
  if (found != work.runs.end() && found->second.line.good) RunRewriter(work, number, stage, last, needs).rewrite();
  else if (found != work.runs.end() && found->second.text.text.find("apk ") + 1 + found->second.text.text.find("yum ") + 1 > 0 && (stage.match.alpine || stage.match.rpm))
    work.breaks("packages", work.file.instructions[number].span, work.shown(number), "its shell is not understood: names of packages in it are not translated", "write apt-get and Debian's names there");
}

}  // namespace ashlar::workload
