#pragma once
// A REST API that speaks JSON: one request after the other, its rate limits obeyed.
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"
#include "forge/target.h"
#include "host/http.h"
#include "host/machine.h"

namespace ashlar::forge {

/// What a server said with 2xx.
struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;
  Json json;  ///< null when there was none
};

/// Errors by what they ask for: Unavailable: later (no answer, 5xx, a limit); Denied: the token or the project is wrong (401, 403, 404 of what must be
/// there); NotFound (404, 410) and Conflict (409, 422: there already, or refused) are the caller's to judge; Invalid: this request will never do (400, 413).
class Api {
 public:
  using Headers = std::map<std::string, std::string>;
  Api(host::Http& http, host::Clock& clock, const Target& target, Headers headers) : http_(http), clock_(clock), target_(target), headers_(std::move(headers)) {}

  Result<Answer> get(const std::string& path) { return send("GET", path, {}); }
  Result<Answer> post(const std::string& path, const Json& body) { return send("POST", path, to_compact(body)); }
  Result<Answer> patch(const std::string& path, const Json& body) { return send("PATCH", path, to_compact(body)); }
  Result<Answer> put(const std::string& path, const Json& body) { return send("PUT", path, to_compact(body)); }
  /// Sends these very bytes with headers beside the API's.
  Result<Answer> send(const std::string& method, const std::string& path, const std::string& body, const Headers& more = {});
  /// Every item of a list that comes in pages (RFC 8288, `rel="next"`), until `look` says that it has seen enough.
  Done each(const std::string& path, const std::function<bool(const Json&)>& look);

  const Target& target() const { return target_; }
  Time now() { return clock_.now(); }
  /// Until when the server wants to hear nothing.
  std::optional<Time> hold() const { return hold_; }

 private:
  void learn(const host::HttpResponse& response);
  std::unexpected<Error> refusal(const std::string& what, const host::HttpResponse& response);

  host::Http& http_;
  host::Clock& clock_;
  const Target& target_;
  Headers headers_;
  std::optional<Time> hold_;
};

/// A part of a path or query with everything but unreserved characters, and those to keep, as %XX (RFC 3986, 2.3).
std::string percent_encoded(std::string_view text, std::string_view keep = {});
/// The address that a Link header gives for `next`, or empty.
std::string next_of(std::string_view link);
/// At most `limit` bytes of a text, cut between characters and said so.
std::string cut_to(std::string_view text, size_t limit);
/// A member's text or number as text; empty when there is none.
std::string text_of(const Json& json, std::string_view key);

}  // namespace ashlar::forge
