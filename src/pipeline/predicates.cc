#include "pipeline/predicates.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "attest/cyclonedx.h"
#include "attest/results.h"
#include "attest/spdx.h"
#include "host/program.h"
#include "pipeline/backing.h"
#include "pipeline/catalog.h"
#include "pipeline/decisions.h"
#include "pipeline/describe.h"
#include "pipeline/inner/at_hand.h"
#include "pipeline/lock.h"
#include "scan/forms.h"

namespace ashlar::pipeline {
namespace {

using attest::NamedDigest;
using attest::Resource;

/// What the image was made from, as it lies on this machine.
struct Origin {
  plan::Definition definition;  ///< for the image's platform
  plan::Lock lock;
  std::string lock_text;
};

Result<Origin> read_origin(Workshop& workshop, const host::Path& path, const std::string& platform) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(const plan::Definition whole, load_definition(files, path));
  if (!files.exists(lock_path(path))) return fail(Kind::NotFound, fmt::format("there is no lock '{}'", lock_path(path).string()));
  TRY_ASSIGN(auto lock, read_fitting_lock(workshop, whole, {}));
  TRY_ASSIGN(auto definition, plan::for_platform(whole, platform));
  TRY_ASSIGN(auto text, files.read(lock_path(path)));
  return Origin{std::move(definition), std::move(lock), std::move(text)};
}

/// A path without the place where this machine has it: relative to the working folder or to the shipped data, else the file's name alone.
std::string said_path(const Workshop& workshop, const host::Path& path) {
  const host::Path plain = path.lexically_normal(), shipped = plain.lexically_relative(workshop.data.lexically_normal());
  const auto inside = [](const host::Path& each) { return !each.empty() && each.is_relative() && *each.begin() != ".."; };
  return inside(plain) ? plain.string() : inside(shipped) ? shipped.string() : plain.filename().string();
}

Result<NamedDigest> stamp(Workshop& workshop, const host::Path& path) {
  TRY_ASSIGN(const std::string text, workshop.machine.files->read(path));
  return NamedDigest{said_path(workshop, path), Digest::of(text)};
}

Result<Resource> stamp(Workshop& workshop, const host::Path& path, std::string_view kind) {
  TRY_ASSIGN(const auto file, stamp(workshop, path));
  return Resource{file.path, {}, file.digest, {{"kind", std::string(kind)}}};
}

attest::Program this_program(host::Files& files) {
  attest::Program out{ASHLAR_VERSION, {}};
  auto file = files.open(host::program_path());
  if (!file) return out;
  const auto source = host::stream(std::move(*file));
  Hasher hasher;
  Bytes piece(size_t{1} << 18);
  for (;;) {
    const auto read = source->read(piece);
    if (!read) return out;
    if (*read == 0) break;
    hasher.update(BytesView(piece).first(*read));
  }
  out.digest = hasher.finish();
  return out;
}

/// Files of the catalogue that the definition puts into the image, by their paths there.
void add_catalog_files(Workshop& workshop, const Origin& origin, const std::string& platform, std::vector<Resource>& into) {
  const auto declared = declared_of(*workshop.machine.files, origin.definition, &origin.lock.platforms.at(platform), origin.lock.os_release);
  std::set<std::string> paths;
  for (const plan::PathRule& rule : origin.definition.paths) {
    const bool copied = !rule.source.empty() && !rule.source.starts_with('/') && rule.type != plan::PathType::Symlink;
    if (!copied) continue;
    const std::string path = host::Path(rule.path).lexically_normal().relative_path().string();
    for (auto at = declared.paths.lower_bound(path); at != declared.paths.end() && at->first.starts_with(path); ++at) {
      const std::string_view below = std::string_view(at->first).substr(path.size());
      if (at->second.content && (below.empty() || path.ends_with('/') || below.starts_with('/'))) paths.insert(at->first);
    }
  }
  for (const std::string& path : paths) into.push_back({"/" + path, {}, declared.paths.find(path)->second.content, {{"kind", "file"}}});
}

Result<std::vector<Resource>> other_files(Workshop& workshop, const Origin& origin, const std::string& platform) {
  host::Files& files = *workshop.machine.files;
  std::vector<Resource> out;
  add_catalog_files(workshop, origin, platform, out);
  for (const plan::TrustedRoots& roots : origin.definition.certificates) {
    if (roots.source.empty()) continue;
    TRY_ASSIGN(const host::Path root, catalog_root(files, origin.definition));
    TRY_ASSIGN(const std::string text, files.read(root / roots.source));
    out.push_back({roots.source, {}, Digest::of(text), {{"kind", "certificate"}}});
  }
  const host::Path effects = workshop.data / "effects";
  const auto names = files.list(effects);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    if (!name.ends_with(".yaml")) continue;
    TRY_ASSIGN(auto file, stamp(workshop, effects / name, "declared-effects"));
    out.push_back(std::move(file));
  }
  return out;
}

std::optional<attest::Rebuilt> rebuilt_of(const Tested* tested) {
  if (tested == nullptr) return std::nullopt;
  const auto check = std::ranges::find(tested->checks, "reproducible", &prove::Check::id);
  if (check == tested->checks.end()) return std::nullopt;
  attest::Rebuilt out{std::string(prove::to_string(check->outcome)), {}, check->evidence};
  constexpr std::string_view said = "built again: ";  // as test() words it
  for (const std::string& line : check->evidence) {
    const auto digest = line.starts_with(said) ? Digest::parse(std::string_view(line).substr(said.size())) : fail(Kind::NotFound, "another line");
    if (digest) out.image = *digest;
  }
  return out;
}

std::optional<Digest> file_digest(const attest::Sbom& sbom, std::string_view path) {
  const auto found = std::ranges::find(sbom.files, path, &attest::SbomFile::path);
  const auto digest = found == sbom.files.end() ? fail(Kind::NotFound, "no such file") : Digest::parse_hex(found->sha256);
  return digest ? std::optional(*digest) : std::nullopt;
}

Result<Json> provenance_of(Workshop& workshop, const PredicateWish& wish, const Origin& origin, const attest::Sbom& sbom, const attest::Program& program) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(const Digest definition, Digest::parse_hex(origin.definition.digest_hex));
  attest::Making making{.definition = {said_path(workshop, wish.definition), definition}, .lock = {said_path(workshop, lock_path(wish.definition)), Digest::of(origin.lock_text)}};
  if (const host::Path effects = effects_path(wish.definition); files.exists(effects)) {
    TRY_ASSIGN(making.effects, stamp(workshop, effects));
  }
  TRY_ASSIGN(making.more, other_files(workshop, origin, sbom.platform));
  making.platform = sbom.platform, making.variant = plan::to_string(origin.definition.variant), making.image_mirror = wish.image_mirror, making.builder = wish.builder;
  making.program = program, making.started = wish.started, making.finished = wish.finished;
  making.rebuilt = rebuilt_of(wish.tested), making.image_json = file_digest(sbom, "usr/share/ashlar/image.json");
  return attest::provenance(origin.lock, making);
}

/// What the tests held the image against.
Result<attest::Measured> measured_of(Workshop& workshop, const Tested& tested, const attest::Program& program) {
  host::Files& files = *workshop.machine.files;
  attest::Measured out{.platform = tested.platform.str(), .program = program, .definition_claimed = tested.claimed};
  if (tested.definition.empty()) return out;
  const auto add = [&](const host::Path& path, std::string_view kind) -> Done {
    if (!files.exists(path)) return {};
    TRY_ASSIGN(auto file, stamp(workshop, path, kind));
    out.held_against.push_back(std::move(file));
    return {};
  };
  TRY_ASSIGN(const plan::Definition definition, load_definition(files, tested.definition));
  TRY_ASSIGN(const plan::Definition own, plan::for_platform(definition, out.platform));
  for (const plan::Interpreter& each : own.interpreters) out.interpreters.push_back({each.path, each.reason});
  TRY(add(tested.definition, "definition"));
  if (read_fitting_lock(workshop, definition, {})) TRY(add(lock_path(tested.definition), "lock"));
  TRY(add(workshop.data / "baselines" / (definition.distribution + ".json"), "baseline"));
  return out;
}

Done add_tests(Workshop& workshop, const Tested& tested, const attest::Program& program, std::vector<attest::Predicate>& into) {
  TRY_ASSIGN(const auto measured, measured_of(workshop, tested, program));
  std::vector<attest::Answer> answers;
  for (const prove::Check& each : tested.checks) answers.push_back({each.id, each.title, std::string(prove::to_string(each.outcome)), each.evidence});
  into.push_back({std::string(attest::test_result_uri), to_compact(attest::test_results(answers, measured))});
  into.push_back({std::string(attest::hardening_uri), to_compact(attest::hardening(answers, measured))});
  return {};
}

void add_scan(const scan::Report& report, std::vector<attest::Predicate>& into) {
  const auto form = std::ranges::find(scan::forms(), "cosign-vuln", &scan::Form::name);
  if (form != scan::forms().end()) into.push_back({std::string(attest::vulnerability_scan_uri), form->write(std::span(&report, 1), {})});
}

/// Statements of the configuration, as far as they mean something in the image.
Done add_vex(Workshop& workshop, const PredicateWish& wish, std::vector<attest::Predicate>& into) {
  if (workshop.config.scan.statements.empty()) return {};
  TRY_ASSIGN(auto documents, read_statements(*workshop.machine.files, workshop.config.scan.statements));
  TRY_ASSIGN(auto held, read_held(workshop.machine, wish.image, {.platform = wish.platform}));
  std::ranges::copy(wish.also_named, std::back_inserter(held.names.repositories));
  TRY(stand_behind(workshop.machine, trust_of(workshop), held, documents));
  if (wish.scanned != nullptr) drop_unfounded(*wish.scanned, held.names, documents);
  const attest::VexDocument document = spread(documents, held);
  if (!document.statements.empty()) into.push_back({std::string(attest::openvex_uri), to_compact(attest::to_openvex(document))});
  return {};
}

/// Nobody says of an image that it was made from a lock which names other packages.
Done hold_against_lock(const attest::Sbom& sbom, const Origin& origin) {
  std::set<std::string> in_image, in_lock;
  for (const attest::SbomPackage& each : sbom.packages) {
    if (each.purl.starts_with("pkg:deb/")) in_image.insert(fmt::format("{} {} {}", each.name, each.version, each.sha256));
  }
  const auto locked = origin.lock.platforms.find(sbom.platform);
  if (locked == origin.lock.platforms.end()) return fail(Kind::Conflict, fmt::format("its lock has no platform '{}'", sbom.platform));
  for (const plan::LockedPackage& each : locked->second.packages) in_lock.insert(fmt::format("{} {} {}", each.name, each.version, each.sha256));
  for (const auto& [these, those, says] : {std::tuple{&in_lock, &in_image, "the lock names '{}', and the image has it not"}, {&in_image, &in_lock, "the image has '{}', and the lock does not name it"}}) {
    const auto odd = std::ranges::find_if(*these, [&](const std::string& each) { return !those->contains(each); });
    if (odd != these->end()) return fail(Kind::Conflict, fmt::format(fmt::runtime(says), *odd));
  }
  return {};
}

Done hold_against_image(const attest::Sbom& sbom, const PredicateWish& wish) {
  if (sbom.kind != attest::Sbom::Kind::Image) return fail(Kind::Invalid, "it is no image");
  if (wish.tested != nullptr && wish.tested->image.str() != sbom.version) return fail(Kind::Conflict, fmt::format("the tests are of '{}', the image is '{}'", wish.tested->image.str(), sbom.version));
  if (wish.scanned != nullptr && wish.scanned->digest != sbom.version) return fail(Kind::Conflict, fmt::format("the scan is of '{}', the image is '{}'", wish.scanned->digest, sbom.version));
  return {};
}

Result<Predicates> say(Workshop& workshop, const PredicateWish& wish) {
  TRY_ASSIGN(const attest::Sbom sbom, describe(workshop.machine, wish.image, wish.platform));
  TRY(hold_against_image(sbom, wish));
  TRY_ASSIGN(const Origin origin, read_origin(workshop, wish.definition, sbom.platform));
  TRY(hold_against_lock(sbom, origin));
  Predicates out;
  TRY_ASSIGN(out.image, Digest::parse(sbom.version));
  TRY_ASSIGN(out.platform, oci::Platform::parse(sbom.platform));
  const attest::Program program = this_program(*workshop.machine.files);
  TRY_ASSIGN(const Json provenance, provenance_of(workshop, wish, origin, sbom, program));
  out.list.push_back({std::string(attest::provenance_uri), to_compact(provenance)});
  out.list.push_back({std::string(attest::lock_uri), origin.lock_text});
  out.list.push_back({std::string(attest::spdx_uri), attest::to_spdx_json(sbom)});
  out.list.push_back({std::string(attest::cyclonedx_uri), attest::to_cyclonedx_json(sbom)});
  if (wish.tested != nullptr) TRY(add_tests(workshop, *wish.tested, program, out.list));
  if (wish.scanned != nullptr) add_scan(*wish.scanned, out.list);
  TRY(add_vex(workshop, wish, out.list));
  return out;
}

}  // namespace

Result<Predicates> predicates_of(Workshop& workshop, const PredicateWish& wish) {
  auto out = say(workshop, wish);
  if (!out) return cannot(fmt::format("make statements on '{}'", wish.image), std::move(out).error());
  return out;
}

Result<std::vector<attest::Predicate>> results_of(Workshop& workshop, const Tested& tested, const scan::Report& scanned) {
  std::vector<attest::Predicate> out;
  TRY(add_tests(workshop, tested, this_program(*workshop.machine.files), out));
  add_scan(scanned, out);
  return out;
}

}  // namespace ashlar::pipeline
