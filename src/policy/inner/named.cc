#include "policy/inner/named.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::policy {

std::string named(const std::vector<std::string>& list) {
  constexpr size_t most = 5;
  const std::string first = join(std::span(list).first(std::min(list.size(), most)), ", ");
  return list.size() > most ? fmt::format("{} and {} more", first, list.size() - most) : first;
}

}  // namespace ashlar::policy
