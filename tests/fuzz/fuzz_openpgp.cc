// verify_cleartext: nothing but what the key's owner has signed is ever taken for signed. The secret key is gone; two texts were signed with it.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "fuzz.h"
#include "trust/openpgp.h"

namespace {

constexpr std::string_view certificate = R"(
-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawgRfhYJKwYBBAHaRw8BAQdAezOghZ3JEYVcP63RqLRppa5jwNE1g6SMIDpH
dPxSsZy0FXNlZWQgb2YgYSBmdXp6IGRyaXZlcoiQBBMWCAA4FiEEeq+9SAgzSRAL
X3IsG0JmxhPHHSEFAmsIEX4CGwMFCwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQ
G0JmxhPHHSEgjgEA4KVPHfZKfG7JARO/MUWqDv7VikI1b7eugzm2iOqzNykBAPOO
xcKZUGgGAI1NBpdUi75Fd2WvyALfCstQ2FN7kZAF
=Nqbm
-----END PGP PUBLIC KEY BLOCK-----
)";
constexpr std::string_view fingerprint = "7AAFBD48083349100B5F722C1B4266C613C71D21";
constexpr ashlar::Time now{1800000000};
constexpr std::array<std::string_view, 2> signed_texts = {"Origin: Example\nSuite: stable\nDate: Sat, 01 Aug 2026 00:00:00 UTC\n- dashed\n\nend\n", "other\ntext without an end"};

/// White space at the ends of lines is not signed (RFC 9580, section 7.2).
std::string as_signed(std::string_view text) {
  std::string out;
  for (const auto line : ashlar::split(text, '\n')) out += std::string(line.substr(0, line.find_last_not_of(" \t\r") + 1)) + "\n";
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const auto verified = ashlar::trust::verify_cleartext(text, {std::string(certificate.substr(1))}, now)) {
    const std::string content = as_signed(verified->content);
    fuzz::must(std::any_of(signed_texts.begin(), signed_texts.end(), [&](std::string_view each) { return as_signed(each) == content; }), "what counts as signed was signed");
    fuzz::must(verified->fingerprint == fingerprint, "the signature is the key's");
  }
  fuzz::must(!ashlar::trust::verify_detached("never signed", text, {std::string(certificate.substr(1))}, now), "a text that was not signed has no signature");
  if (const auto found = ashlar::trust::fingerprints(text)) {
    for (const std::string& each : *found) fuzz::must(each.size() >= 32 && each.find_first_not_of("0123456789ABCDEF") == std::string::npos, "a fingerprint is one");
  }
  return 0;
}
