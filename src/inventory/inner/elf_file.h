#pragma once
// The sections and segments of an ELF file, read by range: what compilers leave in programs beside code.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/elf_head.h"
#include "inventory/ecosystems.h"

namespace ashlar::inventory {

class ElfFile {
 public:
  using Segment = ElfSegment;
  struct Section {
    std::string name;
    std::uint32_t type = 0;
    std::uint64_t address = 0, offset = 0, size = 0;
  };
  struct Note {
    std::string owner;
    std::uint32_t type = 0;
    Bytes content;
  };
  static constexpr std::uint32_t load = 1, note = 4, executable = 1, writable = 2;

  /// `file` must outlive it. Corrupt when its head is cut off or its segments lie outside of it; damaged sections are none. At most 65,535 of each.
  static Result<ElfFile> open(const host::ReadFile& file);

  const std::vector<Segment>& segments() const { return segments_; }
  const std::vector<Section>& sections() const { return sections_; }
  const Section* section(std::string_view name) const;
  Result<Bytes> read(const Section& section, std::uint64_t limit) const { return read_range(*file_, section.offset, section.size, limit); }
  /// Up to `most` bytes that the program will see at `address`, as far as the segment has them in the file; empty where none has.
  Result<Bytes> at(std::uint64_t address, std::uint64_t most) const;
  /// What the notes of its segments hold, up to 1 MiB each.
  std::vector<Note> notes() const;
  /// In the file's byte order; 0 beyond the end.
  std::uint64_t number(BytesView bytes, size_t at, size_t width) const { return head_.number(bytes, at, width); }
  const host::ReadFile& file() const { return *file_; }
  bool wide() const { return head_.wide; }
  std::uint16_t machine() const { return head_.machine; }

 private:
  explicit ElfFile(const host::ReadFile& file) : file_(&file) {}
  Done read_sections();

  const host::ReadFile* file_;
  ElfHead head_;
  std::vector<Segment> segments_;
  std::vector<Section> sections_;
};

}  // namespace ashlar::inventory
