#include "host/sandbox.h"

#include <fmt/format.h>

namespace ashlar::host {
namespace {

bool is_place(std::string_view to) {
  if (!to.starts_with('/') || to.find('\0') != std::string_view::npos) return false;
  for (const Path& part : Path(to)) {
    if (part == "..") return false;
  }
  return true;
}

}  // namespace

Result<Command> to_command(const Sandbox& sandbox) {
  if (sandbox.argv.empty()) return cannot(Kind::Invalid, "make a sandbox", "no program is named");
  if (!sandbox.root.is_absolute()) return cannot(Kind::Invalid, "make a sandbox", fmt::format("its root '{}' is no absolute path", sandbox.root.string()));
  if (!is_place(sandbox.folder)) return cannot(Kind::Invalid, "make a sandbox", fmt::format("'{}' is no place in it", sandbox.folder));
  for (const Bind& bind : sandbox.binds) {
    if (!is_place(bind.to)) return cannot(Kind::Invalid, "make a sandbox", fmt::format("'{}' is no place in it", bind.to));
    if (!bind.from.is_absolute()) return cannot(Kind::Invalid, "make a sandbox", fmt::format("'{}' to bind is no absolute path", bind.from.string()));
  }
  Command out;
  // --unshare-user also for root: inside, root is nobody special to the kernel.
  out.argv = {"bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"};
  const auto add = [&](std::initializer_list<std::string> words) { out.argv.insert(out.argv.end(), words); };
  if (sandbox.network) add({"--share-net"});
  add({"--uid", std::to_string(sandbox.uid), "--gid", std::to_string(sandbox.gid), "--hostname", "sandbox"});
  // Inside its own user namespace, a maintainer script may change owners and modes as root would.
  if (sandbox.uid == 0) {
    for (const char* capability : {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_CHROOT"}) add({"--cap-add", capability});
  }
  add({sandbox.writable_root ? "--bind" : "--ro-bind", sandbox.root.string(), "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"});
  for (const Bind& bind : sandbox.binds) add({bind.writable ? "--bind" : "--ro-bind", bind.from.string(), bind.to});
  for (const auto& [name, value] : sandbox.environment) add({"--setenv", name, value});
  add({"--chdir", sandbox.folder, "--"});
  out.argv.insert(out.argv.end(), sandbox.argv.begin(), sandbox.argv.end());
  out.environment.emplace();  // bwrap itself needs none
  out.input = sandbox.input;
  out.timeout = sandbox.timeout;
  return out;
}

}  // namespace ashlar::host
