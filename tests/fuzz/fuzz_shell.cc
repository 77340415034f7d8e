// parse_shell: a tree whose nodes have the operands that whoever follows it counts on.
#include <algorithm>

#include "build/inner/shell.h"
#include "fuzz.h"

namespace {

using ashlar::build::ShellNode;

void check(const ShellNode& node, int lines);

void check(const ashlar::build::ShellWord& word, int lines) {
  for (const auto& part : word) {
    fuzz::must((part.kind == ashlar::build::ShellPart::Kind::Command) == (part.command != nullptr), "a command's output has a command");
    if (part.command != nullptr) check(*part.command, lines);
    check(part.argument, lines);
  }
}

bool has_operands(const ShellNode& node) {
  const std::size_t count = node.children.size();
  switch (node.kind) {
    case ShellNode::Kind::Simple: return count == 0 && !(node.words.empty() && node.assignments.empty() && node.redirects.empty());
    case ShellNode::Kind::List: return true;
    case ShellNode::Kind::And:
    case ShellNode::Kind::Or:
    case ShellNode::Kind::While:
    case ShellNode::Kind::Until: return count == 2;
    case ShellNode::Kind::Pipe:
    case ShellNode::Kind::If: return count >= 2;
    case ShellNode::Kind::Case: return count == node.patterns.size() && node.words.size() == 1;
    case ShellNode::Kind::Not:
    case ShellNode::Kind::For:
    case ShellNode::Kind::Subshell: return count == 1;
    case ShellNode::Kind::Function: return node.body != nullptr && !node.name.empty();
  }
  return false;
}

void check(const ShellNode& node, int lines) {
  fuzz::must(node.line >= 0 && node.line <= lines, "a command stands in a line of the script");
  fuzz::must(has_operands(node), "a command has its operands");
  for (const auto& word : node.words) check(word, lines);
  for (const auto& [name, word] : node.assignments) check(word, lines);
  for (const auto& words : node.patterns) for (const auto& word : words) check(word, lines);
  for (const auto& redirect : node.redirects) {
    fuzz::must((redirect.operation == "<<") == (redirect.text != nullptr), "a here-document has a text");
    check(redirect.target, lines);
    if (redirect.text != nullptr) check(*redirect.text, lines);
  }
  for (const ShellNode& child : node.children) check(child, lines);
  if (node.body != nullptr) check(*node.body, lines);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const auto script = ashlar::build::parse_shell(text)) check(*script, 2 + static_cast<int>(std::count(text.begin(), text.end(), '\n')));
  return 0;
}
