#pragma once
// For tests: what a reader tells of given bytes, real tools run in a folder of their own, and zip archives made on the spot.
#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/scratch.h"
#include "inventory/ecosystems.h"
#include "inventory/inner/part_file.h"

namespace ashlar::inventory::trial {

inline const Ecosystem& row(std::string_view name) {
  for (const Ecosystem& each : ecosystems()) {
    if (each.name == name) return each;
  }
  std::abort();
}

/// As the collector would ask: nothing when the reader does not want the file.
inline Told tell(std::string_view ecosystem, std::string_view path, std::string_view content) {
  const Ecosystem& reader = row(ecosystem);
  if (!reader.wants(path, as_bytes(content.substr(0, 4096)))) return {};
  return reader.read(path, ViewFile(as_bytes(content)));
}

/// `type name version path [remark]`, in the order told; notes begin with `note: `, what is unread with `unread: `, damage with `damage: `.
inline std::vector<std::string> lines(const Told& told) {
  std::vector<std::string> out;
  for (const Component& each : told.components)
    out.push_back(each.type + " " + each.name + " " + each.version + " " + each.path + (each.remark.empty() ? "" : " [" + each.remark + "]"));
  for (const std::string& note : told.notes) out.push_back("note: " + note);
  for (const Unread& each : told.unread) out.push_back("unread: cannot read '" + each.path + "': " + each.cause);
  for (const std::string& damage : told.damage) out.push_back("damage: " + damage);
  return out;
}

using Strings = std::vector<std::string>;

using host::Scratch;

inline std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 65536> buffer;
  while (pipe) {
    const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get());
    if (count == 0) break;
    out.append(buffer.data(), count);
  }
  return out;
}

inline bool has_program(const std::string& name) { return !output_of("command -v " + name).empty(); }
/// Whether a command ended well; what it printed goes to `log.txt` of the folder.
inline bool run(const std::filesystem::path& folder, const std::string& command) {
  return std::system(("cd '" + folder.string() + "' && { " + command + "; } >log.txt 2>&1").c_str()) == 0;
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string number(std::uint64_t value, int width) {
  std::string out;
  for (int shift = 0; shift < 8 * width; shift += 8) out += static_cast<char>(value >> shift);
  return out;
}

inline std::string deflated(std::string_view text, int window = -15) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct ZipMember {
  std::string name, content;
  bool store = false;
  std::uint16_t flags = 0, method = 8;
  std::uint32_t claimed_size = 0;  ///< unpacked, when it shall not be the truth
  std::string deflated{};          ///< `content`, when that was done before
};

inline std::string zip(const std::vector<ZipMember>& members, const std::string& before = {}, bool wide = false) {
  std::string out = before, list;
  for (const ZipMember& each : members) {
    const std::string packed = each.store ? each.content : !each.deflated.empty() ? each.deflated : deflated(each.content);
    const size_t size = each.claimed_size != 0 ? each.claimed_size : each.content.size();
    const std::string common = number(20, 2) + number(each.flags, 2) + number(each.store ? 0 : each.method, 2) + number(0, 4) +
                               number(crc32(0, reinterpret_cast<const Bytef*>(each.content.data()), static_cast<uInt>(each.content.size())), 4) + number(packed.size(), 4) + number(size, 4) +
                               number(each.name.size(), 2);
    const std::string extra = wide ? number(1, 2) + number(8, 2) + number(out.size() - before.size(), 8) : std::string();
    list += number(0x02014b50, 4) + number(20, 2) + common + number(extra.size(), 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4) +
            number(wide ? 0xffffffff : out.size() - before.size(), 4) + each.name + extra;
    out += number(0x04034b50, 4) + common + number(0, 2) + each.name + packed;
  }
  const size_t at = out.size();
  out += list;
  if (wide) {
    const size_t end = out.size();
    out += number(0x06064b50, 4) + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) + number(members.size(), 8) + number(members.size(), 8) + number(list.size(), 8) + number(at, 8);
    out += number(0x07064b50, 4) + number(0, 4) + number(end, 8) + number(1, 4);
    return out + number(0x06054b50, 4) + number(0, 4) + number(0xffff, 2) + number(0xffff, 2) + number(0xffffffff, 4) + number(0xffffffff, 4) + number(0, 2);
  }
  return out + number(0x06054b50, 4) + number(0, 4) + number(members.size(), 2) + number(members.size(), 2) + number(list.size(), 4) + number(at - before.size(), 4) + number(0, 2);
}

/// Everything that a reader tells of every shortened and some changed forms of a file: it must end, and nothing is asked of the answer.
inline void torture(std::string_view ecosystem, std::string_view path, const std::string& content, size_t steps = 200) {
  for (size_t step = 0; step < steps; ++step) (void)tell(ecosystem, path, std::string_view(content).substr(0, content.size() * step / steps));
  std::uint64_t random = 88172645463325252U;
  for (size_t step = 0; step < steps; ++step) {
    std::string changed = content;
    for (int change = 0; change < 4; ++change) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      if (!changed.empty()) changed[random % changed.size()] = static_cast<char>(random >> 32);
    }
    (void)tell(ecosystem, path, changed);
  }
}

}  // namespace ashlar::inventory::trial
