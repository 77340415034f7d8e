#include "base/secret.h"

#include <openssl/crypto.h>

namespace ashlar {

void wipe(std::string& text) {
  text.resize(text.capacity());  // a shorter text leaves the rest of a longer one behind its end
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string&& text) : bytes_(text.begin(), text.end()) { ashlar::wipe(text); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_.swap(other.bytes_);
  }
  return *this;
}

Secret Secret::copy_of(std::string_view text) {
  Secret out;
  out.bytes_.assign(text.begin(), text.end());
  return out;
}

void Secret::wipe() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
  bytes_.clear();
}

void Secret::shorten(size_t size) {
  if (size >= bytes_.size()) return;
  OPENSSL_cleanse(bytes_.data() + size, bytes_.size() - size);
  bytes_.resize(size);
}

}  // namespace ashlar
