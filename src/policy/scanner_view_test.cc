#include "policy/scanner_view.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace ashlar::policy {
namespace {

/// `clair grype`: who recognises it; those of whom no rule is known in brackets.
std::string who(const ScannerView& view) {
  std::vector<std::string> out;
  for (const Recognition& each : recognise(view)) {
    if (each.answer == Recognition::Answer::Yes) out.push_back(each.scanner);
    if (each.answer == Recognition::Answer::Unknown) out.push_back("(" + each.scanner + ")");
    EXPECT_FALSE(each.how.empty()) << each.scanner;
  }
  return join(out, " ");
}

TEST(ScannerView, WhoRecognisesWhat) {
  const std::set<std::string> status = {"dpkg status"}, pieces = {"dpkg status.d"}, apk = {"apk"};
  const struct { const char* summary; ScannerView view; const char* expected; } rows[] = {
      {"Debian as it is", {"debian", "", "13", true, status}, "clair grype (scout) syft trivy (xray)"},
      {"in the layout of distroless", {"debian", "", "13", true, pieces}, "clair grype (scout) syft trivy (xray)"},
      {"without etc/debian_version trivy does not know it", {"debian", "", "13", false, pieces}, "clair grype (scout) syft (xray)"},
      {"an ID of its own that is like Debian", {"dhi", "debian", "13", false, pieces}, "clair grype (scout) syft (xray)"},
      {"the same with etc/debian_version", {"dhi", "debian", "13", true, pieces}, "clair grype (scout) syft trivy (xray)"},
      {"an ID of its own that is like nothing", {"mine", "", "1", false, status}, "clair (scout) (xray)"},
      {"packages of dpkg without an os-release", {"", "", "", true, status}, "(scout) trivy (xray)"},
      {"no release", {"debian", "", "", true, status}, "grype (scout) syft trivy (xray)"},
      {"Wolfi", {"wolfi", "", "20230201", false, apk}, "clair grype (scout) syft trivy (xray)"},
      {"Wolfi without a release", {"wolfi", "", "", false, apk}, "grype (scout) syft (xray)"},
      {"one that nobody maps", {"alpaquita", "alpine", "stream", false, apk}, "clair grype (scout) syft (xray)"},
      {"Ubuntu, of which trivy's rule is not known here", {"ubuntu", "debian", "24.04", true, status}, "clair grype (scout) syft (trivy) (xray)"},
      {"openSUSE by its beginning", {"opensuse-leap", "suse", "15.6", false, {"rpm"}}, "clair (scout) syft trivy (xray)"},
      {"no package database", {"debian", "", "13", true, {}}, "(scout) (xray)"},
      {"nothing at all", {}, "(scout) (xray)"},
  };
  for (const auto& row : rows) EXPECT_EQ(who(row.view), row.expected) << row.summary;
}

TEST(ScannerView, WhyNotIsSaid) {
  const struct { const char* summary; ScannerView view; const char *scanner, *how; } rows[] = {
      {"trivy takes no ID of Debian", {"debian", "", "13", false, {"dpkg status"}}, "trivy", "ID=debian is none that it takes from os-release, and etc/debian_version is not there"},
      {"nothing for trivy", {}, "trivy", "neither etc/debian_version nor an ID in os-release"},
      {"no release for trivy", {"alpine", "", "", false, {"apk"}}, "trivy", "os-release names no VERSION_ID"},
      {"grype", {"mine", "yours", "1", false, {"apk"}}, "grype", "neither ID=mine nor ID_LIKE is one that it maps"},
      {"nothing for grype", {}, "grype", "os-release names neither ID nor ID_LIKE"},
      {"syft", {"mine", "", "1", false, {"dpkg status.d"}}, "syft", "dpkg's packages get no package URL: neither ID nor ID_LIKE is debian"},
      {"clair", {"debian", "", "", true, {"dpkg status"}}, "clair", "os-release names no ID or no VERSION_ID"},
      {"no packages", {"debian", "", "13", true, {}}, "grype", "no package database where it looks"},
  };
  for (const auto& row : rows) {
    const auto all = recognise(row.view);
    EXPECT_EQ(std::ranges::find(all, row.scanner, &Recognition::scanner)->how, row.how) << row.summary;
  }
}

TEST(ScannerView, WhoFindsWhatIsAttached) {
  const struct { const char *layout, *expected; } rows[] = {{"bundle", "cosign, trivy --vex oci"}, {"cosign-attestation", "cosign, trivy --vex oci"}, {"referrer", "trivy --vex oci"}, {"index", "docker buildx imagetools"}, {"cosign-referrer", ""}, {"pigeon", ""}};
  for (const auto& row : rows) {
    const auto found = finders_of(row.layout);
    EXPECT_EQ(join(std::vector<std::string>(found.begin(), found.end()), ", "), row.expected) << row.layout;
  }
}

}  // namespace
}  // namespace ashlar::policy
