// VEX in each of its forms, bare and as it is attached to an image: what is read says why and of what, and is the same once it is written as OpenVEX.
#include <nlohmann/json.hpp>

#include "attest/vex.h"
#include "fuzz.h"

namespace {

using namespace ashlar;

void check(const Result<attest::VexDocument>& document) {
  if (!document) {
    fuzz::must(document.error().kind == Kind::Invalid || document.error().kind == Kind::Corrupt, "what is no statement is refused as such");
    fuzz::must(document.error().message.starts_with("cannot read statements of 'x.json': "), "an error says what it is about");
    return;
  }
  fuzz::must(!document->format.empty(), "a document has a form");
  for (const attest::VexStatement& each : document->statements) {
    fuzz::must(!each.vulnerability.empty() && !each.products.empty(), "a statement is on a vulnerability in a product");
    fuzz::must(each.status != attest::VexStatus::NotAffected || !each.justification.empty() || !each.detail.empty(), "not affected says why");
    fuzz::must(each.when || !document->when, "a statement without its own moment has the document's");
    for (const attest::VexProduct& product : each.products) fuzz::must(!product.id.empty(), "a product has a name");
  }
  const std::string written = to_compact(attest::to_openvex(*document));
  const auto again = attest::read_vex(written, "again.json");
  fuzz::must(again.has_value(), "what is written as OpenVEX reads");
  fuzz::must(again->statements == document->statements, "a statement is the same in OpenVEX");
  fuzz::must(to_compact(attest::to_openvex(*again)) == written, "and written the same again");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bare = attest::read_vex(fuzz::text(data, size), "x.json");
  const auto attached = attest::read_attached_vex(fuzz::text(data, size), "x.json");
  check(bare);
  check(attached);
  fuzz::must(!bare || attached, "what reads bare reads attached, for whoever attaches a document wraps it or not");
  return 0;
}
