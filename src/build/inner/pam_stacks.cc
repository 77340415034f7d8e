#include "build/inner/pam_stacks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/control.h"

namespace ashlar::build {
namespace {

/// A kind of stack: the template's name, its variables' names up to `_primary`, the fields of profiles, and what modules are written with.
struct Kind { std::string_view name, variable, field, word; bool interactive; };
constexpr std::array<Kind, 5> kinds{{{"auth", "auth", "Auth", "auth", true}, {"account", "account", "Account", "account", true}, {"password", "password", "Password", "password", true},
                                     {"session", "session", "Session", "session", true}, {"session-noninteractive", "session_nonint", "Session", "session", false}}};
constexpr std::string_view profiles_folder = "/usr/share/pam-configs/";

struct Profile {
  std::string name;
  std::unique_ptr<Bytes> text;  ///< that the fields look into, wherever the profile is moved
  int priority = 0;
  deb::Stanza fields{};
};
struct Module { std::string profile, line; };

Result<std::vector<Profile>> read_profiles(const World& world) {
  std::vector<Profile> profiles;
  for (const std::string& name : world.list(profiles_folder)) {
    TRY_ASSIGN(Bytes text, world.read(std::string(profiles_folder) + name));
    Profile profile{.name = name, .text = std::make_unique<Bytes>(std::move(text))};
    deb::StanzaReader reader(as_text(*profile.text), name);
    TRY_ASSIGN(const bool any, reader.next(profile.fields));
    if (!any) continue;
    const auto priority = trim(profile.fields.get("Priority"));
    std::from_chars(priority.data(), priority.data() + priority.size(), profile.priority);
    profiles.push_back(std::move(profile));
  }
  std::ranges::stable_sort(profiles, [](const Profile& a, const Profile& b) { return a.priority > b.priority; });
  return profiles;
}

/// The modules of a stack's `Primary` or `Additional` block. The first profile of a block may have modules of its own for standing first.
std::vector<Module> modules_of(const Kind& kind, std::string_view block, const std::vector<Profile>& profiles) {
  std::vector<Module> modules;
  for (const Profile& profile : profiles) {
    const deb::Stanza& fields = profile.fields;
    if (trim(fields.get("Default")) != "yes" || trim(fields.get(fmt::format("{}-Type", kind.field))) != block) continue;
    if (!kind.interactive && trim(fields.get("Session-Interactive-Only")) == "yes") continue;
    std::string lines(fields.get(fmt::format("{}-Initial", kind.field)));
    if (!modules.empty() || trim(lines).empty()) lines = fields.get(kind.field);
    for (const auto line : split(lines, '\n'))
      if (!trim(line).empty()) modules.push_back({profile.name, std::string(trim(line))});
  }
  if (modules.empty() && block == "Primary") modules.push_back({"null", "[default=1]\t\t\tpam_permit.so"});  // succeeds
  return modules;
}

/// `success=end` jumps over what is left of the block, and over the module that denies.
std::string with_jumps(std::string line, size_t left) {
  if (line.ends_with(".so")) line += ' ';  // as pam-auth-update writes a module without arguments
  for (size_t at = line.find("=end"); at != std::string::npos; at = line.find("=end", at)) line.replace(at, 4, fmt::format("={}", left));
  return line;
}

std::string fill(std::string_view text, const Kind& kind, const std::vector<Module>& primary, const std::vector<Module>& additional) {
  std::string out;
  for (const auto line : split(text, '\n')) {
    const bool first = line == fmt::format("${}_primary", kind.variable);
    if (!first && line != fmt::format("${}_additional", kind.variable)) {
      out += std::string(line) + "\n";
      continue;
    }
    const auto& modules = first ? primary : additional;
    for (size_t at = 0; at < modules.size(); ++at) out += fmt::format("{}\t{}\n", kind.word, modules[at].profile == "null" ? modules[at].line : with_jumps(modules[at].line, modules.size() - at));
  }
  if (text.ends_with('\n')) out.pop_back();  // of the empty line that split() sees behind the last
  return out;
}

}  // namespace

Done write_pam_stacks(World& world, bool full) {
  TRY_ASSIGN(const auto profiles, read_profiles(world));
  const auto put = [&](std::string_view path, const std::string& text) { return world.write(path, Bytes(text.begin(), text.end()), 0644); };
  for (const Kind& kind : kinds) {
    const auto text = world.read(fmt::format("/usr/share/pam/common-{}", kind.name));
    if (!text) continue;
    const auto primary = modules_of(kind, "Primary", profiles), additional = modules_of(kind, "Additional", profiles);
    TRY(world.make_directory("/etc/pam.d", 0755, true));
    TRY(put(fmt::format("/etc/pam.d/common-{}", kind.name), fill(as_text(*text), kind, primary, additional)));
    if (!full) continue;
    std::string state, before;
    for (const auto* block : {&primary, &additional}) {
      for (const Module& module : *block) {
        if (module.profile != before) state += fmt::format("Module: {}\n", module.profile);
        before = module.profile;
        state += module.line + "\n";
      }
    }
    TRY(world.make_directory("/var/lib/pam", 0755, true));
    TRY(put(fmt::format("/var/lib/pam/{}", kind.name), state));
  }
  if (!full || profiles.empty()) return {};
  std::string seen;
  for (const Profile& profile : profiles) seen += profile.name + "\n";
  TRY(world.make_directory("/var/lib/pam", 0755, true));
  return put("/var/lib/pam/seen", seen);
}

}  // namespace ashlar::build
