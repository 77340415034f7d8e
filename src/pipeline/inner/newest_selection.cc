#include "pipeline/inner/newest_selection.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/selections-seen/v1";

host::Path file_of(const Workshop& workshop) { return workshop.folders.state / "selections.json"; }
std::string whole(const host::Path& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

}  // namespace

Result<NewestSelections> NewestSelections::open(Workshop& workshop) {
  NewestSelections out(workshop);
  TRY_ASSIGN(out.seen_, out.read());
  return out;
}

Result<std::vector<NewestSelections::Seen>> NewestSelections::read() const {
  const host::Path path = file_of(workshop_);
  std::vector<Seen> out;
  if (!workshop_.machine.files->exists(path)) return out;
  TRY_ASSIGN(const std::string text, workshop_.machine.files->read(path));
  const auto json = parse_json(text, path.string());
  const auto broken = [&] { return cannot(Kind::Corrupt, fmt::format("read which selections were seen, '{}'", path.string()), "it is none of Ashlar's: look at who changed it before it is taken away"); };
  if (!json || !json->is_object() || json->value("schema", Json()) != schema || !json->contains("selections") || !json->at("selections").is_array()) return broken();
  for (const Json& each : json->at("selections")) {
    if (!each.is_object() || !each.value("id", Json()).is_string() || !each.value("file", Json()).is_string() || !each.value("serial", Json()).is_number_unsigned()) return broken();
    out.push_back({each.at("id").get<std::string>(), each.at("file").get<std::string>(), each.at("serial").get<std::uint64_t>()});
  }
  return out;
}

std::uint64_t NewestSelections::newest(const policy::Selection& selection) const {
  std::uint64_t out = 0;
  for (const Seen& each : seen_) {
    if (!selection.id.empty() && each.id == selection.id) out = std::max(out, each.serial);
  }
  return out;
}

Done NewestSelections::admit(const policy::Selection& selection, const host::Path& path) const {
  std::uint64_t known = newest(selection);
  if (selection.id.empty()) {
    for (const Seen& each : seen_) {
      if (each.file == whole(path)) known = std::max(known, each.serial);
    }
  }
  if (selection.serial >= known) return {};
  return cannot(Kind::Denied, fmt::format("believe selection '{}'", path.string()),
                fmt::format("it is well signed and older than one that was seen here: its serial is {}, that of the newest {}; bring the newest back, or have somebody who selects read this one and sign it anew (`ashlar policy select --sign`)", selection.serial, known));
}

Done NewestSelections::keep(const policy::Selection& selection, const host::Path& path) {
  if (selection.id.empty() || selection.serial == 0) return {};
  const auto holds = [&](const std::vector<Seen>& seen) { return std::ranges::any_of(seen, [&](const Seen& each) { return each.id == selection.id && each.file == whole(path) && each.serial >= selection.serial; }); };
  if (holds(seen_)) return {};
  host::Files& files = *workshop_.machine.files;
  TRY(files.make_folders(workshop_.folders.state / "locks"));
  TRY_ASSIGN(const auto lock, files.lock(workshop_.folders.state / "locks" / "selections.lock"));
  TRY_ASSIGN(seen_, read());
  if (holds(seen_)) return {};
  std::erase_if(seen_, [&](const Seen& each) { return each.file == whole(path) && each.id == selection.id; });
  seen_.push_back({selection.id, whole(path), selection.serial});
  Json list = Json::array();
  for (const Seen& each : seen_) list.push_back({{"id", each.id}, {"file", each.file}, {"serial", each.serial}});
  return files.write(file_of(workshop_), to_pretty({{"schema", schema}, {"selections", std::move(list)}}));
}

}  // namespace ashlar::pipeline
