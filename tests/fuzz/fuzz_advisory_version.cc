// Versions of every grammar, two a line each: each text is one or is none, alone and compared, and the order is the same from both sides.
#include "advisory/version.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ashlar::advisory::Grammar;
  const std::string_view text = fuzz::text(data, size);
  const std::size_t middle = text.find('\n');
  const std::string_view a = text.substr(0, middle), b = middle == std::string_view::npos ? std::string_view("1.0.0") : text.substr(middle + 1);
  for (const Grammar grammar : {Grammar::Dpkg, Grammar::Apk, Grammar::Rpm, Grammar::Semver, Grammar::Pep440, Grammar::Maven, Grammar::Go}) {
    const bool both = is_version(grammar, a) && is_version(grammar, b);
    const auto order = compare(grammar, a, b), turned = compare(grammar, b, a);
    fuzz::must(order.has_value() == both && turned.has_value() == both, "two are compared when both are versions");
    if (!both) continue;
    fuzz::must(*order == (0 <=> *turned), "the order is the same from both sides");
    fuzz::must(*compare(grammar, a, a) == 0, "a version equals itself");
  }
  return 0;
}
