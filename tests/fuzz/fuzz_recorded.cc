// Recorded effects: what is read is written and read as the same, and replayed it stays in the image.
#include "build/inner/recorded.h"
#include "fuzz_image_changes.h"
#include "host/memory.h"

namespace build = ashlar::build;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::host::MemoryFiles files;
  const ashlar::host::Path path = "/x.effects.json", other = "/y.effects.json", again = "/z.effects.json";
  (void)files.write(path, fuzz::text(data, size), ashlar::host::Durability::Cache);
  const auto effects = build::RecordedEffects::read(files, path);
  if (!effects) return 0;
  fuzz::must(effects->write(files, other).has_value(), "effects are written");
  const auto second = build::RecordedEffects::read(files, other);
  fuzz::must(second && second->write(files, again).has_value(), "effects that were written are read");
  fuzz::must(*files.read(other) == *files.read(again), "effects read as they were written");

  build::World world(fuzz::small_image(), 1700000000);
  auto book = build::AccountBook::open({}, world);
  build::ScriptState state{.world = std::move(world), .accounts = std::move(*book), .alternatives = {}, .full = true};
  for (const build::RecordedScript& script : second->all()) {
    if (!build::replay(script, state, {script.package, script.version, "amd64", script.script, {}})) return 0;
  }
  fuzz::check_changes(state.world);
  return 0;
}
