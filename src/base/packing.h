#pragma once
// How values lie in our own binary records: numbers as varints (LEB128: 7 bits a byte, low bits first), texts and lists with their count before them,
// moments as zigzag varints.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace ashlar {

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
  std::uint64_t count();  ///< a number of things that take at least one byte each
  std::optional<Time> moment();
  std::string text();
  std::string_view view();  ///< as text(), of the bytes that are unpacked
  std::vector<std::string> texts();
  bool at_end() const { return rest_.empty(); }
  bool sound() const { return sound_; }

 private:
  BytesView rest_;
  bool sound_ = true;
};

/// A record as it lies on disk: a line that names its form (`ashlar frame 1`), the body, and the SHA-256 of both.
std::string seal(std::string_view form, std::string_view body);
/// The body of such a record, a view of it; Corrupt when it has another form or a byte differs from what was written.
Result<BytesView> unseal(std::string_view form, std::string_view record);

}  // namespace ashlar
