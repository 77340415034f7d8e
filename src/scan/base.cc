#include "scan/base.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace ashlar::scan {
namespace {

/// Whether a line of history says what a container runs: `CMD ["x"]` (BuildKit), `/bin/sh -c #(nop)  CMD ["x"]` (the old builder).
bool ends_a_stage(std::string_view line) {
  if (const size_t nop = line.find("#(nop)"); nop != std::string_view::npos) line.remove_prefix(nop + 6);
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  return line.starts_with("CMD ") || line.starts_with("ENTRYPOINT ");
}

std::set<std::string> affecting(const Report& report, bool base_only) {
  std::set<std::string> out;
  for (const Finding& finding : report.findings) {
    if (finding.status == Status::Affected && (!base_only || finding.owner == Owner::Base)) out.insert(fmt::format("{} {}", finding.id, finding.component.name));
  }
  return out;
}

}  // namespace

Result<BaseLayers> layers_of_base(const oci::Config& image, const oci::Config& base, std::string_view base_ref) {
  size_t same = 0;
  while (same < std::min(image.diff_ids.size(), base.diff_ids.size()) && image.diff_ids[same] == base.diff_ids[same]) ++same;
  if (same == base.diff_ids.size() && same > 0) return BaseLayers{same, fmt::format("it is built on '{}'", base_ref)};
  return cannot(Kind::Conflict, fmt::format("take '{}' as the base", base_ref), fmt::format("the image is not built on it: {} of its {} layers are the image's", same, base.diff_ids.size()));
}

BaseLayers guess_base(const oci::Config& image, bool ours) {
  const size_t layers = image.diff_ids.size();
  if (ours) return {layers, "it names its own files: it is a base as a whole"};
  size_t below = 0, found = 0;
  std::vector<size_t> ends;  // layers below each line that ends a stage
  for (const auto& line : image.history) {
    if (line.empty_layer && ends_a_stage(line.created_by)) ends.push_back(below);
    if (!line.empty_layer) ++below;
  }
  for (const size_t end : ends) found = end < below ? end : found;  // the image's own last line has no layers above it
  if (below == layers && found > 0) return {found, fmt::format("its history ends another image after {} of {} layers", found, layers)};
  return {layers, "nothing tells what it is built on: all of it counts as the base"};
}

BaseChange change_base(const Report& image, const Report& base) {
  const auto before = affecting(image, true), after = affecting(base, false);
  BaseChange out{.ref = base.ref};
  std::ranges::set_difference(before, after, std::back_inserter(out.removed));
  std::ranges::set_intersection(before, after, std::back_inserter(out.kept));
  std::ranges::set_difference(after, before, std::back_inserter(out.added));
  return out;
}

}  // namespace ashlar::scan
