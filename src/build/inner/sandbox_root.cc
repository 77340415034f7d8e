#include "build/inner/sandbox_root.h"

#include <fmt/format.h>

#include "base/text.h"
#include "host/sandbox.h"

namespace ashlar::build {
namespace {

/// The image so far below `root/` of the archive, and what it was.
Result<Snapshot> add_world(StageArchive& archive, const World& world) {
  Snapshot snapshot;
  for (const std::string& path : world.paths()) {
    const auto node = world.find("/" + path, false);
    if (!node) continue;
    TarEntry entry{.path = "root/" + path, .type = node->entry.type, .mode = node->entry.mode, .mtime = node->entry.mtime};
    Seen seen{.type = entry.type, .mode = entry.mode};
    Bytes content;
    if (entry.type == FileType::Symlink) {
      seen.link = entry.link = node->entry.link;
    } else if (entry.type != FileType::Directory) {
      seen.type = entry.type = FileType::Regular;
      TRY_ASSIGN(content, world.read("/" + path, largest_in_sandbox));
      seen.content = Digest::of(content);
    }
    TRY(archive.add(std::move(entry), content));
    snapshot.emplace(path, std::move(seen));
  }
  return snapshot;
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

Done StageArchive::add(TarEntry entry, BytesView content) {
  entry.size = content.size();
  Bytes header;
  append_tar_header(header, entry);
  TRY(to_.write(header));
  TRY(to_.write(content));
  return to_.write(Bytes(tar_padding(content.size())));
}

Done StageArchive::add_text(std::string path, std::string_view text, std::uint32_t mode) {
  return add(TarEntry{.path = std::move(path), .type = FileType::Regular, .mode = mode}, as_bytes(text));
}

Result<SandboxRoot> SandboxRoot::lay_out(const World& world, const host::Path& folder, const std::function<Done(StageArchive&)>& add_stage, host::Machine& machine, std::string what) {
  host::Files& files = *machine.files;
  TRY(files.make_folders(folder));
  TRY_ASSIGN(auto lock, files.lock(folder.string() + ".lock"));
  TRY(files.remove_tree(folder));
  TRY(files.make_folders(folder));
  SandboxRoot root(machine, folder, std::move(what), std::move(lock));

  // Onto the disk by way of an archive: tar makes what the seam of files has no calls for.
  TRY_ASSIGN(auto draft, files.draft(folder));
  StageArchive archive(*draft);
  TRY_ASSIGN(root.before_, add_world(archive, world));
  TRY(add_stage(archive));
  TRY(archive.end());
  const host::Path packed = folder / "before.tar";
  TRY(draft->commit(packed, host::Durability::Cache));
  TRY(root.run_program({.argv = {"tar", "-x", "-p", "--no-same-owner", "--delay-directory-restore", "-f", packed.string(), "-C", folder.string()}, .environment = {}, .folder = {}, .input = {}}));
  TRY(files.remove(packed));
  return root;
}

Done SandboxRoot::run(std::vector<std::string> argv, std::map<std::string, std::string> environment) {
  host::Sandbox sandbox;
  sandbox.root = folder_ / "root";
  sandbox.writable_root = true;
  sandbox.binds = {{stage(), std::string(stage_inside), true}};
  sandbox.environment = std::move(environment);
  sandbox.argv = std::move(argv);
  TRY_ASSIGN(auto command, host::to_command(sandbox));
  return run_program(std::move(command));
}

Result<std::unique_ptr<host::ReadFile>> SandboxRoot::archived() {
  const std::string packed = (folder_ / "after.tar").string();
  TRY(run_program({.argv = {"tar", "-c", "-f", packed, "--format=pax", "--numeric-owner", "--hard-dereference", "--sort=name", "--exclude=./proc/*", "--exclude=./dev/*", "--exclude=./sys/*",
                            "--exclude=./run/*", "--exclude=./tmp/*", "-C", (folder_ / "root").string(), "."},
                   .environment = {}, .folder = {}, .input = {}}));
  return machine_->files->open(packed);
}

Done SandboxRoot::run_program(host::Command command) {
  if (!machine_->processes->find(command.argv[0])) return cannot(Kind::Unavailable, what_, fmt::format("there is no '{}' on this machine", command.argv[0]));
  TRY_ASSIGN(const auto outcome, machine_->processes->run(command));
  if (outcome.timed_out) return cannot(Kind::Unavailable, what_, "it took too long");
  if (outcome.exit_code == 0) return {};
  std::string told = outcome.err.empty() ? outcome.out : outcome.err;
  if (told.size() > 400) told = told.substr(told.size() - 400);
  for (char& c : told) if (c == '\n') c = ' ';
  return cannot(Kind::Invalid, what_, fmt::format("it ended with status {}: {}", outcome.exit_code, trim(told)));
}

}  // namespace ashlar::build
