#pragma once
// One reader a form of VEX. `document` is an object; errors name what is missing, not the document.
#include "attest/vex.h"

namespace ashlar::attest {

Result<VexDocument> read_openvex(const Json& document);
Result<VexDocument> read_cyclonedx_vex(const Json& document);
Result<VexDocument> read_csaf_vex(const Json& document);

/// Adds a statement, or a note where it may not count.
void add_statement(VexDocument& into, VexStatement statement);
/// A text, or empty where the key is absent or no text.
std::string text_of(const Json& object, std::string_view key);
std::optional<Time> time_of(const Json& object, std::string_view key);
/// A list, or an empty one where the key is absent or no list.
const Json& list_of(const Json& object, std::string_view key);

}  // namespace ashlar::attest
