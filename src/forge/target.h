#pragma once
// Where messages go, as a configuration says it.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/yaml.h"
#include "forge/message.h"
#include "host/machine.h"

namespace ashlar::forge {

enum class TargetKind { GitHub, GitLab, Webhook };

/// One entry of the section `forge` (docs/formats/config.md).
struct TargetSettings {
  std::string name;
  TargetKind kind = TargetKind::GitHub;
  std::string url;                   ///< root of the API, or the webhook's address; without a slash at its end
  std::string project;               ///< `owner/name`, or GitLab's `group/sub/name`
  std::string variable;              ///< of the environment, that holds the token or secret
  host::Path file;                   ///< whose first line is the token or secret
  std::vector<std::string> labels;   ///< of tickets; never empty for a forge: tickets are found by the first
  friend bool operator==(const TargetSettings&, const TargetSettings&) = default;
};

/// A target that can be spoken to.
struct Target {
  TargetSettings settings;
  Secret secret;  ///< the token of an API, the key of a webhook's signatures
};

/// Reads the section's mapping; faults stand in the Error. `folder` is what files are relative to.
Result<std::vector<TargetSettings>> read_targets(const YamlDocument& document, const YamlNode& node, const host::Path& folder);

/// With its token. NotFound when the variable or the file that should hold it lacks or is empty; no text of it is in an error.
Result<Target> open_target(const host::Machine& machine, const TargetSettings& settings);

std::string_view to_string(TargetKind kind);  ///< `github`, `gitlab`, `webhook`
/// Whether such a target is told such messages: a webhook all, the others all but events.
bool takes(TargetKind target, MessageKind message);

}  // namespace ashlar::forge
