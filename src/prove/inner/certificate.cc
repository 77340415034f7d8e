#include "prove/inner/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace ashlar::prove {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* value) const { Free(value); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_vfree>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

bool add(X509* certificate, int what, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, what, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace

Result<Certificate> make_certificate(Time now) {
  const auto trouble = [] { return cannot(Kind::Unavailable, "make a certificate for a test", "the library refuses"); };
  const Key key(EVP_EC_gen("P-256"));
  const Cert certificate(X509_new());
  if (!key || !certificate) return trouble();
  const auto seconds = static_cast<time_t>(now.seconds);
  X509* const x = certificate.get();
  X509_NAME* const name = X509_get_subject_name(x);
  const bool good = X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), static_cast<std::uint64_t>(now.seconds)) == 1 &&
                    X509_time_adj_ex(X509_getm_notBefore(x), -1, 0, const_cast<time_t*>(&seconds)) != nullptr &&
                    X509_time_adj_ex(X509_getm_notAfter(x), 1, 0, const_cast<time_t*>(&seconds)) != nullptr && X509_set_pubkey(x, key.get()) == 1 &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0) == 1 &&
                    X509_set_issuer_name(x, name) == 1 && add(x, NID_basic_constraints, "critical,CA:TRUE") &&
                    add(x, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") && X509_sign(x, key.get(), EVP_sha256()) != 0;
  const Memory certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
  if (!good || PEM_write_bio_X509(certificate_text.get(), x) != 1 || PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return trouble();
  }
  return Certificate{text_of(certificate_text.get()), text_of(key_text.get())};
}

}  // namespace ashlar::prove
