// read_bundle, read_trust_root and the verification of what they give: whatever is read can be written and read again, and nothing that a stranger's text holds is
// ever taken for signed by somebody. An input is a bundle, a trust root, or both with a zero byte between them.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz.h"
#include "stranger.h"
#include "trust/keyless.h"

namespace {

using namespace ashlar::trust;

void check(std::string_view text, const TrustRoot& root) {
  const auto bundle = read_bundle(text, "bundle");
  if (!bundle) return;
  const std::string written = ashlar::to_compact(to_json(*bundle));
  const auto again = read_bundle(written, "bundle");
  fuzz::must(again.has_value(), "what is written can be read");
  fuzz::must(ashlar::to_compact(to_json(*again)) == written, "and is the same");
  const Artifact artifact = Artifact::of("never signed by anybody");
  const Verification found = verify_keyless(*bundle, artifact, root, {Pattern::exact("nobody"), Pattern::exact("nowhere")});
  fuzz::must(!found.holds(), "nobody has signed this");
  for (const Broken& each : found.broken) fuzz::must(!each.why.empty() && !to_string(each.rule).empty(), "what is wrong is said");
  const auto keyed = verify_keyed(*bundle, artifact, stranger, &root, 1);
  fuzz::must(keyed.has_value() && !keyed->holds(), "this key has not signed this");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const auto cut = text.find('\0');
  const auto root = read_trust_root(cut == std::string_view::npos ? text : text.substr(cut + 1), "root");
  check(text.substr(0, cut), root ? *root : TrustRoot{});
  return 0;
}
