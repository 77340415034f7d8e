#include "build/inner/script_modules.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/script_arguments.h"
#include "build/inner/script_text.h"

namespace ashlar::build {

using Words = Script::Words;

namespace {

bool is_plain(std::string_view name) { return !name.empty() && name.find('/') == std::string_view::npos && name != "." && name != ".."; }

/// An empty file that says that a maintainer script did something.
Done note_state(World& world, const std::string& folder, const std::string& name) {
  TRY(world.make_directory(folder, 0755, true));
  if (world.find(folder + "/" + name, true)) return {};
  return world.write(folder + "/" + name, {}, 0644);
}

std::string module_file(const std::string& version, const std::string& module) { return fmt::format("/etc/php/{}/mods-available/{}.ini", version, module); }

/// Where a module is linked for one interface of the server: the number that orders modules stands in the module's file.
std::string module_link(const World& world, const std::string& version, const std::string& interface, const std::string& module) {
  std::string priority = "20";
  if (const auto text = world.read(module_file(version, module))) {
    for (auto line : split(as_text(*text), '\n')) {
      if (!line.starts_with(';')) continue;
      line = trim(line.substr(1));
      if (!line.starts_with("priority")) continue;
      line = trim(line.substr(8));
      if (line.starts_with('=') && !trim(line.substr(1)).empty() && trim(line.substr(1)).find_first_not_of("0123456789") == std::string_view::npos) priority = std::string(trim(line.substr(1)));
    }
  }
  return fmt::format("/etc/php/{}/{}/conf.d/{}-{}.ini", version, interface, priority, module);
}

Done link_module(World& world, const std::string& version, const std::string& interface, const std::string& module) {
  const std::string path = module_link(world, version, interface, module);
  if (!world.find(path.substr(0, path.rfind('/')), true)) return {};  // there is nothing to give it to
  if (!world.find(path, false)) TRY(world.symlink(module_file(version, module), path, false));
  return note_state(world, fmt::format("/var/lib/php/modules/{}/{}/enabled_by_maint", version, interface), module);
}

}  // namespace

Result<int> query_php(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-v", "-s", "-m"}, {"-S", "-M", "-q"});
  const std::string version = arguments ? arguments->value("-v") : std::string(), module = arguments ? arguments->value("-m") : std::string();
  const std::string interface = arguments ? arguments->value("-s") : std::string();
  if (!is_plain(version) || !arguments->rest.empty() || (arguments->has("-S") ? 1 : 0) + (arguments->has("-M") ? 1 : 0) + (module.empty() ? 0 : 1) != 1) return not_understood(script, words);
  const World& world = script.state().world;
  if (!module.empty()) {
    if (!is_plain(module) || !is_plain(interface)) return not_understood(script, words);
    return world.find(module_file(version, module), true) && world.find(module_link(world, version, interface, module), true) ? 0 : 1;
  }
  const std::string folder = arguments->has("-S") ? fmt::format("/usr/lib/php/{}/sapi", version) : fmt::format("/var/lib/php/modules/{}/registry", version);
  for (const std::string& name : world.list(folder)) script.print(name + "\n");
  return 0;
}

Result<int> enable_php(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {"-v", "-s"}, {"-q", "-m", "-r", "-f"});
  if (!arguments || !arguments->has("-m") || !is_plain(arguments->value("-v")) || arguments->rest.empty()) return not_understood(script, words);
  World& world = script.state().world;
  const std::string version = arguments->value("-v"), named = arguments->value("-s", "ALL");
  std::set<std::string> interfaces{named};
  if (named == "ALL") interfaces = world.list(fmt::format("/usr/lib/php/{}/sapi", version));
  for (const std::string& module : arguments->rest) {
    if (!is_plain(module)) return not_understood(script, words);
    for (const std::string& interface : interfaces) {
      if (!is_plain(interface)) return not_understood(script, words);
      if (!world.find(module_file(version, module), true)) continue;
      TRY_ASSIGN(const int linked, done(script, link_module(world, version, interface, module)));
      if (linked != 0) return linked;
    }
    if (!arguments->has("-r")) continue;
    TRY_ASSIGN(const int noted, done(script, note_state(world, fmt::format("/var/lib/php/modules/{}/registry", version), module)));
    if (noted != 0) return noted;
  }
  return 0;
}

namespace {

struct ApacheKind { std::string_view command, kind, folder; };
constexpr std::array<ApacheKind, 3> apache_kinds{{{"a2enmod", "module", "mods"}, {"a2enconf", "conf", "conf"}, {"a2ensite", "site", "sites"}}};

/// One module, configuration or site; a module after those that its file names in `# Depends:`. `by` is who enables it: `maint` or `admin`.
Done enable_one(World& world, const ApacheKind& kind, const std::string& name, const std::string& by, int depth) {
  const std::string available = fmt::format("/etc/apache2/{}-available/{}", kind.folder, name), main = available + (kind.kind == "module" ? ".load" : ".conf");
  const auto text = world.read(main);
  if (!text || depth > 20) return cannot(Kind::Invalid, fmt::format("enable {} '{}'", kind.kind, name), depth > 20 ? "modules depend on each other" : fmt::format("'{}' is not in the image", main));
  for (const auto line : split(as_text(*text), '\n')) {
    if (kind.kind != "module" || !line.starts_with("# Depends:")) continue;
    for (const auto needed : ashlar::words(line.substr(10))) if (is_plain(needed)) TRY(enable_one(world, apache_kinds[0], std::string(needed), by, depth + 1));
  }
  bool made = false;
  for (const char* ending : {".load", ".conf"}) {
    if (!world.find(available + ending, true) || (ending == std::string_view(".load") && kind.kind != "module")) continue;
    const std::string path = fmt::format("/etc/apache2/{}-enabled/{}{}", kind.folder, name, ending);
    if (world.find(path, false)) continue;
    made = true;
    TRY(world.make_directory(path.substr(0, path.rfind('/')), 0755, true));
    TRY(world.symlink(fmt::format("../{}-available/{}{}", kind.folder, name, ending), path, false));
  }
  return made ? note_state(world, fmt::format("/var/lib/apache2/{}/enabled_by_{}", kind.kind, by), name) : Done();
}

}  // namespace

Result<int> enable_apache(Script& script, const Words& words) {
  const auto arguments = read_arguments(words, {}, {"-q", "-m", "-f", "--quiet", "--maintmode", "--force"});
  if (!arguments || arguments->rest.empty()) return not_understood(script, words);
  const std::string_view command = std::string_view(words[0]).substr(words[0].rfind('/') + 1);
  const std::string by = arguments->has("-m") || arguments->has("--maintmode") ? "maint" : "admin";
  const auto kind = std::ranges::find(apache_kinds, command, &ApacheKind::command);
  for (const std::string& name : arguments->rest) {
    if (kind == apache_kinds.end() || !is_plain(name)) return not_understood(script, words);
    TRY_ASSIGN(const int status, done(script, enable_one(script.state().world, *kind, name, by, 0)));
    if (status != 0) return status;
  }
  return 0;
}

}  // namespace ashlar::build
