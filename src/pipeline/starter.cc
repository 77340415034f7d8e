#include "pipeline/starter.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml_section.h"

namespace ashlar::pipeline {
namespace {

/// One set of the table.
struct Set {
  std::map<std::string, std::string> values;
  struct File {
    std::string name, yields;          ///< name in the project
    std::vector<std::string> from;     ///< templates below the data folder, one below the other
  };
  std::vector<File> files;
};

class Table : public YamlSection {
 public:
  using YamlSection::YamlSection;
  Set read(const YamlNode& node) {
    Set out;
    constexpr std::array<std::string_view, 2> keys = {"values", "files"};
    if (!known(node, keys)) return out;
    if (const YamlNode* values = node.find("values"); values != nullptr && mapping(*values)) {
      for (const auto& [key, value] : values->members) out.values[key.text] = value.text;
    }
    const YamlNode* const files = node.find("files");
    if (files == nullptr || files->items.empty()) return fault(node, "a list of files is expected under 'files'"), out;
    for (const YamlNode& each : files->items) read_file(each, out);
    return out;
  }

 private:
  void read_file(const YamlNode& node, Set& out) {
    constexpr std::array<std::string_view, 3> keys = {"file", "template", "yields"};
    if (!known(node, keys)) return;
    const YamlNode *name = node.find("file"), *from = node.find("template"), *yields = node.find("yields");
    std::vector<std::string> templates;
    if (from != nullptr && !from->text.empty()) templates.push_back(from->text);
    if (from != nullptr) std::ranges::transform(from->items, std::back_inserter(templates), &YamlNode::text);
    if (name == nullptr || name->text.empty() || templates.empty() || std::ranges::find(templates, "") != templates.end()) return fault(node, "a file has a 'file' and a 'template', or a list of them");
    out.files.push_back({name->text, yields == nullptr ? std::string() : yields->text, std::move(templates)});
  }
};

bool of_a_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::string listed(const std::vector<host::Path>& paths) {
  std::vector<std::string> out;
  for (const host::Path& each : paths) out.push_back("'" + each.string() + "'");
  return join(out, ", ");
}

/// What was there before a file was put in its place.
struct Before {
  host::Path path;
  bool there;
  std::string text;
};

/// Puts everything back as it was; what cannot be is left.
void take_back(host::Files& files, const std::vector<Before>& done) {
  for (const Before& each : done) {
    if (each.there) (void)files.write(each.path, each.text);
    else (void)files.remove(each.path);
  }
}

/// Which files to write, what they replace, and what is as it shall be already.
struct Survey {
  std::vector<const StarterFile*> fresh;
  std::vector<Before> before;
  std::vector<host::Path> kept, conflicts;
  std::vector<std::string> by_hand;
};

/// Whether a file has every line of another, wherever, but for comments and blank ones.
bool has_lines(std::string_view text, std::string_view lines) {
  std::set<std::string_view> there;
  for (const std::string_view each : split(text, '\n')) there.insert(trim(each));
  return std::ranges::all_of(split(lines, '\n'), [&](std::string_view each) { return trim(each).empty() || trim(each).starts_with('#') || there.contains(trim(each)); });
}

Result<Survey> survey(host::Files& files, const host::Path& folder, const std::vector<StarterFile>& starters, const std::set<host::Path>& force) {
  Survey out;
  for (const StarterFile& each : starters) {
    const host::Path path = folder / each.path;
    const bool there = files.exists(path);
    const auto text = there ? files.read(path) : Result<std::string>(std::string());
    if (there && text && (*text == each.text || (!each.yields.empty() && !force.contains(each.path) && has_lines(*text, each.text)))) {
      out.kept.push_back(each.path);
    } else if (there && !force.contains(each.path) && !each.yields.empty()) {
      out.by_hand.push_back(each.yields);
    } else if (there && !force.contains(each.path)) {
      out.conflicts.push_back(each.path);
    } else if (there && !text) {
      return std::unexpected(text.error());
    } else {
      out.fresh.push_back(&each);
      out.before.push_back({path, there, *text});
    }
  }
  return out;
}

}  // namespace

Result<std::string> fill_in(std::string_view text, const std::map<std::string, std::string>& values, std::string_view path) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text[at] == '@' ? static_cast<size_t>(std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at) + 1, text.end(), of_a_name) - text.begin()) : at;
    if (end <= at + 1 || end == text.size() || text[end] != '@') {
      out += text[at++];
      continue;
    }
    const auto value = values.find(std::string(text.substr(at + 1, end - at - 1)));
    if (value == values.end()) return cannot(Kind::Invalid, fmt::format("fill in '{}'", path), fmt::format("'{}' has no value", text.substr(at, end + 1 - at)));
    out += value->second;
    at = end + 1;
  }
  return out;
}

Result<std::vector<StarterFile>> starter_files(host::Files& files, const host::Path& data, std::string_view set, std::map<std::string, std::string> values) {
  const host::Path path = data / "templates" / "starters.yaml";
  TRY_ASSIGN(auto text, files.read(path));
  TRY_ASSIGN(const auto document, parse_yaml(std::move(text), path.string()));
  const YamlNode* const node = document.root.find(set);
  if (node == nullptr) return cannot(Kind::NotFound, fmt::format("start a project with '{}'", set), fmt::format("'{}' has no such set", path.string()));
  Table table(document);
  const Set found = table.read(*node);
  if (!table.faults.empty()) return std::unexpected(Error{Kind::Invalid, fmt::format("cannot read '{}': {}", path.string(), table.faults.front().message), table.faults});
  values.insert(found.values.begin(), found.values.end());
  std::vector<StarterFile> out;
  for (const auto& [name, yields, from] : found.files) {
    std::string filled;
    for (const std::string& each : from) {
      TRY_ASSIGN(const auto body, files.read(data / each));
      TRY_ASSIGN(const auto part, fill_in(body, values, each));
      filled += (filled.empty() ? "" : "\n") + part;
    }
    TRY_ASSIGN(const auto where, fill_in(name, values, path.string()));
    out.push_back({where, std::move(filled), yields});
  }
  return out;
}

Result<Placement> place(host::Files& files, const host::Path& folder, const std::vector<StarterFile>& starters, const std::set<host::Path>& force) {
  const std::string what = fmt::format("start a project in '{}'", folder.string());
  for (const host::Path& each : force) {
    if (std::ranges::find(starters, each, &StarterFile::path) == starters.end()) return cannot(Kind::Invalid, what, fmt::format("--force names '{}', which it does not write", each.string()));
  }
  TRY_ASSIGN(const auto found, survey(files, folder, starters, force));
  if (!found.conflicts.empty())
    return cannot(Kind::Conflict, what, fmt::format("{} {} there and would be another; nothing was written, and --force FILE replaces one", listed(found.conflicts), found.conflicts.size() == 1 ? "is" : "are"));
  std::vector<std::unique_ptr<host::Draft>> drafts;
  for (const StarterFile* each : found.fresh) {
    TRY_ASSIGN(auto draft, files.draft((folder / each->path).parent_path()));
    TRY(draft->write(as_bytes(each->text)));
    drafts.push_back(std::move(draft));
  }
  Placement out{{}, found.kept, found.by_hand};
  for (size_t at = 0; at < drafts.size(); ++at) {
    if (auto done = drafts[at]->commit(found.before[at].path); !done) {
      take_back(files, {found.before.begin(), found.before.begin() + static_cast<std::ptrdiff_t>(at)});
      return cannot(what, std::move(done).error());
    }
    out.written.push_back(found.fresh[at]->path);
  }
  return out;
}

std::string image_name(const host::Path& folder) {
  const host::Path normal = folder.lexically_normal();
  const std::string name = normal.has_filename() ? normal.filename().string() : normal.parent_path().filename().string();
  std::string out;
  for (const char c : name) {
    const bool fits = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (fits) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "app" : out;
}

Result<Started> look_at(host::Files& files, const host::Path& folder) {
  Started out;
  TRY_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(".yaml") && !name.ends_with(".yml")) continue;
    TRY_ASSIGN(auto text, files.read(folder / name));
    const auto document = parse_yaml(std::move(text), name);
    if (document && document->root.find("contents") != nullptr && document->root.find("image") != nullptr) out.definitions.emplace_back(name);
  }
  for (const char* name : {"Dockerfile.hardened", "Dockerfile", "Containerfile"}) {
    if (out.dockerfile.empty() && files.exists(folder / name)) out.dockerfile = name;
  }
  return out;
}

}  // namespace ashlar::pipeline
