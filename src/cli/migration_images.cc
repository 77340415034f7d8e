#include "cli/migration_images.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/old_image.h"
#include "pipeline/prove_migration.h"
#include "plan/definition.h"

namespace ashlar::cli {
namespace {

/// `8080`, `8080/health`, `https:8443/health`.
Result<prove::Request> read_request(std::string_view text) {
  prove::Request out;
  std::string_view rest = text;
  for (const std::string_view scheme : {"https:", "http:"}) {
    if (!rest.starts_with(scheme)) continue;
    out.tls = scheme == "https:";
    rest.remove_prefix(scheme.size());
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  const auto [end, fault] = std::from_chars(rest.data(), rest.data() + slash, out.port);
  if (fault != std::errc{} || end != rest.data() + slash || out.port == 0) return cannot(Kind::Invalid, fmt::format("ask '{}'", text), "a port and a path are, as in 8080/health or https:8443/");
  if (slash < rest.size()) out.path = rest.substr(slash);
  return out;
}

Result<std::vector<std::string>> read_words(const std::string& line) {
  auto words = plan::split_command(line);
  if (!words || words->empty()) return cannot(Kind::Invalid, fmt::format("run '{}'", line), "words are, as a shell takes them apart: a quote is open, or there is nothing");
  return std::move(*words);
}

Result<std::vector<std::vector<std::string>>> read_commands(const std::vector<std::string>& lines) {
  std::vector<std::vector<std::string>> out;
  for (const std::string& line : lines) {
    TRY_ASSIGN(auto words, read_words(line));
    out.push_back(std::move(words));
  }
  return out;
}

}  // namespace

void add_migration_images(CLI::App& app, MigrationImages& images) {
  app.add_option("--old-image", images.old_image, "the image that runs today: what its files and configuration tell is taken into account")->option_text("REF");
  app.add_option("--new-image", images.new_image, "with --prove: the image that was built from the hardened Dockerfile")->option_text("REF");
  app.add_flag("--prove", images.prove, "run both images side by side, in containers with networks of their own, and say what differs; no DOCKERFILE is needed");
  app.add_option("--platform", images.platform, "of images for several platforms; the first one by default")->option_text("PLATFORM");
  app.add_option("--get", images.gets, "with --prove: ask both for this, `8080/health` or `https:8443/`, and compare the answers")->option_text("PORT/PATH");
  app.add_option("--arguments", images.arguments, "with --prove: what follows the entry point of both, in place of their cmd")->option_text("WORDS");
  app.add_option("--run", images.runs, "with --prove: run both with these arguments, in a container of its own, and compare exit code and output")->option_text("WORDS");
  app.add_option("--exec", images.execs, "with --prove: run this command beside both programs, and compare exit code and output")->option_text("WORDS");
  app.add_option("--env", images.environment, "with --prove: a variable of both")->option_text("NAME=VALUE");
  app.add_option("--patience", images.patience, "with --prove: seconds until a program must be ready, and each command done")->option_text("SECONDS")->check(CLI::Range(1, 600));
  app.add_flag("--writable-root", images.writable_root, "with --prove: the new image runs as the old one does, its root writable and with the usual capabilities");
}

Result<std::optional<workload::OldImage>> old_image_of(Context& context, const MigrationImages& images) {
  if (images.old_image.empty()) return std::nullopt;
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(auto old, pipeline::read_old_image(workshop, images.old_image, images.platform));
  return std::optional(std::move(old));
}

Result<Exit> prove_migration(Context& context, const MigrationImages& images) {
  if (images.old_image.empty() || images.new_image.empty()) return cannot(Kind::Invalid, "prove a migration", "it takes two images: --old-image REF and --new-image REF");
  pipeline::ProofOptions how;
  how.platform = images.platform;
  how.writable_root = images.writable_root;
  how.patience = std::chrono::seconds(images.patience);
  for (const std::string& each : images.gets) {
    TRY_ASSIGN(auto request, read_request(each));
    how.requests.push_back(std::move(request));
  }
  TRY_ASSIGN(how.alone, read_commands(images.runs));
  TRY_ASSIGN(how.beside, read_commands(images.execs));
  if (!trim(images.arguments).empty()) {
    TRY_ASSIGN(how.arguments, read_words(images.arguments));
  }
  for (const std::string& each : images.environment) {
    const auto [name, value] = cut(each, '=');
    if (name.empty() || name.size() == each.size()) return cannot(Kind::Invalid, fmt::format("set '{}'", each), "NAME=VALUE is a variable");
    how.environment[std::string(name)] = value;
  }
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(const auto proof, pipeline::prove_migration(workshop, images.old_image, images.new_image, how));
  if (context.json) answer(context, pipeline::to_json(proof));
  else context.answer->append(pipeline::to_text(proof));
  switch (proof.answer()) {
    case pipeline::MigrationProof::Answer::Same: return Exit::Clean;
    case pipeline::MigrationProof::Answer::Differs: return Exit::No;
    case pipeline::MigrationProof::Answer::Unknown: break;
  }
  return Exit::Unknown;
}

}  // namespace ashlar::cli
