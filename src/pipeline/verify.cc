#include "pipeline/verify.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "attest/statement.h"
#include "base/text.h"
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

/// Whether a statement of a type that counts is on that manifest, or with nothing named, on whatever was looked at.
bool holds_type(const Verification& verification, const std::string& type, const std::optional<Digest>& on = {}) {
  return std::ranges::any_of(verification.signatures, [&](const Signature& each) { return each.verified && plain_type(each.predicate_type) == plain_type(type) && !each.statement.empty() && (!on || each.subject == *on); });
}

/// A statement that is signed with the manifest that holds it.
Done ask_manifest(oci::ImageReader& image, const Believed& believed, Signature& statement) {
  TRY_ASSIGN(const std::string manifest, image.manifest(statement.artifact));
  for (const oci::Attached& each : oci::attached_to(image, statement.artifact).contents) {
    const Signature found = judge_signature(each, manifest, believed);
    if (found.signs_image()) take_from_manifest(statement, found);
    if (statement.verified) break;
  }
  return {};
}

/// Says so where a statement of a type is missing, on an index also of which platforms.
void note_type(const std::string& type, Verification& out) {
  if (holds_type(out, type, out.digest)) return;
  std::vector<std::string> without;
  for (const auto& [digest, platform] : out.platforms) {
    if (!holds_type(out, type, digest)) without.push_back(platform);
  }
  if (out.platforms.empty() ? holds_type(out, type) : without.empty()) return;
  out.verified = false;
  std::string where;
  if (without.size() < out.platforms.size()) where = fmt::format(" on the image of {}, nor on the index", join(without, " and "));
  else if (!out.platforms.empty()) where = " on the index, nor on the image of any of its platforms";
  out.missing.push_back(fmt::format("there is no statement of the type '{}' by whom is believed{}", type, where));
}

/// What is said of the image of each platform.
Done add_platforms(oci::ImageReader& image, const Believed& believed, Verification& out) {
  TRY_ASSIGN(const auto manifests, oci::manifests_of(image));
  for (const oci::Descriptor& each : manifests) {
    TRY_ASSIGN(const auto one, oci::read_platform(image, each));
    if (!one || !out.platforms.emplace(each.digest, one->platform.str()).second) continue;
    TRY_ASSIGN(auto judged, judge_attached(image, each, believed));
    for (JudgedContent& content : judged.contents) {
      if (content.signature.subject == each.digest) out.signatures.push_back(std::move(content.signature));
    }
    for (std::string& line : judged.unread) {
      if (std::ranges::find(out.unread, line) == out.unread.end()) out.unread.push_back(std::move(line));
    }
  }
  return {};
}

/// What the believed statements that were found promise, against `now`.
std::vector<SupportFound> support_in(const Verification& found, Time now) {
  std::vector<SupportFound> out;
  std::vector<attest::Promise> promises;
  for (const Signature& each : found.signatures) {
    if (!each.verified || each.statement.empty() || plain_type(each.predicate_type) != attest::support_uri) continue;
    const auto statement = attest::read_statement(each.statement, "statement");
    const auto said = statement ? attest::read_support(statement->predicate) : Result<attest::SupportSaid>(fail(Kind::Invalid, "it is none"));
    if (!said) continue;
    const auto same = [&](const SupportFound& other) { return other.said == *said && other.by == each.key; };
    if (std::ranges::any_of(out, same)) continue;
    SupportFound& one = out.emplace_back(SupportFound{.said = *said, .by = each.key, .begun = !said->from || *said->from <= now, .ended = said->until && *said->until <= now, .superseded = true});
    if (one.begun && !one.ended) one.due = attest::due_again(*said);
    one.late = one.due && *one.due < now;
    promises.push_back({*said, each.key_digest ? each.key_digest->str() : each.key, each.signed_at});
  }
  for (const size_t at : attest::last_words(promises, now)) out[at].superseded = false;
  std::ranges::stable_partition(out, [](const SupportFound& each) { return !each.superseded; });
  return out;
}

}  // namespace

std::string_view plain_type(std::string_view type) {
  const auto* const known = attest::find_predicate_type(type);
  return known == nullptr ? type : known->uri;
}

std::string SupportFound::str() const {
  const std::string as = by.empty() ? std::string() : fmt::format(", as '{}' {}", by, superseded ? "said before it said something else" : "says");
  if (!begun) return fmt::format("its support begins on {}{}", said.from->date(), as);
  const std::string again = !due || superseded ? std::string() : fmt::format("; {} by {}", late ? "it was to be made again" : "it is made again", due->str());
  if (!said.until) return fmt::format("it is supported, and no end is said{}{}", as, again);
  return fmt::format("{} {}{}{}", ended ? "its support ended on" : "it is supported until", said.until->date(), as, again);
}

Result<JudgedContents> judge_attached(oci::ImageReader& image, const oci::Descriptor& subject, const Believed& believed) {
  auto found = oci::attached(image, subject);
  JudgedContents out{.unread = std::move(found.unread)};
  std::map<Digest, std::string> manifests;
  for (oci::Attached& each : found.contents) {
    if (!manifests.contains(each.subject)) {
      TRY_ASSIGN(manifests[each.subject], image.manifest(each.subject));
    }
    Signature signature = judge_signature(each, manifests.at(each.subject), believed);
    if (believed.statements_by_manifest && may_be_signed_by_manifest(each, signature)) TRY(ask_manifest(image, believed, signature));
    out.contents.push_back({std::move(each), std::move(signature)});
  }
  return out;
}

Result<Verification> verify(host::Machine& machine, const std::string& ref_text, const VerifyOptions& options) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(ref_text));
  TRY_ASSIGN(const auto reader, oci::open_image(machine, ref));
  if (options.platform.empty()) return verify(*reader, reader->root(), ref.str(), options);
  TRY_ASSIGN(const auto which, oci::choose_platform(*reader, options.platform, ref.str()));
  TRY_ASSIGN(auto out, verify(*reader, which.descriptor, ref.str(), options));
  if (out.index) out.platforms.emplace(which.descriptor.digest, which.platform.str());
  return out;
}

Result<Verification> verify(oci::ImageReader& image, const oci::Descriptor& subject, const std::string& ref, const VerifyOptions& options) {
  Verification out{.ref = ref, .digest = subject.digest};
  if (oci::is_index(image.root().media_type)) out.index = image.root().digest;
  TRY_ASSIGN(auto judged, judge_attached(image, subject, options.believed));
  for (JudgedContent& each : judged.contents) out.signatures.push_back(std::move(each.signature));
  out.unread = std::move(judged.unread);
  out.verified = std::ranges::any_of(out.signatures, [](const Signature& each) { return each.verified && each.signs_image(); });
  if (!out.verified) note_layouts(subject, out);
  const bool all = std::ranges::all_of(options.types, [&](const std::string& type) { return holds_type(out, type); });
  if (!all && oci::is_index(subject.media_type)) TRY(add_platforms(image, options.believed, out));
  out.support = support_in(out, options.believed.now);
  if (out.support.empty() && all && oci::is_index(subject.media_type)) {
    // Of an index it is said of each platform's image. Where that cannot be read nothing is said of support, and what was verified is.
    Verification of_platforms{.ref = ref, .digest = subject.digest};
    if (add_platforms(image, options.believed, of_platforms)) out.support = support_in(of_platforms, options.believed.now);
  }
  for (const std::string& type : options.types) note_type(type, out);
  return out;
}

}  // namespace ashlar::pipeline
