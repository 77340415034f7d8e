#pragma once
// What a server answers to those whom it does not know (RFC 9110, section 11.6.1: `WWW-Authenticate`).
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::oci {

struct Challenge {
  std::string scheme;                             ///< lower case: `basic`, `bearer`
  std::string token;                              ///< a `token68` in the place of parameters
  std::map<std::string, std::string> parameters;  ///< names in lower case; of one that comes twice, the first
};

/// The challenges of a header, or of several joined by commas, in their order. Invalid where the text is no such list, or longer than 16 KiB.
Result<std::vector<Challenge>> parse_challenges(std::string_view header);

/// The values of the links of a header `Link` (RFC 8288) whose relation is `relation`: the first one's address, or empty.
std::string link_target(std::string_view header, std::string_view relation);

}  // namespace ashlar::oci
