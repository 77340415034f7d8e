#include "build/inner/tree.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/links.h"
#include "base/text.h"
#include "deb/package.h"

namespace ashlar::build {
namespace {

/// Whether package `winner` may take files of `loser` over (Policy 7.6.1): its Replaces names it, in a version that fits.
bool replaces(const Part& winner, const Part& loser) {
  const auto control = winner.frame.control.find("control");
  if (control == winner.frame.control.end()) return false;
  deb::StanzaReader reader(control->second, "control");
  deb::Stanza stanza;
  if (const auto more = reader.next(stanza); !more || !*more) return false;
  const auto clauses = deb::parse_relations(stanza.get("Replaces"));
  if (!clauses) return false;
  const auto ours = deb::Version::parse(loser.package->version);
  for (const deb::Clause& clause : *clauses) {
    const deb::Alternative& each = clause.front();
    if (each.name != loser.package->name) continue;
    if (each.relation == deb::Relation::None) return true;
    const auto theirs = deb::Version::parse(each.version);
    if (!ours || !theirs) continue;
    const auto order = *ours <=> *theirs;
    switch (each.relation) {
      case deb::Relation::Less: if (order < 0) return true; break;
      case deb::Relation::LessEqual: if (order <= 0) return true; break;
      case deb::Relation::Equal: if (order == 0) return true; break;
      case deb::Relation::GreaterEqual: if (order >= 0) return true; break;
      case deb::Relation::Greater: if (order > 0) return true; break;
      case deb::Relation::None: break;
    }
  }
  return false;
}

}  // namespace

Result<Tree> Tree::merge(const std::vector<Part>& parts, const FrameStore& store, const plan::Encoder& encoder) {
  Tree tree(parts, store, encoder);
  for (size_t part = 0; part < parts.size(); ++part) {
    for (size_t index = 0; index < parts[part].frame.entries.size(); ++index) TRY(tree.add(part, index));
  }
  std::vector<std::string> paths;
  for (const auto& [path, node] : tree.nodes_) paths.push_back(path);
  for (const std::string& path : paths) tree.make_parents(path);
  tree.add_merged_links();
  for (const auto& [path, node] : tree.nodes_) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) continue;
    const Node* const parent = tree.node(path.substr(0, slash));
    if (parent != nullptr && parent->entry.type != FileType::Directory && parent->entry.type != FileType::Symlink)
      return cannot(Kind::Conflict, fmt::format("place '/{}' of {}", path, node.owner), fmt::format("'/{}' of {} is a file, not a directory", path.substr(0, slash), parent->owner));
  }
  return tree;
}

void Tree::add_merged_links() {
  for (const std::string name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    const Node* const folder = node("usr/" + name);
    if (folder == nullptr || folder->entry.type != FileType::Directory || nodes_.contains(name)) continue;
    Node link;
    link.entry.path = name;
    link.entry.type = FileType::Symlink;
    link.entry.mode = 0777;
    link.entry.mtime = newest_;
    link.entry.link = "usr/" + name;
    link.owner = "effect:merged-usr";
    nodes_.emplace(name, std::move(link));
  }
}

Done Tree::add(size_t part, size_t index) {
  const FrameEntry& each = parts_[part].frame.entries[index];
  const TarEntry& entry = each.entry;
  newest_ = std::max(newest_, entry.mtime);
  Node fresh;
  fresh.entry = entry;
  fresh.owner = "package:" + parts_[part].package->name;
  fresh.soname = each.soname;
  fresh.elf = each.elf;
  fresh.script = each.script;
  fresh.part = static_cast<int>(part);
  fresh.index = index;
  const auto [found, added] = nodes_.try_emplace(entry.path, fresh);
  if (added) return {};
  Node& there = found->second;
  const bool folders = there.entry.type == FileType::Directory && entry.type == FileType::Directory;
  if (folders) return {};  // shared; the first package in the order of names says its mode
  // A directory of one package where another has a symlink to a directory: the link stays, as with dpkg.
  if (entry.type == FileType::Directory && there.entry.type == FileType::Symlink) return {};
  if (there.entry.type == FileType::Directory && entry.type == FileType::Symlink) {
    there = std::move(fresh);
    return {};
  }
  const Part& a = parts_[static_cast<size_t>(there.part)];
  const Part& b = parts_[part];
  if (replaces(b, a)) there = std::move(fresh);
  else if (!replaces(a, b))
    return cannot(Kind::Conflict, fmt::format("place file '/{}'", entry.path), fmt::format("packages '{}' and '{}' both ship it, and neither replaces the other; leave one out or slice the file away", a.package->name, b.package->name));
  return {};
}

const Tree::Node* Tree::node(std::string_view path) const {
  const auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &found->second;
}

const TreeNode* Tree::find(std::string_view path) const { return node(path); }

Tree::Node* Tree::edit(std::string_view path) {
  const auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &found->second;
}

Result<Bytes> Tree::content(const TreeNode& wanted, std::uint64_t limit) const {
  const Node* found = node(wanted.entry.path);
  if (found != nullptr && found->entry.type == FileType::HardLink) {  // the content is in its package's frame, whatever became of the other name
    const Frame& frame = parts_[static_cast<size_t>(found->part)].frame;
    const auto target = std::ranges::find(frame.entries, found->entry.link, [](const FrameEntry& each) -> const std::string& { return each.entry.path; });
    if (target != frame.entries.end() && target->entry.size <= limit) return store_.content(frame, *target, encoder_);
  }
  if (found == nullptr || found->entry.type != FileType::Regular) return cannot(Kind::NotFound, fmt::format("read '/{}'", wanted.entry.path), "it is no file of the image");
  if (found->entry.size > limit) return cannot(Kind::Invalid, fmt::format("read '/{}'", wanted.entry.path), fmt::format("it is larger than {} bytes", limit));
  if (found->part < 0) return found->content;
  const Frame& frame = parts_[static_cast<size_t>(found->part)].frame;
  return store_.content(frame, frame.entries[found->index], encoder_);
}

void Tree::each(std::string_view below, const std::function<void(const TreeNode&)>& visit) const {
  const std::string prefix = below.empty() ? std::string() : std::string(below) + "/";
  for (auto at = nodes_.lower_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix); ++at) visit(at->second);
}

void Tree::make_parents(std::string_view path) {
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    const std::string parent(path.substr(0, slash));
    Node folder;
    folder.entry.path = parent;
    folder.entry.type = FileType::Directory;
    folder.entry.mode = 0755;
    folder.entry.mtime = newest_;
    folder.owner = "parent";
    nodes_.try_emplace(parent, std::move(folder));
  }
}

Done Tree::put(TarEntry entry, Bytes content, std::string owner) {
  for (size_t slash = entry.path.find('/'); slash != std::string::npos; slash = entry.path.find('/', slash + 1)) {
    const Node* parent = node(std::string_view(entry.path).substr(0, slash));
    if (parent != nullptr && parent->entry.type != FileType::Directory)
      return cannot(Kind::Conflict, fmt::format("place '/{}'", entry.path), fmt::format("'/{}' is no directory", parent->entry.path));
  }
  if (const Node* there = node(entry.path); there != nullptr && there->entry.type == FileType::Directory && entry.type != FileType::Directory) remove(entry.path);
  make_parents(entry.path);
  entry.size = entry.type == FileType::Regular ? content.size() : 0;
  Node fresh;
  fresh.owner = std::move(owner);
  fresh.elf = content.size() >= 4 && as_text(BytesView(content).first(4)) == "\177ELF";
  fresh.script = as_text(content).starts_with("#!");
  fresh.content = std::move(content);
  fresh.entry = std::move(entry);
  const std::string path = fresh.entry.path;
  nodes_.insert_or_assign(path, std::move(fresh));
  return {};
}

bool Tree::remove(std::string_view path) {
  const auto found = nodes_.find(path);
  if (found == nodes_.end()) return false;
  const std::string prefix = std::string(path) + "/";
  nodes_.erase(found);
  for (auto at = nodes_.lower_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix);) at = nodes_.erase(at);
  return true;
}

bool Tree::adjust(size_t part, Keep& keep) const {
  const auto& entries = parts_[part].frame.entries;
  std::map<std::string, std::string> origins;  // `keep` speaks of paths as the package has them
  for (const auto& [from, to] : keep.moves) origins[to] = from;
  const auto origin = [&](const std::string& path) -> std::string {
    const auto found = origins.find(path);
    return found == origins.end() ? path : found->second;
  };
  std::set<std::string_view> gone;
  bool changed = false;
  for (size_t index = 0; index < entries.size(); ++index) {
    const TarEntry& entry = entries[index].entry;
    if (entry.type == FileType::Directory) continue;
    const Node* found = node(entry.path);
    const bool taken = found != nullptr && found->part == static_cast<int>(part) && found->index == index;
    if (!taken) {
      gone.insert(entry.path);
      keep.drop.insert(origin(entry.path));
      changed = true;
    } else if (entry.type == FileType::HardLink && gone.erase(entry.link) != 0) {
      keep.drop.erase(origin(entry.link));
      keep.drop.insert(origin(entry.path));
      keep.moves[origin(entry.link)] = entry.path;
    }
  }
  return changed;
}

std::string Tree::resolve(std::string_view path, bool last) const {
  const auto leads = follow_links(path, last, [&](const std::string& at) -> std::optional<std::string> {
    const Node* const here = node(at);
    return here != nullptr && here->entry.type == FileType::Symlink ? std::optional(here->entry.link) : std::nullopt;
  });
  return leads.value_or(std::string(path));
}

std::map<std::string, std::string> Tree::moves(size_t part) const {
  std::map<std::string, std::string> out;
  for (const FrameEntry& each : parts_[part].frame.entries) {
    std::string path = resolve(each.entry.path);
    if (path != each.entry.path) out[each.entry.path] = std::move(path);
  }
  return out;
}

bool Tree::has_package(std::string_view name) const {
  return std::ranges::any_of(parts_, [&](const Part& part) { return part.package->name == name; });
}

std::uint64_t Tree::content_size() const {
  std::uint64_t size = 0;
  for (const auto& [path, each] : nodes_) {
    if (each.entry.type == FileType::Regular) size += each.entry.size;
  }
  return size;
}

}  // namespace ashlar::build
