#include "pipeline/scan.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "base/text.h"
#include "build/probe.h"
#include "inventory/document.h"
#include "inventory/inventory.h"
#include "inventory/os_release.h"
#include "inventory/paths.h"
#include "pipeline/backing.h"
#include "pipeline/decisions.h"
#include "pipeline/inner/kept_layers.h"
#include "pipeline/verify.h"

namespace ashlar::pipeline {
namespace {

/// A subject with what it borrows.
struct Opened {
  std::optional<inventory::Target> target;  ///< whose layers are still being hashed
  inventory::Inventory inventory;
  inventory::Ownership ownership;
  scan::Subject subject;
  std::vector<scan::Statements> attached;
  inventory::Verification verification;     ///< last: it reads the target
};

bool is_statement(std::string_view path) { return path.ends_with(".vex.json") || path.ends_with(".openvex.json"); }

/// Statements that lie in the image: they are shown, and do not count.
std::vector<scan::Statements> statements_within(const inventory::Contents& contents) {
  std::vector<scan::Statements> out;
  for (const auto& [path, text] : contents.texts) {
    if (!is_statement(path)) continue;
    auto document = attest::read_vex(text, path);
    if (document) out.push_back({"/" + path + " of the image", "an image cannot acquit itself", std::move(*document)});
  }
  return out;
}

/// Whether the type of a predicate is one of those that say what a vulnerability means: nobody is held to have said it by signing something else.
bool speaks_of_vulnerabilities(std::string_view type) {
  const attest::PredicateType* const known = attest::find_predicate_type(type);
  return type.starts_with("https://docs.oasis-open.org/csaf") || (known != nullptr && (known->name == "openvex" || known->name == "cyclonedx"));
}

/// Statements that others attached to it: those count whose signer is believed; the rest is shown, with why not. What is no statement on vulnerabilities is
/// passed over. One that lies there in two layouts is one.
Done add_attached(host::Machine& machine, inventory::Target& target, const TrustSettings& trust, std::vector<scan::Statements>& into) {
  if (target.image == nullptr) return {};
  TRY_ASSIGN(const auto believed, believe(machine, trust));
  TRY_ASSIGN(const auto all, judge_attached(*target.image, target.which.descriptor, believed));
  std::map<std::string, scan::Statements> found;
  for (const std::string& line : all.unread) into.push_back({"attached", line, {}});
  for (const auto& [each, signature] : all.contents) {
    const std::string source = fmt::format("attached as {}", each.manifest.str());
    const std::string& text = signature.verified ? signature.statement : signature.unproved.empty() ? each.content : signature.unproved;
    auto document = attest::read_attached_vex(text, source);
    if (!document || document->statements.empty()) continue;
    const std::string distrust = !signature.verified ? signature.reason : speaks_of_vulnerabilities(signature.predicate_type) ? std::string() : fmt::format("signed as '{}', which is no statement on vulnerabilities", signature.predicate_type);
    const auto [place, fresh] = found.try_emplace(text, scan::Statements{source, distrust, *document});
    if (!fresh && distrust.empty()) place->second = {source, {}, std::move(*document)};
    if (!distrust.empty()) continue;
    place->second.source = fmt::format("{}, signed by {}", source, signature.key);
    place->second.backing.resize(place->second.document.statements.size());
    for (scan::Backing& backing : place->second.backing) backing.keys.insert(signature.key);
  }
  for (auto& [text, each] : found) into.push_back(std::move(each));
  return {};
}

/// Names that statements and decisions may call an image by: those of the reference that it was asked for by. What it says of itself is none.
std::vector<std::string> names_of(const oci::ImageRef& ref) {
  std::vector<std::string> out = {ref.location};
  if (ref.transport == oci::Transport::Registry) out.emplace_back(cut(ref.location, '/').second);
  else if (!ref.tag.empty()) out.push_back(ref.tag);
  // A layout or archive is the same from whichever folder it is named.
  if (ref.transport != oci::Transport::Registry) out.push_back(std::filesystem::absolute(ref.location).lexically_normal().string());
  return out;
}

Result<scan::BaseLayers> base_of(host::Machine& machine, const Opened& opened, const ScanOptions& options) {
  const oci::Config& config = opened.inventory.contents.config;
  if (options.base_layers) return *options.base_layers;
  if (options.base.empty()) return scan::guess_base(config, opened.ownership.stated);
  TRY_ASSIGN(const auto base, inventory::open_target(machine, options.base, options.platform));
  if (!base.image) return cannot(Kind::Invalid, fmt::format("take '{}' as the base", options.base), "it is no image");
  return scan::layers_of_base(config, base.which.config, options.base);
}

/// Whether apk's lists, which name SHA-1, may be in the target: of a folder that is seen at once, of layers only when they are read.
bool may_hold_apks(const inventory::Target& target) {
  const host::Path root = target.ref.location;
  return target.image != nullptr || target.files.exists(root / "lib/apk/db/installed") || target.files.exists(root / "usr/lib/apk/db/installed");
}

/// When the bytes of layers that were kept are hashed.
enum class Hashing : unsigned char { Now, Later };

Result<std::unique_ptr<Opened>> open_image(host::Machine& machine, const std::string& ref, const ScanOptions& options, Hashing hashing) {
  const auto keep = [](std::string_view path) { return inventory::tells_owners(path) || inventory::tells_os_release(path) || scan::wants_text(path) || is_statement(path); };
  auto out = std::make_unique<Opened>();
  TRY_ASSIGN(auto found, inventory::open_target(machine, ref, options.platform));
  inventory::Target& target = out->target.emplace(std::move(found));
  const auto shelf = kept_layers(machine, "scan", options.again);
  std::optional<Result<inventory::Ownership>> ownership;
  const auto judge = [&](const inventory::Contents& contents) { ownership = inventory::judge_owners(contents, nullptr); };
  TRY_ASSIGN(out->inventory, inventory::read_inventory(target, {.keep = keep, .sha1 = may_hold_apks(target), .md5 = true, .damaged_databases = true, .shelf = shelf ? &*shelf : nullptr, .later = hashing == Hashing::Later ? &out->verification : nullptr}, judge));
  const inventory::Contents& contents = out->inventory.contents;
  TRY_ASSIGN(out->ownership, std::move(*ownership));
  inventory::add_listed(out->ownership, contents, out->inventory.found.components);
  out->attached = statements_within(contents);
  TRY(add_attached(machine, target, options.trust, out->attached));
  out->subject = {.ref = ref, .names = names_of(target.ref), .tag = target.ref.tag.substr(target.ref.tag.rfind(':') + 1), .contents = &contents, .ownership = &out->ownership, .components = std::move(out->inventory.found.components), .claims = std::move(out->inventory.found.claims), .notes = std::move(out->inventory.found.notes), .unread = std::move(out->inventory.found.unread), .damage = std::move(out->inventory.found.damage)};
  std::ranges::copy(options.also_named, std::back_inserter(out->subject.names));
  for (const Digest& digest : build::probe_digests()) out->subject.known.emplace(digest, "the health probe");
  if (!target.image) {
    out->subject.base = {1, "a root file system is a base as a whole"};
    return out;
  }
  out->subject.digest = target.which.descriptor.digest.str();
  out->subject.platform = target.which.platform.str();
  if (options.platform.empty()) out->subject.unseen = target.others;
  TRY_ASSIGN(out->subject.base, base_of(machine, *out, options));
  return out;
}

Result<std::unique_ptr<Opened>> open_document(host::Files& files, const std::string& path) {
  TRY_ASSIGN(const std::string text, files.read(path));
  TRY_ASSIGN(auto document, inventory::read_document(text, path));
  auto out = std::make_unique<Opened>();
  out->subject = {.ref = path, .digest = Digest::of(text).str(), .names = {document.subject}, .components = std::move(document.components), .notes = std::move(document.notes)};
  out->subject.distribution = document.distribution;
  return out;
}

Result<std::unique_ptr<Opened>> open_subject(host::Machine& machine, const std::string& target, const ScanOptions& options, Hashing hashing = Hashing::Now) {
  const auto ref = oci::ImageRef::parse(target);
  const bool named = ref && (ref->transport != oci::Transport::Registry || target.starts_with("docker://"));
  const auto stat = named ? Result<host::FileStat>(fail(Kind::NotFound, "it names an image")) : machine.files->stat(target);
  const bool file = stat && stat->type != host::NodeType::Directory;
  return !named && (file || target.ends_with(".json")) ? open_document(*machine.files, target) : open_image(machine, target, options, hashing);
}

/// The file itself, or all `.json` files of a folder and of those in it, in the order of their names.
Done find_documents(host::Files& files, const host::Path& path, int depth, std::vector<host::Path>& into) {
  constexpr int deepest = 16;
  TRY_ASSIGN(const auto stat, files.stat(path));
  if (stat.type != host::NodeType::Directory) return into.push_back(path), Done();
  if (depth == deepest) return cannot(Kind::Invalid, fmt::format("read statements of '{}'", path.string()), fmt::format("it lies more than {} folders deep", deepest));
  TRY_ASSIGN(const auto names, files.list(path));
  for (const std::string& name : names) {
    TRY_ASSIGN(const auto each, files.stat(path / name));
    if (each.type == host::NodeType::Directory || (name.ends_with(".json") && !is_records_file(name))) TRY(find_documents(files, path / name, depth + 1, into));
  }
  return {};
}

/// Where the proofs of statements are looked at again; nothing of what is no image.
std::optional<ProofImage> proof_image(const scan::Subject& subject) {
  if (subject.contents == nullptr || subject.digest.empty()) return std::nullopt;
  const auto find = [files = &subject.contents->files](const std::string& glob) {
    const auto first_of = [&](const std::string& wanted) {
      const auto there = std::ranges::find_if(*files, [&](const auto& file) { return matches_glob(wanted, file.first); });
      return there == files->end() ? std::string() : there->first;
    };
    std::string there = first_of(glob);
    const size_t slash = glob.substr(0, glob.find_first_of("*?[")).rfind('/');
    if (!there.empty() || slash == std::string::npos) return there;
    const std::string folder = inventory::PathResolver(*files).follow(glob.substr(0, slash));  // `bin` leads to `usr/bin`
    return folder.empty() ? first_of(glob.substr(slash + 1)) : first_of(folder + glob.substr(slash));
  };
  return ProofImage{{subject.digest, subject.names, subject.tag}, find};
}

}  // namespace

Result<std::vector<scan::Statements>> read_statements(host::Files& files, const std::vector<host::Path>& paths) {
  std::vector<scan::Statements> out;
  for (const host::Path& path : paths) {
    std::vector<host::Path> documents;
    TRY(find_documents(files, path, 0, documents));
    if (documents.empty()) return cannot(Kind::NotFound, fmt::format("read statements of '{}'", path.string()), "no file in it ends with .json");
    for (const host::Path& each : documents) {
      TRY_ASSIGN(const std::string text, files.read(each));
      TRY_ASSIGN(auto document, attest::read_vex(text, each.string()));
      out.push_back({each.string(), {}, std::move(document)});
    }
  }
  return out;
}

Result<scan::Report> scan(host::Machine& machine, advisory::Database& database, const std::string& target, const ScanOptions& options) {
  host::Files& files = *machine.files;
  TRY_ASSIGN(const auto opened, open_subject(machine, target, options, Hashing::Later));
  scan::Options how{.now = options.as_of.value_or(machine.clock->now()), .clock = machine.clock->now(), .excuses = options.settings.excuses};
  how.gate = options.gate;
  if (options.dark_fails.value_or(options.settings.dark_fails.value_or(false))) how.app_dark = scan::DarkPolicy::Fail;
  std::vector<host::Path> trusted = options.settings.statements;
  trusted.insert(trusted.end(), options.statements.begin(), options.statements.end());
  TRY_ASSIGN(how.statements, read_statements(files, trusted));
  for (scan::Statements& each : how.statements) each.until = options.as_of;
  const auto image = proof_image(opened->subject);
  TRY(stand_behind(machine, options.trust, how.now, how.statements, image ? &*image : nullptr));
  how.rules = options.rules;
  how.statements.insert(how.statements.end(), opened->attached.begin(), opened->attached.end());
  TRY_ASSIGN(how.exceptions, read_decisions(files, options.settings.exceptions));
  TRY(stand_behind(machine, options.trust, how.now, how.exceptions));
  TRY_ASSIGN(auto report, scan::scan(opened->subject, database, how));
  if (!opened->verification.wait()) {
    ScanOptions anew = options;
    anew.again = true;
    return scan(machine, database, target, anew);
  }
  if (options.scanned) options.scanned(opened->subject, report);
  if (options.other_base.empty()) return report;
  ScanOptions plain = options;
  plain.base.clear(), plain.base_layers.reset(), plain.other_base.clear(), plain.scanned = {}, plain.gate.clear();
  TRY_ASSIGN(const auto other, scan(machine, database, options.other_base, plain));
  report.change = scan::change_base(report, other);
  return report;
}

Result<std::vector<scan::Explained>> explain_advisory(host::Machine& machine, advisory::Database& database, const std::string& target, const std::string& id, const ScanOptions& options) {
  TRY_ASSIGN(const auto opened, open_subject(machine, target, options));
  return scan::explain(opened->subject, database, id);
}

Result<Held> read_held(host::Machine& machine, const std::string& target, const ScanOptions& options) {
  TRY_ASSIGN(const auto opened, open_subject(machine, target, options));
  scan::Subject& subject = opened->subject;
  // The digest of a document is no image's.
  Held out{std::move(subject.components), scan::distribution_of(subject), {subject.contents == nullptr ? std::string() : subject.digest, subject.names, subject.tag}, {}};
  if (subject.contents == nullptr) return out;
  for (const auto& [path, file] : subject.contents->files) out.paths.push_back(path);
  return out;
}

}  // namespace ashlar::pipeline
