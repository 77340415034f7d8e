#pragma once
// Where paths of a tree lead: the one walk over symlinks that every room takes.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar {

/// Where the symlink at a path (without a leading slash, `..` or symlinks on the way) leads; nothing for what is no symlink, or is not there.
using LinkAt = std::function<std::optional<std::string>(const std::string& path)>;

/// `path`, from the root, with every symlink on the way followed as the kernel does it in that root: an absolute target begins there again, and `..`
/// of the root is the root. The last part is followed, too, when `last`. Without slashes at its ends, and empty for the root. Nothing where more than 40
/// links stand on the way, or a path or target is longer than Linux takes (4095 bytes).
std::optional<std::string> follow_links(std::string_view path, bool last, const LinkAt& link_at);

}  // namespace ashlar
