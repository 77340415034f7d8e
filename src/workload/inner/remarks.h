#pragma once
// How remarks come together, and the readers of each kind of file.
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workload/check.h"
#include "workload/inner/dockerfile_view.h"
#include "workload/inner/yaml_stream.h"

namespace ashlar::workload {

/// Gathers remarks of one file.
class Remarks {
 public:
  /// `rule` must be one of rules().
  Remark& add(std::string_view rule, const Span& span, std::string message, std::string remedy = {}) {
    list.push_back({find_rule(rule), span, std::move(message), std::move(remedy)});
    return list.back();
  }
  std::vector<Remark> list;
};

/// References by themselves, whatever the file is.
void check_images(const std::vector<ImageUse>& uses, const CheckOptions& options, Remarks& out);
/// What the last stage delivers: user, entry point, health check, ports, volumes, time zones and the like.
void check_delivered(const DockerfileView& view, const CheckOptions& options, Remarks& out);
/// ADD, COPY, ENV, ARG, WORKDIR and MAINTAINER, of all stages.
void check_instructions(const DockerfileView& view, Remarks& out);
/// The commands of RUN.
void check_commands(const DockerfileView& view, Remarks& out);
void check_compose(const YamlStream& stream, Remarks& out);
void check_kubernetes(const YamlStream& stream, Remarks& out);
void check_github(const YamlStream& stream, Remarks& out);
void check_gitlab(const YamlStream& stream, Remarks& out);
void check_azure(const YamlStream& stream, Remarks& out);
void check_jenkins(std::string_view text, Remarks& out);

/// Takes away what comments of the text silence (`# ashlar: ignore=RULE[,RULE] reason`), adds what is wrong with such comments, and gives back how many are gone.
/// `sign`: what begins a comment. `blocks`: first and last line of what a comment before or in it is for (instructions); elsewhere it is for its own line, or the next that is not a comment.
std::size_t silence(std::string_view text, std::string_view sign, const std::vector<std::pair<int, int>>& blocks, std::vector<Remark>& remarks);

}  // namespace ashlar::workload
