// The files of CI services: images, moved references, check and mend.
#include "fuzz_checks.h"
#include "fuzz_images.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ashlar::workload::FileKind;
  const std::string_view text = fuzz::text(data, size);
  fuzz::images(FileKind::GitHub, text, ".github/workflows/ci.yaml");
  fuzz::images(FileKind::GitLab, text, ".gitlab-ci.yml");
  fuzz::check(FileKind::GitHub, text, ".github/workflows/ci.yaml");
  fuzz::check(FileKind::GitLab, text, ".gitlab-ci.yml");
  fuzz::images(FileKind::Azure, text, "azure-pipelines.yml");
  fuzz::check(FileKind::Azure, text, "azure-pipelines.yml");
  fuzz::images(FileKind::Jenkins, text, "Jenkinsfile");
  fuzz::check(FileKind::Jenkins, text, "Jenkinsfile");
  return 0;
}
