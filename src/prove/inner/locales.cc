#include "prove/inner/locales.h"

#include <cstdint>
#include <cstring>

namespace ashlar::prove {

std::vector<std::string> locales_in_archive(std::string_view front) {
  // struct locarhead: magic, serial, then offset, used and size of the hash of names, then offset, used and size of their texts, in the machine's order.
  constexpr std::uint32_t magic = 0xde020109;
  constexpr size_t head_size = 8 * sizeof(std::uint32_t);
  std::vector<std::string> out;
  if (front.size() < head_size) return out;
  std::uint32_t head[8];
  std::memcpy(head, front.data(), sizeof head);
  if (head[0] != magic || head[5] > front.size()) return out;
  std::string_view names = front.substr(head[5], head[6]);
  for (size_t end = names.find('\0'); end != std::string_view::npos; end = names.find('\0')) {
    if (end > 0) out.emplace_back(names.substr(0, end));
    names.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace ashlar::prove
