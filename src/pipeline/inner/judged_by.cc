#include "pipeline/inner/judged_by.h"

#include "pipeline/backing.h"

namespace ashlar::pipeline {

Result<std::string> judged_by(Workshop& workshop, const Fleet& fleet, const MakeOptions& make) {
  host::Files& files = *workshop.machine.files;
  std::string all;
  std::vector<host::Path> paths = make.scan.settings.statements;
  paths.insert(paths.end(), make.scan.statements.begin(), make.scan.statements.end());
  for (const DecisionsFile& each : make.scan.settings.exceptions) paths.push_back(each.path);
  paths.push_back(fleet.policy);
  paths.push_back(make.scan.trust.keyring);
  for (size_t at = 0, count = paths.size(); at < count; ++at) paths.push_back(records_path(paths[at]));
  for (const host::Path& path : paths) {
    if (path.empty() || !files.exists(path)) continue;
    TRY_ASSIGN(const auto stat, files.stat(path));
    std::vector<host::Path> each = {path};
    if (stat.type == host::NodeType::Directory) {
      each.clear();
      TRY_ASSIGN(const auto names, files.list(path));
      for (const std::string& name : names) {
        if (name.ends_with(".json")) each.push_back(path / name);
      }
    }
    for (const host::Path& file : each) {
      TRY_ASSIGN(const std::string text, files.read(file));
      all += Digest::of(text).hex();
    }
  }
  return Digest::of(all).hex();
}

}  // namespace ashlar::pipeline
