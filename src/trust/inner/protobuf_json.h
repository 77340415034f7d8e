#pragma once
// Messages in protobuf's JSON form (protobuf.dev, "ProtoJSON format"): names in lowerCamelCase or as the .proto file has them, null for what is absent, bytes
// as standard or URL base64 with or without padding, 64-bit numbers as text or as numbers.
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace ashlar::trust {

/// Corrupt when the text is base64 of neither alphabet.
Result<std::string> from_any_base64(std::string_view text);

/// A view of one message; the JSON must outlive it. Every name is given in lowerCamelCase. All errors are Corrupt and name the field by its whole path.
class Message {
 public:
  /// `path` names it in errors, empty for the outermost.
  static Result<Message> of(const Json& json, std::string path = {});

  /// Corrupt when there is a field that is none of these.
  Done only(std::initializer_list<std::string_view> names) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Empty when it is absent.
  Result<std::string> text(std::string_view name, size_t limit) const;
  /// Decoded; empty when it is absent.
  Result<std::string> bytes(std::string_view name, size_t limit) const;
  /// 0 when it is absent.
  Result<std::int64_t> whole(std::string_view name) const;
  /// One of the enumeration's names, or its number as text.
  Result<std::string> choice(std::string_view name) const;
  /// A google.protobuf.Timestamp, which is RFC 3339; empty when it is absent.
  Result<std::optional<Time>> time(std::string_view name) const;
  Result<std::optional<Message>> message(std::string_view name) const;
  Result<Message> required(std::string_view name) const;
  /// Empty when it is absent.
  Result<std::vector<Message>> messages(std::string_view name, size_t limit) const;
  /// A list of byte strings, each of at most `size`.
  Result<std::vector<std::string>> byte_list(std::string_view name, size_t limit, size_t size) const;

  /// `this field is wrong: <what>`
  std::unexpected<Error> wrong(std::string_view name, std::string_view what) const;
  const Json& json() const { return *json_; }

 private:
  Message(const Json& json, std::string path) : json_(&json), path_(std::move(path)) {}
  std::string path_of(std::string_view name) const;
  const Json* find(std::string_view name) const;

  const Json* json_;
  std::string path_;
};

}  // namespace ashlar::trust
