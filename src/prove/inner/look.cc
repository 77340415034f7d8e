#include "prove/inner/look.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "prove/inner/marks.h"
#include "prove/inner/members.h"
#include "prove/inner/needles.h"
#include "prove/inner/secrets.h"

namespace ashlar::prove {
namespace {

constexpr std::string_view elf_magic = "\177ELF";
constexpr int max_depth = 8;
constexpr size_t max_secrets = 64;  ///< of one file; who has more needs no longer list

/// Everything that is looked for, in one table: marks, then secrets, then the head of an ELF file.
struct Table {
  std::vector<std::string_view> texts;
  size_t marks, secrets;
  Needles needles;
  Table() : texts(collect()), marks(mark_texts().size()), secrets(secret_texts().size()), needles(texts) {}
  static std::vector<std::string_view> collect() {
    std::vector<std::string_view> out(mark_texts().begin(), mark_texts().end());
    out.insert(out.end(), secret_texts().begin(), secret_texts().end());
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
  std::vector<size_t> elves;  ///< where the head of an ELF file stands
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
    } else if (which < table.marks + table.secrets) {
      auto what = judge_secret(text, at, which - table.marks);
      if (what) add_secret(facts, {std::move(*what), inside, binary ? 0 : 1 + static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'))});
    } else if (seen.elves.size() < 1024) {
      seen.elves.push_back(at);
    }
  });
  return seen;
}

void add_traits(FileFacts& facts, std::vector<Trait> traits, const std::string& inside, std::string_view behind) {
  for (Trait& trait : traits) {
    trait.inside = inside;
    trait.why += behind;
    const bool known = std::any_of(facts.traits.begin(), facts.traits.end(), [&](const Trait& each) { return each.family == trait.family && each.inside == inside; });
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

void look_at_elf(BytesView content, const Seen& seen, const std::string& inside, FileFacts& facts) {
  auto elf = read_elf(content);
  // A file whose tables are damaged may still be what a kernel starts: it counts as a program.
  std::vector<Trait> traits = judge_marks(seen.marks, elf ? elf->program() : true);
  if (elf && elf->program()) judge_needed(elf->needed, traits);
  add_traits(facts, std::move(traits), inside, "");
  if (inside.empty() && elf) facts.elf = std::make_unique<Elf>(std::move(*elf));
  else if (inside.empty()) facts.elf_fault = elf.error().message;
}

void look(std::string_view path, BytesView content, const std::string& inside, int depth, Budget& budget, FileFacts& facts) {
  const std::string_view text = as_text(content);
  const Seen seen = search(text, inside, facts);
  if (is_elf(content)) {
    look_at_elf(content, seen, inside, facts);
    if (has_zip_end(content)) look_into(path, content, inside, depth, budget, facts);  // as one that unpacks itself
  } else if (!is_archive(content) || !look_into(path, content, inside, depth, budget, facts)) {
    look_behind(text, seen, inside, facts);
    if (text.starts_with("TZif") && inside.empty()) facts.time_zone = true;
  }
  if (auto what = secret_file(path, text)) add_secret(facts, {std::move(*what), inside, 0});
}

}  // namespace

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
