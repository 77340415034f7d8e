#pragma once
// Names of programs that a runtime image must not hold without a reason.
#include <string_view>

namespace ashlar::plan {

/// Shells and languages by the name of their program, versions included: `sh`, `bash`, `python3.13`, `lua5.4`.
bool is_interpreter_name(std::string_view name);
/// `apt-get`, `dpkg`, `apk`, `rpm` and their like.
bool is_package_manager_name(std::string_view name);
/// The last part of a path that PATH finds (usr/bin/NAME and the other three folders, on a merged /usr), else empty.
std::string_view program_name(std::string_view path);

}  // namespace ashlar::plan
