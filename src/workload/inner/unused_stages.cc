#include "workload/inner/unused_stages.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::workload {
namespace {

/// The values of `from` in an instruction's flags: COPY --from, RUN --mount=from=.
std::vector<std::string> sources_of(const Instruction& instruction) {
  std::vector<std::string> out;
  for (const Flag& flag : instruction.flags) {
    if (flag.name == "from") out.push_back(flag.value.text);
    if (flag.name != "mount") continue;
    for (const std::string_view part : split(flag.value.text, ',')) {
      if (part.starts_with("from=")) out.emplace_back(part.substr(5));
    }
  }
  return out;
}

bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; }); }

}  // namespace

std::vector<bool> needed_stages(const Dockerfile& file) {
  const size_t count = file.stages.size();
  std::vector<bool> needed(count, false);
  const std::vector<bool> all(count, true);
  std::vector<size_t> open = {count - 1};
  needed[count - 1] = true;
  const auto need = [&](const std::string& name, size_t before) {
    const int stage = stage_of(file, name, before);
    if (stage < 0 || needed[static_cast<size_t>(stage)]) return;
    needed[static_cast<size_t>(stage)] = true;
    open.push_back(static_cast<size_t>(stage));
  };
  for (const Instruction& each : file.instructions) {
    for (const std::string& name : sources_of(each)) {
      if (is_number(name) || name.find('$') != std::string::npos) return all;
    }
    // A trigger is an instruction of somebody else's build.
    if (each.keyword == "ONBUILD" && each.rest.text.find("from=") != std::string::npos) return all;
  }
  while (!open.empty()) {
    const size_t at = open.back();
    open.pop_back();
    const Stage& stage = file.stages[at];
    if (stage.base.text.find('$') != std::string::npos && at > 0 && std::ranges::any_of(file.stages, [](const Stage& each) { return !each.name.empty(); })) {
      for (size_t each = 0; each < at; ++each) {
        if (!needed[each]) open.push_back(each);
        needed[each] = true;
      }
    }
    need(stage.base.text, at);
    for (size_t number = stage.first; number < stage.end; ++number) {
      for (const std::string& name : sources_of(file.instructions[number])) need(name, at);
    }
  }
  return needed;
}

std::set<size_t> unused_stages(Migration& work, std::string_view text) {
  std::set<size_t> out;
  const auto made = parse_dockerfile(text, work.path);
  const size_t last = work.file.stages.size() - 1;
  if (!made || made->stages.size() <= last) return out;
  const auto before = needed_stages(work.file), after = needed_stages(*made);
  for (size_t at = 0; at < last; ++at) {
    if (after[at]) continue;
    const Stage& stage = work.file.stages[at];
    const Instruction& from = work.file.instructions[stage.first];
    if (!before[at] && from.words.size() == 3) {
      work.change("stage", from.span, work.shown(stage.first), fmt::format("nothing in the file takes anything from it: it stays for whoever builds it by --target {}", visible(from.words[2].text)));
      continue;
    }
    out.insert(at);
    work.change("stage", from.span, work.shown(stage.first), before[at] ? "nothing takes anything from it any more: it goes" : "nothing takes anything from it, and it has no name to be built by: it goes");
  }
  return out;
}

std::string comments_in(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (trim(text.substr(at, end - at)).starts_with('#')) out += text.substr(at, end - at);
    at = end;
  }
  return out;
}

}  // namespace ashlar::workload
