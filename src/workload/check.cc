#include "workload/check.h"

#include <algorithm>
#include <tuple>

#include "workload/inner/jenkins_file.h"
#include "workload/inner/remarks.h"
#include "workload/inner/uses.h"

namespace ashlar::workload {
namespace {

constexpr int max_rounds = 5;

void look(FileKind kind, const YamlStream& stream, Remarks& remarks) {
  switch (kind) {
    case FileKind::Compose: return check_compose(stream, remarks);
    case FileKind::Kubernetes: return check_kubernetes(stream, remarks);
    case FileKind::GitHub: return check_github(stream, remarks);
    case FileKind::GitLab: return check_gitlab(stream, remarks);
    case FileKind::Azure: return check_azure(stream, remarks);
    default: return;  // values of charts are no manifests yet
  }
}

/// Edits of a text that do not meet, applied from the back.
std::string applied(std::string text, const std::vector<Remark>& remarks, std::vector<Remark>& done) {
  std::size_t before = text.size() + 1;
  for (auto each = remarks.rbegin(); each != remarks.rend(); ++each) {
    if (each->edits.empty() || each->edits.back().end > before) continue;
    for (auto edit = each->edits.rbegin(); edit != each->edits.rend(); ++edit) text.replace(edit->begin, edit->end - edit->begin, edit->bytes);
    before = each->edits.front().begin;
    done.push_back(*each);
  }
  return text;
}

}  // namespace

Result<Checked> check(FileKind kind, std::string_view text, std::string_view path, const CheckOptions& options) {
  Checked out;
  if (kind == FileKind::Unknown) return out;
  Remarks remarks;
  std::vector<std::pair<int, int>> blocks;
  if (kind == FileKind::Dockerfile) {
    TRY_ASSIGN(const Dockerfile file, parse_dockerfile(text, path));
    out.images = images_of(file, text);
    check_images(out.images, options, remarks);
    if (options.ask) {
      for (const ImageUse& use : scratch_of(file, text)) {
        for (Remark& each : options.ask(use)) remarks.list.push_back(std::move(each));
      }
    }
    const DockerfileView view(file, text, out.images);
    check_delivered(view, options, remarks);
    check_instructions(view, remarks);
    check_commands(view, remarks);
    for (const Instruction& each : file.instructions) blocks.emplace_back(each.span.line, each.last_line);
  } else if (kind == FileKind::Jenkins) {
    TRY(can_read_jenkins(text, path));
    out.images = jenkins_images(text);
    check_images(out.images, options, remarks);
    check_jenkins(text, remarks);
  } else {
    TRY_ASSIGN(const YamlStream stream, YamlStream::read(text, path));
    out.images = yaml_images(kind, stream, options.beside);
    check_images(out.images, options, remarks);
    look(kind, stream, remarks);
  }
  out.silenced = silence(text, kind == FileKind::Jenkins ? "//" : "#", blocks, remarks.list);
  out.remarks = std::move(remarks.list);
  std::ranges::stable_sort(out.remarks, {}, [](const Remark& each) { return std::tuple(each.span.begin, each.rule->id, std::string_view(each.message)); });
  return out;
}

Result<Mended> mend(FileKind kind, std::string_view text, std::string_view path, const CheckOptions& options) {
  Mended out{std::string(text), {}};
  for (int round = 0; round < max_rounds; ++round) {
    TRY_ASSIGN(const Checked checked, check(kind, out.text, path, options));
    std::vector<Remark> done;
    out.text = applied(std::move(out.text), checked.remarks, done);
    if (done.empty()) break;
    std::ranges::reverse(done);
    for (Remark& each : done) out.mended.push_back(std::move(each));
  }
  return out;
}

}  // namespace ashlar::workload
