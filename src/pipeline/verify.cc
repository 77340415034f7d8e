#include "pipeline/verify.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "oci/platform_choice.h"
#include "oci/registry.h"

namespace ashlar::pipeline {
namespace {

/// Says of each layout in which nothing was found what was looked for.
void note_layouts(const oci::Descriptor& subject, Verification& out) {
  const auto lacks = [&](std::string_view layout) { return std::ranges::none_of(out.signatures, [&](const Signature& each) { return each.layout == layout; }); };
  const std::string tag = oci::fallback_tag(subject.digest);
  if (lacks("cosign-signature")) out.missing.push_back(fmt::format("there is no signature under the tag '{}.sig'", tag));
  if (lacks("bundle")) out.missing.push_back("no referrer holds a Sigstore bundle, neither in the list of referrers nor under its fallback tag");
}

bool holds_type(const Verification& verification, const std::string& type) {
  return std::ranges::any_of(verification.signatures, [&](const Signature& each) { return each.verified && each.predicate_type == type && !each.statement.empty(); });
}

/// A statement that is signed with the manifest that holds it.
Done ask_manifest(oci::ImageReader& image, const Believed& believed, Signature& statement) {
  TRY_ASSIGN(const std::string manifest, image.manifest(statement.artifact));
  for (const oci::Attached& each : oci::attached_to(image, statement.artifact)) {
    const Signature found = judge_signature(each, manifest, believed);
    if (found.signs_image()) take_from_manifest(statement, found);
    if (statement.verified) break;
  }
  return {};
}

}  // namespace

Result<std::vector<JudgedContent>> judge_attached(oci::ImageReader& image, const oci::Descriptor& subject, const Believed& believed) {
  std::vector<JudgedContent> out;
  std::map<Digest, std::string> manifests;
  for (oci::Attached& each : oci::attached(image, subject)) {
    if (!manifests.contains(each.subject)) {
      TRY_ASSIGN(manifests[each.subject], image.manifest(each.subject));
    }
    Signature signature = judge_signature(each, manifests.at(each.subject), believed);
    if (may_be_signed_by_manifest(signature)) TRY(ask_manifest(image, believed, signature));
    out.push_back({std::move(each), std::move(signature)});
  }
  return out;
}

Result<Verification> verify(host::Machine& machine, const std::string& ref_text, const VerifyOptions& options) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(ref_text));
  TRY_ASSIGN(const auto reader, oci::open_image(machine, ref));
  oci::Descriptor subject = reader->root();
  if (!options.platform.empty()) {
    TRY_ASSIGN(const auto which, oci::choose_platform(*reader, options.platform, ref.str()));
    subject = which.descriptor;
  }
  return verify(*reader, subject, ref.str(), options);
}

Result<Verification> verify(oci::ImageReader& image, const oci::Descriptor& subject, const std::string& ref, const VerifyOptions& options) {
  Verification out{.ref = ref, .digest = subject.digest};
  TRY_ASSIGN(auto judged, judge_attached(image, subject, options.believed));
  for (JudgedContent& each : judged) out.signatures.push_back(std::move(each.signature));
  out.verified = std::ranges::any_of(out.signatures, [](const Signature& each) { return each.verified && each.signs_image(); });
  if (!out.verified) note_layouts(subject, out);
  for (const std::string& type : options.types) {
    if (holds_type(out, type)) continue;
    out.verified = false;
    const bool of_platforms = oci::is_index(subject.media_type);
    out.missing.push_back(fmt::format("there is no statement of the type '{}' by whom is believed{}", type, of_platforms ? "; this is an index, and what is said of a platform's image is found with --platform" : ""));
  }
  return out;
}

}  // namespace ashlar::pipeline
