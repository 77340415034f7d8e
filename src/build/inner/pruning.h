#pragma once
// What every image leaves out of every package, and how paths are spelled on a merged /usr.
#include <span>
#include <string>
#include <string_view>

#include "build/frame.h"
#include "plan/definition.h"

namespace ashlar::build {

/// Changes whenever the rules do: frames made under other rules are not used.
inline constexpr int pruning_version = 3;

/// Documentation (but copyright files, which licences ask for), manuals, translations, caches, byte-compiled Python.
bool is_pruned(std::string_view path);
/// Globs of what a runtime image leaves out besides, where a slice does not say what goes in: what only an init system, a login shell, an editor, a
/// debugger or a system's housekeeping reads.
std::span<const std::string_view> runtime_leaves_out();
/// What a definition takes of a package: its slices, and what its variant leaves out.
Keep keep_of(const plan::Definition& definition, const std::string& package);
/// `bin/x` is `usr/bin/x`: /bin, /sbin and /lib* are links into /usr (base-files ships them), and a file must not stand on both sides.
std::string merge_usr(std::string_view path, FileType type);
/// Whether a directory that a package ships is made even when nothing of it is taken: not where its files are left out.
bool keeps_folder(std::string_view path, const Keep& keep);

}  // namespace ashlar::build
