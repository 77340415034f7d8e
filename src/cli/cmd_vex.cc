#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/hints.h"
#include "cli/key_options.h"
#include "pipeline/decisions.h"
#include "pipeline/doubts.h"
#include "pipeline/workshop.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "list", argument, file, platform, target;
  std::vector<std::string> documents, absent;
  pipeline::StatementWish wish;
  KeyFlags key{};
};

struct Row {
  std::string_view name;
  Result<Exit> (*run)(Context& context, const Options& options);
  std::string_view takes;  ///< what the argument is; empty: it takes none
};

/// The document of the project: beside its configuration, else here.
Result<host::Path> document_path(Context& context, const Options& options) {
  if (!options.file.empty()) return options.file;
  TRY_ASSIGN(const auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  return pipeline::statements_path(workshop);
}

Result<Exit> add(Context& context, const Options& options) {
  TRY_ASSIGN(const host::Path path, document_path(context, options));
  pipeline::StatementWish wish = options.wish;
  wish.vulnerability = options.argument;
  std::vector<std::string> doubts;
  if (!options.absent.empty()) {
    if (options.target.empty()) return cannot(Kind::Invalid, "vex add", "--absent needs --in: the image that is looked at");
    TRY_ASSIGN(const auto held, pipeline::read_held(context.machine, options.target, {.platform = options.platform}));
    TRY_ASSIGN(wish, pipeline::show_absent(wish, options.absent, held));
    doubts = pipeline::doubts_of(options.absent, held);
    for (const std::string& doubt : doubts) context.progress.note(doubt);
  }
  TRY_ASSIGN(const auto key, open_key(context, options.key));
  TRY_ASSIGN(const bool replaced, pipeline::add_statement(context.machine, path, wish, key ? &*key : nullptr));
  TRY_ASSIGN(const auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  if (!pipeline::counts_in_scans(workshop, path)) context.progress.note(fmt::format("a scan counts '{0}' where the configuration names it (ashlar.yaml: `scan: {{statements: [{0}]}}`), or with `--vex {0}`", path.string()));
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/vex-added/v1"}, {"file", path.string()}, {"vulnerability", wish.vulnerability}, {"status", wish.status}, {"replaced", replaced}, {"doubts", doubts}});
  else say(context, fmt::format("{}: {} is {} in {}{}", path.string(), wish.vulnerability, wish.status, wish.package, replaced ? " (instead of what it said before)" : ""));
  return Exit::Clean;
}

Result<Exit> countersign(Context& context, const Options& options) {
  if (options.key.key.empty()) return cannot(Kind::Invalid, "vex sign", "--key is missing: whose signature it is");
  TRY_ASSIGN(const host::Path path, document_path(context, options));
  TRY_ASSIGN(const auto key, open_private_key(context, options.key));
  TRY_ASSIGN(const size_t count, pipeline::sign_statements(context.machine, path, {options.argument, options.wish.package, options.wish.image}, key));
  const std::string kept = pipeline::records_path(path).string();
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/vex-signed/v1"}, {"file", path.string()}, {"signatures", kept}, {"vulnerability", options.argument}, {"signed", count}});
  else say(context, fmt::format("{}: {} {} on {} in {} signed, in '{}'", path.string(), count, count == 1 ? "statement" : "statements", options.argument, options.wish.package, kept));
  return Exit::Clean;
}

std::string products_of(const attest::VexStatement& statement) {
  std::vector<std::string> out;
  for (const auto& product : statement.products) out.push_back(product.parts.empty() ? product.id : fmt::format("{} ({})", product.id, join(product.parts, ", ")));
  return join(out, ", ");
}

Result<Exit> list(Context& context, const Options& options) {
  TRY_ASSIGN(const host::Path path, document_path(context, options));
  std::vector<scan::Statements> documents;
  if (context.machine.files->exists(path)) {
    TRY_ASSIGN(documents, pipeline::read_statements(*context.machine.files, {path}));
    TRY_ASSIGN(const auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY(pipeline::stand_behind(context.machine, pipeline::trust_of(workshop), context.machine.clock->now(), documents, nullptr));
  }
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {{"VULNERABILITY", "STATUS", "WHAT", "SIGNED BY", "WHY"}};
  for (const auto& source : documents) {
    for (size_t at = 0; at < source.document.statements.size(); ++at) {
      const auto& each = source.document.statements[at];
      const scan::Backing backing = at < source.backing.size() ? source.backing[at] : scan::Backing();
      all.push_back({{"source", source.source}, {"vulnerability", each.vulnerability}, {"status", attest::to_string(each.status)}, {"products", Json::array()}, {"justification", each.justification}, {"detail", each.detail},
                     {"when", each.when ? Json(each.when->str()) : Json(nullptr)}, {"signed_by", backing.keys}, {"not_counted", backing.faults}});
      for (const auto& product : each.products) all.back()["products"].push_back({{"id", product.id}, {"parts", product.parts}});
      rows.push_back({each.vulnerability, std::string(attest::to_string(each.status)), products_of(each), signed_by(backing), each.justification + (each.justification.empty() || each.detail.empty() ? "" : ": ") + each.detail});
    }
    for (const std::string& note : source.document.notes) context.progress.note(fmt::format("'{}': {}", source.source, note));
  }
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/vex-list/v1"}, {"file", path.string()}, {"statements", std::move(all)}});
  else if (rows.size() == 1) say(context, fmt::format("'{}' has no statement", path.string()));
  else context.answer->append(table(context, rows));
  return Exit::Clean;
}

Result<Exit> write_out(Context& context, const Options& options) {
  TRY_ASSIGN(const auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(const host::Path own, document_path(context, options));
  std::vector<host::Path> paths(options.documents.begin(), options.documents.end());
  if (!options.file.empty() || context.machine.files->exists(own)) paths.insert(paths.begin(), own);
  for (const host::Path& each : workshop.config.scan.statements) {
    if (std::ranges::find(paths, each) == paths.end()) paths.push_back(each);
  }
  if (paths.empty()) return cannot(Kind::NotFound, fmt::format("export statements on '{}'", options.argument), fmt::format("there are none: '{}' is not there (`ashlar vex add` makes it), and the configuration names no others", own.string()));
  TRY_ASSIGN(auto documents, pipeline::read_statements(*context.machine.files, paths));
  TRY_ASSIGN(const auto held, pipeline::read_held(context.machine, options.argument, {.platform = options.platform}));
  TRY(pipeline::stand_behind(context.machine, pipeline::trust_of(workshop), held, documents));
  const auto spread = pipeline::spread(documents, held);
  for (const std::string& note : spread.notes) context.progress.note(note);
  context.answer->append(to_pretty(attest::to_openvex(spread)));
  return Exit::Clean;
}

}  // namespace

Action vex(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "add (a statement to the project's document), list (the default), sign (one that is there), export (statements as they are about one image, in the forms that trivy and grype match)");
  app.add_option("ARGUMENT", options->argument, "with add: the vulnerability, CVE-2026-0001. With sign: likewise. With export: the image, root file system or SBOM, as `ashlar scan` takes it");
  app.add_option("--file", options->file, "the document, OpenVEX; by default vex.json beside ashlar.yaml")->option_text("FILE");
  app.add_option("--package", options->wish.package, "with add and sign: a package URL, or TYPE:NAME of a package or source package (deb:openssl)")->option_text("PACKAGE");
  app.add_option("--image", options->wish.image, "with add and sign: in this image alone, by repository or sha256:DIGEST")->option_text("IMAGE");
  app.add_option("--absent", options->absent, "with add: the flaw is in files of this name (a path, globs may stand in it), and the image of --in is shown to have none")->option_text("PATH");
  app.add_option("--in", options->target, "with --absent: the image that is looked at, and that the statement is bound to by its digest")->option_text("REF");
  app.add_option("--status", options->wish.status, "with add: not_affected (the default), affected, fixed or under_investigation")->option_text("STATUS");
  app.add_option("--justification", options->wish.justification, "with add: OpenVEX's word for why it is not affected")->option_text("WORD");
  app.add_option("--reason", options->wish.detail, "with add: why it does not affect, or what to do, in words")->option_text("TEXT");
  app.add_option("--author", options->wish.author, "with add: who says so; needed for a new document")->option_text("NAME");
  add_key_options(app, options->key, "with add and sign: the private key of the person who says so: a PEM file, cosign's too, or a key in a token (pkcs11:...)");
  app.add_option("--vex", options->documents, "with export: more documents, or folders of such")->option_text("FILE");
  app.add_option("--platform", options->platform, "with export and --in: of this platform; the first one by default")->option_text("PLATFORM");
  return [options](Context& context) -> Result<Exit> {
    constexpr std::array actions = {Row{"add", add, "the vulnerability"}, Row{"list", list, ""}, Row{"sign", countersign, "the vulnerability"}, Row{"export", write_out, "the image"}};
    TRY_ASSIGN(const Row* const row, action_of("vex", actions, options->action));
    if (row->takes.empty() != options->argument.empty())
      return cannot(Kind::Invalid, fmt::format("vex {}", row->name), row->takes.empty() ? fmt::format("it takes no '{}'", options->argument) : fmt::format("{} is missing", row->takes));
    if ((row->run == add || row->run == countersign) && options->wish.package.empty()) return cannot(Kind::Invalid, fmt::format("vex {}", row->name), "--package is missing: a statement is about a package");
    return row->run(context, *options);
  };
}

}  // namespace ashlar::cli
