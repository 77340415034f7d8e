#pragma once
// `ashlar check` of a finished image: what the verb does with an argument that names no file.
#include <string>
#include <vector>

#include "cli/verb.h"
#include "pipeline/believed.h"

namespace ashlar::cli {

struct ImageCheckOptions {
  std::string platform{}, name{}, base{}, selection{}, ledger{}, database{};
  std::vector<std::string> statements{};
  pipeline::TrustSettings trust{};
  bool again = false, unsigned_yet = false;
};

/// Adds what is said of images alone; `--policy` and `--environment` are the verb's own.
void add_image_check_options(CLI::App& app, ImageCheckOptions& options);

/// Whether an argument of the verb names an image: by its transport, or a full name with a host where there is no file of that name. `exists`: whether there is.
bool names_image(std::string_view argument, bool exists);

/// Judges one image by the policy at `policy` (empty: by none) in one of its environments (empty: outside of them), and answers.
Result<Exit> check_image(Context& context, const std::string& ref, const std::string& policy, const std::string& environment, const ImageCheckOptions& options);

}  // namespace ashlar::cli
