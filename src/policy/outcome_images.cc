// The lines of the outcome table that single images tell: what is open in them, who recognises them, what scanners say of them, whose their packages are.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/outcome_cells.h"
#include "scan/gate.h"

namespace ashlar::policy {
namespace {

using scan::Finding;
using scan::Status;
using Lines = std::vector<OutcomeLine>;
using Pairs = std::set<std::pair<std::string, std::string>>;

bool is_open(const Finding& each) { return each.status == Status::Affected || each.status == Status::UnderInvestigation; }
bool matters(const Finding& each) { return is_open(each) && each.severity != Severity::Negligible; }
bool is_answered(const Finding& each) { return each.status == Status::NotAffected || each.status == Status::Fixed; }
const std::string& source_of(const Finding& each) { return each.component.source.empty() ? each.component.name : each.component.source; }

void add(const OutcomeFacts& facts, Lines& out, std::string_view section, std::string_view id, std::string what, const Measure& measure, bool of_a_row = false) {
  OutcomeLine line{std::string(section), fmt::format("{}.{}", section, id), std::move(what), cell_of(facts.before, measure), cell_of(facts.after, measure)};
  const auto nothing = [](const OutcomeCell& cell) { return cell.basis == Basis::None || cell.value == 0.0; };
  line.idle = of_a_row && nothing(line.before) && nothing(line.after);
  out.push_back(std::move(line));
}

/// What is measured on a scan by a database; without one nothing was judged.
Measure of_scan(std::function<ImageFigure(const scan::Report&)> measure) {
  return [measure = std::move(measure)](const OutcomeImage& image) -> ImageFigure {
    if (!image.scan.value) return {.lacks = image.scan.lacks};
    if (!image.scan.value->database.digest) return {.lacks = "there is no advisory database"};
    if (image.scan.value->coverage.judged == 0) return {.lacks = "no package of it could be judged"};
    ImageFigure out = measure(*image.scan.value);
    if (out.source.empty()) out.source = image.scan.source;
    return out;
  };
}

/// Vulnerabilities in source packages, each once.
ImageFigure count_of(const scan::Report& report, const std::function<bool(const Finding&)>& wanted) {
  Pairs out;
  for (const Finding& each : report.findings) {
    if (wanted(each)) out.emplace(each.id, source_of(each));
  }
  return {.part = static_cast<double>(out.size())};
}
Measure counted(std::function<bool(const Finding&)> wanted) {
  return of_scan([wanted = std::move(wanted)](const scan::Report& report) { return count_of(report, wanted); });
}

/// Vulnerabilities in packages as scanners print them, each once.
Pairs pairs_of(const scan::Report& report, const std::function<bool(const Finding&)>& wanted) {
  Pairs out;
  for (const Finding& each : report.findings) {
    if (wanted(each)) out.emplace(each.id, each.component.name);
  }
  return out;
}
Measure paired(std::function<bool(const Finding&)> wanted) {
  return of_scan([wanted = std::move(wanted)](const scan::Report& report) -> ImageFigure { return {.part = static_cast<double>(pairs_of(report, wanted).size())}; });
}

/// A figure that only a fresh feed of this kind can give.
Measure with_rule(const char* rule, std::function<bool(const Finding&)> wanted) {
  return of_scan([rule, wanted = std::move(wanted)](const scan::Report& report) -> ImageFigure {
    const auto read = scan::parse_gate_rule(rule);
    if (const auto answer = scan::ask_gate({*read}, report); !answer.untold.empty()) return {.lacks = answer.untold.front()};
    return count_of(report, wanted);
  });
}

void add_cves(const OutcomeFacts& facts, Lines& out) {
  constexpr std::string_view section = "cves";
  add(facts, out, section, "verdict", "everything could be judged", of_scan([](const scan::Report& report) -> ImageFigure {
        const bool told = report.verdict != scan::Verdict::Unknown;
        return {.part = told ? 1 : 0, .whole = 1, .words = told ? "verdict " + std::string(to_string(report.verdict)) : fmt::format("unknown, {} cause{}: {}", report.causes.size(), report.causes.size() == 1 ? "" : "s", report.causes.empty() ? "" : report.causes.front()), .whether = true};
      }));
  add(facts, out, section, "matter", "open and not negligible", counted(matters));
  add(facts, out, section, "open", "open, all", counted(is_open));
  for (const scan::Owner owner : {scan::Owner::Base, scan::Owner::App}) {
    const bool base = owner == scan::Owner::Base;
    for (const Severity severity : severities) {
      add(facts, out, section, fmt::format("{}.{}", to_string(owner), severity_word(severity)), fmt::format("{}, of the {}", severity_word(severity), base ? "base" : "application"), counted([owner, severity](const Finding& each) { return is_open(each) && each.owner == owner && each.severity == severity; }), true);
    }
  }
  add(facts, out, section, "fixable", "open, and a fix is named", counted([](const Finding& each) { return is_open(each) && !each.fixed_in.empty(); }));
  add(facts, out, section, "kev", "open and known to be exploited (KEV)", with_rule("kev", [](const Finding& each) { return is_open(each) && each.exploited; }));
  add(facts, out, section, "unjudged", "packages that could not be judged", of_scan([](const scan::Report& report) -> ImageFigure {
        return {.part = static_cast<double>(report.coverage.packages - report.coverage.judged), .whole = static_cast<double>(report.coverage.packages)};
      }));
}

Measure recognised(std::string scanner) {
  return [scanner = std::move(scanner)](const OutcomeImage& image) -> ImageFigure {
    if (!image.view.value) return {.lacks = image.view.lacks};
    const auto all = recognise(*image.view.value);
    const auto found = std::ranges::find(all, scanner, &Recognition::scanner);
    if (found->answer == Recognition::Answer::Unknown) return {.lacks = found->how};
    const bool yes = found->answer == Recognition::Answer::Yes;
    return {.part = yes ? 1 : 0, .whole = 1, .words = (yes ? "recognised by " : "not recognised: ") + found->how, .whether = true, .source = image.view.source};
  };
}

/// Whether a content of these types is attached, whose it is, and who finds it there.
Measure attached(std::set<std::string, std::less<>> types, bool finders) {
  return [types = std::move(types), finders](const OutcomeImage& image) -> ImageFigure {
    if (!image.attached.value) return {.lacks = image.attached.lacks};
    std::string words;
    std::set<std::string> said;
    bool verified = false, there = false;
    for (const AttachedContent& each : *image.attached.value) {
      if (!types.contains(each.type)) continue;
      there = true;
      verified = verified || each.verified;
      std::string word;
      if (finders) {
        const auto who = finders_of(each.layout);
        word = each.type + " as " + each.layout + (who.empty() ? std::string(": nobody finds it by itself") : fmt::format(": {}", join(std::vector<std::string>(who.begin(), who.end()), ", ")));
      } else {
        word = fmt::format("{} as {}, {}{}", each.type, each.layout, each.verified ? "believed: " : "not believed: ", each.told);
      }
      if (said.insert(word).second) words += (words.empty() ? "" : "; ") + word;
    }
    const bool good = finders ? there : verified;
    return {.part = good ? 1 : 0, .whole = 1, .words = there ? words : "none is attached", .whether = true, .source = image.attached.source};
  };
}

std::set<std::string> peers_of(const OutcomeFacts& facts) {
  std::set<std::string> out;
  for (const OutcomeSide* side : {&facts.before, &facts.after}) {
    for (const OutcomeImage& image : side->images) {
      for (const auto& [name, answer] : image.peers) out.insert(name);
    }
  }
  return out;
}

const Evidence<PeerAnswer>* peer_of(const OutcomeImage& image, const std::string& name) {
  const auto found = image.peers.find(name);
  return found == image.peers.end() ? nullptr : &found->second;
}

void add_scanners(const OutcomeFacts& facts, Lines& out) {
  constexpr std::string_view section = "scanners";
  for (const Recognition& each : recognise({})) add(facts, out, section, each.scanner, each.scanner + " can tell distribution and packages", recognised(each.scanner));
  for (const std::string& name : peers_of(facts)) {
    add(facts, out, section, name + ".ran", name + " was run and saw", [&name](const OutcomeImage& image) -> ImageFigure {
      const auto* const peer = peer_of(image, name);
      if (peer == nullptr || !peer->value) return {.lacks = peer == nullptr ? "it was not run" : peer->lacks};
      return {.part = peer->value->recognised.empty() ? 0 : 1, .whole = 1, .words = peer->value->recognised.empty() ? "no distribution" : peer->value->recognised, .whether = true, .source = peer->source};
    });
  }
  add(facts, out, section, "sbom", "a list of contents is attached, for", attached({"spdxjson", "cyclonedx", "spdx"}, true));
  add(facts, out, section, "vex", "statements on vulnerabilities are attached, for", attached({"openvex"}, true));
}

void add_noise(const OutcomeFacts& facts, Lines& out) {
  constexpr std::string_view section = "noise";
  const auto all = [](const Finding&) { return true; };
  add(facts, out, section, "named", "pairs of a vulnerability and a package that advisories name", paired(all));
  add(facts, out, section, "answered", "of them answered by statements and their proofs", paired(is_answered));
  add(facts, out, section, "excepted", "of them lived with by a decision", paired([](const Finding& each) { return each.status == Status::Excepted; }));
  add(facts, out, section, "negligible", "of them negligible, as the distribution says", paired([](const Finding& each) { return is_open(each) && each.severity == Severity::Negligible; }));
  add(facts, out, section, "matter", "of them what matters", paired(matters));
  add(facts, out, section, "share", "share that does not matter", of_scan([all](const scan::Report& report) -> ImageFigure {
        const auto named = pairs_of(report, all).size(), left = pairs_of(report, matters).size();
        return {.part = static_cast<double>(named - left), .whole = static_cast<double>(named), .words = named == 0 ? "advisories name nothing" : ""};
      }));
  for (const std::string& name : peers_of(facts)) {
    add(facts, out, section, "peer." + name, "pairs that " + name + " names", [&name](const OutcomeImage& image) -> ImageFigure {
      const auto* const peer = peer_of(image, name);
      if (peer == nullptr || !peer->value) return {.lacks = peer == nullptr ? "it was not run" : peer->lacks};
      const Pairs& theirs = peer->value->pairs;
      if (!image.scan.value) return {.part = static_cast<double>(theirs.size()), .source = peer->source};
      const Pairs ours = pairs_of(*image.scan.value, [](const Finding&) { return true; });
      const auto both = std::ranges::count_if(theirs, [&](const auto& each) { return ours.contains(each); });
      return {.part = static_cast<double>(theirs.size()), .words = fmt::format("{}, {} of them named here, too; {} only here", theirs.size(), both, ours.size() - static_cast<size_t>(both)), .source = peer->source};
    });
  }
}

/// Files of an image, as its scan has explained them: how many there are.
double files_of(const scan::Report& report) { return static_cast<double>(report.coverage.owned + report.coverage.excused + report.coverage.plain + report.coverage.dark.size()); }

/// Files are read whether or not there is a database.
Measure of_files(std::function<double(const scan::Coverage&)> part) {
  return [part = std::move(part)](const OutcomeImage& image) -> ImageFigure {
    if (!image.scan.value) return {.lacks = image.scan.lacks};
    const scan::Report& report = *image.scan.value;
    if (files_of(report) == 0) return {.lacks = "no file of it was read"};
    return {.part = part(report.coverage), .whole = files_of(report), .source = image.scan.source};
  };
}

void add_packages(const OutcomeFacts& facts, Lines& out) {
  constexpr std::string_view section = "packages";
  add(facts, out, section, "count", "packages", [](const OutcomeImage& image) -> ImageFigure {
    if (!image.scan.value) return {.lacks = image.scan.lacks};
    return {.part = static_cast<double>(image.scan.value->coverage.packages), .source = image.scan.source};
  });
  add(facts, out, section, "verified", "packages that a lock names with the signed Release of their archive", [](const OutcomeImage& image) -> ImageFigure {
    if (!image.locked.value) return {.lacks = image.locked.lacks};
    const LockedShare& share = *image.locked.value;
    return {.part = static_cast<double>(share.locked), .whole = static_cast<double>(share.packages), .words = share.archives.empty() ? "" : "from " + join(share.archives, ", "), .source = image.locked.source};
  });
  add(facts, out, section, "foreign", "packages of which nothing shows that the distribution built them", of_scan([](const scan::Report& report) -> ImageFigure {
        return {.part = static_cast<double>(report.foreign.size()), .words = report.foreign.empty() ? "" : fmt::format("{}: {}", report.foreign.size(), *report.foreign.begin() + (report.foreign.size() > 1 ? " and others" : ""))};
      }));
  add(facts, out, section, "owned", "files that a package's own list bears out, by digest", of_files([](const scan::Coverage& coverage) { return static_cast<double>(coverage.owned); }));
  add(facts, out, section, "dark", "programs and archives that nothing explains", of_files([](const scan::Coverage& coverage) { return static_cast<double>(std::ranges::count_if(coverage.dark, [](const scan::Dark& each) { return each.excuse.empty(); })); }));
  add(facts, out, section, "manager", "no package manager in it", [](const OutcomeImage& image) -> ImageFigure {
    if (!image.proofs.value) return {.lacks = image.proofs.lacks};
    constexpr const char* id = "no-package-manager";
    const auto has = [&](const std::vector<std::string>& list) { return std::ranges::find(list, id) != list.end(); };
    if (has(image.proofs.value->passed)) return {.part = 1, .whole = 1, .words = "proved", .whether = true, .source = image.proofs.source};
    if (has(image.proofs.value->failed)) return {.part = 0, .whole = 1, .words = "there is one", .whether = true, .source = image.proofs.source};
    return {.lacks = "that is not asked of such an image"};
  });
}

void add_audit(const OutcomeFacts& facts, Lines& out) {
  constexpr std::string_view section = "audit";
  add(facts, out, section, "signature", "signed by whom is believed", attached({"signature"}, false));
  add(facts, out, section, "sbom", "list of contents, signed", attached({"spdxjson", "cyclonedx", "spdx"}, false));
  add(facts, out, section, "provenance", "how it came to be (SLSA), signed", attached({"slsaprovenance1", "slsaprovenance"}, false));
  add(facts, out, section, "vex", "statements on vulnerabilities, signed", attached({"openvex"}, false));
  add(facts, out, section, "tests", "results of tests, signed", attached({"test-result"}, false));
  add(facts, out, section, "proofs", "hardening proofs passed", [](const OutcomeImage& image) -> ImageFigure {
    if (!image.proofs.value) return {.lacks = image.proofs.lacks};
    const ProofAnswers& all = *image.proofs.value;
    const auto passed = static_cast<double>(all.passed.size());
    std::string words = all.failed.empty() ? "" : "failed: " + join(all.failed, ", ");
    if (!all.excused.empty()) words += (words.empty() ? "excused: " : "; excused: ") + join(all.excused, ", ");
    return {.part = passed, .whole = passed + static_cast<double>(all.failed.size() + all.excused.size()), .words = std::move(words), .source = image.proofs.source};
  });
}

}  // namespace

OutcomeCounts open_in(const scan::Report& report) {
  OutcomeCounts out;
  for (const scan::Owner owner : {scan::Owner::Base, scan::Owner::App}) {
    for (size_t at = 0; at < severities.size(); ++at) {
      out.open.at(owner == scan::Owner::Base ? 0 : 1).at(at) = static_cast<size_t>(*count_of(report, [&](const Finding& each) { return is_open(each) && each.owner == owner && each.severity == severities.at(at); }).part);
    }
  }
  return out;
}

void add_image_lines(const OutcomeFacts& facts, std::vector<OutcomeLine>& out) {
  add_cves(facts, out);
  add_scanners(facts, out);
  add_noise(facts, out);
  add_packages(facts, out);
  add_audit(facts, out);
}

}  // namespace ashlar::policy
