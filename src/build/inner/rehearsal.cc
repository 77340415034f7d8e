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
#include "host/sandbox.h"

namespace ashlar::build {
namespace {

constexpr std::string_view inside = "/run/ashlar";  // where the sandbox has the script, the commands that are noted, and the note
/// Noted, and done by the model in replay().
constexpr std::array<std::string_view, 11> noted{"chown", "chgrp", "adduser", "addgroup", "useradd", "groupadd", "usermod", "update-alternatives", "dpkg-divert", "dpkg-statoverride",
                                                 "update-ca-certificates"};
/// Without an effect on files, as when a script is followed.
constexpr std::array<std::string_view, 10> idle{"deb-systemd-helper", "deb-systemd-invoke", "systemctl", "invoke-rc.d", "update-rc.d", "service", "ldconfig", "py3compile", "pycompile", "dpkg-trigger"};
constexpr std::array<std::string_view, 10> passing{"proc/", "dev/", "sys/", "tmp/", "run/", "var/tmp/", "var/log/", "var/cache/", "var/lib/dpkg/lock", "var/lib/dpkg/triggers/"};
constexpr std::array<std::string_view, 6> kept_elsewhere{"etc/ld.so.cache", "etc/.pwd.lock", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-"};
constexpr std::array<std::string_view, 4> account_files{"etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"};
constexpr std::uint64_t largest = std::uint64_t{512} << 20;

struct Seen { FileType type = FileType::Regular; std::uint32_t mode = 0; std::string link; std::optional<Digest> content; };
using Snapshot = std::map<std::string, Seen>;

bool passes(std::string_view path) {
  if (is_pruned(path) || std::ranges::find(kept_elsewhere, path) != kept_elsewhere.end()) return true;
  return std::ranges::any_of(passing, [&](std::string_view folder) { return path.starts_with(folder) || path == folder.substr(0, folder.size() - 1); });
}

/// A tar archive being written.
class Archive {
 public:
  explicit Archive(Sink& to) : to_(to) {}
  Done add(TarEntry entry, BytesView content) {
    entry.size = content.size();
    Bytes header;
    append_tar_header(header, entry);
    TRY(to_.write(header));
    TRY(to_.write(content));
    return to_.write(Bytes(tar_padding(content.size())));
  }
  Done add_text(std::string path, std::string_view text, std::uint32_t mode) {
    return add(TarEntry{.path = std::move(path), .type = FileType::Regular, .mode = mode}, as_bytes(text));
  }
  Done end() { return to_.write(Bytes(tar_end_size)); }

 private:
  Sink& to_;
};

/// The image so far below `root/` of the archive, and what it was.
Result<Snapshot> add_world(Archive& archive, const World& world) {
  Snapshot snapshot;
  for (const std::string& path : world.paths()) {
    const auto node = world.find("/" + path, false);
    if (!node) continue;
    TarEntry entry{.path = "root/" + path, .type = node->entry.type, .mode = node->entry.mode, .mtime = node->entry.mtime};
    Seen seen{.type = entry.type, .mode = entry.mode, .link = {}, .content = {}};
    Bytes content;
    if (entry.type == FileType::Symlink) {
      seen.link = entry.link = node->entry.link;
    } else if (entry.type != FileType::Directory) {
      seen.type = entry.type = FileType::Regular;
      TRY_ASSIGN(content, world.read("/" + path, largest));
      seen.content = Digest::of(content);
    }
    TRY(archive.add(std::move(entry), content));
    snapshot.emplace(path, std::move(seen));
  }
  return snapshot;
}

/// The script with its package's control files, and commands in the place of those that a sandbox cannot do.
Done add_stage(Archive& archive, const RehearsalRequest& request) {
  for (const auto& [name, text] : request.control) {
    if (name.find('/') != std::string::npos) continue;
    TRY(archive.add_text(fmt::format("stage/{}.{}", request.origin.package, name), text, 0755));
  }
  const std::string note = fmt::format("#!/bin/sh\nprintf '%s\\0' \"$#\" \"${{0##*/}}\" \"$@\" >> {}/noted\n", inside);
  for (const auto name : noted) TRY(archive.add_text(fmt::format("stage/bin/{}", name), note, 0755));
  for (const auto name : idle) TRY(archive.add_text(fmt::format("stage/bin/{}", name), "#!/bin/sh\nexit 0\n", 0755));
  return archive.add_text("stage/noted", "", 0644);
}

Done run_program(host::Machine& machine, host::Command command, const std::string& what) {
  if (!machine.processes->find(command.argv[0])) return cannot(Kind::Unavailable, what, fmt::format("there is no '{}' on this machine", command.argv[0]));
  TRY_ASSIGN(const auto outcome, machine.processes->run(command));
  if (outcome.timed_out) return cannot(Kind::Unavailable, what, "it took too long");
  if (outcome.exit_code == 0) return {};
  std::string told = outcome.err.empty() ? outcome.out : outcome.err;
  if (told.size() > 400) told = told.substr(told.size() - 400);
  for (char& c : told) if (c == '\n') c = ' ';
  return cannot(Kind::Invalid, what, fmt::format("it ended with status {}: {}", outcome.exit_code, trim(told)));
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
      TRY_ASSIGN(change.content, read_all(reader, largest));
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

bool runs_here(std::string_view architecture) {
#if defined(__x86_64__)
  return architecture == "amd64";
#elif defined(__aarch64__)
  return architecture == "arm64";
#else
  return false;
#endif
}

Result<RecordedScript> rehearse(const RehearsalRequest& request, host::Machine& machine) {
  const ScriptOrigin& origin = request.origin;
  const std::string what = fmt::format("run script {} of package '{}' in a sandbox", origin.script, origin.package);
  const std::string& text = request.control.at(origin.script);
  TRY(check_interpreter(request, text));
  host::Files& files = *machine.files;
  TRY(files.make_folders(request.folder));
  TRY_ASSIGN(const auto lock, files.lock(request.folder.string() + ".lock"));
  TRY(files.remove_tree(request.folder));
  TRY(files.make_folders(request.folder));

  // The tree, with the accounts of the moment, onto the disk: tar makes what the seam of files has no calls for.
  ScriptState now = request.state;
  TRY(now.accounts.write(now.world, now.full));
  TRY_ASSIGN(auto draft, files.draft(request.folder));
  Archive archive(*draft);
  TRY_ASSIGN(const Snapshot before, add_world(archive, now.world));
  TRY(add_stage(archive, request));
  TRY(archive.end());
  TRY(draft->commit(request.folder / "before.tar", host::Durability::Cache));
  const std::string folder = request.folder.string();
  TRY(run_program(machine, {.argv = {"tar", "-x", "-p", "--no-same-owner", "--delay-directory-restore", "-f", folder + "/before.tar", "-C", folder}, .environment = {}, .folder = {}, .input = {}}, what));
  TRY(files.remove(request.folder / "before.tar"));

  host::Sandbox sandbox;
  sandbox.root = request.folder / "root";
  sandbox.writable_root = true;
  sandbox.binds = {{request.folder / "stage", std::string(inside), true}};
  sandbox.environment = {{"PATH", fmt::format("{}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", inside)}, {"HOME", "/root"}, {"LC_ALL", "C"}, {"TZ", "UTC"},
                         {"DEBIAN_FRONTEND", "noninteractive"}, {"DEBCONF_NONINTERACTIVE_SEEN", "true"}, {"DPKG_MAINTSCRIPT_PACKAGE", origin.package},
                         {"DPKG_MAINTSCRIPT_NAME", origin.script}, {"DPKG_MAINTSCRIPT_ARCH", origin.architecture}, {"DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT", "1"}, {"DPKG_ROOT", ""},
                         {"DPKG_ADMINDIR", "/var/lib/dpkg"}, {"SOURCE_DATE_EPOCH", "0"}};
  sandbox.argv = {"/bin/sh", "-c", "umask 022; exec \"$@\"", "sh", fmt::format("{}/{}.{}", inside, origin.package, origin.script)};
  sandbox.argv.insert(sandbox.argv.end(), request.arguments.begin(), request.arguments.end());
  TRY_ASSIGN(auto command, host::to_command(sandbox));
  TRY(run_program(machine, std::move(command), what));

  TRY(run_program(machine, {.argv = {"tar", "-c", "-f", folder + "/after.tar", "--format=pax", "--numeric-owner", "--hard-dereference", "--sort=name", "--exclude=./proc/*", "--exclude=./dev/*",
                                     "--exclude=./sys/*", "--exclude=./run/*", "--exclude=./tmp/*", "-C", folder + "/root", "."}, .environment = {}, .folder = {}, .input = {}}, what));
  RecordedScript recorded{.package = origin.package, .version = origin.version, .script = origin.script, .sha256 = Digest::of(text).hex()};
  TRY_ASSIGN(auto after, files.open(request.folder / "after.tar"));
  auto changes = difference(before, std::move(after));
  if (!changes) return cannot(what, std::move(changes).error());
  recorded.changes = std::move(*changes);
  TRY_ASSIGN(recorded.commands, read_notes(files, request.folder / "stage/noted"));
  TRY(files.remove_tree(request.folder));
  return recorded;
}

}  // namespace ashlar::build
