// Java: jar, war and ear files (and what is made like them), also those within them. What a jar holds is told by the pom.properties that Maven puts into
// it, several where others were shaded into it; else by its manifest; else by its name. Nothing is ever asked of a network.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/inner/jar_names.h"
#include "inventory/inner/part_file.h"
#include "inventory/inner/readers.h"
#include "inventory/inner/zip.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint64_t max_text = 1 << 20, max_nested = 64 << 20;
constexpr int max_depth = 8;

/// What is left for one file of the image, everything nested in it included.
struct Budget {
  std::uint64_t bytes = 512 << 20;
  size_t jars = 20'000;
};

bool is_jar(std::string_view path) {
  constexpr std::array<std::string_view, 9> suffixes = {".jar", ".war", ".ear", ".par", ".sar", ".nar", ".jpi", ".hpi", ".lpkg"};
  const std::string name = lower(name_of(path));  // the JVM asks for no name at all
  return std::ranges::any_of(suffixes, [&](std::string_view suffix) { return name.ends_with(suffix) && name.size() > suffix.size(); });
}

/// `META-INF/maven/GROUP/ARTIFACT/FILE`, wherever it lies.
bool in_maven(std::string_view path, std::string_view file) {
  if (name_of(path) != file) return false;
  const std::string_view above = folder_of(folder_of(folder_of(path)));
  return above.ends_with("META-INF/maven") && (above.size() == 14 || above[above.size() - 15] == '/');
}

/// Lines of `key=value` (java.util.Properties, as far as Maven writes it).
std::map<std::string, std::string, std::less<>> properties_of(std::string_view text) {
  std::map<std::string, std::string, std::less<>> out;
  for (const std::string_view line : Parts(text, '\n')) {
    const std::string_view body = trim(line);
    if (body.empty() || body[0] == '#' || body[0] == '!') continue;
    const size_t at = body.find_first_of("=:");
    if (at != std::string_view::npos) out.insert_or_assign(std::string(trim(body.substr(0, at))), std::string(trim(body.substr(at + 1))));
  }
  return out;
}

Told from_properties(std::string_view path, std::string_view text) {
  const auto properties = properties_of(text);
  const auto get = [&](std::string_view key) {
    const auto found = properties.find(key);
    return found == properties.end() || !is_utf8(found->second) ? std::string() : found->second;
  };
  const std::string group = get("groupId"), artifact = get("artifactId");
  if (group.empty() || artifact.empty() || artifact.find("${") != std::string::npos || group.find("${") != std::string::npos) return {.unread = {no_record(path, "it names no artifact")}};
  Component out{.type = "maven", .name = fmt::format("{}:{}", group, artifact), .version = get("version"), .path = std::string(path)};
  if (out.version.find("${") != std::string::npos) out.version.clear();
  if (out.version.empty()) out.remark = "its pom.properties has no version";
  return {.components = {std::move(out)}};
}

/// Of `app.war!lib/x.jar` it is `x.jar`.
std::string_view file_name(std::string_view path) { return name_of(path.substr(path.rfind('!') + 1)); }

class JarReader {
 public:
  explicit JarReader(Told& told) : told_(told) {}

  void read(const std::string& path, const host::ReadFile& file, int depth) {
    if (budget_.jars == 0) return refuse("it holds more than 20,000 archives");
    --budget_.jars;
    auto zip = Zip::open(file);
    if (!zip) return told_.unread.push_back(no_record(path, zip.error().message));
    const size_t before = told_.components.size();
    for (const Zip::Member& member : zip->members()) {
      if (in_maven(member.name, "pom.properties")) read_properties(path, *zip, member);
    }
    const bool known = told_.components.size() > before;
    mark_shaded(path, before);
    // A jar of archives alone (an assembly, a Spring Boot application) is described by what is in it, too.
    for (const Zip::Member& member : zip->members()) {
      if (is_jar(member.name) || is_archive(*zip, member)) read_nested(path, file, *zip, member, depth);
    }
    if (!known) read_manifest(path, *zip, depth);
  }

  void finish(std::string_view path) {
    if (!refusal_.empty()) told_.unread.push_back(no_record(path, refusal_));
  }

 private:
  void refuse(std::string why) {
    if (refusal_.empty()) refusal_ = std::move(why);
  }

  Result<Bytes> take(const Zip& zip, const Zip::Member& member, std::uint64_t limit) {
    if (member.size > budget_.bytes) return fail(Kind::Corrupt, "what is packed in it takes more than 512 MiB");
    TRY_ASSIGN(Bytes bytes, zip.read(member, limit));
    budget_.bytes -= bytes.size();
    return bytes;
  }

  /// Whether a member is a zip archive by its bytes, whatever it is called; classes, of which there are many, where they are large for one.
  bool is_archive(const Zip& zip, const Zip::Member& member) {
    constexpr std::uint64_t smallest = 22, large_class = 64 << 10;
    if (member.encrypted || member.size < (member.name.ends_with(".class") ? large_class : smallest)) return false;
    return zip.front(member, front_) == "PK\x03\x04";
  }

  void read_properties(const std::string& path, const Zip& zip, const Zip::Member& member) {
    const auto bytes = take(zip, member, max_text);
    Told found = bytes ? from_properties(fmt::format("{}!{}", path, member.name), as_text(*bytes)) : Told{.unread = {no_record(path + "!" + member.name, bytes.error().message)}};
    for (Component& each : found.components) {
      each.path = path;
      told_.components.push_back(std::move(each));
    }
    told_.unread.insert(told_.unread.end(), found.unread.begin(), found.unread.end());
  }

  /// Of several artifacts one jar names, that which its file is called is its own.
  void mark_shaded(const std::string& path, size_t from) {
    if (told_.components.size() - from < 2) return;
    const std::string_view name = file_name(path), jar = name.substr(0, name.rfind('.'));
    for (size_t at = from; at < told_.components.size(); ++at) {
      Component& each = told_.components[at];
      const std::string_view artifact = cut(each.name, ':').second;
      const bool own = jar.starts_with(artifact) && (jar.size() == artifact.size() || jar[artifact.size()] == '-');
      if (!own && each.remark.empty()) each.remark = "packed into a jar of another name";
    }
  }

  void read_nested(const std::string& path, const host::ReadFile& file, const Zip& zip, const Zip::Member& member, int depth) {
    const std::string inside = fmt::format("{}!{}", path, member.name);
    if (depth == max_depth) return refuse(fmt::format("archives in it nest deeper than {}", max_depth));
    if (!is_utf8(member.name)) return refuse("a name of an archive in it is no UTF-8");
    if (member.method == 0 && !member.encrypted) {
      const auto place = zip.place_of(member);
      if (!place) return told_.unread.push_back(no_record(inside, place.error().message));
      return read(inside, PartFile(file, *place, member.packed), depth + 1);
    }
    const auto bytes = take(zip, member, max_nested);
    if (!bytes) return told_.unread.push_back(no_record(inside, bytes.error().message));
    read(inside, ViewFile(*bytes), depth + 1);
  }

  /// A jar by its name tells something in any case, another archive where it has a manifest.
  void read_manifest(const std::string& path, const Zip& zip, int depth) {
    Manifest manifest;
    const auto member = std::ranges::find_if(zip.members(), [](const Zip::Member& each) { return each.name == "META-INF/MANIFEST.MF"; });
    if (member == zip.members().end() && depth > 0 && !is_jar(path)) return;
    if (member != zip.members().end()) {
      const auto bytes = take(zip, *member, max_text);
      if (bytes) manifest = read_jar_manifest(as_text(*bytes));
      else told_.unread.push_back(no_record(path + "!" + member->name, bytes.error().message));
    }
    const std::string_view name = file_name(path);
    if (name.substr(0, name.rfind('.')).empty()) return told_.unread.push_back(no_record(path, "neither what is in it nor its name tells what it is"));
    auto component = jar_by_manifest(name, manifest);
    component.path = path;
    told_.components.push_back(std::move(component));
  }

  Told& told_;
  Budget budget_;
  FrontInflater front_;
  std::string refusal_;
};

}  // namespace

bool wants_java(std::string_view path, BytesView) { return is_jar(path) || in_maven(path, "pom.properties"); }

Told read_java(std::string_view path, const host::ReadFile& file) {
  if (!is_jar(path)) {
    const auto text = read_text(file, max_text);
    return text ? from_properties(path, *text) : Told{.unread = {no_record(path, text.error().message)}};
  }
  Told told;
  JarReader reader(told);
  reader.read(std::string(path), file, 0);
  reader.finish(path);
  return told;
}

}  // namespace ashlar::inventory
