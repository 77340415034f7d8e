// parse_yaml: any text gives a tree whose places lie in it, or faults.
#include <algorithm>

#include "base/yaml.h"
#include "fuzz.h"

namespace {

size_t check(const ashlar::YamlDocument& document, const ashlar::YamlNode& node, int lines) {
  fuzz::must(node.line >= 1 && node.line <= lines && node.column >= 1, "a node stands in the text");
  size_t nodes = 1;
  for (const auto& item : node.items) nodes += check(document, item, lines);
  for (const auto& [key, value] : node.members) {
    fuzz::must(key.type == ashlar::YamlNode::Type::Scalar || key.type == ashlar::YamlNode::Type::Null, "keys are scalars");
    nodes += check(document, key, lines) + check(document, value, lines);
  }
  return nodes;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ashlar::YamlLimits limits{.bytes = 64 << 10, .depth = 32, .nodes = 5000};
  const auto document = ashlar::parse_yaml(std::string(fuzz::text(data, size)), "x.yaml", limits);
  if (!document) {
    fuzz::must(!document.error().message.empty(), "an error says why");
    for (const auto& fault : document.error().faults) fuzz::must(!to_string(fault).empty(), "a fault can be printed");
    return 0;
  }
  const auto lines = static_cast<int>(std::count_if(data, data + size, [](std::uint8_t byte) { return byte == '\n' || byte == '\r'; })) + 2;
  fuzz::must(check(*document, document->root, lines) <= limits.nodes + 1, "nodes are bounded");
  fuzz::must(!to_string(document->fault_at(document->root, "x")).empty(), "a place can be printed");
  return 0;
}
