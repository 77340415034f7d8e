#include "prove/inner/bundle.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "prove/inner/seccomp.h"

namespace ashlar::prove {
namespace {

Json mount(std::string_view destination, const char* type, const char* source, std::vector<std::string> options) {
  return {{"destination", destination}, {"type", type}, {"source", source}, {"options", std::move(options)}};
}

/// A folder in memory; `copies`: it begins with what the image has there.
Json memory_folder(std::string_view destination, std::uint32_t mode, std::uint32_t uid, std::uint32_t gid, std::string_view size, bool copies) {
  std::vector<std::string> options = {"nosuid", "nodev", fmt::format("mode={:o}", mode), fmt::format("uid={}", uid), fmt::format("gid={}", gid), fmt::format("size={}", size)};
  if (copies) options.emplace_back("tmpcopyup");
  return mount(destination, "tmpfs", "tmpfs", std::move(options));
}

Json mounts_of(const Cell& cell) {
  Json mounts = Json::array({
      mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
      mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
      mount("/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}),
      mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}),
      mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
  });
  const auto& files = cell.image->files;
  const auto has_content = [&](const std::string& folder) {
    const auto next = files.lower_bound(folder + "/");
    return next != files.end() && next->first.starts_with(folder + "/");
  };
  if (!cell.loose) {
    mounts.push_back(memory_folder("/tmp", 01777, cell.user.uid, cell.user.gid, "512m", false));
    mounts.push_back(memory_folder("/run", 0755, cell.user.uid, cell.user.gid, "64m", has_content("run")));
  }
  std::set<std::string> volumes(cell.image->config.volumes.begin(), cell.image->config.volumes.end());
  for (const std::string& volume : volumes) {
    if (!cell.loose && (volume == "/tmp" || volume == "/run")) continue;
    const auto found = files.find(volume.substr(1));
    const bool there = found != files.end() && found->second.entry.type == FileType::Directory;
    const TarEntry entry = there ? found->second.entry : TarEntry{volume, FileType::Directory, 0755, cell.user.uid, cell.user.gid};
    mounts.push_back(memory_folder(volume, entry.mode & 01777, entry.uid, entry.gid, "1g", has_content(volume.substr(1))));
  }
  return mounts;
}

Json ranges(const std::vector<IdRange>& rows) {
  Json list = Json::array();
  for (const IdRange& row : rows) list.push_back({{"containerID", row.inside}, {"hostID", row.outside}, {"size", row.count}});
  return list;
}

Json linux_of(const Cell& cell) {
  Json namespaces = Json::array();
  for (const char* kind : {"pid", "ipc", "uts", "mount", "network"}) namespaces.push_back({{"type", kind}});
  if (!cell.maps.empty()) namespaces.push_back({{"type", "user"}});
  Json out = {{"namespaces", std::move(namespaces)},
              {"seccomp", seccomp_profile(cell.image->platform)},
              {"maskedPaths", {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"}},
              {"readonlyPaths", {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}}};
  out["sysctl"] = {{"net.ipv4.ip_unprivileged_port_start", "0"}};
  if (!cell.maps.empty()) {
    out["uidMappings"] = ranges(cell.maps.users);
    out["gidMappings"] = ranges(cell.maps.groups);
  }
  if (cell.bounds.control_groups) {
    out["resources"] = {{"devices", {{{"allow", false}, {"access", "rwm"}}}}, {"memory", {{"limit", cell.bounds.memory}}}, {"pids", {{"limit", cell.bounds.processes}}}};
  }
  return out;
}

}  // namespace

Json process_config(const Cell& cell, const Program& program) {
  // What engines leave to a container by default; of a user who is not root it bounds what programs may get, and is not in force.
  Json bounding = Json::array(), held = Json::array();
  if (cell.loose) {
    for (const char* each : {"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"}) bounding.push_back(fmt::format("CAP_{}", each));
    if (cell.user.uid == 0) held = bounding;
  }
  const Json none = Json::array();
  Json limits = Json::array({{{"type", "RLIMIT_CORE"}, {"hard", 0}, {"soft", 0}}});
  if (!cell.bounds.control_groups) {
    limits.push_back({{"type", "RLIMIT_DATA"}, {"hard", cell.bounds.memory}, {"soft", cell.bounds.memory}});
    limits.push_back({{"type", "RLIMIT_NPROC"}, {"hard", cell.bounds.processes}, {"soft", cell.bounds.processes}});
  }
  return {{"terminal", false},
          {"user", {{"uid", cell.user.uid}, {"gid", cell.user.gid}, {"additionalGids", cell.user.groups}}},
          {"args", program.argv},
          {"env", program.environment},
          {"cwd", program.folder},
          {"capabilities", {{"bounding", bounding}, {"effective", held}, {"permitted", held}, {"inheritable", none}, {"ambient", none}}},
          {"rlimits", std::move(limits)},
          {"noNewPrivileges", !cell.loose}};
}

Json bundle_config(const Cell& cell, const Program& program) {
  return {{"ociVersion", "1.0.2"},
          {"process", process_config(cell, program)},
          {"root", {{"path", cell.root.string()}, {"readonly", !cell.loose}}},
          {"hostname", "ashlar-test"},
          {"mounts", mounts_of(cell)},
          {"linux", linux_of(cell)}};
}

}  // namespace ashlar::prove
