// The commands that are understood: what each would do to a freshly unpacked image in which nothing runs.
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/expression.h"
#include "build/inner/pam_stacks.h"
#include "build/inner/script.h"
#include "build/inner/script_accounts.h"
#include "build/inner/script_arguments.h"
#include "build/inner/script_files.h"
#include "build/inner/script_modules.h"
#include "build/inner/script_packages.h"
#include "build/inner/script_text.h"

namespace ashlar::build {
namespace {

using Words = Script::Words;

/// Commands without an effect on an image's files, and why.
struct Idle { std::string_view name, reason; };
constexpr std::array idle_commands{
    Idle{"deb-systemd-helper", "services start when an image runs, by what it runs"}, Idle{"deb-systemd-invoke", "nothing runs in an image being made"},
    Idle{"systemctl", "nothing runs in an image being made"}, Idle{"invoke-rc.d", "nothing runs in an image being made"},
    Idle{"update-rc.d", "images have no runlevels"}, Idle{"service", "nothing runs in an image being made"},
    Idle{"dpkg-maintscript-helper", "a fresh installation has no old files"}, Idle{"ldconfig", "ld.so.cache is written once, at the end"},
    Idle{"py3compile", "images hold no byte code"}, Idle{"pypy3compile", "byte code is made where a definition asks for it"},
    Idle{"py3clean", "a fresh installation has no byte code"}, Idle{"pycompile", "images hold no byte code"},
    Idle{"update-menus", "menus are left out"}, Idle{"update-mime-database", "left to the trigger of shared-mime-info"},
    Idle{"systemd-tmpfiles", "volatile files are made at run time"}, Idle{"udevadm", "there are no devices"}, Idle{"dpkg-preconfigure", "nobody is asked"},
    Idle{"ucfq", "the registry of ucf is for upgrades"}, Idle{"dpkg-trigger", "triggers are effects of their own"},
    Idle{"install-info", "info pages are left out"}, Idle{"mandb", "manuals are left out"}, Idle{"sync", "files are written at the end"},
    Idle{"restorecon", "there are no labels"}, Idle{"sysctl", "the kernel is the host's"}, Idle{"modprobe", "the kernel is the host's"},
    Idle{"update-initramfs", "there is no kernel in an image"}, Idle{"apparmor_parser", "the kernel is the host's"}, Idle{"newaliases", "there is no mail system"},
    Idle{"mountpoint", "the image is complete when it runs"}, Idle{"update-binfmts", "the kernel is the host's"},
    Idle{"nscd", "nothing runs in an image being made"}, Idle{"killall", "nothing runs in an image being made"},
    Idle{"systemd-machine-id-setup", "every machine has its own, so no image has one"}, Idle{"journalctl", "there is no journal"}, Idle{"logger", "there is no log"},
    Idle{"shadowconfig", "accounts are written with shadow passwords"},
};

Result<int> find_program(Script& script, const Words& words, size_t first) {
  static constexpr std::array<std::string_view, 6> folders{"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};
  for (size_t at = first; at < words.size(); ++at) {
    if (words[at].starts_with('-')) continue;
    bool found = words[0] == "command" && script.knows(words[at]);
    if (found) script.print(words[at] + "\n");
    for (const std::string_view folder : folders) {
      if (found) break;
      const std::string path = words[at].find('/') == std::string::npos ? std::string(folder) + words[at] : words[at];
      const auto node = script.state().world.find(path, true);
      if (!node || node->entry.type == FileType::Directory || (node->entry.mode & 0111) == 0) continue;
      script.print(path + "\n");
      found = true;
      break;
    }
    if (!found) return words[0] == "command" ? 127 : 1;
  }
  return 0;
}

Result<int> search(Script& script, const Words& words) {  // grep -q
  const auto arguments = read_arguments(words, {"-e", "--regexp"}, {"-q", "-s", "-F", "-x", "-E", "-w", "-v"});
  if (!arguments || !arguments->has("-q") || arguments->values.size() > 1) return not_understood(script, words);
  std::vector<std::string> rest = arguments->rest;
  if (!arguments->values.empty()) rest.insert(rest.begin(), arguments->values.begin()->second);
  if (rest.empty() || rest.size() > 2) return not_understood(script, words);
  std::string text;
  if (rest.size() == 2) {
    const auto content = script.state().world.read(rest[1]);
    if (!content) return 2;
    text = as_text(*content);
  } else if (script.input() != nullptr) {
    text = *script.input();
  } else {
    return not_understood(script, words);
  }
  if (text.ends_with('\n')) text.pop_back();
  else if (text.empty()) return 1;
  std::string expression = rest[0];
  if (arguments->has("-F")) {
    expression.clear();
    for (const char c : rest[0]) expression += std::string_view(".*[]\\^$").find(c) == std::string_view::npos ? std::string(1, c) : std::string{'\\', c};
  }
  const ExpressionOptions options{.extended = arguments->has("-E") && !arguments->has("-F"), .whole = arguments->has("-x"), .word = arguments->has("-w")};
  for (const auto line : split(text, '\n')) {
    if (!script.afford(line.size())) return not_understood(script, words);
    const auto fits = fits_expression(expression, line, options);
    if (!fits) return not_understood(script, words);
    if (*fits != arguments->has("-v")) return 0;
  }
  return 1;
}

/// No program gets capabilities but those that packages ship with them.
Result<int> list_capabilities(Script& script, const Words& words) {
  for (size_t at = 1; at < words.size(); ++at) {
    const auto node = script.state().world.find(words[at], true);
    if (words[at].starts_with('-') || (node && !node->entry.xattrs.empty())) return not_understood(script, words);
  }
  return 0;
}

Result<int> program_lookup(Script& script, const Words& words) {
  if (words[0] == "command" && (words.size() != 3 || words[1] != "-v")) return not_understood(script, words);
  return find_program(script, words, words[0] == "command" ? 2 : 1);
}

Result<int> count(Script& script, const Words& words) {  // seq
  std::vector<std::int64_t> numbers;
  for (size_t at = 1; at < words.size(); ++at) {
    const auto value = whole_number(words[at]);
    if (!value) return not_understood(script, words);
    numbers.push_back(*value);
  }
  if (numbers.empty() || numbers.size() > 3) return not_understood(script, words);
  const std::int64_t from = numbers.size() > 1 ? numbers[0] : 1, to = numbers.back(), step = numbers.size() > 2 ? numbers[1] : 1;
  if (step == 0 || (to - from) / step > 1000) return not_understood(script, words);
  for (std::int64_t at = from; step > 0 ? at <= to : at >= to; at += step) script.print(fmt::format("{}\n", at));
  return 0;
}

Result<int> choose_profiles(Script& script, const Words& words) {  // pam-auth-update
  const auto arguments = read_arguments(words, {"--root"}, {"--package", "--force"});
  if (!arguments || !arguments->rest.empty() || !arguments->value("--root").empty()) return not_understood(script, words);
  return done(script, write_pam_stacks(script.state().world, script.state().full));
}

/// The kernel is the host's, and has no profiles as far as an image knows.
Result<int> without_apparmor(Script&, const Words&) { return 1; }

/// A name for a file that the script makes and removes again.
Result<int> name_temporary(Script& script, const Words& words) {
  if (words.size() > 3) return not_understood(script, words);
  script.print(fmt::format("/tmp/.effect.{}.{}\n", script.origin().package, script.temporaries++));
  return 0;
}

struct Row { std::string_view name; Result<int> (*run)(Script&, const Words&); };
constexpr std::array rows{
    Row{"mkdir", make_directories}, Row{"chmod", change_mode}, Row{"chown", change_owner}, Row{"chgrp", change_owner}, Row{"ln", link}, Row{"rm", remove}, Row{"rmdir", remove},
    Row{"cp", copy_or_move}, Row{"mv", copy_or_move}, Row{"touch", touch}, Row{"install", install}, Row{"update-alternatives", alternatives}, Row{"adduser", add_account},
    Row{"addgroup", add_account}, Row{"useradd", add_account}, Row{"groupadd", add_account}, Row{"usermod", change_account}, Row{"getent", get_entry}, Row{"id", identify},
    Row{"dpkg", dpkg}, Row{"dpkg-divert", divert}, Row{"dpkg-statoverride", override_owner}, Row{"dpkg-vendor", vendor}, Row{"echo", print_words}, Row{"printf", print_format},
    Row{"cat", concatenate}, Row{"ucf", copy_configuration}, Row{"ucfr", register_configuration}, Row{"update-shells", list_shells}, Row{"pam-auth-update", choose_profiles}, Row{"systemd-sysusers", system_users}, Row{".", source}, Row{"grep", search}, Row{"basename", name_part},
    Row{"dirname", name_part}, Row{"readlink", read_link}, Row{"stat", state_of}, Row{"command", program_lookup}, Row{"which", program_lookup},
    Row{"getcap", list_capabilities}, Row{"update-ca-certificates", update_certificates}, Row{"update-ca-certificates-java", update_certificates}, Row{"dpkg-query", query}, Row{"aa-enabled", without_apparmor}, Row{"aa-status", without_apparmor}, Row{"find", find_files}, Row{"ls", list_files}, Row{"cut", cut_lines}, Row{"phpquery", query_php}, Row{"phpenmod", enable_php}, Row{"a2enmod", enable_apache}, Row{"a2enconf", enable_apache}, Row{"a2ensite", enable_apache}, Row{"seq", count}, Row{"mktemp", name_temporary},
};

}  // namespace

std::optional<Result<int>> run_command(Script& script, const Words& words) {
  std::string_view name = words[0];
  for (const std::string_view folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) if (name.starts_with(folder)) { name.remove_prefix(folder.size()); break; }
  for (const Row& row : rows) if (row.name == name) return row.run(script, words);
  for (const Idle& idle : idle_commands) if (idle.name == name) return 0;
  if (name.starts_with("db_")) return ask(script, words);
  return std::nullopt;
}

}  // namespace ashlar::build
