// parse_dockerfile, images_of and repin on Dockerfiles: places lie in the text, bytes are those of the text, and what is moved is moved once.
#include <algorithm>

#include "fuzz.h"
#include "workload/images.h"
#include "workload/repin.h"

namespace {

using ashlar::workload::Instruction;
using ashlar::workload::Traced;

void check(const Traced& text, std::string_view whole) {
  fuzz::must(text.from.size() == text.text.size(), "each byte has a place or none");
  for (std::size_t at = 0; at < text.text.size(); ++at) fuzz::must(text.from[at] == Traced::nowhere || (text.from[at] < whole.size() && whole[text.from[at]] == text.text[at]), "a byte is that of its place");
}

void check(const Instruction& each, std::string_view whole) {
  fuzz::must(each.span.begin <= each.span.end && each.span.end <= whole.size() && each.span.line >= 1 && each.span.column >= 1, "an instruction stands in the text");
  for (const auto& word : each.words) check(word, whole);
  for (const auto& flag : each.flags) check(flag.value, whole);
  for (const auto& pair : each.assignments) check(pair.name, whole), check(pair.value, whole);
  for (const auto& doc : each.heredocs) fuzz::must(whole.substr(doc.span.begin, doc.span.end - doc.span.begin) == doc.content, "a heredoc is what stands there");
  for (const auto& inner : each.trigger) check(inner, whole);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar::workload;
  const std::string_view text = fuzz::text(data, size);
  const auto file = parse_dockerfile(text, "Dockerfile");
  if (!file) {
    const auto lines = 2 + std::ranges::count(text, '\n');
    for (const auto& fault : file.error().faults) fuzz::must(fault.line >= 1 && fault.line <= lines && fault.column >= 1, "a fault stands in the text");
    return 0;
  }
  for (const auto& each : file->instructions) check(each, text);
  fuzz::must(!file->stages.empty(), "a Dockerfile has a stage");
  for (const auto& use : images_of(*file, text)) {
    check(use.text, text);
    if (!use.image) continue;
    ImageName to = *use.image;
    to.digest = "sha256:" + std::string(64, '7');
    const auto moved = repin(FileKind::Dockerfile, text, "Dockerfile", *use.image, to);
    fuzz::must(moved.has_value(), "what could be read can be moved");
    const auto again = repin(FileKind::Dockerfile, moved->text, "Dockerfile", *use.image, to);
    fuzz::must(again && again->text == moved->text, "a second time changes nothing");
    break;
  }
  return 0;
}
