// StanzaReader: fields lie in the text, and every round takes some of it.
#include "deb/control.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  ashlar::deb::StanzaReader reader(text, "x");
  ashlar::deb::Stanza stanza;
  const auto inside = [&](std::string_view part) { return part.empty() || (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size()); };
  for (std::size_t count = 0;; ++count) {
    fuzz::must(count <= size, "a stanza takes a byte");
    const auto more = reader.next(stanza);
    if (!more || !*more) return 0;
    fuzz::must(inside(stanza.text()), "a stanza lies in the text");
    for (const auto& [name, value] : stanza.fields()) {
      fuzz::must(!name.empty() && inside(name) && inside(value), "a field lies in the text");
      fuzz::must(stanza.has(name), "a field is found by its name");
    }
  }
}
