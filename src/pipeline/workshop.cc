#include "pipeline/workshop.h"

#include "host/program.h"
#include "pipeline/offers.h"

namespace ashlar::pipeline {

Result<host::Path> data_folder(const host::Machine& machine) {
  std::vector<host::Path> places;
  if (const auto named = machine.environment("ASHLAR_DATA_DIR"); named && !named->empty()) {
    places.emplace_back(*named);
  } else {
    const host::Path program = host::program_path();
    places.push_back(program.parent_path().parent_path() / "share" / "ashlar");
    for (host::Path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) places.push_back(folder);
  }
  for (const host::Path& place : places) {
    if (machine.files->exists(place / "distributions") && machine.files->exists(place / "effects")) return place;
  }
  return cannot(Kind::NotFound, "find ashlar's data folder",
                "no 'distributions' and 'effects' lie in share/ashlar beside the program; install it whole or set ASHLAR_DATA_DIR");
}

Result<Workshop> open_workshop(host::Machine& machine, const std::string& config_file, Progress& progress) {
  TRY_ASSIGN(auto folders, host::folders(machine));
  TRY_ASSIGN(auto data, data_folder(machine));
  TRY_ASSIGN(auto config, read_config(machine, folders, config_file));
  return Workshop{machine, progress, std::move(folders), std::move(data), std::move(config), std::make_shared<OfferShelf>()};
}

}  // namespace ashlar::pipeline
