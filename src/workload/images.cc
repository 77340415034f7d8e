#include "workload/images.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "oci/ref.h"
#include "workload/inner/jenkins_file.h"
#include "workload/inner/uses.h"
#include "workload/inner/yaml_stream.h"

namespace ashlar::workload {
namespace {

constexpr std::array<std::string_view, 9> kinds = {"dockerfile", "compose", "kubernetes", "helm-values", "github", "gitlab", "azure", "jenkins", "unknown"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// A repository with or without a host before it: what stands before the first slash is one when it has a dot or a port, or is `localhost`.
bool is_name(std::string_view text) {
  const auto [first, rest] = cut(text, '/');
  const bool host = text.find('/') != std::string_view::npos && (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  if (!host) return oci::is_repository(text);
  return oci::ImageRef::parse(fmt::format("docker://{}", text)).has_value();
}

}  // namespace

Result<ImageName> ImageName::parse(std::string_view text) {
  const auto bad = [&](std::string_view why) { return cannot(Kind::Invalid, fmt::format("read image reference '{}'", visible(text.substr(0, 200))), why); };
  ImageName out;
  std::string_view rest = text;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    if (auto digest = Digest::parse(rest.substr(at + 1)); !digest) return bad(digest.error().message);
    out.digest = std::string(rest.substr(at + 1));
    rest = rest.substr(0, at);
  }
  const size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
    out.tag = std::string(rest.substr(colon + 1));
    if (!oci::is_tag(out.tag)) return bad("its tag is none");
    rest = rest.substr(0, colon);
  }
  if (rest.size() > 255 || !is_name(rest)) return bad("its name is none");
  out.name = std::string(rest);
  return out;
}

std::string ImageName::str() const { return name + (tag.empty() ? "" : ":" + tag) + (digest.empty() ? "" : "@" + digest); }

std::string_view to_string(FileKind kind) { return kinds[static_cast<size_t>(kind)]; }

FileKind kind_of_file(std::string_view path, std::string_view text) {
  const std::string name = lower(path.substr(path.rfind('/') + 1));
  const bool yaml = name.ends_with(".yaml") || name.ends_with(".yml");
  if (!yaml) {
    if (name == "kustomization") return FileKind::Kubernetes;
    const bool ignores = name.ends_with(".dockerignore");  // what a Dockerfile of that name leaves out
    const bool docker = !ignores && (name == "dockerfile" || name == "containerfile" || name.starts_with("dockerfile.") || name.starts_with("containerfile.") || name.ends_with(".dockerfile") || name.ends_with(".containerfile"));
    if (docker) return FileKind::Dockerfile;
    if (name == "jenkinsfile" || name.starts_with("jenkinsfile.") || name.ends_with(".jenkinsfile")) return FileKind::Jenkins;
    const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
    const bool manifest = name.ends_with(".json") && ((has("\"apiVersion\"") && has("\"kind\"")) || (has("\"op\"") && has("\"path\"")));
    return manifest && kind_of_yaml(text) == FileKind::Kubernetes ? FileKind::Kubernetes : FileKind::Unknown;
  }
  if (name.starts_with("compose.") || name.starts_with("docker-compose") || name.starts_with("compose-")) {
    // What a cluster takes is a manifest, whatever it is called.
    return text.find("apiVersion") != std::string_view::npos && kind_of_yaml(text) == FileKind::Kubernetes ? FileKind::Kubernetes : FileKind::Compose;
  }
  if (name == "kustomization.yaml" || name == "kustomization.yml") return FileKind::Kubernetes;
  if (name.starts_with("values")) return FileKind::HelmValues;
  if (name == "chart.yaml" || name == "requirements.yaml") {
    const bool of_others = text.find("dependencies:") != std::string_view::npos && text.find("repository:") != std::string_view::npos;
    return of_others && can_read_yaml(text, path) ? FileKind::HelmValues : FileKind::Unknown;
  }
  if (name.ends_with(".gitlab-ci.yml") || name.ends_with(".gitlab-ci.yaml")) return FileKind::GitLab;
  if (name.starts_with("azure-pipelines") || name.ends_with(".azure-pipelines.yml") || name.ends_with(".azure-pipelines.yaml")) return FileKind::Azure;
  const std::string_view folder = path.substr(0, path.size() - name.size());
  if (folder.ends_with(".github/workflows/") || name == "action.yml" || name == "action.yaml") return FileKind::GitHub;
  return kind_of_yaml(text);
}

bool is_called_like_a_dockerfile(std::string_view path, std::string_view text) {
  const std::string name = lower(path.substr(path.rfind('/') + 1));
  if (!name.starts_with("dockerfile.") && !name.starts_with("containerfile.")) return false;
  bool first = true, has_from = false;
  for (const std::string_view each : split(text, '\n')) {
    const std::string_view line = trim(each);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string word = lower(line.substr(0, line.find_first_of(" \t")));
    if (first && (word == "from" || word == "arg")) return false;
    first = false, has_from = has_from || word == "from";
  }
  const bool template_of_one = has_from && std::ranges::any_of(std::array<std::string_view, 3>{"{{", "{%", "<%"}, [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
  return !template_of_one && !parse_dockerfile(text, path);
}

Result<std::vector<ImageUse>> images_of(FileKind kind, std::string_view text, std::string_view path, const Beside* beside) {
  if (kind == FileKind::Unknown) return std::vector<ImageUse>{};
  if (kind == FileKind::Jenkins) {
    TRY(can_read_jenkins(text, path));
    return jenkins_images(text);
  }
  if (kind != FileKind::Dockerfile) {
    TRY_ASSIGN(const YamlStream stream, YamlStream::read(text, path));
    return yaml_images(kind, stream, beside);
  }
  TRY_ASSIGN(const Dockerfile file, parse_dockerfile(text, path));
  return images_of(file, text);
}

ImageUse make_use(const std::string& where, const Traced& written, Substituted value, const Lines& lines) {
  ImageUse out;
  out.where = where;
  out.written = written.text;
  const auto extent = written.extent();
  if (extent) out.span = lines.span(extent->first, extent->second);
  out.unknown = std::move(value.unknown);
  out.variables = std::move(value.used);
  if (!value.good) out.unknown.push_back(written.text);
  out.text = std::move(value.text);
  if (!out.unknown.empty()) return out;
  if (auto image = ImageName::parse(out.text.text)) out.image = std::move(*image);
  return out;
}

}  // namespace ashlar::workload
