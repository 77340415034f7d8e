#pragma once
// How values lie in the database's blobs (docs/formats/database.md): numbers as varints (7 bits a byte, low bits first), texts and lists with their
// count before them, moments as zigzag varints.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/record.h"
#include "base/bytes.h"

namespace ashlar::advisory {

class Packer {
 public:
  void number(std::uint64_t value);
  void moment(const std::optional<Time>& time);
  void text(std::string_view text);
  void texts(const std::vector<std::string>& texts);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Total: reads what a Packer wrote; after the first thing that does not fit everything is empty, and sound() is false.
class Unpacker {
 public:
  explicit Unpacker(BytesView bytes) : rest_(bytes) {}
  std::uint64_t number();
  std::optional<Time> moment();
  std::string text();
  std::vector<std::string> texts();
  bool at_end() const { return rest_.empty(); }
  bool sound() const { return sound_; }

 private:
  std::uint64_t count();  ///< of things of at least one byte
  BytesView rest_;
  bool sound_ = true;
};

/// Without `affected`.
std::string pack(const Advisory& advisory);
Advisory unpack_advisory(Unpacker& from);
/// Without space and package.
std::string pack(const Affected& affected);
Affected unpack_affected(Unpacker& from);

}  // namespace ashlar::advisory
