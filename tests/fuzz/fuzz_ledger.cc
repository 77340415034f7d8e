// read_canonical and read_checkpoint: what is taken has one form, and is the same once it is written.
#include "fuzz.h"
#include "ledger/checkpoint.h"
#include "ledger/event.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar;
  const std::string_view text = fuzz::text(data, size);
  if (const auto entry = ledger::read_canonical(text)) {
    fuzz::must(ledger::canonical(entry->event, entry->number, entry->recorded) == text, "an event that is read was written so");
  } else {
    fuzz::must(entry.error().kind == Kind::Corrupt, "what is no event is damaged");
  }
  if (const auto checkpoint = ledger::read_checkpoint(text, "x.json")) {
    const auto& found = checkpoint->checkpoint;
    fuzz::must(!checkpoint->envelope.signatures.empty(), "a checkpoint is signed");
    fuzz::must(ledger::to_statement(found).find(found.chain.hex()) != std::string::npos, "its statement names the chain");
  } else {
    fuzz::must(checkpoint.error().message.starts_with("cannot read checkpoint 'x.json': "), "an error says what it is about");
  }
  return 0;
}
