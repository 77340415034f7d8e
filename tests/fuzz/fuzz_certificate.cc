// Certificates, their names, their timestamps of logs, checkpoints and RFC 3161 responses, of any bytes: nothing that strangers send is believed.
#include "fuzz.h"
#include "trust/certificate.h"
#include "trust/timestamp.h"
#include "trust/transparency.h"

namespace {

using namespace ashlar::trust;

constexpr ashlar::Time now{1800000000};

void check_certificate(const Certificate& certificate, std::string_view text) {
  fuzz::must(Certificate::parse(certificate.der()).has_value(), "what is written can be read");
  fuzz::must(certificate.validity().start.has_value() && certificate.validity().end.has_value(), "a certificate has times");
  if (const auto identity = certificate.identity()) {
    for (const std::string& each : identity->names) fuzz::must(!each.empty() && each.size() <= 4096, "a name is one");
  }
  if (const auto timestamps = certificate.timestamps()) {
    for (const CertificateTimestamp& each : *timestamps) {
      fuzz::must(each.log_id.size() == 32, "a log's id is a SHA-256");
      (void)certificate.logged_form(certificate, each);
    }
  }
  fuzz::must(!check_certificate_timestamps(certificate, certificate, {}), "no log is trusted");
  const Authority itself{"itself", {certificate.der()}, {}};
  if (const auto chain = certificate.chain_to(itself, now)) fuzz::must(chain->front().signs_code() && certificate.validity().holds(now), "a chain is for code and of that time");
  fuzz::must(!check_timestamp(text, "never stamped", itself), "nobody has stamped this");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const auto certificate = Certificate::parse(text)) check_certificate(*certificate, text);
  if (const auto certificate = Certificate::parse_pem(text)) check_certificate(*certificate, text);
  TransparencyLog log;
  log.base_url = "https://tiles.example.org";
  log.id = std::string(32, 'x');
  fuzz::must(!open_checkpoint(text, log), "no log has signed this");
  for (const char* kind : {"hashedrekord", "dsse", "intoto"}) {
    for (const char* version : {"0.0.1", "0.0.2"}) {
      LogEntry entry;
      entry.kind = kind;
      entry.version = version;
      entry.body = text;
      if (const auto logged = read_entry_body(entry)) fuzz::must(!logged->signature.empty() && !logged->digest.empty(), "an entry has a signature and a hash");
    }
  }
  // The first byte says how the rest is a timestamp of an authority.
  if (size < 2 || data[0] >= size) return 0;
  const Authority authority{"an authority", {std::string(text.substr(1, data[0]))}, {}};
  fuzz::must(!check_timestamp(text.substr(1U + data[0]), "never stamped", authority), "nobody has stamped this");
  return 0;
}
