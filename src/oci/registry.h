#pragma once
// Registries, spoken to as the OCI distribution specification 1.1 says.
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/machine.h"
#include "oci/layout.h"

namespace ashlar::oci {

/// How often something is tried, and how long is waited after the first failure; each further pause is twice as long, at most 10 s, and a part of it is left
/// to chance.
struct Patience {
  int attempts = 6;
  unsigned first_pause_ms = 250;
};

/// A blob's bytes from an offset on, each time it is called.
using BlobOpener = std::function<Result<std::unique_ptr<Source>>(std::uint64_t offset)>;

class Session;

/// One repository. Logins are those of `find_login()`; HTTPS, except on loopback without certificates of its own and where `$ASHLAR_PLAIN_HTTP` says `1`
/// (`0`: nowhere). Certificates come from `certs.d` folders (containers-certs.d(5)). Safe to use from several threads.
class Registry {
 public:
  /// Of the reference's repository; nothing is asked yet. `machine`: borrowed.
  static Result<std::unique_ptr<Registry>> open(host::Machine& machine, const ImageRef& ref, Patience patience = {});
  ~Registry();

  /// The manifest or index under a tag or digest. Corrupt where its bytes have another digest than was asked for or than the registry says, or where it is
  /// of no type that we know, or of two (CVE-2021-41190).
  Result<Document> manifest(const std::string& tag_or_digest);
  /// The same, asked for without the bytes; nothing where the registry has none.
  Result<std::optional<Descriptor>> find_manifest(const std::string& tag_or_digest);
  /// A blob as a stream, which goes on where a connection was cut. Its bytes are not verified.
  Result<std::unique_ptr<Source>> blob(const Digest& digest);
  /// A small blob, verified.
  Result<std::string> small_blob(const Digest& digest, size_t limit);
  /// Every tag, in the registry's order.
  Result<std::vector<std::string>> tags();
  /// What refers to `subject`: by the API for it, or where there is none, by its fallback tag (distribution-spec, "Listing Referrers").
  Result<std::vector<Descriptor>> referrers(const Digest& subject);

  /// Whether there is such a blob.
  Result<bool> has_blob(const Digest& digest);
  /// Puts a blob there, unless it is: as it lies in `mount_from`, another repository of this registry, where that is named and has it, else sent, in one
  /// piece or several, and from where it broke when a connection was cut. The registry refuses bytes of another digest.
  Done push_blob(const Descriptor& blob, const BlobOpener& open, const std::string& mount_from = {});
  /// Puts a manifest or index under a tag or its digest; what it names must be there. Where it has a subject and the registry no API of referrers, the
  /// fallback tag names it from then on (distribution-spec, "Pushing Manifests with Subject").
  Done push_manifest(const std::string& tag_or_digest, const Document& document);
  /// Puts under `tag` what `change` makes of what lies there; what lies there then. No registry has a lock: writers of this machine take turns, and what was
  /// written is read again after a pause, so that where another machine's write took its place both are there in the end. Lost is what that machine
  /// overwrites later than that (it pauses between its last look and its write). Conflict where others change it again and again.
  Result<Document> change_tag(const std::string& tag, const TagChange& change);
  /// Takes away a tag, or a manifest by its digest and out of the fallback tag of its subject, which goes with the last that it names; NotFound where there is none.
  Done remove(const std::string& tag_or_digest);

 private:
  explicit Registry(std::unique_ptr<Session> session);
  Done change_fallback(const Digest& subject, const std::function<void(Json& manifests)>& change);
  Done leave_fallback(const Digest& subject, const std::string& gone);
  Result<std::optional<Document>> find_document(const std::string& tag);
  std::unique_ptr<Session> session_;
};

/// Opens what any reference of an image means: on disk as the other open_image() does, or in a registry, of which then only what is asked for is fetched.
Result<std::unique_ptr<ImageReader>> open_image(host::Machine& machine, const ImageRef& ref, Patience patience = {});

}  // namespace ashlar::oci
