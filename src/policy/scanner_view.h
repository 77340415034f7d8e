#pragma once
// What other scanners look at before they match anything: how they tell the distribution, and where they find its packages. Rules read from their sources
// (docs/scanners.md, "What they recognise an image by").
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::policy {

struct ScannerView {
  std::string id{}, id_like{}, version_id{};  ///< of os-release; empty: it has none, or there is no such file
  bool debian_version = false;                ///< `etc/debian_version` has a line
  std::set<std::string> databases{};          ///< `dpkg status`, `dpkg status.d`, `apk`, `rpm`
};

/// What one scanner makes of it. Unknown: no rule of it is known here.
struct Recognition {
  std::string scanner;
  enum class Answer : unsigned char { Yes, No, Unknown } answer = Answer::Unknown;
  std::string how;  ///< by what, or what it lacks
};

/// In the order of their names: clair, grype, scout, syft, trivy, xray.
std::vector<Recognition> recognise(const ScannerView& view);

/// Scanners and tools that find a statement by themselves where it is attached in this layout; docs/scanners.md.
std::vector<std::string_view> finders_of(std::string_view layout);

}  // namespace ashlar::policy
