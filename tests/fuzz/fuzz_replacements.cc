// The table of what replaces well-known images, and what it says of a few.
#include "fuzz.h"
#include "workload/replacements.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar::workload;
  const auto replacements = Replacements::read(std::string(fuzz::text(data, size)), "replacements.yaml");
  if (!replacements) {
    fuzz::must(!replacements.error().message.empty(), "an error says why");
    return 0;
  }
  for (const char* text : {"nginx", "nginx:1.27-alpine", "library/python:3", "registry.example/distroless/static:debug", "a:v1.2.3"}) {
    const auto advice = replacements->find(ImageName::parse(text).value());
    fuzz::must(!advice || !advice->found() || !advice->entry->image.empty(), "an image is that of an entry");
  }
  return 0;
}
