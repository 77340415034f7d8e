#include "trust/inner/token.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::trust {
namespace {

constexpr size_t max_uri = 4096, max_objects = 64, max_attribute = 64 << 10, max_signature = 4096;

/// A field of fixed width, padded with blanks.
template <size_t size>
std::string padded(const unsigned char (&field)[size]) {
  return visible(trim({reinterpret_cast<const char*>(field), size}));
}

/// A token that was seen, and the session's parts.
struct Seen {
  CK_FUNCTION_LIST* module;
  CK_SLOT_ID slot;
  CK_TOKEN_INFO info;
};

std::vector<Seen> tokens_of(const Modules& modules) {
  std::vector<Seen> out;
  for (CK_FUNCTION_LIST* const module : modules.all()) {
    CK_ULONG count = 0;
    if (module->C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK || count == 0) continue;
    std::vector<CK_SLOT_ID> slots(count);
    if (module->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) continue;
    slots.resize(std::min<size_t>(count, slots.size()));
    for (const CK_SLOT_ID slot : slots) {
      Seen seen{module, slot, {}};
      if (module->C_GetTokenInfo(slot, &seen.info) == CKR_OK && (seen.info.flags & CKF_TOKEN_INITIALIZED) != 0) out.push_back(seen);
    }
  }
  return out;
}

std::string names_of(const std::vector<Seen>& tokens) {
  std::vector<std::string> names;
  for (const Seen& each : tokens) names.push_back(fmt::format("'{}'", padded(each.info.label)));
  return names.empty() ? "there is no token" : "those there are: " + join(names, ", ");
}

}  // namespace

std::unexpected<Error> token_error(std::string_view what, CK_RV value) {
  const char* const words = p11_kit_strerror(value);
  std::string cause = words == nullptr ? fmt::format("the token answers 0x{:x}", value) : std::string(words);
  if (!cause.empty()) cause[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(cause[0])));
  while (cause.ends_with('.')) cause.pop_back();
  return cannot(Kind::Unavailable, what, cause);
}

Result<TokenUri> TokenUri::parse(std::string_view text) {
  if (text.size() > max_uri || text.find('\0') != std::string_view::npos) return cannot(Kind::Invalid, "read the URI of a key", "it is longer than 4 KiB or has a zero in it");
  TokenUri out(p11_kit_uri_new());
  const int code = p11_kit_uri_parse(std::string(text).c_str(), P11_KIT_URI_FOR_ANY, out.get());
  if (code != P11_KIT_URI_OK) {
    const char* const words = p11_kit_uri_message(code);
    return cannot(Kind::Invalid, "read the URI of a key", words == nullptr ? "it is no pkcs11: URI" : visible(words));
  }
  if (p11_kit_uri_any_unrecognized(out.get()) != 0) return cannot(Kind::Invalid, "read the URI of a key", "it has a part that is not known: token, object, id, serial, manufacturer, model, module-path, pin-source and pin-value are");
  return out;
}

std::string TokenUri::module_path() const {
  const char* const text = p11_kit_uri_get_module_path(get());
  return text == nullptr ? "" : text;
}
std::string TokenUri::pin_source() const {
  const char* const text = p11_kit_uri_get_pin_source(get());
  return text == nullptr ? "" : text;
}
const char* TokenUri::pin_value() const { return p11_kit_uri_get_pin_value(get()); }

Result<std::unique_ptr<Modules>> Modules::load(const std::string& path) {
  p11_kit_be_quiet();
  std::unique_ptr<Modules> out(new Modules);
  if (path.empty()) {
    out->many_ = p11_kit_modules_load_and_initialize(0);
    if (out->many_ == nullptr) return cannot(Kind::Unavailable, "load the modules of PKCS #11", "p11-kit does not start; name one in ASHLAR_PKCS11_MODULE");
    return out;
  }
  const std::string what = fmt::format("load module '{}'", path);
  CK_FUNCTION_LIST* const module = p11_kit_module_load(path.c_str(), 0);
  if (module == nullptr) return cannot(Kind::Unavailable, what, "it is no module of PKCS #11, or is not there");
  if (const CK_RV value = p11_kit_module_initialize(module); value != CKR_OK) {
    p11_kit_module_release(module);
    return token_error(what, value);
  }
  out->one_ = module;
  return out;
}

Modules::~Modules() {
  if (one_ != nullptr) {
    p11_kit_module_finalize(one_);
    p11_kit_module_release(one_);
  }
  if (many_ != nullptr) p11_kit_modules_finalize_and_release(many_);
}

std::vector<CK_FUNCTION_LIST*> Modules::all() const {
  if (one_ != nullptr) return {one_};
  std::vector<CK_FUNCTION_LIST*> out;
  for (CK_FUNCTION_LIST** at = many_; at != nullptr && *at != nullptr; ++at) out.push_back(*at);
  return out;
}

Result<std::unique_ptr<Session>> Session::open(std::unique_ptr<Modules> modules, const TokenUri& uri) {
  constexpr std::string_view what = "find the token";
  const std::vector<Seen> all = tokens_of(*modules);
  std::vector<Seen> fitting;
  for (const Seen& each : all) {
    const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri.get());
    if (p11_kit_uri_match_token_info(uri.get(), &each.info) == 1 && (wanted == static_cast<CK_SLOT_ID>(-1) || wanted == each.slot)) fitting.push_back(each);
  }
  if (fitting.empty()) return cannot(Kind::NotFound, what, "none is so named; " + names_of(all));
  if (fitting.size() > 1) return cannot(Kind::Conflict, what, "the URI means several; " + names_of(fitting));
  const Seen& token = fitting.front();
  CK_SESSION_HANDLE handle = 0;
  if (const CK_RV value = token.module->C_OpenSession(token.slot, CKF_SERIAL_SESSION, nullptr, nullptr, &handle); value != CKR_OK) return token_error("open a session with the token", value);
  return std::unique_ptr<Session>(new Session(std::move(modules), token.module, handle, padded(token.info.label), token.info.flags, token.slot));
}

Session::~Session() { calls_->C_CloseSession(handle_); }

Done Session::login(const Secret& pin, CK_USER_TYPE user) {
  const std::string what = fmt::format("log in to token '{}'", label_);
  // A token with keys of its own takes no PIN from us.
  CK_UTF8CHAR* const text = has_pin_pad() && pin.empty() ? nullptr : const_cast<CK_UTF8CHAR*>(pin.data());
  const CK_RV value = calls_->C_Login(handle_, user, text, static_cast<CK_ULONG>(pin.size()));
  if (value == CKR_OK || value == CKR_USER_ALREADY_LOGGED_IN) return {};
  if (value == CKR_PIN_LOCKED) return cannot(Kind::Denied, what, "its PIN is locked after too many wrong ones: its security officer sets a new one");
  if (value == CKR_PIN_INCORRECT || value == CKR_PIN_INVALID || value == CKR_PIN_LEN_RANGE) {
    CK_TOKEN_INFO info{};
    const bool last = calls_->C_GetTokenInfo(slot_, &info) == CKR_OK && (info.flags & CKF_USER_PIN_FINAL_TRY) != 0;
    return cannot(Kind::Denied, what, last ? "the PIN is wrong, and one more wrong one locks it" : "the PIN is wrong");
  }
  return token_error(what, value);
}

Result<std::vector<CK_OBJECT_HANDLE>> Session::find(CK_OBJECT_CLASS type, const CK_ATTRIBUTE* attributes, CK_ULONG count) {
  const std::string what = fmt::format("look for keys in token '{}'", label_);
  std::vector<CK_ATTRIBUTE> sought = {{CKA_CLASS, &type, sizeof type}};
  for (CK_ULONG at = 0; at < count; ++at) {
    if (attributes[at].type != CKA_CLASS) sought.push_back(attributes[at]);  // `type=private` is what we look for anyway
  }
  if (const CK_RV value = calls_->C_FindObjectsInit(handle_, sought.data(), static_cast<CK_ULONG>(sought.size())); value != CKR_OK) return token_error(what, value);
  std::vector<CK_OBJECT_HANDLE> out(max_objects);
  CK_ULONG found = 0;
  const CK_RV value = calls_->C_FindObjects(handle_, out.data(), static_cast<CK_ULONG>(out.size()), &found);
  calls_->C_FindObjectsFinal(handle_);
  if (value != CKR_OK) return token_error(what, value);
  out.resize(std::min<size_t>(found, out.size()));
  return out;
}

std::optional<Bytes> Session::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE wanted{type, nullptr, 0};
  if (calls_->C_GetAttributeValue(handle_, object, &wanted, 1) != CKR_OK || wanted.ulValueLen == CK_UNAVAILABLE_INFORMATION || wanted.ulValueLen > max_attribute) return std::nullopt;
  Bytes out(wanted.ulValueLen);
  wanted.pValue = out.data();
  if (calls_->C_GetAttributeValue(handle_, object, &wanted, 1) != CKR_OK) return std::nullopt;
  out.resize(std::min<size_t>(wanted.ulValueLen, out.size()));
  return out;
}

Result<std::string> Session::sign(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism, BytesView data, const Secret* pin_each_time) {
  const std::string what = fmt::format("sign with token '{}'", label_);
  CK_MECHANISM how{mechanism, nullptr, 0};
  if (const CK_RV value = calls_->C_SignInit(handle_, &how, key); value != CKR_OK) return token_error(what, value);
  if (pin_each_time != nullptr) TRY(login(*pin_each_time, CKU_CONTEXT_SPECIFIC));
  std::string out(max_signature, '\0');
  CK_ULONG size = static_cast<CK_ULONG>(out.size());
  const CK_RV value = calls_->C_Sign(handle_, const_cast<CK_BYTE*>(data.data()), static_cast<CK_ULONG>(data.size()), reinterpret_cast<CK_BYTE*>(out.data()), &size);
  if (value != CKR_OK) return token_error(what, value);
  out.resize(std::min<size_t>(size, out.size()));
  return out;
}

}  // namespace ashlar::trust
