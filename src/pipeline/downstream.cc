#include "pipeline/downstream.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/markdown.h"
#include "base/text.h"

namespace ashlar::pipeline {
namespace {

std::string short_name(const workload::ImageName& image) {
  std::string out = image.name.substr(image.name.rfind('/') + 1);
  if (!image.tag.empty()) out += ":" + image.tag;
  if (!image.digest.empty()) out += "@" + image.digest.substr(0, 19);
  return out;
}

std::string body_of(const DownstreamWish& wish, const Downstream& done, const std::vector<std::pair<std::string, workload::Repinned::Change>>& changes) {
  std::vector<std::string> from;
  for (const workload::ImageName& each : wish.from) from.push_back(markdown::code(each.str()));
  std::string out = fmt::format("Moves {} to {}.\n\n| file | line | what | from | to |\n|---|---|---|---|---|\n", join(from, " and "), markdown::code(wish.to.str()));
  for (const auto& [path, change] : changes) out += fmt::format("| {} | {} | {} | {} | {} |\n", markdown::code(path), change.span.line, markdown::code(change.where), markdown::code(change.before), markdown::code(change.after));
  if (!done.kept.empty()) {
    out += "\nNot moved, for a person to see to:\n\n";
    for (const auto& each : done.kept) out += fmt::format("- {} line {}, {}: {} ({})\n", markdown::code(each.path), each.line, markdown::code(each.where), markdown::code(each.written), markdown::prose(each.reason));
  }
  if (!trim(wish.text).empty()) out += fmt::format("\n{}\n", trim(wish.text));
  return out;
}

Downstream::Note unread_note(const std::string& path, const Error& error) {
  const auto& faults = error.faults;
  return {path, {}, faults.empty() ? error.message : faults[0].message, faults.empty() ? 0 : faults[0].line, faults.empty() ? 0 : faults[0].column, {}};
}

/// What the file names. Kinds of YAML are told by their content: of one that does not parse there is none, and it is an error where the image is named in it.
Result<std::vector<workload::ImageUse>> uses_in(const DownstreamFile& file, const std::string& name) {
  const workload::FileKind kind = workload::kind_of_file(file.path, file.bytes);
  const bool yaml = file.path.ends_with(".yaml") || file.path.ends_with(".yml");
  if (kind == workload::FileKind::Unknown && yaml && file.bytes.find(name) != std::string::npos) TRY(workload::images_of(workload::FileKind::Kubernetes, file.bytes, file.path));
  return workload::images_of(kind, file.bytes, file.path);
}

}  // namespace

std::string key_of_request(const std::string& target, const std::string& project, const std::string& base, const std::string& name) {
  std::string out = fmt::format("pull-request/{}/{}/{}", project.empty() ? target : project, base.empty() ? "default" : base, name);
  for (char& c : out) {
    if (!forge::is_key(std::string_view(&c, 1))) c = '_';
  }
  for (size_t at = out.find("--"); at != std::string::npos; at = out.find("--")) out.replace(at, 2, "-_");
  return out.substr(0, 300);
}

Outdated outdated(const std::vector<DownstreamFile>& files, const workload::ImageName& now, const std::vector<std::string>& tags, const std::set<std::string>& published) {
  Outdated out;
  for (const DownstreamFile& file : files) {
    const auto uses = uses_in(file, now.name);
    if (!uses) {
      out.unread.push_back(unread_note(file.path, uses.error()));
      continue;
    }
    for (const workload::ImageUse& use : *uses) {
      if (!use.image || use.image->name != now.name || use.image->digest.empty() || use.image->digest == now.digest) continue;
      const bool ours = use.image->tag.empty() ? published.contains(use.image->digest) : std::ranges::find(tags, use.image->tag) != tags.end();
      if (ours && std::ranges::find(out.images, use.image->digest, &workload::ImageName::digest) == out.images.end()) out.images.push_back(*use.image);
    }
  }
  return out;
}

Downstream downstream(const DownstreamWish& wish) {
  Downstream out;
  std::vector<std::pair<std::string, workload::Repinned::Change>> changes;
  for (const DownstreamFile& file : wish.files) {
    std::string text = file.bytes;
    for (const workload::ImageName& from : wish.from) {
      auto done = workload::repin(workload::kind_of_file(file.path, text), text, file.path, from, wish.to);
      if (!done) {
        out.unread.push_back(unread_note(file.path, done.error()));
        break;
      }
      for (const auto& each : done->kept) out.kept.push_back({file.path, each.where, each.reason, each.span.line, each.span.column, each.written});
      for (auto& each : done->changes) changes.emplace_back(file.path, std::move(each));
      text = std::move(done->text);
    }
    if (text != file.bytes) out.changes.push_back({file.path, file.bytes, std::move(text)});
  }
  if (out.changes.empty()) return out;
  forge::Message& message = out.message;
  message.key = key_of_request(wish.target, wish.project, wish.base, wish.to.name);
  message.kind = forge::MessageKind::PullRequest;
  message.title = fmt::format("Move {} to {}", wish.from.size() == 1 ? short_name(wish.from[0]) : short_name({wish.to.name, {}, {}}), short_name(wish.to));
  message.body = body_of(wish, out, changes);
  message.time = wish.now;
  message.target = wish.target;
  message.project = wish.project;
  message.base = wish.base;
  message.changes = out.changes;
  return out;
}

}  // namespace ashlar::pipeline
