// read_recorded_history: facts in order, each once, whose versions compare; replayed, they come to an answer.
#include <algorithm>

#include "deb/version.h"
#include "fuzz.h"
#include "pipeline/replay.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar;
  MemorySource lines({data, size});
  const auto history = pipeline::read_recorded_history(lines, "x.jsonl");
  if (!history) {
    fuzz::must(history.error().message.starts_with("cannot read history 'x.jsonl': "), "an error says what it is about");
    return 0;
  }
  fuzz::must(std::ranges::is_sorted(*history) && std::ranges::adjacent_find(*history) == history->end(), "facts are in order, each once");
  for (const pipeline::Fact& each : *history) {
    fuzz::must(each.version.empty() || deb::Version::parse(each.version).has_value(), "a version is one");
    fuzz::must((each.kind == pipeline::FactKind::Image) == !each.sources.empty(), "an image is made of something, and nothing else is");
  }
  if (history->empty()) return 0;
  pipeline::ReplayWish wish{.from = history->front().at, .to = history->back().at, .rules = policy::default_sla()};
  wish.every = std::max<std::int64_t>((wish.to.seconds - wish.from.seconds) / 4, 1);
  const auto replayed = pipeline::replay(*history, wish);
  const bool images = std::ranges::any_of(*history, [](const pipeline::Fact& each) { return each.kind == pipeline::FactKind::Image; });
  fuzz::must(replayed.has_value() || !images || replayed.error().kind == Kind::Invalid, "a history with an image is replayed");
  if (!replayed) return 0;
  for (const pipeline::ReplayDay& day : replayed->days) fuzz::must(day.loop.matters() <= day.loop.all_open() && day.loop.all_open() <= day.loop.unfixed && day.loop.unfixed <= day.loop.named, "what is counted is part of what it is counted of");
  return 0;
}
