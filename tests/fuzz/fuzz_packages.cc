// parse_packages and the relations in what it gives.
#include "deb/package.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (size < 400) (void)ashlar::deb::parse_relations(text);
  const auto packages = ashlar::deb::parse_packages(text, "Packages", 0);
  if (!packages) return 0;
  for (const auto& package : *packages) {
    fuzz::must(!package.name.empty() && !package.version.empty() && !package.filename.empty(), "a package has what the header promises");
    fuzz::must(package.sha256.size() == 64, "a package has a digest");
    for (const std::string_view field : {package.depends, package.pre_depends, package.provides, package.conflicts, package.breaks, package.replaces}) {
      const auto clauses = ashlar::deb::parse_relations(field);
      if (!clauses) continue;
      for (const auto& clause : *clauses) {
        const auto again = ashlar::deb::parse_relations(to_string(clause));
        fuzz::must(again && again->size() == 1 && to_string(again->front()) == to_string(clause), "a clause reads as it is written");
      }
    }
  }
  return 0;
}
