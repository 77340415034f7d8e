#include "advisory/support.h"

namespace ashlar::advisory {

Result<ReleaseSupport> release_support(Database& database, std::string_view space) {
  TRY_ASSIGN(const auto all, database.support(space, {}));
  ReleaseSupport out;
  for (const Support& each : all) {
    if (each.until && (!out.until || *out.until < *each.until)) out.until = each.until;
    out.over = out.over || !each.until;
  }
  return out;
}

}  // namespace ashlar::advisory
