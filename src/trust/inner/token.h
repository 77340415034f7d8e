#pragma once
// A session with a PKCS #11 token: what a URI names is found and used in it.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "trust/inner/openssl.h"
#include "trust/pkcs11.h"

namespace ashlar::trust {

/// A URI, read.
class TokenUri {
 public:
  static Result<TokenUri> parse(std::string_view text);
  P11KitUri* get() const { return uri_.get(); }
  std::string module_path() const;
  std::string pin_source() const;
  const char* pin_value() const;  ///< null: it has none

 private:
  explicit TokenUri(P11KitUri* uri) : uri_(uri) {}
  Owned<P11KitUri, p11_kit_uri_free> uri_;
};

/// The modules that may hold the token, loaded; they go when this does.
class Modules {
 public:
  static Result<std::unique_ptr<Modules>> load(const std::string& path);
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;
  ~Modules();
  std::vector<CK_FUNCTION_LIST*> all() const;

 private:
  Modules() = default;
  CK_FUNCTION_LIST* one_ = nullptr;    // loaded by its path
  CK_FUNCTION_LIST** many_ = nullptr;  // those that are configured
};

/// `what` and the words for a return value of PKCS #11.
std::unexpected<Error> token_error(std::string_view what, CK_RV value);

/// A session with one token, read only. Ends with this.
class Session {
 public:
  /// The one token that the URI names.
  static Result<std::unique_ptr<Session>> open(std::unique_ptr<Modules> modules, const TokenUri& uri);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  const std::string& token() const { return label_; }
  bool wants_login() const { return (flags_ & CKF_LOGIN_REQUIRED) != 0; }
  bool has_pin_pad() const { return (flags_ & CKF_PROTECTED_AUTHENTICATION_PATH) != 0; }
  /// Denied for a wrong PIN, with what the token says of how many tries are left.
  Done login(const Secret& pin, CK_USER_TYPE user = CKU_USER);

  /// Objects of a class that the URI's attributes fit.
  Result<std::vector<CK_OBJECT_HANDLE>> find(CK_OBJECT_CLASS type, const CK_ATTRIBUTE* attributes, CK_ULONG count);
  /// An attribute's bytes; none when the object has none such or does not show it.
  std::optional<Bytes> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
  Result<std::string> sign(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism, BytesView data, const Secret* pin_each_time);

 private:
  Session(std::unique_ptr<Modules> modules, CK_FUNCTION_LIST* calls, CK_SESSION_HANDLE handle, std::string label, CK_FLAGS flags, CK_SLOT_ID slot)
      : modules_(std::move(modules)), calls_(calls), handle_(handle), label_(std::move(label)), flags_(flags), slot_(slot) {}
  std::unique_ptr<Modules> modules_;
  CK_FUNCTION_LIST* calls_;
  CK_SESSION_HANDLE handle_;
  std::string label_;
  CK_FLAGS flags_;
  CK_SLOT_ID slot_;
};

}  // namespace ashlar::trust
