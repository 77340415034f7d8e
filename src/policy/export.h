#pragma once
// A policy as manifests for the engines that clusters run: they decide as the policy does as far as they can, and what they cannot is listed (docs/enforcing.md).
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "policy/policy.h"
#include "policy/registries.h"
#include "policy/selection.h"
#include "policy/vendors.h"
#include "trust/trust_root.h"

namespace ashlar::policy {

enum class Engine : unsigned char { Kyverno, Vap, Gatekeeper, PolicyController };
std::string_view to_string(Engine engine);  ///< `kyverno`, `vap`, `gatekeeper`, `policy-controller`
std::span<const std::string_view> engine_names();  ///< in the order of Engine
Result<Engine> parse_engine(std::string_view word);

/// What is asked of a pod's containers beside their images. Each is a name in `--pod-rules`.
struct PodRule { std::string_view name, message; };
enum class PodAsk : unsigned char { NonRoot, ReadOnlyRoot, NoEscalation, DropCapabilities, Seccomp };
std::span<const PodRule> pod_rules();  ///< in the order of PodAsk

/// Where signatures lie, which Kyverno must be told.
enum class SignaturePlace : unsigned char { CosignTags, Referrers, Bundles };

struct ExportWish {
  Engine engine = Engine::Kyverno;
  std::string name = "ashlar";                              ///< that names of manifests begin with
  std::string label = "ashlar.dev/environment";             ///< of namespaces, whose value is an environment
  std::vector<std::string> spared{"kube-node-lease", "kube-public", "kube-system"};  ///< namespaces that nothing is asked of
  std::vector<PodAsk> pods{};                               ///< beside what the policy's `content` asks
  SignaturePlace signatures = SignaturePlace::CosignTags;
  bool only_warn = false;                                   ///< deny nothing: say what would be denied
};

/// A key that a policy names, as it stands now.
struct ExportKey {
  std::string pem{};
  std::string digest{};                                     ///< one key under two names is one
  std::string hash = "sha256";                              ///< with which it signs
  std::string withheld{};                                   ///< why it counts for nothing now; empty: it counts
  std::optional<Time> until{};                              ///< it counts until then
};

/// What a policy names and does not hold.
struct ExportInputs {
  Registries registries{};
  std::map<std::string, std::vector<Vendor>, std::less<>> vendors{};     ///< by the path that the policy has; empty: the shipped ones
  std::map<std::string, Selection, std::less<>> selections{};            ///< likewise
  std::map<std::string, ExportKey, std::less<>> keys{};                  ///< by Signer::str()
  std::map<std::string, trust::TrustRoot, std::less<>> trust_roots{};    ///< by the path that the policy has
  Time now{};                                                           ///< as of which times are decided that an engine cannot decide
};

/// What an engine does not decide as the policy does.
struct Inexpressible {
  enum class Effect : unsigned char { AdmitsMore, DeniesMore, AsOf } effect = Effect::AdmitsMore;
  std::string section{}, rule{};                            ///< of the policy
  std::string why{};
  std::string what_to_do{};
  friend bool operator==(const Inexpressible&, const Inexpressible&) = default;
};
std::string_view to_string(Inexpressible::Effect effect);  ///< `admits-more`, `denies-more`, `as-of`
std::string line_of(const Inexpressible& each);

struct Export {
  std::vector<Json> manifests{};
  std::vector<Inexpressible> inexpressible{};               ///< each once, in the order in which it was come upon
};

/// Invalid: the policy says nothing that a cluster could hold.
Result<Export> export_policy(const Policy& policy, const ExportWish& wish, const ExportInputs& inputs);

/// The manifests as one file; what is not expressed stands before them as comments.
std::string to_yaml(const Export& exported, const ExportWish& wish, std::string_view policy_path);
Json to_json(const Export& exported);

}  // namespace ashlar::policy
