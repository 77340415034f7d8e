#pragma once
// Which of the contents that are attached to an image are signed by whom we believe.
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"
#include "oci/attached.h"
#include "trust/key.h"
#include "trust/keyless.h"
#include "trust/keyring.h"

namespace ashlar::pipeline {

/// A key whose signatures count.
struct BelievedKey {
  std::string name;  ///< as whoever named it wrote it
  trust::PublicKey key;
  std::optional<trust::KeyringEntry> terms{};  ///< of a keyring: from when until when it counts, and since when it is withdrawn
};

/// Whom we believe.
struct Believed {
  std::vector<BelievedKey> keys{};
  std::optional<trust::TrustRoot> root{};                ///< for certificates, and for when something was signed
  std::vector<trust::IdentityPolicy> identities{};       ///< whose certificates count
  bool statements_by_manifest = false;                   ///< statements count, too, that nothing signs but whoever signs the manifest that holds them
  Time now{};
};

/// Something signed, or that ought to be, and what became of it.
struct Signature {
  std::string layout;          ///< `cosign-signature`, `cosign-attestation`, `cosign-referrer`, `bundle`, `referrer`, `index`
  Digest artifact = Digest::from({});  ///< of the manifest that holds it
  Digest subject = Digest::from({});   ///< of the image that it is attached to
  std::string key{};           ///< name of the key that it is of, once that is known
  std::string predicate_type{};  ///< of an attestation; of a signature in a bundle cosign's own
  bool verified = false;
  std::string reason{};        ///< why not; of a good one which rule held
  std::string statement{};     ///< an attestation's, text of the in-toto statement; only of a verified one
  std::string unproved{};      ///< the same of one that is not: what it would say if it were believed
  std::optional<Digest> key_digest{};  ///< of a good one by a key: PublicKey::digest()
  std::optional<trust::CertificateIdentity> identity{};  ///< of a good one by a certificate
  std::string admitted_as{};           ///< of such: which of the identities that are believed it is of
  std::optional<Time> signed_at{};     ///< of a good one, as a log or an authority of the trust root tells it
  /// Whether it signs the image itself, not something said of it.
  bool signs_image() const;
};

/// The type of the predicate with which a bundle signs an image (cosign).
inline constexpr std::string_view image_signature_type = "https://sigstore.dev/cosign/sign/v1";

/// Judges one content. `manifest`: the bytes of what it is attached to.
Signature judge_signature(const oci::Attached& attached, std::string_view manifest, const Believed& believed);

/// Whether it is a statement on the image that nothing signs by itself, and that counts, where that is believed, when its own manifest is signed: an artifact
/// of in-toto statements, as Docker Hardened Images lay them out.
bool may_be_signed_by_manifest(const oci::Attached& attached, const Signature& statement);
/// Believes such a statement for a good signature of its manifest; for another one it says why not.
void take_from_manifest(Signature& statement, const Signature& of_manifest);

}  // namespace ashlar::pipeline
