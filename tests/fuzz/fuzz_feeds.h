#pragma once
// What the drivers of feeds share: a document is read or refused with its place named, and both times the same way.
#include <string>

#include "advisory/inner/collected.h"
#include "fuzz.h"

namespace fuzz {

inline void read_twice(std::string_view format, std::string_view text, const ashlar::advisory::FeedSettings& settings) {
  const auto first = ashlar::advisory::collect(format, text, settings, "fuzz", '}');
  const auto second = ashlar::advisory::collect(format, text, settings, "fuzz", '"');
  must(first.has_value() == second.has_value(), "what stands behind a document means nothing");
  if (!first) {
    if (first.error().message != second.error().message) std::fprintf(stderr, "%s\n%s\n", first.error().message.c_str(), second.error().message.c_str());
    must(first.error().message == second.error().message, "a document is refused twice for the same cause");
    must(first.error().message.starts_with("cannot read feed 'fuzz': "), "a fault names its document");
    return;
  }
  must(*first == *second, "a document is read twice the same");
  for (const auto& advisory : first->advisories) {
    must(!advisory.id.empty(), "an advisory has a name");
    for (const auto& affected : advisory.affected) {
      must(!affected.space.empty() && !affected.package.empty(), "what is affected has a name");
      must(affected.stance == ashlar::advisory::Stance::Affected || (affected.intervals.empty() && affected.versions.empty()), "what is not affected has no versions");
    }
  }
}

}  // namespace fuzz
