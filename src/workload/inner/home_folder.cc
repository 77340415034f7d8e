// Applications that lie in root's home: only root may go in there.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "workload/inner/migration.h"

namespace ashlar::workload {
namespace {

constexpr std::string_view home = "/root", instead = "/app";

/// Of the application, not what tools keep in dot files.
bool lies_at_home(std::string_view path) { return path == home || (path.starts_with("/root/") && (path.size() == 6 || path[6] != '.')); }

/// The text names `folder` or what lies there, dot files apart.
bool names(std::string_view text, std::string_view folder) {
  for (size_t at = text.find(folder); at != std::string_view::npos; at = text.find(folder, at + 1)) {
    const bool begins = at == 0 || (std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0 && text[at - 1] != '/' && text[at - 1] != '.' && text[at - 1] != '_');
    const std::string_view rest = text.substr(at + folder.size());
    const bool ends = rest.empty() || (std::isalnum(static_cast<unsigned char>(rest[0])) == 0 && rest[0] != '_' && rest[0] != '-' && rest[0] != '.');
    if (begins && ends && !rest.starts_with("/.")) return true;
  }
  return false;
}

}  // namespace

void move_home(Migration& work) {
  std::vector<Traced*> places;
  const Instruction* other = nullptr;
  const Instruction* first = nullptr;
  for (size_t stage = 0; stage < work.stages.size(); ++stage) {
    if (!work.stages[stage].final_chain || work.stages[stage].hardened) continue;
    for (size_t number = work.file.stages[stage].first + 1; number < work.file.stages[stage].end; ++number) {
      Instruction& each = work.file.instructions[number];
      const bool copies = each.keyword == "COPY" || each.keyword == "ADD";
      if ((copies || each.keyword == "WORKDIR") && !each.words.empty() && lies_at_home(each.words.back().text)) {
        places.push_back(&each.words.back());
        if (first == nullptr) first = &each;
      } else if (!copies && names(each.rest.text, home)) {
        other = &each;
      }
    }
  }
  if (first == nullptr) return;
  const size_t number = static_cast<size_t>(first - work.file.instructions.data());
  if (other != nullptr || names(work.text, instead)) {
    work.breaks("writable", first->span, work.shown(number), fmt::format("only root may go into {}, and the image does not run as root", home), fmt::format("let the application lie elsewhere, as in {}", instead));
    return;
  }
  work.change("files", first->span, work.shown(number), fmt::format("only root may go into {}: it lies in {} now", home, instead));
  for (Traced* each : places) {
    const std::string there = std::string(instead) + each->text.substr(home.size());
    work.replace(*each, there);
    each->text = there;
  }
}

}  // namespace ashlar::workload
