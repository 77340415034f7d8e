#pragma once
// For tests: an old image, a hardened one and a ledger, as they would be gathered.
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "policy/outcomes.h"

namespace ashlar::policy {

/// Events, a line each: when, kind, image, vulnerability (`-`: none), then members and facts as `name=value`.
inline std::vector<ledger::Entry> sample_entries(std::string_view text) {
  std::vector<ledger::Entry> out;
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = words(line);
    if (parts.empty()) continue;
    ledger::Entry entry{.number = out.size() + 1};
    ledger::Event& event = entry.event;
    event.at = Time::parse(parts[0]).value();
    event.kind = ledger::parse_kind(parts[1]).value();
    if (parts[2] != "-") event.image = parts[2];
    if (parts[3] != "-") event.vulnerability = parts[3];
    for (size_t place = 4; place < parts.size(); ++place) {
      const auto [name, value] = cut(parts[place], '=');
      if (name == "by") event.by = value;
      else if (name == "digest") event.digest = value;
      else if (name == "package") event.package = value;
      else event.facts[std::string(name)] = value;
    }
    out.push_back(entry);
  }
  return out;
}

inline scan::Finding sample_finding(std::string id, std::string package, std::string source, Severity severity, scan::Status status = scan::Status::Affected, std::string fixed_in = {}) {
  scan::Finding out{.id = std::move(id), .owner = scan::Owner::Base, .severity = severity, .status = status, .fixed_in = std::move(fixed_in)};
  out.component.name = std::move(package);
  out.component.source = std::move(source);
  return out;
}

inline scan::Report sample_report(const std::string& digest, Time now, std::uint64_t packages) {
  scan::Report out;
  out.ref = "oci:x", out.digest = digest, out.platform = "linux/amd64", out.now = now;
  out.database.digest = Digest::of("database");
  out.database.feeds = {{.name = "kev", .format = "kev", .digest = Digest::of("kev"), .dated = now}};
  out.coverage.packages = out.coverage.judged = packages;
  out.coverage.owned = 90;
  out.verdict = scan::Verdict::Affected;
  return out;
}

template <class T>
Evidence<T> sample_evidence(T value, std::string source) {
  return {.value = std::move(value), .source = std::move(source), .lacks = {}};
}

inline OutcomeImage sample_old(Time now) {
  auto report = sample_report("sha256:0ld", now, 100);
  report.findings = {sample_finding("CVE-1", "libssl3", "openssl", Severity::Critical, scan::Status::Affected, "3.1"), sample_finding("CVE-1", "openssl", "openssl", Severity::Critical, scan::Status::Affected, "3.1"), sample_finding("CVE-2", "tar", "tar", Severity::High),
                     sample_finding("CVE-3", "perl", "perl", Severity::Negligible), sample_finding("CVE-4", "flask", "", Severity::Medium)};
  report.findings[0].exploited = report.findings[1].exploited = advisory::Exploited{.cve = "CVE-1"};
  report.findings[4].owner = scan::Owner::App;
  report.coverage.judged = 98;
  report.coverage.plain = 8;
  report.coverage.dark = {{.path = "/usr/local/bin/tool", .reason = "nobody's"}, {.path = "/x", .reason = "nobody's", .excuse = "known"}};
  report.foreign = {"tool"};
  OutcomeImage out{.ref = "oci:old", .digest = "sha256:0ld", .platform = "linux/amd64", .name = "registry.example/old"};
  out.scan = sample_evidence(std::move(report), "scan of sha256:0ld with database sha256:db");
  out.view = sample_evidence(ScannerView{.id = "mine", .id_like = "debian", .version_id = "13", .debian_version = false, .databases = {"dpkg status"}}, "files of sha256:0ld");
  out.attached = sample_evidence(std::vector<AttachedContent>(), "what is attached to sha256:0ld");
  out.locked.lacks = "no lock of it is at hand";
  out.proofs = sample_evidence(ProofAnswers{.passed = {"no-secrets"}, .failed = {"no-shell", "no-package-manager"}, .not_applicable = 3}, "proofs on the bytes of sha256:0ld");
  out.peers["grype"] = sample_evidence(PeerAnswer{.version = "1", .recognised = "debian 13", .pairs = {{"CVE-1", "openssl"}, {"CVE-9", "tar"}}}, "grype 1 run on sha256:0ld");
  return out;
}

inline OutcomeImage sample_new(Time now) {
  auto report = sample_report("sha256:new", now, 20);
  report.findings = {sample_finding("CVE-2", "tar", "tar", Severity::High, scan::Status::NotAffected), sample_finding("CVE-3", "perl-base", "perl", Severity::Negligible), sample_finding("CVE-5", "libc6", "glibc", Severity::Unknown, scan::Status::Excepted)};
  OutcomeImage out{.ref = "oci:new", .digest = "sha256:new", .platform = "linux/amd64", .name = "registry.example/new"};
  out.scan = sample_evidence(std::move(report), "scan of sha256:new with database sha256:db");
  out.view = sample_evidence(ScannerView{.id = "debian", .id_like = {}, .version_id = "13", .debian_version = true, .databases = {"dpkg status.d"}}, "files of sha256:new");
  out.attached = sample_evidence(std::vector<AttachedContent>{{"signature", "bundle", true, "key team.pub"}, {"spdxjson", "bundle", true, "key team.pub"}, {"slsaprovenance1", "bundle", true, "key team.pub"}, {"openvex", "index", false, "nothing signs it"}}, "what is attached to sha256:new");
  out.locked = sample_evidence(LockedShare{.packages = 20, .locked = 19, .archives = {"debian trixie of 2028-02-01"}}, "packages of sha256:new against lock sha256:10c");
  out.proofs = sample_evidence(ProofAnswers{.passed = {"no-package-manager", "no-shell", "no-secrets"}, .excused = {"no-setuid"}, .not_applicable = 2}, "proofs on the bytes of sha256:new");
  out.peers["grype"] = sample_evidence(PeerAnswer{.version = "1", .recognised = "debian 13", .pairs = {{"CVE-3", "perl-base"}}}, "grype 1 run on sha256:new");
  return out;
}

inline constexpr std::string_view sample_told = R"(
2028-02-01T00:00:00Z promoted registry.example/new - digest=sha256:1 tag=1
2028-02-01T00:00:00Z tested registry.example/new - digest=sha256:1 result=passed
2028-02-02T00:00:00Z fix-available - CVE-1 fixed-in=3.1
2028-02-02T00:00:00Z first-seen registry.example/new CVE-1 package=openssl severity=critical
2028-02-03T00:00:00Z tested registry.example/new - digest=sha256:2 result=passed
2028-02-03T12:00:00Z promoted registry.example/new - digest=sha256:2 tag=1 fixes=CVE-1 ahead=held
2028-02-05T00:00:00Z first-seen registry.example/new CVE-2 package=tar severity=high
2028-02-06T00:00:00Z assessed registry.example/new CVE-2 package=tar status=not_affected reason=absent by=alice
2028-02-07T00:00:00Z first-seen registry.example/new CVE-3 package=perl severity=negligible
2028-02-08T00:00:00Z first-seen registry.example/new CVE-6 package=curl severity=medium
2028-02-10T00:00:00Z tested registry.example/new - digest=sha256:3 result=stopped reason=gate
2028-02-12T00:00:00Z rolled-back registry.example/new - digest=sha256:1 tag=1 reason=slow
2028-02-12T06:00:00Z promoted registry.example/new - digest=sha256:4 tag=1 fixes=CVE-1 ahead=differs
2028-02-13T00:00:00Z first-seen registry.example/other CVE-1 package=openssl severity=critical
)";

inline OutcomeFacts sample_facts() {
  OutcomeFacts out{.now = Time::parse("2028-03-01T00:00:00Z").value(), .policy = "default", .rules = default_sla()};
  out.before.images = {sample_old(out.now)};
  out.after.images = {sample_new(out.now)};
  out.ledger = sample_evidence(OutcomeLedger{sample_entries(sample_told), 10}, "ledger events 1–14, verified");
  return out;
}

}  // namespace ashlar::policy
