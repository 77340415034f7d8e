// Files of CI services: what runs in them, and secrets that stand in them.
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/jenkins_words.h"
#include "workload/inner/remarks.h"
#include "workload/inner/secret_names.h"
#include "workload/inner/yaml_check.h"

namespace ashlar::workload {
namespace {

class Files {
 public:
  Files(const YamlStream& stream, const YamlStream::Document& document, Remarks& out) : stream_(stream), document_(document), out_(out) {}

  void github() {
    const YamlNode& root = document_.root;
    variables(root.find("env"));
    steps(find(root.find("runs"), "steps"));
    const YamlNode* jobs = root.find("jobs");
    if (jobs == nullptr) return;
    for (const auto& [name, job] : jobs->members) {
      variables(job.find("env"));
      variables(find(job.find("container"), "env"));
      uses(job.find("uses"));
      if (const YamlNode* services = job.find("services")) {
        for (const auto& [service, value] : services->members) variables(value.find("env"));
      }
      steps(job.find("steps"));
    }
  }

  /// `variables` as a mapping or as a list of names and values, and `env` of steps, wherever they stand.
  void azure(const YamlNode& node) {
    for (const YamlNode& each : node.items) azure(each);
    for (const auto& [key, value] : node.members) {
      if (key.text == "env" || key.text == "variables") variables(&value);
      if (key.text == "variables") {
        for (const YamlNode& each : value.items) {
          const YamlNode *const name = each.find("name"), *const text = each.find("value");
          if (is_text(name) && is_text(text)) variable(*name, name->text, text->text);
        }
      }
      azure(value);
    }
  }

  void gitlab() {
    variables(document_.root.find("variables"));
    for (const auto& [name, job] : document_.root.members) {
      if (name.text != "variables") variables(job.find("variables"));
    }
  }

 private:
  void steps(const YamlNode* list) {
    if (list == nullptr) return;
    for (const YamlNode& each : list->items) {
      uses(each.find("uses"));
      variables(each.find("env"));
    }
  }

  /// `owner/name[/path]@ref`: only a commit is always the same.
  void uses(const YamlNode* node) {
    if (!is_text(node) || node->text.starts_with("./") || node->text.starts_with("docker://")) return;
    const auto [name, at] = cut(node->text, '@');
    const bool commit = at.size() >= 40 && std::ranges::all_of(at, [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!commit) out_.add("action-unpinned", stream_.place(document_, *node), fmt::format("'{}' is no commit", visible(node->text.substr(0, 200))), fmt::format("{}@ and the commit's 40 digits, with the version in a comment behind it", visible(name.substr(0, 200))));
  }

  void variables(const YamlNode* node) {
    if (node == nullptr) return;
    for (const auto& [key, value] : node->members) {
      const YamlNode* text = value.type == YamlNode::Type::Mapping ? value.find("value") : &value;
      if (is_text(text)) variable(key, key.text, text->text);
    }
  }
  void variable(const YamlNode& place, const std::string& name, const std::string& value) {
    if (gives_secret(name, value)) out_.add("secret-in-env", stream_.place(document_, place), fmt::format("'{}' has its value in the file", visible(name.substr(0, 80))), "the service keeps secrets: name one of those");
  }

  const YamlStream& stream_;
  const YamlStream::Document& document_;
  Remarks& out_;
};

}  // namespace

void check_github(const YamlStream& stream, Remarks& out) {
  for (const YamlStream::Document& each : stream.documents()) Files(stream, each, out).github();
}

void check_azure(const YamlStream& stream, Remarks& out) {
  for (const YamlStream::Document& each : stream.documents()) Files(stream, each, out).azure(each.root);
}

/// Variables of `environment { NAME = 'text' }`.
void check_jenkins(std::string_view text, Remarks& out) {
  const auto words = jenkins_words(text);
  const Lines lines(text);
  int depth = 0;  // of braces within it; 0: outside
  for (size_t at = 0; at < words.size(); ++at) {
    const bool next = at + 2 < words.size();
    if (depth == 0 && words[at].is("environment") && next && words[at + 1].is("{")) depth = 1, ++at;
    else if (depth > 0 && words[at].is("{")) ++depth;
    else if (depth > 0 && words[at].is("}")) --depth;
    else if (depth == 1 && next && words[at].kind == JenkinsWord::Kind::Name && words[at + 1].is("=") && words[at + 2].kind == JenkinsWord::Kind::Text && gives_secret(words[at].text, words[at + 2].text))
      out.add("secret-in-env", lines.span(words[at].begin, words[at].end), fmt::format("'{}' has its value in the file", visible(words[at].text.substr(0, 80))), "the service keeps secrets: `credentials('ID')` names one of those");
  }
}

void check_gitlab(const YamlStream& stream, Remarks& out) {
  for (const YamlStream::Document& each : stream.documents()) Files(stream, each, out).gitlab();
}

}  // namespace ashlar::workload
