#pragma once
// A judgement as others read it (docs/formats/judgement.md).
#include "base/json.h"
#include "policy/finished.h"

namespace ashlar::policy {

inline constexpr std::string_view judgement_uri = "https://ashlar.dev/judgement/v1";

Json to_json(const Judgement& judgement);
Json to_json(const Reason& reason);

}  // namespace ashlar::policy
