#include "host/inner/system.h"

#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace ashlar::host {

Descriptor::~Descriptor() { close(); }

void Descriptor::close() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

std::unexpected<Error> system_error(std::string_view what, int number) {
  Kind kind = Kind::Unavailable;
  if (number == ENOENT || number == ENOTDIR) kind = Kind::NotFound;
  if (number == EEXIST || number == ENOTEMPTY || number == EISDIR) kind = Kind::Conflict;
  std::string words = std::generic_category().message(number);
  if (!words.empty()) words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  return cannot(kind, what, words);
}

}  // namespace ashlar::host
