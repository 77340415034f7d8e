// Versions: parts lie in the text, and the order is one.
#include "deb/version.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const std::size_t middle = text.find('\n');
  const auto a = ashlar::deb::Version::parse(text.substr(0, middle));
  if (!a) return 0;
  fuzz::must(a->upstream().size() + a->revision().size() <= a->str().size(), "parts lie in the text");
  fuzz::must(*a == *a, "a version equals itself");
  if (middle == std::string_view::npos) return 0;
  const auto b = ashlar::deb::Version::parse(text.substr(middle + 1));
  if (!b) return 0;
  fuzz::must(((*a <=> *b) < 0) == ((*b <=> *a) > 0) && ((*a <=> *b) == 0) == ((*b <=> *a) == 0), "the order is the same from both sides");
  return 0;
}
