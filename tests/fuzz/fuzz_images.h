#pragma once
// What holds for the images of any YAML file of a team.
#include <algorithm>

#include "fuzz.h"
#include "workload/images.h"
#include "workload/repin.h"

namespace fuzz {

inline void images(ashlar::workload::FileKind kind, std::string_view text, std::string_view path) {
  using namespace ashlar::workload;
  (void)kind_of_file(path, text);
  const auto uses = images_of(kind, text, path);
  const auto lines = 2 + std::ranges::count_if(text, [](char c) { return c == '\n' || c == '\r'; });
  if (!uses) {
    must(!uses.error().message.empty(), "an error says why");
    for (const auto& fault : uses.error().faults) must(fault.line >= 1 && fault.line <= lines && fault.column >= 1, "a fault stands in the text");
    return;
  }
  for (const auto& use : *uses) {
    must(use.span.begin <= use.span.end && use.span.end <= text.size() && use.span.line >= 1 && use.span.line <= lines, "a use stands in the text");
    for (std::size_t at = 0; at < use.text.text.size(); ++at)
      must(use.text.from[at] == Traced::nowhere || (use.text.from[at] < text.size() && text[use.text.from[at]] == use.text.text[at]), "a byte is that of its place");
  }
  // With other files beside it, whatever they are: the text itself is each of them.
  Beside beside{.read = [text](const std::string&) { return std::optional(std::string(text)); }, .pipeline = {std::string(text), std::string(text)}};
  const auto among = images_of(kind, text, path, &beside);
  must(among.has_value(), "what could be read can be read beside others");
  for (const auto& use : *among) must(use.span.begin <= use.span.end && use.span.end <= text.size(), "a use stands in the text");
  (void)includes_of(text, path);
  for (const auto& use : *uses) {
    if (!use.image) continue;
    ImageName to = *use.image;
    to.digest = "sha256:" + std::string(64, '7');
    const auto moved = repin(kind, text, path, *use.image, to);
    must(moved.has_value(), "what could be read can be moved");
    const auto again = repin(kind, moved->text, path, *use.image, to);
    must(again && again->text == moved->text, "a second time changes nothing");
    break;
  }
}

}  // namespace fuzz
