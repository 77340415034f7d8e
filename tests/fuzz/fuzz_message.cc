// message_of: whatever can be read can be written and read again; and what a ticket's text says of its key.
#include <nlohmann/json.hpp>

#include "forge/inner/api.h"
#include "forge/inner/forge.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar::forge;
  const std::string_view text = fuzz::text(data, size);
  const std::string key = key_in(text);
  fuzz::must(key.empty() || is_key(key), "a mark holds a key");
  (void)next_of(text);
  const auto json = ashlar::parse_json(text, "message");
  if (!json) return 0;
  const auto message = message_of(*json);
  if (!message || !check(*message)) return 0;
  const auto again = message_of(to_json(*message));
  fuzz::must(again.has_value() && *again == *message, "a message comes back as it was");
  fuzz::must(fingerprint(*again) == fingerprint(*message), "and is the same message");
  return 0;
}
