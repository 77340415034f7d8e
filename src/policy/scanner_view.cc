#include "policy/scanner_view.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::policy {
namespace {

using Answer = Recognition::Answer;

/// Identifiers that trivy takes from os-release (pkg/fanal/analyzer/os/release); Debian is not among them.
constexpr std::array<std::string_view, 19> of_trivy = {"activestate", "alpine", "almalinux", "azurelinux", "bottlerocket", "centos", "chainguard", "coreos", "echo", "fedora", "mariner", "minimos", "ol", "photon", "rhel", "rocky", "sle-micro", "sles", "wolfi"};
/// Identifiers that grype maps by themselves (grype/distro/type.go), of those whose packages are in the databases that we know.
constexpr std::array<std::string_view, 14> of_grype = {"almalinux", "alpine", "amzn", "centos", "chainguard", "debian", "echo", "fedora", "hummingbird", "minimos", "ol", "rhel", "ubuntu", "wolfi"};

template <size_t Size>
bool has(const std::array<std::string_view, Size>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

bool is_like(const ScannerView& view, std::string_view word) {
  const auto all = words(view.id_like);
  return view.id == word || std::ranges::find(all, word) != all.end();
}

std::string databases_of(const ScannerView& view) {
  return join(std::vector<std::string>(view.databases.begin(), view.databases.end()), ", ");
}

/// The distribution was recognised by `how`; are there packages where this scanner looks?
Recognition with_packages(std::string scanner, const ScannerView& view, std::string how) {
  if (view.databases.empty()) return {std::move(scanner), Answer::No, "no package database where it looks"};
  return {std::move(scanner), Answer::Yes, fmt::format("{}, packages of {}", how, databases_of(view))};
}

Recognition by_trivy(const ScannerView& view) {
  if (view.id == "ubuntu") return {"trivy", Answer::Unknown, "how it tells Ubuntu is not known here"};
  if (view.debian_version) return with_packages("trivy", view, "etc/debian_version");
  if (view.id.empty()) return {"trivy", Answer::No, "neither etc/debian_version nor an ID in os-release"};
  if (!has(of_trivy, view.id) && !view.id.starts_with("opensuse")) return {"trivy", Answer::No, fmt::format("ID={} is none that it takes from os-release, and etc/debian_version is not there", view.id)};
  if (view.version_id.empty()) return {"trivy", Answer::No, "os-release names no VERSION_ID"};
  return with_packages("trivy", view, fmt::format("ID={}", view.id));
}

Recognition by_grype(const ScannerView& view) {
  if (view.id.empty() && view.id_like.empty()) return {"grype", Answer::No, "os-release names neither ID nor ID_LIKE"};
  if (has(of_grype, view.id)) return with_packages("grype", view, fmt::format("ID={}", view.id));
  for (const std::string_view like : words(view.id_like)) {
    if (has(of_grype, like)) return with_packages("grype", view, fmt::format("ID_LIKE={}", like));
  }
  return {"grype", Answer::No, fmt::format("neither ID={} nor ID_LIKE is one that it maps", view.id)};
}

Recognition by_syft(const ScannerView& view) {
  const bool dpkg = view.databases.contains("dpkg status") || view.databases.contains("dpkg status.d");
  if (dpkg && !is_like(view, "debian") && !is_like(view, "ubuntu")) return {"syft", Answer::No, "dpkg's packages get no package URL: neither ID nor ID_LIKE is debian"};
  if (view.id.empty()) return {"syft", Answer::No, "os-release names no ID"};
  return with_packages("syft", view, fmt::format("ID={}", view.id));
}

Recognition by_clair(const ScannerView& view) {
  if (view.id.empty() || view.version_id.empty()) return {"clair", Answer::No, "os-release names no ID or no VERSION_ID"};
  return with_packages("clair", view, fmt::format("ID={} VERSION_ID={}", view.id, view.version_id));
}

}  // namespace

std::vector<Recognition> recognise(const ScannerView& view) {
  return {by_clair(view), by_grype(view), {"scout", Answer::Unknown, "it reads its own service first; no rule of it that can be looked at is known here"}, by_syft(view), by_trivy(view), {"xray", Answer::Unknown, "no rule of it is known here"}};
}

std::vector<std::string_view> finders_of(std::string_view layout) {
  if (layout == "bundle" || layout == "cosign-attestation") return {"cosign", "trivy --vex oci"};
  if (layout == "referrer") return {"trivy --vex oci"};
  if (layout == "index") return {"docker buildx imagetools"};
  return {};
}

}  // namespace ashlar::policy
