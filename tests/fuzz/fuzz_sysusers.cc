// sysusers.d lines: the lists of accounts that come of them are lists of accounts.
#include "build/inner/sysusers.h"
#include "fuzz_image_changes.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::build::World world(fuzz::small_image(), 1700000000);
  ashlar::plan::Definition definition;
  definition.variant = size % 2 == 0 ? ashlar::plan::Variant::Dev : ashlar::plan::Variant::Runtime;
  auto book = ashlar::build::AccountBook::open(definition, world);
  fuzz::must(book.has_value(), "there are accounts");
  if (!ashlar::build::add_system_users(fuzz::text(data, size), *book)) return 0;
  fuzz::must(book->write(world, true).has_value(), "accounts are written");
  fuzz::check_accounts(world, "etc/passwd", 7);
  fuzz::check_accounts(world, "etc/group", 4);
  fuzz::check_accounts(world, "etc/shadow", 9);
  fuzz::check_accounts(world, "etc/gshadow", 4);
  return 0;
}
