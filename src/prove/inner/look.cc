#include "prove/inner/look.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/marks.h"
#include "prove/inner/members.h"
#include "prove/inner/needles.h"
#include "prove/inner/secrets.h"

namespace ashlar::prove {
namespace {

constexpr std::string_view elf_magic = "\177ELF";
constexpr int max_depth = 8;
constexpr size_t max_places = 256;  ///< of one file at which an archive may begin
constexpr size_t max_secrets = 64;  ///< of one file; who has more needs no longer list

/// How programs and archives begin when their bytes are written in base64 (RFC 4648).
constexpr std::string_view in_base64[] = {"f0VMRg", "H4sI", "/Td6WFoA", "UEsDB", "KLUv/"};

/// Everything that is looked for, in one table: marks, then secrets, then heads of archives, then those in base64, then the head of an ELF file.
struct Table {
  std::vector<std::string_view> texts;
  size_t marks, secrets, archives, encoded;  ///< where each kind ends
  Needles needles;
  Table()
      : texts(collect()), marks(mark_texts().size()), secrets(marks + secret_texts().size()), archives(secrets + archive_texts().size()), encoded(archives + std::size(in_base64)),
        needles(texts) {}
  static std::vector<std::string_view> collect() {
    std::vector<std::string_view> out(mark_texts().begin(), mark_texts().end());
    out.insert(out.end(), secret_texts().begin(), secret_texts().end());
    out.insert(out.end(), archive_texts().begin(), archive_texts().end());
    out.insert(out.end(), std::begin(in_base64), std::end(in_base64));
    out.push_back(elf_magic);
    return out;
  }
};

const Table& the_table() {
  static const Table table;
  return table;
}

struct Seen {
  Marks marks;
  std::vector<size_t> elves;     ///< where the head of an ELF file stands
  std::vector<size_t> archives;  ///< where that of an archive stands, but at the beginning
  std::vector<size_t> encoded;   ///< where one in base64 stands
};

bool is_program_text(std::string_view text) { return text.substr(0, 4096).find('\0') != std::string_view::npos; }

void add_secret(FileFacts& facts, Secret secret) {
  if (facts.secrets.size() >= max_secrets) return;
  const bool known = std::any_of(facts.secrets.begin(), facts.secrets.end(), [&](const Secret& each) {
    return each.what == secret.what && each.inside == secret.inside && (each.line == secret.line || secret.line == 0);
  });
  if (!known) facts.secrets.push_back(std::move(secret));
}

Seen search(std::string_view text, const std::string& inside, FileFacts& facts) {
  const Table& table = the_table();
  Seen seen;
  const bool binary = is_program_text(text);
  table.needles.find(text, [&](size_t at, size_t which) {
    if (which < table.marks) {
      seen.marks.set(which);
    } else if (which < table.secrets) {
      auto what = judge_secret(text, at, which - table.marks);
      if (what) add_secret(facts, {std::move(*what), inside, binary ? 0 : 1 + static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'))});
    } else if (which < table.archives) {
      if (at != 0 && seen.archives.size() < max_places) seen.archives.push_back(at);
    } else if (which < table.encoded) {
      if (seen.encoded.size() < max_places) seen.encoded.push_back(at);
    } else if (seen.elves.size() < 1024) {
      seen.elves.push_back(at);
    }
  });
  return seen;
}

void add_traits(FileFacts& facts, std::vector<Trait> traits, const std::string& inside, std::string_view behind) {
  for (Trait& trait : traits) {
    if (trait.inside.empty()) trait.inside = inside;
    trait.why += behind;
    const bool known = std::any_of(facts.traits.begin(), facts.traits.end(), [&](const Trait& each) { return each.family == trait.family && each.inside == trait.inside; });
    if (!known) facts.traits.push_back(std::move(trait));
  }
}

/// A program that other bytes stand before: no kernel starts it as it lies, but whoever cuts it out does.
void look_behind(std::string_view text, const Seen& seen, const std::string& inside, FileFacts& facts) {
  if (seen.marks.none()) return;
  for (const size_t at : seen.elves) {
    const auto elf = at == 0 ? Result<Elf>(fail(Kind::NotFound, "")) : read_elf(as_bytes(text.substr(at)));
    if (elf && elf->program()) return add_traits(facts, judge_marks(seen.marks, true), inside, fmt::format(", behind {} other bytes", at));
  }
}

void look(std::string_view path, BytesView content, const std::string& inside, int depth, Budget& budget, FileFacts& facts);

/// Looks at every member of what may be an archive; false when it is none.
bool look_into(std::string_view path, BytesView content, const std::string& inside, int depth, Budget& budget, FileFacts& facts) {
  const std::string where = inside.empty() ? "" : inside + ": ";
  bool too_deep = false;
  const auto archive = each_member(content, budget, [&](const std::string& name, BytesView member) {
    if (depth >= max_depth) too_deep = true;
    else look(name.empty() ? path : name, member, fmt::format("{}!{}", inside, name), depth + 1, budget, facts);
  });
  if (too_deep) facts.unjudged.push_back(fmt::format("{}archives lie more than {} deep in it", where, max_depth));
  else if (!archive) facts.unjudged.push_back(where + archive.error().message);
  return archive.value_or(true);
}

/// Archives that other bytes stand before, as behind scripts and programs that unpack themselves. First bytes alone are many in programs that read
/// archives: what does not unpack is none.
void look_at_places(std::string_view path, BytesView content, const Seen& seen, const std::string& inside, int depth, Budget& budget, FileFacts& facts) {
  size_t end = 0;
  for (const size_t at : seen.archives) {
    const BytesView rest = content.subspan(at);
    if (const auto what = sealed(rest); !what.empty() && at >= end) facts.unjudged.push_back(fmt::format("{}at {}: it is {}, which nothing here reads", inside.empty() ? "" : inside + ": ", at, what));
    if (at < end || depth >= max_depth || !begins_archive(rest)) continue;
    const std::string place = fmt::format("{}!{}", inside, at);
    const auto archive = each_member(rest, budget, [&](const std::string& name, BytesView member) {
      look(name.empty() ? path : name, member, fmt::format("{}!{}", place, name), depth + 1, budget, facts);
      end = at + 1;
    });
    if (!archive && archive.error().kind == Kind::Invalid) facts.unjudged.push_back(fmt::format("{}at {}: {}", inside.empty() ? "" : inside + ": ", at, archive.error().message));
  }
}

/// The bytes that a text in base64 stands for; line ends may be written as `\\n`.
Bytes decoded(std::string_view text) {
  Bytes out;
  std::uint32_t bits = 0;
  int held = 0;
  for (size_t at = 0; at < text.size() && out.size() < max_whole; ++at) {
    const char c = text[at];
    int value = 0;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    else if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    else if (c >= '0' && c <= '9') value = c - '0' + 52;
    else if (c == '+' || c == '/') value = c == '+' ? 62 : 63;
    else if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    else if (c == '\\' && at + 1 < text.size() && (text[at + 1] == 'n' || text[at + 1] == 'r')) { ++at; continue; }
    else break;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) held -= 8, out.push_back(static_cast<std::uint8_t>(bits >> held & 0xff));
  }
  return out;
}

/// Programs and archives in base64.
void look_at_base64(std::string_view path, std::string_view text, const Seen& seen, const std::string& inside, int depth, Budget& budget, FileFacts& facts) {
  constexpr size_t least = 64;  // what is shorter is no program
  for (const size_t at : seen.encoded) {
    if (depth >= max_depth || text.size() - at < least) continue;
    const Bytes start = decoded(text.substr(at, 4 * least));
    if (start.size() < least / 2 || (!is_elf(start) && !begins_archive(start))) continue;
    const Bytes bytes = decoded(text.substr(at));
    if (bytes.size() > budget.bytes) continue;
    budget.bytes -= bytes.size();
    FileFacts found;
    look(path, bytes, fmt::format("{}!base64", inside), depth + 1, budget, found);
    add_traits(facts, std::move(found.traits), {}, "");
    for (Secret& each : found.secrets) add_secret(facts, std::move(each));
  }
}

void put_links(Result<Elf> elf, BytesView content, FileFacts& facts) {
  if (!elf) return void(facts.elf_fault = elf.error().message);
  facts.elf = std::make_unique<Elf>(std::move(*elf));
  auto symbols = read_elf_symbols(content);
  facts.symbols = std::make_unique<ElfSymbols>(symbols ? std::move(*symbols) : ElfSymbols());
}

void look_at_elf(BytesView content, const Seen& seen, const std::string& inside, FileFacts& facts) {
  const auto elf = read_elf(content);
  // A file whose tables are damaged may still be what a kernel starts: it counts as a program.
  std::vector<Trait> traits = judge_marks(seen.marks, elf ? elf->program() : true);
  if (elf && elf->program()) judge_needed(elf->needed, traits);
  add_traits(facts, std::move(traits), inside, "");
  if (inside.empty()) put_links(elf, content, facts);
}

void look(std::string_view path, BytesView content, const std::string& inside, int depth, Budget& budget, FileFacts& facts) {
  const std::string_view text = as_text(content);
  const Seen seen = search(text, inside, facts);
  if (is_elf(content)) {
    look_at_elf(content, seen, inside, facts);
    if (has_zip_end(content)) look_into(path, content, inside, depth, budget, facts);  // as one that unpacks itself
    look_at_places(path, content, seen, inside, depth, budget, facts);
    look_at_base64(path, text, seen, inside, depth, budget, facts);
  } else if (!is_archive(content) || !look_into(path, content, inside, depth, budget, facts)) {
    look_behind(text, seen, inside, facts);
    look_at_places(path, content, seen, inside, depth, budget, facts);
    look_at_base64(path, text, seen, inside, depth, budget, facts);
    if (const auto what = sealed(content); !what.empty()) facts.unjudged.push_back(fmt::format("{}it is {}, which nothing here reads", inside.empty() ? "" : inside + ": ", what));
    if (text.starts_with("TZif") && inside.empty()) facts.time_zone = true;
    if (text.starts_with("#!") && inside.empty()) facts.script = std::string(trim(text.substr(2, std::min<size_t>(text.find('\n'), 256) - 2)));
  }
  if (auto what = secret_file(path, text)) add_secret(facts, {std::move(*what), inside, 0});
}

}  // namespace

void look_at_links(BytesView content, FileFacts& facts) { put_links(read_elf(content), content, facts); }

FileFacts look_at(std::string_view path, BytesView content) {
  FileFacts facts;
  Budget budget;
  look(path, content, {}, 0, budget, facts);
  return facts;
}

void look_at_piece(std::string_view, BytesView bytes, FileFacts& facts) {
  const Seen seen = search(as_text(bytes), {}, facts);
  look_behind(as_text(bytes), seen, {}, facts);
  for (Secret& each : facts.secrets) each.line = 0;
}

}  // namespace ashlar::prove
