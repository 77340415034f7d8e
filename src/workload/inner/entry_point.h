#pragma once
// Commands of CMD, ENTRYPOINT and HEALTHCHECK, for images without a shell.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/inner/shell_commands.h"

namespace ashlar::workload {

using Variables = std::map<std::string, std::string, std::less<>>;

/// What a command line comes to without a shell.
struct ExecForm {
  std::vector<std::string> words;       ///< empty: it cannot be had, and `reason` says why
  std::string reason;
  std::vector<std::string> settled;     ///< variables whose values stand in the words now: what is set when it runs has no say any more
  std::string java_options;             ///< a variable whose words Java takes from JDK_JAVA_OPTIONS now; empty: none
  bool from_shell = false;              ///< there was a shell
};

ExecForm exec_form(std::string_view line, const Variables& values, int depth = 0);
/// Of words that may be `sh -c LINE`.
ExecForm exec_form(const std::vector<std::string>& words, const Variables& values, int depth = 0);

/// `start` of `npm start`, the script that a package manager of JavaScript would run; nothing where it is none. `rest`: what comes after it.
std::optional<std::string> npm_script(const std::vector<std::string>& words, std::vector<std::string>& rest);
/// The line of a script in a package.json, or nothing.
std::optional<std::string> script_line(std::string_view package_json, std::string_view script);

/// The words of our probe for what a health check asks; else a command that stands as it is; else the reason why neither.
struct HealthForm {
  std::vector<std::string> words;
  bool probe = false;                   ///< they need /usr/lib/ashlar/probe
  bool none = false;                    ///< it asks nothing
  std::string reason;
};
HealthForm health_form(std::string_view line, bool shell, const std::vector<std::string>& exec, const Variables& values);

/// `["a", "b"]`, as JSON.
std::string json_array(const std::vector<std::string>& words);

}  // namespace ashlar::workload
