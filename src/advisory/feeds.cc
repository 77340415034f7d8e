#include "advisory/feeds.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "advisory/inner/formats.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

constexpr std::array rows = {
    Format{"debian-tracker", "Debian's security tracker, JSON", ".json", read_debian_tracker},
    Format{"osv", "records of the OSV schema, JSON, one a document", ".json", read_osv},
    Format{"kev", "CISA's known exploited vulnerabilities, JSON", ".json", read_kev},
    Format{"epss", "FIRST's EPSS scores, CSV", ".csv", read_epss},
    Format{"secdb", "the secdb of Alpine, Wolfi and Chainguard, JSON", ".json", read_secdb},
    Format{"debian-list", "Debian's lists of advisories (DSA, DLA), text", "list", read_debian_list},
    Format{"wolfi-advisories", "Wolfi's advisories, YAML, one source package a document", ".advisories.yaml", read_wolfi_advisories},
    Format{"eol", "end-of-life dates as endoflife.date has them, JSON", ".json", read_eol},
    Format{"debian-support-ended", "source packages whose support ended before the release's, text", "", read_support_ended},
    Format{"debian-support-limited", "source packages with limited support, text", "", read_support_limited},
};

}  // namespace

std::span<const Format> formats() { return rows; }

Result<const Format*> format(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Format& row : rows) {
    if (row.name == name) return &row;
    names.push_back(row.name);
  }
  const std::string near = nearest(name, names);
  return cannot(Kind::NotFound, fmt::format("read feeds of the format '{}'", name),
                near.empty() ? fmt::format("the formats are {}", fmt::join(names, ", ")) : fmt::format("there is no such format, did you mean '{}'?", near));
}

}  // namespace ashlar::advisory
