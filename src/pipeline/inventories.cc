#include "pipeline/inventories.h"

#include <filesystem>

#include <fmt/format.h>

#include "pipeline/inner/kept_tests.h"

namespace ashlar::pipeline {

std::string from_anywhere(const std::string& ref) {
  auto parsed = oci::ImageRef::parse(ref);
  if (!parsed || parsed->transport == oci::Transport::Registry) return ref;
  parsed->location = std::filesystem::absolute(parsed->location).lexically_normal().string();
  return parsed->str();
}

Result<scan::Inventories> open_inventories(Workshop& workshop) {
  TRY(workshop.machine.files->make_folders(workshop.folders.state));
  return scan::Inventories::open(workshop.folders.state / "inventories.db");
}

std::function<void(const scan::Subject&, const scan::Report&)> remember_images(Workshop& workshop) {
  // shared by the copies that a std::function makes of what it calls
  const auto store = std::make_shared<std::optional<Result<scan::Inventories>>>();
  return [&workshop, store](const scan::Subject& subject, const scan::Report& report) {
    if (!scan::Inventories::takes(subject)) return;
    scan::Subject named = subject;
    named.ref = from_anywhere(subject.ref);
    const bool first = !store->has_value();
    if (first) store->emplace(open_inventories(workshop));
    Result<scan::Inventories>& open = **store;
    const Done kept = open ? open->keep(named, report, workshop.machine.clock->now(), program_stamp(*workshop.machine.files)) : Done(std::unexpected(open.error()));
    if (kept || (!open && !first)) return;
    workshop.progress.note(fmt::format("'{}' is not remembered for advisories to come: {}", subject.ref, kept.error().message));
  };
}

Result<scan::Answer> ask_inventories(Workshop& workshop, advisory::Database& database, const std::string& id) {
  TRY_ASSIGN(const auto named, database.named(id));
  if (named.empty()) return cannot(Kind::NotFound, fmt::format("explain '{}'", id), database.absence().empty() ? "no feed of the database has it" : database.absence());
  TRY_ASSIGN(auto inventories, open_inventories(workshop));
  return inventories.ask(database, id);
}

}  // namespace ashlar::pipeline
