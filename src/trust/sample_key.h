#pragma once
// For tests: OpenPGP keys that sign.
#include <rnp/rnp.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::trust {

/// A key made on the spot.
class SampleKey {
 public:
  explicit SampleKey(const char* algorithm = "EDDSA", std::uint32_t lives = 0) {
    rnp_ffi_create(&ffi_, "GPG", "GPG");
    rnp_op_generate_t operation = nullptr;
    rnp_op_generate_create(&operation, ffi_, algorithm);
    if (std::string_view(algorithm) == "RSA") rnp_op_generate_set_bits(operation, 2048);
    if (std::string_view(algorithm) == "ECDSA") rnp_op_generate_set_curve(operation, "NIST P-256");
    rnp_op_generate_set_userid(operation, "somebody of a test");
    rnp_op_generate_set_expiration(operation, lives);
    rnp_op_generate_execute(operation);
    rnp_op_generate_get_key(operation, &key_);
    rnp_op_generate_destroy(operation);
  }
  SampleKey(const SampleKey&) = delete;
  SampleKey& operator=(const SampleKey&) = delete;
  ~SampleKey() {
    rnp_key_handle_destroy(key_);
    rnp_ffi_destroy(ffi_);
  }
  std::string certificate(bool armoured = true) const {
    rnp_output_t output = nullptr;
    rnp_output_to_memory(&output, 0);
    rnp_key_export(key_, output, RNP_KEY_EXPORT_PUBLIC | RNP_KEY_EXPORT_SUBKEYS | (armoured ? RNP_KEY_EXPORT_ARMORED : 0U));
    return take(output);
  }
  std::string fingerprint() const {
    char* text = nullptr;
    rnp_key_get_fprint(key_, &text);
    std::string out = text == nullptr ? "" : text;
    rnp_buffer_destroy(text);
    return out;
  }
  std::string id() const { return fingerprint().substr(24); }
  void revoke() { rnp_key_revoke(key_, 0, "SHA256", "compromised", "of a test"); }
  std::string cleartext(const std::string& text, const std::vector<const SampleKey*>& also = {}, std::uint32_t lives = 0) const {
    return sign(text, lives, also, [](rnp_op_sign_t* operation, rnp_ffi_t ffi, rnp_input_t input, rnp_output_t output) { rnp_op_sign_cleartext_create(operation, ffi, input, output); });
  }
  std::string detached(const std::string& text, bool armoured) const {
    return sign(text, 0, {}, [&](rnp_op_sign_t* operation, rnp_ffi_t ffi, rnp_input_t input, rnp_output_t output) {
      rnp_op_sign_detached_create(operation, ffi, input, output);
      rnp_op_sign_set_armor(*operation, armoured);
    });
  }

 private:
  static std::string take(rnp_output_t output) {
    std::uint8_t* bytes = nullptr;
    size_t size = 0;
    rnp_output_memory_get_buf(output, &bytes, &size, false);
    std::string out(reinterpret_cast<const char*>(bytes), size);
    rnp_output_destroy(output);
    return out;
  }
  template <class Create>
  std::string sign(const std::string& text, std::uint32_t lives, const std::vector<const SampleKey*>& also, const Create& create) const {
    rnp_input_t input = nullptr;
    rnp_output_t output = nullptr;
    rnp_op_sign_t operation = nullptr;
    rnp_input_from_memory(&input, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), false);
    rnp_output_to_memory(&output, 0);
    create(&operation, ffi_, input, output);
    for (const SampleKey* other : also) rnp_op_sign_add_signature(operation, other->key_, nullptr);
    rnp_op_sign_add_signature(operation, key_, nullptr);
    rnp_op_sign_set_hash(operation, "SHA256");
    rnp_op_sign_set_expiration_time(operation, lives);
    rnp_op_sign_execute(operation);
    rnp_op_sign_destroy(operation);
    rnp_input_destroy(input);
    return take(output);
  }
  rnp_ffi_t ffi_ = nullptr;
  rnp_key_handle_t key_ = nullptr;
};

}  // namespace ashlar::trust
