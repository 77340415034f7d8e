#pragma once
// What a policy asks of a pod's manifest, as expressions in CEL: the part that both engines evaluate alike.
#include <string>
#include <string_view>
#include <vector>

#include "policy/export.h"

namespace ashlar::policy {

struct CelVariable { std::string name, expression; };
struct CelCheck {
  std::string name;                ///< of a rule: `bases`
  std::string expression, message, message_expression;
};
struct PodCel {
  std::vector<CelVariable> variables{};
  std::vector<CelCheck> checks{};
};

/// Collects what is not expressed, each once.
class Notes {
 public:
  explicit Notes(std::vector<Inexpressible>& out) : out_(out) {}
  void add(Inexpressible::Effect effect, std::string section, std::string rule, std::string why, std::string what_to_do);

 private:
  std::vector<Inexpressible>& out_;
};

/// Kinds of objects that hold a pod's specification.
struct PodKind { std::string_view group, resource, kind; };
std::span<const PodKind> pod_kinds();

/// The condition under which anything is asked: what is being deleted may be changed.
std::string_view not_being_deleted();

/// The variables `podSpec`, `containers`, `references` and `images` (each with `written`, `repository`, `tag`, `digest`), and the checks of what holds in an environment.
PodCel pod_cel(const Policy& policy, const FinishedRules& rules, const ExportWish& wish, const ExportInputs& inputs, Notes& notes);

}  // namespace ashlar::policy
