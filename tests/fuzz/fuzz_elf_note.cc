// Package notes of ELF files.
#include "fuzz_components.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_as("elf-note", "bin/x", data, size);
  return 0;
}
