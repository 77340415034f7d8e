// What stands in annotations under cosign's tags: a certificate, a log's entry and a timestamp, with zero bytes between them, then the content. Whatever reads is never taken for signed.
#include <array>

#include "fuzz.h"
#include "stranger.h"
#include "trust/keyless.h"
#include "trust/tag_layout.h"

namespace {

using namespace ashlar::trust;

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<const char*, 3> names = {"dev.sigstore.cosign/certificate", "dev.sigstore.cosign/bundle", "dev.sigstore.cosign/rfc3161timestamp"};
  std::string_view rest = fuzz::text(data, size);
  std::map<std::string, std::string> annotations;
  for (const char* name : names) {
    const std::size_t end = rest.find('\0');
    if (end != 0 && !rest.empty()) annotations[name] = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  const auto bundle = bundle_of_tag(annotations, MessageSignature{{}, {}, std::string(rest)});
  if (!bundle) return fuzz::must(!bundle.error().message.empty(), "what does not read is said"), 0;
  fuzz::must(bundle->entries.size() <= 1 && bundle->timestamps.size() <= 1, "there is one of each at most");
  const Artifact artifact = Artifact::of(rest);
  const TrustRoot nobody;
  const bool keyed = std::holds_alternative<KeyMaterial>(bundle->material);
  fuzz::must(keyed == !annotations.contains(names[0]), "it is signed by certificate where there is one");
  fuzz::must(!verify_tagged(*bundle, artifact, nobody, {Pattern::exact("nobody"), Pattern::exact("nowhere")}, rest).holds(), "nobody has signed this");
  const auto by_key = verify_tagged(*bundle, artifact, nobody, stranger, rest);
  fuzz::must(by_key.has_value() && !by_key->holds(), "this key has not signed this");
  return 0;
}
