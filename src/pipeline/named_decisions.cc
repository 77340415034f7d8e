#include "pipeline/named_decisions.h"

#include <fmt/format.h>

#include "base/yaml.h"

namespace ashlar::pipeline {

Done require_named_decisions(const Workshop& workshop) {
  host::Files& files = *workshop.machine.files;
  const host::Path& decisions = workshop.config.scan.exceptions;
  if (files.exists(decisions)) return {};
  for (const host::Path& path : workshop.config.files) {
    TRY_ASSIGN(std::string text, files.read(path));
    TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path.string()));
    const YamlNode* const scan = document.root.type == YamlNode::Type::Mapping ? document.root.find("scan") : nullptr;
    if (scan == nullptr || scan->type != YamlNode::Type::Mapping || scan->find("exceptions") == nullptr) continue;
    return cannot(Kind::Invalid, fmt::format("read decisions of '{}'", decisions.string()), fmt::format("it is not there, and '{}' names it (scan.exceptions): mend the path or take it out; the first `ashlar except add` makes the file", path.string()));
  }
  return {};
}

}  // namespace ashlar::pipeline
