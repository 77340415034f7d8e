// Python: what pip, setuptools and their like write beside what they install (PyPA, "Recording installed projects"; setuptools, "The internal
// structure of Python eggs"), and wheels that lie about.
#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "inventory/purl.h"
#include "inventory/inner/readers.h"
#include "inventory/inner/zip.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint64_t max_metadata = 4 << 20, max_record = 64 << 20;
constexpr size_t max_files = 200'000;

bool in_metadata(std::string_view path) {
  const std::string_view name = name_of(path), folder = folder_of(path);
  if (name == "METADATA") return folder.ends_with(".dist-info");
  if (name == "PKG-INFO") return folder.ends_with(".egg-info") || name_of(folder) == "EGG-INFO";
  return name.ends_with(".egg-info");
}

/// Which files it installed.
bool in_record(std::string_view path) {
  const std::string_view name = name_of(path), folder = folder_of(path);
  return (name == "RECORD" && folder.ends_with(".dist-info")) || (name == "installed-files.txt" && folder.ends_with(".egg-info"));
}

bool is_packed(std::string_view path) { return path.ends_with(".whl") || path.ends_with(".egg"); }

/// Names of fields are in either case, as those of mail (RFC 5322), which Python reads them as.
bool is_key(std::string_view key, std::string_view lower_case) { return key.size() == lower_case.size() && lower(key) == lower_case; }

/// The head of a text as core metadata has it: `Key: value` down to the first blank line, the first of each key.
Told from_metadata(std::string_view path, std::string_view text) {
  std::string_view name, version;
  for (std::string_view line : Parts(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const auto [key, value] = cut(line, ':');
    if (is_key(key, "name") && name.empty()) name = trim(value);
    if (is_key(key, "version") && version.empty()) version = trim(value);
  }
  std::string canonical = is_utf8(name) ? python_name(name) : std::string();  // nothing is left of `_`
  if (canonical.empty() || !is_utf8(version)) return {.unread = {no_record(path, "it names no package")}};
  Component out{.type = "pypi", .name = std::move(canonical), .version = std::string(version), .path = std::string(path)};
  if (version.empty() || version == "UNKNOWN") out.version.clear(), out.remark = "its metadata has no version";
  return {.components = {std::move(out)}};
}

/// The first field of a line of CSV (RFC 4180), and what follows its comma.
std::pair<std::string, std::string_view> first_field(std::string_view line) {
  if (!line.starts_with('"')) {
    const auto [field, rest] = cut(line, ',');
    return {std::string(field), rest};
  }
  std::string out;
  size_t at = 1;
  for (; at < line.size(); ++at) {
    if (line[at] == '"' && (at + 1 == line.size() || line[at + 1] != '"')) break;
    if (line[at] == '"') ++at;
    out += line[at];
  }
  return {std::move(out), cut(line.substr(std::min(at, line.size())), ',').second};
}

/// The SHA-256 of `sha256=DIGEST,SIZE`, in the alphabet for names of files and without padding (PyPA, "Recording installed projects"); else zeros.
std::string sum_of(std::string_view rest) {
  constexpr std::string_view prefix = "sha256=";
  constexpr size_t size = 32;
  std::string text(cut(rest, ',').first);
  if (!text.starts_with(prefix)) return std::string(size, '\0');
  text.erase(0, prefix.size());
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text += '=';
  const auto bytes = from_base64(text);
  return bytes && bytes->size() == size ? std::string(as_text(*bytes)) : std::string(size, '\0');
}

/// The environment that a folder of packages is of: `usr` of `usr/lib/python3/dist-packages`; of one that lies elsewhere itself.
std::string_view environment_of(std::string_view site) {
  const std::string_view python = folder_of(site), lib = folder_of(python);
  const bool usual = (name_of(site) == "site-packages" || name_of(site) == "dist-packages") && name_of(python).starts_with("python") && name_of(lib).starts_with("lib");
  return usual ? folder_of(lib) : site;
}

/// `NAME-VERSION` of the folder beside which files are recorded, with nothing but these files: settle_python() joins it with its metadata.
Told from_record(std::string_view path, std::string_view text) {
  const bool wheel = name_of(path) == "RECORD";
  const std::string_view folder = folder_of(path);
  const std::string_view stem = name_of(folder).substr(0, name_of(folder).rfind('.'));
  const auto [name, rest] = cut(stem, '-');
  Component out{.type = "pypi", .name = python_name(name), .version = std::string(cut(rest, '-').first), .path = std::string(path), .remark = "its record of files has no metadata beside it"};
  if (out.name.empty()) out.name = stem;
  const std::string environment = fmt::format("{}/", environment_of(folder_of(folder)));
  std::vector<std::pair<std::string, std::string>> files;  // with their digests
  Told told;
  for (std::string_view line : Parts(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto [field, hash] = wheel ? first_field(line) : std::pair(std::string(line), std::string_view());
    std::string file = joined_path(wheel ? folder_of(folder) : folder, field);
    if (file.empty() || (environment.size() > 1 && !file.starts_with(environment))) continue;  // of nobody's it says nothing
    if (files.size() == max_files) {
      told.unread.push_back(no_record(path, fmt::format("it names more than {} files", max_files)));
      break;
    }
    files.emplace_back(std::move(file), wheel ? sum_of(hash) : std::string());
  }
  std::ranges::sort(files);
  for (auto& [file, sum] : files) out.files.push_back(std::move(file)), out.sums += sum;
  told.components.push_back(std::move(out));
  return told;
}

Told from_packed(std::string_view path, const host::ReadFile& file) {
  auto zip = Zip::open(file);
  if (!zip) return {.unread = {no_record(path, zip.error().message)}};
  Told told;
  for (const Zip::Member& member : zip->members()) {
    const bool top = std::ranges::count(member.name, '/') == 1;
    if (!top || (!in_metadata(member.name) && member.name != "EGG-INFO/PKG-INFO")) continue;
    const std::string inside = fmt::format("{}!{}", path, member.name);
    const auto bytes = zip->read(member, max_metadata);
    Told found = bytes ? from_metadata(inside, as_text(*bytes)) : Told{.unread = {no_record(inside, bytes.error().message)}};
    for (Component& each : found.components) {
      if (path.ends_with(".whl")) each.remark = "a wheel that is not installed";
      told.components.push_back(std::move(each));
    }
    told.unread.insert(told.unread.end(), found.unread.begin(), found.unread.end());
  }
  if (told.components.empty() && told.unread.empty()) told.unread.push_back(no_record(path, "it holds no metadata"));
  return told;
}

/// Native libraries that came with a wheel (auditwheel puts them into `NAME.libs/`, delocate into `.dylibs/`): nobody records which version they are.
void note_libraries(const Component& component, std::vector<std::string>& notes) {
  std::vector<std::string_view> libraries;
  for (const std::string& file : component.files) {
    const std::string_view folder = name_of(folder_of(file));
    if ((folder.ends_with(".libs") || folder == ".dylibs") && file.find(".so") != std::string::npos) libraries.push_back(name_of(file));
  }
  if (libraries.empty()) return;
  const size_t all = libraries.size();
  libraries.resize(std::min<size_t>(all, 20));
  notes.push_back(fmt::format("'{}': {} {} came with native libraries of unknown version: {}{}", component.path, component.name, component.version, fmt::join(libraries, ", "),
                              all > libraries.size() ? fmt::format(" and {} more", all - libraries.size()) : std::string()));
}

}  // namespace

bool wants_python(std::string_view path, BytesView) { return in_metadata(path) || in_record(path) || is_packed(path); }

Told read_python(std::string_view path, const host::ReadFile& file) {
  if (is_packed(path)) return from_packed(path, file);
  const bool record = in_record(path);
  // A description of any length follows the head.
  const auto bytes = read_range(file, 0, record ? file.size() : std::min(file.size(), max_metadata), record ? max_record : max_metadata);
  if (!bytes) return {.unread = {no_record(path, bytes.error().message)}};
  return record ? from_record(path, as_text(*bytes)) : from_metadata(path, as_text(*bytes));
}

void settle_python(Told& told, const Contents&) {
  std::map<std::string, std::pair<std::vector<std::string>, std::string>, std::less<>> files;  // and their digests, by the folder of their record
  for (Component& each : told.components) {
    if (in_record(each.path)) files[std::string(folder_of(each.path))] = {each.files, each.sums};
  }
  std::map<std::string, bool, std::less<>> has_metadata;
  for (Component& each : told.components) {
    if (in_record(each.path)) continue;
    has_metadata[std::string(folder_of(each.path))] = true;
    if (const auto found = files.find(folder_of(each.path)); found != files.end() && name_of(each.path) != name_of(folder_of(each.path))) std::tie(each.files, each.sums) = found->second;
  }
  std::erase_if(told.components, [&](const Component& each) { return in_record(each.path) && has_metadata.contains(folder_of(each.path)); });
  for (const Component& each : told.components) note_libraries(each, told.notes);
}

}  // namespace ashlar::inventory
