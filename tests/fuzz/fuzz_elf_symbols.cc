// read_elf_symbols: an answer for any bytes, bounded and in order.
#include <algorithm>

#include "base/elf_symbols.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto symbols = ashlar::read_elf_symbols(ashlar::BytesView(data, size));
  fuzz::must(symbols.has_value() || !symbols.error().message.empty(), "what is refused has a reason");
  if (!symbols) return 0;
  fuzz::must(std::ranges::is_sorted(symbols->gives) && std::ranges::is_sorted(symbols->takes) && std::ranges::is_sorted(symbols->versions), "names are in order");
  fuzz::must(symbols->gives.size() + symbols->takes.size() <= size / 16 + 1, "each symbol is of bytes of its own");
  for (const auto& each : symbols->takes) fuzz::must(!each.name.empty() && each.name.find('\0') == std::string::npos && each.name.size() <= 4096, "a name is bounded");
  return 0;
}
