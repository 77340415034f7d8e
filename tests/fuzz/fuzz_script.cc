// Script: following ends, whatever a script says, in an image that is one.
#include "fuzz_image_changes.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bool full = size % 2 == 0;
  auto followed = ashlar::build::trial::follow(fuzz::small_image(), fuzz::text(data, size), full, size % 3 == 0 ? "preinst" : "postinst", "Template: stone/a\nType: string\nDefault: first\n");
  if (!followed.state) return 0;
  fuzz::check_changes(followed.state->world);
  // A script may write over the lists of accounts as it may over any file; what is written of the book comes afterwards.
  if (!followed.state->accounts.write(followed.state->world, full)) return 0;
  fuzz::check_accounts(followed.state->world, "etc/passwd", 7);
  fuzz::check_accounts(followed.state->world, "etc/group", 4);
  return 0;
}
