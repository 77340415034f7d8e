// What registries answer to those whom they do not know, links to the next page, and files of logins.
#include "fuzz.h"
#include "oci/inner/challenge.h"
#include "oci/credentials.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const auto challenges = ashlar::oci::parse_challenges(text)) {
    for (const auto& each : *challenges) {
      fuzz::must(!each.scheme.empty(), "a challenge has a scheme");
      fuzz::must(each.token.empty() || each.parameters.empty(), "a challenge has a token or parameters");
    }
  }
  const std::string target = ashlar::oci::link_target(text, "next");
  fuzz::must(target.empty() || text.find(target) != std::string_view::npos, "a link's target stands in the header");
  (void)ashlar::oci::read_logins(text, "auth.json");
  return 0;
}
