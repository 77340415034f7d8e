// Keys, tokens and passwords, in every layer: what a higher one hides is still handed out.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/secrets.h"
#include "prove/inner/scene.h"

namespace ashlar::prove {
namespace {

std::string where(std::string_view path, const Secret& secret) {
  return shown(path) + secret.inside + (secret.line == 0 ? "" : fmt::format(":{}", secret.line));
}

/// Secrets that a text of the configuration holds by their form.
void judge_text(std::string_view text, std::string_view what, Check& check) {
  const auto all = secret_texts();
  for (size_t which = 0; which < all.size(); ++which) {
    for (size_t at = text.find(all[which]); at != std::string_view::npos; at = text.find(all[which], at + 1)) {
      if (const auto found = judge_secret(text, at, which)) return against(check, fmt::format("{} of the configuration holds {}", what, *found));
    }
  }
}

/// Whose a file is by the image's own lists alone; else empty.
std::string_view listed_owner(const Scene& scene, std::string_view path) {
  if (!scene.owners) return {};
  const auto found = scene.owners->files.find(path);
  return found != scene.owners->files.end() && found->second.standing == inventory::Standing::Listed ? std::string_view(found->second.owner) : std::string_view();
}

}  // namespace

Check no_secrets(const Scene& scene) {
  Check check = passing("no-secrets", "no private key, token or password in any layer or the configuration");
  std::vector<std::string> excused;  // keys of tests that packages ship: nobody's secret
  for (const auto& [place, facts] : scene.facts) {
    if (facts.secrets.empty()) continue;
    const std::string& path = scene.paths.at(place);
    const auto now = scene.contents.files.find(path);
    const bool hidden = now == scene.contents.files.end() || now->second.bytes != place;
    const std::string_view owner = hidden ? std::string_view() : scene.verified_owner(path);
    for (const Secret& each : facts.secrets) {
      if (!owner.empty()) excused.push_back(fmt::format("{} is {}: the file of {} has the same bytes, which everybody gets", where(path, each), each.what, owner));
      else if (const std::string_view claimed = hidden ? std::string_view() : listed_owner(scene, path); !claimed.empty())
        against(check, fmt::format("{} is {}: the image alone says that it is {}'s, and the package is not at hand", where(path, each), each.what, claimed));
      else against(check, fmt::format("{} is {}{}", where(path, each), each.what, hidden ? fmt::format(" (layer {}; a higher layer hides it, and who pulls the image has it)", place.layer) : ""));
    }
  }
  const oci::Config& config = scene.contents.config;
  for (const std::string& each : config.env) {
    const auto [name, value] = cut(each, '=');
    if (is_secret_name(name) && !value.empty()) against(check, fmt::format("variable '{}' of the configuration has a value", name));
    else judge_text(value, fmt::format("variable '{}'", name), check);
  }
  for (const auto& [name, value] : config.labels) judge_text(value, fmt::format("label '{}'", name), check);
  for (const auto& each : config.history) judge_text(each.created_by + "\n" + each.comment, "the history", check);
  for (const auto& list : {config.entrypoint, config.cmd}) judge_text(join(list, " "), "the command", check);
  if (check.outcome == Outcome::Passed && !excused.empty()) check.outcome = Outcome::Excused;
  check.evidence.insert(check.evidence.end(), excused.begin(), excused.end());
  if (check.evidence.empty()) check.evidence.push_back(fmt::format("{} paths in {} layers and the configuration: none", scene.contents.files.size(), scene.contents.layers.size()));
  return check;
}

}  // namespace ashlar::prove
