// read_elf: an answer for any bytes, and what it names lies within them.
#include "base/elf.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ashlar::BytesView bytes(data, size);
  const auto elf = ashlar::read_elf(bytes);
  fuzz::must(elf.has_value() || !elf.error().message.empty(), "what is refused has a reason");
  fuzz::must(!elf || ashlar::is_elf(bytes), "what is read begins as an ELF file");
  fuzz::must(ashlar::elf_soname(bytes) == (elf ? elf->soname : std::string()), "a name is the same either way");
  if (!elf) return 0;
  fuzz::must(elf->needed.size() <= 4096 && elf->interpreter.size() < size && elf->build_id.size() <= 128, "what is read is bounded");
  for (const auto& each : elf->needed) fuzz::must(each.size() <= 4096, "a name is bounded");
  (void)elf->program();
  return 0;
}
