#include "trust/openpgp.h"

#include "base/text.h"

#include <rnp/rnp.h>
#include <rnp/rnp_err.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "host/program.h"

namespace ashlar::trust {
namespace {

struct Release {
  void operator()(rnp_ffi_st* ffi) const { rnp_ffi_destroy(ffi); }
  void operator()(rnp_input_st* input) const { rnp_input_destroy(input); }
  void operator()(rnp_output_st* output) const { rnp_output_destroy(output); }
  void operator()(rnp_op_verify_st* op) const { rnp_op_verify_destroy(op); }
  void operator()(rnp_key_handle_st* key) const { rnp_key_handle_destroy(key); }
  void operator()(rnp_signature_handle_st* signature) const { rnp_signature_handle_destroy(signature); }
  void operator()(rnp_identifier_iterator_st* iterator) const { rnp_identifier_iterator_destroy(iterator); }
  void operator()(char* text) const { rnp_buffer_destroy(text); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

std::unexpected<Error> trouble(rnp_result_t result) { return fail(Kind::Unavailable, fmt::format("librnp does not work: {}", rnp_result_to_string(result))); }

Result<Owned<rnp_input_st>> input_of(std::string_view bytes) {
  rnp_input_t raw = nullptr;
  if (bytes.empty()) return fail(Kind::Denied, "there is nothing to read");  // librnp takes no empty input
  if (const auto result = rnp_input_from_memory(&raw, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), false); result != RNP_SUCCESS) return trouble(result);
  return Owned<rnp_input_st>(raw);
}

/// A context that knows the keys of `keyrings`, at the time `now`.
Result<Owned<rnp_ffi_st>> open(const std::vector<std::string>& keyrings, const Time* now) {
  rnp_ffi_t raw = nullptr;
  if (const auto result = rnp_ffi_create(&raw, "GPG", "GPG"); result != RNP_SUCCESS) return trouble(result);
  Owned<rnp_ffi_st> ffi(raw);
  rnp_ffi_set_log_fd(raw, -1);
  if (now != nullptr) rnp_set_timestamp(raw, static_cast<uint64_t>(now->seconds));
  for (const std::string& keyring : keyrings) {
    if (keyring.empty()) return fail(Kind::Corrupt, "a keyring is empty");
    TRY_ASSIGN(const auto input, input_of(keyring));
    // A keyring may hold keys of kinds that librnp does not know: the others still count.
    const auto result = rnp_import_keys(raw, input.get(), RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_PERMISSIVE, nullptr);
    if (result != RNP_SUCCESS) return fail(Kind::Corrupt, "a keyring holds no OpenPGP keys");
  }
  return ffi;
}

std::string fingerprint_of(rnp_key_handle_t key) {
  char* text = nullptr;
  if (rnp_key_get_primary_fprint(key, &text) != RNP_SUCCESS && rnp_key_get_fprint(key, &text) != RNP_SUCCESS) return {};
  const Owned<char> owned(text);
  return text;
}

/// Why a signature does not count at `now`, with the key's name; empty when it does.
std::string judge(rnp_op_verify_signature_t signature, Time now, Verified& verified) {
  rnp_signature_handle_t handle = nullptr;
  std::string id = "?";
  if (rnp_op_verify_signature_get_handle(signature, &handle) == RNP_SUCCESS) {
    const Owned<rnp_signature_handle_st> owned(handle);
    char* text = nullptr;
    if (rnp_signature_get_keyid(handle, &text) == RNP_SUCCESS && text != nullptr) id = Owned<char>(text).get();
  }
  const rnp_result_t status = rnp_op_verify_signature_get_status(signature);
  if (status == RNP_ERROR_KEY_NOT_FOUND) return fmt::format("key '{}' is in no keyring", id);
  if (status == RNP_ERROR_SIGNATURE_EXPIRED) return fmt::format("the signature by key '{}' has expired", id);
  rnp_key_handle_t raw = nullptr;
  if (rnp_op_verify_signature_get_key(signature, &raw) != RNP_SUCCESS) return fmt::format("key '{}' is in no keyring", id);
  const Owned<rnp_key_handle_st> key(raw);
  bool revoked = false;
  if (rnp_key_is_revoked(raw, &revoked) == RNP_SUCCESS && revoked) return fmt::format("key '{}' is revoked", id);
  if (status != RNP_SUCCESS) {
    bool valid = true;
    if (rnp_key_is_valid(raw, &valid) == RNP_SUCCESS && !valid) return fmt::format("key '{}' is not valid at this time: it has expired or is too weak", id);
    return fmt::format("the signature by key '{}' does not fit the text", id);
  }
  // librnp asks whether the key was valid when it signed; a key that has expired since could sign with any date.
  std::uint64_t until = 0;
  if (rnp_key_valid_till64(raw, &until) != RNP_SUCCESS || until <= static_cast<std::uint64_t>(std::max<std::int64_t>(now.seconds, 0)))
    return fmt::format("key '{}' is not valid at this time: it has expired or is too weak", id);
  verified.fingerprint = fingerprint_of(raw);
  uint32_t created = 0, expires = 0;
  if (rnp_op_verify_signature_get_times(signature, &created, &expires) == RNP_SUCCESS) verified.signed_at.seconds = created;
  return {};
}

/// Goes through the signatures of a finished check.
Done count(rnp_op_verify_t op, Time now, Verified& verified) {
  size_t signatures = 0;
  rnp_op_verify_get_signature_count(op, &signatures);
  if (signatures == 0) return fail(Kind::Denied, "it carries no signature that can be read");
  std::vector<std::string> reasons;
  for (size_t at = 0; at < signatures; ++at) {
    rnp_op_verify_signature_t signature = nullptr;
    if (rnp_op_verify_get_signature_at(op, at, &signature) != RNP_SUCCESS) continue;
    std::string reason = judge(signature, now, verified);
    if (reason.empty()) return {};
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(std::move(reason));
  }
  return fail(Kind::Denied, fmt::format("no signature counts: {}", fmt::join(reasons, "; ")));
}

/// Some builds of librnp print what they think, whatever log one sets: `[name() ./src/librepgp/file.cpp:123] words`.
bool is_rnp_talk(std::string_view line) { return line.starts_with('[') && line.find(".cpp:") != std::string_view::npos; }

constexpr std::string_view cleartext_start = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view signature_start = "-----BEGIN PGP SIGNATURE-----", signature_end = "-----END PGP SIGNATURE-----";
constexpr size_t max_document = 64 << 20;

}  // namespace

Result<Verified> verify_cleartext(std::string_view document, const std::vector<std::string>& keyrings, Time now) {
  if (!document.starts_with(cleartext_start)) return fail(Kind::Denied, "it does not begin as a signed text");
  if (document.size() > max_document) return fail(Kind::Denied, "it is larger than 64 MiB");
  const size_t begins = document.find(signature_start), ends = document.find(signature_end);
  if (begins == std::string_view::npos || ends == std::string_view::npos || ends < begins) return fail(Kind::Denied, "it is cut off: its signature is not whole");
  if (!trim(document.substr(ends + signature_end.size())).empty()) return fail(Kind::Denied, "something follows its signature that nobody signed");
  const host::ErrorSieve quiet(is_rnp_talk);
  TRY_ASSIGN(const auto ffi, open(keyrings, &now));
  TRY_ASSIGN(const auto input, input_of(document));
  rnp_output_t raw_output = nullptr;
  if (const auto result = rnp_output_to_memory(&raw_output, 0); result != RNP_SUCCESS) return trouble(result);
  const Owned<rnp_output_st> output(raw_output);
  rnp_op_verify_t raw = nullptr;
  if (const auto result = rnp_op_verify_create(&raw, ffi.get(), input.get(), output.get()); result != RNP_SUCCESS) return trouble(result);
  const Owned<rnp_op_verify_st> op(raw);
  (void)rnp_op_verify_execute(raw);  // says no unless every signature is good; ours is to count one
  Verified verified;
  TRY(count(raw, now, verified));
  uint8_t* bytes = nullptr;
  size_t size = 0;
  if (const auto result = rnp_output_memory_get_buf(output.get(), &bytes, &size, false); result != RNP_SUCCESS) return trouble(result);
  verified.content.assign(reinterpret_cast<const char*>(bytes), size);
  return verified;
}

Result<Verified> verify_detached(std::string_view content, std::string_view signature, const std::vector<std::string>& keyrings, Time now) {
  const host::ErrorSieve quiet(is_rnp_talk);
  TRY_ASSIGN(const auto ffi, open(keyrings, &now));
  TRY_ASSIGN(const auto input, input_of(content));
  TRY_ASSIGN(const auto signature_input, input_of(signature));
  rnp_op_verify_t raw = nullptr;
  if (const auto result = rnp_op_verify_detached_create(&raw, ffi.get(), input.get(), signature_input.get()); result != RNP_SUCCESS) return trouble(result);
  const Owned<rnp_op_verify_st> op(raw);
  (void)rnp_op_verify_execute(raw);
  Verified verified;
  TRY(count(raw, now, verified));
  verified.content = std::string(content);
  return verified;
}

Result<std::vector<std::string>> fingerprints(std::string_view keyring) {
  const host::ErrorSieve quiet(is_rnp_talk);
  TRY_ASSIGN(const auto ffi, open({std::string(keyring)}, nullptr));
  rnp_identifier_iterator_t raw = nullptr;
  if (const auto result = rnp_identifier_iterator_create(ffi.get(), &raw, "fingerprint"); result != RNP_SUCCESS) return trouble(result);
  const Owned<rnp_identifier_iterator_st> iterator(raw);
  std::vector<std::string> out;
  const char* identifier = nullptr;
  while (rnp_identifier_iterator_next(raw, &identifier) == RNP_SUCCESS && identifier != nullptr) {
    rnp_key_handle_t key = nullptr;
    if (rnp_locate_key(ffi.get(), "fingerprint", identifier, &key) != RNP_SUCCESS || key == nullptr) continue;
    const Owned<rnp_key_handle_st> owned(key);
    bool primary = false;
    if (rnp_key_is_primary(key, &primary) == RNP_SUCCESS && primary) out.emplace_back(identifier);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace ashlar::trust
