#pragma once
// Answers of tests, kept by image.
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "pipeline/workshop.h"
#include "prove/proofs.h"

namespace ashlar::pipeline {

/// What is kept of one image: what it claims, and answers by what it was held against. A damaged record counts as none.
class KeptTests {
 public:
  static KeptTests load(Workshop& workshop, const Digest& image);
  const std::optional<prove::Claim>& claim() const { return claim_; }
  void set_claim(prove::Claim claim) { claim_ = std::move(claim); }
  const std::vector<prove::Check>* find(const std::string& key) const;
  Done keep(Workshop& workshop, const std::string& key, std::vector<prove::Check> checks);

 private:
  explicit KeptTests(host::Path path) : path_(std::move(path)) {}
  host::Path path_;
  std::optional<prove::Claim> claim_;
  std::vector<std::pair<std::string, std::vector<prove::Check>>> answers_;  ///< the newest last
};

/// Changes whenever the program does: its version, and size and time of its file.
std::string program_stamp(host::Files& files);

}  // namespace ashlar::pipeline
