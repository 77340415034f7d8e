#pragma once
// Every image that a file of a team names, with the bytes that name it.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workload/beside.h"
#include "workload/dockerfile.h"
#include "workload/traced.h"

namespace ashlar::workload {

/// A reference as teams write them: `name[:tag][@digest]`, no host added, no name made longer.
struct ImageName {
  std::string name, tag, digest;
  /// Invalid: what no registry has.
  static Result<ImageName> parse(std::string_view text);
  std::string str() const;
  friend bool operator==(const ImageName&, const ImageName&) = default;
};

struct ImageUse {
  std::string where;                 ///< `FROM`, `COPY --from`, `RUN --mount`, `syntax`; in YAML its path: `services.web.image`
  std::string written;               ///< as the file has it; of several values, the whole that they make
  Span span;                         ///< of what is written there
  Traced text;                       ///< what it comes to, by defaults; each byte with its place
  std::optional<ImageName> image;    ///< none where it is no reference, or a variable without value decides
  std::vector<std::string> unknown;  ///< such variables
  std::string reason;                ///< why the file does not tell which it is where that is no such variable, or not all of it; empty: it tells
  std::vector<std::string> variables;  ///< all that have a say
  std::string stage;                 ///< of a Dockerfile: the stage's name, else its number
  std::string platform;              ///< as written
  bool parts = false;                ///< of a chart: name, tag and digest are values of their own
  bool plain = false;                ///< of such: the tag has no quotes, so that a number would be one
  std::string given;                 ///< of a CI file: the variable or parameter that alone is it, where nothing at hand gives it a value; whoever runs it does
  bool elsewhere = false;            ///< it is no image of this file: other files or addresses bring some, which nobody here sees; `reason` says which
  bool shared = false;               ///< its bytes may mean more than this use: an anchor or a part of what has one, a value of a chart
};

enum class FileKind { Dockerfile, Compose, Kubernetes, HelmValues, GitHub, GitLab, Azure, Jenkins, Unknown };
std::string_view to_string(FileKind kind);  ///< `dockerfile`, `compose`, `kubernetes`, `helm-values`, `github`, `gitlab`, `azure`, `jenkins`, `unknown`

/// By name first (`Dockerfile`, `Containerfile`, `*.Dockerfile`, `compose.yaml`, `docker-compose*.yml`, `values*.yaml`, `kustomization.yaml`, `Kustomization`,
/// `*.gitlab-ci.yml`,
/// `action.yml`, `.github/workflows/*`, `azure-pipelines*.yml`, `*.azure-pipelines.yml`, `Jenkinsfile`, `*.Jenkinsfile`), then by content: `apiVersion` and `kind` (in `*.json`, too), `services`,
/// `jobs` and `on`, or the lists of stages, jobs or steps of Azure Pipelines.
FileKind kind_of_file(std::string_view path, std::string_view text);

/// Whether a file that `Dockerfile.` begins is none after all, as `dockerfile.go`: it cannot be read as one, its first line is no FROM or ARG, and it is no template of one.
bool is_called_like_a_dockerfile(std::string_view path, std::string_view text);

/// In the order of the file. Names of stages and `scratch` are no images. `beside`: what else has a say, where it was looked for. Faults are of kind Invalid.
Result<std::vector<ImageUse>> images_of(FileKind kind, std::string_view text, std::string_view path, const Beside* beside = nullptr);
/// What a build is given in the place of its ARGs' defaults; none: a value that nobody here knows.
using BuildArguments = std::map<std::string, std::optional<std::string>, std::less<>>;
std::vector<ImageUse> images_of(const Dockerfile& file, std::string_view text, const BuildArguments& given = {});
/// Stages that have no base: each FROM that comes to `scratch`.
std::vector<ImageUse> scratch_of(const Dockerfile& file, std::string_view text, const BuildArguments& given = {});

/// Whether a YAML text can be read at all; why not, else.
Done can_read_yaml(std::string_view text, std::string_view path);
/// Whether a text that cannot be read has the words of a manifest or compose file that names images. Templates of charts leave that to their values.
bool may_name_images(std::string_view text, std::string_view path);
/// The Dockerfiles that services of a compose file are built from, relative to its folder, as `.env` beside it makes them. Those that addresses and variables
/// without value decide on are left out: images_of has them as undecided.
std::vector<std::string> build_files(std::string_view text, std::string_view path, const Beside* beside = nullptr);

}  // namespace ashlar::workload
