#include "build/inner/rehearsal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/tar.h"
#include "base/text.h"
#include "build/inner/pruning.h"
#include "build/inner/sandbox_root.h"

namespace ashlar::build {
namespace {

/// Noted, and done by the model in replay().
constexpr std::array<std::string_view, 11> noted{"chown", "chgrp", "adduser", "addgroup", "useradd", "groupadd", "usermod", "update-alternatives", "dpkg-divert", "dpkg-statoverride",
                                                 "update-ca-certificates"};
/// Without an effect on files, as when a script is followed.
constexpr std::array<std::string_view, 10> idle{"deb-systemd-helper", "deb-systemd-invoke", "systemctl", "invoke-rc.d", "update-rc.d", "service", "ldconfig", "py3compile", "pycompile", "dpkg-trigger"};
constexpr std::array<std::string_view, 10> passing{"proc/", "dev/", "sys/", "tmp/", "run/", "var/tmp/", "var/log/", "var/cache/", "var/lib/dpkg/lock", "var/lib/dpkg/triggers/"};
constexpr std::array<std::string_view, 6> kept_elsewhere{"etc/ld.so.cache", "etc/.pwd.lock", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-"};
constexpr std::array<std::string_view, 4> account_files{"etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"};

bool passes(std::string_view path) {
  if (is_pruned(path) || std::ranges::find(kept_elsewhere, path) != kept_elsewhere.end()) return true;
  return std::ranges::any_of(passing, [&](std::string_view folder) { return path.starts_with(folder) || path == folder.substr(0, folder.size() - 1); });
}

/// The script with its package's control files, and commands in the place of those that a sandbox cannot do.
Done add_stage(StageArchive& archive, const RehearsalRequest& request) {
  for (const auto& [name, text] : request.control) {
    if (name.find('/') != std::string::npos) continue;
    TRY(archive.add_text(fmt::format("stage/{}.{}", request.origin.package, name), text, 0755));
  }
  const std::string note = fmt::format("#!/bin/sh\nprintf '%s\\0' \"$#\" \"${{0##*/}}\" \"$@\" >> {}/noted\n", stage_inside);
  for (const auto name : noted) TRY(archive.add_text(fmt::format("stage/bin/{}", name), note, 0755));
  for (const auto name : idle) TRY(archive.add_text(fmt::format("stage/bin/{}", name), "#!/bin/sh\nexit 0\n", 0755));
  return archive.add_text("stage/noted", "", 0644);
}

Result<std::vector<Script::Words>> read_notes(host::Files& files, const host::Path& path) {
  TRY_ASSIGN(const std::string text, files.read(path));
  std::vector<Script::Words> commands;
  std::string_view rest = text;
  const auto word = [&]() -> std::optional<std::string> {
    const size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    std::string out(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    return out;
  };
  while (!rest.empty()) {
    const auto count = word();
    size_t more = 0;
    if (!count || std::from_chars(count->data(), count->data() + count->size(), more).ec != std::errc()) return fail(Kind::Corrupt, "the noted commands are cut off");
    Script::Words words;
    for (size_t at = 0; at <= more; ++at) {
      auto each = word();
      if (!each) return fail(Kind::Corrupt, "the noted commands are cut off");
      words.push_back(std::move(*each));
    }
    commands.push_back(std::move(words));
  }
  return commands;
}

/// What is in the archive of the tree as the script left it, and was not so before.
Result<std::vector<RecordedChange>> difference(const Snapshot& before, std::unique_ptr<host::ReadFile> after) {
  const auto source = host::stream(std::move(after));
  TarReader reader(*source);
  std::map<std::string, RecordedChange> changes;
  std::set<std::string> there;
  for (;;) {
    TRY_ASSIGN(const auto entry, reader.next());
    if (!entry) break;
    std::string path = entry->path.starts_with("./") ? entry->path.substr(2) : entry->path;
    if (path.empty() || path == ".") continue;
    there.insert(path);
    if (passes(path)) continue;
    RecordedChange change{.path = path, .removed = false, .type = entry->type, .mode = entry->mode};
    const auto known = before.find(path);
    const bool same_kind = known != before.end() && known->second.type == entry->type;
    if (entry->type == FileType::Symlink) {
      if (same_kind && known->second.link == entry->link) continue;
      change.mode = 0777;
      change.target = entry->link;
    } else if (entry->type == FileType::Directory) {
      if (same_kind && known->second.mode == entry->mode) continue;
    } else if (entry->type == FileType::Regular) {
      TRY_ASSIGN(change.content, read_all(reader, largest_in_sandbox));
      if (same_kind && known->second.mode == entry->mode && known->second.content == Digest::of(change.content)) continue;
    } else {
      return fail(Kind::Invalid, fmt::format("it makes '/{}', which is no file, folder or symlink", path));
    }
    if (std::ranges::find(account_files, path) != account_files.end()) return fail(Kind::Invalid, fmt::format("it writes '/{}' itself", path));
    changes.emplace(path, std::move(change));
  }
  for (const auto& [path, seen] : before) {
    if (there.contains(path) || passes(path)) continue;
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos && changes.contains(path.substr(0, slash)) && changes.at(path.substr(0, slash)).removed) continue;  // goes with its folder
    changes.emplace(path, RecordedChange{.path = path, .removed = true});
  }
  std::vector<RecordedChange> out;
  for (auto& [path, change] : changes) out.push_back(std::move(change));
  return out;
}

/// The first line's interpreter must be in the image.
Done check_interpreter(const RehearsalRequest& request, std::string_view text) {
  const auto line = text.starts_with("#!") ? words(text.substr(2, text.find('\n') - 2)) : std::vector<std::string_view>{"/bin/sh"};
  if (line.empty()) return fail(Kind::Invalid, "its first line names no interpreter");
  for (const std::string_view each : {line[0], std::string_view("/bin/sh")}) {
    if (!request.state.world.find(each, true)) return fail(Kind::Invalid, fmt::format("the image has no '{}' to run it; record it with the definition's -dev variant, or declare its effect", each));
  }
  return {};
}

}  // namespace

Result<RecordedScript> rehearse(const RehearsalRequest& request, host::Machine& machine) {
  const ScriptOrigin& origin = request.origin;
  const std::string what = fmt::format("run script {} of package '{}' in a sandbox", origin.script, origin.package);
  const std::string& text = request.control.at(origin.script);
  TRY(check_interpreter(request, text));
  ScriptState now = request.state;  // with the accounts of the moment
  TRY(now.accounts.write(now.world, now.full));
  TRY_ASSIGN(SandboxRoot root, SandboxRoot::lay_out(now.world, request.folder, [&](StageArchive& archive) { return add_stage(archive, request); }, machine, what));

  std::vector<std::string> argv = {"/bin/sh", "-c", "umask 022; exec \"$@\"", "sh", fmt::format("{}/{}.{}", stage_inside, origin.package, origin.script)};
  argv.insert(argv.end(), request.arguments.begin(), request.arguments.end());
  TRY(root.run(std::move(argv), {{"PATH", fmt::format("{}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", stage_inside)}, {"HOME", "/root"}, {"LC_ALL", "C"}, {"TZ", "UTC"},
                                 {"DEBIAN_FRONTEND", "noninteractive"}, {"DEBCONF_NONINTERACTIVE_SEEN", "true"}, {"DPKG_MAINTSCRIPT_PACKAGE", origin.package},
                                 {"DPKG_MAINTSCRIPT_NAME", origin.script}, {"DPKG_MAINTSCRIPT_ARCH", origin.architecture}, {"DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT", "1"}, {"DPKG_ROOT", ""},
                                 {"DPKG_ADMINDIR", "/var/lib/dpkg"}, {"SOURCE_DATE_EPOCH", "0"}}));

  RecordedScript recorded{.package = origin.package, .version = origin.version, .script = origin.script, .sha256 = Digest::of(text).hex()};
  TRY_ASSIGN(auto after, root.archived());
  auto changes = difference(root.before(), std::move(after));
  if (!changes) return cannot(what, std::move(changes).error());
  recorded.changes = std::move(*changes);
  TRY_ASSIGN(recorded.commands, read_notes(*machine.files, root.stage() / "noted"));
  TRY(root.done());
  return recorded;
}

}  // namespace ashlar::build
