#include "trust/timestamp.h"

#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include <fmt/format.h>

#include "trust/certificate.h"
#include "trust/inner/moment.h"
#include "trust/inner/openssl.h"

namespace ashlar::trust {
namespace {

void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }  // borrows its members
using Certificates = Owned<STACK_OF(X509), free_stack>;

std::unexpected<Error> denied(std::string why) { return fail(Kind::Denied, std::move(why)); }

X509* raw(const Certificate& certificate) { return static_cast<X509*>(certificate.handle()); }

/// The authority's certificates: the last one anchors, the others help, the first one may be the one that signs.
struct Chain {
  std::vector<Certificate> held;
  Certificates helpers{sk_X509_new_null()};
  Owned<X509_STORE, X509_STORE_free> store{X509_STORE_new()};
};

Result<Chain> chain_of(const Authority& authority) {
  Chain out;
  for (const std::string& each : authority.certificates) {
    TRY_ASSIGN(Certificate certificate, Certificate::parse(each));
    out.held.push_back(std::move(certificate));
  }
  for (const Certificate& each : out.held) sk_X509_push(out.helpers.get(), raw(each));
  X509_STORE_add_cert(out.store.get(), raw(out.held.back()));
  return out;
}

/// The one signer, among the token's certificates and the authority's.
Result<X509*> signer_of(PKCS7* token, const Chain& chain) {
  const Certificates signers(PKCS7_get0_signers(token, chain.helpers.get(), 0));
  if (signers == nullptr) return fail(Kind::NotFound, "the timestamp is signed by nobody that the authority knows");
  if (sk_X509_num(signers.get()) != 1) return denied("the timestamp must have exactly one signer");
  return sk_X509_value(signers.get(), 0);
}

/// Where the authority has given its signing certificate (one that is no authority itself), no other counts.
Done check_signer(const X509* signer, const Chain& chain) {
  const Certificate& first = chain.held.front();
  if (first.signs_certificates() || X509_cmp(signer, raw(first)) == 0) return {};
  return fail(Kind::NotFound, "the timestamp is signed by another than the authority");
}

/// The signer and every certificate of the authority were valid at that time.
Done check_times(const X509* signer, const Chain& chain, Time at) {
  const auto from = moment(X509_get0_notBefore(signer)), to = moment(X509_get0_notAfter(signer));
  bool good = from && to && *from <= at && at <= *to;
  for (const Certificate& each : chain.held) good = good && each.validity().holds(at);
  return good ? Done() : denied(fmt::format("a certificate of the timestamp authority was not valid at {}", at.str()));
}

Done check_imprint(TS_TST_INFO* info, std::string_view bytes) {
  TS_MSG_IMPRINT* const imprint = TS_TST_INFO_get_msg_imprint(info);
  const EVP_MD* const hash = EVP_get_digestbyobj(TS_MSG_IMPRINT_get_algo(imprint)->algorithm);
  const int kind = hash == nullptr ? NID_undef : EVP_MD_get_type(hash);
  if (kind != NID_sha256 && kind != NID_sha384 && kind != NID_sha512) return denied("the timestamp's hash is none that we trust");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, hash, nullptr);
  const ASN1_OCTET_STRING* const stated = TS_MSG_IMPRINT_get_msg(imprint);
  const std::string_view expected(reinterpret_cast<const char*>(digest), size);
  const std::string_view given(reinterpret_cast<const char*>(ASN1_STRING_get0_data(stated)), static_cast<size_t>(ASN1_STRING_length(stated)));
  return expected == given ? Done() : denied("the timestamp is over other bytes than this signature");
}

}  // namespace

Result<Time> check_timestamp(std::string_view response, std::string_view bytes, const Authority& authority) {
  const auto* at = reinterpret_cast<const unsigned char*>(response.data());
  const Owned<TS_RESP, TS_RESP_free> parsed(d2i_TS_RESP(nullptr, &at, static_cast<long>(response.size())));
  if (parsed == nullptr || at != reinterpret_cast<const unsigned char*>(response.data()) + response.size()) return denied("the timestamp is no RFC 3161 response");
  const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(parsed.get())));
  PKCS7* const token = TS_RESP_get_token(parsed.get());
  TS_TST_INFO* const info = TS_RESP_get_tst_info(parsed.get());
  if ((status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) || token == nullptr || info == nullptr) return denied("the timestamp was not granted");
  const auto time = moment(TS_TST_INFO_get_time(info));
  if (!time) return denied("the timestamp has no time");

  TRY_ASSIGN(const Chain chain, chain_of(authority));
  TRY_ASSIGN(X509* const signer, signer_of(token, chain));
  TRY(check_signer(signer, chain));
  TRY(check_times(signer, chain, *time));
  // OpenSSL holds the last second of a validity to be past it: check_times() does not.
  X509_VERIFY_PARAM_set_flags(X509_STORE_get0_param(chain.store.get()), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  // Checks the signature, the certificate's chain and purpose, and that the token names the certificate (ESSCertID).
  if (TS_RESP_verify_signature(token, chain.helpers.get(), chain.store.get(), nullptr) != 1) return denied("the timestamp's signature does not hold");
  if (!authority.valid_for.holds(*time)) return denied(fmt::format("the timestamp authority was not trusted at {}", time->str()));
  TRY(check_imprint(info, bytes));
  return *time;
}

}  // namespace ashlar::trust
