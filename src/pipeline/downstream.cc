#include "pipeline/downstream.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/markdown.h"
#include "base/text.h"

namespace ashlar::pipeline {
namespace {

std::string key_of(const DownstreamWish& wish) {
  std::string out = fmt::format("pull-request/{}/{}/{}", wish.project.empty() ? wish.target : wish.project, wish.base.empty() ? "default" : wish.base, wish.from.name);
  for (char& c : out) {
    if (!forge::is_key(std::string_view(&c, 1))) c = '_';
  }
  for (size_t at = out.find("--"); at != std::string::npos; at = out.find("--")) out.replace(at, 2, "-_");
  return out.substr(0, 300);
}

std::string short_name(const workload::ImageName& image) {
  std::string out = image.name.substr(image.name.rfind('/') + 1);
  if (!image.tag.empty()) out += ":" + image.tag;
  if (!image.digest.empty()) out += "@" + image.digest.substr(0, 19);
  return out;
}

std::string body_of(const DownstreamWish& wish, const Downstream& done, const std::vector<std::pair<std::string, workload::Repinned::Change>>& changes) {
  std::string out = fmt::format("Moves {} to {}.\n\n| file | line | what | from | to |\n|---|---|---|---|---|\n", markdown::code(wish.from.str()), markdown::code(wish.to.str()));
  for (const auto& [path, change] : changes) out += fmt::format("| {} | {} | {} | {} | {} |\n", markdown::code(path), change.span.line, markdown::code(change.where), markdown::code(change.before), markdown::code(change.after));
  if (!done.kept.empty()) {
    out += "\nNot moved, for a person to see to:\n\n";
    for (const auto& each : done.kept) out += fmt::format("- {} line {}, {}: {} ({})\n", markdown::code(each.path), each.line, markdown::code(each.where), markdown::code(each.written), markdown::prose(each.reason));
  }
  if (!trim(wish.text).empty()) out += fmt::format("\n{}\n", trim(wish.text));
  return out;
}

}  // namespace

Downstream downstream(const DownstreamWish& wish) {
  Downstream out;
  std::vector<std::pair<std::string, workload::Repinned::Change>> changes;
  for (const DownstreamFile& file : wish.files) {
    auto done = workload::repin(workload::kind_of_file(file.path, file.bytes), file.bytes, file.path, wish.from, wish.to);
    if (!done) {
      const auto& faults = done.error().faults;
      out.unread.push_back({file.path, {}, faults.empty() ? done.error().message : faults[0].message, faults.empty() ? 0 : faults[0].line, faults.empty() ? 0 : faults[0].column, {}});
      continue;
    }
    for (const auto& each : done->kept) out.kept.push_back({file.path, each.where, each.reason, each.span.line, each.span.column, each.written});
    for (auto& each : done->changes) changes.emplace_back(file.path, std::move(each));
    if (done->text != file.bytes) out.changes.push_back({file.path, file.bytes, std::move(done->text)});
  }
  if (out.changes.empty()) return out;
  forge::Message& message = out.message;
  message.key = key_of(wish);
  message.kind = forge::MessageKind::PullRequest;
  message.title = fmt::format("Move {} to {}", short_name(wish.from), short_name(wish.to));
  message.body = body_of(wish, out, changes);
  message.time = wish.now;
  message.target = wish.target;
  message.project = wish.project;
  message.base = wish.base;
  message.changes = out.changes;
  return out;
}

}  // namespace ashlar::pipeline
