// ADD, COPY, ENV, ARG, WORKDIR and MAINTAINER.
#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/remarks.h"
#include "workload/inner/secret_names.h"

namespace ashlar::workload {
namespace {

bool is_address(std::string_view source) { return source.starts_with("http://") || source.starts_with("https://") || source.starts_with("git@") || source.starts_with("git://") || source.starts_with("ssh://"); }

/// What ADD would not unpack whatever it holds: a folder.
bool is_folder(std::string_view source) { return source == "." || source == ".." || source.ends_with('/') || source.ends_with("/."); }

class Instructions {
 public:
  Instructions(const DockerfileView& view, Remarks& out) : view_(view), out_(out) {}

  void check() {
    std::size_t stage = 0;
    for (std::size_t at = 0; at < view_.file.instructions.size(); ++at) {
      while (stage + 1 < view_.file.stages.size() && at >= view_.file.stages[stage + 1].first) ++stage;
      const Instruction& each = view_.file.instructions[at];
      look(each.trigger.empty() ? each : each.trigger.front(), stage);
    }
  }

 private:
  void look(const Instruction& each, std::size_t stage) {
    if (each.keyword == "ADD") add(each);
    if (each.keyword == "ADD" || each.keyword == "COPY") secrets_copied(each);
    if (each.keyword == "ENV" || each.keyword == "ARG") variables(each);
    if (each.keyword == "WORKDIR" && !each.words.empty()) folder(each, stage);
    if (each.keyword == "MAINTAINER") out_.add("maintainer", each.span, "MAINTAINER is deprecated", "LABEL org.opencontainers.image.authors=...");
  }

  void add(const Instruction& each) {
    const bool checksum = std::ranges::any_of(each.flags, [](const Flag& flag) { return flag.name == "checksum"; });
    const bool unpacks = std::ranges::any_of(each.flags, [](const Flag& flag) { return flag.name == "unpack"; });
    bool local = true, folders = true;
    for (std::size_t at = 0; at + 1 < each.words.size(); ++at) {
      const std::string& source = each.words[at].text;
      const bool heredoc = source.starts_with("<<");
      if (is_address(source) && !checksum) out_.add("add-url", view_.span(each.words[at], each.span), fmt::format("'{}' is fetched without --checksum", visible(source.substr(0, 200))), "ADD --checksum=sha256:… says which bytes are meant");
      local = local && !is_address(source) && source.find('$') == std::string::npos;
      folders = folders && (is_folder(source) || heredoc);
    }
    if (!local || unpacks || each.words.size() < 2) return;
    const bool archive = std::any_of(each.words.begin(), each.words.end() - 1, [](const Traced& word) { return word.text.find(".tar") != std::string::npos || word.text.ends_with(".tgz") || word.text.ends_with(".txz") || word.text.ends_with(".tbz2"); });
    if (archive) return;
    Remark& remark = out_.add("add-for-copy", each.keyword_span, "ADD puts in local files", "use COPY");
    const bool flags = std::ranges::all_of(each.flags, [](const Flag& flag) { return flag.name == "chown" || flag.name == "chmod" || flag.name == "link" || flag.name == "exclude"; });
    if (folders && flags) remark.edits = {{each.keyword_span.begin, each.keyword_span.end, "COPY"}};
  }

  void secrets_copied(const Instruction& each) {
    for (std::size_t at = 0; at + 1 < each.words.size(); ++at) {
      const std::string& source = each.words[at].text;
      if (is_secret_file(source)) out_.add("secret-copied", view_.span(each.words[at], each.span), fmt::format("'{}' usually holds a secret", visible(source.substr(0, 200))), "RUN --mount=type=secret shows it to one command and keeps it nowhere");
    }
  }

  void variables(const Instruction& each) {
    for (const Assignment& pair : each.assignments) {
      const std::string& name = pair.name.text;
      const Span span = view_.span(pair.name, each.span);
      if (!names_secret(name)) {
        if (each.keyword == "ENV" && gives_secret(name, pair.value.text)) out_.add("secret-in-env", span, fmt::format("'{}' has a password in it", visible(name)), "give it when the container runs, by a file or the platform's secrets");
        continue;
      }
      if (each.keyword == "ARG") out_.add("secret-in-arg", span, fmt::format("the build argument '{}' stays in the history", visible(name)), "RUN --mount=type=secret,id=...,env=... shows it to one command and keeps it nowhere");
      else if (is_literal(pair.value.text)) out_.add("secret-in-env", span, fmt::format("'{}' has its value in the file", visible(name)), "give it when the container runs, by a file or the platform's secrets");
      else if (pair.value.text.find('$') != std::string::npos) out_.add("secret-in-arg", span, fmt::format("'{}' is kept in the image's configuration", visible(name)), "give it when the container runs, by a file or the platform's secrets");
    }
  }

  void folder(const Instruction& each, std::size_t stage) {
    const auto value = view_.value(each.words[0], stage);
    if (!value || value->empty()) return;
    const std::string& path = *value;
    const bool drive = path.size() > 1 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 && path[1] == ':';
    if (path[0] != '/' && path[0] != '\\' && path[0] != '$' && !drive) out_.add("workdir-relative", view_.span(each.words[0], each.span), fmt::format("'{}' is relative", visible(path.substr(0, 200))), "begin it with /");
  }

  const DockerfileView& view_;
  Remarks& out_;
};

}  // namespace

void check_instructions(const DockerfileView& view, Remarks& out) { Instructions(view, out).check(); }

}  // namespace ashlar::workload
