// read_record: what is read is written and read as the same. The digest at the end is put there, for no input would have it.
#include "base/digest.h"
#include "build/inner/frame_record.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string record = "ashlar frame 1\n" + std::string(fuzz::text(data, size));
  (void)ashlar::build::read_record(record);
  record += ashlar::as_text(ashlar::Digest::of(record).raw());
  const auto frame = ashlar::build::read_record(record);
  if (!frame) return 0;
  const std::string written = ashlar::build::to_record(*frame);
  const auto again = ashlar::build::read_record(written);
  fuzz::must(again.has_value(), "a record that was written is read");
  fuzz::must(ashlar::build::to_record(*again) == written, "a record reads as it was written");
  return 0;
}
