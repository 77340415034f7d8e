#include "plan/inner/habits.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/image_tests.h"

namespace ashlar::plan {
namespace {

/// A key of others, ours, and how it is written.
struct Habit {
  std::string_view theirs, ours, written;
};
constexpr Habit habits[] = {
    {"healthcheck", "health", "health: {kind: tcp, target: 'localhost:8080'}"},
    {"env", "environment", "environment: {NAME: value}"},
    {"envs", "environment", "environment: {NAME: value}"},
    {"expose", "ports", "ports: [8080/tcp]"},
    {"command", "cmd", "cmd: [serve, --verbose]"},
    {"args", "cmd", "cmd: [serve, --verbose]"},
    {"user", "accounts", "accounts: {run-as: nonroot, users: [{name: nonroot, uid: 65532, gid: 65532}]}"},
    {"users", "accounts", "accounts: {users: [{name: nonroot, uid: 65532, gid: 65532}]}"},
    {"groups", "accounts", "accounts: {groups: [{name: nonroot, gid: 65532}]}"},
    {"run-as", "accounts", "accounts: {run-as: nonroot}"},
    {"tz", "timezone", "timezone: Europe/Berlin"},
    {"locale", "locales", "locales: [de_DE.UTF-8]"},
    {"lang", "locales", "locales: [de_DE.UTF-8]"},
    {"volume", "volumes", "volumes: [/var/lib/app]"},
    {"volumes_from", "volumes", "volumes: [/var/lib/app]; which containers share them is for who runs the image"},
    {"packages", "contents", "contents: {packages: [base-files, curl]}"},
    {"repositories", "contents", "contents: {repositories: ['deb URL SUITE COMPONENT']}"},
    {"keyring", "contents", "contents: {keyring: [URL]}"},
    {"add", "contents", "contents: {files: [{url: URL, checksum: 'sha256:...', path: /opt/app}]}; a file beside the definition goes to 'paths'"},
    {"copy", "paths", "paths: [{type: file, source: app/config.yaml, path: /etc/app/config.yaml}]"},
    {"run", "contents", "contents: {packages: [...]}; no command runs in an image that is made, 'paths' has what packages do not bring"},
    {"base", "distribution", "distribution: debian-13; an image is made of packages, not on another image"},
    {"from", "distribution", "distribution: debian-13; an image is made of packages, not on another image"},
    {"workdir", "work-dir", "work-dir: /app"},
    {"working_dir", "work-dir", "work-dir: /app"},
    {"stopsignal", "stop-signal", "stop-signal: SIGTERM"},
    {"stop_signal", "stop-signal", "stop-signal: SIGTERM"},
    {"label", "labels", "labels: {org.opencontainers.image.vendor: example}"},
    {"maintainer", "labels", "labels: {org.opencontainers.image.authors: someone}"},
    {"arg", "vars", "vars: {VERSION: 1.2.3}"},
    {"archs", "platforms", "platforms: [linux/amd64, linux/arm64]"},
    {"platform", "platforms", "platforms: [linux/amd64, linux/arm64]"},
    {"tag", "tags", "tags: ['1.0']"},
    {"certs", "certificates", "certificates: [{name: company, source: company/root.pem}]"},
};

/// Whether a plain scalar would be read as a text.
bool reads_as_text(std::string_view text) {
  constexpr std::string_view special = "{}[],&*#?|-<>=!%@:`\"'", words[] = {"true", "false", "null", "~"};
  if (text.empty() || special.find(text.front()) != std::string_view::npos || std::ranges::find(words, text) != std::end(words)) return false;
  if (text.find_first_of("{}[],\"'#\n") != std::string_view::npos || text.find(": ") != std::string_view::npos || text.ends_with(':') || text.ends_with(' ')) return false;
  return text.find_first_not_of("0123456789.+-eExXoabcdefABCDEF_") != std::string_view::npos;  // else it may be a number
}

/// An option needs no quotes, though it begins with what a list item would.
std::string quoted_where_needed(const std::string& text) {
  const bool option = text.size() > 1 && text[0] == '-' && (text[1] == '-' || std::isalpha(static_cast<unsigned char>(text[1])) != 0) && text.find_first_of("{}[],\"'#: \n") == std::string::npos;
  if (option || reads_as_text(text)) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

std::string habit_hint(std::string_view key, std::span<const std::string_view> known) {
  std::string lower(key);
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const auto is_known = [&](std::string_view ours) { return std::ranges::find(known, ours) != known.end(); };
  if (lower != key && is_known(lower)) return fmt::format("keys are in lower case: '{}'", lower);  // of a Dockerfile
  const auto found = std::ranges::find(habits, lower, &Habit::theirs);
  return found == std::end(habits) || !is_known(found->ours) ? std::string() : fmt::format("here it is '{}': {}", found->ours, found->written);
}

std::string command_hint(const YamlNode& node) {
  const YamlNode* const text = node.type == YamlNode::Type::Mapping ? node.find("command") : &node;
  if (text == nullptr || text->type != YamlNode::Type::Scalar || text->text.size() > 200) return {};
  const auto words = split_command(text->text);
  return !words || words->empty() ? std::string() : fmt::format("each word by itself, and no shell: {}", as_list(*words));
}

std::string as_list(std::span<const std::string> items) {
  std::vector<std::string> out;
  for (const std::string& item : items) out.push_back(quoted_where_needed(item));
  return fmt::format("[{}]", fmt::join(out, ", "));
}

std::int64_t seconds_of_duration(std::string_view text) {
  constexpr std::pair<std::string_view, std::int64_t> units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  std::int64_t total = 0;
  if (text.empty() || text.size() > 20) return 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > 9) return 0;
    for (const char c : text.substr(0, digits)) number = number * 10 + (c - '0');
    text.remove_prefix(digits);
    const size_t letters = std::min(text.find_first_of("0123456789"), text.size());
    const auto unit = std::ranges::find(units, text.substr(0, letters), [](const auto& each) { return each.first; });
    if (unit == std::end(units)) return 0;
    total += number * unit->second;
    text.remove_prefix(letters);
  }
  return (total + 999) / 1000;
}

}  // namespace ashlar::plan
