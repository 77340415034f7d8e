#pragma once
// Signing certificates as Fulcio issues them (RFC 5280; sigstore/fulcio, docs/oid-info.md), their chains, and the proof that a log of certificates has them.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "trust/trust_root.h"

namespace ashlar::trust {

/// Whom a certificate was issued to, and who vouched for it.
struct CertificateIdentity {
  std::vector<std::string> names;  ///< of the SubjectAltName: mail addresses, URIs, and Fulcio's own other names
  std::string issuer;              ///< of the OpenID token, OID 1.3.6.1.4.1.57264.1.8 or the older .1.1; empty: not given
};

/// A signed certificate timestamp of version 1 (RFC 6962, section 3.2).
struct CertificateTimestamp {
  std::string log_id;
  std::uint64_t milliseconds = 0;  ///< since 1970
  std::string extensions;
  std::string signature;
  Time time() const { return {static_cast<std::int64_t>(milliseconds / 1000)}; }
};

/// An X.509 certificate.
class Certificate {
 public:
  /// DER, nothing behind it. Invalid when it is no certificate.
  static Result<Certificate> parse(std::string_view der);
  /// The first certificate of a PEM text.
  static Result<Certificate> parse_pem(std::string_view pem);

  std::string der() const;
  /// SubjectPublicKeyInfo in DER, as it stands there.
  std::string key() const;
  /// Has both ends.
  Period validity() const;
  bool signs_certificates() const;
  /// An extended key usage that names code signing.
  bool signs_code() const;
  Result<CertificateIdentity> identity() const;
  /// The embedded ones; empty when there are none, Corrupt when the extension is not what RFC 6962 says.
  Result<std::vector<CertificateTimestamp>> timestamps() const;
  /// What the log has signed for a timestamp of this certificate, issued by `issuer` (RFC 6962, section 3.2: the certificate without the list of timestamps).
  Result<std::string> logged_form(const Certificate& issuer, const CertificateTimestamp& timestamp) const;

  /// The chain from this certificate to the anchor of `authority`, all valid at `at`, for code signing; Denied says why there is none.
  Result<std::vector<Certificate>> chain_to(const Authority& authority, Time at) const;

  /// For neighbours: an X509*.
  void* handle() const { return certificate_.get(); }

 private:
  explicit Certificate(std::shared_ptr<void> certificate) : certificate_(std::move(certificate)) {}
  std::shared_ptr<void> certificate_;  // shared with copies alone
};

/// Holds when a log of certificates that we know has promised, while its key counted, to publish this certificate; Denied says why not.
Done check_certificate_timestamps(const Certificate& certificate, const Certificate& issuer, const std::vector<TransparencyLog>& logs);

}  // namespace ashlar::trust
