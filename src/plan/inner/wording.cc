#include "plan/inner/wording.h"

#include "deb/package.h"

namespace ashlar::plan {

std::string to_string(const Stock& stock, const Link& link) {
  return deb::to_string(deb::Alternative{std::string(stock.text(link.target)), {}, link.relation, std::string(link.version)});
}

std::string to_string(const Stock& stock, Links clause) {
  std::string out;
  for (const Link& link : clause) out += (out.empty() ? "" : " | ") + to_string(stock, link);
  return out;
}

}  // namespace ashlar::plan
