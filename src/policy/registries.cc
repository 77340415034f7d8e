#include "policy/registries.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/section.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 5> file_keys = {"host", "single", "also", "reached", "login"};

class Reader : public Section {
 public:
  using Section::Section;

  void read(const YamlNode& root, Registries& out) {
    if (!known(root, file_keys)) return;
    out.host = text(root, "host");
    out.single = text(root, "single");
    out.also = texts(root, "also");
    out.reached = text(root, "reached");
    out.login = text(root, "login");
  }
};

/// distribution/reference, "splitDockerDomain".
bool is_host(std::string_view word) { return word == "localhost" || std::ranges::any_of(word, [](char c) { return c == '.' || c == ':' || (c >= 'A' && c <= 'Z'); }); }

/// Spellings of a host that lead to the same one: capitals, the root's dot, the port that https has anyway.
std::string plain_host(std::string_view word) {
  std::string out;
  for (const char c : word) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (out.ends_with(":443")) out.resize(out.size() - 4);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

}  // namespace

Result<Registries> read_registries(std::string text, std::string path) {
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path));
  Reader reader(document);
  Registries out;
  reader.read(document.root, out);
  if (!reader.faults.empty()) return has_faults(fmt::format("read registries '{}'", path), std::move(reader.faults));
  return out;
}

std::string full_name(const Registries& registries, std::string_view name) {
  const auto [first, rest] = cut(name, '/');
  std::string host = registries.host;
  std::string_view path = name;
  if (!rest.empty() && is_host(first)) host = plain_host(first), path = rest;
  if (const auto [word, behind] = cut(host, '.'); behind == registries.host && std::ranges::find(registries.also, word) != registries.also.end()) host = registries.host;
  if (host.empty()) return std::string(name);
  if (host == registries.host && !registries.single.empty() && path.find('/') == std::string_view::npos) return fmt::format("{}/{}/{}", host, registries.single, path);
  return fmt::format("{}/{}", host, path);
}

}  // namespace ashlar::policy
