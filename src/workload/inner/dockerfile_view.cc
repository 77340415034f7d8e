#include "workload/inner/dockerfile_view.h"

#include <algorithm>

#include "workload/variables.h"

namespace ashlar::workload {
namespace {

constexpr int max_parents = 32;  // that are asked for a variable
constexpr std::size_t max_value = 4096;

}  // namespace

DockerfileView::DockerfileView(const Dockerfile& of, std::string_view text, const std::vector<ImageUse>& uses) : file(of), lines(text) {
  std::map<std::size_t, const ImageUse*> bases;  // by where they stand
  for (const ImageUse& use : uses) {
    if (use.where == "FROM") bases.emplace(use.span.begin, &use);
  }
  for (const Instruction& each : file.instructions) {
    if (each.keyword != "ARG") break;
    for (const Assignment& pair : each.assignments) {
      if (auto known = pair.has_value ? global_value(pair.value) : std::nullopt; known && known->size() <= max_value) globals_[pair.name.text] = std::move(*known);
    }
  }
  std::map<std::string, int, std::less<>> names;
  stages.resize(file.stages.size());
  for (std::size_t at = 0; at < stages.size(); ++at) {
    const Stage& stage = file.stages[at];
    StageView& view = stages[at];
    const auto extent = stage.base.extent();
    const auto use = bases.find(extent ? extent->first : 0);
    if (use != bases.end()) {
      view.base = use->second->image ? use->second->image->str() : "";
    } else if (const std::string base = global_value(stage.base).value_or(""); base == "scratch") {
      view.base = base;
    } else {
      std::string name = base;
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const auto found = names.find(name);
      view.parent = found == names.end() ? stage_of(file, name, at) : found->second;
    }
    if (view.parent >= 0) {
      const StageView& parent = stages[static_cast<std::size_t>(view.parent)];
      view.root = parent.root, view.base = parent.base, view.user = parent.user, view.command = parent.command;
      view.entry = parent.entry, view.health = parent.health, view.port = parent.port, view.shell = parent.shell;
    } else {
      view.root = static_cast<int>(at);
    }
    read(at);
    if (!stage.name.empty()) names[stage.name] = static_cast<int>(at);
  }
  for (int at = static_cast<int>(stages.size()) - 1; at >= 0; at = stages[static_cast<std::size_t>(at)].parent) stages[static_cast<std::size_t>(at)].delivered = true;
}

void DockerfileView::read(std::size_t stage) {
  StageView& view = stages[stage];
  for (std::size_t at = file.stages[stage].first + 1; at < file.stages[stage].end; ++at) {
    const Instruction& each = file.instructions[at];
    const std::string& word = each.keyword;
    if (word == "USER") view.user = &each;
    else if (word == "CMD") view.command = &each;
    else if (word == "ENTRYPOINT") view.entry = &each, view.command = nullptr;
    else if (word == "HEALTHCHECK") view.health = &each;
    else if (word == "SHELL") view.shell = true;
    else if (word == "EXPOSE" && view.port == nullptr) view.port = &each;
    if (word != "ENV" && word != "ARG") continue;
    for (const Assignment& pair : each.assignments) {
      if (pair.has_value) {
        if (auto known = value(pair.value, stage); known && known->size() <= max_value) view.values[pair.name.text] = std::move(*known);
      } else if (!view.values.contains(pair.name.text)) {
        // One of those before the first FROM, asked for here.
        if (const auto global = globals_.find(pair.name.text); global != globals_.end()) view.values[pair.name.text] = global->second;
      }
    }
  }
}

const std::string* DockerfileView::find(const std::string& name, std::size_t stage) const {
  for (int at = static_cast<int>(stage), depth = 0; at >= 0 && depth < max_parents; at = stages[static_cast<std::size_t>(at)].parent, ++depth) {
    const auto& values = stages[static_cast<std::size_t>(at)].values;
    if (const auto found = values.find(name); found != values.end()) return &found->second;
  }
  return nullptr;
}

std::optional<std::string> DockerfileView::resolve(const Traced& text, const std::function<const std::string*(const std::string&)>& ask) const {
  if (text.text.find_first_of("$'\"\\`") == std::string::npos) return text.text;
  Traced held;
  const Substituted out = substitute(text, Dialect::Dockerfile, file.escape, [&](const std::string& name) -> const Traced* {
    const std::string* found = ask(name);
    if (found == nullptr) return nullptr;
    held = {};
    held.add_loose(*found);
    return &held;
  });
  if (!out.good || !out.unknown.empty()) return std::nullopt;
  return out.text.text;
}

std::optional<std::string> DockerfileView::value(const Traced& text, std::size_t stage) const {
  return resolve(text, [&](const std::string& name) { return find(name, stage); });
}

std::optional<std::string> DockerfileView::global_value(const Traced& text) const {
  return resolve(text, [&](const std::string& name) {
    const auto found = globals_.find(name);
    return found == globals_.end() ? nullptr : &found->second;
  });
}

Span DockerfileView::span(const Traced& text, std::size_t begin, std::size_t end, const Span& other) const {
  const auto extent = text.slice(begin, end).extent();
  return extent ? lines.span(extent->first, extent->second) : other;
}

bool mounts(const Instruction& run, std::string_view folder) {
  return std::ranges::any_of(run.flags, [&](const Flag& flag) {
    if (flag.name != "mount") return false;
    for (const char* key : {"target=", "dst=", "destination="}) {
      const std::size_t at = flag.value.text.find(key);
      if (at == std::string::npos) continue;
      std::string_view path = std::string_view(flag.value.text).substr(at + std::string_view(key).size());
      path = path.substr(0, path.find(','));
      while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
      if (folder.starts_with(path) || path.starts_with(folder)) return true;
    }
    return false;
  });
}

std::vector<Script> scripts_of(const Instruction& instruction) {
  std::vector<Script> out;
  const bool health = instruction.keyword == "HEALTHCHECK";
  if (instruction.exec) {
    std::vector<ShellCommand> commands(1);
    const std::size_t first = health ? 1 : 0;
    for (std::size_t at = first; at < instruction.words.size(); ++at) commands[0].words.push_back({instruction.words[at].text, 0, 0});
    // `["sh", "-c", "..."]` runs the text.
    const auto& words = instruction.words;
    if (words.size() == first + 3 && is_shell(words[first].text) && words[first + 1].text.starts_with('-') && words[first + 1].text.ends_with('c')) {
      commands = shell_commands(words[first + 2].text);
      out.push_back({words[first + 2], std::move(commands)});
    } else if (words.size() > first) {
      out.push_back({words[first], std::move(commands)});
    }
    return out;
  }
  for (std::size_t at = health ? 1 : 0; at < instruction.words.size(); ++at) out.push_back({instruction.words[at], shell_commands(instruction.words[at].text)});
  for (const Heredoc& each : instruction.heredocs) {
    if (instruction.keyword != "RUN") continue;
    const Traced text(each.content, each.span.begin);
    out.push_back({text, shell_commands(text.text)});
  }
  return out;
}

}  // namespace ashlar::workload
