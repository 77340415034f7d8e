#include "prove/inner/certificates.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include <fmt/format.h>

namespace ashlar::prove {
namespace {

std::string name_of(X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string("without a name");
}

Digest digest_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const Digest out = Digest::of(BytesView(der, size > 0 ? static_cast<size_t>(size) : 0));
  OPENSSL_free(der);
  return out;
}

}  // namespace

std::vector<BundledCertificate> certificates_in(std::string_view text) {
  std::vector<BundledCertificate> out;
  constexpr std::string_view begin = "-----BEGIN ";
  for (size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
    const std::string_view rest = text.substr(at);
    if (!rest.starts_with("-----BEGIN CERTIFICATE-----") && !rest.starts_with("-----BEGIN TRUSTED CERTIFICATE-----") && !rest.starts_with("-----BEGIN X509 CERTIFICATE-----")) continue;
    BundledCertificate& each = out.emplace_back();
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(rest.data(), static_cast<int>(std::min<size_t>(rest.size(), 1 << 20))), BIO_free_all);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr), X509_free);
    std::tm when{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &when) != 1) {
      ERR_clear_error();
      continue;
    }
    const auto ends = Time::parse(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", when.tm_year + 1900, when.tm_mon + 1, when.tm_mday, when.tm_hour, when.tm_min, std::min(when.tm_sec, 59)));
    each.name = name_of(certificate.get());
    each.digest = digest_of(certificate.get());
    each.ends = ends ? *ends : Time{INT64_MAX};  // beyond what a time can say
  }
  return out;
}

}  // namespace ashlar::prove
