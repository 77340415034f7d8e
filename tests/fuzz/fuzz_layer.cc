// read_record of a layer, and what its onlooker takes over: what is read is written and read as the same. The digest at the end is put there, for no input
// would have it.
#include "base/packing.h"
#include "fuzz.h"
#include "host/memory.h"
#include "inventory/inner/layer.h"
#include "inventory/inventory.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar::inventory;
  const std::string body(fuzz::text(data, size));
  (void)read_record("key", body, 0);
  const auto kept = read_record("key", ashlar::seal("ashlar layer 3", body), 0);
  if (!kept) return 0;
  const std::string written = to_record("key", kept->layer, kept->found);
  const auto again = read_record("key", written, 0);
  fuzz::must(again.has_value(), "a record that was written is read");
  fuzz::must(to_record("key", again->layer, again->found) == written, "a record reads as it was written");
  ashlar::host::MemoryFiles files;
  Collector one(files), other(files);
  Onlooker* const first = one.onlooker();
  if (!first->recall(ashlar::as_bytes(kept->found), 0)) return 0;
  const auto found = first->found();
  fuzz::must(found.has_value(), "what was taken over is given again");
  Onlooker* const second = other.onlooker();
  fuzz::must(second->recall(ashlar::as_bytes(*found), 0) && second->found() == found, "and taken over as the same");
  return 0;
}
