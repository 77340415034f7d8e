#pragma once
// What a webhook is sent.
#include "forge/message.h"

namespace ashlar::forge {

/// The value of `webhook-signature` (Standard Webhooks 1.0, symmetric, version `v1`). A secret that begins with `whsec_` is base64 behind it, others are their own bytes.
Result<std::string> webhook_signature(std::string_view secret, std::string_view id, Time time, std::string_view body);
/// The same for every attempt of a message: whoever gets it twice can tell.
std::string event_id(const Message& message);
/// CloudEvents 1.0, JSON format.
Json cloud_event(const Message& message);

}  // namespace ashlar::forge
