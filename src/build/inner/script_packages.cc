#include "build/inner/script_packages.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "build/inner/script_arguments.h"
#include "build/inner/script_text.h"
#include "deb/control.h"
#include "deb/version.h"

namespace ashlar::build {

using Words = Script::Words;

Result<int> alternatives(Script& script, const Words& words) {
  Alternatives::Choice choice;
  std::string link, name;
  bool install = false;
  for (size_t at = 1; at < words.size(); ++at) {
    const auto rest = words.size() - at - 1;
    if (words[at] == "--install" && rest >= 4) {
      install = true;
      link = words[at + 1];
      name = words[at + 2];
      choice.path = words[at + 3];
      const auto priority = whole_number(words[at + 4]);
      if (!priority) return not_understood(script, words);
      choice.priority = *priority;
      at += 4;
    } else if (words[at] == "--slave" && rest >= 3) {
      choice.slaves.push_back({words[at + 1], words[at + 2], words[at + 3]});
      at += 3;
    } else if (words[at] == "--remove" && rest >= 2) {
      script.state().alternatives.remove(words[at + 1], words[at + 2]);
      at += 2;
    } else if ((words[at] == "--list" || words[at] == "--query") && rest >= 1) {
      if (script.state().alternatives.knows(words[at + 1])) return not_understood(script, words);
      return 2;
    } else if ((words[at] == "--remove-all" || words[at] == "--auto") && rest >= 1) {
      ++at;
    } else if (words[at] != "--quiet" && words[at] != "--force") {
      return not_understood(script, words);
    }
  }
  for (const auto& slave : choice.slaves) if (!slave.link.starts_with('/') || slave.name.find('/') != std::string::npos) return not_understood(script, words);
  if (install && (!link.starts_with('/') || name.empty() || name.find('/') != std::string::npos || !choice.path.starts_with('/'))) return not_understood(script, words);
  if (install) script.state().alternatives.install(link, name, std::move(choice));
  return 0;
}

namespace {

Result<int> compare_versions(Script& script, const std::string& a, const std::string& operation, const std::string& b) {
  std::weak_ordering order = std::weak_ordering::equivalent;
  std::string_view how = operation;
  const bool newest = how.ends_with("-nl");  // an empty version is later than any, else earlier
  if (newest) how.remove_suffix(3);
  if (a.empty() || b.empty()) {
    if (a.empty() != b.empty()) order = a.empty() == newest ? std::weak_ordering::greater : std::weak_ordering::less;
  } else {
    const auto first = deb::Version::parse(a), second = deb::Version::parse(b);
    if (!first || !second) return script.unknown(fmt::format("versions '{}' and '{}'", a, b));
    order = *first <=> *second;
  }
  if (how == "lt" || how == "<<") return order < 0 ? 0 : 1;
  if (how == "le" || how == "<=" || how == "<") return order <= 0 ? 0 : 1;
  if (how == "eq" || how == "=") return order == 0 ? 0 : 1;
  if (how == "ne") return order != 0 ? 0 : 1;
  if (how == "ge" || how == ">=" || how == ">") return order >= 0 ? 0 : 1;
  if (how == "gt" || how == ">>") return order > 0 ? 0 : 1;
  return script.unknown(fmt::format("comparison '{}'", operation));
}

}  // namespace

Result<int> dpkg(Script& script, const Words& words) {
  if (words.size() == 5 && words[1] == "--compare-versions") return compare_versions(script, words[2], words[3], words[4]);
  if (words.size() == 2 && words[1] == "--print-architecture") { script.print(script.origin().architecture + "\n"); return 0; }
  if (words.size() >= 3 && (words[1] == "-s" || words[1] == "-l" || words[1] == "--status")) return query(script, words);
  return not_understood(script, words);
}

Result<int> query(Script& script, const Words& words) {
  const std::string name(cut(words.back(), ':').first);
  if (script.state().packages.contains(name) || name.find_first_of("*?") != std::string::npos) return not_understood(script, words);
  return 1;  // it is not in the image
}

namespace {

/// A line at the end of one of dpkg's or ucf's lists, of which `-dev` images keep the state.
Result<int> add_line(Script& script, const std::string& path, const std::string& line) {
  World& world = script.state().world;
  std::string list;
  if (const auto before = world.read(path)) list = as_text(*before);
  list += line + "\n";
  TRY_ASSIGN(const int made, done(script, world.make_directory(path.substr(0, path.rfind('/')), 0755, true)));
  return made != 0 ? Result<int>(made) : done(script, world.write(path, Bytes(list.begin(), list.end()), 0644));
}

}  // namespace

Result<int> divert(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"--divert", "--package"}, {"--quiet", "--remove", "--rename", "--no-rename", "--truename", "--listpackage", "--list", "--add", "--local"});
  if (!arguments || arguments->rest.size() > 1) return not_understood(script, words);
  if (arguments->has("--remove") || arguments->has("--list") || arguments->has("--listpackage")) return 0;  // a fresh installation has none
  if (arguments->rest.size() != 1) return not_understood(script, words);
  const std::string& path = arguments->rest[0];
  if (arguments->has("--truename")) { script.print(path + "\n"); return 0; }
  // dpkg compares paths as packages write them: one through a link of the merged /usr, or that no package ships, moves nothing; nor do the files of
  // the package that diverts.
  World& world = script.state().world;
  const std::string package = arguments->has("--local") ? ":" : arguments->value("--package", script.origin().package), to = arguments->value("--divert", path + ".distrib");
  const auto real = world.resolve(path, false);
  const TreeNode* shipped = real && "/" + *real == path ? world.tree().find(*real) : nullptr;
  if (shipped != nullptr && shipped->owner != "package:" + package && world.find(path, false)) {
    if (!arguments->has("--rename")) return not_understood(script, words);
    TRY_ASSIGN(const int moved, done(script, world.move(path, to)));
    if (moved != 0) return moved;
  }
  if (!script.state().full) return 0;
  return add_line(script, "/var/lib/dpkg/diversions", fmt::format("{}\n{}\n{}", path, to, package));
}

Result<int> override_owner(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {}, {"--list", "--add", "--update", "--quiet", "--force", "--remove", "--force-statoverride-add", "--force-statoverride-remove"});
  if (!arguments) return not_understood(script, words);
  if (arguments->has("--list")) return 1;
  if (arguments->has("--remove")) return 0;
  if (!arguments->has("--add") || arguments->rest.size() != 4) return not_understood(script, words);
  const auto uid = script.state().accounts.uid_of(arguments->rest[0]), gid = script.state().accounts.gid_of(arguments->rest[1]);
  const auto mode = octal(arguments->rest[2]);
  if (!uid || !gid || !mode) return not_understood(script, words);
  const std::string& path = arguments->rest[3];
  if (script.state().full) {
    TRY_ASSIGN(const int noted, add_line(script, "/var/lib/dpkg/statoverride", fmt::format("{} {} {} {}", arguments->rest[0], arguments->rest[1], arguments->rest[2], path)));
    if (noted != 0) return noted;
  }
  // What is unpacked after it was asked for gets the owner as well.
  if ((!arguments->has("--update") && script.origin().script != "preinst") || !script.state().world.find(path, true)) return 0;
  TRY_ASSIGN(const int status, done(script, script.state().world.set_owner(path, uid, gid, true)));
  return status != 0 ? Result<int>(status) : done(script, script.state().world.set_mode(path, *mode));
}

Result<int> copy_configuration(Script& script, const Words& words) {  // ucf
  const auto arguments = read_arguments(words, {"--src-dir", "--state-dir", "--sum-file"}, {"--three-way", "--debconf-ok", "--debug", "-n", "--purge", "--verbose", "-p"});
  if (!arguments || arguments->rest.size() != 2 || arguments->has("--purge")) return not_understood(script, words);
  World& world = script.state().world;
  const std::string& to = arguments->rest[1];
  if (script.state().full) {
    const auto content = world.read(arguments->rest[0]);
    if (!content) return script.unknown(content.error().message);
    TRY_ASSIGN(const int noted, add_line(script, "/var/lib/ucf/hashfile", fmt::format("{}  {}", md5_hex(*content), to)));
    if (noted != 0) return noted;
  }
  if (world.find(to, true)) return 0;
  return done(script, world.copy(arguments->rest[0], to, true, true));
}

Result<int> register_configuration(Script& script, const Words& words) {  // ucfr
  const auto arguments = read_arguments(words, {"--state-dir"}, {"--purge", "--verbose", "--force", "-f"});
  if (!arguments || arguments->has("--purge") || arguments->rest.size() != 2) return not_understood(script, words);
  return script.state().full ? add_line(script, "/var/lib/ucf/registry", fmt::format("{} \t {}", arguments->rest[0], arguments->rest[1])) : Result<int>(0);
}

/// debconf(7) when nobody is asked: the default of the template, or what the script has set.
Result<int> ask(Script& script, const Words& words) {
  if (!script.debconf) return not_understood(script, words);
  script.variables()["RET"].clear();
  if (words[0] == "db_set" && words.size() >= 3) script.answers[words[1]] = words[2];
  if (words[0] == "db_input") return 30;
  if (words[0] == "db_metaget") return not_understood(script, words);
  if (words[0] != "db_get") return 0;
  if (words.size() != 2) return not_understood(script, words);
  if (const auto found = script.answers.find(words[1]); found != script.answers.end()) { script.variables()["RET"] = found->second; return 0; }
  deb::StanzaReader reader(script.origin().templates, "templates");
  deb::Stanza stanza;
  for (auto more = reader.next(stanza); more && *more; more = reader.next(stanza)) {
    if (trim(stanza.get("Template")) != words[1]) continue;
    script.variables()["RET"] = std::string(trim(stanza.get("Default")));
    return 0;
  }
  return script.unknown(fmt::format("the package has no template '{}'", words[1]));
}

Result<int> source(Script& script, const Words& words) {
  if (words.size() == 2 && words[1] == "/usr/share/debconf/confmodule") { script.debconf = true; return 0; }
  if (words.size() != 2 || !words[1].starts_with('/')) return not_understood(script, words);
  const auto text = script.state().world.read(words[1]);
  if (!text) return script.unknown(fmt::format("'{}' is not in the image", words[1]));
  return script.include(as_text(*text), words[1]);
}

Result<int> update_certificates(Script& script, const Words& words) {
  script.state().ca_bundle = true;
  if (words[0].ends_with("-java")) script.state().java_store = true;
  return 0;
}

Result<int> list_shells(Script& script, const Words& words) {
  if (words.size() != 1) return not_understood(script, words);
  World& world = script.state().world;
  const std::string folder = "/usr/share/debianutils/shells.d";
  std::vector<std::string> sources{"/usr/share/debianutils/shells"}, packaged;
  for (const std::string& name : world.list(folder)) sources.push_back(folder + "/" + name);
  const auto add = [](std::vector<std::string>& list, std::string shell) { if (std::ranges::find(list, shell) == list.end()) list.push_back(std::move(shell)); };
  for (const std::string& path : sources) {
    const auto text = world.read(path);
    if (!text) continue;
    for (const auto line : split(as_text(*text), '\n')) {
      const std::string shell(cut(line, '#').first);
      if (!shell.starts_with('/')) continue;
      add(packaged, shell);
      if (const auto real = world.resolve(shell.substr(0, shell.rfind('/')), true)) add(packaged, "/" + *real + shell.substr(shell.rfind('/')));
    }
  }
  std::vector<std::string> known;
  std::string list, state;
  const auto before = world.read(world.find("/etc/shells", true) ? "/etc/shells" : sources[0]);
  if (!before) return script.unknown(before.error().message);
  for (const auto line : split(as_text(*before), '\n')) {
    const std::string shell(cut(line, '#').first);
    if (line.empty() || (!shell.empty() && std::ranges::find(known, shell) != known.end())) continue;
    list += std::string(line) + "\n";
    if (!shell.empty()) known.push_back(shell);
  }
  for (const std::string& shell : packaged) {
    state += shell + "\n";
    if (std::ranges::find(known, shell) == known.end()) list += shell + "\n";
  }
  TRY_ASSIGN(const int status, done(script, world.write("/etc/shells", Bytes(list.begin(), list.end()), 0644)));
  return status != 0 ? Result<int>(status) : done(script, world.write("/var/lib/shells.state", Bytes(state.begin(), state.end()), 0644));
}

Result<int> vendor(Script& script, const Words& words) {
  if (words.size() == 3 && words[1] == "--derives-from") return words[2] == "Debian" ? 0 : 1;
  if (words.size() == 3 && words[1] == "--is") return words[2] == "Debian" ? 0 : 1;
  return not_understood(script, words);
}

}  // namespace ashlar::build
