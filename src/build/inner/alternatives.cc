#include "build/inner/alternatives.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace ashlar::build {
namespace {

Done link_to(World& world, const std::string& target, const std::string& path) {
  const auto there = world.find(path, false);
  if (there && there->entry.type != FileType::Symlink) return {};  // update-alternatives leaves real files alone, too
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) TRY(world.make_directory(path.substr(0, slash), 0755, true));
  if (there) TRY(world.remove(path, false));
  return world.symlink(target, path, true);
}

/// The administrative file of a group (dpkg, update-alternatives.c: "auto", the link, slaves, choices).
std::string record(const Alternatives::Group& group, const std::vector<Alternatives::Choice>& choices) {
  std::map<std::string, std::string> slaves;
  for (const auto& choice : choices) for (const auto& slave : choice.slaves) slaves.emplace(slave.name, slave.link);
  std::string text = "auto\n" + group.link + "\n";
  for (const auto& [name, link] : slaves) text += name + "\n" + link + "\n";
  text += "\n";
  for (const auto& choice : choices) {
    text += fmt::format("{}\n{}\n", choice.path, choice.priority);
    for (const auto& [name, link] : slaves) {
      const auto found = std::find_if(choice.slaves.begin(), choice.slaves.end(), [&](const auto& slave) { return slave.name == name; });
      text += (found == choice.slaves.end() ? "" : found->path) + "\n";
    }
  }
  return text + "\n";
}

}  // namespace

void Alternatives::install(const std::string& link, const std::string& name, Choice choice) {
  Group& group = groups_[name];
  group.link = link;
  std::erase_if(group.choices, [&](const Choice& old) { return old.path == choice.path; });
  group.choices.push_back(std::move(choice));
}

void Alternatives::remove(const std::string& name, const std::string& path) {
  if (const auto found = groups_.find(name); found != groups_.end()) std::erase_if(found->second.choices, [&](const Choice& old) { return old.path == path; });
}

Done Alternatives::write(World& world, bool full) const {
  world.effect = "alternatives";
  for (const auto& [name, group] : groups_) {
    std::vector<Choice> choices;
    for (const Choice& choice : group.choices) if (world.find(choice.path, true)) choices.push_back(choice);
    if (choices.empty()) continue;
    std::sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.path < b.path; });
    const Choice& best = *std::max_element(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.priority < b.priority; });
    TRY(link_to(world, best.path, "/etc/alternatives/" + name));
    TRY(link_to(world, "/etc/alternatives/" + name, group.link));
    for (const Slave& slave : best.slaves) {
      if (!world.find(slave.path, true)) continue;
      TRY(link_to(world, slave.path, "/etc/alternatives/" + slave.name));
      TRY(link_to(world, "/etc/alternatives/" + slave.name, slave.link));
    }
    if (!full) continue;
    const std::string text = record(group, choices);
    TRY(world.make_directory("/var/lib/dpkg/alternatives", 0755, true));
    TRY(world.write("/var/lib/dpkg/alternatives/" + name, Bytes(text.begin(), text.end()), 0644));
  }
  return {};
}

}  // namespace ashlar::build
