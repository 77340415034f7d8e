#include "base/old_hash.h"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "base/digest.h"

namespace ashlar {

struct OldHasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* kind;
  explicit State(OldHash which) : kind(fetched(which)) { start(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
  static const EVP_MD* fetched(OldHash which) {
    static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    static const EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
    return which == OldHash::Sha1 ? sha1 : md5;
  }
  void start() {
    if (context == nullptr || EVP_DigestInit_ex2(context, kind, nullptr) != 1) throw std::bad_alloc();
  }
};

OldHasher::OldHasher(OldHash which) : state_(std::make_unique<State>(which)) {}
OldHasher::~OldHasher() = default;
OldHasher::OldHasher(OldHasher&&) noexcept = default;

void OldHasher::update(BytesView bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }

std::string OldHasher::finish() {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context, raw.data(), &size);
  state_->start();
  return to_hex(BytesView(raw).first(size));
}

}  // namespace ashlar
