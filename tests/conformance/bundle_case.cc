#include "bundle_case.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "trust/keyless.h"

namespace conformance {
namespace {

namespace fs = std::filesystem;
using namespace ashlar::trust;

constexpr const char* usual_identity = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
constexpr const char* usual_issuer = "https://token.actions.githubusercontent.com";

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string contents_or(const fs::path& file, const std::string& otherwise) { return fs::exists(file) ? contents(file) : otherwise; }

std::string line_or(const fs::path& file, const std::string& otherwise) {
  std::string text = contents_or(file, otherwise);
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  return text;
}

Outcome refused(std::string why) { return {false, std::move(why)}; }

}  // namespace

std::vector<BundleCase> read_cases(const fs::path& folder, const std::string& trusted_root) {
  std::vector<BundleCase> out;
  const std::string artifact = contents(folder / "a.txt");
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path file = entry.path() / "bundle.sigstore.json";
    if (!fs::exists(file)) continue;
    BundleCase& each = out.emplace_back();
    each.name = entry.path().filename();
    each.good = !each.name.ends_with("_fail");
    each.bundle = contents(file);
    each.artifact = contents_or(entry.path() / "artifact", artifact);
    each.any_artifact = fs::exists(entry.path() / "artifact.any");
    if (const auto digest = ashlar::Digest::parse_hex(line_or(entry.path() / "artifact.sha256", ""))) each.artifact_digest = *digest;
    each.trusted_root = contents_or(entry.path() / "trusted_root.json", trusted_root);
    if (fs::exists(entry.path() / "key.pub")) each.key = contents(entry.path() / "key.pub");
    each.identity = line_or(entry.path() / "identity", usual_identity);
    each.issuer = line_or(entry.path() / "issuer", usual_issuer);
  }
  std::sort(out.begin(), out.end(), [](const BundleCase& a, const BundleCase& b) { return a.name < b.name; });
  return out;
}

Outcome judge(const BundleCase& each) {
  const auto root = read_trust_root(each.trusted_root, "trusted_root.json");
  if (!root) return refused(root.error().message);
  const auto bundle = read_bundle(each.bundle, "bundle.sigstore.json");
  if (!bundle) return refused(bundle.error().message);
  const Artifact artifact = each.any_artifact ? Artifact::any() : each.artifact_digest ? Artifact::of(*each.artifact_digest) : Artifact::of(std::string_view(each.artifact));
  const auto found = each.key ? verify_keyed(*bundle, artifact, *each.key, &*root)
                              : ashlar::Result<Verification>(verify_keyless(*bundle, artifact, *root, {Pattern::exact(each.identity), Pattern::exact(each.issuer)}));
  if (!found) return refused(found.error().message);
  Outcome out{found->holds(), {}};
  for (const Broken& broken : found->broken) out.why += (out.why.empty() ? "" : "; ") + std::string(to_string(broken.rule)) + ": " + broken.why;
  return out;
}

}  // namespace conformance
