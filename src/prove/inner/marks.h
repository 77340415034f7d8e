#pragma once
// How a program shows on its bytes what it is, whatever its name, place and padding: texts that it cannot do without.
#include <bitset>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prove/inner/facts.h"

namespace ashlar::prove {

/// A text of the table below, and whether a file held it.
inline constexpr size_t max_marks = 128;
using Marks = std::bitset<max_marks>;

/// Every text of the table, each once; `Marks` counts in this order.
std::span<const std::string_view> mark_texts();
/// What a file with these marks is. `program`: a kernel can start it; libraries of a language are none, programs that hand over to them are.
std::vector<Trait> judge_marks(const Marks& marks, bool program);
/// The family of programs that are linked with an engine of some language, whatever they are themselves.
inline constexpr std::string_view embeds = "embeds";
/// Adds what a program is by the libraries that it needs, where nothing is known of it yet.
void judge_needed(std::span<const std::string> needed, std::vector<Trait>& traits);
/// Whether a program of this family may bear the name (`python3.13` for `python`, `sh` for `shell`); what embeds an engine may bear any.
bool fits_family(std::string_view family, std::string_view name);

}  // namespace ashlar::prove
