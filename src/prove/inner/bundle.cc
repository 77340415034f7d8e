#include "prove/inner/bundle.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/seccomp.h"

namespace ashlar::prove {
namespace {

std::optional<std::uint32_t> number_of(std::string_view text) {
  if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const std::uint64_t value = std::stoull(std::string(text));
  return value < 4294967295 ? std::optional(static_cast<std::uint32_t>(value)) : std::nullopt;
}

/// The lines of a file such as /etc/passwd, as their fields, those with fewer than `least` left out.
std::vector<std::vector<std::string_view>> rows_of(std::string_view text, size_t least) {
  std::vector<std::vector<std::string_view>> rows;
  for (const std::string_view line : split(text, '\n')) {
    auto fields = split(line, ':');
    if (fields.size() >= least) rows.push_back(std::move(fields));
  }
  return rows;
}

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
  mounts.push_back(memory_folder("/tmp", 01777, cell.user.uid, cell.user.gid, "512m", false));
  mounts.push_back(memory_folder("/run", 0755, cell.user.uid, cell.user.gid, "64m", has_content("run")));
  std::set<std::string> volumes(cell.image->config.volumes.begin(), cell.image->config.volumes.end());
  for (const std::string& volume : volumes) {
    if (volume == "/tmp" || volume == "/run") continue;
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
  for (const char* kind : {"pid", "ipc", "uts", "mount"}) namespaces.push_back({{"type", kind}});
  if (!cell.network) namespaces.push_back({{"type", "network"}});
  if (!cell.maps.empty()) namespaces.push_back({{"type", "user"}});
  Json out = {{"namespaces", std::move(namespaces)},
              {"seccomp", seccomp_profile(cell.image->platform)},
              {"maskedPaths", {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"}},
              {"readonlyPaths", {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}}};
  if (!cell.network) out["sysctl"] = {{"net.ipv4.ip_unprivileged_port_start", "0"}};
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

Result<ImageUser> image_user(const std::string& user, const std::string& passwd, const std::string& group) {
  const std::string what = fmt::format("run as user '{}'", user);
  const auto [name, group_name] = cut(user, ':');
  ImageUser who;
  std::string login(name);
  bool known = false;
  const auto number = number_of(name.empty() ? std::string_view("0") : name);
  for (const auto& row : rows_of(passwd, 4)) {
    if (known || (number ? number_of(row[2]) != number : row[0] != name)) continue;
    known = true;
    login = std::string(row[0]);
    who.uid = number_of(row[2]).value_or(0);
    who.gid = number_of(row[3]).value_or(0);
  }
  if (!known && !number) return cannot(Kind::Invalid, what, "the image's /etc/passwd has no such user");
  if (!known) who.uid = *number;
  const bool named = user.find(':') != std::string::npos;
  const auto group_number = number_of(group_name);
  bool found = !named || group_number.has_value();
  if (group_number) who.gid = *group_number;
  for (const auto& row : rows_of(group, 4)) {
    const auto gid = number_of(row[2]);
    if (!gid) continue;
    if (named && !group_number && row[0] == group_name) who.gid = *gid, found = true;
    const auto members = split(row[3], ',');
    if (!named && known && std::ranges::find(members, login) != members.end()) who.groups.push_back(*gid);
  }
  if (!found) return cannot(Kind::Invalid, what, "the image's /etc/group has no such group");
  return who;
}

Json process_config(const Cell& cell, const Program& program) {
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
          {"capabilities", {{"bounding", none}, {"effective", none}, {"permitted", none}, {"inheritable", none}, {"ambient", none}}},
          {"rlimits", std::move(limits)},
          {"noNewPrivileges", true}};
}

Json bundle_config(const Cell& cell, const Program& program) {
  return {{"ociVersion", "1.0.2"},
          {"process", process_config(cell, program)},
          {"root", {{"path", cell.root.string()}, {"readonly", true}}},
          {"hostname", "ashlar-test"},
          {"mounts", mounts_of(cell)},
          {"linux", linux_of(cell)}};
}

}  // namespace ashlar::prove
