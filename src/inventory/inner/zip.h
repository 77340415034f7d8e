#pragma once
// Zip archives read from their list of members (APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3), also where other bytes stand before them.
#include <cstdint>
#include <string>
#include <vector>

#include "inventory/ecosystems.h"
#include "inventory/inner/inflate.h"

namespace ashlar::inventory {

class Zip {
 public:
  struct Member {
    std::string name;
    std::uint16_t method = 0;  ///< 0 stored, 8 deflated
    bool encrypted = false;
    std::uint64_t packed = 0, size = 0, place = 0;  ///< `place`: of its local head in the file
  };
  static constexpr std::uint64_t max_members = 500'000, max_list = 64 << 20;

  /// `file` must outlive it. Corrupt when it ends as no zip archive, or its list of members is damaged or over the limits.
  static Result<Zip> open(const host::ReadFile& file);
  /// Regular ones, in the order of the list.
  const std::vector<Member>& members() const { return members_; }
  /// Unpacked; Corrupt when it is damaged, encrypted, packed in another way or larger than `limit`.
  Result<Bytes> read(const Member& member, std::uint64_t limit) const;
  /// The first four bytes of a member, unpacked; fewer where it does not read.
  std::string front(const Member& member, FrontInflater& inflater) const;
  /// Where the bytes of a stored member stand in the file.
  Result<std::uint64_t> place_of(const Member& member) const;

 private:
  explicit Zip(const host::ReadFile& file) : file_(&file) {}
  const host::ReadFile* file_;
  std::vector<Member> members_;
};

}  // namespace ashlar::inventory
