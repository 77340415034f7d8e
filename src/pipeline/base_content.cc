#include "pipeline/base_content.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/program_names.h"

namespace ashlar::pipeline {
namespace {

bool same(const inventory::File& a, const inventory::File& b) {
  // A hard link is a file like any other.
  const auto kind = [](const TarEntry& entry) { return entry.type == FileType::HardLink ? FileType::Regular : entry.type; };
  if (kind(a.entry) != kind(b.entry) || a.content != b.content) return false;
  if (a.entry.type == FileType::Directory) return true;
  const auto rest = [](const TarEntry& entry) { return std::tie(entry.mode, entry.uid, entry.gid, entry.device_major, entry.device_minor, entry.xattrs); };
  return rest(a.entry) == rest(b.entry) && (a.entry.type != FileType::Symlink || a.entry.link == b.entry.link);
}

std::string files_text(size_t count) { return count == 1 ? "1 file" : fmt::format("{} files", count); }

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

constexpr std::array databases = {"var/lib/dpkg", "lib/apk/db", "usr/lib/apk/db", "var/lib/rpm", "usr/lib/sysimage/rpm", "var/lib/pacman"};

bool tells_of_a_base(std::string_view path, const inventory::File& file) {
  if (path == "etc/os-release" || path == "usr/lib/os-release") return true;
  if (std::ranges::any_of(databases, [&](std::string_view each) { return path == each || (path.starts_with(each) && path[each.size()] == '/'); })) return true;
  const std::string_view name = name_of(path);
  const bool library = file.kind == inventory::FileKind::Program && (name.ends_with(".so") || name.find(".so.") != std::string_view::npos);
  const bool folder = file.entry.type == FileType::Directory;
  return library || (!folder && (plan::is_interpreter_name(name) || plan::is_package_manager_name(name)));
}

}  // namespace

std::string BaseDeeds::words() const {
  if (unchanged()) return {};
  std::string out = "the application ";
  if (removed > 0) out += fmt::format("removes {} of its base ('/{}'{})", files_text(removed), visible(first_removed), removed > 1 ? " first" : "");
  if (removed > 0 && replaced > 0) out += " and ";
  if (replaced > 0) out += fmt::format("replaces {}{} ('/{}'{})", files_text(replaced), removed > 0 ? "" : " of its base", visible(first_replaced), replaced > 1 ? " first" : "");
  return out;
}

BaseDeeds done_to(const inventory::Contents& base, const inventory::Contents& image) {
  BaseDeeds out{.files = base.files.size()};
  for (const auto& [path, file] : base.files) {
    const auto there = image.files.find(path);
    if (there == image.files.end()) {
      if (out.removed++ == 0) out.first_removed = path;
    } else if (!same(file, there->second)) {
      if (out.replaced++ == 0) out.first_replaced = path;
    }
  }
  return out;
}

bool is_from_scratch(const inventory::Contents& image) {
  return image.packages.empty() && std::ranges::none_of(image.files, [](const auto& each) { return tells_of_a_base(each.first, each.second); });
}

}  // namespace ashlar::pipeline
