#include "deb/release.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/control.h"

namespace ashlar::deb {
namespace {

constexpr size_t max_files = 200'000;

std::vector<std::string> list_of(std::string_view value) {
  const auto parts = words(value);
  return {parts.begin(), parts.end()};
}

bool is_inside(std::string_view path) {
  const auto parts = split(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty() || part == ".." || part == "."; });
}

Result<Release::File> read_file(std::string_view line) {
  const auto parts = words(line);
  if (parts.size() != 3) return fail(Kind::Corrupt, fmt::format("line '{}' of SHA256 is not of the form 'digest size path'", trim(line).substr(0, 100)));
  TRY_ASSIGN(const Digest digest, Digest::parse_hex(parts[0]));
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), size);
  if (error != std::errc{} || end != parts[1].data() + parts[1].size()) return fail(Kind::Corrupt, fmt::format("the size of '{}' is no number", parts[2]));
  if (!is_inside(parts[2])) return fail(Kind::Corrupt, fmt::format("path '{}' leaves its folder", parts[2]));
  return Release::File{std::string(parts[2]), digest, size};
}

Result<Release> read(const Stanza& stanza) {
  Release out;
  const std::pair<const char*, std::string Release::*> texts[] = {
      {"Origin", &Release::origin}, {"Label", &Release::label}, {"Suite", &Release::suite}, {"Codename", &Release::codename}, {"Version", &Release::version}};
  for (const auto& [name, member] : texts) out.*member = std::string(trim(stanza.get(name)));
  if (!stanza.has("Date")) return fail(Kind::Corrupt, "it has no Date");
  TRY_ASSIGN(out.date, Time::parse_mail(stanza.get("Date")));
  if (stanza.has("Valid-Until")) {
    TRY_ASSIGN(out.valid_until, Time::parse_mail(stanza.get("Valid-Until")));
  }
  out.architectures = list_of(stanza.get("Architectures"));
  out.components = list_of(stanza.get("Components"));
  out.by_hash = trim(stanza.get("Acquire-By-Hash")) == "yes";
  out.all_apart = list_of(stanza.get("No-Support-for-Architecture-all")).empty() && std::find(out.architectures.begin(), out.architectures.end(), "all") != out.architectures.end();
  if (!stanza.has("SHA256")) return fail(Kind::Corrupt, "it has no SHA256");
  for (const std::string_view line : split(stanza.get("SHA256"), '\n')) {
    if (trim(line).empty()) continue;
    if (out.files.size() == max_files) return fail(Kind::Corrupt, "it lists more than 200000 files");
    TRY_ASSIGN(auto file, read_file(line));
    out.files.push_back(std::move(file));
  }
  std::sort(out.files.begin(), out.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto twice = std::adjacent_find(out.files.begin(), out.files.end(), [](const auto& a, const auto& b) { return a.path == b.path; });
  if (twice != out.files.end()) return fail(Kind::Corrupt, fmt::format("it lists '{}' twice", twice->path));
  return out;
}

}  // namespace

const Release::File* Release::find(std::string_view path) const {
  const auto found = std::lower_bound(files.begin(), files.end(), path, [](const File& file, std::string_view wanted) { return file.path < wanted; });
  return found != files.end() && found->path == path ? &*found : nullptr;
}

Result<Release> parse_release(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read release '{}'", path);
  StanzaReader reader(text, path);
  Stanza stanza;
  TRY_ASSIGN(const bool there, reader.next(stanza));
  if (!there) return cannot(Kind::Corrupt, what, "it is empty");
  auto release = read(stanza);
  if (!release) return cannot(Kind::Corrupt, what, release.error().message);
  return release;
}

}  // namespace ashlar::deb
