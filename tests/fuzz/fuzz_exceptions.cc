// read_exceptions: every decision has an owner, a reason and an end, and is the same once it is written.
#include <nlohmann/json.hpp>
#include <set>

#include "fuzz.h"
#include "scan/exceptions.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar;
  const auto decisions = scan::read_exceptions(fuzz::text(data, size), "x.json");
  if (!decisions) {
    fuzz::must(decisions.error().message.starts_with("cannot read exceptions of 'x.json': "), "an error says what it is about");
    return 0;
  }
  std::set<std::string> ids;
  for (const scan::Exception& each : *decisions) {
    fuzz::must(ids.insert(each.id).second, "no decision is there twice");
    fuzz::must(!each.id.empty() && !each.vulnerability.empty() && !each.owner.empty() && !each.reason.empty(), "a decision has an owner and a reason");
    fuzz::must(each.created < each.expires, "a decision ends after it was made");
  }
  const std::string written = to_pretty(scan::to_json(*decisions));
  const auto again = scan::read_exceptions(written, "again.json");
  fuzz::must(again.has_value() && *again == *decisions, "a decision is the same once it is written");
  return 0;
}
