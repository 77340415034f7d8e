#include "pipeline/signatures.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "attest/statement.h"
#include "base/text.h"
#include "trust/bundle.h"
#include "trust/dsse.h"
#include "trust/simple_signing.h"
#include "trust/tag_layout.h"

namespace ashlar::pipeline {
namespace {

constexpr const char *signature_annotation = "dev.cosignproject.cosign/signature", *certificate_annotation = "dev.sigstore.cosign/certificate";
constexpr const char *other_key = "signed by another key", *unsigned_content = "nothing signs it";
constexpr std::string_view bundle_type = "application/vnd.dev.sigstore.bundle";

std::string annotation(const oci::Attached& attached, const char* name) {
  const auto found = attached.annotations.find(name);
  return found == attached.annotations.end() ? std::string() : found->second;
}

std::string layout_of(const oci::Attached& attached) {
  using Way = oci::Attached::Way;
  if (attached.way == Way::Tag) return attached.tag.ends_with(".sig") ? "cosign-signature" : "cosign-attestation";
  if (attached.way == Way::Index) return "index";
  if (attached.media_type == trust::media::simple_signing) return "cosign-referrer";
  return attached.media_type.starts_with(bundle_type) ? "bundle" : "referrer";
}

/// Of several times the first: a later one may be put on an old signature by anybody.
std::optional<Time> earliest(const std::vector<trust::SigningTime>& times) {
  const auto found = std::ranges::min_element(times, {}, [](const trust::SigningTime& each) { return each.time.seconds; });
  return found == times.end() ? std::nullopt : std::optional(found->time);
}

void refuse(Signature& out, std::string reason) {
  out.verified = false;
  if (!out.statement.empty()) out.unproved = std::exchange(out.statement, {});
  std::ranges::replace_if(reason, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');  // it may hold words of whoever attached it
  out.reason = std::move(reason);
}

/// A key's terms hold whoever else names it: one that was withdrawn is not believed again by being named.
const trust::KeyringEntry* terms_of(const Believed& believed, const trust::PublicKey& key) {
  const auto found = std::ranges::find_if(believed.keys, [&](const BelievedKey& each) { return each.terms && each.key.digest() == key.digest(); });
  return found == believed.keys.end() ? nullptr : &*found->terms;
}

/// One of the keys that are believed for which `holds` says so. `seen`: when it was signed, as somebody else than the signer tells it, or now.
template <class Holds>
void try_keys(const Believed& believed, const Holds& holds, Signature& out, std::optional<Time> seen = {}) {
  if (believed.keys.empty()) return refuse(out, "it is signed with a key, and no key is believed: name one with --key, or in the configuration's `trust`");
  // Of several that sign it the first that counts now; who rotates keys signs with the old and the new one.
  refuse(out, other_key);
  for (const BelievedKey& each : believed.keys) {
    if (!holds(each.key)) continue;
    const trust::KeyringEntry* const terms = terms_of(believed, each.key);
    const auto judgement = terms != nullptr ? std::optional(trust::judge(*terms, seen.value_or(believed.now))) : std::nullopt;
    out.key = each.name;
    out.key_digest = each.key.digest();
    out.signed_at = seen;
    out.verified = !judgement || judgement->standing == trust::Standing::Valid;
    out.reason = judgement ? judgement->rule : std::string();
    if (out.verified) return;
  }
}

/// Signed with a certificate of one of the identities that are believed.
void try_identities(const trust::Bundle& bundle, const trust::Artifact& artifact, const Believed& believed, Signature& out, std::string_view stamped = {}) {
  if (!believed.root) return refuse(out, "it is signed with a certificate, and no trust root was given to check it by: name one with --trust-root");
  if (believed.identities.empty()) return refuse(out, "it is signed with a certificate, and nobody's certificates are believed: say whose with --certificate-identity and --certificate-oidc-issuer");
  std::string why;
  for (const trust::IdentityPolicy& identity : believed.identities) {
    const trust::Verification found = trust::verify_tagged(bundle, artifact, *believed.root, identity, stamped);
    if (found.holds()) {
      out.key = fmt::format("{} by {}", join(found.identity.names, ", "), found.identity.issuer);
      out.verified = true;
      out.identity = found.identity;
      out.admitted_as = fmt::format("'{}' by '{}'", identity.name.text(), identity.issuer.text());
      out.signed_at = earliest(found.times);
      for (const trust::SigningTime& each : found.times) out.reason = fmt::format("signed at {} as {} tells", each.time.str(), each.by);
      return;
    }
    if (why.empty()) why = found.broken.front().why;
  }
  refuse(out, why);
}

/// What a statement says, once its signature has held.
void read_subject(std::string payload, Signature& out) {
  const auto statement = attest::read_statement(payload, "statement");
  if (!statement) return refuse(out, statement.error().message);
  out.predicate_type = statement->predicate_type;
  (out.verified ? out.statement : out.unproved) = std::move(payload);
  if (out.verified && !statement->is_on(out.subject)) refuse(out, "digest differs: its statement is on something else than this image");
}

/// Whether an envelope says that it holds a statement: its type is signed as well, and what was signed as something else says nothing, by key or certificate.
bool holds_statement(const trust::Envelope& envelope, Signature& out) {
  if (envelope.payload_type == trust::media::in_toto) return true;
  refuse(out, fmt::format("its payload is of the type '{}', no statement", envelope.payload_type.substr(0, 80)));
  return false;
}

void judge_envelope(const trust::Envelope& envelope, const Believed& believed, Signature& out, std::optional<Time> seen) {
  try_keys(believed, [&](const trust::PublicKey& key) { return trust::verify_envelope(envelope, key).has_value(); }, out, seen);
  read_subject(envelope.payload, out);
}

/// When something was signed with a key, as a log or an authority of the trust root tells it.
std::optional<Time> signed_when(const trust::Bundle& bundle, const trust::Artifact& artifact, const Believed& believed, std::string_view stamped = {}) {
  if (!believed.root || (bundle.entries.empty() && bundle.timestamps.empty())) return std::nullopt;
  for (const BelievedKey& each : believed.keys) {
    const auto found = trust::verify_tagged(bundle, artifact, *believed.root, each.key.pem(), stamped);
    if (found && found->holds() && !found->times.empty()) return earliest(found->times);
  }
  return std::nullopt;
}

bool has_certificate(const oci::Attached& attached) { return !annotation(attached, certificate_annotation).empty(); }

void judge_simple(const oci::Attached& attached, const Believed& believed, Signature& out) {
  const auto document = trust::read_simple_signing(attached.content);
  if (!document) return refuse(out, document.error().message);
  const auto signature = from_base64(annotation(attached, signature_annotation));
  if (!signature || signature->empty()) return refuse(out, "it has no signature");
  const auto bundle = trust::bundle_of_tag(attached.annotations, trust::MessageSignature{{}, {}, std::string(as_text(*signature))});
  const trust::Artifact artifact = trust::Artifact::of(attached.content);
  if (!has_certificate(attached)) {
    // A log's entry that does not read tells no time: the key counts as it stands now.
    try_keys(believed, [&](const trust::PublicKey& key) { return key.verify(attached.content, as_text(*signature)).has_value(); }, out, bundle ? signed_when(*bundle, artifact, believed) : std::nullopt);
  } else if (bundle) {
    try_identities(*bundle, artifact, believed, out);
  } else {
    return refuse(out, bundle.error().message);
  }
  if (out.verified && document->digest != attached.subject) refuse(out, fmt::format("digest differs: it signs '{}'", document->digest.str()));
}

/// An envelope under cosign's tag: signed with a certificate, or with a key.
void judge_tagged(const oci::Attached& attached, const trust::Envelope& envelope, const Believed& believed, Signature& out) {
  if (!holds_statement(envelope, out)) return;
  const auto bundle = trust::bundle_of_tag(attached.annotations, envelope);
  if (!has_certificate(attached)) return judge_envelope(envelope, believed, out, bundle ? signed_when(*bundle, trust::Artifact::any(), believed, attached.content) : std::nullopt);
  if (!bundle) return refuse(out, bundle.error().message);
  try_identities(*bundle, trust::Artifact::any(), believed, out, attached.content);
  read_subject(envelope.payload, out);
}

/// Says so where the bundle names a key that is believed and the signature is not that key's.
void name_hinted(const trust::Bundle& bundle, const Believed& believed, Signature& out) {
  const std::string& hint = std::get<trust::KeyMaterial>(bundle.material).hint;
  const auto found = std::ranges::find_if(believed.keys, [&](const BelievedKey& each) { return hint == to_base64(each.key.digest().raw()); });
  if (!out.verified && found != believed.keys.end() && out.reason == other_key) out.reason = fmt::format("altered: it says that it is signed by '{}', and that key did not sign these bytes", found->name);
}

void judge_bundle(const oci::Attached& attached, std::string_view manifest, const Believed& believed, Signature& out) {
  const auto bundle = trust::read_bundle(attached.content, "bundle");
  if (!bundle) return refuse(out, bundle.error().message);
  const auto* const envelope = std::get_if<trust::Envelope>(&bundle->content);
  if (envelope != nullptr && !holds_statement(*envelope, out)) return;
  const trust::Artifact artifact = envelope != nullptr ? trust::Artifact::any() : trust::Artifact::of(manifest);
  if (!std::holds_alternative<trust::KeyMaterial>(bundle->material)) {
    try_identities(*bundle, artifact, believed, out);
    if (envelope != nullptr) read_subject(envelope->payload, out);
    return;
  }
  const std::optional<Time> seen = signed_when(*bundle, artifact, believed);
  if (envelope != nullptr) return judge_envelope(*envelope, believed, out, seen), name_hinted(*bundle, believed, out);
  const std::string& signature = std::get<trust::MessageSignature>(bundle->content).signature;
  try_keys(believed, [&](const trust::PublicKey& key) { return key.verify(manifest, signature).has_value(); }, out, seen);
  name_hinted(*bundle, believed, out);
}

}  // namespace

bool Signature::signs_image() const { return layout == "cosign-signature" || layout == "cosign-referrer" || (layout == "bundle" && (predicate_type.empty() || predicate_type == image_signature_type)); }

Signature judge_signature(const oci::Attached& attached, std::string_view manifest, const Believed& believed) {
  Signature out{.layout = layout_of(attached), .artifact = attached.manifest, .subject = attached.subject};
  if (out.layout == "cosign-signature" || out.layout == "cosign-referrer") {
    judge_simple(attached, believed, out);
  } else if (out.layout == "bundle") {
    judge_bundle(attached, manifest, believed, out);
  } else if (const auto json = parse_json(attached.content, "attached"); json && json->is_object() && json->contains("payloadType")) {
    const auto envelope = trust::read_envelope(*json);
    if (!envelope) refuse(out, envelope.error().message);
    else judge_tagged(attached, *envelope, believed, out);
  } else {
    refuse(out, unsigned_content);
    if (json && attest::is_statement(*json)) read_subject(attached.content, out);
  }
  return out;
}

bool may_be_signed_by_manifest(const oci::Attached& attached, const Signature& statement) {
  if (attached.artifact_type != trust::media::in_toto || statement.layout != "referrer" || statement.verified || statement.reason != unsigned_content || statement.unproved.empty()) return false;
  const auto read = attest::read_statement(statement.unproved, "statement");
  return read && read->is_on(statement.subject);
}

void take_from_manifest(Signature& statement, const Signature& of_manifest) {
  if (!of_manifest.verified) {
    statement.reason = fmt::format("nothing signs it, and its manifest counts for nothing: {}", of_manifest.reason);
    return;
  }
  statement.verified = true;
  statement.statement = std::exchange(statement.unproved, {});
  statement.key = of_manifest.key;
  statement.key_digest = of_manifest.key_digest;
  statement.identity = of_manifest.identity;
  statement.admitted_as = of_manifest.admitted_as;
  statement.signed_at = of_manifest.signed_at;
  statement.reason = of_manifest.reason.empty() ? "its manifest is signed" : fmt::format("its manifest is signed; {}", of_manifest.reason);
}

}  // namespace ashlar::pipeline
