// Checks on what the tree says of files: bits, kinds, places.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/scene.h"

namespace ashlar::prove {
namespace {

bool is_declared(const Scene& scene, std::string_view path, std::uint32_t mode) {
  if (scene.definition() == nullptr) return false;
  const auto& rules = scene.definition()->paths;
  return std::any_of(rules.begin(), rules.end(), [&](const plan::PathRule& rule) {
    return rule.path.size() == path.size() + 1 && std::string_view(rule.path).substr(1) == path && rule.mode == mode;
  });
}

/// What the image alone says of its files: it is neither for nor against it, and whoever reads shall know.
void tell_claims(const Scene& scene, Check& check) {
  constexpr size_t most = 12;
  std::map<std::string, size_t, std::less<>> listed;
  std::vector<std::string> claimed;
  size_t files = 0;
  for (const auto& [path, owned] : scene.owners->files) {
    const FileType type = scene.contents.files.at(path).entry.type;
    const bool bytes = type == FileType::Regular || type == FileType::HardLink;
    if (owned.standing == inventory::Standing::Listed && bytes) ++listed[owned.owner], ++files;
    else if (owned.standing == inventory::Standing::Claimed && bytes) claimed.push_back(fmt::format("{} is claimed for {}, not verified: {}", shown(path), owned.owner, owned.reason));
  }
  if (!listed.empty()) {
    std::vector<std::string> names;
    for (const auto& [owner, count] : listed) {
      if (names.size() < most) names.push_back(std::string(cut(owner, ':').second));
    }
    check.evidence.push_back(fmt::format("{} files of {} packages are claimed, not verified: the image's own lists bear them out, and the packages are not at hand ({}{})", files, listed.size(), join(names, ", "),
                                         listed.size() > most ? fmt::format(" and {} more", listed.size() - most) : ""));
  }
  if (claimed.size() > most) {
    const size_t more = claimed.size() - most;
    claimed.resize(most);
    claimed.push_back(fmt::format("and {} more files are claimed, not verified", more));
  }
  check.evidence.insert(check.evidence.end(), claimed.begin(), claimed.end());
}

std::string capabilities(std::string_view value) {
  // linux/capability.h, VFS_CAP_REVISION: magic, then pairs of permitted and inheritable bits.
  std::uint64_t permitted = 0;
  for (size_t byte = 0; byte < 4 && value.size() >= 8; ++byte) permitted |= static_cast<std::uint64_t>(static_cast<unsigned char>(value[4 + byte])) << (8 * byte);
  for (size_t byte = 0; byte < 4 && value.size() >= 16; ++byte) permitted |= static_cast<std::uint64_t>(static_cast<unsigned char>(value[12 + byte])) << (32 + 8 * byte);
  return fmt::format("{:#x}", permitted);
}

}  // namespace

std::string shown(std::string_view path) { return fmt::format("'/{}'", path); }

Check passing(std::string_view id, std::string_view title) { return {std::string(id), std::string(title), Outcome::Passed, {}}; }

void against(Check& check, std::string evidence) {
  check.outcome = Outcome::Failed;
  check.evidence.insert(check.evidence.begin() + static_cast<std::ptrdiff_t>(check.against++), std::move(evidence));
}

Check not_applicable(std::string_view id, std::string_view title, std::string reason) {
  return {std::string(id), std::string(title), Outcome::NotApplicable, {std::move(reason)}};
}

Check no_setuid(const Scene& scene) {
  Check check = passing("no-setuid", "no file lends the rights of its owner");
  size_t looked = 0;
  for (const auto& [path, file] : scene.contents.files) {
    const TarEntry& entry = file.entry;
    if (entry.type == FileType::Symlink || entry.type == FileType::Directory) continue;
    ++looked;
    const std::string_view bits = (entry.mode & 06000) == 06000 ? "set-user-id and set-group-id" : (entry.mode & 04000) != 0 ? "set-user-id" : "set-group-id";
    if ((entry.mode & 06000) != 0) against(check, fmt::format("{} is {} ({:04o}, owner {}:{})", shown(path), bits, entry.mode, entry.uid, entry.gid));
    const auto caps = entry.xattrs.find("security.capability");
    if (caps != entry.xattrs.end()) against(check, fmt::format("{} has file capabilities {}", shown(path), capabilities(caps->second)));
  }
  if (check.outcome == Outcome::Passed) check.evidence.push_back(fmt::format("{} files: none has set-id bits or capabilities", looked));
  if (check.outcome == Outcome::Failed && scene.is_dev()) {
    check.outcome = Outcome::NotApplicable;
    check.evidence.insert(check.evidence.begin(), "the definition makes a -dev image, in which packages are installed");
  }
  return check;
}

Check no_world_writable(const Scene& scene) {
  Check check = passing("no-world-writable", "only sticky folders for temporary files are writable by all");
  constexpr std::array<std::string_view, 5> temporary = {"tmp", "var/tmp", "run/lock", "dev/shm", "dev/mqueue"};
  std::vector<std::string> sticky, excused;
  for (const auto& [path, file] : scene.contents.files) {
    const TarEntry& entry = file.entry;
    if (entry.type == FileType::Symlink || (entry.mode & 0002) == 0) continue;
    const bool is_sticky = entry.type == FileType::Directory && (entry.mode & 01000) != 0;
    const bool known = std::find(temporary.begin(), temporary.end(), path) != temporary.end();
    const std::string_view owner = is_sticky ? scene.owner_of_folder(path) : std::string_view();
    if (!owner.empty() && !known) excused.push_back(fmt::format("{} is sticky ({:04o}): {} has it so", shown(path), entry.mode, owner));
    else if (is_sticky && (known || is_declared(scene, path, entry.mode))) sticky.push_back(fmt::format("{} is sticky ({:04o}){}", shown(path), entry.mode, known ? "" : ", as the definition says"));
    else against(check, fmt::format("{} is writable by all ({:04o})", shown(path), entry.mode));
  }
  if (check.outcome == Outcome::Passed && !excused.empty()) check.outcome = Outcome::Excused;
  for (const auto& list : {excused, sticky}) check.evidence.insert(check.evidence.end(), list.begin(), list.end());
  if (check.evidence.empty()) check.evidence.push_back(fmt::format("{} paths: none is writable by all", scene.contents.files.size()));
  return check;
}

Check no_devices(const Scene& scene) {
  Check check = passing("no-devices", "the image holds no device");
  for (const auto& [path, file] : scene.contents.files) {
    const TarEntry& entry = file.entry;
    if (entry.type == FileType::CharDevice || entry.type == FileType::BlockDevice)
      against(check, fmt::format("{} is a {} device {}:{}", shown(path), entry.type == FileType::CharDevice ? "character" : "block", entry.device_major, entry.device_minor));
  }
  if (check.evidence.empty()) check.evidence.push_back(fmt::format("{} paths: none is a device", scene.contents.files.size()));
  return check;
}

Check no_unowned_files(const Scene& scene) {
  Check check = passing("no-unowned-files", "every file belongs to a package, the definition or an effect");
  if (!scene.owners) {
    against(check, fmt::format("'/usr/share/ashlar/image.json' does not read: {}", scene.owners.error().message));
    return check;
  }
  std::map<inventory::Standing, size_t> counts;
  std::vector<std::string> found;
  for (const auto& [path, owned] : scene.owners->files) {
    ++counts[owned.standing];
    if (owned.standing == inventory::Standing::Unowned) against(check, fmt::format("{} is unowned: {}", shown(path), owned.reason));
    else if (owned.standing == inventory::Standing::Altered) against(check, fmt::format("{} is altered: {}", shown(path), owned.reason));
  }
  for (const auto& [path, owner] : scene.owners->missing) against(check, fmt::format("{} of {} is missing", shown(path), owner));
  for (const auto& [name, why] : scene.owners->strangers) against(check, fmt::format("package '{}' is not what it says: {}", name, why));
  for (const auto& [standing, count] : counts) found.push_back(fmt::format("{} {}", count, inventory::to_string(standing)));
  check.evidence.push_back(fmt::format("{} paths: {}", scene.owners->files.size(), join(found, ", ")));
  tell_claims(scene, check);
  return check;
}

Check parents(const Scene& scene) {
  Check check = passing("parents", "every path lies in a folder that a layer holds");
  for (const auto& [path, file] : scene.contents.files) {
    const std::string_view parent = parent_of(path);
    if (parent.empty()) continue;
    const auto found = scene.contents.files.find(std::string(parent));
    if (found == scene.contents.files.end()) against(check, fmt::format("{} lies in {}, which no layer holds", shown(path), shown(parent)));
    else if (found->second.entry.type != FileType::Directory) against(check, fmt::format("{} lies below {}, which is no folder", shown(path), shown(parent)));
  }
  if (check.evidence.empty()) check.evidence.push_back(fmt::format("{} paths: the parents of all are there", scene.contents.files.size()));
  return check;
}

}  // namespace ashlar::prove
