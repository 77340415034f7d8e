#include "scan/forms.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

constexpr std::array rows = {
    Form{"table", "what matters first, for people", write_table},
    Form{"json", "everything, for scripts (docs/formats/scan.md)", write_json},
    Form{"sarif", "SARIF 2.1.0, for code scanning", write_sarif},
    Form{"cyclonedx-json", "CycloneDX 1.6 with the analysis of each vulnerability", write_cyclonedx},
    Form{"html", "one page with charts", write_html},
    Form{"cosign-vuln", "cosign's vulnerability predicate", write_cosign_vuln},
    Form{"grype-json", "what reads grype's JSON reads this", write_grype},
    Form{"trivy-json", "what reads trivy's JSON reads this", write_trivy},
};

}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    while (length > 1 && !is_utf8(text.substr(at, length))) --length;
    const std::string_view one = text.substr(at, length);
    const bool control = first < 0x20 || first == 0x7F || (first == 0xC2 && one.size() == 2 && static_cast<unsigned char>(one[1]) < 0xA0);
    if (first == '\n' || first == '\t' || first == '\r') out += ' ';
    else if (!control && is_utf8(one)) out += one;
    else for (const char byte : one) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    at += one.size();
  }
  return out;
}

std::string digest_text(const DatabaseStamp& stamp) { return stamp.digest ? stamp.digest->str() : std::string(); }

std::span<const Form> forms() { return rows; }

}  // namespace ashlar::scan
