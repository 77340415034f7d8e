#pragma once
// A Dockerfile with what its stages come to: what the last one delivers, and what variables are worth by default.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/dockerfile.h"
#include "workload/images.h"
#include "workload/inner/shell_commands.h"

namespace ashlar::workload {

/// Of a stage, with what its own base stage hands down.
struct StageView {
  int parent = -1;                        ///< the stage that it is from; -1: an image
  int root = 0;                           ///< the first stage of that line
  std::string base;                       ///< of the root: its image as it comes out, `scratch`; empty where a variable decides
  const Instruction* user = nullptr;      ///< the last one
  const Instruction* command = nullptr;   ///< CMD; null where a later ENTRYPOINT took it away
  const Instruction* entry = nullptr;
  const Instruction* health = nullptr;
  const Instruction* port = nullptr;      ///< the first EXPOSE
  bool shell = false;                     ///< SHELL was said
  bool delivered = false;                 ///< the last stage is it, or is from it
  std::map<std::string, std::string> values;  ///< its own ENV and ARG, by default
};

class DockerfileView {
 public:
  DockerfileView(const Dockerfile& file, std::string_view text, const std::vector<ImageUse>& uses);
  const Dockerfile& file;
  const Lines lines;
  std::vector<StageView> stages;
  const StageView& last() const { return stages.back(); }
  /// Of the bytes [begin, end) of a text; where they stand nowhere, `other`.
  Span span(const Traced& text, std::size_t begin, std::size_t end, const Span& other) const;
  Span span(const Traced& text, const Span& other) const { return span(text, 0, text.size(), other); }
  /// Variables and quotes gone; none where one has no value.
  std::optional<std::string> value(const Traced& text, std::size_t stage) const;

 private:
  std::optional<std::string> global_value(const Traced& text) const;
  std::optional<std::string> resolve(const Traced& text, const std::function<const std::string*(const std::string&)>& ask) const;
  void read(std::size_t stage);
  const std::string* find(const std::string& name, std::size_t stage) const;

  std::map<std::string, std::string, std::less<>> globals_;  ///< ARG before the first FROM
};

/// Whether a RUN mounts something over the folder, so that nothing stays there.
bool mounts(const Instruction& run, std::string_view folder);

/// A shell's text of RUN, CMD and their like: its own line, or the heredoc that it is.
struct Script {
  Traced text;
  std::vector<ShellCommand> commands;
};
std::vector<Script> scripts_of(const Instruction& instruction);

}  // namespace ashlar::workload
