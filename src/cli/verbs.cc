#include "cli/verb.h"

#include "cli/commands.h"

namespace ashlar::cli {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {
      {"init", "starts a project, or writes its pipelines for CI; never over what is there", "ashlar init web --to docker://registry.example/team/web", init},
      {"validate", "checks definitions, locks and configuration against their formats", "ashlar validate catalog/python/3.13.yaml", validate},
      {"make", "locks, builds, tests, judges, signs and publishes, in one go", "ashlar make catalog/python/3.13.yaml --to docker://registry.example/hardened/python --key team.key", make},
      {"renew", "looks at what changed, and makes again what is due: judged and published", "ashlar renew --fleet fleet.yaml --key team.key", renew},
      {"lock", "resolves a definition and writes its lock beside it", "ashlar lock catalog/python/3.13.yaml", lock},
      {"build", "builds locked definitions into an OCI image", "ashlar build catalog/python/3.13.yaml -o oci:out/python --platform linux/amd64,linux/arm64", build},
      {"test", "proves on an image's bytes, and by running it, that it is hardened", "ashlar test oci:out/python --definition catalog/python/3.13.yaml", test},
      {"sbom", "lists what an image, a root file system or a lock consists of", "ashlar sbom oci:out/python --format spdx-json --output python.spdx.json", sbom,
       {"table", "json", "spdx-json", "cyclonedx-json"}},
      {"feed", "keeps the advisory database", "ashlar feed update", feed},
      {"scan", "matches what an image holds with the advisory database", "ashlar scan oci:out/python --fail-on high", scan,
       {"table", "json", "sarif", "cyclonedx-json", "cosign-vuln", "html", "grype-json", "trivy-json"}},
      {"vex", "keeps the project's statements on vulnerabilities (OpenVEX)", "ashlar vex add CVE-2026-0001 --package deb:openssl --justification vulnerable_code_not_present", vex},
      {"except", "keeps decisions to live with a finding for a time", "ashlar except add CVE-2026-0001 --package openssl --owner platform --reason unreachable --expires 90d", except},
      {"triage", "walks through what is open, most urgent first, and keeps what is said of it", "ashlar triage --fleet fleet.yaml --key alice.key", triage},
      {"tickets", "shows the messages to forges and webhooks that wait, and delivers them", "ashlar tickets deliver", tickets},
      {"diff", "shows what changed between two images, and what their users may notice", "ashlar diff oci:out/old oci:out/new", diff, {"text", "json", "markdown"}},
      {"migrate", "rewrites a Dockerfile for hardened images, and says what will break", "ashlar migrate Dockerfile --bases registry.example/hardened --in-place", migrate, {"text", "json", "markdown"}},
      {"rebase", "puts an application's layers onto another base, where that is safe", "ashlar rebase oci:out/app:1 --onto docker://registry.example/hardened/python:3.13 -o oci:out/app:2", rebase},
      {"rollback", "moves a tag back to the revision before, or to the one that is named", "ashlar rollback docker://registry.example/hardened/python:3.13 --key team.pub", rollback},
      {"copy", "moves an image with all that is attached to it", "ashlar copy docker://one.example/team/app:1 docker://two.example/team/app:1 --receipt app.receipt.json", copy},
      {"check", "judges files of a team, or a finished image, by the policy", "ashlar check . --policy policy.yaml --format sarif", check, {"text", "json", "sarif", "github", "gitlab"}},
      {"sign", "signs an image", "ashlar sign docker://registry.example/team/app:1 --key team.key", sign},
      {"attest", "signs a statement about an image", "ashlar attest docker://registry.example/team/app:1 --key team.key --type spdxjson --predicate app.spdx.json", attest},
      {"verify", "says who signed an image and what was said of it, or whether a copy is whole", "ashlar verify docker://registry.example/team/app:1 --key team.pub", verify},
      {"keys", "makes signing keys, and keeps the keyring of those that are trusted", "ashlar keys generate --output-prefix release", keys},
      {"debug", "writes commands and a pod that look into a container without a shell", "ashlar debug oci:out/python --pod web", debug},
      {"outcomes", "says what became of an image: before and after, every figure with its source", "ashlar outcomes --old docker://registry.example/python:3.13 --new docker://registry.example/hardened/python:3.13 --key team.pub", outcomes, {"text", "json", "html"}},
      {"explain", "says why a package is in a locked image, or what an advisory is about", "ashlar explain catalog/python/3.13.yaml libssl3t64", explain},
      {"sla", "says by when which finding is to be fixed, what is late and what will be", "ashlar sla --preset chainguard --format html --output sla.html", sla, {"text", "json", "html"}},
      {"policy", "begins, tries and exports the policy, and keeps the selection of bases", "ashlar policy test --policy policy.yaml", policy},
      {"replay", "runs the loop over recorded history, beside images that nobody renews", "ashlar replay --history history.jsonl.zst --from 2025-11-27 --to 2026-11-26", replay, {"text", "json", "html"}},
      {"audit", "shows what happened, and whether anybody changed it since", "ashlar audit verify --key team.pub --checkpoint monday.json", audit, {"text", "json", "jsonl"}},
      {"catalog", "lists the images that ship with ashlar, or shows one", "ashlar catalog list", catalog},
      {"cache", "shows what the cache holds, or prunes it", "ashlar cache prune --max-age 30d --lock catalog", cache},
      {"doctor", "says what this machine lacks and what mends it", "ashlar doctor", doctor},
      {"completions", "prints a completion script for bash, zsh or fish", "ashlar completions bash", print_completions},
      {"man", "writes the man pages into a folder", "ashlar man build/man", write_man_pages},
  };
  return table;
}

}  // namespace ashlar::cli
